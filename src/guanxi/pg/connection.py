"""A connection to PostgreSQL: statements with named arguments, transactions as a workspace's role.

Built on psycopg's libpq layer instead of its cursors, for what those do not give together:

- BEGIN, SET LOCAL ROLE and the first statement travel in one round trip (libpq's pipeline, used only there: as a mode
  for everything psycopg's pipeline costs more processor time than it saves on a local socket);
- the text of a compiled query is turned to ``$n`` form once, whatever its length, and prepared on its second use; a
  rollback does not throw the prepared statements away.
"""

from __future__ import annotations

import re
import select
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, LiteralString, NamedTuple, TypeVar, cast

import psycopg
from psycopg import generators, pq
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.conninfo import conninfo_to_dict

from guanxi.base import Unavailable
from guanxi.pg import errors
from guanxi.pg.values import ADAPTERS

Args = Mapping[str, object]
Row = tuple[Any, ...]
_T = TypeVar("_T")

# What waits to be sorted into a GIN index is read by every search: a megabyte of it costs a fraction of a millisecond.
_SETTINGS = "-c timezone=UTC -c gin_pending_list_limit=1MB"
_PREPARED = 128  # prepared statements kept on a connection, and their letters; in the server's memory each letter takes
_LETTERS = 800_000  # some 100 bytes
_FEW = 20  # records that a statement names, up to which it is planned once
_AGE = 3600.0  # seconds after which a connection is renewed, because a backend's caches only grow

_FATAL = pq.ExecStatus.FATAL_ERROR
_TUPLES = pq.ExecStatus.TUPLES_OK
_ABORTED = pq.ExecStatus.PIPELINE_ABORTED
_TX_IDLE = pq.TransactionStatus.IDLE
_ARGUMENT = re.compile(r"%(?:\((\w+)\)s|(%)|(.?))", re.DOTALL)


def quote(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=2048)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """``%(name)s`` SQL as ``$n`` SQL and the names in order."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name, percent, other = match.groups()
        if percent:
            return "%"
        if name is None:
            raise ValueError(f"a literal % is written %% (before {other!r}) in: {sql[:200]}")
        return f"${names.setdefault(name, len(names) + 1)}"

    text = _ARGUMENT.sub(number, sql)
    return text.encode(), tuple(names)


class Settled(str):
    """SQL that looks at a few records which it names: planned once on a connection, whatever its arguments, and carried out by one
    process. Planning what a reader may see of a record and of all around it takes many times as long as reading it."""

    __slots__ = ()


class Tailored(str):
    """SQL that is planned for its arguments each time: what suits any values may be a thousand times as slow for these, which
    PostgreSQL's estimates of both do not tell it."""

    __slots__ = ()


class Quick(str):
    """SQL that is planned for its arguments each time and carried out by one process: what ends in milliseconds is done before
    other processes have begun to help."""

    __slots__ = ()


def settled(sql: str, named: int) -> str:
    """SQL that looks at so many records by name: planned once where those are few."""
    return Settled(sql) if named <= _FEW else sql


Planning = tuple[bytes, bytes]
"""What sets how a session plans. SET, for a query would begin the snapshot of its transaction."""


def _planning(cache: str, workers: str) -> Planning:
    return (b"set plan_cache_mode = " + cache.encode(), b"set max_parallel_workers_per_gather = " + workers.encode())


_AUTO = _planning("auto", "default")
_ONCE = _planning("force_generic_plan", "0")
_MODES: Mapping[type[str], Planning] = {
    Settled: _ONCE,
    Tailored: _planning("force_custom_plan", "default"),
    Quick: _planning("force_custom_plan", "0"),
}


class Notice(NamedTuple):
    """What somebody sent with NOTIFY."""

    channel: str
    payload: str


