"""Room for what a new version declares: custom fields and objects that have the name of a new standard one are renamed.

A workspace's changes were accepted against the standard parts of their day. A part of the same name that the program
brings later takes the name, since code refers to it; the custom one goes on as ``x_<name>``, with its columns, indexes,
history, permissions and views.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from guanxi.base import Invalid
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, sequence
from guanxi.pg import Connection, quote
from guanxi.records import Workspace, migrate, tables
from guanxi.records.evolve import declared
from guanxi.schema.catalog import Declared, fold
from guanxi.schema.changes import read_field
from guanxi.schema.model import Field
from guanxi.schema.types import TYPES

TEXTS = frozenset(
    {"label", "plural", "help", "inverse_label", "name", "option", "options", "default", "value", "kind", "color"}
)
"""Parts of a change or a view that name no field, whatever they say."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """A custom field of ``object`` under another name; ``names`` are its columns, old to new."""

    object: str
    old: str
    new: str
    names: Mapping[str, str]


def columns_of(f: Field) -> list[str]:
    """The names of a field and of what it brings along."""
    return [f.name, *(c.name for c in TYPES[f.type].companions(f))]


def clashes(declared: Iterable[Declared], changes: Sequence[Mapping[str, Any]]) -> Iterator[Renaming]:
    """Custom fields of these changes that have a name which a standard field of the same object has as well."""
    objects = fold(declared).objects
    taken = {o.name: {n for f in o.fields for n in columns_of(f)} for o in objects.values()}
    custom: dict[str, set[str]] = {}
    added: list[tuple[str, Field]] = []
    for change in changes:
        name = change.get("object")
        if change.get("op") == "add_field" and isinstance(name, str) and name in objects:
            with suppress(Invalid):
                f = read_field({k: v for k, v in change.items() if k not in ("op", "object")}, name)
                added.append((name, f))
                custom.setdefault(name, set()).update(columns_of(f))
    for name, f in added:
        if taken[name].isdisjoint(columns_of(f)):
            continue
        others = (replace(f, name=f"x{n or ''}_{f.name}"[:40]) for n in count())
        other = next(o for o in others if (taken[name] | custom[name]).isdisjoint(columns_of(o)))
        custom[name].update(columns_of(other))
        yield Renaming(name, f.name, other.name, dict(zip(columns_of(f), columns_of(other), strict=True)))


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A change, view or filter with the names of fields replaced, also in orders (``-tier``) and in lists of names."""
    if isinstance(value, str):
        parts = value.split(",")
        bare = [p.strip().lstrip("+-") for p in parts]
        if not any(b.partition(".")[0] in names for b in bare):
            return value
        heads = [b.partition(".") for b in bare]
        return ",".join(
            p.replace(b, names.get(h[0], h[0]) + h[1] + h[2], 1) for p, b, h in zip(parts, bare, heads, strict=True)
        )
    if (entries := mapping(value)) is not None:
        return {k: v if k in TEXTS else renamed(v, names) for k, v in entries.items()}
    if (items := sequence(value)) is not None:
        return [renamed(v, names) for v in items]
    return value


async def upgrade(db: Connection, workspace: Workspace) -> list[str]:
    """Bring a workspace to what this version wants; what was done, in words. ``db`` is a transaction of the owner."""
    return await make_room(db, workspace, declared()) + await migrate(db, workspace)


async def make_room(db: Connection, workspace: Workspace, declared: Sequence[Declared]) -> list[str]:
    """Rename the custom parts whose names the program now needs; what was done, in words."""
    schema = quote(workspace.schema)
    if await db.value("SELECT to_regclass(%(layer)s) IS NULL", {"layer": f"{schema}._layer"}):
        return []
    done = await _objects(db, workspace, declared)
    layer = await db.fetch(f"SELECT seq, change FROM {schema}._layer ORDER BY seq")
    for found in list(clashes(declared, [change for _, change in layer])):
        for seq, change in layer:
            if change.get("object") != found.object:
                continue
            new = renamed(change, found.names)
            if change.get("op") == "add_field" and change.get("name") == found.old:
                new["name"] = found.new
            if new != change:
                await _keep(db, f"{schema}._layer", "change", "seq", seq, new)
        await _move(db, workspace, found)
        await _history(db, schema, found)
        await _permissions(db, schema, found)
        await _views(db, schema, found)
        layer = await db.fetch(f"SELECT seq, change FROM {schema}._layer ORDER BY seq")
        done.append(f"rename {found.object}.{found.old} to {found.new}")
    return done


async def _keep(db: Connection, table: str, column: str, key: str, at: Any, value: Any) -> None:
    await db.execute(
        f"UPDATE {table} SET {column} = %(value)s::jsonb WHERE {key}::text = %(at)s::text",
        {"value": dumps(value).decode(), "at": str(at)},
    )


