"""The kinds of triggers that come with the program, and their check beyond what each parameter says."""

from __future__ import annotations

from guanxi.flows.asking import address_faults
from guanxi.flows.kinds import parameter, trigger
from guanxi.flows.parameters import DAYS

ONLY_IF = parameter("filter", "filter", ("Only if", "仅当"))
AT = parameter("at", "time", ("At", "时刻"), default="09:00")
_DAY_NAMES = {
    "mon": ("Monday", "周一"),
    "tue": ("Tuesday", "周二"),
    "wed": ("Wednesday", "周三"),
    "thu": ("Thursday", "周四"),
    "fri": ("Friday", "周五"),
    "sat": ("Saturday", "周六"),
    "sun": ("Sunday", "周日"),
}

CREATED = trigger(
    "created",
    ("A record is created", "新建记录"),
    ONLY_IF,
    icon="plus",
    hint=("Also when one comes back from the recycle bin.", "从回收站恢复也算。"),
)
CHANGED = trigger(
    "changed",
    ("A record is changed", "修改记录"),
    parameter("fields", "fields", ("If one of these fields changes", "当这些字段之一变化")),
    parameter(
        "from",
        "literal",
        ("From", "原值"),
        of="fields",
        told=("What the first of these fields was", "上述第一个字段的原值"),
    ),
    parameter(
        "to",
        "literal",
        ("To", "新值"),
        of="fields",
        told=("What the first of these fields became", "上述第一个字段的新值"),
    ),
    ONLY_IF,
    icon="edit",
)
REMOVED = trigger("removed", ("A record is deleted", "删除记录"), ONLY_IF, icon="delete")
DATE = trigger(
    "date",
    ("A date comes", "到达日期"),
    parameter("field", "field", ("Date", "日期字段"), required=True, kinds=("date", "datetime")),
    parameter("offset_days", "days", ("When", "何时"), low=-3660, high=3660, default=0),
    parameter("yearly", "boolean", ("Every year", "每年")),
    parameter(
        "calendar",
        "choice",
        ("Calendar", "历法"),
        options=(("solar", "Solar", "公历"), ("lunar", "Chinese lunar", "农历")),
        when={"yearly": True},
        default="solar",
    ),
    AT,
    parameter("zone", "zone", ("Time zone", "时区")),
    ONLY_IF,
    icon="calendar",
)  # fmt: skip
SCHEDULE = trigger(
    "schedule",
    ("By the clock", "定时"),
    AT,
    parameter("days", "choices", ("Days of the week", "星期"), options=tuple((d, *_DAY_NAMES[d]) for d in DAYS)),
    parameter("month_day", "number", ("Day of the month", "每月几号"), low=1, high=31, told=("A month that is shorter: its last day", "当月没有该日时取最后一天")),
    parameter("zone", "zone", ("Time zone", "时区")),
    ONLY_IF,
    about="may",
    icon="clock",
    hint=("With an object: for each of its records for which the condition holds.", "选择对象时，对满足条件的每条记录各运行一次。"),
)  # fmt: skip
BUTTON = trigger(
    "button",
    ("A button of the record", "记录上的按钮"),
    parameter("label", "label", ("Name of the button", "按钮名称"), required=True),
    parameter("fields", "form", ("Asks for", "填写内容")),
    ONLY_IF,
    icon="button",
)
FORM = trigger(
    "form",
    ("A form is sent", "提交表单"),
    parameter("label", "label", ("Title", "标题"), told=("None: the name of the flow", "不填则用流程名称")),
    parameter("intro", "label", ("Above the fields", "字段上方的说明"), high=2000),
    parameter("fields", "form", ("Asks for", "填写内容"), required=True),
    parameter("consent", "label", ("Asks to agree to", "征求同意的内容"), high=2000, told=("At the public address, with evidence kept", "用于公开表单，留存凭据")),
    parameter("consent_optional", "boolean", ("Can be sent without agreeing", "不同意也可提交")),
    parameter("purpose", "text", ("Purpose of the consent", "同意用途"), told=("Kept with the evidence", "随凭据一起保存")),
    parameter("thanks", "label", ("When it was sent", "提交后的致谢"), high=2000),
    parameter("origins", "names", ("Sites that may show it", "可嵌入的网站"), told=("Such as https://www.example.com", "例如 https://www.example.com")),
    parameter("redirect", "text", ("Then go to", "提交后跳转到"), told=("An address in one of these sites", "须位于上述网站之一")),
    parameter("keep_days", "number", ("Keep what was sent for so many days", "提交内容保留天数"), low=1, high=3650, told=("None: for good", "不填则长期保留")),
    about="may",
    icon="form",
    hint=(
        "In the search box and under Create, and with an object in the menu of its records. Once it is on it can get a public address.",
        "出现在搜索框和“新建”中，选择对象后出现在其记录的菜单中；启用后可开放公开地址。",
    ),
    faults=address_faults,
)  # fmt: skip
WEBHOOK = trigger(
    "webhook",
    ("Another system calls", "外部系统调用"),
    parameter("secret", "secret", ("Signed with the secret", "签名密钥"), told=("None: whoever knows the address may call", "不选则知道地址即可调用")),
    about="no",
    icon="webhook",
    hint=("Gets an address of its own when it is switched on; what is sent is under {input.…}.", "启用后获得专用地址，收到的内容见 {input.…}。"),
)  # fmt: skip
FLOW = trigger(
    "flow",
    ("Another flow starts it", "由其他流程启动"),
    about="may",
    icon="flow",
)
SEGMENT = trigger(
    "segment",
    ("A segment is entered or left", "进入或离开客群"),
    parameter("segment", "segment", ("Segment", "客群"), required=True),
    parameter("way", "choice", ("When", "时机"), options=(("entered", "Entered", "进入"), ("left", "Left", "离开")), default="entered"),
    ONLY_IF,
    icon="segment",
)  # fmt: skip