class Connection:
    """One connection, lent to one task at a time: a statement at a time, arguments by name.

    Values come back as Python's: ``json`` as bytes, ``jsonb`` parsed, uuid as str, numeric as Decimal, timestamptz as
    an aware datetime in UTC, arrays as lists. ``dict`` arguments are sent as jsonb. Errors are those of
    :mod:`guanxi.pg.errors` and :class:`guanxi.base.Unavailable`.
    """

    __slots__ = (
        "_born",
        "_busy",
        "_dead",
        "_ended",
        "_letters",
        "_mode",
        "_next",
        "_pending",
        "_poll",
        "_prepared",
        "_seen",
        "_tx",
        "_used",
        "_wire",
        "ending",
        "in_transaction",
        "role",
        "statements",
    )

    def __init__(self, wire: psycopg.AsyncConnection[Row]) -> None:
        self._wire = wire
        self._tx = Transformer(wire)
        self._prepared: OrderedDict[tuple[bytes, tuple[int, ...]], bytes] = OrderedDict()
        self._seen: OrderedDict[tuple[bytes, tuple[int, ...]], None] = OrderedDict()
        self._next = self._letters = 0
        self._mode: Planning | None = _AUTO  # how the session plans; None is: not known
        self._pending: list[bytes] = []
        self.role: str | bool | None = None  # None is the login's own role; False is: not known
        self._busy = False
        self._dead = False
        self._born = self._used = time.monotonic()
        self._poll = select.poll()
        self._poll.register(wire.pgconn.socket, select.POLLIN)
        self.in_transaction = self._ended = False
        self.ending = False
        """Set before a transaction's last statement: COMMIT then travels with it."""
        self.statements = 0
        """How many statements were sent since the connection was lent (not counting BEGIN, COMMIT, SET ROLE)."""

    @classmethod
    async def open(cls, url: str, **settings: str) -> Connection:
        """A connection of its own, outside any pool; ``settings`` are PostgreSQL's, for this session."""
        known = conninfo_to_dict(url)
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        known["options"] = f"{known.get('options') or ''} {_SETTINGS} {options}".strip()
        known.setdefault("application_name", "guanxi")
        known.setdefault("connect_timeout", "5")
        known.setdefault("client_encoding", "utf8")
        known.setdefault("keepalives_idle", "30")
        known.setdefault("tcp_user_timeout", "20000")
        if "," in str(known.get("host", "")):
            known.setdefault("target_session_attrs", "read-write")
        try:
            wire = await psycopg.AsyncConnection.connect(
                autocommit=True,
                context=ADAPTERS,
                prepare_threshold=None,
                **cast("dict[str, Any]", known),
            )
        except (psycopg.Error, OSError) as error:
            away = Unavailable(retry_after=1)
            raise away from error
        return cls(wire)

    async def close(self) -> None:
        """Closes the connection; what was not committed is undone."""
        self._dead = True
        await self._wire.close()

    # what callers do

    async def fetch(self, sql: str, args: Args | None = None) -> list[Row]:
        """All rows."""
        result = await self._run(sql, args)
        if result.status != _TUPLES:
            return []
        self._tx.set_pgresult(result)
        return self._tx.load_rows(0, result.ntuples, tuple)

    async def row(self, sql: str, args: Args | None = None) -> Row | None:
        """The first row, or None."""
        result = await self._run(sql, args)
        if result.status != _TUPLES or not result.ntuples:
            return None
        self._tx.set_pgresult(result)
        return self._tx.load_row(0, tuple)

    async def value(self, sql: str, args: Args | None = None) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(sql, args)
        return row[0] if row else None

    async def execute(self, sql: str, args: Args | None = None) -> int:
        """How many rows were touched."""
        result = await self._run(sql, args)
        return result.command_tuples or 0

    async def script(self, sql: str) -> None:
        """Several statements without arguments; ``%`` is itself here.

        Also the way for what cannot share a round trip: CREATE INDEX CONCURRENTLY, CREATE DATABASE, VACUUM.
        """
        with self._alone():
            self.statements += 1
            try:
                await self._open_pending()
                await self._command(sql.encode())
            except psycopg.Error as error:
                raise errors.translate(error) from error

    async def stream(self, sql: str, args: Args | None = None, size: int = 500) -> AsyncGenerator[list[Row]]:
        """Rows in portions of ``size``, without holding them all; only inside a transaction."""
        if not self.in_transaction:
            raise RuntimeError("stream() needs a transaction")
        await self.execute("declare guanxi_stream no scroll cursor for " + sql, args)
        try:
            while rows := await self.fetch(f"fetch forward {size} from guanxi_stream"):
                yield rows
                if len(rows) < size:
                    break
        finally:
            if self._wire.pgconn.transaction_status == pq.TransactionStatus.INTRANS:
                await self.execute("close guanxi_stream")

    def copy(self, sql: str) -> AbstractAsyncContextManager[Copy]:
        """``COPY ... FROM STDIN`` (write, write_row) or ``COPY ... TO STDOUT`` (iterate: bytes; rows: tuples of str)."""
        return self._copy(sql)

    @asynccontextmanager
    async def _copy(self, sql: str) -> AsyncGenerator[Copy]:
        with self._alone():
            self.statements += 1
            try:
                await self._open_pending()
                async with self._wire.cursor() as cursor, cursor.copy(cast("LiteralString", sql)) as copy:
                    yield Copy(copy)
            except psycopg.Error as error:
                raise errors.translate(error) from error

    @property
    def database(self) -> str:
        """The name of the database."""
        return self._wire.info.dbname

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """What fails inside is undone alone; the transaction goes on."""
        if not self.in_transaction:
            raise RuntimeError("savepoint() needs a transaction")
        await self.execute("savepoint guanxi")
        try:
            yield
        except BaseException:
            if not self._dead and self._wire.pgconn.status == pq.ConnStatus.OK:
                # By itself: after an error nothing else may travel before it.
                await self.script("rollback to savepoint guanxi; release savepoint guanxi")
            self._mode = None  # set inside, it is undone
            raise
        await self.execute("release savepoint guanxi")

    # how it is done

    async def _run(self, sql: str, args: Args | None) -> pq.abc.PGresult:
        query, names = _numbered(sql)
        try:
            values = [args[name] for name in names] if args is not None else []
        except KeyError as missing:
            raise TypeError(f"no argument {missing} for: {sql[:200]}") from None
        if len(values) != len(names):
            raise TypeError(f"arguments {', '.join(names)} are needed for: {sql[:200]}")
        if self._busy:  # as in _alone(), without the cost of a context manager on every statement
            raise RuntimeError("one statement at a time on a connection")
        self._busy = True
        self.statements += 1
        try:
            try:
                return await self._send(query, values, _MODES.get(type(sql), _AUTO))
            except psycopg.Error as error:
                if not errors.is_stale_plan(error):
                    raise
                self._prepared.clear()
                self._letters = 0
                self._seen.clear()
                if self.in_transaction:
                    raise errors.Retry("a table changed under a prepared statement", error.sqlstate or "") from error
                return await self._send(query, values, _MODES.get(type(sql), _AUTO))
        except psycopg.Error as error:
            raise errors.translate(error, committing=self.ending and self._dead) from error
        finally:
            self._busy = self.ending = False

    async def _send(self, query: bytes, values: Sequence[object], mode: Planning) -> pq.abc.PGresult:
        wire, tx = self._wire.pgconn, self._tx
        params: Sequence[Buffer | None] | None = None
        types: tuple[int, ...] = ()
        formats: Sequence[pq.Format] | None = None
        if values:
            params = tx.dump_sequence(values, [PyFormat.AUTO] * len(values))
            types, formats = tx.types or (), tx.formats
        key = (query, types)
        name = self._prepared.get(key)
        fresh = name is None and (mode is _ONCE or key in self._seen)
        if self._mode != mode:
            self._pending.extend(mode)
            self._mode = mode
        if self.ending and self.in_transaction:
            if name is not None:
                self._prepared.move_to_end(key)
            return await self._pipelined(key, name, params, formats, prepare=fresh, then=b"commit")
        if name is not None and not self._pending:
            self._prepared.move_to_end(key)
            wire.send_query_prepared(name, params, param_formats=formats)
        elif not self._pending and not fresh:
            self._note(key)
            wire.send_query_params(query, params, param_types=types, param_formats=formats)
        else:
            return await self._pipelined(key, name, params, formats, prepare=fresh)
        results = await self._wait(generators.execute(wire))
        self._raise_first(results)
        return results[-1]

    async def _pipelined(
        self,
        key: tuple[bytes, tuple[int, ...]],
        name: bytes | None,
        params: Sequence[Buffer | None] | None,
        formats: Sequence[pq.Format] | None,
        *,
        prepare: bool,
        then: bytes = b"",
    ) -> pq.abc.PGresult:
        """The pending commands, perhaps PREPARE, the statement, and what is to come ``then``, in one round trip."""
        wire = self._wire.pgconn
        query, types = key
        pending, self._pending = self._pending, []
        role, self.role = self.role, False  # if this fails outside a transaction, SET ROLE is undone with it
        count = len(pending) + 1
        wire.enter_pipeline_mode()
        try:
            for command in pending:
                wire.send_query_params(command, None)
            if prepare:
                name = b"g%d" % self._next
                self._next += 1
                while self._prepared and (len(self._prepared) >= _PREPARED or self._letters + len(query) > _LETTERS):
                    (oldest, _), closed = self._prepared.popitem(last=False)
                    self._letters -= len(oldest)
                    wire.send_close_prepared(closed)
                    count += 1
                wire.send_prepare(name, query, param_types=types)
                count += 1
            if name is not None:
                wire.send_query_prepared(name, params, param_formats=formats)
            else:
                self._note(key)
                wire.send_query_params(query, params, param_types=types, param_formats=formats)
            if then:
                wire.send_query_params(then, None)
            wire.pipeline_sync()
            results = await self._wait(_collect(wire, count + bool(then)))
        finally:
            if wire.status == pq.ConnStatus.OK and wire.transaction_status != pq.TransactionStatus.ACTIVE:
                wire.exit_pipeline_mode()
            else:
                self._dead = True
        if prepare and name is not None and results[-2 - bool(then)].status == pq.ExecStatus.COMMAND_OK:
            self._seen.pop(key, None)
            self._prepared[key] = name
            self._letters += len(query)
        if self.in_transaction:
            self.role = role
        elif any(result.status == _FATAL for result in results):
            self._pending = pending  # SET ROLE was undone with the statement; the next one must not run without it
        self._raise_first(results)
        self.role = role
        self._ended = bool(then)
        return results[-2] if then else results[-1]

    async def _open_pending(self) -> None:
        """Sends what was waiting for the first statement (BEGIN, SET ROLE), by itself."""
        if self._pending:
            role, self.role = self.role, False
            await self._command(b"; ".join(self._pending))
            self._pending = []
            self.role = role

    async def _command(self, command: bytes) -> list[pq.abc.PGresult]:
        self._wire.pgconn.send_query(command)
        results = await self._wait(generators.execute(self._wire.pgconn))
        self._raise_first(results)
        return results

    async def _wait(self, steps: Generator[Any, Any, _T]) -> _T:
        try:
            return await self._wire.wait(steps)
        except psycopg.Error:
            self._dead = self._dead or self._wire.pgconn.status != pq.ConnStatus.OK
            raise
        except BaseException:  # cancelled: the driver has cancelled the statement; its session state is not trusted
            self._dead = True
            raise

    def _note(self, key: tuple[bytes, tuple[int, ...]]) -> None:
        self._seen[key] = None
        if len(self._seen) > _PREPARED * 4:
            self._seen.popitem(last=False)

    def _raise_first(self, results: Sequence[pq.abc.PGresult]) -> None:
        for result in results:
            if result.status == _FATAL:
                raise psycopg.errors.error_from_result(result)
        if not results or results[-1].status == _ABORTED:
            raise psycopg.OperationalError("the server gave no answer")

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Refuses a second statement while one is running: a programming error that would mix their answers."""
        if self._busy:
            raise RuntimeError("one statement at a time on a connection")
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    async def notices(self) -> AsyncGenerator[Notice]:
        """What other sessions send on the channels that this one listens to; Unavailable when the connection is lost."""
        try:
            async for said in self._wire.notifies():
                yield Notice(said.channel, said.payload)
        except psycopg.Error as error:
            raise errors.translate(error) from error

    # what the pool does

    async def clean(self) -> bool:
        """Makes the connection fit for the next task; False when it is not to be lent again."""
        if self._pending:
            self._forget_pending()
        self._used = time.monotonic()
        if not self._dead and self._wire.pgconn.transaction_status != _TX_IDLE:
            await self.rollback()
        return not self._dead and not self._busy and self._used - self._born < _AGE

    def idle_for(self) -> float:
        """Seconds since the connection was last used."""
        return time.monotonic() - self._used

    def alive(self) -> bool:
        """Whether the connection can be lent. One poll: the server closes a socket when it ends."""
        wire = self._wire.pgconn
        if self._dead or wire.status != pq.ConnStatus.OK:
            return False
        if self._poll.poll(0):
            try:
                wire.consume_input()  # a notice or a parameter change is no reason to give the connection up
            except psycopg.Error:
                return False
            return wire.status == pq.ConnStatus.OK and not self._poll.poll(0)
        return True

    def be(self, role: str | None) -> None:
        """Makes the session's role ``role`` with the next statement, unless it is."""
        if self.role != role or self.role is False:
            self._pending.append(f"set role {quote(role)}".encode() if role else b"reset role")
            self.role = role

    def begin(self, role: str | None, mode: str, timeout: float | None) -> None:
        """Opens a transaction with the next statement."""
        if role is None:
            self.be(None)
        self._pending.append(f"begin {mode}".rstrip().encode())
        if role is not None and self.role != role:
            self._pending.append(f"set local role {quote(role)}".encode())
        if timeout is not None:
            self._pending.append(b"set local statement_timeout = %d" % int(timeout * 1000))
        self.in_transaction = True

    async def commit(self) -> None:
        """Keeps the transaction, or raises: Unavailable("unavailable_commit") when that is not known."""
        self.in_transaction = False
        if self._ended:
            self._ended = False
            return
        if self._pending:  # nothing was sent: there is nothing to keep
            self._forget_pending()
            return
        try:
            results = await self._command(b"commit")
        except psycopg.Error as error:
            self._dead = self._dead or self._wire.pgconn.status != pq.ConnStatus.OK
            raise errors.translate(error, committing=self._dead) from error
        if results[-1].command_status != b"COMMIT":
            self.role = False
            self._mode = None
            raise errors.DatabaseError("an error inside the transaction was swallowed; it was rolled back", "25P02")

    async def rollback(self) -> None:
        """Undoes the transaction, unless its last statement has ended it; does not raise."""
        self.in_transaction = self._ended = False
        if self._pending:
            self._forget_pending()
        elif not self._dead:
            try:
                await self._command(b"rollback")
            except psycopg.Error:
                self._dead = True
        # What was SET since BEGIN belongs to the transaction and is undone with it.
        self.role = False
        self._mode = None

    def _forget_pending(self) -> None:
        if any(c.startswith((b"set role", b"reset role")) for c in self._pending):
            self.role = False
        self._pending = []
        self._mode = None


