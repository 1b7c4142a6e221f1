"""Flows: making, trying, switching on, and looking at what became of their runs. For whose role may change the catalog."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from guanxi import flows, records, vault, webhooks
from guanxi.api.edge import Answer, edit_of
from guanxi.api.route import Body, Route, X, needs, public, reply
from guanxi.base import NotFound, Problem, Unauthorized
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/flows", tags=["flows"])

NEWS = "access"
"""The answer of the catalog holds the buttons of flows: it is made anew for whoever asks."""

Text = str | dict[str, str]


class FlowBody(Body):
    """A new flow. `name` (small letters) stands in the journal as `flow:name`; without one it is made of the label."""

    label: Text
    definition: dict[str, Any] | None = None
    name: str | None = Field(default=None, max_length=40)


class FlowChange(Body):
    """What may be changed of a flow: its label, and the draft of its definition."""

    label: Text | None = None
    definition: dict[str, Any] | None = None


class ActivateBody(Body):
    """On or off."""

    active: bool


def _flow(found: dict[str, Any], status: int = 200) -> Answer:
    return Answer.of(found, status, (b"etag", b'"%d"' % found["edit"]))


@router.get("", summary="Flows")
@needs("admin")
async def list_flows(x: X) -> Response:
    """All flows of the workspace, with how many of their runs run, wait, failed, and ended well in the last 30 days."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await flows.listing(ctx)}))


@router.post("", status_code=201, summary="Make a flow")
@needs("admin")
async def create_flow(x: X, body: FlowBody) -> Response:
    """It is switched off; its definition may be unfinished."""

    async def work(ctx: Context) -> Answer:
        return _flow(await flows.create(ctx, body.label, body.definition, body.name), 201)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.get("/kinds", summary="Kinds of triggers and steps")
@needs("records:read")
async def list_kinds() -> Response:
    """Each with its parameters, from which a form can be made."""
    return reply(Answer.of(flows.described()))


@router.get("/dropped", summary="Dropped flows of which something is kept")
@needs("admin")
async def list_dropped(x: X) -> Response:
    """What was sent by their forms is kept for 30 days more, and is listed and forgotten as that of others: `[{"id", "name",
    "label", "dropped_at", "sent", "fields"}]`."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await flows.forms.dropped(ctx)}))


@router.get("/templates", summary="Flows to begin with")
@needs("admin")
async def list_templates(x: X) -> Response:
    """Those that this workspace has the objects for: `[{"name", "label", "hint", "definition"}]`."""
    return reply(Answer.of({"data": flows.offered(x.signed_in.catalog)}))


@router.get("/{id}", summary="A flow")
@needs("admin")
async def read_flow(x: X, id: str) -> Response:
    """`definition` is the draft where there is one, `live` what is in force."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(_flow(await flows.get(ctx, id)))


@router.patch("/{id}", summary="Change a flow")
@needs("admin")
async def change_flow(x: X, id: str, body: FlowChange) -> Response:
    """The label, or the draft; what is switched on goes on as it is until it is switched on anew. `If-Match` takes `edit`."""
    edit = edit_of(x)

    async def work(ctx: Context) -> Answer:
        return _flow(await flows.change(ctx, id, label=body.label, definition=body.definition, edit=edit))

    return reply(await x.edge.write(x, work))


@router.delete("/{id}", status_code=204, summary="Drop a flow")
@needs("admin")
async def drop_flow(x: X, id: str) -> Response:
    """Runs that have not ended are cancelled; all stay to be looked at."""

    async def work(ctx: Context) -> Answer:
        await flows.remove(ctx, id)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work, news=NEWS))


@router.post("/{id}/check", summary="What is wrong with a flow")
@needs("admin")
async def check_flow(x: X, id: str) -> Response:
    """`{"problems": [{"step", "field", "code", "message"}]}`: all that keeps it from being switched on."""
    async with x.edge.reading(x.signed_in) as ctx:
        found = await flows.problems(ctx, id)
        return reply(Answer.of({"problems": [f.told(ctx.actor.language) for f in found]}))


@router.post("/{id}/activate", summary="Switch a flow on or off")
@needs("admin")
async def activate_flow(x: X, id: str, body: Annotated[ActivateBody, Field()]) -> Response:
    """On: the draft becomes a version, which acts with your rights. Runs end on the version that they began with."""

    async def work(ctx: Context) -> Answer:
        return _flow(await flows.activate(ctx, id, body.active))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), news=NEWS))


class TrialBody(Body):
    """The record to try on, what a form would be filled in with, and whether what is waited for does not come in time."""

    record: str | None = None
    input: dict[str, Any] | None = None
    late: bool = False


