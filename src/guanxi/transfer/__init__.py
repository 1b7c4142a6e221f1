"""Getting data in and out: tables of any kind into records, and any list into a file."""

from guanxi.transfer.brief import brief
from guanxi.transfer.exports import Mark, count_rows, export, export_file, register
from guanxi.transfer.imports import cancel, errors_path, listing, resume, start, status
from guanxi.transfer.paper import printed
from guanxi.transfer.reading import batches, inspect, rows
from guanxi.transfer.running import run_import
from guanxi.transfer.table import LIMITS, Inspection, Limits
from guanxi.transfer.uploads import receive, upload

__all__ = [
    "LIMITS",
    "Inspection",
    "Limits",
    "Mark",
    "batches",
    "brief",
    "cancel",
    "count_rows",
    "errors_path",
    "export",
    "export_file",
    "inspect",
    "listing",
    "printed",
    "receive",
    "register",
    "resume",
    "rows",
    "run_import",
    "start",
    "status",
    "upload",
]
