"""Taking back a change set: what it created goes to the recycle bin, what it changed gets its former values, what it
deleted comes back. Records of which somebody edited the same fields since are listed and kept, unless the caller insists;
what was edited beside them stays.

An undo is itself a change set, written through the one write path with the actor's own rights; so it can be undone too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from guanxi.base import Conflict, NotFound, Problem, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.pg import Connection
from guanxi.records import access, belongings, merges, moving, wholesale
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.journal import resolve, titles_of, veils
from guanxi.records.row import VERB, Archive, Delete, Kind, Restore, Update
from guanxi.records.write import write
from guanxi.schema.catalog import Entity
from guanxi.schema.types.former import fitting

CHUNK = 5000
TAKES_BACK: Mapping[str, Kind] = {
    "create": "delete",
    "restore": "delete",
    "delete": "restore",
    "update": "update",
    "archive": "restore",
    "unarchive": "archive",
}
MAX_KEPT = 1000


Judge = Callable[[Context, Entity, Mapping[str, Mapping[str, Any]]], Awaitable[Mapping[str, Problem]]]
Others = Callable[[Context, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Led:
    """An act that the program carries out with rights of its own in somebody's name, and takes back likewise. ``told``: it is
    about records that whoever did it sees. ``within``: for how long they may take it back; None: always. ``judge`` says by id why
    a record, of the values that it is to get again, must stay as it is. ``others``: whether the actor may take back a change set
    that somebody else made."""

    told: bool
    within: timedelta | None
    judge: Judge | None
    others: Others | None


_led: dict[str, Led] = {}


def leads_back(
    *reasons: str,
    told: bool = True,
    within: timedelta | None = None,
    judge: Judge | None = None,
    others: Others | None = None,
) -> None:
    """Say that what the program writes for these reasons (of :meth:`Context.as_system`) is taken back by the program, for whoever
    did it, and for whom ``others`` lets take back what somebody else did. Insisting, against what others did since, is for those
    who may undo everybody's acts."""
    _led.update(dict.fromkeys(reasons, Led(told, within, judge, others)))


def untold() -> list[str]:
    """How the cause of an entry ends that may be about records which whoever did it does not see."""
    return [f"%> system: {reason}" for reason, led in _led.items() if not led.told]


leads_back(moving.REASON, told=False)
_REASON = "substring(cause FROM '> system: ([a-z_]+)$')"


async def undo(ctx: Context, change_set: str, force: bool = False) -> dict[str, Any]:
    """``{"undone", "kept": [{"object", "id", "title", "reason", "changes"}], "kept_count", "change_set"}``, all in the caller's
    transaction. ``changes`` has of each field that was edited since what it was, what the change set made it, and what it is.

    NotFound for a change set that there is not, or that is somebody else's and the actor may not read the workspace's.
    """
    await claim(ctx, change_set, force)
    own = undoing(ctx, change_set, new_id())
    undone, kept, kept_count = 0, list[dict[str, Any]](), 0
    below: int | None = None
    stays = set[str]()
    while (done := await portion(own, change_set, below, force, stays)) is not None:
        below = done.below
        undone += done.undone
        kept_count += len(done.kept)
        kept += done.kept[: max(0, MAX_KEPT - len(kept))]
    if undone:
        await turn(ctx.db, quote(ctx.workspace.schema), change_set, own.change_set)
    await named(ctx, kept)
    return {"undone": undone, "kept": kept, "kept_count": kept_count, "change_set": own.change_set if undone else None}


def undoing(ctx: Context, change_set: str, id: str) -> Context:
    """The context in which a change set is taken back; what it writes is the change set ``id``."""
    return replace(ctx, change_set=id, bulk="undo", undoes=change_set, cause=f"{ctx.cause} > undo")


async def claim(ctx: Context, change_set: str, force: bool) -> int:
    """See that the actor may take it back, and that nobody else does in this transaction; how many changes it has."""
    schema = quote(ctx.workspace.schema)
    if not is_id(change_set):
        raise NotFound
    first = await ctx.db.row(
        f"SELECT actor, count(*) FROM {schema}._journal WHERE change_set = %(id)s::uuid GROUP BY actor",
        {"id": change_set},
    )
    if first is None or not (first[0] == ctx.actor.id or may_see_all(ctx) or await _let(ctx, change_set)):
        raise NotFound
    done = await ctx.db.row(
        f"SELECT undone_by FROM {schema}._change_set WHERE id = %(id)s::uuid FOR UPDATE", {"id": change_set}
    )
    if done and done[0] and not force:
        raise Conflict("already_undone")
    return first[1]


