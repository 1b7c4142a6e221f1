"""The table as a sheet: the cursor, typing into cells, copying and pasting rectangles, columns, groups, the preview."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site, until

Visit = Callable[..., Page]
COLUMNS = '["name","amount","next_step","probability"]'


@pytest.fixture
def sheet(site: Site) -> Iterator[str]:
    """The address of a list of six deals that a test may change."""
    ids = site.create(
        "opportunity",
        *(
            {
                "name": f"Sheet {n}",
                "pipeline": "sales",
                "stage": "proposal" if n < 4 else "needs",
                "amount": 1000 * n,
                "source": "website" if n < 3 else "referral",
            }
            for n in range(6)
        ),
    )
    yield f'/o/opportunity?view=all&sort=name&columns={COLUMNS}&filter={{"field":"name","op":"starts_with","value":"Sheet"}}'
    operations = [{"op": "delete", "id": one} for one in ids]
    site.call("POST", "/records/opportunity/batch", {"operations": operations})


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=title, exact=True))


def cell(page: Page, title: str, col: int) -> Locator:
    """``col`` 1 is the first beside the name."""
    return row(page, title).get_by_role("gridcell").nth(col + 1)


def paste(page: Page, text: str) -> None:
    """What a browser does when somebody pastes."""
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def test_a_cursor_goes_through_cells_and_typing_begins(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route) if route.request.method == "PATCH" and not held else route.continue_()

    page.route("**/api/v1/records/opportunity/*", hold)
    cell(page, "Sheet 1", 1).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("3.5k")
    page.keyboard.press("Tab")
    expect(cell(page, "Sheet 2", 1)).to_have_text("3,500")
    # Tab has saved and gone on to the next cell, which takes what is typed; also while the server has not answered yet.
    expect(page.get_by_role("grid")).to_be_focused()
    page.keyboard.type("Call back")
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 2", 2)).to_have_text("Call back")
    # What somebody else writes there meanwhile is kept beside it.
    id = held[0].request.url.rpartition("/")[2]
    site.call("PATCH", f"/records/opportunity/{id}", {"values": {"description": "Met at the fair"}})
    with page.expect_response(lambda answer: "Call back" in (answer.request.post_data or "")) as answered:
        held[0].continue_()
    assert answered.value.status == 200
    now = site.call("GET", f"/records/opportunity/{id}")
    assert (now["amount"], now["next_step"], now["description"]) == (3500, "Call back", "Met at the fair")
    expect(cell(page, "Sheet 2", 1)).to_have_text("3,500")
    expect(cell(page, "Sheet 2", 2)).to_have_text("Call back")
    # Enter has gone down; Escape leaves a cell as it was.
    page.keyboard.press("F2")
    page.keyboard.type("nothing")
    page.keyboard.press("Escape")
    expect(cell(page, "Sheet 3", 2)).to_have_text("—")
    # What is refused stays as it was typed, with the reason.
    page.keyboard.press("ArrowRight")
    page.keyboard.type("250")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("textbox", name="Probability")).to_have_value("250")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("grid")).to_be_focused()


def test_a_choice_in_a_cell_begins_and_ends_with_a_key(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet.replace(COLUMNS, '["name","source","account"]'))
    cell(page, "Sheet 1", 1).click()
    page.keyboard.type("refe")
    expect(page.get_by_role("option")).to_have_text(["Referral", "New option “refe”"])
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 1", 1)).to_have_text("Referral")
    # Enter has gone down, to what begins at the value that stands there; Escape leaves it at once.
    page.keyboard.press("F2")
    chosen = page.get_by_role("option", selected=True)
    expect(page.get_by_role("combobox", name="Source")).to_have_attribute(
        "aria-activedescendant", str(chosen.get_attribute("id"))
    )
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.get_by_role("grid")).to_be_focused()
    # An option that is not there is made by choosing to, and goes again with the toast.
    page.keyboard.type("Zeppelin")
    made = page.get_by_role("option", name="New option “Zeppelin”")
    expect(made).to_be_visible()
    page.keyboard.press("Enter")
    expect(made).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 2", 1)).to_have_text("Zeppelin")
    expect(page.get_by_text("Saved “Sheet 2”")).to_be_visible()
    undo = page.get_by_role("status").get_by_role("button", name="Undo")
    undo.last.click()
    expect(cell(page, "Sheet 2", 1)).to_have_text("Website")
    with page.expect_response(re.compile("/undo$")):
        undo.last.click()
    deal = next(one for one in site.call("GET", "/catalog")["objects"] if one["name"] == "opportunity")
    source = next(one for one in deal["fields"] if one["name"] == "source")
    assert "Zeppelin" not in [option["label"]["en"] for option in source["options"]]
    cell(page, "Sheet 2", 1).click()
    # A record is found by its name, however fast one types; Tab leaves what stood there.
    page.keyboard.press("ArrowRight")
    page.keyboard.type("Hexu")
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 2", 2)).to_have_text("Hexu Robotics")
    page.keyboard.press("F2")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("grid")).to_be_focused()
    expect(cell(page, "Sheet 3", 2)).to_have_text("—")


def test_what_two_people_write_in_one_cell_is_asked_about(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    expect(row(page, "Sheet 1")).to_be_visible()
    asked = {"filter": {"field": "name", "op": "eq", "value": "Sheet 1"}, "fields": ["id"], "limit": 1}
    id = site.call("POST", "/records/opportunity/query", asked)["data"][0]["id"]
    said = re.compile("^Somebody has just changed this to “.*6,000.*”.$")

    def amount() -> int:
        return int(site.call("GET", f"/records/opportunity/{id}")["amount"])

    # It shows while one writes, and is not written over: the reason stands at the cell, with what was typed.
    cell(page, "Sheet 1", 1).click()
    page.keyboard.type("5000")
    site.call("PATCH", f"/records/opportunity/{id}", {"values": {"amount": 6000}})
    expect(page.get_by_text(said)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Enter uses yours, Esc keeps theirs")
    expect(page.get_by_role("textbox", name="Amount")).to_have_value("5000")
    assert amount() == 6000
    page.keyboard.press("Escape")
    expect(cell(page, "Sheet 1", 1)).to_have_text("6,000")
    expect(page.get_by_role("grid")).to_be_focused()
    # Another field is nobody's business; and whoever insists has their way.
    page.keyboard.type("5500")
    site.call("PATCH", f"/records/opportunity/{id}", {"values": {"next_step": "Theirs"}})
    expect(cell(page, "Sheet 1", 2)).to_have_text("Theirs")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved “Sheet 1”")).to_be_visible()
    assert amount() == 5500
    cell(page, "Sheet 1", 1).click()
    page.keyboard.type("5000")
    site.call("PATCH", f"/records/opportunity/{id}", {"values": {"amount": 6000}})
    expect(page.get_by_text(said)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 1", 1)).to_have_text("5,000")
    until(lambda: amount() == 5000, "whoever insists has their way")


def test_a_rectangle_is_pasted_and_undone_as_one(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    before = [cell(page, f"Sheet {n}", 1).inner_text() for n in (3, 4, 5)]
    cell(page, "Sheet 3", 1).click()
    paste(page, "3万\tVisit them\n42\tSend the offer\nmany\tWrite")
    expect(page.get_by_text("3 records changed")).to_be_visible()
    expect(cell(page, "Sheet 3", 1)).to_have_text("30,000")
    expect(cell(page, "Sheet 4", 2)).to_have_text("Send the offer")
    # A word that is no amount is told by its row; the rest of the row has been taken.
    faults = page.get_by_role("dialog")
    expect(faults).to_contain_text("Sheet 5")
    expect(faults).to_contain_text("many")
    page.keyboard.press("Escape")
    expect(cell(page, "Sheet 5", 2)).to_have_text("Write")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()
    assert [cell(page, f"Sheet {n}", 1).inner_text() for n in (3, 4, 5)] == before
    expect(cell(page, "Sheet 4", 2)).to_have_text("—")


def test_many_cells_are_shown_before_they_are_pasted(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    before = [cell(page, f"Sheet {n}", 1).inner_text() for n in range(6)]
    cell(page, "Sheet 0", 1).click()
    paste(page, "7000\tRing\t10\nmany\tWrite\t20\n9000\tVisit\t250")
    preview = page.get_by_role("dialog", name="Before it is pasted")
    # What is not understood, and what the server would refuse, each at its cell; the rest is what will be done.
    expect(preview).to_contain_text("7 cells change in 3 opportunities; 2 cannot and stay as they are")
    expect(preview.get_by_role("row", name="Sheet 1")).to_contain_text("many")
    expect(preview.get_by_role("row", name="Sheet 2").locator("small")).to_be_visible()
    expect(preview.get_by_role("row", name="Sheet 0")).to_contain_text("7,000")
    preview.get_by_role("button", name="Leave it").click()
    assert [cell(page, f"Sheet {n}", 1).inner_text() for n in range(6)] == before
    page.get_by_role("grid").focus()
    paste(page, "7000\tRing\t10\nmany\tWrite\t20\n9000\tVisit\t250")
    page.get_by_role("button", name="Change 7 cells").click()
    expect(page.get_by_text("3 records changed")).to_be_visible()
    expect(cell(page, "Sheet 2", 1)).to_have_text("9,000")
    expect(cell(page, "Sheet 1", 1)).to_have_text(before[1])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()


def test_the_keys_alone_do_what_the_mouse_does(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet.replace(COLUMNS, '["name","account","source","owner","created_at","description"]'))
    grid = page.get_by_role("grid")
    first = site.call("GET", "/records/user?limit=1&fields=name")["data"][0]["name"]
    expect(row(page, "Sheet 1")).to_be_visible()
    # The table is one stop: from the last thing in its head one goes on beyond its rows, not through their links.
    cell(page, "Sheet 1", 1).click()
    page.keyboard.type("Hexu")
    page.keyboard.press("Tab")
    expect(cell(page, "Sheet 1", 1)).to_have_text("Hexu Robotics")
    assert grid.evaluate("grid => [...grid.querySelectorAll('[role=gridcell] a')].every(a => a.tabIndex < 0)")
    # Tab takes what one has begun to type, and goes on to the right.
    page.keyboard.type("refe")
    page.keyboard.press("Tab")
    expect(cell(page, "Sheet 1", 2)).to_have_text("Referral")
    expect(page.locator("#list-cursor")).to_contain_text(first)
    # What cannot be changed says so; its column's menu comes by a key, and gives the focus back to the cell.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    expect(page.get_by_text("Created: Read only")).to_be_visible()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("menu", name="Column Created")).to_be_visible()
    page.keyboard.press("Escape")
    expect(grid).to_be_focused()
    # What is written in several lines stands over the rows below, which stay where they are.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    box = page.get_by_role("textbox", name="Description")
    expect(box).to_be_focused()
    name = row(page, "Sheet 1").get_by_role("link", name="Sheet 1").bounding_box()
    below = row(page, "Sheet 2").get_by_role("link", name="Sheet 2").bounding_box()
    assert name
    assert below
    assert below["y"] - name["y"] == pytest.approx(36, abs=1)
    # In what one writes, the key that takes back is the writing's own.
    page.keyboard.type("a word")
    page.keyboard.press("Control+z")
    expect(cell(page, "Sheet 1", 2)).to_have_text("Referral")
    page.keyboard.press("Escape")
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(page.get_by_text("Undone").first).to_be_visible()
    expect(cell(page, "Sheet 1", 2)).to_have_text("Website")
    expect(cell(page, "Sheet 1", 1)).not_to_have_text("Hexu Robotics")
    # A link is followed from its cell.
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("Hexu")
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 1", 1)).to_have_text("Hexu Robotics")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Hexu Robotics")).to_be_visible()


def test_whoever_comes_to_the_table_by_keys_sees_where_they_are(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    grid = page.get_by_role("grid")
    first = grid.get_by_role("row").nth(1)
    expect(first).to_contain_text("Sheet")
    page.keyboard.press("/")
    for _ in range(20):
        page.keyboard.press("Tab")
        if grid.evaluate("grid => grid === document.activeElement"):
            break
    expect(first.locator("#list-cursor")).to_be_visible()
    # From there rows are chosen, and what is done with them is two steps away, past the box that chooses all.
    page.keyboard.press("x")
    bar = page.get_by_role("toolbar", name="With the selected records")
    expect(bar).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(bar.locator(":focus")).to_have_count(1)


def test_what_is_cut_off_in_a_cell_is_said_whole_to_the_keys(site: Site, visit: Visit, sheet: str) -> None:
    asked = {"filter": {"field": "name", "op": "eq", "value": "Sheet 1"}, "fields": ["id"], "limit": 1}
    id = site.call("POST", "/records/opportunity/query", asked)["data"][0]["id"]
    long = "Ask the plant's engineers whether the second line may be stopped for a week in August, and who decides it"
    site.call("PATCH", f"/records/opportunity/{id}", {"values": {"next_step": long}})
    page = visit(site, sheet)
    cell(page, "Sheet 1", 1).click()
    tip = page.locator("[popover]:popover-open", has_text="who decides it")
    page.keyboard.press("ArrowRight")
    expect(tip).to_have_text(long)
    page.keyboard.press("ArrowDown")
    expect(tip).to_have_count(0)


def test_what_is_cut_off_is_said_whole_to_a_finger_that_rests_on_it(site: Site, visit: Visit) -> None:
    long = "Ask the plant's engineers whether the second line may be stopped for a week in August, and who decides it"
    [about] = site.create("account", {"name": "Plant of two lines"})
    me = site.call("GET", "/session")["user"]["id"]
    task = {"subject": "Two lines", "body": long, "owner": me, "about": {"object": "account", "id": about}}
    site.create("task", {**task, "due_at": "2026-01-05T10:00:00Z"})
    page = visit(site, "/", width=390)
    # About whom it is, too, where there is room for one link.
    long = f"Plant of two lines · {long}"
    row = page.get_by_text(long)
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    assert box
    finger = page.context.new_cdp_session(page)
    at = {"x": box["x"] + 40, "y": box["y"] + box["height"] / 2}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    tip = page.locator("[popover]:popover-open")
    expect(tip).to_have_text(long)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    # It was read, not opened; what is touched next takes it away.
    expect(tip).to_have_text(long)
    expect(page).to_have_url(f"{site.url}/")
    page.get_by_role("heading").first.tap()
    expect(tip).to_have_count(0)


def test_an_address_is_written_part_by_part_in_its_cell(site: Site, visit: Visit) -> None:
    page = visit(site, '/o/account?view=all&sort=name&q=Lanshi&columns=["name","address","phone"]')
    cell(page, "Lanshi Precision", 1).click()
    page.keyboard.press("F2")
    for part in ("12 Quay Street", "Bristol", "", "", "BS1 1AA", "UK"):
        page.keyboard.type(part)
        page.keyboard.press("Tab")
    expect(cell(page, "Lanshi Precision", 1)).to_have_text("12 Quay Street, Bristol, BS1 1AA, UK")
    expect(page.get_by_role("grid")).to_be_focused()
    expect(page.locator("#list-cursor")).to_contain_text("139")
    page.keyboard.press("Control+z")
    expect(cell(page, "Lanshi Precision", 1)).to_have_text("—")
    # What is still on its way is taken back once it is there.
    sent: list[Route] = []
    page.route(re.compile("/records/account/"), lambda route: sent.insert(0, route))
    page.keyboard.type("139 1234 5999")
    with page.expect_request(re.compile("/records/account/")):
        page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    with page.expect_response(re.compile("/undo")):
        sent.pop().continue_()
    page.unroute_all()
    assert site.call("GET", "/records/account?q=Lanshi&fields=phone")["data"][0]["phone"] != "+8613912345999"


def test_what_is_pasted_and_finds_no_place_is_told(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    cell(page, "Sheet 4", 2).click()
    paste(page, "one\t10\textra\ntwo\t20\textra\nthree\t30\textra\nfour\t40\textra")
    left = page.get_by_role("dialog", name="Not all of it was pasted")
    expect(left).to_contain_text("2 pasted lines have no row to go into")
    expect(left).to_contain_text("1 pasted column has no column to go into")
    page.keyboard.press("Escape")
    expect(cell(page, "Sheet 5", 2)).to_have_text("two")
    page.keyboard.press("Control+z")
    expect(cell(page, "Sheet 5", 2)).to_have_text("—")
    # Where it is shown first it says so there, and Enter goes on.
    page.keyboard.press("ArrowUp")
    cell(page, "Sheet 3", 1).click()
    paste(page, "7000\tRing\t10\n8000\tWrite\t20\n9000\tVisit\t35\n9500\tWait\t40")
    preview = page.get_by_role("dialog", name="Before it is pasted")
    expect(preview).to_contain_text("1 pasted line has no row to go into")
    expect(preview.get_by_role("button", name="Change 9 cells")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 records changed")).to_be_visible()
    expect(page.get_by_role("grid")).to_be_focused()


def test_one_value_fills_a_range_and_delete_empties_it(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    cell(page, "Sheet 3", 2).click()
    cell(page, "Sheet 5", 2).click(modifiers=["Shift"])
    paste(page, "Ask again")
    expect(page.get_by_text("3 records changed")).to_be_visible()
    for n in (3, 4, 5):
        expect(cell(page, f"Sheet {n}", 2)).to_have_text("Ask again")
    page.keyboard.press("Delete")
    expect(cell(page, "Sheet 4", 2)).to_have_text("—")
    expect(cell(page, "Sheet 5", 2)).to_have_text("—")


def test_cells_are_copied_as_a_spreadsheet_takes_them(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    cell(page, "Sheet 0", 0).click()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    copied = page.evaluate(
        """() => {
            const data = new DataTransfer();
            const event = new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
            return data.getData("text/plain");
        }"""
    )
    assert [line.split("\t")[0] for line in copied.splitlines()] == ["Sheet 0", "Sheet 1"]
    assert len(copied.splitlines()[0].split("\t")) == 2


def test_a_column_tells_how_its_values_lie_and_filters(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet.replace('"probability"', '"source"'))
    expect(page.get_by_text("6 records")).to_be_visible()
    page.get_by_role("columnheader", name="Source").hover()
    page.get_by_role("button", name="Column Source").click()
    bars = page.get_by_role("menuitemcheckbox")
    expect(bars).to_have_count(2)
    bars.filter(has_text="Website").click()
    expect(page.get_by_text("3 records")).to_be_visible()
    # It is a part of the sentence, and of the address.
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("Source.*Website"))).to_be_visible()
    page.reload()
    expect(page.get_by_text("3 records")).to_be_visible()


def test_columns_are_pinned_moved_and_made_wider(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    heads = page.get_by_role("columnheader")
    expect(heads.nth(2)).to_contain_text("Amount")
    page.get_by_role("button", name="Column Next step").click()
    page.get_by_role("menuitem", name="Move left").click()
    expect(heads.nth(2)).to_contain_text("Next step")
    page.get_by_role("button", name="Column Probability").click()
    page.get_by_role("menuitem", name="Pin beside the name").click()
    expect(heads.nth(2)).to_contain_text("Probability")
    edge = page.get_by_role("separator", name="Width of Amount")
    before = heads.filter(has_text="Amount").bounding_box()
    at = edge.bounding_box()
    assert before
    assert at
    page.mouse.move(at["x"] + 3, at["y"] + 8)
    page.mouse.down()
    page.mouse.move(at["x"] + 83, at["y"] + 8, steps=4)
    page.mouse.up()
    after = heads.filter(has_text="Amount").bounding_box()
    assert after
    assert after["width"] == pytest.approx(before["width"] + 80, abs=3)
    # The list says that it differs from its view, and goes back to it.
    page.get_by_role("button", name="Back to the view as saved").click()
    expect(page.get_by_role("columnheader", name="Account")).to_be_visible()


def test_sections_have_counts_and_sums_and_fold(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    page.get_by_role("button", name="Group", exact=True).click()
    page.get_by_placeholder("Find a field").fill("stage")
    page.keyboard.press("Enter")
    proposal = page.get_by_role("row").filter(has=page.get_by_role("button", name=re.compile("^Proposal")))
    expect(proposal).to_contain_text("4")
    expect(row(page, "Sheet 1")).to_be_visible()
    proposal.get_by_role("button").click()
    expect(row(page, "Sheet 1")).to_be_hidden()
    expect(row(page, "Sheet 5")).to_be_visible()
    expect(page).to_have_url(re.compile("group=stage"))


def test_amounts_of_several_currencies_stand_side_by_side(site: Site, visit: Visit, sheet: str) -> None:
    (other,) = site.create(
        "opportunity",
        {"name": "Sheet €", "pipeline": "sales", "stage": "needs", "amount": 2500, "amount_currency": "EUR"},
    )
    page = visit(site, sheet)
    totals = page.get_by_role("row").filter(has_text="7 records")
    expect(totals).to_contain_text("+")
    expect(totals).to_contain_text("€2.50K")
    site.call("DELETE", f"/records/opportunity/{other}")


def test_the_currency_written_beside_an_amount_is_meant(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    cell(page, "Sheet 1", 1).click()
    page.keyboard.type("500 EUR")
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 1", 1)).to_have_text("€500")
    cell(page, "Sheet 3", 1).click()
    paste(page, "HK$700\n800")
    expect(cell(page, "Sheet 3", 1)).to_have_text("HK$700")
    expect(cell(page, "Sheet 4", 1)).to_have_text("800")
    cell(page, "Sheet 1", 1).click()
    page.keyboard.type("900")
    page.keyboard.press("Enter")
    expect(cell(page, "Sheet 1", 1)).to_have_text("€900")
    for name in ("Sheet 1", "Sheet 3"):
        [found] = site.call("GET", f"/records/opportunity?q={name.replace(' ', '%20')}")["data"]
        site.call("PATCH", f"/records/opportunity/{found['id']}", {"values": {"amount_currency": "USD"}})


def test_a_preview_goes_on_with_the_arrow_keys(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    expect(row(page, "Sheet 0")).to_be_visible()
    grid = page.get_by_role("grid")
    wide = grid.evaluate("(one) => one.clientWidth")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    aside = page.get_by_role("complementary")
    expect(aside.get_by_role("heading", name="Sheet 0")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(aside.get_by_role("heading", name="Sheet 1")).to_be_visible()
    expect(page).to_have_url(re.compile("preview="))
    # It covers no column: they make room, and take it back.
    expect(grid).to_have_js_property("clientWidth", wide - 380)
    page.keyboard.press("Escape")
    expect(aside).to_be_hidden()
    expect(grid).to_have_js_property("clientWidth", wide)


def test_everything_but_one_is_changed_and_undone(site: Site, visit: Visit, sheet: str) -> None:
    page = visit(site, sheet)
    expect(page.get_by_text("6 records")).to_be_visible()
    page.get_by_role("checkbox", name="Select all").click()
    row(page, "Sheet 2").get_by_role("checkbox").click()
    expect(page.get_by_text("5 selected")).to_be_visible()
    page.get_by_role("button", name="Change a field").click()
    page.get_by_placeholder("Find a field").fill("next")
    page.keyboard.press("Enter")
    page.keyboard.type("All but one")
    page.get_by_role("button", name="Change 5 records").click()
    expect(cell(page, "Sheet 1", 2)).to_have_text("All but one")
    expect(cell(page, "Sheet 2", 2)).not_to_have_text("All but one")
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, "Sheet 1", 2)).not_to_have_text("All but one")


def written(response: Response) -> bool:
    """Whether something was sent to be kept with the account."""
    return response.request.method == "PATCH"


def test_a_view_is_kept_renamed_opened_first_and_brought_back(site: Site, visit: Visit, sheet: str) -> None:
    [team] = site.create("team", {"name": "North"})
    page = visit(site, sheet + "&group=stage")
    page.get_by_role("button", name="Save view").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Sheets")
    page.get_by_role("dialog").get_by_role("button", name="Save view").click()
    tab = page.get_by_role("link", name=re.compile("^Sheets"))
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab).to_contain_text("6")

    menu = page.get_by_role("button", name="This view")
    menu.click()
    page.get_by_role("menuitem", name="Rename and share").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("My sheets")
    page.get_by_label("For", exact=True).click()
    page.get_by_title("Team North").click()
    page.get_by_role("dialog").get_by_role("button", name="Save view").click()
    renamed = page.get_by_role("link", name=re.compile("^My sheets"))
    expect(renamed).to_be_visible()
    menu.click()
    expect(page.get_by_role("menuitem", name="Open first for the team")).to_be_visible()
    page.get_by_role("menuitem", name="Begin with this view").click()

    # A change shows at the tab, and is saved or taken back.
    page.get_by_role("button", name="Amount", exact=True).click()
    expect(renamed.get_by_role("img", name="changed")).to_be_visible()
    page.get_by_role("button", name="Save view").click()
    expect(renamed.get_by_role("img", name="changed")).to_be_hidden()

    page.goto(f"{site.url}/o/opportunity")
    expect(renamed).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("columnheader", name="Amount")).to_have_attribute("aria-sort", "descending")
    menu.click()
    page.get_by_role("menuitem", name="Delete this view").click()
    expect(renamed).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(renamed).to_be_visible()

    # A standard view too, on every machine of this person, until it is taken back.
    page.goto(f"{site.url}/o/opportunity?view=won")
    menu.click()
    with page.expect_response(written):
        page.get_by_role("menuitem", name="Begin with this view").click()
    other = visit(site, "/o/opportunity")
    won = other.get_by_role("navigation", name="Views").get_by_role("link", name=re.compile("^Won"))
    expect(won).to_have_attribute("aria-current", "page")
    other.get_by_role("button", name="This view").click()
    with other.expect_response(written):
        other.get_by_role("menuitem", name="Do not begin with this view").click()
    other.reload()
    expect(won).not_to_have_attribute("aria-current", "page")
    account = next(one for one in site.call("GET", "/catalog")["objects"] if one["name"] == "opportunity")
    # It came back as the team's that it was.
    assert [view["team"] for view in account["views"] if view["id"]] == [team]
    # Whoever stands in a view that another takes away is told, and stands in one that is there.
    page.goto(f"{site.url}/o/opportunity?view={next(view['id'] for view in account['views'] if view['id'])}")
    expect(renamed).to_have_attribute("aria-current", "page")
    for view in account["views"]:
        if view["id"]:
            site.call("DELETE", f"/views/{view['id']}")
    expect(page.get_by_text("That view was deleted")).to_be_visible()
    expect(page).not_to_have_url(re.compile("view="))


def test_a_long_list_is_entered_anywhere(site: Site, visit: Visit) -> None:
    """Only what is near the sight is in the document; what stands between two chosen rows is chosen, seen or not."""
    ids = site.create("product", *({"name": f"Part {n:03}", "code": f"P-{n:03}"} for n in range(450)))
    page = visit(site, "/o/product?view=all&sort=name")
    grid = page.get_by_role("grid")
    expect(row(page, "Part 000")).to_be_visible()
    expect(grid).to_have_attribute("aria-rowcount", "452")
    expect(page.get_by_role("columnheader", name="Name", exact=True)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Found: 450")).to_have_count(1)
    assert page.get_by_role("row").count() < 80

    row(page, "Part 000").get_by_role("checkbox").click()
    grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    expect(row(page, "Part 449")).to_be_visible()
    row(page, "Part 440").get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.get_by_text("441 selected")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Chosen: 441")).to_have_count(1)
    grid.evaluate("grid => { grid.scrollTop = 200 * 36 }")
    expect(row(page, "Part 205").get_by_role("checkbox")).to_be_checked()
    # Space on a box is the box's own.
    row(page, "Part 205").get_by_role("checkbox").press("Space")
    expect(page.get_by_text("440 selected")).to_be_visible()

    # Who comes back is where they were: with the keyboard in the cell, or as far as they had scrolled from it.
    page.keyboard.press("Escape")
    cell(page, "Part 207", 1).click()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Part 207")).to_be_visible()
    page.go_back()
    expect(grid).to_be_focused()
    expect(page.locator("#list-cursor")).to_contain_text("Part 207")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#list-cursor")).to_contain_text("Part 208")
    grid.evaluate("grid => { grid.scrollTop = 300 * 36 }")
    row(page, "Part 305").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Part 305")).to_be_visible()
    page.go_back()
    expect(row(page, "Part 305")).to_be_visible()
    assert grid.evaluate("grid => grid.scrollTop") == 300 * 36
    page.goto(f"{site.url}/o/product?view=all&sort=name")
    expect(row(page, "Part 000")).to_be_visible()
    row(page, "Part 000").get_by_role("checkbox").click()
    grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    row(page, "Part 440").get_by_role("checkbox").click(modifiers=["Shift"])
    row(page, "Part 438").get_by_role("checkbox").click()
    expect(page.get_by_text("440 selected")).to_be_visible()

    page.get_by_role("button", name="Delete").click()
    expect(grid).to_have_attribute("aria-rowcount", "12")
    page.get_by_role("button", name="Undo").click()
    expect(grid).to_have_attribute("aria-rowcount", "452")
    site.call("POST", "/records/product/mass", {"ids": ids, "delete": True})
