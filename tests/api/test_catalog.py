"""The catalog as it is asked for while it is shaped."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Payment terms", "payment_terms"),
        ("客户级别", "kehujibie"),
        ("VIP 客户", "vip_kehu"),
        ("銀行帳號", "yinhangzhanghao"),
        ("2号仓库", "haocangku"),
        ("字" * 60, "zi" * 20),
        ("😀 — ؟", ""),
    ],
)
async def test_a_label_in_any_script_suggests_a_name_for_the_api(admin: Any, label: str, name: str) -> None:

    said = await admin.get(f"/api/v1/catalog/name?label={quote(label)}")
    assert (said.status, said.json) == (200, {"name": name})
