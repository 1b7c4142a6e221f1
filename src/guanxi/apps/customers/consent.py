"""What somebody agreed to, or no longer does, and how that is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from guanxi.apps.customers import CHANNELS
from guanxi.apps.customers.naming import option_name
from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import Date, DateTime, File, LongText, Record, Reference, Select, Text, form, table


class Consent(
    Record,
    label=("Consent", "同意记录"),
    plural=("Consents", "同意记录"),
    title="name",
    icon="shield",
    inherits="party",
    subtitle=("party", "state"),
    activity="consent",
    moment="at",
):
    """Given or withdrawn for one purpose, and one channel or any; of several the latest counts."""

    name = Text("Name", "名称", max=255, readonly=True)
    party = Reference("Of", "当事人", required=True, inverse="consents", inverse_label=("Consents", "同意记录"))
    purpose = Select(
        "Purpose",
        "用途",
        "marketing Marketing 营销 | service Service 服务 | profiling Profiling 画像 | sharing Sharing 对外提供 | survey Surveys 调研",
        required=True,
        index=True,
    )
    channel = Select("Channel", "渠道", f"any Any 任何 | {CHANNELS}", default="any")
    state = Select(
        "State",
        "状态",
        "given Given 已同意 green | withdrawn Withdrawn 已撤回 red",
        required=True,
        default="given",
        index=True,
    )
    at = DateTime("When", "时间", required=True, default="now", index=True)
    until = Date("Until", "有效期至")
    source = Text(
        "Where", "来源", max=255, help=("The form, call or paper by which it was said.", "表单、电话或书面材料等出处。")
    )
    evidence = LongText("Evidence", "凭据", help=("The words that were agreed to.", "当事人同意的原文。"))
    proof = File("Proof", "证明文件")

    layout = form(("Consent", "同意记录", "party purpose channel state at until source evidence proof"))
    views = (table("all", "All consents", "全部同意记录", "party purpose channel state at until", sort="-at"),)


@before_save(Consent, Consent.purpose)
def named_by_its_purpose(consent: Consent, ctx: Context) -> None:
    """A consent goes by its purpose, in the language of the company."""
    consent.name = option_name(ctx, "consent", "purpose", consent.purpose)


def refused(told: Iterable[dict[str, Any]], channel: str, today: date) -> tuple[str, dict[str, Any]] | None:
    """Why a party may not be reached by a channel, and the record that says so: ``withdrawn``, or ``lapsed`` where a consent held
    until a day that is past; None where nothing stands against it.

    ``told`` are the party's records for one purpose as the API gives them, latest first. The latest about the channel or about any
    counts: what was said of one channel holds for it, even where something else was said of all of them before.
    """
    row = next((r for r in told if (r.get("channel") or "any") in ("any", channel)), None)
    if row is None:
        return None
    if row.get("state") == "withdrawn":
        return "withdrawn", row
    return ("lapsed", row) if row.get("until") and row["until"] < today.isoformat() else None
