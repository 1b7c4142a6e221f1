"""What every field type keeps to, ranging over the registry."""

from __future__ import annotations

import ast
import json
import random
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import guanxi.schema.types as registry
from guanxi.base import FieldError
from guanxi.base.messages import MESSAGES
from guanxi.schema.model import Field, Option
from guanxi.schema.types import TYPES, Bad, Env, FieldType, type_of

NAMES = sorted(TYPES)
READABLE = [name for name in NAMES if TYPES[name].readable]
CHEAP = [name for name in NAMES if name != "password"]  # hashing takes its time on purpose
OPTIONS = (
    Option("gold", {"en": "Gold", "zh": "金牌"}),
    Option("silver", {"en": "Silver", "zh": "银牌"}),
    Option("a, b", {"en": "A; B", "zh": "甲、乙"}),
    Option("华东", {"en": "East", "zh": "华东"}),
    Option("it's 100%", {"en": "gold", "zh": ""}),
)
ENVS = [
    Env(
        "zh",
        "Asia/Shanghai",
        "CNY",
        datetime(2026, 3, 5, 17, 30, tzinfo=UTC),
        "ymd",
        me="0190f3a0-0000-7000-8000-000000000001",
    ),
    Env("en", "America/New_York", "USD", datetime(2026, 3, 8, 7, 30, tzinfo=UTC), "mdy"),
    Env("en", "Europe/Berlin", "EUR", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "dmy"),
]
CONFIGS: dict[str, list[dict[str, Any]]] = {
    "text": [{"max": 1}, {"max": 500}],
    "integer": [{"min": 3, "max": 7}],
    "decimal": [{"scale": 0}, {"scale": 3, "min": -1, "max": 1}],
    "money": [{"scale": 0}, {"scale": 4, "min": 0}],
    "percent": [{"min": -100, "max": 1000, "scale": 1}],
    "rating": [{"max": 10}],
    "duration": [{"unit": "hours"}],
    "phone": [{"region": "DE"}],
    "autonumber": [{"pattern": "OPP-{yyyy}-{0000}", "start": 100}],
    "file": [{"image": True, "max": 100}],
    "link": [{"match": "email"}],
}


def field(name: str, **more: Any) -> Field:
    options = OPTIONS if name in ("select", "multiselect", "stage", "pipeline") else ()
    return Field("value", name, {"en": "Value", "zh": "值"}, options=options, **more)


def fields(name: str) -> list[Field]:
    return [field(name), *(field(name, config=config) for config in CONFIGS.get(name, []))]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**60), 10**60) | st.floats() | st.text(st.characters(), max_size=40)
    | st.sampled_from(["\0", "\ud800", "a\x07b", "", " ", "\u200b", "2026-02-30", "9999-12-31", "1e999", "NaN", "١٢", "½", "$me", "today"])
    | st.decimals(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["id", "match", "full", "family", "amount", "currency", "object", "street", "name", "last_days"])
                      | st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
CELL = st.text(st.characters(), min_size=1, max_size=60) | st.text(
    st.sampled_from(
        list("0123456789.,-+:/ ()年月日时分秒万亿千¥￥$€%％kKmMTZapm下午星期,;、，；\"'<>@&#上海市区路号邮编")
    ),
    min_size=1,
    max_size=40,
)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def refused(call: Any) -> Any:
    """What ``call`` answers; None when it refuses in the way that a type may, with a message in both languages."""
    try:
        return call()
    except Bad as bad:
        refusal = bad
    for language in ("en", "zh"):
        FieldError("value", refusal.code, refusal.values).message(language).encode()
        places = set(re.findall(r"\{(\w+)\}", MESSAGES[refusal.code][language]))
        assert places <= {"field", *refusal.values}
    return None


