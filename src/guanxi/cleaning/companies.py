"""Names of companies: one way of writing them, a key by which they compare, and the parts they are made of.

A Chinese name is region, brand, trade and legal form: 上海 · 巨海 · 企业管理顾问 · 有限公司. ``trades.txt`` holds words of trades;
it is made of the list of companynameparser (Apache-2.0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from guanxi.cleaning.addresses import places
from guanxi.cleaning.characters import HAN, simplified, tidy

_FORMS = [
    "股份有限责任公司",
    "股份有限公司",
    "集团有限责任公司",
    "有限责任公司",
    "集团股份有限公司",
    "集团有限公司",
    "控股有限公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "分公司",
    "子公司",
    "支公司",
    "公司",
    "有限责任",
    "有限合伙",
    "普通合伙",
    "特殊普通合伙",
    "合伙企业",
    "个人独资企业",
    "个体工商户",
    "集团",
    "股份",
    "合作社",
    "专业合作社",
    "农民专业合作社",
    "联合社",
    "事务所",
    "研究院",
    "研究所",
    "设计院",
    "医院",
    "学院",
    "大学",
    "学校",
    "银行",
    "分行",
    "支行",
    "中心",
    "服务中心",
    "咨询中心",
    "协会",
    "基金会",
    "工作室",
    "商行",
    "经营部",
    "门市部",
    "营业部",
    "服务部",
    "销售部",
    "经销部",
    "经销处",
    "维修部",
    "物资部",
    "批发部",
    "办事处",
    "服务站",
    "加工厂",
    "总厂",
    "分厂",
    "厂",
    "商店",
    "专卖店",
    "专营店",
    "便利店",
    "店",
    "超市",
    "商场",
    "馆",
    "院",
    "行",
    "坊",
    "部",
    "社",
    "场",
    "吧",
    "室",
    "局",
    "所",
    "铺",
]
_WORDS = [
    "国际",
    "集团",
    "控股",
    "科技",
    "技术",
    "实业",
    "贸易",
    "商贸",
    "发展",
    "投资",
    "管理",
    "咨询",
    "服务",
    "工程",
    "建设",
    "建筑",
    "信息",
    "网络",
    "电子",
    "电气",
    "电器",
    "机械",
    "设备",
    "制造",
    "食品",
    "饮料",
    "餐饮",
    "酒店",
    "物流",
    "货运",
    "运输",
    "航运",
    "化工",
    "材料",
    "医药",
    "药业",
    "生物",
    "环保",
    "能源",
    "电力",
    "文化",
    "传媒",
    "传播",
    "广告",
    "设计",
    "装饰",
    "装修",
    "教育",
    "培训",
    "人力资源",
    "劳务",
    "保险",
    "金融",
    "融资",
    "租赁",
    "房地产",
    "物业",
    "开发",
    "营销",
    "策划",
    "软件",
    "通信",
    "通讯",
    "智能",
    "数据",
    "服饰",
    "服装",
    "纺织",
    "纺织品",
    "家具",
    "建材",
    "五金",
    "塑胶",
    "塑料",
    "橡胶",
    "包装",
    "印刷",
    "农业",
    "园林",
    "种植",
    "养殖",
    "饲料",
    "矿业",
    "钢铁",
    "金属",
    "汽车",
    "配件",
    "部件",
    "体育",
    "用品",
    "文具",
    "珠宝",
    "美容",
    "健康",
    "医疗",
    "器械",
    "供应链",
    "电子商务",
    "进出口",
    "外贸",
    "国际贸易",
    "企业",
    "顾问",
    "经贸",
    "综合",
    "清洗",
    "保洁",
    "家政",
    "安装",
    "维修",
    "加工",
    "财产",
    "产业",
    "创业",
    "资产",
    "证券",
    "基金",
    "典当",
    "担保",
    "拍卖",
    "代理",
    "会展",
    "旅游",
    "旅行",
    "影视",
    "艺术",
    "行",
    "动物",
    "调味品",
    "副食",
    "门市",
    "食品",
    "商品",
    "百货",
    "日用品",
    "保税区",
    "开发区",
    "空调",
    "跑道",
    "彩印",
    "展览",
    "仓储",
    "快递",
    "检测",
    "认证",
    "测绘",
    "勘察",
    "监理",
    "造价",
    "安防",
    "消防",
    "照明",
    "光电",
    "半导体",
    "新能源",
    "新材料",
]
_BRACKETS = re.compile(r"（([^（）]*)）")
_DROPPED = re.compile(r"[^\w]+|_+")
_WESTERN = re.compile(
    r"[\s,.]*\b(?:(?:co|company|corp|corporation|inc|incorporated|limited|ltd|llc|llp|lp|plc|gmbh|ag|kg|sa|s\.a|srl|s\.r\.l|spa|bv|b\.v|nv|oy|ab"
    r"|pty|pte|sdn|bhd|kk|k\.k)\b\.?[\s,.&]*)+\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a name is made of, each in the standard form; empty where it has none."""

    region: str
    brand: str
    trade: str
    form: str


