"""Segments as people make, change and drop them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from guanxi.base import Conflict, FieldError, Forbidden, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.base.shape import mapping
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import defer
from guanxi.records import Context, Workspace, access, note
from guanxi.records.belongings import Belonging, belongs
from guanxi.records.compile import Compiler
from guanxi.records.journal import titles_of
from guanxi.records.uses import Use, uses
from guanxi.schema.catalog import Catalog
from guanxi.schema.filter import parse
from guanxi.schema.query import Query
from guanxi.schema.touching import look
from guanxi.segments.finding import dependents, find_all
from guanxi.segments.knowing import Segment, eyes, load

SHARING = frozenset({"catalog", "settings"})
"""Any of these system rights allows to share segments with everybody and to change those that are."""

MOST = 500
"""Segments of one object that somebody may have, or that may be shared."""

SMALL = 20_000
"""Records of an object up to which a new segment is found at once; of more a worker finds it."""

COLUMNS = "id, object, label, about, kind, filter, owner, shared, tells, size, found_at, due_at, fault, edit, created_at, updated_at"


def may_share(ctx: Context) -> bool:
    """Whether the caller may share segments with everybody."""
    return ctx.actor.system or bool(SHARING & ctx.actor.grants.system)


async def _shown(ctx: Context, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [dict(zip(COLUMNS.split(", "), row, strict=True)) for row in rows]
    found = [f for f in found if f["object"] in ctx.catalog.entities]
    found = [f for f in found if access.may(ctx.actor, ctx.catalog.entities[f["object"]], "read")]
    titles = await titles_of(ctx, "user", {f["owner"] for f in found})
    for one in found:
        owner, mine = one["owner"], one["owner"] == ctx.actor.id
        one["owner"] = {"id": owner, "title": titles.get(owner)}
        one["scope"] = "shared" if one.pop("shared") else "personal"
        one["may_change"] = may_share(ctx) if one["scope"] == "shared" else mine
        one["finding"] = one["kind"] == "dynamic" and one["found_at"] is None and one["fault"] is None
    return found


async def listing(ctx: Context, object_name: str | None = None) -> list[dict[str, Any]]:
    """The caller's own segments and the shared ones, of objects that they may read, by name."""
    rows = await ctx.db.fetch(
        f"SELECT {COLUMNS} FROM {quote(ctx.workspace.schema)}._segment WHERE (shared OR owner = %(me)s::uuid)"
        " AND (%(object)s::text IS NULL OR object = %(object)s) ORDER BY object, created_at, id",
        {"me": ctx.actor.id, "object": object_name},
    )
    return await _shown(ctx, rows)


async def get(ctx: Context, id: str) -> dict[str, Any]:
    """One that the caller may use. Raises NotFound."""
    rows = (
        await ctx.db.fetch(
            f"SELECT {COLUMNS} FROM {quote(ctx.workspace.schema)}._segment WHERE id = %(id)s::uuid AND (shared OR owner = %(me)s::uuid)",
            {"id": id, "me": ctx.actor.id},
        )
        if is_id(id)
        else []
    )
    found = await _shown(ctx, rows)
    if not found:
        raise NotFound
    return found[0]


async def mine(ctx: Context, id: str) -> dict[str, Any]:
    """One that the caller may change. Raises NotFound, Forbidden."""
    if is_id(id):  # before it is read: whoever changes it now has done so by then
        await ctx.db.execute(
            f"SELECT FROM {quote(ctx.workspace.schema)}._segment WHERE id = %(id)s::uuid AND (shared OR owner = %(me)s::uuid)"
            " FOR NO KEY UPDATE",
            {"id": id, "me": ctx.actor.id},
        )
    found = await get(ctx, id)
    if not found["may_change"]:
        raise Forbidden
    return found


