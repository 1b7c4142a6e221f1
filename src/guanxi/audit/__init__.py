"""The audit: who looked, took out and permitted what; seals that prove it and the journal; and how long things are kept."""

from guanxi.audit.reading import FORMATS, checked, entries, export, heads
from guanxi.audit.retention import Keeping, Rule, apply, keeping, preview, read_keeping, save_keeping
from guanxi.audit.sealing import seal
from guanxi.audit.verifying import Report, begin_verify, last_verify, verify

__all__ = [
    "FORMATS",
    "Keeping",
    "Report",
    "Rule",
    "apply",
    "begin_verify",
    "checked",
    "entries",
    "export",
    "heads",
    "keeping",
    "last_verify",
    "preview",
    "read_keeping",
    "save_keeping",
    "seal",
    "verify",
]
