"""Many groups of records made one each, by a rule, as one act: at once where they are few, else by a job in portions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.base import Invalid, NotFound, Problem, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.shape import names, sequence
from guanxi.merging.combining import Cluster, combine, conflicts, decide, load, sole_pointers
from guanxi.merging.rules import Rule
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import Job, defer, in_portions, task
from guanxi.records import Context, Ended, ended, load_actor, load_catalog, load_workspace, moving
from guanxi.records.alike import KEYS, key
from guanxi.records.compile import Compiler
from guanxi.records.merges import CAUSE, merging
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query

AT_ONCE = 100
"""Groups that are made one while the caller waits."""
MOST = 10_000
PORTION = 100
SHOWN = 200
NAMES = ("id", "object", "status", "total", "done", "merged", "failed", "problems", "at", "ended_at")


async def groups_of(ctx: Context, query: Query, by: Mapping[str, Any]) -> list[list[str]]:
    """Records of a query that have the same key: ``{"field", "how"}``, compared as duplicates are."""
    entity = ctx.catalog.object(query.object)
    name, how = by.get("field"), by.get("how", "exact")
    c = Compiler(ctx)
    if not isinstance(name, str) or set(by) - {"field", "how"}:
        raise Invalid.one("key", "required")
    _, kind = c.field(entity, name, (name,))
    if how not in KEYS or kind.sql != "text" or not kind.stored:
        raise Invalid.one("key", "not_an_option", value=str(how)[:50])
    source, seen = c.source(entity, "t")
    wanted = c.where(entity, "t", query.filter)
    value = key(how, c.column(entity, "t", name))
    rows = await ctx.db.fetch(
        f"SELECT array_agg(t.id ORDER BY t.id) FROM {source} WHERE ({wanted}) AND {seen} AND {value} IS NOT NULL"
        f" GROUP BY {value} HAVING count(*) > 1 ORDER BY 1 LIMIT {MOST + 1}",
        c.args,
    )
    return [list(r[0]) for r in rows]


def read_groups(raw: Any) -> list[list[str]]:
    """Groups of ids from JSON; raises Invalid."""
    groups = [list(names(g) or ()) for g in sequence(raw) or ()]
    if not groups or any(len(g) < 2 or not all(is_id(i) for i in g) for g in groups):
        raise Invalid.one("clusters", "merge_needs_two")
    every = [i for g in groups for i in g]
    if len(set(every)) != len(every):
        raise Invalid.one("clusters", "not_unique")
    return groups


async def merge_many(ctx: Context, object_name: str, groups: Sequence[Sequence[str]], raw: Any) -> dict[str, Any]:
    """Make each group one: ``{"status", "total", "merged", "failed", "problems", "change_set"}``; of many groups a job does it, and
    ``status`` is ``queued``. A group that cannot be made one is told with its reason, and the others go on."""
    entity = ctx.catalog.object(object_name)
    rule = Rule.read(ctx, entity, raw)
    if len(groups) > MOST:
        raise Invalid.one("clusters", "too_many_values", max=MOST)
    if len(groups) <= AT_ONCE:
        own = merging(ctx)
        merged, problems = await portion(own, entity, groups, rule)
        return {
            "status": "done",
            "total": len(groups),
            "merged": merged,
            "failed": len(problems),
            "problems": told(ctx, problems),
            "change_set": ctx.change_set if merged else None,
        }
    id = new_id()
    job = await defer(ctx.db, "merging.many", {"workspace": ctx.workspace.id, "run": id, "cause": ctx.cause})
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._merge_run (id, object, owner, groups, rule, total, job) VALUES"
        " (%(id)s::uuid, %(object)s, %(owner)s::uuid, %(groups)s::jsonb, %(rule)s::jsonb, %(total)s, %(job)s)",
        {
            "id": id,
            "object": object_name,
            "owner": ctx.actor.id,
            "groups": dumps([list(g) for g in groups]).decode(),
            "rule": dumps(raw or {}).decode(),
            "total": len(groups),
            "job": job,
        },
    )
    return await run_status(ctx, object_name, id)


async def run_status(ctx: Context, object_name: str, id: str) -> dict[str, Any]:
    """How a job of one's own stands. NotFound for others."""
    row = is_id(id) and await ctx.db.row(
        f"SELECT {', '.join(NAMES)} FROM {quote(ctx.workspace.schema)}._merge_run"
        " WHERE id = %(id)s::uuid AND owner = %(me)s::uuid AND object = %(object)s",
        {"id": id, "me": ctx.actor.id, "object": object_name},
    )
    if not row:
        raise NotFound
    found: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    return {**found, "change_set": found["id"] if found["merged"] else None}