async def _let(ctx: Context, change_set: str) -> bool:
    """Whether everything in it was written for reasons whose keepers let the actor take back what others did."""
    rows = await ctx.db.fetch(
        f"SELECT DISTINCT {_REASON} FROM {quote(ctx.workspace.schema)}._journal WHERE change_set = %(id)s::uuid",
        {"id": change_set},
    )
    asked = {led.others if (led := _led.get(r[0] or "")) else None for r in rows}
    return all([who is not None and await who(ctx, change_set) for who in asked])


@dataclass(frozen=True, slots=True)
class Portion:
    """What became of some entries of the journal: ``below`` the lowest of them there are more."""

    below: int
    entries: int
    undone: int
    kept: list[dict[str, Any]]


async def portion(own: Context, change_set: str, below: int | None, force: bool, stays: set[str]) -> Portion | None:
    """Take back the next changes, the last first; None when there are no more. ``stays`` are the objects of which some were kept,
    to which those of this portion are added."""
    schema = quote(own.workspace.schema)
    rows = await own.db.fetch(
        f"SELECT seq, object, record, kind, {_REASON} FROM {schema}._journal WHERE change_set = %(id)s::uuid"
        " AND (%(below)s::bigint IS NULL OR seq < %(below)s::bigint) ORDER BY seq DESC LIMIT %(n)s",
        {"id": change_set, "below": below, "n": CHUNK},
    )
    if not rows:
        return None
    undone, kept = 0, list[dict[str, Any]]()
    for run in _runs(rows):
        _, object_name, _, kind, reason = run[0]
        entity = own.catalog.entities.get(object_name)
        taken = set[str]()
        if entity is not None and kind == "create" and stays:
            held = await _held(own, entity, [r[2] for r in run], change_set, stays)
            kept += [{"object": object_name, "id": id, "reason": "still_referenced"} for id in sorted(held)]
            run = [r for r in run if r[2] not in held]
        if (
            entity is not None
            and reason not in _led
            and len(run) >= wholesale.LEAST
            and kind not in ("archive", "unarchive")
        ):
            taken = await wholesale.take_back(own, entity, TAKES_BACK[kind], change_set, [r[0] for r in run])
        undone += len(taken)
        if rest := [r[0] for r in run if r[2] not in taken]:
            n, refused = await _one_by_one(own, change_set, rest, force)
            undone += n
            kept += refused
        stays |= {k["object"] for k in kept}
        if entity is not None and kind in ("delete", "restore", "create"):
            await merges.settle(own, entity, [r[2] for r in run], change_set)
    return Portion(rows[-1][0], len(rows), undone, kept)


async def _held(ctx: Context, entity: Entity, ids: Sequence[str], change_set: str, stays: Iterable[str]) -> set[str]:
    """Those of these records that are linked from others which the change set made too, and which stay: what was edited since keeps
    what it is about."""
    found: set[str] = set()
    for other in (e for name in sorted(stays) if (e := ctx.catalog.entities.get(name))):
        for f in other.fields.values():
            if (f.target == entity.name or other.types[f.name].anywhere) and not other.types[f.name].many:
                c = Compiler(ctx.as_system("undo"))
                (source, visible), link = c.source(other, "x"), f"x.{quote(f.name)}"
                rows = await ctx.db.fetch(
                    f"SELECT DISTINCT {link} FROM {source} WHERE {c.among(link, list(ids))} AND {visible} AND NOT {c.among('x.id', list(ids))}"
                    f" AND EXISTS (SELECT FROM {c.table('_journal')} AS j WHERE j.record = x.id AND j.kind = 'create'"
                    f" AND j.change_set = {c.bind(change_set, 'uuid')})",
                    c.args,
                )
                found |= {id for (id,) in rows}
    return found


