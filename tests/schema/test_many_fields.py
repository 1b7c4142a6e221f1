"""An object with very many fields: what a catalog costs to fold grows with them, not with their square."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.base import Invalid
from guanxi.schema.catalog import fold
from guanxi.schema.model import Field
from guanxi.schema.types import TYPES


def _changes(n: int) -> list[dict[str, Any]]:
    title = {"name": "name", "type": "text", "required": True}
    thing = {"op": "add_object", "name": "thing", "label": {"en": "Thing"}, "fields": [title]}
    more = [{"op": "add_field", "object": "thing", "name": f"f{i}", "type": "money"} for i in range(n)]
    return [thing, *more]


def test_folding_looks_at_every_field_a_fixed_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    money, asked = type(TYPES["money"]), 0
    plain = money.companions

    def companions(self: Any, field: Field) -> tuple[Field, ...]:
        nonlocal asked
        asked += 1
        return plain(self, field)

    monkeypatch.setattr(money, "companions", companions)
    counts: list[int] = []
    for n in (100, 200):
        asked = 0
        assert len(fold((), _changes(n)).objects["thing"].fields) >= n
        counts.append(asked)
    assert 0 < counts[1] <= 2 * counts[0]


def test_names_stay_taken_whatever_comes_between() -> None:
    gone = {"op": "retire_field", "object": "thing", "field": "f0"}
    for name in ("f0", "f1", "f1_currency", "late_currency"):
        late = {"op": "add_field", "object": "thing", "name": "late", "type": "money"}
        twice = {"op": "add_field", "object": "thing", "name": name, "type": "text"}
        with pytest.raises(Invalid) as refused:
            fold((), _changes(2), 1, [gone, late, twice])
        assert [e.code for e in refused.value.errors] == ["name_taken"]
