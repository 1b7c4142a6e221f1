"""The type of a field changed with its data: what each value becomes, and the columns that change places.

Any type becomes any other through text: what a spreadsheet would show of the old value is read as the new field reads a
spreadsheet. The new values are made in columns of their own (``_new.<name>``) which then take the place of the old ones;
those wait under another name, so that the change can be taken back whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.pg import Connection
from guanxi.records import links, tables
from guanxi.records.compile import quote
from guanxi.records.context import EVERYTHING, Actor, Context, Workspace
from guanxi.records.journal import titles_of
from guanxi.records.row import NOBODY
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.changes import free_former
from guanxi.schema.model import Field
from guanxi.schema.types import TYPES, Bad
from guanxi.schema.types.choices import join_list, split_list

AT_ONCE = 3_000
"""Records up to which the values are made while the change waits; others come to wait for a moment only."""
CHUNK = 1_000
LOOKED_AT = 50_000
"""Different values that a preview looks at."""
SAMPLES = 12
MOST_OPTIONS = 200

Values = Sequence[Any]


def columns_of(f: Field) -> list[Field]:
    """A field and what it brings along: what there is a column of."""
    return [f, *TYPES[f.type].companions(f)]


@dataclass(frozen=True, slots=True)
class Turn:
    """One field that gets another type. ``kept`` is what ``former`` holds already when its values come back."""

    object: str
    old: Field
    new: Field
    former: Field
    kept: Field | None
    on_failure: str

    @property
    def place(self) -> str:
        """The field as errors and plans name it."""
        return f"{self.object}.{self.new.name}"

    def parked(self, f: Field) -> list[str]:
        """The columns in which what was is kept."""
        return [c.name if not f.retired else tables.retired_name(c.name) for c in columns_of(f)]

    @property
    def fresh(self) -> list[str]:
        """The columns in which the new values are made."""
        return [f"_new.{c.name}" for c in columns_of(self.new)]

    @property
    def seen(self) -> str:
        """The column that says of which version of the record the new value is."""
        return f"_new.{self.new.name}.of"


def turns_of(before: Catalog, after: Catalog, changes: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """The fields that these changes turn, as they were and as they will be."""
    found: list[Turn] = []
    for change in changes:
        if change.get("op") != "change_type":
            continue
        owner, name, former = before.objects.get(change["object"]), change["field"], change["former"]
        old = next((f for f in owner.fields if f.name == name), None) if owner and not owner.retired else None
        if (
            owner is None
            or old is None
            or old.retired
            or any((t.object, t.new.name) == (owner.name, name) for t in found)
        ):
            raise Invalid(errors=[FieldError(f"{change['object']}.{name}", "turned_with_others")])
        fields = {f.name: f for f in after.objects[owner.name].fields}
        kept = next((f for f in owner.fields if f.name == former), None)
        found.append(Turn(owner.name, old, fields[name], fields[former], kept, change.get("on_failure", "refuse")))
    return found


# -- what a value becomes ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Made:
    """What became of one value: stored values by column, or why there are none."""

    before: str
    after: str = ""
    stored: dict[str, Any] = field(default_factory=dict[str, Any])
    bad: Bad | None = None


class Converter:
    """Turns values of one field into values of another, many at a time; what was asked before is remembered."""

    def __init__(self, ctx: Context, entity: Entity, old: Field, new: Field) -> None:
        self.ctx, self.entity, self.old, self.new = ctx, entity, old, new
        self.known: dict[bytes, Made] = {}

    async def convert(self, values: Sequence[Values]) -> list[Made]:
        """For each value with its companions what it becomes; a value of None becomes none."""
        keys = [dumps(v) for v in values]
        if len(self.known) > 100_000:
            self.known.clear()
        missing = {k: v for k, v in zip(keys, values, strict=True) if k not in self.known}
        texts = await self._texts(list(missing.values()))
        made = {k: self._read(text) for k, text in zip(missing, texts, strict=True)}
        await self._link([m for m in made.values() if m.bad is None and m.stored])
        for one in made.values():
            self._finish(one)
        self.known |= made
        return [self.known[k] for k in keys]

    async def _texts(self, values: Sequence[Values]) -> list[str]:
        """Values as a spreadsheet shows them; links by the titles of what they point to."""
        kind, env = TYPES[self.old.type], self.ctx.env
        titles: dict[str, str] = {}
        if kind.link and self.old.target in self.ctx.catalog.entities:
            ids = {i for v in values for i in (v[0] if kind.many else [v[0]]) or () if i}
            titles = await titles_of(self.ctx, self.old.target or "", ids)
        out: list[str] = []
        for value, *beside in values:
            if value is None:
                out.append("")
            elif kind.link:
                out.append(join_list(titles.get(i) or i for i in value) if kind.many else titles.get(value) or value)
            else:
                text = kind.to_text(self.old, value, env)
                unit = beside[0] if kind.unit and beside else None
                out.append(f"{text} {unit}" if unit and unit != env.currency else text)
        return out

    def _read(self, text: str) -> Made:
        kind, env, made = TYPES[self.new.type], self.ctx.env, Made(text)
        if not text.strip():
            return made
        try:
            api = kind.read_text(self.new, text.strip(), env)
            value = kind.parse(self.new, api, env)
            if value is not None:
                made.stored[self.new.name] = value
                given = kind.implied(self.new, api, env)
                for c in kind.companions(self.new):
                    beside = given[c.name] if c.name in given else TYPES[c.type].default(c, env)
                    made.stored[c.name] = None if beside is None else TYPES[c.type].parse(c, beside, env)
        except Bad as bad:
            made.bad = bad
        return made

    async def _link(self, made: Sequence[Made]) -> None:
        """Look up what links are to point to."""
        kind, target = TYPES[self.new.type], self.ctx.catalog.entities.get(self.new.target or "")
        if not kind.link or target is None:
            return
        wanted: list[tuple[Made, Mapping[str, Any]]] = []
        for one in made:
            value = one.stored[self.new.name]
            for part in value if kind.many else [value]:
                form = mapping(part)
                wanted.append((one, mapping(form["match"]) or {} if form else {"id": part}))
        found = await links.find(self.ctx, target, [key for _, key in wanted])
        ids: dict[int, list[str]] = {}
        for (one, _), those in zip(wanted, found, strict=True):
            if isinstance(those, Bad):
                one.bad = those
            elif len(those) != 1:
                one.bad = Bad("reference_ambiguous" if those else "reference_not_found")
            else:
                ids.setdefault(id(one), []).append(those[0])
        for one in made:
            mine = list(dict.fromkeys(ids.get(id(one), ())))
            one.stored[self.new.name] = mine if kind.many else next(iter(mine), None)

    def _finish(self, one: Made) -> None:
        if one.bad is not None:
            one.stored = {}
        value = one.stored.get(self.new.name)
        if value is not None:
            kind = TYPES[self.new.type]
            one.after = one.before if kind.link else kind.to_text(self.new, value, self.ctx.env)


class Turning:
    """A turn at work: reads the old columns, makes the new ones."""

    def __init__(self, db: Connection, workspace: Workspace, before: Catalog, turn: Turn) -> None:
        self.db, self.turn = db, turn
        self.table = f"{quote(workspace.schema)}.{quote(turn.object)}"
        actor = Actor(
            NOBODY, "system", language=workspace.language, timezone=workspace.timezone, grants=EVERYTHING, system=True
        )
        entity = before.entities[turn.object]
        ctx = Context(db, workspace, before, actor, "catalog")
        self.there = Converter(ctx, entity, turn.old, turn.new)
        self.back = Converter(ctx, entity, replace(turn.kept, name=turn.old.name), turn.old) if turn.kept else None
        self.read = [c.name for c in columns_of(turn.old)] + (turn.parked(turn.kept) if turn.kept else [])

    async def look(self, rows: Sequence[Values]) -> list[Made]:
        """What becomes of the old columns of these rows; where they still say what was made of the kept value, that comes back."""
        n = len(columns_of(self.turn.old))
        out = await self.there.convert([r[:n] for r in rows])
        if self.back is None:
            return out
        names = [c.name for c in columns_of(self.turn.new)]
        once = await self.back.convert([r[n:] for r in rows])
        kind = TYPES[self.turn.old.type]
        for i, (row, was) in enumerate(zip(rows, once, strict=True)):
            then = was.stored.get(self.turn.old.name)
            if (row[0] is None) == (then is None) and (then is None or kind.same(then, row[0])):
                stored = dict(zip(names, row[n:], strict=True))
                out[i] = Made(out[i].before, was.before, {k: v for k, v in stored.items() if v is not None})
        return out

    async def begin(self) -> None:
        """The columns for the new values, if they are not there."""
        parts = [
            f"ADD IF NOT EXISTS {quote(name)} {TYPES[c.type].ddl(c)}"
            for name, c in zip(self.turn.fresh, columns_of(self.turn.new), strict=True)
        ]
        parts.append(f"ADD IF NOT EXISTS {quote(self.turn.seen)} integer")
        await self.db.execute(f"ALTER TABLE {self.table} {', '.join(parts)}".replace("%", "%%"))

    async def portion(
        self, db: Connection, only: str, args: Mapping[str, Any], *, wait: bool = True
    ) -> tuple[int, str | None]:
        """Make the values of the next records; how many, and the id of the last one. Without ``wait`` those that somebody
        is writing at this moment are passed over: they are found later by their version."""
        self.db = db
        for converter in (self.there, self.back):
            if converter is not None:
                converter.ctx = replace(converter.ctx, db=db)
        listed = ", ".join(quote(n) for n in self.read)
        rows = await db.fetch(
            f"SELECT id, version, {listed} FROM {self.table} WHERE {only} ORDER BY id LIMIT {CHUNK}"
            f" FOR NO KEY UPDATE{'' if wait else ' SKIP LOCKED'}",
            args,
        )
        if not rows:
            return 0, None
        made = await self.look([r[2:] for r in rows])
        for one in made:
            if one.bad is not None:
                self._fail(one)
        fresh = columns_of(self.turn.new)
        typed = ", ".join(f"c{i} {TYPES[c.type].column(c)}" for i, c in enumerate(fresh))
        put = ", ".join(f"{quote(name)} = r.c{i}" for i, name in enumerate(self.turn.fresh))
        await db.execute(
            f"UPDATE {self.table} t SET {put}, {quote(self.turn.seen)} = t.version"
            f" FROM json_to_recordset(%(rows)s::json) AS r(id uuid, {typed}) WHERE t.id = r.id",
            {"rows": dumps([{"id": r[0], **{f"c{i}": m.stored.get(c.name) for i, c in enumerate(fresh)}} for r, m in zip(rows, made, strict=True)]).decode()},
        )  # fmt: skip
        return len(rows), rows[-1][0]

    def _fail(self, one: Made) -> None:
        if self.turn.on_failure == "refuse":
            values = {"value": one.before[:60], "field": self.turn.new.label}
            raise Invalid(errors=[FieldError(self.turn.place, "cannot_become", values)])

    async def all(self) -> None:
        """Make all values, in the transaction."""
        await self.begin()
        last: str | None = NOBODY
        while last is not None:
            _, last = await self.portion(self.db, "id > %(after)s::uuid", {"after": last})

    async def swap(self, there: Iterable[str]) -> None:
        """The new columns take the place of the old ones. ``there`` are the indexes that there are."""
        t, schema = self.turn, self.table.rpartition(".")[0]
        for c in columns_of(t.old):
            for kind in ("order", "unique", "gin"):
                if (name := tables.index_name(t.object, c.name, kind)) in there:
                    await self.db.execute(f"DROP INDEX IF EXISTS {schema}.{quote(name)}")
        alter = f"ALTER TABLE {self.table}"
        await self.db.execute(
            f"{alter} DROP CONSTRAINT IF EXISTS {quote(tables.index_name(t.object, t.old.name, 'fkey'))}"
        )
        if t.kept is not None:
            for name in t.parked(t.kept):
                await self.db.execute(f"{alter} DROP {quote(name)}")
        for c, parked in zip(columns_of(t.old), t.parked(t.former), strict=True):
            await self.db.execute(f"{alter} RENAME {quote(c.name)} TO {quote(parked)}")
        for name, c in zip(t.fresh, columns_of(t.new), strict=True):
            await self.db.execute(f"{alter} RENAME {quote(name)} TO {quote(c.name)}")
        await self.db.execute(f"{alter} DROP {quote(t.seen)}")


def swapped(turns: Sequence[Turn], have: dict[str, dict[str, str]], there: set[str]) -> None:
    """Note in what there is what there will be once the columns have changed places."""
    for t in turns:
        mine = have.get(t.object, {})
        if t.kept is not None:
            for name in t.parked(t.kept):
                mine.pop(name, None)
        for c, parked in zip(columns_of(t.old), t.parked(t.former), strict=True):
            if (kind := mine.pop(c.name, None)) is not None:
                mine[parked] = kind
            there -= {tables.index_name(t.object, c.name, k) for k in ("order", "unique", "gin")}
        for c in columns_of(t.new):
            mine[c.name] = TYPES[c.type].column(c)


# -- before it is done -------------------------------------------------------------------------------------------------


async def complete(
    db: Connection, workspace: Workspace, catalog: Catalog, changes: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The changes with what the data says filled in: the name that the field is kept under, options made of the values
    that there are, and what links are found by."""
    out: list[Mapping[str, Any]] = []
    for change in changes:
        owner = catalog.objects.get(str(change.get("object"))) if change.get("op") == "change_type" else None
        f = next((x for x in owner.fields if x.name == change.get("field") and not x.retired), None) if owner else None
        if owner is None or f is None or owner.retired:
            out.append(change)
            continue
        more = dict(change)
        kept = next((x for x in owner.fields if x.name == more.get("former")), None)
        more.setdefault("former", free_former(owner, f))
        if (
            kept is None
            and more.get("type") in ("select", "multiselect")
            and not more.get("options")
            and not TYPES[f.type].link
        ):
            more["options"] = await _options(db, workspace, owner.name, f, more["type"] == "multiselect")
        target = catalog.entities.get(str(more.get("target")))
        if (
            more.get("type") in ("link", "links")
            and target
            and target.title != "name"
            and not (mapping(more.get("config")) or {}).get("match")
        ):
            more["config"] = {**(mapping(more.get("config")) or {}), "match": target.title}
        out.append(more)
    return out


