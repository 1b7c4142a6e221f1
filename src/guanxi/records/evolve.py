"""The one road to another catalog: for an administrator's change and for an upgrade alike.

Validate everything at once, compare the wanted tables with those that there are, and carry out the difference: DDL, the
layer's new rows, the version and the journal in one transaction. Nothing is dropped; what is retired waits under another
name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.base import FieldError, Invalid, Unavailable
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.pg import Connection, Retry, UniqueViolation
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import entries, pending, rollups, tables, uses
from guanxi.records.audit import note_in
from guanxi.records.compile import quote
from guanxi.records.context import Context, Workspace
from guanxi.records.retype import AT_ONCE, Turning, complete, forecast, swapped, turns_of
from guanxi.schema.catalog import Catalog, Declared, Entity, fold
from guanxi.schema.changes import namesakes
from guanxi.schema.model import Role

MAX_CHANGES = 500
BIG = 20_000
"""Rows from which on an index is built by a job, beside the work of others."""

HOLD_MS = 80
"""Milliseconds that a change waits for a table in one go, while others wait behind it."""

HOLD_TRIES = 40

_declared: list[Declared] = []
_last: list[Declared] = []


def declare(layer: Declared, *, last: bool = False) -> None:
    """Add a layer of declared objects and pipelines; called once per package of nouns when the program is put together.

    ``last``: it stands after all others, whichever module was imported first.
    """
    layers = _last if last else _declared
    if layer not in layers:
        layers.append(layer)


def declared() -> tuple[Declared, ...]:
    """The layers of declared objects and pipelines, in the order in which they were added."""
    return (*_declared, *_last)


def roles() -> tuple[Role, ...]:
    """The declared roles."""
    return tuple(role for layer in declared() for role in layer.roles)


@dataclass(frozen=True, slots=True)
class Evolution:
    """What an evolution did, or would do: the new catalog, the steps in words, the change set under which it is known, and
    what becomes of values whose type is changed. ``pending`` is the id of changes that a job makes ready; until then the
    catalog is the former one."""

    catalog: Catalog
    steps: list[dict[str, Any]]
    later: list[tables.Step]
    change_set: str | None = None
    turns: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    pending: str | None = None


async def load_catalog(db: Connection, workspace: Workspace) -> Catalog:
    """The workspace's catalog as it stands."""
    rows = await db.fetch(
        f"SELECT w.catalog_version, (SELECT json_agg(l.change ORDER BY l.seq) FROM {quote(workspace.schema)}._layer l)::jsonb"
        " FROM guanxi.workspace w WHERE w.id = %(id)s::uuid",
        {"id": workspace.id},
    )
    version, changes = rows[0]
    return fold(declared(), changes or (), version)


