"""No two fields of an object are called the same."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.base import Invalid
from guanxi.schema.catalog import Catalog, fold

THING = {"op": "add_object", "name": "thing", "fields": [{"name": "name", "type": "text", "label": {"en": "Name", "zh": "名称"}}]}  # fmt: skip


def add(name: str, en: str, zh: str, **more: Any) -> dict[str, Any]:
    return {"op": "add_field", "object": "thing", "name": name, "type": "text", "label": {"en": en, "zh": zh}, **more}


def call(name: str, en: str, zh: str) -> dict[str, Any]:
    return {"op": "change_field", "object": "thing", "field": name, "label": {"en": en, "zh": zh}}


BEFORE = [
    THING,
    add("tier", "Tier", "级别", type="select", options=["1"]),
    add("size", "Size", "规模", type="money"),
    add("gone", "Place", "地点"),
    {"op": "retire_field", "object": "thing", "field": "gone"},
]


def folded(*changes: dict[str, Any], before: tuple[dict[str, Any], ...] = ()) -> Catalog:
    return fold((), [*BEFORE, *before], 1, changes)


@pytest.mark.parametrize(
    ("changes", "at", "label", "other"),
    [
        ([add("rank", "Rank", "级别")], "rank", "级别", "tier"),
        ([add("rank", " ＴＩＥＲ ", "等级")], "rank", "ＴＩＥＲ", "tier"),
        ([add("since", "Since", "创建时间")], "since", "创建时间", "created_at"),
        ([add("unit", "Size currency", "单位")], "unit", "Size currency", "size_currency"),
        ([call("tier", "Size", "级别")], "tier", "Size", "size"),
        ([add("a", "A", "甲"), add("b", "B", "甲")], "b", "甲", "a"),
        ([add("here", "Here", "地点"), {"op": "restore_field", "object": "thing", "field": "gone"}], "here", "地点", "gone"),
        ([{**THING, "name": "other", "fields": [{"name": "x", "type": "text", "label": "Owner"}]}], "owner", "Owner", "x"),
    ],
)  # fmt: skip
def test_a_field_is_not_called_as_another(changes: list[dict[str, Any]], at: str, label: str, other: str) -> None:
    with pytest.raises(Invalid) as refused:
        folded(*changes)
    (error,) = refused.value.errors
    assert (error.code, str(error.field).split(".")[1:]) == ("label_taken", [at, "label"])
    assert error.values == {"label": label, "other": other}


def test_labels_are_free_again_and_change_places() -> None:
    swapped = folded(call("tier", "Size", "规模"), call("size", "Tier", "级别"))
    assert swapped.object("thing").fields["size"].label == {"en": "Tier", "zh": "级别"}
    assert "place" in folded(add("place", "Place", "地点")).object("thing").fields


def test_what_was_alike_before_hinders_nothing_else() -> None:
    alike = add("rank", "Tier", "级别")
    changed = folded(add("extra", "Extra", "其他"), before=(alike,)).object("thing").fields
    assert {"rank", "tier", "extra"} <= set(changed)


def test_what_a_field_was_before_its_type_was_changed_is_told_apart() -> None:
    def to(kind: str) -> dict[str, Any]:
        return {"op": "change_type", "object": "thing", "field": "tier", "type": kind, "on_failure": "keep_old"}

    fields = folded(to("text"), to("longtext")).object("thing").fields
    assert fields["tier_was"].label == {"en": "Tier (before)", "zh": "级别（原）"}
    assert fields["tier_was2"].label == {"en": "Tier (before 2)", "zh": "级别（原 2）"}
