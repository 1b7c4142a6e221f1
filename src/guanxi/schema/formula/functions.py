"""The functions of formulas: what each takes and answers, its help in both languages, and its SQL.

Every function is total: what has no answer (a division by zero, the 31st of June) is empty, never an error. An argument
that is empty makes the result empty, unless the function says otherwise. SQL uses each argument once, so that formulas
inside formulas do not grow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guanxi.base import Label

Sql = Callable[[Sequence[str]], str]

KINDS: dict[str, Label] = {
    "number": {"en": "a number", "zh": "数字"},
    "text": {"en": "a text", "zh": "文本"},
    "choice": {"en": "a choice", "zh": "选项"},
    "date": {"en": "a date", "zh": "日期"},
    "datetime": {"en": "a date and time", "zh": "日期时间"},
    "duration": {"en": "a duration", "zh": "时长"},
    "boolean": {"en": "a condition (yes or no)", "zh": "条件（是或否）"},
    "link": {"en": "a link to a record", "zh": "关联记录"},
    "list": {"en": "a list of words", "zh": "多值列表"},
    "empty": {"en": "nothing", "zh": "空"},
}
"""What an expression can be, in words."""

LONGEST = 10_000
"""Characters of a text on the way; the rest is cut off."""


def whole(number: str, least: int, most: int) -> str:
    """SQL of a number as an integer within bounds, fractions cut off downwards."""
    return f"greatest(least(floor({number}), {most}), {least})::int"


def within(value: str, low: str, high: str) -> str:
    """SQL of a value, empty from ``high`` up and from ``low`` down; ``value`` stands in it once."""
    return f"nullif(nullif(greatest(least({value}, {high}), {low}), {high}), {low})"


def a_day(value: str) -> str:
    """SQL of a date, empty outside of the years 1 to 9999."""
    return within(value, "date '0001-12-31 BC'", "date '10000-01-01'")


def a_moment(value: str) -> str:
    """SQL of a moment, empty outside of the years 1 to 9999."""
    return within(value, "timestamptz '0001-12-31 00:00:00+00 BC'", "timestamptz '10000-01-01 00:00:00+00'")


@dataclass(frozen=True, slots=True)
class Function:
    """A function: kinds of its arguments (``number?`` may be left out, ``text+`` may be repeated), kind of the result.

    ``any`` is any kind; ``same`` arguments are of one kind, which is the result's. ``keeps`` says that the result is in the
    currency of what the function is taken of; ``digits`` how many digits before the point a number of its can have.
    ``fraction`` is whether a number can have some after it. ``sql`` is None where the compiler has to know more.
    """

    name: str
    group: str
    takes: str
    gives: str
    usage: str
    help: Label
    example: str
    sql: Sql | None = None
    keeps: bool = False
    digits: int = 12
    fraction: bool = False

    @property
    def least(self) -> int:
        """How many arguments there are at least."""
        return sum(not t.endswith("?") for t in self.takes.split())

    @property
    def most(self) -> int:
        """How many arguments there may be."""
        return 100 if self.takes.endswith("+") else len(self.takes.split())

    def kind(self, i: int) -> str:
        """The kind of the argument at ``i``."""
        kinds = self.takes.split()
        return kinds[min(i, len(kinds) - 1)].rstrip("?+")


def _all() -> list[Function]:
    def f(group: str, takes: str, gives: str, usage: str, en: str, zh: str, example: str, sql: Sql | None = None, *, keeps: bool = False, digits: int = 12, fraction: bool = False) -> Function:  # fmt: skip
        return Function(usage.partition("(")[0], group, takes, gives, usage, {"en": en, "zh": zh}, example, sql, keeps, digits, fraction)  # fmt: skip

    return [
        # conditions
        f("logic", "boolean same same?", "same", "if(condition, then, else)", "One of two values, by a condition; without else it is empty.", "按条件取两个值之一；省略 else 时为空。", "if(amount > 10000, 'big', 'small')", keeps=True),
        f("logic", "same+", "same", "ifs(condition, value, condition, value, …, else)", "The value beside the first condition that is true; the last value stands alone and is for all others.", "第一个成立的条件所对应的值；最后单独的值用于其余情况。", "ifs(amount > 100000, 'A', amount > 10000, 'B', 'C')", keeps=True),
        f("logic", "same+", "same", "switch(value, case, result, case, result, …, else)", "The result beside the case that equals the value.", "与给定值相等的情况所对应的结果。", "switch(stage, 'won', 100, 'lost', 0, 50)", keeps=True),
        f("logic", "same same+", "same", "ifempty(value, instead, …)", "The first of the values that is not empty.", "第一个非空的值。", "ifempty(amount, 0)", lambda a: f"coalesce({', '.join(a)})", keeps=True),
        f("logic", "any", "boolean", "isempty(value)", "Whether there is no value.", "是否为空。", "isempty(close_date)"),
        f("logic", "list text", "boolean", "has(list, word)", "Whether a list (tags, multiple choice) has this word.", "列表（标签、多选）中是否包含该项。", "has(tags, 'vip')", lambda a: f"({a[1]} = ANY({a[0]}))"),
        f("logic", "", "link", "me()", "The user who looks.", "当前查看的用户。", "owner = me()"),
        # numbers
        f("number", "number", "number", "abs(number)", "The number without its sign.", "绝对值。", "abs(amount)", lambda a: f"abs({a[0]})", keeps=True),
        f("number", "number number?", "number", "round(number, digits)", "Rounded, halves away from zero; to whole numbers unless digits says otherwise.", "四舍五入；不写 digits 时取整。", "round(amount / 3, 2)", lambda a: f"round({a[0]}, {whole(a[1], -18, 12) if len(a) > 1 else 0})", keeps=True, fraction=True),
        f("number", "number", "number", "floor(number)", "The next whole number down.", "向下取整。", "floor(amount / 1000)", lambda a: f"floor({a[0]})", keeps=True),
        f("number", "number", "number", "ceil(number)", "The next whole number up.", "向上取整。", "ceil(amount / 1000)", lambda a: f"ceil({a[0]})", keeps=True),
        f("number", "same same+", "same", "min(value, value, …)", "The least of the values that are there: numbers, dates, moments or durations.", "其中最小的值（数字、日期、时间或时长），忽略空值。", "min(amount, 50000)", lambda a: f"least({', '.join(a)})", keeps=True),
        f("number", "same same+", "same", "max(value, value, …)", "The greatest of the values that are there.", "其中最大的值，忽略空值。", "max(amount, 0)", lambda a: f"greatest({', '.join(a)})", keeps=True),
        f("number", "number number", "number", "mod(number, by)", "What is left of a division; empty when dividing by zero.", "除法的余数；除数为零时为空。", "mod(employees, 10)", lambda a: f"mod({a[0]}, nullif({a[1]}, 0))", fraction=True, digits=18),
        f("number", "number", "number", "sqrt(number)", "The square root; empty below zero.", "平方根；负数为空。", "sqrt(amount)", lambda a: f"guanxi.power({a[0]}, 0.5)", fraction=True, digits=18),
        f("number", "text", "number", "number(text)", "The number that a text is; empty when it is none.", "把文本转为数字；不是数字时为空。", "number('12.5')", lambda a: f"guanxi.to_number({a[0]})", fraction=True, digits=18),
        # texts
        f("text", "text", "number", "len(text)", "How many characters a text has; of an empty one 0.", "字符数；空文本为 0。", "len(name)", lambda a: f"coalesce(length({a[0]}), 0)::numeric", digits=7),
        f("text", "text", "text", "upper(text)", "In capital letters.", "转为大写。", "upper(name)", lambda a: f"guanxi.upper({a[0]})"),
        f("text", "text", "text", "lower(text)", "In small letters.", "转为小写。", "lower(name)", lambda a: f"guanxi.lower({a[0]})"),
        f("text", "text", "text", "trim(text)", "Without blanks at both ends.", "去掉首尾空格。", "trim(name)", lambda a: f"nullif(btrim({a[0]}, E' \\u3000\\t\\n'), '')"),
        f("text", "text number", "text", "left(text, count)", "The first characters.", "左起若干字符。", "left(name, 3)", lambda a: f"nullif(left({a[0]}, {whole(a[1], 0, LONGEST)}), '')"),
        f("text", "text number", "text", "right(text, count)", "The last characters.", "右起若干字符。", "right(phone, 4)", lambda a: f"nullif(right({a[0]}, {whole(a[1], 0, LONGEST)}), '')"),
        f("text", "text number number", "text", "mid(text, start, count)", "Characters from a place on; the first is at 1.", "从某位置起的若干字符；首字符为 1。", "mid(name, 2, 3)", lambda a: f"nullif(substr({a[0]}, {whole(a[1], 1, 1_000_000)}, {whole(a[2], 0, LONGEST)}), '')"),
        f("text", "text text text", "text", "replace(text, part, by)", "Every part replaced by another text; an empty one takes it away.", "把文本中的某部分全部替换；替换为空即删除。", "replace(phone, '-', '')"),
        f("text", "text text", "boolean", "contains(text, part)", "Whether the part is in the text; capitals and width do not count.", "文本是否包含该部分（不分大小写和全半角）。", "contains(name, 'ltd')", lambda a: f"(strpos(guanxi.fold({a[0]}), guanxi.fold({a[1]})) > 0)"),
        f("text", "text text", "boolean", "startswith(text, part)", "Whether the text begins with the part; capitals and width do not count.", "文本是否以该部分开头（不分大小写和全半角）。", "startswith(name, 'a')", lambda a: f"starts_with(guanxi.fold({a[0]}), guanxi.fold({a[1]}))"),
        f("text", "text text", "number", "find(text, part)", "At which character the part begins; 0 when it is not there.", "该部分出现的位置；没有则为 0。", "find(email, '@')", lambda a: f"strpos({a[0]}, {a[1]})::numeric", digits=7),
        f("text", "any", "text", "text(value)", "A number, date or duration as a text.", "把数字、日期或时长转为文本。", "text(close_date)"),
        f("text", "choice", "text", "label(choice)", "What an option is called in the reader's language.", "选项的显示名称（按查看者的语言）。", "label(stage)"),
        # dates
        f("date", "", "date", "today()", "The day that it is for the reader.", "查看者所在时区的今天。", "close_date - today()"),
        f("date", "", "datetime", "now()", "This moment.", "当前时间。", "now() - created_at"),
        f("date", "number number number", "date", "date(year, month, day)", "A day; empty when there is no such day.", "由年、月、日组成日期；不存在的日期为空。", "date(2026, 3, 5)", lambda a: f"guanxi.to_day({', '.join(a)})"),
        f("date", "date", "number", "year(date)", "The year.", "年份。", "year(close_date)", lambda a: f"extract(year FROM ({a[0]}))", digits=4),
        f("date", "date", "number", "quarter(date)", "The quarter, 1 to 4.", "季度，1 到 4。", "quarter(close_date)", lambda a: f"extract(quarter FROM ({a[0]}))", digits=4),
        f("date", "date", "number", "month(date)", "The month, 1 to 12.", "月份，1 到 12。", "month(close_date)", lambda a: f"extract(month FROM ({a[0]}))", digits=4),
        f("date", "date", "number", "day(date)", "The day of the month.", "当月第几天。", "day(close_date)", lambda a: f"extract(day FROM ({a[0]}))", digits=4),
        f("date", "date", "number", "weekday(date)", "The day of the week: Monday is 1, Sunday 7.", "星期几：周一为 1，周日为 7。", "weekday(close_date)", lambda a: f"extract(isodow FROM ({a[0]}))", digits=4),
        f("date", "datetime", "number", "hour(moment)", "The hour of the day for the reader, 0 to 23.", "查看者时区的小时，0 到 23。", "hour(created_at)", digits=4),
        f("date", "datetime", "date", "todate(moment)", "The day of a moment for the reader.", "该时间在查看者时区的日期。", "todate(created_at)"),
        f("date", "date", "datetime", "todatetime(date)", "The beginning of a day for the reader.", "该日期在查看者时区的零点。", "todatetime(close_date)"),
        f("date", "date number", "date", "addmonths(date, count)", "So many months later, or earlier; at most the month's last day.", "若干个月之后（或之前）；不超过当月最后一天。", "addmonths(close_date, 12)", lambda a: f"guanxi.months_later({a[0]}, {a[1]})"),
        f("date", "date text", "date", "startof(date, unit)", "The first day of the 'week', 'month', 'quarter' or 'year'.", "所在周、月、季度或年的第一天。", "startof(close_date, 'month')"),
        f("date", "date text", "date", "endof(date, unit)", "The last day of the 'week', 'month', 'quarter' or 'year'.", "所在周、月、季度或年的最后一天。", "endof(close_date, 'quarter')"),
        f("date", "date date", "number", "months(from, to)", "How many whole months lie between two days.", "两个日期之间的整月数。", "months(todate(created_at), today())", lambda a: f"guanxi.months_between({a[0]}, {a[1]})::numeric", digits=6),
        f("date", "date date", "number", "workdays(from, to)", "How many days from Monday to Friday there are, both ends included.", "两个日期之间（含首尾）周一至周五的天数。", "workdays(today(), close_date)", lambda a: f"guanxi.workdays({a[0]}, {a[1]})::numeric", digits=7),
        f("date", "number", "duration", "days(number)", "A duration of so many days.", "若干天的时长。", "created_at + days(3)", lambda a: _seconds(a[0], 86400)),
        f("date", "number", "duration", "hours(number)", "A duration of so many hours.", "若干小时的时长。", "created_at + hours(4)", lambda a: _seconds(a[0], 3600)),
        f("date", "number", "duration", "minutes(number)", "A duration of so many minutes.", "若干分钟的时长。", "hours(1) + minutes(30)", lambda a: _seconds(a[0], 60)),
        f("date", "duration", "number", "indays(duration)", "A duration in days.", "以天计的时长。", "indays(now() - created_at)", lambda a: f"({a[0]} / 86400)", fraction=True),
        f("date", "duration", "number", "inhours(duration)", "A duration in hours.", "以小时计的时长。", "inhours(now() - created_at)", lambda a: f"({a[0]} / 3600)", fraction=True),
    ]  # fmt: skip


def _seconds(number: str, each: int) -> str:
    return within(f"round({number} * {each})", "-1e12", "1e12")


FUNCTIONS: dict[str, Function] = {f.name: f for f in _all()}
"""Every function by its name, in the order in which they are offered."""

GROUPS: dict[str, Label] = {
    "logic": {"en": "Conditions", "zh": "条件"},
    "number": {"en": "Numbers", "zh": "数字"},
    "text": {"en": "Texts", "zh": "文本"},
    "date": {"en": "Dates and times", "zh": "日期与时间"},
}

UNITS = ("day", "week", "month", "quarter", "year")
"""What ``startof`` and ``endof`` go by."""

UNIT = {"week": "1 week", "month": "1 month", "quarter": "3 months", "year": "1 year", "day": "1 day"}
