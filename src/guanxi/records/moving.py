"""What points to a record, found from the catalog, and led to another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guanxi.base.json import dumps
from guanxi.pg import quote, settled
from guanxi.records import access
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.records.links import ids_in
from guanxi.records.merges import whereabouts
from guanxi.records.row import REASON, Operation, Row, Update
from guanxi.records.rules import when_restored
from guanxi.records.write import MAX_BATCH, write
from guanxi.schema.catalog import Catalog, Entity


@dataclass(frozen=True, slots=True)
class Place:
    """A field whose values may be ids of an object's records."""

    object: str
    field: str
    many: bool
    anywhere: bool
    unique: bool

    @property
    def name(self) -> str:
        """As ``contact.account``."""
        return f"{self.object}.{self.field}"

    def holds(self, alias: str, ids: str, target: str) -> str:
        """SQL: the link leads to one of ``ids`` of the object ``target`` (both placeholders)."""
        column = f"{alias}.{quote(self.field)}"
        named = f" AND {alias}.{quote(self.field + '_object')} = {target}" if self.anywhere else ""
        return f"{column} && {ids}" if self.many else f"{column} = ANY({ids}){named}"

    def held(self, alias: str) -> str:
        """SQL: the ids in the link, as an array."""
        column = f"{alias}.{quote(self.field)}"
        return column if self.many else f"ARRAY[{column}]"


@dataclass(frozen=True, slots=True)
class Pointer:
    """One record's link: which ids it held, and which it is to hold."""

    place: Place
    id: str
    was: tuple[str, ...]
    becomes: tuple[str, ...]


def places(catalog: Catalog, target: str) -> list[Place]:
    """Every field of every object that may lead to records of ``target``."""
    return [p for other in catalog.entities.values() for p in links_of(other, target)]


def links_of(entity: Entity, target: str = "") -> list[Place]:
    """The fields of an object that may lead to records of ``target``, or of any object."""
    return [
        Place(entity.name, name, kind.many, kind.anywhere, entity.fields[name].unique)
        for name in entity.stored
        if (kind := entity.types[name]).anywhere or (kind.link and target in ("", entity.fields[name].target))
    ]


async def pointing(
    ctx: Context, entity: Entity, ids: Sequence[str], lock: bool = True
) -> list[tuple[Place, str, tuple[str, ...]]]:
    """What leads to these records, whoever may see it: place, id, and the ids in the link."""
    held = " FOR NO KEY UPDATE" if lock else ""
    found = places(ctx.catalog, entity.name)
    schema = quote(ctx.workspace.schema)
    parts = [
        f"SELECT * FROM (SELECT {i}, t.id, {p.held('t')} FROM {schema}.{quote(p.object)} AS t"
        f" WHERE {p.holds('t', '%(ids)s::uuid[]', '%(object)s')} AND t.deleted_at IS NULL{held}) AS x{i}"
        for i, p in enumerate(found)
    ]
    if not parts:
        return []
    rows = await ctx.db.fetch(settled(" UNION ALL ".join(parts), len(ids)), {"ids": list(ids), "object": entity.name})
    return [(found[int(i)], id, tuple(ids_in_it)) for i, id, ids_in_it in rows]


def led(held: Iterable[str], to: Mapping[str, str], own: str = "") -> tuple[str, ...]:
    """Ids with those that went into others replaced by these, each once; a record does not lead to itself (``own``)."""
    return tuple(i for i in dict.fromkeys(to.get(h, h) for h in held) if i != own)


async def lead(ctx: Context, pointers: Sequence[Pointer]) -> None:
    """Write the links, as the program: what one may not see goes along all the same, and is told to nobody."""
    own = replace(ctx.as_system(REASON), bulk="")
    by_object: dict[str, dict[str, dict[str, Any]]] = {}
    for p in pointers:
        value: Any = list(p.becomes) or None
        if not p.place.many:
            value = p.becomes[0] if p.becomes else None
        values = by_object.setdefault(p.place.object, {}).setdefault(p.id, {})
        values[p.place.field] = value
        if value is None and p.place.anywhere:
            values[f"{p.place.field}_object"] = None
    for name, rows in by_object.items():
        operations: list[Operation] = [Update(i, values, trusted=True, exact=True) for i, values in rows.items()]
        for start in range(0, len(operations), MAX_BATCH):
            await write(own, name, operations[start : start + MAX_BATCH], render=False)
        ctx.moved.extend((name, i) for i in rows)


