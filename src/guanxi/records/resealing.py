"""Values of sealed fields follow the installation's secret: what an earlier one has sealed is sealed anew."""

from __future__ import annotations

from guanxi.base.sealing import reseal
from guanxi.pg import Connection, quote
from guanxi.records.context import Workspace
from guanxi.schema.catalog import Catalog
from guanxi.schema.types.sealed import ABOUT, BAR, joined, mark, parts

MOST = 1000
"""Values of a field at once."""


async def reseal_fields(db: Connection, workspace: Workspace, catalog: Catalog) -> int:
    """How many values were sealed anew. They stay what they were: the journal has nothing to say of it."""
    done = 0
    for entity in catalog.entities.values():
        for name in (n for n, t in entity.types.items() if t.sealed):
            table, column = f"{quote(workspace.schema)}.{quote(entity.name)}", quote(name)
            rows = await db.fetch(
                f"SELECT id, {column} FROM {table} WHERE split_part({column}, '{BAR}', 2) NOT LIKE %(mark)s LIMIT {MOST}",
                {"mark": mark() + "%"},
            )
            for id, stored in rows:
                mask, sealed = parts(stored)
                if (anew := reseal(sealed, ABOUT)) is not None:
                    await db.execute(
                        f"UPDATE {table} SET {column} = %(v)s WHERE id = %(id)s", {"id": id, "v": joined(mask, anew)}
                    )
                    done += 1
    return done
