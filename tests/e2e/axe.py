"""What keeps people out of an open page: axe-core against WCAG 2.2 A and AA, and what axe does not ask."""

from __future__ import annotations

import re
from functools import cache
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


WORDS = Path(__file__).parents[2] / "web/src/i18n"
LOOK = """async ([foreign]) => {
  const found = new Set();
  const say = (what, node) => found.add(`${what}: ${node.outerHTML.slice(0, 160)}`);
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const STOP = "a[href], button, input, select, textarea, label, summary, [tabindex='0'], [contenteditable='true']";
  const ROVING = "[role=option], [role=menuitem], [role=menuitemradio], [role=menuitemcheckbox], [role=tab], [role=radio], [role=treeitem], [role=gridcell], [role=row]";
  const words = new Set(foreign);
  for (const node of document.body.querySelectorAll("*")) {
    if (!seen(node) || node.closest("[aria-hidden=true], code")) continue;
    const text = [...node.childNodes].filter((part) => part.nodeType === 3).map((part) => part.data).join("").trim();
    for (const said of [text, ...["aria-label", "title", "placeholder", "alt"].map((name) => node.getAttribute(name))])
      if (said && words.has(said)) say(`the other language, “${said}”`, node);
    if (node.matches("table:not([role]), [role=table], [role=grid], [role=treegrid], [role=radiogroup]")) {
      const by = (node.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "");
      if (![node.getAttribute("aria-label"), node.caption?.textContent, ...by].some((name) => name?.trim())) say("without a name", node);
    }
    const heard = Object.keys(node).find((key) => key.startsWith("__reactProps$"));
    if (!heard || typeof node[heard].onClick !== "function" || getComputedStyle(node).cursor !== "pointer") continue;
    if (!node.closest(`${STOP}, ${ROVING}`) && !node.querySelector(STOP)) say("by pointer only", node);
  }
  // Whoever hears a list's buttons one after the other has nothing but their names, and what is told of the row with them.
  const told = (ids) => (ids ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
  const lists = new Map();
  for (const node of document.body.querySelectorAll("button, [role=button]")) {
    const list = node.closest("table, ul, ol, dl, [role=list], [role=table], [role=grid], [role=treegrid]");
    if (!list || !seen(node) || node.closest("[aria-hidden=true]")) continue;
    const name = node.getAttribute("aria-label") ?? (told(node.getAttribute("aria-labelledby")) || node.textContent);
    const said = [name.trim(), told(node.getAttribute("aria-describedby")), node.getAttribute("role")].join();
    const alike = lists.get(list) ?? new Set();
    if (alike.has(said)) say("called as another of its list", node);
    lists.set(list, alike.add(said));
  }
  // The same of what is filled in: a name, or that of the group it stands in, says what goes there.
  const PLACES = "input:not([type=hidden], [type=file], [type=radio], [type=checkbox]), textarea, select";
  const groups = new Map();
  for (const node of document.body.querySelectorAll(PLACES)) {
    const group = node.closest("tr, li, fieldset, section, aside, [role=row], [role=group], [role=dialog]") ?? document.body;
    if (!seen(node) || node.closest("[aria-hidden=true]")) continue;
    const name = node.getAttribute("aria-label") ?? (told(node.getAttribute("aria-labelledby")) || node.labels?.[0]?.textContent);
    if (!name?.trim()) say("without a name", node);
    const alike = groups.get(group) ?? new Set();
    if (alike.has(name)) say("called as another of its group", node);
    groups.set(group, alike.add(name));
  }
  const drawn = (node) => {
    let all = "";
    for (let up = node, n = 0; up && n < 4; up = up.parentElement, n += 1)
      for (const part of [null, "::before", "::after"]) {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, opacity } = getComputedStyle(up, part);
        all += [outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, opacity].join();
      }
    return all + [...(node.labels ?? [])].map((one) => getComputedStyle(one).outlineStyle + getComputedStyle(one).boxShadow).join();
  };
  const kinds = new Set();
  const was = document.activeElement;
  for (const node of document.body.querySelectorAll(STOP)) {
    const kind = node.tagName + node.className;
    if (node.tabIndex < 0 || node.disabled || node.matches("label, [aria-disabled=true]") || kinds.has(kind) || !seen(node)) continue;
    kinds.add(kind);
    was?.blur?.();
    document.activeElement?.blur?.();
    const before = drawn(node);
    node.focus({ focusVisible: true, preventScroll: true });
    // What the page draws for it itself comes with its next turn.
    if (drawn(node) === before) await new Promise((done) => setTimeout(done, 30));
    if (document.activeElement === node && drawn(node) === before) say("focus is not seen", node);
  }
  document.activeElement?.blur?.();
  return [...found];
}"""


@cache
def foreign(language: str) -> list[str]:
    """Words of the page's other language that are not words of this one."""
    said = {"en": set[str](), "zh": set[str]()}
    for name, all_ in said.items():
        for file in (WORDS / name).glob("*.ts"):
            all_ |= set(re.findall(r'"[\w.-]+":\s*"((?:[^"\\]|\\.)+)"', file.read_text(encoding="utf-8")))
    return sorted(said["zh" if language == "en" else "en"] - said[language] - {"English", "简体中文"})


def hindrances(page: Page) -> list[str]:
    """What can be clicked and not reached by key, a focus that nobody sees, tables and choices without a name, buttons
    of a list and inputs of a group that are called alike, words of the other language."""
    language = "zh" if page.evaluate("document.documentElement.lang").startswith("zh") else "en"
    found: list[str] = page.evaluate(LOOK, [foreign(language)])
    return found
