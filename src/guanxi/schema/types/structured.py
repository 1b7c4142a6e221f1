"""Values with parts that nobody sorts by: files, and any JSON."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from guanxi.base import Label
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env, FieldType, setting
from guanxi.schema.types.links import made_up, read_id
from guanxi.schema.types.text import one_line


class Structured(FieldType):
    """What the types kept as JSON share."""

    sql = "jsonb"
    operators = ("is_empty",)
    aggregates = ("count",)
    sortable = False
    groupable = False
    index = ""

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        raise Bad("unknown_operator", op=op)

    def search_text(self, field: Field, value: Any) -> str:
        return ""

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class File(Structured):
    """A file or a picture.

    Stored as ``jsonb``: ``{"id", "name", "size", "type"}``, where ``id`` is that of an uploaded file, ``size`` in bytes and
    ``type`` its media type. Not filled from spreadsheets.
    """

    name = "file"
    label = {"en": "File", "zh": "文件"}
    expected = {
        "en": 'an uploaded file: {"id", "name", "size", "type"}',
        "zh": '已上传的文件：{"id", "name", "size", "type"}',
    }
    holds_file = True
    config = {"image": "True when only pictures are taken.", "max": "Greatest size in bytes."}

    def problems(self, field: Field) -> list[Label]:
        wrong = not isinstance(field.config.get("image", False), bool)
        return (
            super().problems(field)
            + setting(field, "max", 1, 2**40)
            + ([{"en": "image is true or false", "zh": "image 应为 true 或 false"}] if wrong else [])
        )

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, Mapping):
            raise Bad("wrong_type", expected=self.expected)
        form = cast("Mapping[Any, Any]", value)
        name, size, kind = form.get("name", ""), form.get("size", 0), form.get("type", "application/octet-stream")
        if not {"id"} <= set(form) <= {"id", "name", "size", "type"} or type(size) is not int or not 0 <= size < 2**53:
            raise Bad("wrong_type", expected=self.expected)
        if not isinstance(name, str) or not isinstance(kind, str):
            raise Bad("wrong_type", expected=self.expected)
        key, name, kind = read_id(form["id"]), one_line(name), one_line(kind).lower()
        if max(len(name), len(kind)) > 255:
            raise Bad("too_long", max=255)
        if field.config.get("image") and not kind.startswith("image/"):
            raise Bad("not_an_image")
        if size > field.config.get("max", size):
            raise Bad("file_too_big", max=field.config["max"])
        return {"id": key, "name": name, "size": size, "type": kind}

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        raise Bad("not_from_text")

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return value["name"]

    def search_text(self, field: Field, value: Any) -> str:
        return value["name"]

    def json_schema(self, field: Field) -> dict[str, Any]:
        text = {"type": "string", "maxLength": 255}
        properties: dict[str, Any] = {
            "id": {"type": "string", "format": "uuid"},
            "name": text,
            "size": {"type": "integer", "minimum": 0},
            "type": {**text, "pattern": "^image/"} if field.config.get("image") else text,
        }
        return {"type": "object", "properties": properties, "required": ["id"], "additionalProperties": False}

    def example(self, field: Field, rng: random.Random) -> Any:
        size = min(rng.randint(1, 9_999), field.config.get("max", 9_999))
        return {"id": made_up(rng), "name": rng.choice(["logo.png", "合同.png"]), "size": size, "type": "image/png"}


LARGEST, DEEPEST = 65_536, 64


class Json(Structured):
    """Any JSON: what other programs keep beside a record.

    Stored as ``jsonb``, at most 64 KB of it and 64 levels deep. From a spreadsheet as JSON text.
    """

    name = "json"
    label = {"en": "JSON", "zh": "JSON"}
    expected = {"en": "JSON", "zh": "JSON"}

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        value = _plain_json(value, DEEPEST)
        try:
            size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
        except ValueError:  # an int with more digits than Python prints, a number that is none
            raise Bad("wrong_type", expected=self.expected) from None
        if size > LARGEST:
            raise Bad("too_long", max=LARGEST)
        return value

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise Bad("malformed_json") from None
        if value is None:
            raise Bad("malformed_json")
        return value

    def same(self, a: Any, b: Any) -> bool:
        """True is not 1 here."""
        return a is b or json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {}

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice(
            [{"source": "fair", "n": rng.randint(1, 99)}, [1, 2.5, "三", None, True], "text", 0, False, {}]
        )


def _plain_json(value: Any, depth: int) -> Any:
    """A copy of ``value`` as PostgreSQL can keep it; raises Bad."""
    if depth == 0:
        raise Bad("nested_too_deep", max=DEEPEST)
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value if not c.isascii()):
            raise Bad("control_characters")
        return value
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        if not all(isinstance(key, str) for key in entries):
            raise Bad("wrong_type", expected=Json.expected)
        return {_plain_json(key, depth): _plain_json(one, depth - 1) for key, one in entries.items()}
    if isinstance(value, list | tuple):
        return [_plain_json(one, depth - 1) for one in cast("list[Any]", value)]
    if isinstance(value, Decimal):  # as numbers with a fraction are read; JSON beside a record keeps what a float does
        if not value.is_finite():
            raise Bad("wrong_type", expected=Json.expected)
        value = float(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise Bad("too_many_digits", max=18)
    if value is None or isinstance(value, bool | int | float):
        return value
    raise Bad("wrong_type", expected=Json.expected)
