"""Links: to one record, to several, to a user, to a record of any object; and a record's own id."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from guanxi.base import Label
from guanxi.base.ids import is_id
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Bind, Env, FieldType, shown
from guanxi.schema.types.choices import Several, split_list
from guanxi.schema.types.text import REFUSED

_OBJECT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID_SCHEMA = {"type": "string", "format": "uuid"}
_MATCH_SCHEMA = {
    "type": "object",
    "properties": {"match": {"type": "object", "minProperties": 1, "maxProperties": 5}},
    "required": ["match"],
    "additionalProperties": False,
}
_READ_SCHEMA = {
    "type": "object",
    "properties": {"id": _ID_SCHEMA, "title": {"type": ["string", "null"]}},
    "required": ["id"],
    "additionalProperties": False,
}


def read_id(value: Any) -> str:
    """``value`` as the id of a record in canonical form; raises Bad."""
    if isinstance(value, str):
        if is_id(value):
            return value
        lower = value.strip().lower()
        if is_id(lower):
            return lower
        raise Bad("not_an_id", value=shown(value))
    raise Bad("wrong_type", expected=Id.expected)


def made_up(rng: random.Random) -> str:
    """An id of no record."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


class Id(FieldType):
    """A record's id.

    Stored as ``uuid``, version 7: made by the engine, in the order of creation.
    """

    name = "id"
    label = {"en": "Id", "zh": "编号"}
    expected = {"en": "a record id", "zh": "记录编号"}
    sql = "uuid"
    aggregates = ("count", "count_distinct")
    custom = False

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        return read_id(value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return dict(_ID_SCHEMA)

    def example(self, field: Field, rng: random.Random) -> Any:
        return made_up(rng)


class Link(FieldType):
    """A link to one record of another object.

    Stored as ``uuid`` with a foreign key. Written as an id, as ``{"id": …}`` (the form in which it is read), or as
    ``{"match": {"email": "x@y.cn"}}``, which must find exactly one record; read as ``{"id", "title"}``. From a spreadsheet
    an id, or what ``match`` names the record by.
    """

    name = "link"
    label = {"en": "Link", "zh": "关联"}
    expected = {"en": 'a record id or {"match": {…}}', "zh": '记录编号或 {"match": {…}}'}
    sql = "uuid"
    link = True
    formula = "link"
    config = {
        "match": "The target's field that spreadsheets name it by; name unless set.",
        "tree": "Of a link to the own object: yes says that no record may come to be above itself.",
        "offers": "A filter: of which records pickers offer a choice; others are taken too.",
    }

    def problems(self, field: Field) -> list[Label]:
        match, tree = field.config.get("match"), field.config.get("tree")
        wrong = match is not None and not (isinstance(match, str) and _OBJECT.fullmatch(match))
        out: list[Label] = [{"en": "match is the name of a field", "zh": "match 应为字段名称"}] if wrong else []
        if "offers" in field.config and not (field.config["offers"] and isinstance(field.config["offers"], Mapping)):
            out.append({"en": "offers is a filter", "zh": "offers 应为筛选条件"})
        if tree not in (None, True, False):
            out.append({"en": "tree is yes or no", "zh": "tree 应为是或否"})
        return super().problems(field) + out

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        """The id, or the ``{"match": …}`` that the engine looks up."""
        if isinstance(value, str):
            return read_id(value) if value else None
        if not isinstance(value, Mapping):
            raise Bad("wrong_type", expected=self.expected)
        form = cast("Mapping[Any, Any]", value)
        if "id" in form and set(form) <= {"id", "title"}:
            return read_id(form["id"])
        match = form.get("match")
        if len(form) != 1 or not isinstance(match, Mapping) or not 0 < len(cast("Mapping[Any, Any]", match)) <= 5:
            raise Bad("wrong_type", expected=self.expected)
        for key, wanted in cast("Mapping[Any, Any]", match).items():
            if not isinstance(key, str) or not isinstance(wanted, str | int | float | bool):
                raise Bad("wrong_type", expected=self.expected)
            if REFUSED.search(key) or (isinstance(wanted, str) and REFUSED.search(wanted)):
                raise Bad("control_characters")
        return {"match": dict(cast("Mapping[str, Any]", match))}

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        return read_id(value)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        lower = text.lower()
        return lower if is_id(lower) else {"match": {field.config.get("match", "name"): text}}

    def search_text(self, field: Field, value: Any) -> str:
        """Nothing: the record that is linked is found by itself."""
        return ""

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"anyOf": [dict(_ID_SCHEMA), _MATCH_SCHEMA, _READ_SCHEMA]}

    def example(self, field: Field, rng: random.Random) -> Any:
        return made_up(rng)


