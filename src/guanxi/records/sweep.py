"""The same change to many records at once: what is equal for all never goes through Python row by row.

A sweep is the program's own act. It is the write path for changes that nothing has to look at: the steps that judge values
are left out, the journal and the books of the change set are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.base.json import dumps
from guanxi.pg import quote
from guanxi.records import rollups
from guanxi.records.context import Context
from guanxi.records.row import NOBODY
from guanxi.records.settling import settle
from guanxi.schema.catalog import Entity

CHUNK = 5000


async def sweep(
    ctx: Context,
    entity: Entity,
    chosen: str,
    args: Mapping[str, Any],
    columns: Sequence[str],
    values: Mapping[str, Any],
    still: str = "TRUE",
    beside: str = "",
) -> int:
    """Change the records that the SQL ``chosen`` names; how many were changed.

    ``chosen`` answers ``id`` and, beside it, the new values of ``columns`` under their names; ``values`` are stored values that
    are the same for all. ``still`` is SQL that must hold of a record ``o``, locked, and its choice ``c``: somebody may have
    been quicker. ``beside`` is a statement (INSERT) about what is changed: ``up`` has id and version, ``o`` what was
    of the columns that change, ``c`` the choice.
    Each changed record has its row in the journal, all of them belong to ``ctx.change_set``. Records that
    somebody decides about (locked ones) and those that were deleted meanwhile are left alone. Reactions to a change of these
    fields are not called: it is for their author to do for all at once what they would do for each.
    """
    schema, table = quote(ctx.workspace.schema), f"{quote(ctx.workspace.schema)}.{quote(entity.name)}"
    names = [*columns, *values]
    if unfit := [n for n in names if n not in entity.stored or n in entity.searched]:
        raise ValueError(f"{entity.name}: {', '.join(unfit)} cannot be swept")
    kinds = {n: entity.types[n].column(entity.fields[n]) for n in names}
    new = {n: f"c.{quote(n)}" for n in columns} | {n: f"%(new_{n})s::{kinds[n]}" for n in values}
    said = {n: f"to_jsonb({sql})" for n, sql in new.items()} | {n: f"%(said_{n})s::jsonb" for n in values}
    old = {n: told(f"o.{quote(n)}", kinds[n]) for n in names}
    changed = " OR ".join(f"o.{quote(n)} IS DISTINCT FROM {sql}" for n, sql in new.items())

    def image(sides: Mapping[str, str]) -> str:
        """Only what changed, as in every other entry."""
        differ = {n: f"o.{quote(n)} IS DISTINCT FROM {new[n]}" for n in names}
        parts = [f"CASE WHEN {differ[n]} THEN jsonb_build_object('{n}', {sides[n]}) ELSE '{{}}' END" for n in names]
        return " || ".join(parts)

    given = {
        **args,
        **{f"new_{n}": v for n, v in values.items()},
        **{f"said_{n}": dumps(v).decode() for n, v in values.items()},
        "object": entity.name,
        "actor": None if ctx.actor.id == NOBODY else ctx.actor.id,
        "cause": ctx.cause,
        "set": ctx.change_set,
        "bulk": ctx.bulk or "mass",
        "label": ctx.label,
    }
    sets = ", ".join(f"{quote(n)} = {sql}" for n, sql in new.items())
    was = ", ".join(f"t.{quote(n)}" for n in ("id", *names))
    row = await ctx.db.row(
        f"WITH c AS MATERIALIZED ({chosen}), o AS MATERIALIZED (SELECT {was} FROM {table} AS t JOIN c ON c.id = t.id"
        f" WHERE t.deleted_at IS NULL AND NOT EXISTS (SELECT FROM {schema}._lock AS l WHERE l.record = t.id) ORDER BY t.id FOR NO KEY UPDATE OF t),"
        f" up AS (UPDATE {table} AS t SET {sets}, version = t.version + 1, updated_at = now(), updated_by = %(actor)s::uuid"
        f" FROM o JOIN c ON c.id = o.id WHERE t.id = o.id AND ({changed}) AND {still} RETURNING t.id, t.version),"
        f"{f' more AS ({beside}),' if beside else ''}"
        f" told AS (INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, before, after)"
        f" SELECT %(object)s, up.id, 'update', %(actor)s::uuid, %(cause)s, %(set)s::uuid, up.version, {image(old)}, {image(said)}"
        f" FROM up JOIN o ON o.id = up.id JOIN c ON c.id = up.id RETURNING 1),"
        f" books AS (INSERT INTO {schema}._change_set AS s (id, actor, kind, label, object, updated)"
        f" SELECT %(set)s::uuid, %(actor)s::uuid, %(bulk)s, %(label)s, %(object)s, n FROM (SELECT count(*)::int AS n FROM told) AS q WHERE n > 0"
        " ON CONFLICT (id) DO UPDATE SET updated = s.updated + excluded.updated)"
        " SELECT count(*)::int FROM told",
        given,
    )
    n: int = row[0] if row else 0
    await settle(ctx.db, ctx.workspace, entity.name, n)
    if n:
        await _roll(ctx, entity, set(names))
    return n


def told(column: str, kind: str) -> str:
    """SQL of a stored value as the journal has it."""
    if kind == "timestamptz":
        text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        return f"to_jsonb(replace({text}, '.000000Z', 'Z'))"  # a whole second is written without a fraction
    return f"to_jsonb({column})"


async def _roll(ctx: Context, entity: Entity, names: set[str]) -> None:
    """Take figures anew that are made of what was swept."""
    for roll in ctx.catalog.rolls.get(entity.name, ()):
        uses = {origin for name in roll.uses for origin in entity.origins(name)}
        if not names & {roll.link, f"{roll.link}_object", *uses}:
            continue
        of = "unnest" if roll.kind == "links" else ""
        link = quote(roll.link)
        only = f" AND t.{quote(roll.link + '_object')} = %(parent)s" if roll.kind == "reference" else ""
        schema = quote(ctx.workspace.schema)
        swept = (
            f"FROM {schema}._journal AS j JOIN {schema}.{quote(entity.name)} AS t ON t.id = j.record"
            " WHERE j.change_set = %(set)s::uuid AND j.object = %(object)s"
        )
        parts = [f"SELECT {of}(t.{link}) AS id {swept} AND t.{link} IS NOT NULL{only}"]
        if roll.link in names:  # what it pointed to has less now
            was, before = "j.before->>%(link)s::text", ""
            if roll.kind == "links":
                was = "jsonb_array_elements_text(nullif(j.before->%(link)s::text, 'null'))"
            if roll.kind == "reference":
                before = f" AND coalesce(j.before->>%(kind)s::text, t.{quote(roll.link + '_object')}) = %(parent)s"
            parts.append(f"SELECT ({was})::uuid {swept} AND j.before->>%(link)s::text IS NOT NULL{before}")
        found = await ctx.db.fetch(
            f"SELECT DISTINCT id FROM ({' UNION ALL '.join(parts)}) AS p",
            {
                "set": ctx.change_set,
                "object": entity.name,
                "parent": roll.parent,
                "link": roll.link,
                "kind": f"{roll.link}_object",
            },
        )
        ids = [r[0] for r in found]
        for start in range(0, len(ids), CHUNK):
            await rollups.take(ctx, [roll], ids[start : start + CHUNK])
