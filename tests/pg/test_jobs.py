from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Iterator

import pytest

from guanxi.base import Unavailable
from guanxi.pg import Database, jobs, quote
from guanxi.pg.jobs import Again, Job, Lost, Worker, defer, task


@pytest.fixture(autouse=True)
def no_tasks() -> Iterator[None]:
    kept = dict(jobs.tasks)
    jobs.tasks.clear()
    yield
    jobs.tasks.clear()
    jobs.tasks.update(kept)


async def state_of(database: Database, job: int) -> tuple[object, ...]:
    async with database.connection() as c:
        row = await c.row(
            "select state, attempt, failures, crashes, error from guanxi.job where id = %(id)s", {"id": job}
        )
    assert row is not None
    return row


async def until(condition, seconds: float = 20) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


class Running:
    """A worker that runs inside the block."""

    def __init__(self, database: Database, **options: object) -> None:
        self.worker = Worker(database, **options)  # type: ignore[arg-type]
        self.stop = asyncio.Event()

    async def __aenter__(self) -> Worker:
        self.task = asyncio.create_task(self.worker.run(self.stop))
        return self.worker

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await self.task


async def put(database: Database, name: str, *, lock: str | None = None, **args: object) -> int:
    async with database.transaction() as c:
        return await defer(c, name, args, lock=lock)


async def test_a_job_runs_with_its_arguments(database: Database) -> None:
    seen = asyncio.Queue[dict[str, object]]()

    @task("t")
    async def run(job: Job) -> None:
        await seen.put(job.args)

    async with Running(database):
        id = await put(database, "t", a=1, text="中")
        assert await asyncio.wait_for(seen.get(), 10) == {"a": 1, "text": "中"}
        await until(lambda: is_state(database, id, "done"))


async def is_state(database: Database, id: int, state: str) -> bool:
    return (await state_of(database, id))[0] == state


async def test_a_job_of_a_rolled_back_transaction_never_was(database: Database) -> None:
    @task("t")
    async def run(job: Job) -> None: ...

    with pytest.raises(RuntimeError, match="no"):
        async with database.transaction() as c:
            await defer(c, "t")
            raise RuntimeError("no")
    async with database.connection() as c:
        assert await c.value("select count(*) from guanxi.job") == 0


async def test_a_workspace_role_may_defer_and_see_nothing(database: Database) -> None:
    @task("t")
    async def run(job: Job) -> None: ...

    role = "w_" + uuid.uuid4().hex
    async with database.connection() as c:
        await c.script(f"create role {quote(role)}; grant usage on schema guanxi to {quote(role)}")
    try:
        async with database.transaction(role) as c:
            id = await defer(c, "t")
        assert id
        async with database.connection(role) as c:
            with pytest.raises(Exception, match="permission denied"):
                await c.fetch("select * from guanxi.job")
    finally:
        async with database.connection() as c:
            await c.script(f"drop owned by {quote(role)}; drop role {quote(role)}")


async def test_a_failure_is_tried_again_and_then_given_up(database: Database) -> None:
    @task("t", retries=1)
    async def run(job: Job) -> None:
        raise ValueError(f"password=hunter2 attempt {job.attempt}")

    async with Running(database):
        id = await put(database, "t")
        await until(lambda: failures(database, id, 1))
        assert (await state_of(database, id))[0] == "waiting"
        async with database.connection() as c:  # instead of waiting for the second try
            await c.execute("update guanxi.job set due_at = now()")
            await c.execute("select pg_notify('guanxi_job', '')")
        await until(lambda: is_state(database, id, "failed"))
    state = await state_of(database, id)
    assert state[1:4] == (2, 2, 0)
    assert "hunter2" not in str(state[4])
    assert "attempt 2" in str(state[4])


async def failures(database: Database, id: int, n: int) -> bool:
    return (await state_of(database, id))[2] == n


async def test_again_is_no_failure(database: Database) -> None:
    @task("t", retries=0)
    async def run(job: Job) -> None:
        if job.attempt < 4:
            raise Again(0)

    async with Running(database):
        id = await put(database, "t")

        async def done() -> bool:
            async with database.connection() as c:
                await c.execute("select pg_notify('guanxi_job', '')")
            return await is_state(database, id, "done")

        await until(done)
    assert (await state_of(database, id))[1:4] == (4, 0, 0)


async def test_a_database_that_went_away_is_no_failure_of_the_job(database: Database) -> None:
    @task("t", retries=0)
    async def run(job: Job) -> None:
        if job.attempt == 1:
            raise Unavailable

    async with Running(database):
        id = await put(database, "t")
        await until(lambda: is_state(database, id, "done"))
    assert (await state_of(database, id))[1:4] == (2, 0, 0)


