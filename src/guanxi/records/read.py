"""The one way out: pages, records, counts, groups. PostgreSQL renders the JSON; here it is only put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from guanxi.base import Forbidden, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.records import access, figures, paging, reach, shapes
from guanxi.records.compile import Compiler, estimate
from guanxi.records.context import Context
from guanxi.records.cursor import make_cursor
from guanxi.records.frequent import compiler, textual
from guanxi.schema.catalog import Child, Entity
from guanxi.schema.filter import TRUE, Condition, Filter, both
from guanxi.schema.query import Query

EXACT = 10_000
"""Counts are exact up to here."""
FEW = 500
"""Records up to which a list that was counted is made of just those: in which order they are read is nothing to guess then."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: records as JSON, the cursor of the next one, and what was asked for besides."""

    rows: list[bytes]
    next: str | None
    count: int | None = None
    estimate: int | None = None
    totals: bytes | None = None
    currencies: bytes | None = None
    counted: bool = False

    def body(self) -> bytes:
        """The answer's JSON."""
        parts = [b'{"data":[', b",".join(self.rows), b'],"next":', dumps(self.next)]
        if self.counted:
            if self.count is not None:
                parts += [b',"count":', str(self.count).encode()]
            else:
                parts += [b',"count":null,"count_estimate":', str(self.estimate).encode()]
        if self.totals is not None:
            parts += [b',"totals":', self.totals]
            if self.currencies is not None:
                parts += [b',"currencies":', self.currencies]
        parts.append(b"}")
        return b"".join(parts)


async def find(ctx: Context, query: Query, key: object = None) -> Page:
    """A page of a list. ``key`` identifies the query cheaply (its raw text), so that its statement is kept for the actor."""
    ctx = ctx.then(query.as_of)
    entity = ctx.catalog.object(query.object)
    access.require(ctx.actor, entity, "read")
    if query.deleted and not (ctx.actor.system or "bin" in ctx.actor.grants.system):
        raise Forbidden
    await reach.learn(ctx)
    apart = _apart(ctx, entity, query)
    wanted = replace(query, fields=()) if apart else query
    if key is not None and (ctx.known or textual(query.filter)):
        key = None
    count, guess, few = None, None, None
    if query.count:
        count, guess, few = await _counted(ctx, query, key)
    elif _little(ctx, entity, query):
        _, few = await _first(ctx, query, key, FEW)
    if few is not None:
        those = replace(wanted, filter=TRUE)
        statement = ctx.kept(("few", ctx.catalog.version, those), lambda: paging.page(Compiler(ctx), those, few=True))
        rows = await ctx.db.fetch(statement.sql, {**statement.args, "few": few}) if few else []
    else:
        if key is None and textual(query.filter):
            statement = paging.page(await compiler(ctx, query.object, query.filter), wanted)
        elif key is None:
            statement = shapes.compiled(ctx, "list", wanted, paging.page)
        else:
            statement = ctx.kept(("list", ctx.catalog.version, key), lambda: paging.page(Compiler(ctx), wanted))
        rows = await ctx.db.fetch(statement.sql, statement.args)
    after = None
    if query.limit is not None and len(rows) > query.limit:
        del rows[query.limit :]
        after = make_cursor(rows[-1][1], query)
    if apart:
        ids = [loads(r[1])[-1] for r in rows]
        told = await shown(ctx, query.object, ids, query.fields)
        page = Page([told[i] for i in ids if i in told], after)
    else:
        page = Page([r[0] for r in rows], after)
    if query.count:
        page = replace(page, count=count, estimate=guess, counted=True)
    if query.totals:
        sums, currencies = await figures.totals(ctx, entity, query)
        page = replace(page, totals=sums, currencies=currencies)
    return page


def _little(ctx: Context, entity: Entity, query: Query) -> bool:
    """Whether a list is of the little that its reader sees, so that what fits is found before it is ordered: for a filter that
    hardly any has, the planner goes through a million of others in the order that is asked for."""
    if ctx.known or ctx.as_of is not None or query.of != "live" or query.limit is None or query.cursor:
        return False
    own = access.scope_of(ctx.actor, entity, "read") == "own" and not ctx.actor.system
    return own and query.filter != TRUE and not textual(query.filter) and not Compiler(ctx).wide(entity, "read")


def _apart(ctx: Context, entity: Entity, query: Query) -> bool:
    """Whether which records a page has and what it shows of them are asked one after the other. A link to any object takes long to
    plan, for there every object is asked who may see it; what is shown of records that are named is planned once."""
    if ctx.actor.system or ctx.as_of is not None or query.of != "live" or query.limit is None:
        return False
    names = entity.fields if query.fields is None else {n.partition(".")[0] for n in query.fields}
    return any(entity.types[n].anywhere for n in names if n in entity.fields)


async def count_of(ctx: Context, query: Query) -> tuple[int | None, int | None]:
    """How many records a query has: exactly up to :data:`EXACT`, above that the planner's estimate."""
    count, guess, _ = await _counted(ctx, query)
    return count, guess


