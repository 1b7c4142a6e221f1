"""Files that were sent to be imported: received within a limit, looked at, and described with a suggested mapping."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from guanxi.base import Invalid, NotFound, TooLarge, Unavailable, new_id
from guanxi.base.ids import is_id
from guanxi.pg import quote
from guanxi.records import Context, access
from guanxi.records.journal import titles_of
from guanxi.schema.catalog import Entity
from guanxi.transfer import mapping as mappings
from guanxi.transfer import profiles, suggesting, systems
from guanxi.transfer.reading import inspect
from guanxi.transfer.report import clean
from guanxi.transfer.table import LIMITS, Inspection, Limits

REPORT_SUFFIXES = (" (import)", "（导入）")
"""What the headings end in that our own lists of bad rows put before those of the file."""


async def receive(
    ctx: Context,
    folder: Path,
    name: str,
    chunks: AsyncIterator[bytes],
    object: str | None = None,
    options: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
) -> dict[str, Any]:
    """Keep a file that arrives in ``chunks`` and say what it is: the JSON of an upload.

    Raises TooLarge as soon as the limit is passed, and Invalid when the file is no table that is taken; then nothing of
    it stays.
    """
    if object is not None:
        access.require(ctx.actor, ctx.catalog.object(object), "import")
    id = new_id()
    path = upload_path(folder, id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        size = await _keep(path, chunks, limits.file)
        found = await asyncio.to_thread(inspect, path, options, limits)
        name = name.replace("\0", "").replace("\\", "/").rpartition("/")[2][:200] or "upload"
        await ctx.db.execute(
            f"INSERT INTO {quote(ctx.workspace.schema)}._upload (id, owner, name, size, inspection)"
            " VALUES (%(id)s::uuid, %(owner)s::uuid, %(name)s, %(size)s, %(inspection)s::jsonb)",
            {"id": id, "owner": ctx.actor.id, "name": name, "size": size, "inspection": clean(found.to_json())},
        )
        return await _described(ctx, id, name, size, found, object)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def _keep(path: Path, chunks: AsyncIterator[bytes], limit: int) -> int:
    """Write what arrives to a file of the owner's; its size."""
    size = 0
    try:
        with path.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(limit=f"{limit >> 20} MB")
                file.write(chunk)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Unavailable("disk_full") from error
        raise
    return size


async def upload(
    ctx: Context, folder: Path, id: str, object: str | None = None, options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The JSON of an upload again, read as ``options`` say; NotFound unless it is the caller's own."""
    name, size, found = await load(ctx, folder, id)
    if options:
        found = await asyncio.to_thread(inspect, upload_path(folder, id), options)
        await ctx.db.execute(
            f"UPDATE {quote(ctx.workspace.schema)}._upload SET inspection = %(inspection)s::jsonb WHERE id = %(id)s::uuid",
            {"id": id, "inspection": clean(found.to_json())},
        )
    return await _described(ctx, id, name, size, found, object)


def upload_path(folder: Path, id: str) -> Path:
    """Where an upload lies; named by its id alone."""
    return folder / "uploads" / id


async def load(ctx: Context, folder: Path, id: str) -> tuple[str, int, Inspection]:
    """(name, size, what was found) of the caller's upload."""
    row = None
    if is_id(id):
        row = await ctx.db.row(
            f"SELECT name, size, inspection FROM {quote(ctx.workspace.schema)}._upload"
            " WHERE id = %(id)s::uuid AND owner = %(owner)s::uuid",
            {"id": id, "owner": ctx.actor.id},
        )
    if row is None or not upload_path(folder, id).exists():
        raise NotFound
    return row[0], row[1], Inspection.from_json(row[2])


def digest(found: Inspection) -> str:
    """What files of the same kind share; the columns that a list of bad rows begins with do not count."""
    own = [c for c in found.columns if not c.name.endswith(REPORT_SUFFIXES)]
    return hashlib.sha256(mappings.signature(own).encode("utf-8", "replace")).hexdigest()


async def remember(ctx: Context, object: str, found: Inspection, mapping: Mapping[str, Any]) -> None:
    """Keep a mapping for the next file with these headings."""
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._mapping (object, signature, mapping)"
        " VALUES (%(object)s, %(signature)s, %(mapping)s::jsonb)"
        " ON CONFLICT (object, signature) DO UPDATE SET mapping = excluded.mapping, at = now()",
        {"object": object, "signature": digest(found), "mapping": clean(mapping)},
    )


async def suggested(
    ctx: Context, object: str, found: Inspection
) -> tuple[dict[str, Any], dict[int, tuple[str, float]], dict[str, Any] | None]:
    """The mapping to begin with (the one used before, or what the names suggest), and the suggestions by column; where it was
    used before and says otherwise, also what the names suggest."""
    entity = ctx.catalog.object(object)
    suggestions = suggesting.suggest(ctx.catalog, entity, ctx.actor, found.columns)
    for column in found.columns:
        if column.name.endswith(REPORT_SUFFIXES):
            suggestions.pop(column.index, None)
    mapping = suggesting.brought(ctx.catalog, entity, mappings.to_json(found.columns, suggestions))
    if found.format == "vcard":  # a card describes whom it is of, the company too
        links = {n for n, f in entity.fields.items() if f.type == "link"}
        mapping |= {
            k: {"field": v, "missing": "create"} for k, v in mapping.items() if isinstance(v, str) and v in links
        }
    mapping = systems.as_written(found.columns, mapping, entity.types)
    profile = profiles.recognised(found.columns)
    profile = profile if profile and profile.object == object else None
    if profile is not None:
        mapping = profiles.mapping_of(profile, found.columns, mappings.targets(ctx.catalog, entity, ctx.actor))
        suggestions |= {
            c.index: (how if isinstance(how, str) else how["field"], 1.0)
            for c in found.columns
            if (how := mapping.get(c.name))
        }
    row = await ctx.db.row(
        f"SELECT mapping FROM {quote(ctx.workspace.schema)}._mapping WHERE object = %(object)s AND signature = %(signature)s",
        {"object": object, "signature": digest(found)},
    )
    if row:
        by_name = {mappings.normal(k): v for k, v in row[0].items()}
        kept = {c.name: by_name.get(mappings.normal(c.name)) for c in found.columns}
        kept |= {
            k: v for k, v in row[0].items() if k not in kept and (mappings.is_constant(v) or mappings.says_otherwise(v))
        }
        now, then = (_readable(ctx, entity, found, one) for one in (mapping, kept))
        # What was possible then may not be so now, or not for this caller; and of a file that is known by now the key must be in it.
        if then is not None and (profile is None or any(a.target.path == profile.key for a in then.values())):
            return kept, suggestions, None if now == then else mapping
    else:
        mapping = await _people_meant(ctx, entity, mapping)
    return mapping, suggestions, None