async def _move(db: Connection, workspace: Workspace, found: Renaming) -> None:
    """Columns, with the indexes, constraints and sequences that are called after them; also of a retired field."""
    schema, table = workspace.schema, found.object
    have, _ = await tables.actual(db, schema)
    owned = {r[0] for r in await db.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %(s)s", {"s": schema}
    )}  # fmt: skip
    bound = {r[0] for r in await db.fetch(
        "SELECT conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = %(s)s", {"s": schema}
    )}  # fmt: skip
    place = f"{quote(schema)}.{quote(table)}"
    for old, new in found.names.items():
        for was, is_ in ((old, new), (tables.retired_name(old), tables.retired_name(new))):
            if was in have.get(table, {}):
                await db.execute(f"ALTER TABLE {place} RENAME {quote(was)} TO {quote(is_)}")
        for kind in ("order", "unique", "gin"):
            was = tables.index_name(table, old, kind)
            if was in owned:
                await db.execute(
                    f"ALTER INDEX {quote(schema)}.{quote(was)} RENAME TO {quote(tables.index_name(table, new, kind))}"
                )
        was = tables.index_name(table, old, "fkey")
        if was in bound:
            await db.execute(
                f"ALTER TABLE {place} RENAME CONSTRAINT {quote(was)} TO {quote(tables.index_name(table, new, 'fkey'))}"
            )
        was = tables.sequence_name(table, old)
        if was in owned:
            await db.execute(
                f"ALTER SEQUENCE {quote(schema)}.{quote(was)} RENAME TO {quote(tables.sequence_name(table, new))}"
            )


async def _history(db: Connection, schema: str, found: Renaming) -> None:
    """What the journal tells of the field goes on being told of it."""
    for old, new in found.names.items():
        moved = ", ".join(
            f"{side} = CASE WHEN {side} ? %(old)s THEN {side} - %(old)s::text || jsonb_build_object(%(new)s::text, {side}->%(old)s) ELSE {side} END"
            for side in ("before", "after", "typed")
        )
        await db.execute(
            f"UPDATE {schema}._journal SET {moved} WHERE object = %(object)s AND (before ? %(old)s OR after ? %(old)s)",
            {"old": old, "new": new, "object": found.object},
        )
        await db.execute(
            f"UPDATE {schema}._search SET parts = parts - %(old)s::text || jsonb_build_object(%(new)s::text, parts->%(old)s)"
            " WHERE object = %(object)s AND parts ? %(old)s",
            {"old": old, "new": new, "object": found.object},
        )


async def _permissions(db: Connection, schema: str, found: Renaming) -> None:
    """Who could not see or change the custom field still cannot; for the new one that is for administrators to say."""
    for id, grants in await db.fetch(f'SELECT id, grants FROM {schema}."role" WHERE grants IS NOT NULL'):
        fields = mapping((mapping(grants) or {}).get("fields")) or {}
        right = fields.get(f"{found.object}.{found.old}")
        if right is not None:
            new = {**grants, "fields": {**fields, f"{found.object}.{found.new}": right}}
            await _keep(db, f'{schema}."role"', "grants", "id", id, new)


async def _views(db: Connection, schema: str, found: Renaming) -> None:
    rows = await db.fetch(
        f"SELECT id, definition FROM {schema}._view WHERE object = %(object)s", {"object": found.object}
    )
    for id, definition in rows:
        new = renamed(definition, found.names)
        if new != definition:
            await _keep(db, f"{schema}._view", "definition", "id", id, new)


# -- objects -----------------------------------------------------------------------------------------------------------

NAMING = (
    "_journal", "_share", "_view", "_segment", "_change_set", "_search", "_import", "_mapping", "_mail",
    "_notification", "_follow", "_pool_move", "_pool_warning", "_pool_run",
)  # fmt: skip
"""Tables of the workspace that name an object in their column of that name."""


