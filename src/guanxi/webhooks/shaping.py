"""Making and changing webhooks. Whoever makes one owns it: it tells what its owner may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi import egress, vault
from guanxi.base import FieldError, Forbidden, Invalid, NotFound, Stale, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, names
from guanxi.base.text import LANGUAGES
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace, access, find, note
from guanxi.records.uses import Use, uses
from guanxi.schema.catalog import Catalog
from guanxi.schema.conditions import faults
from guanxi.schema.filter import parse
from guanxi.schema.query import Query
from guanxi.webhooks.signing import new_secret

KINDS = ("created", "changed", "removed")
KEYS = ("name", "url", "objects", "kinds", "fields", "filter", "thin", "headers", "active")
MOST = 100
OVERLAP_HOURS = 24
"""How long an earlier secret signs as well after a new one was made."""

_NAMES = (
    "w.id, w.name, w.url, w.owner, w.objects, w.kinds, w.fields, w.filter, w.thin, w.headers, w.active, w.off_reason,"
    " w.off_at, w.failures, w.failing_since, w.paused_until, w.last_ok, w.old_until, w.edit, w.created_at, w.updated_at"
)


def may_shape(ctx: Context) -> None:
    """Raise Forbidden unless the actor may change settings."""
    if not ctx.actor.system and "settings" not in ctx.actor.grants.system:
        raise Forbidden


def schema(ctx: Context) -> str:
    """The workspace's schema, quoted."""
    return quote(ctx.workspace.schema)


def _told(row: tuple[Any, ...]) -> dict[str, Any]:
    id, name, url, owner, objects, kinds, fields, filter, thin, headers, active, *rest = row
    reason, off_at, failures, since, paused, ok, old_until, edit, created, updated, waiting, failed, done = rest
    return {
        "id": id,
        "name": name,
        "url": url,
        "owner": owner,
        "objects": objects,
        "kinds": kinds,
        "fields": fields,
        "filter": filter,
        "thin": thin,
        "headers": headers,
        "active": active,
        "off": {"reason": reason, "at": off_at} if reason else None,
        "failures": failures,
        "failing_since": since,
        "paused_until": paused,
        "last_ok": ok,
        "old_secret_until": old_until,
        "counts": {"waiting": waiting, "failed": failed, "done_7d": done},
        "edit": edit,
        "created_at": created,
        "updated_at": updated,
    }


async def _rows(ctx: Context, id: str | None = None) -> list[dict[str, Any]]:
    s = schema(ctx)
    rows = await ctx.db.fetch(
        f"SELECT {_NAMES}, c.* FROM {s}._webhook AS w"
        " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'failed'),"
        " count(*) FILTER (WHERE state = 'done' AND ended_at > now() - interval '7 days')"
        f" FROM {s}._webhook_message AS m WHERE m.webhook = w.id) AS c"
        " WHERE %(id)s::uuid IS NULL OR w.id = %(id)s::uuid ORDER BY w.created_at, w.id",
        {"id": id},
    )
    found = [_told(row) for row in rows]
    known = await vault.people(ctx, (one["owner"] for one in found))
    return [{**one, "owner": known[one["owner"]]} for one in found]


async def webhooks(ctx: Context) -> list[dict[str, Any]]:
    """All webhooks of the workspace, with how many of their messages wait, failed, and arrived in seven days."""
    may_shape(ctx)
    return await _rows(ctx)


async def get(ctx: Context, id: str, *, lock: bool = False) -> dict[str, Any]:
    """One webhook; its secret is not part of it. NotFound."""
    may_shape(ctx)
    if not is_id(id):
        raise NotFound
    if lock:
        await ctx.db.execute(f"SELECT FROM {schema(ctx)}._webhook WHERE id = %(id)s::uuid FOR UPDATE", {"id": id})
    found = await _rows(ctx, id)
    if not found:
        raise NotFound
    return found[0]


@uses
async def used(db: Connection, workspace: Workspace, _: Catalog) -> list[Use]:
    """The webhooks."""
    rows = await db.fetch(
        f"SELECT id::text, name, objects, fields, filter FROM {quote(workspace.schema)}._webhook ORDER BY id"
    )

    def use(id: str, name: str, objects: list[str] | None, fields: list[str] | None, filter: Any) -> Use:
        async def wrong(catalog: Catalog) -> str | None:
            if any(o not in catalog.entities for o in objects or ()):
                return "unknown_object"
            if not objects or len(objects) != 1:
                return None
            entity = catalog.entities[objects[0]]
            if any(n not in entity.fields for n in fields or ()):
                return "unknown_field"
            fault = next(faults(catalog, entity, filter, "filter", False), None)
            return fault.code if fault else None

        return Use("webhook", id, dict.fromkeys(LANGUAGES, name), (objects or [""])[0], filter, wrong)

    return [use(*row) for row in rows]


