"""What is asked: the same question for Guanxi, for the ceiling and for the bare driver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote as url_quote
from urllib.parse import urlencode

from bench.ceiling import STATEMENTS
from bench.load import Request
from guanxi.pg import Connection, quote
from guanxi.records import grams

COLUMNS = "name,grade,status,industry,phone,email,website,employees,revenue,owner,created_at,updated_at"
CARD = "name,account,stage,amount,close_date,owner"
OPEN = {"field": "stage_kind", "op": "eq", "value": "open"}
TERMS = ("恒锐", "智能装备", "szyf", "hengrui", "苏州华", "Calder", "stoneton", "半导体有限", "0755-9", "hangzhou")
"""Chinese substrings, initials, pinyin, Latin words, a piece of a telephone number."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question. ``ours`` and ``bare`` are asked in turn; ``sql`` is what the driver runs. ``pages`` are asked one after
    the other and count as one (a board). ``target`` is the least ratio of ours to the ceiling at 16 connections, and
    ``limit`` the most milliseconds of p95 at one connection."""

    name: str
    ours: list[Request]
    bare: list[Request]
    sql: str = ""
    args: list[Mapping[str, object]] = field(default_factory=list)
    pages: int = 1
    target: float | None = None
    limit: float | None = None
    writes: bool = False


async def scenarios(db: Connection, schema: str, rows: int) -> list[Scenario]:
    """All scenarios, with ids and amounts that are there."""
    s = quote(schema)

    accounts = [r[0] for r in await db.fetch(f"SELECT id FROM {s}.account ORDER BY md5(id::text) LIMIT 500")]
    deals = [r[0] for r in await db.fetch(f"SELECT id FROM {s}.opportunity ORDER BY md5(id::text) LIMIT 2000")]
    [(owner,)] = await db.fetch(f"SELECT id FROM {s}.\"user\" WHERE email = 'rep0@example.com'")
    [(enough,)] = await db.fetch(
        f"SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY amount) FROM {s}.opportunity WHERE stage = 'negotiation'"
    )
    sql = {name: text.replace("{s}", s) for name, text in STATEMENTS.items()}

    def get(path: str, **query: object) -> Request:
        texts = {
            k: json.dumps(v, ensure_ascii=False) if isinstance(v, dict | list) else str(v) for k, v in query.items()
        }
        return Request("GET", path + ("?" + urlencode(texts, quote_via=url_quote) if texts else ""))

    wanted = {
        "and": [
            {"field": "stage", "op": "eq", "value": "negotiation"},
            {"field": "amount", "op": "gt", "value": int(enough)},
        ]
    }
    filters = {"stage": "negotiation", "amount": int(enough)}
    # Nobody writes an owner: it is whoever creates.
    fresh = {
        "name": "苏州恒锐精密机械有限公司 @N@",
        "grade": "important",
        "industry": "machinery",
        "phone": "+8675591234567",
        "employees": 240,
    }
    bare = {**fresh, "owner": owner}
    both = {
        "group": ["stage", "owner"],
        "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}],
    }
    lanes = {
        "filter": OPEN,
        "group": ["stage"],
        "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "sum"}],
    }
    stages = ("qualification", "needs", "proposal", "negotiation")
    searches = [
        {
            "account": ",".join(map(str, _grams("account", t))),
            "opportunity": ",".join(map(str, _grams("opportunity", t))),
            "text": f"%{grams.words(t)[0]}%",
        }
        for t in TERMS
    ]
    return [
        Scenario(
            "list of 50 × 12", [get("/api/v1/records/account", fields=COLUMNS, sort="-updated_at", limit=50)], [get("/list")],
            sql["list"], [{}], target=0.6, limit=30,
        ),
        Scenario(
            "one record", [get(f"/api/v1/records/account/{id}") for id in accounts], [get("/one", id=id) for id in accounts],
            sql["one"], [{"id": id} for id in accounts], target=0.6,
        ),
        Scenario(
            "create", [Request("POST", "/api/v1/records/account", json.dumps({"values": fresh}))], [Request("POST", "/create", json.dumps(bare))],
            target=0.4, writes=True,
        ),
        Scenario(
            "update", [Request("PATCH", f"/api/v1/records/opportunity/{id}", '{"values":{"amount":@N@}}') for id in deals],
            [Request("POST", f"/update?id={id}", '{"amount":@N@}') for id in deals], writes=True,
        ),
        Scenario(
            "filter and sort", [get("/api/v1/records/opportunity", filter=wanted, sort="-amount", fields=CARD, limit=50)], [get("/filter", **filters)],
            sql["filter"], [filters], target=0.6, limit=30,
        ),
        Scenario(
            "search", [get("/api/v1/search", q=t, limit=20) for t in TERMS], [get("/search", **w) for w in searches],
            sql["search"],
            [{**w, "account": _grams("account", t), "opportunity": _grams("opportunity", t)} for w, t in zip(searches, TERMS, strict=True)],
            limit=30,
        ),
        Scenario(
            "aggregate by stage and owner", [Request("POST", "/api/v1/records/opportunity/aggregate", json.dumps(both))], [get("/aggregate")],
            sql["aggregate"], [{}], limit=400 if rows >= 1_000_000 else None,
        ),
        Scenario(
            "board",
            [
                Request("POST", "/api/v1/records/opportunity/aggregate", json.dumps(lanes)),
                *(
                    get("/api/v1/records/opportunity", filter={"and": [OPEN, {"field": "stage", "op": "eq", "value": stage}]}, fields=CARD, limit=25)
                    for stage in stages
                ),
            ],
            [get("/lanes"), *(get("/lane", stage=stage) for stage in stages)],
            pages=5,
        ),
    ]  # fmt: skip


def _grams(name: str, text: str) -> list[int]:
    """The grams of a text; of pinyin the first syllable's."""
    [word] = grams.of_words(name, grams.words(text))
    return list(word.spelt[0] if word.spelt and not text[0].isupper() else word.text)
