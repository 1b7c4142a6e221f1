"""The first run of all: a workspace and its administrator, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi import records
from guanxi.base import Conflict
from guanxi.identity.passwords import refuse_weak
from guanxi.identity.signin import open_session
from guanxi.pg import Connection, Database
from guanxi.records import Context
from guanxi.records.workspaces import begin

LOCK = 7_242_060_451  # any number that nobody else locks


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What is asked at the first run. Without a time zone or currency those usual for the language hold.

    ``changes`` are those of the pack to begin with.
    """

    company: str
    name: str
    email: str
    password: str
    language: str = "en"
    timezone: str | None = None
    currency: str | None = None
    changes: Sequence[Mapping[str, Any]] = ()


async def setup_needed(db: Connection) -> bool:
    """Whether there is no workspace yet."""
    return not await db.value("SELECT EXISTS (SELECT FROM guanxi.workspace)")


async def set_up(database: Database, run: FirstRun, address: str = "", agent: str = "") -> str:
    """Create the workspace and its administrator; the secret of a session of theirs. A second time is a Conflict."""
    async with database.transaction() as db:
        # Of several at once one creates; the others wait and then find it done.
        await db.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": LOCK})
        if not await setup_needed(db):
            raise Conflict("already_set_up")
        refuse_weak(run.password)
        workspace = await records.create_workspace(
            db, run.company, run.language, run.currency or "", run.timezone or ""
        )
        if run.changes:
            await records.evolve(db, workspace, run.changes)
        await begin(db, workspace)
        catalog = await records.load_catalog(db, workspace)
        ctx = Context(db, workspace, catalog, records.system_actor(workspace, run.language), "setup")
        administrator = {
            "name": run.name,
            "email": run.email,
            "password": run.password,
            "language": run.language,
            "role": {"match": {"name": "administrator"}},
        }
        [made] = await records.write(ctx, "user", [records.Create(administrator)], render=False)
        if made.id is None:
            raise RuntimeError("the administrator was not stored")
        return await open_session(db, workspace.id, made.id, address, agent)