async def _one_by_one(own: Context, change_set: str, seqs: list[int], force: bool) -> tuple[int, list[dict[str, Any]]]:
    """Take back these entries of one run by the write path, and keep what was edited since."""
    schema = quote(own.workspace.schema)
    rows = await own.db.fetch(
        f"SELECT seq, object, record, kind, before::json, after::json, {_REASON} FROM {schema}._journal"
        " WHERE seq = ANY(%(seqs)s::bigint[]) ORDER BY seq DESC",
        {"seqs": seqs},
    )
    found = await own.db.fetch(
        f"SELECT j.record, max(j.at)::text, bool_or(j.kind <> 'update'), guanxi.merged(j.after ORDER BY j.seq)::json"
        f" FROM {schema}._journal j WHERE j.record = ANY(%(ids)s::uuid[])"
        " AND j.change_set <> %(id)s::uuid AND j.change_set <> %(own)s::uuid"
        # To share a record is no edit of it; nor is what the program reckons of it by itself, which will be reckoned anew.
        " AND j.cause NOT LIKE '%% > share'"
        " AND NOT (j.actor IS NULL AND j.kind = 'update' AND coalesce((SELECT bool_and((%(made)s::jsonb -> j.object) ? k)"
        " FROM jsonb_object_keys(j.after) AS k), FALSE))"
        f" AND j.seq > (SELECT max(s.seq) FROM {schema}._journal s WHERE s.record = j.record AND s.change_set = %(id)s::uuid)"
        " GROUP BY j.record",
        {
            "ids": list({r[2] for r in rows}),
            "id": change_set,
            "own": own.change_set,
            "made": _made(own, {r[1] for r in rows}),
        },
    )
    since = {id: Since(at, whole, loads(now, exact=True) if now else {}) for id, at, whole, now in found}
    return await _undo_group(own, rows, since, force)


def _made(ctx: Context, objects: Iterable[str]) -> str:
    """JSON of the fields, by object, that nobody writes by hand."""
    known = [e for name in sorted(objects) if (e := ctx.catalog.entities.get(name))]
    return dumps({e.name: [n for n, f in e.fields.items() if f.readonly] for e in known}).decode()


@dataclass(frozen=True, slots=True)
class Since:
    """What happened to a record after the change set: when last, whether to it as a whole, and to which values."""

    at: str
    whole: bool
    now: Mapping[str, Any]


async def turn(db: Connection, schema: str, change_set: str, by: str) -> None:
    """Note that ``by`` took the change set back, and take what came with it. If that was an undo, what it took back holds again,
    and so on down."""
    await belongings.take_back(db, schema, change_set)
    at: str | None = change_set
    mark: str | None = by
    while at is not None:
        row = await db.row(
            f"UPDATE {schema}._change_set SET undone_by = %(by)s::uuid WHERE id = %(id)s::uuid RETURNING undoes",
            {"by": mark, "id": at},
        )
        at, mark = (row[0] if row else None), (at if mark is None else None)


def may_see_all(ctx: Context) -> bool:
    """Whether the actor may see and undo what others did in bulk."""
    return ctx.actor.system or "settings" in ctx.actor.grants.system


