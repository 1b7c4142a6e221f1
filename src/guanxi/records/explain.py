"""Why somebody may or may not: every ground and limit of access with its truth for one record; and who may at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from guanxi.base import Forbidden, NotFound
from guanxi.base.ids import is_id
from guanxi.records import access
from guanxi.records.access import Ground
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import LEVELS, VERBS, Actor, Context
from guanxi.records.describe import role_titles
from guanxi.records.journal import titles_of, veiled
from guanxi.records.read import visible
from guanxi.records.workspaces import load_actor, load_actors
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE
from guanxi.schema.model import Field

AT_ONCE = 40
"""Users of whom one statement tells what they may."""


async def explain(ctx: Context, object_name: str, id: str, user: str | None = None) -> dict[str, Any]:
    """``{"object", "id", "user", "verbs": {verb: {"may", "grounds": [...]}}, "fields": {name: right}, "why": {name: reason}}``.

    A ground is ``{"kind", "reason", "true"}`` with ``part`` (the link or rule), ``limit`` where it takes away, and ``via`` for
    what a link points to. ``why`` says of each field that is hidden or cannot be written what keeps it so. For oneself, or
    for another user where the asker may manage users; the asker must see the record.
    """
    entity = ctx.catalog.object(object_name)
    await visible(ctx, object_name, id)
    actor: Actor | None = ctx.actor
    if user is not None and user != ctx.actor.id:
        _require_users(ctx)
        actor = await load_actor(ctx.db, ctx.workspace, user) if is_id(user) else None
    if actor is None:
        raise NotFound
    verbs: dict[str, Any] = {}
    roles = await _roles(ctx)
    via = await _via(ctx, entity, id)
    for verb in VERBS:
        if verb in ("create", "import"):
            verbs[verb] = {"may": access.may(actor, entity, verb), "grounds": []}
            continue
        grounds = access.rules(actor, entity, verb)
        [true] = await truths(ctx, entity, id, [(actor, grounds)])
        told = [_told(ctx, _titled(g, roles), t, via) for g, t in zip(grounds, true, strict=True)]
        never = Ground(
            "never", TRUE, {"role": actor.role, "verb": access.VERB_LABELS[verb], "object": entity.definition.label}
        )
        verbs[verb] = {"may": _may(grounds, true), "grounds": told or [_told(ctx, _titled(never, roles), False, via)]}
    seen = {n: f for n, f in entity.fields.items() if access.visible(ctx.actor, entity, f)}
    behind = await veiled(replace(ctx, actor=actor), entity, [id])
    return {
        "object": object_name,
        "id": id,
        "user": {"id": actor.id, "title": actor.name, "role": actor.role},
        "verbs": verbs,
        "fields": {n: "masked" if n in behind else _right(actor, entity, f) for n, f in seen.items()},
        "why": {n: why for n, f in seen.items() if (why := "pool" if n in behind else access.held(actor, entity, f))},
    }


async def who(ctx: Context, object_name: str, id: str) -> dict[str, Any]:
    """``{"data": [{"user": {"id", "title", "role"}, "verbs": [...], "because": [reason, ...]}]}``: everybody who may read the
    record, and why; for who manages users."""
    entity = ctx.catalog.object(object_name)
    await visible(ctx, object_name, id)
    _require_users(ctx)
    verbs = ("read", "update", "delete", "export")
    actors = await load_actors(ctx.db, ctx.workspace)
    asked = [(a, access.rules(a, entity, v)) for a in actors for v in verbs]
    found: list[list[bool]] = []
    for start in range(0, len(asked), AT_ONCE * len(verbs)):
        found += await truths(ctx, entity, id, asked[start : start + AT_ONCE * len(verbs)])
    roles = await _roles(ctx)
    out: list[dict[str, Any]] = []
    for i, a in enumerate(actors):
        mine = {v: (asked[i * 4 + n][1], found[i * 4 + n]) for n, v in enumerate(verbs)}
        if not _may(*mine["read"]):
            continue
        because = [
            _titled(g, roles).reason(ctx.actor.language)
            for g, t in zip(*mine["read"], strict=True)
            if t and not g.limit
        ]
        able = [v for v in verbs if _may(*mine[v])]
        out.append({"user": {"id": a.id, "title": a.name, "role": a.role}, "verbs": able, "because": because})
    return {"data": sorted(out, key=lambda one: str(one["user"]["title"]))}


async def _roles(ctx: Context) -> dict[str, str]:
    """What roles are called, by their names."""
    return {r["name"]: r["title"] for r in await role_titles(ctx)}


def _titled(ground: Ground, roles: Mapping[str, str]) -> Ground:
    name = str(ground.values.get("role", ""))
    return replace(ground, values={**ground.values, "role": roles[name]}) if name in roles else ground


async def readers(ctx: Context, object_name: str, id: str, users: Collection[str]) -> set[str]:
    """Those of the users who may read the record, whoever asks."""
    entity = ctx.catalog.object(object_name)
    if len(users) > AT_ONCE:
        actors = [a for a in await load_actors(ctx.db, ctx.workspace) if a.id in users]
    else:
        actors = [a for u in users if (a := await load_actor(ctx.db, ctx.workspace, u))]
    asked = [(a, access.rules(a, entity, "read")) for a in actors]
    found: list[list[bool]] = []
    for start in range(0, len(asked), AT_ONCE * len(VERBS)):
        found += await truths(ctx, entity, id, asked[start : start + AT_ONCE * len(VERBS)])
    return {a.id for (a, grounds), true in zip(asked, found, strict=True) if _may(grounds, true)}


def _require_users(ctx: Context) -> None:
    if not ctx.actor.system and "users" not in ctx.actor.grants.system:
        raise Forbidden


def _may(grounds: Sequence[Ground], truths: Sequence[bool]) -> bool:
    pairs = list(zip(grounds, truths, strict=True))
    return any(t for g, t in pairs if not g.limit) and all(t for g, t in pairs if g.limit)


async def truths(
    ctx: Context, entity: Entity, id: str, asked: Sequence[tuple[Actor, Sequence[Ground]]]
) -> list[list[bool]]:
    """Of each actor's grounds, whether they hold for the record: in one statement."""
    args: dict[str, Any] = {}
    tests: list[str] = []
    for actor, grounds in asked:
        c = Compiler(Context(ctx.db, ctx.workspace, ctx.catalog, actor, ctx.cause, now=ctx.now))
        c.few, c.args = True, args
        tests += [
            f"coalesce({c.where(entity, 't', g.filter, trusted=True)}, FALSE)" for g in grounds if g.filter != TRUE
        ]
    row: Sequence[Any] | None = ()
    if tests:
        c = Compiler(ctx)
        c.args = args
        table = c.table(entity.name)
        row = await ctx.db.row(
            f"SELECT ARRAY[{', '.join(tests)}] FROM {table} AS t WHERE t.id = {c.bind(id, 'uuid')} AND (t.deleted_at IS NULL OR t._archived)",
            args,
        )
    found = iter(row[0] if row else ())
    return [[g.filter == TRUE or bool(next(found, False)) for g in grounds] for _, grounds in asked]


