"""Invented but believable data, for first looks, screenshots and tests: seeded, in both languages, at any size.

Every name is put together from ordinary words; telephone numbers come from ranges that are kept free for fiction (or,
in China, that belong to nobody), addresses of mail and web from the reserved domain ``example``.
"""

from guanxi.sample.loading import SIZES, load
from guanxi.sample.made import Made
from guanxi.sample.story import Story

__all__ = ["SIZES", "Made", "Story", "load"]
