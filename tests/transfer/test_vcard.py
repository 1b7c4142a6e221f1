"""Cards of contacts in and out: nothing of them is lost, and what is written is read again."""

from __future__ import annotations

import base64
import re
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi import files, transfer
from guanxi.schema.query import read_query
from guanxi.transfer import vcard
from guanxi.transfer.reading import batches, inspect, kind_of

if TYPE_CHECKING:
    from conftest import World

CARDS = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:欧阳;娜娜;;女士;\r\nFN:欧阳娜娜\r\nORG:远航贸易有限公司;销售部;华东组\r\nTITLE:总监\r\n"
    "TEL;TYPE=CELL,pref:138 1234 5678\r\nTEL;TYPE=CELL:139 0000 1111\r\nTEL;TYPE=WORK,FAX:021-62558800\r\nitem1.EMAIL;TYPE=INTERNET:na@yuanhang.cn\r\n"
    "EMAIL:nana@home.cn\r\nADR;TYPE=WORK:;;科技园路 1 号;深圳市;广东省;518000;中国\r\nBDAY:1990-03-05\r\nLANG:en\r\nLANG;PREF=1:zh-Hans-CN\r\nNOTE:爱喝茶\\, 不喝\r\n  咖啡\\n周末勿扰\r\n"
    "X-QQ:12345\r\nitem2.X-ABDATE:2015-01-02\r\nitem2.X-ABLabel:_$!<Anniversary>!$_\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg==\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=C0=EE=\r\n;=C0=D7;;;\r\nTEL;CELL:13900001111\r\nEND:VCARD\r\n"
)


async def test_cards_become_contacts_with_everything_on_them(world: World) -> None:
    sent = await world.send(CARDS.encode(), "phone.vcf", "contact")
    assert (sent["format"], sent["rows"]) == ("vcard", 2)
    done = await world.run(CARDS.encode(), "contact", mapping=sent["mapping"])
    assert (done["created"], done["failed"]) == (2, 0), done
    nana, lei = await world.all("contact", "-name")
    assert (nana["name"], nana["name_family"], nana["name_given"], nana["name_salutation"]) == (
        "欧阳娜娜",
        "欧阳",
        "娜娜",
        "女士",
    )
    assert (nana["account"]["title"], nana["department"], nana["job_title"]) == (
        "远航贸易有限公司",
        "销售部 / 华东组",
        "总监",
    )
    assert (nana["mobile"], nana["email"], nana["birthday"]) == ("+8613812345678", "na@yuanhang.cn", "1990-03-05")
    assert nana["language"] == "zh"
    assert nana["address"]["street"] == "科技园路 1 号"
    assert nana["description"].startswith("爱喝茶, 不喝 咖啡\n周末勿扰\n")
    for kept in (
        "139 0000 1111",
        "(fax, work): 021-62558800",
        "nana@home.cn",
        "X-QQ: 12345",
        "LANG: en",
        "LANG: zh-Hans-CN",
        "(Anniversary): 2015-01-02",
    ):
        assert kept in nana["description"] or kept.replace(" ", "") in str(nana["phone"]), kept
    assert (lei["name"], lei["mobile"]) == ("李雷", "+8613900001111")
    told = {p["field"]: p for p in done["problems"] if p["code"] == "kept_in_note"}
    assert {"TEL", "EMAIL", "X-QQ", "X-ABDATE"} <= set(told)
    assert told["X-QQ"]["samples"][0]["value"] == "12345"


