"""Standard forms: the same thing in two spellings is one, two things stay two."""

import pytest

from guanxi import cleaning


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("  上海（巨海） 企业管理有限公司 ", "上海（巨海）企业管理有限公司"),
        ("ＡＢＣ科技(北京)有限公司", "ABC科技（北京）有限公司"),
        ("臺灣積體電路製造（股）有限公司 ", "臺灣積體電路製造（股）有限公司"),
        ("Acme (Asia)  Ltd.", "Acme (Asia) Ltd."),
        ("兰石 {owner} 【甲】· B 2 B", "兰石 {owner} 【甲】· B 2 B"),
    ],
)
def test_a_company_has_one_name_however_it_is_typed(typed: str, standard: str):
    assert cleaning.company_name(typed) == standard
    assert cleaning.company_name(standard) == standard


def test_keys_join_spellings_and_keep_companies_apart():
    key = cleaning.company_key
    assert key("上海市巨海咨询有限责任公司") == key("上海巨海咨询有限公司")
    assert key("海门市蓝芝茶叶店") == key("海门蓝芝茶叶店")
    assert key("上海市场营销有限公司") != key("上海场营销有限公司")
    assert key("臺灣積體電路製造股份有限公司") == key("台湾积体电路制造股份有限公司")
    assert key("Acme Limited") == key("ACME, Ltd.")
    assert (
        len({key(f"上海巨海{rest}") for rest in ("咨询有限公司", "咨询股份有限公司", "贸易有限公司", "咨询中心")}) == 4
    )
    assert cleaning.company_parts("武汉中联储金融服务有限公司") == cleaning.Parts(
        "武汉", "中联储", "金融服务", "有限公司"
    )


@pytest.mark.parametrize(
    ("name", "region", "brand"),
    [
        ("上海市浦东新区巨海咨询有限公司", "上海市浦东新区", "巨海"),  # each within the one before
        ("香山区平安阁贸易公司", "香山区", "平安阁"),  # 平安 lies elsewhere
        ("海宁市硖石镇巨海服饰店", "海宁市硖石镇", "巨海"),
        ("巨海国际航运青岛有限公司", "青岛", "巨海"),
        ("上海“巨海”科技有限公司.", "上海", "巨海"),
        ("栖霞山开发公司", "", "栖霞山"),  # a brand has two characters
        ("加拿大投资公司", "加拿大", ""),
        ("莱城区碰碰香礼仪有限公司", "莱城区", "碰碰香"),
        ("芜湖县小提电力设备有限公司", "芜湖县", "小提"),
        ("海门市蓝芝茶叶店", "海门市", "蓝芝"),  # a district now
        ("北京市政工程有限公司", "北京", ""),
        ("天津市民生建设有限公司", "天津市", "民生"),
        ("阿里巴巴集团控股有限公司", "", "阿里巴巴"),  # a brand that begins as a prefecture does
        ("阿里地区藏西旅游有限公司", "阿里地区", "藏西"),
        ("阿里巴巴（中国）网络技术有限公司", "中国", "阿里巴巴"),  # a country in brackets, as a city there
        ("西门子(中国)有限公司", "中国", "西门子"),
        ("上海安顺物流有限公司", "上海", "安顺"),  # and not that city, which lies elsewhere
        ("山西咸阳五龙饮料食品有限公司", "山西咸阳", "五龙"),
    ],
)
def test_regions_of_names(name: str, region: str, brand: str):
    assert (cleaning.company_parts(name).region, cleaning.company_parts(name).brand) == (region, brand)


