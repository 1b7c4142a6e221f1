"""The reference says what the program is, and the pages that people write lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from guanxi.schema.types import TYPES

ROOT = Path(__file__).parents[2]
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts/docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(load().written()))
def test_the_reference_is_what_the_program_says(name: str) -> None:
    there = (ROOT / "docs/reference" / name).read_text("utf-8")
    assert there == load().written()[name], "run make docs"


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_type_says_what_it_is_and_how_it_is_stored(name: str) -> None:
    text = type(TYPES[name]).__doc__ or ""
    assert len(text) > 30
    assert "tored" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers: dict[str, str] = {}
    for path in sorted((ROOT / "docs/decisions").glob("[0-9]*.md")):
        number = path.name[:4]
        assert number not in numbers, f"{path.name} and {numbers[number]}"
        numbers[number] = path.name
        assert path.read_text("utf-8").startswith(f"# {int(number)}. "), path.name
