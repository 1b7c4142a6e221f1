"""Imports as the API knows them: begun, looked at, stopped, gone on with. The work itself is in :mod:`guanxi.transfer.running`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from guanxi.base import Conflict, FieldError, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.pg import quote
from guanxi.pg.jobs import defer
from guanxi.records import Context, access, note
from guanxi.schema.catalog import Entity
from guanxi.schema.types import Bad, Env
from guanxi.transfer import mapping as mappings
from guanxi.transfer import profiles
from guanxi.transfer.convert import Converter
from guanxi.transfer.linking import Linker
from guanxi.transfer.mapping import Assignment
from guanxi.transfer.reading import options_of
from guanxi.transfer.report import clean, spoken, told
from guanxi.transfer.running import STALE, bad_rows_path
from guanxi.transfer.storing import fallbacks
from guanxi.transfer.table import Batch
from guanxi.transfer.telling import task_for
from guanxi.transfer.uploads import load, remember, suggested
from guanxi.transfer.uploads import upload as look_again

_COLUMNS = (
    "id, at, owner, name, object, mode, key, dry_run, change_set, status, started_at, ended_at, seconds, rows, read, created,"
    f" updated, skipped, failed, errors_size, problems, made, error, status = 'running' AND seen_at < now() - make_interval(secs => {STALE})"
)


async def start(
    ctx: Context,
    folder: Path,
    *,
    upload: str,
    object: str,
    mapping: Mapping[str, Any] | None = None,
    mode: str = "create",
    key: str | None = None,
    options: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Put the import of an upload into the queue, in the caller's transaction: ``{"id", "status"}``.

    Raises Invalid naming every part of the mapping that cannot be used, Forbidden without the right to import.
    """
    entity = ctx.catalog.object(object)
    access.require(ctx.actor, entity, "import")
    if mode not in ("create", "update", "upsert"):
        raise Invalid.one("mode", "not_an_option", value=mode)
    for verb in {"create": ("create",), "update": ("update",), "upsert": ("create", "update")}[mode]:
        access.require(ctx.actor, entity, verb)
    name, size, found = await load(ctx, folder, upload)
    settings = options_of(options)
    if any(
        k in settings and settings[k] != getattr(found, k)
        for k in ("encoding", "delimiter", "quote", "sheet", "header_row")
    ):
        await look_again(ctx, folder, upload, None, settings)
        name, size, found = await load(ctx, folder, upload)
    if mapping is None:
        mapping, *_ = await suggested(ctx, object, found)
        known = profiles.recognised(found.columns)
        if known is not None and known.object == object and not key and mode == "create":
            key, mode = known.key, known.mode
            access.require(ctx.actor, entity, "update")
    assigned = mappings.read(ctx.catalog, entity, ctx.actor, found.columns, mapping)
    key = key or ""
    if not key and any(a.target.child for a in assigned.values()):
        raise Invalid.one("key", "key_needed")
    _check_key(entity, assigned, mode, key)
    await _check_constants(ctx, entity, assigned, mapping, settings.get("language") or ctx.actor.language)
    await remember(ctx, object, found, mapping)
    id = new_id()
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._import (id, owner, upload, folder, name, object, mode, key, mapping, options,"
        " inspection, dry_run, change_set, rows) VALUES (%(id)s::uuid, %(owner)s::uuid, %(upload)s::uuid, %(folder)s, %(name)s, %(object)s,"
        " %(mode)s, %(key)s, %(mapping)s::jsonb, %(options)s::jsonb, %(inspection)s::jsonb, %(dry)s, %(set)s::uuid, %(rows)s)",
        {
            "id": id,
            "owner": ctx.actor.id,
            "upload": upload,
            "folder": str(folder),
            "name": name,
            "object": object,
            "mode": mode,
            "key": key,
            "mapping": clean(dict(mapping)),
            "options": settings,
            "inspection": clean(found.to_json()),
            "dry": dry_run,
            "set": new_id(),
            "rows": found.rows,
        },
    )
    await _queue(ctx, id, size, found.rows)
    if not dry_run:
        await note(ctx, "import", object=object, id=id, file=name, mode=mode)
    return {"id": id, "status": "queued"}


def _check_key(entity: Entity, assigned: Mapping[int, Assignment], mode: str, key: str) -> None:
    if not key:
        if mode != "create":
            raise Invalid.one("key", "key_needed")
        return
    if key not in entity.fields or "eq" not in entity.types[key].operators:
        raise Invalid.one("key", "unknown_field", field=key)
    if not any(a.target.path == key for a in assigned.values()):
        raise Invalid.one("key", "key_not_mapped", field=key)


async def _check_constants(
    ctx: Context, entity: Entity, assigned: Mapping[int, Assignment], mapping: Mapping[str, Any], language: str
) -> None:
    """Refuse now what would be refused in every row: a text for all rows, or for those that leave it empty, that its field does not
    take."""
    env = replace(ctx.env, language=language)
    headings = {how["field"]: name for name, how in mapping.items() if mappings.says_otherwise(how)}
    said, read = fallbacks(entity, assigned, env)
    errors = [
        replace(e.error, field=f"mapping.{headings[assigned[e.column].target.path]}.otherwise")
        for found in read.errors.values()
        for e in found
    ]
    errors += _unfit(entity, said, {n: f"mapping.{headings[n]}.otherwise" for n in said}, env)
    same = {i: a for i, a in assigned.items() if a.value and not (a.target.via or a.target.child)}
    converted = Converter(entity, same, env).convert(Batch([0], [[]]))
    for i in converted.links:
        if same[i].missing == "create":  # it will be made by the first row
            converted.links[i] = [[]]
    await Linker(entity, same, False).link(ctx, converted)
    names = {how["field"]: name for name, how in mapping.items() if mappings.is_constant(how)}
    errors += [
        replace(e.error, field=f"mapping.{names[same[e.column].target.path]}.value")
        for found in converted.errors.values()
        for e in found
    ]
    whole = {
        a.target.field.name: f"mapping.{names[a.target.path]}.value"
        for i, a in same.items()
        if i not in converted.links and not a.target.part
    }
    errors += _unfit(entity, {n: v for n, v in converted.values[0].items() if n in whole}, whole, env)
    if errors:
        raise Invalid(errors=errors)


