"""What a field type is: one class that owns everything that differs between kinds of value.

To add a type: subclass :class:`FieldType` in a file of its family, list it in ``guanxi.schema.types``, and give it its
twin in ``web/src/fields/``. Nothing else in the program asks for the name of a type.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from guanxi.base import Label
from guanxi.schema.model import Field, Option

Bind = Callable[[Any, str], str]
"""``bind(value, sql_type)`` puts a value into the statement's named arguments and answers its placeholder, cast."""


class Bad(ValueError):
    """A value that a type refuses; ``code`` is a key of the messages, ``values`` fill its placeholders."""

    def __init__(self, code: str, **values: object) -> None:
        self.code, self.values = code, values
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Env:
    """What reading and printing values depends on. ``date_order`` is one of ``ymd dmy mdy``, for dates such as 1/2/26;
    ``decimal_comma`` says that 1.500 groups thousands and 1,500 does not."""

    language: str = "en"
    timezone: str = "UTC"
    currency: str = "CNY"
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    date_order: str = "ymd"
    decimal_comma: bool = False
    me: str = ""
    """Id of the user, for ``$me``."""
    team: tuple[str, ...] = ()
    """Ids of the users in this user's teams, for ``$my_team``."""

    @property
    def today(self) -> date:
        """The date that it is now for this user."""
        return self.now.astimezone(ZoneInfo(self.timezone)).date()


COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class FieldType:
    """A kind of value. Instances carry no state: one of each serves all fields.

    A value has three forms: *API* (what JSON carries), *stored* (the Python value of its column: str, int, Decimal, bool,
    date, datetime, list, dict) and *text* (what a spreadsheet carries). ``parse`` takes API to stored, ``dump`` stored to
    API, ``read_text`` text to API, ``to_text`` stored to text. ``parse(dump(x)) == x`` and, where the text keeps all of
    the value, ``parse(read_text(to_text(x))) == x``.
    """

    name: ClassVar[str]
    label: ClassVar[Label]
    expected: ClassVar[Label] = {"en": "a text", "zh": "文本"}
    """What to say in "must be …"."""
    sql: ClassVar[str] = "text"
    """Column type."""
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "in", "not_in", "is_empty")
    aggregates: ClassVar[tuple[str, ...]] = ("count", "count_distinct")
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = True
    grains: ClassVar[bool] = False
    """Whether it groups by day, week, month, quarter, year."""
    many: ClassVar[bool] = False
    """Whether a value is a list; then the column is an array."""
    most: ClassVar[int] = 1
    """Values in one list."""
    link: ClassVar[bool] = False
    """Whether stored values are ids of records of ``field.target``."""
    readable: ClassVar[bool] = True
    """False for what can be written and never read back."""
    custom: ClassVar[bool] = True
    """Whether an administrator may add fields of it."""
    anywhere: ClassVar[bool] = False
    """Whether stored values are ids of records of any object, which the companion ``<name>_object`` names."""
    holds_file: ClassVar[bool] = False
    """Whether a value names an uploaded file; the engine then takes only files that the writer brought."""
    unit: ClassVar[str] = ""
    """What the companion ``<name>_<unit>`` says that numbers are in; those in different ones are not added up."""
    worded: ClassVar[bool] = False
    """Whether a value is a list of words that people think of."""
    sorted_apart: ClassVar[bool] = False
    """Whether what it is sorted by is indexed beside the value itself."""
    sealed: ClassVar[bool] = False
    """Whether values are kept sealed: whoever sees the field sees a mask, and looks behind it with a trace."""
    made: ClassVar[bool] = False
    """Whether the engine makes the values; then nobody writes them."""
    index: ClassVar[str] = "btree"
    """Kind of index that serves its conditions; empty when there is none."""
    formula: ClassVar[str] = ""
    """What a value is to a formula: number, text, choice, date, datetime, duration, boolean, link, list; empty for nothing."""
    derived: ClassVar[bool] = False
    """Whether values follow from others: nobody writes them, not even the program's own rules, and no history has them."""
    stored: ClassVar[bool] = True
    """Whether values stand in a column; otherwise the compiler makes them where one would stand."""
    config: ClassVar[Mapping[str, str]] = {}
    """Names of its settings, each with what it means, in English (the reference page prints them)."""
    choices: ClassVar[Mapping[str, Mapping[str, Label]]] = {}
    """What a setting may be, each with how it is called, of settings that are chosen."""

    def bound(self, field: Field) -> FieldType:
        """The type of this field's values, where the type of the field leaves that open."""
        return self

    # -- declaration ---------------------------------------------------------------------------------------------

    def companions(self, field: Field) -> tuple[Field, ...]:
        """Further fields that a field of this type brings along, each with ``of=field.name``."""
        return ()

    def problems(self, field: Field) -> list[Label]:
        """What is wrong with the field's settings, each a part of a sentence; empty when nothing is."""
        found: list[Label] = [
            {"en": f"unknown setting {name}", "zh": f"没有设置项 {name}"}
            for name in sorted(set(field.config) - set(self.config))
        ]
        for name, known in self.choices.items():
            if name in field.config and field.config[name] not in list(known):
                found.append(one_of(name, known))
        if field.index and not self.index:
            found.append({"en": "this type cannot be indexed", "zh": "此类型不能建立索引"})
        if field.unique and self.index != "btree":
            found.append({"en": "this type cannot be unique", "zh": "此类型不能设为唯一"})
        return found

    def column(self, field: Field) -> str:
        """The column's SQL type, for casts."""
        return self.sql

    def ddl(self, field: Field) -> str:
        """The column's SQL type as a table declares it: :meth:`column` with its collation and precision."""
        return self.column(field)

    # -- values --------------------------------------------------------------------------------------------------

    def default(self, field: Field, env: Env) -> Any:
        """The API value that a new record takes when it is given none; ``field.default`` may be a macro of the type."""
        return field.default

    def implied(self, field: Field, value: Any, env: Env) -> dict[str, Any]:
        """API values of companions that writing this API value states as well; :meth:`parse` has accepted it."""
        return {}

    def composed(self, field: Field, value: Any, parts: Mapping[str, Any], before: Mapping[str, Any]) -> Any:
        """The stored value when only companions were written: ``parts`` by name, as they were ``before``."""
        return value

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        """The stored form of an API value that is not null; raises :class:`Bad`. An empty value becomes None."""
        raise NotImplementedError

    def standardises(self, field: Field) -> bool:
        """Whether there is one standard form of what people write in several, worth showing while they write."""
        return False

    def typed(self, field: Field, value: Any, stored: Any) -> Any:
        """What was written (an API value that :meth:`parse` accepted), where its standard form says more or other than white
        space; None where nothing of it is lost. It stays with the history. Asked only of what :meth:`standardises`."""
        return None

    def country(self, field: Field, stored: Any) -> str:
        """The country that a stored value names, in anybody's words, or surely lies in; empty where that is not known."""
        return ""

    def in_country(self, field: Field, value: Any, country: str, env: Env) -> Any:
        """The stored form of an API value in a record that names ``country``, where that makes it another; None where it does not."""
        return None

    def guess(self, field: Field, stored: Any) -> Any:
        """A fuller stored form of a stored value that is likely and not sure, for the writer to take or leave; None for none."""
        return None

    def dump(self, field: Field, value: Any) -> Any:
        """The API form of a stored value that is not None (links: the bare id)."""
        return value

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        """An API value from a cell of a spreadsheet, leniently; raises :class:`Bad`. ``text`` is stripped, not empty."""
        return text

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        """A stored value for a spreadsheet, so that it can be read again."""
        return str(self.dump(field, value))

    def aloud(self, text: str, language: str) -> str:
        """What :meth:`to_text` says, as it is printed for people and not read again."""
        return text

    def search_text(self, field: Field, value: Any) -> str:
        """What full-text search indexes of a stored value that is not None."""
        return str(value)

    # -- SQL -----------------------------------------------------------------------------------------------------

    def json_sql(self, field: Field, column: str) -> str:
        """A SQL expression of the value as JSON shows it; ``column`` is a qualified, quoted column."""
        return column

    def mask_sql(self, field: Field, text: str) -> str:
        """A SQL expression of the masked form, a text; ``text`` is one of the stored value as text, null where there is none.

        It may be no way back: what is short or has few possible values shows nothing at all.
        """
        return f"CASE WHEN {text} IS NOT NULL THEN '***' END"

    def sort_sql(self, field: Field, column: str) -> str:
        """A SQL expression to sort by."""
        return column

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """The stored form of what a condition compares with (one value; ``in`` calls it for each); raises Bad."""
        stored = self.parse(field, value, env)
        if stored is None:
            raise Bad("bad_value", value=shown(value))
        return stored

    def condition(self, field: Field, op: str, column: str, value: Any, bind: Bind) -> str:
        """SQL that is true, false or null for ``column op value``; null counts as false.

        ``value`` is what :meth:`operand` made: one value, a list for ``in`` and ``not_in``, a pair for ``between``.
        """
        kind = self.column(field)
        if op in COMPARE:
            return f"{column} {COMPARE[op]} {bind(value, kind)}"
        if op == "in":
            return f"{column} = ANY({bind(value, kind + '[]')})"
        if op == "not_in":
            if not value:  # PostgreSQL: null <> all of nothing is true, where an empty value shall be false
                return f"{column} IS NOT NULL"
            return f"{column} <> ALL({bind(value, kind + '[]')})"
        if op == "between":
            return f"{column} BETWEEN {bind(value[0], kind)} AND {bind(value[1], kind)}"
        if op == "contains":
            return f"guanxi.fold({column}) LIKE '%%' || guanxi.like({bind(value, 'text')}) || '%%'"
        if op == "starts_with":
            return f"guanxi.fold({column}) LIKE guanxi.like({bind(value, 'text')}) || '%%'"
        raise Bad("unknown_operator", op=op)

    def formula_sql(self, field: Field, column: str) -> str:
        """A SQL expression of the value as formulas reckon with it; numbers are ``numeric``."""
        return f"{column}::numeric" if self.formula in ("number", "duration") and self.sql != "numeric" else column

    def empty_sql(self, field: Field, column: str) -> str:
        """SQL that is true where there is no value."""
        return f"{column} IS NULL"

    def invalid_sql(self, field: Field, column: str) -> str:
        """SQL that is true where the stored value is none that :meth:`parse` would make today: of another form, beyond a limit that
        came later, an option that was retired. Empty where every stored value is one. Written for values that are not null."""
        return ""

    # -- description ---------------------------------------------------------------------------------------------

    def json_schema(self, field: Field) -> dict[str, Any]:
        """JSON Schema 2020-12 of the API value as it is written, without null."""
        return {"type": "string"}

    def example(self, field: Field, rng: random.Random) -> Any:
        """An API value that is accepted; as many different ones as ``rng`` has."""
        raise NotImplementedError

    def same(self, a: Any, b: Any) -> bool:
        """Whether two stored values are the same value."""
        return a == b


