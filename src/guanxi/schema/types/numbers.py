"""Numbers: whole, exact decimal, money, percent, stars, lengths of time. And how numbers are read from spreadsheets."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, cast

from guanxi.base import Label
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env, FieldType, one_of, quoted, setting, shown
from guanxi.schema.types.currencies import CURRENCIES, find_currency

NUMBER_OPERATORS = ("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "is_empty")
LOWEST, HIGHEST = -(2**63), 2**63 - 1
_NUMERAL = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)

# -- reading text ----------------------------------------------------------------------------------------------------

_SCALES = {
    "": 1, "k": 10**3, "m": 10**6, "mn": 10**6, "mio": 10**6, "b": 10**9, "bn": 10**9,
    "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "十": 10, "百": 100, "千": 10**3, "万": 10**4, "萬": 10**4, "w": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7,
    "亿": 10**8, "億": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12,
}  # fmt: skip
_LATIN = "|".join(sorted((s for s in _SCALES if s and s.isascii()), key=len, reverse=True))
_HAN = "|".join(sorted((s for s in _SCALES if not s.isascii()), key=len, reverse=True))
_LETTERS, _SIGN = r"[^\W\d_]", r"[^\w\s.,()+\-'%]"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign1>[+-])?\s*(?P<before>{_LETTERS}{{1,12}}\.?|{_LETTERS}{{0,3}}{_SIGN}{{1,2}})?\s*(?P<sign2>[+-])?\s*"
    r"(?P<digits>[0-9](?:[0-9.,' ]*[0-9])?|[.,][0-9]+)(?P<exponent>e[+-]?[0-9]{1,2}(?![0-9]))?"
    rf"\s*(?P<scale>(?:{_LATIN})(?![a-z])\.?|(?:{_HAN})|)\s*(?P<after>{_LETTERS}{{1,12}}(?: {_LETTERS}{{1,12}})?\.?|{_LETTERS}{{0,3}}{_SIGN}{{1,2}})?"
    r"\s*(?P<sign3>-)?\s*(?P<close>\))?",
    re.IGNORECASE,
)
_UNITS_OF_COUNT = frozenset(
    "人 名 位 个 件 家 台 套 次 只 张 份 条 项 员工 名员工 people employees staff pcs pc units unit users items".split()
)
_GROUPED = {
    ",": re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}|[0-9]{1,4}(?:,[0-9]{4})+"),
    ".": re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+"),
    "'": re.compile(r"[0-9]{1,3}(?:'[0-9]{3})+"),
    " ": re.compile(r"[0-9]{1,3}(?: [0-9]{3})+"),
}
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "’": "'", "٫": ".", "٬": ","})


def read_number(text: str, decimal_comma: bool = False) -> tuple[Decimal, str]:
    """A number as people write it and the currency sign or unit beside it (empty when there is none).

    Takes ``¥1,234.5``, ``￥1，234.50``, ``3.5万``, ``1.2亿``, ``2.5k``, ``(1,234)``, ``1.234,56``, ``1 234,56 €``,
    ``1'234.50``, ``12 元``. A single comma before exactly three digits groups thousands, a single point never does; with
    ``decimal_comma`` it is the other way round.
    Raises Bad.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_MINUS)
    found = _NUMBER.fullmatch(plain.strip()) if len(plain) <= 80 else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise Bad("not_a_number", value=shown(text))
    before, after = found["before"] or "", found["after"] or ""
    signs = (found["sign1"] or "") + (found["sign2"] or "") + (found["sign3"] or "")
    if (before and after) or len(signs) > 1 or (signs and found["open"]):
        raise Bad("not_a_number", value=shown(text))
    number = Decimal(_plain_digits(found["digits"], text, decimal_comma) + (found["exponent"] or ""))
    number *= _SCALES[found["scale"].lower().rstrip(".")]
    if signs == "-" or found["open"]:
        number = -number
    return number, before or after


_ABOUT = re.compile(
    r"\A\s*(?:[~≈>≥<≤]=?|(?:about|approx(?:imately)?|around|circa|ca|over|under|above|below|(?:more|less|fewer) than|at (?:least|most)|up to)\b\.?"
    r"|大?约|大概|将?近|超过?|不少于|至少|最多|不足|不到)\s*"
    r"|\s*(?:及?以[上下]|左右|上下|or (?:more|less)|plus)\s*\Z|(?<=[0-9a-z千万亿])\s*(?:\+|[余多来])(?=\s*(?:[^\W\d_].*)?\Z)",
    re.IGNORECASE,
)
"""What says that a number is not the exact one."""
_RANGE = re.compile(
    r"(?P<from>\D*[0-9][0-9.,' ]*)(?P<unit>[^\d~-]*?)\s*(?:[-~–—－～至到]|\bto\b)\s*(?P<to>\D{0,4}[0-9].*)"
)


