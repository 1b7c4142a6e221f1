"""A pool: customers that nobody owns, whom its members may claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from guanxi.base import Forbidden, Invalid, Label
from guanxi.base.json import dumps, loads
from guanxi.base.shape import mapping, sequence
from guanxi.base.text import LANGUAGES
from guanxi.pg import Connection
from guanxi.records import Context, Workspace, declare, find, note, system_actor
from guanxi.records.rules import Saved, after_save, check
from guanxi.records.uses import Use, uses
from guanxi.schema.catalog import Catalog, Declared, Entity
from guanxi.schema.conditions import faults
from guanxi.schema.declare import Integer, Json, Links, LongText, Record, Text, YesNo, form, table
from guanxi.schema.query import Query

MOST_RULES = 40
RULE_KEYS = frozenset({"name", "when", "idle_days", "active"})
LONGEST = 3650
"""Days that a rule may count at most."""


class Pool(
    Record,
    name="pool",
    label=("Pool", "公海"),
    plural=("Pools", "公海"),
    icon="inbox",
    archivable=False,
):
    """Where customers are that nobody owns; who may take them, how many, and when they fall back."""

    name = Text("Name", "名称", required=True, unique=True, max=60, search="A")
    holds = Text(
        "Object", "对象", required=True, max=60, help=("What is in it, by API name.", "公海中的对象（API 名称）。")
    )
    description = LongText("Description", "说明")
    active = YesNo("Active", "启用", default=True)
    position = Integer(
        "Order",
        "顺序",
        min=0,
        help=("Of pools that a record could fall into, the first.", "记录可落入多个公海时，取顺序最前的。"),
    )
    members = Links("user", "Members", "成员")
    teams = Links("team", "Member teams", "成员团队", help=("With the teams below them.", "含下级团队。"))
    roles = Links("role", "Member roles", "成员角色")
    admins = Links("user", "Administrators", "管理员")
    admin_teams = Links("team", "Administrator teams", "管理员团队")
    admin_roles = Links("role", "Administrator roles", "管理员角色")
    claims_per_day = Integer("Claims a day", "每日领取上限", min=0)
    held_most = Integer("Held at most", "保有量上限", min=0)
    capacity_by = Text("Capacity by", "分级保有量字段", max=60)
    capacity = Json("Capacity of each", "分级保有量")
    cooldown_days = Integer("Days before claiming again", "再次领取间隔（天）", min=0, max=LONGEST)
    masked = Json("Masked until claimed", "领取前脱敏字段")
    views_per_day = Integer("Unmasked views a day", "每日查看原文上限", min=0)
    within = Json("Takes records that", "接收范围")
    spared = Json("Spares records that", "不回收的记录")
    recycling = Json("Rules", "回收规则")
    grace_days = Integer("Days to begin with", "保护期（天）", min=0, max=LONGEST, default=3)
    warn_days = Integer("Warn ahead by days", "提前提醒（天）", min=0, max=60, default=3)
    working_days = YesNo("Count working days only", "仅按工作日计算")
    return_days = Integer("Days to give back", "可退回原负责人（天）", min=0, max=LONGEST, default=30)

    layout = form(
        ("Pool", "公海", "name holds description active position"),
        ("People", "人员", "members teams roles admins admin_teams admin_roles"),
        ("Limits", "限制", "claims_per_day held_most capacity_by capacity cooldown_days masked views_per_day"),
        ("Rules", "规则", "within spared recycling grace_days warn_days working_days return_days"),
    )
    views = (table("all", "All pools", "全部公海", "name holds active updated_at", sort="position,name"),)


def rules_of(raw: Any) -> list[Mapping[str, Any]]:
    """The rules of a pool's JSON, as far as they have the form of rules."""
    return [form for one in sequence(raw) or () if (form := mapping(one)) is not None]


