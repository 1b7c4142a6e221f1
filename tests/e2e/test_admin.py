"""Settings by hand: a field, a person, a role, a token; and taking things back: the bin and bulk changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Site, serving, until

Visit = Callable[..., Page]


@pytest.fixture
def office(fresh_site: Site) -> Site:
    """A company of the test's own: it counts what there is."""
    fresh_site.set_up()
    return fresh_site


@pytest.fixture(scope="module")
def shared(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A company for those tests of this file that change different things, and look at what they change."""
    with serving(server_url, template, tmp_path_factory.mktemp("shared")) as site:
        site.set_up()
        yield site


def panel(page: Page) -> Locator:
    """What is being edited, beside the list."""
    return page.get_by_role("complementary")


def row(page: Page, text: str) -> Locator:
    """The row of a table with this text."""
    return page.get_by_role("row").filter(has_text=text)


def test_a_field_is_added_used_changed_and_retired(office: Site, visit: Visit) -> None:
    page = visit(office, "/settings")
    expect(page.get_by_role("heading", name="Objects and fields")).to_be_visible()
    page.get_by_role("button", name="New field").click()
    panel(page).get_by_role("button", name="Choice", exact=True).click()
    panel(page).get_by_label("Chinese label").fill("付款条件")
    expect(panel(page).get_by_label("API name")).to_have_attribute("placeholder", "fukuantiaojian")
    panel(page).get_by_label("English label").fill("Payment terms")
    panel(page).get_by_role("button", name="Add option").click()
    panel(page).get_by_label("Option 1, English").fill("Net 30")
    panel(page).get_by_label("Option 1, Chinese").fill("月结 30 天")
    panel(page).get_by_label("Option 1, Chinese").press("Enter")
    panel(page).get_by_label("Option 2, English").fill("Net 60")
    # New records begin with one of the options that are just being made.
    panel(page).get_by_role("group", name="Begins with").get_by_role("combobox").click()
    page.get_by_role("option", name="Net 60").locator("visible=true").or_(page.get_by_title("Net 60")).last.click()
    # What will be done is said before it is done.
    expect(panel(page).get_by_text("A column is added: Account › Payment terms.")).to_be_visible()
    expect(panel(page).get_by_text("however many records there are")).to_be_visible()
    assert not any(f["name"] == "payment_terms" for f in office.call("GET", "/catalog")["objects"][0]["fields"])
    panel(page).get_by_role("button", name="Add field").click()
    expect(row(page, "payment_terms")).to_contain_text("Own")

    office.create("account", {"name": "Lanshi Precision", "payment_terms": "net_30"})
    office.create("account", {"name": "Hexu Robotics", "payment_terms": None}, {"name": "Mingyuan"})
    page.goto(f"{office.url}/settings/objects/account")
    row(page, "payment_terms").click()
    panel(page).get_by_role("switch", name="Required").click()
    expect(panel(page).get_by_text("1 of 3 records have it empty")).to_be_visible()
    panel(page).get_by_role("switch", name="Required").click()
    panel(page).get_by_label("English label").fill("Terms")
    panel(page).get_by_role("button", name="Apply").click()
    expect(row(page, "payment_terms")).to_contain_text("Terms")

    by_terms = {"name": "terms", "label": {"en": "By terms"}, "columns": ["name", "payment_terms"]}
    office.call("POST", "/catalog/changes", {"changes": [{"op": "add_view", "object": "account", "view": by_terms}]})
    panel(page).get_by_role("button", name="Retire", exact=True).click()
    expect(panel(page).get_by_text("1 view:")).to_contain_text("By terms")
    expect(panel(page).get_by_text("works again once this is restored")).to_be_visible()
    panel(page).get_by_role("button", name="Retire now").click()
    expect(page.get_by_text("Terms retired; its values are kept")).to_be_visible()
    expect(row(page, "payment_terms")).to_contain_text("Retired")
    row(page, "payment_terms").get_by_role("button", name="Restore").click()
    expect(row(page, "payment_terms")).to_contain_text("Own")
    found = office.call("GET", "/records/account?fields=payment_terms")["data"]
    assert {record["payment_terms"] for record in found} == {"net_30", "net_60", None}


def test_a_name_that_is_taken_is_refused_at_its_line(shared: Site, visit: Visit) -> None:
    page = visit(shared, "/settings/objects/account")
    page.get_by_role("button", name="New field").click()
    panel(page).get_by_role("button", name="Text", exact=True).click()
    panel(page).get_by_label("English label").fill("Second phone")
    panel(page).get_by_label("API name").fill("phone")
    panel(page).get_by_label("English help").press("Control+Enter")
    line = panel(page).locator("div").filter(has=page.get_by_label("API name")).last
    expect(line.get_by_role("alert")).to_contain_text("phone")


def test_somebody_is_invited_into_a_team_and_deactivated(shared: Site, visit: Visit) -> None:
    page = visit(shared, "/settings/teams")
    page.get_by_role("button", name="New team").first.click()
    panel(page).get_by_label("Team name").fill("East")
    panel(page).get_by_role("button", name="Add team").click()
    expect(row(page, "East")).to_be_visible()

    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("button", name="New user").click()
    expect(panel(page).get_by_role("button", name="Clear Language", exact=True)).to_be_visible()
    panel(page).get_by_label("Name").fill("Su He")
    page.keyboard.press("Escape")
    expect(panel(page).get_by_role("alert")).to_contain_text("Close once more")
    panel(page).get_by_label("E-mail").fill("not an address")
    panel(page).get_by_role("button", name="Add and invite").click()
    expect(panel(page).get_by_role("alert")).to_be_visible()
    panel(page).get_by_label("E-mail").fill("su@example.com")
    panel(page).get_by_label("Teams").click()
    page.get_by_role("option", name="East").or_(page.locator(".ant-select-item-option[title='East']")).first.click()
    page.keyboard.press("Escape")
    panel(page).get_by_role("button", name="Add and invite").click()
    link = panel(page).get_by_text("/invitation/")
    expect(link).to_be_visible()
    address = link.inner_text()
    panel(page).get_by_role("button", name="Close").last.click()
    expect(row(page, "su@example.com")).to_contain_text("East")

    guest = visit(shared, address.removeprefix(shared.url), signed_in=False)
    guest.get_by_label("Password").first.fill("river stone lantern 9")
    guest.get_by_role("button", name="Set it and sign in").click()
    expect(guest.get_by_role("navigation").first).to_be_visible()
    # Without the rights for it, only one's own settings are there.
    guest.goto(f"{shared.url}/settings")
    expect(guest.get_by_role("link", name="API tokens")).to_be_visible()
    expect(guest.get_by_role("link", name="Users", exact=True)).to_have_count(0)

    # Another role, and none any more, are known to a page that lies open.
    guest.goto(f"{shared.url}/o/account?view=all")
    expect(guest.get_by_role("button", name="New account").first).to_be_visible()
    [su] = shared.call("GET", "/records/user?q=su@example.com")["data"]
    role = {"match": {"name": "read_only"}}
    shared.call("PATCH", f"/records/user/{su['id']}", {"values": {"role": role}})
    expect(guest.get_by_role("button", name="New account")).to_have_count(0)

    row(page, "su@example.com").click()
    panel(page).get_by_role("button", name="Deactivate").click()
    expect(row(page, "su@example.com")).to_have_count(0)
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("switch", name="Show inactive").click()
    expect(row(page, "su@example.com")).to_contain_text("Inactive")


def test_a_role_is_changed_and_says_what_it_may(shared: Site, visit: Visit) -> None:
    page = visit(shared, "/settings/roles/rep")
    expect(page.get_by_text("Everything else: sees their own")).to_be_visible()
    page.get_by_label("Accounts: See", exact=True).select_option("below")
    expect(page.get_by_text("Accounts: sees their team’s and below")).to_be_visible()
    page.get_by_role("button", name="Accounts", exact=True).click()
    page.get_by_label("Phone", exact=True).select_option("none")
    expect(page.get_by_text("Does not see Account › Phone.")).to_be_visible()
    # Saved from the line one is at: the button stands some two hundred lines further on.
    page.get_by_label("Phone", exact=True).press("Control+Enter")
    expect(page.get_by_text("it holds at once")).to_be_visible()
    expect(page.get_by_label("Phone", exact=True)).to_be_focused()
    roles = shared.call("GET", "/records/role?limit=50")["data"]
    grants = next(role["grants"] for role in roles if role["name"] == "rep")
    assert grants["objects"]["account"]["read"] == "below"
    assert grants["fields"] == {"account.phone": "none"}
    # A refusal is told where it was asked for, and once: somebody has the role.
    shared.create("user", {"name": "Wu Fan", "email": "wu.fan@example.com", "role": {"match": {"name": "rep"}}})
    page.get_by_role("button", name="Delete this role").click()
    expect(page.get_by_role("alert")).to_have_count(1)
    # Nobody is locked out.
    page.get_by_role("link", name="Administrator").click()
    expect(page.get_by_label("Accounts: See", exact=True)).to_be_disabled()


def test_a_token_is_shown_once_and_revoked(shared: Site, visit: Visit) -> None:
    page = visit(shared, "/settings/tokens")
    page.get_by_role("button", name="New token").first.click()
    panel(page).get_by_label("Name").fill("stock sync")
    panel(page).get_by_role("button", name="Make token").click()
    secret = page.get_by_test_id("secret").inner_text()
    request = Request(f"{shared.url}/api/v1/records/account", headers={"Authorization": f"Bearer {secret}"})
    with urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    panel(page).get_by_role("button", name="I have kept it").click()
    expect(row(page, "stock sync")).to_be_visible()
    row(page, "stock sync").get_by_role("button", name="Revoke: stock sync").click()
    page.get_by_role("dialog", name="Revoke the token “stock sync”?").get_by_role("button", name="Revoke").click()
    expect(row(page, "stock sync")).to_have_count(0)


def test_a_stage_is_added_to_a_pipeline(shared: Site, visit: Visit) -> None:
    page = visit(shared, "/settings/pipelines")
    page.get_by_role("button", name="Add stage").click()
    page.get_by_label(re.compile("^English · Stage")).fill("Legal review")
    page.get_by_label("Chance · Legal review").fill("90")
    # What somebody else saves meanwhile comes, and what is written stays.
    sales = next(p for p in shared.call("GET", "/catalog")["pipelines"] if p["name"] == "sales")
    theirs = {"op": "change_pipeline", "name": "sales", "object": "opportunity"}
    theirs |= {"label": {**sales["label"], "zh": "直销"}, "stages": sales["stages"]}
    shared.call("POST", "/catalog/changes", {"changes": [theirs]})
    expect(page.get_by_label("Chinese label")).to_have_value("直销")
    expect(page.get_by_label("Chance · Legal review")).to_have_value("90")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Sales saved")).to_be_visible()
    stages = next(p for p in shared.call("GET", "/catalog")["pipelines"] if p["name"] == "sales")["stages"]
    assert [(s["name"], s["probability"]) for s in stages if s["kind"] == "open"][-1] == ("legal_review", 90)

    # What stands in a stage is a press away: it has to go before the stage can.
    [deal] = shared.create("opportunity", {"name": "Under review", "stage": "legal_review"})
    page.reload()
    expect(page.get_by_role("button", name="1 record stands in Legal review")).to_be_disabled()
    page.get_by_role("link", name="Legal review · 1").click()
    expect(page.get_by_role("row").filter(has_text="Under review")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Found: 1")).to_have_count(1)
    shared.call("DELETE", f"/records/opportunity/{deal}")


def test_what_was_deleted_comes_back(office: Site, visit: Visit) -> None:
    ids = office.create("account", {"name": "Hexu Robotics"}, {"name": "Qiyun Aero"}, {"name": "Lanshi"})
    for id in ids:
        office.call("DELETE", f"/records/account/{id}")
    # Narrowed by who and when; the address says it.
    page = visit(office, '/bin?object=account&filter={"field":"deleted_by","op":"eq","value":"$me"}')
    expect(row(page, "Qiyun Aero")).to_be_visible()
    page.get_by_role("button", name="Condition", exact=True).click()
    page.get_by_role("option", name="Deleted", exact=True).click()
    expect(page.get_by_role("dialog", name="Deleted")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(
        f'{office.url}/bin?object=account&filter={{"field":"deleted_at","op":"lt","value":"2001-01-01T00:00:00Z"}}'
    )
    expect(page.get_by_text("No deleted accounts fit these conditions")).to_be_visible()
    page.get_by_role("button", name="Show all of them").click()
    expect(row(page, "Qiyun Aero")).to_be_visible()
    page.get_by_label("Find by name").fill("Lans")
    expect(row(page, "Qiyun Aero")).to_have_count(0)
    page.get_by_role("button", name="Restore Lanshi").click()
    expect(page.get_by_text("Lanshi is back")).to_be_visible()
    # Back where it was, for whoever took the wrong one.
    expect(row(page, "Lanshi")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Restore Lanshi").click()
    page.get_by_label("Find by name").fill("")
    expect(row(page, "Qiyun Aero")).to_be_visible()
    # Those who hear the page are told what a search found. What goes leaves the keyboard to the row after it, not to its act.
    page.get_by_label("Find by name").press_sequentially("Qiyunx")
    expect(page.get_by_role("status").get_by_text("Found: 0")).to_have_count(1)
    page.get_by_label("Find by name").press("Control+a")
    page.get_by_label("Find by name").press("Delete")
    expect(page.get_by_role("status").get_by_text("Found: ")).to_have_count(1)
    [more] = office.create("account", {"name": "Anhe Water"})
    office.call("DELETE", f"/records/account/{more}")
    page.reload()
    page.get_by_role("button", name="Restore Anhe Water").press("Enter")
    expect(row(page, "Anhe Water")).to_have_count(0)
    expect(page.locator("tr:focus")).to_have_count(1)
    expect(row(page, "Lanshi")).to_have_count(0)
    page.get_by_label("Choose all").click()
    page.get_by_role("button", name="Restore 2").click()
    expect(page.get_by_role("heading", name=re.compile("recycle bin is empty|No deleted accounts"))).to_be_visible()
    assert office.call("GET", "/records/account?include=count")["count"] == 4


def test_on_a_phone_the_rights_of_a_role_are_under_a_thumb_and_grades_read_whole(office: Site, visit: Visit) -> None:
    page = visit(office, "/settings/roles/rep", width=390)
    right = page.get_by_label("All other objects: See")
    expect(right).to_be_visible()
    assert right.evaluate("one => one.offsetHeight") >= 44
    # The table fades away where it goes on, and at its end it does not.
    table = right.locator("xpath=ancestor::table/..")
    fade = "one => getComputedStyle(one).getPropertyValue('--on')"
    assert table.evaluate(fade) == "32px"
    table.evaluate("one => one.scrollTo(one.scrollWidth, 0)")
    until(lambda: table.evaluate(fade) == "0px", "it still fades at its end")
    page.goto(f"{office.url}/settings/standing")
    name = page.get_by_label(re.compile("English.*Strategic"))
    expect(name).to_be_visible()
    assert name.evaluate("one => one.scrollWidth <= one.clientWidth")
    # What was added is named first.
    page.get_by_role("button", name="Another grade").click()
    page.keyboard.type("Key")
    expect(page.get_by_label(re.compile("English.*Key"))).to_have_value("Key")


def test_over_a_keyboard_of_a_phone_there_is_room_for_what_is_written(office: Site, visit: Visit) -> None:
    page = visit(office, "/settings/objects/account", width=390)
    bar = page.get_by_role("navigation", name="Navigation")
    expect(bar).to_be_visible()
    page.get_by_role("button", name="New field").click()
    page.get_by_role("button", name="Text", exact=True).click()
    page.get_by_label("English label").fill("Tier")
    expect(page.get_by_text("A column is added: Account › Tier.")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 460})
    expect(bar).to_have_count(0)
    assert page.locator("[class*=panelBody]").evaluate("one => one.clientHeight") >= 230


def test_a_bulk_change_is_undone_and_what_was_edited_since_is_kept(office: Site, visit: Visit) -> None:
    ids = office.create("account", {"name": "A"}, {"name": "B"}, {"name": "C"})
    office.call("POST", "/records/account/mass", {"ids": ids, "values": {"employees": 10}})
    office.call("PATCH", f"/records/account/{ids[0]}", {"values": {"employees": 11}})
    page = visit(office, "/changes")
    entry = row(page, "Bulk change · Accounts").first
    expect(entry).to_contain_text("3 changed")
    entry.get_by_role("button", name="Undo").click()
    # What would stay is shown first, with what it was, what became of it and what it is by now.
    expect(page.get_by_text("2 can be put back; 1 record stays as it is")).to_be_visible()
    expect(page.get_by_text("edited since", exact=True)).to_be_visible()
    page.get_by_role("button", name="Compare A").click()
    expect(page.get_by_role("row", name="Employees — 10 11", exact=True)).to_be_visible()

    def numbers() -> dict[str, int | None]:
        return {r["name"]: r["employees"] for r in office.call("GET", "/records/account")["data"]}

    assert numbers() == {"A": 11, "B": 10, "C": 10}
    page.get_by_role("button", name="Put 2 back, keep the rest").click()
    expect(page.get_by_text("1 record was kept as it is")).to_be_visible()
    assert numbers() == {"A": 11, "B": None, "C": None}
    page.get_by_role("button", name="Take these back too").click()
    expect(page.get_by_text("Take these back too")).to_have_count(0)
    assert numbers() == {"A": None, "B": None, "C": None}

    # By keys one is at the row that was undone then, not at the undo of the next.
    office.call("POST", "/records/account/mass", {"ids": ids, "values": {"employees": 20}})
    page.reload()
    entry = row(page, "Bulk change · Accounts").first
    entry.get_by_role("button", name="Undo").press("Enter")
    expect(entry).to_contain_text("Undone")
    expect(entry).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, "Bulk change · Accounts").filter(has_text="Undone")).to_have_count(2)
    # Nor at the button of a row that is called the same, as what it has made may be.
    row(page, "Undo · Accounts").first.get_by_role("button", name="Redo").press("Enter")
    expect(page.locator("tr:focus")).to_contain_text("Undone")


def test_bulk_changes_are_narrowed_and_found(office: Site, visit: Visit) -> None:
    [account] = office.create("account", {"name": "A"})
    office.call("POST", "/records/account/mass", {"ids": [account], "values": {"employees": 10}})
    office.create("contact", {"name": "Su He"}, {"name": "Lin Wei"})
    page = visit(office, "/changes")
    expect(row(page, "Bulk change · Accounts")).to_be_visible()
    expect(row(page, "Contacts")).to_be_visible()
    page.get_by_label("Object", exact=True).click()
    page.locator(".ant-select-item-option").filter(has_text="Contacts").first.click()
    expect(row(page, "Bulk change · Accounts")).to_have_count(0)
    expect(row(page, "Contacts")).to_be_visible()
    # The way back leads to the same rows.
    page.reload()
    expect(row(page, "Contacts")).to_be_visible()
    expect(row(page, "Bulk change · Accounts")).to_have_count(0)
    page.get_by_label("Find by file or name").fill("no such file")
    page.get_by_role("button", name="Show all").click()
    expect(row(page, "Bulk change · Accounts")).to_be_visible()


def test_a_pack_is_looked_at_put_in_and_taken_out_as_a_file(office: Site, visit: Visit, tmp_path: Path) -> None:
    page = visit(office, "/settings/packs")
    page.get_by_role("button", name="What it changes: Manufacturing").click()
    expect(panel(page).get_by_text("New object: Equipment, Sample")).to_be_visible()
    expect(panel(page).get_by_text("Pipeline Manufacturing sales with 7 stages")).to_be_visible()
    assert not any(o["name"] == "equipment" for o in office.call("GET", "/catalog")["objects"]), "it was only looked at"
    panel(page).get_by_role("button", name="Put it in").click()
    expect(page.get_by_text("Manufacturing is in.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Manufacturing")).to_contain_text("In use")
    office.create("account", {"name": "Lanshi Precision", "supplies": "tender"})
    with page.expect_download() as download:
        page.get_by_role("link", name="Export this workspace").click()
    file = tmp_path / "shape.json"
    download.value.save_as(file)
    assert "sample_request" in file.read_text()
    page.locator("input[type=file]").set_input_files(file)
    expect(panel(page).get_by_text("everything of it is here already")).to_be_visible()
    file.write_text("no json")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("This file is no JSON.")).to_be_visible()


def test_a_change_of_the_catalog_is_taken_back(shared: Site, visit: Visit) -> None:
    change = {"op": "add_field", "object": "account", "name": "shelf", "type": "text", "label": {"en": "Shelf"}}
    shared.call("POST", "/catalog/changes", {"changes": [change]})
    page = visit(shared, "/changes")
    row(page, "Shelf").get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("Goes, and can be brought back: shelf")).to_be_visible()
    # The way on is in what is said, not the undo of another change.
    expect(page.get_by_role("region").filter(has_text="Goes, and can be brought back: shelf")).to_be_focused()
    page.get_by_role("button", name="Take it back").press("Enter")
    # By keys one is at the row that was taken back then: another Enter takes back no other change.
    expect(page.locator("tr:focus")).to_contain_text("Undone")
    expect(page.get_by_text("Undone").first).to_be_visible()
    fields = next(o for o in shared.call("GET", "/catalog")["objects"] if o["name"] == "account")["fields"]
    assert not any(f["name"] == "shelf" for f in fields)


def test_a_form_is_laid_out_for_a_role(shared: Site, visit: Visit) -> None:
    page = visit(shared, "/settings/layouts")
    # A section and a field may be called the same: what moves them says which.
    expect(page.get_by_role("button", name="Move section Basics")).to_be_visible()
    handles = page.get_by_role("button", name="Move ").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert len(handles) == len(set(handles))
    page.get_by_role("button", name="Take Website off the page").click()
    expect(page.get_by_role("status").filter(has_text="Website is off the page")).to_have_count(1)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The layout of Account is saved.")).to_be_visible()
    layout = next(o for o in shared.call("GET", "/catalog")["objects"] if o["name"] == "account")["layouts"]
    assert not any("website" in s["fields"] for s in layout[""]["sections"])
    # What is not on the page is there for who asks.
    [account] = shared.create("account", {"name": "Laid out", "website": "https://laid.example"})
    record = visit(shared, f"/o/account/{account}")
    more = record.get_by_role("button", name="1 more field")
    expect(more).to_be_visible()
    expect(record.get_by_text("laid.example")).to_have_count(0)
    more.click()
    expect(record.get_by_text("laid.example")).to_be_visible()
    record.close()
    page.get_by_role("combobox", name="For whom").click()
    page.get_by_title("Sales rep").click()
    page.get_by_role("button", name="Take Industry off the page").click()
    # A section begins with its name, and may have none.
    page.get_by_role("button", name="New section").press("Enter")
    expect(page.get_by_label("English name · Section")).to_be_focused()
    # What was begun for one is there again after a look at another.
    page.get_by_role("combobox", name="For whom").click()
    page.get_by_title("Everybody").click()
    expect(page.get_by_role("button", name="Take Industry off the page")).to_be_visible()
    page.get_by_role("combobox", name="For whom").click()
    page.get_by_title("Sales rep (not applied)").click()
    expect(page.get_by_role("button", name="Put Industry on the page")).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Use the common layout again")).to_be_visible()
    layout = next(o for o in shared.call("GET", "/catalog")["objects"] if o["name"] == "account")["layouts"]
    assert any("industry" in s["fields"] for s in layout[""]["sections"])
    assert not any("industry" in s["fields"] for s in layout["rep"]["sections"])


def test_a_rule_of_access_says_what_it_means_before_it_holds(office: Site, visit: Visit) -> None:
    reader = {"name": "Zhou Min", "email": "zhou@example.com", "role": {"match": {"name": "rep"}}}
    office.create("user", {**reader, "password": "Corr3ct-horse-battery"})
    office.create("account", {"name": "Lanshi Precision", "employees": 500})
    office.create("account", {"name": "Hexu Robotics", "employees": 20})
    page = visit(office, "/settings/access")
    page.get_by_role("button", name="New rule").first.click()
    panel(page).get_by_label("English name").fill("Key accounts")
    panel(page).get_by_role("button", name="Condition", exact=True).click()
    page.get_by_placeholder("Find a field").fill("employees")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Value").or_(page.get_by_role("spinbutton", name="Value")).fill("500")
    page.get_by_role("button", name="Add the condition").click()
    panel(page).get_by_label("Who").click()
    page.locator(".ant-select-item-option").filter(has_text="Role Sales rep").locator("visible=true").first.click()
    page.keyboard.press("Escape")
    expect(panel(page).get_by_text("1 more in sight")).to_be_visible()
    expect(panel(page)).to_contain_text("Zhou Min +1")
    panel(page).get_by_role("button", name="Add rule").click()
    expect(row(page, "Key accounts")).to_contain_text("Role Sales rep")
    page.get_by_role("link", name="Audit", exact=True).click()
    expect(page.get_by_text("Rules of access to Account: Key accounts").first).to_be_visible()


def test_the_type_of_a_field_is_changed_with_its_data(office: Site, visit: Visit) -> None:
    field = {"op": "add_field", "object": "account", "name": "floor", "type": "text", "label": {"en": "Floor space"}}
    office.call("POST", "/catalog/changes", {"changes": [field]})
    office.create("account", {"name": "Lanshi Precision", "floor": "1,200"})
    office.create("account", {"name": "Hexu Robotics", "floor": "quite big"})
    page = visit(office, "/settings/objects/account")
    row(page, "floor").last.click()
    panel(page).get_by_role("button", name="Change type").click()
    panel(page).get_by_label("New type").click()
    page.locator(".ant-select-item-option").filter(has_text=re.compile("^(Whole number|Integer)$")).first.click()
    expect(panel(page)).to_contain_text("quite big")
    panel(page).get_by_role("button", name="Change type").click()
    expect(page.get_by_text("Floor space has its new type")).to_be_visible()
    found = {a["name"]: a["floor"] for a in office.call("GET", "/records/account?fields=name,floor")["data"]}
    assert found == {"Lanshi Precision": 1200, "Hexu Robotics": None}