async def evolve(
    db: Connection,
    workspace: Workspace,
    changes: Sequence[Mapping[str, Any]] = (),
    *,
    actor: str | None = None,
    dry_run: bool = False,
    undoes: str | None = None,
    asker: Context | None = None,
    ready: Callable[[list[Turning]], Awaitable[None]] | None = None,
) -> Evolution:
    """Apply ``changes`` to a workspace's catalog (none: only bring the tables to what the code declares).

    ``db`` is a transaction of the owner of the schema, not of the workspace's role. Raises Invalid with everything that
    cannot be accepted. A trial shows samples of values to ``asker``. ``ready`` is given when the values of fields whose type
    is changed are made but for the last ones, which it makes; without it, a change that goes over many records is left
    pending for a job.
    """
    schema = workspace.schema
    version = await db.value(
        "SELECT catalog_version FROM guanxi.workspace WHERE id = %(id)s::uuid FOR NO KEY UPDATE", {"id": workspace.id}
    )
    before = await load_catalog(db, workspace)
    changes = await complete(db, workspace, before, changes)
    if changes and ready is None:
        await pending.free(db, workspace, changes)
    stored = await db.fetch(f"SELECT change FROM {quote(schema)}._layer ORDER BY seq")
    catalog = fold(declared(), [r[0] for r in stored], version + 1 if changes else version, changes)
    await _left_behind(db, schema, before, catalog)
    turns = turns_of(before, catalog, changes)
    have, indexes = await tables.actual(db, schema)
    there = set(indexes)
    swapped(turns, have, indexes)
    plan = tables.plan(catalog, schema, have, indexes, [t.place for t in turns])
    sizes = await _sizes(db, schema)
    later = [s for s in plan if s.big and sizes.get(s.table, 0) > BIG]
    now = [s for s in plan if s not in later]
    work = [Turning(db, workspace, before, t) for t in turns]
    most = max((sizes.get(t.object, 0) for t in turns), default=0)
    # What is big goes over every row of its table; the rest takes as long for a million rows as for none.
    words = [{"step": f"turn {t.place}", "later": most > AT_ONCE, "rows": sizes.get(t.object, 0)} for t in turns]
    words += [{"step": s.what, "later": s in later, "rows": sizes.get(s.table, 0) if s.big else 0} for s in plan]
    words += [{"step": step, "later": False, "rows": 0} for step in _come_and_gone(before, catalog)]
    stale = await entries.stale(db, workspace, catalog)
    words += [{"step": f"search {name}", "later": True, "rows": sizes.get(name, 0)} for name in stale if name in have]
    if dry_run:
        told = [(await forecast(db, workspace, before, t, asker)).told() for t in turns]
        words += [
            {"step": f"alike {place}", "label": label, "other": other, "later": False, "rows": 0}
            for place, label, other in namesakes(before.objects, catalog.objects)
        ]
        return Evolution(catalog, [*words, *await uses.broken(db, workspace, before, catalog)], later, turns=told)
    if most > AT_ONCE and ready is None:
        return Evolution(before, words, later, pending=await pending.put(db, workspace, changes, actor, most))
    for step in later:
        if step.sql.startswith("CREATE UNIQUE"):
            await _only_once(db, catalog, step)
    for change in changes:
        await db.execute(
            f"INSERT INTO {quote(schema)}._layer (version, actor, change) VALUES (%(v)s, %(actor)s::uuid, %(change)s::jsonb)",
            {"v": version + 1, "actor": actor, "change": dumps(change).decode()},
        )
    if changes or plan:
        await db.execute(
            "UPDATE guanxi.workspace SET catalog_version = catalog_version + 1 WHERE id = %(id)s::uuid",
            {"id": workspace.id},
        )
        if not changes:
            catalog = Catalog(version + 1, catalog.objects, catalog.pipelines)
        await db.execute(
            "SELECT pg_notify('guanxi', %(p)s)", {"p": dumps({"w": workspace.id, "kind": "catalog"}).decode()}
        )
    known = None
    if changes:
        known = await db.value(
            f"INSERT INTO {quote(schema)}._change_set (id, actor, kind, label, updated, version, undoes)"
            " VALUES (gen_random_uuid(), %(actor)s::uuid, 'catalog', %(label)s, %(n)s, %(v)s, %(undoes)s::uuid) RETURNING id",
            {
                "actor": actor,
                "label": "; ".join(_say(c) for c in changes)[:500],
                "n": len(changes),
                "v": version + 1,
                "undoes": undoes,
            },
        )
        await note_in(db, schema, "catalog", actor, "catalog", version=catalog.version, changes=list(changes))
    # Tables are locked last, so that others wait for them as short as can be.
    await hold(db, schema, {s.table for s in now} | {t.object for t in turns}, {s.target for s in now}, have)
    if ready is not None:
        await ready(work)
    for turning in work:
        if ready is None:
            await turning.all()
        await turning.swap(there)
    for step in now:
        try:
            await db.execute(step.sql.replace("%", "%%"))
        except UniqueViolation as violation:
            raise _twice(catalog, violation.constraint) from None
    if any(s.sql.startswith(("CREATE TABLE", "CREATE SEQUENCE")) for s in now):
        await grant(db, workspace)
    if stale:
        await entries.renew(db, workspace, catalog, stale)
    await _roll(db, workspace, before, catalog, [s.what for s in now], sizes)
    if later:
        await defer(db, "records.index", {"workspace": workspace.id}, lock=f"index {workspace.id}")
    return Evolution(catalog, words, later, known)


def _come_and_gone(before: Catalog, after: Catalog) -> list[str]:
    """The objects that are retired and restored: their tables stay as they are."""
    was = before.objects
    return [
        f"{'retire' if o.retired else 'restore'} {o.name}"
        for o in after.objects.values()
        if o.name in was and was[o.name].retired != o.retired
    ]


async def standing(db: Connection, workspace: Workspace, catalog: Catalog) -> dict[str, dict[str, int]]:
    """By pipeline, the stages that records are in, and how many."""
    out: dict[str, dict[str, int]] = {}
    for entity in catalog.entities.values():
        if entity.stage is not None:
            out |= await _in_stages(db, workspace.schema, entity)
    return out


async def _in_stages(db: Connection, schema: str, entity: Entity) -> dict[str, dict[str, int]]:
    assert entity.stage is not None  # noqa: S101 - the caller looked
    stage, through = quote(entity.stage.name), quote(str(entity.stage.config.get("pipeline", "pipeline")))
    rows = await db.fetch(
        f"SELECT {through}, {stage}, count(*) FROM {quote(schema)}.{quote(entity.name)}"
        f" WHERE deleted_at IS NULL AND {stage} IS NOT NULL GROUP BY 1, 2"
    )
    out: dict[str, dict[str, int]] = {}
    for pipeline, name, n in rows:
        out.setdefault(pipeline, {})[name] = n
    return out


