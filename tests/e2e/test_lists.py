"""Lists: filter, sort, columns, editing in place, bulk change with undo, the board, language, phone."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import Locator, Page, Route, expect
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def names(page: Page) -> Locator:
    """The titles of the rows, in order."""
    return page.locator("[role=rowgroup] [role=row] a[title]")


def cell(page: Page, title: str, column: str) -> Locator:
    """The cell of a row under a column's head."""
    expect(page.get_by_role("columnheader", name=column)).to_be_visible()
    heads = [head.strip() for head in page.get_by_role("columnheader").all_inner_texts()]
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=title)).get_by_role("gridcell").nth(
        heads.index(column)
    )  # fmt: skip


def test_filter_and_sort_live_in_the_url(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=all")
    expect(page.get_by_text("16 records")).to_be_visible()

    page.get_by_role("button", name="Condition", exact=True).click()
    page.get_by_placeholder("Find a field").fill("amount")
    page.keyboard.press("Enter")
    # Escape closes the list over the condition, and leaves the condition.
    expect(page.get_by_role("dialog")).to_have_count(1)
    how = page.get_by_role("combobox", name="Comparison")
    how.click()
    expect(how).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox", name="Comparison")).to_be_attached()
    page.keyboard.press("Escape")
    expect(how).to_have_attribute("aria-expanded", "false")
    page.get_by_role("textbox", name="Value").or_(page.get_by_role("spinbutton", name="Value")).fill("100,000")
    page.get_by_role("button", name="Add the condition").click()
    expect(page.get_by_text("7 records")).to_be_visible()

    # Of what is counted the largest comes first.
    page.get_by_role("button", name="Amount", exact=True).click()
    expect(names(page).first).to_have_text("Deal 15")
    page.get_by_role("button", name="Amount", exact=True).click()
    expect(names(page).first).to_have_text("Deal 09")

    # Everything is in the URL: a reload shows the same, Back takes one step back.
    page.reload()
    expect(names(page).first).to_have_text("Deal 09")
    page.go_back()
    expect(names(page).first).to_have_text("Deal 15")

    page.get_by_role("button", name=re.compile("Remove the condition")).click()
    expect(page.get_by_text("16 records")).to_be_visible()


def test_searching_in_a_list_and_everywhere(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account?view=all")
    expect(names(page).first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("roder")
    expect(names(page)).to_have_count(1)
    expect(names(page).first).to_have_text("Röder Messtechnik")
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    page.keyboard.type("tangxu")
    expect(page.get_by_role("option").first).to_contain_text("苏州棠序光学")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(site.ids["苏州棠序光学"]))


def test_an_empty_list_says_what_to_do(site: Site, visit: Visit) -> None:
    fields = [{"name": "name", "type": "text", "label": {"en": "Name"}, "required": True}]
    label = {"en": "Beacon", "zh": "灯塔"}
    added = {
        "op": "add_object",
        "name": "beacon",
        "label": label,
        "plural": {"en": "Beacons", "zh": "灯塔"},
        "fields": fields,
    }
    site.call("POST", "/catalog/changes", {"changes": [added]})
    page = visit(site, "/o/beacon?view=all")
    expect(page.get_by_text("No beacons yet")).to_be_visible()
    # One act, one green button for it.
    expect(page.get_by_role("button", name="New Beacon")).to_have_count(2)
    expect(page.locator("main [data-kind=primary]")).to_have_count(1)
    # No condition is at fault where there is nothing at all.
    page = visit(site, "/o/beacon?view=all&q=anything")
    expect(page.get_by_text("No beacons yet")).to_be_visible()
    # Nor is there nothing where only the archive is empty; what is counted is what is looked at.
    site.create("beacon", {"name": "North"})
    page = visit(site, "/o/beacon?view=all")
    expect(page.get_by_role("heading", level=1).locator("xpath=..")).to_contain_text("1")
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("No beacons in the archive")).to_be_visible()
    expect(page.get_by_role("heading", level=1).locator("xpath=..")).to_contain_text("0")
    page = visit(site, "/o/account?view=all&q=nosuchname")
    page.get_by_role("button", name="Clear the search").click()
    expect(names(page).first).to_be_visible()


def test_editing_a_cell_and_undoing_it(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=all&q=Deal 05")
    amount = cell(page, "Deal 05", "Amount")
    expect(amount).to_have_text("60,000")
    amount.dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type("3.5万")
    page.keyboard.press("Enter")
    expect(amount).to_have_text("35,000")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()
    expect(amount).to_have_text("60,000")


def test_changing_many_and_undoing_it(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=all&sort=name&columns=%5B%22name%22%2C%22next_step%22%5D")
    boxes = page.locator("[role=rowgroup] input[type=checkbox]")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Select all 16").click()
    expect(page.get_by_text("16 selected")).to_be_visible()
    boxes.nth(0).click()
    expect(page.get_by_text("15 selected")).to_be_visible()

    page.get_by_role("button", name="Change a field").click()
    page.get_by_placeholder("Find a field").fill("next")
    page.keyboard.press("Enter")
    page.keyboard.type("Call back")
    page.get_by_role("button", name="Change 15 records").click()
    expect(page.get_by_text("Next step changed in 15 records")).to_be_visible()
    expect(cell(page, "Deal 01", "Next step")).to_have_text("Call back")
    expect(cell(page, "Deal 00", "Next step")).not_to_have_text("Call back")

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()
    expect(cell(page, "Deal 01", "Next step")).not_to_have_text("Call back")


def test_creating_from_anywhere(site: Site, visit: Visit) -> None:
    page = visit(site, "/")
    expect(page.get_by_role("navigation", name="Navigation")).to_be_visible()
    page.keyboard.press("c")
    page.get_by_role("menuitem", name="Account").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=False).first.fill("Yuanhai Auto Parts")
    drawer.get_by_role("button", name="New account").or_(drawer.get_by_role("button", name="Create")).last.click()
    # It opens, can be undone, and is found at once.
    expect(page.get_by_role("heading", name="Yuanhai Auto Parts")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()


def test_the_keys_are_shown(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account?view=all")
    expect(names(page).first).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.get_by_role("button", name="Fold the sidebar").click()
    expect(page.get_by_role("link", name="Customers")).to_be_visible()
    # On a tablet it is folded from the start, and conditions are read whole.
    page = visit(site, "/o/opportunity?view=pipeline", width=820)
    expect(page.get_by_role("button", name="Unfold the sidebar")).to_be_visible()
    said = page.get_by_role("button", name="State is Open").locator("b")
    expect(said).to_be_visible()
    assert said.evaluate("value => value.clientWidth === value.scrollWidth")


def test_the_keyboard_goes_through_rows(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=all&sort=name")
    expect(names(page).first).to_have_text("Deal 00")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 selected")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(site.ids["Deal 01"]))


def test_a_list_in_the_middle_widths_by_keys(site: Site, visit: Visit) -> None:
    """The keyboard goes through the conditions, what keeps them and the tools as they stand, and hears another order."""
    asked = quote('{"field":"employees","op":"gte","value":0}')
    page = visit(site, f"/o/account?view=all&sort=name&filter={asked}", width=1000)
    page.get_by_role("button", name="Save view").press("Tab")
    expect(page.get_by_role("textbox", name="Search accounts")).to_be_focused()
    # The order that a list comes with is not told of.
    expect(page.get_by_role("status").filter(has_text="Sort")).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Find a field")).to_be_focused()
    page.keyboard.press("Enter")
    # The panel is still open.
    expect(page.get_by_role("status").filter(has_text="Name · Sort descending")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Find a field")).to_be_focused()


def test_saving_a_view(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account?view=all&sort=-name")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("combobox", name="For", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="Name", exact=True).fill("Z to A")
    page.keyboard.press("Enter")
    tab = page.get_by_role("link", name="Z to A")
    expect(tab).to_have_attribute("aria-current", "page")
    # What led here has gone with what it was for; the keyboard is on the page.
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(":focus")).to_have_count(1)
    # So it is with a dialog that an entry of a menu opens: back at what opened the menu.
    menu = page.get_by_role("button", name="This view")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Rename")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_text("Delete this view").click()
    expect(tab).to_be_hidden()


def lane(page: Page, name: str) -> Locator:
    """A column of the board."""
    return page.locator(f"section[aria-label='{name}']")


def drag(page: Page, card: Locator, to: Locator, name: str) -> None:
    """Picks a card up with the mouse and puts it down once the page says that it is over the lane of that name."""
    here, there = card.bounding_box(), to.bounding_box()
    assert here
    assert there
    page.mouse.move(here["x"] + 40, here["y"] + 30)
    page.mouse.down()
    page.mouse.move(here["x"] + 60, here["y"] + 50, steps=4)
    page.mouse.move(there["x"] + there["width"] / 2, there["y"] + min(150, there["height"] / 2), steps=8)
    expect(page.get_by_role("status").filter(has_text=re.compile(f"over {name}\\."))).to_be_attached()
    page.mouse.up()


def test_dragging_on_the_board(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=pipeline")
    card = page.get_by_role("group", name="Deal 00")
    expect(lane(page, "Qualification").get_by_role("group", name="Deal 00")).to_be_visible()
    expect(lane(page, "Proposal").get_by_role("button", name="New opportunity · Proposal")).to_be_visible()
    drag(page, card, lane(page, "Proposal"), "Proposal")
    expect(lane(page, "Proposal").get_by_role("group", name="Deal 00")).to_be_visible()
    expect(page.get_by_text("“Deal 00” moved to Proposal")).to_be_visible()
    assert site.call("GET", f"/records/opportunity/{site.ids['Deal 00']}")["stage"] == "proposal"

    page.get_by_role("button", name="Undo").click()
    expect(lane(page, "Qualification").get_by_role("group", name="Deal 00")).to_be_visible()

    # The same without a mouse.
    expect(page.get_by_role("group", name="Deal 00")).to_have_count(1)
    page.get_by_role("group", name="Deal 00").focus()
    said = page.locator("[id^=DndLiveRegion]")
    page.keyboard.press("Space")
    expect(said).to_have_text("Deal 00 over Qualification.")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("Deal 00 over Needs analysis.")
    page.keyboard.press("Space")
    expect(lane(page, "Needs analysis").get_by_role("group", name="Deal 00")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(lane(page, "Qualification").get_by_role("group", name="Deal 00")).to_be_visible()


def test_a_card_stays_where_it_was_put_though_the_board_is_left_before_the_answer(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=pipeline")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            held.append(route)
        else:
            route.continue_()

    page.route(re.compile("/records/opportunity/[^/?]+$"), hold)
    card = lane(page, "Qualification").get_by_role("group", name="Deal 08")
    drag(page, card, lane(page, "Proposal"), "Proposal")
    expect(lane(page, "Proposal").get_by_role("group", name="Deal 08")).to_be_visible()
    navigation = page.get_by_role("navigation", name="Navigation")
    navigation.get_by_role("link", name="Today").click()
    expect(page.get_by_role("application", name="Board", exact=True)).to_have_count(0)
    page.go_back()
    expect(lane(page, "Proposal").get_by_role("group", name="Deal 08")).to_be_visible()
    expect(card).to_have_count(0)
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_text("“Deal 08” moved to Proposal")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()


def test_the_keys_go_through_a_board(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=pipeline&sort=name")
    at = page.locator(":focus")
    expect(lane(page, "Qualification").get_by_role("group").first).to_be_visible()
    # A lane is one stop, whatever hangs in it; the arrows go on from there, and Enter opens.
    board = page.get_by_role("application", name="Board", exact=True)
    # What the keys do is heard once, and what stands on a card with each.
    expect(board).to_have_accessible_description(re.compile("arrow keys"))
    board.focus()
    page.keyboard.press("Tab")
    expect(at).to_have_accessible_description("")
    expect(at).to_have_accessible_name(re.compile("^Deal 00 "))
    page.keyboard.press("Tab")
    expect(at).to_have_accessible_name(re.compile("^Deal 01 "))
    page.keyboard.press("ArrowDown")
    expect(at).to_have_accessible_name(re.compile("^Deal 05 "))
    page.keyboard.press("ArrowRight")
    expect(at).to_have_accessible_name(re.compile("^Deal 06 "))
    # Taken back, a card keeps the keyboard, though the lane that it left answers before the one that it comes to.
    said = page.locator("[id^=DndLiveRegion]")
    page.keyboard.press("Space")
    for to in ("Proposal", "Negotiation"):
        expect(said).to_have_text(f"Deal 06 over {to}.")
        page.keyboard.press("ArrowRight") if to != "Negotiation" else page.keyboard.press("Space")
    expect(page.get_by_text("“Deal 06” moved to Negotiation")).to_be_visible()
    page.route(re.compile("opportunity.*proposal"), lambda _route: None)
    page.keyboard.press("Control+z")
    expect(lane(page, "Proposal").get_by_role("group", name="Deal 06")).to_be_focused()
    # As long as a list that is read anew is waited for, and longer.
    page.wait_for_timeout(800)
    expect(at).to_have_accessible_name(re.compile("^Deal 06 "))
    page.unroute_all()  # which lets them go on
    expect(page.get_by_text("Undone")).to_be_visible()
    expect(at).to_have_accessible_name(re.compile("^Deal 06 "))
    # What is carried to where something is asked, and left, has the keyboard again; so has the board when it is gone.
    page.keyboard.press("Space")
    for to in ("Proposal", "Negotiation", "Won", "Lost"):
        expect(said).to_have_text(f"Deal 06 over {to}.")
        page.keyboard.press("ArrowRight") if to != "Lost" else page.keyboard.press("Space")
    expect(page.get_by_role("dialog")).to_contain_text("Reason lost")
    expect(said).to_have_text("")
    page.keyboard.press("Escape")
    expect(at).to_have_accessible_name(re.compile("^Deal 06 "))
    page.keyboard.press("Space")
    for to in ("Proposal", "Negotiation", "Won"):
        expect(said).to_have_text(f"Deal 06 over {to}.")
        page.keyboard.press("ArrowRight") if to != "Won" else page.keyboard.press("Space")
    expect(page.get_by_text("“Deal 06” moved to Won")).to_be_visible()
    expect(at).to_have_attribute("aria-label", "Board")
    page.keyboard.press("Control+z")
    expect(lane(page, "Proposal").get_by_role("group", name="Deal 06")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(at).to_have_accessible_name(re.compile("^Deal 00 "))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Deal 04")).to_be_visible()
    # Back on the board one is at the card.
    page.go_back()
    expect(at).to_have_accessible_name(re.compile("^Deal 04 "))


def test_a_board_that_loads_says_so_once(site: Site, visit: Visit) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/api/v1/records/opportunity\?"), hold)
    page.goto(f"{site.url}/o/opportunity?view=pipeline")
    expect(lane(page, "Negotiation")).to_be_visible()
    expect(
        page.get_by_role("status").filter(has_text="Loading").or_(page.get_by_role("status", name="Loading"))
    ).to_have_count(1)
    for route in held:
        route.continue_()
    expect(lane(page, "Qualification").get_by_role("group").first).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Loading")).to_have_count(0)


def test_a_board_that_fails_says_so_once(site: Site, visit: Visit) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    lanes = re.compile(r"/api/v1/records/opportunity\?")
    page.route(lanes, lambda route: route.fulfill(status=422, json={"title": "Refused", "status": 422, "errors": []}))
    page.goto(f"{site.url}/o/opportunity?view=pipeline")
    again = page.get_by_role("button", name="Try again")
    expect(again).to_have_count(1)
    page.unroute(lanes)
    again.click()
    expect(lane(page, "Qualification").get_by_role("group").first).to_be_visible()


def test_how_values_lie_is_asked_for_again_where_it_failed(site: Site, visit: Visit) -> None:
    page = visit(site, "/sign-in").context.new_page()
    lies = re.compile(r"/records/account/aggregate")
    broken = {"title": "Broken", "status": 500}
    bars = lambda route: '"limit":6' in (route.request.post_data or "")  # noqa: E731
    page.route(lies, lambda route: route.fulfill(status=500, json=broken) if bars(route) else route.continue_())
    page.goto(f"{site.url}/o/account?view=all")
    page.get_by_role("button", name="Column Grade").click()
    fault = page.get_by_role("alert").filter(has_text="Distribution: did not load")
    expect(fault).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.unroute(lies)
    fault.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("group", name="Distribution")).to_be_visible()


def test_a_stage_asks_for_what_it_needs(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=pipeline")
    lost = page.get_by_role("link", name=re.compile("^Lost"))
    drag(page, page.get_by_role("group", name="Deal 04"), lost, "Lost")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Reason lost")
    dialog.get_by_role("button", name="Leave it where it was").click()
    expect(lane(page, "Qualification").get_by_role("group", name="Deal 04")).to_be_visible()

    drag(page, page.get_by_role("group", name="Deal 04"), lost, "Lost")
    dialog.get_by_role("combobox").click()
    page.locator(".ant-select-item[title='Price']").click()
    expect(dialog).to_contain_text("Price")
    dialog.get_by_role("button", name="Save and move").click()
    expect(page.get_by_text("“Deal 04” moved to Lost")).to_be_visible()
    assert site.call("GET", f"/records/opportunity/{site.ids['Deal 04']}")["stage"] == "lost"
    page.get_by_role("button", name="Undo").click()
    expect(lane(page, "Qualification").get_by_role("group", name="Deal 04")).to_be_visible()


def test_switching_the_language(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account?view=all")
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitemradio", name="简体中文").click()
    expect(page.get_by_role("heading", name="客户")).to_be_visible()
    # It is the account's from then on.
    page.reload()
    expect(page.get_by_role("heading", name="客户")).to_be_visible()


def test_a_phone_shows_cards(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=all", width=390)
    expect(page.get_by_role("link", name=re.compile("Deal 03"))).to_be_visible()
    expect(page.get_by_role("grid")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("navigation", name="Navigation").get_by_role("link", name="Today").click()
    expect(page).to_have_url(re.compile(r"/$"))


def test_files_are_brought_and_taken_on_a_phone(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account?view=all", width=390)
    page.get_by_role("button", name="Import and export").click()
    with page.expect_download() as got:
        page.get_by_role("menuitem", name="Export as CSV").click()
    assert got.value.suggested_filename.endswith(".csv")
    page.get_by_role("button", name="Import and export").click()
    page.get_by_role("menuitem", name="Import").click()
    expect(page.get_by_text("A file with Accounts")).to_be_visible()


def test_many_are_changed_on_a_phone(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/opportunity?view=all&sort=name", width=390)
    page.get_by_role("button", name="Select", exact=True).tap()
    # A tap now chooses what it otherwise opens. What stands at the end of a card is heard with its name.
    expect(page.get_by_role("checkbox", name=re.compile("Deal 03.* Amount .40"))).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("Deal 03")).tap()
    page.get_by_role("checkbox", name=re.compile("Deal 05")).tap()
    bar = page.get_by_role("toolbar", name="With the selected records")
    expect(bar).to_contain_text("2 selected")
    expect(page.get_by_role("button", name="New opportunity")).to_be_hidden()
    bar.get_by_role("button", name="Change a field").tap()
    page.get_by_placeholder("Find a field").fill("next")
    page.keyboard.press("Enter")
    page.keyboard.type("Call them all")
    page.get_by_role("button", name="Change 2 records").tap()
    expect(page.get_by_text("Next step changed in 2 records")).to_be_visible()
    assert site.call("GET", f"/records/opportunity/{site.ids['Deal 05']}")["next_step"] == "Call them all"
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_text("Undone")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Cancel").tap()
    page.get_by_role("link", name=re.compile("Deal 03")).tap()
    expect(page.get_by_role("heading", name="Deal 03")).to_be_visible()


def picture(shade: int) -> bytes:
    """A small picture of one grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    dots = zlib.compress((b"\0" + bytes([shade]) * 8) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", dots) + chunk(b"IEND", b"")


def test_a_gallery_shows_pictures_and_is_walked_chosen_from_and_kept(site: Site, visit: Visit) -> None:
    fields: list[dict[str, object]] = [
        {"name": "name", "type": "text", "label": {"en": "Name"}, "required": True},
        {"name": "photo", "type": "file", "label": {"en": "Photo"}, "config": {"image": True}},
        {"name": "place", "type": "text", "label": {"en": "Place"}},
    ]
    label = {"en": "Showroom"}
    site.call(
        "POST",
        "/catalog/changes",
        {"changes": [{"op": "add_object", "name": "showroom", "label": label, "plural": label, "fields": fields}]},
    )
    site.create("showroom", *({"name": f"Room {n:03}", "place": f"Floor {n}"} for n in range(120)))
    page = visit(site, "/o/showroom")
    expect(page.get_by_role("heading", name="Showroom")).to_be_visible()
    first = site.call("GET", "/records/showroom?sort=name&limit=1")["data"][0]
    token = page.request.get(f"{site.url}/api/v1/session").json()["csrf"]
    headers = {"X-CSRF-Token": token}
    part = {"file": {"name": "a.png", "mimeType": "image/png", "buffer": picture(90)}}
    file = page.request.post(f"{site.url}/api/v1/files", multipart=part, headers=headers).json()
    written = page.request.patch(
        f"{site.url}/api/v1/records/showroom/{first['id']}", data={"values": {"photo": file}}, headers=headers
    )
    assert written.ok, written.text()
    page.goto(f"{site.url}/o/showroom?sort=name&columns=%5B%22name%22%2C%22place%22%5D")
    page.get_by_role("button", name="Gallery").click()
    cards = page.get_by_role("gridcell")
    expect(cards.first.locator("img")).to_have_js_property("naturalWidth", 8)
    expect(cards.nth(1).locator("img")).to_have_count(0)
    expect(cards.first).to_contain_text("Floor 0")

    # The arrows go to the next, and to the one below; the end is read on the way.
    across = int(page.get_by_role("grid").get_attribute("aria-colcount") or 0)
    assert across > 2
    page.get_by_role("grid").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#list-cursor")).to_contain_text(f"Room {across + 1:03}")
    page.keyboard.press("x")
    page.keyboard.press("Control+End")
    expect(page.locator("#list-cursor")).to_contain_text("Room 119")
    page.keyboard.press("Shift+X")
    expect(page.get_by_text(f"{119 - across} selected")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Save view").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Pictures")
    page.get_by_role("dialog").get_by_role("button", name="Save view").click()
    expect(page.get_by_role("link", name="Pictures")).to_have_attribute("aria-current", "page")
    page.reload()
    expect(cards.first).to_contain_text("Room 000")
    kept = next(o for o in site.call("GET", "/catalog")["objects"] if o["name"] == "showroom")["views"][-1]
    assert (kept["kind"], kept["by"]) == ("gallery", "photo")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Room 000")).to_be_visible()
    # It is known by its picture on its own page, too.
    expect(page.get_by_role("article").locator("header img")).to_have_js_property("naturalWidth", 8)

    phone = visit(site, f"/o/showroom?view={kept['id']}", width=390)
    expect(phone.get_by_role("grid")).to_have_attribute("aria-colcount", "2")
    expect(phone.get_by_role("gridcell").first).to_contain_text("Floor 0")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
