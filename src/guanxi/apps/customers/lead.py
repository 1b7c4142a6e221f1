"""A first trace of interest, not yet checked; converted into account, contact and opportunity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guanxi.apps.customers import ELSEWHERE, INDUSTRIES, NO_CALLS, NO_EMAIL, SOURCES
from guanxi.apps.customers.belonging import accounts_of
from guanxi.apps.customers.pooled import Pooled, held_from_now, protection_is_given
from guanxi.base import Conflict, Invalid, NotFound
from guanxi.base.json import fragment, loads
from guanxi.records import Context, Create, Operation, Update, access, get, write
from guanxi.records.links import find
from guanxi.records.rules import action, before_save, check
from guanxi.schema.declare import (
    Email,
    Link,
    LongText,
    Money,
    Person,
    Phone,
    Select,
    Tags,
    Text,
    Url,
    User,
    YesNo,
    alike,
    board,
    form,
    table,
)
from guanxi.schema.filter import where
from guanxi.schema.model import Field
from guanxi.schema.types import Bad


class Lead(
    Pooled,
    label=("Lead", "线索"),
    plural=("Leads", "线索"),
    area="sales",
    icon="magnet",
    owner="owner",
    subtitle=("company", "mobile"),
):
    """Somebody who may become a customer."""

    name = Person("Name", "姓名", required=True, search="A")
    company = Text("Company", "公司", max=255, search="A", standard="company")
    job_title = Text("Job title", "职务", max=120)
    status = Select(
        "Status",
        "状态",
        "new New 新线索 blue | contacted Contacted 已联系 gold | qualified Qualified 有效 green | converted Converted 已转化 green"
        " | unqualified Unqualified 无效 gray",
        default="new",
        track=True,
        index=True,
    )
    source = Select("Source", "来源", SOURCES)
    industry = Select("Industry", "行业", INDUSTRIES)
    mobile = Phone("Mobile", "手机", search="B", index=True)
    phone = Phone("Phone", "电话", search="B")
    email = Email("E-mail", "邮箱", search="B", index=True)
    website = Url("Website", "网址")
    do_not_call = YesNo("Do not call", "勿电话联系", help=NO_CALLS)
    do_not_email = YesNo("Do not e-mail", "勿发邮件", help=NO_EMAIL)
    budget = Money("Budget", "预算")
    need = LongText("Need", "需求")
    reference = Text("Reference", "外部编号", max=120, search="C", index=True, help=ELSEWHERE)
    tags = Tags("Tags", "标签")
    owner = User("Owner", "负责人", default="$me", index=True)
    account = Link("account", "Account", "客户", inverse="leads", readonly=True)
    contact = Link("contact", "Contact", "联系人", inverse="leads", readonly=True)
    opportunity = Link("opportunity", "Opportunity", "商机", inverse="leads", readonly=True)

    rules = (
        alike("same_name", "Similar name", "姓名相近", "name", "similar"),
        alike("same_phone", "Same phone", "电话相同", "mobile phone"),
        alike("same_email", "Same e-mail", "邮箱相同", "email"),
    )
    layout = form(
        ("Person", "线索信息", "name company job_title status source owner tags"),
        ("Contact", "联系方式", "mobile phone email website do_not_call do_not_email"),
        ("Interest", "需求", "industry budget need reference"),
        ("Converted into", "转化结果", "account contact opportunity"),
        ("Pool", "公海", "pool pool_since held_since protected protected_until"),
        header="budget",
    )
    views = (
        table("open", "Open leads", "待跟进", "name company status source mobile owner updated_at", sort="-updated_at",
              filter={"field": "status", "op": "in", "value": ["new", "contacted", "qualified"]}),
        table("all", "All leads", "全部线索", "name company status source mobile owner updated_at", sort="-updated_at"),
        board("board", "By status", "按状态", by="status", card="name company owner"),
    )  # fmt: skip


before_save(Lead, Lead.owner)(held_from_now)
check(Lead, Lead.protected, Lead.protected_until)(protection_is_given)

WITH_DEAL = {"when": {"field": "create_opportunity", "op": "eq", "value": True}}
"""Asked for only beside a deal that is to be made."""

CONVERT_INPUT = (
    Field(
        "account",
        "link",
        {"en": "Account", "zh": "客户"},
        target="account",
        help={
            "en": "Left empty: the one of the company's name, or a new one.",
            "zh": "留空时取公司名相同的客户，没有就新建。",
        },
    ),
    Field(
        "contact",
        "link",
        {"en": "Contact", "zh": "联系人"},
        target="contact",
        help={
            "en": "Left empty: the one with this e-mail or phone, or a new one.",
            "zh": "留空时取邮箱或电话相同的联系人，没有就新建。",
        },
    ),
    Field("create_opportunity", "boolean", {"en": "Create an opportunity", "zh": "同时新建商机"}, default=True),
    Field("opportunity_name", "text", {"en": "Opportunity name", "zh": "商机名称"}, config={"max": 255, **WITH_DEAL}),
    Field("amount", "money", {"en": "Amount", "zh": "金额"}, config=WITH_DEAL),
    Field("amount_currency", "currency", {"en": "Currency", "zh": "币种"}, of="amount"),
    Field("close_date", "date", {"en": "Expected close", "zh": "预计成交日期"}, config=WITH_DEAL),
)


async def proposed(ctx: Context, id: str) -> dict[str, Any]:
    """What the form begins with: whom the lead is already known as, and the deal as far as the lead tells of it."""
    lead = await _read(ctx, id)
    account, contact = await _known(ctx, lead)
    if account is None and (probable := (await accounts_of(ctx, [id])).get(id)):
        account = probable["id"]
    return {
        "account": await _ref(ctx, "account", account),
        "contact": await _ref(ctx, "contact", contact),
        "create_opportunity": True,
        "opportunity_name": lead["company"] or lead["name"],
        "amount": lead["budget"],
        "amount_currency": lead["budget_currency"],
    }


@action(
    Lead, "convert", ("Convert", "转为客户"), CONVERT_INPUT, when=where("status", "ne", "converted"), begin=proposed
)
async def convert(ctx: Context, id: str, input: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a lead into account, contact and, unless told otherwise, opportunity.

    An account of the same name and a contact of the same e-mail, mobile or phone that the actor may see are taken
    instead of new ones. Answers ``{"account", "contact", "opportunity", "created": [...], "change_set"}``. Everything is
    one change set. Raises Conflict when the lead is converted already.
    """
    lead = await _read(ctx, id)
    if lead["status"] == "converted":
        raise Conflict("already_converted")
    ctx = replace(ctx, bulk="action", label=f"convert {lead['name'] or ''}".strip())
    created: list[str] = []
    known_account, known_contact = await _known(ctx, lead)
    account = input.get("account") or known_account
    if account is None:
        values = {
            "name": lead["company"] or lead["name"],
            "kind": "company" if lead["company"] else "person",
            **_carry(ctx, "account", lead, "industry source phone website tags"),
            "email": None if lead["company"] else lead["email"],
            "owner": _id(lead["owner"]),
        }
        account = await _create(ctx, "account", values)
        await _hand_on(ctx, id, "account", account, "phone" if lead["company"] else "phone email")
        created.append("account")
    contact = input.get("contact") or known_contact
    if contact is None:
        values = {
            "name": lead["name"],
            "account": account,
            **_carry(ctx, "contact", lead, "job_title mobile phone email do_not_call do_not_email"),
            "owner": _id(lead["owner"]),
        }
        contact = await _create(ctx, "contact", values)
        await _hand_on(ctx, id, "contact", contact, "mobile phone email")
        created.append("contact")
    opportunity = None
    if input.get("create_opportunity", True):
        values = {
            "name": input.get("opportunity_name") or lead["company"] or lead["name"],
            "account": account,
            "contact": contact,
            "amount": input.get("amount") if input.get("amount") is not None else lead["budget"],
            "amount_currency": input.get("amount_currency") or lead["budget_currency"],
            "close_date": input.get("close_date"),
            "source": lead["source"],
            "description": lead["need"],
            "owner": _id(lead["owner"]),
        }
        opportunity = await _create(ctx, "opportunity", values)
        created.append("opportunity")
    result = {"status": "converted", "account": account, "contact": contact, "opportunity": opportunity}
    trusted: list[Operation] = [Update(id, result, trusted=True)]
    await write(ctx, "lead", trusted)
    return {
        "account": fragment(await get(ctx, "account", account)),
        "contact": fragment(await get(ctx, "contact", contact)),
        "opportunity": fragment(await get(ctx, "opportunity", opportunity)) if opportunity else None,
        "created": created,
        "change_set": ctx.change_set,
    }


