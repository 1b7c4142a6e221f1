"""Looking up what links point to: as the actor, for all rows at once, one query per target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from guanxi.base import Invalid
from guanxi.base.ids import is_id
from guanxi.base.shape import mapping, sequence
from guanxi.records import access
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import where
from guanxi.schema.model import Field
from guanxi.schema.types import Bad, FieldType

if TYPE_CHECKING:
    from guanxi.records.row import Row


def ids_in(value: Any) -> tuple[str, ...]:
    """The ids in a link's stored value."""
    return () if not value else (value,) if isinstance(value, str) else tuple(value)


async def find(
    ctx: Context, entity: Entity, keys: Sequence[Mapping[str, Any]], verb: str = "read"
) -> list[list[str] | Bad]:
    """For each key (field: value) the ids of the visible records that equal it (two at most), or what is wrong with it.

    Keys of one field are found by one query; keys of several fields by one query each.
    """
    out: list[list[str] | Bad] = [[] for _ in keys]
    single: dict[str, dict[Any, list[int]]] = {}
    for i, key in enumerate(keys):
        if not key:
            out[i] = Bad("required")
            continue
        try:
            known = parsed(ctx, entity, key)
        except Bad as bad:
            out[i] = bad
            continue
        if len(known) == 1:
            [(name, value)] = known.items()
            kind = entity.types[name]
            plain = not (kind.grains or kind.link or kind.anywhere or entity.fields[name].of)
            if plain and not isinstance(value, list | dict | tuple):
                single.setdefault(name, {}).setdefault(value, []).append(i)
                continue
        out[i] = await _find_one(ctx, entity, key, verb)
    for name, values in single.items():
        c = Compiler(ctx)
        source, visible = c.source(entity, "t", verb)
        column = f"t.{quote(name)}"
        kind = entity.types[name]
        wanted = c.bind(list(values), kind.column(entity.fields[name]) + "[]")
        veil = c.veil(entity, "t", name)
        open_ = f" AND ({veil}) IS NOT TRUE" if veil else ""
        rows = await ctx.db.fetch(
            f"SELECT {column}, t.id FROM {source} WHERE {column} = ANY({wanted}) AND {visible}{open_}", c.args
        )
        for value, id in rows:
            for i in values.get(value, ()):
                found = out[i]
                if isinstance(found, list) and len(found) < 2:
                    found.append(id)
    return out


def parsed(ctx: Context, entity: Entity, key: Mapping[str, Any]) -> dict[str, Any]:
    """A key's values in the form that they are compared in; raises Bad."""
    return {name: _operand(ctx, entity, name, value) for name, value in key.items()}


def _operand(ctx: Context, entity: Entity, name: str, value: Any) -> Any:
    found = entity.fields.get(name)
    if found is None or not access.readable(ctx.actor, entity, found):
        raise Bad("unknown_field", field=name)
    kind = entity.types[name]
    if "eq" not in kind.operators:
        raise Bad("unknown_operator", op="eq")
    if value is None or value == "":
        raise Bad("required")
    return kind.operand(found, "eq", value, ctx.env)


async def _find_one(ctx: Context, entity: Entity, key: Mapping[str, Any], verb: str) -> list[str] | Bad:
    c = Compiler(ctx)
    source, visible = c.source(entity, "t", verb)
    try:
        conditions = [c.where(entity, "t", where(name, "eq", value)) for name, value in key.items()]
    except Invalid as invalid:
        error = invalid.errors[0]
        return Bad(error.code, **error.values)
    rows = await ctx.db.fetch(
        f"SELECT t.id FROM {source} WHERE {' AND '.join(conditions)} AND {visible} LIMIT 2", c.args
    )
    return [r[0] for r in rows]


