"""Forms that anybody may fill in at an address of their own, and what was sent by them.

The door can do one thing: keep what was sent and begin this flow with it. What is sent goes through the types of the
fields; nothing of the workspace is told but the form itself.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from guanxi.base import Conflict, FieldError, Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.base.shape import mapping, names
from guanxi.flows import keeping
from guanxi.flows.asking import CONSENT, INSIDE, checked
from guanxi.flows.pressing import fields_of, keep
from guanxi.flows.shaping import get, may_shape, schema
from guanxi.flows.starting import Active, Start, active, begin
from guanxi.identity import tell
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace, catalog_of, load_workspace, note
from guanxi.schema.types import Env

KEY = re.compile("[0-9a-f]{32}[0-9A-Za-z_-]{20,60}")
MOST_LISTED = 200


def fresh_key(workspace: Workspace) -> str:
    """An address that nobody guesses; by its head the workspace is found."""
    return f"{UUID(workspace.id).hex}{secrets.token_urlsafe(24)}"


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is open."""

    workspace: Workspace
    flow: Active

    def say(self, name: str, language: str) -> str:
        """A text of the form in a language; empty where it has none."""
        return said(mapping(self.flow.trigger.get(name)), language)

    @property
    def title(self) -> Mapping[str, str]:
        """What it is called."""
        return self.flow.trigger.get("label") or self.flow.label

    @property
    def origins(self) -> Sequence[str]:
        """Sites that it may stand in."""
        return names(self.flow.trigger.get("origins") or ()) or ()

    @property
    def redirect(self) -> str | None:
        """Where whoever sent it goes."""
        return self.flow.trigger.get("redirect") or None

    @property
    def fields(self) -> list[Mapping[str, Any]]:
        """What it asks for."""
        return fields_of(self.flow)


def said(texts: Mapping[str, Any] | None, language: str) -> str:
    """The text of a language, else of any."""
    return str((texts or {}).get(language) or next(iter((texts or {}).values()), ""))


def closed_to_strangers(trigger: Mapping[str, Any]) -> list[str]:
    """Names of fields that strangers cannot be asked for."""
    return [one["name"] for one in trigger.get("fields") or () if one.get("type") in INSIDE]


# -- the door ----------------------------------------------------------------------------------------------------------


async def workspace_of(db: Connection, key: str) -> Workspace | None:
    """The workspace that an address belongs to; ``db`` is of the installation's own role."""
    return await load_workspace(db, key[:32]) if KEY.fullmatch(key) else None


async def opened(db: Connection, workspace: Workspace, key: str) -> Form | None:
    """The form at an address, where it is open and its flow is on; ``db`` is a transaction of the workspace."""
    id = await db.value(
        f"SELECT id FROM {quote(workspace.schema)}._flow WHERE secret = %(key)s AND active AND kind = 'form'",
        {"key": key},
    )
    found = await active(db, workspace, await catalog_of(db, workspace), ["form"], id=id) if id else []
    sound = [f for f in found if f.object is None and not closed_to_strangers(f.trigger)]
    return Form(workspace, sound[0]) if sound else None


async def send(
    db: Connection,
    form: Form,
    given: Any,
    *,
    env: Env,
    key: str,
    agreed: bool = False,
    origin: str | None = None,
    held: bool = False,
) -> None:
    """Keep what a stranger sent and begin the flow with it, in the caller's transaction; the same ``key`` counts once.

    ``held``: it looks like a machine's, so it is kept and begins nothing until somebody says so. Raises Invalid."""
    trigger, consent, errors = form.flow.trigger, None, list[FieldError]()
    values: dict[str, Any] = {}
    try:
        values = checked(form.fields, given, env)
    except Invalid as invalid:
        errors = list(invalid.errors)
    if trigger.get("consent"):
        if not agreed and not trigger.get("consent_optional"):
            errors.append(FieldError(CONSENT, "form_consent"))
        text, purpose = form.say("consent", env.language), trigger.get("purpose") or ""
        consent = {"given": agreed, "purpose": purpose, "text": text, "language": env.language}
        values[CONSENT] = agreed
    if errors:
        raise Invalid(errors=errors)
    kept = await keep(
        db, form.workspace, form.flow, values, key=key, language=env.language, origin=origin, consent=consent, held=held
    )
    if kept is not None and held:  # no run tells of it
        await tell(db, form.workspace.id, "flow", flow=form.flow.id, run=None)
    elif kept is not None:
        await begin(db, form.workspace, form.flow, [Start(kept, input=values)])


# -- for who shapes flows ----------------------------------------------------------------------------------------------


async def address(ctx: Context, id: str, act: str) -> dict[str, Any]:
    """Give a form that is on an address of its own (``open``), another one (``renew``), or none (``close``). A webhook's can
    be renewed. Answers the flow. Raises Conflict where there is nothing to have one."""
    found = await get(ctx, id, lock=True)
    live = mapping(found["live"]) or {}
    trigger = mapping(live.get("trigger")) or {}
    kind = trigger.get("kind")
    if not found["active"] or kind not in ("form", "webhook") or (kind == "webhook" and act != "renew"):
        raise Conflict("form_not_on")
    if kind == "form" and act != "close":
        asked = closed_to_strangers(trigger)
        if asked or live.get("object"):
            raise Conflict("form_inside")
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow SET secret = CASE WHEN %(act)s = 'close' THEN NULL WHEN %(act)s = 'open' THEN coalesce(secret, %(key)s)"
        " ELSE %(key)s END WHERE id = %(id)s::uuid",
        {"id": id, "act": act, "key": fresh_key(ctx.workspace)},
    )
    await note(ctx, "flow", act=f"address_{act}", flow=id, name=found["name"])
    return await get(ctx, id)