async def portion(
    ctx: Context, entity: Entity, groups: Sequence[Sequence[str]], rule: Rule
) -> tuple[int, list[tuple[Sequence[str], Problem]]]:
    """Make groups one, together if that goes, else one by one: how many were, and why others were not."""
    if not groups:
        return 0, []
    try:
        async with ctx.db.savepoint():
            await _together(ctx, entity, groups, rule)
    except Problem as problem:
        if len(groups) == 1:
            return 0, [(groups[0], problem)]
    else:
        return len(groups), []
    half = len(groups) // 2
    first, refused = await portion(ctx, entity, groups[:half], rule)
    second, more = await portion(ctx, entity, groups[half:], rule)
    return first + second, refused + more


async def _together(ctx: Context, entity: Entity, groups: Sequence[Sequence[str]], rule: Rule) -> None:
    images = await load(ctx, entity, [Cluster(g[0], tuple(g[1:])) for g in groups], {}, only_look=True)
    children: dict[str, int] = {}
    if rule.survivor == "children":
        for counts in (await moving.counted(ctx, entity, list(images))).values():
            for id, n in counts.items():
                children[id] = children.get(id, 0) + n
    clusters = [rule.choose(g, images, children) for g in groups]
    images = await load(ctx, entity, clusters, {})
    found = await sole_pointers(ctx, entity, clusters)
    for cluster in clusters:
        rule.decide(ctx, entity, cluster, images)
        await decide(ctx, entity, cluster, images)
        if hindrances := conflicts(ctx, entity, cluster, images, found):
            raise hindrances[0].problem
    await combine(ctx, entity, clusters, images)


def told(ctx: Context, problems: Sequence[tuple[Sequence[str], Problem]]) -> list[dict[str, Any]]:
    """Groups that could not be made one, each with the reason in the actor's language."""
    language = ctx.actor.language
    return [
        {
            "ids": list(ids),
            "code": p.errors[0].code if p.errors else p.code,
            "message": p.errors[0].message(language) if p.errors else p.title(language),
        }
        for ids, p in problems[:SHOWN]
    ]


@task("merging.many")
async def carry_out(job: Job) -> None:
    """Make groups one portion by portion, each committed with how far it is: after a crash it goes on where it was."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        if workspace is None:
            return
        schema = quote(workspace.schema)
        row = await db.row(
            f"SELECT object, owner::text, groups, rule, done FROM {schema}._merge_run WHERE id = %(id)s::uuid AND ended_at IS NULL",
            {"id": job.args["run"]},
        )
        if row is None:
            return
        object_name, owner, groups, raw, done = row
        catalog, actor = await load_catalog(db, workspace), await load_actor(db, workspace, owner)

    async def failed(db: Connection) -> bool:
        await _end(db, workspace, job.args["run"], "failed")
        return False

    async def step(db: Connection) -> bool:
        nonlocal done
        if actor is None or object_name not in catalog.entities:
            return await failed(db)
        if done >= len(groups):
            await _end(db, workspace, job.args["run"], "done")
            return False
        cause = job.args["cause"] + CAUSE
        ctx = Context(db, workspace, catalog, actor, cause, change_set=job.args["run"], bulk="merge")
        entity = catalog.object(object_name)
        merged, problems = await portion(ctx, entity, groups[done : done + PORTION], Rule.read(ctx, entity, raw))
        done += PORTION
        await db.execute(
            f"UPDATE {schema}._merge_run SET status = 'running', done = least(%(done)s, total), merged = merged + %(merged)s,"
            " failed = failed + %(failed)s, problems = CASE WHEN jsonb_array_length(problems) < %(shown)s"
            " THEN problems || %(problems)s::jsonb ELSE problems END WHERE id = %(id)s::uuid",
            {"id": job.args["run"], "done": done, "merged": merged, "failed": len(problems), "shown": SHOWN,
             "problems": dumps(told(ctx, problems)).decode()},
        )  # fmt: skip
        return True

    await in_portions(job, workspace.role, step, failed, limit=0)


async def _end(db: Connection, workspace: Any, id: str, status: Any) -> None:
    row = await db.row(
        f"UPDATE {quote(workspace.schema)}._merge_run SET status = %(status)s, ended_at = now() WHERE id = %(id)s::uuid"
        " RETURNING owner::text, merged, failed",
        {"id": id, "status": status},
    )
    if row is not None:
        await ended(db, workspace, Ended("merge", id, row[0], status, {"n": row[1], "failed": row[2]}))
