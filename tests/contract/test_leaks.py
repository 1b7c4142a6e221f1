"""Nothing leaks, whatever roles, teams, rules, cascades, shares and masks say: drawn at random, held against themselves.

A company of records is drawn with a configuration of access. Those that the reader may see are stored alone, and every door
is asked. Then they are stored again beside all the others, which are changed and deleted too, and with other values behind
masks and in hidden fields: the answers are the same, byte for byte. ``LEAK_EXAMPLES`` says how many are drawn.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.contract.test_canaries import CANARY, Aviary, page, told
from tests.contract.test_rules_of_access import shaped
from tests.world import Desk, World, renewed

from guanxi import records, transfer
from guanxi.api.records import RecordRoutes
from guanxi.base import Problem, new_id
from guanxi.records import Context, Create, Delete, Grants, Restore, Update, Upsert
from guanxi.records.compile import Compiler
from guanxi.records.context import SCOPES
from guanxi.schema.query import Query

EXAMPLES = int(os.environ.get("LEAK_EXAMPLES", "2"))
READER = "rep3"
PEOPLE = ("rep3", "mate", "rep1", "boss", "admin")
OBJECTS = ("account", "contact", "opportunity", "task", "keeper")
PARENT = {"contact": "account", "opportunity": "account", "task": "account"}
CLOSED: Mapping[str, tuple[Any, Any]] = {
    "account.phone": ("13812345678", "13898765678"),
    "account.revenue": (1000, 9000),
    "account.description": ("Quiet words", "Other words"),
    "contact.mobile": ("13912345678", "13998765678"),
    "contact.email": ("anna@x.example", "abel@x.example"),
    "opportunity.next_step": ("Call her", "Cancel!!"),
    "task.body": ("Say this.", "Say that."),
    "keeper.salary": (100, 900),
    "keeper.since": ("2020-01-01", "2021-12-31"),
}
"""Fields that a role may hide or mask, with two values that look alike behind a mask."""
RULED = {"account": ("industry", "finance"), "contact": ("department", "Board"), "keeper": ("skill", "gold")}
ALIKE = [
    {
        "op": "put_rule",
        "object": o,
        "rule": {"name": "same", "kind": "duplicate", "act": act, "hidden": "ignore", "match": [match]},
    }
    for o, act, match in (
        ("account", "warn", {"fields": ["name"], "how": "folded"}),
        ("contact", "block", {"fields": ["phone", "mobile"], "how": "phone"}),
    )
]
"""Who writes a phone number must not learn by it whose mobile it is, where that is masked."""


@dataclass(frozen=True)
class Drawn:
    """A record of the company: its parent is an account by its place in the list, which comes before."""

    object: str
    owner: str
    parent: int
    ruled: bool
    share: str
    id: str = field(default_factory=new_id)

    def account(self, drawn: list[Drawn]) -> str:
        """The id of the account that it belongs to: one of the first, which are one of each person."""
        return drawn[self.parent % len(PEOPLE)].id


scopes = st.sampled_from(SCOPES[1:])
grants = st.fixed_dictionaries(
    {o: st.fixed_dictionaries(dict.fromkeys(("read", "update", "delete", "export"), scopes)) for o in OBJECTS}
)
levels = st.dictionaries(
    st.sampled_from(sorted(CLOSED)), st.sampled_from(("none", "masked", "reveal")), min_size=4, max_size=len(CLOSED)
)
rules = st.dictionaries(
    st.sampled_from(sorted(RULED)),
    st.tuples(st.sampled_from(("grant", "only")), st.sampled_from(("role", "team", "user", "owner")), st.booleans()),
    max_size=3,
)
cascades = st.dictionaries(st.sampled_from(("contact", "opportunity")), st.sampled_from(("read", "update")), max_size=2)
company = st.lists(
    st.builds(
        Drawn,
        st.sampled_from(OBJECTS),
        st.sampled_from(PEOPLE),
        st.integers(0, 5),
        st.booleans(),
        st.sampled_from(("", "", "", "me", "team", "past", "other")),
    ),
    min_size=10,
    max_size=16,
).map(lambda drawn: [Drawn("account", p, 0, i % 2 == 0, "") for i, p in enumerate(PEOPLE)] + drawn)


def configured(world: World, roles: Any, closed: Any, ruled: Any, cascading: Any) -> tuple[Any, Any]:
    """The catalog and the reader of a configuration."""
    changes: list[dict[str, Any]] = [*ALIKE]
    for name, (kind, whom, mine) in ruled.items():
        to = {
            "role": "rep" if mine else "agent",
            "team": world.teams["west" if mine else "hq"],
            "user": world.id(READER if mine else "rep1"),
            "owner": True,
        }[whom]
        when = {"field": RULED[name][0], "op": "eq", "value": RULED[name][1]}
        changes.append(
            {"op": "put_access_rule", "object": name, "name": "r", "kind": kind, "to": {whom: to}, "when": when}
        )
    for name, level in cascading.items():
        changes.append({"op": "set_cascade", "object": name, "field": "account", "level": level})
    everything = {"create": True, "import": True}
    objects = {o: {**verbs, **everything} for o, verbs in roles.items()}
    people = {name: {"read": "all"} for name in ("user", "team", "role")}
    grants = Grants.of({"objects": {"*": {"read": "own"}, **people, **objects}, "fields": closed})
    return shaped(*changes), renewed(world.actors[READER], grants=grants)


class _Undone(Exception):
    pass


@asynccontextmanager
async def taken_back(desk: Desk) -> AsyncIterator[None]:
    """What is written inside is not there afterwards."""
    try:
        async with desk.connection.savepoint():
            yield
            raise _Undone
    except _Undone:
        pass


@dataclass
class Company:
    """The records of an example as they are stored in one go."""

    desk: Desk
    reader: Context
    drawn: list[Drawn]
    closed: Mapping[str, str]

    def values(self, one: Drawn, side: int, parents: set[str]) -> dict[str, Any]:
        world = self.desk.world
        values: dict[str, Any] = {"owner": world.id(one.owner)} if one.object != "keeper" else {}
        values["subject" if one.object == "task" else "name"] = (
            CANARY if one.id not in parents else f"Seen {one.object}"
        )
        values |= {
            n.split(".")[1]: pair[side if n in self.closed else 0]
            for n, pair in CLOSED.items()
            if n.startswith(one.object + ".")
        }
        if one.object in RULED and one.ruled:
            values[RULED[one.object][0]] = RULED[one.object][1]
        if one.object == "opportunity":
            values |= {"close_date": "2030-01-01", "amount": 5, "pipeline": "sales", "stage": "qualification"}
        parent = one.account(self.drawn)
        if one.object == "task":
            values["about"] = {"object": "account", "id": parent} if parent in parents or not parents else None
        elif one.object in PARENT:
            values[PARENT[one.object]] = parent
        return values

    async def store(self, those: set[str], side: int, seen: set[str]) -> None:
        """The records with these ids; ``side`` is which of two values stands in closed fields."""
        world = self.desk.world
        for one in self.drawn:
            if one.id not in those:
                continue
            actor = world.actors[one.owner]
            ctx = replace(self.reader, actor=actor, catalog=world.catalog, change_set=CHANGE_SET).as_system("test")
            await records.write(ctx, one.object, [Create(self.values(one, side, seen), id=one.id)], render=False)
            if one.share:
                to = {"me": world.id(READER), "past": world.id(READER), "team": world.teams["west"]}
                until = self.reader.now - timedelta(days=1) if one.share == "past" else None
                await self.desk.connection.execute(
                    f'INSERT INTO "{world.workspace.schema}"._share (id, record, object, grantee, write, by, until) VALUES'
                    " (%(id)s::uuid, %(id)s::uuid, %(o)s, %(to)s::uuid, %(w)s, %(by)s::uuid, %(until)s::timestamptz)",
                    {
                        "id": one.id,
                        "o": one.object,
                        "to": to.get(one.share, world.id("rep1")),
                        "w": one.ruled,
                        "by": world.id("admin"),
                        "until": until,
                    },
                )

    async def seen(self) -> set[str]:
        """The records that the reader may see."""
        return {r[0] for name in OBJECTS for r in await self._ids(name)}

    async def _ids(self, name: str) -> list[Any]:
        statement = Compiler(self.reader).ids(Query(name))
        return await self.desk.connection.fetch(statement.sql, statement.args)

    async def answers(self, mine: dict[str, str], hidden: dict[str, str]) -> dict[str, bytes]:
        """What every door says."""
        aviary = Aviary(self.desk, READER, OBJECTS)
        aviary.ctx, aviary.mine, aviary.hidden = self.reader, mine, hidden
        self.reader.actor.statements.clear()
        said = {question: answer async for question, answer in aviary.answers()}
        for name in ("account", "contact"):
            said[f"paper {name}"] = await told(self.paper(name, mine[name]))
        for path, pair in CLOSED.items():
            name, closed = path.split(".")
            for value in pair:
                condition = {"field": closed, "op": "eq", "value": value}
                said[f"{path} is {value}"] = await told(page(self.reader, name, {"filter": condition}))
                said[f"q={value}"] = await told(page(self.reader, name, {"q": str(value)}))
                said[f"search {value}"] = await told(records.search(self.reader, str(value), limit=50))
                # Refusals tell no more than answers do.
                for how, write in (
                    ("upsert", Upsert({closed: value}, {closed: value})),
                    ("write ill", Update(mine[name], {closed: {"x": value}})),
                ):
                    said[f"{how} {path} {value}"] = await told(aviary.tried(name, write))
                for child, link in PARENT.items():
                    linked = self.reader.catalog.object(child).fields.get(link)
                    if linked is not None and linked.target == name:
                        write = Update(mine[child], {link: {"match": {closed: value}}})
                        said[f"match {child} {path} {value}"] = await told(aviary.tried(child, write))
                if closed == "mobile":
                    said[f"alike {value}"] = await told(records.consult(self.reader, name, {"phone": value}))
                    write = Update(mine[name], {"phone": value})
                    said[f"write {value}"] = await told(aviary.tried(name, write))
        return said

    async def paper(self, name: str, id: str) -> bytes:
        """A record as it is drawn to be printed."""
        return await transfer.printed("brief.typ", await transfer.brief(self.reader, name, id))


CHANGE_SET = new_id()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="LEAK_EXAMPLES" not in os.environ,
    phases=(Phase.generate, Phase.shrink) if EXAMPLES > 50 else (Phase.generate,),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
)
@given(roles=grants, closed=levels, ruled=rules, cascading=cascades, drawn=company)
async def test_nothing_that_is_hidden_changes_an_answer(
    world: World, roles: Any, closed: Any, ruled: Any, cascading: Any, drawn: list[Drawn]
) -> None:
    catalog, actor = configured(world, roles, closed, ruled, cascading)
    async with world.desk() as desk:
        reader = replace(desk.as_(READER), catalog=catalog, actor=actor)
        one = Company(desk, reader, drawn, closed)
        async with taken_back(desk):
            await one.store({d.id for d in drawn}, 0, set())
            visible = await one.seen()
        # What is seen and stands on an account that is not seen is left out: it cannot be there without that.
        accounts = {d.id for d in drawn if d.object == "account"} & visible
        alone = {d.id for d in drawn if d.object in ("contact", "opportunity") and d.account(drawn) not in accounts}
        seen = visible - alone
        others = [d for d in drawn if d.id not in visible]
        mine = {o: next((d.id for d in drawn if d.object == o and d.id in seen), new_id()) for o in OBJECTS}
        hidden = {o: next((d.id for d in others if d.object == o), new_id()) for o in OBJECTS}
        async with taken_back(desk):
            await one.store(seen, 0, seen)
            assert await one.seen() == seen
            before = await one.answers(mine, hidden)
        async with taken_back(desk):
            await one.store(seen, 1, seen)
            await one.store({d.id for d in others}, 0, seen)
            system = replace(reader, actor=world.actors["admin"], catalog=world.catalog).as_system("test")
            for d in others:
                title = catalog.object(d.object).title
                await records.write(system, d.object, [Update(d.id, {title: CANARY + "!"})], render=False)
            for d in [d for d in others if d.object in ("task", "keeper")][:2]:
                await records.write(system, d.object, [Delete(d.id)])
            assert await one.seen() == seen
            after = await one.answers(mine, hidden)
            await refused_leave_no_trace(desk, reader, others)
        assert before.keys() == after.keys()
        assert len(before) > 600
        for question, answer in before.items():
            assert after[question] == answer, question
        whole = b"\n".join(after.values())
        assert not [d for d in others if d.id.encode() in whole]


async def refused_leave_no_trace(desk: Desk, reader: Context, others: list[Drawn]) -> None:
    """Whatever is tried with what is hidden is refused before anything is written."""
    before = await desk.digest()
    for d in others:
        title = reader.catalog.object(d.object).title
        for operation in (Update(d.id, {title: "x"}), Delete(d.id), Restore(d.id)):
            with pytest.raises(Problem):
                await records.write(reader, d.object, [operation])
        with pytest.raises(Problem):
            await records.share(reader, d.object, d.id, reader.actor.id, "user")
        with pytest.raises(Problem):
            await records.reveal(reader, d.object, d.id, [title])
    assert await desk.digest() == before


def test_every_door_to_records_is_asked() -> None:
    """A new door is asked too: who adds one adds a question to the aviary, and its name here."""
    routes = RecordRoutes(None)  # type: ignore[arg-type] - only its doors are looked at
    doors: set[str] = {*vars(routes)["_bulk"], *vars(routes)["_told"], *vars(routes)["_of_one"]}
    assert doors == {
        *("query", "batch", "aggregate", "mass", "rules", "changes"),
        *(
            "restore",
            "archive",
            "history",
            "timeline",
            "explain",
            "access",
            "shares",
            "reveal",
            "panels",
            "related",
            "alerts",
            "brief.pdf",
        ),
        *("merge", "merge_many", "merge_run", "merged", "merges", "unmerge"),  # asked in tests/merging
    }
