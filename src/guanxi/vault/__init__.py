"""The vault: secrets of a workspace, sealed under the installation's own, to be used by name and never read back."""

from guanxi.base.sealing import Sealed, reseal, seal, unlock, unseal
from guanxi.vault.store import NAME, PLACE, filled, listing, people, put, remove, renew, value

__all__ = [
    "NAME",
    "PLACE",
    "Sealed",
    "filled",
    "listing",
    "people",
    "put",
    "remove",
    "renew",
    "reseal",
    "seal",
    "unlock",
    "unseal",
    "value",
]
