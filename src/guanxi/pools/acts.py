"""What people do with pools: claim, release, assign, transfer, give back. One record is a selection of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Problem, say
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.said import moment
from guanxi.base.shape import mapping
from guanxi.pg import quote
from guanxi.pools.people import people
from guanxi.records import Context, Operation, Update, access, write
from guanxi.records.audit import today
from guanxi.records.compile import Compiler
from guanxi.records.row import NOBODY
from guanxi.schema.catalog import Entity
from guanxi.schema.declare import read_options

MOST = 1000
"""Records of one act."""
LATELY = timedelta(days=1)
"""How long somebody who comes too late is told that it was claimed, instead of that there is no such record."""
REASONS = read_options(
    "no_need No_need 没有需求 | no_answer Cannot_be_reached 联系不上 | no_budget No_budget 没有预算 | competitor Went_to_a_competitor 选择了竞品"
    " | not_mine Not_for_me 不归我负责 | other Other 其他"
)
"""Why somebody gives a record up."""
STANDS = (
    "NOT EXISTS (SELECT FROM {s}._change_set AS u WHERE u.id = m.change_set AND u.undone_by IS NOT NULL"
    " AND u.undone_by = ANY(ARRAY(SELECT j.change_set FROM {s}._journal AS j WHERE j.record = m.record)))"
)
"""SQL: a move ``m`` was not undone, or its record stayed where it was when the others went back; ``{s}`` is the schema. Asked by
the record's journal: by the undoing's, the night that it took back would be gone through once for each of its records."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a pool lets its members do."""

    id: str
    name: str
    claims_per_day: int | None
    held_most: int | None
    capacity_by: str | None
    capacity: Mapping[str, int]
    cooldown_days: int | None
    return_days: int | None


async def pools_of(ctx: Context, entity: Entity) -> dict[str, Rules]:
    """The pools of an object that are in use, in their order. NotFound for an object that has none."""
    if not entity.pool:
        raise NotFound
    rows = await ctx.db.fetch(
        "SELECT id, name, claims_per_day, held_most, capacity_by, capacity, cooldown_days, return_days"
        f" FROM {quote(ctx.workspace.schema)}.pool WHERE holds = %(object)s AND deleted_at IS NULL AND active"
        " ORDER BY position NULLS LAST, name",
        {"object": entity.name},
    )
    return {
        id: Rules(id, name, day, most, by if by in entity.fields else None, mapping(each) or {}, cool, back)
        for id, name, day, most, by, each, cool, back in rows
    }


def manages(ctx: Context, pool: str) -> bool:
    """Whether the actor decides about what is in a pool: as one of its administrators, or as who sets rights."""
    return ctx.actor.system or any(s.pool == pool and s.admin for s in ctx.actor.seats)


@dataclass(slots=True)
class Room:
    """How much of an object one person has and may have; counted once, then reckoned on."""

    user: str
    name: str
    held: int
    by: dict[tuple[str, Any], int]
    today: dict[str, int] = field(default_factory=dict[str, int])
    cooling: Mapping[str, datetime] = field(default_factory=dict[str, datetime])

    def full(self, ctx: Context, entity: Entity, pool: Rules, row: Mapping[str, Any]) -> Problem | None:
        """Why the person may hold no more of these."""
        if pool.held_most is not None and self.held >= pool.held_most:
            return Conflict("held_most", user=self.name, held=self.held, limit=pool.held_most, pool=pool.name)
        if pool.capacity_by and (option := row.get(pool.capacity_by)) in pool.capacity:
            held, most = self.by.get((pool.capacity_by, option), 0), pool.capacity[str(option)]
            if held >= most:
                label = next(
                    (o.label for o in entity.fields[pool.capacity_by].options if o.name == option), {"en": str(option)}
                )
                said = say(label, ctx.actor.language)
                return Conflict("capacity_full", user=self.name, held=held, limit=most, pool=pool.name, option=said)
        return None

    def take(self, row: Mapping[str, Any], pool: Rules | None) -> None:
        """One more."""
        self.held += 1
        for name, value in row.items():
            self.by[name, value] = self.by.get((name, value), 0) + 1
        if pool is not None:
            self.today[pool.id] = self.today.get(pool.id, 0) + 1