@pytest.mark.parametrize("name", NAMES)
def test_it_is_complete(name: str) -> None:
    kind = TYPES[name]
    assert kind.name == name
    assert type_of(field(name)) is kind
    assert set(kind.label) == set(kind.expected) == {"en", "zh"}
    assert kind.__doc__
    assert "Stored as" in kind.__doc__
    assert (
        not set(kind.operators)
        - set(FieldType.operators)
        - {"gt", "gte", "lt", "lte", "between", "contains", "starts_with", "within"}
    )
    assert all(text.endswith(".") for text in kind.config.values())
    assert kind.same(None, None)
    assert kind.ddl(field(name)).startswith(kind.column(field(name)))


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_checked(name: str) -> None:
    kind = TYPES[name]
    for f in fields(name):
        assert kind.problems(f) == []
    assert kind.problems(field(name, config={"nope": 1})) == [{"en": "unknown setting nope", "zh": "没有设置项 nope"}]
    for setting in kind.config:
        for wrong in ([], {}, "\0", -(10**30), True):
            assert kind.problems(field(name, config={setting: wrong})) or (
                setting in ("ago", "image", "seal", "tree") and wrong is True
            )


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.timezone)
def test_a_value_survives_its_three_forms(name: str, env: Env) -> None:
    kind, rng = TYPES[name], random.Random(7)
    for f in fields(name):
        for _ in range(40):
            value = kind.example(f, rng)
            stored = kind.parse(f, value, env)
            if stored is None:
                continue
            dumped = kind.dump(f, stored)
            if kind.sealed:  # a mask leads nowhere, and is not taken for a value
                assert value not in (dumped, kind.to_text(f, stored, env))
                with pytest.raises(Bad):
                    kind.parse(f, dumped, env)
                continue
            if kind.anywhere:  # the object is in the companion
                dumped = {"object": "account", "id": dumped}
            assert kind.same(kind.parse(f, dumped, env), stored)
            if name in ("file", "richtext", "reference"):
                continue
            text = kind.to_text(f, stored, env)
            again = kind.parse(f, kind.read_text(f, text.strip(), env) if text.strip() else None, env)
            if name == "address":
                assert kind.to_text(f, again, env).split() == text.split()
            else:
                assert kind.same(again, stored), text


@pytest.mark.parametrize("name", NAMES)
def test_its_schema_takes_its_examples(name: str) -> None:
    kind, rng = TYPES[name], random.Random(3)
    for f in fields(name):
        schema = kind.json_schema(f)
        json.dumps(schema)
        check = jsonschema_rs.validator_for({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        for _ in range(20):
            example = kind.example(f, rng)
            assert check.is_valid(example), (schema, example)
        if name not in ("json", "boolean"):
            assert not check.is_valid(True)


@pytest.mark.parametrize("name", CHEAP)
@given(value=JSON, env=st.sampled_from(ENVS))
@QUICK
def test_any_json_is_taken_or_refused(name: str, value: Any, env: Env) -> None:
    kind = TYPES[name]
    if value is None:
        return
    for f in fields(name):
        stored = refused(lambda f=f: kind.parse(f, value, env))
        if stored is None or (isinstance(stored, dict) and "match" in stored):
            continue
        assert isinstance(kind.search_text(f, stored), str) if not kind.link else True
        assert isinstance(kind.implied(f, value, env), dict)
        if kind.link or kind.anywhere:
            continue
        text = kind.to_text(f, stored, env)
        text.encode()
        if kind.sealed:  # what is shown of it is no value
            with pytest.raises(Bad):
                kind.parse(f, kind.dump(f, stored), env)
            continue
        assert kind.same(kind.parse(f, kind.dump(f, stored), env), stored)


@pytest.mark.parametrize("name", CHEAP)
@given(text=CELL, env=st.sampled_from(ENVS))
@QUICK
def test_any_cell_is_read_or_refused(name: str, text: str, env: Env) -> None:
    kind, text = TYPES[name], text.strip()
    for f in fields(name):
        if not text:
            return
        value = refused(lambda f=f: kind.read_text(f, text, env))
        if value is not None:
            refused(lambda f=f, value=value: kind.parse(f, value, env))


@pytest.mark.parametrize("name", CHEAP)
@given(
    value=JSON,
    env=st.sampled_from(ENVS),
    op=st.sampled_from(["eq", "ne", "in", "gt", "lte", "contains", "starts_with", "within", "between"]),
)
@QUICK
def test_any_operand_is_taken_or_refused(name: str, value: Any, env: Env, op: str) -> None:
    kind, f = TYPES[name], field(name)
    if op in kind.operators:
        operand = refused(lambda: kind.operand(f, op, value, env))
        if operand is not None:
            operand = [operand] if op == "in" else (operand, operand) if op == "between" else operand
            assert "x" in kind.condition(f, op, "x", operand, lambda v, sql: f"%(a)s::{sql}")


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_text_is_no_value(name: str) -> None:
    kind = TYPES[name]
    if refused(lambda: kind.parse(field(name), "x", ENVS[0])) is not None:
        assert kind.parse(field(name), "", ENVS[0]) in (None, "")


@pytest.mark.parametrize("name", [name for name in NAMES if TYPES[name].sql == "text" and name != "password"])
@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "a\x1fb", "\x7f"])
def test_what_cannot_be_stored_is_refused(name: str, text: str) -> None:
    with pytest.raises(Bad):
        TYPES[name].parse(field(name), text, ENVS[0])


