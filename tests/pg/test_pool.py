from __future__ import annotations

import asyncio
import datetime
import os
import signal
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from guanxi.base import Unavailable
from guanxi.pg import (
    BadValue,
    CheckViolation,
    Connection,
    Database,
    DatabaseError,
    ForeignKeyViolation,
    Notice,
    NotNullViolation,
    Retry,
    Timeout,
    UniqueViolation,
    errors,
    listen,
    quote,
)
from guanxi.pg.server import Server


async def test_values_come_back_as_python(database: Database) -> None:
    async with database.connection() as c:
        row = await c.row(
            """select '{"b": 1.10}'::json, '{"b": 1.5}'::jsonb, 1.50::numeric, '0190a5b6-0000-7000-8000-000000000000'::uuid,
                      array['0190a5b6-0000-7000-8000-000000000000'::uuid], '{a,b}'::text[], '2026-03-05'::date,
                      '2026-03-05 10:00+08'::timestamptz, true, null, '100%%'"""
        )
    assert row == (
        b'{"b": 1.10}',
        {"b": 1.5},
        Decimal("1.50"),
        "0190a5b6-0000-7000-8000-000000000000",
        ["0190a5b6-0000-7000-8000-000000000000"],
        ["a", "b"],
        datetime.date(2026, 3, 5),
        datetime.datetime(2026, 3, 5, 2, tzinfo=datetime.UTC),
        True,
        None,
        "100%",
    )
    assert str(row[2]) == "1.50"


async def test_arguments_go_by_name_and_may_repeat(database: Database) -> None:
    args: dict[str, Any] = {
        "n": 3,
        "t": "O'Hara; drop table x -- %(n)s",
        "j": {"a": [1, None]},
        "ids": ["0190a5b6-0000-7000-8000-000000000000"],
        "d": Decimal("1.10"),
        "big": 2**62,
        "unused": object,
    }
    sql = """select %(n)s + %(n)s, %(t)s::text, %(j)s::jsonb, '0190a5b6-0000-7000-8000-000000000000' = any(%(ids)s::uuid[]),
                    %(d)s::text, %(big)s"""
    async with database.connection() as c:
        for _ in range(4):  # plain, prepared, again
            assert await c.row(sql, args) == (6, args["t"], args["j"], True, "1.10", 2**62)


async def test_a_missing_argument_is_told(database: Database) -> None:
    async with database.connection() as c:
        with pytest.raises(TypeError, match="'b'"):
            await c.fetch("select %(a)s, %(b)s", {"a": 1})
        with pytest.raises(TypeError, match="a are needed"):
            await c.fetch("select %(a)s")
        with pytest.raises(ValueError, match="%%"):
            await c.fetch("select 5 % 2")
        assert await c.value("select 5 %% 2") == 1


async def test_shapes(database: Database) -> None:
    async with database.connection() as c:
        assert await c.fetch("select n from generate_series(1, 3) n") == [(1,), (2,), (3,)]
        assert await c.fetch("create temp table t (n int)") == []
        assert await c.row("select 1 where false") is None
        assert await c.value("select 1 where false") is None
        assert await c.execute("insert into t select generate_series(1, 5)") == 5
        await c.script("insert into t values (6); update t set n = n + 1")
        assert await c.value("select count(*) from t") == 6
        assert c.statements == 7


async def test_the_errors_and_their_constraints(database: Database) -> None:
    async with database.connection() as c:
        await c.script(
            "create table a (id int primary key, v text not null, constraint v_is_short check (length(v) < 3));"
            "create table b (a int constraint b_a references a);"
            "insert into a values (1, 'x')"
        )

        async def of(sql: str, **args: object) -> DatabaseError:
            with pytest.raises(DatabaseError) as caught:
                await c.execute(sql, args)
            return caught.value

        assert isinstance(error := await of("insert into a values (1, 'y')"), UniqueViolation)
        assert error.constraint == "a_pkey"
        assert "(1)" not in str(error)
        assert isinstance(error := await of("insert into a values (2, 'long')"), CheckViolation)
        assert error.constraint == "v_is_short"
        assert isinstance(error := await of("insert into b values (7)"), ForeignKeyViolation)
        assert error.constraint == "b_a"
        assert isinstance(error := await of("insert into a values (2, null)"), NotNullViolation)
        assert error.column == "v"
        assert isinstance(await of("select 1/0"), BadValue)
        assert isinstance(await of("select %(t)s::text", t="a\0b"), BadValue)
        assert isinstance(await of("select %(t)s::uuid", t="no"), BadValue)
        assert (await of("select * from nowhere")).sqlstate == "42P01"
        assert await c.value("select 1") == 1


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", Unavailable),  # disk full
        ("53300", Unavailable),  # too many connections
        ("57P01", Unavailable),  # shut down
        ("57P03", Unavailable),  # starting up
        ("58030", Unavailable),  # I/O error
        ("25006", Unavailable),  # a standby
        ("08006", Unavailable),
        ("40001", Retry),
        ("40P01", Retry),
        ("55P03", Retry),
        ("57014", Timeout),
        ("22003", BadValue),
        ("42601", DatabaseError),
    ],
)
async def test_states(database: Database, state: str, kind: type[Exception]) -> None:
    async with database.connection() as c:
        with pytest.raises(kind) as caught:
            await c.script(f"do $$ begin raise exception 'told' using errcode = '{state}'; end $$")
        assert type(caught.value) is kind