@dataclass(slots=True)
class Act:
    """Records that one act is about, locked, and what becomes of each."""

    ctx: Context
    entity: Entity
    kind: str
    pools: Mapping[str, Rules]
    ids: Sequence[str]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    problems: dict[str, Problem] = field(default_factory=dict[str, Problem])
    changes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    moves: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @classmethod
    async def begin(
        cls, ctx: Context, object_name: str, kind: str, ids: Sequence[str], users: Sequence[str] = ()
    ) -> Act:
        """Look at the records as the actor, then lock them."""
        entity = ctx.catalog.object(object_name)
        access.require(ctx.actor, entity, "read")
        if not ids or len(ids) > MOST:
            raise Invalid.one("ids", "too_complex" if ids else "required", limit=MOST)
        if bad := next((i for i in ids if not is_id(i)), None):
            raise Invalid.one("ids", "not_an_id", value=str(bad)[:50])
        act = cls(ctx, entity, kind, await pools_of(ctx, entity), list(dict.fromkeys(ids)))
        seen = await act.reach("read")
        await one_by_one(ctx, entity, users)
        act.rows = await holding(ctx, entity, act.pools, act.ids)
        late = await act._late([i for i in act.ids if i not in seen])
        for id in act.ids:
            if id not in seen or id not in act.rows:
                act.problems[id] = Conflict("already_claimed") if id in late and kind == "claim" else NotFound()
        return act

    async def reach(self, verb: str) -> set[str]:
        """The records that the actor may ``verb``."""
        c = Compiler(self.ctx)
        source, visible = c.source(self.entity, "t", verb)
        rows = await self.ctx.db.fetch(
            f"SELECT t.id FROM {source} WHERE {c.among('t.id', self.ids)} AND {visible}", c.args
        )
        return {r[0] for r in rows}

    async def _late(self, ids: Sequence[str]) -> set[str]:
        """Those that were taken lately out of a pool that the actor is in."""
        if not ids or not self.ctx.actor.seats:
            return set()
        rows = await self.ctx.db.fetch(
            f"SELECT DISTINCT record FROM {quote(self.ctx.workspace.schema)}._pool_move WHERE record = ANY(%(ids)s::uuid[])"
            " AND kind IN ('claim', 'assign') AND pool = ANY(%(pools)s::uuid[]) AND at > %(since)s",
            {"ids": list(ids), "pools": [s.pool for s in self.ctx.actor.seats], "since": self.ctx.now - LATELY},
        )
        return {r[0] for r in rows}

    def left(self) -> list[str]:
        """The records that nothing was said against yet."""
        return [i for i in self.ids if i not in self.problems]

    def pool(self, id: str) -> Rules | None:
        """The pool that a record is in now."""
        row = self.rows[id]
        return self.pools.get(row["pool"] or "") if row["owner"] is None else None

    def give(self, id: str, user: str | None, pool: str | None, **move: Any) -> None:
        """Into somebody's hands, or (``user`` None) into a pool."""
        row, now = self.rows[id], self.ctx.now
        values: dict[str, Any] = {self.entity.owner: user, self.entity.pool: pool or row["pool"]}
        since = {"held_since": now if user else None} | ({} if user else {"pool_since": now})
        self.changes[id] = values | {n: v for n, v in since.items() if n in self.entity.fields}
        self.moves[id] = {"pool": pool or row["pool"], "giver": row["owner"], "taker": user, **move}

    async def end(self) -> list[dict[str, Any]]:
        """Write it all; ``[{"id", "status", "problem"}]`` in the order in which they were named. A single record's problem is raised."""
        ctx = self.ctx.as_system(self.kind)
        ids = [i for i in self.left() if i in self.changes]
        operations: list[Operation] = [Update(i, self.changes[i], trusted=True) for i in ids]
        outcomes = await write(ctx, self.entity.name, operations, atomic=len(self.ids) == 1, render=False)
        for id, outcome in zip(ids, outcomes, strict=True):
            if outcome.problem is not None:
                self.problems[id] = outcome.problem
        if len(self.ids) == 1 and self.problems:
            raise next(iter(self.problems.values()))
        done = [{"record": i, **self.moves[i]} for i in ids if i not in self.problems and self.moves[i]["pool"]]
        await ctx.db.execute(
            f"INSERT INTO {quote(ctx.workspace.schema)}._pool_move (pool, object, record, kind, actor, giver, taker, reason, note, change_set)"
            " SELECT m.pool, %(object)s, m.record, %(kind)s, %(actor)s::uuid, m.giver, m.taker, m.reason, m.note, %(set)s::uuid"
            " FROM json_to_recordset(%(moves)s::json) AS m(pool uuid, record uuid, giver uuid, taker uuid, reason text, note text)",
            {
                "object": self.entity.name,
                "kind": self.kind,
                "actor": None if ctx.actor.id == NOBODY else ctx.actor.id,
                "set": ctx.change_set,
                "moves": dumps(done).decode(),
            },
        )
        return [
            {
                "id": i,
                "status": p.status if (p := self.problems.get(i)) else 200,
                "problem": p,
                "to": self.moves.get(i, {}).get("taker"),
            }
            for i in self.ids
        ]