def _readable(
    ctx: Context, entity: Entity, found: Inspection, mapping: Mapping[str, Any]
) -> dict[int, mappings.Assignment] | None:
    try:
        return mappings.read(ctx.catalog, entity, ctx.actor, found.columns, mapping)
    except Invalid:
        return None


async def _people_meant(ctx: Context, entity: Entity, mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping with what texts were said to mean for people, in whatever file that was: the numbers of owners, say."""

    def of_user(object: str, how: Any) -> Mapping[str, Any] | None:
        how = {"field": how} if isinstance(how, str) else how
        fields = ctx.catalog.object(object).fields if object in ctx.catalog.entities else {}
        f = fields.get(how["field"]) if isinstance(how, Mapping) else None
        return how if f is not None and f.type == "user" and not how.get("match") else None

    columns = {name: how for name, wanted in mapping.items() if (how := of_user(entity.name, wanted))}
    if not columns:
        return mapping
    rows = await ctx.db.fetch(f"SELECT object, mapping FROM {quote(ctx.workspace.schema)}._mapping ORDER BY at")
    meant: dict[str, str] = {}
    for object, kept in rows:
        for how in filter(None, (of_user(object, wanted) for wanted in kept.values())):
            meant |= {text: id for text, id in (how.get("values") or {}).items() if isinstance(id, str) and is_id(id)}
    there = await titles_of(ctx, "user", list(meant.values())) if meant else {}
    meant = {text: id for text, id in meant.items() if id in there}
    return mapping | {n: {**how, "values": {**meant, **how.get("values", {})}} for n, how in columns.items() if meant}


def _existing(ctx: Context, entity: Entity, profile: profiles.Profile | None, key: str | None) -> dict[str, str]:
    """What is done with records that are there, by whoever may: a shop's file says so; of another system's, what is known by its
    number there is brought up to date, and what is known otherwise (people, by their address) gets what it has not."""
    sure = key is not None and (key == mappings.REFERENCE or entity.fields[key].unique)
    mode = profile.mode if profile else "upsert" if sure else "create"
    return {
        "mode": mode if access.may(ctx.actor, entity, "update") else "create",
        "existing": "overwrite" if profile or key == mappings.REFERENCE or not sure else "fill",
    }


def _of_system(ctx: Context, system: systems.System, held: str, asked: str) -> dict[str, Any]:
    """A file of another system, as the page tells of it."""
    entity = ctx.catalog.entities.get(held or asked)
    own = entity.definition.plural if entity else {"en": "Records", "zh": "记录"}
    label = {
        "en": f"{own['en']} exported from {system.label['en']}",
        "zh": f"{system.label['zh']} 导出的{own.get('zh') or own['en']}",
    }
    name = entity.name if entity else asked
    return {
        "name": system.name,
        "label": label,
        "object": name,
        "mode": "create",
        "existing": "overwrite",
        "shop": "",
        "scoped": [],
    }


async def _described(
    ctx: Context, id: str, name: str, size: int, found: Inspection, object: str | None
) -> dict[str, Any]:
    body: dict[str, Any] = {"id": id, "name": name, "size": size, **found.to_json()}
    for hidden in ("escape", "skip_space", "start"):
        del body[hidden]
    for column in body["columns"]:
        column["suggestion"] = None
    profile = profiles.recognised(found.columns)
    if profile is not None and profile.object not in ctx.catalog.entities:
        profile = None
    body["profile"] = profile and {
        "name": profile.name,
        "label": dict(profile.label),
        "object": profile.object,
        "mode": profile.mode,
        "existing": "overwrite",
        "shop": profile.shop,
        "scoped": list(profile.scoped),
    }
    if profile is None and (written := systems.written_by(found.columns)):
        body["profile"] = _of_system(ctx, *written, object or "")
    if object is not None:
        entity = ctx.catalog.object(object)
        access.require(ctx.actor, entity, "import")
        body["object"] = object
        body["mapping"], suggestions, afresh = await suggested(ctx, object, found)
        body["afresh"] = afresh
        mine = profile if profile and profile.object == object else None
        body["key"] = mine.key if mine else suggesting.suggest_key(entity, body["mapping"])
        if body["profile"] and body["profile"]["object"] == object:
            body["profile"] |= _existing(ctx, entity, profile, body["key"])
        for column in body["columns"]:
            if column["index"] in suggestions:
                field, confidence = suggestions[column["index"]]
                column["suggestion"] = {"field": field, "confidence": confidence}
        body["targets"] = [t.to_json() for t in mappings.targets(ctx.catalog, entity, ctx.actor).values()]
    return clean(body)
