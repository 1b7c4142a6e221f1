"""Formulas as text: from what somebody wrote to a tree, every node with its place. What the names mean is decided later.

The language is that of spreadsheets: ``+ - * / ^ &``, comparisons, ``and or not in``, functions, texts in single or double
quotes, fields by their names with dots along links. Signs of the Chinese keyboard (``（ ， ＞ “ ”``) mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from guanxi.base import Invalid, Label

MAX_LENGTH = 4000
MAX_DEPTH = 40
MAX_NODES = 400
MAX_HOPS = 4


class Wrong(ValueError):
    """What is wrong with a formula: a message's ``code`` and ``values``, and from where to where in the text (from 0)."""

    def __init__(self, code: str, at: int, end: int, /, **values: object) -> None:
        self.code, self.at, self.end, self.values = code, at, end, values
        super().__init__(f"{code} at {at}")

    def invalid(self, place: str = "formula") -> Invalid:
        """The same as an error of a request; ``at`` is counted from 1, as people do."""
        return Invalid.one(place, self.code, **self.told)

    @property
    def told(self) -> dict[str, object]:
        """What fills the message's placeholders."""
        return {"at": self.at + 1} | self.values


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, true or false, or empty (None)."""

    value: str | Decimal | bool | None
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class Name:
    """A field, by its path."""

    path: tuple[str, ...]
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments; operators are functions whose name is their sign."""

    name: str
    args: tuple[Node, ...]
    at: int
    end: int


Node = Literal | Name | Call

EXPECTED: dict[str, Label] = {
    "value": {"en": "a field, a number, a text or a function", "zh": "字段、数字、文本或函数"},
    ")": {"en": "a closing parenthesis )", "zh": "右括号 )"},
    "(": {"en": "a parenthesis (", "zh": "左括号 ("},
    "end": {"en": "an operator or the end", "zh": "运算符或结尾"},
}

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+))|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|“[^”]*”|‘[^’]*’)|(?P<sign><=|>=|<>|!=|==|≤|≥|≠|[-+*/^&=<>(),（），＋－−×÷＊／＾＆＝＜＞]))"
)
_SIGNS = {
    "（": "(", "）": ")", "，": ",", "＋": "+", "－": "-", "−": "-", "×": "*", "＊": "*", "÷": "/", "／": "/", "＾": "^", "＆": "&",
    "＝": "=", "＜": "<", "＞": ">", "≤": "<=", "≥": ">=", "≠": "<>", "!=": "<>", "==": "=",
}  # fmt: skip
_WORDS = {"and", "or", "not", "in", "true", "false", "empty"}
_BINARY = {"or": 1, "and": 2, "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7, "^": 9}  # fmt: skip
_NOT, _MINUS = 3, 8


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    end: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            if at == len(text):
                break
            if text[at] in "'\"“‘":
                raise Wrong("formula_open_text", at, len(text))
            raise Wrong(
                "formula_character",
                at,
                at + 1,
                word=text[at] if text[at].isprintable() else "\N{REPLACEMENT CHARACTER}",
            )
        kind = found.lastgroup or ""
        word = found[kind]
        start, at = found.start(kind), found.end()
        if kind == "sign":
            word = kind = _SIGNS.get(word, word)
        elif kind == "name" and word.lower() in _WORDS:
            word = kind = word.lower()
        yield _Token(kind, word, start, at)
    yield _Token("end", "", len(text), len(text))


class _Reader:
    """Reads by precedence; every step takes a token, so that it ends."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.next = 0
        self.nodes = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        token = self.token
        self.next += token.kind != "end"
        return token

    def want(self, kind: str) -> _Token:
        if self.token.kind != kind:
            raise self.unexpected(kind)
        return self.take()

    def unexpected(self, expected: str) -> Wrong:
        token = self.token
        if token.kind == "end":
            return Wrong("formula_ends", token.at, token.end, expected=EXPECTED[expected])
        return Wrong("formula_unexpected", token.at, token.end, word=token.text[:40], expected=EXPECTED[expected])

    def made(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Wrong("too_complex", node.at, node.end, limit=MAX_NODES)
        return node

    def expression(self, least: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise Wrong("too_complex", self.token.at, self.token.end, limit=MAX_DEPTH)
        left = self.operand(depth)
        while (binds := _BINARY.get(self.token.kind, 0)) >= max(least, 1):
            sign = self.take()
            if sign.kind == "in":
                args = (left, *self.arguments(depth)[0])
                left = self.made(Call("in", args, left.at, self.tokens[self.next - 1].end))
                continue
            right = self.expression(binds if sign.kind == "^" else binds + 1, depth + 1)
            left = self.made(Call(sign.kind, (left, right), left.at, right.end))
        return left

    def arguments(self, depth: int) -> tuple[list[Node], _Token]:
        self.want("(")
        args: list[Node] = []
        if self.token.kind != ")":
            args.append(self.expression(0, depth + 1))
            while self.token.kind == ",":
                self.take()
                args.append(self.expression(0, depth + 1))
        return args, self.want(")")

    def operand(self, depth: int) -> Node:
        token = self.token
        match token.kind:
            case "number":
                self.take()
                if len(token.text) > 30:
                    raise Wrong("formula_number", token.at, token.end)
                return self.made(Literal(Decimal(token.text), token.at, token.end))
            case "text":
                self.take()
                quote = token.text[-1]
                inner = token.text[1:-1].replace(quote * 2, quote) if quote in "'\"" else token.text[1:-1]
                return self.made(Literal(inner or None, token.at, token.end))
            case "true" | "false" | "empty":
                self.take()
                value = {"true": True, "false": False, "empty": None}[token.kind]
                return self.made(Literal(value, token.at, token.end))
            case "not" | "-" | "+":
                self.take()
                inner = self.expression(_NOT if token.kind == "not" else _MINUS, depth + 1)
                return inner if token.kind == "+" else self.made(Call(f"{token.kind} ", (inner,), token.at, inner.end))
            case "(":
                self.take()
                inner = self.expression(0, depth + 1)
                self.want(")")
                return inner
            case "name":
                self.take()
                if self.token.kind == "(":
                    args, last = self.arguments(depth)
                    return self.made(Call(token.text.lower(), tuple(args), token.at, last.end))
                return self.made(Name(tuple(token.text.split(".")), token.at, token.end))
            case _:
                raise self.unexpected("value")


@lru_cache(maxsize=2000)
def read(text: str) -> Node:
    """The tree of a formula; raises :class:`Wrong`."""
    if len(text) > MAX_LENGTH:
        raise Wrong("too_complex", MAX_LENGTH, len(text), limit=MAX_LENGTH)
    if "\0" in text:
        raise Wrong("formula_character", text.index("\0"), text.index("\0") + 1, word="\N{REPLACEMENT CHARACTER}")
    if not text.strip():
        raise Wrong("formula_empty", 0, len(text))
    reader = _Reader(text)
    node = reader.expression(0, 0)
    if reader.token.kind != "end":
        raise reader.unexpected("end")
    return node


def _nodes(text: str) -> list[Node]:
    """All nodes of a formula; none of one that cannot be read."""
    try:
        found = [read(text)]
    except Wrong:
        return []
    for node in found:
        if isinstance(node, Call):
            found += node.args
    return found


def names(text: str) -> set[tuple[str, ...]]:
    """The paths that a formula names, whatever they mean."""
    return {node.path for node in _nodes(text) if isinstance(node, Name)}


def calls(text: str) -> set[str]:
    """The functions and operators that a formula calls, whatever they are."""
    return {node.name for node in _nodes(text) if isinstance(node, Call)}
