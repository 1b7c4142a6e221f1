"""How good records are: complete, valid, fresh and there once; as figures by owner and source, as a trend, and explained of one record."""

from guanxi.quality.kept import nightly, overview, take, trend
from guanxi.quality.measuring import board, explained
from guanxi.quality.scheme import Scheme, put, scheme, seldom

__all__ = ["Scheme", "board", "explained", "nightly", "overview", "put", "scheme", "seldom", "take", "trend"]
