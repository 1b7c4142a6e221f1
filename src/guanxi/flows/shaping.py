"""Making and changing flows: drafts, versions, switching on and off. For whose role may change the catalog."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from guanxi import records
from guanxi.base import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.flows import definition as definitions
from guanxi.flows.approvals import lapse
from guanxi.flows.definition import Fault
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace, note
from guanxi.records.journal import titles_of
from guanxi.records.outbox import follow
from guanxi.records.uses import Use, uses
from guanxi.schema.catalog import Catalog

MOST = 500
"""Flows of a workspace."""


def may_shape(ctx: Context) -> None:
    """Raise Forbidden unless the actor may shape flows."""
    if not ctx.actor.system and "catalog" not in ctx.actor.grants.system:
        raise Forbidden


def schema(ctx: Context) -> str:
    """The workspace's schema, quoted."""
    return quote(ctx.workspace.schema)


COUNTS = (
    "count(*) FILTER (WHERE r.state IN ('ready', 'running')), count(*) FILTER (WHERE r.state = 'waiting'),"
    " count(*) FILTER (WHERE r.state IN ('failed', 'unknown', 'stopped')),"
    " count(*) FILTER (WHERE r.state = 'done' AND r.ended_at > now() - interval '30 days')"
)


async def listing(ctx: Context) -> list[dict[str, Any]]:
    """All flows with what became of their runs (those of loops not counted); an ``orphan`` is on and can do nothing, since whoever
    it acts for is not active any more."""
    may_shape(ctx)
    rows = await ctx.db.fetch(
        "SELECT f.id, f.name, f.label, coalesce(f.draft, v.definition), f.active, f.version, f.draft IS NOT NULL, f.updated_at,"
        f" f.runs_as, c.* FROM {schema(ctx)}._flow AS f"
        f" LEFT JOIN {schema(ctx)}._flow_version AS v ON v.flow = f.id AND v.version = f.version"
        f" LEFT JOIN LATERAL (SELECT {COUNTS} FROM {schema(ctx)}._flow_run AS r WHERE r.flow = f.id AND r.pass IS NULL"
        " AND (r.state NOT IN ('done', 'cancelled') OR r.started_at > now() - interval '90 days')) AS c ON TRUE"
        " WHERE f.deleted_at IS NULL ORDER BY f.created_at, f.id"
    )
    acting = {row[8] for row in rows if row[4] and row[8]}
    there = await records.ask(ctx.as_system("flows: who acts"), "user", list(acting), ("active",)) if acting else {}
    gone = acting - {id for id, one in there.items() if one.values["active"] is not False}
    return [
        {
            "id": id,
            "name": name,
            "label": label,
            "object": what.get("object"),
            "trigger": (what.get("trigger") or {}).get("kind"),
            "active": active,
            "version": version,
            "draft": draft,
            "runs_as": runs_as,
            "orphan": active and runs_as in gone,
            "counts": dict(zip(("running", "waiting", "failed", "done_30d"), counts, strict=True)),
            "updated_at": at,
        }
        for id, name, label, what, active, version, draft, at, runs_as, *counts in rows
    ]


NAMES = "f.id, f.name, f.label, coalesce(f.draft, v.definition), v.definition, f.active, f.version, f.draft IS NOT NULL, f.edit, f.runs_as, f.secret, f.kind, f.updated_at"


async def get(ctx: Context, id: str, *, lock: bool = False) -> dict[str, Any]:
    """One flow with its definition: the draft where there is one. NotFound."""
    may_shape(ctx)
    row = None
    if is_id(id):
        row = await ctx.db.row(
            f"SELECT {NAMES} FROM {schema(ctx)}._flow AS f LEFT JOIN {schema(ctx)}._flow_version AS v ON v.flow = f.id"
            f" AND v.version = f.version WHERE f.id = %(id)s::uuid AND f.deleted_at IS NULL{' FOR UPDATE OF f' if lock else ''}",
            {"id": id},
        )
    if row is None:
        raise NotFound
    id, name, label, what, live, active, version, draft, edit, runs_as, secret, kind, at = row
    return {
        "id": id,
        "name": name,
        "label": label,
        "object": what.get("object"),
        "trigger": (what.get("trigger") or {}).get("kind"),
        "definition": what,
        "live": live,
        "active": active,
        "version": version,
        "draft": draft,
        "edit": edit,
        "runs_as": runs_as,
        "hook": f"/api/v1/hooks/{secret}" if secret and active and kind == "webhook" else None,
        "form": f"/f/{secret}" if secret and active and kind == "form" else None,
        "updated_at": at,
    }


