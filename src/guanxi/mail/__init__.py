"""Mail out: letters are queued in the transaction that makes them necessary, sent by a worker, and what became of each is kept."""

from guanxi.mail.letter import Letter, address, clean, message
from guanxi.mail.queue import MailOff, guard, listing, retry, send, withheld
from guanxi.mail.sending import (
    Outgoing,
    Result,
    check,
    configure,
    deliver,
    off,
    outgoing,
    read_outgoing,
    read_sender,
    save_sender,
)

__all__ = [
    "Letter",
    "MailOff",
    "Outgoing",
    "Result",
    "address",
    "check",
    "clean",
    "configure",
    "deliver",
    "guard",
    "listing",
    "message",
    "off",
    "outgoing",
    "read_outgoing",
    "read_sender",
    "retry",
    "save_sender",
    "send",
    "withheld",
]
