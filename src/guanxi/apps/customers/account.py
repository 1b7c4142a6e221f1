"""A customer, real or possible: a company or a person."""

from __future__ import annotations

from guanxi.apps.customers import CALENDARS, GENDERS, INDUSTRIES, KEPT_BY, SOURCES
from guanxi.apps.customers.pooled import Pooled, held_from_now, protection_is_given
from guanxi.apps.customers.reachable import PREFERENCES, Reachable, one_refusal
from guanxi.apps.customers.sectors import SECTORS
from guanxi.records import Context
from guanxi.records.rules import before_save, check
from guanxi.schema.declare import (
    Address,
    Date,
    DateTime,
    Email,
    Formula,
    Integer,
    Link,
    LongText,
    Money,
    Phone,
    Rollup,
    SealedText,
    Select,
    Tags,
    Text,
    Url,
    User,
    alike,
    board,
    form,
    table,
)
from guanxi.schema.model import Rule

BOUGHT = {"field": "status", "op": "in", "value": ["placed", "paid", "shipped", "completed"]}
"""Orders that count as bought."""

OPEN_ORDER = {"field": "status", "op": "in", "value": ["placed", "paid", "shipped"]}
OPEN_CASE = {"field": "status", "op": "in", "value": ["new", "open", "waiting"]}


def shown(name: str, en: str, zh: str, kind: str, fields: str) -> Rule:
    """Fields of one kind of account only."""
    return Rule(name, "show", {"en": en, "zh": zh}, {"field": "kind", "op": "eq", "value": kind}, tuple(fields.split()))