async def create(ctx: Context, object_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A new segment of ``given``: ``label``, ``about``, ``kind``, ``filter``, ``scope``, ``tells``. Raises Invalid, Forbidden."""
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    shared = given.get("scope") == "shared"
    if shared and not may_share(ctx):
        raise Forbidden
    kind = given.get("kind") or "dynamic"
    id = new_id()
    checked = await _checked(ctx, id, object_name, {**given, "kind": kind}, shared)
    many = await ctx.db.value(
        f"SELECT count(*) FROM {quote(ctx.workspace.schema)}._segment WHERE object = %(object)s AND shared = %(shared)s"
        " AND (shared OR owner = %(me)s::uuid)",
        {"object": object_name, "shared": shared, "me": ctx.actor.id},
    )
    if many >= MOST:
        raise Invalid(errors=[FieldError(None, "too_complex", {"limit": MOST})])
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._segment (id, object, label, about, kind, filter, owner, shared, tells, due_at)"
        " VALUES (%(id)s::uuid, %(object)s, %(label)s::jsonb, %(about)s, %(kind)s, %(filter)s::jsonb, %(me)s::uuid, %(shared)s, %(tells)s,"
        " CASE WHEN %(kind)s = 'dynamic' THEN now() END)",
        {**checked, "id": id, "object": object_name, "me": ctx.actor.id, "shared": shared},
    )
    if shared:
        await note(ctx, "settings", name="segment", act="create", segment=id, label=loads(checked["label"]))
    await _begin(ctx, id, object_name, kind)
    return await get(ctx, id)


async def _begin(ctx: Context, id: str, object_name: str, kind: str) -> None:
    """Find it, at once where that is quick."""
    if kind != "dynamic":
        return
    size = await ctx.db.value(
        "SELECT greatest(c.reltuples, 0)::bigint FROM pg_class AS c WHERE c.oid = %(t)s::regclass",
        {"t": f"{quote(ctx.workspace.schema)}.{quote(object_name)}"},
    )
    if size is not None and size <= SMALL:
        await find_all(ctx.db, ctx.workspace, ctx.catalog, id, datetime.now(UTC))
    else:
        await defer(ctx.db, "segments.find", {"workspace": ctx.workspace.id})


async def change(ctx: Context, id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Change some of it. Whom another filter brings or loses did not enter or leave: nobody is told. Raises NotFound, Forbidden,
    Invalid."""
    before = await mine(ctx, id)
    shared = before["scope"] == "shared" if given.get("scope") is None else given["scope"] == "shared"
    if shared and not may_share(ctx):
        raise Forbidden
    checked = await _checked(ctx, id, before["object"], {**before, **given, "kind": before["kind"]}, shared)
    if before["scope"] == "shared" and not shared:
        await _unused(ctx, id)
    anew = checked["filter"] != (dumps(before["filter"]).decode() if before["filter"] is not None else None)
    anew = anew or shared != (before["scope"] == "shared")
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._segment SET label = %(label)s::jsonb, about = %(about)s, filter = %(filter)s::jsonb,"
        " shared = %(shared)s, tells = %(tells)s, edit = edit + 1, updated_at = now(),"
        " found_at = CASE WHEN %(anew)s AND kind = 'dynamic' THEN NULL ELSE found_at END,"
        " due_at = CASE WHEN %(anew)s AND kind = 'dynamic' THEN now() ELSE due_at END WHERE id = %(id)s::uuid",
        {**checked, "id": id, "shared": shared, "anew": anew},
    )
    if shared or before["scope"] == "shared":
        await note(ctx, "settings", name="segment", act="change", segment=id, label=loads(checked["label"]))
    if anew:
        await _begin(ctx, id, before["object"], before["kind"])
    return await get(ctx, id)


async def remove(ctx: Context, id: str) -> None:
    """Drop it, unless another is made of it. Raises NotFound, Forbidden, Conflict."""
    before = await mine(ctx, id)
    await _unused(ctx, id)
    await ctx.db.execute(f"DELETE FROM {quote(ctx.workspace.schema)}._segment WHERE id = %(id)s::uuid", {"id": id})
    if before["scope"] == "shared":
        await note(ctx, "settings", name="segment", act="remove", segment=id, label=before["label"])


async def _unused(ctx: Context, id: str) -> None:
    """Raise Conflict where others are made of a segment."""
    used = await dependents(ctx.db, ctx.workspace, ctx.catalog, id)
    if used:
        rows = await ctx.db.fetch(
            f"SELECT label FROM {quote(ctx.workspace.schema)}._segment WHERE id = ANY(%(ids)s::uuid[]) AND (shared OR owner = %(me)s::uuid)",
            {"ids": used, "me": ctx.actor.id},
        )
        named = [str(r[0].get(ctx.actor.language) or next(iter(r[0].values()))) for r in rows]
        raise Conflict("segment_used", names="、".join(named) or "…")