async def _options(
    db: Connection, workspace: Workspace, object_name: str, f: Field, several: bool
) -> list[dict[str, Any]]:
    """The values that there are, as options; those of a choice with their labels."""
    if f.options:
        return [{"name": o.name, "label": dict(o.label), "color": o.color, "active": o.active} for o in f.options]
    kind, column = TYPES[f.type], quote(f.name)
    value = f"unnest({column})" if kind.many else column
    rows = await db.fetch(
        f"SELECT v FROM (SELECT {value} AS v FROM {quote(workspace.schema)}.{quote(object_name)}) x WHERE v IS NOT NULL"
        f" GROUP BY v ORDER BY count(*) DESC, v LIMIT {10 * MOST_OPTIONS}"
    )
    ctx = Context(
        db,
        workspace,
        Catalog(0, {}, {}),
        Actor(NOBODY, "system", language=workspace.language, timezone=workspace.timezone, system=True),
    )
    texts: dict[str, None] = {}
    for (one,) in rows:
        text = kind.to_text(f, [one] if kind.many else one, ctx.env).strip()
        for part in split_list(text) if several else (text,):
            texts[part] = None
    if len(texts) > MOST_OPTIONS or any(len(t) > 100 for t in texts):
        raise Invalid(errors=[FieldError("options", "too_complex", {"limit": MOST_OPTIONS})])
    return [{"name": t, "label": {"en": t, "zh": t}} for t in texts if t]


