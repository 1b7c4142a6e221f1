"""Being told: what concerns somebody, in the page and by mail, as they want it, and never what they may not see."""

from guanxi.notify import ends, moves
from guanxi.notify.due import remind
from guanxi.notify.following import follow, followers_of, people
from guanxi.notify.kinds import KINDS, kind
from guanxi.notify.making import Told, settle, tell
from guanxi.notify.preferences import load_preferences, read_preferences, save_preferences
from guanxi.notify.reading import listing, mark, unread
from guanxi.notify.sending import send_due

__all__ = [
    "KINDS",
    "Told",
    "ends",
    "follow",
    "followers_of",
    "kind",
    "listing",
    "load_preferences",
    "mark",
    "moves",
    "people",
    "read_preferences",
    "remind",
    "save_preferences",
    "send_due",
    "settle",
    "tell",
    "unread",
]
