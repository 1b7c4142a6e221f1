"""Where nobody is there twice, nobody is told of: who belongs together is not one."""

from __future__ import annotations

import random
from datetime import date

import pytest

from guanxi.linkage import Column, Linkage

SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂"
COLUMNS = [
    Column("name", "name"),
    Column("title", "text"),
    Column("department", "text"),
    Column("mobile", "phone"),
    Column("email", "email"),
    Column("role", "choice"),
    Column("account", "choice"),
]
JOBS = (
    ("仓储主管", "物流部"),
    ("采购经理", "采购部"),
    ("生产经理", "生产部"),
    ("财务总监", "财务部"),
    ("总经理", "总经办"),
)


def colleagues(count: int, twice: int) -> dict[str, dict[str, object]]:
    """People with few posts in few companies; the first ``twice`` are there again, without their address."""
    rng = random.Random(5)
    made: dict[str, dict[str, object]] = {}
    for n in range(count):
        title, department = rng.choice(JOBS)
        name = SURNAMES[n % len(SURNAMES)] + GIVEN[n // len(SURNAMES)] + GIVEN[n % 7 + 12]
        made[f"a{n:04d}"] = {
            "name": name,
            "title": title,
            "department": department,
            "mobile": f"+861{rng.choice('35')}{rng.randrange(10**9):09d}",
            "email": f"u{n}@x{n % 40}.example",
            "role": rng.choice(("user", "buyer")),
            "account": f"c{n % 40}",
        }
    for n in range(twice):
        made[f"b{n:04d}"] = made[f"a{n:04d}"] | {"email": None}
    return made


@pytest.mark.parametrize("twice", [0, 12])
def test_colleagues_are_not_one(twice: int) -> None:
    with Linkage(COLUMNS, "name") as linkage:
        linkage.add((id, True, values) for id, values in colleagues(160, twice).items())
        linkage.prepare()
        found = {(pair.a, pair.b) for pair in linkage.pairs(linkage.learn())}
    assert found == {(f"a{n:04d}", f"b{n:04d}") for n in range(twice)}


def test_two_of_one_name_are_told_apart_by_their_employers() -> None:
    """An address, or an account, that spells the name says no more than the name; people keep their number when they move."""
    from pypinyin import lazy_pinyin

    made = colleagues(160, 0)
    for n, one in enumerate(made.values()):
        spelt = lazy_pinyin(str(one["name"]))
        one |= {
            "email": f"{spelt[0]}.{''.join(spelt[1:])}@x{n % 40}.example",
            "wechat": f"{''.join(spelt)}{10 + n % 90}",
        }
    namesake, moved, again = (made[f"a{n:04d}"] for n in (0, 1, 2))
    made["namesake"] = made["a0007"] | {
        "name": namesake["name"],
        "email": str(namesake["email"]).replace("@x0.", "@x7."),
        "wechat": str(namesake["wechat"])[:-2] + "77",
    }
    bare = {"title": None, "department": None, "email": None, "wechat": None, "role": None}
    made["moved"] = moved | bare | {"account": "c9"}
    made["again"] = again | bare | {"mobile": None}
    made["elsewhere"] = made["a0003"] | bare | {"mobile": None, "account": "c30"}
    with Linkage([*COLUMNS, Column("wechat", "text")], "name") as linkage:
        linkage.add((id, True, values) for id, values in made.items())
        linkage.prepare()
        found = {(pair.a, pair.b): pair for pair in linkage.pairs(linkage.learn())}
    assert found.keys() == {("a0001", "moved"), ("a0002", "again")}
    assert found["a0001", "moved"].weights["account"].bits < 0 < found["a0002", "again"].weights["account"].bits


@pytest.mark.parametrize("twice", [0, 1, 3])
def test_of_few_companies_one_that_is_there_twice_is_found(twice: int) -> None:
    """Though its name and its number are as common there as two in sixty."""
    rng = random.Random(7)
    trades = ("包装", "光学", "物流", "食品", "机械")
    places = ("广州", "深圳", "武汉", "南京")
    signs = "腾讯阿里京东百度拼多美团滴小米华为联想海尔格力康佳长虹创维步高比亚迪蔚来理想鹏汽零跑极氪吉利奇瑞哪吒威马岚图智己飞凡问界深蓝阅读喜马拉雅得物唯品聚划算闲鱼盒叮咚朴超永辉沃尔"
    signs += "玛家乐福屈臣氏丝芙兰优衣库无印良品宜居然之红星凯龙欧派索菲好莱客尚皮阿诺志邦金牌厨柜我们每天晨光得力"
    columns = [Column("name", "text"), Column("phone", "phone"), Column("industry", "choice"), Column("city", "choice")]
    made = {
        f"a{n:04d}": {
            "name": f"{places[n % 4]}{signs[2 * n : 2 * n + 2]}科技有限公司",
            "phone": f"+8620{rng.randrange(10**7, 10**8)}",
            "industry": trades[n % 5],
            "city": places[n % 4],
        }
        for n in range(60)
    }
    for n in range(twice):
        name = str(made[f"a{n:04d}"]["name"]).replace(places[n % 4], places[n % 4] + "市").replace("科技有限", "科技")
        made[f"b{n:04d}"] = made[f"a{n:04d}"] | {"name": name}
    with Linkage(columns, "name") as linkage:
        linkage.add((id, True, values) for id, values in made.items())
        linkage.prepare()
        found = {(pair.a, pair.b) for pair in linkage.pairs(linkage.learn())}
    assert found == {(f"a{n:04d}", f"b{n:04d}") for n in range(twice)}


KIN = {
    "分公司": ("{0}有限公司", "{0}有限公司第一分公司", "{0}有限公司第二分公司"),
    "elsewhere": ("{0}有限公司", "{0}有限公司苏州分公司", "{0}集团有限公司"),
    "laws": ("{1} Robotics GmbH", "{1} Robotics Ltd", "{1} Robotics S.A."),
}


@pytest.mark.parametrize("kind", KIN)
def test_branches_groups_and_companies_of_other_laws_are_not_one(kind: str) -> None:
    """Though they have their number, their site and all but one word of their name in common."""
    rng = random.Random(11)
    signs = "恒远华盛鼎泰瑞丰宏达嘉禾腾云万象金鹏东海明德永信博雅天润国安联创中科新锐凯越龙源晨光安泰百川同济隆昌盈科立信宝利"
    columns = [Column("name", "text"), Column("phone", "phone"), Column("website", "web")]
    made: dict[str, dict[str, object]] = {}
    true: set[tuple[str, str]] = set()
    for n in range(90):
        word = "".join(rng.choices("bcdfglmnprstv", k=3)) + rng.choice(("onix", "aria", "elta"))
        names = (
            "南京" + "".join(rng.sample(signs, 2)) + rng.choice(("网络科技", "装饰工程", "生物科技")),
            word.title(),
        )
        phone = f"+8625{rng.randrange(10**7, 10**8)}"
        site = f"https://www.{word}{n}.cn"
        for at, way in enumerate(KIN[kind] if n % 3 == 0 else KIN[kind][:1]):
            made[f"{n:03d}.{at}"] = {"name": way.format(*names), "phone": phone, "website": site}
        if n % 4 == 1:
            name = KIN[kind][0].format(*names).replace("南京", "南京市").replace("Robotics", "robotics")
            made[f"{n:03d}.x"] = made[f"{n:03d}.0"] | {"name": name}
            if f"{n:03d}.1" not in made:
                true.add((f"{n:03d}.0", f"{n:03d}.x"))
    with Linkage(columns, "name") as linkage:
        linkage.add((id, True, values) for id, values in made.items())
        linkage.prepare()
        found = {(pair.a, pair.b) for pair in linkage.pairs(linkage.learn())}
    alone = {pair for pair in found if f"{pair[0][:3]}.1" not in made}
    assert alone == true
    assert {pair for pair in found - alone if not pair[1].endswith("x")} == set()


FAMILY = (
    "Mueller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf Neumann"
    " Schroeder Schwarz Zimmermann Braun Krueger Hofmann Hartmann Lange Schmitt Werner Krause Lehmann Koehler Herrmann Walter Kaiser"
)
FIRST = "Peter Michael Thomas Andreas Wolfgang Klaus Juergen Guenter Stefan Christian Uwe Werner Frank Bernd Manfred Dieter Heinz Horst Ursula Karin Monika Sabine Petra Renate Ingrid Gisela Brigitte Andrea Claudia Susanne Gabriele Birgit"


def mistaken(count: int, twice: int) -> dict[str, tuple[str, str, date]]:
    """People of few names, and copies of some; in each copy just one thing is another: a letter of a name, or a digit of the date."""
    rng = random.Random(7)

    def letter(text: str) -> str:
        at = rng.randrange(1, len(text))
        return text[:at] + rng.choice("abcdefghiklmnoprstuvw") + text[at:]

    made = {
        f"a{n:04d}": (
            rng.choice(FIRST.split()),
            rng.choice(FAMILY.split()),
            date(rng.randrange(1930, 2005), rng.randrange(1, 13), rng.randrange(1, 29)),
        )
        for n in range(count)
    }
    for n in range(twice):
        first, family, born = made[f"a{n:04d}"]
        match n % 3:
            case 0:
                copy = (letter(first), family, born)
            case 1:
                copy = (first, letter(family), born)
            case _:
                copy = (first, family, born.replace(day=born.day % 28 + 1))
        made[f"b{n:04d}"] = copy
    return made


@pytest.mark.parametrize("apart", [False, True])
def test_copies_are_found_of_which_each_has_a_mistake(apart: bool) -> None:
    """What is equal in one field is then never equal in the other; and in five columns no single one leads to few records."""
    twice = 120 if apart else 400
    whole = [Column("name", "name"), Column("born", "date")]
    split = [Column("first", "text"), Column("family", "text"), *(Column(n, "number") for n in ("y", "m", "d"))]
    with Linkage(split if apart else whole, "family" if apart else "name") as linkage:
        linkage.add(
            (id, True, {"name": f"{first} {family}", "first": first, "family": family, "born": born, "y": born.year, "m": born.month, "d": born.day})
            for id, (first, family, born) in mistaken(10 * twice, twice).items()
        )  # fmt: skip
        linkage.prepare()
        found = {(pair.a, pair.b) for pair in linkage.pairs(linkage.learn())}
    true = {(f"a{n:04d}", f"b{n:04d}") for n in range(twice)}
    assert len(found & true) > 0.8 * twice, (len(found & true), len(found - true))
    assert len(found - true) < 0.2 * twice
