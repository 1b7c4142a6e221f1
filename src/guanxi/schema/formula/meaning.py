"""What a formula means to an object: every name is a field, every operator has the kinds that it takes.

:func:`understand` makes a typed tree of a tree, or says what is wrong and where. ``see(object, name)`` answers the field
that a name is, with its settings settled (a formula's own result too), or None; it decides which fields there are for
whoever asks, so that one that is hidden is as unknown as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from guanxi.base import Label, say
from guanxi.base.text import LANGUAGES
from guanxi.schema.formula.functions import FUNCTIONS, KINDS, UNITS, Function
from guanxi.schema.formula.syntax import MAX_HOPS, Call, Literal, Name, Node, Wrong, read
from guanxi.schema.model import Field
from guanxi.schema.types import TYPES, type_of

See = Callable[[str, str], Field | None]
Called = Callable[[str], Label]
"""What an object is called by people, by its name."""


def by_its_name(object_name: str) -> Label:
    """Where nobody knows better."""
    return dict.fromkeys(LANGUAGES, object_name)


CLOCKS = frozenset({"today", "now", "me", "todate", "todatetime", "hour", "label"})
"""Functions whose answer is another for another reader or at another time."""
ORDERED = frozenset({"number", "date", "datetime", "duration", "text"})
SIGNS = {"+", "-", "*", "/", "^", "&"}
COMPARED = {"=", "<>", "<", "<=", ">", ">="}


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of a formula that is known to fit: a ``field`` (``value`` is its path), a ``literal``, or a call by name.

    ``whole`` numbers have no fraction; ``money`` ones are in the currency of the fields that they are made of. ``field`` is
    what a name leads to.
    """

    kind: str
    name: str
    at: int
    end: int
    args: tuple[Typed, ...] = ()
    value: Any = None
    field: Field | None = None
    whole: bool = False
    money: bool = False

    def walk(self) -> Iterator[Typed]:
        """This part and all inside of it."""
        yield self
        for part in self.args:
            yield from part.walk()

    @property
    def paths(self) -> set[tuple[str, ...]]:
        """The paths of the fields that it uses."""
        return {t.value for t in self.walk() if t.name == "field"}

    @property
    def clock(self) -> bool:
        """Whether it depends on the reader or the time."""
        return any(t.name in CLOCKS or (t.name in ("text", "&") and _zoned(t)) for t in self.walk())


def _zoned(t: Typed) -> bool:
    return any(a.kind == "datetime" for a in t.args)


def understand(text: str, object_name: str, see: See, called: Called = by_its_name) -> Typed:
    """The typed tree of a formula on ``object_name``; raises :class:`Wrong`."""
    return _Reader(object_name, see, called).typed(read(text))


def condition(text: str, object_name: str, see: See, called: Called = by_its_name) -> Typed:
    """The same for a formula that must be yes or no."""
    typed = understand(text, object_name, see, called)
    if typed.kind != "boolean":
        raise _kind(typed, "boolean")
    return typed


def _called(name: str, label: Label) -> Label:
    """What stands under ``name`` as people call it, and as it is written in formulas."""
    called = {language: say(label, language) for language in LANGUAGES}
    return {language: f"{of} ({name})" if of and of.casefold() != name else name for language, of in called.items()}


def _kind(t: Typed, expected: str) -> Wrong:
    return Wrong("formula_kind", t.at, t.end, expected=KINDS[expected], found=KINDS[t.kind])