async def test_contacts_go_out_as_cards_and_come_in_again(world: World, tmp_path: Path) -> None:
    first = await world.send(CARDS.encode(), "phone.vcf", "contact")
    await world.run(
        CARDS.encode(), "contact", mapping={**first["mapping"], "公司": {"field": "account", "missing": "create"}}
    )
    async with world.ctx() as ctx:
        out = b"".join([p async for p in transfer.export(ctx, read_query("contact", {"sort": "-name"}), "vcf")])
    assert max(map(len, out.split(b"\r\n"))) <= 75
    path = tmp_path / "out.vcf"
    path.write_bytes(out)
    found = inspect(path)
    [batch] = batches(path, found)
    rows = [dict(zip([c.name for c in found.columns], cells, strict=True)) for cells in batch.cells]
    assert [(r["姓名"], r["手机"]) for r in rows] == [("欧阳娜娜", "+8613812345678"), ("李雷", "+8613900001111")]
    assert (rows[0]["公司"], rows[0]["职务"], rows[0]["生日"], rows[0]["称呼"]) == (
        "远航贸易有限公司",
        "总监",
        "1990-03-05",
        "女士",
    )
    assert "周末勿扰" in rows[0]["备注"]
    assert rows[0]["语言"] == "zh"


PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


async def test_pictures_come_with_cards_and_go_out_with_them(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_FILES", str(tmp_path / "files"))
    coded = base64.b64encode(PICTURE).decode()
    folded = "\r\n ".join(coded[i : i + 70] for i in range(0, len(coded), 70))
    cards = (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Three\r\nPHOTO;ENCODING=b;TYPE=PNG:{folded}\r\nEND:VCARD\r\n"
        f"BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Two\r\nPHOTO;PNG;ENCODING=BASE64:{folded}\r\n\r\nEND:VCARD\r\n"
        f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Four\r\nPHOTO:data:image/png;base64,{folded}\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Broken\r\nPHOTO;ENCODING=b;TYPE=PNG:AAAA\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Away\r\nPHOTO;VALUE=uri:https://example.com/a.png\r\nEND:VCARD\r\n"
    )
    sent = await world.send(cards.encode(), "phone.vcf", "contact")
    assert sent["mapping"]["Photo"] == "photo"
    assert all(len(c["samples"][0]) < 40 for c in sent["columns"] if c["name"] == "Photo"), (
        "what it is, not what it holds"
    )
    tried = await world.run(cards.encode(), "contact", mapping=sent["mapping"], dry_run=True)
    assert (tried["created"], (tmp_path / "files").exists()) == (5, False)
    with monkeypatch.context() as smaller:
        smaller.setattr(files, "MOST", len(PICTURE) - 1)
        tried = await world.run(cards.encode(), "contact", mapping=sent["mapping"], dry_run=True)
        assert "too_large" in {p["code"] for p in tried["problems"]}, "told before it is left out"
    done = await world.run(cards.encode(), "contact", mapping=sent["mapping"])
    assert (done["created"], done["failed"]) == (5, 0), done["problems"]
    people = {c["name"]: c for c in await world.all("contact")}
    async with world.ctx() as ctx:
        for name in ("Two", "Three", "Four"):
            stored = await files.open_file(ctx, tmp_path / "files", people[name]["photo"]["id"])
            assert (stored.path.read_bytes(), stored.type) == (PICTURE, "image/png"), name
        out = b"".join(
            [p async for p in transfer.export(ctx, read_query("contact", {}), "vcf", files=tmp_path / "files")]
        )
    assert people["Broken"]["photo"] is None
    assert "https://example.com/a.png" in people["Away"]["description"]
    assert {"left_empty", "kept_in_note"} == {p["code"] for p in done["problems"]}
    found = {c[0]["name"]: c[0] for c in map(vcard.row, vcard.cards(out.split(b"\r\n"), "utf-8"))}
    assert {n: base64.b64decode(c["photo"].partition(",")[2]) == PICTURE for n, c in found.items() if "photo" in c} == {
        "Two": True, "Three": True, "Four": True,
    }  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["name", "family", "given", "title", "mobile", "note", "street", "city"]), st.text(min_size=1)
    )
)
def test_what_is_written_is_read_again(values: dict[str, str]) -> None:
    tidy = {n: re.sub(r"\s+", " ", "".join(c for c in v if c.isprintable())).strip() for n, v in values.items()}
    tidy = {n: v + " 12345" * (n == "mobile") for n, v in tidy.items() if v and "\\" not in v}  # as every number has
    [card] = vcard.cards(vcard.write(tidy).encode("utf-8", "replace").splitlines(), "utf-8")
    found, _ = vcard.row(card)
    for name in tidy.keys() - {"name", "given"}:
        assert found[name] == tidy[name]