def _unfit(entity: Entity, values: Mapping[str, Any], places: Mapping[str, str], env: Env) -> list[FieldError]:
    """What fields do not take of values, named by ``places``."""
    errors: list[FieldError] = []
    for name, value in values.items():
        if value is not None:
            try:
                entity.types[name].parse(entity.fields[name], value, env)
            except Bad as bad:
                errors.append(FieldError(places[name], bad.code, bad.values))
    return errors


async def _queue(ctx: Context, id: str, size: int, rows: int) -> None:
    job = await defer(ctx.db, task_for(size, rows), {"workspace": ctx.workspace.id, "import": id}, lock=f"import:{id}")
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._import SET job = %(job)s, status = 'queued', stop = false, error = NULL,"
        " ended_at = NULL WHERE id = %(id)s::uuid",
        {"job": job, "id": id},
    )


def _mine(ctx: Context) -> str:
    """The condition of the imports that the caller may see: one's own, an administrator all."""
    return "true" if ctx.actor.system or "settings" in ctx.actor.grants.system else "owner = %(me)s::uuid"


async def status(ctx: Context, id: str) -> dict[str, Any]:
    """How an import stands; NotFound unless it is the caller's own or the caller an administrator."""
    row = await ctx.db.row(
        f"SELECT {_COLUMNS} FROM {quote(ctx.workspace.schema)}._import WHERE id = %(id)s::uuid AND {_mine(ctx)}",
        {"id": id, "me": ctx.actor.id},
    )
    if row is None:
        raise NotFound
    return _described(ctx, row)


async def listing(
    ctx: Context, limit: int = 50, cursor: str | None = None, dry_run: bool | None = None
) -> dict[str, Any]:
    """Imports, the newest first: ``{"data", "next"}``; with ``dry_run`` those alone that were only tried, or were not."""
    if cursor and not is_id(cursor):
        raise Invalid.one("cursor", "bad_cursor")
    rows = await ctx.db.fetch(
        f"SELECT {_COLUMNS} FROM {quote(ctx.workspace.schema)}._import WHERE {_mine(ctx)}"
        " AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid) AND (%(dry)s::boolean IS NULL OR dry_run = %(dry)s::boolean)"
        " ORDER BY id DESC LIMIT %(n)s",
        {"me": ctx.actor.id, "before": cursor or None, "dry": dry_run, "n": limit + 1},
    )
    return {
        "data": [_described(ctx, row) for row in rows[:limit]],
        "next": rows[limit - 1][0] if len(rows) > limit else None,
    }


def _described(ctx: Context, row: Sequence[Any]) -> dict[str, Any]:
    (id, at, owner, name, object, mode, key, dry_run, change_set, state, started, ended, seconds, rows, read, created, updated,
     skipped, failed, errors_size, problems, made, error, stale) = row  # fmt: skip
    language = ctx.actor.language
    if stale:
        state, error = "failed", "import_interrupted"
    return {
        "id": id,
        "at": at,
        "owner": owner,
        "name": name,
        "object": object,
        "mode": mode,
        "key": key or None,
        "status": state,
        "dry_run": dry_run,
        "rows": max(rows, read),
        "read": read,
        "created": created,
        "updated": updated,
        "skipped": skipped,
        "failed": failed,
        "seconds": round(seconds, 2),
        "rate": round(read / seconds) if seconds > 0 else 0,
        "started_at": started,
        "ended_at": ended,
        "change_set": None if dry_run or not created + updated else change_set,
        "objects": told(made),
        "problems": spoken(problems, language),
        "errors": errors_size > 0,
        "resumable": state in ("failed", "cancelled"),
        "error": FieldError(None, error).message(language) if error else None,
    }


async def errors_path(ctx: Context, folder: Path, id: str) -> Path:
    """The file of the rows that did not go in; NotFound when there is none."""
    found = await status(ctx, id)
    path = bad_rows_path(folder, id)
    if not found["errors"] or not await asyncio.to_thread(path.exists):
        raise NotFound
    return path


async def cancel(ctx: Context, id: str) -> dict[str, Any]:
    """Ask an import to stop; it does so after its batch. One that has not begun is cancelled at once."""
    await status(ctx, id)
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._import SET stop = true,"
        " ended_at = CASE WHEN status = 'queued' THEN now() ELSE ended_at END,"
        " status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END"
        " WHERE id = %(id)s::uuid AND status IN ('queued', 'running')",
        {"id": id},
    )
    return await status(ctx, id)


async def resume(ctx: Context, id: str) -> dict[str, Any]:
    """Go on with an import that failed, was interrupted or was cancelled, after the last row that it is done with."""
    found = await status(ctx, id)
    if not found["resumable"] or found["owner"] != ctx.actor.id:
        raise Conflict("import_not_resumable")
    await _queue(ctx, id, 0, found["rows"])
    return await status(ctx, id)
