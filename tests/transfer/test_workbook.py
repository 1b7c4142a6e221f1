from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.base import Invalid
from guanxi.transfer.reading import batches, inspect, rows
from guanxi.transfer.serials import kind_of, moment, number
from guanxi.transfer.table import Limits


def book(path: Path, sheets: dict[str, str], *, strings: str = "", styles: str = "", names: str = "") -> Path:
    """A workbook from the XML of its sheets."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        z.writestr(
            "_rels/.rels",
            '<Relationships><Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="s{i}"/>' for i, n in enumerate(sheets))
        z.writestr("xl/workbook.xml", f'<workbook xmlns:r="r">{names}<sheets>{listed}</sheets></workbook>')
        rels = "".join(
            f'<Relationship Id="s{i}" Type="x/worksheet" Target="worksheets/{i}.xml"/>' for i in range(len(sheets))
        )
        rels += '<Relationship Id="a" Type="x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="b" Type="x/styles" Target="styles.xml"/>'
        z.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{rels}</Relationships>")
        if strings:
            z.writestr("xl/sharedStrings.xml", strings)
        if styles:
            z.writestr("xl/styles.xml", styles)
        for i, xml in enumerate(sheets.values()):
            z.writestr(f"xl/worksheets/{i}.xml", xml)
    return path


def sheet(*bodies: str) -> str:
    return "<worksheet><sheetData>" + "".join(f"<row>{b}</row>" for b in bodies) + "</sheetData></worksheet>"


def text(*values: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{v}</t></is></c>' for v in values)


def test_values_arrive_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as wb:
        ws = wb.add_worksheet("客户")
        day, stamp = (
            wb.add_format({"num_format": "yyyy-mm-dd"}),
            wb.add_format({"num_format": 'yyyy"年"m"月"d"日" h:mm'}),
        )
        share, money = wb.add_format({"num_format": "0.0%"}), wb.add_format({"num_format": "¥#,##0.00"})
        ws.write_row(0, 0, ["name", "phone", "day", "stamp", "share", "money", "yes", "sum", "rich"])
        ws.write_string(1, 0, "甲 & 乙 <x>")
        ws.write_number(1, 1, 13800138000)
        ws.write_datetime(1, 2, dt.date(2026, 3, 5), day)
        ws.write_datetime(1, 3, dt.datetime(2026, 3, 5, 14, 30), stamp)  # noqa: DTZ001 - a workbook has no zones
        ws.write_number(1, 4, 0.855, share)
        ws.write_number(1, 5, 1234.5, money)
        ws.write_boolean(1, 6, True)
        ws.write_formula(1, 7, "=1+2", None, 3)
        ws.write_rich_string(1, 8, "a ", wb.add_format({"bold": True}), "b", " c")
    found = inspect(path)
    assert (found.format, found.sheet, found.header_row) == ("xlsx", "客户", 1)
    assert list(rows(path, found)) == [
        (
            2,
            [
                "甲 & 乙 <x>",
                "13800138000",
                "2026-03-05",
                "2026-03-05 14:30:00",
                "85.5%",
                "1234.5",
                "TRUE",
                "3",
                "a b c",
            ],
        )
    ]


def test_merged_cells_are_filled_downwards_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as wb:
        ws = wb.add_worksheet()
        ws.write_row(0, 0, ["company", "contact"])
        ws.merge_range(1, 0, 3, 0, "Acme")
        ws.write_column(1, 1, ["A", "B", "C"])
        ws.write_row(4, 0, ["Other", "D"])
    found = inspect(path)
    assert found.warnings == ["merged_cells"]
    assert [c for _, c in rows(path, found)] == [["Acme", "A"], ["Acme", "B"], ["Acme", "C"], ["Other", "D"]]


def test_formulas_without_their_values_are_told(tmp_path: Path) -> None:
    path, bare = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as wb:
        ws = wb.add_worksheet()
        ws.write_row(0, 0, ["company", "sum", "text"])
        ws.write_string(1, 0, "Acme")
        ws.write_formula(1, 1, "=1+2", None, 3)
        ws.write_formula(1, 2, "=D1", None, "text")

    def without(value: bytes) -> Path:
        with zipfile.ZipFile(path) as told, zipfile.ZipFile(bare, "w") as out:
            for name in told.namelist():
                out.writestr(name, told.read(name).replace(b"</f><v>" + value + b"</v>", b"</f><v></v>"))
        return bare

    assert inspect(without(b"text")).warnings == [], "a text may be empty"
    assert inspect(without(b"3")).warnings == ["no_values"]
    assert [c for _, c in rows(bare, inspect(bare))] == [["Acme", "", "text"]]


def test_a_heading_that_is_merged_above_the_table_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as wb:
        ws = wb.add_worksheet()
        ws.merge_range(0, 0, 1, 2, "Customers of 2026")
        ws.write_row(2, 0, ["company", "contact", "city"])
        ws.write_row(3, 0, ["Acme", "A", "Berlin"])
        ws.merge_range(4, 0, 4, 2, "Other")
    found = inspect(path)
    assert (found.header_row, found.warnings) == (3, [])
    assert [c for _, c in rows(path, found)] == [["Acme", "A", "Berlin"], ["Other", "", ""]]


def test_sheets_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as wb:
        wb.add_worksheet("empty")
        hidden = wb.add_worksheet("hidden")
        hidden.write_row(0, 0, ["h"])
        hidden.hide()
        wb.add_worksheet("full").write_column(0, 0, ["name", "x"])
    found = inspect(path)
    assert (found.sheet, found.sheets) == ("full", ["empty", "full", "hidden"])
    assert inspect(path, {"sheet": "hidden"}).columns[0].name == "h"
    with pytest.raises(Invalid) as caught:
        inspect(path, {"sheet": "none"})
    assert caught.value.errors[0].code == "no_such_sheet"


def test_a_sheet_of_explanations_is_not_taken_for_the_table(tmp_path: Path) -> None:
    def sheets(**rows: list[list[str]]) -> Path:
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(str(path)) as wb:
            for name, cells in rows.items():
                ws = wb.add_worksheet(name)
                for i, row in enumerate(cells):
                    ws.write_row(i, 0, row)
        return path

    told = [["How to fill this in"], ["Leave the headings as they are."]]
    table = [["name", "city", "phone"], ["North", "Kiel", "1"]]
    assert inspect(sheets(about=told, data=table)).sheet == "data"
    assert inspect(sheets(names=[["name"], ["North"]], choices=[["a"], ["b"]])).sheet == "names"
    assert inspect(sheets(about=told, head=[["name", "city", "phone"]])).sheet == "about", (
        "without a row it is no table"
    )


def test_rows_of_any_shape_are_read_alike(tmp_path: Path) -> None:
    """Prefixes, comments, CDATA, other attributes, references left out: the parser reads what the patterns do not."""
    odd = (
        '<x:worksheet xmlns:x="x"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c>'
        '<x:c r="C1" t="str"><x:v>c</x:v></x:c></x:row><x:row r="5"><x:c r="A5"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    path = book(tmp_path / "a.xlsx", {"one": odd})
    found = inspect(path, {"header_row": 1})
    assert [c.name for c in found.columns] == ["a", "Column 2", "c"]
    assert list(rows(path, found)) == [(5, ["1", "", ""])]
    odd = sheet(
        text("a", "b"),
        '<c t="str"><!-- c --><v><![CDATA[<b>&amp;]]></v></c><c t="inlineStr"><is><r><t>x</t></r><r><t>y</t></r><rPh><t>z</t></rPh></is></c>',
    )
    path = book(tmp_path / "b.xlsx", {"one": odd})
    found = inspect(path, {"header_row": 1})
    assert list(rows(path, found)) == [(2, ["<b>&amp;", "xy"])]


def test_shared_strings_beyond_memory(tmp_path: Path) -> None:
    n = 30_000
    strings = "<sst>" + "".join(f"<si><t>string number {i} &amp; more</t></si>" for i in range(n)) + "</sst>"
    body = ['<c t="s"><v>0</v></c>'] + [f'<c t="s"><v>{(i * 7919) % n}</v></c>' for i in range(n)]
    path = book(tmp_path / "a.xlsx", {"one": sheet(*body)}, strings=strings)
    found = inspect(path)
    got = [c[0] for _, c in rows(path, found)]
    assert got == [f"string number {(i * 7919) % n} & more" for i in range(n)]


def test_the_same_cells_as_another_reader(data: Path) -> None:
    for name in ("reveng1.xlsx", "text_bar.xlsx"):
        path = data / "xls_xlrd_samples" / name
        found = inspect(path, {"header_row": 0})
        theirs = [
            r
            for r in python_calamine.load_workbook(str(path))
            .get_sheet_by_name(found.sheet)
            .to_python(skip_empty_area=False)
            if any(v != "" for v in r)
        ]
        ours = [c for _, c in rows(path, found)]
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            for x, y in zip(a, b, strict=False):
                if isinstance(y, str):
                    assert x == y.replace("\r", "")
                elif isinstance(y, float) and x.replace(".", "").isdigit():
                    assert float(x) == pytest.approx(y)


@settings(max_examples=25, deadline=None)
@given(
    table=st.lists(
        st.tuples(
            st.text(
                st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
                min_size=1,
                max_size=20,
            ),
            st.floats(allow_nan=False, allow_infinity=False, width=32),
            st.dates(dt.date(1901, 1, 1), dt.date(2999, 12, 31)),
            st.booleans(),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_any_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, float, dt.date, bool]]
) -> None:
    path = tmp_path_factory.mktemp("xlsx") / "a.xlsx"
    with xlsxwriter.Workbook(
        path, {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    ) as wb:
        ws = wb.add_worksheet()
        day = wb.add_format({"num_format": 14})
        ws.write_row(0, 0, ["words", "number", "day", "flag"])
        for i, (a, b, c, d) in enumerate(table, 1):
            ws.write_string(i, 0, a)
            ws.write_number(i, 1, b)
            ws.write_datetime(i, 2, dt.datetime.combine(c, dt.time()), day)
            ws.write_boolean(i, 3, d)
    found = inspect(path, {"header_row": 1})
    got = [cells for _, cells in rows(path, found)]
    for (a, b, c, d), cells in zip(table, got, strict=True):
        assert cells[0] == a
        assert float(cells[1]) == pytest.approx(b, rel=1e-14)
        assert cells[2:] == [c.isoformat(), "TRUE" if d else "FALSE"]


def test_formats_and_serials() -> None:
    kinds = {"General": 0, "0.00": 0, "yyyy-mm-dd": 1, '[$-804]yyyy"年"m"月"d"日";@': 1, "m/d/yy h:mm": 2, "h:mm:ss": 3, "[h]:mm": 4,
             "0%": 5, "0.00E+00": 0, '"day "0': 0, "mmm-yy": 1, "mm:ss.0": 3, "#,##0 ;[Red](#,##0)": 0}  # fmt: skip
    assert {code: kind_of(code) for code in kinds} == kinds
    assert moment("1", 1, False) == "1900-01-01"
    assert moment("61", 1, False) == "1900-03-01"
    assert moment("46086", 1, False) == "2026-03-05"
    assert moment("46086.9999999", 1, False) == "2026-03-06"
    assert moment("44624", 1, True) == "2026-03-05"
    assert moment("0.5", 3, False) == "12:00:00"
    assert moment("1.5", 4, False) == "36:00:00"
    assert moment("-5", 1, False) == "-5"
    assert [number(x) for x in ("0.30000000000000004", "1E3", "1.5E-7", "00012", "12345678901234567890", "5.0", "x")] == [
        "0.3", "1000", "0.00000015", "12", "12345678901234600000", "5", "x",
    ]  # fmt: skip


# -- bombs -----------------------------------------------------------------------------------------------------------


def refused(path: Path, limits: Limits | None = None) -> str:
    def read() -> None:
        for _ in batches(path, inspect(path, limits=limits or Limits()), limits or Limits()):
            pass

    with pytest.raises(Invalid) as caught:
        read()
    return caught.value.errors[0].code


def test_a_workbook_that_unfolds_a_hundredfold(tmp_path: Path) -> None:
    row = "<row>" + text(*["AAAAAAAAAA"] * 8) + "</row>"
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as f:
            f.write(b"<worksheet><sheetData>")
            for _ in range(100):
                f.write(row.encode() * 1000)
    assert path.stat().st_size < 1 << 20
    assert refused(path) == "workbook_too_large"


def test_a_directory_that_lies_about_sizes(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"one": sheet(text("name"), *[text("x" * 50)] * 60_000)})
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as z:
        info = z.getinfo("xl/worksheets/0.xml")
    size = info.file_size.to_bytes(4, "little")
    assert raw.count(size) == 2
    path.write_bytes(raw.replace(size, (10_000).to_bytes(4, "little")))
    assert refused(path) in ("workbook_broken", "empty_file")


def test_many_parts_doctypes_passwords_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        for i in range(2_500):
            z.writestr(f"xl/worksheets/sheet{i}.xml", "")
    assert refused(path) == "workbook_too_large"
    entity = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    assert refused(book(tmp_path / "b.xlsx", {"one": entity + sheet(text("&a;&b;"))})) == "workbook_doctype"
    assert (
        refused(book(tmp_path / "c.xlsx", {"one": sheet(text("a"))}, styles=entity + "<styleSheet/>"))
        == "workbook_doctype"
    )
    assert refused(book(tmp_path / "d.xlsx", {"one": sheet('<c r="ZZZ1" t="str"><v>x</v></c>')})) == "too_many_columns"
    assert refused(book(tmp_path / "e.xlsx", {"one": sheet(text(*"x" * 3_000))})) == "too_many_columns"
    wide = "<!-- " + " " * 5000 + "-->" + entity  # hidden behind a long comment
    assert refused(book(tmp_path / "f.xlsx", {"one": wide + sheet(text("&a;"))})) in ("workbook_doctype", "empty_file")
    assert refused(book(tmp_path / "g.xlsx", {"one": "<worksheet><sheetData><row"})) in (
        "workbook_broken",
        "empty_file",
    )


def test_strings_larger_than_the_memory_of_the_reader(tmp_path: Path) -> None:
    many = "<sst>" + "<si><t>" + "".join(f"{i:08d}" for i in range(4_000_000)) + "</t></si></sst>"
    path = book(tmp_path / "a.xlsx", {"one": sheet('<c t="s"><v>0</v></c>')}, strings=many)
    assert refused(path, Limits(memory=300 << 20)) == "workbook_too_large"
