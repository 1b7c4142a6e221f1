"""Invented Chinese companies, people and what is said about them. The words are ordinary; the combinations are made up."""
# ruff: noqa: SIM905, ARG002 - a list of words reads best as words; a language may not need all that it is told

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from pypinyin import lazy_pinyin

from guanxi.sample.tongue import Firm, Good, Line, Name, Squad, Tongue

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
    goods = (
        Good(
            "智能排产系统",
            "排产系统",
            "GX-APS",
            "软件",
            268_000,
            "套",
            "按订单、设备和人员自动排产，异常时分钟级重排。",
        ),
        Good("设备监测网关", "监测网关", "GX-GW2", "硬件", 6_800, "台", "采集振动、温度与电流，断网续传。"),
        Good("质检视觉工作站", "视觉质检", "GX-VS4", "硬件", 138_000, "台", "表面缺陷在线检测，支持十二种材质。"),
        Good("能耗管理平台", "能耗平台", "GX-EMS", "软件", 158_000, "套", "分项计量、峰谷分析与碳排放报表。"),
        Good("仓储管理系统", "仓储系统", "GX-WMS", "软件", 196_000, "套", "收货、上架、拣选与盘点，支持手持终端。"),
        Good("生产看板订阅", "生产看板", "GX-BRD", "订阅", 36_000, "年", "车间实时看板，按产线计费。"),
        Good("设备预测维护", "预测维护", "GX-PDM", "订阅", 88_000, "年", "轴承与电机的早期故障预警。"),
        Good("数据集成服务", "数据集成", "GX-INT", "服务", 75_000, "项", "对接 ERP、MES 与财务系统。"),
        Good("现场实施服务", "现场实施", "GX-IMP", "服务", 2_800, "人天", "驻场部署、调试与验收。"),
        Good("操作培训", "操作培训", "GX-TRN", "服务", 12_000, "场", "班组长与操作工的现场培训。"),
        Good("年度维护", "年度维护", "GX-MNT", "服务", 48_000, "年", "7×24 小时响应，备件先行。"),
        Good("工业平板终端", "工业平板", "GX-T10", "硬件", 4_600, "台", "十寸三防终端，戴手套可操作。"),
    )
    titles = (
        ("总经理", "总经办", "decider"), ("副总经理", "总经办", "decider"), ("生产总监", "生产部", "decider"),
        ("采购经理", "采购部", "buyer"), ("采购专员", "采购部", "buyer"), ("信息部经理", "信息部", "influencer"),
        ("IT 主管", "信息部", "influencer"), ("设备部经理", "设备部", "influencer"), ("车间主任", "生产部", "user"),
        ("质量经理", "质量部", "influencer"), ("财务总监", "财务部", "decider"), ("财务经理", "财务部", "gatekeeper"),
        ("总经理助理", "总经办", "gatekeeper"), ("仓储主管", "物流部", "user"), ("运营总监", "运营部", "decider"),
        ("项目经理", "项目部", "user"),
    )  # fmt: skip
    deals = (
        "{firm}{product}采购",
        "{firm}{product}一期",
        "{firm}{product}二期扩容",
        "{firm}{product}试点",
        "{firm}新厂区{product}",
        "{firm}{product}升级",
    )
    renewals = ("{firm}{product}续约", "{firm}年度框架续签")
    steps = (
        "周四前发送修订报价", "约技术负责人现场演示", "等待法务审合同", "确认付款节点", "补充同行业案例", "拜访采购经理确认预算",
        "安排样机试用", "与财务确认开票信息", "提交投标文件", "邀请总经理参观样板工厂",
    )  # fmt: skip
    needs = (
        "三条产线换型频繁，希望缩短排产时间。", "老设备没有联网，想先做监测再谈自动化。", "客户审厂要求追溯到批次，目前靠纸质记录。",
        "能耗成本上升，需要按车间核算。", "仓库账实不符，年底前要完成整改。", "人工目检漏检率高，想看视觉方案。",
    )  # fmt: skip
    tags = ("样板客户", "集团客户", "上市公司", "专精特新", "老客户转介绍", "需上门", "账期客户", "出口型")
    places = ("客户会议室", "客户工厂", "我司展厅", "线上会议", "苏州样板工厂", "客户总部 12 层")
    notes = (
        Line(
            "现场走访",
            "{person}带着看了两条产线，瓶颈在换型和等料。现在靠班长的经验排产，插单一多就乱。愿意先拿一条线试点。",
        ),
        Line("预算情况", "和{person}确认：今年预算 {amount}左右，已列入二季度计划，超出部分要总经理特批。"),
        Line("竞争对手", "对方也在看另一家的方案，价格低一成，但没有本地服务。{person}更看重上线周期和驻场支持。"),
        Line("技术交流结论", "接口清单已对齐：ERP 用标准接口，MES 需要二次开发约 15 人天。{person}要求给出测试环境。"),
        Line("报价反馈", "{person}对{product}的总价没有异议，希望首付款降到三成，验收后付清。已答应内部申请。"),
        Line("决策链", "最终由总经理拍板，{person}负责写立项报告，财务关注回收期，给他们一份投入产出测算。"),
        Line("客户近况", "新厂区下月投产，设备陆续进场，{product}最好赶在试生产前到位。"),
        Line(
            "上线回访",
            "使用两周，交付准时率从 82% 升到 93%，{person}愿意做参观案例。还提到想把二厂也接进来。",
            won=True,
        ),
        Line("合同进展", "法务改了两处：违约金上限和数据归属。已转公司法务，预计三天内给回复。"),
        Line("试点总结", "试点线换型时间缩短 26%，{person}在周会上做了汇报，领导口头同意推广。", won=True),
        Line("老客户转介绍", "{person}介绍了兄弟公司的生产总监，约下周通话。"),
        Line("付款提醒", "发票已寄到，{person}说月底统一付款，届时再跟一次。", won=True),
    )
    calls = (
        Line("确认方案演示时间", "约在{day}上午，{person}会请生产和信息部一起参加。"),
        Line("跟进报价", "{person}已收到报价，正在走内部审批，下周给答复。"),
        Line("了解项目预算", "预算还没批，{person}建议先做小范围试点。"),
        Line("合同细节沟通", "付款方式和质保期已谈妥，剩交货日期。"),
        Line("回访使用情况", "整体满意，报表导出希望再快一些，已记录。", won=True),
        Line("首次联系", "说明来意，{person}有兴趣，要先看同行业案例。"),
        Line("催收尾款", "{person}答应本周安排付款。", won=True),
        Line("邀请参加展会", "{person}确认会带两位同事来展位。"),
    )
    missed = (Line("未接通，稍后再打"), Line("无人接听，已发短信"), Line("占线"))
    meetings = (
        Line("方案演示", "演示{product}，重点看换型与插单场景。参会：{person}及生产、信息部同事。"),
        Line("现场勘查", "查看设备型号与网络条件，确认安装位置。"),
        Line("商务谈判", "讨论价格、付款节点与验收标准。"),
        Line("项目启动会", "确认里程碑、双方负责人与沟通机制。"),
        Line("高层拜访", "介绍规划，了解客户未来三年的产能计划。"),
        Line("季度回顾", "过一遍使用数据与改进项。", won=True),
        Line("技术答疑", "接口、权限与数据安全问题。"),
    )
    tasks = (
        Line("给{person}发修订版报价", "按首付三成重新排付款计划。"),
        Line("准备{product}演示环境", "用客户给的样例数据，提前一天试跑。"),
        Line("整理同行业案例发{person}", ""),
        Line("约{person}下周拜访", ""),
        Line("提交合同审批", "附上法务意见和报价单。"),
        Line("核对{firm}开票信息", ""),
        Line("寄送样机", "顺丰到付，注明项目编号。"),
        Line("跟进试点数据", "汇总换型时间与停机原因。", won=True),
        Line("更新投标文件", "补充售后网点与资质。"),
        Line("回复{person}的技术问题", "数据保留多久、能否本地部署。"),
        Line("申请特价", "附竞争对手报价截图。"),
        Line("{firm}续约提醒", "到期前一个月给方案。", won=True),
    )
    about: Mapping[str, Sequence[str]] = {
        "manufacturing": ("两个厂区，主要做出口订单，旺季三班倒。", "为家电和汽车厂配套，交期考核严。"),
        "machinery": ("单件小批为主，换型频繁，设备数控化率高。",),
        "electronics": ("SMT 产线八条，客户要求全程追溯。",),
        "logistics": ("仓库五万平方米，日均出库两万单。",),
        "consumer_goods": ("多品类小批量，保质期管理是重点。",),
        "medical": ("需要满足医疗器械追溯要求，年底有飞行检查。",),
        "": ("重点培育客户，关注投入产出。", "集团统一采购，各分厂单独验收。", "由老客户介绍，决策较快。"),
    }
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
        return Firm(f"{city}{brand}{trade}{rng.choice(FORMS)}", brand + trade[:2], "".join(lazy_pinyin(brand)))

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
