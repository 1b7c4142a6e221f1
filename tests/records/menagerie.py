"""Random rows of the object with every type, and a reference in Python for what filters, orders and groups mean on them."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.world import FILE, NOW, OPTIONS, World, one_example, pages

from guanxi import records
from guanxi.records import Create, Delete, Update
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import FIGURES
from guanxi.schema.types import TYPES
from guanxi.schema.types.text import plain

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = NOW.astimezone(ZONE).date()

TEXTS = [
    "a",
    "A",
    "ab",
    "AB c",
    "ａｂ",
    "é",
    "É",
    "e",
    "中国移动",
    "中国",
    "国",
    "100%",
    "1_0",
    "1\\0",
    "O'Neil",
    "ß",
    "zz%s AS part",
]
DAYS = [
    "2026-03-05",
    "2026-03-04",
    "2026-03-06",
    "2026-02-28",
    "2026-03-31",
    "2026-01-01",
    "2025-12-31",
    "2024-02-29",
    "1999-12-31",
]
MOMENTS = [
    "2026-03-05T01:30:00Z",
    "2026-03-04T15:59:59.999999Z",
    "2026-03-04T16:00:00Z",
    "2026-03-05T15:59:59Z",
    "2026-03-05T16:00:00Z",
    "2026-02-28T16:00:00Z",
    "2025-12-31T16:00:00Z",
    "2025-12-31T15:00:00Z",
    "2025-03-05T00:00:00Z",
]
SPACE: Mapping[str, list[Any]] = {
    "text": TEXTS,
    "name": TEXTS,
    "longtext": [*TEXTS, "two\nlines"],
    "integer": [0, 1, -1, 5, 5, 10**12, -(2**63), 2**63 - 1],
    "decimal": [0, 1, Decimal("0.5"), Decimal("-0.000001"), Decimal("123456789012.345678"), 10],
    "money": [0, 1, Decimal("0.5"), Decimal("19.99"), -5, 1000000],
    "percent": [0, 50, 100, Decimal("33.33")],
    "boolean": [True, False],
    "date": DAYS,
    "datetime": MOMENTS,
    "select": OPTIONS,
    "multiselect": [[o] for o in OPTIONS] + [OPTIONS[:2], OPTIONS[1:4], []],
    "tags": [["x"], ["x", "y"], ["Y"], ["50%"], [], ["华东", "x"]],
    "email": ["a@example.com", "ab@example.com", "o'neil@example.cn", "中@例子.example"],
    "phone": ["+8613800138000", "010-62345678", "+1 415 555 2671", "ext. 12345"],
    "rating": [1, 2, 3, 4, 5],
    "duration": [0, 60, 3600, 90],
    "file": [FILE],
}
"""Values that meet each other often; types that are not here take their examples."""


@dataclass
class Menagerie:
    """The rows as they are shown (numbers exact), with the raw ids of links under ``raw``: also of what is in the bin."""

    world: World
    rows: dict[str, dict[str, dict[str, Any]]]
    raw: dict[str, dict[str, dict[str, Any]]]
    forms: dict[str, str]
    """The form that phones and addresses are kept in, by the form that they were written in."""

    def all(self, object_name: str) -> dict[str, dict[str, Any]]:
        return self.rows[object_name]

    def entity(self, object_name: str) -> Entity:
        return self.world.catalog.object(object_name)


async def fill(world: World, animals: int = 70) -> Menagerie:
    """Commit keepers and animals; some of both go to the recycle bin."""
    rng = random.Random(7)
    raw: dict[str, dict[str, dict[str, Any]]] = {"keeper": {}, "zoo": {}}
    async with world.act() as ctx:
        keepers = [
            {
                "name": rng.choice(TEXTS),
                "skill": rng.choice([*OPTIONS, None]),
                "salary": rng.choice([0, 10, 10, 20, None]),
                "since": rng.choice([*DAYS, None]),
            }
            for _ in range(9)
        ]
        made = await records.write(ctx, "keeper", [Create(k) for k in keepers])
        keeper_ids = [o.id or "" for o in made]
        zoo = world.catalog.object("zoo")
        values: list[dict[str, Any]] = []
        for _ in range(animals):
            row: dict[str, Any] = {}
            for name, f in zoo.fields.items():
                if f.system or f.of or f.readonly or TYPES[f.type].made or name in ("code", "parent"):
                    continue
                if name in ("keeper", "friends"):
                    value: Any = (
                        rng.choice(keeper_ids) if name == "keeper" else rng.sample(keeper_ids, rng.randint(0, 3))
                    )
                elif name == "owner":
                    value = rng.choice([world.id(n) for n in ("admin", "rep1", "rep2", "boss")])
                else:
                    value = rng.choice(SPACE[name]) if name in SPACE else one_example(f, rng, {})
                if TYPES[f.type].unit and rng.random() < 0.4:
                    value = {"amount": value, "currency": rng.choice(["EUR", "JPY"])}
                row[name] = None if rng.random() < 0.25 and not f.required else value
            values.append(row)
        made = await records.write(ctx, "zoo", [Create(v) for v in values])
        ids = [o.id or "" for o in made]
        links = [Update(i, {"parent": rng.choice(ids)}) for i in ids if rng.random() < 0.7]
        await records.write(ctx, "zoo", links)
        parents = {u.id: u.values["parent"] for u in links}
        await records.write(ctx, "zoo", [Delete(i) for i in ids[:4]])
        await records.write(ctx, "keeper", [Delete(keeper_ids[0])])
        for i, v in zip(ids, values, strict=True):
            raw["zoo"][i] = {
                "keeper": v["keeper"],
                "friends": v["friends"] or [],
                "parent": parents.get(i),
                "owner": v["owner"],
            }
        for i in keeper_ids:
            raw["keeper"][i] = {"owner": world.id("admin")}
    async with world.db.connection() as owner:  # a table that was never counted is planned as if it were empty
        for name in ("keeper", "zoo"):
            await owner.execute(f'ANALYZE "{world.workspace.schema}"."{name}"')
    async with world.desk() as desk:
        found = Menagerie(world, {}, raw, {})
        ctx = desk.as_()
        for name in ("keeper", "zoo", "user"):
            found.rows[name] = {r["id"]: r for r in await pages(ctx, name, {})}
        for i, v in zip(ids, values, strict=True):
            if i in found.rows["zoo"]:
                found.forms |= {v[n]: found.rows["zoo"][i][n] for n in ("phone", "email", "url") if v[n]}
        return found


# -- what filters mean -------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """As ``contains`` and ``starts_with`` compare: case and width do not count."""
    return unicodedata.normalize("NFKC", text).lower()


def empty(value: Any) -> bool:
    """Whether a shown value is none."""
    return value is None or value == []


CHILD_FIELDS = {"animals": ("zoo", "keeper"), "stays": ("zoo", "friends"), "kids": ("zoo", "parent")}


class Reference:
    """Evaluates filters on shown rows, in two-valued logic."""

    def __init__(self, zoo: Menagerie, me: str) -> None:
        self.zoo = zoo
        self.me = zoo.world.actors[me]

    def matches(self, object_name: str, what: Any) -> set[str]:
        """The records that satisfy the filter."""
        everything = set(self.zoo.all(object_name))
        if what is None:
            return everything
        if "and" in what:
            return everything.intersection(*(self.matches(object_name, p) for p in what["and"]))
        if "or" in what:
            return set[str]().union(*(self.matches(object_name, p) for p in what["or"]))
        if "not" in what:
            return everything - self.matches(object_name, what["not"])
        if "any" in what or "none" in what:
            child, field = CHILD_FIELDS[what.get("any") or what["none"]]
            found: set[str] = set()
            for i in self.matches(child, what.get("where")):
                link = self.zoo.raw[child][i][field]
                found.update(link if isinstance(link, list) else [link])
            return everything & found if "any" in what else everything - found
        if "related" in what:
            figure = next((n for n in FIGURES if n in what), "count")
            asked: dict[str, Any] = dict(what.get(figure) or {"gte": 1})
            field, by = asked.pop("field", None), asked.pop("by", "")
            [(op, value)] = asked.items()
            groups = self.groups(what["related"], what.get("where"))
            if after := what.get("after"):
                groups = self.later(what["related"], groups, after)
            child = CHILD_FIELDS[what["related"]][0]
            return {i for i in everything if self.together(child, groups.get(i, []), figure, field, by, op, value)}
        path = what["field"].split(".")
        return {i for i in everything if self.condition(object_name, i, path, what["op"], what.get("value"))}

    def groups(self, inverse: str, where: Any) -> dict[str, list[str]]:
        """What points to each record and satisfies a filter."""
        child, field = CHILD_FIELDS[inverse]
        out: dict[str, list[str]] = {}
        for i in self.matches(child, where):
            link = self.zoo.raw[child][i][field]
            for parent in link if isinstance(link, list) else [link]:
                out.setdefault(parent, []).append(i)
        return out

    def later(self, inverse: str, groups: Mapping[str, list[str]], after: Mapping[str, Any]) -> dict[str, list[str]]:
        """Of those only what is later than the latest of the others."""
        others = self.groups(after["related"], after.get("where"))
        mine, theirs = (self.zoo.all(CHILD_FIELDS[n][0]) for n in (inverse, after["related"]))
        out: dict[str, list[str]] = {}
        for parent, ids in groups.items():
            latest = max((v for i in others.get(parent, []) if (v := theirs[i][after["latest"]])), default=None)
            if latest is not None:
                out[parent] = [i for i in ids if (v := mine[i][after["field"]]) and v > latest]
        return out

    def together(
        self, child: str, ids: list[str], figure: str, field: str | None, by: str, op: str, value: Any
    ) -> bool:
        """A comparison of the figure over some records of one object."""
        rows = [self.zoo.all(child)[i] for i in ids]
        if field is None:
            return self.number(len(rows), op, value)
        if figure == "latest":
            rows.sort(key=lambda r: (r[by] is not None, r[by] or "", r["id"]))
        rows = [r for r in rows if r[field] is not None]
        values = [r[field] for r in rows]
        kind = self.zoo.entity(child).fields[field].type
        if figure == "count":
            return self.number(len(values), op, value)
        if kind == "money" and figure != "latest" and len({r[f"{field}_currency"] for r in rows}) > 1:
            found: Any = None  # amounts of several currencies are never added up
        elif figure == "sum":
            found = sum(values)
        elif not values:
            found = None
        elif figure == "average":
            total = sum(map(Decimal, values), Decimal(0))
            found = (total / len(values)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        else:
            found = values[-1] if figure == "latest" else {"min": min, "max": max}[figure](values)
        if op == "is_empty":
            return (found is None) is (value is not False)
        return found is not None and value is not None and self.compare(kind, found, op, value)

    @staticmethod
    def number(n: int, op: str, value: Any) -> bool:
        if op == "is_empty":
            return value is False
        if value is None:
            return False
        if op == "between":
            return value[0] <= n <= value[1]
        return (n in value) is (op == "in") if op in ("in", "not_in") else PLAIN[op](n, value)

    def condition(self, object_name: str, id: str, path: list[str], op: str, value: Any) -> bool:
        name, *rest = path
        field = self.zoo.entity(object_name).fields[name]
        if rest:
            link = self.zoo.raw[object_name][id][name]
            ids = [i for i in (link if isinstance(link, list) else [link]) if i in self.zoo.all(field.target or "")]
            if op == "is_empty":
                filled = any(self.condition(field.target or "", i, rest, op, False) for i in ids)
                return not filled if value is not False else filled
            return any(self.condition(field.target or "", i, rest, op, value) for i in ids)
        shown = self.zoo.all(object_name)[id][name]
        if TYPES[field.type].link:
            shown = [one["id"] for one in shown] if isinstance(shown, list) else shown and shown["id"]
        if op == "is_empty":
            return empty(shown) is (value is not False)
        if empty(shown) or value is None:
            return False
        return self.compare(field.type, shown, op, value)

    def compare(self, kind: str, shown: Any, op: str, value: Any) -> bool:
        """A comparison of a value that is there."""
        if kind == "address":
            assert op == "contains"
            down = "".join(shown.get(p) or "" for p in ("country", "province", "city", "district", "street"))
            up = ", ".join(
                shown[p] for p in ("street", "district", "city", "province", "postal_code", "country") if shown.get(p)
            )
            return fold(value) in fold(down) or fold(value) in fold(up)
        if kind in ("multiselect", "tags", "links"):
            held = set(shown)
            if op == "contains":
                return value in held
            if op in ("in", "not_in"):
                return bool(held & {v for v in value if v is not None}) is (op == "in")
            return (held == set(value if isinstance(value, list) else [value])) is (op == "eq")
        if kind in ("date", "datetime"):
            return self.temporal(kind, moment(shown) if kind == "datetime" else date.fromisoformat(shown), op, value)
        if kind == "user":
            value = [self.users(v) for v in value] if op in ("in", "not_in") else self.users(value)
            if op in ("in", "not_in"):
                return any(shown in v for v in value) is (op == "in")
            return (shown in value) is (op == "eq")
        if op in ("eq", "ne", "in", "not_in") and kind in ("phone", "email", "url"):
            value = (
                [self.zoo.forms.get(v, v) for v in value]
                if isinstance(value, list)
                else self.zoo.forms.get(value, value)
            )
        if op == "contains":
            return fold(value) in fold(plain(shown) if kind == "richtext" else shown)
        if op == "starts_with":
            return fold(shown).startswith(fold(value))
        if op in ("in", "not_in"):
            return (shown in [v for v in value if v is not None]) is (op == "in")
        if op == "between":
            return value[0] <= shown <= value[1]
        return PLAIN[op](shown, value)

    def users(self, value: str) -> Iterable[str]:
        if value == "$my_team":
            return self.me.team
        return [self.me.id if value == "$me" else value]

    def temporal(self, kind: str, shown: Any, op: str, value: Any) -> bool:
        if op in ("in", "not_in"):
            return any(self.temporal(kind, shown, "eq", v) for v in value if v is not None) is (op == "in")
        if op == "between":
            return self.temporal(kind, shown, "gte", value[0]) and self.temporal(kind, shown, "lte", value[1])
        if op == "within" and isinstance(value, list):
            return period(kind, value[0])[0] <= shown < period(kind, value[1])[1]
        plain = isinstance(value, str) and value[:1].isdigit() and (kind == "date" or len(value) > 10)
        if (plain or (value == "now" and kind == "datetime")) and op != "within":
            return PLAIN[op](
                shown, NOW if value == "now" else moment(value) if kind == "datetime" else date.fromisoformat(value)
            )
        start, end = period(kind, value)
        return {
            "eq": start <= shown < end,
            "within": start <= shown < end,
            "ne": not start <= shown < end,
            "gt": shown >= end,
            "gte": shown >= start,
            "lt": shown < start,
            "lte": shown < end,
        }[op]


PLAIN: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def moment(text: str) -> datetime:
    """A moment as JSON shows it."""
    return datetime.fromisoformat(text).astimezone(UTC)


# Today is Thursday, the 5th of March 2026, in Shanghai.
PERIODS: Mapping[str, tuple[str, str]] = {
    "today": ("2026-03-05", "2026-03-06"),
    "yesterday": ("2026-03-04", "2026-03-05"),
    "tomorrow": ("2026-03-06", "2026-03-07"),
    "this_week": ("2026-03-02", "2026-03-09"),
    "last_week": ("2026-02-23", "2026-03-02"),
    "this_month": ("2026-03-01", "2026-04-01"),
    "last_month": ("2026-02-01", "2026-03-01"),
    "this_quarter": ("2026-01-01", "2026-04-01"),
    "last_quarter": ("2025-10-01", "2026-01-01"),
    "this_year": ("2026-01-01", "2027-01-01"),
    "last_year": ("2025-01-01", "2026-01-01"),
    "next_month": ("2026-04-01", "2026-05-01"),
}
COUNTED: Mapping[tuple[str, int], tuple[str, str]] = {
    ("last_days", 30): ("2026-02-03", "2026-03-06"),
    ("next_days", 1): ("2026-03-05", "2026-03-07"),
    ("ago_days", 1): ("2026-03-04", "2026-03-05"),
    ("last_months", 1): ("2026-02-05", "2026-03-06"),
    ("last_years", 1): ("2025-03-05", "2026-03-06"),
}


def period(kind: str, value: Any) -> tuple[Any, Any]:
    """Start and end of what a value names."""
    if isinstance(value, dict):
        days = COUNTED[next(iter(value.items()))]
    elif value in PERIODS:
        days = PERIODS[value]
    elif kind == "datetime" and len(value) > 10:
        at = moment(value)
        return at, at + timedelta(microseconds=1)
    else:
        day = date.fromisoformat(value)
        days = (day.isoformat(), (day + timedelta(days=1)).isoformat())
    start, end = (date.fromisoformat(d) for d in days)
    if kind == "date":
        return start, end
    return tuple(datetime.combine(d, time(), ZONE).astimezone(UTC) for d in (start, end))  # type: ignore[return-value]
