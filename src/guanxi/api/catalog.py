"""The catalog: read as far as the caller may see, changed all or nothing."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import flows, records, standing, views
from guanxi.api.edge import Answer, Exchange, bad, squeezed
from guanxi.api.records import read_operation
from guanxi.api.route import Body, Route, X, needs, reply, writes
from guanxi.api.wire import JSON
from guanxi.base import Forbidden
from guanxi.base import json as codec
from guanxi.base.text import guard
from guanxi.identity import PEOPLE
from guanxi.records import Context, Operation, access, grams
from guanxi.records.describe import describe_field

router = APIRouter(route_class=Route, prefix="/api/v1/catalog", tags=["catalog"])


class ChangesBody(Body):
    """Changes, each one flat object with its `op`; with `dry_run` only the plan is answered."""

    changes: Annotated[list[dict[str, Any]], Field(max_length=500)]
    dry_run: bool = False


class SimulateBody(Body):
    """Changes of the catalog, and operations in the form of a batch, each with its `object`: user, team or role."""

    changes: Annotated[list[dict[str, Any]], Field(default_factory=list[dict[str, Any]], max_length=500)]
    people: Annotated[list[dict[str, Any]], Field(default_factory=list[dict[str, Any]], max_length=200)]


async def rendered(x: Exchange) -> tuple[bytes, bytes, bytes]:
    """The caller's catalog as JSON, the same packed, its ETag; made once for as long as the caller is remembered."""
    caller = x.signed_in
    kept = caller.memo.get("catalog")
    if kept is None:
        async with x.edge.reading(caller) as ctx:
            whole = await records.describe(ctx)
            by_object: dict[str, list[dict[str, Any]]] = {}
            buttons: dict[str | None, list[dict[str, Any]]] = {}
            for view in await views.listing(ctx):
                by_object.setdefault(view["object"], []).append(view)
            schemes = await standing.in_force(ctx)
            for button in await flows.buttons(ctx):
                buttons.setdefault(button["object"], []).append(_button(ctx, button))
        whole["forms"] = buttons.get(None, [])
        for entry in whole["objects"]:
            entry["views"] = [*entry["views"], *by_object.get(entry["name"], ())]
            if entry["name"] in schemes:
                entry["standing"] = schemes[entry["name"]]
            entry["actions"] = [*entry["actions"], *buttons.get(entry["name"], ())]
        body = codec.dumps(whole)
        packed = await asyncio.to_thread(gzip.compress, body, 5)
        etag = b'"%d-%s"' % (whole["version"], sha256(body).hexdigest()[:12].encode())
        kept = x.edge.keep(caller, "catalog", (body, packed, etag))
    return kept


def _button(ctx: Context, button: dict[str, Any]) -> dict[str, Any]:
    """A flow's button as an action of its object."""
    asked = [describe_field(ctx, None, f) for f in button["input"]]
    return {
        "name": button["name"],
        "label": button["label"],
        "input": asked,
        "when": button["when"],
        "flow": button["flow"],
    }


@router.get("", summary="The catalog")
async def read_catalog(x: X) -> Response:
    """Objects, fields, options, layouts, views, actions, pipelines, as far as the caller may see them."""
    plain, packed, etag = await rendered(x)
    headers = [(b"etag", etag), (b"cache-control", b"private, no-cache")]
    if etag in x.headers.get(b"if-none-match", b""):
        return reply(Answer(304, b"", headers))
    body, form = squeezed(x, plain, packed)
    return reply(Answer(200, body, [JSON, *headers, *form]))


@router.get("/name", summary="An API name from a label")
async def name_of(x: X, label: Annotated[str, Query(max_length=200)]) -> Response:
    """`{"name"}`: what something with this label could be called in the API, Chinese in pinyin; "" where nothing can be said."""
    _ = x.signed_in
    return reply(Answer.of({"name": grams.latin(label).lstrip("0123456789_")[:40].rstrip("_")}))