async def test_a_transaction_is_kept_or_undone(database: Database) -> None:
    async with database.connection() as c:
        await c.execute("create table t (n int)")
    async with database.transaction() as c:
        await c.execute("insert into t values (1)")
    with pytest.raises(RuntimeError):
        async with database.transaction() as c:
            await c.execute("insert into t values (2)")
            raise RuntimeError
    async with database.transaction():
        pass
    async with database.connection() as c:
        assert await c.fetch("select n from t") == [(1,)]


async def test_a_swallowed_error_does_not_look_like_a_commit(database: Database) -> None:
    with pytest.raises(DatabaseError, match="swallowed"):
        async with database.transaction() as c:
            with pytest.raises(BadValue):
                await c.value("select 1/0")
    assert database.stats()["lent"] == 0


async def test_savepoints_undo_their_part(database: Database) -> None:
    async with database.transaction() as c:
        await c.execute("create table t (n int unique)")
        await c.execute("insert into t values (1)")
        for n in (2, 1, 3):
            try:
                async with c.savepoint():
                    await c.execute("insert into t values (%(n)s)", {"n": n})
            except UniqueViolation:
                assert n == 1
    async with database.connection() as c:
        assert await c.fetch("select n from t order by n") == [(1,), (2,), (3,)]


async def test_a_snapshot_sees_one_instant_and_writes_nothing(database: Database) -> None:
    async with database.connection() as other:
        await other.execute("create table t (n int)")
        async with database.transaction(snapshot=True) as c:
            assert await c.value("select count(*) from t") == 0
            await other.execute("insert into t values (1)")
            assert await c.value("select count(*) from t") == 0
            with pytest.raises(Unavailable):  # as on a standby
                async with c.savepoint():
                    await c.execute("insert into t values (2)")


async def test_roles(database: Database) -> None:
    role = 'r "odd" ' + uuid.uuid4().hex
    who = "select current_user, session_user"
    async with database.connection() as c:
        login = (await c.fetch(who))[0][0]
        await c.execute(f"create role {quote(role)}")
    try:
        for _ in range(3):
            async with database.transaction(role) as c:
                assert await c.row(who) == (role, login)
            async with database.connection() as c:
                assert await c.row(who) == (login, login)
            async with database.connection(role) as c:
                assert await c.row(who) == (role, login)
                with pytest.raises(DatabaseError, match="permission denied"):
                    await c.execute("create table guanxi.no (n int)")
                assert await c.row(who) == (role, login)
            async with database.transaction() as c:
                assert await c.row(who) == (login, login)
            async with database.connection(role) as c:
                pass  # nothing is said, so nothing is changed
            async with database.connection() as c, database.connection(role) as d:
                assert await c.row(who) == (login, login)
                assert await d.row(who) == (role, login)
        async with database.connection(role) as c:
            with pytest.raises(BadValue):
                await c.value("select 1/0")
            assert await c.row(who) == (role, login)  # SET ROLE travelled with what failed
        async with database.connection(None) as c:
            with pytest.raises(BadValue):
                await c.value("select 1/0")
            assert await c.row(who) == (login, login)
        for wanted in (role, None):
            with pytest.raises(DatabaseError, match="swallowed"):
                async with database.transaction(wanted) as c:
                    with pytest.raises(BadValue):
                        await c.value("select 1/0")
            async with database.connection(wanted) as c:
                assert await c.row(who) == (wanted or login, login)
        async with database.connection("nobody such") as c:
            for _ in range(2):
                with pytest.raises(BadValue, match="nobody such"):
                    await c.value("select 1")
                with pytest.raises(BadValue, match="nobody such"):
                    await c.script("select 1")
        async with database.connection() as c:
            assert await c.row(who) == (login, login)
        async with database.transaction(role) as c:
            with pytest.raises(BadValue):
                async with c.savepoint():
                    await c.value("select 1/0")
            assert await c.row(who) == (role, login)
    finally:
        async with database.connection() as c:
            await c.execute(f"drop role {quote(role)}")


