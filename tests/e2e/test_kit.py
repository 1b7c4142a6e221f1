"""The page of all parts and field types: whole, readable, within its bounds, in both languages and themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

# A cell whose content is wider than it must say so with an ellipsis, and give the whole in a title.
CUT = """() => [...document.querySelectorAll('[data-cell]')].filter((box) => {
  const inner = [box, ...box.querySelectorAll('*')].filter((one) => !one.closest('svg'));
  const wide = inner.filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline');
  if (!wide.length) return false;
  const ends = wide.some((one) => getComputedStyle(one).textOverflow === 'ellipsis');
  return !ends || !(box.title || box.querySelector('[title]'));
}).map((box) => box.closest('[data-type]').dataset.type + ': ' + box.textContent.slice(0, 60))"""

# What sticks out of its box to the right, other than in what scrolls by itself: the page as a whole never scrolls sideways.
OUT = """() => [...document.querySelectorAll('[data-type], [data-part]')].filter((part) => {
  const edge = part.getBoundingClientRect().right + 1;
  return [...part.querySelectorAll('input, textarea, button, [data-shown] *, .ant-select')]
    .some((one) => {
      for (let box = one.parentElement; box && box !== part; box = box.parentElement)
        if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return false;
      return one.getBoundingClientRect().right > edge;
    });
}).map((part) => part.dataset.type || part.dataset.part)"""


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("zh", "light", 1440), ("en", "dark", 1440), ("zh", "dark", 390)]
)
def test_the_kit_holds_in_every_state(
    site: Site, visit: Callable[..., Page], language: str, theme: str, width: int
) -> None:
    page = visit(site, "/dev/kit", language=language, width=width)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    types = [one["name"] for one in site.call("GET", "/catalog")["types"]]
    expect(page.locator("[data-type]")).to_have_count(len(types))
    # The larger parts come when they are drawn.
    expect(page.locator("[aria-busy=true]:not(button):not([role=status])")).to_have_count(0)
    assert page.evaluate(CUT) == []
    assert page.evaluate(OUT) == []
    # Here, and nowhere else, the same part stands in several states: landmarks have the same name.
    assert [one for one in violations(page) if not one.startswith("landmark-unique")] == []


def test_a_menu_and_a_panel_by_keyboard(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/dev/kit")
    opener = page.get_by_role("button", name="Menu")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    # What cannot be chosen is passed over.
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(opener).to_be_focused()

    choice = page.get_by_role("button", name="Choice")
    choice.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitemradio", name="B")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("menu")).to_have_count(0)

    panel = page.get_by_role("button", name="Panel")
    panel.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("In the panel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_focused()
    panel.click()
    page.get_by_role("heading", name="Button").click()
    expect(page.get_by_role("dialog", name="Panel")).to_have_count(0)


def test_a_panel_that_tab_leaves_lies_over_nothing(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/dev/kit")
    page.get_by_role("button", name="Panel", exact=True).click()
    inside = page.get_by_label("In the panel")
    expect(inside).to_be_focused()
    page.keyboard.press("Tab")
    expect(inside).to_have_count(0)
    expect(page.get_by_role("button", name="Toast", exact=True)).to_be_focused()
