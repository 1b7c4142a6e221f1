"""What counts for the quality of an object's records, and how much: from the catalog, and as an administrator sets it.

Every measure is a filter that lists understand as well, so that each figure leads to the records that it counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guanxi.base import FieldError, Forbidden, Invalid
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace, access, note
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import MAX_NODES, parse, walk

NAME = "quality"
CONTACT = "last_contact_at"
"""The field that says when somebody was last reached, where an object has one."""
STALE = 180
MOST = 10
LONGEST = 3_650
PARTS: Mapping[str, int] = {"fields": 80, "fresh": 10, "unique": 10}
"""Points of a hundred for filled and valid fields, for freshness, and for being there once."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A field that counts, with its weight (0 to 10, 0 not at all), and the filters, as JSON, of the records that have it (None:
    all), that lack it, and (where its type can tell) in which it is wrong."""

    name: str
    weight: int
    has: Mapping[str, Any] | None
    missing: Mapping[str, Any]
    wrong: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Scheme:
    """``since``: the date by which a record is fresh for ``days``; ``source``: the choice that says where records come from, or
    empty. ``parts`` as in :data:`PARTS`. ``compared``: the records were compared, so that it is
    known which are there twice."""

    object: str
    fields: tuple[Counted, ...]
    since: str
    days: int
    source: str
    parts: Mapping[str, int]
    compared: bool = True

    @property
    def counted(self) -> Mapping[str, int]:
        """The points of those parts that there is something to tell by."""
        told = {"fields": True, "fresh": bool(self.since), "unique": self.compared}
        return {n: p for n, p in self.parts.items() if told[n]}

    @property
    def stale(self) -> Mapping[str, Any] | None:
        """The filter of records that nobody reached, or changed, for too long."""
        if not self.since:
            return None
        old = {"field": self.since, "op": "lt", "value": {"last_days": self.days}}
        if self.since in ("created_at", "updated_at"):
            return old
        young = {"field": "created_at", "op": "lt", "value": {"last_days": self.days}}
        return {"or": [old, {"and": [{"field": self.since, "op": "is_empty"}, young]}]}

    def told(self) -> dict[str, Any]:
        """As the API answers it."""
        return {
            "fields": [
                {"field": f.name, "weight": f.weight, "missing": f.missing, "invalid": f.wrong} for f in self.fields
            ],
            "since": self.since or None,
            "days": self.days,
            "source": self.source or None,
            "parts": dict(self.parts),
            "incomplete": _any([f.missing for f in self.fields]),
            "invalid": _any([_and(f.has, f.wrong) for f in self.fields if f.wrong]),
            "stale": self.stale,
            "duplicate": {"duplicate": True},
        }


def _any(filters: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Records for which any of these holds; None where there is nothing to ask, or too much for one list."""
    if not filters or sum(1 for f in filters for _ in walk(parse(f))) + 1 > MAX_NODES:
        return None
    return {"or": list(filters)}


def _and(has: Mapping[str, Any] | None, what: Mapping[str, Any]) -> Mapping[str, Any]:
    return what if has is None else {"and": [has, what]}


def listed(entity: Entity) -> bool:
    """Whether the board is about an object: one that people work with, that is not about something that happened."""
    return bool(entity.definition.area) and entity.definition.area != "settings" and not entity.definition.activity


def countable(entity: Entity) -> list[str]:
    """Names of the fields that people fill, in the order of the record page."""
    fields = entity.fields
    placed = [n for s in entity.definition.layout.sections for n in s.fields if n in fields]
    return [
        n
        for n in dict.fromkeys((*placed, *fields))
        if not (fields[n].of or fields[n].system or fields[n].readonly or entity.follows(n) or entity.types[n].made)
        and "is_empty" in entity.types[n].operators
        and entity.types[n].formula != "boolean"
    ]


_seldom: dict[str, frozenset[str]] = {}


def seldom(object_name: str, fields: str) -> None:
    """Declare fields, apart by spaces, that most records rightly leave empty: they count nothing unless an administrator says so."""
    _seldom[object_name] = _seldom.get(object_name, frozenset()) | set(fields.split())


def weight(entity: Entity, name: str) -> int:
    """What a field counts unless an administrator says otherwise: most what must be there, more what lists show and what tells
    records apart."""
    if name == entity.title or name in entity.required:
        return 3
    if name in _seldom.get(entity.name, ()):
        return 0
    shown = {n for v in entity.definition.views if v.kind == "table" for n in v.columns}
    told = {n for r in entity.ruling.all for m in r.rule.match for n in m.fields}
    return 2 if name in shown | told else 1


def default(entity: Entity) -> Scheme:
    """What counts when nobody has said anything."""
    shows: dict[str, list[Any]] = {}
    for ruled in entity.ruling.all:
        if ruled.rule.kind == "show":
            for name in ruled.rule.fields:
                shows.setdefault(name, []).append(ruled.rule.when or {"and": []})
    fields: list[Counted] = []
    for name in countable(entity):
        cases = shows.get(name)
        has: Any = None if cases is None else cases[0] if len(cases) == 1 else {"or": cases}
        empty = {"field": name, "op": "is_empty"}
        wrong = {"field": name, "op": "invalid"} if name in entity.checked else None
        missing = empty if has is None else {"and": [has, empty]}
        fields.append(Counted(name, weight(entity, name), has, missing, wrong))
    source = entity.fields.get("source")
    chosen = source.name if source and source.options and not entity.types["source"].many else ""
    since = CONTACT if CONTACT in entity.stored else "updated_at"
    return Scheme(entity.name, tuple(fields), since, STALE, chosen, PARTS)