@dataclass(slots=True)
class Forecast:
    """What a turn will do to the values that there are. ``partly``: only so many different values were looked at."""

    turn: Turn
    total: int = 0
    unchanged: int = 0
    changed: int = 0
    impossible: int = 0
    partly: bool = False
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"changed": [], "impossible": []})

    def told(self) -> dict[str, Any]:
        """As the API tells it."""
        t = self.turn
        return {"object": t.object, "field": t.new.name, "from": t.old.type, "to": t.new.type, "former": t.former.name, "values": self.total,
                "unchanged": self.unchanged, "changed": self.changed, "impossible": self.impossible, "partly": self.partly, "samples": self.samples}  # fmt: skip


async def forecast(
    db: Connection,
    workspace: Workspace,
    before: Catalog,
    turn: Turn,
    asker: Context | None,
    most: int = SAMPLES,
) -> Forecast:
    """Count what the values become, by looking at each that there is once; samples are of records that the asker may see."""
    turning = Turning(db, workspace, before, turn)
    listed = ", ".join(quote(n) for n in turning.read)
    rows = await db.fetch(
        f"SELECT count(*), (array_agg(id))[1:20], {listed} FROM {turning.table} WHERE {quote(turn.old.name)} IS NOT NULL"
        f" GROUP BY {listed} ORDER BY count(*) DESC LIMIT {LOOKED_AT + 1}"
    )
    told = Forecast(turn, partly=len(rows) > LOOKED_AT)
    rows = rows[:LOOKED_AT]
    made = await turning.look([r[2:] for r in rows])
    kinds = ["impossible" if m.bad else "unchanged" if m.after == m.before else "changed" for m in made]
    wanted = {k: [i for i, kind in enumerate(kinds) if kind == k] for k in ("changed", "impossible")}
    titles: dict[str, str] = {}
    if asker is not None and turn.object in asker.catalog.entities:
        ids = [id for places in wanted.values() for i in places[: most * 5] for id in rows[i][1]]
        f = asker.catalog.entities[turn.object].fields.get(turn.old.name)
        if f is not None and links.access.readable(asker.actor, asker.catalog.entities[turn.object], f):
            titles = await titles_of(asker, turn.object, ids)
    for i, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
        n = row[0]
        told.total += n
        setattr(told, kind, getattr(told, kind) + n)
        seen = [{"id": id, "title": titles[id]} for id in row[1] if id in titles]
        if seen and kind != "unchanged" and len(told.samples[kind]) < most:
            error = made[i].bad
            language = asker.actor.language if asker else "en"
            reason = (
                FieldError(turn.new.name, error.code, {"field": turn.new.label, **error.values}).message(language)
                if error
                else None
            )
            told.samples[kind].append({"before": made[i].before, "after": made[i].after or None, "count": n, "records": seen if most > SAMPLES else seen[:3],
                                       **({"reason": reason} if reason else {})})  # fmt: skip
    return told
