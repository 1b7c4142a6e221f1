"""One box over everything: spelt in pinyin or initials, without accents, in pieces of numbers; the best hits first."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.world import Desk

from guanxi import records
from guanxi.base import Invalid
from guanxi.records import Create, Delete, Restore, Update, grams

EXAMPLES = settings(
    deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)

NAMES = ["中国移动通信集团", "华为技术有限公司", "重庆长安汽车", "Röder GmbH", "Société Générale", "ＡＢＣ贸易", "O'Neil & Sons", "100% Pure",
         "北京字节跳动科技", "Zürich Re", "Straße AG", "三一重工", "Ørsted", "A_B Test", "GTX Pro"]  # fmt: skip


async def titles(desk: Desk, text: str, name: str = "admin", **more: Any) -> list[str]:
    return [h["title"] for h in await records.search(desk.as_(name), text, **more)]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("中国移动", "中国移动通信集团"),
        ("移动", "中国移动通信集团"),
        ("动", "中国移动通信集团"),
        ("zgyd", "中国移动通信集团"),
        ("zhongguoyidong", "中国移动通信集团"),
        ("ZGYD", "中国移动通信集团"),
        ("zhongguo", "中国移动通信集团"),
        ("yidong", "中国移动通信集团"),
        ("中国 集团", "中国移动通信集团"),
        ("hwjs", "华为技术有限公司"),
        ("huawei", "华为技术有限公司"),
        ("cqca", "重庆长安汽车"),
        ("chongqing", "重庆长安汽车"),
        ("zhonggong", "三一重工"),
        ("roder", "Röder GmbH"),
        ("RÖDER", "Röder GmbH"),
        ("societe", "Société Générale"),
        ("generale soc", "Société Générale"),
        ("abc", "ABC贸易"),
        ("ａｂｃ", "ABC贸易"),
        ("abcmy", "ABC贸易"),
        ("o'neil", "O'Neil & Sons"),
        ("100%", "100% Pure"),
        ("a_b", "A_B Test"),
        ("zurich", "Zürich Re"),
        ("strasse", "Straße AG"),
        ("straße", "Straße AG"),
        ("zjtd", "北京字节跳动科技"),
        ("gtx", "GTX Pro"),
        ("gt", "GTX Pro"),
    ],
)
async def test_a_name_is_found_however_it_is_typed(desk: Desk, text: str, title: str) -> None:
    await desk.make("account", *[{"name": n} for n in NAMES])
    assert title in await titles(desk, text)
    assert title in [r["name"] for r in await desk.find("account", q=text)]


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_",
        "100_",
        "a%b",
        "'",
        "\\",
        "-",
        "nothing like it",
        "zzzz",
        "",
        "   ",
        "\0",
        "中国电信",
        "------",
        "\0\0a\0",
        "%%%%%%",
        "x" * 5000,
    ],
)
async def test_what_is_not_there_is_not_found(desk: Desk, text: str) -> None:
    await desk.make("account", {"name": "GTX Pro"}, {"name": "中国移动"})
    assert await titles(desk, text) == []
    if text.strip(" \0"):
        assert await desk.find("account", q=text) == []


async def test_numbers_and_addresses_are_found_in_pieces(desk: Desk) -> None:
    a, b = await desk.make(
        "account",
        {
            "name": "A",
            "phone": "+86 10 6234 5678",
            "email": "wang.li@example.com.cn",
            "registration": "91110000MA01ABCD2Q",
        },
        {"name": "B", "phone": "138 0013 8000"},
    )
    found = {
        "62345678": a, "6234 5678": a, "(010) 62345678": a, "01062345678": a, "+861062345678": a, "5678": a,
        "wang.li": a, "example.com.cn": a, "wang.li@example.com.cn": a, "MA01ABCD": a, "13800138000": b, "138-0013-8000": b, "0013": b,
    }  # fmt: skip
    for text, id in found.items():
        hits = await records.search(desk.as_(), text)
        assert [h["id"] for h in hits] == [id], text
    [hit] = await records.search(desk.as_(), "wang.li")
    assert (hit["object"], hit["title"], hit["matched"]) == ("account", "A", "email")


async def test_the_best_hits_come_first(desk: Desk) -> None:
    names = ["Blue Lumen Ltd", "Lumen", "Lumen Group International", "Lumens", "Ultra-lumen"]
    await desk.make("account", *[{"name": n} for n in names])
    await desk.one("contact", name="Somebody", email="x@lumen.example")
    found = await titles(desk, "lumen")
    assert found[0] == "Lumen"
    assert found[1:3] == ["Lumens", "Lumen Group International"], "those that begin with it, shorter ones first"
    assert set(found[3:5]) == {"Blue Lumen Ltd", "Ultra-lumen"}
    assert found[5:] == ["Somebody"], "then what has it in another field"


async def test_search_is_of_the_objects_that_were_asked_for(desk: Desk) -> None:
    await desk.one("account", name="Lumen")
    await desk.one("opportunity", name="Lumen deal")
    assert [h["object"] for h in await records.search(desk.as_(), "lumen", ["opportunity"])] == ["opportunity"]
    assert {h["object"] for h in await records.search(desk.as_(), "lumen")} == {"account", "opportunity"}
    for name, objects in (("admin", ["nothing"]), ("outsider", ["account"])):
        with pytest.raises(Invalid):
            await records.search(desk.as_(name), "lumen", objects)
    assert len(await records.search(desk.as_(), "lumen", limit=1)) == 1


async def test_hits_tell_apart_what_is_called_alike(desk: Desk) -> None:
    a = await desk.one("account", name="Lumen", industry="retail", phone="010-62345678")
    await desk.one("contact", name="Li Lumen", account=a, job_title="CTO")
    hits = {h["object"]: h for h in await records.search(desk.as_(), "lumen")}
    assert hits["account"]["subtitle"] == "Retail · 010-62345678"
    assert hits["contact"]["subtitle"] == "Lumen · CTO"


async def test_the_index_follows_every_change(desk: Desk) -> None:
    id = await desk.one("account", name="Before", phone="010-11112222")
    await records.write(desk.as_(), "account", [Update(id, {"name": "After", "phone": None})])
    assert await titles(desk, "before") == []
    assert await titles(desk, "11112222") == []
    assert await titles(desk, "after") == ["After"]
    await records.write(desk.as_(), "account", [Update(id, {"employees": 5})])
    assert await titles(desk, "after") == ["After"]
    await records.write(desk.as_(), "account", [Delete(id)])
    assert await titles(desk, "after") == []
    assert await desk.ids("account", q="after", bin=True) == [id]
    await records.write(desk.as_(), "account", [Restore(id)])
    assert await titles(desk, "after") == ["After"]
    ctx = desk.as_(bulk="batch")
    await records.write(ctx, "account", [Update(id, {"name": "Later"}), Create({"name": "Later too"})])
    await records.undo(desk.as_(), ctx.change_set)
    assert await titles(desk, "later") == []
    assert await titles(desk, "after") == ["After"]


async def test_what_belongs_to_others_neither_shows_nor_takes_places(desk: Desk) -> None:
    """However many hits one may not see, those that one may are found."""
    await desk.make("account", *[{"name": f"Lumen {i}", "owner": desk.world.id("rep3")} for i in range(450)])
    mine = await desk.one("account", name="Old Lumen of mine", owner=desk.world.id("rep1"))
    assert [h["id"] for h in await records.search(desk.as_("rep1"), "lumen")] == [mine]
    assert await desk.ids("account", "rep1", q="lumen") == [mine]
    assert len(await records.search(desk.as_("admin"), "lumen", limit=200)) == 200


TEXT = st.text(st.sampled_from("aAbé中国移动 ％%_1İßｘ-.'·かカ가ñ🙂"), min_size=1, max_size=12)


@settings(EXAMPLES, max_examples=60)
@given(name=TEXT, start=st.integers(0, 11), size=st.integers(3, 6))
async def test_every_piece_of_a_name_is_found(desk: Desk, name: str, start: int, size: int) -> None:
    """Three characters or more of a name, or any Chinese character, find it; so does contains, through the same index."""
    stored = " ".join(name.split())
    if not stored:
        return
    start %= len(stored)
    piece = stored[start : start + size].strip()
    id = await desk.one("account", name=stored)
    if len(piece) >= 3 and grams.words(piece):
        assert id in await desk.ids("account", q=piece), (stored, piece)
        assert id in {h["id"] for h in await records.search(desk.as_(), piece, limit=200)}, (stored, piece)
    if piece:
        assert id in await desk.ids("account", filter={"field": "name", "op": "contains", "value": piece})
    assert id in await desk.ids(
        "account", filter={"field": "name", "op": "starts_with", "value": stored[: max(1, start)]}
    )


HAN = st.text(
    st.sampled_from("中国移动重庆长安汽车阿里鱼厄尔藕安恩昂女绿略行乐区单六盘水银监会"), min_size=2, max_size=9
)


@settings(EXAMPLES, max_examples=80)
@given(name=HAN, start=st.integers(0, 8), size=st.integers(3, 14), more=st.sampled_from(["", "A1", " 3M"]))
async def test_pinyin_finds_a_name_from_any_syllable_on(
    desk: Desk, name: str, start: int, size: int, more: str
) -> None:
    """Three letters or more, broken off anywhere after the first syllable: as the characters are read there, and in initials."""
    id = await desk.one("account", name=name + more)
    syllables, _ = grams.spell(name)
    start %= len(syllables)
    spelt = "".join(syllables[start:])[:size]
    initials = "".join(s[0] for s in syllables[start:])[:size]
    typed = [initials] if start and len(spelt) <= len(syllables[start]) else [spelt, initials]
    for text in (t for t in typed if len(t) >= 3):
        assert id in await desk.ids("account", q=text)
        assert id in {h["id"] for h in await records.search(desk.as_(), text, limit=200)}


async def test_what_is_called_just_so_comes_first_among_hundreds(desk: Desk) -> None:
    await desk.make("account", *[{"name": f"Lumen {i}"} for i in range(300)])
    [id] = await desk.make("account", {"name": "Lumen"})
    await desk.make("account", *[{"name": f"Lumen {i}"} for i in range(300, 600)])
    assert (await records.search(desk.as_(), "LUMEN", limit=5))[0]["id"] == id
    assert id not in {h["id"] for h in await records.search(desk.as_("outsider"), "lumen")}


@EXAMPLES
@given(texts=st.lists(TEXT | HAN | st.text(max_size=30), min_size=1, max_size=12), spelt=st.booleans())
def test_the_grams_of_many_are_those_of_each(texts: list[str], spelt: bool) -> None:
    records = [[("name", text, spelt), ("phone", "010 6234 5678", False)] for text in texts] * (grams.FEW + 1)
    many = grams.index("account", records, "name")
    first = 0
    for record, last in zip(records, many.ends, strict=True):
        one = grams.index("account", [record], "name")
        assert many.grams[first:last].tolist() == one.grams.tolist(), ascii(record)
        first = last


@pytest.mark.parametrize(("most", "everywhere"), [(200, 50_000), (2, 50_000), (2, -1)])
async def test_ones_own_is_found_however_many_of_others_have_the_word(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, most: int, everywhere: int
) -> None:
    """By the index where few have it, and by going through what is one's own where more do than are listed, or all do."""
    for name in ("GATHERED", "GATHERED_OF_OTHERS", "OWN"):
        monkeypatch.setattr(sys.modules["guanxi.records.search"], name, most)
    monkeypatch.setattr(sys.modules["guanxi.records.search"], "EVERYWHERE", everywhere)
    one = await desk.one("account", name="Alone", owner=desk.world.id("rep1"))
    about = {"about": {"object": "account", "id": one}}
    await desk.make("call", *[{"subject": f"精密 {i}", "owner": desk.world.id("rep3")} for i in range(6)])
    await desk.make("call", {"subject": "精密 mine", "owner": desk.world.id("rep1")})
    assert await titles(desk, "jingmi", "rep1") == ["精密 mine"]
    await desk.one("call", subject="精密 about mine", owner=desk.world.id("rep3"), **about)
    found = await titles(desk, "jingmi", "rep1")
    assert "精密 mine" in found
    assert ("精密 about mine" in found) or most == 2, "seen by what it is about"


async def test_records_come_before_what_was_done_with_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where records fill the answer, of calls and tasks only what is called just so is told."""
    await desk.make("account", *[{"name": f"精密仪器 {i}"} for i in range(3)])
    await desk.make("call", {"subject": "精密"}, {"subject": "精密测量"}, *[{"subject": f"精密 {i}"} for i in range(3)])
    assert len(await titles(desk, "精密")) == 8
    for name in ("GATHERED", "GATHERED_OF_OTHERS"):
        monkeypatch.setattr(sys.modules["guanxi.records.search"], name, 1)
    for by in ("admin", "rep1"):
        if by == "rep1":
            for object_name in ("account", "call"):
                owner = {"owner": desk.world.id(by)}
                await records.write(desk.system(), object_name, [Update(i, owner) for i in desk.made[object_name]])
        found = await titles(desk, "精密", by, limit=4)
        assert found[0] == "精密"
        assert sorted(found[1:]) == ["精密仪器 0", "精密仪器 1", "精密仪器 2"]
        assert len(await titles(desk, "精密", by, limit=20)) == 8
        assert len(await titles(desk, "精密", by, objects=["call"], limit=4)) == 4
