"""Stages of a pipeline as they are read from a change."""

from __future__ import annotations

from guanxi.schema.changes.parts import read_stages
from guanxi.schema.types import TYPES


def test_a_stage_may_be_on_hold_which_is_neither_open_nor_decided() -> None:
    first, later = read_stages([{"name": "first"}, {"name": "later", "kind": "on_hold"}], "stages")
    assert (first.kind, first.probability) == ("open", 50)
    assert (later.kind, later.probability) == ("on_hold", 0)
    assert "in" in TYPES["select"].operators, "what is over is asked for as won or lost"
