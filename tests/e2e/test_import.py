"""The import wizard: a dirty file put right in the check, and the four files of a real sales team by hand."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

Visit = Callable[..., Page]

MAVEN = Path(__file__).parents[3] / "shared/data/open/maven_crm_sales"
SLOW = 120_000
"""Milliseconds that a check or an import of some thousand rows may take on a busy machine."""

DIRTY = """客户名称;行业;成立年份;邮箱;备注2
苏州澜石精密制造;制造业;1998;info@lanshi.example;
宁波沅海零部件;量子计算;2005;;展会
;制造业;2001;nobody@example.com;
合肥岑木新能源;新能源;去年;;
"""


def choose(page: Page, path: Path) -> None:
    """Gives the wizard a file and waits for its columns."""
    page.locator("input[type=file]").set_input_files(path)
    expect(page).to_have_url(re.compile("upload="), timeout=30_000)


def ready(page: Page, words: str) -> None:
    """The check is through and offers the import in these words."""
    expect(page.get_by_role("button", name=words, exact=True)).to_be_enabled(timeout=SLOW)


def send_column(page: Page, column: str, typed: str, option: str) -> None:
    """Sends a column into another field, found by typing."""
    box = page.get_by_role("combobox", name=f"Where {column} goes", exact=True)
    box.click()
    box.fill(typed)
    page.locator(".ant-select-item-option").filter(has_text=option).locator("visible=true").first.click()
    # What is chosen is heard by its words, not by the name that programs have for it.
    expect(page.locator("span[aria-live=polite]").filter(has_text=option)).to_have_count(1)


def test_a_dirty_file_is_put_right_imported_and_undone(fresh_site: Site, visit: Visit, tmp_path: Path) -> None:
    site = fresh_site
    site.set_up(language="zh")
    file = tmp_path / "客户名单.csv"
    file.write_bytes(DIRTY.encode("gb18030"))
    page = visit(site, "/o/account", language="zh")
    page.get_by_role("link", name="导入").first.click()
    choose(page, file)

    # How it is read, and what was recognised.
    expect(page.get_by_text("GB18030")).to_be_visible()
    expect(page.get_by_text("分号")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("客户名称")).get_by_text("已认出")).to_be_visible()

    # Nothing is written while it is checked; what is wrong is grouped, with what can be done about it.
    page.get_by_role("button", name="下一步：检查").click()
    ready(page, "导入 1 行")
    expect(page.get_by_role("heading", name="3 行需要你决定")).to_be_visible()
    assert site.call("GET", "/records/account?include=count&limit=1")["count"] == 0
    page.get_by_role("button", name="没有的就加为选项").click()
    ready(page, "导入 2 行")
    expect(page.get_by_text("加为新选项")).to_be_visible()

    page.get_by_role("button", name="导入 2 行").click()
    expect(page.get_by_test_id("import-headline")).to_have_text("2 条新客户已导入", timeout=SLOW)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("下载未导入的")).click()
    rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert len(rows) == 3
    assert rows[0][-5:] == DIRTY.splitlines()[0].split(";")
    assert [row[0] for row in rows[1:]] == ["4", "5"]

    # It is found again later, opens what came in, and goes away as a whole.
    page.get_by_role("link", name="再导入一个文件").click()
    page.get_by_role("link", name="客户名单.csv").click()
    page.get_by_role("button", name="打开这 2 条").click()
    expect(page.get_by_role("link", name="苏州澜石精密制造")).to_be_visible()
    expect(page.get_by_text("共 2 条")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="撤销导入").click()
    expect(page.get_by_test_id("import-headline")).to_have_text("已撤销，全部恢复原样", timeout=SLOW)
    assert site.call("GET", "/records/account?include=count&limit=1")["count"] == 0
    assert site.call("GET", "/records/account?bin=true&include=count&limit=1")["count"] == 2


def test_what_a_file_lacks_splits_or_misspells_is_settled_once_for_all_rows(
    fresh_site: Site, visit: Visit, tmp_path: Path
) -> None:
    site = fresh_site
    site.set_up()
    file = tmp_path / "plants.csv"
    sectors, years = ("Manufactoring", "Enregy"), ("1998", "last year", "2005")
    lines = [f"Lanshi {i},Suzhou,{sectors[i % 2]},{years[i % 3]}" for i in range(30)]
    file.write_text("Company,Branch,Sector,Founded\n" + "\n".join(lines))
    page = visit(site, "/import/account")
    choose(page, file)
    # Two columns into one field, and a field that no column gives.
    send_column(page, "Branch", "Name", "Name")
    expect(page.get_by_role("row", name=re.compile("^Branch"))).to_contain_text("after Company, with a space")
    expect(page.get_by_role("cell", name="Lanshi 0 Suzhou")).to_be_visible()
    page.get_by_role("combobox", name="Set a field without a column").click()
    page.get_by_role("combobox", name="Set a field without a column").fill("Source")
    page.keyboard.press("Enter")
    page.get_by_role("region", name="The same in every row").get_by_label("Source", exact=True).click()
    page.locator(".ant-select-item-option").filter(has_text="Exhibition").locator("visible=true").first.click()

    page.get_by_role("button", name="Next: check").click()
    # Told is the step and what came of it, not all that can be done about it.
    expect(page.get_by_role("status").filter(has_text="Check")).to_have_text("Check")
    told = page.locator("main [aria-live=polite]:not(span)")
    expect(told).to_have_text("30 rows need you", timeout=SLOW)
    expect(page.get_by_role("listitem").filter(has_text="“Enregy” means").last).to_contain_text("15 rows")
    page.get_by_role("button", name="Take all 2 suggestions").click()
    ready(page, "Import 20 rows")
    page.get_by_role("button", name="wrong: leave empty").click()
    ready(page, "Import 30 rows")
    page.get_by_role("button", name="Import 30 rows").click()
    expect(page.get_by_test_id("import-headline")).to_have_text("30 new accounts are in", timeout=SLOW)
    expect(told).to_have_text("30 new accounts are in")
    found = site.call("GET", "/records/account?limit=200&sort=created_at,name")["data"]
    assert {a["name"] for a in found} == {f"Lanshi {i} Suzhou" for i in range(30)}
    assert {a["source"] for a in found} == {"exhibition"}
    assert {a["industry"] for a in found} == {"manufacturing", "energy"}
    assert sorted(str(a["founded"]) for a in found) == ["1998"] * 10 + ["2005"] * 10 + ["None"] * 10

    # The same file again: nothing is created twice, and the decisions are still known.
    page.goto(f"{site.url}/import/account")
    choose(page, file)
    page.get_by_role("button", name="Next: check").click()
    expect(page.get_by_test_id("import-known")).to_have_text("30", timeout=SLOW)
    # What colleagues have entered meanwhile stays; what is empty is filled.
    [edited, *_] = [a for a in found if a["name"] == "Lanshi 0 Suzhou"]
    site.call("PATCH", f"/records/account/{edited['id']}", {"values": {"industry": "retail", "source": None}})
    page.get_by_role("button", name="Fill only what is empty").click()
    ready(page, "Import 1 row")
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_test_id("import-headline")).to_have_text("1 account is up to date", timeout=SLOW)
    edited = site.call("GET", f"/records/account/{edited['id']}")
    assert (edited["industry"], edited["source"]) == ("retail", "exhibition")
    # What was edited since stays when it is undone; it says how many, and why.
    site.call("PATCH", f"/records/account/{edited['id']}", {"values": {"source": "website"}})
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_role("table", name="1 record was kept as it is")).to_have_text("1edited since", timeout=SLOW)
    expect(page.get_by_role("button", name="Undo the import")).to_be_enabled()
    assert site.call("GET", "/records/account?include=count&limit=1")["count"] == 30


def test_on_a_phone_each_step_has_its_name(site: Site, visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "accounts.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:B1", "Our customers")
        sheet.write_row(1, 0, ["Name", "Phone"])
        sheet.merge_range("A3:A4", "Narrow Ltd")
        sheet.write_column(2, 1, ["+49 30 1234567", "+49 30 1234568"])
    page = visit(site, "/import/account", width=390)
    choose(page, file)
    expect(page.get_by_role("listitem").filter(has_text="Some cells are merged")).to_be_visible()
    for step in ("Check", "Import"):
        expect(page.get_by_role("listitem").filter(has_text=step)).to_have_count(1)
    page.get_by_role("link", name="Choose a file").tap()
    expect(page).not_to_have_url(re.compile("upload="))
    # A sheet of customers with whom to call: people are worth more than the column that only their companies have.
    page.goto(f"{site.url}/import/account")
    people = tmp_path / "people.csv"
    people.write_text("客户名称,联系人,手机,备注,类型\n宏达贸易,王强,13800138000,老客户,A\n", encoding="utf-8")
    choose(page, people)
    expect(
        page.get_by_text("Imported as contacts, 2 more columns of this sheet would go in (联系人, 手机)")
    ).to_be_visible()
    expect(page.get_by_text("Left out: 类型.")).to_be_visible()


@pytest.mark.skipif(not MAVEN.is_dir(), reason="the files of the sales team are not on this machine")
def test_a_sales_team_is_imported_by_hand(fresh_site: Site, visit: Visit) -> None:
    site = fresh_site
    site.set_up()
    with (MAVEN / "sales_teams.csv").open() as team:
        agents = [row["sales_agent"] for row in csv.DictReader(team)]
    role = {"match": {"name": "rep"}}
    site.create(
        "user", *({"name": n, "email": f"{n.replace(' ', '.').lower()}@example.com", "role": role} for n in agents)
    )

    # What was lost years ago has no reason that anybody wrote down.
    sales = next(p for p in site.call("GET", "/catalog")["pipelines"] if p["name"] == "sales")
    stages = [{**stage, "required": []} for stage in sales["stages"]]
    change = {
        "op": "change_pipeline",
        "name": "sales",
        "object": "opportunity",
        "label": sales["label"],
        "stages": stages,
    }
    site.call("POST", "/catalog/changes", {"changes": [change]})

    # 85 accounts: a sector with a slip of the pen is taken for what was meant.
    page = visit(site, "/import/account")
    choose(page, MAVEN / "accounts.csv")
    page.get_by_role("button", name="Next: check").click()
    ready(page, "Import 73 rows")
    page.get_by_role("listitem").filter(has_text="“technolgy” means").get_by_role("button").first.click()
    ready(page, "Import 85 rows")
    page.get_by_role("button", name="Import 85 rows").click()
    expect(page.get_by_test_id("import-headline")).to_have_text("85 new accounts are in", timeout=SLOW)

    page.goto(f"{site.url}/import/product")
    choose(page, MAVEN / "products.csv")
    page.get_by_role("button", name="Next: check").click()
    ready(page, "Import 7 rows")
    # Begun, but the answer is lost: begun once more, it is the same one.
    lost = "internetdisconnected"
    page.route(re.compile("/api/v1/imports$"), lambda route: route.abort(lost) if route.fetch().ok else None, times=1)
    page.get_by_role("button", name="Import 7 rows").click()
    expect(page.get_by_text("The server is out of reach")).to_be_visible()
    page.get_by_role("button", name="Import 7 rows").click()
    expect(page.get_by_test_id("import-headline")).to_have_text("7 new products are in", timeout=SLOW)
    assert len(site.call("GET", "/records/product")["data"]) == 7

    # 8,800 opportunities: names from their numbers, a field of its own for the first date, their stages to ours.
    # Begun from accounts, the sheet's other columns are told of, and where they go in.
    page.goto(f"{site.url}/import/account")
    choose(page, MAVEN / "sales_pipeline.csv")
    expect(page.get_by_text("Imported as opportunities")).to_be_visible()
    page.get_by_role("button", name="Import as opportunities").click()
    expect(page.get_by_text("8,800 rows")).to_be_visible()
    send_column(page, "opportunity_id", "Name", "Name")
    send_column(page, "engage_date", "+", "New field")
    expect(page.get_by_role("row", name=re.compile("^engage_date"))).not_to_contain_text("Not imported")
    expect(page.get_by_text("8 of 8 columns go in")).to_be_visible()
    page.get_by_role("button", name="Next: check").click()
    # What other systems call a first stage is known; of what nobody knows it is asked.
    line = page.get_by_role("listitem").filter(has_text="“Engaging” means").last
    line.get_by_role("combobox").click(timeout=SLOW)
    page.locator(".ant-select-item-option").filter(has_text="Needs analysis").locator("visible=true").first.click()
    expect(line).to_have_count(0, timeout=SLOW)
    ready(page, "Import 8,800 rows")
    page.get_by_role("button", name="Import 8,800 rows").click()
    expect(page.get_by_test_id("import-headline")).to_have_text("8,800 new opportunities are in", timeout=SLOW)

    rows = site.call(
        "POST",
        "/records/opportunity/aggregate",
        {"group": ["stage"], "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}]},
    )["data"]
    found = {row["group"]["stage"]: row["values"] for row in rows}
    assert {stage: values["n"] for stage, values in found.items()} == {
        "won": 4238,
        "lost": 2473,
        "needs": 1589,
        "qualification": 500,
    }
    assert found["won"]["total"] == 10_005_534


ORDERS = """\
Invoice No,Stock Code,Description,Quantity,Invoice Date,Unit Price,Customer ID
9001,A1,Mug,2,2026-01-02 10:00,10,77
9001,B2,Spoon,1,2026-01-02 10:00,5,77
9002,A1,Mug,1,2026-01-03 10:00,10,78
"""


def test_orders_of_a_shop_are_known_by_their_headings_and_everything_leaves_as_one_archive(
    site: Site, visit: Visit, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    page = visit(site, "/import/account")
    choose(page, file)
    expect(page.get_by_text("Recognised: Invoices, a row a line")).to_be_visible()
    page.get_by_role("button", name="Import as orders").click()
    expect(page.get_by_role("heading", name="Import orders")).to_be_visible()
    page.get_by_label("Shop", exact=True).fill("North")
    page.get_by_role("button", name="Next: check").click()
    ready(page, "Import 3 rows")
    came = page.get_by_test_id("import-objects")
    expect(came).to_contain_text("Orders2 new")
    expect(came).to_contain_text("Accounts2 new")
    expect(came).to_contain_text("Order lines3 new")
    page.get_by_role("button", name="Import 3 rows").click()
    page.get_by_role("button", name="Undo the import").wait_for(timeout=SLOW)
    found = site.call("GET", "/records/order?fields=number,amount,store&sort=number&limit=200")["data"]
    mine = [(o["number"], o["amount"], o["store"]) for o in found if o["store"] == "North"]
    assert mine == [("North-9001", 25, "North"), ("North-9002", 10, "North")]
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_test_id("import-headline")).to_contain_text("undone", timeout=SLOW)

    page.goto(f"{site.url}/settings/everything")
    page.get_by_role("button", name="Export everything").first.click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=SLOW)
    with page.expect_download() as download:
        link.click()
    assert zipfile.is_zipfile(download.value.path())
