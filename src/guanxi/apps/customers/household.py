"""People who live together and buy together."""

from __future__ import annotations

from guanxi.schema.declare import Address, LongText, Record, Text, User, form, table


class Household(
    Record,
    label=("Household", "家庭"),
    plural=("Households", "家庭"),
    icon="home",
    owner="owner",
):
    """A family or a flat share; its members are accounts that are persons."""

    name = Text("Name", "名称", required=True, max=255, search="A")
    address = Address("Address", "地址")
    note = LongText("Note", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    layout = form(("Household", "家庭", "name address note owner"), related="members")
    views = (table("all", "All households", "全部家庭", "name address owner updated_at", sort="name"),)
