"""What is asked around one record after the other: made once for a reader, and right for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.world import Desk

from guanxi import records
from guanxi.base.json import loads
from guanxi.records import Context
from guanxi.schema.query import read_aggregation, read_query

NAMES = ("mine", "shared", "other")


async def customers(desk: Desk) -> dict[str, list[str]]:
    """Accounts of two reps with their contacts and deals, and tasks of the first rep about all of these."""
    out: dict[str, list[str]] = {}
    for name, who in zip(NAMES, ("rep1", "rep1", "rep2"), strict=True):
        owner = {"owner": desk.world.id(who)}
        account = await desk.one("account", name=name, **owner)
        contact = await desk.one("contact", name=f"{name} person", account=account, **owner)
        deal = await desk.one("opportunity", name=f"{name} deal", account=account, amount=100, **owner)
        out[name] = [account, contact, deal]
        for object_name, id in zip(("account", "contact", "opportunity"), out[name], strict=True):
            about = {"object": object_name, "id": id}
            await desk.one("task", subject=f"{name} {object_name}", about=about, owner=desk.world.id("rep1"))
    return out


def asked(ids: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Filters around an account and what belongs to it."""
    account, contact, deal = ids
    one = {"field": "account", "op": "eq", "value": account}
    several = {"field": "about", "op": "in", "value": list(ids)}
    return [
        ("contact", one),
        ("opportunity", {"and": [one, {"field": "id", "op": "in", "value": [deal]}]}),
        ("contact", {"or": [one, {"field": "id", "op": "eq", "value": contact}]}),
        ("opportunity", {"not": one}),
        ("account", {"any": "contacts", "where": {"field": "id", "op": "eq", "value": contact}}),
        ("task", several),
        ("task", {"field": "about", "op": "in", "value": [contact]}),
        ("task", {"and": [several, {"field": "about_object", "op": "in", "value": ["account", "contact"]}]}),
        ("contact", {"field": "account.id", "op": "eq", "value": account}),
        ("contact", {"field": "owner", "op": "eq", "value": account}),
    ]


async def told(ctx: Context, object_name: str, filter: dict[str, Any]) -> tuple[list[str], bytes]:
    page = await records.find(ctx, read_query(object_name, {"filter": filter, "sort": "id", "include": "count"}))
    [figures] = await records.aggregate(ctx, read_aggregation(object_name, {"filter": filter}))
    return [loads(row)["id"] for row in page.rows], figures


@pytest.mark.parametrize("reader", ["admin", "rep1", "rep2"])
async def test_what_is_made_once_is_right_for_each_record(desk: Desk, reader: str) -> None:
    every = await customers(desk)
    ctx = desk.as_(reader)
    found: list[list[str]] = []
    for ids in [*every.values(), *reversed(every.values()), [every["mine"][0], *every["other"][1:]]]:
        for object_name, filter in asked(ids):
            wanted = await told(ctx, object_name, filter)
            assert await told(replace(ctx, few=True), object_name, filter) == wanted
            seen = [
                (o, id)
                for o, id in zip(("account", "contact", "opportunity"), ids, strict=True)
                if await there(ctx, o, id)
            ]
            for known in (seen[:1], seen):
                around = replace(ctx, few=True, known=frozenset(known))
                assert await told(around, object_name, filter) == wanted, (object_name, filter, known)
            found.append(wanted[0])
    assert any(found)


async def there(ctx: Context, object_name: str, id: str) -> bool:
    query = read_query(object_name, {"filter": {"field": "id", "op": "eq", "value": id}})
    return bool((await records.find(ctx, query)).rows)


async def test_a_statement_is_made_once_for_all_records(desk: Desk) -> None:
    every = await customers(desk)
    ctx = replace(desk.as_("rep1"), few=True)
    made: list[int] = []
    for ids in (*every.values(), *every.values()):
        for object_name, filter in asked(ids):
            await told(ctx, object_name, filter)
        made.append(len(ctx.actor.statements))
    assert len(set(made)) == 1
