"""Rules made in Settings by hand, and met on a form, on a record, in an import and through the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Site
from tests.e2e.test_admin import panel
from tests.e2e.test_import import ready
from tests.e2e.test_record import fact, form_field

Visit = Callable[..., Page]


@pytest.fixture
def office(fresh_site: Site) -> Site:
    fresh_site.set_up()
    return fresh_site


def choose(page: Page, where: Locator, option: str) -> None:
    """An option of a select."""
    where.click()
    page.locator(".ant-select-item-option").filter(has_text=re.compile(f"^{option}$")).locator(
        "visible=true"
    ).first.click()


def condition(page: Page, field: str, fill: Callable[[Page], None]) -> None:
    """A condition of the rule that is being made."""
    panel(page).get_by_role("button", name="Condition", exact=True).click()
    page.get_by_placeholder("Find a field").fill(field)
    page.keyboard.press("Enter")
    fill(page)
    page.get_by_role("button", name="Add the condition").click()


def begin(page: Page, kind: str, label: str) -> None:
    page.get_by_role("button", name="New rule").first.click()
    if kind:
        choose(page, panel(page).get_by_label("What it does"), kind)
    panel(page).get_by_label("English label").fill(label)


def add(page: Page, label: str) -> None:
    panel(page).get_by_role("button", name="Add rule").click()
    expect(page.get_by_text(f"Rule “{label}” is in force")).to_be_visible()


def test_rules_are_made_by_hand_and_hold_everywhere(office: Site, visit: Visit, tmp_path: Path) -> None:
    office.create("account", {"name": "Harbour", "phone": "010-62345678", "employees": 13})
    page = visit(office, "/settings/rules/account")
    expect(page.get_by_role("heading", name="Duplicates")).to_be_visible()

    begin(page, "", "No unlucky sizes")
    condition(
        page,
        "employees",
        lambda p: p.get_by_role("textbox", name="Value").or_(p.get_by_role("spinbutton", name="Value")).fill("13"),
    )
    panel(page).get_by_label("Message in English").fill("Thirteen is unlucky.")
    expect(panel(page).get_by_text(re.compile("1 of 1 records do not keep it"))).to_be_visible()
    add(page, "No unlucky sizes")
    expect(page.get_by_text("When Employees is at least 13: not saved, “Thirteen is unlucky.”")).to_be_visible()

    begin(page, "Show", "Company data")
    condition(page, "do not call", lambda p: None)
    choose(page, panel(page).get_by_label("Fields", exact=False).first, "Website")
    page.keyboard.press("Escape")
    add(page, "Company data")

    begin(page, "Duplicates", "One phone")
    choose(page, panel(page).get_by_label("Fields of part 1"), "Phone")
    page.keyboard.press("Escape")
    choose(page, panel(page).get_by_label("How part 1 is compared"), "as phone")
    choose(page, panel(page).get_by_label("What happens"), "Refuse to save")
    add(page, "One phone")

    # On a form: the field comes and goes, the duplicate is told, and what is refused is said at its place.
    page.goto(f"{office.url}/o/account")
    page.get_by_role("button", name=re.compile("^New account$", re.IGNORECASE)).last.click()
    form_field(page, "name").locator("input").fill("Other")
    page.get_by_role("button", name=re.compile("more field")).click()
    expect(form_field(page, "employees")).to_be_visible()
    expect(form_field(page, "website")).to_have_count(0)
    form_field(page, "do_not_call").get_by_role("switch").click()
    expect(form_field(page, "website")).to_be_visible()
    form_field(page, "do_not_call").get_by_role("switch").click()
    expect(form_field(page, "website")).to_have_count(0)
    form_field(page, "phone").locator("input").fill("+86 10 6234 5678")
    expect(form_field(page, "phone").get_by_text("May not be twice")).to_be_visible()
    expect(form_field(page, "phone").get_by_role("link", name="Harbour")).to_be_visible()
    page.get_by_role("button", name="Create account").click()
    expect(form_field(page, "phone").get_by_role("alert")).to_contain_text("“Harbour” is there already")
    expect(form_field(page, "phone").get_by_role("textbox")).to_have_accessible_description(
        re.compile("is there already")
    )
    form_field(page, "phone").locator("input").fill("+86 10 6234 0000")
    form_field(page, "employees").locator("input").fill("13")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Thirteen is unlucky.")).to_be_visible()
    form_field(page, "employees").locator("input").fill("4")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text(re.compile("Account created"))).to_be_visible()

    # On the record: what is hidden is not among the facts.
    query = {"filter": {"field": "name", "op": "eq", "value": "Other"}}
    [made] = office.call("POST", "/records/account/query", query)["data"]
    page.goto(f"{office.url}/o/account/{made['id']}")
    expect(fact(page, "employees")).to_be_visible()
    expect(fact(page, "website")).to_have_count(0)

    # Through the API, and in an import.
    with pytest.raises(AssertionError, match="Thirteen is unlucky"):
        office.create("account", {"name": "X", "employees": 13})
    file = tmp_path / "accounts.csv"
    file.write_text("Name,Employees,Phone\nA,13,\nB,5,010-62345678\nC,6,\n")
    page.goto(f"{office.url}/import/account")
    page.locator("input[type=file]").set_input_files(file)
    expect(page).to_have_url(re.compile("upload="), timeout=30_000)
    page.get_by_role("button", name="Next: check").click()
    ready(page, "Import 1 row")
    expect(page.get_by_text("Thirteen is unlucky.").first).to_be_visible()
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_test_id("import-headline")).to_contain_text("1 new account", timeout=30_000)


def test_a_rule_is_changed_and_taken_back(office: Site, visit: Visit) -> None:
    page = visit(office, "/settings/rules/account")
    page.get_by_role("button", name=re.compile("^Same phone")).click()
    expect(panel(page).get_by_role("button", name="Remove", exact=True)).to_have_count(0)
    panel(page).get_by_label("In force").click()
    panel(page).get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name=re.compile("^Same phone.*off"))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=re.compile("^Same phone.*off"))).to_have_count(0)


def test_a_gate_asks_for_what_it_wants_where_it_stops_a_move(office: Site, visit: Visit) -> None:
    rule = {
        "name": "priced",
        "kind": "gate",
        "label": {"en": "Priced", "zh": "有报价"},
        "when": {"field": "amount", "op": "gte", "value": 1000},
        "stages": ["proposal"],
        "message": {"en": "A proposal needs an amount of 1,000 or more.", "zh": "报价需要金额。"},
    }
    office.call("POST", "/catalog/changes", {"changes": [{"op": "put_rule", "object": "opportunity", "rule": rule}]})
    [account] = office.create("account", {"name": "Harbour"})
    start = {"account": account, "close_date": "2027-01-01", "pipeline": "sales", "stage": "qualification"}
    [deal] = office.create("opportunity", {"name": "Cranes", **start})
    page = visit(office, f"/o/opportunity/{deal}")
    page.get_by_role("button", name=re.compile("^Proposal")).first.click()
    expect(page.get_by_text("A proposal needs an amount of 1,000 or more.").first).to_be_visible()
    page.locator("[data-form-field=amount] input").first.fill("2000")
    page.get_by_role("button", name=re.compile("^(Move|Save)")).last.click()
    expect(page.get_by_text("Cranes").first).to_be_visible()
    expect(fact(page, "amount")).to_contain_text("2,000")
    assert office.call("GET", f"/records/opportunity/{deal}")["stage"] == "proposal"


def test_options_depend_on_another_choice_and_only_what_fits_is_offered(office: Site, visit: Visit) -> None:
    def made(name: str, *options: str) -> dict[str, object]:
        own = [{"name": one.lower(), "label": {"en": one}} for one in options]
        return {"op": "add_field", "object": "account", "name": name, "type": "select", "label": {"en": name.title()}, "options": own}  # fmt: skip

    branches = [f"Branch{n:03}" for n in range(120)]
    office.call("POST", "/catalog/changes", {"changes": [made("zone", "North", "South"), made("branch", *branches)]})
    [here] = office.create("account", {"name": "Harbour", "zone": "north", "branch": "branch119"})
    page = visit(office, "/settings/objects/account")
    page.get_by_role("row").filter(has_text="branch").last.click()
    page.get_by_role("button", name="Set up").click()
    dialog = page.get_by_role("dialog")
    choose(page, dialog.get_by_label("Depends on"), "Zone")
    grid = dialog.get_by_role("grid")
    grid.get_by_label("The column North").click()
    expect(dialog.get_by_text("Nothing could be chosen beside North")).to_be_visible()
    grid.focus()
    for key in (" ", "ArrowDown", " ", "ArrowRight", "Shift+Space", "Shift+Space"):
        page.keyboard.press(key)
    expect(grid.get_by_label("Branch001 · South")).to_have_attribute("aria-selected", "true")
    expect(dialog.get_by_text("1 record has a value that is not offered any more")).to_be_visible()
    dialog.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Branch offers what fits")).to_be_visible()
    [rule] = [r for r in office.call("GET", "/catalog")["objects"][0]["rules"] if r["kind"] == "options"]
    assert (rule["by"], rule["value"]["north"][:2]) == ("zone", ["branch000", "branch001"])

    # The fact of the record, the cell of a list that does not show the zone, and a change of many.
    options = page.get_by_role("option")
    page.goto(f"{office.url}/o/account/{here}")
    fact(page, "branch").get_by_role("button").click()
    expect(options).to_have_text(["Branch000", "Branch001", "Branch119"])
    page.keyboard.press("Escape")
    page.goto(f"{office.url}/o/account?view=all&columns=%5B%22name%22%2C%22branch%22%5D")
    page.get_by_role("gridcell", name="Branch119").dblclick()
    expect(options).to_have_text(["Branch000", "Branch001", "Branch119"])
    page.keyboard.press("Escape")
    page.locator("[role=rowgroup] input[type=checkbox]").first.click()
    page.get_by_role("button", name="Change a field").click()
    page.get_by_placeholder("Find a field").fill("branch")
    page.keyboard.press("Enter")
    page.locator("form .ant-select").click()
    expect(options).to_have_text(["Branch000", "Branch001"])
