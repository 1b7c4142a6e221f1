# ruff: noqa: SIM905 - a list of words reads best as words
"""The plot of invented data: companies with their people, their deals moving along, and what was done about them.

A :class:`Story` tells one company at a time, so that any number of them is a stream; a seed fixes everything but ids.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.sample.chinese import Chinese
from guanxi.sample.english import English
from guanxi.sample.made import Made
from guanxi.sample.scene import Scene
from guanxi.sample.tongue import Good, Line, Name, Tongue

TONGUES: Mapping[str, Tongue] = {"zh": Chinese(), "en": English()}
OTHER = 0.15
"""The share of companies from the other language's part of the world."""

INDUSTRIES = (
    "manufacturing machinery electronics technology software telecommunications finance retail consumer_goods medical education"
    " construction energy logistics agriculture entertainment marketing services employment"
).split()
WEIGHTS = (16, 12, 12, 8, 6, 3, 3, 5, 8, 6, 2, 4, 6, 7, 3, 1, 1, 3, 1)
SOURCES = "referral website exhibition cold_call campaign search social wecom partner".split()
LOST = ("price competitor no_budget no_need timing no_answer".split(), (28, 22, 18, 8, 16, 8))
EARLY = (26, 28, 28, 18, 14, 10)
"""How many open deals have reached each stage, from the first on."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact while its company's story is told."""

    record: Made
    name: Name
    called: str