async def test_a_table_that_changes_under_prepared_statements(database: Database) -> None:
    async with database.connection() as c, database.connection() as other:
        await other.script("create table t (n int); insert into t values (1)")
        for _ in range(4):
            assert await c.fetch("select * from t") == [(1,)]
        await other.execute("alter table t add m int default 2")
        assert await c.fetch("select * from t") == [(1, 2)]
        await other.script("deallocate all")
        assert await other.fetch("select * from t") == [(1, 2)]
        assert await c.fetch("select * from t") == [(1, 2)]


async def test_more_statements_than_are_kept_prepared(database: Database) -> None:
    async with database.connection() as c:
        for _ in range(3):
            for n in range(200):
                assert await c.value(f"select {n} + %(a)s", {"a": 1}) == n + 1
        assert await c.value("select count(*) from pg_prepared_statements") <= 128


async def test_statements_longer_than_any_cache_expects(database: Database) -> None:
    sql = "select " + " + ".join(f"%(a{n})s::int" for n in range(2000))
    async with database.connection() as c:
        for _ in range(3):
            assert await c.value(sql, {f"a{n}": n for n in range(2000)}) == 1999000


async def test_copy_in_and_out(database: Database) -> None:
    async with database.transaction() as c:
        await c.execute("create table t (n int, v text)")
        async with c.copy("copy t from stdin") as copy:
            for n in range(1000):
                await copy.write_row((n, "中\t\n" if n % 2 else None))
        async with c.copy("copy t from stdin with csv") as copy:
            await copy.write(b'1000,"a,b"\n')
        assert await c.value("select count(*) from t") == 1001
        async with c.copy("copy (select * from t where n >= 999 order by n) to stdout with csv") as copy:
            assert b"".join([data async for data in copy]) == '999,"中\t\n"\n1000,"a,b"\n'.encode()
        async with c.copy("copy (select n from t where n < 2 order by n) to stdout") as copy:
            assert [row async for row in copy.rows()] == [("0",), ("1",)]
    with pytest.raises(BadValue):
        async with database.connection() as c, c.copy("copy t from stdin") as copy:
            await copy.write(b"no number\tx\n")
    async with database.connection() as c:
        assert await c.value("select count(*) from t") == 1001


async def test_a_stream_comes_in_portions(database: Database) -> None:
    async with database.transaction() as c:
        sizes = [
            len(rows) async for rows in c.stream("select n from generate_series(1, %(n)s) n", {"n": 1050}, size=500)
        ]
        assert sizes == [500, 500, 50]
        assert await c.value("select 1") == 1
    async with database.connection() as c:
        with pytest.raises(RuntimeError):
            await anext(c.stream("select 1"))


async def test_two_statements_at_once_are_refused(database: Database) -> None:
    async with database.connection() as c:
        slow = asyncio.create_task(c.value("select pg_sleep(0.3)"))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one statement"):
            await c.value("select 1")
        await slow


async def test_a_statement_that_takes_too_long(database: Database) -> None:
    with pytest.raises(Timeout):
        async with database.transaction(timeout=0.05) as c:
            await c.value("select pg_sleep(30)")
    async with database.transaction(timeout=0) as c:
        assert await c.value("show statement_timeout") == "0"
    async with database.connection() as c:
        assert await c.value("show statement_timeout") == "1min"


async def test_a_lock_that_is_not_had_in_time(database: Database) -> None:
    async with database.transaction() as holder, database.transaction() as c:
        await holder.execute("create table if not exists t (n int)")
        await c.execute("set local lock_timeout = 50")
        await holder.execute("select pg_advisory_xact_lock(4711)")
        with pytest.raises(Retry):
            await c.execute("select pg_advisory_xact_lock(4711)")
        await c.rollback()


async def test_a_cancelled_task_leaves_no_harm(database: Database) -> None:
    async def slow() -> None:
        async with database.transaction() as c:
            await c.value("select pg_sleep(30)")

    running = asyncio.create_task(slow())
    async with database.connection() as watching:
        sql = "select count(*) from pg_stat_activity where query like '%%pg_sleep(30)%%' and pid <> pg_backend_pid() and state = 'active'"
        async with asyncio.timeout(20):
            while not await watching.value(sql + " and datname = current_database()"):
                await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        async with asyncio.timeout(20):
            while await watching.value(sql + " and datname = current_database()"):
                await asyncio.sleep(0.01)
    assert database.stats()["lent"] == 0


