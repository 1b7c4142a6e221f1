"""How each type reads what spreadsheets hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from guanxi.schema.model import Field, Option
from guanxi.schema.types import TYPES, Bad, Env
from guanxi.schema.types.addresses import print_address, read_address
from guanxi.schema.types.choices import join_list, split_list
from guanxi.schema.types.people import full_name, split_name

ZH = Env("zh", "Asia/Shanghai", "CNY", datetime(2026, 3, 5, 1, 0, tzinfo=UTC), "ymd")
US = Env("en", "America/New_York", "USD", datetime(2026, 3, 5, 1, 0, tzinfo=UTC), "mdy")
DE = Env("en", "Europe/Berlin", "EUR", datetime(2026, 3, 5, 1, 0, tzinfo=UTC), "dmy")


def field(name: str, **more: Any) -> Field:
    return Field("value", name, {"en": "Value", "zh": "值"}, **more)


def read(name: str, text: str, env: Env = ZH, **more: Any) -> Any:
    """What is stored for a cell; the code of the refusal when there is one."""
    kind, f = TYPES[name], field(name, **more)
    try:
        return kind.parse(f, kind.read_text(f, text, env), env)
    except Bad as bad:
        return bad.code


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", "1234.5"), ("1,234.5", "1234.5"), ("¥1,234.5", "1234.5"), ("￥1，234.50", "1234.5"), ("１２３", "123"),
        ("3.5万", "35000"), ("1.2亿", "120000000"), ("3.5 万元", "35000"), ("5千", "5000"), ("2百万", "2000000"), ("1.5万亿", "1500000000000"),
        ("2.5k", "2500"), ("3M", "3000000"), ("1.2 bn", "1200000000"), ("2 million", "2000000"), ("10w", "100000"),
        ("(1,234)", "-1234"), ("(¥12.50)", "-12.5"), ("-5", "-5"), ("−5", "-5"), ("5-", "-5"), ("-¥5", "-5"), ("¥-5", "-5"), ("+5", "5"),
        ("1.234,56", "1234.56"), ("1.234.567", "1234567"), ("1 234,56", "1234.56"), ("1\u00a0234,56", "1234.56"), ("1\u202f234", "1234"),
        ("12,5", "12.5"), ("0,125", "0.13"), ("1,234", "1234"), ("1,23", "1.23"), ("12,34,567", "1234567"), ("1'234.50", "1234.5"),
        ("1’234.50", "1234.5"), (".5", "0.5"), ("¥.5", "0.5"), ("1.23E+5", "123000"), ("1234.567", "1234.57"), ("12 元", "12"),
        ("RMB 12", "12"), ("12.00 CNY", "12"), ("人民币12", "12"), ("1234元", "1234"), ("0.005", "0.01"), ("-0.005", "-0.01"),
    ],
)  # fmt: skip
def test_money(text: str, number: str) -> None:
    assert read("money", text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.500", "1500"), ("1,500", "1.5"), ("-1.500", "-1500"), ("0.500", "0.5"), ("1.500,25 €", "1500.25"), ("12.5", "12.5"), ("1.234.567", "1234567")],
)  # fmt: skip
def test_where_the_decimal_sign_is_a_comma(text: str, number: str) -> None:
    assert read("money", text, replace(DE, decimal_comma=True)) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["abc", "12abc34", "1,2,3", "1.2.3", "1,23.4,5", "--5", "(-5)", "(5", "5)", "12 34", "1e999", "", "¥", "5%", "1-2", "12:30", "1,2345,67", "5 apples", "$5€"],
)  # fmt: skip
def test_what_is_no_money(text: str) -> None:
    assert read("money", text) in ("not_a_number", "not_a_currency")


@pytest.mark.parametrize(
    ("text", "env", "stated"),
    [
        ("$5", ZH, "USD"), ("$5", US, None), ("US$5", ZH, "USD"), ("HK$5", ZH, "HKD"), ("5 €", ZH, "EUR"), ("1.234,56 €", DE, None),
        ("EUR 5", US, "EUR"), ("5 USD", ZH, "USD"), ("¥5", ZH, None), ("¥5", replace(US, currency="JPY"), None), ("5美元", ZH, "USD"),
        ("5 US dollars", DE, "USD"), ("Rs.500", ZH, "INR"), ("£5", US, "GBP"), ("50 MXN", US, "MXN"), ("5 Mio. €", US, "EUR"),
    ],
)  # fmt: skip
def test_a_currency_beside_the_amount_is_kept(text: str, env: Env, stated: str | None) -> None:
    money = TYPES["money"]
    value = money.read_text(field("money"), text, env)
    assert money.implied(field("money"), value, env) == ({"value_currency": stated} if stated else {})
    assert money.parse(field("money"), value, env) > 0


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234", 1234), ("3万", 30000), ("500人", 500), ("500 employees", 500), ("12.0", 12), ("12.5", "wrong_type"), ("007", 7), ("9" * 30, "too_big"),
     ("1-50", "not_a_number"), ("500+", "not_a_number"), ("9e18", 9 * 10**18)],
)  # fmt: skip
def test_integer(text: str, number: Any) -> None:
    assert read("integer", text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("12%", 12), ("12.5％", 12.5), ("12", 12), ("0.5", 0.5), ("120%", "too_big"), ("%", "not_a_number"), ("12 %", 12)],
)
def test_percent(text: str, number: Any) -> None:
    assert read("percent", text) == number


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h30m", 5400), ("1:30", 5400), ("0:01:30", 90), ("90 min", 5400), ("1小时30分", 5400), ("1 hour 30 minutes", 5400), ("1.5h", 5400),
        ("45秒", 45), ("2天", 172800), ("90", 5400), ("1 h, 5 min", 3900), ("１小时", 3600), ("1d 2h", 93600), ("30''", "not_a_duration"),
        ("soon", "not_a_duration"), ("1h x", "not_a_duration"), ("-5", "too_small"), ("100:00", 360000), ("1:75", "not_a_duration"),
    ],
)  # fmt: skip
def test_duration(text: str, seconds: Any) -> None:
    assert read("duration", text) == seconds


@pytest.mark.parametrize(
    ("text", "stars"),
    [("★★★", 3), ("★★★☆☆", 3), ("⭐⭐", 2), ("4", 4), ("6", "too_big"), ("0", "too_small"), ("5星", "not_a_number")],
)
def test_rating(text: str, stars: Any) -> None:
    assert read("rating", text) == stars


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((t, True) for t in ("是", "yes", "Yes", "TRUE", "true", "1", "√", "Y", "对", "１", "1.0", "✓")),
        *((t, False) for t in ("否", "no", "No", "FALSE", "0", "×", "N", "没有")),
        ("maybe", "not_yes_or_no"),
    ],
)
def test_boolean(text: str, value: Any) -> None:
    assert read("boolean", text) == value


@pytest.mark.parametrize(
    ("text", "env", "day"),
    [
        *((t, ZH, date(2026, 3, 5)) for t in (
            "2026-03-05", "2026年3月5日", "2026年03月05日 星期四", "2026 年 3 月 5 号", "26年3月5日", "2026/3/5", "2026.3.5", "20260305",
            "5 Mar 2026", "05-Mar-26", "March 5, 2026", "Mar 5th 2026", "Thu, 5 March 2026", "2026-Mar-05", "5.3.2026", "26/3/5", "26-03-05",
            "2026-03-05 00:00:00", "2026/3/5 10:22", "2026-03-05T00:00:00Z", "２０２６年３月５日", "5th of March 2026", "2026-3-5", "民国115年3月5日", "民國115.03.05", "中華民國 115 年 3 月 5 日",
        )),
        ("1/2/26", ZH, date(2001, 2, 26)), ("1/2/26", US, date(2026, 1, 2)), ("1/2/26", DE, date(2026, 2, 1)),
        ("3/5/2026", US, date(2026, 3, 5)), ("3/5/2026", DE, date(2026, 5, 3)), ("3/5/2026", ZH, "ambiguous_date"),
        ("13/5/2026", ZH, date(2026, 5, 13)), ("5/13/2026", ZH, date(2026, 5, 13)), ("5/5/2026", ZH, date(2026, 5, 5)),
        ("13/5/2026", US, date(2026, 5, 13)), ("5/13/2026", DE, date(2026, 5, 13)), ("05.03.2026", US, date(2026, 5, 3)),
        ("12/31/99", US, date(1999, 12, 31)), ("1/1/68", US, date(2068, 1, 1)),
        *((t, ZH, "not_a_date") for t in ("2026-02-30", "2026/13/1", "hello", "2026-03", "12", "20261301", "2026-03-05x", "5/2026", "0000-01-01", "2026年3月", "1/2/345", "115/3/5", "Foo 5 2026")),
    ],
)  # fmt: skip
def test_date(text: str, env: Env, day: Any) -> None:
    assert read("date", text, env) == day


def test_european_dots_are_read_day_first_when_no_order_is_stated() -> None:
    assert read("date", "5.3.2026", ZH) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("text", "env", "moment"),
    [
        *((t, ZH, "2026-03-05T07:05:00Z") for t in (
            "2026-03-05 15:05", "2026/3/5 15:05:00", "2026年3月5日 15:05", "2026年3月5日15时05分", "2026-03-05 下午3:05", "2026/3/5 3:05 PM", "2026年3月5日下午3点05分",
            "2026-03-05T15:05:00+08:00", "2026-03-05T07:05:00Z", "2026-03-05 07:05 UTC", "2026-03-05 07:05:00 +0000", "20260305 15:05", "5 Mar 2026 15:05",
            "March 5, 2026, 3:05 p.m.", "2026-03-05T07:05:00.000Z", "Thu, 05 Mar 2026 07:05:00 GMT", "2026-03-05 15:05:00.000",
        )),
        ("2026-03-05", ZH, "2026-03-04T16:00:00Z"), ("3/5/2026 12:30 AM", US, "2026-03-05T05:30:00Z"), ("3/5/2026 12:30 PM", US, "2026-03-05T17:30:00Z"),
        ("2026-03-05 中午12:00", ZH, "2026-03-05T04:00:00Z"), ("2026-03-05 上午12点半", ZH, "2026-03-04T16:30:00Z"), ("2026-03-05 晚上8点", ZH, "2026-03-05T12:00:00Z"),
        ("2026-03-05 12:00:00.123456789Z", ZH, "2026-03-05T12:00:00.123456Z"),
        *((t, ZH, "not_a_datetime") for t in ("2026-03-05 25:00", "2026-03-05 99", "2026-03-05 soon", "2026-03-05 10:61", "0001-01-01 00:00")),
    ],
)  # fmt: skip
def test_datetime(text: str, env: Env, moment: str) -> None:
    got = read("datetime", text, env)
    assert (got if isinstance(got, str) else TYPES["datetime"].dump(field("datetime"), got)) == moment


def test_datetime_in_json_without_a_zone_is_the_users_own() -> None:
    assert TYPES["datetime"].parse(field("datetime"), "2026-03-05T10:00:00", ZH) == datetime(2026, 3, 5, 2, tzinfo=UTC)


OPTIONS = (Option("technology", {"en": "Technology", "zh": "科技"}), Option("retail", {"en": "Retail", "zh": "零售"}))


@pytest.mark.parametrize(
    ("text", "value"),
    [("technology", "technology"), ("Technology", "technology"), ("TECHNOLOGY", "technology"), ("科技", "technology"), ("Ｒetail", "retail"),
     ("technolgy", "not_an_option")],
)  # fmt: skip
def test_select(text: str, value: str) -> None:
    assert read("select", text, options=OPTIONS) == value


def test_several() -> None:
    for text in (
        "Retail, Technology",
        "零售；科技",
        "零售、科技",
        "retail;technology",
        "零售，科技,",
        "Retail\nTechnology",
    ):
        assert read("multiselect", text, options=OPTIONS) == ["technology", "retail"]
    assert read("multiselect", "Retail, nope", options=OPTIONS) == "not_an_option"
    assert read("tags", "vip, 重点；a b") == ["vip", "重点", "a b"]
    assert read("tags", '"a, b"; c') == ["a, b", "c"]
    for values in (["a"], ["a, b", 'x"y', "c"], ['"', ";"], ["甲、乙", "丙"]):
        assert split_list(join_list(values)) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A.B@Example.COM", "a.b@example.com"), ("张三 <zhang.san@example.cn>", "zhang.san@example.cn"), ('"Li, Wei" <li@x.cn>', "li@x.cn"),
        ("mailto:a@b.cn", "a@b.cn"), ("张伟@例子.中国", "张伟@例子.中国"), ("ａ＠b.cn", "a@b.cn"), ("o'neil+x@b.co.uk", "o'neil+x@b.co.uk"), ("a@b.cn", "a@b.cn"),
        *((t, "not_an_email") for t in ("a@b", "@b.cn", "a b@c.cn", "a@b@c.cn", "a@b.cn; c@d.cn", "a..b@c.cn", "x" * 70 + "@b.cn", "a@-b.cn", "a@b.123")),
    ],
)  # fmt: skip
def test_email(text: str, value: str) -> None:
    assert read("email", text) == value


@pytest.mark.parametrize(
    ("text", "env", "value"),
    [
        *((t, ZH, "+8613812345678") for t in ("13812345678", "138 1234 5678", "138-1234-5678", "+86 138-1234-5678", "0086 13812345678", "８６１３８１２３４５６７８", "(+86)13812345678", "tel:13812345678", "手机：13812345678", "联系电话: 138 1234 5678", "Tel.: +86 138 1234 5678")),
        *((t, ZH, "+861012345678") for t in ("010-12345678", "(010)12345678", "+86 10 1234 5678", "+86 010 12345678", "０１０－１２３４５６７８")),
        ("010-12345678 转 801", ZH, "+861012345678;ext=801"), ("010-12345678转分机801", ZH, "+861012345678;ext=801"), ("0571-87654321", ZH, "+8657187654321"),
        ("0755-12345678-8001", ZH, "+8675512345678;ext=8001"), ("010-12345678 ext. 12", ZH, "+861012345678;ext=12"), ("+1 (415) 555-2671 x12", ZH, "+14155552671;ext=12"),
        ("400-810-8888", ZH, "+864008108888"), ("+86 400 810 8888", US, "+864008108888"), ("+86 138 1234 5678", US, "+8613812345678"),
        ("(415) 555-2671", US, "+14155552671"), ("+1 415 555 2671", ZH, "+14155552671"), ("001 415 555 2671", ZH, "+14155552671"),
        ("+49 30 901820", DE, "+4930901820"), ("(415) 555-2671", ZH, "(415) 555-2671"), ("87654321", ZH, "87654321"), ("12345 ask for Li", ZH, "12345 ask for Li"),
        ("+99 123 456", ZH, "+99 123 456"), ("(860) 555-0111", ZH, "(860) 555-0111"), ("86 010 12345678", ZH, "+861012345678"),
        *((t, ZH, "not_a_phone") for t in ("n/a", "1234", "call me", "-")), ("1" * 70, ZH, "too_long"),
    ],
)  # fmt: skip
def test_phone(text: str, env: Env, value: str) -> None:
    assert read("phone", text, env) == value


def test_phone_is_read_by_the_region_of_the_field_and_found_as_dialled() -> None:
    assert read("phone", "030 901820", ZH, config={"region": "DE"}) == "+4930901820"
    assert TYPES["phone"].search_text(field("phone"), "+861012345678;ext=801") == "+861012345678;ext=801, 01012345678"
    assert TYPES["phone"].search_text(field("phone"), "+8613812345678") == "+8613812345678, 13812345678"
    assert TYPES["phone"].search_text(field("phone"), "+14155552671") == "+14155552671"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("example.com", "https://example.com"), ("WWW.Example.COM/A", "https://www.example.com/A"), ("HTTP://Example.com", "http://example.com"),
        ("https://x.cn/路径?q=1#a", "https://x.cn/路径?q=1#a"), ("//x.cn/a", "https://x.cn/a"), ("x.cn:8080/a", "https://x.cn:8080/a"), ("http：//x.cn", "http://x.cn"),
        ("http://localhost:8000/a", "http://localhost:8000/a"), ("http://[::1]/a", "http://[::1]/a"), ("例子.中国", "https://例子.中国"),
        *((t, "not_a_url") for t in ("javascript:alert(1)", "data:text/html,x", "ftp://x.cn", "mailto:a@b.cn", "x", "http://", "http:///a", "https://a b.cn", "https://x.cn/<b>",
                                     "JaVaScRiPt:alert(1)", "https://-x.cn", "file:///etc/passwd", "https://x..cn", "a@b.cn", "vbscript:x.y")),
    ],
)  # fmt: skip
def test_url(text: str, value: str) -> None:
    assert read("url", text) == value


@pytest.mark.parametrize(
    ("full", "family", "given"),
    [
        ("张伟", "张", "伟"), ("欧阳娜娜", "欧阳", "娜娜"), ("司马光", "司马", "光"), ("诸葛亮", "诸葛", "亮"), ("王小明", "王", "小明"), ("欧阳", "欧", "阳"), ("王", "王", ""),
        ("Wei Zhang", "Zhang", "Wei"), ("Zhang, Wei", "Zhang", "Wei"), ("Ludwig van Beethoven", "van Beethoven", "Ludwig"), ("Anna Maria Röder", "Röder", "Anna Maria"),
        ("山田 太郎", "山田", "太郎"), ("阿凡提·买买提", "买买提", "阿凡提"), ("김민수", "김", "민수"), ("Cher", "", "Cher"), ("John Smith, Jr.", "Smith", "John, Jr."),
        ("Charles de Gaulle", "de Gaulle", "Charles"), ("  Wei   Zhang ", "Zhang", "Wei"),
    ],
)  # fmt: skip
def test_names_are_told_apart(full: str, family: str, given: str) -> None:
    assert split_name(full) == (family, given)


def test_names_are_put_together() -> None:
    assert full_name("张", "伟") == "张伟"
    assert full_name("Zhang", "Wei") == "Wei Zhang"
    assert full_name("", "Cher") == "Cher"
    assert full_name("山田", "はなこ") == "山田 はなこ"
    assert read("person", "Zhang, Wei") == "Wei Zhang"
    assert read("person", "John Smith, Jr.") == "John Smith, Jr."
    person = TYPES["person"]
    assert person.parse(field("person"), {"family": "李", "given": "雷"}, ZH) == "李雷"
    assert person.parse(field("person"), {"family": "Nagy", "given": "Éva", "full": "Nagy Éva"}, ZH) == "Nagy Éva"
    assert person.parse(field("person"), {"family": "", "given": None}, ZH) is None
    assert person.implied(field("person"), "Wei Zhang", ZH) == {
        "value_family": "Zhang",
        "value_given": "Wei",
        "value_salutation": None,
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1 Infinite Loop, Cupertino, CA 95014, USA", {"street": "1 Infinite Loop", "city": "Cupertino", "province": "CA", "postal_code": "95014", "country": "USA"}),
        ("10 Downing Street, London SW1A 2AA, UK", {"street": "10 Downing Street", "city": "London", "postal_code": "SW1A 2AA", "country": "UK"}),
        ("Marienplatz 8\n80331 München\nGermany", {"street": "Marienplatz 8", "postal_code": "80331", "city": "München", "country": "Germany"}),
        ("Somewhere, over the rainbow", {"street": "Somewhere, over the rainbow"}),
    ],
)  # fmt: skip
def test_addresses_are_told_apart_and_nothing_is_lost(text: str, parts: dict[str, str]) -> None:
    assert read_address(text) == parts
    kept = [c for c in "".join(dict.fromkeys(parts.values())) if c.isalnum()]
    assert sorted(kept) == sorted(c for c in text if c.isalnum())
    assert read_address(print_address(parts)) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("浙江省杭州市西湖区文三路90号", "浙江省|杭州市|西湖区|文三路90号"),
        ("北京市朝阳区建国路1号", "北京市|北京市|朝阳区|建国路1号"),
        ("上海浦东新区世纪大道100号", "上海市|上海市|浦东新区|世纪大道100号"),
        ("广西壮族自治区南宁市青秀区民族大道", "广西壮族自治区|南宁市|青秀区|民族大道"),
        ("内蒙古呼和浩特市新城区", "内蒙古自治区|呼和浩特市|新城区|"),
        ("四川省凉山彝族自治州西昌市航天大道", "四川省|凉山彝族自治州|西昌市|航天大道"),
        ("广东省东莞市长安镇振安路5号", "广东省|东莞市|长安镇|振安路5号"),
        ("江西省景德镇市珠山区", "江西省|景德镇市|珠山区|"),
        ("杭州市中山花园小区3幢", "浙江省|杭州市||中山花园小区3幢"),
        ("山东 济南市 历下区 经十路", "山东省|济南市|历下区|经十路"),
        ("重庆市万州区", "重庆市|重庆市|万州区|"),
        ("文三路90号", "|||文三路90号"),
        ("香港特别行政区中西区皇后大道中1号", "香港特别行政区|香港岛|中西区|皇后大道中1号"),
        # A city that is a county's, without the one that it lies in; what stands between, or does not.
        ("浙江省义乌市稠州北路699号", "浙江省|金华市|义乌市|稠州北路699号"),
        ("广东深圳南山区科苑路15号", "广东省|深圳市|南山区|科苑路15号"),
        ("浙江省乐清市柳市镇后街工业区", "浙江省|温州市|乐清市|柳市镇后街工业区"),
        ("重庆市县垫江县桂溪镇", "重庆市|重庆市|垫江县|桂溪镇"),
        ("云南红河州蒙自市", "云南省|红河哈尼族彝族自治州|蒙自市|"),
        ("昆山玉山镇前进西路", "江苏省|苏州市|昆山市|玉山镇前进西路"),
        # As it is called now; the street as it is written.
        ("湖北襄樊市樊城区长虹路", "湖北省|襄阳市|樊城区|长虹路"),
        ("北京市密云县鼓楼东大街3号", "北京市|北京市|密云区|鼓楼东大街3号"),
        ("贵州遵义县南白镇", "贵州省|遵义市|播州区|南白镇"),
        ("臺北市信義區市府路45號（一樓）", "台湾省|台北市|信义区|市府路45號（一樓）"),
        ("東京都千代田区丸の内1丁目", "|||東京都千代田区丸の内1丁目"),
    ],
)  # fmt: skip
def test_chinese_addresses_are_stored_by_the_divisions(text: str, parts: str) -> None:
    told = dict(zip(("province", "city", "district", "street"), parts.split("|"), strict=True))
    assert read("address", text) == {part: text for part, text in told.items() if text}
    whole = read("address", f"中国{text} 200120")
    assert (whole["country"], whole["postal_code"], whole.get("district")) == (
        "中国",
        "200120",
        told["district"] or None,
    )
    assert read("address", print_address(read("address", text))) == read("address", text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Room 301, No. 100 Nanjing East Road, Huangpu District, Shanghai 200001, China", "street: Room 301, No. 100 Nanjing East Road|district: Huangpu District|city: Shanghai|postal_code: 200001|country: China"),
        ("8 Xueyuan Rd, Haidian District, Beijing, China 100083", "street: 8 Xueyuan Rd|district: Haidian District|city: Beijing|postal_code: 100083|country: China"),
        ("Nanshan District, Shenzhen, Guangdong", "district: Nanshan District|city: Shenzhen|province: Guangdong"),
        ("Building 5, Science Park, Nanshan District, Shenzhen, Guangdong Province, 518057, P.R. China", "street: Building 5, Science Park|district: Nanshan District|city: Shenzhen|province: Guangdong Province|postal_code: 518057|country: P.R. China"),
        ("100 Century Avenue, Pudong New Area, Shanghai 200120 China", "street: 100 Century Avenue|district: Pudong New Area|city: Shanghai|postal_code: 200120|country: China"),
        # What one writes in two ways, or two write in one.
        ("18 Taibai South Rd, Yanta District, Xi'an, Shaanxi", "street: 18 Taibai South Rd|district: Yanta District|city: Xi'an|province: Shaanxi"),
        ("8 Yingze St, Taiyuan, Shanxi", "street: 8 Yingze St|city: Taiyuan|province: Shanxi"),
        ("Yuzhong District, Chongqing", "district: Yuzhong District|city: Chongqing"),
        ("Siming District, Xiamen, Fujian", "district: Siming District|city: Xiamen|province: Fujian"),
        ("Chaoyang District, Beijing", "district: Chaoyang District|city: Beijing"),
        ("Lüliang, Shanxi", "city: Lüliang|province: Shanxi"),
        ("Suzhou, Anhui", "city: Suzhou|province: Anhui"),
        ("Kunshan, Suzhou, Jiangsu", "district: Kunshan|city: Suzhou|province: Jiangsu"),
        ("Jilin, Jilin", "city: Jilin|province: Jilin"),
        ("Nanning, Guangxi Zhuang Autonomous Region", "city: Nanning|province: Guangxi Zhuang Autonomous Region"),
        ("Hohhot, Inner Mongolia", "city: Hohhot|province: Inner Mongolia"),
        # Elsewhere, or nobody knows.
        ("Kita District, Osaka, Japan", "street: Kita District, Osaka|country: Japan"),
        ("Xinyi District, Taipei, Taiwan", "street: Xinyi District, Taipei|country: Taiwan"),
        ("Anyang, South Korea", "street: Anyang|country: South Korea"),
        ("100 Main St, Canton, OH 44702", "street: 100 Main St|city: Canton|province: OH|postal_code: 44702"),
        ("Shanghai Tower, 12 Rue de Chine, Lyon", "street: Shanghai Tower, 12 Rue de Chine, Lyon"),
        ("Wenshan Road 1, Anshan", "street: Wenshan Road 1, Anshan"),
        ("5 Jalan Besar, Singapore 208787", "street: 5 Jalan Besar, Singapore 208787"),
    ],
)  # fmt: skip
def test_chinese_addresses_in_latin_letters_come_apart(text: str, parts: str) -> None:
    assert read_address(text) == dict(part.split(": ", 1) for part in parts.split("|"))


def test_currency() -> None:
    for text, code in (
        ("cny", "CNY"),
        ("¥", "CNY"),
        ("美元", "USD"),
        ("US$", "USD"),
        ("人民币 (CNY)", "CNY"),
        ("dogecoin", "not_a_currency"),
        ("ABC", "not_a_currency"),
    ):
        assert read("currency", text) == code


def test_links_from_a_spreadsheet() -> None:
    key = "0190f3a0-0000-7000-8000-000000000001"
    assert read("link", key.upper()) == key
    assert read("link", "Acme") == {"match": {"name": "Acme"}}
    assert read("link", "a@b.cn", config={"match": "email"}) == {"match": {"email": "a@b.cn"}}
    assert read("user", "Li@b.cn") == {"match": {"email": "li@b.cn"}}
    assert read("user", "Li Wei") == {"match": {"name": "Li Wei"}}
    assert read("links", f"Acme; {key}") == [{"match": {"name": "Acme"}}, key]


def test_control_characters_are_left_out_of_cells() -> None:
    assert read("text", "Acme\x07 Ltd\x0b2") == "Acme Ltd 2"
    assert read("longtext", "a\x0bb\r\nc\x01") == "a\nb\nc"
