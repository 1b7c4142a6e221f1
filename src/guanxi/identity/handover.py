"""The hand-over of somebody who leaves: everything they own goes to others in one act, and they are out at once.

Every object is gone through that names people in a field of one person (owners first of all); to whom what goes is said
by rules: one person, a team in turn, or nobody. What hangs together stays together: a record follows the one that it links
to, where that was handed over too. It is one change set, written by the one write path with the actor's own rights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import FieldError, Forbidden, Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.pg import as_installation
from guanxi.records import Context, Update, access, note, write
from guanxi.records.belongings import belongings
from guanxi.records.compile import Compiler, quote
from guanxi.records.journal import beside, titles_of
from guanxi.records.write import MAX_BATCH
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import Filter
from guanxi.schema.query import read_query

MOST_RULES = 200


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


async def hand_over(ctx: Context, user: str, wanted: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
    """Hand over what ``user`` has, and deactivate them; with ``dry_run`` only say what would go where.

    ``wanted`` is ``{"to": where, "rules": [{"object", "field"?, "filter"?, "to": where}], "deactivate": bool}``; ``where`` is
    ``{"user": id}``, ``{"team": id}`` (its active members in turn) or None (it stays). Answers ``{"user", "objects": [{"object",
    "field", "records", "stays", "to": [{"user", "records"}]}], "belongings": [{"name", "label", "count"}], "sessions", "tokens",
    "change_set"}``. Raises Forbidden without the right to users, or where one may not change all records of an object.
    """
    if "users" not in ctx.actor.grants.system and not ctx.actor.system:
        raise Forbidden
    leaver = (await titles_of(ctx, "user", [user])).get(user)
    if leaver is None:
        raise NotFound
    plan = await _read(ctx, user, wanted)
    if plan.deactivate and user == ctx.actor.id:
        raise Invalid.one("deactivate", "not_oneself")
    own = replace(ctx, bulk="hand_over", label=leaver)
    given: dict[str, str] = {}
    objects: list[dict[str, Any]] = []
    for entity, name in parts(ctx):
        found = await _shared_out(own, entity, name, user, plan, given)
        going = {id: to for id, to in found.items() if to}
        if found:
            counts = Counter(going.values())
            objects.append({"object": entity.name, "field": name, "records": len(found), "counts": counts})
        if name == entity.owner:
            given |= going
        ids = [] if dry_run else list(going)
        for start in range(0, len(ids), MAX_BATCH):
            some = ids[start : start + MAX_BATCH]
            await write(own, entity.name, [Update(i, {name: going[i]}, trusted=True) for i in some], render=False)
    kinds: list[dict[str, Any]] = []
    given_besides: dict[str, int] = {}
    for kind in belongings():
        count = await kind.count(ctx, user)
        kinds.append({"name": kind.name, "label": kind.label, "count": count})
        if count and plan.way.people and not dry_run and (n := await kind.give(own, user, plan.way.people[0])):
            given_besides[kind.name] = n
    doors = await _doors(ctx, user)
    if not dry_run:
        if given_besides:
            await _keep_books(own, user, given_besides)
        if plan.deactivate:
            await write(own, "user", [Update(user, {"active": False})], render=False)
        told = [{"object": o["object"], "field": o["field"], "records": o["counts"].total()} for o in objects]
        await note(ctx, "hand_over", object="user", record=user, change_set=ctx.change_set, handed=told)
    names = await titles_of(ctx, "user", {i for o in objects for i in o["counts"]})
    for one in objects:
        counts = one.pop("counts")
        one["stays"] = one["records"] - counts.total()
        one["to"] = [{"user": {"id": i, "title": names.get(i)}, "records": n} for i, n in counts.most_common()]
    return {
        "user": {"id": user, "title": leaver},
        "objects": objects,
        "belongings": kinds,
        **doors,
        "change_set": None if dry_run else ctx.change_set,
    }


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


async def _shared_out(
    ctx: Context, entity: Entity, name: str, user: str, plan: Plan, given: Mapping[str, str]
) -> dict[str, str]:
    """Of each record that names the user in a field, to whom it goes; empty where it stays."""
    links = [
        n for n in entity.stored if (entity.types[n].link and not entity.types[n].many) or entity.types[n].anywhere
    ]
    out: dict[str, str] = {}
    mine = [r for r in plan.rules if r.object == entity.name and r.field in ("", name)]
    for filter, way in [*((r.filter, r.way) for r in mine), (None, plan.way)]:
        c = Compiler(ctx)
        source, may = c.source(entity, "t", "update")
        tests = [may, f"t.{quote(name)} = {c.bind(user, 'uuid')}"]
        if filter is not None:
            tests.append(c.where(entity, "t", filter))
        columns = "".join(f", t.{quote(n)}" for n in links)
        rows = await ctx.db.fetch(
            f"SELECT t.id{columns} FROM {source} WHERE {' AND '.join(tests)} ORDER BY t.id", c.args
        )
        for id, *above in rows:
            if id not in out:
                follows = next((given[a] for a in above if a in given and given[a] in way.people), None)
                out[id] = follows or (way.next() if way.people else "")
        if rows and access.scope_of(ctx.actor, entity, "update") != "all" and not ctx.actor.system:
            raise Forbidden("more_than_own")
    return out


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