class Copy:
    """A running COPY."""

    __slots__ = ("_copy",)

    def __init__(self, copy: psycopg.AsyncCopy) -> None:
        self._copy = copy

    async def write(self, data: bytes | str) -> None:
        """Writes a piece of the input as it is (any length)."""
        await self._copy.write(data)

    async def write_row(self, row: Sequence[object]) -> None:
        """Writes one row of Python values."""
        await self._copy.write_row(row)

    async def rows(self) -> AsyncIterator[tuple[str | None, ...]]:
        """The rows that come out, as texts."""
        async for row in self._copy.rows():
            yield row

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._copy:
            yield bytes(data)


@asynccontextmanager
async def as_installation(db: Connection) -> AsyncGenerator[None]:
    """Inside, a transaction of a workspace acts as the installation itself: the tables of sign-in are not the workspace's."""
    role = await db.value("SELECT current_setting('role')")
    await db.execute("SET LOCAL ROLE NONE")
    yield
    # After an error there is no going on in this transaction, whoever it acts as.
    if role != "none":
        await db.execute(f"SET LOCAL ROLE {quote(role)}")


def _collect(wire: pq.abc.PGconn, count: int) -> Generator[Any, Any, list[pq.abc.PGresult]]:
    """Flushes a pipeline and reads ``count`` results and the sync."""
    yield from generators.send(wire)
    results: list[pq.abc.PGresult] = []
    for _ in range(count):
        results += yield from generators.fetch_many(wire)
    yield from generators.fetch_many(wire)
    return results
