"""The rows of an invented company: accounts with contacts, deals, orders, and what passed between them and the sales people.

Each is made of its number alone, so that any process makes its part of them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guanxi.sample.story import INDUSTRIES, LOST, SOURCES, TONGUES, WEIGHTS
from guanxi.schema.catalog import Catalog

START = datetime(2023, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=1095)
STAGES = ("qualification", "needs", "proposal", "negotiation", "won", "lost")
STAGE_WEIGHTS = (9, 8, 8, 6, 42, 27)
CHANCE = {"qualification": 10, "needs": 30, "proposal": 50, "negotiation": 80, "won": 100, "lost": 0}

Row = dict[str, object]


@dataclass(frozen=True)
class Plan:
    """What a seeding process needs to know."""

    url: str
    schema: str
    rows: int
    users: tuple[str, ...]
    catalog: Catalog

    def number(self, kind: str) -> int:
        """How many records of a kind there are."""
        return int(self.rows * KINDS[kind][1])


def record_id(kind: str, i: int, at: datetime) -> str:
    """The id of the ``i``-th record of a kind: a UUIDv7 of its time, the same in every process."""
    tail = hashlib.blake2b(f"{kind}:{i}".encode(), digest_size=10).hexdigest()
    text = f"{int(at.timestamp() * 1000):012x}7{tail[:3]}{'89ab'[int(tail[3], 16) % 4]}{tail[4:19]}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def moment(i: int, n: int) -> datetime:
    """When the ``i``-th of ``n`` records came into being."""
    return START + SPAN * (i / n)


def _system(plan: Plan, kind: str, i: int, rng: random.Random, owner: str) -> Row:
    made = moment(i, plan.number(kind))
    left = START + SPAN - made
    changed = made + left * (1 - rng.random() ** 0.4)
    return {
        "id": record_id(kind, i, made),
        "created_at": made.isoformat(),
        "updated_at": changed.isoformat(),
        "created_by": owner,
        "updated_by": owner,
    }


def _owner(plan: Plan, rng: random.Random) -> str:
    return plan.users[int(rng.paretovariate(0.8)) % len(plan.users)]


def accounts(plan: Plan, mine: range) -> Iterator[Row]:
    """Companies, seven in ten of them Chinese."""
    rng = random.Random(mine.start)
    places = {tongue.language: [tongue.address(rng) for _ in range(500)] for tongue in TONGUES.values()}
    for i in mine:
        tongue = TONGUES["zh" if rng.random() < 0.7 else "en"]
        place = rng.choice(places[tongue.language])
        industry = rng.choices(INDUSTRIES, WEIGHTS)[0]
        firm = tongue.firm(rng, industry, place)
        people = int(rng.lognormvariate(4.5, 1.2)) + 3
        yield {
            **(system := _system(plan, "account", i, rng, _owner(plan, rng))),
            "held_since": system["updated_at"],
            "name": firm.name,
            "kind": "company",
            "status": rng.choices(("prospect", "customer", "inactive"), (60, 30, 10))[0],
            "grade": rng.choices(("strategic", "important", "ordinary", None), (3, 12, 60, 25))[0],
            "industry": industry,
            "source": rng.choice(SOURCES),
            "phone": tongue.phone(rng, place).replace(" ", ""),
            "email": f"info@{firm.slug}.example" if rng.random() < 0.6 else None,
            "website": f"https://www.{firm.slug}.example",
            "address": place,
            "employees": people,
            "revenue": people * rng.randint(200, 1500) * 1000,
            "revenue_currency": "CNY",
            "founded": rng.randint(1950, 2025),
            "owner": _owner(plan, rng),
        }


def opportunities(plan: Plan, mine: range) -> Iterator[Row]:
    """Deals of those companies; few have many."""
    rng = random.Random(mine.start + 1)
    for i in mine:
        tongue = TONGUES["zh" if rng.random() < 0.7 else "en"]
        good = rng.choice(tongue.goods)
        stage = rng.choices(STAGES, STAGE_WEIGHTS)[0]
        system = _system(plan, "opportunity", i, rng, _owner(plan, rng))
        account = int(plan.rows * rng.random() ** 2)
        closed = stage in ("won", "lost")
        day = datetime.fromisoformat(str(system["created_at"])) + timedelta(days=rng.randint(5, 150))
        yield {
            **system,
            "name": rng.choice(tongue.deals).format(firm=f"{rng.choice(tongue.tags)} {i}", product=good.short),
            "account": record_id("account", account, moment(account, plan.rows)),
            "pipeline": "sales",
            "stage": stage,
            "stage_kind": stage if closed else "open",
            "stage_since": system["updated_at"],
            "amount": int(rng.lognormvariate(11.5, 1.1)),
            "amount_currency": "CNY",
            "probability": CHANCE[stage],
            "close_date": day.date().isoformat(),
            "closed_on": day.date().isoformat() if closed else None,
            "source": rng.choice(SOURCES),
            "lost_reason": rng.choice(LOST[0]) if stage == "lost" else None,
            "owner": _owner(plan, rng),
        }


def _activity(plan: Plan, kind: str, i: int, rng: random.Random) -> tuple[Row, dict[str, str]]:
    at = rng.randrange(plan.rows)
    about = ("account", "opportunity")[rng.random() < 0.6]
    owner = _owner(plan, rng)
    row = _system(plan, kind, i, rng, owner)
    row |= {"about_object": about, "about": record_id(about, at, moment(at, plan.rows)), "owner": owner}
    return row, {"person": TONGUES["zh"].person(rng).full, "firm": "", "product": "", "amount": "30 万", "day": "周三"}


def notes(plan: Plan, mine: range) -> Iterator[Row]:
    """What was written down."""
    rng = random.Random(mine.start + 2)
    for i in mine:
        row, words = _activity(plan, "note", i, rng)
        line = rng.choice(TONGUES["zh"].notes)
        yield {**row, "subject": line.subject, "body": line.body.format(**words)}


def tasks(plan: Plan, mine: range) -> Iterator[Row]:
    """What is to do, and was done."""
    rng = random.Random(mine.start + 3)
    for i in mine:
        row, words = _activity(plan, "task", i, rng)
        line = rng.choice(TONGUES["zh"].tasks)
        done = rng.random() < 0.8
        yield {
            **row,
            "subject": line.subject.format(**words),
            "body": line.body or None,
            "due_at": row["updated_at"],
            "priority": rng.choice(("high", "normal", "normal", "low")),
            "status": "done" if done else "open",
            "done": done,
            "done_at": row["updated_at"] if done else None,
        }


def _mine(plan: Plan, rng: random.Random) -> str:
    """Some account; few have much."""
    at = int(plan.rows * rng.random() ** 2)
    return record_id("account", at, moment(at, plan.rows))


def contacts(plan: Plan, mine: range) -> Iterator[Row]:
    """People at those companies."""
    rng = random.Random(mine.start + 4)
    for i in mine:
        tongue = TONGUES["zh" if rng.random() < 0.7 else "en"]
        person = tongue.person(rng)
        yield {
            **_system(plan, "contact", i, rng, _owner(plan, rng)),
            "name": person.full,
            "account": _mine(plan, rng),
            "mobile": f"+861{rng.randint(3, 9)}{rng.randrange(10**9):09d}",
            "email": f"p{i}@people.example" if rng.random() < 0.5 else None,
            "job_title": rng.choice(("采购经理", "总经理", "Engineer", "Buyer")),
            "owner": _owner(plan, rng),
        }


def orders(plan: Plan, mine: range) -> Iterator[Row]:
    """What they bought."""
    rng = random.Random(mine.start + 5)
    for i in mine:
        system = _system(plan, "order", i, rng, _owner(plan, rng))
        yield {
            **system,
            "number": f"SO-{i:08d}",
            "account": _mine(plan, rng),
            "channel": rng.choice(("rep", "shop", "web", "marketplace", "dealer", "phone")),
            "ordered_at": system["created_at"],
            "status": rng.choices(("placed", "paid", "shipped", "completed", "cancelled"), (6, 6, 8, 75, 5))[0],
            "amount": int(rng.lognormvariate(8.5, 1.3)) + 1,
            "amount_currency": "CNY",
            "owner": _owner(plan, rng),
        }


def calls(plan: Plan, mine: range) -> Iterator[Row]:
    """Calls, seven in ten answered."""
    rng = random.Random(mine.start + 6)
    for i in mine:
        row, words = _activity(plan, "call", i, rng)
        line = rng.choice(TONGUES["zh"].calls)
        yield {
            **row,
            "subject": line.subject.format(**words),
            "body": (line.body or "").format(**words) or None,
            "direction": rng.choice(("out", "out", "in")),
            "result": "reached" if rng.random() < 0.7 else "missed",
            "starts_at": row["created_at"],
        }


def interactions(plan: Plan, mine: range) -> Iterator[Row]:
    """Mails, chats and visits of the web."""
    rng = random.Random(mine.start + 7)
    for i in mine:
        row, _ = _activity(plan, "interaction", i, rng)
        kind = rng.choice(("email", "wechat", "chat", "web_visit"))
        yield {
            **row,
            "subject": {
                "email": "询价邮件",
                "wechat": "微信沟通",
                "chat": "Chat on the web",
                "web_visit": "Visited the prices",
            }[kind],
            "kind": kind,
            "direction": rng.choice(("in", "out")),
            "at": row["created_at"],
        }


KINDS: Mapping[str, tuple[Callable[[Plan, range], Iterator[Row]], float]] = {
    "account": (accounts, 1),
    "opportunity": (opportunities, 1),
    "contact": (contacts, 1),
    "order": (orders, 1.5),
    "note": (notes, 0.5),
    "task": (tasks, 0.5),
    "call": (calls, 0.5),
    "interaction": (interactions, 0.5),
}
"""What is seeded: how it is made, and how many to an account."""
