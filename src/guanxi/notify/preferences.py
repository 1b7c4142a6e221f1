"""How somebody wants to be told: for each kind in the page and by mail, when the digest comes, when it is quiet, what is followed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.base import FieldError, Invalid, say
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.notify.kinds import KINDS
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace

WAYS = ("now", "digest", "never")
FOLLOW = {"own": True, "created": False, "mentioned": True, "commented": True}
"""What is followed by itself unless somebody wants it otherwise: what is mine, what I made, where I was named, where I wrote."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Preferences:
    """``kinds`` are ``{"page": bool, "mail": way}`` by name; ``quiet`` is a span of one's own clock, ``digest`` a time of it."""

    kinds: Mapping[str, Mapping[str, Any]]
    quiet: tuple[str, str] | None
    digest: str
    follow: Mapping[str, bool]

    def page(self, kind: str) -> bool:
        """Whether it is shown in the bell."""
        return bool(self.kinds[kind]["page"])

    def mail_at(self, kind: str, now: datetime, zone: str) -> datetime | None:
        """When something of this kind that happens now goes out by mail; None for never."""
        way = self.kinds[kind]["mail"]
        if way == "never":
            return None
        local = now.astimezone(ZoneInfo(zone))
        if way == "digest":
            return _next(local, self.digest)
        if self.quiet is None:
            return now
        start, end = (time.fromisoformat(t) for t in self.quiet)
        clock = local.time().replace(tzinfo=None)
        silent = start <= clock < end if start <= end else clock >= start or clock < end
        return _next(local, self.quiet[1]) if silent else now

    def told(self, language: str) -> dict[str, Any]:
        """As the API tells them, with the kinds that there are."""
        kinds = [{"name": k.name, "label": say(k.label, language), **self.kinds[k.name]} for k in KINDS.values()]
        quiet = {"from": self.quiet[0], "to": self.quiet[1]} if self.quiet else None
        return {"kinds": kinds, "quiet": quiet, "digest": self.digest, "follow": dict(self.follow)}


def _next(local: datetime, clock: str) -> datetime:
    at = time.fromisoformat(clock)
    then = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return then if then > local else then + timedelta(days=1)


def _of(raw: Mapping[str, Any]) -> Preferences:
    kinds = {
        k.name: {"page": True, "mail": k.mail, **((raw.get("kinds") or {}).get(k.name) or {})} for k in KINDS.values()
    }
    quiet = raw.get("quiet")
    return Preferences(
        kinds,
        (quiet["from"], quiet["to"]) if quiet else None,
        raw.get("digest") or "09:00",
        {**FOLLOW, **(raw.get("follow") or {})},
    )


def read_preferences(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller wants, checked; raises Invalid with everything that is wrong. ``kinds`` are by name; what is left out stays."""
    errors: list[FieldError] = []
    out: dict[str, Any] = {}
    kinds = mapping(raw.get("kinds") or {})
    for name, wanted in (kinds or {}).items():
        form = mapping(wanted)
        if name not in KINDS or form is None or set(form) - {"page", "mail"}:
            errors.append(FieldError(f"kinds.{name[:60]}", "not_an_option", {"value": name[:60]}))
        elif form.get("mail", "now") not in WAYS:
            errors.append(FieldError(f"kinds.{name}.mail", "not_an_option", {"value": str(form["mail"])[:60]}))
        elif not isinstance(form.get("page", True), bool):
            errors.append(FieldError(f"kinds.{name}.page", "must_be_boolean"))
        else:
            out.setdefault("kinds", {})[name] = dict(form)
    if "quiet" in raw:
        form = mapping(raw["quiet"])
        if raw["quiet"] is not None and (
            form is None or set(form) != {"from", "to"} or not all(_clock(v) for v in form.values())
        ):
            errors.append(FieldError("quiet", "wrong_type", {"expected": '{"from": "22:00", "to": "08:00"}'}))
        out["quiet"] = raw["quiet"]
    if "digest" in raw:
        if not _clock(raw["digest"]):
            errors.append(FieldError("digest", "wrong_type", {"expected": '"09:00"'}))
        out["digest"] = raw["digest"]
    follow = mapping(raw.get("follow") or {}) or {}
    for name, value in follow.items():
        if name not in FOLLOW or not isinstance(value, bool):
            errors.append(FieldError(f"follow.{name[:60]}", "not_an_option", {"value": str(value)[:60]}))
        else:
            out.setdefault("follow", {})[name] = value
    if errors:
        raise Invalid(errors=errors)
    return out


def _clock(value: Any) -> bool:
    return isinstance(value, str) and _CLOCK.fullmatch(value) is not None


async def load_preferences(db: Connection, workspace: Workspace, users: Collection[str]) -> dict[str, Preferences]:
    """The preferences of these users, by id."""
    rows = await db.fetch(
        f"SELECT user_id::text, value FROM {quote(workspace.schema)}._notify_preference WHERE user_id = ANY(%(u)s::uuid[])",
        {"u": list(users)},
    )
    said: dict[str, Any] = dict(rows)
    usual = _of({})
    return {u: _of(said[u]) if u in said else usual for u in users}


async def save_preferences(ctx: Context, wanted: Mapping[str, Any]) -> Preferences:
    """Change one's own; what is left out stays as it is."""
    schema = quote(ctx.workspace.schema)
    # The row must be there to be locked: two changes at once of one who never said anything would lose one of them.
    await ctx.db.execute(
        f"INSERT INTO {schema}._notify_preference (user_id, value) VALUES (%(me)s::uuid, '{{}}') ON CONFLICT DO NOTHING",
        {"me": ctx.actor.id},
    )
    before: dict[str, Any] = await ctx.db.value(
        f"SELECT value FROM {schema}._notify_preference WHERE user_id = %(me)s::uuid FOR UPDATE",
        {"me": ctx.actor.id},
    )
    kinds, old = wanted.get("kinds") or {}, before.get("kinds") or {}
    after = {
        **before,
        **wanted,
        "kinds": {n: {**(old.get(n) or {}), **(kinds.get(n) or {})} for n in {*old, *kinds}},
        "follow": {**(before.get("follow") or {}), **(wanted.get("follow") or {})},
    }
    await ctx.db.execute(
        f"UPDATE {schema}._notify_preference SET value = %(v)s::jsonb WHERE user_id = %(me)s::uuid",
        {"me": ctx.actor.id, "v": dumps(after).decode()},
    )
    return _of(after)
