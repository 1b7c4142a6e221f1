from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from guanxi.base import log


@pytest.fixture
def lines() -> Iterator[Any]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    log.setup("debug", json=True, stream=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_is_an_event_and_its_facts(lines: Any) -> None:
    with log.bind(request="r1"):
        log.get("here").info("opened", seconds=1.5, what={"n": [1, None]})
    log.get("here").debug("closed")
    first, second = lines()
    assert (first["event"], first["from"], first["level"], first["request"]) == ("opened", "here", "info", "r1")
    assert (first["seconds"], first["what"]) == (1.5, {"n": [1, None]})
    assert "request" not in second


def test_no_secret_is_printed(lines: Any) -> None:
    source = log.get("x")
    source.warning(
        "Authorization: Bearer abcdef123456",
        password="hunter2",
        nested={"api_key": "hunter2", "list": [{"Set-Cookie": "hunter2"}]},
        url="postgresql://u:hunter2@h/d",
        text="dsn password=hunter2 host=x",
        token_of="hunter2",
        ours="gx_hunter2hunter2",
    )
    try:
        raise ValueError("cannot open postgresql://u:hunter2@h/d")
    except ValueError as error:
        source.error("failed", error)
    logging.getLogger("driver").error("password=hunter2")
    said = json.dumps(lines())
    assert "hunter2" not in said
    assert "abcdef123456" not in said
    assert lines()[1]["error"]["type"] == "ValueError"
    assert lines()[1]["error"]["at"]
