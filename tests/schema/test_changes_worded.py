"""Each change of the catalog has words in the page, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from guanxi.schema.changes.registry import OPS

WORDS = Path(__file__).parents[2] / "web/src/i18n"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_change_has_words(language: str) -> None:
    text = (WORDS / language / "admin.ts").read_text()
    assert [name for name in sorted(OPS) if f'"admin.op.{name}":' not in text] == []
