"""A query that says whose records it wants, or what they are about, asks less of PostgreSQL and finds the same."""

from __future__ import annotations

from typing import Any

from tests.world import Desk

from guanxi.records import paging
from guanxi.records.compile import Compiler
from guanxi.schema.query import read_query


def _is(field: str, value: Any, op: str = "eq") -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _and(*parts: Any) -> dict[str, Any]:
    return {"and": list(parts)}


def _length(desk: Desk, name: str, filter: Any) -> int:
    return len(paging.page(Compiler(desk.as_(name)), read_query("task", {"filter": filter, "limit": 20})).sql)


async def _tasks(desk: Desk) -> tuple[dict[str, str], dict[str, str]]:
    """Tasks of others about what a rep sees and what the rep does not, and tasks of the rep's about the same."""
    mine, others = {"owner": desk.world.id("rep1")}, {"owner": desk.world.id("rep2")}
    about = {
        "account": await desk.one("account", name="Seen", **mine),
        "hidden": await desk.one("account", name="Hidden", **others),
        "lead": await desk.one("lead", name="Lead", **mine),
        "nothing": "",
    }
    tasks: dict[str, str] = {}
    for what, id in about.items():
        led = {"about": {"object": "lead" if what == "lead" else "account", "id": id}} if id else {}
        for whose, owner in (("mine", mine), ("theirs", others)):
            tasks[f"{whose} {what}"] = await desk.one("task", subject=f"{whose} {what}", **led, **owner)
    return about, tasks


async def test_what_is_said_of_the_object_hides_nothing_and_shows_nothing(desk: Desk) -> None:
    about, tasks = await _tasks(desk)
    here = _is("about", [about["account"], about["hidden"], about["lead"]], "in")
    names = {id: name for name, id in tasks.items()}
    for reader in ("rep1", "rep2", "admin"):
        loose = await desk.find("task", reader, filter=here, sort="subject")
        for objects in (["account"], ["lead"], ["account", "lead"], ["account", "opportunity"]):
            wanted = [r for r in loose if r["about"]["object"] in objects]
            tight = _and(here, _is("about_object", objects, "in"))
            assert await desk.find("task", reader, filter=tight, sort="subject") == wanted, (reader, objects)
            [counted] = await desk.aggregate("task", reader, filter=tight, measures=[{"fn": "count", "as": "n"}])
            assert counted["values"]["n"] == len(wanted)
    seen = {names[i] for i in await desk.ids("task", "rep1", filter=_and(here, _is("about_object", "account")))}
    assert seen == {"mine account", "theirs account"}
    # What contradicts itself is true of nothing, and a NOT says nothing of what is wanted.
    assert not await desk.ids("task", "rep1", filter=_and(_is("about_object", "lead"), _is("about_object", "account")))
    other = await desk.ids("task", "rep1", filter={"not": _is("about_object", "account")})
    assert {names[i] for i in other} >= {"mine lead", "theirs lead", "mine nothing"}
    assert _length(desk, "rep1", _and(here, _is("about_object", "account"))) < _length(desk, "rep1", here) / 2


async def test_who_asks_for_what_is_their_own_gets_all_of_it_and_no_more(desk: Desk) -> None:
    _, tasks = await _tasks(desk)
    own = {id for name, id in tasks.items() if name.startswith("mine")}
    for wanted in (
        _is("owner", "$me"),
        _is("owner", desk.world.id("rep1")),
        _and(_is("status", "open"), _is("owner", "$me")),
    ):
        assert set(await desk.ids("task", "rep1", filter=wanted)) == own
        [counted] = await desk.aggregate("task", "rep1", filter=wanted, measures=[{"fn": "count", "as": "n"}])
        assert counted["values"]["n"] == len(own)
    # Whose they are among others', or were, is no ground for the rest.
    either = {"or": [_is("owner", "$me"), _is("status", "open")]}
    assert tasks["theirs hidden"] not in await desk.ids("task", "rep1", filter=either)
    assert tasks["theirs hidden"] not in await desk.ids("task", "rep1", filter=_is("owner", desk.world.id("rep2")))
    assert tasks["theirs hidden"] not in await desk.ids("task", "rep1", filter={"not": _is("owner", "$me")})
    assert _length(desk, "rep1", _is("owner", "$me")) < _length(desk, "rep1", _is("status", "open"))