class Pending:
    """Links of a batch that wait to be looked up together."""

    def __init__(self, ctx: Context, entity: Entity) -> None:
        self.ctx = ctx
        self.entity = entity
        self.ids: dict[str, dict[str, list[tuple[Row, str]]]] = {}
        self.matches: dict[str, list[tuple[Row, Field, bool, Mapping[str, Any]]]] = {}

    def add(self, row: Row, f: Field, kind: FieldType, value: Any) -> None:
        """Note a written link; what cannot be a link is refused at once."""
        target = f.target or ""
        if kind.anywhere:
            form = mapping(value)
            if form is None or set(form) - {"object", "id", "title"} or "object" not in form:
                row.fail(f.name, "wrong_type", expected='{"object", "id"}')
                return
            target, value = form["object"], form.get("id")
            if not isinstance(target, str) or target not in self.ctx.catalog.entities:
                row.fail(f.name, "reference_not_found")
                return
            row.new[f.name + "_object"] = target
        if kind.many:
            several = sequence(value)
            if several is None:
                row.fail(f.name, "wrong_type", expected="a list of ids")
                return
            if len(several) > 1000:
                row.fail(f.name, "too_many_values", max=1000)
                return
            row.new[f.name] = [] if several else None
            for v in several:
                self._one(row, f, target, v, many=True)
        else:
            self._one(row, f, target, value, many=False)

    def _one(self, row: Row, f: Field, target: str, value: Any, many: bool) -> None:
        form = mapping(value)
        match = mapping(form.get("match")) if form is not None and set(form) == {"match"} else None
        if match is not None:
            self.matches.setdefault(target, []).append((row, f, many, match))
            return
        if form is not None and isinstance(form.get("id"), str) and set(form) <= {"id", "title"}:
            value = form["id"]  # as it was read
        if value == "$me" and target == "user":
            value = self.ctx.actor.id
        if not isinstance(value, str) or not is_id(value.lower()):
            row.fail(f.name, "reference_not_found" if isinstance(value, str) else "wrong_type", expected="an id")
            return
        value = value.lower()
        if many:
            if value not in row.new[f.name]:
                row.new[f.name].append(value)
        else:
            row.new[f.name] = value
        self.ids.setdefault(target, {}).setdefault(value, []).append((row, f.name))

    async def resolve(self) -> None:
        """Look everything up: matches by one query per target and field, ids by one query for all targets."""
        for target, wanted in self.matches.items():
            entity = self.ctx.catalog.entities.get(target)
            if entity is None:
                for row, f, _, _ in wanted:
                    row.fail(f.name, "reference_not_found")
                continue
            found = await find(self.ctx, entity, [key for _, _, _, key in wanted])
            for (row, f, many, _), ids in zip(wanted, found, strict=True):
                if isinstance(ids, Bad):
                    row.fail(f.name, ids.code, **ids.values)
                elif len(ids) != 1:
                    row.fail(f.name, "reference_ambiguous" if ids else "reference_not_found")
                elif many:
                    if ids[0] not in row.new[f.name]:
                        row.new[f.name].append(ids[0])
                else:
                    row.new[f.name] = ids[0]
        parts: list[str] = []
        c = Compiler(self.ctx)
        me = self.ctx.actor.id
        for target, ids in self.ids.items():
            entity = self.ctx.catalog.entities[target]
            if not access.may(self.ctx.actor, entity, "read"):
                continue
            asked = [i for i in ids if not (target == "user" and i == me)]
            if not asked:
                continue
            alias = c.alias()
            source, visible = c.source(entity, alias, of="kept")
            parts.append(
                f"SELECT {c.bind(target, 'text')}, {alias}.id, {alias}._archived FROM {source}"
                f" WHERE {c.among(f'{alias}.id', asked)} AND {visible}"
            )
        found = await self.ctx.db.fetch(" UNION ALL ".join(parts), c.args) if parts else []
        seen = {(t, i): away for t, i, away in found}
        for target, ids in self.ids.items():
            for id, users in ids.items():
                away = seen.get((target, id), None if (target, id) != ("user", me) else False)
                for row, name in users if away is not False else ():
                    if away is None:
                        row.fail(name, "reference_not_found")
                    else:
                        row.away.append((name, id))
        for wanted in self.matches.values():
            for row, f, many, _ in wanted:
                if many and row.new.get(f.name) == []:
                    row.new[f.name] = None
