from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from guanxi import transfer
from guanxi.base import Conflict
from guanxi.pg import Retry
from guanxi.pg.jobs import Lost, Worker
from guanxi.records import undo
from guanxi.transfer import running
from guanxi.transfer.storing import Store

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import World


def people(n: int, bad: int = 0) -> bytes:
    """A file of contacts, of which every ``bad``-th says only where they work."""
    who = (("", "") if bad and i % bad == 0 else (f"Person {i}", f"p{i}@example.com") for i in range(n))
    rows = (f"{name},{email},Company {i % 7}" for i, (name, email) in enumerate(who))
    return ("name,email,account\n" + "\n".join(rows)).encode()


HOW: dict[str, Any] = {
    "mapping": {"name": "name", "email": "email", "account": {"field": "account", "missing": "create"}}
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 20)


async def state(world: World, id: str) -> dict[str, Any]:
    async with world.ctx() as ctx:
        return await transfer.status(ctx, id)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("where", ["written", "reported", "saved", "committed"])
async def test_a_run_that_dies_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Whenever it dies, every row has become exactly one of created or failed, and the list of bad rows is whole."""
    id, job = await world.begin(people(95, bad=10), "contact", **HOW)

    class Killed(BaseException):
        pass

    calls = 0
    place = {
        "written": (running._Run, "_settle"),
        "reported": (running._Run, "_save"),
        "saved": (running._Run, "_save"),
        "committed": (running._Run, "_commit"),
    }[where]
    real = getattr(*place)

    async def dies(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls in (2, 5) and where != "saved":
            raise Killed
        result = await real(*args)
        if calls in (2, 5) and where == "saved":
            raise Killed
        return result

    monkeypatch.setattr(*place, dies)
    for attempt in range(1, 4):
        with contextlib.suppress(Killed):
            await transfer.run_import(job)
            break
        job.attempt = attempt + 1
        async with world.database.connection() as db:
            await db.execute(
                "UPDATE guanxi.job SET attempt = %(a)s WHERE id = %(id)s", {"a": job.attempt, "id": job.id}
            )
    done = await state(world, id)
    assert (done["status"], done["read"], done["created"], done["failed"]) == ("done", 95, 85, 10)
    assert sorted(c["email"] for c in await world.all("contact")) == sorted(
        f"p{i}@example.com" for i in range(95) if i % 10
    )
    assert [row[0] for row in (await world.errors(id))[1:]] == [str(i + 2) for i in range(0, 95, 10)]
    assert next(p for p in done["problems"] if p["code"] == "required")["count"] == 10
    assert len(await world.all("account")) == 7
    async with world.ctx() as ctx:
        assert (await undo(ctx, done["change_set"]))["undone"] == 85 + 7
    assert await world.all("contact") == []


@pytest.mark.usefixtures("small")
async def test_an_attempt_that_was_given_up_for_dead_writes_nothing_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, job = await world.begin(people(60), "contact", **HOW)
    real = running._Run._commit
    calls = 0

    async def slow(self: Any, *args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:  # meanwhile another worker has taken the job
            async with world.database.connection() as db:
                await db.execute("UPDATE guanxi.job SET attempt = attempt + 1 WHERE id = %(id)s", {"id": job.id})
        await real(self, *args)

    monkeypatch.setattr(running._Run, "_commit", slow)
    with pytest.raises(Lost):
        await transfer.run_import(job)
    assert len(await world.all("contact")) == 20
    job.attempt += 1
    await transfer.run_import(job)
    assert (await state(world, id))["created"] == len(await world.all("contact")) == 60


@pytest.mark.usefixtures("small")
async def test_cancelling_and_going_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id, job = await world.begin(people(100), "contact", **HOW)
    real = running._Run._commit
    calls = 0

    async def stops(self: Any, *args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            async with world.ctx() as ctx:
                await transfer.cancel(ctx, id)
        await real(self, *args)

    monkeypatch.setattr(running._Run, "_commit", stops)
    await transfer.run_import(job)
    stopped = await state(world, id)
    assert (stopped["status"], stopped["read"], stopped["resumable"]) == ("cancelled", 40, True)
    async with world.ctx() as ctx:
        assert (await transfer.resume(ctx, id))["status"] == "queued"
    async with world.database.connection() as db:
        await db.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": job.id})
    await transfer.run_import(await world.take())
    done = await state(world, id)
    assert (done["status"], done["created"]) == ("done", 100)
    async with world.ctx() as ctx:
        with pytest.raises(Conflict):
            await transfer.resume(ctx, id)


async def test_what_never_began_is_cancelled_at_once(world: World) -> None:
    id, job = await world.begin(people(3), "contact", **HOW)
    async with world.ctx() as ctx:
        assert (await transfer.cancel(ctx, id))["status"] == "cancelled"
    await transfer.run_import(job)
    assert await world.all("contact") == []


async def test_an_import_without_a_sign_of_life_was_interrupted(world: World) -> None:
    id, _ = await world.begin(people(3), "contact", **HOW)
    async with world.database.connection() as db:
        await db.execute(
            f"UPDATE \"{world.workspace.schema}\"._import SET status = 'running', seen_at = now() - interval '5 minutes'"
        )
    seen = await state(world, id)
    assert (seen["status"], seen["resumable"]) == ("failed", True)
    assert "interrupted" in seen["error"]


async def test_an_import_whose_job_ended_without_a_word_failed(world: World) -> None:
    id, job = await world.begin(people(3), "contact", **HOW)
    for state_of_job, expected in (("running", "queued"), ("failed", "failed")):
        async with world.database.connection() as db:
            await db.execute(
                "UPDATE guanxi.job SET state = %(s)s, ended_at = now() - interval '1 minute' WHERE id = %(id)s",
                {"s": state_of_job, "id": job.id},
            )
        await running.watch(job)
        seen = await state(world, id)
        assert (seen["status"], seen["resumable"]) == (expected, expected == "failed")


async def test_a_file_that_is_gone_is_said(world: World) -> None:
    id, job = await world.begin(people(3), "contact", **HOW)
    for path in (world.folder / "uploads").iterdir():
        path.unlink()
    await transfer.run_import(job)
    seen = await state(world, id)
    assert (seen["status"], seen["error"]) == ("failed", "The file of this import is no longer there. Upload it again.")


async def test_a_worker_runs_it_in_a_process_of_its_own(world: World) -> None:
    async def one_chunk() -> Any:
        yield people(2_500)

    async with world.ctx() as ctx:
        sent = await transfer.receive(ctx, world.folder, "people.csv", one_chunk(), "contact")
        begun = await transfer.start(ctx, world.folder, upload=sent["id"], object="contact", **HOW)
    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(world.database).run(stop))
    try:
        async with asyncio.timeout(60):
            while (done := await state(world, begun["id"]))["status"] in ("queued", "running"):
                await asyncio.sleep(0.2)
    finally:
        stop.set()
        await worker
    assert (done["status"], done["created"], done["failed"]) == ("done", 2_500, 0)


async def test_the_real_pipeline(world: World, data: Path) -> None:
    """Agents, accounts, products and 8,800 opportunities of a dirty file, by the importer alone."""
    folder = data / "maven_crm_sales"
    people = b"name,email,role\n" + b"\n".join(
        b"%s,%s@example.com,rep" % (line.split(b",")[0], line.split(b",")[0].replace(b" ", b".").lower())
        for line in (folder / "sales_teams.csv").read_bytes().splitlines()[1:]
    )
    assert (await world.run(people, "user"))["created"] == 35
    accounts = await world.run(folder / "accounts.csv", mapping={
        "account": "name", "sector": {"field": "industry", "unknown": "fail", "values": {"technolgy": "technology", "software": "software", "telecommunications": "telecommunications"}},
        "year_established": "founded", "revenue": "revenue", "employees": "employees", "office_location": "address.country", "subsidiary_of": "parent",
    })  # fmt: skip
    assert (accounts["created"], accounts["failed"]) == (85, 0), accounts["problems"]
    assert sum(a["parent"] is not None for a in await world.all("account")) == 15
    assert (await world.run(folder / "products.csv", "product"))["created"] == 7
    stages = {"Prospecting": "qualification", "Engaging": "needs", "Won": "won", "Lost": "lost"}
    rows = (folder / "sales_pipeline.csv").read_text().splitlines()
    file = "\n".join(
        [
            rows[0] + ",name,lost_reason",
            *(f"{r},{r.split(',')[0]} {r.split(',')[2]},{'other' if ',Lost,' in r else ''}" for r in rows[1:]),
        ]
    )
    deals = await world.run(file.encode(), "opportunity", mapping={
        "opportunity_id": "reference", "name": "name", "sales_agent": "owner", "product": "product", "account": "account",
        "deal_stage": {"field": "stage", "values": stages}, "engage_date": None, "close_date": "closed_on", "close_value": "amount", "lost_reason": "lost_reason",
    })  # fmt: skip
    assert (deals["created"], deals["failed"]) == (8_800, 0), deals["problems"]
    assert [(p["code"], p["count"]) for p in deals["problems"]] == [("link_loose", 1_480)]
    found = await world.all("opportunity")
    by_kind = {k: [d for d in found if d["stage"] == k] for k in stages.values()}
    assert {k: len(v) for k, v in by_kind.items()} == {
        "won": 4_238,
        "lost": 2_473,
        "needs": 1_589,
        "qualification": 500,
    }
    assert sum(d["amount"] for d in by_kind["won"]) == 10_005_534
    assert sum(d["account"] is None for d in found) == 1_425


@pytest.mark.usefixtures("small")
async def test_batches_side_by_side_are_kept_in_order_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without anything in common two batches are written at once; one that is not kept takes the next with it."""
    file = "registration,name\n" + "\n".join(f"{i},Company {i}" for i in range(200))
    id, job = await world.begin(file.encode(), mode="upsert", key="registration")
    real = running._Run._settle
    calls, together, now = 0, 0, 0

    async def watched(self: Any, *args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise RuntimeError("the disk is full")
        await real(self, *args)

    whole = Store.write

    async def counted(self: Any, *args: Any) -> None:
        nonlocal together, now
        now += 1
        together = max(together, now)
        await asyncio.sleep(0.01)
        await whole(self, *args)
        now -= 1

    monkeypatch.setattr(running._Run, "_settle", watched)
    monkeypatch.setattr(Store, "write", counted)
    await transfer.run_import(job)
    failed = await state(world, id)
    assert (failed["status"], failed["read"], failed["created"]) == ("failed", 60, 60)
    assert len(await world.all("account")) == 60
    assert 2 <= together <= running.ABREAST
    async with world.ctx() as ctx:
        await transfer.resume(ctx, id)
        change_sets = await ctx.db.fetch(
            f"SELECT created FROM \"{world.workspace.schema}\"._change_set WHERE kind = 'import'"
        )
    assert change_sets == [(60,)]
    async with world.database.connection() as db:
        await db.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": job.id})
    await transfer.run_import(await world.take())
    assert (await state(world, id))["created"] == 200
    assert sorted(int(a["registration"]) for a in await world.all("account")) == list(range(200))


@pytest.mark.usefixtures("small")
async def test_the_same_key_all_over_the_file_is_one_record(world: World) -> None:
    file = "registration,name\n" + "\n".join(f"{i % 30},Company {i}" for i in range(200))
    done = await world.run(file.encode(), mode="upsert", key="registration")
    assert (done["created"], done["updated"], done["failed"]) == (30, 170, 0)
    assert {a["registration"]: a["name"] for a in await world.all("account")} == {
        str(i % 30): f"Company {i}" for i in range(200)
    }


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_batch_that_collides_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    """What a first try made and remembered is forgotten together with it."""
    real = running._Run._settle
    calls = 0

    async def collides(self: Any, *args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls in (1, 2, 4):
            raise Retry("somebody else was faster", "40001")
        await real(self, *args)

    monkeypatch.setattr(running._Run, "_settle", collides)
    done = await world.run(people(50), "contact", dry_run=dry_run, **HOW)
    assert (done["status"], done["created"], done["failed"]) == ("done", 50, 0)
    assert len(await world.all("contact")) == (0 if dry_run else 50)
    assert len(await world.all("account")) == (0 if dry_run else 7)
