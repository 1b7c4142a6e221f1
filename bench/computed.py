"""What formulas and roll-ups cost: ``python -m bench.computed --rows 1000000``. All in one transaction that is rolled back.

A roll-up filled over what is there, a hundred thousand children changed with roll-ups and without, all of them moved under one
parent, and lists that are sorted and filtered by a formula beside the same by a plain column.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.seed import seed
from guanxi import records
from guanxi.pg import Database
from guanxi.pg.server import Server
from guanxi.records import rollups
from guanxi.schema.catalog import Catalog, fold
from guanxi.schema.query import read_query

ROLLS = [
    {"name": "deals", "config": {"children": "opportunities", "function": "count"}},
    {"name": "total", "config": {"children": "opportunities", "function": "sum", "field": "amount"}},
]
FORMULA = "amount * probability / 100"


class _Done(Exception):
    """Nothing of it stays."""


def main() -> None:
    """Seed, measure, print the seconds as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.computed", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--children", type=int, default=100_000, help="records changed at once")
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where seeded data folders are kept")
    given = parser.parse_args()
    print(
        json.dumps(
            asyncio.run(_measured(given.data.absolute() / str(given.rows), given.rows, given.children)), indent=1
        )
    )


async def _measured(folder: Path, rows: int, children: int) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": rows, "children": children}

    async def timed(name: str, what: Callable[[], Awaitable[Any]]) -> Any:
        begin = time.monotonic()
        answer = await what()
        found[name] = round(time.monotonic() - begin, 3)
        print(f"{name}: {found[name]} s", file=sys.stderr)
        return answer

    with Server(folder) as server:
        await seed(server.url, folder, rows, lambda text: print(text, file=sys.stderr))
        database = await Database.open(server.url, statement_timeout=0)
        async with database.connection() as db:
            [workspace] = await records.workspaces(db)
            plain = await records.load_catalog(db, workspace)
        try:
            async with database.transaction(timeout=0) as db:
                base = [{"op": "add_field", "object": "account", "type": "rollup", **r} for r in ROLLS]
                weighted = {"op": "add_field", "object": "opportunity", "name": "weighted", "type": "formula"}
                changes = [*base, {**weighted, "config": {"expression": FORMULA, "result": "decimal"}}]
                for name, kind in (
                    ("deals", "bigint DEFAULT 0"),
                    ("total", "numeric(24,6) DEFAULT 0"),
                    ("total_currency", "text"),
                ):
                    await db.execute(f'ALTER TABLE "{workspace.schema}".account ADD {name} {kind}')
                catalog: Catalog = fold(records.declared(), (), plain.version + 1, changes)
                actor = records.system_actor(workspace)
                ctx = records.Context(db, workspace, catalog, actor, "bench")
                without = replace(ctx, catalog=plain)
                rolls = [r for d in catalog.derived.values() if (r := d.roll)]
                await timed("rollups_filled", lambda: rollups.fill(db, workspace, catalog, rolls))
                ids = [
                    r[0] for r in await db.fetch(f'SELECT id FROM "{workspace.schema}".opportunity LIMIT {children}')
                ]
                query = read_query("opportunity", {})
                await timed("children_changed_without", lambda: records.mass(without, query, {"amount": 11}, ids))
                await timed("children_changed_with", lambda: records.mass(ctx, query, {"amount": 12}, ids))
                parent = await db.value(f'SELECT id FROM "{workspace.schema}".account ORDER BY id LIMIT 1')
                await timed("children_under_one_parent", lambda: records.mass(ctx, query, {"account": parent}, ids))
                for name, asked in {
                    "list_sorted_by_column": {"sort": "-probability"},
                    "list_sorted_by_formula": {"sort": "-weighted"},
                    "list_filtered_by_column": {"filter": {"field": "next_step", "op": "eq", "value": "nothing"}},
                    "list_filtered_by_formula": {
                        "filter": {"formula": "amount * probability > 1e17".replace("1e17", "9" * 17)}
                    },
                }.items():
                    shown = {"fields": ["name", "amount"], **asked}
                    await timed(name, lambda shown=shown: records.find(ctx, read_query("opportunity", shown)))
                raise _Done  # noqa: TRY301 - it takes all back
        except _Done:
            pass
        await database.close()
    return found


if __name__ == "__main__":
    main()
