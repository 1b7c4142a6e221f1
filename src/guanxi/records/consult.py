"""What the rules say of a record while somebody is still writing it, and what a rule would mean for the records that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from guanxi.base import Invalid, NotFound, new_id, say
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.records import access, alike, imagined, read, ruling
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.row import Row
from guanxi.records.write import parse
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import TRUE, Filter, Not, both, either, where
from guanxi.schema.model import Rule
from guanxi.schema.ruling import Ruled, allowed, keyed

SAMPLE = 200_000
"""Records that are looked at to say what a rule would mean."""


async def consult(ctx: Context, object_name: str, values: Mapping[str, Any], id: str | None = None) -> dict[str, Any]:
    """What the rules say of a record with these values, a new one or, with ``id``, one that is there; nothing is written.

    ``{"hidden": [field], "required": [said], "readonly": [said], "problems": [said], "defaults": {field: value}, "alike":
    [duplicates], "standard": {field: told}}``, each said as ``{"field", "rule", "message"}``. A value that cannot be read yet
    counts as none. Told is of values with a standard form what it is: ``{"value", "parts", "guess", "message"}``. Raises
    Invalid for fields that there are not, NotFound for a record that cannot be seen.
    """
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    unknown = [n for n in values if n not in entity.fields or not _seen(ctx, entity, n)]
    if unknown:
        raise Invalid.one(unknown[0][:100], "unknown_field")
    row = Row(entity, 0, "update" if id else "create", id or new_id(), dict(values))
    if id is not None:
        row.old = await _stored(ctx, entity, id)
    await parse(ctx, entity, [row])
    standard = _standard(ctx, entity, row)
    row.new = {**row.old, **row.new}
    refused = {e.field for e in row.errors if e.field}
    row.errors = []
    for name in refused & row.new.keys():
        row.new[name] = row.old.get(name)
    begins = await _begins(ctx, entity, row)
    rules = entity.ruling.judged
    holds = (await ruling.truths(ctx, entity, rules, [row], "judged"))[row.id] if rules else []
    hidden = ruling.hides(rules, holds)
    changed = imagined.changes(entity, row)
    seen = set(access.readable_fields(ctx.actor, entity))
    out: dict[str, Any] = {
        "hidden": sorted(hidden & seen),
        "required": [],
        "readonly": [],
        "problems": [],
        "options": [],
        "standard": standard,
    }
    pending = list(zip(rules, holds, strict=True))
    for ruled, true in pending:
        rule = ruled.rule
        fields = [n for n in rule.fields if n in seen]
        if rule.kind == "require" and true:
            out["required"] += [_said(ctx, rule, n) for n in fields if n not in hidden]
        elif rule.kind == "readonly" and true and not ctx.actor.system:
            out["readonly"] += [_said(ctx, rule, n) for n in fields]
        elif rule.kind == "options" and true:
            options = allowed(rule, row.new)
            if options is not None:
                out["options"] += [{"field": n, "rule": rule.name, "options": list(options)} for n in fields]
        elif rule.kind in ("validate", "gate") and (not id or ruled.wakes is None or ruled.wakes & changed):
            found = ruling.verdict(ctx, entity, rule, true, row, changed, hidden)
            out["problems"] += [_said(ctx, rule, name) for name, _, _ in found]
    out["defaults"] = await _shown(ctx, entity, begins)
    subtitle = entity.definition.under
    told = [
        await alike.likely(ctx, entity, ruled, row, subtitle)
        for ruled, true in pending
        if ruled.rule.kind == "duplicate" and true and (not id or (ruled.wakes or frozenset()) & changed)
    ]
    out["alike"] = [t for t in told if t is not None]
    return out


async def akin(ctx: Context, object_name: str, drafts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Which record that the actor sees each of these drafts would be a duplicate of, for those for which there is exactly one by
    the first rule that finds any: ``{"id", "title", "rule": its label}`` by the draft's key. Values that cannot be read count as none.
    """
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    rows = [Row(entity, i, "create", new_id(), dict(values)) for i, values in enumerate(drafts.values())]
    await parse(ctx, entity, rows)
    out: dict[str, dict[str, Any]] = {}
    keys = {row.id: key for row, key in zip(rows, drafts, strict=True)}
    left = [row for row in rows if row.given]
    for ruled in (r for r in entity.ruling.all if r.rule.kind == "duplicate"):
        told = await alike.met(ctx, entity, ruled, left) if left else {}
        for id, found in told.items():
            if len(found) == 1:
                [(there, title)] = found.items()
                out[keys[id]] = {"id": there, "title": title, "rule": ruled.rule.label}
        left = [row for row in left if row.id not in told]
    return out


