"""Invented data into a workspace, through the same door as everybody's; then moved back to the times it tells of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi import packs, standing
from guanxi.base import new_id
from guanxi.pg import Connection, Database, quote
from guanxi.records import (
    Context,
    Create,
    Operation,
    Update,
    Upsert,
    Workspace,
    analyze,
    load_catalog,
    system_actor,
    write,
)
from guanxi.sample import aiming, daily, pooling
from guanxi.sample.dealings import OBJECTS, Dealings
from guanxi.sample.made import Made
from guanxi.sample.scene import Scene
from guanxi.sample.story import TONGUES, Story
from guanxi.sample.tongue import Name, Tongue

SIZES: Mapping[str, int] = {"small": 60, "medium": 1_000, "large": 20_000}
"""Companies by name of a size; for each about 2.5 contacts, 1.5 deals and 7 activities."""
BATCH = 100
WEEKS = 78
"""How far back customers are followed through the stages of their lives."""
ORDER = ("account", "contact", "opportunity", *OBJECTS, "lead", "task", "note", "call", "meeting")
CAUSE = "sample: standing"
"""Of what is brought in, grades and stages are reckoned here, as the story says, and not by who hears of it meanwhile."""
AFTER = ("parent", "reports_to")
"""Links to records of the same object, which are stored before those that point to them."""
LABEL = {"en": "Sample data", "zh": "示例数据"}


async def load(
    database: Database,
    workspace: Workspace,
    size: str | int = "small",
    seed: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Fill a workspace with invented companies, people, deals and activities, mostly in its language.

    ``size`` is a name of :data:`SIZES` or a number of companies; ``seed`` fixes what is made; ``tell(done, of)`` hears of
    progress in companies. Users and products that are there already are taken; companies are added. All of it is one
    change set, which can be undone. A workspace shaped by a pack is filled as the pack says. Answers how many records of each object were made.
    """
    total = SIZES[size] if isinstance(size, str) else size
    tongue = copy(TONGUES.get(workspace.language, TONGUES["en"]))
    counts: dict[str, int] = {}
    label = LABEL.get(workspace.language, LABEL["en"])
    change_set = new_id()

    async with database.transaction(timeout=0) as db:
        ctx = await _context(db, workspace, change_set, label)
        found = packs.fitting(ctx.catalog)
        now, rng = datetime.now(UTC), random.Random(seed)  # noqa: S311 - invented data, no secret
        today = now.astimezone(ZoneInfo(workspace.timezone)).date()
        scene = Scene(found.sample if found else {}, ctx.catalog, tongue.language, today, rng)
        tongue.goods = scene.goods(tongue.language) or tongue.goods
        users = await _people(ctx, tongue, counts)
        products = await _products(ctx, tongue, counts)
        administrator = await db.value(
            f'SELECT u.id FROM {quote(workspace.schema)}."user" u JOIN {quote(workspace.schema)}.role r ON r.id = u.role'
            " WHERE r.name = 'administrator' AND u.active AND u.deleted_at IS NULL ORDER BY u.id LIMIT 1"
        )
    # Whoever looks first should find work of their own.
    owners = [*users, *([administrator] * max(1, len(users) // 4) if administrator else [])]
    story = Story(workspace.language, seed, now, workspace.timezone, owners, products, scene)
    scene.known["product"] = list(products.values())
    order = tuple(dict.fromkeys((*ORDER[:3], *scene.objects(), *ORDER[3:])))
    reckoned = {n for n, f in ctx.catalog.object("account").fields.items() if f.readonly}
    dealings = Dealings(story, story.home.goods)
    pending: list[Made] = scene.first(owners[0], now)
    for done, told in enumerate(story.companies(total), 1):
        pending += [
            replace(m, values={k: v for k, v in m.values.items() if k not in reckoned}) if m.object == "account" else m
            for m in scene.dress([*told, *dealings.follow(told)])
        ]
        if done % BATCH == 0 or done == total:
            async with database.transaction(timeout=0) as db:
                await _store(await _context(db, workspace, change_set, label), pending, order)
            for made in pending:
                counts[made.object] = counts.get(made.object, 0) + 1
            pending = []
            if tell:
                tell(done, total)
    async with database.transaction(timeout=0) as db:
        ctx = await _context(db, workspace, change_set, label)
        schema = quote(workspace.schema)
        top = await db.value(
            f"SELECT id FROM {schema}.team WHERE name = %(name)s AND deleted_at IS NULL",
            {"name": tongue.department},
        )
        if not await db.value(f"SELECT EXISTS (SELECT FROM {schema}.pool)"):
            counts["pool"] = await pooling.fill(ctx, tongue.language, top)
        counts["target"] = await aiming.fill(ctx, list(dict.fromkeys(owners)), top)
        if administrator:
            for name, n in (await daily.fill(ctx, tongue, administrator, rng)).items():
                counts[name] = counts.get(name, 0) + n
        await _there_before(ctx, owners)
    async with database.connection() as db:
        for name in order:
            await analyze(db, workspace, name)
    await _standing(database, workspace, now)
    return counts


async def _there_before(ctx: Context, owners: Sequence[str]) -> None:
    """Whoever owns something, and what was sold and shared out, was there before the first of it: a list of the past names them."""
    schema = quote(ctx.workspace.schema)
    first = f"(SELECT min(created_at) - interval '1 day' FROM {schema}.account)"
    for name in ("user", "team", "product", "pool"):
        among = "change_set = %(set)s::uuid AND object = %(name)s AND kind = 'create'"
        await ctx.db.execute(
            f"UPDATE {schema}.{quote(name)} SET created_at = least(created_at, {first})"
            f" WHERE id = ANY(%(owners)s::uuid[]) OR id IN (SELECT record FROM {schema}._journal WHERE {among})",
            {"owners": list(dict.fromkeys(owners)), "set": ctx.change_set, "name": name},
        )


async def _standing(database: Database, workspace: Workspace, now: datetime) -> None:
    """Customers have the stages that they would have gone through, and the grade that they have earned. What was written in
    their records last was written when the story says, all the same."""
    table = f"{quote(workspace.schema)}.account"
    moments = [now - timedelta(days=days) for days in range(WEEKS * 7, 0, -14)]
    async with database.transaction(timeout=0) as db:
        written = await db.fetch(f"SELECT id, updated_at FROM {table}")
        await standing.trace(db, workspace, "account", moments)
    await standing.everything(database, workspace)
    async with database.transaction(timeout=0) as db:
        await db.execute(
            f"UPDATE {table} AS t SET updated_at = x.at FROM unnest(%(ids)s::uuid[], %(at)s::timestamptz[]) AS x(id, at) WHERE t.id = x.id",
            {"ids": [r[0] for r in written], "at": [r[1] for r in written]},
        )


async def _context(db: Connection, workspace: Workspace, change_set: str, label: str) -> Context:
    catalog = await load_catalog(db, workspace)
    return Context(
        db, workspace, catalog, system_actor(workspace), CAUSE, change_set=change_set, bulk="import", label=label
    )


async def _people(ctx: Context, tongue: Tongue, counts: dict[str, int]) -> list[str]:
    """The sample's own users, in teams under a manager; they have no password, so nobody can sign in as one of them."""

    async def users(names: Iterable[Name], role: str, team: str) -> list[str]:
        return await _upsert(
            ctx, "user", counts,
            [Upsert({"email": f"{n.slug}@team.example"}, {"name": n.full, "role": {"match": {"name": role}}, "teams": [team]}) for n in names],
        )  # fmt: skip

    [top] = await _upsert(ctx, "team", counts, [Upsert({"name": tongue.department}, {})])
    below = await _upsert(ctx, "team", counts, [Upsert({"name": s.name}, {"parent": top}) for s in tongue.squads])
    [head] = await users([tongue.head], "manager", top)
    leads: list[Operation] = [Update(top, {"lead": head})]
    members: list[str] = []
    for squad, team in zip(tongue.squads, below, strict=True):
        [lead] = await users([squad.lead], "manager", team)
        leads.append(Update(team, {"lead": lead}))
        members += [lead, *await users(squad.members, "rep", team)]
    await write(ctx, "team", leads, render=False)
    return members


async def _products(ctx: Context, tongue: Tongue, counts: dict[str, int]) -> dict[str, str]:
    goods = [
        Upsert(
            {"code": g.code},
            {
                "name": g.name,
                "family": g.family,
                "price": g.price,
                "unit": g.unit,
                "description": g.description,
                "active": True,
            },
        )
        for g in tongue.goods
    ]
    ids = await _upsert(ctx, "product", counts, goods)
    return dict(zip((g.code for g in tongue.goods), ids, strict=True))


async def _upsert(ctx: Context, name: str, counts: dict[str, int], operations: Sequence[Operation]) -> list[str]:
    outcomes = await write(ctx, name, operations, render=False)
    counts[name] = counts.get(name, 0) + sum(o.status == 201 for o in outcomes)
    return [o.id or "" for o in outcomes]


async def _store(ctx: Context, made: Sequence[Made], order: Sequence[str]) -> None:
    """Store records, then what was changed in them later, round by round, and give every change its own time."""
    for name in order:
        mine = _in_order([m for m in made if m.object == name])
        for start in range(0, len(mine), 1000):
            part = mine[start : start + 1000]
            for depth in sorted({d for d, _ in part}):
                these = [m for d, m in part if d == depth]
                await write(
                    ctx,
                    name,
                    [Create({k: v for k, v in m.values.items() if v is not None}, m.id) for m in these],
                    render=False,
                )
            part = [m for _, m in part]
            rounds = max((len(m.then) for m in part), default=0)
            for i in range(rounds):
                moved = [m for m in part if len(m.then) > i]
                await write(ctx, name, [Update(m.id, m.then[i][1]) for m in moved], render=False)
            await _backdate(ctx, name, part)


def _in_order(made: Sequence[Made]) -> list[tuple[int, Made]]:
    """Records with how many of their kind are over them: whoever belongs to another one comes after it."""
    known = {m.id: m for m in made}

    def depth(m: Made) -> int:
        above = next((known[m.values[n]] for n in AFTER if m.values.get(n) in known), None)
        return 0 if above is None else 1 + depth(above)

    return sorted(((depth(m), m) for m in made), key=lambda pair: pair[0])


async def _backdate(ctx: Context, name: str, made: Sequence[Made]) -> None:
    """The records and their history as if they had been written when, and by whom, the story says.

    The only place that changes the journal: a time line whose entries all say "just now" would show nothing of what it
    is for. It needs the owner of the schema; a workspace's own role could not do it.
    """
    schema = quote(ctx.workspace.schema)
    entity = ctx.catalog.object(name)
    extra: dict[str, str] = {}
    if entity.stage is not None:
        extra[f"{entity.stage.name}_since"] = "x.upd"
    if "held_since" in entity.fields:
        extra["held_since"] = "CASE WHEN t.held_since IS NULL THEN NULL ELSE x.at END"
    for done in {"done_at", "resolved_at"} & set(entity.fields):
        extra[done] = f"CASE WHEN t.{quote(done)} IS NULL THEN NULL ELSE x.upd END"
    sets = "".join(f", {quote(column)} = {value}" for column, value in extra.items())
    await ctx.db.execute(
        f"UPDATE {schema}.{quote(name)} AS t SET created_at = x.at, updated_at = x.upd, created_by = x.by, updated_by = x.by{sets}"
        " FROM unnest(%(ids)s::uuid[], %(at)s::timestamptz[], %(upd)s::timestamptz[], %(by)s::uuid[]) AS x(id, at, upd, by) WHERE t.id = x.id",
        {
            "ids": [m.id for m in made],
            "at": [m.at.isoformat() for m in made],
            "upd": [(m.then[-1][0] if m.then else m.at).isoformat() for m in made],
            "by": [m.by for m in made],
        },
    )
    entries: list[tuple[Any, ...]] = [
        (m.id, version, at.isoformat(), m.by)
        for m in made
        for version, at in enumerate((m.at, *(t[0] for t in m.then)), 1)
    ]
    ids, versions, at, by = (list(column) for column in zip(*entries, strict=True))
    await ctx.db.execute(
        f"UPDATE {schema}._journal AS j SET at = x.at, actor = x.by"
        " FROM unnest(%(ids)s::uuid[], %(versions)s::int[], %(at)s::timestamptz[], %(by)s::uuid[]) AS x(id, version, at, by)"
        " WHERE j.record = x.id AND j.version = x.version",
        {"ids": ids, "versions": versions, "at": at, "by": by},
    )
