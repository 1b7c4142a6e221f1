"""Pools: how one stands in them, what is done with several records at once, what would fall and what fell, and the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import pools
from guanxi.api.edge import Answer, bad
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import Forbidden
from guanxi.base.json import loads
from guanxi.records import Context, Create, Update, write

router = APIRouter(route_class=Route, prefix="/api/v1/pools", tags=["pools"])

Id = Annotated[str, Field(max_length=40)]
Moment = Annotated[datetime | None, Query()]


@router.get("", summary="My pools")
@needs("records:read")
async def list_pools(x: X) -> Response:
    """Those that you are in or manage: how many records are in each, and what you may still claim, hold and look at today."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await pools.my_pools(ctx)))


class ActBody(Body):
    """What to do with which records. `to`: one user, or several who get them by turns (assign without it: the members, who holds least first)."""

    object: Annotated[str, Field(max_length=60)]
    act: Literal["claim", "release", "assign", "transfer", "give_back"]
    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    to: Annotated[list[Id] | None, Field(max_length=500)] = None
    pool: Id | None = None
    reason: Annotated[str | None, Field(max_length=60)] = None
    note: Annotated[str | None, Field(max_length=500)] = None


@router.post("/act", summary="Claim, release, assign, transfer or give back a selection")
@needs("records:write")
async def act(x: X, body: ActBody) -> Response:
    """`{"results": [{"id", "status", "to"?, "title"?, "code"?}], "done", "change_set"}` in the order sent; what is refused is answered by
    itself, the others are done. Of one record the refusal is the answer's."""

    async def work(ctx: Context) -> Answer:
        own = replace(ctx, bulk="action", label=body.act)
        to = body.to[0] if body.to else None
        match body.act:
            case "claim":
                done = await pools.claim(own, body.object, body.ids)
            case "release":
                if not body.reason:
                    raise bad("reason", "required")
                done = await pools.release(own, body.object, body.ids, body.pool, body.reason, body.note)
            case "assign":
                done = await pools.assign(own, body.object, body.ids, body.to or None)
            case "transfer":
                if body.to and len(body.to) > 1:
                    raise bad("to", "one_of")
                done = await pools.transfer(own, body.object, body.ids, to, body.pool)
            case "give_back":
                done = await pools.give_back(own, body.object, body.ids)
        results: list[dict[str, Any]] = []
        for one in done:
            problem = one.pop("problem")
            said = {"code": problem.code, "title": problem.body(x.language)["title"]} if problem is not None else {}
            results.append({k: v for k, v in one.items() if v is not None} | said)
        n = sum(r["status"] == 200 for r in results)
        told = {"results": results, "done": n, "change_set": own.change_set if n else None}
        return Answer.of(told, 200, (b"guanxi-change-set", own.change_set.encode()))

    result = await x.edge.write(x, work, body.model_dump_json().encode())
    x.edge.outbox.records(x.signed_in.workspace.id, body.object, body.ids)
    return reply(result)


class RulesBody(Body):
    """The stored values of a pool as it would be; with the `id` of one it stands in its place."""

    pool: dict[str, Any] | None = None
    object: Annotated[str | None, Field(max_length=60)] = None


class _Tried(Exception):
    """Takes back what was only tried."""


@router.post("/simulate", summary="What would fall tonight")
@needs("records:read")
async def simulate(x: X, body: RulesBody) -> Response:
    """`{"at", "count", "owners": [{"object", "owner", "count", "records": [{"id", "title", "pool", "rule"}]}], "rules": [{"pool", "rule",
    "count"}]}`: as the rules stand or, with `pool`, as they would with these. Nothing is changed."""

    async def work(ctx: Context) -> Answer:
        if body.pool is None:
            return Answer.of(await pools.simulate(ctx, body.object))
        if not ctx.actor.system and not {"settings", "roles"} <= ctx.actor.grants.system:
            raise Forbidden
        values, id = dict(body.pool), body.pool.get("id")
        values.pop("id", None)
        found: dict[str, Any] = {}
        try:
            async with ctx.db.savepoint():  # written in earnest, so that the same is refused, and taken back
                asked = Update(id, values) if isinstance(id, str) else Create({"name": "—", **values})
                [outcome] = await write(ctx, "pool", [asked])
                saved = loads(outcome.record or b"{}")
                if not saved.get("active"):
                    raise bad("active", "required")
                found = await pools.simulate(ctx, saved["holds"])
                raise _Tried  # noqa: TRY301
        except _Tried:
            return Answer.of(found)

    return reply(await x.edge.write(x, work, b"simulate " + body.model_dump_json().encode()))


@router.post("/recycle", summary="Let fall what falls, now")
@needs("admin")
async def recycle(x: X) -> Response:
    """Without waiting for the night. `{"data": [{"object", "fell", "warned", "change_set"}]}`; each is undone as one change set."""

    async def work(ctx: Context) -> Answer:
        if not {"settings", "roles"} <= ctx.actor.grants.system:
            raise Forbidden
        done = await pools.recycle(ctx)
        return Answer.of(
            {
                "data": [
                    {"object": n.object, "fell": n.fell, "warned": n.warned, "change_set": n.change_set} for n in done
                ]
            }
        )

    return reply(await x.edge.write(x, work, b"recycle"))


@router.get("/runs", summary="The nights")
@needs("records:read")
async def list_runs(x: X) -> Response:
    """Newest first; the id of a night is its change set."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await pools.runs(ctx)))


@router.get("/records/{object}/{id}", summary="How a record stands with the pools")
@needs("records:read")
async def read_standing(x: X, object: str, id: str) -> Response:
    """In which pool it is, since when, why, and whether you are a member or its administrator."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await pools.standing(ctx, object, id)))


@router.get("/{id}/report", summary="Who got what from a pool, and what came of it")
@needs("records:read")
async def read_report(x: X, id: str, since: Moment = None, until: Moment = None) -> Response:
    """Of the last 90 days unless told otherwise. Administrators see everybody, members themselves."""
    async with x.edge.reading(x.signed_in) as ctx:
        end = until or ctx.now
        try:
            begin = since or end - timedelta(days=90)
        except OverflowError:  # before it there is no time
            raise bad("until", "bad_value", value=str(end)[:40]) from None
        if begin.tzinfo is None or end.tzinfo is None or begin >= end:
            raise bad("since", "bad_value", value=str(begin)[:40])
        return reply(Answer.of(await pools.report(ctx, id, begin, end)))