@pytest.mark.parametrize("name", ["integer", "decimal", "money", "percent", "rating", "duration"])
@pytest.mark.parametrize(
    "value", [True, False, float("nan"), float("inf"), "abc", "1e5", "NaN", "0x1", [], {}, Decimal("NaN"), "１"]
)
def test_what_is_no_number_is_refused(name: str, value: Any) -> None:
    if value == {} and name == "money":
        return
    with pytest.raises(Bad) as bad:
        TYPES[name].parse(field(name), value, ENVS[0])
    assert bad.value.code == "wrong_type"


def test_numbers_keep_within_their_bounds() -> None:
    env = ENVS[0]
    for value, code in (
        (2**63, "too_big"),
        (-(2**63) - 1, "too_small"),
        (10**400, "too_big"),
        (1e300, "too_big"),
        (1.5, "wrong_type"),
    ):
        with pytest.raises(Bad) as bad:
            TYPES["integer"].parse(field("integer"), value, env)
        assert bad.value.code == code
    assert TYPES["integer"].parse(field("integer"), 5.0, env) == 5
    assert TYPES["integer"].parse(field("integer"), "-12", env) == -12
    money = TYPES["money"]
    for value, code in (
        (1.005, "too_many_decimals"),
        (10**18, "too_many_digits"),
        (1e30, "too_many_digits"),
        ("1.234", "too_many_decimals"),
    ):
        with pytest.raises(Bad) as bad:
            money.parse(field("money"), value, env)
        assert bad.value.code == code
    assert money.parse(field("money"), 1234.5, env) == Decimal("1234.5")
    assert money.parse(field("money"), "123456789012345678.91", env) == Decimal("123456789012345678.91")
    assert money.parse(field("money"), Decimal("2000.000000"), env) == 2000
    assert [str(money.dump(field("money"), Decimal(n))) for n in ("2000.000000", "1234.500", "0.10", "0", "-5E+2")] == [
        "2000", "1234.5", "0.1", "0", "-500"]  # fmt: skip
    with pytest.raises(Bad):
        TYPES["percent"].parse(field("percent"), 101, env)


def test_an_option_is_sorted_in_its_place_and_quoted() -> None:
    sql = TYPES["select"].sort_sql(field("select"), "t.x")
    assert sql == "array_position(ARRAY['gold', 'silver', 'a, b', '华东', 'it''s 100%%']::text[], t.x)"
    assert TYPES["multiselect"].parse(field("multiselect"), ["silver", "gold", "silver"], ENVS[0]) == ["gold", "silver"]


def test_companions_take_what_the_value_states() -> None:
    env = ENVS[0]
    money, person, about = (TYPES[name] for name in ("money", "person", "reference"))
    assert [c.name for c in money.companions(field("money"))] == ["value_currency"]
    (currency,) = money.companions(field("money"))
    assert type_of(currency).default(currency, env) == "CNY"
    assert money.implied(field("money"), {"amount": 5, "currency": "EUR"}, env) == {"value_currency": "EUR"}
    assert money.implied(field("money"), 5, env) == {}
    assert person.implied(field("person"), "欧阳娜娜", env) == {
        "value_family": "欧阳",
        "value_given": "娜娜",
        "value_salutation": None,
    }
    key = "0190f3a0-0000-7000-8000-000000000001"
    assert about.implied(field("reference"), {"object": "account", "id": key}, env) == {"value_object": "account"}
    for name in NAMES:
        for companion in TYPES[name].companions(field(name)):
            assert companion.of == "value"
            assert TYPES[companion.type].problems(companion) == []


