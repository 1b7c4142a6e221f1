"""Who may see and do what: every object, every role, every verb, against an oracle that reads the roles as data.

A refusal leaves everything that is stored as it was. The oracle knows the roles' grants, the tree of teams and who owns
what; of the engine it uses nothing.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.world import HIDDEN, LEADS, PEOPLE, READ_ONLY, ROLES, TEAMS, Desk, World, exact, example, pages

from guanxi import records
from guanxi.apps import NOUNS
from guanxi.apps.roles import ROLES as SEEDED
from guanxi.base import Forbidden, NotFound, Problem, new_id
from guanxi.base.json import loads
from guanxi.records import Create, Delete, Restore, Update
from guanxi.schema.query import read_query

GRANTS = {role.name: role.grants for role in SEEDED} | {n: dict(g) for n, g in ROLES.items()}
OBJECTS = [*(noun.object.name for noun in NOUNS), "user", "team", "role", "keeper", "zoo"]
HELD = {"account"}
APART = {"pool"}
"""Objects with access rules of their own, which have tests of their own."""
TITLE = {"role": "label", "comment": "body", "relation": "note", "consent": "source", "zoo": "longtext"}
"""A field to change where the title is made by a rule."""
OWNERS = ["admin", "boss", "captain", "rep1", "rep2", "rep3", "mate", "agent", "marketer", "peeper"]
VERBS = ("read", "update", "delete", "export")
WIDTH = ("none", "own", "team", "below", "all")

# -- the oracle --------------------------------------------------------------------------------------------------------


def granted(role: str, object_name: str, verb: str) -> str:
    """The scope that a role gives; yes is all."""
    objects = GRANTS[role].get("objects", {})
    scope = objects.get(object_name, objects.get("*", {})).get(verb, "none")
    scope = {True: "all", False: "none"}.get(scope, scope)
    if verb in ("update", "delete", "export"):  # one cannot reach further than one sees
        scope = min(scope, granted(role, object_name, "read"), key=WIDTH.index)
    return scope


def teams_of(person: str) -> set[str]:
    return {*PEOPLE[person][1], *(t for t, lead in LEADS.items() if lead == person)}


def under(teams: set[str]) -> set[str]:
    found = set(teams)
    while more := {t for t, parent in TEAMS.items() if parent in found} - found:
        found |= more
    return found


def reach(person: str, scope: str) -> set[str]:
    """The people whose records lie within a scope."""
    if scope == "all":
        return {*PEOPLE}
    if scope == "none":
        return set()
    teams = {"own": set[str](), "team": teams_of(person), "below": under(teams_of(person))}[scope]
    return {person, *(p for p, (_, member) in PEOPLE.items() if teams & set(member))}


@dataclass
class Books:
    """What was made: the record of each owner, for each object; what is about it, and with whom it is shared."""

    world: World
    ids: dict[str, dict[str, str]]
    about: dict[str, tuple[str, str]]

    def may(self, person: str, object_name: str, owner: str, verb: str) -> bool:
        """Whether the oracle lets a person do this with the record of this owner."""
        role = PEOPLE[person][0]
        scope = granted(role, object_name, verb)
        if scope == "none":
            return False
        if owner in reach(person, scope):
            return True
        about = self.about.get(f"{object_name}:{owner}") if verb in ("read", "export") else None
        return about is not None and self.may(person, *about, "read")

    def visible(self, person: str, object_name: str, verb: str = "read") -> set[str]:
        return {i for owner, i in self.ids[object_name].items() if self.may(person, object_name, owner, verb)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(world: World) -> Books:
    """One record of each object for each owner, each about or linked to those of others."""
    rng = random.Random(3)
    ids: dict[str, dict[str, str]] = {}
    about: dict[str, tuple[str, str]] = {}
    async with world.db.transaction(world.workspace.role) as c:
        for object_name in OBJECTS:
            entity = world.catalog.object(object_name)
            ids[object_name] = {}
            for n, owner in enumerate(OWNERS):
                ctx = world.context(c, owner).as_system("test")
                links = {o: list(found.values()) for o, found in ids.items()} | {
                    "user": [world.id(owner)],
                    "role": [world.roles["rep"]],
                }
                links.pop("team", None)
                values = example(entity, rng, links)
                if entity.owner:
                    values[entity.owner] = world.id(owner)
                if link := entity.definition.inherits:
                    fixed = entity.fields[link].target
                    target = fixed or ("account", "contact", "lead")[n % 3]
                    other = OWNERS[(n * 3 + 1) % len(OWNERS)]
                    values[link] = ids[target][other] if fixed else {"object": target, "id": ids[target][other]}
                    about[f"{object_name}:{owner}"] = (target, other)
                [made] = await records.write(ctx, object_name, [Create(values)], render=False)
                ids[object_name][owner] = made.id or ""
    return Books(world, ids, about)


@pytest_asyncio.fixture
async def at(books: Books) -> AsyncIterator[Desk]:
    async with books.world.desk() as desk:
        yield desk


EVERYBODY = sorted(PEOPLE)
CORE = {"account", "contact", "opportunity", "task", "order_line", "user", "team", "role", "keeper", "zoo"}
"""Objects looked at as everybody; the others, whose rules are the same, as one of each kind."""
SEATS = [(o, p) for o in OBJECTS for p in EVERYBODY if o in CORE or p in ("rep1", "mate", "agent", "viewer", "peeper")]
CREATORS = [(o, p) for o, p in SEATS if o not in ("user", "role") and p not in ("captain", "loner", "rep2", "rep3")]


def test_the_matrix_has_every_object(world: World) -> None:
    assert set(OBJECTS) == set(world.catalog.entities) - APART
    assert {role for role, _ in PEOPLE.values()} == set(GRANTS)


@pytest.mark.parametrize(("object_name", "person"), SEATS)
async def test_reading_reaches_exactly_what_the_role_says(
    books: Books, at: Desk, object_name: str, person: str
) -> None:
    ctx = at.as_(person)
    mine = set(books.ids[object_name].values())
    expected = books.visible(person, object_name)
    if granted(PEOPLE[person][0], object_name, "read") == "none":
        for call in (
            records.find(ctx, read_query(object_name, {})),
            records.get(ctx, object_name, next(iter(mine))),
            at.aggregate(object_name, person),
        ):
            with pytest.raises(Forbidden):
                await call
        return
    found = {r["id"] for r in await at.find(object_name, person, include="count")}
    assert found & mine == expected
    page = await records.find(ctx, read_query(object_name, {"include": "count", "limit": 1}))
    assert page.count == len(found)
    [total] = await at.aggregate(object_name, person)
    assert total["values"]["count"] == len(found)
    for id in mine:
        if id in expected:
            assert loads(await records.get(ctx, object_name, id))["id"] == id
        else:
            with pytest.raises(NotFound):
                await records.get(ctx, object_name, id)
    if granted(PEOPLE[person][0], object_name, "export") != "none":
        rows = [r async for part in records.stream(ctx, read_query(object_name, {})) for r in part]
        assert {loads(r)["id"] for r in rows} & mine == books.visible(person, object_name, "export")
    else:
        with pytest.raises(Forbidden):
            _ = [part async for part in records.stream(ctx, read_query(object_name, {}))]


@pytest.mark.parametrize(("object_name", "person"), SEATS)
async def test_writing_reaches_exactly_what_the_role_says(
    books: Books, at: Desk, object_name: str, person: str
) -> None:
    """What is refused is refused before anything was written: nothing is rolled back between."""
    ctx = at.as_(person)
    role = PEOPLE[person][0]
    entity = books.world.catalog.object(object_name)
    title = TITLE.get(object_name, entity.title)
    change = {title if f"{entity.name}.{title}" not in GRANTS[role].get("fields", {}) else "description": "Changed"}
    allowed: list[tuple[Any, str]] = []
    before = await at.digest()
    for owner, id in books.ids[object_name].items():
        seen = books.may(person, object_name, owner, "read")
        for verb, operation in (("update", Update(id, change)), ("delete", Delete(id))):
            if books.may(person, object_name, owner, verb):
                allowed.append((operation, verb))
                continue
            with pytest.raises(Problem) as refusal:
                await records.write(ctx, object_name, [operation])
            forbidden = granted(role, object_name, verb) == "none" or seen
            assert refusal.value.status == (403 if forbidden else 404)
    stranger = new_id()
    for verb, operation in (
        ("update", Update(stranger, change)),
        ("delete", Delete(stranger)),
        ("delete", Restore(stranger)),
    ):
        with pytest.raises(Problem) as refusal:
            await records.write(ctx, object_name, [operation])
        assert refusal.value.status == (403 if granted(role, object_name, verb) == "none" else 404)
    assert await at.digest() == before
    for operation, verb in allowed:
        if object_name in ("user", "role", "team") or (object_name in HELD and verb == "delete"):
            continue  # further rules hold for people; what others point to is held by them
        [outcome] = await records.write(ctx, object_name, [operation])
        assert outcome.problem is None
        if verb == "delete":
            [outcome] = await records.write(ctx, object_name, [Restore(operation.id)])
            assert outcome.problem is None


@pytest.mark.parametrize(("object_name", "person"), CREATORS)
async def test_creating_is_for_whom_the_role_says(books: Books, at: Desk, object_name: str, person: str) -> None:
    role = PEOPLE[person][0]
    entity = books.world.catalog.object(object_name)
    hidden = {n for o, names in HIDDEN.items() if o == object_name and role == "clerk" for n in names}
    fixed = {n for o, names in READ_ONLY.items() if o == object_name and role == "clerk" for n in names}
    links = {o: sorted(books.visible(person, o)) for o in OBJECTS if granted(role, o, "read") != "none"} | {
        "user": [books.world.id(person)]
    }
    values = {n: v for n, v in example(entity, random.Random(5), links).items() if n not in hidden | fixed}
    if entity.owner:
        values[entity.owner] = books.world.id(person)
    if granted(role, object_name, "create") == "none":
        before = await at.digest()
        with pytest.raises(Forbidden):
            await records.write(at.as_(person), object_name, [Create(values)])
        assert await at.digest() == before
        return
    if hidden & {entity.title} and entity.fields[entity.title].required:
        return  # nobody can name what they may not see
    if granted(role, object_name, "read") == "none":
        assert (await at.refused(at.as_(person), object_name, Create(values))).status == 403
        return
    [made] = await records.write(at.as_(person), object_name, [Create(values)])
    assert made.status == 201
    assert made.record is not None
    shown = exact(made.record)
    assert not hidden & set(shown)
    assert shown["created_by"] is None or shown["created_by"]["id"] == books.world.id(person)


@pytest.mark.parametrize(("object_name", "person"), [(o, p) for o, p in SEATS if p in ("rep1", "mate", "agent")])
async def test_every_side_door_is_locked_alike(books: Books, at: Desk, object_name: str, person: str) -> None:
    """History, timeline, the past, explanations, shares, related lists and undo of a record that one may not see."""
    ctx = at.as_(person)
    mine = [*books.ids[object_name].values()]
    visible = books.visible(person, object_name)
    before = await at.digest()
    strangers = [i for i in mine if i not in visible] + [new_id(), "x", ""]
    then = ctx.then(ctx.now + timedelta(days=1))
    # The past locks all rows by one predicate: it is asked about all at once, and about one of each kind.
    if granted(PEOPLE[person][0], object_name, "read") != "none":
        assert {r["id"] for r in await pages(then, object_name, {"fields": ["id"]})} & set(mine) == visible
    past = {*sorted(visible)[:1], strangers[0], "x", ""}
    for id in [*visible, *strangers]:
        calls = [
            records.history(ctx, object_name, id),
            records.timeline(ctx, object_name, id),
            records.explain(ctx, object_name, id),
            records.shares(ctx, object_name, id),
            *([records.get(then, object_name, id)] if id in past else []),
        ]
        for call in calls:
            if id in visible:
                assert await call is not None
            else:
                with pytest.raises((NotFound, Forbidden)):
                    await call
        if id not in visible:
            for call in (
                records.share(ctx, object_name, id, books.world.id("rep2"), "user", "read"),
                records.unshare(ctx, object_name, id, new_id()),
            ):
                with pytest.raises((NotFound, Forbidden)):
                    await call
    assert await at.digest() == before


@pytest.mark.parametrize("person", ["boss", "rep1", "mate", "agent", "peeper", "viewer", "outsider"])
async def test_the_search_box_finds_only_what_may_be_seen(books: Books, at: Desk, person: str) -> None:
    """Titles of every object, typed by somebody who may see some of them."""
    seen = {o: books.visible(person, o) for o in OBJECTS}
    everything = {i for found in books.ids.values() for i in found.values()}
    ctx = at.as_(person)
    for object_name in OBJECTS:
        entity = books.world.catalog.object(object_name)
        readable = granted(PEOPLE[person][0], object_name, "read") != "none"
        texts = {str(r[entity.title] or "")[:6].strip() for r in await at.find(object_name, fields=[entity.title])} - {
            ""
        }
        for text in sorted(texts)[:3]:
            for hit in await records.search(ctx, text, limit=100):
                if hit["id"] in everything:
                    assert hit["id"] in seen[hit["object"]]
            found = set(await at.ids(object_name, person, q=text)) & everything if readable else set()
            assert found == set(await at.ids(object_name, q=text)) & seen[object_name]


@pytest.mark.parametrize("person", ["rep1", "mate", "viewer"])
async def test_explain_tells_what_the_doors_do(books: Books, at: Desk, person: str) -> None:
    for object_name in OBJECTS:
        for owner, id in books.ids[object_name].items():
            told = await records.explain(at.as_(), object_name, id, books.world.id(person))
            for verb in VERBS:
                assert told["verbs"][verb]["may"] is books.may(person, object_name, owner, verb)
            assert told["verbs"]["create"]["may"] is (granted(PEOPLE[person][0], object_name, "create") != "none")


# -- shares ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "grantee", "kind"),
    [("read", "rep3", "user"), ("update", "rep3", "user"), ("read", "west", "team"), ("update", "west", "team")],
)
async def test_a_share_gives_what_it_says_and_ends(books: Books, at: Desk, level: str, grantee: str, kind: str) -> None:
    world = books.world
    id = books.ids["account"]["rep1"]
    with pytest.raises(NotFound):
        await records.get(at.as_("rep3"), "account", id)
    given = await records.share(
        at.as_("rep1"), "account", id, world.id(grantee) if kind == "user" else world.teams[grantee], kind, level
    )
    assert (await at.get("account", id, "rep3"))["id"] == id
    assert id in await at.ids("account", "rep3")
    changes = records.write(at.as_("rep3"), "account", [Update(id, {"description": "shared"})])
    if level == "update":
        assert (await changes)[0].problem is None
    else:
        with pytest.raises(Forbidden):
            await changes
    with pytest.raises(Forbidden):  # a share is no leave to delete
        await records.write(at.as_("rep3"), "account", [Delete(id)])
    [listed] = await records.shares(at.as_("rep1"), "account", id)
    assert listed["level"] == level
    assert listed[kind]["id"] == (world.id(grantee) if kind == "user" else world.teams[grantee])
    assert (await records.explain(at.as_(), "account", id, world.id("rep3")))["verbs"]["read"]["may"]
    await records.unshare(at.as_("rep1"), "account", id, given["id"])
    with pytest.raises(NotFound):
        await records.get(at.as_("rep3"), "account", id)


async def test_who_may_only_read_cannot_share(books: Books, at: Desk) -> None:
    id = books.ids["account"]["rep1"]
    before = await at.digest()
    for person in ("agent", "viewer", "marketer"):
        with pytest.raises(Forbidden):
            await records.share(at.as_(person), "account", id, books.world.id("rep3"), "user", "update")
    await records.share(at.as_("rep1"), "account", id, books.world.id("rep3"), "user", "read")
    middle = await at.digest()
    assert middle != before
    with pytest.raises(Forbidden):
        await records.share(at.as_("rep3"), "account", id, books.world.id("rep3"), "user", "update")
    assert await at.digest() == middle


# -- moving records out of reach ---------------------------------------------------------------------------------------


async def test_nobody_hands_a_record_to_where_they_may_not_reach(books: Books, at: Desk) -> None:
    world = books.world
    id = books.ids["account"]["rep1"]
    before = await at.digest()
    problem = await at.refused(at.as_("rep1"), "account", Update(id, {"owner": world.id("rep3")}))
    assert (problem.status, problem.code) == (403, "forbidden_scope")
    problem = await at.refused(at.as_("rep1"), "account", Create({"name": "For another", "owner": world.id("rep3")}))
    assert problem.status == 403
    assert await at.digest() == before
    await records.write(at.as_("boss"), "account", [Update(id, {"owner": world.id("rep3")})])
    with pytest.raises(NotFound):
        await records.get(at.as_("rep1"), "account", id)


async def test_in_a_batch_only_what_leaves_the_scope_is_refused(books: Books, at: Desk) -> None:
    world = books.world
    id = books.ids["account"]["rep1"]
    outcomes = await records.write(
        at.as_("rep1"),
        "account",
        [
            Create({"name": "Mine"}),
            Create({"name": "Not mine", "owner": world.id("rep3")}),
            Update(id, {"owner": world.id("rep3")}),
            Create({"name": "Mine too"}),
        ],
        atomic=False,
    )
    assert [o.status for o in outcomes] == [201, 403, 403, 201]
    assert (await at.get("account", id, "rep1"))["owner"]["id"] == world.id("rep1")
    names = [r["name"] for r in await at.find("account", fields=["name"])]
    assert "Mine" in names
    assert "Mine too" in names
    assert "Not mine" not in names


async def test_mass_changes_stop_at_what_may_not_be_changed(books: Books, at: Desk) -> None:
    before = await at.digest()
    query = read_query("account", {})
    for person in ("agent", "viewer", "marketer"):
        with pytest.raises(Forbidden):
            async with at.connection.savepoint():
                await records.mass(at.as_(person, bulk="mass"), query, {"description": "all"})
        with pytest.raises(Forbidden):
            async with at.connection.savepoint():
                await records.mass(at.as_(person, bulk="mass"), query, Delete)
    assert await at.digest() == before
    matched, changed = await records.mass(at.as_("rep1", bulk="mass"), query, {"description": "all of mine"})
    mine = list(await at.find("account", "rep1"))
    assert matched == changed == len(mine)
    rows = await at.find("account", fields=["description", "owner"])
    assert {r["owner"]["id"] for r in rows if r["description"] == "all of mine"} == {books.world.id("rep1")}
    others = [i for o, i in books.ids["account"].items() if o == "rep3"]
    assert await records.mass(at.as_("rep1", bulk="mass"), query, {"description": "theirs"}, others) == (0, 0)
