"""Flows that people start: by a button of a record, or by a form that they fill in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi import records
from guanxi.base import Conflict, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, sequence
from guanxi.flows.asking import INSIDE, checked, field_of
from guanxi.flows.starting import Active, Start, active, begin, taken
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace
from guanxi.records.journal import titles_of
from guanxi.schema.types import Env

BY_HAND = ("button", "form")


def fields_of(flow: Active) -> list[Mapping[str, Any]]:
    """What its button or form asks for."""
    return [mapping(one) or {} for one in sequence(flow.trigger.get("fields")) or ()]


def checked_input(flow: Active, given: Any, env: Env | None = None) -> dict[str, Any]:
    """What was filled in, by its types. Raises Invalid."""
    return checked(fields_of(flow), given, env or Env())


async def keep(
    db: Connection,
    workspace: Workspace,
    flow: Active,
    values: Mapping[str, Any],
    *,
    key: str,
    language: str,
    actor: str | None = None,
    origin: str | None = None,
    consent: Mapping[str, Any] | None = None,
    held: bool = False,
) -> str | None:
    """Keep what was sent by a form; its id, None where the same came before."""
    return await db.value(
        f"INSERT INTO {quote(workspace.schema)}._flow_submission (id, flow, key, actor, language, origin, input, consent, held)"
        " VALUES (%(id)s::uuid, %(flow)s::uuid, %(key)s, %(actor)s::uuid, %(language)s, %(origin)s, %(input)s::jsonb, %(consent)s::jsonb,"
        " %(held)s) ON CONFLICT (flow, key) DO NOTHING RETURNING id",
        {
            "id": new_id(),
            "flow": flow.id,
            "key": key,
            "actor": actor,
            "language": language,
            "origin": origin,
            "input": dumps(values).decode(),
            "consent": dumps(consent).decode() if consent is not None else None,
            "held": held,
        },
    )


async def start(ctx: Context, id: str, record: str | None = None, given: Any = None) -> dict[str, Any]:
    """Begin a flow by its button or form: ``{"run"}``. Whoever may see the record may press its button; the run acts with the
    rights of who switched the flow on. NotFound, Invalid."""
    found = await active(ctx.db, ctx.workspace, ctx.catalog, BY_HAND, id=id) if is_id(id) else []
    if not found:
        raise NotFound
    [flow] = found
    if flow.object is not None:
        await records.visible(ctx, flow.object, record or "")
    values = checked_input(flow, given, ctx.env)
    await _seen(ctx, flow, values)
    begun = Start(new_id(), flow.object, record if flow.object else None, values, by=ctx.actor.id)
    if flow.object is not None and not await taken(ctx.db, ctx.workspace, ctx.catalog, flow, [begun]):
        raise Conflict("flow_not_for_this")
    if flow.kind == "form":
        language = ctx.actor.language
        begun.key = await keep(ctx.db, ctx.workspace, flow, values, key=new_id(), language=language, actor=ctx.actor.id)
    await begin(ctx.db, ctx.workspace, flow, [begun])
    run = await ctx.db.value(
        f"SELECT id FROM {quote(ctx.workspace.schema)}._flow_run WHERE flow = %(flow)s::uuid AND key = %(key)s",
        {"flow": flow.id, "key": begun.key},
    )
    return {"run": run}


async def _seen(ctx: Context, flow: Active, values: Mapping[str, Any]) -> None:
    """Nobody names what they do not see: the flow may act with wider rights."""
    for one in fields_of(flow):
        value = values.get(one["name"])
        if one.get("type") in INSIDE and value:
            field = field_of(one)
            if not await records.ask(ctx, field.target or "", [value]):
                raise Invalid.one(field.name, "reference_not_found", field=field.label)


async def buttons(ctx: Context) -> list[dict[str, Any]]:
    """What flows put on records, and (``object`` None) forms about none: ``[{"object", "flow", "name", "label", "input", "when"}]``."""
    return [
        {
            "object": f.object,
            "flow": f.id,
            "name": f"flow_{f.name}",
            "label": f.trigger.get("label") or f.label,
            "input": [field_of(one) for one in fields_of(f)],
            "when": f.trigger.get("filter"),
        }
        for f in await active(ctx.db, ctx.workspace, ctx.catalog, BY_HAND)
    ]


async def press(ctx: Context, object_name: str, record: str, name: str, given: Any) -> dict[str, Any]:
    """A flow's button or form by its name, ``flow_<name>``."""
    flow = await ctx.db.value(
        f"SELECT id FROM {quote(ctx.workspace.schema)}._flow WHERE name = %(name)s AND object = %(object)s AND active"
        " AND kind = ANY(%(kinds)s::text[]) AND deleted_at IS NULL",
        {"name": name.removeprefix("flow_"), "object": object_name, "kinds": list(BY_HAND)},
    )
    if flow is None:
        raise NotFound
    return await start(ctx, flow, record, given)


async def outcome(ctx: Context, run: str) -> dict[str, Any]:
    """What became of a form that the actor sent: ``{"state", "made": {"object", "id", "title"} | None}``, the first record that the
    flow made, where the actor may see it. NotFound."""
    schema = quote(ctx.workspace.schema)
    row = await ctx.db.row(
        f"SELECT r.state, r.change_set FROM {schema}._flow_run AS r JOIN {schema}._flow_submission AS s ON s.flow = r.flow AND s.id::text = r.key"
        " WHERE r.id = %(run)s::uuid AND s.actor = %(me)s::uuid",
        {"run": run, "me": ctx.actor.id},
    ) if is_id(run) else None  # fmt: skip
    if row is None:
        raise NotFound
    state, change_set = row
    made = None
    created = await ctx.db.fetch(
        f"SELECT object, record FROM {schema}._journal WHERE change_set = %(set)s::uuid AND kind = 'create' ORDER BY seq LIMIT 20",
        {"set": change_set},
    )
    for name, id in created:
        titles = await titles_of(ctx, name, [id]) if name in ctx.catalog.entities else {}
        if id in titles:
            made = {"object": name, "id": id, "title": titles[id]}
            break
    return {"state": "running" if state == "ready" else state, "made": made}
