"""What the panels of a customer say on paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guanxi.apps.circle import agenda, group, people, worth
from guanxi.apps.circle.asking import Row, options
from guanxi.apps.circle.saying import amount, day, labelled
from guanxi.base import Label, say
from guanxi.records import Context
from guanxi.records.around import on_paper

PANELS = (agenda, group, people, worth)
"""What is declared before what it says."""

WORDS: Mapping[str, Label] = {
    "total": labelled("Bought in all", "累计购买"),
    "year": labelled("This year", "今年"),
    "mean": labelled("Average order", "平均每单"),
    "last": labelled("Last order", "最近购买"),
    "satisfaction": labelled("Satisfaction", "满意度"),
    "complaints": labelled("Complaints", "投诉"),
    "open": labelled("open", "未结"),
    "bought": labelled("{n} order|{n} orders", "{n} 单"),
    "by": labelled("by {way}", "渠道：{way}"),
    "times": labelled("{n} time|{n} times", "{n} 次"),
    "deals": labelled("Deals", "在途商机"),
    "cases": labelled("Cases", "未结工单"),
    "unpaid": labelled("Payments due", "待收款"),
    "orders": labelled("Orders under way", "执行中的订单"),
    "ending": labelled("Contracts ending", "即将到期的合同"),
    "tasks": labelled("Tasks", "待办任务"),
    "birthday": labelled("Birthday: {who}", "{who}生日"),
    "lunar": labelled("Birthday: {who} (lunar)", "{who}生日（农历）"),
    "ends": labelled("{title} ends", "{title} 到期"),
    "other": labelled("Other", "其他"),
}

Lines = Iterable[tuple[str, str]]


def word(ctx: Context, name: str, **values: object) -> str:
    """A word of these in the reader's language, of one or of several."""
    one, _, several = say(WORDS[name], ctx.actor.language, **values).partition("|")
    return several if several and values.get("n") != 1 else one


def money(ctx: Context, row: Mapping[str, Any] | None, name: str) -> str:
    """An amount, or each currency's for itself."""
    if not row:
        return ""
    parts = row.get(f"{name}_by_currency") or {row.get(f"{name}_currency") or ctx.workspace.currency: row.get(name)}
    return " + ".join(amount(v, c, ctx.actor.language) for c, v in parts.items() if v)


def when(ctx: Context, value: Any) -> str:
    """A day, if there is one."""
    return day(value, ctx.actor.language, ctx.env.timezone) if value else ""


@on_paper("account", "worth")
def of_worth(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Sums, and the last order."""
    orders = word(ctx, "bought", n=data["all"]["orders"])
    yield word(ctx, "total"), " · ".join(p for p in (money(ctx, data["all"], "amount"), orders) if p)
    yield word(ctx, "year"), money(ctx, data["year"], "amount") or "—"
    yield word(ctx, "mean"), money(ctx, data["all"], "mean")
    yield word(ctx, "last"), when(ctx, data["all"].get("last"))


@on_paper("account", "bought")
def of_bought(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Families with their sums, then the ways in which was ordered."""
    for one in data["families"]:
        yield str(one["group"].get("product.family") or word(ctx, "other")), money(ctx, one, "amount")
    ways = options(ctx, "order", "channel")
    for one in data["channels"]:
        way = ways.get(one["group"].get("channel") or "")
        name = say(way, ctx.actor.language) if way else word(ctx, "other")
        yield word(ctx, "by", way=name), f"{money(ctx, one, 'amount')} · {word(ctx, 'bought', n=one['orders'])}"


@on_paper("account", "open")
def of_open(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Kinds with how many and how much."""
    for row in data["rows"]:
        yield word(ctx, row["name"]), " · ".join(p for p in (str(row["count"]), money(ctx, row, "amount")) if p)


@on_paper("account", "promised")
def of_promised(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """What, by when and by whom."""
    for row in data["rows"]:
        yield when(ctx, row["at"]) or "—", " · ".join(p for p in (row["text"], (row["owner"] or {}).get("title")) if p)


@on_paper("account", "next")
def of_next(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Days, and what is then."""
    for row in data["rows"]:
        said = {
            "birthday": word(ctx, "lunar" if row.get("lunar") else "birthday", who=row["title"]),
            "contract": word(ctx, "ends", title=row["title"]),
        }.get(row["kind"]) or str(row["title"])
        yield when(ctx, row["at"]), said


@on_paper("account", "chain")
def of_chain(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """People with the part that they play, those who decide first."""
    labels = {n: options(ctx, "contact", n) for n in ("role", "attitude", "influence")}

    def part(one: Row, name: str) -> str:
        label = labels[name].get(one.get(name) or "")
        return say(label, ctx.actor.language) if label else ""

    for one in sorted(data["people"], key=lambda one: one.get("role") != "decider"):
        parts = (one.get("job_title"), part(one, "role"), part(one, "attitude"))
        yield one["title"], " · ".join(p for p in parts if p)


@on_paper("account", "known")
def of_known(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Colleagues, how often and when last."""
    for user in data["users"][:4]:
        yield user["title"], f"{word(ctx, 'times', n=user['times'])} · {when(ctx, user['last'])}"


@on_paper("account", "feelings")
def of_feelings(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Stars and complaints."""
    if data.get("satisfaction") is not None:
        yield word(ctx, "satisfaction"), f"{float(data['satisfaction']):.1f} / 5"
    waits = f" · {data['open']} {word(ctx, 'open')}" if data["open"] else ""
    yield word(ctx, "complaints"), f"{data['complaints']}{waits}"


@on_paper("account", "group")
def of_group(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Companies with what they and all below them bought."""
    for node in data["nodes"]:
        yield (
            "　" * node["depth"] + node["title"],
            amount(node["sum"]["amount"], ctx.workspace.currency, ctx.actor.language),
        )


@on_paper("", "relations")
def of_relations(ctx: Context, data: Mapping[str, Any]) -> Lines:
    """Who is what to whom."""
    labels = options(ctx, "relation", "role")
    for row in data["rows"]:
        label = labels.get(row["role"] or "")
        yield (
            ("→ " if row["out"] else "← ") + (say(label, ctx.actor.language) if label else ""),
            row["other"]["title"] or "",
        )
