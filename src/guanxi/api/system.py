"""The system endpoints: everything of the API that is not records or search, as one FastAPI application."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from guanxi.api import (
    approvals,
    audit,
    catalog,
    changes,
    docs,
    duplicates,
    files,
    flows,
    formula,
    health,
    live,
    mail,
    notify,
    packs,
    people,
    pools,
    publicform,
    quality,
    segments,
    session,
    standing,
    tags,
    tokens,
    transfer,
    views,
    webhooks,
    whole,
)
from guanxi.api.edge import Edge, Exchange
from guanxi.api.route import MethodNotAllowed, Route, problem_of_status, recognise, refuse
from guanxi.api.watch import Watch
from guanxi.api.wire import DATA, SAFE, Header, Message, Send
from guanxi.base import Problem

ROUTERS = (
    session.router,
    tokens.router,
    people.router,
    catalog.router,
    audit.router,
    packs.router,
    pools.router,
    tags.router,
    formula.router,
    views.router,
    segments.router,
    changes.router,
    files.router,
    approvals.router,
    flows.router,
    flows.hooks,
    whole.router,
    publicform.router,
    transfer.router,
    webhooks.router,
    webhooks.secrets,
    standing.router,
    live.router,
    notify.router,
    mail.router,
    health.router,
    docs.router,
    duplicates.router,
    quality.router,
)


class System:
    """Serves the system endpoints of one process."""

    def __init__(self, edge: Edge, watch: Watch) -> None:
        self.live = live.Live(edge, watch)
        watch.gauges = lambda: {
            **{f'guanxi_connections{{state="{state}"}}': n for state, n in edge.database.stats().items()},
            "guanxi_listening": int(edge.gate.live),
        }
        self.api = api = FastAPI(
            title="Guanxi", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
        )
        api.router.route_class = Route
        api.state.live = self.live
        api.state.watch = watch
        for router in ROUTERS:
            api.include_router(router)
        api.add_exception_handler(HTTPException, _framework_refusal)

    def close(self) -> None:
        """End the open event streams."""
        self.live.close()

    async def serve(self, x: Exchange, send: Send) -> None:
        """Answer one request."""
        scope = x.scope
        scope["guanxi"] = x
        # The API has one spelling of each address; HEAD is GET without its body.
        head = x.method == "HEAD"
        if head:
            scope["method"] = "GET"

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                x.status = message["status"]
                message["headers"] = [*_dress(message.get("headers", ()), x.reference), *x.limits]
            elif head:
                if message.get("more_body"):
                    return
                message["body"] = b""
            await send(message)

        await self.api(scope, x.receive, dressed)


def _dress(given: Sequence[Header], reference: bytes) -> list[Header]:
    headers = [(bytes(k), bytes(v)) for k, v in given]
    names = {k for k, _ in headers}
    base = SAFE if b"content-security-policy" in names else DATA
    return [*((k, v) for k, v in base if k not in names), (b"x-request-id", reference), *headers]


async def _framework_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    x: Exchange = request.scope["guanxi"]
    with suppress(Problem):  # no door was open to be recognised at; the refusal is in one's own language all the same
        await recognise(x)
    if error.status_code != 405:
        return refuse(x, problem_of_status(error.status_code))
    allowed = ", ".join(_methods(x.path))
    if x.method == "OPTIONS":
        return Response(status_code=204, headers={"allow": allowed})
    response = refuse(x, MethodNotAllowed(method=x.method, allowed=allowed))
    response.headers["allow"] = allowed
    return response


def _methods(path: str) -> list[str]:
    """All methods that an address takes, over all routes that share it."""
    found = {
        method
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.path_regex.match(path)
        for method in route.methods or ()
    }
    return sorted(found | ({"HEAD"} if "GET" in found else set()))
