"""Formulas: what they say (``syntax``), what it means (``meaning``), and the functions that there are."""

from __future__ import annotations

from guanxi.schema.formula.functions import FUNCTIONS, Function
from guanxi.schema.formula.meaning import Typed, understand
from guanxi.schema.formula.syntax import Wrong, calls, names, read

__all__ = ["FUNCTIONS", "Function", "Typed", "Wrong", "calls", "names", "read", "understand"]
