"""The one way out to the network: whatever asks another server for something does so here."""

from guanxi.egress.addresses import Networks, allow, allowed
from guanxi.egress.client import Reply, Unreached, checked, close, header_faults, send

__all__ = ["Networks", "Reply", "Unreached", "allow", "allowed", "checked", "close", "header_faults", "send"]
