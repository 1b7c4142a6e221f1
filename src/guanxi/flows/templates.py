"""Flows to begin with: each a definition that is changed as one likes. Only those are offered that the catalog has everything for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guanxi.base import Label
from guanxi.flows import definition as definitions
from guanxi.flows.kinds import Pair, labelled
from guanxi.schema.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Template:
    """A flow to begin with."""

    name: str
    label: Label
    hint: Label
    definition: Mapping[str, Any]


templates: dict[str, Template] = {}
"""All templates of the modules that were imported, by name."""


def template(name: str, label: Pair, hint: Pair, definition: Mapping[str, Any]) -> None:
    """Add a template; kinds of steps that it uses may be registered later."""
    if name in templates:
        raise ValueError(f"there are two templates {name!r}")
    templates[name] = Template(name, labelled(label), labelled(hint), definition)


def offered(catalog: Catalog) -> list[dict[str, Any]]:
    """The templates with which nothing is wrong in this catalog."""
    return [
        {"name": t.name, "label": t.label, "hint": t.hint, "definition": t.definition}
        for t in templates.values()
        if not definitions.check(t.definition, catalog)
    ]


def task(id: str, subject: Mapping[str, str], days: int, record: str = "record", **values: Any) -> dict[str, Any]:
    """A step that makes a task about a record, for its owner."""
    return {
        "id": id,
        "kind": "create",
        "object": "task",
        "values": {
            "subject": {"text": dict(subject)},
            "about": {"from": record},
            "owner": {"from": f"{record}.owner"},
            "due_at": {"formula": f"todatetime(today() + {days})"},
            **values,
        },
    }


OPEN = {"field": "stage_kind", "op": "eq", "value": "open"}

template(
    "lead_follow_up",
    ("Lead follow-up", "线索跟进"),
    ("A task for each new lead, and a reminder when nobody touched it for two days.", "每条新线索生成跟进任务，两天无人处理时再提醒。"),
    {
        "object": "lead",
        "trigger": {"kind": "created"},
        "steps": [
            task("s1", {"en": "Get in touch with {name}", "zh": "联系线索 {name}"}, 1),
            {
                "id": "s2",
                "kind": "wait",
                "how": "event",
                "event": {"kind": "changed", "record": "record"},
                "timeout": {"days": 2},
                "timed_out": [
                    task("s3", {"en": "{name} has waited for two days", "zh": "{name} 已两天未处理"}, 0, priority="high")
                ],
            },
        ],
    },
)  # fmt: skip
template(
    "stale_deal",
    ("Stale deal", "停滞商机"),
    ("On Monday mornings: a task for each open deal that nobody touched for 14 days.", "每周一早上为 14 天未更新的进行中商机生成任务。"),
    {
        "object": "opportunity",
        "trigger": {
            "kind": "schedule",
            "at": "08:30",
            "days": ["mon"],
            "filter": {"and": [OPEN, {"formula": "updated_at < now() - 14"}]},
        },
        "steps": [task("s1", {"en": "What is next for {name}?", "zh": "{name} 下一步做什么？"}, 1)],
    },
)  # fmt: skip
template(
    "birthday",
    ("Birthday greeting", "生日祝福"),
    ("Every year on the day, in the Chinese calendar: a task for whoever looks after the contact.", "每年农历生日当天，为负责人生成祝福任务。"),
    {
        "object": "contact",
        "trigger": {"kind": "date", "field": "birthday", "yearly": True, "calendar": "lunar", "at": "09:00"},
        "steps": [task("s1", {"en": "It is {name}’s birthday", "zh": "今天是 {name} 的生日"}, 0)],
    },
)  # fmt: skip
OWNER = [{"field": "owner"}]
MANAGER = [{"manager_of": "owner"}]


def notify(id: str, to: list[dict[str, str]], en: str, zh: str) -> dict[str, Any]:
    """A step that tells people."""
    return {"id": id, "kind": "notify", "to": to, "text": {"en": en, "zh": zh}}


template(
    "contract_renewal",
    ("Contract renewal", "合同续约"),
    ("30 days before a contract in force ends: a task for its owner, and a week later word to the manager unless the end has moved.", "执行中的合同到期前 30 天为负责人生成任务；一周后到期日仍未变更则告知其上级。"),
    {
        "object": "contract",
        "trigger": {"kind": "date", "field": "ends_on", "offset_days": -30, "at": "09:00", "filter": {"field": "status", "op": "in", "value": ["signed", "active"]}},
        "steps": [
            task("s1", {"en": "{name} ends in 30 days: renew it", "zh": "合同 {name} 30 天后到期，请跟进续约"}, 3),
            notify("s2", OWNER, "{name} of {account.name} ends on {ends_on}", "{account.name} 的合同 {name} 将于 {ends_on} 到期"),
            {
                "id": "s3",
                "kind": "wait",
                "how": "event",
                "event": {"kind": "changed", "record": "record", "fields": ["ends_on", "status"]},
                "timeout": {"days": 7},
                "timed_out": [notify("s4", MANAGER, "Nobody has renewed {name} yet", "合同 {name} 仍未续约")],
            },
        ],
    },
)  # fmt: skip
template(
    "discount_approval",
    ("Discount approval", "折扣审批"),
    ("An order with more than 10 % off waits for the manager; above 20 % off or 500,000 for an administrator as well. Without a yes it is a draft again.", "优惠超过 10% 的订单须上级审批；超过 20% 或金额超过 50 万还须管理员审批。未通过则退回草稿。"),
    {
        "object": "order",
        "trigger": {"kind": "created", "filter": {"formula": "discount > amount * 0.1"}},
        "steps": [
            {
                "id": "s1",
                "kind": "approval",
                "record": "record",
                "title": {"en": "{discount} off order {number} of {account.name}", "zh": "{account.name} 订单 {number} 优惠 {discount}"},
                "levels": [
                    {"who": MANAGER, "need": "any"},
                    {"who": [{"role": "administrator"}], "need": "any", "filter": {"formula": "discount > amount * 0.2 or amount > 500000"}},
                ],
                "lock": "all",
                "timeout": {"days": 3},
                "late": "rejected",
                "approved": [notify("s2", OWNER, "The discount on {number} is approved", "订单 {number} 的优惠已通过审批")],
                "rejected": [
                    {"id": "s3", "kind": "update", "record": "record", "values": {"status": "draft"}},
                    notify("s4", OWNER, "The discount on {number} is not approved", "订单 {number} 的优惠未通过审批"),
                ],
            }
        ],
    },
)  # fmt: skip
template(
    "case_escalation",
    ("Case escalation", "工单升级"),
    ("An urgent case that is not resolved after four working hours: its owner's manager is told and gets it.", "紧急工单四个工作小时内未解决，则通知负责人的上级并转给上级。"),
    {
        "object": "case",
        "trigger": {"kind": "created", "filter": {"field": "priority", "op": "eq", "value": "urgent"}},
        "steps": [
            {
                "id": "s1",
                "kind": "wait",
                "how": "event",
                "event": {"kind": "changed", "record": "record", "filter": {"field": "status", "op": "in", "value": ["resolved", "closed"]}},
                "timeout": {"hours": 4},
                "working": True,
                "timed_out": [
                    notify("s2", MANAGER, "Not resolved in four hours: {subject}", "四小时未解决：{subject}"),
                    {"id": "s3", "kind": "assign", "record": "record", "field": "owner", "by": "least_loaded", "who": MANAGER},
                ],
            }
        ],
    },
)  # fmt: skip