def _standard(ctx: Context, entity: Entity, row: Row) -> dict[str, Any]:
    """The standard form of what was written: its value, what its companions are (``parts``), a likely fuller form (``guess``),
    or why it has none (``message``)."""
    out: dict[str, Any] = {}
    refused = {e.field: e.message(ctx.actor.language) for e in row.errors}
    for name in row.given:
        f, kind = entity.fields[name], entity.types[name]
        if not (kind.standardises(f) or kind.sealed):
            continue
        if name in refused:
            out[name] = {"message": refused[name]}
        elif kind.sealed:
            continue  # it is kept as it is written, and not said again
        elif (value := row.new.get(name)) is not None:
            guess = kind.guess(f, value)
            parts = {c.name: row.new.get(c.name) for c in kind.companions(f) if row.new.get(c.name) is not None}
            out[name] = {"value": kind.dump(f, value), "parts": parts, "guess": guess and kind.dump(f, guess)}
    return out


def _seen(ctx: Context, entity: Entity, name: str) -> bool:
    """Whether the actor knows what this field holds: they see it, or it is sealed and they write it."""
    f = entity.fields[name]
    return access.readable(ctx.actor, entity, f) or (
        entity.types[name].sealed and access.writable(ctx.actor, entity, f)
    )


def _said(ctx: Context, rule: Rule, field: str | None) -> dict[str, Any]:
    return {"field": field, "rule": rule.name, "message": say(rule.message or rule.label, ctx.actor.language)}


async def _stored(ctx: Context, entity: Entity, id: str) -> dict[str, Any]:
    """The stored values of a record that the actor may see."""
    c = Compiler(ctx)
    source, visible = c.source(entity, "t")
    columns = ", ".join(f"t.{quote(n)}" for n in entity.stored)
    found = await ctx.db.row(
        f"SELECT {columns} FROM {source} WHERE t.id = {c.bind(id if is_id(id) else None, 'uuid')} AND {visible}", c.args
    )
    if found is None:
        raise NotFound
    return dict(zip(entity.stored, found, strict=True))


async def _begins(ctx: Context, entity: Entity, row: Row) -> dict[str, Any]:
    """What default rules put into the fields of a new record that have no value yet."""
    rules = entity.ruling.defaults
    if row.kind != "create" or not rules:
        return {}
    start = (await ruling.started(ctx, entity, [row]))[row.id]
    begins = ruling.begun(ctx, entity, start, {n for n in row.given if row.new.get(n) is not None})
    row.new |= begins
    return begins