def about(text: str) -> str:
    """The number that is named where somebody wrote about how much it is, of a range the lower end with the unit of both:
    ``5,000`` of ``5,000+``, ``200人`` of ``约200余人``, ``10万`` of ``10-50万``; the text itself where it says nothing of the kind."""
    plain = unicodedata.normalize("NFKC", text)
    bare = _ABOUT.sub("", plain).strip()
    if bare != plain.strip() or not (found := _RANGE.fullmatch(bare)):
        return bare
    low = found["from"].strip() + (found["unit"].strip() or re.sub(r"\A\D*[0-9][0-9.,' ]*", "", found["to"]))
    try:
        rising = read_number(low)[0] < read_number(found["to"])[0] and not re.match(r"0\d", low)
    except Bad:
        rising = False
    return low if rising else bare  # 010-1234567 is none


def _bare(text: str, env: Env) -> bool:
    return len(text) < 18 and not env.decimal_comma and _NUMERAL.fullmatch(text) is not None


def read_count(text: str, env: Env) -> Decimal:
    """A number beside which only a currency or a unit of counting may stand; raises Bad."""
    number, unit = read_number(text, env.decimal_comma)
    if unit and unit.lower() not in _UNITS_OF_COUNT and not find_currency(unit, env.currency):
        raise Bad("not_a_number", value=shown(text))
    return number


def _plain_digits(digits: str, text: str, decimal_comma: bool) -> str:
    """``digits`` with a decimal point or none, and nothing else."""
    groups = "." if decimal_comma else ","
    thousands = digits.count(groups) == 1 and digits[0] != "0" and _GROUPED[groups].fullmatch(digits) is not None
    thousands = thousands and digits[-4] == groups
    whole, fraction = digits, ""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:  # the one that comes last is the decimal sign
        last = max(comma, point)
        whole, fraction = digits[:last], digits[last + 1 :]
        if digits[last] in whole:
            raise Bad("not_a_number", value=shown(text))
    elif digits.count(".") + digits.count(",") == 1 and not thousands:
        last = max(comma, point)
        whole, fraction = digits[:last], digits[last + 1 :]
    signs = [sign for sign in ",.' " if sign in whole]
    if (
        len(signs) > 1
        or (signs and not _GROUPED[signs[0]].fullmatch(whole))
        or not (fraction.isdigit() or not fraction)
    ):
        raise Bad("not_a_number", value=shown(text))
    whole = whole.replace(signs[0], "") if signs else whole
    return f"{whole or '0'}.{fraction or '0'}"


def _beyond(field: Field, column: str) -> str:
    """SQL: a value lies beyond the limits that the field has."""
    low, high = field.config.get("min"), field.config.get("max")
    tests = [f"{column} {op} {quoted(str(end))}::numeric" for op, end in (("<", low), (">", high)) if end is not None]
    return " OR ".join(tests)


# -- whole numbers ---------------------------------------------------------------------------------------------------