class BacktestBody(Body):
    """How far back."""

    days: Annotated[int, Field(ge=1, le=366)] = 90


@router.post("/{id}/test", summary="Try a flow on a record")
@needs("admin")
async def try_flow(x: X, id: str, body: Annotated[TrialBody, Field()] | None = None) -> Response:
    """Each step with what it would do, and what would change. Nothing is kept, nothing leaves the house, nobody waits."""
    given = body or TrialBody()

    async def work(ctx: Context) -> Answer:
        return Answer.of(await flows.trial(ctx, id, given.record, given.input, late=given.late))

    return reply(await x.edge.write(x, work, given.model_dump_json().encode()))


@router.post("/{id}/backtest", summary="Try a flow on the past")
@needs("admin")
async def backtest_flow(x: X, id: str, body: Annotated[BacktestBody, Field()] | None = None) -> Response:
    """How often it would have begun in the last days, how many records it would have created and changed, what it would have
    sent. Where there is much to look at the answer is 202 with a `trial`, which is asked at `/flows/trials/{trial}`."""
    days = body.days if body else 90

    async def work(ctx: Context) -> Answer:
        found = await flows.backtest(ctx, id, days)
        return Answer.of(found, 202 if "trial" in found else 200)

    return reply(await x.edge.write(x, work, str(days).encode()))


@router.get("/trials/{trial}", summary="A back-test under way")
@needs("admin")
async def read_trial(x: X, trial: str) -> Response:
    """`{"state": "running"|"done"|"failed"|"cancelled", "done", "total", "result"}`."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await flows.progress(ctx, trial)))


@router.delete("/trials/{trial}", summary="Cancel a back-test")
@needs("admin")
async def cancel_trial(x: X, trial: str) -> Response:
    """It ends with its next portion."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await flows.progress(ctx, trial, cancel=True))

    return reply(await x.edge.write(x, work))


@router.get("/{id}/versions", summary="Versions of a flow")
@needs("admin")
async def list_versions(x: X, id: str) -> Response:
    """`{"data": [{"version", "at", "actor": {"id", "title"}}]}`: what was in force, the newest first."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await flows.versions(ctx, id)}))


@router.get("/{id}/versions/{version}", summary="A version of a flow")
@needs("admin")
async def read_version(x: X, id: str, version: Annotated[int, Path(ge=1, le=1_000_000)]) -> Response:
    """With its `definition`. To put it in force again, make it the draft and switch the flow on."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await flows.version(ctx, id, version)))