def _told(ctx: Context, ground: Ground, true: bool, via: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": ground.kind, "reason": ground.reason(ctx.actor.language), "true": true}
    if ground.part:
        told["part"] = ground.part
    if ground.limit:
        told["limit"] = True
    if ground.kind == "cascade" and via.get(ground.part):
        told["via"] = via[ground.part]
    return told


async def _via(ctx: Context, entity: Entity, id: str) -> dict[str, Any]:
    """What the links that access comes by point to, as far as the asker may see it."""
    names = list(entity.cascades)
    if not names:
        return {}
    wanted = [(n, f"{quote(n)}", quote(n + "_object") if entity.types[n].anywhere else "NULL") for n in names]
    row = await ctx.db.row(
        f"SELECT {', '.join(f'{column}, {kind}' for _, column, kind in wanted)} FROM {quote(ctx.workspace.schema)}.{quote(entity.name)}"
        " WHERE id = %(id)s::uuid",
        {"id": id},
    )
    out: dict[str, Any] = {}
    for i, name in enumerate(names):
        target = (row[i * 2], row[i * 2 + 1] or entity.fields[name].target) if row else (None, None)
        if target[0] and target[1] in ctx.catalog.entities:
            titles = await titles_of(ctx, str(target[1]), [str(target[0])])
            if target[0] in titles:
                out[name] = {"object": target[1], "id": target[0], "title": titles[target[0]]}
    return out


def _right(actor: Actor, entity: Entity, f: Field) -> str:
    if access.writable(actor, entity, f):
        return "write"
    return min(access.level(actor, entity, f), "read", key=LEVELS.index)