async def stored(db: Connection, workspace: Workspace) -> dict[str, Any]:
    """What administrators have set, by object."""
    found = await db.value(f"SELECT value FROM {quote(workspace.schema)}._setting WHERE name = %(n)s", {"n": NAME})
    return found or {}


def set_to(entity: Entity, form: Mapping[str, Any]) -> Scheme:
    """The scheme with what was set; fields that are gone are left out."""
    scheme = default(entity)
    weights: Mapping[str, int] = form.get("weights", {})
    since, source = form.get("since", scheme.since), form.get("source", scheme.source)
    return replace(
        scheme,
        fields=tuple(replace(f, weight=weights.get(f.name, f.weight)) for f in scheme.fields),
        since=since if since in entity.fields or not since else scheme.since,
        days=form.get("days", scheme.days),
        source=source if source in entity.fields or not source else scheme.source,
        parts=form.get("parts", scheme.parts),
    )


async def scheme(ctx: Context, entity: Entity) -> Scheme:
    """What counts for this reader: what is hidden or masked leaves the figure, and so does what nobody has looked for."""
    schema = quote(ctx.workspace.schema)
    row = await ctx.db.row(
        f"SELECT (SELECT value -> %(o)s FROM {schema}._setting WHERE name = %(n)s),"
        f" EXISTS (SELECT FROM {schema}._linkage WHERE object = %(o)s AND upto IS NOT NULL)",
        {"n": NAME, "o": entity.name},
    )
    form, compared = row or (None, False)
    return replace(seen(ctx, entity, set_to(entity, form or {})), compared=compared)


def seen(ctx: Context, entity: Entity, whole: Scheme) -> Scheme:
    """The scheme without what the reader may not see."""

    def sees(name: str) -> bool:
        return not name or access.readable(ctx.actor, entity, entity.fields[name])

    fields = [f for f in whole.fields if f.weight and sees(f.name) and (f.has is None or _may(ctx, entity, f.has))]
    return replace(
        whole,
        fields=tuple(fields),
        since=whole.since if sees(whole.since) else "",
        source=whole.source if sees(whole.source) else "",
    )


def _may(ctx: Context, entity: Entity, what: Mapping[str, Any]) -> bool:
    """Whether the reader may ask for it."""
    from guanxi.records.compile import Compiler

    try:
        Compiler(ctx).where(entity, "t", parse(what))
    except Invalid:
        return False
    return True


def read(entity: Entity, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a caller sends them: ``{"weights": {field: 0…10}, "since", "days", "source", "parts": {"fields", "fresh",
    "unique"}}``, each may be missing. Raises Invalid with everything that is wrong."""
    errors = [
        FieldError(n, "unknown_parameter") for n in raw if n not in ("weights", "since", "days", "source", "parts")
    ]
    known = set(countable(entity))
    weights = mapping(raw.get("weights", {}))
    if weights is None:
        errors.append(FieldError("weights", "must_be_object"))
    for name, value in (weights or {}).items():
        if name not in known:
            errors.append(FieldError(f"weights.{name}"[:100], "unknown_field"))
        elif type(value) is not int or not 0 <= value <= MOST:
            errors.append(FieldError(f"weights.{name}", "too_big", {"max": MOST}))
    days = raw.get("days", STALE)
    if type(days) is not int or not 1 <= days <= LONGEST:
        errors.append(
            FieldError("days", "too_big" if type(days) is int and days > 0 else "too_small", {"min": 1, "max": LONGEST})
        )
    since, source = raw.get("since"), raw.get("source")
    if since and not (isinstance(since, str) and since in entity.fields and entity.types[since].grains):
        errors.append(FieldError("since", "not_an_option", {"value": str(since)[:60]}))
    if source and not (isinstance(source, str) and source in entity.fields and groups(entity, source)):
        errors.append(FieldError("source", "not_an_option", {"value": str(source)[:60]}))
    parts = mapping(raw.get("parts", PARTS))
    if (
        parts is None
        or set(parts) != set(PARTS)
        or not all(type(n) is int and 0 <= n <= 100 for n in parts.values())
        or not any(parts.values())
    ):
        errors.append(FieldError("parts", "not_parts"))
    if errors:
        raise Invalid(errors=errors)
    return {n: v if v is not None else "" for n, v in raw.items()}


def groups(entity: Entity, name: str) -> bool:
    """Whether records may be told apart by the field on the board."""
    f, kind = entity.fields[name], entity.types[name]
    return bool(kind.groupable and not kind.many and (f.options or kind.link) and not kind.anywhere and not f.of)


async def put(ctx: Context, object_name: str, raw: Mapping[str, Any]) -> Scheme:
    """Set what counts; an empty mapping goes back to the catalog's. Raises Forbidden, NotFound, Invalid."""
    entity = ctx.catalog.object(object_name)
    if not ctx.actor.system and "settings" not in ctx.actor.grants.system:
        raise Forbidden
    form = read(entity, raw)
    # All objects stand in one setting: whoever comes second begins with what the first has saved.
    await ctx.db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(n)s, 12))", {"n": f"{ctx.workspace.schema} {NAME}"}
    )
    before = await stored(ctx.db, ctx.workspace)
    after = {**before, object_name: form} if form else {n: v for n, v in before.items() if n != object_name}
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._setting (name, value, by) VALUES (%(n)s, %(v)s::jsonb, %(by)s::uuid)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now(), by = excluded.by",
        {"n": NAME, "v": dumps(after).decode(), "by": ctx.actor.id},
    )
    await note(ctx, "settings", name=NAME, object=object_name, before=before.get(object_name, {}), after=form)
    return await scheme(ctx, entity)


def objects(catalog: Catalog) -> Sequence[Entity]:
    """The objects that the board is about."""
    return [e for e in catalog.entities.values() if listed(e)]
