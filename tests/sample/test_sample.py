"""Invented data: believable, seeded, in its own time, and harmless."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

import guanxi.apps  # noqa: F401 - brings the objects
from guanxi import identity, records, sample, standing
from guanxi.records import Context
from guanxi.sample.scene import Scene
from guanxi.sample.story import Story
from guanxi.schema.catalog import fold
from guanxi.schema.query import read_aggregation, read_query


async def _prepared(database, language):
    await identity.set_up(
        database,
        identity.FirstRun(
            company="T", name="Admin", email="admin@example.com", password="Corr3ct-horse-battery", language=language
        ),
    )
    async with database.connection() as db:
        [workspace] = await records.workspaces(db)
    return workspace


async def _context(db, workspace):
    return Context(db, workspace, await records.load_catalog(db, workspace), records.system_actor(workspace), "test")


async def _all(ctx, name, **query):
    return [json.loads(r) for r in (await records.find(ctx, read_query(name, {"limit": 200, **query}))).rows]


def _scene(language):
    return Scene({}, fold(records.declared()), language, datetime(2026, 3, 5, tzinfo=UTC).date(), random.Random(1))


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_small_workspace_looks_alive(database, language):
    workspace = await _prepared(database, language)
    counts = await sample.load(database, workspace)
    assert counts["account"] == 60
    assert 110 < counts["contact"] < 200
    assert 60 < counts["opportunity"] < 130
    assert 280 < sum(counts[n] for n in ("task", "note", "call", "meeting")) < 520
    now = datetime.now(UTC).isoformat()
    async with database.connection() as db:
        ctx = await _context(db, workspace)
        accounts = await _all(ctx, "account")
        chinese = [a for a in accounts if re.search("[\u4e00-\u9fff]", a["name"])]
        assert (len(chinese) > 40) is (language == "zh")
        assert 0 < len(chinese) < 60
        assert all(
            a["website"].endswith(".example") and a["phone"] and a["address"]["city"] and (a["owner"] or a["pool"])
            for a in accounts
        )
        assert any(a["parent"] for a in accounts)
        assert len({a["created_at"][:10] for a in accounts}) > 20
        assert len({a["updated_at"][:10] for a in accounts}) > 10
        assert all(a["created_at"] <= now for a in accounts)
        stages = await records.aggregate(ctx, read_aggregation("opportunity", {"group": ["stage_kind"]}))
        assert {json.loads(s)["group"]["stage_kind"] for s in stages} == {"open", "won", "lost"}
        [won, *_] = await _all(ctx, "opportunity", filter={"field": "stage", "op": "eq", "value": "won"})
        due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        open_ = {
            "and": [{"field": "status", "op": "eq", "value": "open"}, {"field": "due_at", "op": "lt", "value": due}]
        }
        assert len(await _all(ctx, "task", filter=open_)) >= 3, "there is something to do today"
        targets = await _all(ctx, "target")
        assert {t["measure"] for t in targets} == {"won", "visits"}
        assert sum(t["team"] is not None for t in targets) == 1
        history = (await records.history(ctx, "opportunity", won["id"]))["data"]
        assert len(history) > 1
        assert all(a["at"] > b["at"] for a, b in pairwise(history))
        assert history[0]["at"].date().isoformat() == won["closed_on"] or history[0]["at"] - history[-1][
            "at"
        ] >= timedelta(hours=2)
        assert history[-1]["at"].isoformat()[:19] == won["created_at"][:19]
        timeline = (await records.timeline(ctx, "account", won["account"]["id"], limit=1000))["data"]
        assert {e["kind"] for e in timeline} >= {"created"}
        assert all(e["actor"] for e in timeline if e["kind"] != "change")  # its standing follows by itself
        assert {a["grade"] for a in accounts} == {"strategic", "important", "ordinary"}
        assert len({a["lifecycle"] for a in accounts}) > 3
        journey = await standing.journey(ctx, "account", since=datetime.now(UTC) - timedelta(days=365))
        assert any(s["conversion"] for s in journey["stages"])
        mine = await _all(ctx, "opportunity", filter={"field": "owner.email", "op": "eq", "value": "admin@example.com"})
        assert mine, "whoever looks first finds work of their own"
        then = replace(ctx, as_of=datetime.now(UTC) - timedelta(days=14))
        past = await _all(then, "account", fields=["owner", "pool"])
        assert len(past) > 40
        assert all(a["owner"] or a["pool"] for a in past), "a list of the past names its owners"
        assert (await records.search(ctx, accounts[0]["name"]))[0]["id"] == accounts[0]["id"]


async def test_sample_users_cannot_sign_in(database):
    workspace = await _prepared(database, "en")
    await sample.load(database, workspace, 3)
    async with database.connection() as db:
        rows = await db.fetch(f'SELECT email, password FROM "{workspace.schema}"."user"')
    assert len(rows) == 15
    assert all(password is None for email, password in rows if email != "admin@example.com")


async def test_loading_again_adds_companies_and_takes_the_same_people(database):
    workspace = await _prepared(database, "zh")
    first = await sample.load(database, workspace, 5, seed=1)
    again = await sample.load(database, workspace, 5, seed=2)
    assert first["user"] == 14
    assert again["user"] == 0
    assert again["product"] == 0
    assert again["account"] == 5


async def test_it_can_be_undone_as_one(database):
    workspace = await _prepared(database, "en")
    await sample.load(database, workspace, 10)
    async with database.transaction() as db:
        ctx = await _context(db, workspace)
        [change_set, *_] = (await records.change_sets(ctx))["data"]
        assert change_set["label"] == "Sample data"
        await records.undo(ctx, change_set["id"])
        assert await _all(ctx, "account") == []
        assert await _all(ctx, "opportunity") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_seed_fixes_what_is_told(language):
    now = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)

    def names(seed):
        story = Story(language, seed, now, "Asia/Shanghai", ["o1", "o2"], {}, _scene(language))
        return [str(m.values.get("name") or m.values.get("subject")) for told in story.companies(30) for m in told]

    assert names(7) == names(7)
    assert names(7) != names(8)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_happens_before_it_can(language):
    now = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    story = Story(language, 3, now, "Asia/Shanghai", ["o1"], {}, _scene(language))
    for told in story.companies(300):
        at = {m.id: m.at for m in told}
        for made in told:
            assert made.at <= now, made
            moments = [made.at, *(t[0] for t in made.then)]
            assert moments == sorted(moments), made
            assert moments[-1] <= now, made
            about = made.values.get("about")
            assert about is None or at[about["id"]] <= made.at, made


def test_telephone_numbers_belong_to_nobody():
    import random

    from guanxi.sample.story import TONGUES

    rng = random.Random(1)
    for tongue in TONGUES.values():
        for _ in range(300):
            place = tongue.address(rng)
            for number in (tongue.phone(rng, place), tongue.mobile(rng, place)):
                plain = number.replace(" ", "")
                assert re.fullmatch(
                    r"\+86(154|164)\d{8}|\+86\d{2,3}9[0-4]\d{5,6}|\+1\d{3}55501\d\d|\+44207946\d{4}|\+441(61|17)4960\d{3}|\+447700900\d{3}"
                    r"|\+493023125\d{3}|\+494066969\d{3}|\+498999998\d{3}|\+492214710\d{3}|\+331990\d{5}|\+33465 ?71\d{4}|\+336399 ?8\d{4}|\+336 ?3998\d{4}",
                    plain,
                ), number
