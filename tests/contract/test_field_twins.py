"""Every field type of the registry has its twin in the browser: a file of its name, listed in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guanxi.schema.types import TYPES

FIELDS = Path(__file__).parents[2] / "web/src/fields"
INDEX = (FIELDS / "index.ts").read_text()
LISTED = set(re.findall(r"\w+", INDEX.partition("export const TWINS")[2].partition("{")[2].partition("}")[0]))


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_type_has_its_twin(name: str) -> None:
    twin = FIELDS / f"{name}.tsx"
    assert twin.exists(), f"web/src/fields/{name}.tsx is missing"
    assert "export default" in twin.read_text()
    assert f'from "./{name}"' in INDEX
    assert name in LISTED


def test_no_twin_is_without_its_type() -> None:
    assert set(TYPES) == LISTED


def test_days_and_moments_are_asked_for_by_our_own_input() -> None:
    """A browser's own speaks the browser's language, whatever the reader's is."""
    native = re.compile(r"""type=["'{]+(date|datetime-local|month|week)["'}]""")
    own = [path.name for path in FIELDS.parent.rglob("*.tsx") if native.search(path.read_text())]
    assert own == [], f"{own}: use DateInput of web/src/fields/DateEntry.tsx"