async def one_by_one(ctx: Context, entity: Entity, users: Iterable[str]) -> None:
    """Of two acts for one person the second waits for the first, so that limits hold."""
    for user in sorted(set(users)):
        await ctx.db.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(n)s, 12))",
            {"n": f"{ctx.workspace.id} {entity.name} {user}"},
        )


async def holding(
    ctx: Context, entity: Entity, pools: Mapping[str, Rules], ids: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Who has these records, locked, and to which pool each belongs: ``{"owner", "pool", …}`` by id, with what is :func:`graded`."""
    by = [n for n in dict.fromkeys(p.capacity_by for p in pools.values()) if n]
    columns = ", ".join(f"t.{quote(n)}" for n in (entity.owner, entity.pool, *by))
    found = await ctx.db.fetch(
        f"SELECT t.id, {columns} FROM {quote(ctx.workspace.schema)}.{quote(entity.name)} AS t WHERE t.id = ANY(%(ids)s::uuid[])"
        " AND t.deleted_at IS NULL ORDER BY t.id FOR NO KEY UPDATE OF t",
        {"ids": list(ids)},
    )
    return {id: {"owner": o, "pool": p, **dict(zip(by, values, strict=True))} for id, o, p, *values in found}


def graded(row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a record says how many of its like one may hold."""
    return {n: v for n, v in row.items() if n not in ("owner", "pool")}


async def room(
    ctx: Context, entity: Entity, pools: Mapping[str, Rules], users: Sequence[str], ids: Sequence[str] = ()
) -> dict[str, Room]:
    """How much each of these users has of an object; of the actor also what was claimed today, and of ``ids`` what has to rest."""
    schema, table = quote(ctx.workspace.schema), f"{quote(ctx.workspace.schema)}.{quote(entity.name)}"
    owner = quote(entity.owner)
    rows = await ctx.db.fetch(
        f"SELECT u.id, u.name, (SELECT count(*)::int FROM {table} AS t WHERE t.{owner} = u.id AND t.deleted_at IS NULL)"
        f' FROM {schema}."user" AS u WHERE u.id = ANY(%(users)s::uuid[]) AND u.deleted_at IS NULL AND u.active IS NOT FALSE',
        {"users": list(users)},
    )
    out = {id: Room(id, name or "", held, {}) for id, name, held in rows}
    for by in dict.fromkeys(p.capacity_by for p in pools.values() if p.capacity_by and p.capacity):
        found = await ctx.db.fetch(
            f"SELECT t.{owner}, t.{quote(by or '')}, count(*)::int FROM {table} AS t WHERE t.{owner} = ANY(%(users)s::uuid[])"
            " AND t.deleted_at IS NULL GROUP BY 1, 2",
            {"users": list(out)},
        )
        for user, option, n in found:
            out[user].by[by or "", option] = n
    mine = out.get(ctx.actor.id)
    if mine is not None:
        begin, _ = today(ctx.actor, ctx.now)
        stands = STANDS.replace("{s}", schema)
        # A claim that was taken back counts as well: else the details of a whole pool could be looked at one after the other.
        claimed = await ctx.db.fetch(
            f"SELECT m.pool, count(*)::int FROM {schema}._pool_move AS m WHERE m.taker = %(me)s::uuid AND m.kind = 'claim'"
            f" AND m.object = %(object)s AND m.at >= %(begin)s GROUP BY 1",
            {"me": ctx.actor.id, "object": entity.name, "begin": begin},
        )
        mine.today = dict(claimed)
        if ids:
            gave = await ctx.db.fetch(
                f"SELECT m.record, max(m.at) FROM {schema}._pool_move AS m WHERE m.record = ANY(%(ids)s::uuid[]) AND m.giver = %(me)s::uuid"
                f" AND m.kind IN ('release', 'recycle') AND {stands} GROUP BY 1",
                {"me": ctx.actor.id, "ids": list(ids)},
            )
            mine.cooling = dict(gave)
    return out


async def claim(ctx: Context, object_name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Take records out of their pools for oneself, as far as the limits of each pool allow; administrators have none."""
    me = ctx.actor.id
    act = await Act.begin(ctx, object_name, "claim", ids, (me,))
    mine = (await room(ctx, act.entity, act.pools, (me,), act.ids)).get(me)
    seats = {s.pool: s for s in ctx.actor.seats if s.object == object_name}
    for id in act.left():
        row, pool = act.rows[id], act.pool(id)
        problem: Problem | None = None
        if row["owner"] is not None:
            problem = Conflict("already_claimed") if row["owner"] != me else Conflict("not_pooled")
        elif pool is None:
            problem = Conflict("not_pooled")
        elif pool.id not in seats:
            problem = None if manages(ctx, pool.id) else Forbidden("pool_member", pool=pool.name)
        elif not seats[pool.id].admin and mine is not None:
            problem = _claimable(ctx, act.entity, mine, pool, id, row)
        if problem is not None or pool is None or mine is None:
            act.problems[id] = problem or Forbidden()
            continue
        mine.take(graded(row), pool)
        act.give(id, me, pool.id)
    return await act.end()


def _claimable(
    ctx: Context, entity: Entity, mine: Room, pool: Rules, id: str, row: Mapping[str, Any]
) -> Problem | None:
    if pool.claims_per_day is not None and mine.today.get(pool.id, 0) >= pool.claims_per_day:
        return Conflict("claims_used_up", limit=pool.claims_per_day, pool=pool.name)
    if pool.cooldown_days and id in mine.cooling:
        until = mine.cooling[id] + timedelta(days=pool.cooldown_days)
        if until > ctx.now:
            return Conflict("cooling_down", until=moment(until, ctx.actor.language, ctx.actor.timezone))
    return mine.full(ctx, entity, pool, row)


async def release(
    ctx: Context,
    object_name: str,
    ids: Sequence[str],
    pool: str | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> list[dict[str, Any]]:
    """Put records that one may change into a pool: the given one, or that which each belongs to."""
    if reason is not None and reason not in {o.name for o in REASONS}:
        raise Invalid.one("reason", "not_an_option", value=reason[:60])
    act = await Act.begin(ctx, object_name, "release", ids)
    able = await act.reach("update")
    if pool is not None and pool not in act.pools:
        raise Invalid.one("pool", "reference_not_found")
    homes = await _homes(ctx, act) if pool is None else {}
    for id in act.left():
        row = act.rows[id]
        to = pool or (row["pool"] if row["pool"] in act.pools else homes.get(row["owner"] or ""))
        if row["owner"] is None and act.pool(id) is not None:
            act.problems[id] = Conflict("already_pooled")
        elif id not in able:
            act.problems[id] = Forbidden()
        elif to is None:
            act.problems[id] = Invalid.one("pool", "pool_none")
        else:
            act.give(id, None, to, reason=reason, note=note)
    return await act.end()


async def _homes(ctx: Context, act: Act) -> dict[str, str]:
    """The first pool of each owner; where there is but one, it is everybody's."""
    if len(act.pools) == 1:
        return {(r["owner"] or ""): next(iter(act.pools)) for r in act.rows.values()}
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT DISTINCT ON (m.id) m.id, p.id FROM {schema}.pool AS p CROSS JOIN LATERAL ({people(schema, 'p.members', 'p.teams', 'p.roles')}) AS m"
        " WHERE p.id = ANY(%(pools)s::uuid[]) AND m.id = ANY(%(owners)s::uuid[]) ORDER BY m.id, array_position(%(pools)s::uuid[], p.id)",
        {"pools": list(act.pools), "owners": list({r["owner"] for r in act.rows.values() if r["owner"]})},
    )
    return dict(rows)


async def assign(
    ctx: Context, object_name: str, ids: Sequence[str], to: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Give records that are in pools one manages to people: by turns to those named, or (None) to the members of each pool. Who
    holds the least begins; who has no room is passed over."""
    given = list(dict.fromkeys(to or ()))
    if bad := next((u for u in given if not is_id(u)), None):
        raise Invalid.one("to", "not_an_id", value=str(bad)[:50])
    entity = ctx.catalog.object(object_name)
    turns: dict[str, list[str]] = {}
    everybody: set[str] = set(given)
    if not given:
        turns = await _members(ctx, entity)
        everybody = {u for users in turns.values() for u in users}
    act = await Act.begin(ctx, object_name, "assign", ids, sorted(everybody))
    rooms = await room(ctx, entity, act.pools, sorted(everybody))
    if missing := [u for u in given if u not in rooms]:
        raise Invalid.one("to", "reference_not_found", value=missing[0])
    for id in act.left():
        row, pool = act.rows[id], act.pool(id)
        if pool is None:
            act.problems[id] = Conflict("not_pooled")
        elif not manages(ctx, pool.id):
            act.problems[id] = Forbidden()
        else:
            people_ = [rooms[u] for u in (given or turns.get(pool.id, ())) if u in rooms]
            full: Problem | None = None
            for one in sorted(people_, key=lambda r: (r.held, r.user)):
                full = one.full(ctx, entity, pool, row)
                if full is None:
                    one.take(graded(row), None)
                    act.give(id, one.user, pool.id)
                    break
            else:
                act.problems[id] = full if full is not None and len(people_) == 1 else Conflict("nobody_free")
    return await act.end()


async def _members(ctx: Context, entity: Entity) -> dict[str, list[str]]:
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT p.id, array_agg(m.id ORDER BY m.id) FROM {schema}.pool AS p"
        f" CROSS JOIN LATERAL ({people(schema, 'p.members', 'p.teams', 'p.roles')}) AS m"
        " WHERE p.holds = %(object)s AND p.deleted_at IS NULL AND p.active GROUP BY p.id",
        {"object": entity.name},
    )
    return dict(rows)


async def transfer(
    ctx: Context, object_name: str, ids: Sequence[str], to: str | None = None, pool: str | None = None
) -> list[dict[str, Any]]:
    """Give records that one may change, or that are in a pool one manages, to a person or into a pool.

    A person gets no more than the pool lets them hold, unless who decides about the pool gives it.
    """
    if (to is None) is (pool is None):
        raise Invalid.one("to", "one_of")
    for name, value in (("to", to), ("pool", pool)):
        if value is not None and not is_id(value):
            raise Invalid.one(name, "not_an_id", value=str(value)[:50])
    act = await Act.begin(ctx, object_name, "transfer", ids, (to,) if to else ())
    able = await act.reach("update")
    if pool is not None and pool not in act.pools:
        raise Invalid.one("pool", "reference_not_found")
    rooms = await room(ctx, act.entity, act.pools, (to,)) if to else {}
    if to and to not in rooms:
        raise Invalid.one("to", "reference_not_found")
    for id in act.left():
        row, inside = act.rows[id], act.pool(id)
        belongs = act.pools.get(row["pool"] or "")
        if not (manages(ctx, inside.id) if inside is not None else id in able):
            act.problems[id] = Forbidden()
        elif (
            to
            and row["owner"] != to
            and belongs
            and not manages(ctx, belongs.id)
            and (full := rooms[to].full(ctx, act.entity, belongs, row))
        ):
            act.problems[id] = full
        else:
            if to and row["owner"] != to:
                rooms[to].take(graded(row), None)
            act.give(id, to, pool)
    return await act.end()


async def give_back(ctx: Context, object_name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Give records back to those who had them before they fell or were given up, as long as each pool allows."""
    act = await Act.begin(ctx, object_name, "return", ids)
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT DISTINCT ON (m.record) m.record, m.giver, m.at FROM {schema}._pool_move AS m"
        f' JOIN {schema}."user" AS u ON u.id = m.giver AND u.deleted_at IS NULL AND u.active IS NOT FALSE'
        f" WHERE m.record = ANY(%(ids)s::uuid[]) AND m.kind IN ('release', 'recycle', 'transfer') AND {STANDS.replace('{s}', schema)}"
        " ORDER BY m.record, m.seq DESC",
        {"ids": list(act.ids)},
    )
    former = {r[0]: (r[1], r[2]) for r in rows}
    for id in act.left():
        pool = act.pool(id)
        if pool is None:
            act.problems[id] = Conflict("not_pooled")
        elif not manages(ctx, pool.id):
            act.problems[id] = Forbidden()
        elif id not in former or (
            pool.return_days is not None and former[id][1] < ctx.now - timedelta(days=pool.return_days)
        ):
            act.problems[id] = Conflict("no_former_owner")
        else:
            act.give(id, former[id][0], pool.id)
    return await act.end()
