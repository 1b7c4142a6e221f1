"""Whole heading rows as other systems write them: by whom, what they hold, and where what matters goes."""

from __future__ import annotations

import pytest

import guanxi.apps
import guanxi.identity  # noqa: F401 - and the people
from guanxi import records
from guanxi.records.context import EVERYTHING, Actor
from guanxi.schema.catalog import Catalog, fold
from guanxi.schema.types import TYPES
from guanxi.transfer import suggesting, systems
from guanxi.transfer.mapping import to_json
from guanxi.transfer.synonyms import called, loose
from guanxi.transfer.table import Column

ME = Actor("0190b0c0-0000-7000-8000-000000000001", "Me", grants=EVERYTHING)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return fold(records.declared())


# system, object, the headings between bars, where some of them go
ROWS: list[tuple[str, str, str, dict[str, str | None]]] = [
    ("hubspot", "account",
     "Record ID|Company name|Company Domain Name|Website URL|Company owner|Create Date|Phone Number|Last Activity Date|Street Address|Street Address 2|City|State/Region|Postal Code|Country/Region|Industry|Type|Number of Employees|Annual Revenue|Lifecycle Stage|Lead Status|Description|LinkedIn Company Page|Year Founded|Is Public|Number of Associated Contacts|Last Modified Date|Parent Company|Original Traffic Source|Associated Contact IDs|Associated Contact|Associated Note|Associated Note IDs",
     {"Record ID": "reference", "Company name": "name", "Parent Company": "parent", "Associated Contact IDs": None, "Lead Status": None}),
    ("hubspot", "contact",
     "Record ID|First Name|Last Name|Email|Phone Number|Mobile Phone Number|Contact owner|Create Date|Lead Status|Lifecycle Stage|Job Title|Company Name|Website URL|Street Address|City|State/Region|Postal Code|Country/Region|Unsubscribed from all email|Marketing contact status|Buying Role|Date of birth|Associated Company|Associated Company IDs|Associated Company (Primary)|Associated Company IDs (Primary)|Associated Deal|Associated Deal IDs",
     {"Record ID": "reference", "First Name": "name.given", "Company Name": None, "Unsubscribed from all email": "do_not_email",
      "Associated Company (Primary)": "account", "Associated Company IDs (Primary)": "account.reference", "Associated Company IDs": None}),
    ("hubspot", "opportunity",
     "Record ID|Deal Name|Pipeline|Deal Stage|Amount|Currency|Amount in company currency|Close Date|Create Date|Deal owner|Deal Type|Priority|Deal probability|Closed Lost Reason|Is Closed Won|Next step|Associated Company|Associated Company IDs|Associated Company (Primary)|Associated Company IDs (Primary)|Associated Contact|Associated Contact IDs|Associated Line item",
     {"Amount": "amount", "Currency": "amount_currency", "Amount in company currency": None, "Associated Company IDs (Primary)": "account.reference",
      "Associated Contact IDs": "contact.reference"}),
    ("hubspot", "note",
     "Record ID|Activity date|Activity assigned to|Create date|Note body|Associated Contact IDs|Associated Contact|Associated Company IDs|Associated Company|Associated Deal IDs|Associated Deal",
     {"Note body": "body", "Activity assigned to": "owner", "Associated Contact IDs": "about.contact", "Associated Company IDs": "about.account",
      "Associated Deal IDs": "about.opportunity", "Associated Deal": None}),
    ("hubspot", "task",
     "Record ID|Task title|Task body|Task type|Task status|Priority|Due date|Assigned to|Create date|Completion date|Associated Contact IDs|Associated Company IDs|Associated Deal IDs",
     {"Task title": "subject", "Task body": "body", "Task status": "status", "Completion date": "done_at", "Associated Company IDs": "about.account"}),
    ("zoho", "account",
     "Record Id|Account Owner.id|Account Owner|Account Name|Phone|Account Site|Fax|Parent Account.id|Parent Account|Website|Account Number|Account Type|Ownership|Industry|Employees|Annual Revenue|SIC Code|Tag|Created By.id|Created By|Modified By.id|Modified By|Created Time|Modified Time|Billing Street|Shipping Street|Billing City|Shipping City|Billing State|Billing Code|Shipping Code|Billing Country|Description|Rating|Last Activity Time|Locked",
     {"Record Id": "reference", "Parent Account.id": "parent", "Parent Account": None, "Billing Code": "address.postal_code", "Shipping Code": None}),
    ("zoho", "contact",
     "Record Id|Contact Owner.id|Contact Owner|Lead Source|First Name|Last Name|Account Name.id|Account Name|Vendor Name.id|Vendor Name|Email|Title|Department|Phone|Mobile|Date of Birth|Tag|Email Opt Out|Created By.id|Created By|Created Time|Modified Time|Contact Name|Salutation|Secondary Email|Reporting To.id|Reporting To|Mailing Street|Other Street|Mailing City|Mailing Zip|Description|Locked",
     {"Account Name.id": "account.reference", "Reporting To.id": "reports_to", "Reporting To": None, "Vendor Name": None}),
    ("zoho", "note",
     "Record Id|Associated_Id|Created By.id|Created By|Created Time|Modified By.id|Modified By|Modified Time|Note Content|Note Owner.id|Note Owner|Note Title|Parent ID.id|Parent ID",
     {"Associated_Id": "about", "Note Content": "body", "Note Title": "subject", "Note Owner": "owner", "Created Time": "created_at"}),
    ("zoho", "task",
     "Record Id|Task Owner.id|Task Owner|Subject|Due Date|Contact Name.id|Contact Name|Related To.id|Related To|Status|Priority|Closed Time|Created By.id|Created By|Created Time|Modified Time|Tag|Description|Remind At",
     {"Task Owner": "owner", "Related To.id": "about", "Contact Name.id": "about.contact", "Closed Time": "done_at"}),
    ("zoho", "call",
     "Record Id|Call Owner.id|Call Owner|Subject|Call Type|Call Purpose|Contact Name.id|Contact Name|Related To.id|Related To|Call Start Time|Call Duration|Call Duration (in seconds)|Call Status|Call Agenda|Call Result|Description|Created By|Created Time|Dialled Number",
     {"Call Type": "direction", "Call Start Time": "starts_at", "Call Duration (in seconds)": "duration", "Call Status": "result"}),
    ("zoho", "meeting",
     "Record Id|Host.id|Host|Title|Location|All day|From|To|Contact Name.id|Contact Name|Related To.id|Related To|Created By.id|Created By|Created Time|Modified Time|Participants|Description|Check-In Time|Tag",
     {"Host": "owner", "From": "starts_at", "To": "ends_at", "Location": "place", "Related To.id": "about"}),
    ("espocrm", "contact",
     "id|salutationName|firstName|lastName|middleName|accountId|accountName|title|accountRole|description|emailAddress|emailAddressIsOptedOut|phoneNumber|doNotCall|addressStreet|addressCity|addressState|addressCountry|addressPostalCode|accountsIds|createdAt|modifiedAt|createdById|createdByName|assignedUserId|assignedUserName",
     {"addressCity": "address.city", "addressPostalCode": "address.postal_code", "emailAddressIsOptedOut": "do_not_email"}),
    ("espocrm", "task",
     "id|name|status|priority|dateStart|dateEnd|dateEndDate|dateCompleted|isOverdue|description|parentId|parentType|parentName|accountId|accountName|contactId|createdAt|modifiedAt|createdById|createdByName|assignedUserId|assignedUserName",
     {"parentId": "about", "dateEnd": "due_at", "dateCompleted": "done_at", "accountId": "about.account"}),
    ("espocrm", "call",
     "id|name|status|dateStart|dateEnd|duration|direction|description|parentId|parentType|parentName|accountId|createdAt|modifiedAt|createdByName|assignedUserId|assignedUserName",
     {"dateStart": "starts_at", "duration": "duration", "parentId": "about"}),
    ("fxiaoke", "account",
     "客户名称（必填）|客户编号|客户级别|成交状态|来源|1级行业|2级行业|电话|传真|邮件|网址|国家|省|市|区|乡镇|详细地址|定位|上级客户|统一社会信用代码|工商注册|备注|分配状态|负责人|负责人主属部门|归属部门|外部负责人|相关团队|所属公海|最后跟进人|最后跟进时间|转手次数|业务类型|生命状态|锁定状态|创建人|创建时间|最后修改人|最后修改时间|唯一性ID",
     {"唯一性ID": "reference", "上级客户": "parent", "相关团队": None}),
    ("fxiaoke", "contact",
     "姓名（必填）|客户名称|职务|部门|手机1|手机2|电话1|电话2|邮件|QQ|微信|性别|生日|介绍人|国家|省|市|区|详细地址|名片|备注|负责人|负责人主属部门|归属部门|生命状态|锁定状态|创建人|创建时间|唯一性ID",
     {"手机1": "mobile", "电话1": "phone", "手机2": None, "唯一性ID": "reference"}),
    ("fxiaoke", "opportunity",
     "商机名称（必填）|客户名称（必填）|销售流程|商机阶段|阶段状态|商机金额|预计成交日期|赢率|预测金额|商机类型|来源|输单原因|联系人|备注|负责人|负责人主属部门|生命状态|创建人|创建时间|唯一性ID",
     {"唯一性ID": "reference", "商机金额": "amount", "预测金额": None}),
    ("fxiaoke", "note",
     "销售记录内容|销售记录类型|关联客户|关联联系人|关联商机|发布人|发布时间|创建人|创建时间|负责人|负责人主属部门|生命状态|唯一性ID",
     {"销售记录内容": "body", "关联客户": "about.account", "关联联系人": "about.contact", "关联商机": "about.opportunity"}),
    ("salesforce", "task",
     "Id|IsDeleted|WhoId|WhatId|Subject|ActivityDate|Status|Priority|IsHighPriority|OwnerId|Description|IsClosed|AccountId|CreatedDate|CreatedById|SystemModstamp|CallDurationInSeconds|CallType|CallDisposition|ReminderDateTime|TaskSubtype|CompletedDateTime",
     {"WhoId": "about.contact", "WhatId": "about", "ActivityDate": "due_at", "CompletedDateTime": "done_at"}),
    ("salesforce", "meeting",
     "Id|IsDeleted|WhoId|WhatId|Subject|Location|IsAllDayEvent|ActivityDateTime|ActivityDate|DurationInMinutes|StartDateTime|EndDateTime|Description|AccountId|OwnerId|CreatedDate|SystemModstamp",
     {"StartDateTime": "starts_at", "EndDateTime": "ends_at", "Location": "place", "ActivityDate": None}),
    ("salesforce", "case",
     "Id|IsDeleted|CaseNumber|ContactId|AccountId|Type|Status|Origin|Subject|Priority|Description|ClosedDate|OwnerId|CreatedDate|CreatedById|SystemModstamp",
     {"Id": "reference", "AccountId": "account", "ContactId": "contact", "CreatedDate": "created_at"}),
    ("salesforce", "note", "Id|IsDeleted|ParentId|Title|IsPrivate|Body|OwnerId|CreatedDate|CreatedById|SystemModstamp", {"ParentId": "about", "Body": "body"}),
    ("salesforce", "product", "Id|Name|ProductCode|Description|IsActive|CreatedDate|CreatedById|Family|SystemModstamp|IsDeleted", {"ProductCode": "code", "Family": "family"}),
    ("pipedrive", "opportunity",
     "Deal - ID|Deal - Title|Deal - Creator|Deal - Owner|Deal - Value|Deal - Currency of Value|Deal - Weighted value|Deal - Probability|Deal - Organization|Deal - Organization ID|Deal - Contact person|Deal - Contact person ID|Deal - Pipeline|Deal - Stage|Deal - Label|Deal - Status|Deal - Deal created|Deal - Won time|Deal - Deal closed on|Deal - Lost reason|Deal - Expected close date",
     {"Deal - Currency of Value": "amount_currency", "Deal - Stage": "stage", "Deal - Status": None, "Deal - Deal created": "created_at",
      "Deal - Deal closed on": "closed_on", "Deal - Organization ID": "account.reference"}),
    ("pipedrive", "contact",
     "Person - ID|Person - Name|Person - Label|Person - Organization|Person - Organization ID|Person - Email - Work|Person - Email - Home|Person - Phone - Work|Person - Phone - Mobile|Person - Owner|Person - Person created",
     {"Person - ID": "reference", "Person - Phone - Mobile": "mobile", "Person - Organization": "account", "Person - Person created": "created_at"}),
    ("pipedrive", "task",
     "Activity - ID|Activity - Type|Activity - Subject|Activity - Done|Activity - Due date|Activity - Deal|Activity - Deal ID|Activity - Contact person|Activity - Organization|Activity - Assigned to user|Activity - Note|Activity - Add time|Activity - Marked as done time",
     {"Activity - Deal ID": "about.opportunity", "Activity - Assigned to user": "owner", "Activity - Note": "body", "Activity - Marked as done time": "done_at"}),
    ("twenty", "contact",
     "Id|Name / First Name|Name / Last Name|Emails / Primary Email|Emails / Additional Emails|Phones / Primary Phone Number|City|Job Title|Company Id|Company|Creation date|Created by / Name",
     {"Name / Last Name": "name.family", "Phones / Primary Phone Number": "phone", "Company Id": "account.reference"}),
    ("twenty", "opportunity", "Id|Name|Amount / Amount|Amount / Currency|Close date|Stage|Point of Contact Id|Company Id|Owner|Creation date",
     {"Amount / Currency": "amount_currency", "Point of Contact Id": "contact", "Company Id": "account"}),
    ("odoo", "account", "External ID|Name|Is a Company|Related Company|Street|City|State|Zip|Country|Tax ID|Phone|Email|Website|Tags|Notes|Salesperson|Created on",
     {"External ID": "reference", "Related Company": "parent", "Salesperson": "owner"}),
    ("odoo", "account", "id|name|is_company|parent_id/id|street|city|state_id/name|zip|country_id/name|vat|phone|email|user_id/name|create_date",
     {"parent_id/id": "parent", "state_id/name": "address.province", "country_id/name": "address.country", "user_id/name": "owner"}),
    ("odoo", "opportunity", "External ID|Opportunity|Customer|Salesperson|Sales Team|Expected Revenue|Stage|Probability|Expected Closing|Lost Reason|Active",
     {"Expected Revenue": "amount", "Expected Closing": "close_date", "Active": None}),
    ("frappe", "lead", "Sr|ID|Lead Name|Organization|Email|Mobile No|Status|Source|Lead Owner|Created On|Last Updated On|Job Title|No. of Employees|Annual Revenue",
     {"ID": "reference", "Lead Name": "name", "Organization": "company", "Mobile No": "mobile", "Lead Owner": "owner", "Created On": "created_at"}),
    ("frappe", "opportunity", "ID|Organization|Status|Deal Owner|Annual Revenue|Deal Value|Probability|Expected Closure Date|Closed Date|Next Step|Created On|Last Updated On|Lost Reason",
     {"Organization": "account", "Status": "stage", "Deal Value": "amount", "Expected Closure Date": "close_date", "Closed Date": "closed_on"}),
    ("suitecrm", "contact", "id|date_entered|date_modified|assigned_user_id|last_name|account_name|email_address|deleted", {"date_entered": "created_at"}),
    ("hubspot", "contact", "Record ID|First Name|Last Name|Email|Primary Associated Company ID|Associated Company IDs|Create Date",
     {"Primary Associated Company ID": "account.reference"}),
    ("monday", "opportunity", "Name|Subitems|Stage|Owner|Deal Value|Contacts|Accounts|Expected Close Date|Close Probability|Item ID (auto generated)",
     {"Item ID (auto generated)": "reference", "Close Probability": "probability", "Accounts": "account"}),
    ("dynamics", "account",
     "(Do Not Modify) Account|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Account Name|Main Phone|Address 1: City|Address 1: Street 1|Address 1: ZIP/Postal Code|Address 1: Country/Region|Owner|Created On|Parent Account",
     {"(Do Not Modify) Account": "reference", "Address 1: City": "address.city", "Address 1: Street 1": "address.street"}),
    ("freshsales", "contact", "Id|First name|Last name|Job title|Accounts|Mobile|Emails|Address|City|Zipcode|Sales owner|Created at", {"Sales owner": "owner", "Emails": "email"}),
    ("wukong", "account", "客户名称|手机|电话|客户级别|客户行业|成交状态|详细地址|负责人|创建人|创建时间|距进入公海天数", {"客户名称": "name"}),
    ("cordys", "contact", "客户名称|姓名|邮箱|手机号|负责人|部门|状态|停用原因|创建人|创建时间|更新人|更新时间",
     {"客户名称": "account", "姓名": "name", "手机号": "mobile"}),
    ("cordys", "opportunity",
     "商机名称|客户名称|业务编码|商机来源|金额|意向产品|结束时间|可能性|联系人|客户标签|备注信息|地区|负责人|部门|商机阶段|失败原因|实际结束时间|剩余归属天数|最新跟进人|最新跟进日期|创建人|创建时间|更新人|更新时间",
     {"业务编码": "reference", "结束时间": "close_date", "实际结束时间": "closed_on", "失败原因": "lost_reason"}),
    ("cordys", "lead",
     "公司名称|线索进度|线索来源|线上来源详情|客户需求|联系人名称|联系人电话|意向产品|地区|负责人|部门|领取时间|剩余归属天数|最新跟进人|最新跟进日期|创建人|创建时间|更新人|更新时间",
     {"公司名称": "company", "联系人名称": "name", "联系人电话": "phone", "线索进度": "status"}),
    ("cordys", "note", "跟进类型|客户名称|公司名称|商机|联系人|跟进方式|跟进时间|负责人|意向产品|跟进内容|部门|创建人|创建时间|更新人|更新时间",
     {"客户名称": "about.account", "商机": "about.opportunity", "联系人": "about.contact", "跟进内容": "body"}),
]  # fmt: skip