async def _left_behind(db: Connection, schema: str, before: Catalog, after: Catalog) -> None:
    """Refuse to take away a stage, or a pipeline, that records are in."""
    errors: list[FieldError] = []
    for entity in after.entities.values():
        if entity.stage is None:
            continue
        gone = [
            (p.name, s.name, s.label)
            for p in before.pipelines_of(entity.name)
            for s in p.stages
            if after.find_stage(entity.name, p.name, s.name) is None
        ]
        there = await _in_stages(db, schema, entity) if gone else {}
        for pipeline, stage, label in gone:
            if count := there.get(pipeline, {}).get(stage, 0):
                errors.append(FieldError(pipeline, "still_in_stage", {"count": count, "stage": label}))
    if errors:
        raise Invalid(errors=errors)


async def _roll(
    db: Connection,
    workspace: Workspace,
    before: Catalog,
    catalog: Catalog,
    steps: Sequence[str],
    sizes: Mapping[str, int],
) -> None:
    """Fill the roll-ups that are new; those of big tables are left to a job."""
    had = {(r.parent, r.name): r for rolls in before.rolls.values() for r in rolls}
    wanted = rollups.changed(before, catalog, steps)
    for r in wanted:
        old = had.get((r.parent, r.name))
        kinds = [c.entities[r.parent].types[r.name].sql for c in (before, catalog) if old]
        if len(set(kinds)) > 1:
            raise Invalid(errors=[FieldError(f"{r.parent}.{r.name}", "rollup_other_type")])
    big = [r for r in wanted if max(sizes.get(r.parent, 0), sizes.get(r.child, 0)) > BIG]
    await rollups.fill(db, workspace, catalog, [r for r in wanted if r not in big])
    if big:
        fields = [[r.parent, r.name] for r in big]
        await defer(
            db, "records.rollups", {"workspace": workspace.id, "fields": fields}, lock=f"rollups {workspace.id}"
        )


async def failures(asker: Context, changes: Sequence[Mapping[str, Any]], most: int = 10_000) -> list[list[str]]:
    """Rows of a table of what cannot become other values, with the records that the asker may see; the first is its head."""
    db, workspace = asker.db, asker.workspace
    before = await load_catalog(db, workspace)
    changes = await complete(db, workspace, before, changes)
    stored = await db.fetch(f"SELECT change FROM {quote(workspace.schema)}._layer ORDER BY seq")
    after = fold(declared(), [r[0] for r in stored], before.version + 1, changes)
    rows = [["object", "field", "value", "reason", "id", "title"]]
    for t in turns_of(before, after, changes):
        told = await forecast(db, workspace, before, t, asker, most)
        for one in told.samples["impossible"]:
            rows += [[t.object, t.new.name, one["before"], one["reason"], r["id"], r["title"]] for r in one["records"]]
    return rows


async def _sizes(db: Connection, schema: str) -> dict[str, int]:
    """About how many rows there are in each table; by its size where nobody has counted yet."""
    return dict(
        await db.fetch(
            "SELECT c.relname, (CASE WHEN c.reltuples >= 0 THEN c.reltuples ELSE pg_relation_size(c.oid) / 100 END)::bigint"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %(schema)s AND c.relkind = 'r'",
            {"schema": schema},
        )
    )


async def hold(db: Connection, schema: str, changed: set[str], targets: set[str], have: Collection[str]) -> None:
    """Lock tables that are about to be changed, and those that are about to be pointed to.

    Who waits for a lock makes all others wait behind it. So nobody waits long: what cannot be had within a moment is given
    up and asked for again. Raises Unavailable when it cannot be had for long.

    First comes a lock that no reader or writer is kept by: PostgreSQL cancels its own vacuum of a table, which takes minutes
    on a big one, for whoever has waited a second (``deadlock_timeout``), and begins no other while this is held.
    """
    tended = sorted((changed | targets) & set(have))
    wanted = [
        (sorted(changed & set(have)), "ACCESS EXCLUSIVE"),
        (sorted((targets - changed) & set(have)), "SHARE ROW EXCLUSIVE"),
    ]
    locks = [
        f"LOCK TABLE {', '.join(f'{quote(schema)}.{quote(n)}' for n in names)} IN {mode} MODE"
        for names, mode in wanted
        if names
    ]
    if tended:
        try:
            names = ", ".join(f"{quote(schema)}.{quote(n)}" for n in tended)
            async with db.savepoint():
                await db.execute(f"LOCK TABLE {names} IN SHARE UPDATE EXCLUSIVE MODE")
        except Retry:
            raise Unavailable(retry_after=2) from None
    for attempt in range(HOLD_TRIES if locks else 0):
        try:
            async with db.savepoint():
                await db.execute(f"SET LOCAL lock_timeout = '{HOLD_MS}ms'")
                for lock in locks:
                    await db.execute(lock)
                await db.execute("SET LOCAL lock_timeout = '10s'")
            return
        except Retry:
            await asyncio.sleep(min(0.02 * 1.3**attempt, 0.5))
    if locks:
        raise Unavailable(retry_after=2)


