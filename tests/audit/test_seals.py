"""Journal and audit prove themselves: whatever is changed, taken away or put in behind the program's back is named."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.world import World

from guanxi import audit, records
from guanxi.audit import sealing
from guanxi.audit.sealing import SOURCES
from guanxi.pg import DatabaseError
from guanxi.records import Create, Delete, Update


@pytest.fixture
async def sealed(own_world: World) -> World:
    """A company whose history and audit have their seals."""
    async with own_world.act() as ctx:
        [made] = await records.write(ctx, "account", [Create({"name": "远航贸易", "kind": "company"})])
        await records.write(ctx, "account", [Update(made.id or "", {"name": "远航国际"})])
        await records.write(ctx, "account", [Delete(made.id or "")])
        await records.note(ctx, "export", object="account", record=made.id, rows=3)
        await records.note(ctx, "sign_in", address="::1")
    await audit.seal(own_world.db, own_world.workspace)
    await settle(own_world)
    return own_world


async def settle(world: World) -> None:
    """Two looks later, nothing can come any more up to here."""
    for _ in range(2):
        async with world.act() as ctx:  # somebody takes an id
            await records.note(ctx, "settings")
        await audit.seal(world.db, world.workspace)


async def run(world: World, sql: str, **args: Any) -> list[Any]:
    """As whoever may do everything in the database."""
    async with world.db.transaction() as db:
        return await db.fetch(sql.replace("SCHEMA", f'"{world.workspace.schema}"'), args)


async def look(world: World, **more: Any) -> audit.Report:
    return await audit.verify(world.db, world.workspace, **more)


async def test_what_nobody_touched_is_as_sealed(sealed: World) -> None:
    report = await look(sealed)
    assert (report.ok, report.problems, report.unsealed) == (True, [], 0)
    async with sealed.act() as ctx:
        found = await audit.heads(ctx)
    assert report.head
    assert found[0]["chain"] == report.head["chain"]
    assert report.rows == found[0]["rows"] > 10
    assert (await look(sealed, kept={found[0]["day"]: found[0]["chain"].upper()})).ok
    assert not (await look(sealed, kept={found[0]["day"]: "00" * 32})).ok


async def test_every_column_is_sealed(sealed: World) -> None:
    for source, columns in SOURCES.items():
        rows = await run(
            sealed,
            "SELECT attname FROM pg_attribute WHERE attrelid = %(t)s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            t=f'"{sealed.workspace.schema}"._{source}',
        )
        assert columns.split(", ") == [r[0] for r in rows]


CHANGES = {
    "journal": {
        "xid": "'1'::xid8", "at": "at + interval '1 microsecond'", "object": "'accounu'", "record": "gen_random_uuid()",
        "kind": "'restore'", "actor": "gen_random_uuid()", "cause": "cause || ' '", "change_set": "gen_random_uuid()",
        "version": "version + 1", "before": "'{}'", "after": "jsonb_set(after, '{name}', '\"远航国標\"')",
        "typed": "'{\"name\": \"x\"}'",
    },
    "audit": {
        "at": "at - interval '1 microsecond'", "kind": "'exporu'", "actor": "NULL", "cause": "''", "object": "NULL",
        "record": "NULL", "details": "'{\"rows\": 2}'",
    },
}  # fmt: skip


async def test_a_byte_that_was_changed_names_its_row(sealed: World) -> None:
    for source, columns in CHANGES.items():
        kind = "update" if source == "journal" else "export"
        [(seq, object_name, record)] = await run(
            sealed, f"SELECT seq, object, record FROM SCHEMA._{source} WHERE kind = '{kind}' ORDER BY seq DESC LIMIT 1"
        )
        assert {*columns, "seq"} == set(SOURCES[source].split(", "))
        for column, value in columns.items():
            await run(sealed, f"CREATE TABLE SCHEMA.kept AS SELECT * FROM SCHEMA._{source} WHERE seq = {seq}")
            await run(sealed, f"UPDATE SCHEMA._{source} SET {column} = {value} WHERE seq = {seq}")
            report = await look(sealed)
            assert [(p.what, p.source, p.seq) for p in report.problems] == [("changed", source, seq)], column
            if column not in ("object", "record"):
                assert (report.problems[0].object, report.problems[0].record) == (object_name, record)
            assert report.problems[0].at
            await run(
                sealed,
                f"UPDATE SCHEMA._{source} AS r SET {column} = k.{column} FROM SCHEMA.kept AS k WHERE r.seq = {seq}",
            )
            await run(sealed, "DROP TABLE SCHEMA.kept")
            assert (await look(sealed)).ok


async def test_rows_taken_away_put_in_or_swapped_are_named(sealed: World) -> None:
    [(last,)] = await run(sealed, "SELECT max(seq) FROM SCHEMA._journal")
    await run(sealed, f"DELETE FROM SCHEMA._journal WHERE seq = {last - 1}")
    assert [(p.what, p.seq) for p in (await look(sealed)).problems] == [("missing", last - 1)]
    copied = SOURCES["journal"].removeprefix("seq, ")
    await run(
        sealed,
        f"INSERT INTO SCHEMA._journal (seq, {copied}) OVERRIDING SYSTEM VALUE SELECT 0, {copied} FROM SCHEMA._journal WHERE seq = {last}",
    )
    assert {(p.what, p.seq) for p in (await look(sealed)).problems} == {("missing", last - 1), ("inserted", 0)}
    await run(sealed, "DELETE FROM SCHEMA._journal WHERE seq = 0")
    first = "SELECT min(seq) FROM SCHEMA._journal"
    [(one,)] = await run(sealed, first)
    for old, new in ((one, -1), (one + 1, one), (-1, one + 1)):
        await run(sealed, "ALTER TABLE SCHEMA._journal ALTER seq SET GENERATED BY DEFAULT")
        await run(sealed, f"UPDATE SCHEMA._journal SET seq = {new} WHERE seq = {old}")
    assert {(p.what, p.seq) for p in (await look(sealed)).problems} == {
        ("missing", last - 1),
        ("changed", one),
        ("changed", one + 1),
    }


async def test_seals_that_were_made_to_fit_are_told_by_the_chain_and_by_kept_heads(sealed: World) -> None:
    async with sealed.act() as ctx:
        [head, *_] = await audit.heads(ctx)
    [(seq,)] = await run(sealed, "SELECT max(seq) FROM SCHEMA._audit WHERE kind = 'export'")
    await run(sealed, f"UPDATE SCHEMA._audit SET details = '{{}}' WHERE seq = {seq}")
    await run(
        sealed,
        "UPDATE SCHEMA._seal SET body = sha256(body), marks = marks WHERE source = 'audit' AND seqs @> %(s)s::bigint",
        s=seq,
    )
    assert {p.what for p in (await look(sealed)).problems} == {"changed", "chain"}
    await run(sealed, "TRUNCATE SCHEMA._seal, SCHEMA._head")
    await run(sealed, "UPDATE SCHEMA._sealing SET settled = 0, next_after = NULL, next_settled = 0")
    await audit.seal(sealed.db, sealed.workspace)
    assert (await look(sealed)).ok
    report = await look(sealed, kept={head["day"]: head["chain"]})
    assert [(p.what, p.day) for p in report.problems] == [("head", head["day"])]


async def test_a_slow_transaction_is_sealed_when_it_ends(sealed: World) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with sealed.act() as ctx:
            await records.note(ctx, "export", rows=1)
            entered.set()
            await leave.wait()

    waiting = asyncio.create_task(slow())
    await entered.wait()
    for _ in range(3):
        async with sealed.act() as ctx:
            await records.note(ctx, "sign_in")
        await audit.seal(sealed.db, sealed.workspace)
    before = await look(sealed)
    leave.set()
    await waiting
    assert (await look(sealed)).unsealed == 1
    await settle(sealed)
    after = await look(sealed)
    assert (after.ok, after.unsealed, after.rows) == (True, 0, before.rows + 3)


async def test_sealing_that_was_cut_short_goes_on(sealed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BLOCK", 3)
    async with sealed.act() as ctx:
        for _ in range(10):
            await records.note(ctx, "sign_in")
    for _ in range(2):
        async with sealed.db.transaction() as db:
            await sealing._block(db, sealed.workspace, "audit")
    with pytest.raises(ZeroDivisionError):
        async with sealed.db.transaction() as db:
            await sealing._block(db, sealed.workspace, "audit")
            raise ZeroDivisionError
    assert (await look(sealed)).unsealed == 4
    await asyncio.gather(*(audit.seal(sealed.db, sealed.workspace) for _ in range(3)))
    report = await look(sealed)
    assert (report.ok, report.unsealed) == (True, 0)


async def test_a_workspace_cannot_touch_what_proves_it(sealed: World) -> None:
    for sql in (
        "UPDATE {}._audit SET kind = 'x'",
        "DELETE FROM {}._audit",
        "DELETE FROM {}._journal",
        "UPDATE {}._seal SET rows = 0",
        "DELETE FROM {}._head",
        "UPDATE {}._sealing SET settled = 0",
    ):
        with pytest.raises(DatabaseError, match="permission denied"):
            async with sealed.act() as ctx:
                await ctx.db.execute(sql.format(f'"{sealed.workspace.schema}"'))