class User(Link):
    """A user: the owner of a record, who did something.

    Stored as ``uuid``. Written and read as links are, and ``"$me"`` is the user who writes. Conditions take ``"$me"`` and
    ``"$my_team"`` (any user of the teams that the reader is in). From a spreadsheet an id, an e-mail address or a name.
    """

    name = "user"
    label = {"en": "User", "zh": "用户"}
    expected = {"en": 'a user\'s id or {"match": {…}}', "zh": '用户编号或 {"match": {…}}'}
    config = {}

    def default(self, field: Field, env: Env) -> Any:
        """``"$me"`` is the user who creates the record."""
        return (env.me or None) if field.default == "$me" else field.default

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        return env.me if value == "$me" and env.me else super().parse(field, value, env)

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """An id; the tuple of all ids in my teams for ``"$my_team"``."""
        if value == "$my_team":
            return env.team
        return env.me if value == "$me" and env.me else read_id(value)

    def condition(self, field: Field, op: str, column: str, value: Any, bind: Bind) -> str:
        if isinstance(value, tuple) and op in ("eq", "ne"):
            return super().condition(
                field, "in" if op == "eq" else "not_in", column, list(cast("tuple[str, ...]", value)), bind
            )
        if op in ("in", "not_in"):
            value = [
                one
                for v in cast("Sequence[Any]", value)
                for one in (cast("tuple[str, ...]", v) if isinstance(v, tuple) else (v,))
            ]
        return super().condition(field, op, column, value, bind)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        lower = text.lower()
        if is_id(lower):
            return lower
        return {"match": {"email": lower} if "@" in text else {"name": text}}


_LINK = Link()


class Links(Several):
    """Links to several records of another object.

    Stored as ``uuid[]``. Written as a list of what a link takes, read as a list of ``{"id", "title"}``. From a spreadsheet
    separated by ``, ; 、``.
    """

    name = "links"
    label = {"en": "Links", "zh": "多个关联"}
    expected = {"en": "a list of record ids", "zh": "记录编号列表"}
    sql = "uuid[]"
    element = "uuid"
    link = True
    most = 1000
    config = Link.config

    def problems(self, field: Field) -> list[Label]:
        return _LINK.problems(field) if not (field.index or field.unique) else super().problems(field)

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        """Ids, each once, and ``{"match": …}`` that the engine looks up."""
        stored: list[Any] = []
        seen: set[str] = set()
        for item in self.items(value):
            one = self.one(field, item, env)
            if isinstance(one, str):
                if one in seen:
                    continue
                seen.add(one)
            if one is not None:
                stored.append(one)
        return stored or None

    def one(self, field: Field, value: Any, env: Env) -> Any:
        return _LINK.parse(field, value, env)

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        if op in ("eq", "ne"):
            return [read_id(v) for v in self.items(value if isinstance(value, list) else [value])]
        return read_id(value)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return [_LINK.read_text(field, part, env) for part in split_list(text)]

    def json_sql(self, field: Field, column: str) -> str:
        return column

    def search_text(self, field: Field, value: Any) -> str:
        return ""

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": _LINK.json_schema(field), "maxItems": self.most}

    def example(self, field: Field, rng: random.Random) -> Any:
        return [made_up(rng) for _ in range(rng.randint(0, 3))]


class Reference(FieldType):
    """A link to a record of any object: what a note or a task is about.

    Stored as ``uuid``, with the object's name in the companion ``<name>_object``. Written as ``{"object", "id"}``, read with
    its title too. Conditions compare the id.
    """

    name = "reference"
    label = {"en": "Related record", "zh": "相关记录"}
    expected = {"en": '{"object": …, "id": …}', "zh": '{"object": …, "id": …}'}
    sql = "uuid"
    custom = False
    sortable = False
    groupable = False
    anywhere = True

    def companions(self, field: Field) -> tuple[Field, ...]:
        label = {lang: f"{text}{'类型' if lang == 'zh' else ' object'}" for lang, text in field.label.items()}
        return (Field(f"{field.name}_object", "text", label, readonly=True, of=field.name, config={"max": 40}),)

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        """The id; what :meth:`implied` answers names the object."""
        if not isinstance(value, Mapping):
            raise Bad("wrong_type", expected=self.expected)
        form = cast("Mapping[Any, Any]", value)
        if not {"object", "id"} <= set(form) <= {"object", "id", "title"} or not isinstance(form["object"], str):
            raise Bad("wrong_type", expected=self.expected)
        if not _OBJECT.fullmatch(form["object"]):
            raise Bad("wrong_type", expected=self.expected)
        return read_id(form["id"])

    def implied(self, field: Field, value: Any, env: Env) -> dict[str, Any]:
        return {f"{field.name}_object": cast("Mapping[str, Any]", value)["object"]}

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        if isinstance(value, Mapping):
            return self.parse(field, cast("Mapping[Any, Any]", value), env)
        return read_id(value)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        """``account:0190…``, the object and the id."""
        kind, _, key = text.partition(":")
        return {"object": kind.strip().lower(), "id": key.strip().lower()}

    def search_text(self, field: Field, value: Any) -> str:
        return ""

    def json_schema(self, field: Field) -> dict[str, Any]:
        properties = {"object": {"type": "string"}, "id": _ID_SCHEMA, "title": {"type": ["string", "null"]}}
        return {"type": "object", "properties": properties, "required": ["object", "id"], "additionalProperties": False}

    def example(self, field: Field, rng: random.Random) -> Any:
        return {"object": rng.choice(["account", "contact", "opportunity"]), "id": made_up(rng)}
