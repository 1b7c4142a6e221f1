"""axe-core over an open page: what it finds against WCAG 2.2 A and AA."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (only) => (await axe.run(document, {
  runOnly: only,
  resultTypes: ['violations'],
})).violations.flatMap((found) => found.nodes.map((node) => found.id + ': ' + node.html.slice(0, 160)))"""


def violations(page: Page, *, also_dark: bool = False) -> list[str]:
    """Each as ``rule: element``; of the dark theme what depends on it, contrast.

    Skips, by name, where the page's tools are not installed.
    """
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make dev")
    # Through the debugger, as the content security policy lets no script in.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, {"type": "tag", "values": RULES})
    if also_dark:
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += [
            f"dark {one}"
            for one in page.evaluate(RUN, {"type": "rule", "values": ["color-contrast"]})
            if one not in found
        ]
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found