async def versions(ctx: Context, id: str) -> list[dict[str, Any]]:
    """What was in force, newest first: ``[{"version", "at", "actor": {"id", "title"}}]``. NotFound."""
    await get(ctx, id)
    rows = await ctx.db.fetch(
        f"SELECT version, at, actor FROM {schema(ctx)}._flow_version WHERE flow = %(id)s::uuid ORDER BY version DESC LIMIT {MOST}",
        {"id": id},
    )
    people = await _people(ctx, [r[2] for r in rows])
    return [{"version": version, "at": at, "actor": people.get(actor)} for version, at, actor in rows]


async def version(ctx: Context, id: str, number: int) -> dict[str, Any]:
    """One version with its ``definition``. NotFound."""
    await get(ctx, id)
    row = await ctx.db.row(
        f"SELECT at, actor, definition FROM {schema(ctx)}._flow_version WHERE flow = %(id)s::uuid AND version = %(version)s",
        {"id": id, "version": number},
    )
    if row is None:
        raise NotFound
    at, actor, what = row
    return {"version": number, "at": at, "actor": (await _people(ctx, [actor])).get(actor), "definition": what}


async def _people(ctx: Context, ids: Sequence[str | None]) -> dict[str | None, dict[str, Any]]:
    """``{"id", "title"}`` of each of those who switched versions on."""
    known = [id for id in ids if id]
    names = await titles_of(ctx.as_system("flow: who switched it on"), "user", known)
    return {id: {"id": id, "title": names.get(id)} for id in known}


def checked_label(label: Any) -> dict[str, str]:
    """A label by language; raises Invalid."""
    if isinstance(label, str):
        label = {"en": label.strip(), "zh": label.strip()}
    form = mapping(label)
    if not form or not all(isinstance(v, str) and 0 < len(v.strip()) <= 100 for v in form.values()):
        raise Invalid.one("label", "required")
    return {str(k)[:5]: v.strip() for k, v in form.items()}


def _kept(faults: list[Fault]) -> None:
    """Raise Invalid with what keeps a draft from being kept."""
    if faults:
        raise Invalid(errors=[f.error for f in faults])


async def create(ctx: Context, label: Any, definition: Any, name: str | None = None) -> dict[str, Any]:
    """A new flow, switched off. Its ``name`` stands in the journal as the cause ``flow:<name>``; without one it is made of
    the label. Raises Invalid for what cannot be kept."""
    may_shape(ctx)
    titled = checked_label(label)
    form = mapping(definition) if definition is not None else {"trigger": {}, "steps": []}
    _kept(definitions.shape(form))
    if name is not None and not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise Invalid.one("name", "flow_name")
    taken = {r[0] for r in await ctx.db.fetch(f"SELECT name FROM {schema(ctx)}._flow WHERE deleted_at IS NULL")}
    if len(taken) >= MOST:
        raise Invalid.one(None, "too_complex", limit=MOST)
    if name in taken:
        raise Invalid.one("name", "not_unique")
    if name is None:
        slug = re.sub(r"[^a-z0-9]+", "_", (titled.get("en") or "").lower()).strip("_")[:36]
        stem = slug if slug[:1].isalpha() else "flow"
        name = next(n for n in (stem, *(f"{stem}_{i}" for i in range(2, MOST + 2))) if n not in taken)
    id = new_id()
    await ctx.db.execute(
        f"INSERT INTO {schema(ctx)}._flow (id, name, label, draft, created_by, updated_by)"
        " VALUES (%(id)s::uuid, %(name)s, %(label)s::jsonb, %(draft)s::jsonb, %(me)s::uuid, %(me)s::uuid)",
        {"id": id, "name": name, "label": dumps(titled).decode(), "draft": dumps(form).decode(), "me": ctx.actor.id},
    )
    return await get(ctx, id)


async def change(
    ctx: Context, id: str, *, label: Any = None, definition: Any = None, edit: int | None = None
) -> dict[str, Any]:
    """Another label, or another draft; what is switched on goes on as it is, and a draft that says the same is none. Raises
    Stale when ``edit`` is not the last."""
    found = await get(ctx, id, lock=True)
    if edit is not None and edit != found["edit"]:
        raise Stale
    titled = checked_label(label) if label is not None else found["label"]
    draft = found["definition"] if found["draft"] else None
    if definition is not None:
        _kept(definitions.shape(definition))
        draft = None if definition == found["live"] else definition
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow SET label = %(label)s::jsonb, draft = %(draft)s::jsonb, edit = edit + 1,"
        " updated_at = now(), updated_by = %(me)s::uuid WHERE id = %(id)s::uuid",
        {"id": id, "label": dumps(titled).decode(), "draft": draft and dumps(draft).decode(), "me": ctx.actor.id},
    )
    return await get(ctx, id)