@router.get("/{id}/runs", summary="Runs of a flow")
@needs("admin")
async def list_runs(
    x: X,
    id: str,
    state: Annotated[str | None, Query(max_length=20)] = None,
    record: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The newest first; `state` is running, waiting, done, failed, cancelled, unknown or stopped."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await flows.runs(ctx, id, state, cursor, limit, record)))


@router.get("/{id}/figures", summary="How many runs are at each step")
@needs("admin")
async def read_figures(x: X, id: str) -> Response:
    """`{"steps": {"s1": {"running", "waiting", "done", "failed"}}}` of the last 30 days."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await flows.figures(ctx, id)))


@router.post("/{id}/start", status_code=202, summary="Start a flow by its button or form")
@needs("records:write")
async def start_flow(x: X, id: str, body: Annotated[TrialBody, Field()] | None = None) -> Response:
    """Whoever may see the record may press its button; the run acts with the rights of who switched the flow on."""
    given = body or TrialBody()

    async def work(ctx: Context) -> Answer:
        return Answer.of(await flows.start(ctx, id, given.record, given.input), 202)

    return reply(await x.edge.write(x, work, given.model_dump_json().encode()))


class AddressBody(Body):
    """`open` gives an address where there is none, `renew` another one, `close` takes it away."""

    act: Literal["open", "renew", "close"]


@router.post("/{id}/address", summary="The public address of a form")
@needs("admin")
async def set_address(x: X, id: str, body: Annotated[AddressBody, Field()]) -> Response:
    """Answers the flow, whose `form` is the address; what was known before is of no use any more after `renew` and `close`. A
    webhook's `hook` is renewed likewise."""

    async def work(ctx: Context) -> Answer:
        return _flow(await flows.forms.address(ctx, id, body.act))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.get("/{id}/submissions", summary="What was sent by a form")
@needs("admin")
async def list_submissions(x: X, id: str, cursor: Annotated[str | None, Query(max_length=40)] = None) -> Response:
    """The newest first, kept whatever became of the run: `{"data": [{"id", "at", "actor", "language", "origin", "input", "consent",
    "held", "run", "state"}], "next"}`. What is `held` looks like a machine's: nothing was begun with it."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await flows.forms.submissions(ctx, id, cursor)))


@router.post("/{id}/submissions/{submission}/release", status_code=204, summary="Begin with what was held back")
@needs("admin")
async def release_submission(x: X, id: str, submission: str) -> Response:
    """It was no machine."""

    async def work(ctx: Context) -> Answer:
        await flows.forms.release(ctx, id, submission)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work))


@router.delete("/{id}/submissions/{submission}", status_code=204, summary="Forget what was sent")
@needs("admin")
async def discard_submission(x: X, id: str, submission: str) -> Response:
    """For good, also from the log of the run that it began; 409 while that is under way."""

    async def work(ctx: Context) -> Answer:
        await flows.forms.discard(ctx, id, submission)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work))


@router.delete("/{id}/submissions", summary="Forget all that was sent")
@needs("admin")
async def discard_submissions(x: X, id: str, held: bool = False) -> Response:
    """For good, as one by one; `held` leaves what does not look like a machine's, and what a run is under way with stays in any
    case. Answers `{"discarded": n}`."""

    async def work(ctx: Context) -> Answer:
        return Answer.of({"discarded": await flows.forms.discard_all(ctx, id, held)})

    return reply(await x.edge.write(x, work))


@router.get("/sent/{run}", summary="What became of a form that one sent")
@needs("records:read")
async def read_outcome(x: X, run: str) -> Response:
    """`{"state", "made": {"object", "id", "title"} | null}`: the first record that the flow made, where one may see it."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await flows.outcome(ctx, run)))


@router.get("/runs/{run}", summary="A run")
@needs("admin")
async def read_run(x: X, run: str) -> Response:
    """With the log of its steps, those of its loops included."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await flows.run(ctx, run)))


class TendBody(Body):
    """`force` undoes also what somebody changed since."""

    force: bool = False


@router.post("/runs/{run}/{act}", summary="See to a run")
@needs("admin")
async def tend_run(
    x: X,
    run: str,
    act: Literal["retry", "skip", "cancel", "resume", "undo"],
    body: Annotated[TendBody, Field()] | None = None,
) -> Response:
    """`retry` does the step that failed once more, `skip` goes on after it, `resume` waits no longer, `cancel` ends the run,
    `undo` takes back what it wrote."""
    force = body is not None and body.force

    async def work(ctx: Context) -> Answer:
        if act == "undo":
            return Answer.of(await flows.undo(ctx, run, force=force))
        tend = {"retry": flows.retry, "skip": flows.skip, "cancel": flows.cancel, "resume": flows.resume}[act]
        return Answer.of(await tend(ctx, run))

    return reply(await x.edge.write(x, work, b"force" * force))


HOOK_RATE = 600
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
hooks = APIRouter(route_class=Route, prefix="/api/v1/hooks", tags=["flows"])


@hooks.post("/{secret}", status_code=202, summary="A flow's own address")
@public
async def call_hook(x: X, request: Request, secret: str, body: dict[str, Any] | None = None) -> Response:
    """Another system starts a flow; what it sends is under `input`. With an `Idempotency-Key` (or the `webhook-id` of Standard
    Webhooks) the same call counts once. Where the flow names a secret the call must be signed with it. 600 calls a minute."""
    if not re.fullmatch("[0-9a-f]{32}[0-9A-Za-z_-]{20,60}", secret):
        raise NotFound
    await x.edge.allowance.spend(f"h:{sha256(secret.encode()).hexdigest()[:32]}", HOOK_RATE)
    said = {name: x.headers.get(name.encode(), b"")[:200].decode("latin-1") for name in SIGNED}
    key = x.headers.get(b"idempotency-key", b"")[:200].decode("latin-1") or said["webhook-id"] or None
    sent = await request.body()
    signature = (said["webhook-id"], said["webhook-timestamp"], said["webhook-signature"])
    async with x.edge.database.connection() as db:
        workspace = await records.load_workspace(db, secret[:32])
    if workspace is None:
        raise NotFound
    async with x.edge.database.transaction(workspace.role) as db:

        async def admit(trigger: Mapping[str, Any]) -> None:
            if trigger.get("secret"):
                try:
                    wanted = await vault.value(db, workspace, trigger["secret"])
                except Problem:  # what is amiss here is nothing for whoever calls
                    raise Unauthorized("unsigned") from None
                if not webhooks.verify(wanted, *signature, sent, time.time()):
                    raise Unauthorized("unsigned")

        if await flows.called(db, workspace, secret, body or {}, key, admit):
            return reply(Answer.of({}, 202))
    raise NotFound