async def submissions(ctx: Context, id: str, before: str | None = None) -> dict[str, Any]:
    """What was sent by a form, newest first: ``{"data": [{"id", "at", "actor", "language", "origin", "input", "consent", "held",
    "run", "state"}], "next"}``; ``before`` is an id."""
    await _named(ctx, id)
    if before is not None and not is_id(before):
        raise Invalid.one("cursor", "bad_cursor")
    rows = await ctx.db.fetch(
        "SELECT s.id, s.at, s.actor, s.language, s.origin, s.input, s.consent, s.held, r.id,"
        " CASE r.state WHEN 'ready' THEN 'running' ELSE r.state END"
        f" FROM {schema(ctx)}._flow_submission AS s LEFT JOIN {schema(ctx)}._flow_run AS r ON r.flow = s.flow AND r.key = s.id::text"
        " WHERE s.flow = %(id)s::uuid AND (%(before)s::uuid IS NULL OR s.id < %(before)s::uuid) ORDER BY s.id DESC LIMIT %(n)s",
        {"id": id, "before": before, "n": MOST_LISTED + 1},
    )
    keys = ("id", "at", "actor", "language", "origin", "input", "consent", "held", "run", "state")
    data = [dict(zip(keys, row, strict=True)) for row in rows[:MOST_LISTED]]
    return {"data": data, "next": data[-1]["id"] if len(rows) > MOST_LISTED else None}


async def release(ctx: Context, id: str, submission: str) -> None:
    """Begin the flow with what was held back. NotFound; Conflict where the flow is off."""
    may_shape(ctx)
    found = await active(ctx.db, ctx.workspace, ctx.catalog, ["form"], id=id) if is_id(id) and is_id(submission) else []
    if not found:
        raise Conflict("form_not_on")
    values = await ctx.db.value(
        f"UPDATE {schema(ctx)}._flow_submission SET held = false WHERE id = %(id)s::uuid AND flow = %(flow)s::uuid AND held RETURNING input",
        {"id": submission, "flow": id},
    )
    if values is None:
        raise NotFound
    await begin(ctx.db, ctx.workspace, found[0], [Start(submission, input=values)])


async def _named(ctx: Context, id: str) -> str:
    """The name of a flow, dropped or not. NotFound."""
    may_shape(ctx)
    of = f"SELECT name FROM {schema(ctx)}._flow WHERE id = %(id)s::uuid"
    name = await ctx.db.value(of, {"id": id if is_id(id) else None})
    if name is None:
        raise NotFound
    return name


async def dropped(ctx: Context) -> list[dict[str, Any]]:
    """Flows that were dropped and of which something is kept that was sent: ``{"id", "name", "label", "dropped_at", "sent",
    "fields"}``, the last one first; ``fields`` are what the form asked for."""
    may_shape(ctx)
    rows = await ctx.db.fetch(
        "SELECT f.id, f.name, f.label, f.deleted_at, s.n, coalesce(v.definition->'trigger'->'fields', '[]')"
        f" FROM {schema(ctx)}._flow AS f LEFT JOIN {schema(ctx)}._flow_version AS v ON v.flow = f.id AND v.version = f.version"
        f" JOIN LATERAL (SELECT count(*) AS n FROM {schema(ctx)}._flow_submission AS s WHERE s.flow = f.id) AS s ON s.n > 0"
        " WHERE f.deleted_at IS NOT NULL ORDER BY f.deleted_at DESC, f.id",
    )
    keys = ("id", "name", "label", "dropped_at", "sent", "fields")
    return [dict(zip(keys, row, strict=True)) for row in rows]


async def discard_all(ctx: Context, id: str, held: bool) -> int:
    """Forget all that was sent by a form, or what is ``held`` of it; how many. What a run is under way with stays."""
    name = await _named(ctx, id)
    which = "s.flow = %(flow)s::uuid AND (s.held OR NOT %(held)s)"
    n = await keeping.forget(ctx.db, schema(ctx), which, {"flow": id, "held": held})
    await note(ctx, "flow", act="discarded_all", flow=id, name=name, count=n)
    return n


async def discard(ctx: Context, id: str, submission: str) -> None:
    """Forget what was sent, also in the log of the run that it began. NotFound; Conflict while that run is under way."""
    name = await _named(ctx, id)
    args = {"id": submission if is_id(submission) else None, "flow": id}
    of = f"FROM {schema(ctx)}._flow_submission AS s WHERE s.id = %(id)s::uuid AND s.flow = %(flow)s::uuid"
    if not await ctx.db.value(f"SELECT exists (SELECT {of})", args):
        raise NotFound
    if not await keeping.forget(ctx.db, schema(ctx), "s.id = %(id)s::uuid AND s.flow = %(flow)s::uuid", args):
        raise Conflict("flow_state")
    await note(ctx, "flow", act="discarded", flow=id, name=name, submission=submission)
