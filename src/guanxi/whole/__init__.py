"""Everything of a workspace as one archive, and back into an empty one."""

from guanxi.whole.coming import Came, Unfit, bring
from guanxi.whole.keeping import cancel, file_of, listing, start, status
from guanxi.whole.leaving import Stopped, put_together, rows_of

__all__ = [
    "Came",
    "Stopped",
    "Unfit",
    "bring",
    "cancel",
    "file_of",
    "listing",
    "put_together",
    "rows_of",
    "start",
    "status",
]
