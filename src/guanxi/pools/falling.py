"""Which records fall into which pool by which rule: one statement, asked by the night, the simulation and the warning alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.base.shape import mapping, names
from guanxi.pg import quote
from guanxi.pools.people import people
from guanxi.pools.pool import rules_of
from guanxi.records import Context, system_actor
from guanxi.records.compile import Compiler
from guanxi.schema.catalog import Entity
from guanxi.schema.conditions import faults
from guanxi.schema.filter import TRUE, Filter, Not, both, either, parse, where

HOUR = 2
"""When the night is looked at, in the workspace's time zone."""
IDLE = ("last_contact_at", "held_since", "created_at")
"""What says that somebody cared: the last of these counts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a pool decides who falls into it."""

    id: str
    name: str
    object: str
    members: Sequence[str]
    teams: Sequence[str]
    roles: Sequence[str]
    within: Mapping[str, Any] | None
    spared: Mapping[str, Any] | None
    rules: Sequence[Mapping[str, Any]]
    grace_days: int
    warn_days: int
    working_days: bool


NAMES = (
    "id", "name", "holds", "members", "teams", "roles", "within", "spared", "recycling", "grace_days", "warn_days",
    "working_days",
)  # fmt: skip


def plan_of(values: Mapping[str, Any]) -> Plan:
    """The plan of a pool's stored values."""
    members, teams, roles = (names(values.get(n)) or () for n in ("members", "teams", "roles"))
    return Plan(
        str(values.get("id") or ""),
        str(values.get("name") or ""),
        str(values.get("holds") or ""),
        members,
        teams,
        roles,
        mapping(values.get("within")),
        mapping(values.get("spared")),
        rules_of(values.get("recycling")),
        values.get("grace_days") or 0,
        values.get("warn_days") or 0,
        bool(values.get("working_days")),
    )


async def plans(ctx: Context, object_name: str | None = None) -> list[Plan]:
    """The plans of all pools in use, in their order."""
    rows = await ctx.db.fetch(
        f"SELECT {', '.join(NAMES)} FROM {quote(ctx.workspace.schema)}.pool WHERE deleted_at IS NULL AND active"
        " AND (%(object)s::text IS NULL OR holds = %(object)s) ORDER BY position NULLS LAST, name",
        {"object": object_name},
    )
    return [plan_of(dict(zip(NAMES, r, strict=True))) for r in rows]


def tonight(ctx: Context) -> datetime:
    """When the next night is looked at."""
    zone = ZoneInfo(ctx.workspace.timezone)
    here = ctx.now.astimezone(zone)
    at = datetime.combine(here.date(), time(HOUR), zone)
    return at if at > here else datetime.combine(here.date() + timedelta(days=1), time(HOUR), zone)


def moved(moment: datetime, days: int, working: bool) -> datetime:
    """``days`` before (below zero) or after, of which Saturdays and Sundays do not count where only working days do."""
    if not working:
        return moment + timedelta(days=days)
    step, left, day = (1 if days > 0 else -1), abs(days), moment
    while left:
        day += timedelta(days=step)
        left -= _works(day.date())
    return day


def _works(day: date) -> int:
    return int(day.weekday() < 5)


