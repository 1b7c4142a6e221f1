"""How many statements each kind of request sends to the database: it may become fewer, never more.

The baseline is ``bench/statements.json``. When a request needs fewer, write the new figure there; when it needs more,
the change that brought it has to be worth it and says so.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from guanxi.api import App
from guanxi.pg import Connection, Database

BASELINE = Path(__file__).parents[2] / "bench/statements.json"
COLUMNS = "name,grade,status,industry,phone,email,website,employees,revenue,owner,created_at,updated_at"
Ask = Callable[[], Awaitable[Any]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of statements of each lending of a connection, as they are given back."""
    numbers: list[int] = []
    give = Database.give

    async def counted(self: Database, connection: Connection) -> None:
        numbers.append(connection.statements)
        await give(self, connection)

    monkeypatch.setattr(Database, "give", counted)
    return numbers


async def _count(sent: list[int], ask: Ask) -> int:
    """Statements of a request whose like has been asked before; the least of several, as others work beside it."""
    found: list[int] = []
    for _ in range(4):
        sent.clear()
        r = await ask()
        assert r.status in (200, 201, 202, 204), r.body
        found.append(sum(sent))
    return min(found[1:])


async def test_no_request_sends_more_statements_than_before(app: App, admin: Any, rep: Any, sent: list[int]) -> None:
    first = await admin.create("account", name="恒锐机械", phone="0755-91234567", industry="machinery")
    deals = [await admin.create("opportunity", name=f"D{i}", account=first["id"], amount=1000 + i) for i in range(60)]
    await rep.create("account", name="云帆软件")
    path = f"/api/v1/records/account/{first['id']}"
    deal = f"/api/v1/records/opportunity/{deals[0]['id']}"
    amounts = iter(range(10_000, 20_000))
    wanted = {
        "and": [
            {"field": "stage", "op": "eq", "value": "qualification"},
            {"field": "amount", "op": "gt", "value": 1000},
        ]
    }
    both = {"group": ["stage", "owner"], "measures": [{"fn": "count"}, {"fn": "sum", "field": "amount", "as": "total"}]}
    rows = [{"op": "create", "values": {"name": f"B{i}"}} for i in range(100)]
    asked: dict[str, Ask] = {
        "list": lambda: admin.get("/api/v1/records/account", fields=COLUMNS, sort="-updated_at"),
        "list with a count and totals": lambda: admin.get("/api/v1/records/opportunity", include="count,totals"),
        "list as a rep": lambda: rep.get("/api/v1/records/account", fields=COLUMNS, sort="-updated_at"),
        "filter and sort": lambda: admin.get("/api/v1/records/opportunity", filter=wanted, sort="-amount"),
        "one record": lambda: admin.get(path),
        "related": lambda: admin.get(f"{path}/related/opportunities"),
        "history": lambda: admin.get(f"{path}/history"),
        "timeline": lambda: admin.get(f"{path}/timeline"),
        "search": lambda: admin.get("/api/v1/search", q="恒锐"),
        "aggregate": lambda: admin.call("POST", "/api/v1/records/opportunity/aggregate", both),
        "create": lambda: admin.call("POST", "/api/v1/records/account", {"values": {"name": "新客户"}}),
        "create with a link": lambda: admin.call(
            "POST", "/api/v1/records/opportunity", {"values": {"name": "x", "account": first["id"]}}
        ),
        "update": lambda: admin.call("PATCH", deal, {"values": {"amount": next(amounts)}}),
        "create as a rep": lambda: rep.call("POST", "/api/v1/records/account", {"values": {"name": "新客户"}}),
        "batch of 100": lambda: admin.call("POST", "/api/v1/records/account/batch", {"operations": rows}),
        "catalog": lambda: admin.get("/api/v1/catalog"),
        "session": lambda: admin.get("/api/v1/session"),
    }
    found = {name: await _count(sent, ask) for name, ask in asked.items()}
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    grown = {name: f"{baseline.get(name)} → {n}" for name, n in found.items() if n > baseline.get(name, -1)}
    assert not grown, json.dumps(found, indent=2)
