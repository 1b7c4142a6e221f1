"""What the parts of the kit look like, in figures that are the same on every machine: heights, edges, colours, rings.

Widths depend on the fonts that a machine has, and pixels on how it draws them: neither is compared. Where a look has been
changed on purpose, `GUANXI_LOOKS=write` writes the new figures, and the difference is read in review.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

LOOKS = Path(__file__).parent / "looks.json"

SMALL = ("Button", "Dropdown, Popover, toast", "Toast", "TextInput, Switch, Tick, Select, Segmented", "Badge, Seal, Avatar",
         "Figures, goal bar", "Alert strip", "Stage path", "Bulk bar", "Empty, error, skeleton")  # fmt: skip
ENDED = """() => Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity)
  .map((one) => one.finished.catch(() => null)))"""
MARK = """(names) => {
  const found = [];
  for (const type of document.querySelectorAll('[data-type]')) type.style.display = 'none';
  for (const name of names) {
    const part = document.querySelector(`[data-part="${name}"] > div`);
    let n = 0;
    for (const one of part.querySelectorAll('*')) {
      const own = getComputedStyle(one);
      if (one.closest('svg') || own.display === 'none' || own.display === 'contents') continue;
      const acts = one.matches('button, a, input, textarea, [role=switch], [role=tab], [role=checkbox]');
      const drawn = own.backgroundColor !== 'rgba(0, 0, 0, 0)' || parseFloat(own.borderTopWidth) > 0;
      if (!acts && !drawn) continue;
      n += 1;
      // What is never seen looks as the browser pleases.
      if (own.opacity === '0') continue;
      one.dataset.look = `${part.parentElement.dataset.part} ${n}${acts ? ' acts' : ''}`;
      found.push(one.dataset.look);
    }
  }
  return found;
}"""
"""Names what acts and what is drawn, in order, part by part."""

READ = """() => Object.fromEntries([...document.querySelectorAll('[data-look]')].map((one) => {
  const own = getComputedStyle(one);
  const edge = parseFloat(own.borderTopWidth) ? `${own.borderTopWidth} ${own.borderTopColor}` : '';
  const ring = own.boxShadow === 'none' ? '' : own.boxShadow;
  const high = one.matches('button, input, [role=switch], [role=checkbox]') ? Math.round(one.offsetHeight) : 0;
  return [one.dataset.look, [own.backgroundColor, own.color, edge, own.borderTopLeftRadius, ring, own.fontSize, own.fontWeight, high]
    .join(' | ')];
}))"""


def looks(page: Page) -> dict[str, dict[str, str]]:
    """By state and part; hover and focus only where they change something."""
    assert page.evaluate(MARK, list(SMALL))
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-look$=acts]"})["nodeIds"]
    found: dict[str, dict[str, str]] = {"rest": page.evaluate(READ)}
    for state, forced in (("hover", ["hover"]), ("focus", ["focus", "focus-visible"])):
        for node in nodes:
            session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": forced})
        seen: dict[str, str] = page.evaluate(READ)
        found[state] = {name: look for name, look in seen.items() if look != found["rest"][name]}
    for node in nodes:
        session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": []})
    session.detach()
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_parts_look_as_they_did(site: Site, visit: Callable[..., Page], theme: str) -> None:
    page = visit(site, "/dev/kit")
    # As one who has chosen it on this machine: an account's own may be another.
    page.evaluate("theme => localStorage.setItem('guanxi.theme', theme)", theme)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.locator("[data-part='Empty, error, skeleton']")).to_be_visible()
    expect(page.locator("[data-part='Bulk bar'] [aria-busy=true]")).to_have_count(0)
    expect(page.locator("[aria-busy=true]:not(button):not([role=status])")).to_have_count(0)
    found = looks(page)
    known: dict[str, Any] = json.loads(LOOKS.read_text()) if LOOKS.exists() else {}
    if os.environ.get("GUANXI_LOOKS") == "write":
        LOOKS.write_text(json.dumps({**known, theme: found}, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        return
    for _ in range(3):  # a part may still be on its way to its place when the page seems ready
        if found == known[theme]:
            break
        page.evaluate(ENDED)
        found = looks(page)
    differs = {
        f"{state} {name}": (found[state].get(name), known[theme][state].get(name))
        for state in found
        for name in {**found[state], **known[theme][state]}
        if found[state].get(name) != known[theme][state].get(name)
    }
    assert differs == {}
