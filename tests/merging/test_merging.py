"""Records that become one: nothing is lost, nothing is left behind, nothing is told that one may not see; and they can be taken
apart as if nothing had been."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from tests.world import Desk, World, codes, example, renewed

from guanxi import merging, records
from guanxi.base import Conflict, Forbidden, NotFound, Problem
from guanxi.base.json import loads
from guanxi.merging import many
from guanxi.pg import jobs
from guanxi.records import Context, Create, Delete, Restore, Update
from guanxi.schema.query import read_query

BOOKS = ("version", "updated_at", "updated_by", "deleted_at", "deleted_by")


async def everything(desk: Desk) -> dict[str, Any]:
    """All records with all their columns but the books, whether they are in the bin, the search index, and the shares."""
    schema, out = desk.world.workspace.schema, {}
    for name in desk.world.catalog.entities:
        drop = " ".join(f"- '{n}'" for n in BOOKS)
        for id, row, gone in await desk.connection.fetch(
            f'SELECT id, (to_jsonb(t) {drop})::text, deleted_at IS NOT NULL FROM "{schema}"."{name}" AS t'
        ):
            out[f"{name} {id}"] = {**loads(row), "gone": gone}
    for table, key in (("_search", "id"), ("_share", "id")):
        for id, row in await desk.connection.fetch(f'SELECT {key}, t::text FROM "{schema}".{table} AS t'):
            out[f"{table} {id}"] = row
    return out


def differences(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """What is not the same, down to the columns."""
    out: dict[str, Any] = {}
    for key in a.keys() | b.keys():
        one, other = a.get(key), b.get(key)
        if one != other and isinstance(one, dict) and isinstance(other, dict):
            out[key] = {n: (one[n], other[n]) for n in one if one[n] != other[n]}
        elif one != other:
            out[key] = (one, other)
    return out


async def refused(awaited: Any, desk: Desk) -> Problem:
    with pytest.raises(Problem) as caught:
        async with desk.connection.savepoint():
            await awaited
    return caught.value


async def test_two_accounts_become_one_with_everything_that_hangs_on_them(desk: Desk) -> None:
    a, b = await desk.make(
        "account",
        {"name": "Acme", "phone": None, "tags": ["x"], "employees": 5},
        {"name": "ACME Ltd", "phone": "010-62345678", "tags": ["y", "x"], "employees": 7, "do_not_call": True},
    )
    contact = await desk.one("contact", name="Li", account=b)
    deal = await desk.one(
        "opportunity", name="Deal", account=b, close_date="2026-05-01", pipeline="sales", stage="qualification"
    )
    note = await desk.one("note", body="hello", about={"object": "account", "id": b})
    child = await desk.one("account", name="Daughter", parent=b)
    await records.share(desk.as_(), "account", b, desk.world.id("rep3"), "user")
    done = await merging.merge(desk.as_(), "account", a, [b])
    merged = await desk.get("account", a)
    assert (merged["name"], merged["phone"], merged["tags"], merged["employees"]) == (
        "Acme",
        "010-62345678",
        ["x", "y"],
        5,
    )
    assert (merged["former_names"], merged["do_not_call"]) == (["ACME Ltd"], True), (
        "known by both names, called under neither"
    )
    assert {m["object"]: m["count"] for m in done["moved"]} == {"contact": 1, "opportunity": 1, "note": 1, "account": 1}
    assert [
        (await desk.get(o, i))[f]["id"]
        for o, i, f in (
            ("contact", contact, "account"),
            ("opportunity", deal, "account"),
            ("note", note, "about"),
            ("account", child, "parent"),
        )
    ] == [a] * 4
    assert [s["user"]["title"] for s in await records.shares(desk.as_(), "account", a)] == ["Rep3"]
    with pytest.raises(NotFound):
        await records.get(desk.as_(), "account", b)
    assert await records.gone_into(desk.as_(), "account", b) == a
    # The history of the one that stays names what went in, and that one's own history can still be read.
    history = (await records.history(desk.as_(), "account", a))["data"]
    assert history[0]["merged"] == [{"id": b, "title": "ACME Ltd"}]
    told = (await records.history(desk.as_(), "account", b))["data"]
    assert (told[0]["kind"], told[0]["into"], told[-1]["kind"]) == ("delete", {"id": a}, "create")
    with pytest.raises(Conflict):
        await records.write(desk.as_(), "account", [Restore(b)])


async def test_choices_say_where_values_come_from(desk: Desk) -> None:
    a, b, c = await desk.make(
        "account",
        {"name": "A", "employees": 1, "revenue": {"amount": 5, "currency": "EUR"}, "tags": ["x"]},
        {"name": "B", "employees": 2, "revenue": {"amount": 7, "currency": "JPY"}, "tags": ["y"]},
        {"name": "C", "employees": 3, "tags": ["z"]},
    )
    choices = {
        "name": {"value": "The one"}, "employees": {"from": c}, "revenue": {"from": b}, "tags": {"from": b}, "phone": {"value": "010-62345678"}
    }  # fmt: skip
    told = await merging.preview(desk.as_(), "account", a, [b, c], choices)
    how = {f["name"]: (f["how"], f["from"]) for f in told["fields"]}
    assert (how["name"], how["employees"], how["revenue"]) == (("given", None), ("chosen", c), ("chosen", b))
    assert {f["name"] for f in told["fields"] if f["differs"]} >= {"name", "employees", "revenue", "tags"}
    await merging.merge(desk.as_(), "account", a, [b, c], choices)
    got = await desk.get("account", a)
    assert (got["name"], got["employees"], got["revenue"], got["revenue_currency"], got["tags"], got["phone"]) == (
        "The one", 3, 7, "JPY", ["y"], "010-62345678"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ({"nonsense": {"from": "a"}}, "unknown_field"),
        ({"employees": 5}, "merge_choice"),
        ({"employees": {"from": "a", "value": 1}}, "merge_choice"),
        ({"employees": {"from": "019a0000-0000-7000-8000-000000000000"}}, "merge_not_member"),
        ({"employees": {"join": True}}, "merge_no_list"),
        ({"employees": {"value": "many"}}, "wrong_type"),
        ({"version": {"value": 3}}, "unknown_field"),
    ],
)
async def test_choices_that_cannot_be_are_refused(desk: Desk, choices: dict[str, Any], code: str) -> None:
    a, b = await desk.make("account", {"name": "A"}, {"name": "B"})
    problem = await refused(merging.merge(desk.as_(), "account", a, [b], choices), desk)
    assert code in codes(problem).values()


async def test_who_may_not_may_not(desk: Desk) -> None:
    mine, other = await desk.one("account", by="rep1", name="Mine"), await desk.one("account", by="rep3", name="Theirs")
    assert isinstance(
        await refused(merging.merge(desk.as_("rep1"), "account", mine, [other]), desk), Forbidden | NotFound
    )
    assert isinstance(await refused(merging.merge(desk.as_("viewer"), "account", mine, [other]), desk), Forbidden)
    told = await merging.preview(desk.as_("viewer"), "account", mine, [other])
    assert {c["code"] for c in told["conflicts"]} == {"forbidden_verb"}
    people = [desk.world.id("rep1"), desk.world.id("rep2")]
    assert (await refused(merging.merge(desk.as_(), "user", people[0], people[1:]), desk)).code == "merge_people"


async def test_what_one_may_not_see_goes_along_and_is_told_to_nobody(desk: Desk) -> None:
    a, b = await desk.make("keeper", {"name": "A"}, {"name": "B"})
    ctx = desk.as_("peeper")
    grants = {"objects": {"*": dict.fromkeys(("read", "update", "delete"), "all"), "zoo": {"read": "own"}}}
    ctx = Context(ctx.db, ctx.workspace, ctx.catalog, renewed(ctx.actor, grants=records.Grants.of(grants)), "test")
    [hidden] = await desk.make("zoo", {"name": "Secret", "keeper": b, "friends": [b]}, by="rep3")
    [open_] = await desk.make("zoo", {"name": "Open", "keeper": b}, by="peeper")

    async def keepers() -> list[str]:
        return [(await desk.get("zoo", i))["keeper"]["id"] for i in (hidden, open_)]

    told = await merging.preview(ctx, "keeper", a, [b])
    assert [(r["name"], r["counts"]) for r in told["related"]] == [("zoo.keeper", {b: 1})]
    done = await merging.merge(ctx, "keeper", a, [b])
    assert done["moved"] == [{"object": "zoo", "count": 1}]
    assert await keepers() == [a, a]
    [entry] = [s for s in (await records.change_sets(ctx))["data"] if s["id"] == done["change_set"]]
    assert entry["counts"] == {"created": 0, "updated": 0, "deleted": 1}
    assert [o["object"] for o in entry["objects"]] == ["keeper"]
    apart = await merging.taking_apart(ctx, "keeper", a)
    assert [m["count"] for m in apart["moved"]] == [1]
    await records.write(desk.as_(), "zoo", [Update(hidden, {"keeper": None})])
    back = await records.undo(ctx, done["change_set"])
    assert (back["undone"], back["kept"]) == (3, []), "what is not seen is not told as kept either"
    assert (await desk.get("zoo", open_))["keeper"]["id"] == b


async def test_a_link_that_only_one_may_have_stands_in_the_way(own_world: World) -> None:
    async with own_world.desk() as desk:
        change = {
            "op": "add_object", "name": "passport", "label": {"en": "Passport"},
            "fields": [{"name": "name", "type": "text", "required": True}, {"name": "keeper", "type": "link", "target": "keeper", "unique": True}],
        }  # fmt: skip
        desk.world.catalog = await _evolve(own_world, change)
    async with own_world.desk() as desk:
        a, b = await desk.make("keeper", {"name": "A"}, {"name": "B"})
        await desk.make("passport", {"name": "P", "keeper": a}, {"name": "Q", "keeper": b})
        told = await merging.preview(desk.as_(), "keeper", a, [b])
        assert [c["code"] for c in told["conflicts"]] == ["merge_one_only"]
        assert (await refused(merging.merge(desk.as_(), "keeper", a, [b]), desk)).status == 409


async def _evolve(world: World, *changes: dict[str, Any]) -> Any:
    async with world.db.transaction() as c:
        await records.evolve(c, world.workspace, list(changes))
    async with world.db.connection() as c:
        return await records.load_catalog(c, world.workspace)


# -- taking apart ------------------------------------------------------------------------------------------------------


async def graph(desk: Desk, rng: random.Random) -> dict[str, list[str]]:
    """Records of standard and custom objects with links of every kind between them; some are in the bin."""
    made: dict[str, list[str]] = {"user": [desk.world.id("admin"), desk.world.id("rep1")]}
    for name, n in (
        ("keeper", 5),
        ("account", 5),
        ("contact", 5),
        ("zoo", 6),
        ("opportunity", 4),
        ("task", 5),
        ("note", 3),
    ):
        entity = desk.world.catalog.object(name)
        rows = []
        for _ in range(n):
            row = example(entity, rng, made)
            row = {
                k: v
                for k, v in row.items()
                if rng.random() < 0.7 or entity.fields[k].required or k in ("pipeline", "stage")
            }
            rows.append(row)
        made[name] = await desk.make(name, *rows)
    for name, field in (("zoo", "parent"), ("account", "parent")):
        await records.write(
            desk.system(),
            name,
            # accounts are a tree: above each is one that was made before it
            [
                Update(
                    i, {field: rng.choice([j for j in (made[name][:n] if name == "account" else made[name]) if j != i])}
                )
                for n, i in enumerate(made[name])
                if n
            ],
        )
    for name in ("contact", "task", "zoo"):
        await records.write(desk.system(), name, [Delete(made[name][0])])
        del made[name][0]
    for record in made["account"]:
        await records.share(desk.as_(), "account", record, desk.world.id(rng.choice(["rep1", "rep2"])), "user")
    return made


@pytest.mark.parametrize("seed", range(2))
async def test_merging_and_taking_apart_gives_back_what_was(world: World, seed: int) -> None:
    rng = random.Random(seed)
    async with world.desk() as desk:
        made = await graph(desk, rng)
        for way in ("unmerge", "undo"):
            for name in ("account", "keeper", "zoo", "contact", "task", "opportunity"):
                before = await everything(desk)
                survivor, *lost = rng.sample(made[name], rng.choice([2, 3]))
                done = await merging.merge(desk.as_(), name, survivor, lost)
                between = await everything(desk)
                assert between != before
                assert not await dangling(desk, lost), "nothing that is not in the bin leads to what is gone"
                if way == "unmerge":
                    out = await merging.unmerge(desk.as_(), name, survivor)
                    assert set(out["lost"]) == set(lost)
                    last = out["change_set"]
                else:
                    answer = await records.undo(desk.as_(), done["change_set"])
                    assert answer["kept"] == []
                    last = answer["change_set"]
                assert differences(before, await everything(desk)) == {}, (way, name)
                again = await records.undo(desk.as_(), last)
                assert again["kept"] == []
                assert differences(between, await everything(desk)) == {}, (way, name, "again")
                assert await records.gone_into(desk.as_(), name, lost[0]) == survivor
                final = await records.undo(desk.as_(), again["change_set"])
                assert final["kept"] == []
                assert differences(before, await everything(desk)) == {}, (way, name, "and back")


async def dangling(desk: Desk, ids: list[str]) -> list[str]:
    """Where live records still hold one of these ids."""
    schema, out = desk.world.workspace.schema, []
    for entity in desk.world.catalog.entities.values():
        for name in entity.stored:
            kind = entity.types[name]
            if kind.link or kind.anywhere:
                held = f't."{name}"' if kind.many else f'ARRAY[t."{name}"]'
                out += [
                    f"{entity.name}.{name} {r[0]}"
                    for r in await desk.connection.fetch(
                        f'SELECT t.id FROM "{schema}"."{entity.name}" AS t WHERE {held} && %(ids)s::uuid[] AND deleted_at IS NULL',
                        {"ids": ids},
                    )
                ]
    return out


async def test_what_came_since_is_asked_and_what_was_changed_since_is_shown(desk: Desk) -> None:
    a, b = await desk.make(
        "account",
        {"name": "A", "employees": 1},
        {"name": "B", "employees": 2, "phone": "010-62345678", "website": "https://b.cn"},
    )
    old = await desk.one("contact", name="Old", account=b)
    moved_on = await desk.one("contact", name="Moved on", account=b)
    elsewhere = await desk.one("account", name="Elsewhere")
    await merging.merge(desk.as_(), "account", a, [b])
    new, stays = await desk.make("contact", {"name": "New", "account": a}, {"name": "Stays", "account": a})
    await records.write(desk.as_(), "contact", [Update(moved_on, {"account": elsewhere})])
    await records.write(desk.as_(), "account", [Update(a, {"phone": "010-11112222", "employees": 9})])
    told = await merging.taking_apart(desk.as_(), "account", a)
    assert told["lost"] == [{"id": b, "title": "B"}]
    fields = {f["name"]: (f["before"], f["after"], f["now"], f["choice"]) for f in told["fields"]}
    assert fields == {
        "former_names": (None, ["B"], ["B"], "before"),
        "phone": (None, "010-62345678", "010-11112222", "now"), "website": (None, "https://b.cn", "https://b.cn", "before")
    }  # fmt: skip
    assert [(m["name"], m["count"]) for m in told["moved"]] == [("contact.account", 1)]
    [since] = told["since"]
    assert [r["title"] for r in since["records"]] == ["New", "Stays"]
    child = {"object": "contact", "field": "account", "id": new, "to": b}
    out = await merging.unmerge(desk.as_(), "account", a, fields={"website": "now"}, children=[child])
    assert [(await desk.get("contact", i))["account"]["id"] for i in (old, moved_on, new, stays)] == [
        b,
        elsewhere,
        b,
        a,
    ]
    first, second = await desk.get("account", a), await desk.get("account", b)
    assert (first["phone"], first["website"], first["employees"]) == ("010-11112222", "https://b.cn", 9)
    assert (second["name"], second["phone"], second["employees"]) == ("B", "010-62345678", 2)
    assert (await merging.merged(desk.as_(), "account", a)) == []
    assert (await merging.into(desk.as_(), "account", [a, b])) == []
    answer = await records.undo(desk.as_(), out["change_set"])
    assert answer["kept"] == []
    assert [(await desk.get("contact", i))["account"]["id"] for i in (old, moved_on, new, stays)] == [
        a,
        elsewhere,
        a,
        a,
    ]


async def test_one_of_several_comes_out_alone(desk: Desk) -> None:
    a, b, c = await desk.make("keeper", {"name": "A"}, {"name": "B", "salary": 5}, {"name": "C", "skill": "gold"})
    [animal] = await desk.make("zoo", {"name": "Z", "friends": [c, b], "keeper": c})
    done = await merging.merge(desk.as_(), "keeper", a, [b, c])
    assert (await desk.get("zoo", animal))["friends"][0]["id"] == a
    await merging.unmerge(desk.as_(), "keeper", a, done["merge"], [c])
    got = await desk.get("keeper", a)
    assert (got["salary"], got["skill"]) == (5, None), "what came from the one that comes out goes with it"
    animal_now = await desk.get("zoo", animal)
    assert ({f["id"] for f in animal_now["friends"]}, animal_now["keeper"]["id"]) == ({a, c}, c)
    await merging.unmerge(desk.as_(), "keeper", a)
    assert {f["id"] for f in (await desk.get("zoo", animal))["friends"]} == {b, c}


async def test_what_names_several_goes_along_when_records_come_apart(desk: Desk) -> None:
    a, b, c = await desk.make("keeper", {"name": "A"}, {"name": "B"}, {"name": "C"})
    await merging.merge(desk.as_(), "keeper", a, [b])
    [animal] = await desk.make("zoo", {"name": "Z", "friends": [c, a]})
    told = await merging.taking_apart(desk.as_(), "keeper", a)
    [since] = [s for s in told["since"] if s["field"] == "friends"]
    assert [r["id"] for r in since["records"]] == [animal]
    child = {"object": "zoo", "field": "friends", "id": animal, "to": b}
    await merging.unmerge(desk.as_(), "keeper", a, children=[child])
    assert [f["id"] for f in (await desk.get("zoo", animal))["friends"]] == [c, b]


async def test_what_came_since_into_a_list_goes_with_one_that_comes_out(desk: Desk) -> None:
    a, b, hidden = await desk.make(
        "keeper", *({"name": n, "owner": desk.world.id("rep1")} for n in "AB"), {"name": "H"}
    )
    await merging.merge(desk.system(), "keeper", a, [b])
    rep = desk.as_("rep1")
    animal = await desk.one("zoo", name="Z", friends=[hidden, a], owner=rep.actor.id)
    [since] = (await merging.taking_apart(rep, "keeper", a))["since"]
    assert (since["name"], [r["id"] for r in since["records"]]) == ("zoo.friends", [animal])
    child = {"object": "zoo", "field": "friends", "id": animal, "to": b}
    stranger = await desk.one("zoo", name="Without", friends=[hidden], owner=rep.actor.id)
    problem = await refused(merging.unmerge(rep, "keeper", a, children=[{**child, "id": stranger}]), desk)
    assert problem.status == 404
    await merging.unmerge(rep, "keeper", a, children=[child])
    assert [f["id"] for f in (await desk.get("zoo", animal))["friends"]] == [hidden, b]


async def test_where_a_record_went_is_told_to_those_who_may_see_it(desk: Desk) -> None:
    mine, theirs = (
        await desk.one("account", by="rep1", name="Mine"),
        await desk.one("account", by="rep3", name="Theirs"),
    )
    await merging.merge(desk.as_(), "account", theirs, [mine])
    told = [{"id": mine, "into": {"id": theirs, "title": "Theirs"}}]
    assert await merging.into(desk.as_(), "account", [mine, theirs]) == told
    assert await merging.into(desk.as_("rep1"), "account", [mine]) == [{"id": mine, "into": None}]
    assert await merging.into(desk.as_("rep3"), "account", [mine]) == []


async def test_what_comes_back_from_the_bin_finds_where_its_links_have_gone(desk: Desk) -> None:
    a, b = await desk.make("account", {"name": "A"}, {"name": "B"})
    binned = await desk.one("contact", name="Binned", account=b)
    later = await desk.one("contact", name="Later", account=b)
    await records.write(desk.as_(), "contact", [Delete(binned)])
    await merging.merge(desk.as_(), "account", a, [b])
    await records.write(desk.as_(), "contact", [Restore(binned)])
    assert (await desk.get("contact", binned))["account"]["id"] == a
    await records.write(desk.as_(), "contact", [Delete(later)])
    await merging.unmerge(desk.as_(), "account", a)
    await records.write(desk.as_(), "contact", [Restore(later)])
    assert [(await desk.get("contact", i))["account"]["id"] for i in (binned, later)] == [b, b]


async def test_two_at_once_and_old_versions_are_conflicts(own_world: World) -> None:
    async with own_world.act() as ctx:
        made = await records.write(ctx, "account", [Create({"name": n}) for n in "ABC"])
    a, b, c = (o.id or "" for o in made)

    async def one(survivor: str, lost: str) -> str:
        try:
            async with own_world.act() as ctx:
                await merging.merge(ctx, "account", survivor, [lost])
        except Problem as problem:
            return f"{problem.status} {problem.code}"
        return "done"

    assert sorted(await asyncio.gather(one(a, b), one(b, a))) == ["409 merged_meanwhile", "done"]
    async with own_world.desk() as desk:
        left = a if a in await desk.ids("account") else b
        problem = await refused(merging.merge(desk.as_(), "account", left, [c], versions={c: 7}), desk)
        assert (problem.status, problem.code) == (409, "stale")


async def test_roll_ups_are_right_when_records_become_one(own_world: World) -> None:
    roll = {"op": "add_field", "object": "keeper", "name": "animals_count", "type": "rollup", "label": {"en": "Animals"},
            "config": {"children": "animals", "function": "count"}}  # fmt: skip
    own_world.catalog = await _evolve(own_world, roll)
    async with own_world.desk() as desk:
        a, b = await desk.make("keeper", {"name": "A"}, {"name": "B"})
        await desk.make("zoo", {"name": "X", "keeper": a}, {"name": "Y", "keeper": b}, {"name": "Z", "keeper": b})
        await merging.merge(desk.as_(), "keeper", a, [b])
        assert (await desk.get("keeper", a))["animals_count"] == 3
        await merging.unmerge(desk.as_(), "keeper", a)
        assert [(await desk.get("keeper", i))["animals_count"] for i in (a, b)] == [1, 2]


# -- many at once ------------------------------------------------------------------------------------------------------


async def test_many_groups_become_one_each_by_a_rule(desk: Desk) -> None:
    made = await desk.make(
        "account",
        {"name": "A", "phone": "010-11112222", "source": "website", "employees": 1},
        {"name": "A long name", "phone": "010-11112222", "source": "referral", "employees": 2},
        {"name": "A", "phone": "010-11112222", "source": "exhibition", "employees": 2},
        {"name": "B", "phone": "010-33334444"},
        {"name": "B", "phone": "010-33334444"},
        {"name": "C", "phone": "010-55556666"},
    )
    contact = await desk.one("contact", name="Li", account=made[4])
    query = read_query("account", {})
    groups = await merging.groups_of(desk.as_(), query, {"field": "phone", "how": "phone"})
    assert [sorted(g) for g in groups] == [sorted(made[:3]), sorted(made[3:5])]
    rule = {
        "survivor": "oldest",
        "fields": {"*": "frequent", "name": "longest", "source": {"first": {"field": "source", "value": "referral"}}},
    }
    ctx = desk.as_()
    done = await merging.merge_many(ctx, "account", groups, rule)
    assert (done["status"], done["merged"], done["failed"]) == ("done", 2, 0)
    first = await desk.get("account", made[0])
    assert (first["name"], first["source"], first["employees"]) == ("A long name", "referral", 2)
    assert (await desk.get("contact", contact))["account"]["id"] == made[3]
    assert sorted(await desk.ids("account")) == sorted([made[0], made[3], made[5]])
    nothing = await merging.merge_many(desk.as_("viewer"), "account", [], None)
    assert (nothing["status"], nothing["total"], nothing["change_set"]) == ("done", 0, None)
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert answer["kept"] == []
    assert sorted(await desk.ids("account")) == sorted(made)
    assert (await desk.get("account", made[0]))["name"] == "A"
    assert (await desk.get("contact", contact))["account"]["id"] == made[4]


async def test_a_group_that_cannot_be_one_is_told_and_the_others_go_on(desk: Desk) -> None:
    made = await desk.make("account", *({"name": n} for n in "ABCD"))
    await records.write(desk.as_(), "account", [Delete(made[3])])
    children = await desk.make("contact", {"name": "X", "account": made[1]}, {"name": "Y", "account": made[1]})
    done = await merging.merge_many(desk.as_(), "account", [made[:2], made[2:]], {"survivor": "children"})
    assert (done["merged"], done["failed"], done["problems"][0]["code"]) == (1, 1, "not_found")
    assert await merging_survivor(desk, made[0]) == made[1], "the one that most points to"
    assert (await desk.get("contact", children[0]))["account"]["id"] == made[1]
    for rule, code in (
        ({"survivor": "luck"}, "not_an_option"),
        ({"fields": {"nonsense": "latest"}}, "unknown_field"),
        ({"fields": {"name": "join"}}, "merge_no_list"),
        ({"fields": {"name": {"first": {"field": "status", "value": "purple"}}}}, "not_an_option"),
    ):
        problem = await refused(merging.merge_many(desk.as_(), "account", [made[1:3]], rule), desk)
        assert code in codes(problem).values(), rule


async def merging_survivor(desk: Desk, id: str) -> str | None:
    return await records.gone_into(desk.as_(), "account", id)


async def test_a_large_number_is_a_job_and_one_change_set(own_world: World) -> None:
    n = many.AT_ONCE + 5
    async with own_world.act() as ctx:
        made = await records.write(
            ctx, "account", [Create({"name": f"N{i // 2}", "tags": [str(i)]}) for i in range(2 * n)]
        )
        ids = [o.id or "" for o in made]
        groups = [ids[i : i + 2] for i in range(0, 2 * n, 2)]
        run = await merging.merge_many(ctx, "account", groups, {})
        assert (run["status"], run["total"]) == ("queued", n)
    async with own_world.db.transaction() as c:
        row = await c.row(
            "UPDATE guanxi.job SET state = 'running', attempt = 1, lease_until = now() + interval '1 hour'"
            " WHERE name = 'merging.many' RETURNING id, name, args"
        )
    assert row is not None
    await many.carry_out(jobs.Job(row[0], row[1], row[2], 1, own_world.db))
    async with own_world.act() as ctx:
        told = await merging.run_status(ctx, "account", run["id"])
        assert (told["status"], told["merged"], told["failed"], told["change_set"]) == ("done", n, 0, run["id"])
        assert len((await records.find(ctx, read_query("account", {"limit": 200}))).rows) == n
        answer = await records.undo(ctx, run["id"])
        assert (answer["kept_count"], len(await records.shown(ctx, "account", ids))) == (0, 2 * n)