async def remove(ctx: Context, id: str) -> None:
    """Drop a flow; runs that have not ended are cancelled, and all stay to be looked at."""
    found = await get(ctx, id, lock=True)
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow SET active = false, deleted_at = now(), secret = NULL WHERE id = %(id)s::uuid",
        {"id": id},
    )
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow_run SET state = 'cancelled', ended_at = now(), due_at = NULL"
        " WHERE flow = %(id)s::uuid AND state NOT IN ('done', 'cancelled', 'running')",
        {"id": id},
    )
    await lapse(ctx)
    await note(ctx, "flow", act="removed", flow=id, name=found["name"])


async def problems(ctx: Context, id: str) -> list[Fault]:
    """What keeps the flow as it is edited from being switched on."""
    found = await get(ctx, id)
    return await faults(ctx, found["definition"])


async def faults(ctx: Context, definition: Any) -> list[Fault]:
    """What is wrong with a definition, flows that it starts included."""
    out = definitions.check(definition, ctx.catalog)
    if out:
        return out
    for step in definitions.read(definition, ctx.catalog).steps.values():
        if step.kind.name == "flow":
            other = await ctx.db.value(
                f"SELECT kind FROM {schema(ctx)}._flow WHERE id = %(id)s::uuid AND active AND deleted_at IS NULL",
                {"id": step.given["flow"]},
            )
            if other != "flow":
                out.append(Fault(step.id, FieldError("flow", "flow_not_startable")))
    return out


@uses
async def used(db: Connection, workspace: Workspace, _: Catalog) -> list[Use]:
    """The flows, as they are edited."""
    rows = await db.fetch(
        f"SELECT f.name, f.label, coalesce(f.draft, v.definition) FROM {quote(workspace.schema)}._flow AS f"
        f" LEFT JOIN {quote(workspace.schema)}._flow_version AS v ON v.flow = f.id AND v.version = f.version"
        " WHERE f.deleted_at IS NULL ORDER BY f.name"
    )

    def use(name: str, label: Mapping[str, str], what: Mapping[str, Any]) -> Use:
        async def wrong(catalog: Catalog) -> str | None:
            found = definitions.check(what, catalog)
            return found[0].error.code if found else None

        return Use("flow", name, label, str(what.get("object") or ""), what, wrong)

    return [use(*row) for row in rows]


async def activate(ctx: Context, id: str, active: bool) -> dict[str, Any]:
    """Switch on: the draft becomes a version, which acts with the rights of whoever calls this. Or off: runs go on, nothing
    new begins. Raises Invalid with all that is wrong."""
    found = await get(ctx, id, lock=True)
    if active:
        wrong = await faults(ctx, found["definition"])
        if wrong:
            raise Invalid("flow_faulty", [f.error for f in wrong], count=len(wrong))
        await _switch_on(ctx, found)
    elif found["active"]:
        await ctx.db.execute(
            f"UPDATE {schema(ctx)}._flow SET active = false, edit = edit + 1, updated_at = now(), updated_by = %(me)s::uuid"
            " WHERE id = %(id)s::uuid",
            {"id": id, "me": ctx.actor.id},
        )
    await note(ctx, "flow", act="on" if active else "off", flow=id, name=found["name"])
    return await get(ctx, id)


async def _switch_on(ctx: Context, found: Mapping[str, Any]) -> None:
    if ctx.actor.system:
        raise Conflict
    await follow(ctx.db, ctx.workspace, "flows")
    what, version = found["definition"], found["version"]
    kind = what["trigger"]["kind"]
    if found["draft"] or version is None:
        version = (version or 0) + 1
        await ctx.db.execute(
            f"INSERT INTO {schema(ctx)}._flow_version (flow, version, definition, actor)"
            " VALUES (%(id)s::uuid, %(version)s, %(definition)s::jsonb, %(me)s::uuid)",
            {"id": found["id"], "version": version, "definition": dumps(what).decode(), "me": ctx.actor.id},
        )
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow SET active = true, draft = NULL, version = %(version)s, kind = %(kind)s, object = %(object)s,"
        " runs_as = %(me)s::uuid, clock = now(), "
        " secret = CASE WHEN %(kind)s = 'webhook' THEN coalesce(CASE WHEN kind = 'webhook' THEN secret END, %(secret)s)"
        " WHEN %(kind)s = 'form' AND kind = 'form' THEN secret END,"
        " edit = edit + 1, updated_at = now(), updated_by = %(me)s::uuid WHERE id = %(id)s::uuid",
        {
            "id": found["id"],
            "version": version,
            "kind": kind,
            "object": what.get("object"),
            "me": ctx.actor.id,
            "secret": f"{UUID(ctx.workspace.id).hex}{secrets.token_urlsafe(24)}",  # by its head the workspace is found
        },
    )
