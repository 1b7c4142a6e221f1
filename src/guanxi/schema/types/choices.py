"""Choices: yes or no, one or several of a list of options, free tags, the stages and pipelines of a sale."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast

from guanxi.base import Label
from guanxi.base.text import fold
from guanxi.schema.model import Field, Option
from guanxi.schema.types.base import Bad, Bind, Env, FieldType, find_option, quoted, shown
from guanxi.schema.types.text import one_line

# -- yes or no -------------------------------------------------------------------------------------------------------

_YES = frozenset("true t yes y 1 on x √ ✓ ✔ ☑ 是 对 真 有 启用 已 开".split())
_NO = frozenset("false f no n 0 off - × ✗ ✘ ☐ 否 不 不是 错 假 无 没有 停用 未 关".split())


class Boolean(FieldType):
    """Yes or no.

    Stored as ``boolean``; ``true`` and ``false`` in JSON. From a spreadsheet also yes/no, 是/否, 1/0, √/×.
    """

    name = "boolean"
    label = {"en": "Yes/no", "zh": "是/否"}
    expected = {"en": "true or false", "zh": "true 或 false"}
    sql = "boolean"
    formula = "boolean"
    operators = ("eq", "ne", "is_empty")

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if value is True or value is False:
            return value
        raise Bad("wrong_type", expected=self.expected)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        word = unicodedata.normalize("NFKC", text).strip().lower().removesuffix(".0")
        if word in _YES:
            return True
        if word in _NO:
            return False
        raise Bad("not_yes_or_no", value=shown(text))

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        if env.language == "zh":
            return "是" if value else "否"
        return "Yes" if value else "No"

    def search_text(self, field: Field, value: Any) -> str:
        return ""

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "boolean"}

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.random() < 0.5


# -- one option ------------------------------------------------------------------------------------------------------


class _Options:
    """A field's options, laid out for looking up. ``active`` says nothing here: what is stored stays acceptable."""

    def __init__(self, options: tuple[Option, ...]) -> None:
        self.options = options
        self.names = {option.name: option.name for option in options}
        self.order = {option.name: place for place, option in enumerate(options)}
        self.by_text: dict[str, str | None] = {}

    def find(self, text: str) -> str | None:
        """The name of the option that a cell means; what a million rows repeat is looked up once."""
        if text in self.names:
            return text
        try:
            return self.by_text[text]
        except KeyError:
            option = find_option(self.options, text) or find_option(self.options, unicodedata.normalize("NFKC", text))
            if len(self.by_text) < 10_000:
                self.by_text[text] = option.name if option else None
            return option.name if option else None

    def text(self, name: str, language: str) -> str:
        """The label of an option, or its name where the label would be read as something else."""
        place = self.order.get(name)
        if place is None:
            return name
        label = self.options[place].label
        shown_as = (label.get(language) or label.get("en") or name).strip()
        return shown_as if shown_as and self.find(shown_as) == name else name


_layouts: dict[int, _Options] = {}


def layout(options: tuple[Option, ...]) -> _Options:
    """The looked-up form of these options, made once for each tuple (which it keeps alive, so that its id stays its own)."""
    found = _layouts.get(id(options))
    if found is None:
        if len(_layouts) > 5_000:
            _layouts.clear()
        found = _layouts[id(options)] = _Options(options)
    return found