async def _read(ctx: Context, id: str) -> dict[str, Any]:
    """The lead as far as the actor sees it in clear; all else is None."""
    entity = ctx.catalog.object("lead")
    lead = loads(await get(ctx, "lead", id), exact=True)
    return {n: lead[n] if access.readable(ctx.actor, entity, f) else None for n, f in entity.fields.items()}


async def _hand_on(ctx: Context, id: str, target: str, made: str, names: str) -> None:
    """What is masked for the actor goes over all the same, where the actor does not come to see it in clear."""
    lead, other = ctx.catalog.object("lead"), ctx.catalog.object(target)
    masked = [
        n
        for n in names.split()
        if n in lead.fields and access.masked(ctx.actor, lead, lead.fields[n])
        if n in other.fields and not access.readable(ctx.actor, other, other.fields[n])
    ]
    if masked:
        system = ctx.as_system("convert")
        values = loads(await get(system, "lead", id, tuple(masked)))
        await write(system, target, [Update(made, {n: values[n] for n in masked})], render=False)


async def _known(ctx: Context, lead: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The account of the company's name, and the contact of the same e-mail, mobile or phone."""
    account = await _existing(ctx, "account", {"name": lead["company"]}) if lead["company"] else None
    for name in ("email", "mobile", "phone"):
        if lead[name] and (contact := await _existing(ctx, "contact", {name: lead[name]})):
            return account, contact
    return account, None


async def _ref(ctx: Context, object_name: str, id: str | None) -> dict[str, Any] | None:
    """A link as records carry it."""
    return {"id": id, "title": loads(await get(ctx, object_name, id))["name"]} if id else None


def _id(link: Any) -> str | None:
    return link["id"] if link else None


def _carry(ctx: Context, target: str, lead: Mapping[str, Any], names: str) -> dict[str, Any]:
    known = ctx.catalog.object(target).fields
    return {n: lead.get(n) for n in names.split() if n in known}


async def _existing(ctx: Context, object_name: str, key: Mapping[str, Any]) -> str | None:
    """The one visible record that equals ``key``; several are no match."""
    found = (await find(ctx, ctx.catalog.object(object_name), [key]))[0]
    return found[0] if not isinstance(found, Bad) and len(found) == 1 else None


async def _create(ctx: Context, object_name: str, values: Mapping[str, Any]) -> str:
    try:
        outcome = (
            await write(ctx, object_name, [Create({n: v for n, v in values.items() if v is not None})], render=False)
        )[0]
    except Invalid as invalid:  # the fields are those of the record to be, not of the action's form
        raise invalid.within(object_name) from None
    if outcome.id is None:
        raise NotFound
    return outcome.id
