"""Whether the program is alive and ready, and its numbers."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from guanxi.api.edge import Answer
from guanxi.api.route import Route, X, needs, public, reply
from guanxi.api.watch import Watch
from guanxi.base import Forbidden, Unavailable
from guanxi.pg import DatabaseError, jobs, migrate

router = APIRouter(route_class=Route, tags=["system"])


@router.get("/healthz", summary="Alive")
@public
async def healthz() -> Response:
    """200 while the process answers at all."""
    return reply(Answer.of({"status": "ok"}))


@router.get("/readyz", summary="Ready")
@public
async def readyz(x: X) -> Response:
    """200 when the database answers, is migrated, and a worker runs; else 503 saying which is not so."""
    checks = {"database": False, "migrated": False, "worker": False}
    try:
        async with asyncio.timeout(5), x.edge.database.connection() as db:
            checks["database"] = await db.value("SELECT 1") == 1
            checks["migrated"] = not await migrate.pending(db)
            checks["worker"] = await jobs.alive(db)
    except (Unavailable, DatabaseError, TimeoutError):
        pass
    good = all(checks.values())
    return reply(Answer.of({"status": "ready" if good else "not ready", "checks": checks}, 200 if good else 503))


@router.get("/metrics", summary="Numbers, in Prometheus' text format")
@needs("metrics")
async def metrics(x: X, request: Request) -> Response:
    """For administrators, and tokens with the scope `metrics`."""
    caller = x.signed_in
    if "settings" not in caller.actor.grants.system:
        raise Forbidden
    watch: Watch = request.app.state.watch
    return reply(
        Answer(200, watch.metrics().encode(), [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")])
    )