@router.post("/changes", summary="Change the catalog")
@needs("catalog")
async def change_catalog(x: X, body: ChangesBody) -> Response:
    """All or nothing: `{"version", "plan", "change_set"}`; the change set can be undone. The plan says what is done to the
    database and what it costs: over how many rows a step goes, and whether it is done in the background; of a trial also which
    fields and options would be called as an `other` beside them is (`alike account.tier`, `alike account.tier.gold`). With a change of
    type, a trial also answers `turns`: what becomes of the values, with samples; one that goes over many records is left
    `pending` for a job."""
    caller = x.signed_in
    access.require_shape(caller.actor, caller.catalog, body.changes)

    async def work(ctx: Context) -> Answer:
        # Tables belong to the installation's own role; the workspace's may only use them.
        await ctx.db.execute("SET LOCAL ROLE NONE")
        dry = body.dry_run
        done = await records.evolve(ctx.db, ctx.workspace, body.changes, actor=ctx.actor.id, dry_run=dry, asker=ctx)
        meant = await records.effects(ctx, done.catalog, body.changes) if dry else []
        more = {"turns": done.turns} if done.turns else {"pending": done.pending} if done.pending else {}
        return Answer.of(
            {"version": done.catalog.version, "plan": [*done.steps, *meant], "change_set": done.change_set, **more}
        )

    news = "" if body.dry_run else "catalog"
    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), news=news))


@router.post("/simulate", summary="What changes of access would mean")
@needs("catalog")
async def simulate(x: X, body: SimulateBody) -> Response:
    """`{"objects": [{"object", "people", "gains", "losses", "each"}], "fields": [{"object", "field", "before", "after", "people"}]}`: who
    would read how many records more, or fewer, and which fields otherwise, if these changes of the catalog, and these
    operations on users, teams and roles, were made; nothing is changed."""
    people: dict[str, list[Operation]] = {}
    for raw in body.people:
        name = raw.get("object")
        if name not in PEOPLE:
            raise bad("people.object", "not_an_option", value=str(name)[:60])
        if writes(x.signed_in, name):
            people.setdefault(name, []).append(read_operation({k: v for k, v in raw.items() if k != "object"}))

    async def work(ctx: Context) -> Answer:
        return Answer.of(await records.simulate(ctx, body.changes, people))

    return reply(await x.edge.write(x, work, b"simulate " + body.model_dump_json().encode()))


async def take_back(ctx: Context, change_set: str, *, force: bool, dry_run: bool) -> Answer:
    """Undo a change set of the catalog."""
    if "catalog" not in ctx.actor.grants.system:
        raise Forbidden
    await ctx.db.execute("SET LOCAL ROLE NONE")
    done = await records.take_back(ctx.db, ctx.workspace, change_set, actor=ctx.actor.id, force=force, dry_run=dry_run)
    access.require_shape(ctx.actor, ctx.catalog, done["changes"])
    return Answer.of(done)


@router.post("/changes/failures", summary="Values that a change of type cannot take along")
@needs("catalog")
async def list_failures(x: X, body: ChangesBody) -> Response:
    """A CSV file of the values that could not become others, with the records that the caller may see; nothing is changed."""
    caller = x.signed_in
    if "catalog" not in caller.actor.grants.system:
        raise Forbidden

    async def work(ctx: Context) -> Answer:
        await ctx.db.execute("SET LOCAL ROLE NONE")
        rows = await records.failures(ctx, body.changes)
        file = io.StringIO()
        csv.writer(file).writerows([guard(cell) for cell in row] for row in rows)
        headers = [
            (b"content-type", b"text/csv; charset=utf-8"),
            (b"content-disposition", b'attachment; filename="failures.csv"'),
        ]
        return Answer(200, b"\xef\xbb\xbf" + file.getvalue().encode(), headers)

    return reply(await x.edge.write(x, work, b"failures " + body.model_dump_json().encode(), news=""))


@router.get("/pending", summary="Changes that are being made ready")
@needs("catalog")
async def list_pending(x: X) -> Response:
    """`{"data": [{"id", "at", "state", "done", "total", "changes", "errors"}]}`: those that wait for a job, and those of the last
    days."""
    async with x.edge.reading(x.signed_in) as ctx:
        if "catalog" not in ctx.actor.grants.system:
            raise Forbidden
        return reply(Answer.of({"data": await records.pendings(ctx)}))


@router.delete("/pending/{id}", summary="Give up changes that are not in force yet")
@needs("catalog")
async def cancel_pending(x: X, id: str) -> Response:
    """What was begun is taken away by the job."""
    caller = x.signed_in
    if "catalog" not in caller.actor.grants.system:
        raise Forbidden

    async def work(ctx: Context) -> Answer:
        await records.cancel(ctx, id)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work, b"cancel", news=""))