def test_lines_that_end_twice_are_folded_all_the_same() -> None:
    text = "BEGIN:VCARD\n\nFN:Li\n\nNOTE:one\n\n  two\n\nPHOTO;ENCODING=b:AAEC\n\n AwQF\n\nTITLE:CEO\n\nEND:VCARD\n"
    [card] = vcard.cards((line.encode() for line in text.split("\n")), "utf-8")
    assert vcard.row(card)[0] == {"photo": "data:;base64,AAECAwQF", "name": "Li", "note": "one two", "title": "CEO"}


def test_a_file_of_any_size_is_read_card_by_card() -> None:
    endless = chain(("BEGIN:VCARD", "FN:Li", "NOTE:one", "  two", "END:VCARD"), repeat("BEGIN:VCARD"))
    card = next(vcard.cards((line.encode() for line in endless), "utf-8"))
    assert vcard.row(card)[0] == {"name": "Li", "note": "one two"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("BEGIN:VCARD\nVERSION:2.1\nORG:Acme\nEND:VCARD\n", "Acme"),
        ("BEGIN:VCARD\nEMAIL:a@b.cn\nEND:VCARD", "a@b.cn"),
        ("begin:vcard\nfn:Li\n", "Li"),
        ("BEGIN:VCARD\nFN:Li\nAGENT:\nBEGIN:VCARD\nFN:Assistant\nEND:VCARD\nEND:VCARD", "Li"),
        ("\ufeffBEGIN:VCARD\nFN;CHARSET=nonsense:Li\nEND:VCARD", "Li"),
        (
            "BEGIN:VCARD\nVERSION:4.0\nFN:Li\nKEY:data:application/pgp-keys;base64,AAAA\nTEL;VALUE=uri:tel:+1-418-656-9254;ext=102\nEND:VCARD",
            "Li",
        ),
    ],
)
def test_odd_cards_are_read(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / "a.vcf"
    path.write_text(text, "utf-8")
    assert kind_of(path) == "vcard"
    [batch] = batches(path, inspect(path))
    assert batch.cells[0][0] == name


@pytest.mark.parametrize(
    ("lines", "columns", "noted"),
    [
        ("FN:A\nEMAIL;PREF=2:b@x.cn\nEMAIL;PREF=1:a@x.cn", {"email": "a@x.cn"}, "EMAIL: b@x.cn"),
        ("FN :A\nTEL ;CELL:13800138000", {"name": "A", "mobile": "13800138000"}, ""),
        ("FN:A\ni.TEL:12345678\ni.X-ABLabel:前台", {"phone": "12345678"}, "TEL (前台): 12345678"),
        ("FN:A\nIMPP;X-SERVICE-TYPE=WeChat:x-apple:wang_x\nIMPP;X-SERVICE-TYPE=QQ:x-apple:6", {"wechat": "wang_x"}, "(QQ): x-apple:6"),
        ("FN:A\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-02-03", {}, "BDAY: --02-03"),
        ("FN:A\nBDAY:1985/4/2", {"birthday": "1985-04-02"}, ""),
        ("FN:A\nBDAY:1985-13-45", {}, "BDAY: 1985-13-45"),
        ("FN:A\nORG:Acme\\\\;Dept", {"company": "Acme\\", "department": "Dept"}, ""),
        ("FN:A\nADR;LABEL=\"5 ^'Main^' St^nTown\":;;5 Main;Town;;;;Room 7", {"street": "5 Main"}, 'ADR: Room 7\nADR (LABEL): 5 "Main" St, Town'),
        ("FN:A\nHOBBY;LEVEL=high:reading\nKIND:individual", {}, "HOBBY (high): reading"),
        ("KIND:org\nFN:鼎泰公司", {"company": "鼎泰公司"}, ""),
        ("N:;;;;\nNICKNAME:小白\nTEL;CELL:138", {"name": "小白"}, "NICKNAME: 小白"),
        ("FN;ENCODING=B:546L5piO\nNOTE;BASE64:5L2g5aW9", {"name": "王明"}, "你好"),
        ("FN:A\nAGENT:BEGIN:VCARD\nFN:B\nEND:VCARD\nTEL:12345", {"name": "A", "phone": "12345"}, "AGENT FN: B"),
        ("FN:A\nBEGIN:VCARD\nFN:B", {"name": "A"}, ""),
        ('FN:A\nADR;LABEL="北京市海淀区":;;中关村1号;北京;;;', {"street": "中关村1号"}, "ADR (LABEL): 北京市海淀区"),
        ("FN:A\nTEL;X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=E5=89=8D=E5=8F=B0):110", {"name": "A"}, "TEL (前台): 110"),
        ("FN:报警\nTEL:110\nEMAIL:无", {"name": "报警"}, "TEL: 110\nEMAIL: 无"),
    ],
)  # fmt: skip
def test_whatever_a_card_says_is_kept(lines: str, columns: dict[str, str], noted: str) -> None:
    card = next(vcard.cards(f"BEGIN:VCARD\n{lines}\nEND:VCARD".encode().splitlines(), "utf-8"))
    found, _ = vcard.row(card)
    assert {n: found[n] for n in columns} == columns
    assert noted in found.get("note", "")
    assert ("birthday" in found) == ("birthday" in columns)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "gb18030", "big5"])
