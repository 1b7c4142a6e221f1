"""Where nobody is there twice, nobody is told of: who belongs together is not one."""

from __future__ import annotations

import random

import pytest

from guanxi.linkage import Column, Linkage

SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂"
COLUMNS = [
    Column("name", "name"),
    Column("title", "text"),
    Column("department", "text"),
    Column("mobile", "phone"),
    Column("email", "email"),
    Column("role", "choice"),
    Column("account", "choice"),
]
JOBS = (
    ("仓储主管", "物流部"),
    ("采购经理", "采购部"),
    ("生产经理", "生产部"),
    ("财务总监", "财务部"),
    ("总经理", "总经办"),
)


def colleagues(count: int, twice: int) -> dict[str, dict[str, object]]:
    """People with few posts in few companies; the first ``twice`` are there again, without their address."""
    rng = random.Random(5)
    made: dict[str, dict[str, object]] = {}
    for n in range(count):
        title, department = rng.choice(JOBS)
        name = SURNAMES[n % len(SURNAMES)] + GIVEN[n // len(SURNAMES)] + GIVEN[n % 7 + 12]
        made[f"a{n:04d}"] = {
            "name": name,
            "title": title,
            "department": department,
            "mobile": f"+861{rng.choice('35')}{rng.randrange(10**9):09d}",
            "email": f"u{n}@x{n % 40}.example",
            "role": rng.choice(("user", "buyer")),
            "account": f"c{n % 40}",
        }
    for n in range(twice):
        made[f"b{n:04d}"] = made[f"a{n:04d}"] | {"email": None}
    return made


@pytest.mark.parametrize("twice", [0, 12])
def test_colleagues_are_not_one(twice: int) -> None:
    with Linkage(COLUMNS, "name") as linkage:
        linkage.add((id, True, values) for id, values in colleagues(160, twice).items())
        linkage.prepare()
        found = {(pair.a, pair.b) for pair in linkage.pairs(linkage.learn())}
    assert found == {(f"a{n:04d}", f"b{n:04d}") for n in range(twice)}