class Account(
    Reachable,
    Pooled,
    label=("Account", "客户"),
    plural=("Accounts", "客户"),
    area="customers",
    icon="building",
    owner="owner",
    subtitle=("industry", "phone"),
):
    """A company or a person that buys, bought or may buy."""

    name = Text("Name", "客户名称", required=True, max=255, search="A", standard="company")
    short_name = Text("Short name", "简称", max=120, search="A")
    kind = Select("Kind", "类型", "company Company 企业 | person Person 个人", default="company")
    status = Select(
        "Status",
        "状态",
        "prospect Prospect 潜在 blue | customer Customer 成交 green | inactive Inactive 停用 gray",
        default="prospect",
        track=True,
        index=True,
    )
    grade = Select(
        "Grade",
        "等级",
        "strategic Strategic 战略 | important Important 重要 | ordinary Ordinary 普通",
        seal=True,
        track=True,
        index=True,
    )
    lifecycle = Select(
        "Lifecycle",
        "生命周期",
        "first_touch First_touch 初次接触 gray | lead Lead 线索 blue | opportunity Opportunity 商机 blue | new_customer New_customer 新客户 green"
        " | active Active 活跃客户 green | loyal Loyal 忠诚客户 green | advocate Advocate 推荐客户 green | dormant Dormant 休眠客户 gold"
        " | lost Lost 流失客户 red | won_back Won_back 赢回客户 green",
        readonly=True,
        track=True,
        index=True,
    )
    lifecycle_since = DateTime("In this stage since", "进入当前阶段时间", readonly=True)
    score = Integer("Score", "综合得分", readonly=True, index=True, min=0, max=100)
    value_score = Integer("Value score", "价值得分", readonly=True, min=0, max=100)
    potential_score = Integer("Potential score", "潜力得分", readonly=True, min=0, max=100)
    loyalty_score = Integer("Loyalty score", "忠诚得分", readonly=True, min=0, max=100)
    service_due = Date("Contact due", "应联系日期", readonly=True, index=True)
    industry = Select("Industry", "行业", INDUSTRIES, index=True)
    economic_sector = Select(
        "Economic sector",
        "国民经济行业",
        SECTORS,
        index=True,
        help=("Division of GB/T 4754-2017.", "国民经济行业分类（GB/T 4754-2017）大类。"),
    )
    size = Select(
        "Size", "企业规模", "large Large 大型 | medium Medium 中型 | small Small 小型 | micro Micro 微型", index=True
    )
    source = Select("Source", "来源", SOURCES)
    phone = Phone("Phone", "电话", search="B")
    email = Email("E-mail", "邮箱", search="B", index=True)
    website = Url("Website", "网址")
    address = Address("Address", "地址")
    region = Text(
        "Region",
        "地区",
        max=120,
        index=True,
        search="C",
        help=("Province, city and district; follows the address.", "省、市、区县；随地址而定。"),
    )
    parent = Link(
        "account",
        "Parent account",
        "上级客户",
        inverse="subsidiaries",
        inverse_label=("Subsidiaries", "下级客户"),
        tree=True,
    )
    registration = Text(
        "Registration number",
        "统一社会信用代码",
        max=40,
        search="C",
        index=True,
        standard="uscc",
        help=("The number under which the company is registered.", "企业的统一社会信用代码或注册号。"),
    )
    former_names = Tags("Former names", "曾用名", search="B")
    employees = Integer("Employees", "员工人数", min=0)
    revenue = Money("Annual revenue", "年营收")
    founded = Integer("Founded", "成立年份", min=1000, max=2200)
    invoice_title = Text("Invoice title", "发票抬头", max=255, standard="company")
    tax_number = Text("Tax number", "纳税人识别号", max=40, standard="uscc")
    bank = Text("Bank", "开户银行", max=255)
    bank_account = Text("Bank account", "银行账号", max=60)
    invoice_address = Text("Invoice address", "发票地址", max=255)
    invoice_phone = Phone("Invoice phone", "发票电话")
    gender = Select("Gender", "性别", GENDERS)
    birthday = Date("Birthday", "生日", yearly="birthday_calendar")
    birthday_calendar = Select("Birthday by", "生日历法", CALENDARS, help=KEPT_BY)
    age = Formula("Age", "年龄", expression="floor(months(birthday, today()) / 12)", result="integer")
    identity_number = SealedText("Identity number", "身份证号", kind="identity")
    household = Link("household", "Household", "家庭", inverse="members", inverse_label=("Members", "家庭成员"))
    orders_count = Rollup("Orders", "订单数", children="orders", function="count", where=BOUGHT)
    orders_amount = Rollup("Bought", "累计购买", children="orders", function="sum", field="amount", where=BOUGHT)
    first_order_at = Rollup(
        "First order", "首次购买", children="orders", function="min", field="ordered_at", where=BOUGHT
    )
    last_order_at = Rollup(
        "Last order", "最近购买", children="orders", function="max", field="ordered_at", where=BOUGHT
    )
    open_cases = Rollup("Open cases", "未结工单", children="cases", function="count", where=OPEN_CASE)
    last_contact_at = DateTime(
        "Last contact",
        "最近有效联系",
        readonly=True,
        index=True,
        ago=True,
        help=("The last call, meeting, visit or answer.", "最近一次接通的电话、会议、拜访或回复。"),
    )
    reference = Text("Reference", "外部编号", max=120, search="C", index=True,
                     help=("Its number in a shop or another system.", "在店铺或其他系统中的编号。"))  # fmt: skip
    tags = Tags("Tags", "标签", index=True)
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    rules = (
        alike("same_name", "Similar name", "名称相近", "name", "similar"),
        # That a colleague works on this company is said without saying who: else two call on it (撞单).
        alike("same_company", "Same company", "同一企业", "name", "standard", hidden="masked"),
        alike("same_phone", "Same phone", "电话相同", "phone"),
        alike("same_email", "Same e-mail", "邮箱相同", "email"),
        alike("same_registration", "Same registration number", "统一社会信用代码相同", "registration", hidden="masked"),
        shown(
            "company",
            "Of companies",
            "企业字段",
            "company",
            "registration short_name former_names economic_sector size employees revenue founded parent",
        ),
        shown(
            "person",
            "Of persons",
            "个人字段",
            "person",
            "gender birthday birthday_calendar age identity_number household",
        ),
    )
    layout = form(
        ("Basics", "基本信息", "name short_name kind status industry source owner tags"),
        (
            "Standing",
            "客户分级",
            "grade lifecycle lifecycle_since score value_score potential_score loyalty_score service_due",
        ),
        ("Contact", "联系方式", "phone email website address region"),
        ("Preferences", "联系偏好", PREFERENCES),
        ("Company", "企业信息", "registration former_names economic_sector size employees revenue founded parent"),
        ("Person", "个人信息", "gender birthday birthday_calendar age identity_number household"),
        ("Invoices", "开票信息", "invoice_title tax_number bank bank_account invoice_address invoice_phone"),
        ("Purchases", "购买情况", "orders_count orders_amount first_order_at last_order_at open_cases last_contact_at"),
        ("Pool", "公海", "pool pool_since held_since protected protected_until"),
        ("More", "更多", "reference description"),
        related="opportunities contacts orders contracts cases payments locations subsidiaries affiliations consents",
        header="opportunities.won opportunities.open orders_amount",
        panels="chain worth open promised next bought known feelings group relations",
    )
    views = (
        table("mine", "My accounts", "我的客户", "name grade lifecycle last_contact_at score orders_amount phone", sort="-updated_at",
              filter={"field": "owner", "op": "eq", "value": "$me"}),
        table("all", "All accounts", "全部客户", "name grade lifecycle last_contact_at score industry owner",
              sort="-updated_at"),
        table("important", "Important", "重要客户", "name grade lifecycle last_contact_at score orders_amount owner", sort="-updated_at",
              filter={"field": "grade", "op": "in", "value": ["strategic", "important"]}),
        table("due", "Contact due", "应联系客户", "name grade service_due last_contact_at lifecycle phone owner", sort="service_due",
              filter={"field": "service_due", "op": "lte", "value": "today"}),
        board("stages", "By lifecycle", "按生命周期", by="lifecycle", card="name industry owner"),
        board("grades", "By grade", "按等级", by="grade", card="name industry owner"),
    )  # fmt: skip


before_save(Account, Account.owner)(held_from_now)
check(Account, Account.protected, Account.protected_until)(protection_is_given)
before_save(Account, Account.do_not_call, Account.do_not_email, Account.unwanted_channels)(one_refusal)


@before_save(Account, Account.address)
def region_follows_the_address(account: Account, _: Context) -> None:
    """``广东省/深圳市/南山区``, as far as the address tells; an address without any, and none from the beginning, leave what is there."""
    parts = account.address or {}
    region = "/".join(dict.fromkeys(filter(None, (parts.get("province"), parts.get("city"), parts.get("district")))))
    if region or (not account.address and account.old.get("address")):
        account.region = region or None
