"""Rules by which records leave: into the archive or the recycle bin, when a date is long past. What they would do is told before,
each night is one change set, and what is protected stays whatever a rule says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guanxi.audit.ruling import ACTS, Keeping, Rule
from guanxi.base import FieldError, Invalid, new_id
from guanxi.pg import Connection, Database, quote
from guanxi.records import Context, Workspace, system_actor, write
from guanxi.records.compile import Compiler
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import Filter, Not, both, parse

CAP = 5_000
"""Records that a rule moves in one night, unless it says otherwise."""
SAMPLES = 5
OWNERS = 10


def acting(db: Connection, workspace: Workspace, catalog: Catalog) -> Context:
    """The program, as it carries the rules out."""
    return Context(db, workspace, catalog, system_actor(workspace), "retention")


def check(ctx: Context, wanted: Keeping) -> None:
    """Raise Invalid for a filter of a rule that says nothing about its object."""
    errors: list[FieldError] = []
    own = ctx.as_system("retention")
    for i, rule in enumerate(wanted.rules):
        for name, raw in (("filter", rule.filter), ("protect", rule.protect)):
            if raw:
                try:
                    Compiler(own).where(ctx.catalog.object(rule.object), "t", parse(raw))
                except Invalid as wrong:
                    errors += [replace(e, field=f"rules.{i}.{name}") for e in wrong.errors]
    if errors:
        raise Invalid(errors=errors)


def meant(rule: Rule) -> Filter:
    """The records that a rule is about, by what stands in them."""
    old = parse({"field": rule.since, "op": "lt", "value": {"last_days": rule.days}})
    return both(parse(rule.filter), old, Not(parse(rule.protect)) if rule.protect else None)


def _chosen(ctx: Context, entity: Entity, rule: Rule) -> tuple[Compiler, str]:
    """SQL of id, date and owner of the records that a rule moves now."""
    c = Compiler(ctx)
    alias = c.alias()
    source, visible = c.source(entity, alias)
    wanted = c.where(entity, alias, meant(rule))
    owner = f"{alias}.{quote(entity.owner)}" if entity.owner else "NULL::uuid"
    at = f"{alias}.{quote(rule.since)}::timestamptz"
    return c, f"SELECT {alias}.id, {at} AS at, {owner} AS owner FROM {source} WHERE {visible} AND {wanted}"


async def forecast(ctx: Context, rule: Rule) -> dict[str, Any]:
    """``{"rows", "oldest", "records": [{"id", "title"}], "owners": [{"id", "title", "count"}], "below": [{"object", "count"}]}``: what
    a rule would move now, some of it, whose it is, and what in use hangs on it."""
    entity = ctx.catalog.object(rule.object)
    c, sql = _chosen(ctx, entity, rule)
    below: list[str] = []
    for child in entity.children.values():
        if child.kind == "link" and child.object in ctx.catalog.entities:
            k, other = c.alias(), ctx.catalog.entities[child.object]
            source, visible = c.source(other, k)
            told = c.bind(child.object, "text")
            below.append(
                f"SELECT {told} AS object, count(*) AS n FROM {source} JOIN due ON due.id = {k}.{quote(child.field)} WHERE {visible}"
            )
    under = (
        f"SELECT object, sum(n)::int AS n FROM ({' UNION ALL '.join(below)}) AS b GROUP BY 1 HAVING sum(n) > 0"
        if below
        else ""
    )
    title = c.title(entity, "r")
    within, there = c.source(entity, "r")
    those, known = c.source(ctx.catalog.entities["user"], "u")
    row = await ctx.db.row(
        f"WITH due AS MATERIALIZED ({sql}) SELECT (SELECT count(*) FROM due), (SELECT min(at) FROM due),"
        f" (SELECT jsonb_agg(x) FROM (SELECT r.id, {title} AS title FROM {within} JOIN due ON due.id = r.id WHERE {there} ORDER BY due.at, r.id LIMIT {SAMPLES}) AS x),"
        f" (SELECT jsonb_agg(x) FROM (SELECT o.owner AS id, (SELECT u.name FROM {those} WHERE u.id = o.owner AND {known}) AS title, o.count"
        f" FROM (SELECT owner, count(*)::int AS count FROM due GROUP BY 1 ORDER BY 2 DESC LIMIT {OWNERS}) AS o) AS x),"
        f" {f'(SELECT jsonb_agg(x) FROM ({under} ORDER BY 2 DESC) AS x)' if under else 'NULL::jsonb'}",
        c.args,
    )
    rows, oldest, some, owners, hanging = row or (0, None, None, None, None)
    return {
        "rows": rows,
        "oldest": oldest,
        "records": some or [],
        "owners": owners or [],
        "below": [{"object": b["object"], "count": b["n"]} for b in hanging or []],
    }


async def carry_out(database: Database, workspace: Workspace, catalog: Catalog, rule: Rule) -> tuple[int, str]:
    """Move what a rule says, up to its cap, the oldest first, as one change set; how many, and which change set."""
    entity = catalog.entities.get(rule.object)
    if entity is None or rule.since not in entity.fields:
        return 0, ""
    async with database.transaction(timeout=0) as db:
        ctx = acting(db, workspace, catalog)
        own = replace(ctx, change_set=new_id(), bulk=rule.what)
        c, sql = _chosen(ctx, entity, rule)
        found = await db.fetch(f"SELECT d.id FROM ({sql}) AS d ORDER BY d.at, d.id LIMIT {rule.cap or CAP}", c.args)
        done = 0
        for start in range(0, len(found), CAP):
            moves = [ACTS[rule.what](r[0]) for r in found[start : start + CAP]]
            # What others must not lose, or somebody decides about, stays.
            done += sum(o.problem is None for o in await write(own, rule.object, moves, atomic=False, render=False))
        return done, own.change_set


def protected(ctx: Context, entity: Entity, rule: Rule, alias: str) -> tuple[str, Mapping[str, Any]]:
    """SQL that is true of what a rule must not take, and its arguments."""
    if not rule.protect or rule.object != entity.name:
        return "FALSE", {}
    c = Compiler(ctx)
    c.aliases = 50  # beside names that the caller's statement has
    return f"({c.where(entity, alias, parse(rule.protect))}) IS TRUE", c.args
