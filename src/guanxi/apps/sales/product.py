"""What is sold."""

from __future__ import annotations

from guanxi.schema.declare import File, LongText, Money, Record, Text, YesNo, form, table


class Product(
    Record,
    label=("Product", "产品"),
    plural=("Products", "产品"),
    area="sales",
    icon="cube",
    subtitle=("code", "family"),
):
    """A product or a service with its list price."""

    name = Text("Name", "产品名称", required=True, max=255, search="A")
    code = Text("Code", "产品编码", max=60, unique=True, search="B")
    family = Text("Family", "产品系列", max=120, index=True)
    price = Money("List price", "标准价格")
    unit = Text("Unit", "单位", max=20)
    active = YesNo("Active", "在售", default=True)
    image = File("Image", "图片")
    description = LongText("Description", "描述")

    layout = form(
        ("Product", "产品信息", "name code family price unit active image description"),
        related="opportunities",
        header="price",
    )
    views = (
        table("active", "On sale", "在售产品", "name code family price unit", sort="name",
              filter={"field": "active", "op": "eq", "value": True}),
        table("all", "All products", "全部产品", "name code family price unit active", sort="name"),
    )  # fmt: skip