async def _only_once(db: Connection, catalog: Catalog, step: tables.Step) -> None:
    """Raise Invalid when an index that is built later could not be: something is there twice."""
    name = step.what.removeprefix("index ")
    column = next(
        (f for f in catalog.entities[step.table].fields if tables.index_name(step.table, f, "unique") == name), None
    )
    table = step.sql.partition(" ON ")[2].partition(" (")[0]
    known = await db.value(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = %(t)s::regclass AND attname = %(c)s)",
        {"t": table, "c": column},
    )
    if known and column and await db.value(
        f"SELECT EXISTS (SELECT FROM {table} WHERE deleted_at IS NULL AND {quote(column)} IS NOT NULL GROUP BY {quote(column)} HAVING count(*) > 1)"
    ):  # fmt: skip
        raise _twice(catalog, name)


def _twice(catalog: Catalog, constraint: str) -> Invalid:
    """What there is twice of a field that is to be unique."""
    for entity in catalog.entities.values():
        for name in entity.fields:
            if tables.index_name(entity.name, name, "unique") == constraint:
                reason = {"en": "some records have the same value", "zh": "有些记录的值相同"}
                return Invalid(errors=[FieldError(f"{entity.name}.{name}", "bad_config", {"reason": reason})])
    return Invalid.one(None, "not_unique")


def _say(change: Mapping[str, Any]) -> str:
    part: Any = next((change[k] for k in ("name", "field", "rule", "view", "pipeline") if change.get(k)), "")
    name = part if isinstance(part, str) else (mapping(part) or {}).get("name")
    return " ".join(p for p in (str(change.get("op")), str(change.get("object") or ""), str(name or "")) if p)


@task("records.index", retries=5)
async def build_indexes(job: Job) -> None:
    """The indexes that an evolution left for later, one by one and without keeping anybody from writing."""
    async with job.db.connection() as db:
        workspace = await workspace_of(db, job.args["workspace"])
        if workspace is None:
            return
        catalog = await load_catalog(db, workspace)
        have, valid = await tables.actual(db, workspace.schema)
        for step in tables.plan(catalog, workspace.schema, have, valid):
            if step.big:
                name = step.what.removeprefix("index ")
                await db.script(
                    f"DROP INDEX IF EXISTS {quote(workspace.schema)}.{quote(name)}"
                )  # one that was cut short
                await db.script(step.sql.replace(" INDEX ", " INDEX CONCURRENTLY ", 1))


@task("records.entries", retries=5, process=True)
async def make_entries(job: Job) -> None:
    """The search entries that were made for another catalog."""
    async with job.db.connection() as db:
        workspace = await workspace_of(db, job.args["workspace"])
        if workspace is None:
            return
        catalog = await load_catalog(db, workspace)
        names = await entries.stale(db, workspace, catalog)
    for name in names:
        await entries.make(job, workspace, catalog.entities[name])


@task("records.rollups", retries=5, process=True)
async def fill_rollups(job: Job) -> None:
    """The figures of roll-ups over big tables, in portions and beside the work of others."""
    async with job.db.connection() as db:
        workspace = await workspace_of(db, job.args["workspace"])
        if workspace is None:
            return
        catalog = await load_catalog(db, workspace)
    fields = {tuple(f) for f in job.args["fields"]}
    rolls = [d.roll for key, d in catalog.derived.items() if d.roll and key in fields]
    await rollups.repair(job.db, workspace, catalog, rolls)


async def workspace_of(db: Connection, id: str) -> Workspace | None:
    """The workspace of this id."""
    row = await db.row(
        "SELECT id, schema, role, name, language, currency, timezone FROM guanxi.workspace WHERE id = %(id)s::uuid",
        {"id": id},
    )
    return Workspace(*row) if row else None


async def grant(db: Connection, workspace: Workspace) -> None:
    """The workspace's role may use its own schema, of journal and audit only read and add, of their seals only read."""
    schema, role = quote(workspace.schema), quote(workspace.role)
    await db.execute(f"GRANT USAGE ON SCHEMA guanxi TO {role}")
    await db.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    await db.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}")
    await db.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}")
    await db.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {schema}._journal, {schema}._audit FROM {role}")
    await db.execute(
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {schema}._seal, {schema}._sealing, {schema}._head FROM {role}"
    )