def test_a_password_is_hashed_and_weak_ones_are_refused() -> None:
    password = TYPES["password"]
    stored = password.parse(field("password"), "correct horse battery", ENVS[0])
    assert stored.startswith("$argon2id$")
    assert password.dump(field("password"), stored) is None
    assert password.to_text(field("password"), stored, ENVS[0]) == ""
    assert password.json_sql(field("password"), "t.password") == "NULL"
    for weak, code in (
        ("short", "password_too_short"), ("password123", "password_too_common"), ("aaaaaaaaaaaa", "password_too_common"),
        ("abcdefghijkl", "password_too_common"), ("x" * 300, "too_long"), ("correct\0horse", "control_characters"),
    ):  # fmt: skip
        with pytest.raises(Bad) as bad:
            password.parse(field("password"), weak, ENVS[0])
        assert bad.value.code == code


def test_a_running_number_is_written_by_its_pattern() -> None:
    kind = TYPES["autonumber"]
    assert kind.made
    assert (
        kind.write(field("autonumber", config={"pattern": "OPP-{yyyy}-{0000}"}), 42, date(2026, 3, 5))
        == "OPP-2026-0042"
    )  # type: ignore[attr-defined]
    assert kind.write(field("autonumber"), 123456, date(2026, 3, 5)) == "123456"  # type: ignore[attr-defined]
    for pattern in ("OPP", "{0}{0}", "{00}{x}", 5, "{0" + "0" * 20 + "}"):
        assert kind.problems(field("autonumber", config={"pattern": pattern}))


def test_formatted_text_is_made_safe() -> None:
    kind = TYPES["richtext"]

    def parse(value: str) -> Any:
        return kind.parse(field("richtext"), value, ENVS[0])

    assert parse('<p onclick="x()">Hi <script>alert(1)</script><b>there</b></p>') == "<p>Hi <b>there</b></p>"
    assert "javascript" not in parse('<a href="javascript:alert(1)">x</a>')
    assert "noopener" in parse('<a href="https://example.com">x</a>')
    assert parse("<p> &nbsp; </p>") is None
    assert parse("1 < 2") == "1 &lt; 2"
    assert kind.search_text(field("richtext"), "<p>Tom &amp; Jerry</p><p>two</p>") == "Tom & Jerry two"
    assert kind.read_text(field("richtext"), "a < b\nnext", ENVS[0]) == "<p>a &lt; b</p><p>next</p>"


def test_json_is_kept_small_and_shallow() -> None:
    kind, f = TYPES["json"], field("json")
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    for value, code in (
        (deep, "nested_too_deep"),
        ("x" * 70_000, "too_long"),
        ({"a": "\0"}, "control_characters"),
        ({"\ud800": 1}, "control_characters"),
    ):
        with pytest.raises(Bad) as bad:
            kind.parse(f, value, ENVS[0])
        assert bad.value.code == code
    assert not kind.same(True, 1)
    assert kind.same({"a": 1, "b": 2}, {"b": 2, "a": 1})


def test_links_are_written_in_three_ways() -> None:
    key = "0190f3a0-0000-7000-8000-000000000001"
    for name in ("link", "user"):
        kind, f = TYPES[name], field(name)
        assert kind.parse(f, key.upper(), ENVS[0]) == key
        assert kind.parse(f, {"id": key, "title": "Acme"}, ENVS[0]) == key
        assert kind.parse(f, {"match": {"email": "x@y.cn"}}, ENVS[0]) == {"match": {"email": "x@y.cn"}}
        for wrong in (
            "x",
            5,
            {},
            {"match": {}},
            {"match": {"a": None}},
            {"match": {"a": 1}, "id": key},
            {"match": {"a": "\0"}},
            [key],
        ):
            with pytest.raises(Bad):
                kind.parse(f, wrong, ENVS[0])
    user = TYPES["user"]
    assert user.parse(field("user"), "$me", ENVS[0]) == ENVS[0].me
    assert user.default(field("user", default="$me"), ENVS[0]) == ENVS[0].me
    assert TYPES["links"].parse(field("links"), [key, key, {"match": {"name": "x"}}], ENVS[0]) == [
        key,
        {"match": {"name": "x"}},
    ]


def test_every_refusal_has_a_message() -> None:
    folder = Path(registry.__file__).parent
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Bad":
                code = node.args[0]
                assert isinstance(code, ast.Constant), path
                assert set(MESSAGES[code.value]) == {"en", "zh"}