async def _checked(ctx: Context, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The definition in one form. Raises Invalid with all that is wrong."""
    errors: list[FieldError] = []
    name = raw.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 100:
        errors.append(FieldError("name", "required"))
    objects, kinds, fields = (names(raw.get(k) or ()) for k in ("objects", "kinds", "fields"))
    if objects is None or len(objects) > 100:
        errors.append(FieldError("objects", "must_be_list"))
    for one in objects or ():
        entity = ctx.catalog.entities.get(one)
        if entity is None or not access.may(ctx.actor, entity, "read"):
            errors.append(FieldError("objects", "not_an_option", {"value": one[:60]}))
    if not kinds or not set(kinds) <= set(KINDS):
        errors.append(FieldError("kinds", "not_an_option", {"value": ", ".join(map(str, kinds or ()))[:60]}))
    single = objects[0] if objects and len(objects) == 1 else None
    entity = ctx.catalog.entities.get(single or "")
    if fields is None or (fields and entity is None):
        errors.append(FieldError("fields", "webhook_one_object"))
    elif entity is not None:
        for one in fields:
            f = entity.fields.get(one)
            if f is None or access.level(ctx.actor, entity, f) == "none":
                errors.append(FieldError("fields", "unknown_field", {"field": one[:60]}))
    filter = raw.get("filter")
    if filter is not None and entity is None:
        errors.append(FieldError("filter", "webhook_one_object"))
    headers = mapping(raw.get("headers") or {})
    if headers is None or len(headers) > 20:
        errors.append(FieldError("headers", "must_be_object"))
    else:
        errors += egress.header_faults(headers, "headers")
        errors += [
            FieldError("headers", "egress_header", {"name": n[:60]})
            for n in headers
            if n.lower().startswith("webhook-")
        ]
    url = raw.get("url")
    try:
        await egress.checked(url)
    except Invalid as wrong:
        errors += wrong.errors
    if errors:
        raise Invalid(errors=errors)
    if filter is not None and single is not None:
        await find(ctx, Query(single, parse(filter), fields=("id",), limit=1))  # what cannot be asked is refused here
    return {
        "name": str(name).strip(),
        "url": url,
        "objects": list(objects or ()),
        "kinds": [k for k in KINDS if k in (kinds or ())],
        "fields": list(fields or ()),
        "filter": None if filter is None else dumps(filter).decode(),
        "thin": bool(raw.get("thin")),
        "headers": dumps(headers).decode(),
        "active": raw.get("active") is not False,
    }


def about(workspace: str, id: str) -> str:
    """What the sealed secret of a webhook is bound to."""
    return f"{workspace}:webhook:{id}"


async def create(ctx: Context, raw: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """A new webhook, and its secret, which is shown this once. Raises Invalid."""
    may_shape(ctx)
    what = await _checked(ctx, raw)
    if await ctx.db.value(f"SELECT count(*) FROM {schema(ctx)}._webhook") >= MOST:
        raise Invalid.one(None, "too_complex", limit=MOST)
    id, secret = new_id(), new_secret()
    await ctx.db.execute(
        f"INSERT INTO {schema(ctx)}._webhook (id, name, url, owner, objects, kinds, fields, filter, thin, headers, active, secret)"
        " VALUES (%(id)s::uuid, %(name)s, %(url)s, %(me)s::uuid, %(objects)s::text[], %(kinds)s::text[], %(fields)s::text[],"
        " %(filter)s::jsonb, %(thin)s, %(headers)s::jsonb, %(active)s, %(secret)s)",
        {**what, "id": id, "me": ctx.actor.id, "secret": vault.seal(secret.encode(), about(ctx.workspace.id, id))},
    )
    await note(ctx, "settings", name="webhook", act="made", webhook=id, url=what["url"])
    return await get(ctx, id), secret


async def change(ctx: Context, id: str, raw: Mapping[str, Any], edit: int | None = None) -> dict[str, Any]:
    """Change what is given; whoever changes it owns it from then on. Switched on again, it begins without its failures.

    Raises Invalid, NotFound, Stale when ``edit`` is not the last."""
    before = await get(ctx, id, lock=True)
    if edit is not None and edit != before["edit"]:
        raise Stale
    what = await _checked(ctx, {**{k: before[k] for k in KEYS}, **raw})
    again = what["active"] and (not before["active"] or what["url"] != before["url"])
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._webhook SET name = %(name)s, url = %(url)s, objects = %(objects)s::text[], kinds = %(kinds)s::text[],"
        " fields = %(fields)s::text[], filter = %(filter)s::jsonb, thin = %(thin)s, headers = %(headers)s::jsonb,"
        " active = %(active)s, owner = %(me)s::uuid, edit = edit + 1, updated_at = now(),"
        " off_reason = CASE WHEN %(active)s THEN NULL ELSE off_reason END, off_at = CASE WHEN %(active)s THEN NULL ELSE off_at END,"
        " failures = CASE WHEN %(again)s THEN 0 ELSE failures END, paused_until = CASE WHEN %(again)s THEN NULL ELSE paused_until END,"
        " failing_since = CASE WHEN %(again)s THEN NULL ELSE failing_since END WHERE id = %(id)s::uuid",
        {**what, "id": id, "me": ctx.actor.id, "again": again},
    )
    await note(ctx, "settings", name="webhook", act="changed", webhook=id, fields=sorted(raw))
    return await get(ctx, id)


async def remove(ctx: Context, id: str) -> None:
    """Drop a webhook with its messages."""
    found = await get(ctx, id, lock=True)
    await ctx.db.execute(f"DELETE FROM {schema(ctx)}._webhook WHERE id = %(id)s::uuid", {"id": id})
    await note(ctx, "settings", name="webhook", act="removed", webhook=id, url=found["url"])


async def rotate(ctx: Context, id: str) -> tuple[dict[str, Any], str]:
    """A new secret, shown this once; for a day messages carry a signature of the earlier one as well."""
    await get(ctx, id, lock=True)
    secret = new_secret()
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._webhook SET old_secret = secret, old_until = now() + make_interval(hours => %(hours)s),"
        " secret = %(secret)s, edit = edit + 1 WHERE id = %(id)s::uuid",
        {"id": id, "hours": OVERLAP_HOURS, "secret": vault.seal(secret.encode(), about(ctx.workspace.id, id))},
    )
    await note(ctx, "settings", name="webhook", act="rotated", webhook=id)
    return await get(ctx, id), secret
