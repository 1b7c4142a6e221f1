"""axe-core over an open page: what it finds against WCAG 2.2 A and AA."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RUN = """async () => (await axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
})).violations.flatMap((found) => found.nodes.map((node) => found.id + ': ' + node.html.slice(0, 160)))"""


def violations(page: Page) -> list[str]:
    """Each as ``rule: element``. Skips, by name, where the page's tools are not installed."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make dev")
    # Through the debugger, as the content security policy lets no script in.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(RUN)