@pytest.mark.parametrize(("system", "object", "row", "wanted"), ROWS, ids=[f"{r[0]}-{r[1]}" for r in ROWS])
def test_a_file_of_another_system_is_known_with_what_it_holds(
    catalog: Catalog, system: str, object: str, row: str, wanted: dict[str, str | None]
) -> None:
    columns = [Column(i, name) for i, name in enumerate(row.split("|"))]
    written = systems.written_by(columns)
    assert written is not None
    assert (written[0].name, written[1]) == (system, object)
    found = to_json(columns, suggesting.suggest(catalog, catalog.object(object), ME, columns))
    assert {name: found[name] for name in wanted} == wanted, found


def test_what_a_system_is_known_to_write_stands_in_the_mapping() -> None:
    """Several records in one cell, and durations in seconds."""
    columns = [Column(i, n) for i, n in enumerate(("Record ID", "Activity assigned to", "Associated Contact IDs"))]
    mapping = {"Record ID": None, "Associated Contact IDs": "about.contact"}
    assert systems.as_written(columns, mapping, {}) == {
        "Record ID": None,
        "Associated Contact IDs": {"field": "about.contact", "first": ";"},
    }
    columns = [Column(0, "Call Duration (in seconds)")]
    assert systems.as_written(columns, {"Call Duration (in seconds)": "duration"}, {}) == {
        "Call Duration (in seconds)": {"field": "duration", "suffix": "s"}
    }
    columns = [Column(i, n) for i, n in enumerate(("External ID", "Opportunity", "Salesperson", "Active"))]
    fields = dict.fromkeys(("stage", "name"), TYPES["text"])
    lost = systems.as_written(columns, {"Active": None}, fields)["=stage"]
    assert (lost["column"], lost["values"]["False"], lost["values"]["*"]) == ("Active", "lost", "")


def test_several_numbers_of_a_company_are_not_its_name(catalog: Catalog) -> None:
    row = "Record ID|Last Name|Primary Associated Company ID|Associated Company IDs|Create Date"
    columns = [Column(i, n) for i, n in enumerate(row.split("|"))]
    contact = catalog.object("contact")
    found = suggesting.brought(catalog, contact, to_json(columns, suggesting.suggest(catalog, contact, ME, columns)))
    assert found["Primary Associated Company ID"] == {"field": "account.reference", "known": True}
    assert found["Associated Company IDs"] is None


@pytest.mark.parametrize(
    ("text", "option"),
    [("COMPUTER_SOFTWARE", "software"), ("HOSPITAL_HEALTH_CARE", "medical"), ("Food & Beverages", "consumer_goods"),
     ("Apparel & Fashion", "manufacturing"), ("IT/互联网", "software"), ("农、林、牧、渔业", "agriculture"), ("Retail", "retail")],
)  # fmt: skip
def test_industries_of_other_systems_are_known(catalog: Catalog, text: str, option: str) -> None:
    for object in ("account", "lead"):
        industry = catalog.object(object).fields["industry"]
        assert called("industry", industry.options)[loose(text)] == option