@pytest.mark.parametrize(
    ("text", "province", "city", "district", "street"),
    [
        ("云南红河州金平县", "云南省", "红河哈尼族彝族自治州", "金平苗族瑶族傣族自治县", ""),
        ("甘孜州康定", "四川省", "甘孜藏族自治州", "康定市", ""),
        ("广西省桂林市恭城县莲花镇", "广西壮族自治区", "桂林市", "恭城瑶族自治县", "莲花镇"),
        ("呼伦贝尔盟扎兰屯市", "内蒙古自治区", "呼伦贝尔市", "扎兰屯市", ""),
        ("湖北省襄樊市小水街222号", "湖北省", "襄阳市", "", "小水街222号"),
        ("武汉市武昌县纸坊", "湖北省", "武汉市", "江夏区", "纸坊"),
        ("资阳市简阳市射洪坝", "四川省", "成都市", "简阳市", "射洪坝"),
        ("阿克苏市新和县东方花园", "新疆维吾尔自治区", "阿克苏地区", "新和县", "东方花园"),
        ("新疆生产建设兵团第八师石河子市", "新疆维吾尔自治区", "石河子市", "", ""),
        ("深圳市龙华新区大浪", "广东省", "深圳市", "龙华区", "大浪"),
        ("苏州市工业园区星湖街", "江苏省", "苏州市", "苏州工业园区", "星湖街"),
        ("济南市中区经七路", "山东省", "济南市", "市中区", "经七路"),
        ("重庆市县忠县", "重庆市", "重庆市", "忠县", ""),
        ("天津大港区港西", "天津市", "天津市", "大港区", "港西"),
        ("上海市-市辖区-浦东新区金顺路", "上海市", "上海市", "浦东新区", "金顺路"),
        ("宁波宁波市鄞州区横街镇", "浙江省", "宁波市", "鄞州区", "横街镇"),
        ("浙江省温州市null浙江省温州市瓯海区潘桥", "浙江省", "温州市", "瓯海区", "潘桥"),
        ("台州路桥银座街", "浙江省", "台州市", "路桥区", "银座街"),
        ("陝西省咸陽市乾縣", "陕西省", "咸阳市", "乾县", ""),
        ("高山中国海峡市场", "", "", "", "高山中国海峡市场"),
        ("杭州湾新区滨海路", "", "", "", "杭州湾新区滨海路"),
    ],
)
def test_places_are_known_by_what_people_call_them(text: str, province: str, city: str, district: str, street: str):
    found = cleaning.place(text)
    assert (found.province, found.city, found.district, found.street) == (province, city, district, street)


def test_numbers_of_companies_compare_in_any_writing():
    for one, other in (
        ("第一中学", "第1中学"),
        ("第十建筑公司", "第10建筑公司"),
        ("第二十三厂", "第23厂"),
        ("第十二厂", "第12厂"),
    ):
        assert cleaning.company_key(f"上海{one}") == cleaning.company_key(f"上海市{other}")
    assert (
        cleaning.company_key("上海第一百货")
        == cleaning.company_key("上海市第一百货")
        != cleaning.company_key("上海第1百货店")
    )
    assert len({cleaning.company_key(f"中铁{n}局集团") for n in ("一", "十一", "二十一")}) == 3


def test_what_could_be_two_places_is_not_sure():
    assert cleaning.place("遂城镇广东省湛江市遂溪县农林路").district == "遂溪县"
    assert not cleaning.place("柯桥轻纺城东区11楼").sure
    assert not cleaning.place("四川省成都市郫都区中国浙江省衢州市柯城区崇文路").sure


def test_characters_of_both_kinds_of_text_stay():
    assert cleaning.simplified("乾隆路的哪吒") == "乾隆路的哪吒"
    assert cleaning.simplified("乾燥設備") == "干燥设备"


def test_an_address_is_found_behind_other_words_and_a_word_like_a_place_is_none():
    text = "星光大厦（上海市浦东新区世纪大道1号）"
    found = cleaning.place(text)
    assert (found.province, found.district, found.sure) == ("上海市", "浦东新区", True)
    assert cleaning.complete({"street": text})["street"] == text, "what was written stays"
    assert not cleaning.place("地铁旁苏州市某街").sure, "a city alone may be any that is spoken of"
    assert cleaning.place("近上海市场的小店").province == ""
    found = cleaning.place("滨江路 8 号宁波远航有限公司")
    assert (found.city, found.sure) == ("宁波市", False), "what a company begins with is offered"
    assert cleaning.place("朝阳门外大街甲 6 号").province == cleaning.place("中山东一路 17 号").province == ""


