"""Invented Chinese companies, people and what is said about them. The words are ordinary; the combinations are made up."""
# ruff: noqa: SIM905, ARG002 - a list of words reads best as words; a language may not need all that it is told

from __future__ import annotations

import random
from collections.abc import Mapping

from pypinyin import lazy_pinyin

from guanxi.sample.tongue import Firm, Name, Squad, Tongue

SURNAMES = (
    "王王王王李李李李张张张张刘刘刘陈陈陈杨杨黄黄赵赵吴吴周周徐徐孙孙马马朱朱胡胡郭郭何何林林高高罗罗郑郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁于蒋蔡余"
    "杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
COMPOUND = ("欧阳", "上官", "司徒", "诸葛", "慕容")
GIVEN = (
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 涛 明 超 霞 平 刚 桂 浩 颖 鑫 波 辉 玲 婷 宇 峰 斌 佳 晨 雪 莹 倩 昊 岚 "
    "建国 志强 志远 海涛 海燕 晓燕 晓东 晓明 文静 文博 思远 思雨 雨桐 雨欣 子涵 子轩 梓涵 佳怡 佳琪 嘉豪 嘉欣 俊杰 俊峰 立新 立群 "
    "国强 国栋 建华 建军 丽华 丽娟 秀英 秀兰 春梅 雪梅 玉兰 红梅 永强 永健 明辉 明哲 天宇 天佑 宏伟 宏宇 振华 振东 少杰 少华 "
    "若琳 若溪 诗涵 诗雨 欣怡 欣悦 一鸣 一凡 亦菲 可馨 可欣 静怡 静雯 慧敏 慧玲 景行 景明 启航 启明 承志 承宇 锦程 锦秀 奕辰 奕彤 "
    "泽宇 泽民 睿哲 睿琪 书瑶 书豪 云飞 云龙 长林 长河 培根 培源 学文 学军 家骏 家伟 家慧 凯文 凯旋 伯涵 仲良 敬业 守诚 维新"
).split()

# Province, city, and districts of it.
CITIES = (
    ("北京市", "北京市", "海淀区 朝阳区 丰台区 大兴区 通州区", "100080", "010"),
    ("上海市", "上海市", "浦东新区 闵行区 徐汇区 嘉定区 松江区", "201203", "021"),
    ("广东省", "深圳市", "南山区 福田区 宝安区 龙岗区 光明区", "518057", "0755"),
    ("广东省", "广州市", "天河区 黄埔区 番禺区 海珠区", "510630", "020"),
    ("广东省", "东莞市", "", "523808", "0769"),
    ("广东省", "佛山市", "顺德区 南海区 禅城区", "528300", "0757"),
    ("浙江省", "杭州市", "滨江区 余杭区 西湖区 萧山区", "310051", "0571"),
    ("浙江省", "宁波市", "鄞州区 北仑区 江北区", "315100", "0574"),
    ("浙江省", "温州市", "鹿城区 龙湾区 瓯海区", "325000", "0577"),
    ("江苏省", "苏州市", "工业园区 高新区 吴中区 昆山市", "215123", "0512"),
    ("江苏省", "南京市", "江宁区 鼓楼区 建邺区 浦口区", "211100", "025"),
    ("江苏省", "无锡市", "新吴区 滨湖区 惠山区", "214028", "0510"),
    ("四川省", "成都市", "高新区 武侯区 双流区 青羊区", "610041", "028"),
    ("湖北省", "武汉市", "洪山区 江夏区 东西湖区", "430074", "027"),
    ("陕西省", "西安市", "雁塔区 长安区 未央区", "710075", "029"),
    ("山东省", "青岛市", "崂山区 黄岛区 城阳区", "266061", "0532"),
    ("山东省", "济南市", "历下区 高新区 槐荫区", "250101", "0531"),
    ("福建省", "厦门市", "思明区 湖里区 集美区", "361008", "0592"),
    ("湖南省", "长沙市", "岳麓区 雨花区 开福区", "410205", "0731"),
    ("重庆市", "重庆市", "渝北区 两江新区 九龙坡区", "401121", "023"),
    ("天津市", "天津市", "滨海新区 西青区 南开区", "300457", "022"),
    ("辽宁省", "大连市", "甘井子区 沙河口区 高新区", "116023", "0411"),
    ("安徽省", "合肥市", "蜀山区 包河区 高新区", "230088", "0551"),
    ("河南省", "郑州市", "金水区 高新区 经开区", "450001", "0371"),
)
ROADS = "科创路 星湖街 创新大道 望江路 工业南路 云杉路 长风街 春晓路 滨河大道 启航路 学府路 文汇路 迎宾大道 新港路 兴业街 金沙路 青年路 松涛路 海棠路 银杏大道".split()
SITES = ("科技园", "产业园", "创业大厦", "国际中心", "软件园", "智造园", "商务广场", "")

FIRST = "恒 锐 华 云 远 鼎 宏 星 博 智 瑞 创 安 海 盛 启 青 金 天 卓 新 凌 科 佳 东 百 中 荣 利 合 嘉 弘 泰 力 德 润 汇 万 开 晨".split()
SECOND = "辰 帆 泽 拓 讯 锋 川 禾 腾 源 达 信 维 茂 越 通 诚 岳 翔 驰 睿 然 成 和 图 尚 联 木 凯 航 美 铭 康 森 能 元 岭 桥".split()
TRADES: Mapping[str, str] = {
    "manufacturing": "精密制造 新材料 五金制品 包装制品",
    "machinery": "机械装备 智能装备 数控机床 液压机械",
    "electronics": "电子 半导体 光电科技 微电子",
    "technology": "科技 智能科技 物联网科技",
    "software": "软件 信息技术 网络科技 数据科技",
    "telecommunications": "通信技术 通信设备",
    "finance": "融资租赁 商业保理 资产管理",
    "retail": "商贸 连锁超市 百货 家居",
    "consumer_goods": "食品 日化 服饰 饮品",
    "medical": "医疗器械 生物医药 医药",
    "education": "教育科技 教育咨询",
    "construction": "建设工程 建筑装饰 置业",
    "energy": "新能源 电力科技 环保能源",
    "logistics": "物流 供应链管理 国际货运",
    "agriculture": "农业科技 生态农业 种业",
    "entertainment": "文化传媒 影视文化",
    "marketing": "广告传媒 营销策划",
    "services": "企业管理咨询 检测技术 工程咨询",
    "employment": "人力资源服务",
}
FORMS = ("有限公司", "有限公司", "有限公司", "股份有限公司", "集团有限公司")


def _name(full: str, family: int = 1) -> Name:
    read = lazy_pinyin(full)
    first = "".join(read[:family])
    return Name(full[:family], full[family:], full, f"{first}.{''.join(read[family:])}")


class Chinese(Tongue):
    """Simplified Chinese, mainland addresses."""

    language = "zh"
    department = "销售中心"
    head = _name("顾承宇")
    squads = (
        Squad("华东大区", _name("沈嘉怡"), (_name("许文博"), _name("林若溪"), _name("蒋一凡"), _name("陆思远"))),
        Squad("华南大区", _name("梁志远"), (_name("黄可馨"), _name("何俊峰"), _name("罗静雯"))),
        Squad("华北大区", _name("田振东"), (_name("赵雨欣"), _name("孟启航"), _name("郝明哲"))),
    )
    date_format = "{m} 月 {d} 日"

    def person(self, rng: random.Random) -> Name:
        """A name of one or two characters after the family name."""
        family = rng.choice(COMPOUND) if rng.random() < 0.01 else rng.choice(SURNAMES)
        return _name(family + rng.choice(GIVEN), len(family))

    def firm(self, rng: random.Random, industry: str, place: Mapping[str, str]) -> Firm:
        """Place, brand, trade and legal form, as registered: 苏州恒锐精密制造有限公司."""
        first, second = rng.choice(FIRST), rng.choice(SECOND)
        brand = first + second if first != second else first + "信"
        if rng.random() < 0.3:
            brand += rng.choice(SECOND)
        trade = rng.choice(TRADES.get(industry, "实业 贸易").split())
        city = place["city"].removesuffix("市")
        # 半导体 is a word and is kept, 精密制造 becomes 精密, 供应链管理 供应链.
        line = trade if len(trade) <= 3 else trade[:-2]
        return Firm(f"{city}{brand}{trade}{rng.choice(FORMS)}", brand + line, "".join(lazy_pinyin(brand)))

    def called(self, name: Name, title: str) -> str:
        """By family name and rank: 王总, 李经理."""
        for ending, rank in (("总经理", "总"), ("总监", "总"), ("经理", "经理"), ("主任", "主任"), ("主管", "主管")):
            if title.endswith(ending):
                return name.family + rank
        return name.full

    def money(self, amount: int) -> str:
        """In tens of thousands: 30 万."""
        return f"{amount / 10_000:.0f} 万" if amount >= 10_000 else f"{amount} 元"

    def address(self, rng: random.Random) -> dict[str, str]:
        """A road that many cities have, in a district of a big city."""
        province, city, districts, postal, _ = rng.choice(CITIES)
        site = rng.choice(SITES)
        street = f"{rng.choice(ROADS)} {rng.randint(1, 998)} 号" + (f"{site} {rng.randint(1, 12)} 栋" if site else "")
        district = rng.choice(districts.split()) if districts else ""
        parts = {
            "country": "中国",
            "province": province,
            "city": city,
            "district": district,
            "street": street,
            "postal_code": postal,
        }
        return {k: v for k, v in parts.items() if v}

    def mobile(self, rng: random.Random, place: Mapping[str, str]) -> str:
        """China reserves no range for fiction; 154 and 164 are prefixes that have been given to no operator."""
        return f"+86 1{rng.choice(('54', '64'))}{rng.randrange(10**8):08d}"

    def phone(self, rng: random.Random, place: Mapping[str, str]) -> str:
        """Local numbers do not begin with 90 to 94: 9 is for short service numbers."""
        code = next((c for _, city, _, _, c in CITIES if city == place.get("city")), "010")
        size = 8 if len(code) == 3 or code in ("0755", "0571", "0512", "0532", "0591", "0574") else 7
        return f"+86 {code[1:]} 9{rng.randrange(5 * 10 ** (size - 2)):0{size - 1}d}"
