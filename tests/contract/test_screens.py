"""Every address of the page is opened by the browser tests that look for what keeps people out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.e2e.screens import ELSEWHERE, SCREENS, THEIR_OWN

ROOT = Path(__file__).parents[2]
ROUTES = dict(
    re.findall(
        r'\b(?:page\(|path: )"(/[^"]*)"[\s\S]*?import\("([^"]+)"\)',
        (ROOT / "web/src/router.tsx").read_text(encoding="utf-8"),
    )
)
"""The file of the screen at each address."""
SECTIONS = re.findall(
    r'\bsection\( *"([a-z]+)"',
    re.sub(r"\s+", " ", (ROOT / "web/src/admin/SettingsPage.tsx").read_text(encoding="utf-8")),
)
OPENED = [screen.partition("?")[0] for screen in (*SCREENS, *ELSEWHERE)]


@pytest.mark.parametrize("route", ROUTES)
def test_an_address_is_looked_at(route: str) -> None:
    if route in THEIR_OWN:
        assert "violations(page" in (ROOT / "tests/e2e" / THEIR_OWN[route]).read_text(encoding="utf-8")
        return
    # An address without a name may open the first of what the screen names.
    same = [route, *(one for one in ROUTES if one.startswith(f"{route}/$") and ROUTES[one] == ROUTES[route])]
    likes = [re.sub(r"\$\w+", "[^/]+", one.removesuffix("$")) + (".+" if one.endswith("$") else "") for one in same]
    assert any(re.fullmatch(like, screen) for like in likes for screen in OPENED), f"screens.py does not open {route}"


def test_each_section_of_the_settings_is_looked_at() -> None:
    assert len(SECTIONS) > 20
    opened = {screen.split("/")[2] for screen in OPENED if screen.startswith("/settings/")}
    assert set(SECTIONS) - opened == set()


def test_each_object_has_an_icon_of_its_own_to_be_drawn_with() -> None:
    drawn = re.findall(
        r"^  \"?([a-z-]+)\"?: [A-Z]", (ROOT / "web/src/ui/icons.tsx").read_text(encoding="utf-8"), re.MULTILINE
    )
    shapes = [*(ROOT / "src/guanxi/apps").rglob("*.py"), *(ROOT / "src/guanxi/packs").glob("*.json")]
    texts = [file.read_text(encoding="utf-8") for file in shapes]
    named = {name for text in texts for name in re.findall(r'^ +"?icon"?[=:] ?"([a-z-]+)",$', text, re.MULTILINE)}
    assert len(named) > 15
    assert named - set(drawn) == set()
