"""Days and moments, and how they are read from spreadsheets."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from datetime import timezone as fixed_zone
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from guanxi.schema.model import Field, Label
from guanxi.schema.types.base import COMPARE, Bad, Bind, Env, FieldType, shown
from guanxi.schema.types.periods import DAY, Period, moments, read_period

# -- reading text ----------------------------------------------------------------------------------------------------

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1)
    for name in names.split()
}  # fmt: skip
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WEEKDAY = re.compile(
    r"^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)[a-z]*[,.]?\s+|\s*[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?\s*",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"([0-9]{{1,2}})(?:st|nd|rd|th|\.)?[\s\-/.,]*(?:of\s+)?({_NAME})\.?[\s\-/.,]*([0-9]{{4}}|'?[0-9]{{2}})(?![0-9:])",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"({_NAME})\.?[\s\-/.]*([0-9]{{1,2}})(?:st|nd|rd|th)?[\s\-/.,]+([0-9]{{4}}|'?[0-9]{{2}})(?![0-9:])", re.IGNORECASE
)
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})[\s\-/.]*({_NAME})\.?[\s\-/.]*([0-9]{{1,2}})(?![0-9:])", re.IGNORECASE)
_CHINESE = re.compile(r"([0-9]{4}|[0-9]{2})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]?")
_REPUBLIC = re.compile(r"(?:中[华華])?民[国國]\s*([0-9]{1,3})\s*[年/.-]\s*([0-9]{1,2})\s*[月/.-]\s*([0-9]{1,2})\s*日?")
"""Years since 1911, as Taiwan counts them."""
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])")
_NUMERIC = re.compile(r"([0-9]{1,4})\s*([-/.])\s*([0-9]{1,2})\s*\2\s*([0-9]{1,4})(?![0-9])")
_HALF = r"(?P<{}>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚|[ap]\.?\s?m\.?(?![a-z]))"
_TIME = re.compile(
    rf"(?:{_HALF.format('before')}\s*)?(?P<hour>[0-9]{{1,2}})(?:\s*[:时点]\s*(?P<minute>[0-9]{{1,2}})?(?P<half>半)?(?:\s*[:分]\s*(?P<second>[0-9]{{1,2}})?"
    rf"(?:[.,](?P<fraction>[0-9]{{1,9}}))?)?\s*秒?)?\s*(?:{_HALF.format('after')})?"
    r"\s*(?P<zone>z|utc|gmt|(?:utc|gmt)?\s*[+-][0-9]{1,2}(?::?[0-9]{2})?)?",
    re.IGNORECASE,
)


def read_day(text: str, order: str) -> tuple[date, str]:
    """The day that ``text`` starts with, and the rest of the text. ``order`` is of ``ymd dmy mdy``. Raises Bad."""
    plain = _WEEKDAY.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    for pattern, parts in (
        (_CHINESE, "ymd"),
        (_YEAR_FIRST, "ymd"),
        (_DAY_FIRST, "dmy"),
        (_MONTH_FIRST, "mdy"),
        (_COMPACT, "ymd"),
    ):
        if found := pattern.match(plain):
            value = dict(zip(parts, found.groups(), strict=True))
            return _date(value["y"], value["m"], value["d"], text), plain[found.end() :]
    if found := _REPUBLIC.match(plain):
        return _date(str(1911 + int(found[1])), found[2], found[3], text), plain[found.end() :]
    if found := _NUMERIC.match(plain):
        a, sign, b, c = found.groups()
        return _in_order(a, b, c, sign, order, text), plain[found.end() :]
    raise Bad("not_a_date", value=shown(text))


def _in_order(a: str, b: str, c: str, sign: str, order: str, text: str) -> date:
    """Three numbers as a date: by what they can only mean, else by ``order``."""
    if 3 in (len(a), len(c)):
        raise Bad("not_a_date", value=shown(text))
    if len(a) > 2:
        return _date(a, b, c, text)
    if order == "ymd":
        if len(c) < 4:
            return _date(a, b, c, text)
        if sign == "." or a == b or int(a) > 12 >= int(b):
            return _date(c, b, a, text)
        if int(b) > 12 >= int(a):
            return _date(c, a, b, text)
        raise Bad("ambiguous_date", value=shown(text))
    day, month = (a, b) if order == "dmy" else (b, a)
    if int(month) > 12 >= int(day):
        day, month = month, day
    return _date(c, month, day, text)


def _date(year: str, month: str, day: str, text: str) -> date:
    y = int(year.lstrip("'"))
    if len(year.lstrip("'")) <= 2:
        y += 2000 if y < 69 else 1900
    try:
        return date(y, _MONTHS.get(month.lower()) or int(month), int(day))
    except ValueError:
        raise Bad("not_a_date", value=shown(text)) from None


def read_moment(text: str, order: str, timezone: str) -> datetime:
    """A day and perhaps a time, as people write them; in ``timezone`` unless it names its own zone. Raises Bad."""
    day, rest = read_day(text, order)
    rest = rest.strip().lstrip(",").strip()
    if rest[:1] in ("T", "t"):
        rest = rest[1:]
    zone: Any = ZoneInfo(timezone)
    try:
        if not rest:
            return datetime.combine(day, time(), zone).astimezone(UTC)
        found = _TIME.fullmatch(rest)
        if found is None or not (found["minute"] or re.search("[:时点apm午晨上]", rest, re.IGNORECASE)):
            raise Bad("not_a_datetime", value=shown(text))
        moment = datetime.combine(day, _time(found), _zone(found["zone"]) or zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Bad):
            raise
        raise Bad("not_a_datetime", value=shown(text)) from None


def _time(found: re.Match[str]) -> time:
    hour, minute = int(found["hour"]), 30 if found["half"] else int(found["minute"] or 0)
    half = (found["before"] or found["after"] or "").lower()
    if half[:1] == "p" or half in ("下午", "傍晚", "晚上", "晚") or (half == "中午" and hour < 10):
        hour += 12 if hour < 12 else 0
    elif half and hour == 12 and half != "中午":
        hour = 0
    fraction = (found["fraction"] or "0")[:6].ljust(6, "0")
    return time(hour, minute, int(found["second"] or 0), int(fraction))


def _zone(text: str | None) -> fixed_zone | None:
    if not text:
        return None
    digits = text.lower().lstrip("utcgmz ").replace(":", "")
    if not digits:
        return UTC
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return fixed_zone(-offset if digits[0] == "-" else offset)


# -- types -----------------------------------------------------------------------------------------------------------


class Temporal(FieldType):
    """What days and moments share: conditions may name periods, which are compared by their start and their end.

    ``gt this_month`` is after its end, ``gte`` from its start, ``lt`` before its start, ``lte`` until its end; ``eq`` and
    ``within`` are inside it.
    """

    operators = ("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "within", "is_empty")
    aggregates = ("count", "count_distinct", "min", "max")
    grains = True
    config: ClassVar[Mapping[str, str]] = {
        "ago": "`true`: lists tell how many days ago it was, or in how many it will be."
    }

    def problems(self, field: Field) -> list[Label]:
        wrong = not isinstance(field.config.get("ago", False), bool)
        return super().problems(field) + (
            [{"en": "ago is true or false", "zh": "ago 应为 true 或 false"}] if wrong else []
        )

    def period(self, value: object, env: Env) -> Period | None:
        """The period that a macro names, in the terms of the column; None for what is no macro."""
        raise NotImplementedError

    def default(self, field: Field, env: Env) -> Any:
        """A macro such as ``"today"``, ``"now"`` or ``{"in_days": 7}`` stands for its start."""
        period = read_period(field.default, env.today)
        return period.start.isoformat() if period else field.default

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        if op == "within" and isinstance(value, list | tuple):
            ends = [self.operand(field, op, end, env) for end in cast("list[Any]", value)]
            if len(ends) != 2:
                raise Bad("bad_period", value="…")
            return Period(ends[0].start, ends[1].end)
        period = self.period(value, env)
        if period:
            return period
        stored = self.parse(field, value, env)
        if stored is None:
            raise Bad("bad_value", value=shown(value))
        return self.around(stored) if op == "within" else stored

    def around(self, stored: Any) -> Period:
        """The period of one stored value, for ``within``."""
        raise NotImplementedError

    def condition(self, field: Field, op: str, column: str, value: Any, bind: Bind) -> str:
        kind = self.column(field)
        if op in ("in", "not_in") and value:
            plain = [v for v in value if not isinstance(v, Period)]
            tests = [self.condition(field, "eq", column, v, bind) for v in value if isinstance(v, Period)]
            if plain or not tests:
                tests.append(f"{column} = ANY({bind(plain, kind + '[]')})")
            test = " OR ".join(tests)
            return f"({test})" if op == "in" else f"NOT ({test})"
        if op == "between" and any(isinstance(v, Period) for v in value):
            start, end = value
            low = self.condition(field, "gte", column, start, bind)
            return f"({low} AND {self.condition(field, 'lte', column, end, bind)})"
        if not isinstance(value, Period):
            return super().condition(field, op, column, value, bind)
        inside = f"({column} >= {bind(value.start, kind)} AND {column} < {bind(value.end, kind)})"
        if op in ("eq", "within"):
            return inside
        if op == "ne":
            return f"NOT {inside}"
        if op in COMPARE:
            edge = value.start if op in ("gte", "lt") else value.end
            return f"{column} {'>=' if op in ('gt', 'gte') else '<'} {bind(edge, kind)}"
        raise Bad("unknown_operator", op=op)


class Day(Temporal):
    """A day of the calendar, without a time or a zone.

    Stored as ``date``; ``"2026-03-05"`` in JSON. From a spreadsheet also ``2026年3月5日``, ``2026/3/5``, ``2026.3.5``,
    ``20260305``, ``5 Mar 2026``, ``March 5, 2026``, ``5.3.2026``, and ``1/2/26`` in the order that the import states.
    Conditions and defaults take ``"today"``, ``"this_month"``, ``{"last_days": 30}`` and their like.
    """

    config: ClassVar[Mapping[str, str]] = {
        **Temporal.config,
        "yearly": "The field beside it that says by which calendar the day comes back every year: `lunar`, else the solar one."
        " The page shows when that is next.",
    }

    name = "date"
    formula = "date"
    label = {"en": "Date", "zh": "日期"}
    expected = {"en": "a date such as 2026-03-05", "zh": "日期，例如 2026-03-05"}
    sql = "date"

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if isinstance(value, str):
            if len(value) == 10 and value[4] == value[7] == "-":
                try:
                    return date.fromisoformat(value)
                except ValueError:
                    pass
            if not value.strip():
                return None
            raise Bad("not_a_date", value=shown(value))
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        raise Bad("wrong_type", expected=self.expected)

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field)
        named = field.config.get("yearly")
        if named is not None and not (isinstance(named, str) and named.isidentifier()):
            found.append({"en": "yearly is the name of a field", "zh": "yearly 应为字段名称"})
        return found

    def dump(self, field: Field, value: Any) -> Any:
        return value.isoformat()

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        if len(text) == 10 and _ISO_DAY.fullmatch(text):
            return text
        day, rest = read_day(text, env.date_order)
        if rest.strip():  # a time of day that the program before wrote beside it
            try:
                read_moment(text, env.date_order, "UTC")
            except Bad:
                raise Bad("not_a_date", value=shown(text)) from None
        return day.isoformat()

    def period(self, value: object, env: Env) -> Period | None:
        return read_period(value, env.today)

    def around(self, stored: Any) -> Period:
        if stored == date.max:
            raise Bad("bad_period", value=shown(str(stored)))
        return Period(stored, stored + DAY)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def example(self, field: Field, rng: random.Random) -> Any:
        return (date(2026, 1, 1) + timedelta(days=rng.randint(-400, 400))).isoformat()


class Moment(Temporal):
    """A moment: day and time.

    Stored as ``timestamptz`` with microseconds; RFC 3339 in JSON (``"2026-03-05T10:00:00Z"``). What names no zone is meant
    in the user's own, in JSON too. From a spreadsheet the dates of the date type with a time: ``2026/3/5 15:05``,
    ``下午3:05``, ``3:05 PM``, ``15时05分``, and ISO 8601 with its zone. In conditions a day, as ``"2026-03-05"``, means all of
    it in the user's zone; ``"now"`` is this moment.
    """

    name = "datetime"
    formula = "datetime"
    label = {"en": "Date and time", "zh": "日期时间"}
    expected = {"en": "a date and time such as 2026-03-05T10:00:00Z", "zh": "日期时间，例如 2026-03-05T10:00:00Z"}
    sql = "timestamptz"

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        try:
            if isinstance(value, str):
                if len(value) < 10 or value[4] != "-" or value[7] != "-":
                    if not value.strip():
                        return None
                    raise Bad("not_a_datetime", value=shown(value))
                value = datetime.fromisoformat(value)
            if isinstance(value, datetime):
                if value.tzinfo is None:
                    value = value.replace(tzinfo=ZoneInfo(env.timezone))
                return value.astimezone(UTC)
            if isinstance(value, date):
                return datetime.combine(value, time(), ZoneInfo(env.timezone)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            if isinstance(error, Bad):
                raise
            raise Bad("not_a_datetime", value=shown(value)) from None
        raise Bad("wrong_type", expected=self.expected)

    def dump(self, field: Field, value: Any) -> Any:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        if _ISO_MOMENT.fullmatch(text):  # what most programs write, ten times as fast
            return text
        return self.dump(field, read_moment(text, env.date_order, env.timezone))

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        """In the user's zone, without naming it, as spreadsheets have it; the hour that a clock repeats is named."""
        zone = ZoneInfo(env.timezone)
        try:
            local = cast("datetime", value).astimezone(zone)
        except OverflowError:
            return self.dump(field, value)
        plain = local.replace(tzinfo=None, fold=0)
        if plain.replace(tzinfo=zone).astimezone(UTC) != value:
            return local.isoformat(" ")
        return plain.isoformat(" ")

    def period(self, value: object, env: Env) -> Period | None:
        if isinstance(value, str) and len(value) == 10 and _ISO_DAY.fullmatch(value):
            try:
                day = date.fromisoformat(value)
                return moments(Period(day, day + DAY), env.timezone)
            except (ValueError, OverflowError):
                raise Bad("not_a_date", value=value) from None
        if value == "now":
            return None
        days = read_period(value, env.today)
        return moments(days, env.timezone) if days else None

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        return super().operand(field, op, env.now if value == "now" else value, env)

    def around(self, stored: Any) -> Period:
        return Period(stored, stored)

    def default(self, field: Field, env: Env) -> Any:
        """``"now"`` is this moment; another macro the start of its period."""
        if field.default == "now":
            return self.dump(field, env.now)
        period = self.period(field.default, env)
        return self.dump(field, period.start) if period else field.default

    def search_text(self, field: Field, value: Any) -> str:
        return self.dump(field, value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def example(self, field: Field, rng: random.Random) -> Any:
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randint(-500_000, 500_000))
        return self.dump(field, moment)