async def _checked(ctx: Context, id: str, object_name: str, given: Mapping[str, Any], shared: bool) -> dict[str, Any]:
    """What is stored of a definition, after trying it as the caller. Raises Invalid."""
    errors: list[FieldError] = []
    label = given.get("label")
    if isinstance(label, str):
        label = {ctx.actor.language: label.strip()}
    form = mapping(label)
    if not form or not all(isinstance(v, str) and 0 < len(v) <= 100 for v in form.values()):
        errors.append(FieldError("label", "required"))
    about = given.get("about") or ""
    if not isinstance(about, str) or len(about) > 2000:
        errors.append(FieldError("about", "too_long", {"max": 2000}))
    raw, kind = given.get("filter"), given["kind"]
    if kind not in ("dynamic", "static"):
        errors.append(FieldError("kind", "not_an_option", {"value": str(kind)[:60]}))
    elif kind == "static" and raw is not None:
        errors.append(FieldError("filter", "segment_static"))
    elif kind == "dynamic" and raw is None:
        errors.append(FieldError("filter", "required"))
    if errors:
        raise Invalid(errors=errors)
    if raw is not None:
        await _tried(ctx, id, object_name, raw, shared)
    return {
        "label": dumps(form).decode(),
        "about": about,
        "kind": kind,
        "filter": dumps(raw).decode() if raw is not None else None,
        "tells": bool(given.get("tells")),
    }


async def _tried(ctx: Context, id: str, object_name: str, raw: Any, shared: bool) -> None:
    """Raise Invalid for a filter that the caller may not use, or that goes round in a circle."""
    what = parse(raw)
    Compiler(ctx).ids(Query(object_name, what))
    _, used = look(ctx.catalog, ctx.catalog.object(object_name), what)
    known = {s.id: s for s in await load(ctx.db, ctx.workspace, ctx.catalog)}
    for use in used:
        one = known.get(use.segment)
        if one is None or (not one.shared and (shared or one.owner != ctx.actor.id)):
            raise Invalid.one(
                "in_segment", "segment_unknown" if one is None or one.owner != ctx.actor.id else "segment_personal"
            )
        if one.object != use.object:
            raise Invalid.one("in_segment", "segment_other", object=ctx.catalog.entities[one.object].definition.plural)
        if use.segment == id or _made_of(known, use.segment, id):
            raise Invalid.one("in_segment", "segment_circle")


def _made_of(known: Mapping[str, Segment], id: str, other: str) -> bool:
    """Whether a segment is made of another, through whatever stands between."""
    todo, seen = [id], set[str]()
    while todo:
        at = todo.pop()
        if at == other:
            return True
        if at in known and at not in seen:
            seen.add(at)
            todo += [u.segment for u in known[at].uses]
    return False


# -- what would break, and whose they are ----------------------------------------------------------------------------------


@uses
async def used(db: Connection, workspace: Workspace, _: Catalog) -> list[Use]:
    """The segments that fill themselves."""
    rows = await db.fetch(
        f"SELECT id::text, label, object, filter, owner, shared FROM {quote(workspace.schema)}._segment WHERE kind = 'dynamic' ORDER BY id"
    )

    def use(id: str, label: Mapping[str, str], object: str, raw: Any, owner: str, shared: bool) -> Use:
        async def wrong(catalog: Catalog) -> str | None:
            if object not in catalog.entities:
                return None
            return await _wrong(db, workspace, catalog, object, raw, "" if shared else owner)

        return Use("segment", id, label, object, raw, wrong)

    return [use(*row) for row in rows]


async def _wrong(
    db: Connection, workspace: Workspace, catalog: Catalog, object: str, raw: Any, user: str
) -> str | None:
    ctx = await eyes(db, workspace, catalog, user)
    if ctx is None:
        return None
    try:
        Compiler(ctx).ids(Query(object, parse(raw)))
    except Invalid as invalid:
        return invalid.errors[0].code if invalid.errors else invalid.code
    except NotFound:
        return "unknown_object"
    return None


async def _count(ctx: Context, user: str) -> int:
    return await ctx.db.value(
        f"SELECT count(*) FROM {quote(ctx.workspace.schema)}._segment WHERE owner = %(user)s::uuid", {"user": user}
    )


async def _give(ctx: Context, user: str, to: str) -> int:
    """They change hands; those of one's own are then found with the other's eyes."""
    return await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._segment SET owner = %(to)s::uuid, via = %(set)s::uuid, given_by = owner, edit = edit + 1,"
        " due_at = CASE WHEN kind = 'dynamic' THEN now() END WHERE owner = %(user)s::uuid",
        {"user": user, "to": to, "set": ctx.change_set},
    )


async def _back(db: Connection, schema: str, change_set: str) -> None:
    await db.execute(
        f"UPDATE {schema}._segment SET owner = given_by, via = NULL, given_by = NULL, edit = edit + 1,"
        " due_at = CASE WHEN kind = 'dynamic' THEN now() END WHERE via = %(set)s::uuid",
        {"set": change_set},
    )


belongs(Belonging("segments", {"en": "Their segments", "zh": "客群"}, _count, _give, _back))