async def _counted(ctx: Context, query: Query, key: object = None) -> tuple[int | None, int | None, list[str] | None]:
    """Likewise, and which they are, for the first page of a list of up to :data:`FEW`."""
    n, few = await _first(ctx, query, key, EXACT)
    if n <= EXACT:
        return n, None, None if query.cursor or ctx.as_of is not None else few
    statement = Compiler(ctx).ids(query)
    plan = await ctx.db.value(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.args)
    guess = estimate(loads(plan) if isinstance(plan, bytes) else plan)
    return None, max(guess, EXACT + 1), None


async def _first(ctx: Context, query: Query, key: object, most: int) -> tuple[int, list[str] | None]:
    """How many there are, counted as far as one more than ``most``, and which, of up to :data:`FEW`."""
    if key is None and textual(query.filter):
        statement = (await compiler(ctx, query.object, query.filter)).count(query, most, FEW)
    elif key is None:
        statement = shapes.compiled(ctx, f"count {most}", query, lambda c, q: c.count(q, most, FEW))
    else:
        statement = ctx.kept(("count", most, ctx.catalog.version, key), lambda: Compiler(ctx).count(query, most, FEW))
    [(n, few)] = await ctx.db.fetch(statement.sql, statement.args)
    return n, few


async def get(ctx: Context, object_name: str, id: str, fields: tuple[str, ...] | None = None) -> bytes:
    """One record as JSON; NotFound when it is not there or not visible."""
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    if not is_id(id):
        raise NotFound
    if ctx.as_of is None and entity.references:
        found = (await shown(ctx, object_name, [id], fields)).get(id)
    else:
        statement = ctx.kept(
            ("one", ctx.catalog.version, object_name, fields), lambda: Compiler(ctx).one(entity, id, fields)
        )
        found = await ctx.db.value(statement.sql, {**statement.args, "id": id})
    if found is None:  # with when it was archived and by whom
        statement = Compiler(ctx).one(entity, id, fields, of="archive")
        found = await ctx.db.value(statement.sql, statement.args)
    if found is None:
        raise NotFound
    return found


async def shown(
    ctx: Context, object_name: str, ids: Sequence[str], fields: tuple[str, ...] | None = None
) -> dict[str, bytes]:
    """Those records of ``ids`` that are visible, as JSON by id."""
    entity = ctx.catalog.object(object_name)
    if not ids or not access.may(ctx.actor, entity, "read"):
        return {}
    out: dict[str, bytes] = {}
    for led, those in (await _led(ctx, entity, ids)).items():
        statement = ctx.kept(
            ("many", ctx.catalog.version, object_name, fields, led),
            lambda led=led: Compiler(ctx).many(entity, fields, led),
        )
        out.update(await ctx.db.fetch(statement.sql, {**statement.args, "ids": those}))
    return out


async def _led(ctx: Context, entity: Entity, ids: Sequence[str]) -> dict[tuple[str | None, ...] | None, list[str]]:
    """Records by the objects that their links to any object lead to: of the others nobody needs to be asked who sees what.

    Statements for one object at a time are few and short; one for all is planned for many times as long as it takes to carry out."""
    if not entity.references or ctx.as_of is not None:
        return {None: list(ids)}
    statement = Compiler(ctx).leading(entity)
    out: dict[tuple[str | None, ...] | None, list[str]] = {}
    for id, *led in await ctx.db.fetch(statement.sql, {**statement.args, "ids": list(ids)}):
        out.setdefault(tuple(led), []).append(id)
    return out


def related(ctx: Context, object_name: str, name: str, id: str) -> tuple[Child, Filter]:
    """The inverse ``name`` of an object, and the filter of the records that belong to ``id``."""
    child = ctx.catalog.object(object_name).children.get(name)
    if child is None or not is_id(id):
        raise NotFound
    op = "contains" if child.kind == "links" else "eq"
    return child, both(Condition((child.field,), op, id))


async def stream(ctx: Context, query: Query, verb: str = "export", size: int = 1000) -> AsyncIterator[list[bytes]]:
    """All records of a query without a cap, in portions; needs an open transaction."""
    ctx = ctx.then(query.as_of)
    entity = ctx.catalog.object(query.object)
    access.require(ctx.actor, entity, "read")
    access.require(ctx.actor, entity, verb)
    statement = paging.page(Compiler(ctx), replace(query, limit=None, cursor=None), verb)
    async for rows in ctx.db.stream(statement.sql, statement.args, size):
        yield [r[0] for r in rows]


async def visible(ctx: Context, object_name: str, id: str, verb: str = "read") -> Context:
    """NotFound unless the actor may see the record, in use or in the archive; Forbidden is for the caller to tell by another verb.

    Answers the same context, which knows that."""
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, verb)
    if not is_id(id):
        raise NotFound
    key, of = ("there", ctx.catalog.version, object_name, verb), "kept" if verb == "read" else "live"
    statement = ctx.kept(key, lambda: Compiler(ctx).one(entity, id, (), verb, of))
    if await ctx.db.value(statement.sql, {**statement.args, "id": id}) is None:
        raise NotFound
    return ctx.around(object_name, [id])


def everything(object_name: str) -> Query:
    """All records of an object."""
    return Query(object_name, TRUE)