def test_addresses_are_told_apart_and_guesses_are_marked():
    found = cleaning.place("广东深圳南山区科技园 5 栋")
    assert (found.province, found.city, found.district, found.sure) == ("广东省", "深圳市", "南山区", True)
    assert cleaning.place("朝阳区建国路 1 号").sure is False
    assert cleaning.place("南京路 100 号").province == cleaning.place("永定河北路 3 号").province == ""
    for street in ("南京湖南路1号", "青岛山东路9号", "广州江南大道5号"):  # as a city, never as a river or hill
        found = cleaning.place(street)
        assert found.city[:2] + found.street == street, found
    found = cleaning.place("内蒙古包头市昆都仑区钢铁大街 1 号")
    assert (found.province, found.city, found.district) == ("内蒙古自治区", "包头市", "昆都仑区")
    # What a place was called before is still on paper.
    assert cleaning.place("广东从化市城郊街").district == "从化区"
    found = cleaning.place("江干区杭海路 238 号")
    assert (found.city, found.district, found.street, found.sure) == ("杭州市", "江干区", "杭海路 238 号", True)
    found = cleaning.place("武昌鲁磨路 1 号")
    assert (found.district, found.sure) == ("武昌区", False)
    assert cleaning.complete({"district": "西湖区", "city": "杭州", "street": "文三路"})["province"] == "浙江省"


def test_a_town_tells_of_its_district():
    found = cleaning.place("千灯镇汶浦中路 66 号")
    assert (found.province, found.city, found.district, found.sure) == ("江苏省", "苏州市", "昆山市", False)
    assert found.street == "千灯镇汶浦中路 66 号", "the town is part of the street"
    assert cleaning.complete({"city": "苏州市", "street": "千灯镇汶浦中路 66 号"})["district"] == "昆山市"
    assert cleaning.place("松陵镇友谊工业区").district == "吴江区", "a town that became a street"
    assert cleaning.place("塘厦镇莲湖路").district == "塘厦镇", "a city that has no districts"
    assert cleaning.place("太平镇黎明工业区").province == "", "there are fifty"
    assert cleaning.place("昆山经济技术开发区前进路").city == "苏州市"
    assert cleaning.place("上海市三联工业区万安路").district == "", "a zone is none"


def test_every_wrong_sign_in_a_number_is_noticed():
    code, card = "91310115MA1K3BTP2B", "11010519491231002X"
    assert cleaning.credit_code_ok(code)
    assert cleaning.identity_ok(card)
    for at in range(18):
        for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if sign != code[at]:
                assert not cleaning.credit_code_ok(code[:at] + sign + code[at + 1 :])
            if sign != card[at]:
                assert not cleaning.identity_ok(card[:at] + sign + card[at + 1 :])


def test_a_domain_is_that_of_a_company_not_of_a_mail_service():
    assert (
        cleaning.domain_of("li@sales.example.com.cn")
        == cleaning.domain_of("https://www.example.com.cn/a")
        == "example.com.cn"
    )
    assert cleaning.domain_of("li@qq.com") is None


def test_a_short_rest_behind_a_city_is_a_name_like_another():
    assert cleaning.company_parts("巨海青岛甲公司").form == "公司"


def test_ordinals_of_any_form_are_one_number() -> None:
    key = cleaning.company_key
    assert key("解放军第一五一医院") == key("解放军第151医院")
    assert key("上海市第三〇五医院") == key("上海市第305医院")
    assert key("第十二中学") == key("第12中学") == key("第一十二中学")
    for odd in ("第十十中学", "第一二十三中学", "第三三", "第二百中学"):
        assert key(odd), "whatever it is, it is no error"