async def test_the_job_of_a_dead_worker_comes_back_and_the_dead_one_is_fenced(database: Database) -> None:
    first, go_on, outcome = asyncio.Event(), asyncio.Event(), asyncio.Queue[str]()

    @task("t")
    async def run(job: Job) -> None:
        if job.attempt == 1:
            first.set()
            await go_on.wait()
        async with database.transaction() as c:
            try:
                await job.fence(c)
            except Lost:
                await outcome.put(f"{job.attempt} lost")
                raise
        await outcome.put(f"{job.attempt} wrote")

    hung = Worker(database, lease=0.2)
    hung._keep = lambda: asyncio.sleep(3600)  # type: ignore[method-assign] # it gives no sign of life any more
    stop = asyncio.Event()
    dead = asyncio.create_task(hung.run(stop))
    id = await put(database, "t")
    await asyncio.wait_for(first.wait(), 10)
    async with Running(database, lease=5):

        async def second_wrote() -> bool:
            async with database.connection() as c:
                await c.execute("select pg_notify('guanxi_job', '')")
            return not outcome.empty()

        await until(second_wrote)
        assert await outcome.get() == "2 wrote"
        await until(lambda: is_state(database, id, "done"))
        go_on.set()
        assert await asyncio.wait_for(outcome.get(), 10) == "1 lost"
    stop.set()
    await dead
    assert (await state_of(database, id))[:4] == ("done", 2, 0, 1)


async def test_a_job_is_not_taken_while_its_fenced_transaction_runs(database: Database) -> None:
    @task("t")
    async def run(job: Job) -> None: ...

    id = await put(database, "t")
    worker = Worker(database, lease=0)
    take = {"queues": None, "names": ["t"], "worker": worker.id, "lease": 0.0}
    async with database.connection() as other:
        assert await other.row(jobs._TAKE, take)
        async with database.transaction() as c:
            await Job(id, "t", {}, 1, database).fence(c)
            assert await other.row(jobs._TAKE, take) is None
            assert await other.execute(jobs._RENEW, {"ids": [id], "attempts": [1], "lease": 0.0}) == 1
        assert await other.row(jobs._TAKE, take)


async def test_a_job_that_kills_its_workers_is_given_up(database: Database) -> None:
    @task("t")
    async def run(job: Job) -> None: ...

    id = await put(database, "t")
    async with database.connection() as c:
        await c.execute(
            "update guanxi.job set state = 'running', crashes = %(n)s, lease_until = now() - interval '1 s'",
            {"n": jobs.CRASHES - 1},
        )
    async with Running(database):
        await until(lambda: is_state(database, id, "failed"))
    assert "worker died" in str((await state_of(database, id))[4])


async def test_one_lock_one_job_at_a_time_in_order(database: Database) -> None:
    seen: list[int] = []
    inside = 0

    @task("t")
    async def run(job: Job) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        await asyncio.sleep(0)
        seen.append(job.args["n"])
        inside -= 1

    ids = [await put(database, "t", lock="x", n=n) for n in range(12)]
    async with Running(database), Running(database):
        await until(lambda: is_state(database, ids[-1], "done"))
    assert seen == list(range(12))


async def test_stopping_gives_the_job_back_without_a_crash(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    started = asyncio.Event()

    @task("t")
    async def run(job: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(jobs, "GRACE", 0.05)
    async with Running(database):
        id = await put(database, "t")
        await asyncio.wait_for(started.wait(), 10)
    assert (await state_of(database, id))[:4] == ("waiting", 1, 0, 0)
    async with database.connection() as c:
        assert not await jobs.alive(c)


async def test_a_recurring_task_is_put_in_once(database: Database) -> None:
    ran = asyncio.Event()

    @task("t", every=3600)
    async def run(job: Job) -> None:
        ran.set()

    async with Running(database), Running(database):
        await asyncio.wait_for(ran.wait(), 10)
        async with database.connection() as c:
            assert await jobs.alive(c)
    async with database.connection() as c:
        assert await c.value("select count(*) from guanxi.job") == 1
        assert (await jobs.counts(c))["waiting"] == 0


# The command of the child, with tasks of the test's own beside the program's.
CHILD = """
import sys
from guanxi import cli
from guanxi.pg.jobs import Again, task

@task("p")
async def run(job):
    async with job.db.transaction() as c:
        await job.fence(c)
        await c.execute("insert into seen values (%(s)s)", {"s": job.args["say"]})
    if job.args["say"] == "fail":
        raise ValueError("as told")
    if job.args["say"] == "much":
        held = bytearray(4 << 30)
    if job.args["say"] == "again" and job.attempt == 1:
        raise Again(0)

sys.argv = ["guanxi", "run-task"]
cli.main()
"""


async def test_a_task_in_a_process_of_its_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    @task("p", process=True, retries=0)
    async def run(job: Job) -> None: ...

    monkeypatch.setattr(jobs, "CHILD", (sys.executable, "-c", CHILD))
    async with database.connection() as c:
        await c.execute("create table seen (say text)")
    ids = {say: await put(database, "p", say=say) for say in ("done", "fail", "much", "again")}
    async with Running(database):

        async def ended() -> bool:
            async with database.connection() as c:
                await c.execute("select pg_notify('guanxi_job', '')")
                return not await c.value("select count(*) from guanxi.job where ended_at is null")

        await until(ended, 60)
    states = {say: await state_of(database, id) for say, id in ids.items()}
    assert states["done"][:2] == ("done", 1)
    assert states["again"][:2] == ("done", 2)
    assert states["fail"][0] == "failed"
    assert "as told" in str(states["fail"][4])
    assert states["much"][0] == "failed"
    assert "memory" in str(states["much"][4])
