"""What one may not see changes nothing of what one is told.

Every door is asked, hidden records of every object appear beside and below what the reader sees (and some are changed
and deleted), and every door is asked again: the answers are the same, byte for byte, and so are the refusals. Questions
name the hidden records by their ids and by what is written in them, before they exist and after.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import pytest
from tests.world import Desk, World, example

from guanxi import records, transfer, whole
from guanxi.base import Problem, new_id
from guanxi.base.json import dumps, loads
from guanxi.records import Archive, Context, Create, Delete, Operation, Restore, Update, Upsert
from guanxi.schema.catalog import Entity
from guanxi.schema.query import read_aggregation, read_query

Asked = list[tuple[str, dict[str, Any]]]

CANARY = "Kanarienvogel 金丝雀"
OBJECTS = ["account", "contact", "lead", "opportunity", "keeper", "zoo", "task", "note", "call", "meeting", "comment"]
READERS = ["rep3", "peeper"]
THEN = ["account", "contact", "opportunity", "zoo", "task", "comment"]
"""Objects whose past is asked about, and of which the second reader asks: the others are led to, or are activities like these."""


def texts(entity: Entity) -> list[str]:
    """The fields of an object that hold free text."""
    return [
        n for n, k in entity.types.items() if "contains" in k.operators and not k.many and not entity.fields[n].system
    ]


def alike(entity: Entity) -> set[str]:
    """Fields to ask about: of those that are told alike, being of one type and pointing to the same, two."""
    told: Counter[tuple[str, str | None]] = Counter()
    out: set[str] = set()
    for n, kind in entity.types.items():
        told[key := (kind.name, entity.fields[n].target)] += 1
        if told[key] <= 2:
            out.add(n)
    return out


def values_of(entity: Entity, links: dict[str, list[str]], rng: random.Random) -> dict[str, Any]:
    values = example(entity, rng, links)
    for name in texts(entity):
        if entity.fields[name].type in ("text", "longtext") and name in values and name not in ("code", "reference"):
            values[name] = CANARY
    if entity.fields[entity.title].type in ("text", "person"):
        values[entity.title] = CANARY
    return {n: v for n, v in values.items() if not entity.fields[n].unique}


class Aviary:
    """What the reader has, and the ids of what will be hidden."""

    def __init__(self, desk: Desk, reader: str, objects: Sequence[str] = OBJECTS) -> None:
        self.desk, self.reader, self.objects = desk, reader, objects
        self.asked: Callable[[Asked], Asked] = list if reader == READERS[0] else few
        """The second reader is another reason to see or not to see, with less asked about it: what is made of a question is
        alike."""
        self.hidden = {o: new_id() for o in objects}
        self.mine: dict[str, str] = {}
        self.ctx = desk.as_(reader)
        self.then: datetime | None = None
        """A moment of the past that is asked about as well."""

    async def settle(self) -> None:
        """One record of each object that is the reader's own."""
        rng, me = random.Random(3), self.desk.world.id(self.reader)
        for name in OBJECTS:
            entity = self.desk.world.catalog.object(name)
            links = {o: [i] for o, i in self.mine.items()} | {"user": [me]}
            values = {n: v for n, v in example(entity, rng, links).items() if not entity.fields[n].unique}
            if "about" in values:
                values["about"] = {"object": "account", "id": self.mine["account"]}
            self.mine[name] = await self.desk.one(name, by=self.reader, **{**values, entity.owner: me})

    async def hide(self) -> None:
        """The hidden records: the administrator's, pointing to what the reader sees; one is changed, one is deleted."""
        rng, boss = random.Random(4), self.desk.world.id("admin")
        system = self.desk.system()
        for name in OBJECTS:
            entity = self.desk.world.catalog.object(name)
            links = {
                o: [i] for o, i in self.mine.items() if o not in ("task", "note", "call", "meeting", "comment")
            } | {"user": [boss]}
            values = values_of(entity, links, rng)
            if "about" in values:  # what is about something seen is seen
                values["about"] = {"object": "account", "id": self.hidden["account"]}
            twin = {**values, entity.owner: boss}
            await records.write(system, name, [Create(twin, id=self.hidden[name]), Create(twin)])
            await records.write(system, name, [Update(self.hidden[name], {entity.title: CANARY + "!"})], render=False)
            [gone] = await records.write(system, name, [Create(twin)])
            await records.write(system, name, [Delete(gone.id or "")])

    async def answers(self) -> AsyncIterator[tuple[str, bytes]]:
        """Every question with its answer; with a moment set, those about the past."""
        async for question, call in self.questions() if self.then is None else self.questions_of_then(self.then):
            yield question, await told(call)

    async def questions_of_then(self, then: datetime) -> AsyncIterator[tuple[str, Any]]:
        ctx, past = self.ctx, self.ctx.then(then)
        for name in THEN if self.asked is list else THEN[1:3]:
            entity = ctx.catalog.object(name)
            asked = few(self.queries(entity))
            if (
                entity.definition.activity
            ):  # alike, and judged through all that they may be about: a share of the questions each
                asked = asked[THEN.index(name) % 3 :: 3]
            for label, query in asked:
                yield f"past list {name} {label}", page(past, name, query)
            for label, what in few(self.figures(entity)):
                yield f"past figures {name} {label}", figures(past, name, what)
            query = read_query(name, {"include": "totals", "limit": 200})
            yield f"past changes {name}", records.between(ctx, query, then, None, summary=True)
            for id in (self.mine[name], self.hidden[name]):
                yield f"past {name} {id == self.mine[name]}", records.get(past, name, id)

    async def questions(self) -> AsyncIterator[tuple[str, Any]]:
        ctx = self.ctx
        for name in self.objects if self.asked is list else [o for o in self.objects if o in THEN]:
            entity = ctx.catalog.object(name)
            for label, query in self.asked(self.queries(entity)):
                yield f"list {name} {label}", page(ctx, name, query)
            for label, what in self.asked(self.figures(entity)):
                yield f"figures {name} {label}", figures(ctx, name, what)
            yield f"export {name}", export(ctx, name)
            later = ctx.then(ctx.now.replace(year=2100))
            if name in THEN[:2]:  # the past is a source of its own, with a test of its own
                yield f"past {name}", page(later, name, {"include": ["count", "totals"]})
            picked = {"q": CANARY[:6], "limit": 20, "fields": [entity.title]}
            yield f"picker {name}", page(ctx, name, picked)
            for text in texts(entity):
                yield f"alike {name} {text}", records.consult(ctx, name, {text: CANARY})
            for id in (self.mine[name], self.hidden[name]):
                whose = "mine" if id == self.mine[name] else "hidden"
                yield f"get {name} {whose}", records.get(ctx, name, id)
                yield f"history {name} {whose}", records.history(ctx, name, id)
                yield f"timeline {name} {whose}", records.timeline(ctx, name, id, counted=True)
                yield f"panels {name} {whose}", records.panels(ctx, name, id)
                if name in THEN:
                    yield f"brief {name} {whose}", transfer.brief(ctx, name, id)
                yield f"alerts {name} {whose}", records.alerts(ctx, name, [id])
                yield f"timeline q {name} {whose}", records.timeline(ctx, name, id, q=CANARY)
                somebody = self.desk.world.id("admin")
                yield f"timeline of somebody {name} {whose}", records.timeline(ctx, name, id, user=somebody)
                if name in THEN[:2]:
                    yield f"past {name} {whose}", records.get(later, name, id)
                yield f"why {name} {whose}", records.explain(ctx, name, id)
                yield f"shares {name} {whose}", records.shares(ctx, name, id)
                yield f"who {name} {whose}", records.who(ctx, name, id)
                yield f"reveal {name} {whose}", records.reveal(ctx, name, id, [entity.title])
                yield f"alike {name} {whose}", records.consult(ctx, name, {}, id)
                for inverse in entity.children:
                    yield f"related {name} {whose} {inverse}", related(ctx, name, id, inverse)
            for label, operation in self.writes(entity):
                yield f"write {name} {label}", self.tried(name, operation)
        for text in (CANARY, CANARY[:4], "金丝", "jinsique", "jsq"):
            yield f"search {text}", records.search(ctx, text, limit=50)
        yield "change sets", records.change_sets(ctx)
        yield "shared with me", records.shared(ctx, "with_me")
        yield "shared by me", records.shared(ctx, "by_me")
        yield "catalog", records.describe(ctx)

    def queries(self, entity: Entity) -> list[tuple[str, dict[str, Any]]]:
        out: list[tuple[str, dict[str, Any]]] = [("", {"include": ["count", "totals"]})]
        out += [(f"q={CANARY}", {"q": CANARY, "include": ["count"]})]
        told = alike(entity)
        for n, kind in entity.types.items():
            if kind.sortable and not kind.many and n in told:
                out.append((f"sort {n}", {"sort": f"-{n}", "fields": ["id"]}))
            if "contains" in kind.operators and not kind.many and n in told:
                out.append((f"{n} contains", {"filter": {"field": n, "op": "contains", "value": CANARY}}))
            if (kind.link or kind.anywhere) and n in told:
                hidden = self.hidden.get(entity.fields[n].target or "account", self.desk.world.id("admin"))
                for op in kind.operators:
                    value: Any = [hidden] if op in ("in", "not_in") or (kind.many and op in ("eq", "ne")) else hidden
                    value = True if op == "is_empty" else value
                    out.append((f"{n} {op}", {"filter": {"field": n, "op": op, "value": value}, "fields": ["id"]}))
        for i, inverse in enumerate(entity.children):  # each in one of the ways to ask about what points here
            way = ({"any": inverse}, {"none": inverse}, {"related": inverse, "count": {"eq": 1}})[i % 3]
            out.append((f"{next(iter(way))} {inverse}", {"filter": way, "fields": ["id"]}))
        out.append(("the hidden one", {"filter": {"field": "id", "op": "eq", "value": self.hidden[entity.name]}}))
        out.append(("the bin", {"bin": True}))
        out += [(f"archive {archived}", {"archived": archived, "include": ["count"]}) for archived in ("only", "with")]
        return out

    def figures(self, entity: Entity) -> list[tuple[str, dict[str, Any]]]:
        out: list[tuple[str, dict[str, Any]]] = []
        told = alike(entity)
        for n, kind in ((n, kind) for n, kind in entity.types.items() if n in told):
            if kind.groupable:
                out.append((f"by {n}", {"group": [n]}))
            measures = [{"fn": fn, "field": n, "as": fn} for fn in kind.aggregates]
            if measures:
                out.append((f"of {n}", {"measures": measures}))
        return out

    def writes(self, entity: Entity) -> list[tuple[str, Operation]]:
        """Writes that name what is hidden; each is rolled back."""
        hidden, mine = self.hidden[entity.name], self.mine[entity.name]
        out: list[tuple[str, Operation]] = [
            ("change", Update(hidden, {entity.title: "x"})),
            ("delete", Delete(hidden)),
            ("archive", Archive(hidden)),
            ("restore", Restore(hidden)),
        ]
        if entity.fields[entity.title].type in ("text", "person"):
            out.append(("upsert", Upsert({entity.title: CANARY}, {entity.title: CANARY})))
        for n, kind in entity.types.items():
            f = entity.fields[n]
            target = "account" if kind.anywhere else f.target or ""
            if f.system or f.readonly or target not in self.hidden:
                continue
            other = self.desk.world.catalog.object(target)
            for label, one in (("id", self.hidden[target]), ("match", {"match": {other.title: CANARY}})):
                value: Any = [one] if kind.many else one
                if kind.anywhere:
                    value = {"object": target, "id": one}
                out.append((f"{n} by {label}", Update(mine, {n: value})))
        return out

    async def tried(self, name: str, operation: Operation) -> Any:
        try:
            async with self.desk.connection.savepoint():
                [done] = await records.write(replace(self.ctx, change_set=new_id()), name, [operation], render=False)
                raise _Undone(done.status)
        except _Undone as undone:
            return undone.args


