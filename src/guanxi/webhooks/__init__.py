"""Webhooks: other systems are told what changed, signed and repeated until they have it (Standard Webhooks)."""

from guanxi.webhooks import leaving  # registers what belongs to a person
from guanxi.webhooks.deliveries import delivery, listing, replay, tidy
from guanxi.webhooks.queueing import KINDS, on_off, try_out
from guanxi.webhooks.sending import Sender, send_due
from guanxi.webhooks.shaping import change, create, get, remove, rotate, webhooks
from guanxi.webhooks.signing import sign, verify

__all__ = [
    "KINDS",
    "Sender",
    "change",
    "create",
    "delivery",
    "get",
    "leaving",
    "listing",
    "on_off",
    "remove",
    "replay",
    "rotate",
    "send_due",
    "sign",
    "tidy",
    "try_out",
    "verify",
    "webhooks",
]
