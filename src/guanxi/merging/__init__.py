"""Records that are one in the world become one here, and are taken apart again."""

from guanxi.merging.combining import merge, preview
from guanxi.merging.many import groups_of, merge_many, read_groups, run_status
from guanxi.merging.parting import into, merged, taking_apart, unmerge

__all__ = [
    "groups_of",
    "into",
    "merge",
    "merge_many",
    "merged",
    "preview",
    "read_groups",
    "run_status",
    "taking_apart",
    "unmerge",
]
