"""Whoever asks for less motion sees nothing move or fade, and the focus is where it is for everybody else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site
from tests.e2e.test_lists import drag, lane

Visit = Callable[..., Page]
MOVES = """() => {
  window.moved = new Set();
  const of = (node) => node.className?.baseVal ?? node.className ?? node.nodeName;
  new MutationObserver((all) => {
    for (const { target } of all)
      if (/-(appear|enter|leave)-(start|active)/.test(of(target))) window.moved.add(`in steps: ${of(target)}`);
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["class"] });
  const look = () => {
    for (const one of document.getAnimations())
      if (one.effect.getComputedTiming().activeDuration > 1) window.moved.add(`moves: ${of(one.effect.target)}`);
    requestAnimationFrame(look);
  };
  look();
}"""
"""Notes what comes and goes in steps, and what the browser moves."""


def walk(page: Page) -> None:
    """A form with a list of choices in it, a card that is put down elsewhere, and a dialog."""
    page.keyboard.press("c")
    page.get_by_role("menuitem", name="Task", exact=True).click()
    form = page.get_by_role("dialog", name="New task")
    expect(form.get_by_role("textbox", name="Subject")).to_be_focused()
    page.keyboard.insert_text("Call back")
    choice = form.get_by_role("combobox", name="Priority")
    choice.click()
    page.locator(".ant-select-item-option").filter(has_text="High").click()
    expect(page.locator(".ant-select-dropdown:visible")).to_have_count(0)
    expect(choice).to_be_focused()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Create"))).to_be_focused()

    card = page.get_by_role("group", name="Deal 00")
    drag(page, card, lane(page, "Proposal"), "Proposal")
    expect(lane(page, "Proposal").get_by_role("group", name="Deal 00")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(lane(page, "Qualification").get_by_role("group", name="Deal 00")).to_be_visible()

    page.get_by_role("button", name="Save as a new view").click()
    name = page.get_by_role("dialog").get_by_role("textbox").first
    expect(name).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Save as a new view")).to_be_focused()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_whoever_asks_for_that(site: Site, visit: Visit, motion: str) -> None:
    page = visit(site, "/o/opportunity?view=pipeline")
    page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    expect(page.get_by_role("group", name="Deal 00")).to_be_visible()
    page.evaluate(MOVES)
    walk(page)
    moved = page.evaluate("[...window.moved]")
    assert (moved == []) == (motion == "reduce"), moved
