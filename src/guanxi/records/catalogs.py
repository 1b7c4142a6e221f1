"""The catalog of a workspace for what works by itself, without a caller at the door."""

from __future__ import annotations

from guanxi.pg import Connection, as_installation
from guanxi.records.context import Workspace
from guanxi.records.evolve import load_catalog
from guanxi.schema.catalog import Catalog

_catalogs: dict[tuple[str, str], Catalog] = {}
"""By database and workspace: a copy of a database has workspaces of the same id, and goes its own way."""


async def catalog_of(db: Connection, workspace: Workspace) -> Catalog:
    """The workspace's catalog, made anew only when it changed; ``db`` is a transaction."""
    async with as_installation(db):
        version = await db.value(
            "SELECT catalog_version FROM guanxi.workspace WHERE id = %(id)s::uuid", {"id": workspace.id}
        )
        key = (db.database, workspace.id)
        kept = _catalogs.get(key)
        if kept is None or kept.version != version:
            kept = _catalogs[key] = await load_catalog(db, workspace)
    return kept