class Select(FieldType):
    """One of a list of options.

    Stored as ``text``: the option's API name. From a spreadsheet also its label in either language. Sorted in the order
    of the options.
    """

    name = "select"
    label = {"en": "Choice", "zh": "单选"}
    expected = {"en": "the name of an option", "zh": "选项名称"}
    formula = "choice"
    config = {"seal": "Drawn as a seal that weighs less from option to option: for grades."}

    def ddl(self, field: Field) -> str:
        return 'text COLLATE "C"'

    def problems(self, field: Field) -> list[Label]:
        wrong = not isinstance(field.config.get("seal", False), bool)
        return (
            super().problems(field)
            + option_problems(field)
            + ([{"en": "seal is true or false", "zh": "seal 应为 true 或 false"}] if wrong else [])
        )

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        if value not in layout(field.options).names:
            if not value:
                return None
            raise Bad("not_an_option", value=shown(value))
        return value

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        if not value:
            raise Bad("bad_value", value=shown(value))
        return self.parse(field, value, env)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return layout(field.options).find(text) or text

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return layout(field.options).text(value, env.language)

    def search_text(self, field: Field, value: Any) -> str:
        option = next((o for o in field.options if o.name == value), None)
        return " ".join(dict.fromkeys(option.label.values())) if option else value

    def sort_sql(self, field: Field, column: str) -> str:
        if not field.options:
            return column
        names = ", ".join(quoted(option.name) for option in field.options)
        return f"array_position(ARRAY[{names}]::text[], {column})"

    def invalid_sql(self, field: Field, column: str) -> str:
        return f"{column} <> ALL({_offered(field)})"

    def json_schema(self, field: Field) -> dict[str, Any]:
        return (
            {"type": "string", "enum": [o.name for o in field.options]}
            if field.options
            else {"type": "string", "maxLength": 0}
        )

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice(field.options).name if field.options else ""


class Stage(Select):
    """The stage of a pipeline that a record has reached.

    Stored as ``text``: the stage's API name. Its options are the stages of all pipelines of the object, in their order.
    """

    name = "stage"
    label = {"en": "Stage", "zh": "阶段"}
    expected = {"en": "the name of a stage", "zh": "阶段名称"}
    custom = False
    config = {"pipeline": "The field that holds the pipeline; pipeline unless set."}

    def problems(self, field: Field) -> list[Label]:
        wrong = not isinstance(field.config.get("pipeline", ""), str) or "\0" in field.config.get("pipeline", "")
        return super().problems(field) + (
            [{"en": "pipeline is the name of a field", "zh": "pipeline 应为字段名称"}] if wrong else []
        )

    def companions(self, field: Field) -> tuple[Field, ...]:
        """``<name>_kind`` (open, on hold, won, lost) and ``<name>_since`` (when it was entered); the engine writes both."""
        kinds = (
            Option("open", {"en": "Open", "zh": "进行中"}, "blue"),
            Option("on_hold", {"en": "On hold", "zh": "搁置"}, "gray"),
            Option("won", {"en": "Won", "zh": "赢单"}, "green"),
            Option("lost", {"en": "Lost", "zh": "输单"}, "gray"),
        )
        return (
            Field(
                f"{field.name}_kind",
                "select",
                {"en": "State", "zh": "状态"},
                readonly=True,
                options=kinds,
                of=field.name,
                index=True,
            ),
            Field(
                f"{field.name}_since",
                "datetime",
                {"en": "In stage since", "zh": "进入阶段时间"},
                readonly=True,
                of=field.name,
            ),
        )


class PipelineChoice(Select):
    """The pipeline that a record runs through.

    Stored as ``text``: the pipeline's API name.
    """

    name = "pipeline"
    label = {"en": "Pipeline", "zh": "销售流程"}
    expected = {"en": "the name of a pipeline", "zh": "流程名称"}
    custom = False


def _offered(field: Field) -> str:
    """SQL of the names of the options that are still offered."""
    return f"ARRAY[{', '.join(quoted(o.name) for o in field.options if o.active)}]::text[]"


def option_problems(field: Field) -> list[Label]:
    """What is wrong with a field's options."""
    names = [option.name for option in field.options]
    twice = sorted({n for n in names if names.count(n) > 1})
    found: list[Label] = [{"en": f"two options are called {n}", "zh": f"有两个选项都叫 {n}"} for n in twice]
    if any(not name or name != name.strip() or len(name) > 100 for name in names):
        found.append({"en": "the name of an option is a text of at most 100 characters", "zh": "选项名称应为不超过 100 个字符的文本"})  # fmt: skip
    return found


