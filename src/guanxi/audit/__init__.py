"""The audit: who looked, took out and permitted what; seals that prove it and the journal; and how long things are kept."""

from guanxi.audit.living import check
from guanxi.audit.reading import FORMATS, checked, entries, export, heads
from guanxi.audit.retention import Done, apply, on_night, preview
from guanxi.audit.ruling import Keeping, Rule, keeping, read_keeping, save_keeping
from guanxi.audit.sealing import seal
from guanxi.audit.verifying import Report, begin_verify, last_verify, verify

__all__ = [
    "FORMATS",
    "Done",
    "Keeping",
    "Report",
    "Rule",
    "apply",
    "begin_verify",
    "check",
    "checked",
    "entries",
    "export",
    "heads",
    "keeping",
    "last_verify",
    "on_night",
    "preview",
    "read_keeping",
    "save_keeping",
    "seal",
    "verify",
]
