"""How often Python looks for what refers to itself."""

from __future__ import annotations

import gc


def seldom() -> None:
    """Look for it once in fifty thousand new things, and never again among those that there are now.

    A program that has been loaded keeps its modules and catalogs for good, and of what it makes for a request or a batch of rows
    hardly anything refers to itself: looked through at Python's own pace, it is a fifth of the time of an import.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