async def test_a_full_pool_waits_and_then_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = await Database.open(database.url, max_size=1)
    async with pool.connection():
        waiting = asyncio.create_task(pool.take(None))
        await asyncio.sleep(0)
    connection = await waiting
    assert pool.stats() == {"lent": 1, "free": 0, "max": 1}
    monkeypatch.setattr("guanxi.pg.pool._WAIT", 0.01)
    with pytest.raises(Unavailable):
        await pool.take(None)
    await pool.give(connection)
    await pool.close()
    with pytest.raises(Unavailable):
        await pool.take(None)


async def end_backends(database: Database) -> None:
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as c:
        await c.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
        )


async def test_dead_connections_are_not_lent(database: Database) -> None:
    async with database.connection() as a, database.connection() as b:
        await a.value("select 1")
        await b.value("select 1")
    await end_backends(database)
    async with database.connection() as a, database.connection() as b:
        assert await a.value("select 1") == await b.value("select 1") == 1


async def test_a_connection_lost_in_a_transaction(database: Database) -> None:
    with pytest.raises(Unavailable):
        async with database.transaction() as c:
            await c.value("select 1")
            await end_backends(database)
            await c.value("select 1")
    with pytest.raises(Unavailable) as caught:
        async with database.transaction() as c:
            await c.value("select 1")
            await end_backends(database)
    assert caught.value.code == "unavailable_commit"  # the answer to COMMIT never came: nobody knows
    with pytest.raises(Unavailable) as caught:
        async with database.transaction() as c:
            await c.value("select 1")
            await end_backends(database)
            c.ending = True
            await c.value("select 1")
    assert caught.value.code == "unavailable_commit"
    async with database.connection() as c:
        assert await c.value("select 1") == 1


async def test_a_last_statement_takes_commit_with_it(database: Database) -> None:
    async with database.connection() as c:
        await c.script("create table ended (n int primary key)")

    async def stored() -> list[int]:
        async with database.connection() as other:
            return [n for (n,) in await other.fetch("select n from ended order by n")]

    for n in range(1, 4):  # the third time it is prepared
        async with database.transaction() as c:
            c.ending = True
            assert await c.value("insert into ended values (%(n)s) returning n", {"n": n}) == n
            assert await stored() == list(range(1, n + 1)), "kept before the transaction is left"
    with pytest.raises(UniqueViolation):
        async with database.transaction() as c:
            await c.execute("insert into ended values (9)")
            c.ending = True
            await c.execute("insert into ended values (%(n)s)", {"n": 1})
    assert await stored() == [1, 2, 3], "refused, it takes the rest back"
    async with database.transaction() as c:
        await c.execute("insert into ended values (4)")
        assert await stored() == [1, 2, 3], "the next transaction ends by itself"
    assert await stored() == [1, 2, 3, 4]


async def test_the_pool_recovers_when_the_server_is_back(short_dir: Path) -> None:
    async with Server(short_dir) as server:
        pool = await Database.open(server.url)
        async with pool.connection() as c:
            await c.script("create table t (n int)")
        kept, since = 0, None
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            while since is None or kept < since + 3:  # the server that is going may still answer
                try:
                    async with pool.transaction() as c:
                        await c.execute("insert into t values (1)")
                    kept += 1
                except Unavailable:
                    since = kept
                    await asyncio.sleep(0.02)
        async with pool.connection() as c:
            assert await c.value("select count(*) from t") == kept
        await pool.close()


async def test_notices_and_their_loss(database: Database) -> None:
    heard = listen(database.url, "one", "Two")
    assert await anext(heard) is None
    async with database.connection() as c:
        await c.execute("select pg_notify('Two', 'hello')")
    assert await anext(heard) == Notice("Two", "hello")
    await end_backends(database)
    assert await anext(heard) is None  # something may have been missed
    async with database.connection() as c:
        await c.execute("select pg_notify('one', '')")
    assert await anext(heard) == Notice("one", "")
    await heard.aclose()


async def test_where_nobody_listens() -> None:
    with pytest.raises(Unavailable):
        await Database.open("postgresql://guanxi@/guanxi?host=/nowhere")
    with pytest.raises(Unavailable):
        await Connection.open("postgresql://guanxi:secret@127.0.0.1:1/guanxi")


def test_an_identifier_is_quoted() -> None:
    assert quote('a"b') == '"a""b"'


def test_a_driver_error_without_a_state_is_a_loss() -> None:
    away = errors.translate(psycopg.OperationalError("the connection is lost"))
    assert isinstance(away, Unavailable)
    assert away.retry_after