class Whole(FieldType):
    """What the types kept as whole numbers share."""

    sql = "bigint"
    formula = "number"
    expected = {"en": "a whole number", "zh": "整数"}
    operators = NUMBER_OPERATORS
    aggregates = ("count", "count_distinct", "sum", "avg", "min", "max", "median")
    bounds: ClassVar[tuple[int, int]] = (LOWEST, HIGHEST)

    def limits(self, field: Field) -> tuple[int, int]:
        """The least and the greatest value of the field."""
        return field.config.get("min", self.bounds[0]), field.config.get("max", self.bounds[1])

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field)
        for name in ("min", "max"):
            if name in self.config:
                found += setting(field, name, *self.bounds)
        low, high = self.limits(field)
        return found if found or low <= high else [{"en": "min is greater than max", "zh": "最小值大于最大值"}]

    def invalid_sql(self, field: Field, column: str) -> str:
        return _beyond(field, column)

    def whole(self, value: Any) -> int:
        """``value`` as an int of 64 bits, if it is a whole number or one written out."""
        if type(value) is not int:
            value = self._convert(value)
        if value > HIGHEST:
            raise Bad("too_big", max=HIGHEST)
        if value < LOWEST:
            raise Bad("too_small", min=LOWEST)
        return value

    def _convert(self, value: Any) -> int:
        if isinstance(value, str) and _NUMERAL.fullmatch(value):
            value = Decimal(value)
        elif isinstance(value, float):
            value = Decimal(repr(value))
        if isinstance(value, Decimal) and value.is_finite():
            if value.adjusted() > 30:
                raise Bad("too_big", max=HIGHEST) if value > 0 else Bad("too_small", min=LOWEST)
            if value.adjusted() >= -30 and value == value.to_integral_value():
                return int(value)
        raise Bad("wrong_type", expected=self.expected)

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if value == "":
            return None
        number = self.whole(value)
        if field.config or self.bounds[0] != LOWEST:
            low, high = self.limits(field)
            if number > high:
                raise Bad("too_big", max=high)
            if number < low:
                raise Bad("too_small", min=low)
        return number

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """Any whole number, also one that the field would not take."""
        return self.whole(value)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        if text.isdigit() and text.isascii() and len(text) < 20:
            return int(text)
        number = read_count(text, env)
        return int(number) if number.adjusted() < 30 and number == number.to_integral_value() else number

    def json_schema(self, field: Field) -> dict[str, Any]:
        low, high = self.limits(field)
        return {"type": "integer", "minimum": low, "maximum": high}


class Integer(Whole):
    """A whole number.

    Stored as ``bigint``. JSON numbers without a fraction, or a text of digits; from a spreadsheet also ``1,234``, ``3万``,
    ``(12)``.
    """

    name = "integer"
    label = {"en": "Whole number", "zh": "整数"}
    config = {"min": "Least value.", "max": "Greatest value."}

    def example(self, field: Field, rng: random.Random) -> Any:
        low, high = self.limits(field)
        return rng.randint(max(low, -1000), min(high, 100_000)) if low < 100_000 and high > -1000 else low


class Rating(Whole):
    """A number of stars.

    Stored as ``bigint``: 1 to ``max``, which is 5 unless it is set. From a spreadsheet also ``★★★``.
    """

    name = "rating"
    label = {"en": "Rating", "zh": "评分"}
    expected = {"en": "a number of stars", "zh": "星数"}
    aggregates = ("count", "count_distinct", "avg", "min", "max", "median")
    config = {"max": "Number of stars, 2 to 10."}
    bounds = (1, 5)

    def problems(self, field: Field) -> list[Label]:
        unknown = FieldType.problems(self, field)
        return unknown or setting(field, "max", 2, 10)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        stars = text.replace("☆", "").replace("⭐", "★").replace("\ufe0f", "")
        return len(stars) if stars and set(stars) == {"★"} else super().read_text(field, text, env)

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.randint(*self.limits(field))


_UNITS = {
    "d": 86_400, "day": 86_400, "days": 86_400, "天": 86_400, "日": 86_400,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "小时": 3600, "时": 3600, "个小时": 3600, "钟头": 3600,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "分": 60, "分钟": 60, "'": 60,
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "秒": 1, "秒钟": 1, '"': 1,
}  # fmt: skip
_PART = re.compile(
    rf"([0-9]{{1,12}}(?:[.,][0-9]{{1,6}})?)\s*({'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})\.?[\s,]*"
)
_CLOCK = re.compile(r"([0-9]{1,7}):([0-5]?[0-9])(?::([0-5]?[0-9]))?")


class Duration(Whole):
    """A length of time.

    Stored as ``bigint``: whole seconds, which is also what JSON carries. From a spreadsheet ``1h30m``, ``1:30`` (hours and
    minutes), ``0:01:30``, ``90 min``, ``1小时30分``; a bare number counts in ``unit``.
    """

    name = "duration"
    label = {"en": "Duration", "zh": "时长"}
    expected = {"en": "a whole number of seconds", "zh": "秒数（整数）"}
    config = {"unit": "What a bare number in a spreadsheet counts: seconds, minutes (unless set) or hours."}
    bounds = (0, 100_000_000_000)
    formula = "duration"

    def problems(self, field: Field) -> list[Label]:
        wrong = field.config.get("unit", "minutes") not in ("seconds", "minutes", "hours")
        return super().problems(field) + ([one_of("unit", ("seconds", "minutes", "hours"))] if wrong else [])

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        plain = unicodedata.normalize("NFKC", text).lower().strip()
        if clock := _CLOCK.fullmatch(plain):
            hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return hours * 3600 + minutes * 60 + seconds
        if _NUMERAL.fullmatch(plain):
            return _seconds(Decimal(plain) * _UNITS[field.config.get("unit", "minutes")])
        total, at = Decimal(0), 0
        while part := _PART.match(plain, at):
            total += Decimal(part[1].replace(",", ".")) * _UNITS[part[2]]
            at = part.end()
        if at == 0 or at < len(plain):
            raise Bad("not_a_duration", value=shown(text))
        return _seconds(total)

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return f"{value // 3600}:{value // 60 % 60:02d}:{value % 60:02d}"

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice([45, 90, 1800, 5400, 86_400]) + rng.randint(0, 59)


