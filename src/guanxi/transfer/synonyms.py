"""What columns are called elsewhere, in both languages, by the field of ours that they mean.

A selector says which fields a row of names is for: ``object:field``, ``:field`` (of any object), ``>object`` (any link to
that object; ``>object.field``: a field of it that says which one is meant), ``~type`` (any field of that type), each with
``.part`` where a field has parts. Names are written as
:func:`guanxi.transfer.mapping.normal` leaves them: small letters, words between single spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from guanxi.schema.model import Option

_TABLE: dict[str, str] = {
    ":created_at": "created at|created time|created date|create date|date created|date entered|creation date|created on|deal created|person created|organization created|add time|创建时间|创建日期|建档时间|录入时间",
    ":created_by": "created by|created by name|created by id|creator|record creator|创建人|创建者|录入人",
    ":reference": "id|record id|external id|item id auto generated|do not modify contact|do not modify lead|do not modify case|reference|reference id|唯一性id|数据id|记录id|外部编号",
    "account:reference": "id|record id|external id|item id auto generated|do not modify account|唯一性id|数据id|记录id|account number|account no|customer number|customer no|customer code|客户编号|客户编码|客户代码|外部编号",
    "account:name": "company name|account name|organization name|organisation name|company|account|organization|customer"
    "|customer name|client|client name|business name|name"
    "|客户名称|公司名称|企业名称|单位名称|客户|公司|企业|单位|客户名|公司名|客户全称|公司全称|企业全称|名称",
    ">account": "associated company primary|company|company name|account|account name|organization|organization name|organization 1 name|associated company"
    "|employer|customer|customer name|client|firm"
    "|客户|客户名称|公司|公司名称|所属公司|所属客户|单位|关联客户|对应客户|关联公司|企业|企业名称|工作单位",
    "lead:name": "lead name",
    "lead:company": "company|company name|account|account name|organization|organization name|organization 1 name"
    "|associated company|employer|firm|客户名称|公司|公司名称|单位|企业|企业名称|工作单位|单位名称",
    "account:parent": "parent account|parent company|related company|parent id|parent|subsidiary of|member of|parent organization"
    "|上级客户|上级公司|母公司|总公司|所属集团|集团",
    ">contact": "contact|contact name|primary contact|associated contact|associated contacts|contact person|person name|person|point of contact|who|联系人|主要联系人|客户联系人|关联联系人|联系人姓名",
    ">opportunity": "opportunity|opportunity name|deal|deal name|associated deal|商机|商机名称|关联商机|对应商机",
    ">lead": "lead|lead name|associated lead|线索|线索名称|关联线索",
    "contact:reports_to": "reports to|reports to name|reporting to|manager|上级|直属上级|汇报上级|汇报对象",
    "~person": "name|full name|contact name|person name|display name|contact|contact person|联系人|姓名|联系人姓名|联系人名称|客户姓名|名字|人员姓名",
    "~person.family": "last name|family name|surname|person last name|姓|姓氏",
    "~person.salutation": "salutation|name prefix|honorific prefix|honorific|prefix|称呼|尊称",
    "~person.given": "first name|given name|forename|person first name|名",
    ":email": "email|email address|mail|email work|work email|primary email|business email|email 1|email 1 value|person email work"
    "|person email|contact email|office email|邮箱|电子邮件|电子邮箱|邮件|邮件地址|邮箱地址|联系邮箱|工作邮箱",
    ":mobile": "mobile|mobile phone|phone mobile|cell|cell phone|cellphone|mobile number|mobile phone number|mobile no"
    "|手机|手机号|手机号码|移动电话|联系手机|联系人手机",
    ":phone": "phone|phone number|telephone|telephone number|tel|office phone|business phone|work phone|main phone"
    "|company main phone|company phone|primary phone|phones primary phone number|phone 1|phone 1 value|person phone|phone work|landline"
    "|电话|联系电话|固定电话|固话|座机|公司电话|办公电话|电话号码|联系方式|企业电话|联系人电话",
    ":website": "website|web site|web|web page|webpage|website url|url|homepage|domain|domain name|company domain name|domain name link url|www"
    "|网址|网站|官网|公司网址|公司网站|主页|企业网址",
    ":industry": "industry|sector|branch|customer industry|industry sector|行业|所属行业|客户行业|行业类型|行业分类|1级行业|一级行业",
    ":source": "source|lead source|account source|original source|origin|customer source|来源|客户来源|线索来源|渠道|获客渠道|商机来源|来源渠道",
    ":grade": "grade|rating|tier|customer grade|customer level|level|等级|级别|客户等级|客户级别|客户分级|星级",
    ":kind": "kind|type|account type|customer type|company type|类型|客户类型|客户性质|企业性质",
    "account:status": "status|account status|customer status|type|account type|customer type"
    "|状态|客户状态|成交状态|类型|客户类型",
    ":status": "status|account status|lead status|customer status|state of lead|task status|状态|客户状态|线索状态|线索进度|跟进状态|任务状态",
    ":owner": "owner|account owner|contact owner|company owner|deal owner|lead owner|opportunity owner|record owner|owner name"
    "|owner id|assigned to|assigned to user|assigned user|assigned user name|assignee|sales rep|task owner|note owner|call owner|task assigned to|activity assigned to|host|organizer|sales agent|salesperson|sales person|sales representative|rep"
    "|account manager|sales owner|user responsible|owner user|user id name|负责人|归属人|业务员|销售|销售员|销售人员|跟进人|所属人|客户经理|所有人|拥有者|销售代表|责任人|客户归属|发布人",
    ":description": "description|notes|note|comments|comment|remark|remarks|memo|details|additional information|background"
    "|备注|描述|说明|备注信息|客户描述|其他信息",
    ":need": "need|needs|requirement|requirements|description|notes|note|comments|remarks|需求|需求描述|客户需求|备注|描述|说明",
    ":tags": "tags|tag|labels|label|keywords|categories|group membership|标签|客户标签|分组",
    ":employees": "employees|number of employees|no of employees|employee count|headcount|staff|company size|size"
    "|员工人数|员工数|人数|员工规模|公司规模|企业规模|人员规模",
    ":revenue": "revenue|annual revenue|yearly revenue|turnover|annual turnover|annual sales|total revenue|年营收|营收|营业额|年营业额|年收入|年销售额",
    ":founded": "founded|year founded|founded year|year established|established|founding year|成立年份|成立年|创立年份|创办年份",
    ":registration": "registration number|registration|company number|tax id|tax number|vat number|vat id|vat|sic code registration"
    "|unified social credit code|统一社会信用代码|社会信用代码|信用代码|税号|纳税人识别号|工商注册号|注册号",
    ":job_title": "job title|title|position|job|organization 1 title|occupation|profession|function|职务|职位|岗位|头衔|职称",
    "contact:photo": "photo|picture|照片|头像",
    ":department": "department|dept|organization 1 department|部门|所属部门|所在部门",
    ":birthday": "birthday|birthdate|date of birth|birth date|dob|生日|出生日期",
    ":wechat": "wechat|we chat|weixin|wechat id|微信|微信号",
    ":language": "language|lang|preferred language|语言|沟通语言|首选语言",
    ":do_not_call": "do not call|dnc|no calls|勿电话联系|勿打扰|免打扰",
    ":do_not_email": "do not email|do not e-mail|no email|email opt out|has opted out of email|email address is opted out|unsubscribed from all email|勿发邮件|邮件退订",
    ":role": "role|buying role|decision role|决策角色|角色",
    ":budget": "budget|opportunity amount|deal value|amount|预算|预算金额|预计金额",
    "opportunity:name": "deal name|deal title|deal|opportunity name|opportunity|opportunity title|name|title|subject|project name"
    "|商机名称|商机|项目名称|销售机会|机会名称|商机标题|名称",
    "opportunity:stage": "stage|deal stage|sales stage|opportunity stage|pipeline stage|stage name|status|阶段|销售阶段|商机阶段|商机状态",
    ":pipeline": "pipeline|sales pipeline|deal pipeline|销售流程|商机流程|管道",
    ":amount": "amount|deal value|deal amount|value|opportunity amount|close value|deal size|total amount|total price|total|expected revenue"
    "|金额|预计金额|商机金额|合同金额|成交金额|销售金额|预计销售金额|总金额",
    ":close_date": "close date|expected close date|expected close|closing date|expected closing date|expected closure date|estimated close date|end date"
    "|预计成交日期|预计成交时间|预计成单日期|预计签单日期|预计结单日期|结单日期|预计成交|结束时间|结束日期",
    ":opened_at": "opened at|opened on|date opened|opened date|date time opened|提出时间|提交时间|受理时间",
    ":closed_on": "closed on|deal closed on|closed date|actual close date|date closed|won date|won time|actual end date|实际结束时间|成交日期|成交时间|签单日期|实际成交日期",
    "~currency": "currency|currency of value|currency code|currency iso code|币种|货币",
    ":probability": "probability|win probability|deal probability|close probability|chance|likelihood|赢率|成交概率|赢单率|可能性|成功率",
    ":lost_reason": "lost reason|reason lost|loss reason|closed lost reason|reason for loss|输单原因|丢单原因|失败原因",
    ":next_step": "next step|next steps|next action|下一步|下一步计划|后续计划",
    "opportunity:reference": "id|record id|item id auto generated|do not modify opportunity|opportunity id|deal id|external id|reference|reference number|deal number|唯一性id|数据id|记录id|编号|外部编号|商机编号|业务编码|项目编号",
    ">product": "product|product name|item|item name|产品|产品名称|意向产品|品名|商品",
    "product:name": "product|product name|item|item name|name|产品|产品名称|品名|商品名称|名称",
    "product:code": "code|product code|sku|item number|item code|stock code|part number|product id|id|产品编码|产品编号|编码|货号|料号|商品编码|商品编号|商家编码",
    ">product.code": "sku|sku code|sku编码|sku id|item code|item number|stock code|part number|商品编码|商品编号|商品货号|货号|料号|物料编码|商家编码",
    "product:family": "family|product family|series|product line|line|category|product category|系列|产品系列|产品线|类别|产品类别|分类",
    "product:price": "price|list price|sales price|unit price|selling price|standard price|标准价格|单价|价格|售价|标准售价",
    "user:name": "name|full name|user|user name|employee|employee name|sales agent|sales rep|salesperson|agent|姓名|员工|员工姓名|业务员|销售|用户",
    "user:teams": "team|teams|team name|group|regional office|region|department|团队|部门|所属团队|小组",
    "team:name": "team|team name|name|group|regional office|团队|团队名称|部门",
    ":unit": "unit|uom|unit of measure|计量单位|单位",
    ":about": "associated id|parent id id|parent id|related to id|regarding id|what id|related to|regarding|parent name|parent|相关记录|关联业务数据|关联对象",
    ":subject": "subject|title|task title|call title|meeting title|meeting name|note title|topic|activity subject|name|主题|标题",
    ":body": "body|content|note body|note content|task body|task notes|call body|call notes|meeting body|meeting description|text|note|notes|description|details"
    "|内容|沟通内容|跟进内容|跟进记录内容|销售记录内容|正文|详情",
    ":due_at": "due|due date|due at|deadline|activity due date|date end|activity date|截止时间|截止日期|到期时间",
    ":starts_at": "start|start time|start date|starts at|date start|start date time|activity date time|begin|from|call start time|meeting start time|activity date|开始时间|开始日期|跟进时间",
    ":ends_at": "end|end time|end date|ends at|date end|end date time|to|meeting end time|结束时间|结束日期",
    ":done_at": "done at|completed at|completed date time|marked as done time|completion date|date completed|completed date|closed time|完成时间|完成日期",
    ":place": "place|location|venue|meeting location|地点|会议地点",
    ":direction": "direction|call direction|call type|方向|呼叫方向|呼叫类型",
    ":result": "result|outcome|call outcome|call status|status|结果|通话结果",
    ":duration": "call duration in seconds|call duration|duration|length|时长|通话时长",
    "~address": "address|full address|complete address|地址|详细地址|公司地址|联系地址|通讯地址|办公地址|客户地址|企业地址",
    "~address.street": "street|street address|address line 1|address 1|street 1|街道|街道地址|路名",
    "~address.city": "city|town|locality|城市|市|所在城市|所在市",
    "~address.district": "district|county|area|区|区县|县|所在区|区域",
    "~address.province": "state|province|region|state region|state province|state code|state id name|省|省份|所在省|所在省份",
    "~address.postal_code": "postal code|zip|zip code|billing code|postcode|postalcode|post code|zip postal code|邮编|邮政编码",
    "~address.country": "country|country region|country code|country id name|nation|国家|国家地区|所在国家|office location|location",
}


def words(text: str) -> frozenset[str]:
    """The names between bars."""
    return frozenset(text.split("|"))


PHRASES: dict[str, tuple[str, ...]] = {selector: tuple(names.split("|")) for selector, names in _TABLE.items()}
"""Names by selector; an earlier name is the more usual one."""

PLACES = {
    "billing address": 0.96, "shipping address": 0.8, "mailing address": 0.95, "billing": 0.96, "business": 0.96, "primary": 0.96, "primary address": 0.96, "mailing": 0.95, "company": 0.95, "work": 0.95,
    "organization": 0.95, "organization 1": 0.9, "office": 0.94, "person": 0.93, "contact": 0.9, "deal": 0.93, "account": 0.93,
    "customer": 0.93, "shipping": 0.8, "home": 0.78, "alt address": 0.72, "alternate": 0.72, "address": 0.95, "other": 0.7, "other address": 0.7,
    "address 1": 0.95, "mail address": 0.95, "note": 0.9, "activity": 0.9, "公司": 0.93, "客户": 0.93, "联系人": 0.9, "企业": 0.93, "家庭": 0.75, "收货": 0.75,
}  # fmt: skip
"""Words before the name of a column that say whose or which one it is, and how sure one can be of the rest."""

ONLY = {
    "deal": {"opportunity"},
    "company": {"account", "lead"},
    "note": {"note"},
    "activity": {"task", "call", "meeting"},
    "person": {"contact", "lead", "opportunity", "account"},
}
"""Words that speak of one kind of record: before a column's name they help only there."""