async def counted(ctx: Context, entity: Entity, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """By place and record how much leads there, of what the actor sees."""
    c = Compiler(ctx)
    parts: list[str] = []
    those, object_name = c.bind(list(ids), "uuid[]"), c.bind(entity.name, "text")
    found = [p for p in places(ctx.catalog, entity.name) if _readable(ctx, p)]
    for i, p in enumerate(found):
        alias = c.alias()
        source, seen = c.source(ctx.catalog.entities[p.object], alias)
        parts.append(
            f"SELECT {i}, h.id, count(*) FROM {source} CROSS JOIN LATERAL unnest({p.held(alias)}) AS h(id)"
            f" WHERE {p.holds(alias, those, object_name)} AND h.id = ANY({those}) AND {seen} GROUP BY h.id"
        )
    out: dict[str, dict[str, int]] = {}
    for i, id, n in await ctx.db.fetch(settled(" UNION ALL ".join(parts), len(ids)), c.args) if parts else ():
        out.setdefault(found[int(i)].name, {})[id] = n
    return out


def _readable(ctx: Context, place: Place) -> bool:
    other = ctx.catalog.entities[place.object]
    return access.may(ctx.actor, other, "read") and access.readable(ctx.actor, other, other.fields[place.field])


async def seen(ctx: Context, object_name: str, ids: Iterable[str]) -> set[str]:
    """Those records that the actor may see."""
    wanted = list(dict.fromkeys(ids))
    entity = ctx.catalog.entities[object_name]
    if not wanted or not access.may(ctx.actor, entity, "read"):
        return set()
    c = Compiler(ctx)
    source, visible = c.source(entity, "t")
    return {
        r[0]
        for r in await ctx.db.fetch(f"SELECT t.id FROM {source} WHERE {c.among('t.id', wanted)} AND {visible}", c.args)
    }


def place_label(catalog: Catalog, entity: Entity, place: Place) -> Mapping[str, str]:
    """What a list of what leads to a record by this field is called."""
    child = next((c for c in entity.children.values() if (c.object, c.field) == (place.object, place.field)), None)
    other = catalog.entities[place.object]
    if child is not None and child.label != other.definition.plural:
        return child.label
    alone = sum(p.object == place.object for p in places(catalog, entity.name)) == 1
    if alone or child is not None:
        return other.definition.plural
    field = other.fields[place.field].label
    return {lang: f"{text} ({field.get(lang, '')})" for lang, text in other.definition.plural.items()}


@when_restored
async def gather(ctx: Context, entity: Entity, rows: Sequence[Row]) -> None:
    """Lead the links of records that came back from the bin to where what they point to has gone meanwhile, or come from."""
    mine = links_of(entity)
    held = {(r.id, p.field): ids_in(r.new.get(p.field)) for r in rows for p in mine}
    back = {r.id for r in rows}
    to = await whereabouts(ctx, {i for ids in held.values() for i in ids if i not in back})
    schema = quote(ctx.workspace.schema)
    moved = await ctx.db.fetch(
        f"SELECT m.place, m.record, m.was, m.became FROM {schema}._merge_moved AS m WHERE m.record = ANY(%(ids)s::uuid[])"
        f" AND NOT EXISTS (SELECT 1 FROM {schema}._merged AS l WHERE l.merge = m.merge AND l.ended_by IS NULL)",
        {"ids": [r.id for r in rows]},
    )
    home = {(record, place): (tuple(was), tuple(became)) for place, record, was, became in moved}
    pointers: list[Pointer] = []
    for row in rows:
        for p in mine:
            was = held[row.id, p.field]
            before, after = home.get((row.id, p.name), ((), ()))
            now = led(before if was and was == after else was, to, row.id)
            if now != was:
                pointers.append(Pointer(p, row.id, was, now))
    if pointers:
        await lead(ctx, pointers)
        await note(ctx, pointers)


async def note(ctx: Context, pointers: Sequence[Pointer]) -> None:
    """Keep what was led away from records that are in others now, so that it comes back with them."""
    schema = quote(ctx.workspace.schema)
    rows = [{"place": p.place.name, "record": p.id, "was": p.was, "became": p.becomes} for p in pointers]
    await ctx.db.execute(
        f"INSERT INTO {schema}._merge_moved (merge, place, record, was, became) SELECT DISTINCT m.merge, r.place, r.record, r.was, r.became"
        " FROM json_to_recordset(%(rows)s::json) AS r(place text, record uuid, was uuid[], became uuid[])"
        f" JOIN {schema}._merged AS m ON m.lost = ANY(r.was) AND m.lost <> ALL(r.became) AND m.ended_by IS NULL",
        {"rows": dumps(rows).decode()},
    )
