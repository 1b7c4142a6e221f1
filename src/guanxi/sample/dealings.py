"""What follows a deal in invented data: contracts, orders, payments, cases, visits, other contact, who reports to whom and who knows whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from guanxi.sample.made import Made
from guanxi.sample.story import round_to
from guanxi.sample.tongue import Good

if TYPE_CHECKING:
    from guanxi.sample.story import Story

OBJECTS = ("contract", "order", "order_line", "payment", "case", "visit", "interaction", "relation", "consent")
"""What is made here, each after what it points to."""


THINGS = ("台", "套", "piece", "set", "unit")
"""Units of what can break."""

SATISFIED = {"complaint": (8, 22, 34, 24, 12), "other": (38, 40, 15, 5, 2)}
"""How often a case is rated with five stars down to one."""

HOURS = {"urgent": 3, "high": 8, "normal": 24, "low": 60}
"""How long half of the cases take."""


@dataclass(frozen=True, slots=True)
class Words:
    """What people write about it, with places for ``{product} {firm} {person}``."""

    contract: str
    cases: Mapping[str, Sequence[tuple[str, str]]]
    visits: Sequence[tuple[str, str, str, str]]
    """Purpose, subject, result, next step."""
    contact: Sequence[tuple[str, str, str, str]]
    """Kind, direction, subject, body."""


WORDS: Mapping[str, Words] = {
    "zh": Words(
        "{firm} {product}年度框架合同",
        {
            "complaint": (
                ("{product}交付延误", "原定周一到货，到今天还没有收到，影响我们排产。"),
                ("{product}主轴异响", "运行两小时后有异响，已停机。希望尽快派人到现场。"),
                ("上门工程师迟到", "约好九点，十一点才到，也没有提前说明。"),
            ),
            "fault": (("{product}无法开机", "通电后指示灯不亮，电源已经换过。"), ("{product}数据偶尔丢失", "每天早上第一批数据不完整。")),
            "question": (("{product}如何校准", "想确认校准周期和所需工具。"), ("发票怎么补开", "上个月的发票抬头要改。")),
            "request": (("申请{product}培训", "新来三位同事，希望安排半天培训。"),),
        },
        (
            ("follow_up", "拜访{firm}设备部", "对方认可精度指标，担心交期", "周五前给出分批交付方案"),
            ("demo", "{product}现场演示", "质量部很满意，采购要求再降价", "准备三年总成本对比"),
            ("delivery", "{product}到货验收", "验收通过，签字完成", ""),
            ("care", "节前回访{firm}", "合作顺利，提到明年要扩产", "一月发扩产方案"),
        ),
        (
            ("email", "out", "{product}报价单", "报价已发，附技术参数。"),
            ("email", "in", "询问{product}付款条件", "付款条件能不能改到 3-6-1？"),
            ("wechat", "in", "问{product}什么时候到货", "{person}：这批什么时候能到？"),
            ("web_visit", "in", "浏览{product}产品页", ""),
            ("campaign_response", "in", "报名秋季技术开放日", "报名 3 人参加。"),
            ("social_mention", "in", "在行业论坛提到我们", "对售后响应评价不错。"),
        ),
    ),
    "en": Words(
        "{firm}: frame contract for {product}",
        {
            "complaint": (
                ("{product} delivered late", "It was promised for Monday and is still not here; our line waits for it."),
                ("{product} made a noise", "After two hours it began to rattle, and we stopped it. Please send somebody."),
                ("Engineer came two hours late", "Nine was agreed, he came at eleven, and nobody had told us."),
            ),
            "fault": (("{product} will not start", "No light comes on; we have changed the supply."), ("{product} lost data", "The first batch each morning is incomplete.")),
            "question": (("How to calibrate {product}", "How often, and with what?"), ("Another invoice title", "Last month's invoice needs another title.")),
            "request": (("Training for {product}", "Three people are new; half a day would do."),),
        },
        (
            ("follow_up", "Visit to {firm}", "They accept the precision and worry about delivery", "Plan for delivery in parts by Friday"),
            ("demo", "{product} shown on site", "Quality is happy, purchasing wants a lower price", "Compare the cost over three years"),
            ("delivery", "{product} accepted", "Accepted and signed", ""),
            ("care", "Call on {firm} before the holidays", "All well; they mean to grow next year", "Send a plan for it in January"),
        ),
        (
            ("email", "out", "Quotation for {product}", "Sent with the data sheet."),
            ("email", "in", "Terms of payment for {product}", "Could the terms be 30-60-10?"),
            ("chat", "in", "When will {product} be here?", "{person}: when does this batch come?"),
            ("web_visit", "in", "Looked at the page of {product}", ""),
            ("campaign_response", "in", "Signed up for the open day", "Three people will come."),
            ("social_mention", "in", "Named us in a trade forum", "Good words about our service."),
        ),
    ),
}  # fmt: skip


class Dealings:
    """Adds to each company of a story what came of it."""

    def __init__(self, story: Story, goods: Sequence[Good]) -> None:
        self.story, self.goods, self.rng = story, goods, story.rng
        self.words = WORDS[story.home.language]
        self.known: list[str] = []

    def follow(self, told: Sequence[Made]) -> list[Made]:
        """The records that follow from those of one company, which they may change a little."""
        account = told[0]
        if account.object != "account":
            return []
        contacts = [m for m in told if m.object == "contact"]
        won = [m for m in told if m.object == "opportunity" and any(c.get("stage") == "won" for _, c in m.then)]
        self.people(account, contacts)
        out: list[Made] = []
        for deal in won:
            out += self.sold(account, contacts, deal)
        out += self.service(account, contacts, [m for m in out if m.object == "order"])
        out += self.contact(account, contacts, told)
        if self.known and self.rng.random() < 0.25:
            out.append(self.relation(account))
        self.known = [*self.known[-30:], account.id]
        return out

    # -- people ----------------------------------------------------------------------------------------------------

    def people(self, account: Made, contacts: Sequence[Made]) -> None:
        """Who decides and how they stand to us; the others report to the one who decides, or to whom that one does."""
        rng, home = self.rng, self.story.home.language
        boss = next((c for c in contacts if c.values.get("role") == "decider"), contacts[0] if contacts else None)
        for c in contacts:
            if rng.random() < 0.75:
                c.values["influence"] = "high" if c is boss else rng.choice(("medium", "medium", "low"))
                c.values["attitude"] = rng.choices(("supporter", "neutral", "opponent", "unknown"), (35, 40, 10, 15))[0]
            if c is not boss and boss is not None and rng.random() < 0.8:
                between = [o for o in contacts if o.values.get("reports_to") == boss.id and o.object == "contact"]
                over = rng.choice(between) if len(between) > 1 and rng.random() < 0.5 else boss
                c.values["reports_to"] = over.id
            if home == "zh" and c.values.get("birthday"):
                c.values["birthday_calendar"] = rng.choice(("solar", "solar", "lunar"))
        if rng.random() < 0.06:
            account.values["unwanted_channels"] = rng.choice((["phone"], ["phone", "sms"], ["email"]))

    def relation(self, account: Made) -> Made:
        """Another company that this one has to do with."""
        role = self.rng.choice(("supplier", "partner", "customer", "competitor", "referrer", "dealer"))
        ends = {
            n: {"object": "account", "id": i}
            for n, i in (("from_record", self.rng.choice(self.known)), ("to_record", account.id))
        }
        return Made("relation", {**ends, "role": role}, account.at, account.by)

    # -- what was sold ---------------------------------------------------------------------------------------------

    def sold(self, account: Made, contacts: Sequence[Made], deal: Made) -> list[Made]:
        """A contract now and then, the order of a deal, and what was ordered again later."""
        rng, today = self.rng, self.story.today
        at, change = next((t, c) for t, c in deal.then if c.get("stage") == "won")
        day = date.fromisoformat(change["closed_on"])
        amount = float(next((c["amount"] for _, c in reversed(deal.then) if "amount" in c), deal.values["amount"]))
        out: list[Made] = []
        contract: Made | None = None
        if rng.random() < 0.5:
            ends = day + timedelta(days=rng.choice((180, 365, 365, 730)))
            contract = self.made("contract", account, at, {
                "name": self.fill(self.words.contract, account, deal),
                "opportunity": deal.id, "amount": deal.values["amount"], "signed_on": day.isoformat(), "starts_on": day.isoformat(),
                "ends_on": ends.isoformat(), "status": "active" if ends > today else "ended", "auto_renew": rng.random() < 0.3,
            })  # fmt: skip
            contract.values["number"] = f"HT{day:%y%m}-{contract.id[-6:]}"
            out.append(contract)
        first = True
        while day <= today and len(out) < 60:
            out += self.order(
                account, contacts, deal, contract, day, amount if first else amount * rng.uniform(0.1, 0.6)
            )
            first = False
            day += timedelta(days=int(rng.triangular(25, 150, 60)))
            if rng.random() < 0.25:
                break
        return out

    def order(
        self, account: Made, contacts: Sequence[Made], deal: Made, contract: Made | None, day: date, amount: float
    ) -> list[Made]:
        """An order with its lines and payments."""
        rng, story = self.rng, self.story
        at = max(story.moment(day), account.at)
        old = (story.today - day).days
        status = (
            rng.choices(("completed", "returned", "cancelled"), (92, 3, 5))[0]
            if old > 45
            else rng.choice(("placed", "paid", "shipped"))
        )
        order = self.made("order", account, at, {
            "contact": rng.choice(contacts).id if contacts else None, "opportunity": deal.id, "contract": contract.id if contract else None,
            "channel": rng.choices(("rep", "web", "shop", "dealer", "phone", "marketplace"), (48, 16, 10, 10, 10, 6))[0],
            "ordered_at": at.isoformat(), "status": status,
        })  # fmt: skip
        order.values["number"] = f"SO{day:%y%m}-{order.id[-6:]}"
        out = [order]
        total = 0
        own = next(
            (g for g in self.goods if story.products.get(g.code) == deal.values.get("product")), rng.choice(self.goods)
        )
        for good in (own, *rng.sample(self.goods, min(len(self.goods), rng.choices((0, 1, 2), (45, 35, 20))[0]))):
            share = amount if good is own else amount * rng.uniform(0.04, 0.2)
            quantity = max(1, round(share / good.price))
            price = round_to(share / quantity)
            total += price * quantity
            line = {
                "name": good.name,
                "code": good.code,
                "order": order.id,
                "product": story.products.get(good.code),
                "quantity": quantity,
                "price": price,
            }
            out.append(Made("order_line", line, at, order.by))
        order.values["amount"] = total
        if status in ("completed", "placed", "paid", "shipped"):
            out += self.payments(account, order, day, total, status)
        return out

    def payments(self, account: Made, order: Made, day: date, total: int, status: str) -> list[Made]:
        """What came in, and what is still to."""
        rng, today = self.rng, self.story.today
        parts = (total,) if rng.random() < 0.6 else (round(total * 0.3), total - round(total * 0.3))
        out: list[Made] = []
        for n, part in enumerate(parts, 1):
            due = day + timedelta(days=30 * n)
            waits = due > today if status != "paid" else False
            late = (
                not waits
                and status == "completed"
                and n == len(parts)
                and (today - due).days < 150
                and rng.random() < 0.12
            )
            values: dict[str, Any] = {
                "reference": f"{order.values['number']}-{n}",
                "order": order.id,
                "contract": order.values["contract"],
                "amount": part,
                "due_on": due.isoformat(),
            }
            if waits or late:
                values |= {"status": "planned"}
            else:
                paid = min(due + timedelta(days=rng.randint(-20, 15)), today)
                values |= {
                    "status": "received",
                    "paid_on": max(paid, day).isoformat(),
                    "method": rng.choice(("transfer", "transfer", "acceptance", "alipay")),
                }
            out.append(self.made("payment", account, order.at, values))
        return out

    # -- service and contact ---------------------------------------------------------------------------------------

    def service(self, account: Made, contacts: Sequence[Made], orders: Sequence[Made]) -> list[Made]:
        """What they asked and complained of."""
        rng, story = self.rng, self.story
        out: list[Made] = []
        for order in rng.sample(list(orders), min(len(orders), rng.choices((0, 1, 2, 3), (30, 40, 20, 10))[0])):
            kind = rng.choices(("question", "complaint", "fault", "request"), (35, 25, 25, 15))[0]
            subject, said = rng.choice(self.words.cases[kind])
            day = min(order.at.date() + timedelta(days=rng.randint(3, 120)), story.today)
            at = max(story.moment(day), order.at)
            alive = (story.today - day).days < 12 or rng.random() < 0.06
            good = rng.choice([g for g in self.goods if g.unit in THINGS] or self.goods).short
            case = self.made("case", account, at, {
                "subject": subject.format(product=good), "description": said.format(product=good), "kind": kind, "order": order.id,
                "contact": rng.choice(contacts).id if contacts else None, "channel": rng.choice(("phone", "email", "wechat", "web")),
                "priority": rng.choices(("urgent", "high", "normal", "low"), (24, 26, 42, 8))[0],
                "status": rng.choice(("new", "open", "waiting")) if alive else "new", "opened_at": at.isoformat(),
                "due_at": (at + timedelta(days=3)).isoformat(),
            })  # fmt: skip
            if not alive:
                stars = rng.choices((5, 4, 3, 2, 1), SATISFIED["complaint" if kind == "complaint" else "other"])[0]
                case.then.append((_closed(case, story.now), {"status": "closed", "satisfaction": stars}))
            out.append(case)
        return out

    def contact(self, account: Made, contacts: Sequence[Made], told: Sequence[Made]) -> list[Made]:
        """Visits, messages, traces, and what they agreed to."""
        rng, story = self.rng, self.story
        out: list[Made] = []
        first = account.at.date()
        span = max(1, (story.today - first).days)
        deal = next((m for m in told if m.object == "opportunity"), None)
        for i in range(rng.choices((0, 1, 2, 3), (30, 35, 25, 10))[0]):
            purpose, subject, result, step = rng.choice(self.words.visits)
            ahead = i == 0 and rng.random() < 0.4
            day = (
                story.today + timedelta(days=rng.randint(1, 14))
                if ahead
                else story.today - timedelta(days=int(span * rng.random() ** 1.6))
            )
            at = max(story.moment(day), account.at)
            over = at <= story.now
            who = rng.sample(list(contacts), min(len(contacts), rng.randint(1, 2)))
            values = {
                "subject": self.fill(subject, account, deal), "about": {"object": "account", "id": account.id}, "purpose": purpose,
                "starts_at": at.isoformat(), "ends_at": (at + timedelta(minutes=rng.choice((45, 60, 90)))).isoformat(),
                "status": "done" if over else "planned", "contacts": [c.id for c in who],
                "result": result if over else None, "next_step": (step or None) if over else None,
            }  # fmt: skip
            out.append(
                self.made(
                    "visit",
                    account,
                    at if over else max(account.at, story.now - timedelta(hours=30)),
                    values,
                    account=False,
                )
            )
        for kind, way, subject, said in rng.sample(
            list(self.words.contact), rng.choices((0, 1, 2, 3), (20, 35, 30, 15))[0]
        ):
            person = rng.choice(contacts) if contacts else None
            at = max(story.moment(story.today - timedelta(days=int(span * rng.random() ** 1.6))), account.at)
            values = {
                "subject": self.fill(subject, account, deal, person), "body": self.fill(said, account, deal, person) or None, "kind": kind, "direction": way,
                "at": at.isoformat(), "about": {"object": "account", "id": account.id}, "contact": person.id if person else None,
            }  # fmt: skip
            out.append(self.made("interaction", account, at, values, account=False))
        for c in contacts:
            if rng.random() < 0.25:
                state = "withdrawn" if rng.random() < 0.1 else "given"
                party = {"object": "contact", "id": c.id}
                out.append(
                    Made(
                        "consent",
                        {
                            "party": party,
                            "purpose": "marketing",
                            "channel": "email",
                            "state": state,
                            "at": c.at.isoformat(),
                        },
                        c.at,
                        c.by,
                    )
                )
        return out

    # -- small parts -----------------------------------------------------------------------------------------------

    def made(self, name: str, of: Made, at: datetime, values: dict[str, Any], account: bool = True) -> Made:
        """A record that belongs to a company, and to whoever looks after that."""
        mine = {"account": of.id} if account else {}
        return Made(name, {**mine, **values, "owner": of.values["owner"]}, min(at, self.story.now), of.by)

    def fill(self, text: str, account: Made, deal: Made | None, person: Made | None = None) -> str:
        """A text with its places filled."""
        products = self.story.products
        good = next(
            (g for g in self.goods if deal and products.get(g.code) == deal.values.get("product")), self.goods[0]
        )
        name = person.values["name"]["full"] if person else ""
        return text.format(
            firm=account.values.get("short_name") or account.values["name"], product=good.short, person=name
        )


def _closed(case: Made, now: datetime) -> datetime:
    """When a case was closed. Chance of its own, so that what is told after it stays what it is."""
    rng = Random(f"{case.at} {case.values['subject']}")  # noqa: S311 - invented data, no secret
    hours = HOURS[case.values["priority"]] * rng.lognormvariate(0, 0.9)
    return min(case.at + timedelta(hours=hours), now)
