"""The hand-over of somebody who leaves: everything they own goes to others in one act, and they are out at once.

Every object is gone through that names people in a field of one person (owners first of all); to whom what goes is said
by rules: one person, a team in turn, or nobody. What hangs together stays together: a record follows the one that it links
to, where that was handed over too. It is one change set, written by the one write path with the actor's own rights, portion
by portion: what one has to know of the portions before stands in the journal, so that a job may carry them out, and go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import FieldError, Forbidden, Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.pg import as_installation
from guanxi.records import Context, Update, access, note, write
from guanxi.records.belongings import belongings
from guanxi.records.compile import Compiler, quote
from guanxi.records.journal import beside, titles_of
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import Filter
from guanxi.schema.query import read_query

MOST_RULES = 200
PORTION = 2000
LOOKED_AT = 20_000
"""Records of one field up to which it is looked at each, in a trial, whom it would follow; of more, each of a team is said to get
as many as the others."""


@dataclass(slots=True)
class Way:
    """Where something goes: to these people in turn; to nobody when empty."""

    people: tuple[str, ...] = ()
    turn: int = 0

    def next(self) -> str:
        """Whose turn it is."""
        self.turn += 1
        return self.people[(self.turn - 1) % len(self.people)]


@dataclass(frozen=True, slots=True)
class Rule:
    """Of an object's records (of one field of them, of those that satisfy a filter) where they go."""

    object: str
    field: str
    filter: Filter | None
    way: Way


@dataclass(slots=True)
class Plan:
    """A way for everything, and rules that go before it; the first that fits holds."""

    way: Way
    rules: list[Rule] = field(default_factory=list[Rule])
    deactivate: bool = True

    @property
    def ways(self) -> list[Way]:
        """All ways, each once: the order is that of what was wanted."""
        return list({id(w): w for w in (*(r.way for r in self.rules), self.way)}.values())


@dataclass(slots=True)
class Progress:
    """How far a hand-over is: the place among :func:`parts` and the last record that was looked at there, whose turn it is on each
    way, and by ``object.field`` how many records there were and how many went to whom."""

    part: int = 0
    after: str | None = None
    turns: list[int] = field(default_factory=list[int])
    found: dict[str, int] = field(default_factory=dict[str, int])
    to: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])

    @property
    def done(self) -> int:
        """Records that were looked at."""
        return sum(self.found.values())

    def add(self, path: str, out: Mapping[str, str]) -> None:
        """Records of a field, and to whom each goes."""
        if out:
            self.found[path] = self.found.get(path, 0) + len(out)
            self.to[path] = dict(Counter(self.to.get(path, {})) + Counter(to for to in out.values() if to))