class _Undone(Exception):
    pass


def few(asked: Asked) -> Asked:
    """Three questions of each kind: the past is a source of its own, whatever is then asked of it."""
    kinds: dict[str, Asked] = {}
    for label, what in asked:
        kind = (
            label.split()[0]
            if label.split()[:1] in (["sort"], ["by"], ["of"], ["any"], ["none"], ["related"])
            else label.split()[-1:]
        )
        kinds.setdefault(str(kind), []).append((label, what))
    return [one for several in kinds.values() for one in several[:3]]


async def told(call: Any) -> bytes:
    """What a door answers: as it goes out, or the text of its refusal."""
    try:
        answer = await call
    except Problem as problem:
        return dumps({"status": problem.status, **problem.body("en")})
    if isinstance(answer, dict) and "alike" in answer:
        answer = {**answer, "alike": beyond_the_rule(answer["alike"])}
    return answer if isinstance(answer, bytes) else dumps(answer)


def beyond_the_rule(alike: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Duplicates without that there are hidden ones and who holds them: a rule says so on purpose, and tests/linkage that it
    says no more."""
    return [{**one, "hidden": None, "holders": None} for one in alike if one["records"]]


def beyond_the_asked(question: str, answer: bytes) -> bytes:
    """An answer without its echo of what the reader has typed."""
    if question.startswith("alike "):
        told = loads(answer)
        for name, made in told.get("standard", {}).items():
            # Of what was typed: how it reads in one form, its parts, and why it is none. Nothing else may be told here.
            assert made.keys() <= {"value", "parts", "guess", "message"}, name
        told["standard"] = sorted(told.get("standard", {}))
        return dumps(told)
    return answer.replace(f"search {CANARY}".encode(), b"")


async def page(ctx: Context, name: str, query: dict[str, Any]) -> bytes:
    return (await records.find(ctx, read_query(name, query))).body()


async def figures(ctx: Context, name: str, what: dict[str, Any]) -> bytes:
    return b"\n".join(await records.aggregate(ctx, read_aggregation(name, what)))


async def export(ctx: Context, name: str) -> bytes:
    return b"\n".join([r async for part in records.stream(ctx, read_query(name, {})) for r in part])


async def archive(ctx: Context, folder: Path) -> dict[str, bytes]:
    """Every part of the export of everything."""

    async def on(done: int) -> None:
        return None

    with TemporaryDirectory(dir=folder) as place:
        await whole.put_together(ctx, Path(place), Path(place) / "all.zip", on)
        with ZipFile(Path(place) / "all.zip") as zipped:
            return {name: zipped.read(name) for name in zipped.namelist()}


async def related(ctx: Context, name: str, id: str, inverse: str) -> bytes:
    around = await records.visible(ctx, name, id)
    child, wanted = records.related(ctx, name, inverse, id)
    query = replace(read_query(child.object, {"include": ["count"]}), filter=wanted)
    return (await records.find(around, query)).body()


@pytest.mark.parametrize("reader", READERS)
async def test_what_one_may_not_see_changes_nothing_of_what_one_is_told(
    desk: Desk, reader: str, tmp_path: Path
) -> None:
    aviary = Aviary(desk, reader)
    await aviary.settle()
    before = {question: answer async for question, answer in aviary.answers()}
    takes = records.access.may(aviary.ctx.actor, desk.world.catalog.object("account"), "export")
    before |= await archive(aviary.ctx, tmp_path) if takes else {}
    await aviary.hide()
    after = {question: answer async for question, answer in aviary.answers()}
    after |= await archive(aviary.ctx, tmp_path) if takes else {}
    assert takes is (reader == "peeper")
    assert not takes or aviary.mine["account"].encode() in before["records/account.csv"]
    assert len(before) > 500
    for question, answer in before.items():
        assert after[question] == answer, question
    whole = b"\n".join(after.values())
    for name, id in aviary.hidden.items():
        assert id.encode() not in whole, name
    assert b"Kanarienvogel" not in b"\n".join(beyond_the_asked(q, a) for q, a in after.items())
    assert sum(b'"status":4' not in a for a in before.values()) > 200, "most doors are open"


async def test_the_doors_do_tell_what_one_may_see(desk: Desk) -> None:
    """The same questions of somebody who sees everything do notice: they ask for what is there."""
    aviary = Aviary(desk, READERS[0])
    await aviary.settle()
    aviary.ctx, aviary.asked = desk.as_("admin"), few
    before = {question: answer async for question, answer in aviary.answers()}
    await aviary.hide()
    after = {question: answer async for question, answer in aviary.answers()}
    noticed = {question.split()[0] for question in before if before[question] != after[question]}
    assert noticed >= {
        "list",
        "figures",
        "export",
        "get",
        "history",
        "timeline",
        "past",
        "why",
        "related",
        "write",
        "search",
        "brief",
    }


@pytest.mark.parametrize("reader", READERS)
async def test_what_one_may_not_see_was_not_there_either(own_world: World, reader: str) -> None:
    """The same of the past, with hidden records that are changed, taken away and deleted afterwards."""
    async with own_world.act() as ctx:
        aviary = Aviary(Desk(own_world, ctx.db), reader)
        await aviary.settle()
    async with own_world.db.connection() as c:
        aviary.then = await c.value("SELECT clock_timestamp()")
    before = await past(own_world, aviary)
    async with own_world.act() as ctx:
        aviary.desk = Desk(own_world, ctx.db)
        await aviary.hide()
    async with own_world.db.connection() as c:
        aviary.then = await c.value("SELECT clock_timestamp()")
    async with own_world.act() as ctx:
        system = ctx.as_system("test")
        for name in OBJECTS:
            title = own_world.catalog.object(name).title
            await records.write(system, name, [Update(aviary.hidden[name], {title: "Somebody else"})], render=False)
        await records.write(system, "note", [Delete(aviary.hidden["note"])])
    after = await past(own_world, aviary)
    assert len(before) > (150 if reader == READERS[0] else 50)
    for question, answer in before.items():
        assert after[question] == answer, question
    whole = b"\n".join(after.values())
    assert b"Kanarienvogel" not in whole
    assert not [name for name, id in aviary.hidden.items() if id.encode() in whole]


async def past(world: World, aviary: Aviary) -> dict[str, bytes]:
    """Every question about the past with its answer."""
    async with world.desk() as desk:
        aviary.desk, aviary.ctx = desk, desk.as_(aviary.reader)
        return {question: answer async for question, answer in aviary.answers()}