def test_cards_are_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.vcf"
    written = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:王小明\r\nORG:台北大同公司\r\nEND:VCARD\r\n".encode(encoding)
    path.write_bytes(written.replace("小".encode(), b"\xe5\r\n \xb0\x8f"))  # folded within a character
    assert kind_of(path) == "vcard"
    [batch] = batches(path, inspect(path))
    assert batch.cells[0][:2] == ["王小明", "台北大同公司"]


@pytest.mark.parametrize(
    ("coded", "name", "company"),
    [
        ("N;ENCODING=QUOTED-PRINTABLE:=CD=F5;=D3=F1=C0=BC\nORG;ENCODING=QUOTED-PRINTABLE:=D4=B6=BA=BD=\n=BF=C6=BC=BC", "王玉兰", "远航科技"),
        ("N;ENCODING=QUOTED-PRINTABLE:Strau=DF;J=FCrgen\nORG;ENCODING=QUOTED-PRINTABLE:M=F6bel AG", "Jürgen Strauß", "Möbel AG"),
        ("N;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=E7=8E=89=E5=85=B0\nORG;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D4=B6=BA=BD", "王玉兰", "远航"),
    ],
)  # fmt: skip
def test_what_is_coded_in_characters_that_a_card_does_not_name_is_read(
    tmp_path: Path, coded: str, name: str, company: str
) -> None:
    path = tmp_path / "a.vcf"
    path.write_text(f"BEGIN:VCARD\nVERSION:2.1\n{coded}\nTEL;CELL:13800001111\nEND:VCARD\n", "ascii")
    found = inspect(path)
    [batch] = batches(path, found)
    row = dict(zip((c.name for c in found.columns), batch.cells[0], strict=True))
    assert (row.get("姓名") or row["Full name"], row.get("公司") or row["Company"]) == (name, company)


def test_cards_of_real_programs(data: Path) -> None:
    total: list[list[str]] = []
    for path in sorted((data / "vcard_clients").glob("*.vcf")):
        for batch in batches(path, inspect(path)):
            total += batch.cells
            text = path.read_bytes().decode("utf-8", "replace")
            told: list[Any] = [*batch.aside]
            cells = "\n".join("\n".join(r) for r in batch.cells)
            for value in re.findall(r"(?m)^(?:item\d\.)?(?:TEL|EMAIL)[^:\n]*:([^=\r\n]+)\r?$", text):
                plain = re.sub(r"^(tel|mailto):", "", value)
                assert plain in cells or any(plain in kept for _, _, kept in told), (path.name, value)
    assert len(total) == 14