def _runs(rows: list[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    """Rows as runs of the same object and kind, done by the same, in which each record occurs once, so that each run is one batch."""
    out: list[list[tuple[Any, ...]]] = []
    ids: set[str] = set()
    for row in rows:
        if not out or (out[-1][0][1], *out[-1][0][3:]) != (row[1], *row[3:]) or row[2] in ids:
            out.append([])
            ids = set()
        out[-1].append(row)
        ids.add(row[2])
    return out


async def _undo_group(
    ctx: Context, group: list[tuple[Any, ...]], since: Mapping[str, Since], force: bool
) -> tuple[int, list[dict[str, Any]]]:
    led = _led.get(group[0][6] or "")
    if led is None:
        return await _take_back(ctx, group, since, force)
    return await _lead_back(ctx, led, group, since, force and may_see_all(ctx))


async def _lead_back(
    ctx: Context, led: Led, group: list[tuple[Any, ...]], since: Mapping[str, Since], force: bool
) -> tuple[int, list[dict[str, Any]]]:
    """What the program did in somebody's name it takes back for them, whoever may see it; only what the actor sees is told. Who
    insists, or takes back what somebody else did without being let, does so by their own rights."""
    object_name, reason = group[0][1], group[0][6]
    by, at = await _done(ctx)
    if led.within is not None and not may_see_all(ctx) and at < ctx.now - led.within:
        return 0, [{"object": object_name, "id": r[2], "reason": "too_late"} for r in group]
    own = ctx.as_system(reason) if led.told else replace(ctx.as_system(reason), bulk="")
    if led.told and (force or not (by == ctx.actor.id or (led.others and await led.others(ctx, ctx.undoes or "")))):
        own = ctx
    images: dict[str, dict[str, Any]] = {r[2]: loads(r[4]) if r[4] else {} for r in group}
    ids = {id: {i for v in image.values() for i in moving.ids_in(v)} for id, image in images.items()}
    away = await merges.in_others(ctx, list({i for some in ids.values() for i in some}))
    entity = ctx.catalog.entities.get(object_name)
    refused: Mapping[str, Problem] = await led.judge(ctx, entity, images) if led.judge and entity else {}
    n, kept = await _take_back(own, [r for r in group if r[2] not in refused and not ids[r[2]] & away], since, force)
    kept += [_refused(ctx, object_name, id, problem) for id, problem in refused.items()]
    kept += [
        {"object": object_name, "id": i, "reason": "merged_away"}
        for i, some in ids.items()
        if some & away and i not in refused
    ]
    if led.told:
        return n, kept
    held = {k["id"] for k in kept}
    seen = await moving.seen(ctx, object_name, [r[2] for r in group]) if entity else set[str]()
    return len(seen - held), [k for k in kept if k["id"] in seen]


def _refused(ctx: Context, object_name: str, id: str, problem: Problem) -> dict[str, Any]:
    """What is kept because the write path refused it, in its words."""
    language = ctx.actor.language
    said = [{"field": e.field, "code": e.code, "message": e.message(language)} for e in problem.errors] or [
        {"field": None, "code": problem.code, "message": problem.title(language)}
    ]
    return {"object": object_name, "id": id, "reason": problem.code, "errors": said}


async def _done(ctx: Context) -> tuple[str | None, datetime]:
    """By whom and when the change set that is taken back was made."""
    schema = quote(ctx.workspace.schema)
    row = await ctx.db.row(f"SELECT actor, at FROM {schema}._change_set WHERE id = %(id)s::uuid", {"id": ctx.undoes})
    return (row[0], row[1]) if row else (ctx.actor.id, ctx.now)


async def _take_back(
    ctx: Context, group: list[tuple[Any, ...]], since: Mapping[str, Since], force: bool
) -> tuple[int, list[dict[str, Any]]]:
    if not group:
        return 0, []
    object_name, kind = group[0][1], group[0][3]
    entity = ctx.catalog.entities.get(object_name)
    kept: list[dict[str, Any]] = []
    operations: list[Delete | Archive | Restore | Update] = []
    verb = VERB[TAKES_BACK[kind]]
    for _, _, id, _, before, after, _ in group:
        edited = since.get(id)
        values: dict[str, Any] = loads(before, exact=True) if before else {}
        mine = [n for n in values if edited is not None and n in edited.now]
        if entity is None:
            kept.append({"object": object_name, "id": id, "reason": "object_retired"})
        elif not access.may(ctx.actor, entity, verb):
            kept.append({"object": object_name, "id": id, "reason": "forbidden"})
        elif edited is not None and not force and (kind != "update" or edited.whole or mine):
            made: dict[str, Any] = loads(after, exact=True) if after else {}
            changes = {n: [values[n], made.get(n), edited.now[n]] for n in mine}
            kept.append(
                {"object": object_name, "id": id, "reason": "edited_since", "at": edited.at, "changes": changes}
            )
        elif kind in ("create", "restore"):
            operations.append(Delete(id))
        elif kind == "unarchive":
            operations.append(Archive(id))
        elif kind in ("delete", "archive"):
            operations.append(Restore(id))
        else:
            values = {n: fitting(entity.fields[n], v, ctx.env) for n, v in values.items() if n in entity.fields}
            if not all(access.may_write(ctx.actor, entity, n) for n in values):
                kept.append({"object": object_name, "id": id, "reason": "forbidden"})
                continue
            operations.append(Update(id, values, trusted=True, exact=id not in since))
    if not operations:
        return 0, kept
    outcomes = await write(ctx, object_name, operations, atomic=False, render=False)
    undone = 0
    for op, outcome in zip(operations, outcomes, strict=True):
        if outcome.problem is None:
            undone += 1
        else:
            kept.append(_refused(ctx, object_name, op.id, outcome.problem))
    return undone, kept


async def named(ctx: Context, kept: list[dict[str, Any]]) -> None:
    """Say the titles of kept records, and of what their links pointed to, where the reader may see them. What the program keeps
    beside what people write is not shown."""
    for name in {k["object"] for k in kept if k["object"] in ctx.catalog.entities}:
        entity = ctx.catalog.entities[name]
        these = [k for k in kept if k["object"] == name]
        titles = await titles_of(ctx, name, [k["id"] for k in these])
        behind = await veils(ctx, entity, list(titles))
        told: list[dict[str, Any]] = []
        for k in these:
            k["title"] = titles.get(k["id"])
            changes = k.pop("changes", None)
            if changes is None or k["id"] not in titles:
                continue
            k["changes"] = {
                n: sides
                for n, sides in changes.items()
                if (f := entity.fields.get(n))
                and not f.readonly
                and access.readable(ctx.actor, entity, f)
                and n not in behind.get(k["id"], ())
            }
            told.append({"actor": None, "changes": k["changes"]})
        await resolve(ctx, entity, told)