class Story:
    """Tells companies of one workspace.

    ``owners`` are the ids of the users who work with them, ``products`` the ids of what is sold by code; ``now`` is the
    moment around which everything is spread. Stages are those of the ``scene``'s catalog, industries and
    goods its own where it says so. A company and its people are called in the language of their own; what is written about
    them is written by the ``owners``, in the workspace's.
    """

    def __init__(
        self, language: str, seed: int, now: datetime, timezone: str, owners: Sequence[str], products: Mapping[str, str],
        scene: Scene,
    ) -> None:  # fmt: skip
        self.rng = random.Random(seed)  # noqa: S311 - invented data, no secret
        self.home = copy(TONGUES.get(language, TONGUES["en"]))
        self.away = copy(TONGUES["en" if self.home.language == "zh" else "zh"])
        for tongue in (self.home, self.away):
            tongue.goods = scene.goods(tongue.language) or tongue.goods
        self.industries = scene.industries or dict(zip(INDUSTRIES, WEIGHTS, strict=True))
        self.stages = {
            p.name: [s.name for s in p.stages if s.kind == "open"] for p in scene.catalog.pipelines_of("opportunity")
        }
        self.zone = ZoneInfo(timezone)
        self.now = now
        self.today: date = now.astimezone(self.zone).date()
        self.owners = owners
        self.products = products
        self.used: set[str] = set()
        self.parents: list[str] = []

    def companies(self, n: int) -> Iterator[list[Made]]:
        """``n`` companies, each with all that belongs to it, and now and then a lead."""
        for i in range(n):
            told = self.company(self.away if self.rng.random() < OTHER else self.home)
            if i % 2:
                told.append(self.lead(self.home))
            yield told

    # -- time ------------------------------------------------------------------------------------------------------

    def moment(self, day: date) -> datetime:
        """Some time of that day's working hours, never later than now unless the day itself lies ahead."""
        while day.weekday() > 4 and day <= self.today:
            day -= timedelta(days=1)
        while day.weekday() > 4:
            day += timedelta(days=1)
        minutes = self.rng.randint(8 * 60 + 40, 18 * 60 + 20)
        found = datetime.combine(day, time(minutes // 60, minutes % 60), self.zone)
        if day <= self.today and found > self.now:
            found = self.now - timedelta(minutes=self.rng.randint(3, 240))
        return found

    def ago(self, least: float, most: float, mode: float | None = None) -> date:
        """A day that many days back."""
        return self.today - timedelta(days=int(self.rng.triangular(least, most, mode)))

    # -- the company -------------------------------------------------------------------------------------------------

    def company(self, tongue: Tongue) -> list[Made]:
        """One account, its contacts, deals and activities."""
        rng = self.rng
        industry = rng.choices([*self.industries], [*self.industries.values()])[0]
        place = tongue.address(rng)
        firm = tongue.firm(rng, industry, place)
        for _ in range(20):
            if firm.name not in self.used:
                break
            firm = tongue.firm(rng, industry, place)
        self.used.add(firm.name)
        owner = rng.choice(self.owners)
        plans = self.plans(rng.choices((0, 1, 2, 3, 4), (18, 37, 26, 13, 6))[0])
        first = min((p.begin for p in plans), default=self.ago(2, 300, 40)) - timedelta(days=rng.randint(1, 60))
        people = int(rng.lognormvariate(5.2, 1.1)) + 8
        won = any(p.kind == "won" for p in plans)
        domain = f"{firm.slug}.example"
        account = Made(
            "account",
            {
                "name": firm.name,
                "short_name": firm.short,
                "kind": "company",
                "status": "customer"
                if won
                else "inactive"
                if plans and all(p.kind == "lost" for p in plans) and rng.random() < 0.5
                else "prospect",
                "grade": rng.choices(("strategic", "important", "ordinary", None), (12, 28, 45, 15))[0],
                "industry": industry,
                "source": rng.choice(SOURCES),
                "phone": tongue.phone(rng, place),
                "email": f"info@{domain}" if rng.random() < 0.6 else None,
                "website": f"https://www.{domain}",
                "address": place,
                "employees": people if people < 100 else round(people, -1),
                "revenue": round_to(
                    people * rng.uniform(0.35, 1.6) * (1_000_000 if self.home.language == "zh" else 180_000)
                ),
                "founded": self.today.year - int(rng.triangular(2, 60, 14)),
                "tags": rng.sample(self.home.tags, rng.choices((0, 1, 2), (50, 35, 15))[0]) or None,
                "description": rng.choice((*self.home.about.get(industry, ()), *self.home.about[""]))
                if rng.random() < 0.7
                else None,
                "parent": self.rng.choice(self.parents) if self.parents and self.rng.random() < 0.07 else None,
                "owner": owner,
            },
            self.moment(first),
            owner,
        )
        if account.values["parent"] is None:
            self.parents = [*self.parents[-40:], account.id]
        contacts = [
            self.contact(tongue, account, domain, place, first)
            for _ in range(rng.choices((1, 2, 3, 4, 5), (22, 32, 24, 14, 8))[0])
        ]
        told = [account, *(p.record for p in contacts)]
        for plan in plans:
            told += self.deal(tongue, plan, account, firm.short, contacts)
        told += self.activities(
            account,
            account,
            firm.short,
            contacts,
            None,
            first,
            self.today,
            rng.choices((0, 1, 2, 3, 4), (10, 30, 30, 20, 10))[0],
        )
        return told

    def contact(self, tongue: Tongue, account: Made, domain: str, place: Mapping[str, str], first: date) -> Person:
        """Somebody who works there."""
        rng = self.rng
        name = tongue.person(rng)
        title, department, role = rng.choice(tongue.titles)
        day = first + timedelta(days=rng.randint(0, max(0, min(60, (self.today - first).days))))
        record = Made(
            "contact",
            {
                "name": {"family": name.family, "given": name.given, "full": name.full},
                "account": account.id,
                "job_title": title,
                "department": department,
                "role": role if rng.random() < 0.8 else None,
                "mobile": tongue.mobile(rng, place),
                "phone": tongue.phone(rng, place) if rng.random() < 0.3 else None,
                "email": f"{name.slug}@{domain}",
                "wechat": f"{name.slug.replace('.', '')}{rng.randint(10, 99)}"
                if tongue.language == "zh" and rng.random() < 0.6
                else None,
                "birthday": date(
                    self.today.year - rng.randint(24, 58), rng.randint(1, 12), rng.randint(1, 28)
                ).isoformat()
                if rng.random() < 0.25
                else None,
                "do_not_call": rng.random() < 0.03,
                "owner": account.values["owner"],
            },
            max(self.moment(day), account.at),
            account.by,
        )
        return Person(record, name, tongue.called(name, title))

    def lead(self, tongue: Tongue) -> Made:
        """A first trace of interest from a company that is not known yet."""
        rng = self.rng
        industry = rng.choices([*self.industries], [*self.industries.values()])[0]
        place = tongue.address(rng)
        firm, name = tongue.firm(rng, industry, place), tongue.person(rng)
        owner = rng.choice(self.owners)
        values = {
            "name": {"family": name.family, "given": name.given, "full": name.full},
            "company": firm.name,
            "job_title": rng.choice(tongue.titles)[0],
            "status": "new",
            "source": rng.choice(SOURCES),
            "industry": industry,
            "mobile": tongue.mobile(rng, place),
            "email": f"{name.slug}@{firm.slug}.example",
            "budget": round_to(rng.lognormvariate(0, 0.8) * self.home.goods[0].price) if rng.random() < 0.7 else None,
            "need": rng.choice(tongue.needs) if rng.random() < 0.8 else None,
            "owner": owner,
        }
        made = Made("lead", values, self.moment(self.ago(0, 60, 6)), owner)
        status = rng.choices(("new", "contacted", "qualified", "unqualified"), (40, 30, 18, 12))[0]
        if status != "new":
            made.then.append((self.between(made.at, self.now), {"status": status}))
        return made

    # -- deals -------------------------------------------------------------------------------------------------------

    def plans(self, n: int) -> list[Plan]:
        """How a company's deals run: which are open, won or lost, and when."""
        rng = self.rng
        out: list[Plan] = []
        for _ in range(n):
            kind = rng.choices(("open", "won", "lost"), (46, 33, 21))[0]
            again = "renewal" in self.stages and any(p.kind == "won" for p in out) and rng.random() < 0.5
            pipeline = "renewal" if again else next(iter(self.stages))
            stages = len(self.stages[pipeline])
            if kind == "open":
                begin = self.ago(0, 110, 20)
                end = self.today + timedelta(days=int(rng.triangular(-12, 100, 28)))
                reached = rng.choices(range(stages), (EARLY * 20)[:stages])[0]
            else:
                end = self.ago(0, 320, 30)
                begin = end - timedelta(days=int(rng.triangular(12, 120, 45)))
                reached = stages - (1 if kind == "won" or rng.random() < 0.5 else 2)
            out.append(Plan(kind, pipeline, begin, end, max(0, reached)))
        return out

    def deal(self, tongue: Tongue, plan: Plan, account: Made, short: str, contacts: Sequence[Person]) -> list[Made]:
        """An opportunity with its way through the stages, and what was done about it."""
        rng = self.rng
        good = rng.choices(self.home.goods, (14, 14, 10, 9, 10, 9, 9, 8, 4, 3, 7, 3)[: len(self.home.goods)])[0]
        person = rng.choice(contacts)
        owner = account.values["owner"] if rng.random() < 0.85 else rng.choice(self.owners)
        stages = self.stages[plan.pipeline]
        amount = round_to(good.price * _quantity(good, rng) * rng.uniform(0.85, 1.05))
        local = next(g for g in tongue.goods if g.code == good.code)
        name = rng.choice(tongue.renewals if plan.pipeline == "renewal" else tongue.deals).format(
            firm=short, product=local.short
        )
        begin = max(self.moment(plan.begin), account.at)
        deal = Made(
            "opportunity",
            {
                "name": name,
                "account": account.id,
                "contact": person.record.id,
                "product": self.products.get(good.code),
                "pipeline": plan.pipeline,
                "stage": stages[0],
                "amount": amount,
                "close_date": (
                    plan.end + timedelta(days=0 if plan.kind == "open" else rng.randint(-12, 20))
                ).isoformat(),
                "source": account.values["source"],
                "next_step": rng.choice(self.home.steps) if plan.kind == "open" and rng.random() < 0.75 else None,
                "description": rng.choice(self.home.needs) if rng.random() < 0.4 else None,
                "owner": owner,
            },
            begin,
            owner,
        )
        finish = self.now if plan.kind == "open" else max(self.moment(plan.end), begin + timedelta(hours=2))
        moves: list[dict[str, Any]] = [{"stage": s} for s in stages[1 : plan.reached + 1]]
        if moves and rng.random() < 0.4:
            moves[-1]["amount"] = round_to(amount * rng.uniform(0.82, 1.12))
        if plan.kind == "won":
            moves.append({"stage": "won", "closed_on": min(plan.end, self.today).isoformat(), "next_step": None})
        elif plan.kind == "lost":
            moves.append(
                {
                    "stage": "lost",
                    "closed_on": min(plan.end, self.today).isoformat(),
                    "lost_reason": rng.choices(*LOST)[0],
                }
            )
        step = (finish - begin) / (len(moves) + (1 if plan.kind == "open" else 0) or 1)
        for i, change in enumerate(moves, 1):
            last = i == len(moves) and plan.kind != "open"
            deal.then.append((finish if last else begin + step * (i - rng.uniform(0, 0.4)), change))
        count = rng.choices((1, 2, 3, 4, 5, 6), (14, 24, 26, 18, 12, 6))[0]
        until = self.today if plan.kind == "open" else min(plan.end, self.today)
        return [
            deal,
            *self.activities(
                account, deal, short, [person, *contacts], good, plan.begin, until, count, plan.kind == "open"
            ),
        ]

    # -- activities --------------------------------------------------------------------------------------------------

    def activities(
        self, account: Made, about: Made, short: str, people: Sequence[Person], good: Good | None,
        since: date, until: date, n: int, alive: bool = False,
    ) -> list[Made]:  # fmt: skip
        """What was done about a record between two days and, when it is ``alive``, what comes next."""
        rng = self.rng
        out: list[Made] = []
        good = good or rng.choice(self.home.goods)
        owner: str = about.values["owner"]
        amount = about.values.get("amount") or good.price
        span = max(0, (until - since).days)
        won = account.values["status"] == "customer"
        for i in range(n):
            person = people[0] if rng.random() < 0.6 else rng.choice(people)
            target = person.record if about is account and rng.random() < 0.4 else about
            ahead = alive and i == 0 and rng.random() < 0.75
            day = (
                self.today + timedelta(days=int(rng.triangular(-4, 14, 2)))
                if ahead
                else until - timedelta(days=int(span * rng.random() ** 1.4))
            )
            kind = (
                rng.choices(("task", "meeting"), (70, 30))[0]
                if ahead
                else rng.choices(("note", "call", "task", "meeting"), (44, 28, 13, 15))[0]
            )
            when = max(self.moment(day), target.at)
            made = min(when, self.now) if not ahead else max(target.at, self.now - timedelta(hours=rng.randint(2, 120)))
            words = {
                "person": person.called,
                "firm": short,
                "product": good.short,
                "amount": self.home.money(amount),
                "day": self.day(day),
            }
            line = self.line(kind, words, won)
            values: dict[str, Any] = {"about": {"object": target.object, "id": target.id}, "owner": owner}
            record = Made(kind, values, made, owner)
            out.append(record)
            if kind == "call":
                reached = rng.random() < 0.82
                if not reached:
                    line = self.line("missed", words, won)
                values |= {
                    "direction": "out" if rng.random() < 0.75 else "in",
                    "result": "reached" if reached else "missed",
                    "starts_at": when.isoformat(),
                    "duration": rng.randint(60, 1500) if reached else None,
                }
            elif kind == "meeting":
                begins = when.replace(minute=30 if when.minute >= 30 else 0, second=0)
                held = begins <= self.now
                values |= {
                    "starts_at": begins.isoformat(),
                    "ends_at": (begins + timedelta(minutes=rng.choice((30, 60, 60, 90, 120)))).isoformat(),
                    "place": rng.choice(self.home.places),
                    "status": "planned" if not held else "cancelled" if rng.random() < 0.06 else "held",
                    "attendees": [owner],
                    "contacts": [person.record.id],
                }
                record.at = min(made, max(target.at, begins - timedelta(days=rng.randint(1, 6))))
            elif kind == "task":
                values |= {
                    "due_at": when.astimezone(self.zone).replace(hour=18, minute=0).isoformat(),
                    "priority": rng.choices(("high", "normal", "low"), (22, 63, 15))[0],
                    "status": "open",
                }
                if not ahead:
                    record.at = max(target.at, made - timedelta(days=rng.randint(0, 5)))
                    done = max(record.at, made)
                    record.then.append((done, {"status": "done" if rng.random() < 0.92 else "dropped"}))
            values |= {"subject": line.subject, "body": line.body or (line.subject if kind == "note" else None)}
        return out

    def line(self, kind: str, words: Mapping[str, str], won: bool) -> Line:
        """Something that people write of such a thing, with its places filled."""
        every = {
            "note": self.home.notes,
            "call": self.home.calls,
            "missed": self.home.missed,
            "meeting": self.home.meetings,
            "task": self.home.tasks,
        }[kind]
        found = self.rng.choice([one for one in every if won or not one.won])
        return Line(found.subject.format(**words), found.body.format(**words))

    def day(self, day: date) -> str:
        """A day as people write it in passing."""
        soon = day + timedelta(days=self.rng.randint(1, 7))
        return self.home.date_format.format(m=soon.month, d=soon.day, month=soon.strftime("%B"))

    def between(self, first: datetime, last: datetime) -> datetime:
        """Some moment between two."""
        return first + (last - first) * self.rng.random()


@dataclass(frozen=True, slots=True)
class Plan:
    """How a deal runs: open, won or lost; from when to when; the index of the last open stage that it reached."""

    kind: str
    pipeline: str
    begin: date
    end: date
    reached: int


def _quantity(good: Good, rng: random.Random) -> int:
    match good.unit:
        case "台" | "piece":
            return int(rng.triangular(2, 60, 8)) if good.price < 10_000 else int(rng.triangular(1, 6, 2))
        case "人天" | "场" | "day":
            return int(rng.triangular(4, 60, 15))
        case "年" | "year":
            return rng.choice((1, 1, 2, 3))
        case _:
            return rng.choices((1, 2, 3), (75, 20, 5))[0]


def round_to(value: float) -> int:
    """Three significant digits, as people estimate."""
    whole = max(1, int(value))
    return int(round(whole, 3 - len(str(whole)))) if whole >= 1000 else whole