# -- several ---------------------------------------------------------------------------------------------------------

_QUOTED = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,;、，；\n]*))\s*(?:[,;、，；\n]|\Z)')
_NEEDS_QUOTES = re.compile(r'[,;、，；\n"]')


def split_list(text: str) -> list[str]:
    """The parts of a cell that holds several values: separated by ``, ; 、 ， ；`` or line ends; quotes protect."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        found = _QUOTED.match(text, at)
        if found is None or found.end() == at:  # a quote inside of a word: take it as it is
            end = next((i for i in range(at, len(text)) if text[i] in ",;、，；\n"), len(text))
            parts.append(text[at:end])
            at = end + 1
            continue
        parts.append(found[1].replace('""', '"') if found[1] is not None else found[2])
        at = found.end()
    return [part.strip() for part in parts if part.strip()]


def join_list(values: Iterable[str]) -> str:
    """Several values for one cell, so that :func:`split_list` finds them again."""
    return ", ".join('"' + v.replace('"', '""') + '"' if _NEEDS_QUOTES.search(v) else v for v in values)


class Several(FieldType):
    """What the types share whose value is a list without order: an array column, null when the list is empty."""

    many = True
    sortable = False
    groupable = False
    index = "gin"
    operators = ("contains", "in", "not_in", "eq", "ne", "is_empty")
    element: ClassVar[str] = "text"
    most = 200

    def one(self, field: Field, value: Any, env: Env) -> Any:
        """The stored form of one value of the list; None for an empty one."""
        raise NotImplementedError

    def items(self, value: Any) -> Sequence[Any]:
        """``value`` if it is a list that is not too long."""
        if not isinstance(value, list | tuple):
            raise Bad("wrong_type", expected=self.expected)
        values = cast("Sequence[Any]", value)
        if len(values) > self.most:
            raise Bad("too_many_values", max=self.most)
        return values

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        stored: dict[Any, None] = {}
        for item in self.items(value):
            one = self.one(field, item, env)
            if one is not None:
                stored[one] = None
        return list(stored) or None

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """A list for ``eq`` and ``ne``, one of its values for the others."""
        if op in ("eq", "ne"):
            stored = self.parse(field, cast("list[Any]", value) if isinstance(value, list) else [value], env)
        else:
            stored = self.one(field, value, env)
        if stored is None:
            raise Bad("bad_value", value="")
        return stored

    def condition(self, field: Field, op: str, column: str, value: Any, bind: Bind) -> str:
        kind = self.column(field)
        if op == "contains":
            return f"{column} @> ARRAY[{bind(value, self.element)}]"
        if op in ("in", "not_in"):
            return f"{'' if op == 'in' else 'NOT '}({column} && {bind(value, kind)})"
        if op in ("eq", "ne"):
            held = bind(value, kind)
            return f"{'' if op == 'eq' else 'NOT '}({column} @> {held} AND {column} <@ {held})"
        raise Bad("unknown_operator", op=op)

    def empty_sql(self, field: Field, column: str) -> str:
        return f"({column} IS NULL OR {column} = '{{}}')"

    def json_sql(self, field: Field, column: str) -> str:
        return f"coalesce(to_json({column}), '[]'::json)"

    def same(self, a: Any, b: Any) -> bool:
        return a is b or (a is not None and b is not None and set(a) == set(b))

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return split_list(text)

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return join_list(value)

    def search_text(self, field: Field, value: Any) -> str:
        return " ".join(value)


class MultiSelect(Several):
    """Some of a list of options.

    Stored as ``text[]``: API names in the order of the options. From a spreadsheet names or labels in either language,
    separated by ``, ; 、``. ``contains`` finds one option, ``in`` any of several, ``eq`` exactly these.
    """

    name = "multiselect"
    label = {"en": "Multiple choice", "zh": "多选"}
    expected = {"en": "a list of names of options", "zh": "选项名称列表"}
    formula = "list"
    sql = "text[]"
    most = 2000

    def ddl(self, field: Field) -> str:
        return 'text[] COLLATE "C"'

    def problems(self, field: Field) -> list[Label]:
        return super().problems(field) + option_problems(field)

    def one(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        if value not in layout(field.options).names:
            raise Bad("not_an_option", value=shown(value))
        return value

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        stored = super().parse(field, value, env)
        if stored and len(stored) > 1:
            stored.sort(key=layout(field.options).order.__getitem__)
        return stored

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        options = layout(field.options)
        whole = options.find(text)
        return [whole] if whole else [options.find(part) or part for part in split_list(text)]

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        options = layout(field.options)
        return join_list(options.text(name, env.language) for name in value)

    def search_text(self, field: Field, value: Any) -> str:
        labels = {o.name: o.label for o in field.options}
        return " ".join(dict.fromkeys(text for name in value for text in labels.get(name, {"en": name}).values()))

    def invalid_sql(self, field: Field, column: str) -> str:
        return f"NOT {column} <@ {_offered(field)}"

    def json_schema(self, field: Field) -> dict[str, Any]:
        names = [o.name for o in field.options]
        items: dict[str, Any] = {"type": "string", "enum": names} if names else {"type": "string", "maxLength": 0}
        return {"type": "array", "items": items, "maxItems": self.most}

    def example(self, field: Field, rng: random.Random) -> Any:
        return [o.name for o in rng.sample(field.options, rng.randint(0, min(3, len(field.options))))]


class Tags(Several):
    """Free words.

    Stored as ``text[]``: up to 200 words of up to 100 characters, each once, in the order given. From a spreadsheet
    separated by ``, ; 、``. ``contains`` finds one tag, ``in`` any of several, ``eq`` exactly these. Where ``words`` lists some,
    no others are taken, and one of these is written as it stands there.
    """

    name = "tags"
    label = {"en": "Tags", "zh": "标签"}
    expected = {"en": "a list of texts", "zh": "文本列表"}
    formula = "list"
    sql = "text[]"
    worded = True

    def ddl(self, field: Field) -> str:
        return 'text[] COLLATE "C"'

    config = {"words": "The only words that are taken, as a list; without it everybody may bring new ones."}

    def problems(self, field: Field) -> list[Label]:
        words = field.config.get("words")
        good = words is None or (
            isinstance(words, list | tuple)
            and 0 < len(cast("list[Any]", words)) <= 1_000
            and all(isinstance(w, str) and w and w == w.strip() and len(w) <= 100 for w in cast("list[Any]", words))
        )
        wrong = {"en": "words are a list of 1 to 1000 texts of up to 100 characters", "zh": "words 应为 1 到 1000 个不超过 100 个字符的文本"}  # fmt: skip
        return super().problems(field) + ([] if good else [wrong])

    def one(self, field: Field, value: Any, env: Env) -> Any:
        text = self._word(value)
        words: Sequence[str] | None = field.config.get("words")
        if words is None or not text or text in words:
            return text
        near = fold(text)
        found = next((word for word in words if fold(word) == near), None)
        if found is None:
            raise Bad("not_a_tag", value=shown(text))
        return found

    def _word(self, value: Any) -> str | None:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        text = one_line(value)
        if len(text) > 100:
            raise Bad("too_long", max=100)
        return text or None

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """Any word: records may have one that is not taken any more."""
        return super().operand(replace(field, config={}), op, value, env)

    def invalid_sql(self, field: Field, column: str) -> str:
        words: Sequence[str] | None = field.config.get("words")
        return f"NOT {column} <@ ARRAY[{', '.join(map(quoted, words))}]::text[]" if words else ""

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": self.most}

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.sample(["vip", "key account", "华东", "2026", "a, b", 'say "hi"', "渠道"], rng.randint(0, 4))
