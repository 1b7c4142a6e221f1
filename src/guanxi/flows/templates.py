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
template(
    "contract_renewal",
    ("Contract renewal", "合同续约"),
    ("30 days before a contract ends.", "合同到期前 30 天提醒。"),
    {
        "object": "contract",
        "trigger": {"kind": "date", "field": "end_date", "offset_days": -30, "at": "09:00"},
        "steps": [task("s1", {"en": "{name} ends in 30 days", "zh": "合同 {name} 将在 30 天后到期"}, 3)],
    },
)
template(
    "case_escalation",
    ("Case escalation", "工单升级"),
    ("A case that is still open after four hours goes to a manager.", "工单四小时未关闭时升级处理。"),
    {
        "object": "case",
        "trigger": {"kind": "created"},
        "steps": [
            {
                "id": "s1",
                "kind": "wait",
                "how": "event",
                "event": {"kind": "changed", "record": "record", "filter": {"field": "status", "op": "eq", "value": "closed"}},
                "timeout": {"hours": 4},
                "timed_out": [task("s2", {"en": "Still open: {name}", "zh": "仍未处理：{name}"}, 0, priority="high")],
            }
        ],
    },
)  # fmt: skip