def _seconds(number: Decimal) -> int | Decimal:
    return int(number.to_integral_value(ROUND_HALF_UP)) if number.adjusted() < 25 else number


# -- exact decimals --------------------------------------------------------------------------------------------------


class Exact(FieldType):
    """What the exact decimals share: 18 digits before the point and up to six after it."""

    sql = "numeric"
    formula = "number"
    expected = {"en": "a number", "zh": "数字"}
    operators = NUMBER_OPERATORS
    aggregates = ("count", "count_distinct", "sum", "avg", "min", "max", "median")
    config = {
        "scale": "Digits after the point, 0 to 6. More are refused in JSON and rounded, half up, from a spreadsheet.",
        "min": "Least value.",
        "max": "Greatest value.",
    }
    scale: ClassVar[int] = 2
    low: ClassVar[int | None] = None
    high: ClassVar[int | None] = None

    def ddl(self, field: Field) -> str:
        return "numeric(24,6)"

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field) + setting(field, "scale", 0, 6)
        for name in ("min", "max"):
            value = field.config.get(name)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not abs(value) < 10**18
            ):
                found.append({"en": f"{name} is a number", "zh": f"{name} 应为数字"})
        low, high = self.limits(field)
        return (
            found
            if found or low is None or high is None or low <= high
            else [{"en": "min is greater than max", "zh": "最小值大于最大值"}]
        )

    def limits(self, field: Field) -> tuple[Any, Any]:
        """The least and the greatest value of the field, each perhaps None."""
        return field.config.get("min", self.low), field.config.get("max", self.high)

    def invalid_sql(self, field: Field, column: str) -> str:
        return _beyond(field, column)

    def number(self, value: Any) -> Decimal:
        """``value`` as a Decimal that the column can hold but for its digits after the point."""
        if type(value) is int:
            if not -(10**18) < value < 10**18:
                raise Bad("too_many_digits", max=18)
            return Decimal(value)
        if isinstance(value, float):
            number = Decimal(repr(value))
            if -1e17 < value < 1e17:
                return number
        elif isinstance(value, str) and _NUMERAL.fullmatch(value):
            number = Decimal(value)
        elif isinstance(value, Decimal):
            number = value
        else:
            raise Bad("wrong_type", expected=self.expected)
        if not number.is_finite():
            raise Bad("wrong_type", expected=self.expected)
        if number.adjusted() >= 18:
            raise Bad("too_many_digits", max=18)
        return number

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if value == "":
            return None
        number = self.number(value)
        if type(value) is not int:
            scale = field.config.get("scale", self.scale)
            if cast("int", number.as_tuple().exponent) < -scale:
                cut = round_half_up(number, scale)
                if cut != number:
                    raise Bad("too_many_decimals", max=scale)
                number = cut
        low, high = self.limits(field)
        if low is not None and number < low:
            raise Bad("too_small", min=low)
        if high is not None and number > high:
            raise Bad("too_big", max=high)
        return number

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """Any number, also one with more digits than the field keeps."""
        return self.number(value)

    def dump(self, field: Field, value: Any) -> Any:
        """The number without zeros after its last digit: 2000, 1234.5."""
        return trimmed(value)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return self.fit(field, Decimal(text) if _bare(text, env) else read_count(text, env))

    def fit(self, field: Field, number: Decimal) -> Decimal:
        """``number`` rounded to the digits that the field keeps."""
        scale = field.config.get("scale", self.scale)
        if cast("int", number.as_tuple().exponent) < -scale and number.adjusted() < 18:
            return round_half_up(number, scale)
        return number

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return str(trimmed(value))

    def json_sql(self, field: Field, column: str) -> str:
        return f"trim_scale({column})"

    def search_text(self, field: Field, value: Any) -> str:
        return str(trimmed(value))

    def json_schema(self, field: Field) -> dict[str, Any]:
        low, high = self.limits(field)
        schema: dict[str, Any] = {"type": ["number", "string"], "pattern": r"^[+-]?[0-9]{1,18}(\.[0-9]{1,6})?$"}
        return schema | ({} if low is None else {"minimum": low}) | ({} if high is None else {"maximum": high})

    def example(self, field: Field, rng: random.Random) -> Any:
        low, high = self.limits(field)
        low, high = (-1000 if low is None else int(low)), (100_000 if high is None else int(high))
        if low >= high:
            return low
        scale = field.config.get("scale", self.scale)
        return (
            rng.randint(low, high - 1)
            if rng.random() < 0.5 or not scale
            else round(rng.uniform(low, high), min(scale, 2))
        )