class _Reader:
    def __init__(self, object_name: str, see: See, called: Called) -> None:
        self.object = object_name
        self.see = see
        self.called = called

    def typed(self, node: Node) -> Typed:
        match node:
            case Literal(value, at, end):
                if isinstance(value, bool):
                    return Typed("boolean", "literal", at, end, value=value)
                if isinstance(value, Decimal):
                    return Typed("number", "literal", at, end, value=value, whole=value == value.to_integral_value())
                return Typed("text" if value else "empty", "literal", at, end, value=value)
            case Name():
                return self.name(node)
            case Call(name, nodes, at, end):
                args = tuple(self.typed(n) for n in nodes)
                if name in SIGNS:
                    return self.arithmetic(node, args)
                if name in COMPARED:
                    return self.compared(node, *args)
                if name in ("and", "or", "not "):
                    args = tuple(self.is_(a, "boolean") for a in args)
                    return Typed("boolean", name.strip(), at, end, args)
                if name == "- ":
                    [of] = args
                    if of.kind not in ("number", "duration"):
                        of = self.is_(of, "number")
                    return replace(of, name="minus", at=at, end=end, args=(of,), value=None, field=None)
                if name == "in":
                    return self.among(node, args)
                return self.call(node, args)

    def is_(self, t: Typed, kind: str) -> Typed:
        """``t`` if it is of ``kind`` or can stand for it."""
        if t.kind == kind:
            return t
        if t.kind == "empty":
            return replace(t, kind=kind)
        if kind == "text" and t.kind == "choice":
            return t
        if kind == "date" and t.name == "literal" and t.kind == "text":
            return self.day(t)
        raise _kind(t, kind)

    def day(self, t: Typed) -> Typed:
        """A text that is written where a date is meant."""
        try:
            return replace(t, kind="date", value=date.fromisoformat(t.value))
        except ValueError:
            raise Wrong("formula_date", t.at, t.end, word=str(t.value)[:40]) from None

    # -- names -----------------------------------------------------------------------------------------------------------

    def name(self, node: Name) -> Typed:
        place, path = self.object, node.path
        if len(path) > MAX_HOPS + 1:
            raise Wrong("too_complex", node.at, node.end, limit=MAX_HOPS)
        at = node.at
        for i, step in enumerate(path):
            f = self.see(place, step)
            end = at + len(step)
            if f is None:
                raise Wrong("formula_unknown_field", at, end, name=step, object=self.called(place))
            kind = type_of(f)
            if i < len(path) - 1:
                if not kind.link or kind.many or not f.target:
                    raise Wrong("formula_no_link", at, end, name=_called(step, f.label))
                place = f.target
            elif not kind.formula:
                raise Wrong("formula_no_value", at, end, name=_called(step, f.label), type=kind.label)
            else:
                whole = kind.formula == "number" and kind.column(f) == "bigint"
                return Typed(kind.formula, "field", node.at, node.end, (), path, f, whole, bool(kind.unit))
            at = end + 1
        raise AssertionError(path)

    # -- operators -------------------------------------------------------------------------------------------------------

    def arithmetic(self, node: Call, args: tuple[Typed, ...]) -> Typed:
        sign = node.name
        a, b = (replace(x, kind="number") if x.kind == "empty" and sign != "&" else x for x in args)

        def made(kind: str, whole: bool = False, money: bool = False) -> Typed:
            return Typed(kind, sign, node.at, node.end, (a, b), whole=whole, money=money)

        if sign == "&":
            for x in args:
                if x.kind in ("boolean", "link", "list"):
                    raise _kind(x, "text")
            return made("text")
        kinds = (a.kind, b.kind)
        whole = a.whole and b.whole
        match (*kinds, sign):
            case ("number", "number", "+" | "-"):
                return made("number", whole, a.money or b.money)
            case ("number", "number", "*"):
                return made("number", whole, a.money != b.money)
            case ("number", "number", "/"):
                return made("number", False, a.money and not b.money)
            case ("number", "number", "^"):
                return made("number")
            case ("date" | "datetime", "number", "+" | "-"):
                return made(a.kind)
            case ("number", "date" | "datetime", "+"):
                a, b = b, a
                return made(a.kind)
            case ("datetime", "duration", "+" | "-"):
                return made("datetime")
            case ("date", "date", "-"):
                return made("number", True)
            case ("datetime", "datetime", "-"):
                return made("duration")
            case ("duration", "duration", "+" | "-"):
                return made("duration")
            case ("duration", "number", "*" | "/") | ("number", "duration", "*"):
                return made("duration")
            case ("duration", "duration", "/"):
                return made("number")
            case _:
                first = "number" if kinds[0] not in ("number", "date", "datetime", "duration") else ""
                if first:
                    raise _kind(a, "number")
                raise Wrong("formula_operator", node.at, node.end, sign=sign, left=KINDS[a.kind], right=KINDS[b.kind])

    def compared(self, node: Call, a: Typed, b: Typed) -> Typed:
        sign = node.name
        if sign in ("=", "<>") and "empty" in (
            a.kind,
            b.kind,
        ):  # what is compared with nothing is asked whether it is nothing
            of = a if b.kind == "empty" else b
            empty = Typed("boolean", "isempty", node.at, node.end, (of,))
            return empty if sign == "=" else Typed("boolean", "not", node.at, node.end, (empty,))
        a, b = self.alike(node, a, b)
        if sign not in ("=", "<>") and a.kind not in ORDERED:
            raise Wrong("formula_operator", node.at, node.end, sign=sign, left=KINDS[a.kind], right=KINDS[b.kind])
        if a.kind == "list":
            raise Wrong("formula_operator", node.at, node.end, sign=sign, left=KINDS[a.kind], right=KINDS[b.kind])
        return Typed("boolean", sign, node.at, node.end, (a, b))

    def alike(self, node: Call, a: Typed, b: Typed) -> tuple[Typed, Typed]:
        """Two values that can be compared, each as the other needs it."""
        for one, other in ((a, b), (b, a)):
            if one.kind == "choice" and other.name == "literal" and other.kind == "text":
                options = one.field.options if one.field else ()
                if options and all(o.name != other.value for o in options):
                    known = [_called(o.name, o.label) for o in options]
                    said = {language: ", ".join(one[language] for one in known)[:200] for language in LANGUAGES}
                    raise Wrong("formula_option", other.at, other.end, word=str(other.value)[:40], options=said)
        if a.kind in ("date", "datetime") and b.name == "literal" and b.kind == "text":
            b = self.day(b)
        elif b.kind in ("date", "datetime") and a.name == "literal" and a.kind == "text":
            a = self.day(a)
        kinds = {a.kind, b.kind}
        if len(kinds) == 1 or kinds <= {"text", "choice"} or "empty" in kinds:
            return a, b
        if kinds == {"date", "datetime"}:  # a day is its beginning
            return tuple(Typed("datetime", "todatetime", x.at, x.end, (x,)) if x.kind == "date" else x for x in (a, b))  # pyright: ignore[reportReturnType]
        raise Wrong("formula_operator", node.at, node.end, sign=node.name, left=KINDS[a.kind], right=KINDS[b.kind])

    def among(self, node: Call, args: tuple[Typed, ...]) -> Typed:
        if len(args) < 2:
            raise Wrong("formula_arguments", node.at, node.end, usage="value in (value, …)")
        one, rest = args[0], args[1:]
        tests = tuple(self.compared(replace(node, name="="), one, other) for other in rest)
        return tests[0] if len(tests) == 1 else Typed("boolean", "or", node.at, node.end, tests)

    # -- functions -------------------------------------------------------------------------------------------------------

    def call(self, node: Call, args: tuple[Typed, ...]) -> Typed:
        f = FUNCTIONS.get(node.name)
        if f is None:
            raise Wrong("formula_unknown_function", node.at, node.at + len(node.name), name=node.name)
        if not f.least <= len(args) <= f.most:
            raise Wrong("formula_arguments", node.at, node.end, usage=f.usage)
        if f.name == "ifs":
            return self.ifs(node, f, args)
        if f.name == "switch":
            return self.switch(node, f, args)
        if f.name in ("startof", "endof") and (args[1].name != "literal" or args[1].value not in UNITS):
            raise Wrong("formula_arguments", args[1].at, args[1].end, usage=f.usage + ", unit: " + " ".join(UNITS))
        if f.name == "text" and args[0].kind in ("boolean", "link", "list"):
            raise _kind(args[0], "text")
        out: list[Typed] = []
        for i, a in enumerate(args):
            kind = f.kind(i)
            out.append(a if kind in ("any", "same") else self.is_(a, kind))
        if f.name == "label" and (out[0].field is None or out[0].kind != "choice"):
            raise _kind(out[0], "choice")
        same = [i for i in range(len(out)) if f.kind(i) == "same"]
        kind = f.gives
        if same:
            kind, values = self.one_kind([out[i] for i in same])
            for i, v in zip(same, values, strict=True):
                out[i] = v
            if f.name in ("min", "max") and kind not in ORDERED | {"empty"}:
                raise _kind(out[0], "number")
        if kind == "empty":
            return Typed("empty", "literal", node.at, node.end)
        of = [out[i] for i in same] or out
        whole = kind == "number" and (not f.fraction or (f.name == "round" and len(out) == 1))
        if whole and f.keeps and f.name not in ("round", "floor", "ceil"):
            whole = all(a.whole or a.kind == "empty" for a in of)
        money = f.keeps and kind == "number" and any(a.money for a in of)
        return Typed(kind, f.name, node.at, node.end, tuple(out), whole=whole, money=money)

    def one_kind(self, values: Sequence[Typed]) -> tuple[str, list[Typed]]:
        """The one kind that values are of; a text written beside dates is a date."""
        kinds = {v.kind for v in values} - {"empty"}
        if "date" in kinds and "text" in kinds:
            values = [self.day(v) if v.kind == "text" and v.name == "literal" else v for v in values]
            kinds = {v.kind for v in values} - {"empty"}
        if kinds == {"text", "choice"} or kinds == {"choice"}:
            kinds = {"text"}
        if len(kinds) > 1:
            first = next(v for v in values if v.kind != "empty")
            other = next(v for v in values if v.kind not in (first.kind, "empty"))
            raise _kind(other, first.kind)
        kind = next(iter(kinds), "empty")
        return kind, [replace(v, kind=kind) if v.kind == "empty" else v for v in values]

    def ifs(self, node: Call, f: Function, args: tuple[Typed, ...]) -> Typed:
        if len(args) < 2:
            raise Wrong("formula_arguments", node.at, node.end, usage=f.usage)
        tests = [self.is_(test, "boolean") for test in args[: len(args) - len(args) % 2 : 2]]
        return self.choose(node, tests, args)

    def choose(self, node: Call, tests: Sequence[Typed], args: Sequence[Typed]) -> Typed:
        """``ifs``: tests and values by turns, perhaps a last value."""
        values = [*args[1::2], *([args[-1]] if len(args) % 2 else [])]
        kind, values = self.one_kind(values)
        if kind == "empty":
            return Typed("empty", "literal", node.at, node.end)
        out: list[Typed] = []
        for i, test in enumerate(tests):
            out += [test, values[i]]
        out += values[len(tests) :]
        whole = all(v.whole or v.kind == "empty" for v in values)
        return Typed(kind, "ifs", node.at, node.end, tuple(out), whole=whole, money=any(v.money for v in values))

    def switch(self, node: Call, f: Function, args: tuple[Typed, ...]) -> Typed:
        if len(args) < 3:
            raise Wrong("formula_arguments", node.at, node.end, usage=f.usage)
        one, rest = args[0], list(args[1:])
        for i in range(0, len(rest) - len(rest) % 2, 2):
            rest[i] = self.compared(replace(node, name="="), one, rest[i])
        return self.choose(node, rest[: len(rest) - len(rest) % 2 : 2], rest)


RESULTS: dict[str, tuple[str, ...]] = {
    "number": ("decimal", "integer", "percent", "money"),
    "text": ("text",),
    "choice": ("text",),
    "date": ("date",),
    "datetime": ("datetime",),
    "boolean": ("boolean",),
    "duration": ("duration",),
    "empty": ("text",),
}
"""Field types that a formula can be shown as, by the kind of its expression; the first unless there is reason."""


def result_of(t: Typed, wanted: str = "") -> str:
    """The field type of a formula's values: ``wanted``, if it fits, or what the expression says. Raises Wrong."""
    fits = RESULTS.get(t.kind, ())
    if not fits:
        raise Wrong("formula_result", t.at, t.end, found=KINDS[t.kind])
    if wanted:
        if wanted not in fits or (wanted == "money" and not t.money):
            raise Wrong(
                "formula_result_type",
                t.at,
                t.end,
                type=TYPES[wanted].label if wanted in TYPES else wanted,
                found=KINDS[t.kind],
            )
        return wanted
    if t.kind == "number":
        return "money" if t.money else "integer" if t.whole else "decimal"
    return fits[0]
