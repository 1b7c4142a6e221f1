"""That two records have to do with each other, and how."""

from __future__ import annotations

from guanxi.apps.customers.naming import option_name
from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import Date, LongText, Record, Reference, Select, Text, form, table

ROLES = (
    "partner Partner_of 合作伙伴 | supplier Supplier_of 供应商 | customer Customer_of 客户 | dealer Dealer_of 经销商 | investor Invests_in 投资方"
    " | competitor Competitor_of 竞争对手 | referrer Referred 推荐人 | influences Influences 影响者 | colleague Colleague_of 同事 | friend Friend_of 朋友"
    " | spouse Spouse_of 配偶 | parent Parent_of 父母 | relative Relative_of 亲属 | other Related_to 相关方"
)


class Relation(
    Record,
    label=("Relation", "关系"),
    plural=("Relations", "关系"),
    title="name",
    icon="link",
    inherits="from_record",
    subtitle=("from_record", "to_record"),
    activity="relation",
):
    """One record's part in the life of another: "supplier of", "referred", "spouse of"."""

    name = Text("Name", "名称", max=255, readonly=True)
    from_record = Reference("From", "一方", required=True, inverse="relations_out", inverse_label=("Relations", "关系"))
    role = Select("Is", "关系", ROLES, required=True, index=True)
    to_record = Reference(
        "Of", "另一方", required=True, inverse="relations_in", inverse_label=("Related to it", "被关联")
    )
    note = LongText("Note", "说明")
    since = Date("Since", "开始日期")
    until = Date("Until", "结束日期")

    layout = form(("Relation", "关系", "from_record role to_record since until note"))
    views = (table("all", "All relations", "全部关系", "from_record role to_record since until", sort="-updated_at"),)


@before_save(Relation, Relation.role)
def named_by_its_role(relation: Relation, ctx: Context) -> None:
    """A relation goes by its role, in the language of the company."""
    relation.name = option_name(ctx, "relation", "role", relation.role)
