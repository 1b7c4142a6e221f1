"""What the gate remembers and forgets; what runs out; who rises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from guanxi import identity, records
from guanxi.base import Conflict, Invalid, NotFound, Problem, Unauthorized
from guanxi.identity import FirstRun, Gate, passwords
from guanxi.identity.people import grants_problem
from guanxi.pg import Database
from guanxi.records import Grants

RUN = FirstRun("Co", "Admin", "Admin@Example.com", "Corr3ct-horse-battery", language="zh")


@pytest_asyncio.fixture
async def gate(database: Database) -> AsyncIterator[Gate]:
    """A gate on a workspace with one administrator."""
    await identity.set_up(database, RUN)
    gate = Gate(database)
    await gate.start()
    yield gate
    await gate.stop()


def cookie(secret: str) -> bytes:
    return f"theme=dark; guanxi={secret}; x=y".encode()


async def test_the_first_run_is_whole_or_nothing(database: Database) -> None:
    with pytest.raises(Invalid):
        await identity.set_up(database, FirstRun("Co", "Admin", "not an address", "Corr3ct-horse-battery"))
    async with database.connection() as db:
        assert await identity.setup_needed(db)
    runs = await asyncio.gather(*(identity.set_up(database, RUN) for _ in range(3)), return_exceptions=True)
    assert sorted(type(r).__name__ for r in runs) == ["Conflict", "Conflict", "str"]
    with pytest.raises(Conflict):
        await identity.set_up(database, RUN)


async def test_people_sign_in_however_they_write_their_address(gate: Gate) -> None:
    for email in ("admin@example.com", " ADMIN@example.COM "):
        secret = await identity.sign_in(gate, email, RUN.password, "10.0.0.1", "test")
        caller = await gate.caller(None, cookie(secret))
        assert (caller.actor.role, caller.actor.language, caller.workspace.currency) == ("administrator", "zh", "CNY")
        assert caller.csrf


async def test_secrets_are_not_stored(gate: Gate) -> None:
    secret = await identity.sign_in(gate, RUN.email, RUN.password, "", "")
    async with gate.database.transaction() as db:
        token = await identity.create_token_for(db, RUN.email, "cli")
    async with gate.database.connection() as db:
        for table in ("session", "token"):
            for row in await db.fetch(f"SELECT t::text FROM guanxi.{table} t"):
                assert secret not in row[0]
                assert token not in row[0]
    assert (await gate.caller(f"Bearer {token}".encode(), None)).scopes is None


async def test_a_caller_is_looked_up_once(gate: Gate) -> None:
    secret = await identity.sign_in(gate, RUN.email, RUN.password, "", "")
    one = await gate.caller(None, cookie(secret))
    assert await gate.caller(None, cookie(secret)) is one
    gate.heard({"w": one.workspace.id, "kind": "records"})
    assert await gate.caller(None, cookie(secret)) is one
    gate.heard({"w": one.workspace.id, "kind": "access"})
    two = await gate.caller(None, cookie(secret))
    assert two is not one
    assert two.catalog is one.catalog  # folding it anew costs; its version is the same


async def test_what_was_read_while_something_changed_is_not_kept(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = await identity.sign_in(gate, RUN.email, RUN.password, "", "")
    load = records.load_actor

    async def slow(*args: Any) -> Any:
        found = await load(*args)
        gate.forget()  # a notification arrives after the row was read
        return found

    monkeypatch.setattr("guanxi.identity.gate.load_actor", slow)
    one = await gate.caller(None, cookie(secret))
    assert await gate.caller(None, cookie(secret)) is not one


async def test_sessions_and_tokens_run_out(gate: Gate) -> None:
    secret = await identity.sign_in(gate, RUN.email, RUN.password, "", "")
    caller = await gate.caller(None, cookie(secret))
    caller.expires = 0.0  # it ran out while it was remembered
    with pytest.raises(Unauthorized):
        await gate.caller(None, cookie(secret))
    async with gate.database.transaction() as db:
        await db.execute("UPDATE guanxi.session SET expires = now() - interval '1 second'")
        w, u = caller.workspace.id, caller.actor.id
        made = await identity.create_token(db, w, u, "t", ["records:read"], datetime.now(UTC) - timedelta(seconds=1))
        with pytest.raises(Invalid):
            await identity.create_token(db, w, u, "t", ["nonsense"])
    for authorization, jar in ((f"Bearer {made.secret}".encode(), None), (None, cookie(secret))):
        with pytest.raises(Unauthorized):
            await gate.caller(authorization, jar)
    async with gate.database.connection() as db:
        await identity.tidy(db)
        assert await db.value("SELECT count(*) FROM guanxi.session") == 0
        with pytest.raises(NotFound):
            await identity.create_token_for(db, "nobody@example.com", "x")


async def test_a_session_in_use_is_renewed_without_a_write_each_time(gate: Gate) -> None:
    secret = await identity.sign_in(gate, RUN.email, RUN.password, "", "")
    async with gate.database.connection() as db:
        await db.execute(
            "UPDATE guanxi.session SET last_seen = now() - interval '1 hour', expires = now() + interval '1 hour'"
        )
        for _ in range(3):
            await gate.caller(None, cookie(secret))
        for _ in range(100):
            left = await db.value(
                "SELECT expires - now() > interval '13 days' FROM guanxi.session WHERE last_seen > now() - interval '1 minute'"
            )
            if left:
                break
            await asyncio.sleep(0.02)
        assert left
        await db.execute(
            "UPDATE guanxi.session SET created = now() - interval '89 days', last_seen = now() - interval '1 hour'"
        )
        gate.forget()
        await gate.caller(None, cookie(secret))
        await asyncio.sleep(0.1)
        assert await db.value("SELECT expires < now() + interval '2 days' FROM guanxi.session")


async def test_a_lost_connection_is_noticed_and_made_again(gate: Gate) -> None:
    secret = await identity.sign_in(gate, RUN.email, RUN.password, "", "")
    await gate.caller(None, cookie(secret))
    assert gate.live
    heard: list[str] = []
    gate.subscribe(lambda news: heard.append(str(news.get("kind"))))
    async with gate.database.connection() as db:
        await db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%%' AND datname = current_database()"
        )
        for _ in range(200):
            if "listening" in heard:
                break
            await asyncio.sleep(0.02)
    assert "listening" in heard
    assert gate.live


async def test_passwords(database: Database) -> None:
    for weak in ("short", "password123", "aaaaaaaaaaaa", "x" * 300):
        with pytest.raises(Problem):
            passwords.refuse_weak(weak)
    assert not await passwords.matches(None, "anything")
    assert not await passwords.matches("not a hash", "anything")


def test_nobody_hands_out_more_than_they_have() -> None:
    all_of_it = Grants.of({"objects": {"*": {"read": "all", "update": "all"}}, "system": ["users"]})
    own = Grants.of({"objects": {"*": {"read": "own"}}})
    assert all_of_it.covers(own, ["account"])
    assert not own.covers(all_of_it, ["account"])
    assert not own.covers(Grants.of({"objects": {"account": {"read": "team"}}}), ["account"])
    assert not own.covers(Grants.of({"system": ["catalog"]}), ["account"])
    blind = Grants.of({"objects": {"*": {"read": "all"}}, "fields": {"account.phone": "none"}})
    assert not blind.covers(Grants.of({"objects": {"*": {"read": "all"}}}), ["account"])


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {"all": True},
        {"objects": [1]},
        {"objects": {"account": {"fly": "all"}}},
        {"objects": {"account": {"read": "everything"}}},
        {"fields": {"phone": "none"}},
        {"fields": {"a.b": "maybe"}},
        {"system": ["root"]},
        {"system": [["x"]]},
    ],
)
def test_grants_that_cannot_be_read_are_refused(bad: Any) -> None:
    assert grants_problem(bad)