def shown(value: object) -> str:
    """``value`` as an error repeats it: short, and nothing that cannot be printed."""
    text = (
        value[:61]
        if isinstance(value, str)
        else f"{value}"[:61]
        if isinstance(value, int | float) and abs(value) < 1e60
        else "…"
    )
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= 60 else text[:59] + "…"


def quoted(text: str) -> str:
    """``text`` as a literal inside a SQL statement that has named arguments (where ``%`` is doubled)."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def one_of(name: str, known: Iterable[str]) -> Label:
    """The reproach that a setting is none of those that there are."""
    some = ", ".join(known)
    return {"en": f"{name} is one of {some}", "zh": f"{name} 只能是 {some} 之一"}


def setting(field: Field, name: str, low: int, high: int) -> list[Label]:
    """What is wrong with a setting that must be a whole number from ``low`` to ``high``, if it is there at all."""
    value = field.config.get(name)
    if value is None or (type(value) is int and low <= value <= high):
        return []
    return [{"en": f"{name} is a whole number from {low} to {high}", "zh": f"{name} 应为 {low} 到 {high} 的整数"}]


def find_option(options: tuple[Option, ...], text: str) -> Option | None:
    """The option with this API name or, ignoring case and space, one of its labels."""
    for option in options:
        if option.name == text:
            return option
    key = text.strip().casefold()
    for option in options:
        if option.name.casefold() == key or any(label.casefold() == key for label in option.label.values()):
            return option
    return None
