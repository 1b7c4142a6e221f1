"""What a company begins with: grades by value, potential and loyalty, and the stages of a customer's life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi import notify, standing
from guanxi.apps.customers.account import BOUGHT
from guanxi.base import Label, say
from guanxi.base.json import loads
from guanxi.pg import Connection
from guanxi.records import Context, Workspace, catalog_of, shown, system_actor
from guanxi.schema.catalog import Catalog
from guanxi.standing import Fall, Scheme
from guanxi.standing.model import Grading

WON = {"field": "stage_kind", "op": "eq", "value": "won"}
OPEN = {"field": "stage_kind", "op": "eq", "value": "open"}
SHARE = {"kind": "percentile"}
LESS = {"kind": "percentile", "down": True}


def _factor(name: str, en: str, zh: str, weight: int, input: Mapping[str, Any] | str, scale: Mapping[str, Any], empty: int | None = 0) -> dict[str, Any]:  # fmt: skip
    looks = {"formula": input} if isinstance(input, str) else input
    return {
        "name": name,
        "label": {"en": en, "zh": zh},
        "weight": weight,
        "input": looks,
        "scale": scale,
        "empty": empty,
    }


def _bands(*pairs: tuple[float, float]) -> dict[str, Any]:
    return {"kind": "bands", "bands": [{"from": low, "points": points} for low, points in pairs]}


@standing.template("account", "grade")
def grades(_catalog: Catalog) -> Mapping[str, Any]:
    """Recency, frequency and amount against the company's own customers; what they could become; how faithful they are."""
    value = [
        _factor("recency", "Last order", "最近下单", 30, "last_order_at", LESS),
        _factor("frequency", "Number of orders", "下单次数", 30, "orders_count", SHARE),
        _factor("amount", "Amount of orders", "下单金额", 40, "orders_amount", SHARE),
        _factor("won", "Deals won", "成交商机金额", 40, {"children": "opportunities", "function": "sum", "field": "amount", "where": WON}, SHARE),
    ]  # fmt: skip
    potential = [
        _factor("size", "Size", "规模", 25, "size", {"kind": "options", "options": {"large": 100, "medium": 70, "small": 40, "micro": 20}}, None),
        _factor("employees", "Employees", "员工人数", 20, "employees", SHARE, None),
        _factor("revenue", "Annual revenue", "年营收", 25, "revenue", SHARE, None),
        _factor("pipeline", "Open deals", "在谈商机金额", 30, {"children": "opportunities", "function": "sum", "field": "amount", "where": OPEN}, SHARE),
    ]  # fmt: skip
    complaints = {"and": [{"field": "kind", "op": "eq", "value": "complaint"}, {"field": "opened_at", "op": "within", "value": {"last_days": 365}}]}  # fmt: skip
    loyalty = [
        _factor("tenure", "Customer since", "合作时长", 25, "first_order_at", {"kind": "linear", "low": 0, "high": 1095}),
        _factor("repeat", "Repeat orders", "复购", 30, "orders_count", _bands((2, 50), (3, 65), (5, 80), (10, 100))),
        _factor("deals", "Deals won again", "多次成交", 20, {"children": "opportunities", "function": "count", "where": WON}, _bands((1, 30), (2, 70), (3, 100))),
        _factor("complaints", "Complaints in a year", "一年内投诉", 15, {"children": "cases", "function": "count", "where": complaints}, _bands((0, 100), (1, 60), (2, 30), (3, 0))),
        _factor("satisfaction", "Satisfaction", "满意度", 20, {"children": "cases", "function": "average", "field": "satisfaction"}, {"kind": "linear", "low": 1, "high": 5}, None),
        _factor("referrals", "Referrals", "转介绍", 15, {"children": "relations_out", "function": "count", "where": {"field": "role", "op": "eq", "value": "referrer"}}, _bands((1, 60), (2, 80), (3, 100))),
    ]  # fmt: skip
    return {
        "field": "grade",
        "score": "score",
        "due": "service_due",
        "axes": [
            {"name": "value", "label": {"en": "Value", "zh": "价值"}, "weight": 50, "factors": value},
            {"name": "potential", "label": {"en": "Potential", "zh": "潜力"}, "weight": 30, "factors": potential},
            {"name": "loyalty", "label": {"en": "Loyalty", "zh": "忠诚"}, "weight": 20, "factors": loyalty},
        ],
        "grades": [
            {"name": "strategic", "label": {"en": "Strategic", "zh": "战略"}, "from": 70, "every": {"visit": 30, "contact": 14}, "response": 4},
            {"name": "important", "label": {"en": "Important", "zh": "重要"}, "from": 45, "every": {"visit": 60, "contact": 30}, "response": 8},
            {"name": "ordinary", "label": {"en": "Ordinary", "zh": "普通"}, "from": 0, "every": {"contact": 90}, "response": 24},
        ],
        "contacts": [
            {"name": "visit", "label": {"en": "Visit", "zh": "拜访"}, "input": {"children": "visits", "function": "max", "field": "starts_at", "where": {"field": "starts_at", "op": "lte", "value": "now"}}},
            {"name": "contact", "label": {"en": "Contact", "zh": "联系"}, "input": {"formula": "last_contact_at"}},
        ],
    }  # fmt: skip