def falling(
    ctx: Context,
    entity: Entity,
    pools: Sequence[Plan],
    at: datetime,
    ahead: bool = False,
    among: Sequence[str] | None = None,
) -> tuple[str, dict[str, Any]]:
    """SQL of ``id, owner, pool, rule`` of the records that fall at that moment, and its arguments; a record falls into one pool, by
    the first rule that takes it. ``ahead``: at that moment and as many days later as each pool warns ahead. ``among``: only of these.

    A rule that can no longer be read takes nothing.
    """
    zone = ZoneInfo(ctx.workspace.timezone)
    args: dict[str, Any] = {}
    aliases, parts = 0, list[str]()
    for position, plan in enumerate(pools):
        moment = moved(at.astimezone(zone), plan.warn_days, plan.working_days) if ahead else at.astimezone(zone)
        if ahead and not plan.warn_days:
            continue
        then = replace(ctx, actor=system_actor(ctx.workspace), now=moment, as_of=None)
        c = Compiler(then, common=lambda _words: True)
        c.args, c.aliases = args, aliases
        cases = [
            f"WHEN {c.where(entity, 't', what, trusted=True)} THEN {c.bind(str(rule['name']), 'text')}"
            for rule in plan.rules
            if rule.get("active") is not False and (what := _rule(ctx, entity, plan, rule, moment)) is not None
        ]
        if not cases:
            continue
        # What is said of a pool that cannot be read any more lets nothing fall.
        if any(
            True for name in ("within", "spared") for _ in faults(ctx.catalog, entity, getattr(plan, name), name, False)
        ):
            continue
        home = either((where(entity.pool, "eq", plan.id), both(where(entity.pool, "is_empty"), parse(plan.within))))
        spared = [] if plan.spared is None else [Not(parse(plan.spared))]
        kept = c.where(entity, "t", both(home, *spared, *_safe(entity, plan, moment)), trusted=True)
        lists = (c.bind(list(ids), "uuid[]") for ids in (plan.members, plan.teams, plan.roles))
        schema = quote(ctx.workspace.schema)
        only = "" if among is None else f" AND t.id = ANY({c.bind(list(among), 'uuid[]')})"
        parts.append(
            f"SELECT * FROM (SELECT t.id, t.{quote(entity.owner)} AS owner, {c.bind(plan.id or None, 'uuid')} AS pool,"
            f" CASE {' '.join(cases)} END AS rule, {position} AS position FROM {c.table(entity.name)} AS t"
            # IN, for an array would be looked up in the owners' index, where those of a whole company are looked for one by one;
            # OFFSET 0, for else the rules are asked twice.
            f" WHERE t.deleted_at IS NULL{only} AND t.{quote(entity.owner)} IN ({people(schema, *lists)}) AND {kept}"
            f" AND NOT EXISTS (SELECT FROM {schema}._lock AS l WHERE l.record = t.id) OFFSET 0) AS x WHERE x.rule IS NOT NULL"
        )
        aliases = c.aliases
    if not parts:
        return "SELECT NULL::uuid AS id, NULL::uuid AS owner, NULL::uuid AS pool, NULL::text AS rule WHERE FALSE", {}
    if len(parts) == 1:
        return f"SELECT f.id, f.owner, f.pool, f.rule FROM ({parts[0]}) AS f", args
    together = " UNION ALL ".join(parts)
    return (
        f"SELECT DISTINCT ON (f.id) f.id, f.owner, f.pool, f.rule FROM ({together}) AS f ORDER BY f.id, f.position",
        args,
    )


def _rule(ctx: Context, entity: Entity, plan: Plan, rule: Mapping[str, Any], moment: datetime) -> Filter | None:
    """A rule as a filter; None where it cannot be asked."""
    if any(True for _ in faults(ctx.catalog, entity, rule.get("when"), "when", False)):
        return None
    parts: list[Filter] = [parse(rule.get("when"))]
    days = rule.get("idle_days")
    if isinstance(days, int):
        parts += _older(entity, IDLE, moved(moment, -days, plan.working_days))
    return both(*parts) if parts != [TRUE] else None


def _safe(entity: Entity, plan: Plan, moment: datetime) -> list[Filter]:
    """What keeps a record from falling whatever the rules say: it is protected, or its owner has only begun."""
    out: list[Filter] = []
    if plan.grace_days:
        held = ("held_since", "created_at") if "held_since" in entity.fields else ("created_at",)
        out += _older(entity, held, moved(moment, -plan.grace_days, plan.working_days))
    if "protected" in entity.fields:
        until = (
            [either((where("protected_until", "is_empty"), where("protected_until", "gte", moment.date().isoformat())))]
            if "protected_until" in entity.fields
            else []
        )
        out.append(Not(both(where("protected", "eq", True), *until)))
    return out


def _older(entity: Entity, fields: Sequence[str], than: datetime) -> list[Filter]:
    """None of these moments is later."""
    return [Not(where(n, "gt", than.isoformat())) for n in fields if n in entity.fields]
