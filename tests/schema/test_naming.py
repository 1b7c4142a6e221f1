"""Fields of an object that are called the same are pointed out."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.schema.catalog import Catalog, fold
from guanxi.schema.changes import namesakes

THING = {"op": "add_object", "name": "thing", "fields": [{"name": "name", "type": "text", "label": {"en": "Name", "zh": "名称"}}]}  # fmt: skip


def add(name: str, en: str, zh: str, **more: Any) -> dict[str, Any]:
    return {"op": "add_field", "object": "thing", "name": name, "type": "text", "label": {"en": en, "zh": zh}, **more}


def call(name: str, en: str, zh: str) -> dict[str, Any]:
    return {"op": "change_field", "object": "thing", "field": name, "label": {"en": en, "zh": zh}}


def choose(*labels: str) -> dict[str, Any]:
    options = [{"name": n, "label": label} for n, label in zip("abc", labels, strict=False)]
    return {"op": "change_field", "object": "thing", "field": "tier", "options": options}


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
        ([choose("Gold", "GOLD")], "tier.b", "GOLD", "a"),
        ([add("rank", "Rank", "等级", type="multiselect", options=[{"name": "a", "label": "一"}, {"name": "b", "label": "一"}])], "rank.b", "一", "a"),
    ],
)  # fmt: skip
def test_a_field_that_is_called_as_another_is_pointed_out(
    changes: list[dict[str, Any]], at: str, label: str, other: str
) -> None:
    before, after = folded().objects, folded(*changes).objects
    found = [(place.partition(".")[2], label in said.values(), o) for place, said, o in namesakes(before, after)]
    assert found == [(at, True, other)]


def test_labels_are_free_again_and_change_places() -> None:
    swapped = folded(call("tier", "Size", "规模"), call("size", "Tier", "级别"))
    assert list(namesakes(folded().objects, swapped.objects)) == []
    assert swapped.object("thing").fields["size"].label == {"en": "Tier", "zh": "级别"}
    assert list(namesakes(folded().objects, folded(add("place", "Place", "地点")).objects)) == []


def test_an_option_that_is_offered_no_more_is_not_met() -> None:
    off = choose("Gold", "Silver")
    off["options"][0]["active"] = False
    before = folded(off).objects
    assert list(namesakes(before, folded(off, choose("Silver", "Gold")).objects)) == []
    assert (
        list(namesakes(before, folded({**off, "options": [off["options"][0], {"name": "b", "label": "Gold"}]}).objects))
        == []
    )


def test_what_was_alike_before_is_not_pointed_out_again() -> None:
    alike = add("rank", "Tier", "级别")
    before, after = folded(before=(alike,)), folded(add("extra", "Extra", "其他"), before=(alike,))
    assert list(namesakes(before.objects, after.objects)) == []


def test_what_a_field_was_before_its_type_was_changed_is_told_apart() -> None:
    def to(kind: str) -> dict[str, Any]:
        return {"op": "change_type", "object": "thing", "field": "tier", "type": kind, "on_failure": "keep_old"}

    fields = folded(to("text"), to("longtext")).object("thing").fields
    assert fields["tier_was"].label == {"en": "Tier (before)", "zh": "级别（原）"}
    assert fields["tier_was2"].label == {"en": "Tier (before 2)", "zh": "级别（原 2）"}


def test_each_reader_is_told_the_word_that_is_the_same() -> None:
    twice = namesakes(folded().objects, folded(add("rank", "Tier", "级别")).objects)
    assert [said for _place, said, _other in twice] == [{"en": "Tier", "zh": "级别"}]