def round_half_up(number: Decimal, scale: int) -> Decimal:
    """``number``, smaller than 10¹⁸, with ``scale`` digits after the point."""
    return number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def trimmed(number: Decimal | int) -> Decimal | int:
    """``number`` without zeros after its last digit; an int when it is whole."""
    whole = int(number)
    return whole if whole == number else Decimal(number).normalize()


class Number(Exact):
    """An exact decimal number.

    Stored as ``numeric(24,6)``: up to 18 digits before the point and ``scale`` (6 unless set) after it. JSON numbers, or a
    text of digits where a number of JSON would lose some. From a spreadsheet also ``1,234.5``, ``1.234,56``, ``3.5万``,
    ``2.5k``, ``(12)``.
    """

    name = "decimal"
    label = {"en": "Number", "zh": "小数"}
    scale = 6


class Percent(Exact):
    """A share in percent.

    Stored as ``numeric(24,6)`` on the scale of 0 to 100: half is 50. Between 0 and 100 unless ``min`` and ``max`` say
    otherwise. From a spreadsheet ``12%`` and ``12`` are the same.
    """

    name = "percent"
    label = {"en": "Percent", "zh": "百分比"}
    aggregates = ("count", "count_distinct", "avg", "min", "max", "median")
    low = 0
    high = 100

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return super().read_text(field, text.rstrip("%％ \u3000") or text, env)


class Money(Exact):
    """An amount of money, with its currency beside it in the companion ``<name>_currency``.

    Stored as ``numeric(24,6)``, with ``scale`` digits after the point (2 unless set). A number in JSON, or ``{"amount":
    12.5, "currency": "EUR"}`` to write both at once. From a spreadsheet also ``¥1,234.5``, ``3.5万``, ``1.2亿``,
    ``1.234,56 €``; a currency other than the workspace's is kept.
    """

    name = "money"
    unit = "currency"
    label = {"en": "Money", "zh": "金额"}
    expected = {"en": "a number", "zh": "数字"}

    def companions(self, field: Field) -> tuple[Field, ...]:
        label = {lang: f"{text}{'币种' if lang == 'zh' else ' currency'}" for lang, text in field.label.items()}
        return (
            Field(
                f"{field.name}_currency", "currency", label, default="$currency", readonly=field.readonly, of=field.name
            ),
        )

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if isinstance(value, Mapping):
            pair = cast("Mapping[str, Any]", value)
            currency = pair.get("currency")
            if not set(pair) <= {"amount", "currency"}:
                raise Bad("wrong_type", expected=self.expected)
            if currency is not None and (not isinstance(currency, str) or currency not in CURRENCIES):
                raise Bad("not_a_currency", value=shown(currency))
            value = pair.get("amount")
            if value is None:
                return None
        return super().parse(field, value, env)

    def implied(self, field: Field, value: Any, env: Env) -> dict[str, Any]:
        if isinstance(value, Mapping) and (currency := cast("Mapping[str, Any]", value).get("currency")):
            return {f"{field.name}_currency": currency}
        return {}

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        if _bare(text, env):
            return self.fit(field, Decimal(text))
        number, sign = read_number(text, env.decimal_comma)
        amount = self.fit(field, number)
        if not sign:
            return amount
        currency = find_currency(sign, env.currency)
        if currency is None:
            raise Bad("not_a_currency", value=shown(sign))
        return amount if currency == env.currency else {"amount": amount, "currency": currency}

    def json_schema(self, field: Field) -> dict[str, Any]:
        number = super().json_schema(field)
        both = {
            "type": "object",
            "properties": {"amount": number, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}},
            "required": ["amount"],
            "additionalProperties": False,
        }
        return {"anyOf": [number, both]}
