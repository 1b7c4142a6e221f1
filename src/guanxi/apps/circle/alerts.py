"""What other departments know of a customer and everybody must know first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from guanxi.apps.circle.asking import Row, among, both, eq, filled, options, rows, since, until
from guanxi.apps.circle.saying import amount, day, days_between, labelled
from guanxi.apps.customers.account import OPEN_CASE
from guanxi.apps.customers.consent import refused
from guanxi.base import Label
from guanxi.pools import Fall, warned
from guanxi.records import Alert, Context, alert, last_change
from guanxi.records.around import Watch

ENDING = 30
"""Days before its end that a contract is spoken of."""
FELL = timedelta(days=180)
"""How long a fall of the grade is spoken of."""
MOST = 200


def firsts(found: Sequence[Row], link: str = "account") -> dict[str, list[Row]]:
    """Rows by what they belong to."""
    out: dict[str, list[Row]] = {}
    for row in found:
        if row.get(link):
            out.setdefault(row[link]["id"], []).append(row)
    return out


def each(say: Callable[[str], str]) -> Label:
    """What is said, in each language."""
    return labelled(say("en"), say("zh"))


def more(n: int, language: str) -> str:
    """How many others there are."""
    return "" if n < 2 else f"，另有 {n - 1} 件" if language == "zh" else f", and {n - 1} more"


@alert("account", "complaint")
async def complaint(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
    """A complaint is not settled."""
    wanted = both(among("account", ids), eq("kind", "complaint"), OPEN_CASE)
    found = await rows(ctx, "case", wanted, "account opened_at owner", "opened_at", MOST)
    today, zone = ctx.env.today, ZoneInfo(ctx.env.timezone)
    out: dict[str, Alert] = {}
    for id, cases in firsts(found).items():
        first = cases[0]
        opened = datetime.fromisoformat(first["opened_at"]).astimezone(zone).date() if first.get("opened_at") else today
        who = (first.get("owner") or {}).get("title") or ""

        def say(language: str, first: Row = first, opened: date = opened, who: str = who, n: int = len(cases)) -> str:
            for_days = days_between(opened, today, language)
            waits = f"已 {for_days}" if language == "zh" else f"for {for_days}"
            return " · ".join(p for p in (first["title"], waits if opened < today else "", who) if p) + more(
                n, language
            )

        out[id] = Alert(labelled("Open complaint", "有未结投诉"), each(say), "danger", "complaint", "case", first["id"])
    return out


@alert("account", "overdue")
async def overdue(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
    """A payment was due and has not come."""
    today = ctx.env.today
    wanted = both(among("account", ids), eq("status", "planned"), until("due_on", (today - timedelta(1)).isoformat()))
    found = await rows(ctx, "payment", wanted, "account amount amount_currency due_on", "due_on", MOST)
    out: dict[str, Alert] = {}
    for id, payments in firsts(found).items():
        first = payments[0]
        due = date.fromisoformat(first["due_on"])
        currency = first.get("amount_currency")
        sums = [p["amount"] for p in payments if p.get("amount") is not None and p.get("amount_currency") == currency]

        def say(language: str, due: date = due, sums: list[float] = sums, currency: str | None = currency) -> str:
            late = days_between(due, today, language)
            text = f"逾期 {late}" if language == "zh" else f"{late} late"
            return f"{text} {amount(sum(sums), currency, language)}" if sums else text

        out[id] = Alert(
            labelled("Overdue payment", "逾期未收款"), each(say), "danger", "payment", "payment", first["id"]
        )
    return out


@alert("account", "ending")
async def ending(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
    """A contract ends soon and does not renew itself."""
    today = ctx.env.today
    last = (today + timedelta(ENDING)).isoformat()
    wanted = both(
        among("account", ids), eq("status", "active"), since("ends_on", today.isoformat()), until("ends_on", last),
        {"not": eq("auto_renew", True)},
    )  # fmt: skip
    found = await rows(ctx, "contract", wanted, "account ends_on", "ends_on", MOST)
    out: dict[str, Alert] = {}
    for id, contracts in firsts(found).items():
        first = contracts[0]
        ends = date.fromisoformat(first["ends_on"])

        def say(language: str, first: Row = first, ends: date = ends) -> str:
            left = days_between(today, ends, language)
            when = f"{day(ends, language)}（还有 {left}）" if language == "zh" else f"{day(ends, language)} (in {left})"
            return f"{first['title']} · {when}"

        out[id] = Alert(
            labelled("Contract ends", "合同即将到期"), each(say), "warn", "contract", "contract", first["id"]
        )
    return out


def chosen(name: str, field: str, title: Label, tone: Literal["danger", "warn"], icon: str) -> Watch:
    """Tells what is chosen in a field with several values."""

    async def watch(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
        labels = options(ctx, name, field)
        out: dict[str, Alert] = {}
        for row in await rows(ctx, name, both(among("id", ids), filled(field)), field, "", MOST):
            names = [labels.get(n, labelled(n, n)) for n in row.get(field) or ()]
            text = {lang: sep.join(n.get(lang) or n["en"] for n in names) for lang, sep in (("en", ", "), ("zh", "、"))}
            if names:
                out[row["id"]] = Alert(title, text, tone, icon, name, row["id"])
        return out

    return watch


for noun in ("account", "contact"):
    no, only = labelled("Not to be reached by", "勿用渠道"), labelled("To be reached only", "只在这些时段联系")
    alert(noun, "channels")(chosen(noun, "unwanted_channels", no, "danger", "channels"))
    alert(noun, "hours")(chosen(noun, "contact_hours", only, "warn", "hours"))


@alert("account", "consent")
@alert("contact", "consent")
@alert("lead", "consent")
async def consent(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
    """A consent was withdrawn and not given again, or held until a day that is past."""
    purposes = options(ctx, "consent", "purpose")
    told: dict[tuple[str, str], list[Row]] = {}
    for row in await rows(ctx, "consent", among("party", ids), "party purpose channel state at until", "-at", MOST):
        if row.get("party"):
            told.setdefault((row["party"]["id"], row.get("purpose") or ""), []).append(row)
    worst: dict[str, tuple[str, Row]] = {}
    for (id, _), said in told.items():
        for channel in dict.fromkeys(row.get("channel") or "any" for row in said):
            found = refused(said, channel, ctx.env.today)
            if found and (id not in worst or (worst[id][0], found[0]) == ("lapsed", "withdrawn")):
                worst[id] = found
    out: dict[str, Alert] = {}
    for id, (why, row) in worst.items():
        purpose = row.get("purpose") or ""
        label = purposes.get(purpose, labelled(purpose, purpose))
        when = row.get("at") if why == "withdrawn" else row["until"]

        def say(language: str, when: str | None = when, label: Label = label) -> str:
            at = f" · {day(when, language, ctx.env.timezone)}" if when else ""
            return f"{label.get(language) or label['en']}{at}"

        title = (
            labelled("Consent withdrawn", "已撤回同意")
            if why == "withdrawn"
            else labelled("Consent lapsed", "同意已过期")
        )
        out[id] = Alert(title, each(say), "danger", "consent", "consent", row["id"])
    return out


@alert("account", "untouched")
async def untouched(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
    """It was left without a visit, or any contact, for longer than its grade allows."""
    today = ctx.env.today
    late = both(among("id", ids), until("service_due", (today - timedelta(1)).isoformat()))
    out: dict[str, Alert] = {}
    for row in await rows(ctx, "account", late, "service_due", "", MOST):
        due = date.fromisoformat(row["service_due"])
        said = {n: days_between(due, today, n) for n in ("en", "zh")}
        text = labelled(f"visit or contact {said['en']} late", f"拜访或联系已超期 {said['zh']}")
        out[row["id"]] = Alert(labelled("Care overdue", "维护超期"), text, "danger", "untouched", "account", row["id"])
    return out


@alert("account", "grade")
async def grade(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
    """The grade has fallen lately."""
    labels = options(ctx, "account", "grade")
    rank = {name: i for i, name in enumerate(labels)}
    out: dict[str, Alert] = {}
    for id, (at, before, after) in (await last_change(ctx, "account", ids, "grade")).items():
        if at > ctx.now - FELL and before in rank and (after is None or rank.get(after, 0) > rank[before]):

            def say(language: str, before: str = before, after: str | None = after, at: datetime = at) -> str:
                names = [labels[n].get(language) or n if n in labels else "—" for n in (before, after)]
                return f"{names[0]} → {names[1]} · {day(at, language, ctx.env.timezone)}"

            out[id] = Alert(labelled("Grade has fallen", "等级下降"), each(say), "warn", "grade", "account", id)
    return out


def falls_into(object_name: str) -> Watch:
    """It is about to fall into a pool: into which, when, and by which rule."""

    async def falling(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
        out: dict[str, Alert] = {}
        for id, fall in (await warned(ctx, object_name, ids)).items():

            def say(language: str, fall: Fall = fall) -> str:
                return f"{fall.pool} · {day(fall.on, language)} · {fall.rule}"

            title = labelled("About to fall into a pool", "即将回收到公海")
            out[id] = Alert(title, each(say), "warn", "falls", object_name, id)
        return out

    return falling


for _name in ("account", "lead"):
    alert(_name, "falls")(falls_into(_name))