async def hand_over(ctx: Context, user: str, wanted: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
    """Hand over what ``user`` has, and deactivate them; with ``dry_run`` only say what would go where.

    ``wanted`` is ``{"to": where, "rules": [{"object", "field"?, "filter"?, "to": where}], "deactivate": bool}``; ``where`` is
    ``{"user": id}``, ``{"team": id}`` (its active members in turn) or None (it stays). Answers ``{"user", "objects": [{"object",
    "field", "records", "stays", "to": [{"user", "records"}]}], "belongings": [{"name", "label", "count"}], "sessions", "tokens",
    "change_set"}``. Raises Forbidden without the right to users, or where one may not change all records of an object.
    """
    own, plan = await begin(ctx, user, wanted)
    doors, had = await _doors(ctx, user), await _besides(ctx, user)
    if dry_run:
        progress = await _tried(own, user, plan)
    else:
        progress = Progress()
        await leave(own, user, plan)
        while await portion(own, user, plan, progress):
            pass
        await end(own, user, plan, progress)
    return {
        "user": {"id": user, "title": own.label},
        "objects": await told(ctx, progress),
        "belongings": had,
        **doors,
        "change_set": None if dry_run else ctx.change_set,
    }


async def begin(ctx: Context, user: str, wanted: Mapping[str, Any]) -> tuple[Context, Plan]:
    """Who writes it, and what is to be done, where the actor may have it done."""
    if "users" not in ctx.actor.grants.system and not ctx.actor.system:
        raise Forbidden
    leaver = (await titles_of(ctx, "user", [user])).get(user)
    if leaver is None:
        raise NotFound
    plan = await _read(ctx, user, wanted)
    if plan.deactivate and user == ctx.actor.id:
        raise Invalid.one("deactivate", "not_oneself")
    return replace(ctx, bulk="hand_over", label=leaver), plan


async def leave(own: Context, user: str, plan: Plan) -> None:
    """Whoever leaves is out before anything of theirs goes."""
    if plan.deactivate:
        await write(own, "user", [Update(user, {"active": False})], render=False)


async def portion(own: Context, user: str, plan: Plan, progress: Progress, size: int = PORTION) -> bool:
    """Hand over some records, from where it stands; False when there are no more."""
    fields = list(parts(own))
    for way, turn in zip(plan.ways, progress.turns, strict=False):
        way.turn = turn
    while progress.part < len(fields):
        entity, name = fields[progress.part]
        rows = await _some(own, entity, name, user, plan, progress.after, size)
        if rows:
            out = _shared_out(rows, plan, await _heirs(own, {i for _, _, above in rows for i in above}))
            going = [Update(id, {name: to}, trusted=True) for id, to in out.items() if to]
            if going:
                await write(own, entity.name, going, render=False)
            progress.add(f"{entity.name}.{name}", out)
            progress.after, progress.turns = rows[-1][0], [w.turn for w in plan.ways]
            return True
        progress.part, progress.after = progress.part + 1, None
    return False


async def end(own: Context, user: str, plan: Plan, progress: Progress) -> None:
    """What belongs to the leaver beside records, and the audit."""
    given: dict[str, int] = {}
    for kind in belongings():
        if plan.way.people and await kind.count(own, user) and (n := await kind.give(own, user, plan.way.people[0])):
            given[kind.name] = n
    if given:
        await _keep_books(own, user, given)
    handed = [
        {"object": o, "field": f, "records": n}
        for path, to in progress.to.items()
        if (n := sum(to.values()))
        for o, f in [path.split(".")]
    ]
    await note(own, "hand_over", object="user", record=user, change_set=own.change_set, handed=handed)


async def told(ctx: Context, progress: Progress) -> list[dict[str, Any]]:
    """``[{"object", "field", "records", "stays", "to": [{"user": {"id", "title"}, "records"}]}]``."""
    names = await titles_of(ctx, "user", {i for to in progress.to.values() for i in to})
    out: list[dict[str, Any]] = []
    for entity, name in parts(ctx):
        path = f"{entity.name}.{name}"
        if not (found := progress.found.get(path)):
            continue
        to = sorted(progress.to.get(path, {}).items(), key=lambda one: (-one[1], one[0]))
        out.append(
            {
                "object": entity.name,
                "field": name,
                "records": found,
                "stays": found - sum(n for _, n in to),
                "to": [{"user": {"id": i, "title": names.get(i)}, "records": n} for i, n in to],
            }
        )
    return out


async def _besides(ctx: Context, user: str) -> list[dict[str, Any]]:
    return [{"name": k.name, "label": k.label, "count": await k.count(ctx, user)} for k in belongings()]


async def _tried(own: Context, user: str, plan: Plan) -> Progress:
    """What would go where."""
    progress, given = Progress(), dict[str, str]()
    for entity, name in parts(own):
        path, counts = f"{entity.name}.{name}", await counted(own, entity, name, user, plan)
        if not counts:
            continue
        ways = [(n, plan.rules[at].way if at < len(plan.rules) else plan.way) for at, n in counts.items()]
        if sum(counts.values()) <= LOOKED_AT and any(len(w.people) > 1 for w in plan.ways):
            out = _shared_out(await _some(own, entity, name, user, plan), plan, given)
            progress.add(path, out)
            if name == entity.owner:
                given |= {id: to for id, to in out.items() if to}
            continue
        progress.found[path] = sum(counts.values())
        shares = Counter[str]()
        for n, way in ways:
            for at, person in enumerate(way.people):
                shares[person] += n // len(way.people) + (at < n % len(way.people))
        progress.to[path] = dict(+shares)
    return progress


async def _keep_books(own: Context, user: str, given: Mapping[str, int]) -> None:
    """What was given beside records stands in the leaver's history, so that the act can be taken back where it was all."""
    await beside(own, own.bulk, "user", user, {"handed_over": None}, {"handed_over": given})
    await own.db.execute(
        f"INSERT INTO {quote(own.workspace.schema)}._change_set (id, actor, kind, label, object, updated)"
        " VALUES (%(id)s::uuid, %(actor)s::uuid, %(kind)s, %(label)s, 'user', 1) ON CONFLICT (id) DO NOTHING",
        {"id": own.change_set, "actor": own.actor.id, "kind": own.bulk, "label": own.label},
    )


def parts(ctx: Context) -> Iterator[tuple[Entity, str]]:
    """Every field that names one person and can be given to another, each object after those that it links to."""
    done: dict[str, Entity] = {}

    def visit(entity: Entity, above: tuple[str, ...] = ()) -> None:
        for f in entity.fields.values():
            target = ctx.catalog.entities.get(f.target or "")
            if target is not None and target.name not in (*above, entity.name, *done):
                visit(target, (*above, entity.name))
        done.setdefault(entity.name, entity)

    # What is about anything (a task, a note) comes after all that it can be about.
    anywhere = [e for e in ctx.catalog.entities.values() if any(k.anywhere for k in e.types.values())]
    for entity in ctx.catalog.entities.values():
        if entity not in anywhere:
            visit(entity)
    for entity in anywhere:
        visit(entity)
    for entity in done.values():
        named = [n for n, f in entity.fields.items() if _names_one(entity, n) and access.writable(ctx.actor, entity, f)]
        for name in sorted(named, key=lambda n: n != entity.owner):
            yield entity, name


def _names_one(entity: Entity, name: str) -> bool:
    f, kind = entity.fields[name], entity.types[name]
    return (
        f.target == "user" and kind.link and not kind.many and not f.system and not f.retired and name in entity.stored
    )


def _chosen(c: Compiler, entity: Entity, name: str, user: str, plan: Plan) -> tuple[str, str]:
    """SQL of where records stand that name the user in a field (of their table ``t``), and of which rule is theirs."""
    source, may = c.source(entity, "t", "update")
    mine = [(i, r) for i, r in enumerate(plan.rules) if r.object == entity.name and r.field in ("", name)]
    fits = "".join(f" WHEN {c.where(entity, 't', r.filter) if r.filter else 'TRUE'} THEN {i}" for i, r in mine)
    which = f"CASE{fits} ELSE {len(plan.rules)} END" if fits else f"{len(plan.rules)}"
    return f"{source} WHERE {may} AND t.{quote(name)} = {c.bind(user, 'uuid')}", which


async def counted(ctx: Context, entity: Entity, name: str, user: str, plan: Plan) -> dict[int, int]:
    """How many records name the user in a field, by the rule that is theirs (the last is what holds for the rest)."""
    c = Compiler(ctx)
    those, which = _chosen(c, entity, name, user, plan)
    rows = await ctx.db.fetch(
        f"SELECT which, count(*) FROM (SELECT {which} AS which FROM {those}) AS w GROUP BY 1", c.args
    )
    if rows and access.scope_of(ctx.actor, entity, "update") != "all" and not ctx.actor.system:
        raise Forbidden("more_than_own")
    return dict(rows)


async def _some(
    ctx: Context,
    entity: Entity,
    name: str,
    user: str,
    plan: Plan,
    after: str | None = None,
    size: int | None = None,
) -> list[tuple[str, int, tuple[str, ...]]]:
    """Records that name the user in a field, by their ids: which rule is theirs, and the records that they link to."""
    links = [
        n for n in entity.stored if (entity.types[n].link and not entity.types[n].many) or entity.types[n].anywhere
    ]
    c = Compiler(ctx)
    those, which = _chosen(c, entity, name, user, plan)
    columns = "".join(f", t.{quote(n)}" for n in links)
    rest = f" AND t.id > {c.bind(after, 'uuid')}" if after else ""
    rows = await ctx.db.fetch(
        f"SELECT t.id, {which}{columns} FROM {those}{rest} ORDER BY t.id{f' LIMIT {size}' if size else ''}", c.args
    )
    if rows and access.scope_of(ctx.actor, entity, "update") != "all" and not ctx.actor.system:
        raise Forbidden("more_than_own")
    return [(id, at, tuple(a for a in above if a)) for id, at, *above in rows]


def _shared_out(rows: list[tuple[str, int, tuple[str, ...]]], plan: Plan, given: Mapping[str, str]) -> dict[str, str]:
    """To whom each goes; empty where it stays. ``given`` has the new owners of what they link to."""
    out: dict[str, str] = {}
    for id, at, above in rows:
        way = plan.rules[at].way if at < len(plan.rules) else plan.way
        follows = next((given[a] for a in above if a in given and given[a] in way.people), None)
        out[id] = follows or (way.next() if way.people else "")
    return out


async def _heirs(own: Context, ids: set[str]) -> dict[str, str]:
    """Of these records, those that were handed over already, and their new owners."""
    rows = await own.db.fetch(
        f"SELECT record, object, after::json FROM {quote(own.workspace.schema)}._journal"
        " WHERE record = ANY(%(ids)s::uuid[]) AND change_set = %(set)s::uuid",
        {"ids": list(ids), "set": own.change_set},
    )
    found = [(id, loads(after).get(own.catalog.object(o).owner)) for id, o, after in rows if after]
    return {id: owner for id, owner in found if owner}


async def _doors(ctx: Context, user: str) -> dict[str, int]:
    """The sessions and tokens that end."""
    async with as_installation(ctx.db):
        row = await ctx.db.row(
            "SELECT (SELECT count(*) FROM guanxi.session WHERE workspace = %(w)s AND user_id = %(u)s AND expires > now()),"
            " (SELECT count(*) FROM guanxi.token WHERE workspace = %(w)s AND user_id = %(u)s AND revoked IS NULL)",
            {"w": ctx.workspace.id, "u": user},
        )
    return dict(zip(("sessions", "tokens"), row or (0, 0), strict=True))


# -- what is wanted ----------------------------------------------------------------------------------------------------


async def _read(ctx: Context, user: str, wanted: Mapping[str, Any]) -> Plan:
    """The plan, with teams turned into people; one way for each place, so that turns go on from object to object."""
    ways: dict[tuple[str, str], Way] = {}

    async def way(place: str, where: Any) -> Way:
        if where is None:
            return Way()
        [(kind, id)] = where.items()
        if (kind, id) not in ways:
            ways[kind, id] = Way(await _people(ctx, user, f"{place}.{kind}", kind, id))
        return ways[kind, id]

    plan = Plan(await way("to", wanted.get("to")), deactivate=bool(wanted.get("deactivate", True)))
    rules = wanted.get("rules") or []
    if len(rules) > MOST_RULES:
        raise Invalid.one("rules", "too_complex", limit=MOST_RULES)
    for i, raw in enumerate(rules):
        entity = ctx.catalog.object(raw["object"])
        name = raw.get("field") or ""
        if name and (name not in entity.fields or not _names_one(entity, name)):
            raise Invalid(errors=[FieldError(f"rules.{i}.field", "unknown_field", {"value": name})])
        filter = read_query(entity.name, {"filter": raw.get("filter")}).filter
        plan.rules.append(Rule(entity.name, name, filter, await way(f"rules.{i}.to", raw.get("to"))))
    return plan


async def _people(ctx: Context, leaver: str, place: str, kind: str, id: str) -> tuple[str, ...]:
    """Who takes: one user, or the active members of a team, without whoever leaves."""
    if not is_id(id) or id not in await titles_of(ctx, kind, [id]):
        raise Invalid.one(place, "reference_not_found")
    c = Compiler(ctx)
    source, seen = c.source(ctx.catalog.object("user"), "t")
    who, gone = c.bind(id, "uuid"), c.bind(leaver, "uuid")
    test = f"t.id = {who}" if kind == "user" else f"{who} = ANY(t.teams)"
    rows = await ctx.db.fetch(
        f"SELECT t.id FROM {source} WHERE {seen} AND {test} AND t.active IS NOT FALSE AND t.id <> {gone} ORDER BY t.id",
        c.args,
    )
    if not rows:
        raise Invalid.one(place, "reference_not_found" if kind == "user" else "nobody_in_team")
    return tuple(r[0] for r in rows)
