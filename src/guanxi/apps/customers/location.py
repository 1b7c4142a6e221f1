"""Where an account is found: offices, plants, warehouses, shops."""

from __future__ import annotations

from guanxi.schema.declare import Address, Link, LongText, Phone, Record, Select, Text, form, table


class Location(
    Record,
    label=("Location", "场所"),
    plural=("Locations", "场所"),
    icon="pin",
    inherits="account",
    subtitle=("account", "kind"),
):
    """A place of an account with an address of its own."""

    name = Text("Name", "名称", required=True, max=255, search="A")
    account = Link(
        "account", "Account", "客户", required=True, inverse="locations", inverse_label=("Locations", "场所")
    )
    kind = Select(
        "Kind",
        "类型",
        "office Office 办公室 | plant Plant 工厂 | warehouse Warehouse 仓库 | shop Shop 门店 | other Other 其他",
        index=True,
    )
    address = Address("Address", "地址")
    phone = Phone("Phone", "电话", search="B")
    note = LongText("Note", "备注")

    layout = form(("Location", "场所", "name account kind address phone note"))
    views = (table("all", "All locations", "全部场所", "name account kind address phone", sort="name"),)