async def _shown(ctx: Context, entity: Entity, begins: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values as a form shows them; a link with its title."""
    out: dict[str, Any] = {}
    for name, value in begins.items():
        f, kind = entity.fields[name], entity.types[name]
        if not access.writable(ctx.actor, entity, f):
            continue
        if not kind.link:
            out[name] = kind.dump(f, value)
        elif isinstance(value, str) and f.target:
            title = ctx.catalog.object(f.target).title
            found = (await read.shown(ctx, f.target, [value], (title,))).get(value)
            if found is not None:
                out[name] = {"id": value, "title": loads(found).get(title)}
    return out


# -- what a rule would mean --------------------------------------------------------------------------------------------


async def effects(ctx: Context, catalog: Catalog, changes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each rule that changes put: ``{"step": "rule object.name", "rows", "applies", "breaks"}`` of the records that there
    are (at most :data:`SAMPLE` are looked at); ``applies`` and ``breaks`` are None where the records do not tell."""
    out: list[dict[str, Any]] = []
    for change in changes:
        entity = catalog.entities.get(str(change.get("object")))
        there = ctx.catalog.entities.get(str(change.get("object")))
        if change.get("op") != "put_rule" or entity is None or there is None:
            continue
        ruled = next((r for r in entity.ruling.all if r.rule.name == change["rule"].get("name")), None)
        if ruled is None:
            continue
        told: tuple[int | None, ...] = (None, None, None)
        if set(entity.stored) <= set(there.stored):
            told = await _count(ctx, entity, ruled)
        step = f"rule {entity.name}.{ruled.rule.name}"
        out.append({"step": step, "later": False, **dict(zip(("rows", "applies", "breaks"), told, strict=True))})
    return out


async def _count(ctx: Context, entity: Entity, ruled: Ruled) -> tuple[int | None, int | None, int | None]:
    c = Compiler(ctx.as_system("rules"))
    source, visible = c.source(entity, "s")
    those = f"(SELECT s.* FROM {source} WHERE {visible} LIMIT {SAMPLE}) AS t"
    applies, breaks = _meant(entity, ruled)
    try:
        tests = [f"({c.where(entity, 't', test, trusted=True)})" if test else "NULL" for test in (applies, breaks)]
    except Invalid:  # it asks what was before
        tests = ["NULL", "NULL"]
    counts = ", ".join(f"count(*) FILTER (WHERE {t})" if t != "NULL" else "NULL::bigint" for t in tests)
    row = await ctx.db.row(f"SELECT count(*), {counts} FROM {those}", c.args)
    rows, n, broken = row or (None, None, None)
    if ruled.rule.kind == "duplicate" and all(m.how in alike.KEYS for m in ruled.rule.match):
        broken = await _twins(ctx, entity, ruled)
    return rows, n, broken


def _meant(entity: Entity, ruled: Ruled) -> tuple[Filter | None, Filter | None]:
    """Which records a rule is about, and which of them do not keep it."""
    rule = ruled.rule
    match rule.kind:
        case "validate":
            return TRUE, ruled.when
        case "require":
            return ruled.when, both(ruled.when, either([where(n, "is_empty") for n in rule.fields]))
        case "gate":
            stage = entity.stage
            if stage is None or rule.way == "leave":
                return None, None
            standing = where(stage.name, "in", list(rule.stages))
            return standing, both(standing, Not(ruled.when))
        case "default":
            return None, None
        case "options":
            unfit: list[Filter] = []
            for at, left in rule.value.items() if rule.by else [(None, rule.value)]:
                beside = where(rule.by, "eq", at) if rule.by else TRUE
                for n in rule.fields:
                    gone = [o.name for o in entity.fields[n].options if o.name not in left]
                    unfit += [both(beside, where(n, "in", gone))] if gone else []
            about = both(ruled.when, where(rule.by, "in", [*rule.value])) if rule.by else ruled.when
            return about, both(ruled.when, either(unfit)) if unfit else None
        case _:
            return ruled.when, None


async def _twins(ctx: Context, entity: Entity, ruled: Ruled) -> int:
    """How many records have a duplicate."""
    c = Compiler(ctx.as_system("rules"))
    source, visible = c.source(entity, "s")
    within = c.where(entity, "s", ruled.when, trusted=True)
    parts = [
        ", ".join(f"{alike.key(m.how, f's.{quote(n)}')}::text" for n in keyed(entity, m)) for m in ruled.rule.match
    ]
    names: Sequence[str] = [f"k{i}" for i in range(len(parts))]
    lists = "".join(f" CROSS JOIN LATERAL unnest(ARRAY[{p}]::text[]) AS {n}" for p, n in zip(parts, names, strict=True))
    keys = ", ".join(names)
    filled = " AND ".join(f"{n} IS NOT NULL" for n in names)
    found = await ctx.db.value(
        f"SELECT count(DISTINCT g.id) FROM (SELECT DISTINCT ON ({keys}, s.id) s.id, {keys} FROM {source}{lists}"
        f" WHERE {visible} AND {within} AND {filled}) AS g JOIN (SELECT {keys} FROM {source}{lists}"
        f" WHERE {visible} AND {within} AND {filled} GROUP BY {keys} HAVING count(DISTINCT s.id) > 1) AS h USING ({keys})",
        c.args,
    )
    return int(found)
