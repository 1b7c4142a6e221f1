"""Which system wrote a file, told by its headings, and what the file holds; what its columns mean, the names themselves suggest.

To know another system is one more line of :data:`SYSTEMS`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.base import FieldError, Label
from guanxi.schema.types import FieldType
from guanxi.transfer.mapping import normal
from guanxi.transfer.table import Batch, Column

Needs = tuple[str, ...]
"""Headings that all have to be there, each in one of several ways (normalised, between bars)."""


@dataclass(frozen=True, slots=True)
class System:
    """A system whose files are known by any of ``signs``. ``how`` says, by how headings begin, what is to be known of their cells
    (as a mapping says it); ``also``, by the heading and the field it goes into, what else its texts say: a field and its values;
    ``gone``, by heading, which texts say that a row is deleted there (``*``: any)."""

    name: str
    label: Label
    signs: tuple[Needs, ...]
    how: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    also: Mapping[tuple[str, str], tuple[str, Mapping[str, str]]] = field(
        default_factory=dict[tuple[str, str], tuple[str, Mapping[str, str]]]
    )
    gone: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])


def _called(name: str, zh: str = "") -> Label:
    return {"en": name, "zh": zh or name}


YES = ("1", "true", "yes")

SYSTEMS: tuple[System, ...] = (
    System("salesforce", _called("Salesforce"), (
        ("system modstamp",), ("id", "owner id"), ("id", "is deleted"), ("username", "profile id|user role id"),
        ("account owner", "billing state province"), ("opportunity owner", "fiscal period|stage"), ("lead owner", "company account"),
    ), {"who id": {"missing": "empty"}}, gone={"is deleted": YES}),
    System("zoho", _called("Zoho CRM"), (
        ("record id", "created time"),
        ("record id", "account owner id|contact owner id|deal owner id|lead owner id|created by id"),
    ), also={
        (heading, "direction"): ("result", {"Missed": "missed", "未接来电": "missed", "未接": "missed", "*": ""})
        for heading in ("call type", "呼叫类型", "通话类型")
    }),
    System("hubspot", _called("HubSpot"), (
        ("record id", ("create date|lifecycle stage|deal stage|company owner|contact owner|deal owner|company domain name"
                      "|associated company|associated company ids")),
        ("contact id", "associated company id", "hubspot score|lifecycle stage"),
        ("record id", "activity assigned to|note body|task title|task body|call body|meeting name|meeting title"),
    ), {"associated": {"first": ";"}, "buying role": {"first": ";"}}),
    System("suitecrm", _called("SuiteCRM"), (
        ("id", "date entered|date created", "date modified", "assigned to|assigned user|assigned user id|assigned user name"),
    ), gone={"deleted": YES}),
    System("espocrm", _called("EspoCRM"), (
        ("assigned user id|assigned user name", "created at|modified at|created by name"),
    ), {"duration": {"suffix": "s"}}, gone={"deleted": YES}),
    System("dynamics", _called("Dynamics 365"), (
        ("do not modify account|do not modify contact|do not modify lead|do not modify opportunity",),
    )),
    System("pipedrive", _called("Pipedrive"), (
        ("organization name", "person name"), ("organization name", "deal title"), ("person name", "deal title"),
        ("deal title", "deal value|deal owner"), ("person name", "person owner|person organization"),
        ("organization name", "organization owner"), ("activity subject", "activity type|activity done"),
    ), also={  # what became of a deal stands beside the stage that it was in
        ("deal status", ""): ("stage", {"Won": "won", "Lost": "lost", "won": "won", "lost": "lost", "赢单": "won", "输单": "lost", "*": ""}),
    }),
    System("twenty", _called("Twenty"), (
        ("email primary email", "name first name|name last name"), ("domain name link url", "name"), ("amount amount", "point of contact id|company id"),
    ), gone={"deleted at": ("*",)}),
    System("odoo", _called("Odoo"), (
        ("external id", "is a company|salesperson|sales team"), ("country id name|parent id id|user id name|partner id name", "name"),
    ), also={
        (heading, ""): ("kind", {"True": "company", "False": "person", "1": "company", "0": "person", "TRUE": "company", "FALSE": "person"})
        for heading in ("is a company", "is company")
    } | {("active", ""): ("stage", {"False": "lost", "FALSE": "lost", "0": "lost", "*": ""})}),  # who loses a deal puts it away
    System("frappe", _called("Frappe CRM or ERPNext"), (
        ("sr", "id"), ("id", "last updated on|last updated by"), ("id", "mobile no", "no of employees"),
    ), {"no of employees": {"unknown": "empty"}}, {("organization", "account"): ("name", {})}),  # a deal is called as its customer is
    System("monday", _called("monday.com"), (("item id auto generated",),)),
    System("freshsales", _called("Freshsales"), (("sales owner", "id|emails|deal stage"),)),
    System("wukong", _called("Wukong CRM", "悟空 CRM"), (("距进入公海天数",),)),
    System("fxiaoke", _called("Fxiaoke", "纷享销客"), (
        ("负责人主属部门",), ("生命状态", "负责人"), ("成交状态", "1级行业|客户级别"), ("销售记录内容", "唯一性id"),
    ), gone={"生命状态": ("作废", "已作废")}),
    System("cordys", _called("Cordys CRM"), (
        ("剩余归属天数",), ("归属公海",), ("最新跟进人", "更新人"), ("停用原因", "更新人"), ("跟进方式", "跟进内容", "更新人"),
    )),
    System("google", _called("Google Contacts", "Google 通讯录"), (
        ("given name yomi",), ("email 1 value", "phone 1 value|organization 1 name|organization name"),
    ), {"email 1": {"first": ":::"}, "phone 1": {"first": ":::"}, "birthday": {"unknown": "empty"}}),
    System("outlook", _called("Outlook"), (("email address", "business street|home street", "business phone|home phone"),)),
)  # fmt: skip

HOLDS: tuple[tuple[str, tuple[Needs, ...]], ...] = (
    ("note", (("note content|note body|销售记录内容|跟进记录内容",), ("跟进方式", "跟进内容"), ("parent id", "title", "body"))),
    ("task", (("task owner|task title|task status|task subtype",), ("who id", "is high priority"), ("activity subject", "activity due date|activity done"), ("date end", "date completed|is overdue"))),
    ("call", (("call owner|call type|call title|call body|call outcome",), ("direction", "date start"))),
    ("meeting", (("meeting title|meeting name",), ("host", "from", "to"), ("who id", "start date time|activity date time"), ("date start", "date end", "parent type"))),
    ("user", (("username",),)),
    ("product", (("product code", "family|is active|unit price"),)),
    ("case", (("case number",), ("工单编号",))),
    ("contact", (("contact owner",), ("do not modify contact",))),
    ("account", (("company owner|company domain name",),)),
    ("lead", (
        ("lead owner",), ("lead status",), ("is converted",), ("do not modify lead",), ("opportunity amount", "last name"),
        ("last name", "company", "status|lead source"), ("线索状态|线索名称|线索来源|线索进度",),
    )),
    ("opportunity", (
        ("stage|stage name|deal stage|sales stage|expected closure date|deal name|deal title|do not modify opportunity",), ("销售阶段|商机阶段|商机名称",),
    )),
    ("contact", (("last name|name last name|family name|person name|full name|联系人姓名|姓名",), ("name", "company|accounts", "email"))),
    ("account", (("name|account name|company name|organization name|do not modify account|客户名称",),)),
)  # fmt: skip
"""Objects by the headings that tell of them, the most telling first."""


def _any(there: set[str], ways: Sequence[Needs]) -> bool:
    return any(all(not there.isdisjoint(names.split("|")) for names in needs) for needs in ways)


def written_by(columns: Sequence[Column]) -> tuple[System, str] | None:
    """The system that wrote a file with these headings, and the object that it holds (empty: not known)."""
    there = {n for c in columns for n in (normal(c.name), normal(c.name, aside=False))}
    system = next((s for s in SYSTEMS if _any(there, s.signs)), None)
    if system is None:
        return None
    return system, next((name for name, ways in HOLDS if _any(there, ways)), "")


def as_written(
    columns: Sequence[Column], mapping: Mapping[str, Any], fields: Mapping[str, FieldType]
) -> dict[str, Any]:
    """The mapping with what the file's system is known to write: several records in a cell, durations in seconds, calls whose
    direction is that nobody answered. ``fields`` are those of the object, by name."""
    written = written_by(columns)
    out = dict(mapping)
    for name, wanted in mapping.items():
        heading = normal(name)
        found = (
            dict(next((h for start, h in written[0].how.items() if heading.startswith(start)), {})) if written else {}
        )
        if heading.endswith("in seconds"):
            found["suffix"] = "s"
        path = wanted.get("field") if isinstance(wanted, Mapping) else wanted
        if path and not (path in fields and fields[path].many) and found:
            out[name] = {**(wanted if isinstance(wanted, Mapping) else {"field": wanted}), **found}
        other, values = written[0].also.get((heading, path or ""), ("", {})) if written else ("", {})
        if other in fields:
            out[f"={other}"] = {"field": other, "column": name, "values": dict(values)}
    return out


def living(batches: Iterator[Batch], columns: Sequence[Column], taken: Collection[int]) -> Iterator[Batch]:
    """The same rows without those that their system says are deleted; a column that goes into a field (``taken``) says so of none."""
    written = written_by(columns)
    said = written[0].gone if written else {}
    telling = [(c, texts) for c in columns if c.index not in taken and (texts := said.get(normal(c.name)))]
    for batch in batches:
        for column, texts in telling:
            cells = [row[column.index].strip() for row in batch.cells]
            gone = [bool(text) and ("*" in texts or text.casefold() in texts) for text in cells]
            if any(gone):
                rows = list(zip(batch.lines, batch.cells, cells, gone, strict=True))
                why = FieldError(None, "deleted_there", {"column": column.name})
                batch.gone += [(line, why, text) for line, _, text, is_gone in rows if is_gone]
                batch.lines = [line for line, _, _, is_gone in rows if not is_gone]
                batch.cells = [row for _, row, _, is_gone in rows if not is_gone]
        yield batch