async def _objects(db: Connection, workspace: Workspace, declared: Sequence[Declared]) -> list[str]:
    """Rename the custom objects whose names the program now needs; what was done, in words."""
    schema = quote(workspace.schema)
    standard = fold(declared)
    layer = await db.fetch(f"SELECT seq, change FROM {schema}._layer ORDER BY seq")
    added = [change["name"] for _, change in layer if change.get("op") == "add_object"]
    done: list[str] = []
    for old in [name for name in added if name in standard.objects]:
        names = (f"x{n or ''}_{old}"[:40] for n in count())
        new = next(n for n in names if n not in standard.objects and n not in added)
        added.append(new)
        for seq, change in layer:
            other = _pointing(change, old, new)
            if change.get("op") == "add_object" and change.get("name") == old:
                other["name"] = new
            if other != change:
                await _keep(db, f"{schema}._layer", "change", "seq", seq, other)
        await _move_table(db, workspace.schema, old, new)
        for table in NAMING:
            await db.execute(
                f"UPDATE {schema}.{quote(table)} SET object = %(new)s WHERE object = %(old)s", {"old": old, "new": new}
            )
        if await db.value("SELECT to_regclass(%(t)s) IS NOT NULL", {"t": f"{schema}._entries"}):
            await db.execute(f"DELETE FROM {schema}._entries WHERE object = %(old)s", {"old": old})
        for entity in standard.entities.values():
            for column in [f"{n}_object" for n, kind in entity.types.items() if kind.anywhere]:
                await _references(db, schema, entity.name, column, old, new)
        await _rights(db, schema, old, new)
        layer = await db.fetch(f"SELECT seq, change FROM {schema}._layer ORDER BY seq")
        done.append(f"rename {old} to {new}")
    return done


def _pointing(value: Any, old: str, new: str) -> Any:
    """A change with an object's name replaced where it names an object."""
    if (entries := mapping(value)) is not None:
        return {
            k: new if k in ("object", "target") and v == old else _pointing(v, old, new) for k, v in entries.items()
        }
    if (items := sequence(value)) is not None:
        return [_pointing(v, old, new) for v in items]
    return value


async def _move_table(db: Connection, schema: str, old: str, new: str) -> None:
    """The table, with what is called after it; an index whose name would get too long is built again."""
    place = quote(schema)
    names = {"s": schema, "t": old}
    rows = await db.fetch(
        "SELECT c.relname, i.indisprimary FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
        " WHERE n.nspname = %(s)s AND t.relname = %(t)s",
        names,
    )
    bound = await db.fetch(
        "SELECT k.conname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
        " WHERE n.nspname = %(s)s AND t.relname = %(t)s AND k.contype = 'f'",
        names,
    )
    numbers = await db.fetch("SELECT sequencename FROM pg_sequences WHERE schemaname = %(s)s", names)
    for name, primary in rows:
        after = f"{new}_pkey"[: tables.MAX_NAME] if primary else new + name.removeprefix(old)
        if primary or (name.startswith(f"{old}.") and len(after) <= tables.MAX_NAME):
            await db.execute(f"ALTER INDEX {place}.{quote(name)} RENAME TO {quote(after)}")
        else:
            await db.execute(f"DROP INDEX {place}.{quote(name)}")
    for (name,) in bound:
        if name.startswith(f"{old}.") and len(new + name.removeprefix(old)) <= tables.MAX_NAME:
            after = new + name.removeprefix(old)
            await db.execute(f"ALTER TABLE {place}.{quote(old)} RENAME CONSTRAINT {quote(name)} TO {quote(after)}")
    for (name,) in numbers:
        if name.startswith(f"_number.{old}."):
            after = f"_number.{new}" + name.removeprefix(f"_number.{old}")
            await db.execute(f"ALTER SEQUENCE {place}.{quote(name)} RENAME TO {quote(after[: tables.MAX_NAME])}")
    await db.execute(f"ALTER TABLE {place}.{quote(old)} RENAME TO {quote(new)}")


async def _references(db: Connection, schema: str, table: str, column: str, old: str, new: str) -> None:
    """Links to any record that name the object, also in what the journal tells of them."""
    names = {"old": old, "new": new, "column": column, "table": table}
    await db.execute(
        f"UPDATE {schema}.{quote(table)} SET {quote(column)} = %(new)s WHERE {quote(column)} = %(old)s", names
    )
    for side in ("before", "after"):
        await db.execute(
            f"UPDATE {schema}._journal SET {side} = jsonb_set({side}, ARRAY[%(column)s], to_jsonb(%(new)s::text))"
            f" WHERE object = %(table)s AND {side}->>%(column)s = %(old)s",
            names,
        )


async def _rights(db: Connection, schema: str, old: str, new: str) -> None:
    """What roles said of the custom object they go on saying of it; of the standard one it holds as well."""
    for id, grants in await db.fetch(f'SELECT id, grants FROM {schema}."role" WHERE grants IS NOT NULL'):
        form = mapping(grants) or {}
        objects, fields = mapping(form.get("objects")) or {}, mapping(form.get("fields")) or {}
        own = {f"{new}.{n.partition('.')[2]}": right for n, right in fields.items() if n.partition(".")[0] == old}
        if old in objects or own:
            said = {**objects, **({new: objects[old]} if old in objects else {})}
            await _keep(
                db, f'{schema}."role"', "grants", "id", id, {**form, "objects": said, "fields": {**fields, **own}}
            )