def _has(catalog: Catalog, *names: str) -> bool:
    account = catalog.object("account")
    return all(n in account.fields or n in account.children for n in names)


def _any(parts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return parts[0] if len(parts) == 1 else {"or": list(parts)}


@standing.template("account", "lifecycle")
def stages(catalog: Catalog) -> Mapping[str, Any]:
    """From the first touch to an advocate; or dormant, lost, and won back. Who bought is known by orders and by deals that were won."""
    orders = _has(catalog, "orders")

    def bought(days: int | None = None) -> Mapping[str, Any]:
        within = [{"field": "stage_since", "op": "within", "value": {"last_days": days}}] if days else []
        parts: list[Mapping[str, Any]] = [{"any": "opportunities", "where": {"and": [WON, *within]}}]
        if orders:
            lately = [{"field": "ordered_at", "op": "within", "value": {"last_days": days}}] if days else []
            parts.append({"any": "orders", "where": {"and": [BOUGHT, *lately]}})
        return _any(parts)

    def more(n: int) -> Mapping[str, Any]:
        deals = {"related": "opportunities", "where": WON, "count": {"gte": n}}
        return _any([deals, {"related": "orders", "where": BOUGHT, "count": {"gte": n}}] if orders else [deals])

    known: list[Mapping[str, Any]] = [{"any": "contacts"}, {"any": "leads"}]
    if _has(catalog, "last_contact_at"):
        known.append({"field": "last_contact_at", "op": "is_empty", "value": False})
    gone = {"and": [bought(), {"not": bought(540)}]}
    return {
        "field": "lifecycle",
        "since": "lifecycle_since",
        "stages": [
            {"name": "first_touch", "label": {"en": "First touch", "zh": "初次接触"}, "color": "gray"},
            {"name": "lead", "label": {"en": "Lead", "zh": "线索"}, "color": "blue", "when": _any(known)},
            {"name": "opportunity", "label": {"en": "Opportunity", "zh": "商机"}, "color": "blue", "when": {"any": "opportunities", "where": OPEN}},
            {"name": "new_customer", "label": {"en": "New customer", "zh": "新客户"}, "color": "green", "when": bought()},
            {"name": "active", "label": {"en": "Active", "zh": "活跃客户"}, "color": "green", "when": {"and": [bought(270), more(2)]}},
            {"name": "loyal", "label": {"en": "Loyal", "zh": "忠诚客户"}, "color": "green", "when": {"and": [bought(270), more(5)]}},
            {"name": "advocate", "label": {"en": "Advocate", "zh": "推荐客户"}, "color": "green", "when": {"and": [bought(270), {"any": "relations_out", "where": {"field": "role", "op": "eq", "value": "referrer"}}]}},
            {"name": "dormant", "label": {"en": "Dormant", "zh": "休眠客户"}, "color": "gold", "kind": "aside", "when": {"and": [bought(), {"not": bought(270)}]}},
            {"name": "lost", "label": {"en": "Lost", "zh": "流失客户"}, "color": "red", "kind": "lost", "when": _any([gone, {"field": "status", "op": "eq", "value": "inactive"}])},
            {"name": "won_back", "label": {"en": "Won back", "zh": "赢回客户"}, "color": "green", "kind": "aside", "when": bought(180), "after": ["lost"], "days": 180},
        ],
    }  # fmt: skip


# -- falling grades ----------------------------------------------------------------------------------------------------

FELL = notify.kind(
    "grade_fell",
    ("A customer of mine has a lesser grade", "我的客户等级下降"),
    mail="digest",
)
_SAID: Label = {
    "en": "{record}: {from} → {to} ({was} → {now} points)",
    "zh": "“{record}”等级下降：{from} → {to}（得分 {was} → {now}）",
}


@standing.on_fall
async def tell_owner(db: Connection, workspace: Workspace, scheme: Scheme, falls: Sequence[Fall]) -> None:
    """The owner of each record, in the transaction in which it falls."""
    catalog = await catalog_of(db, workspace)
    entity = catalog.object(scheme.object)
    if not entity.owner or not isinstance(scheme.plan, Grading):
        return
    ctx = Context(db, workspace, catalog, system_actor(workspace), "standing", "")
    rows = await shown(ctx, entity.name, [f.record for f in falls], (entity.owner, entity.title))
    known = {
        id: (row[entity.owner]["id"], row[entity.title])
        for id, raw in rows.items()
        if (row := loads(raw))[entity.owner]
    }
    labels = {g.name: g.label for g in scheme.plan.grades}
    told: list[notify.Told] = []
    for fall in falls:
        if fall.record not in known:
            continue
        owner, title = known[fall.record]
        text = {
            language: say(
                _SAID, language, record=title or "", was=fall.points[0] or 0, now=fall.points[1] or 0,
                **{"from": say(labels[fall.came_from], language), "to": say(labels[fall.value], language)},
            )
            for language in ("en", "zh")
        }  # fmt: skip
        key = f"{FELL.name} {fall.set} {fall.record}"  # each says its own points
        told.append(notify.Told(owner, FELL.name, fall.object, fall.record, None, fall.set, {"text": text}, key))
    await notify.tell(db, workspace, told)
