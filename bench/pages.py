"""What one person waits for among a million customers, over the API: ``python -m bench.pages --rows 1000000``. Prints milliseconds.

``guanxi serve`` runs on the seeded folder; a sales rep and an administrator ask. A page is all that the browser asks for it, one
request after the other; of each the slowest request is told as well. What a customer's page takes is told besides as a browser
asks for it: the record, then the rest, six at a time. Beside everything stands what one record takes to be read.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import quote as url_quote
from urllib.parse import urlencode

from bench import servers
from bench.scenarios import TERMS
from bench.seed import ADMIN, seed
from bench.times import spread
from guanxi import identity, records
from guanxi.pg import Database, quote
from guanxi.pg.server import Server
from guanxi.records import Context, Create, load_catalog, system_actor, workspaces

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

EMAILS = {"admin": ADMIN.email, "rep": "rep0@example.com"}
"""Who asks."""

Ask = tuple[str, str, Any]
"""Method, path below ``/api/v1``, body."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked together: of one who, so many times; ``limit`` is the most milliseconds that are wanted (p95)."""

    name: str
    who: str
    times: Sequence[Sequence[Ask]]
    limit: float = 100
    abreast: int = 1
    """How many requests are under way at a time, once the first is answered."""


def _is(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _and(*parts: Any) -> dict[str, Any]:
    return {"and": list(parts)}


def get(path: str, **query: Any) -> Ask:
    """A GET with its query."""
    texts = {k: json.dumps(v, ensure_ascii=False) if isinstance(v, dict) else str(v) for k, v in query.items()}
    return ("GET", path + ("?" + urlencode(texts, quote_via=url_quote) if texts else ""), None)


def figures(name: str, where: Any, *group: Any, of: str = "") -> Ask:
    """A count, and the sum of a field, by group."""
    measures: list[Any] = [{"fn": "count", "as": "n"}]
    if of:
        measures.append({"fn": "sum", "field": of, "as": "sum"})
    return ("POST", f"/records/{name}/aggregate", {"filter": where, "group": list(group), "measures": measures})


MINE = _is("owner", "eq", "$me")
OPEN = _and(MINE, _is("stage_kind", "eq", "open"))
PLANNED = {"call": ("starts_at", "result"), "meeting": ("starts_at", "status"), "visit": ("starts_at", "status")}


def shell() -> Iterator[Ask]:
    """What every screen asks: the badges of the navigation."""
    yield get("/session")
    yield figures("task", _and(MINE, _is("status", "eq", "open"), _is("due_at", "lte", "today")))
    for name, (at, state) in PLANNED.items():
        yield figures(name, _and(MINE, _is(state, "eq", "planned"), _is(at, "lte", "today")))
    yield figures("opportunity", _and(OPEN, _is("close_date", "lt", "today")))
    yield get("/approvals", box="mine")
    yield get("/notifications", limit=1)


def today(user: str) -> list[Ask]:
    """The first page of a user's day."""
    days = {"in_days": 7}
    soon = _and(OPEN, _is("close_date", "between", ["2026-11-23", "2027-01-31"]))
    lists = [("task", "due_at", "status", "open"), *((n, at, f, "planned") for n, (at, f) in PLANNED.items())]
    return [
        *shell(),
        get(f"/records/user/{user}/panels", names="targets"),
        figures("opportunity", soon, "stage", {"field": "close_date", "grain": "week"}, of="amount"),
        figures("opportunity", OPEN, of="amount"),
        get("/records/opportunity", filter=_is("owner", "ne", "$me"), fields="id", limit=1),
        *(get(f"/records/{n}", filter=_and(MINE, _is(f, "eq", v), _is(at, "lte", days)), sort=at, limit=60) for n, at, f, v in lists),
        get("/records/opportunity", filter=_and(OPEN, _is("close_date", "lte", {"in_days": 14})), sort="close_date", limit=60),
        get("/records/opportunity", filter=_and(OPEN, _is("stage_since", "lt", {"ago_days": 30})), sort="-amount", limit=60),
    ]  # fmt: skip


def listed(name: str) -> tuple[str, dict[str, Any]]:
    """A related list with what it sums up, as ``name:field``."""
    inverse, _, field = name.partition(":")
    sums = {"include": ["count", "totals"], "totals": field} if field else {"include": ["count"]}
    return inverse, {"limit": 5, "archived": "with", "sort": "-updated_at", **sums}


def around(id: str) -> list[Ask]:
    """A customer's page."""
    root = f"/records/account/{id}"
    of = _is("account", "eq", id)
    late = _and(
        _is("about", "eq", id),
        _is("about_object", "eq", "account"),
        _is("status", "eq", "open"),
        _is("due_at", "lt", "now"),
    )
    related = "opportunities:amount contacts: orders:amount contracts:amount cases: payments:amount locations: subsidiaries:revenue affiliations:"
    return [
        get(root),
        get(f"{root}/alerts"),
        *shell(),
        *(figures("opportunity", _and(of, _is("stage_kind", "eq", kind)), of="amount") for kind in ("won", "open")),
        get(f"/following/account/{id}"),
        get("/approvals", record=id),
        ("POST", "/records/task/query", {"filter": late, "fields": ["subject", "due_at"], "sort": "due_at", "limit": 1, "include": "count"}),
        get(f"{root}/timeline", limit=20, include="count"),
        get(f"/standing/records/account/{id}"),
        get(f"{root}/panels", names="chain,worth,open,promised,next,bought,known,feelings,group,relations"),
        ("POST", f"{root}/related", {"lists": dict(map(listed, related.split()))}),
    ]  # fmt: skip


def accounts() -> list[Ask]:
    """The list of all customers with its tabs and lanes."""
    fields = "name,grade,status,industry,phone,owner,updated_at"
    tabs = ({}, MINE, _is("grade", "in", ["strategic", "important"]), _is("service_due", "lte", "today"))
    return [
        get("/records/account", sort="-updated_at", fields=fields, limit=100, include="count"),
        *shell(),
        *(get("/records/account", fields="id", limit=1, include="count", **({"filter": t} if t else {})) for t in tabs),
        figures("account", None, "grade"),
    ]


def board() -> list[Ask]:
    """Customers by grade: four lanes with their sums."""
    card = "name,industry,owner,revenue,grade"
    lanes = [
        get("/records/account", filter=_is("grade", "eq", g), fields=card, limit=25)
        for g in ("strategic", "important", "ordinary")
    ]
    return [*lanes, figures("account", None, "grade", of="revenue")]  # fmt: skip


def pages(ids: Sequence[str], pooled: Sequence[str], users: Mapping[str, str], n: int) -> Iterator[Page]:
    """All that is measured; ``pooled`` are records of a pool that nobody owns."""
    yield Page("one record", "admin", [[get(f"/records/account/{i}")] for i in ids[:200]])
    yield Page(
        "claim", "rep", [[("POST", f"/records/account/{i}/actions/claim", {"input": {}})] for i in pooled[: 5 * n]]
    )
    free = {"input": {"reason": "no_need"}}
    yield Page("release", "rep", [[("POST", f"/records/account/{i}/actions/release", free)] for i in pooled[: 5 * n]])
    pairs = list(zip(ids[200::2], ids[201::2], strict=False))[: 3 * n]
    yield Page(
        "merge, looked at", "admin",
        [[("POST", "/records/account/merge", {"survivor": a, "ids": [b], "dry_run": True})] for a, b in pairs],
    )  # fmt: skip
    yield Page("merge", "admin", [[("POST", "/records/account/merge", {"survivor": a, "ids": [b]})] for a, b in pairs])
    yield Page("unmerge", "admin", [[("POST", f"/records/account/{a}/unmerge", {})] for a, _ in pairs])
    yield Page(
        "change",
        "admin",
        [[("PATCH", f"/records/account/{i}", {"values": {"employees": 7 + k}})] for k, i in enumerate(ids[: 5 * n])],
    )
    for who in ("admin", "rep"):
        yield Page(f"search as {who}", who, [[get("/search", q=t, limit=20)] for t in TERMS * max(1, n // 5)], 30)
    typed = [f"苏州恒锐精密机械{k}有限公司" for k in range(n)]
    yield Page(
        "duplicates while typing",
        "rep",
        [[("POST", "/records/account/rules", {"values": {"name": t, "phone": "+8613800138000"}})] for t in typed],
    )
    for who in ("admin", "rep"):
        asked = [around(i) for i in (ids if who == "admin" else pooled)[20 : 20 + n]]
        yield Page(f"customer's page as {who}", who, asked)
        yield Page(f"customer's page as {who}, as a browser asks", who, asked, abreast=6)
    yield Page("brief on paper", "admin", [[("POST", f"/records/account/{i}/brief.pdf", None)] for i in ids[:n]], 2000)
    for who in ("admin", "rep"):
        yield Page(f"list of customers as {who}", who, [accounts()] * n)
        yield Page(f"board of customers as {who}", who, [board()] * n)
        yield Page(f"today as {who}", who, [today(users[who])] * n)
    few = max(2, n // 8)
    yield Page(
        "quality board",
        "admin",
        [[("POST", "/quality/account", {"filter": None, "by": ["owner", "source"]})]] * few,
        3000,
    )
    yield Page("quality of one, explained", "admin", [[get(f"/quality/account/records/{i}")] for i in ids[:n]])
    yield Page("what would fall tonight", "admin", [[("POST", "/pools/simulate", {})]] * few, 3000)


async def prepared(database: Database) -> tuple[list[str], list[str], dict[str, str], dict[str, str]]:
    """Ids of accounts, ids in a pool of the reps, tokens, and the ids of those who ask, who have targets."""
    async with database.connection() as db:
        [workspace] = await workspaces(db)
        catalog = await load_catalog(db, workspace)
        schema = quote(workspace.schema)
    async with database.connection() as db:  # what looks through everything at night does so after the measuring
        await db.execute(
            "UPDATE guanxi.job SET due_at = now() + interval '1 day', state = 'waiting'"
            " WHERE state IN ('waiting', 'running') AND name <> 'records.tidy'"
        )
        await db.execute(f"UPDATE {schema}._standing_scheme SET reckoned_at = now()")
    async with database.transaction(workspace.role, timeout=0) as db:
        role = await db.value(f"SELECT id FROM {schema}.role WHERE name = 'rep'")
        sea = await db.value(f"SELECT id FROM {schema}.pool WHERE name = 'Pages' AND deleted_at IS NULL")
        if sea is None:
            ctx = Context(db, workspace, catalog, system_actor(workspace))
            idle = {"name": "idle", "idle_days": 400}
            values = {"name": "Pages", "holds": "account", "roles": [role], "masked": ["phone"], "recycling": [idle]}
            sea = (
                await records.write(
                    ctx, "pool", [Create({**values, "claims_per_day": 100_000, "held_most": 10_000_000})]
                )
            )[0].id
        rows = await db.fetch(
            f"UPDATE {schema}.account SET pool = %(p)s::uuid, owner = NULL, pool_since = now() WHERE id = ANY(ARRAY("
            f"SELECT id FROM {schema}.account WHERE deleted_at IS NULL ORDER BY md5(id::text || 'p') LIMIT 300)) RETURNING id",
            {"p": sea},
        )
        pooled = [r[0] for r in rows]
        ids = [
            r[0]
            for r in await db.fetch(
                f"SELECT id FROM {schema}.account WHERE deleted_at IS NULL AND owner IS NOT NULL ORDER BY md5(id::text) LIMIT 600"
            )
        ]
        users = {
            who: await db.value(f'SELECT id FROM {schema}."user" WHERE email = %(e)s', {"e": email})
            for who, email in EMAILS.items()
        }
        if not await db.value(f"SELECT EXISTS (SELECT FROM {schema}.target WHERE ends_on >= now())"):
            ctx = Context(db, workspace, catalog, system_actor(workspace))
            wanted = [{"measure": m, "amount": 100, "owner": id} for id in users.values() for m in ("won", "visits")]
            await records.write(ctx, "target", [Create(values) for values in wanted])
    async with database.connection() as db:
        tokens = {who: await identity.create_token_for(db, email, "bench") for who, email in EMAILS.items()}
    return ids, pooled, tokens, users


class Client:
    """One connection that is kept."""

    def __init__(self, port: int, tokens: dict[str, str]) -> None:
        self.tokens, self.connection = tokens, http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def ask(self, who: str, ask: Ask) -> tuple[float, int, bytes]:
        """Milliseconds, status and answer."""
        method, path, body = ask
        head = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        begun = time.perf_counter()
        self.connection.request(method, f"/api/v1{path}", sent, head)
        answer = self.connection.getresponse()
        told = answer.read()
        return (time.perf_counter() - begun) * 1000, answer.status, told


def measured(clients: Sequence[Client], page: Page) -> dict[str, Any]:
    """What a page took; the first time is told apart, nothing is known by then."""
    client, free = clients[0], SimpleQueue[Client]()
    for one in clients[: page.abreast]:
        free.put(one)

    def beside(ask: Ask) -> tuple[float, int, bytes]:
        mine = free.get()
        try:
            return mine.ask(page.who, ask)
        finally:
            free.put(mine)

    whole: list[float] = []
    slowest: dict[str, list[float]] = {}
    refused = ""
    for asked in page.times:
        begun = time.perf_counter()
        answers = [client.ask(page.who, ask) for ask in asked[: None if page.abreast == 1 else 1]]
        if page.abreast > 1:
            with ThreadPoolExecutor(page.abreast) as several:
                answers += several.map(beside, asked[1:])
        total = (time.perf_counter() - begun) * 1000
        for ask, (took, status, told) in zip(asked, answers, strict=True):
            kind = ID.sub("ID", f"{ask[0]} {ask[1].partition('?')[0]}")
            slowest.setdefault(kind if len(asked) > 1 else "", []).append(took)
            if status >= 400:
                refused = f"{status} {ask[0]} {ask[1]}: {told[:200]!r}"
        whole.append(total)
    rest = whole[2:] or whole
    p50, p95 = spread(rest)
    name, times = max(slowest.items(), key=lambda one: statistics.median(one[1]))
    return {
        "name": page.name, "first": whole[0], "p50": p50, "p95": p95, "of": len(rest), "asks": len(page.times[0]),
        "slowest": f"{name} {statistics.median(times):.0f}" if name else "", "limit": page.limit, "refused": refused,
    }  # fmt: skip


def run(folder: Path, rows: int, n: int, only: str) -> None:
    """All of it."""
    folder = folder / str(rows)
    folder.mkdir(parents=True, exist_ok=True)

    async def prepare() -> tuple[list[str], list[str], dict[str, str], dict[str, str]]:
        with Server(folder) as server:
            await seed(server.url, folder, rows, print)
            database = await Database.open(server.url, statement_timeout=0)
            try:
                return await prepared(database)
            finally:
                await database.close()

    ids, pooled, tokens, users = asyncio.run(prepare())
    with servers.guanxi(folder) as (port, _, _process):
        clients = [Client(port, tokens) for _ in range(6)]
        one = 0.0
        for page in pages(ids, pooled, users, n):
            if only and not any(part in page.name for part in only.split(",")):
                continue
            told = measured(clients, page)
            one = one or told["p50"]
            ok = "" if told["p95"] <= told["limit"] else f"  MISSED {told['limit']:.0f}"
            print(
                f"{told['name']} ({told['asks']} asked): p50 {told['p50']:.1f} ms, p95 {told['p95']:.1f} ms of {told['of']}, first {told['first']:.0f} ms,"
                f" {told['p50'] / one:.1f} × one record{'; slowest ' + told['slowest'] if told['slowest'] else ''}{ok}{'  REFUSED ' + told['refused'] if told['refused'] else ''}",
                flush=True,
            )


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="how often each is asked, more or less")
    parser.add_argument("--only", default="", help="parts of names")
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where seeded data folders are kept")
    given = parser.parse_args()
    run(given.data.absolute(), given.rows, given.times, given.only)


if __name__ == "__main__":
    main()
