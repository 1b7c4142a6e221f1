"""From a typed formula to SQL that stands wherever a column would, and never fails.

Numbers are bounded on the way (thirty digits before the point, twelve after it): what grows beyond is empty. How large one
can get is known from its parts, so that ordinary formulas pay nothing for it. What a link leads to is read with the reader's
own predicate: what the reader may not see is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from guanxi.base import Invalid, say
from guanxi.records import access, pointing
from guanxi.schema.catalog import Entity
from guanxi.schema.formula import FUNCTIONS, Typed
from guanxi.schema.formula.functions import LONGEST, UNIT, a_day, a_moment, within
from guanxi.schema.model import Field
from guanxi.schema.types import FieldType

if TYPE_CHECKING:
    from guanxi.records.compile import Compiler

MOST_DIGITS, MOST_SCALE = 60, 40
"""Digits before and after the point from which on a number is cut back to 30 and 12."""
MOST_SQL = 200_000
"""Characters of the SQL of one formula with the formulas in it."""


NULLS = {"number": "numeric", "duration": "numeric", "date": "date", "datetime": "timestamptz", "boolean": "boolean", "link": "uuid", "list": "text[]"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """SQL of a value; of a number also how many ``digits`` before the point and after it (``scale``) it can have; of a text
    how many characters (``length``); of money the SQL of its currency."""

    sql: str
    digits: int = 0
    scale: int = 0
    length: int = LONGEST
    currency: str = ""


def fitted(v: Value, digits: int = 30, scale: int = 12) -> Value:
    """A number cut back: empty beyond ``digits`` before the point, rounded to ``scale`` after it."""
    sql = v.sql if v.scale <= scale else f"round({v.sql}, {scale})"
    if v.digits > digits:
        sql = within(sql, f"-1e{digits}", f"1e{digits}")
    return replace(v, sql=sql, digits=min(v.digits, digits), scale=min(v.scale, scale))


class Maker:
    """Makes the SQL of formulas for one compiler. ``trusted`` formulas use fields that the reader may not see."""

    def __init__(self, c: Compiler, trusted: bool) -> None:
        self.c = c
        self.trusted = trusted

    # -- a whole formula -------------------------------------------------------------------------------------------------

    def truth(self, t: Typed, entity: Entity, alias: str) -> str:
        """SQL of a condition where what is unknown counts as false: as an index can serve it."""
        if t.name in ("and", "or"):
            return "(" + f" {t.name.upper()} ".join(self.truth(a, entity, alias) for a in t.args) + ")"
        if t.name == "not":
            return f"(({self.truth(t.args[0], entity, alias)}) IS NOT TRUE)"
        return self.made(t, entity, alias).sql

    def field(self, entity: Entity, alias: str, name: str) -> str:
        """SQL of the formula field ``name`` in its column's type; empty where the formula cannot be understood any more."""
        derivation = entity.derived[name]
        kind, f = entity.types[name], entity.fields[name]
        tree = derivation.tree
        if tree is None:
            return f"NULL::{kind.column(f)}"
        return f"({self.result(tree, f, kind, entity, alias)})::{kind.column(f)}" + (
            ' COLLATE "C"' if kind.column(f) == "text" else ""
        )

    def result(self, t: Typed, f: Field, kind: FieldType, entity: Entity, alias: str) -> str:
        """SQL of what a formula field holds."""
        if t.kind == "boolean":
            v = self.made(t, entity, alias)
            return v.sql if t.name in ("field", "literal") else f"coalesce({v.sql}, FALSE)"
        v = self.made(t, entity, alias)
        if t.kind == "number":
            scale = 0 if kind.column(f) == "bigint" else int(f.config.get("scale", getattr(kind, "scale", 6)))
            return fitted(v, 18, scale).sql
        if t.kind == "duration":
            return fitted(v, 12, 0).sql
        if t.kind in ("text", "choice"):
            return v.sql if v.length <= 1000 else f"left({v.sql}, 1000)"
        return v.sql

    def currency(self, entity: Entity, alias: str, name: str) -> str:
        """SQL of what the money of the formula field ``name`` is in."""
        tree = entity.derived[name].tree
        if tree is None:
            return "NULL::text"
        v = self.made(tree, entity, alias)
        return f'(CASE WHEN ({v.sql}) IS NOT NULL THEN {v.currency or "NULL"} END)::text COLLATE "C"'

    # -- parts -----------------------------------------------------------------------------------------------------------

    def made(self, t: Typed, entity: Entity, alias: str) -> Value:
        """SQL of a part, within bounds."""
        v = self.part(t, entity, alias)
        if len(v.sql) > MOST_SQL or len(v.currency) > MOST_SQL:
            raise Invalid.one("formula", "too_complex", limit=MOST_SQL)
        if v.digits > MOST_DIGITS or v.scale > MOST_SCALE:
            v = fitted(v)
        if t.kind == "text" and v.length > LONGEST and t.name != "field":
            v = replace(v, sql=f"left({v.sql}, {LONGEST})", length=LONGEST)
        return v

    def part(self, t: Typed, entity: Entity, alias: str) -> Value:
        """SQL of a part."""
        match t.name:
            case "field":
                return self.path(t.value, entity, alias)
            case "literal":
                return self.literal(t)
            case "and" | "or" | "not":
                return Value(f"coalesce({self.truth(t, entity, alias)}, FALSE)")
            case "isempty":
                return self.is_empty(t.args[0], entity, alias)
            case "if" | "ifs":
                return self.choose(t, entity, alias)
            case _:
                return self.call(t, [self.made(a, entity, alias) for a in t.args])

    def literal(self, t: Typed) -> Value:
        """What is written in the formula, as an argument."""
        bind = self.c.bind
        if t.value is None:
            return Value(f"NULL::{NULLS.get(t.kind, 'text')}")
        if t.kind == "number":
            digits = max(t.value.adjusted() + 1, 1)
            return Value(bind(t.value, "numeric"), digits, max(-t.value.as_tuple().exponent, 0))
        kind = {"boolean": "boolean", "date": "date"}.get(t.kind, "text")
        return Value(bind(t.value, kind), length=len(str(t.value)))

    def path(self, path: Sequence[str], entity: Entity, alias: str) -> Value:
        """A field, of the record or along its links; what the reader may not see is empty."""
        name = path[0]
        f = entity.fields[name]
        if len(path) > 1:
            target = self.c.catalog.entities[f.target or ""]
            inner = self.c.alias()
            source, visible = self.c.source(target, inner, trusted=self.trusted)
            match = self.c.points(alias, f, inner)
            v = self.path(path[1:], target, inner)
            query = f" FROM {source} WHERE {match} AND {visible})"
            currency = f"(SELECT {v.currency}{query}" if v.currency else ""
            return replace(v, sql=f"(SELECT {v.sql}{query}", currency=currency)
        kind = entity.types[name]
        if not self.trusted and not access.readable(self.c.actor, entity, f):
            return Value(f"NULL::{'numeric' if kind.formula in ('number', 'duration') else kind.column(f)}")
        column = self.c.column(entity, alias, name, self.trusted)
        if kind.link and not self.trusted:
            column = f"CASE WHEN {pointing.there(self.c, f, kind, alias, column)} THEN {column} END"
        sql = kind.formula_sql(f, column)
        if kind.formula in ("number", "duration"):
            currency = self.c.column(entity, alias, f"{name}_{kind.unit}", self.trusted) if kind.unit else ""
            return Value(sql, 19, 6 if kind.sql == "numeric" else 0, currency=currency)
        return Value(sql, length=int(f.config.get("max", getattr(kind, "longest", 500))))

    def is_empty(self, of: Typed, entity: Entity, alias: str) -> Value:
        """Whether there is no value."""
        if of.kind == "list" and of.name == "field":
            return Value(f"coalesce(cardinality({self.made(of, entity, alias).sql}), 0) = 0")
        return Value(f"({self.made(of, entity, alias).sql}) IS NULL")

    def choose(self, t: Typed, entity: Entity, alias: str) -> Value:
        """``if`` and ``ifs``; money is in what the chosen value is in."""
        tests = [self.truth(a, entity, alias) for a in t.args[: len(t.args) - 1 : 2]]
        pairs = len(t.args) // 2
        if t.name == "if":
            tests, rest = tests[:1], t.args[1:]
            values = [self.made(a, entity, alias) for a in rest]
        else:
            tests = tests[:pairs]
            values = [self.made(a, entity, alias) for a in (*t.args[1 : 2 * pairs : 2], *t.args[2 * pairs :])]

        def cases(parts: Sequence[str]) -> str:
            whens = " ".join(f"WHEN {w} THEN {p}" for w, p in zip(tests, parts, strict=False))
            other = f" ELSE {parts[len(tests)]}" if len(parts) > len(tests) else ""
            return f"(CASE {whens}{other} END)"

        currency = cases([v.currency or "NULL" for v in values]) if any(v.currency for v in values) else ""
        return Value(
            cases([v.sql for v in values]),
            max(v.digits for v in values),
            max(v.scale for v in values),
            max(v.length for v in values),
            currency,
        )

    # -- operators and functions -----------------------------------------------------------------------------------------

    def call(self, t: Typed, args: Sequence[Value]) -> Value:
        """An operator or function of what its arguments are."""
        sqls = [a.sql for a in args]
        if t.name in ("=", "<>", "<", "<=", ">", ">="):
            return self.compared(t, args)
        if t.name in ("+", "-", "*", "/", "^", "minus"):
            return self.arithmetic(t, args)
        f = FUNCTIONS.get(t.name)
        if f is not None and f.sql is not None:
            if f.name in ("min", "max", "ifempty") and t.kind in ("text", "choice"):
                sqls = [f'{s}::text COLLATE "C"' for s in sqls]
            v = Value(f.sql(sqls), length=max((a.length for a in args), default=LONGEST))
            if f.keeps or f.gives == "duration":
                of = Value("", max((a.digits for a in args), default=0), max((a.scale for a in args), default=0))
                v = replace(
                    v,
                    digits=of.digits + (7 if f.gives == "duration" else 1),
                    scale=12 if f.name == "round" else of.scale,
                )
                return self.one_currency(v, args) if t.money else v
            return replace(v, digits=f.digits, scale=12 if f.fraction else 0)
        return self.special(t, args)

    def one_currency(self, v: Value, args: Sequence[Value]) -> Value:
        """Of amounts in several currencies there is no one figure."""
        units = list(dict.fromkeys(a.currency for a in args if a.currency))
        if not units:
            return v
        if len(units) > 1:
            same = " AND ".join(f"coalesce({units[0]}, '') = coalesce({u}, '')" for u in units[1:])
            v = replace(v, sql=f"(CASE WHEN {same} THEN {v.sql} END)")
        return replace(v, currency=units[0])

    def arithmetic(self, t: Typed, args: Sequence[Value]) -> Value:
        """Reckoning with numbers, days, moments and durations."""
        a, b = args[0], args[-1]
        digits, scale = max(a.digits, b.digits), max(a.scale, b.scale)
        kinds = tuple(x.kind for x in t.args)
        if t.name == "minus":
            return replace(a, sql=f"(- {a.sql})")
        less = "- " if t.name == "-" else ""
        if t.kind == "date":
            return Value(f"guanxi.days_later({a.sql}, {less}{b.sql})")
        if t.kind == "datetime":
            seconds = b.sql if kinds[1] == "duration" else f"({b.sql} * 86400)"
            return Value(f"guanxi.seconds_later({a.sql}, {less}{seconds})")
        if t.name == "-" and kinds == ("date", "date"):
            return Value(f"({a.sql} - {b.sql})::numeric", 7)
        if t.name == "-" and kinds == ("datetime", "datetime"):
            return Value(f"extract(epoch FROM ({a.sql} - {b.sql}))", 12, 6)
        match t.name:
            case "+" | "-":
                return self.one_currency(Value(f"({a.sql} {t.name} {b.sql})", digits + 1, scale), args)
            case "*":
                v = Value(f"({a.sql} * {b.sql})", a.digits + b.digits, a.scale + b.scale)
                return replace(v, currency=a.currency or b.currency) if t.money else v
            case "/":
                v = Value(f"round({a.sql} / nullif({b.sql}, 0), 12)", a.digits + b.scale, 12)
                if a.currency and b.currency:
                    return replace(self.one_currency(v, args), currency="")
                return replace(v, currency=a.currency)
            case _:
                return Value(f"guanxi.power({fitted(a).sql}, {fitted(b).sql})", 31, 12)

    def compared(self, t: Typed, args: Sequence[Value]) -> Value:
        """A comparison: null where one side is empty."""
        a, b = args
        if t.args[0].kind in ("text", "choice"):
            return Value(f'({a.sql} {t.name} {b.sql} COLLATE "C")')
        v = Value(f"({a.sql} {t.name} {b.sql})")
        return replace(self.one_currency(v, args), currency="")

    def as_text(self, t: Typed, v: Value) -> Value:
        """SQL of the text that a value is."""
        match t.kind:
            case "number":
                return Value(f"trim_scale({v.sql})::text", length=v.digits + v.scale + 2)
            case "date":
                return Value(f"to_char({v.sql}, 'YYYY-MM-DD')", length=10)
            case "datetime":
                return Value(f"to_char({v.sql} AT TIME ZONE {self.zone}, 'YYYY-MM-DD HH24:MI')", length=16)
            case "duration":
                return Value(f"to_char(make_interval(secs => trunc({v.sql})::float8), 'FMHH24:MI:SS')", length=20)
            case _:
                return replace(v, sql=f"{v.sql}::text")

    @property
    def zone(self) -> str:
        """The reader's time zone, bound."""
        return self.c.bind(ZoneInfo(self.c.env.timezone).key, "text")

    def special(self, t: Typed, args: Sequence[Value]) -> Value:
        """The functions of which the compiler has to know more than their arguments."""
        c, first = self.c, args[0].sql if args else ""
        match t.name:
            case "&":
                parts = [self.as_text(of, v) for of, v in zip(t.args, args, strict=True)]
                joined = " || ".join(f"coalesce({p.sql}, '')" for p in parts)
                return Value(f"nullif({joined}, '')", length=sum(p.length for p in parts))
            case "text":
                return self.as_text(t.args[0], args[0])
            case "replace":
                return _replaced(*args)
            case "label":
                options = t.args[0].field.options if t.args[0].field else ()
                names = [(o.name, say(o.label, c.env.language)) for o in options]
                cases = " ".join(f"WHEN {c.bind(n, 'text')} THEN {c.bind(label, 'text')}" for n, label in names)
                return Value(f"(CASE {first} {cases} ELSE {first} END)" if cases else first, length=500)
            case "me":
                return Value(c.bind(c.actor.id, "uuid"))
            case "today":
                c.dated = True
                return Value(c.bind(c.env.today, "date"))
            case "now":
                c.fresh = c.dated = True
                return Value(c.bind(c.env.now, "timestamptz"))
            case "hour":
                return Value(f"extract(hour FROM ({first} AT TIME ZONE {self.zone}))", 2)
            case "todate":
                return Value(a_day(f"({first} AT TIME ZONE {self.zone})::date"))
            case "todatetime":
                return Value(a_moment(f"({first}::timestamp AT TIME ZONE {self.zone})"))
            case "startof" | "endof":
                unit = str(t.args[1].value)
                start = f"date_trunc('{unit}', {first}::timestamp)"
                if t.name == "endof":
                    start = f"({start} + interval '{UNIT[unit]}' - interval '1 day')"
                return Value(a_day(f"{start}::date"))
            case _:
                raise AssertionError(t.name)


def _replaced(of: Value, part: Value, by: Value) -> Value:
    """SQL of ``replace``; what it could grow to is bounded before it grows."""
    growth = max(min(by.length, 100), 1)
    kept = min(of.length, 100_000 // growth)
    other = f"left(coalesce({by.sql}, ''), 100)" if by.length > 100 else f"coalesce({by.sql}, '')"
    text = f"left({of.sql}, {kept})" if of.length > kept else of.sql
    return Value(f"nullif(replace({text}, coalesce({part.sql}, ''), {other}), '')", length=kept * growth)