NEVER = words(
    "is deleted|deleted|master record id|system modstamp|last modified by id|modified by|last viewed date"
    "|last referenced date|photo url|jigsaw|jigsaw company id|clean status|latitude|longitude|geocode status|billing latitude"
    "|billing longitude|billing geocode accuracy|shipping latitude|shipping longitude|shipping geocode accuracy|email type"
    "|email 1 type|phone 1 type|organization 1 type|organization 1 yomi name|organization 1 symbol|organization 1 job description"
    "|organization 1 location|yomi name|given name yomi|family name yomi|additional name yomi|additional name|middle name|nickname"
    "|short name|maiden name|initials|name suffix|suffix|salutation|prefix|gender|fax|home fax|other fax|business fax"
    "|assistant|assistant phone|assistant's phone|assistant's name|manager's name|spouse|children|anniversary|hobby|mileage"
    "|sensitivity|priority|photo|billing information|directory server|internet free busy|pager|isdn|telex|callback|car phone"
    "|radio phone|number of associated deals|associated deals|associated company id|hubspot score|lifecycle stage"
    "|last activity date|date modified|last modified date|non primary e mails|site|sic"
    "|ticker symbol|ownership|portal name|portal application|lawful basis|lawful basis source|lawful basis date reviewed"
    "|campaign id|status description|lead source description|account description"
    "|qq|更新时间|修改时间|修改人|更新人|最近沟通时间|沟通内容|最后跟进时间|下次跟进时间|头像|性别|传真"
)  # fmt: skip
"""Names that are near to those of fields and mean something else."""