def _wrong(
    catalog: Catalog, entity: Entity, pool: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """What is wrong with a pool: field, message code, values."""

    def reason(en: str, zh: str) -> dict[str, object]:
        said: Label = {"en": en, "zh": zh}
        return {"reason": said}

    for name in ("within", "spared"):
        for f in faults(catalog, entity, pool.get(name), name, False):
            yield name, f.code, f.values
    rules = sequence(pool.get("recycling")) or []
    if pool.get("recycling") is not None and not isinstance(pool["recycling"], list):
        yield "recycling", "must_be_list", {}
    if len(rules) > MOST_RULES:
        yield "recycling", "too_complex", {"limit": MOST_RULES}
    names: set[str] = set()
    for place, rule in enumerate(rules[:MOST_RULES], 1):
        one = mapping(rule)
        name = one.get("name") if one is not None else None
        named = isinstance(name, str) and 0 < len(name.strip()) <= 80
        # A sentence about a rule names the rule: of several, whoever reads it has to know which.
        which = {"field": name if named else {"en": f"Rule {place}", "zh": f"规则 {place}"}}
        if one is None or set(one) - RULE_KEYS:
            yield (
                "recycling",
                "bad_config",
                which
                | reason("a rule has name, when, idle_days and active", "规则由 name、when、idle_days、active 组成"),
            )
            continue
        if not isinstance(name, str) or not named:
            yield (
                "recycling",
                "bad_config",
                which | reason("give it a name of 1 to 80 letters", "请填写 1 至 80 字的名称"),
            )
            continue
        if name in names:
            yield "recycling", "bad_config", which | reason("two rules have this name", "有两条规则同名")
        names.add(name)
        days = one.get("idle_days")
        if days is not None and (type(days) is not int or not 1 <= days <= LONGEST):
            yield (
                "recycling",
                "bad_config",
                which | reason(f"days are a number from 1 to {LONGEST}", f"天数须为 1 至 {LONGEST} 的整数"),
            )
        if days is None and not one.get("when"):
            yield "recycling", "bad_config", which | reason("a rule needs a condition or days", "规则须有条件或天数")
        for f in faults(catalog, entity, one.get("when"), "recycling", False):
            yield "recycling", f.code, f.values
    masked = sequence(pool.get("masked")) or []
    if pool.get("masked") is not None and not isinstance(pool["masked"], list):
        yield "masked", "must_be_list", {}
    for n in masked:
        f = entity.fields.get(n) if isinstance(n, str) else None
        if f is None or f.system or f.of or f.name in (entity.title, entity.owner, entity.pool):
            yield "masked", "not_an_option", {"value": str(n)[:60]}
    by, most = pool.get("capacity_by"), mapping(pool.get("capacity"))
    if pool.get("capacity") is not None and most is None:
        yield "capacity", "must_be_object", {}
    if by is not None and (by not in entity.fields or not entity.fields[by].options):
        yield "capacity_by", "not_an_option", {"value": str(by)[:60]}
    elif most:
        known = {o.name for o in entity.fields[by].options} if by else set[str]()
        for option, n in most.items():
            if option not in known:
                yield "capacity", "not_an_option", {"value": str(option)[:60]}
            elif type(n) is not int or not 0 <= n < 2**31:
                yield "capacity", "must_be_number", {}


@check(Pool)
def pool_is_sound(pool: Pool, ctx: Context) -> tuple[str, str, Mapping[str, object]] | None:
    """Its object can have pools, and what is said of its records can be asked of them."""
    entity = ctx.catalog.entities.get(pool.holds or "")
    if entity is None or not entity.pool:
        return "holds", "pool_object", {"value": pool.holds or ""}
    return next(_wrong(ctx.catalog, entity, pool.row), None)


@uses
async def used(db: Connection, workspace: Workspace, now: Catalog) -> list[Use]:
    """The pools: one is wrong of which something that it says of its records could not be asked."""
    ctx = Context(db, workspace, now, system_actor(workspace))
    named = ("name", "holds", "within", "spared", "recycling", "masked", "capacity_by", "capacity")
    found = await find(ctx, Query("pool", fields=named, limit=None))

    def use(pool: Mapping[str, Any]) -> Use:
        async def wrong(catalog: Catalog) -> str | None:
            entity = catalog.entities.get(pool["holds"])
            if entity is None or not entity.pool:
                return "pool_object"
            fault = next(_wrong(catalog, entity, pool), None)
            return fault[1] if fault else None

        label: Label = dict.fromkeys(LANGUAGES, str(pool["name"]))
        return Use("pool", pool["id"], label, pool["holds"], [pool["within"], pool["spared"], pool["recycling"]], wrong)

    return [use(loads(row)) for row in found.rows]


@after_save(Pool)
async def only_settings_make_pools(ctx: Context, saved: Sequence[Saved]) -> None:
    """A pool decides who sees whom, and whose customers fall: that is for who may change settings and rights."""
    if not ctx.actor.system and not {"settings", "roles"} <= ctx.actor.grants.system:
        raise Forbidden
    if any(s.kind == "update" and s.changed("holds") for s in saved):
        raise Invalid.one("holds", "read_only")
    await ctx.db.execute(
        "SELECT pg_notify('guanxi', %(p)s)", {"p": dumps({"w": ctx.workspace.id, "kind": "access"}).decode()}
    )
    told: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda image: {n: image.get(n) for n in SAID}  # noqa: E731
    for s in saved:
        if s.kind != "update" or any(s.changed(n) for n in SAID):
            await note(
                ctx, "permission", object="pool", record=s.id, change=s.kind, fields=[n for n in SAID if s.changed(n)],
                before=told(s.before), after=told(s.after),
            )  # fmt: skip


SAID = (
    "name", "holds", "active", "members", "teams", "roles", "admins", "admin_teams", "admin_roles", "masked",
    "views_per_day",
)  # fmt: skip
"""What of a pool decides who sees what."""

declare(Declared((Pool.object,)), last=True)
