"""From any catalog to any other there is a way of changes, and it leads exactly there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import guanxi.apps
import guanxi.identity.people
from guanxi.base import Invalid
from guanxi.records import declared
from guanxi.schema.catalog import Catalog, fold, problems
from guanxi.schema.changes import OPS, Objects, apply
from guanxi.schema.difference import INNER, OF_FIELD, OF_OBJECT, PARTS, changes_between, laid_out, names_of, plain
from guanxi.schema.merging import merged
from guanxi.schema.model import Field, Object

assert guanxi.apps.NOUNS
assert guanxi.identity.people.User.object.name == "user"

STANDARD = fold(declared())
WRONG = list(problems(STANDARD))
SITE = {
    "op": "add_object",
    "name": "site",
    "label": {"en": "Site", "zh": "场地"},
    "fields": [
        {"name": "name", "type": "text", "required": True},
        {"name": "account", "type": "link", "target": "account", "inverse": "sites"},
        {"name": "state", "type": "select", "options": ["new", "old"]},
    ],
}
FIELD = {
    "op": "add_field",
    "object": "account",
    "name": "tier",
    "type": "select",
    "options": ["a", "b"],
    "help": {"en": "?"},
}

STEPS: list[dict[str, Any]] = [
    SITE,
    FIELD,
    {"op": "add_field", "object": "site", "name": "area", "type": "decimal", "config": {"scale": 2}, "default": 3},
    {"op": "add_field", "object": "opportunity", "name": "site", "type": "link", "target": "site", "inverse": "deals"},
    {"op": "change_object", "object": "site", "label": {"en": "Place", "zh": "地点"}, "icon": "map", "subtitle": ["state"]},
    {"op": "change_object", "object": "account", "label": {"en": "Client", "zh": "客户"}},
    {"op": "change_field", "object": "account", "field": "industry", "required": True, "help": {"en": "Which", "zh": "哪个"}},
    {"op": "change_field", "object": "account", "field": "industry", "required": False, "help": {}},
    {"op": "change_field", "object": "account", "field": "tier", "label": {"en": "Level"}, "default": "a", "index": True},
    {"op": "change_field", "object": "account", "field": "tier", "default": None},
    {"op": "change_field", "object": "site", "field": "area", "config": {"scale": 3}},
    {"op": "change_field", "object": "account", "field": "tier", "readonly": True},
    {"op": "change_field", "object": "account", "field": "website", "readonly": True},
    {"op": "change_field", "object": "account", "field": "website", "readonly": False},
    {"op": "add_option", "object": "account", "field": "tier", "option": "c"},
    {"op": "change_option", "object": "account", "field": "tier", "option": {"name": "a", "label": {"en": "Ace"}, "color": "red"}},
    {"op": "retire_option", "object": "account", "field": "tier", "option": "b"},
    {"op": "retire_field", "object": "account", "field": "tier"},
    {"op": "restore_field", "object": "account", "field": "tier"},
    {"op": "retire_field", "object": "opportunity", "field": "site"},
    {"op": "change_type", "object": "account", "field": "tier", "type": "text", "config": {"max": 40}},
    {"op": "change_type", "object": "site", "field": "area", "type": "money", "former": "area_was", "on_failure": "keep_old"},
    {"op": "retire_object", "object": "site"},
    {"op": "restore_object", "object": "site"},
    {"op": "set_layout", "object": "account", "layout": {"sections": [{"label": {"en": "All"}, "fields": ["name", "owner"]}], "header": ["revenue"]}},
    {"op": "set_layout", "object": "account", "role": "rep", "layout": {"sections": [{"label": {"en": "Short"}, "fields": ["name"]}], "actions": []}},
    {"op": "set_layout", "object": "account", "role": "rep", "layout": None},
    {"op": "add_view", "object": "account", "view": {"name": "mine", "columns": ["name"], "sort": "name"}},
    {"op": "add_view", "object": "account", "view": {"name": "fresh", "kind": "board", "by": "status", "card": ["name"]}},
    {"op": "change_view", "object": "account", "view": {"name": "all", "label": {"en": "Everyone"}, "columns": ["name", "phone"]}},
    {"op": "retire_view", "object": "account", "view": "fresh"},
    {"op": "add_pipeline", "object": "opportunity", "name": "project", "label": {"en": "Project"}, "stages": [{"name": "idea"}, {"name": "won", "kind": "won"}]},
    {"op": "change_pipeline", "object": "opportunity", "name": "sales", "label": {"en": "Deals"}, "stages": [{"name": "first", "required": ["amount"]}, {"name": "won", "kind": "won"}]},
    {"op": "retire_pipeline", "name": "project"},
    {"op": "put_rule", "object": "account", "rule": {"name": "big", "kind": "validate", "when": {"field": "employees", "op": "gt", "value": 5}, "fields": ["employees"], "message": {"en": "Too many", "zh": "太多"}}},
    {"op": "put_rule", "object": "account", "rule": {"name": "big", "kind": "require", "fields": ["phone"], "active": False}},
    {"op": "put_rule", "object": "site", "rule": {"name": "twin", "kind": "duplicate", "match": [{"fields": ["name"], "how": "folded"}], "act": "block"}},
    {"op": "retire_rule", "object": "account", "rule": "big"},
    {"op": "put_access_rule", "object": "account", "name": "rich", "when": {"field": "employees", "op": "gt", "value": 5}, "to": {"role": "rep"}},
    {"op": "put_access_rule", "object": "account", "name": "rich", "when": {"field": "tier", "op": "eq", "value": "a"}, "to": [{"owner": True}], "level": "update", "kind": "only"},
    {"op": "retire_access_rule", "object": "account", "name": "rich"},
    {"op": "set_cascade", "object": "contact", "field": "account", "level": "update"},
    {"op": "set_cascade", "object": "site", "field": "account", "level": "read"},
    {"op": "set_cascade", "object": "note", "field": "about", "level": "none"},
]  # fmt: skip


def catalog_of(steps: list[int] | list[dict[str, Any]]) -> Catalog:
    """The catalog after those of the steps that are possible one after the other."""
    objects, pipelines = Objects(STANDARD.objects), dict(STANDARD.pipelines)
    for one in steps:
        tried = Objects(objects), dict(pipelines)
        with suppress(Invalid):
            apply(*tried, STEPS[one] if isinstance(one, int) else one)
            if list(problems(Catalog(0, *tried))) == WRONG:
                objects, pipelines = tried
    return Catalog(0, objects, pipelines)


def live(catalog: Catalog) -> dict[str, Any]:
    """All that can be seen of a catalog; the order of fields and views is none of it."""
    return {
        "objects": {
            o.name: {
                **{n: plain(getattr(o, n)) for n in OF_OBJECT},
                "fields": {f.name: plain(f) for f in o.fields if not f.retired},
                **{a: {p.name: plain(p) for p in getattr(o, a)} for a in PARTS},
                "layout": plain(laid_out(o.layout, names_of(o))),
                "layouts": {r: plain(laid_out(x, names_of(o))) for r, x in o.layouts.items()},
                "access": {r.name: plain(r) for r in o.access},
                "cascades": dict(catalog.entities[o.name].cascades),
            }
            for o in catalog.objects.values()
            if not o.retired
        },
        "pipelines": {p.name: plain(p) for p in catalog.pipelines.values()},
    }


some = st.lists(st.sampled_from(range(len(STEPS))), max_size=12)
"""Steps by number: what a failure prints stays readable."""


@settings(deadline=None, max_examples=80)
@given(some, some)
def test_the_changes_lead_from_one_catalog_to_the_other(first: list[int], second: list[int]) -> None:
    before, after = catalog_of(first), catalog_of(second)
    changes = changes_between(before, after)
    assert json.loads(json.dumps(changes)) == changes, "they can be kept"
    objects = Catalog(0, dict(before.objects), dict(before.pipelines))
    assert live(_after(objects, changes)) == live(after)
    assert changes_between(_after(objects, changes), after) == []


def _after(before: Catalog, changes: list[Any]) -> Catalog:
    objects, pipelines = Objects(before.objects), dict(before.pipelines)
    for change in changes:
        apply(objects, pipelines, change)
    return Catalog(0, objects, pipelines)


def test_every_change_that_there_is_is_tried() -> None:
    assert {s["op"] for s in STEPS} == OPS.keys()


def test_every_part_of_an_object_and_a_field_is_told_or_none_that_a_change_names() -> None:
    fixed = {
        "name",
        "type",
        "target",
        "inverse",
        "inverse_label",
        "on_delete",
    }  # said once, when it is added
    assert {f.name for f in fields(Field)} == set(OF_FIELD) | fixed | INNER[Field]
    parts = {"name", "fields", "layout", "layouts", *PARTS}
    assert {f.name for f in fields(Object)} == set(OF_OBJECT) | parts | INNER[Object]


@pytest.mark.parametrize("flag", ["required", "unique", "readonly"])
def test_what_a_workspace_made_stricter_it_may_loosen_and_what_the_code_declares_not(flag: str) -> None:
    strict = {"op": "change_field", "object": "account", "field": "registration", flag: True}
    loose = {**strict, flag: False}
    found = fold(declared(), [strict], 0, [loose])
    assert not getattr(next(f for f in found.objects["account"].fields if f.name == "registration"), flag)
    if flag == "required":
        with pytest.raises(Invalid):
            fold(declared(), (), 0, [{**loose, "field": "name"}])


@settings(deadline=None, max_examples=80)
@given(some, some)
def test_merging_brings_what_is_theirs_and_keeps_what_is_mine(first: list[int], second: list[int]) -> None:
    mine, theirs = catalog_of(first), catalog_of(second)
    both, kept = merged(mine, STANDARD, theirs)
    types = [
        {(o.name, f.name): (f.type, f.target) for o in c.objects.values() if not o.retired for f in o.fields}
        for c in (mine, theirs)
    ]
    assert {(k.object, k.field) for k in kept} <= {
        at for at in types[0].keys() & types[1].keys() if types[0][at] != types[1][at]
    }
    assert changes_between(merged(both, STANDARD, theirs)[0], both) == [], "a second time brings nothing"
    for name, o in theirs.objects.items():
        if o.retired:
            continue
        there = {f.name: f for f in both.objects[name].fields if not f.retired}
        assert {f.name for f in o.fields if not f.retired} <= there.keys()
        mine_too = mine.objects.get(name)
        if mine_too and not mine_too.retired:
            assert {f.name for f in mine_too.fields if not f.retired} <= there.keys()
            assert {r.name for r in mine_too.access} <= {r.name for r in both.objects[name].access}
            assert mine_too.cascades.keys() <= both.objects[name].cascades.keys()
            for f in mine_too.fields:
                assert {x.name for x in f.options} <= {x.name for x in there.get(f.name, f).options}
    assert merged(mine, STANDARD, STANDARD)[0] == mine


def test_what_does_not_fit_stays_and_is_told() -> None:
    mine = catalog_of([{**FIELD, "type": "integer", "options": [], "help": None}])
    both, [kept] = merged(mine, STANDARD, catalog_of([FIELD]))
    assert (kept.object, kept.field, kept.mine, kept.theirs) == ("account", "tier", "integer", "select")
    assert both == mine


def test_a_pack_takes_no_rule_of_access_away() -> None:
    when = {"field": "employees", "op": "gt", "value": 5}
    mine, theirs = (
        {"op": "put_access_rule", "object": "account", "name": n, "when": when, "to": {"role": n}}
        for n in ("rep", "agent")
    )
    cascades = [
        {"op": "set_cascade", "object": "account", "field": "parent", "level": "update"},
        {"op": "set_cascade", "object": "opportunity", "field": "account", "level": "read"},
    ]
    both, _ = merged(catalog_of([mine, cascades[0]]), STANDARD, catalog_of([theirs, cascades[1]]))
    assert {r.name for r in both.objects["account"].access} == {"rep", "agent"}
    assert both.objects["account"].cascades["parent"] == "update"
    assert both.objects["opportunity"].cascades["account"] == "read"