OPTIONS: dict[str, dict[str, str]] = {
    "stage": {
        "qualification": "qualified|contact made|new|screening|discovery call|prospecting|prospect|appointment scheduled|qualified to buy|初步沟通|验证客户",
        "needs": "demo scheduled|meeting|discovery|value proposition|id decision makers|identify decision makers|perception analysis|presentation scheduled"
        "|decision maker bought in|需求分析|需求确定",
        "proposal": "proposal made|proposition|proposal price quote|price quote",
        "negotiation": "negotiations started|negotiation review|contract sent|谈判审核|商务采购",
        "won": "closed won|customer|已成交|成交|成功|已赢单",
        "lost": "closed lost|closed lost to competition|失败|已输单",
    },
    "pipeline": {
        "sales": "pipeline|sales pipeline|default|default pipeline|standard|standard standard|销售流程|预设销售流程|默认销售流程"
    },
    "status": {
        "prospect": "potential|potential customer|lead|target|潜在客户|意向客户|未成交",
        "customer": "customer direct|customer channel|existing customer|client|成交客户|已成交|老客户|合作客户",
        "inactive": "former customer|past customer|lost customer|churned|流失客户|历史客户",
        "new": "not contacted|open not contacted|未联系|未处理",
        "contacted": "working contacted|跟进中",
        "open": "not started|in progress|deferred|waiting|waiting for input|waiting on someone else|未开始|进行中",
        "done": "completed|finished|closed|已结束",
        "dropped": "canceled|cancelled|not needed",
        "cancelled": "canceled|not held|no show",
        "held": "completed|attended",
        "planned": "scheduled|not started",
        "unqualified": "junk lead|lost lead|closed not converted|无效线索",
    },
    "industry": {
        "manufacturing": "industrial manufacturing|electrical electronic manufacturing|furniture|glass ceramics concrete|packaging and containers|paper forest products|plastics|printing"
        "|railroad manufacture|shipbuilding|textiles|apparel|apparel fashion|chemicals|automotive|aviation aerospace|business supplies and equipment|defense space|制造|汽车|化工|纺织|服装|家具|印刷",
        "machinery": "mechanical or industrial engineering|industrial automation|engineering|机械|机械设备|装备|自动化",
        "electronics": "consumer electronics|semiconductors|computer hardware|nanotechnology|电子电器|半导体|家电",
        "technology": "information technology|information technology and services|it|it services|high technology|biotechnology|research|高科技|信息技术|信息技术服务|互联网技术|科研",
        "software": "computer software|internet|computer games|mobile games|computer networking|computer network security|information services|online media|e learning|saas|asp|data telecom oem|it 互联网|软件|互联网|信息服务|软件和信息技术服务业|游戏",
        "telecommunications": "communications|wireless|service provider|telecom|电信|通讯",
        "finance": "financial services|banking|insurance|capital markets|investment banking|investment management|venture capital private equity|accounting|financial|金融业|银行|保险|证券|投资",
        "retail": "supermarkets|wholesale|e commerce|ecommerce|import and export|consumer services|零售业|批发|批发和零售业|电商|电子商务|贸易|商超|商贸",
        "consumer_goods": "consumer goods|food beverages|food and beverage|food production|dairy|cosmetics|luxury goods jewelry|sporting goods|tobacco|wine and spirits|consumer packaged goods|快速消费品|消费品|食品|食品饮料|日化|酒水|美妆",
        "medical": "healthcare|health care|hospital health care|medical devices|medical practice|mental health care|health wellness and fitness|alternative medicine|pharmaceuticals|pharma|veterinary|医药|医疗健康|医疗器械|医院|生物医药|制药",
        "education": "higher education|education management|primary secondary education|professional training coaching|libraries|教育培训|培训|学校",
        "construction": "real estate|commercial real estate|building materials|civil engineering|architecture planning|建筑|建筑业|房地产|房地产业|建材|工程|装修",
        "energy": "oil energy|utilities|mining metals|mining|renewables environment|environmental|environmental services|oil and gas|能源化工|电力|石油|矿业|新能源|环保",
        "logistics": "transportation|shipping|logistics and supply chain|package freight delivery|transportation trucking railroad|warehousing|maritime|airlines aviation|物流运输|交通运输|运输|仓储|交通运输、仓储和邮政业",
        "agriculture": "farming|fishery|ranching|农林牧渔|农林牧渔业|农牧",
        "entertainment": "media|media production|broadcast media|motion pictures and film|music|performing arts|sports|recreation|gambling casinos|leisure travel tourism|hospitality|restaurants|publishing"
        "|newspapers|animation|museums and institutions|recreational facilities and services|传媒|文化传媒|文化|旅游|酒店|餐饮|餐饮业|住宿和餐饮业|体育|娱乐",
        "marketing": "marketing and advertising|advertising|public relations and communications|market research|events services|graphic design|广告|营销|公关|会展",
        "services": "consulting|management consulting|professional services|legal services|law practice|legal|outsourcing offshoring|facilities services|security and investigations|translation and localization|design|咨询|咨询服务|法律|商务服务|服务业|企业服务",
        "employment": "human resources|staffing and recruiting|人力资源服务|招聘|猎头",
        "government": "government administration|government military|public safety|military|law enforcement|judiciary|legislative office|public policy|international affairs|not for profit|non profit organization management"
        "|nonprofit|civic social organization|政府|政府机关|事业单位|公共事业|公共管理",
    },
    "priority": {"high": "highest|urgent|紧急", "low": "lowest", "normal": "medium|none|普通"},
    "direction": {"out": "outbound|outgoing", "in": "inbound|incoming|missed"},
    "result": {
        "reached": "held|completed|connected|interested|answered|received|attended|attended dialled|scheduled attended",
        "missed": "no answer|not held|unattended|unattended dialled|scheduled unattended|cancelled|canceled|busy|left voicemail|left live message|wrong number|no response busy",
        "planned": "scheduled|overdue",
    },
    "role": {"decider": "decision maker", "buyer": "budget holder"},
    "source": {
        "website": "web|web site|web form|internet|官方网站|网站",
        "referral": "employee referral|external referral|customer referral|word of mouth|客户介绍|客户推荐",
        "partner": "partner referral|合作伙伴|渠道伙伴",
        "exhibition": "trade show|tradeshow|展览",
        "cold_call": "cold calling|电话营销|电话拜访",
        "campaign": "advertisement|email campaign|市场活动|广告",
        "search": "paid search|organic search|google adwords|搜索",
        "social": "organic social|paid social|社交",
    },
}
"""What options are called elsewhere, by the name of their field: taken for them where they are offered and none is called so."""


def loose(text: str) -> str:
    """A name without case, width, spaces and marks: ``GTX Pro`` and ``GTXPro`` are alike."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def called(field: str, options: Sequence[Option]) -> dict[str, str]:
    """The options of a field by all that they are called, here and elsewhere, as :func:`loose` leaves it."""
    elsewhere = OPTIONS.get(field, {}) if options else {}
    names = {o.name for o in options}
    return {loose(text): name for name, said in elsewhere.items() if name in names for text in words(said)} | {
        loose(text): o.name for o in reversed(options) for text in (o.name, *o.label.values())
    }