def company_name(text: str) -> str:
    """The name as it should be written: plain widths, full-width brackets in Chinese, no stray spaces. Traditional characters
    stay; :func:`company_key` compares them."""
    return tidy(text).strip(" ,，。;；、")


def company_key(text: str) -> str:
    """What is equal for two ways to write one name: without signs and case, one spelling for 有限责任公司, regions without their kind."""
    name = simplified(company_name(text))
    if not HAN.search(name):
        key = _DROPPED.sub(" ", name.casefold().replace("&", " and ")).strip()
        for long, short in (("limited", "ltd"), ("incorporated", "inc"), ("corporation", "corp"), ("company", "co")):
            key = re.sub(rf"\b{long}\b", short, key)
        return key
    regions, rest = _regions(name)
    form = re.sub(r"有限责任(?=公司)", "有限", rest)
    return _DROPPED.sub("", ("".join(_bare(r) for r in regions) + form).casefold())


def _bare(region: str) -> str:
    return places().get(region, region)


def _regions(name: str) -> tuple[list[str], str]:
    """The regions with which a name begins, and the rest; at least two characters are left of it."""
    found: list[str] = []
    while True:
        for size in range(min(12, len(name) - 2), 1, -1):
            if name[:size] in places() and not (found and found[-1][:2] == name[:2] and size == 2):
                found.append(name[:size])
                name = name[size:]
                break
        else:
            return found, name


@cache
def _trades() -> frozenset[str]:
    listed = (files("guanxi.cleaning") / "trades.txt").read_text("utf-8").split()
    return frozenset(w for w in (*listed, *_WORDS) if len(w) > 1)


_BY_LENGTH = tuple(sorted(set(_FORMS), key=len, reverse=True))


def company_parts(text: str) -> Parts:
    """Region, brand, trade and legal form of a name. A name of trades alone has no brand."""
    name = simplified(company_name(text))
    if not HAN.search(name):
        found = _WESTERN.search(name)
        return Parts(
            "", name[: found.start()] if found else name, "", name[found.start() :].strip(" ,.") if found else ""
        )
    inner = [region for region in _BRACKETS.findall(name) if region in places()]
    name = _BRACKETS.sub(lambda m: "" if m[1] in places() else m[1], name)
    regions, rest = _regions(name)
    form = next((f for f in _BY_LENGTH if rest.endswith(f) and len(rest) > len(f)), "")
    rest = rest[: len(rest) - len(form)]
    if rest.endswith("分") or re.search(r"第[一二三四五六七八九十]+\Z", rest):
        rest = re.sub(r"第?[一二三四五六七八九十]*分?\Z", "", rest)
    if (
        form in ("分公司", "支公司", "分行", "支行", "公司", "有限公司")
        and (again := re.fullmatch(r"(.{4,}?)([\u4e00-\u9fff]{2,4})", rest))
        and again[2] in places()
        and not any(rest.endswith(w) for w in _trades() if len(w) >= len(again[2]))
    ):
        inner.append(again[2])
        rest = again[1]
    start = _trade_start(rest)
    brand, trade = rest[:start], rest[start:]
    return Parts("".join(regions + inner), brand, trade, form)


def _trade_start(text: str) -> int:
    """Where the words of trades begin that reach to the end: as early as can be, leaving a brand of two characters or none."""
    ends = {len(text)}
    for at in range(len(text) - 2, -1, -1):
        if any(
            at + size in ends and text[at : at + size] in _trades() for size in range(2, min(10, len(text) - at) + 1)
        ):
            ends.add(at)
    return min(at for at in ends if at != 1)
