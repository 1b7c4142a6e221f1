"""Schemes: what one may say, what it would do before it does it, and what it makes of an object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.standing.scene import GRADES, SHARE, STAGES, all_of_it, bands, change, factor, heard, make, one, put
from tests.world import World, codes

from guanxi import notify, records, standing
from guanxi.base import Invalid, Problem
from guanxi.records import Update
from guanxi.records.compile import Compiler
from guanxi.standing import hearing, inputs, reckoning
from guanxi.standing.model import Lifecycle, Scale
from guanxi.standing.shaping import read

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def test_nobody_writes_a_grade_while_a_scheme_is_in_force(world: World) -> None:
    await put(world, "grade", GRADES)
    labels = {o.name: o.label for o in world.catalog.object("account").fields["grade"].options}
    assert labels["important"]["zh"] == "重要"  # what is not said anew stays
    [a] = await make(world, {"name": "A"})
    async with world.act() as ctx:
        with pytest.raises(Invalid) as refused:
            await records.write(ctx, "account", [Update(a, {"grade": "strategic"})])
        assert codes(refused.value) == {"grade": "read_only"}
    await put(world, "grade", GRADES, active=False)
    await change(world, a, grade="strategic")
    assert (await one(world, a))["grade"] == "strategic"


async def test_a_preview_is_what_then_happens(world: World) -> None:
    await make(
        world, *({"name": str(i), "employees": i * 50, "industry": ("finance", "retail")[i % 2]} for i in range(20))
    )
    await heard(world)
    draft = {
        **GRADES,
        "axes": [{**GRADES["axes"][0], "factors": [factor("people", "employees", SHARE)]}, GRADES["axes"][1]],
    }
    async with world.act() as ctx:
        said = await standing.preview(ctx, "account", "grade", draft)
    await put(world, "grade", draft)
    result = await all_of_it(world, object_name="account", kind="grade", why="scheme")
    assert result["moved"] == sum(m["count"] for m in said["moves"]) > 0
    async with world.act() as ctx:
        rows = await ctx.db.fetch(
            f'SELECT grade, count(*) FROM "{world.workspace.schema}".account WHERE grade IS NOT NULL AND deleted_at IS NULL GROUP BY 1'
        )
        assert dict(rows) == said["after"]
        again = await standing.preview(ctx, "account", "grade", draft)
    assert again["moves"] == []
    assert again["before"] == again["after"]


async def test_any_object_may_have_a_scheme(world: World) -> None:
    """Fields, options and names are made for it; a custom object is like any other."""
    plan = {
        "axes": [
            {
                "name": "worth",
                "label": {"en": "Worth", "zh": "价值"},
                "factors": [factor("pay", "salary", bands((10, 50), (100, 100)))],
            }
        ],
        "grades": [
            {"name": "top", "label": {"en": "Top", "zh": "顶级"}, "from": 60},
            {"name": "rest", "label": {"en": "Rest", "zh": "其他"}, "from": 0},
        ],
    }
    await put(world, "grade", plan, object="keeper")
    keeper = world.catalog.object("keeper")
    assert {n: keeper.fields[n].readonly for n in ("grade", "score", "worth_score", "service_due")} == dict.fromkeys(
        ("grade", "score", "worth_score", "service_due"), True
    )
    [a, b] = await make(world, {"name": "A", "salary": 100}, {"name": "B"}, object="keeper")
    await heard(world)
    await all_of_it(world)
    assert [(await one(world, id, "keeper"))["grade"] for id in (a, b)] == ["top", "rest"]
    for name in ("task", "user"):
        with pytest.raises(Problem):
            await put(world, "grade", plan, object=name)


@pytest.mark.parametrize(
    ("kind", "change", "field", "code"),
    [
        ("grade", {"axes": []}, "axes", "wrong_type"),
        ("grade", {"axes": [{"name": "x", "factors": [factor("f", "nonsense", SHARE)]}]}, "axes.0.factors.0.input", "formula_unknown_field"),
        ("grade", {"axes": [{"name": "x", "factors": [factor("f", "industry", SHARE)]}]}, "axes.0.factors.0.scale.kind", "bad_config"),
        ("grade", {"axes": [{"name": "x", "factors": [factor("f", "employees", bands((5, 1), (5, 2)))]}]}, "axes.0.factors.0.scale.bands", "bad_config"),
        ("grade", {"axes": [{"name": "x", "factors": [factor("f", {"children": "nobody"}, SHARE)]}]}, "axes.0.factors.0.input.children", "unknown_field"),
        ("grade", {"grades": [{"name": "a", "from": 10}]}, "grades.0.from", "bad_config"),
        ("grade", {"grades": [{"name": "a", "from": 10}, {"name": "b", "from": 20}, {"name": "c", "from": 0}]}, "grades", "bad_config"),
        ("grade", {"field": "name"}, "field", "name_taken"),
        ("grade", {"grades": [{"name": "a", "from": 10**400}, {"name": "b", "from": 0}]}, "grades.0.from", "bad_config"),
        ("grade", {"nonsense": 1}, "nonsense", "unknown_parameter"),
        ("grade", {"axes": [{"name": "x", "factors": [{**factor("f", "employees", SHARE), "what": 1}]}]}, "axes.0.factors.0.what", "unknown_parameter"),
        ("grade", {"axes": "all", "contacts": [7], "grades": [{"name": 7}]}, "axes", "wrong_type"),
        ("lifecycle", {"stages": [{"name": "a", "days": 3}]}, "stages.0.days", "bad_config"),
        ("lifecycle", {"stages": [{"name": "a", "when": {"field": "nonsense", "op": "eq", "value": 1}}]}, "stages.0.when", "unknown_field"),
        ("lifecycle", {"stages": [{"name": "a", "after": ["b"]}]}, "stages.0.after", "not_an_option"),
    ],
)  # fmt: skip
async def test_what_a_scheme_may_not_say(
    world: World, kind: Any, change: dict[str, Any], field: str, code: str
) -> None:
    raw = {**(GRADES if kind == "grade" else STAGES), **change}
    with pytest.raises(Invalid) as refused:
        read(world.catalog, "account", kind, raw)
    assert codes(refused.value).get(field) == code, codes(refused.value)


async def test_a_scheme_that_changes_alarms_nobody(world: World) -> None:
    """It was the company that decided; whose customer has a lesser grade by it is no news."""
    await put(world, "grade", GRADES)
    [a] = await make(world, {"name": "A", "employees": 1000, "industry": "finance", "owner": world.id("rep1")})
    await heard(world)
    await all_of_it(world)
    assert (await one(world, a))["grade"] == "important"
    higher = [{**g, "from": n} for g, n in zip(GRADES["grades"], (99, 98, 0), strict=True)]
    await put(world, "grade", {**GRADES, "grades": higher})
    await all_of_it(world, why="scheme")
    assert (await one(world, a))["grade"] == "ordinary"
    async with world.act("rep1") as ctx:
        assert not [n for n in (await notify.listing(ctx))["data"] if n["kind"] == "grade_fell"]


async def test_what_lost_its_ground_is_left_out(world: World) -> None:
    """A field goes; the rest of the scheme goes on, and it is said what is wrong."""
    async with world.db.transaction() as c:
        add = {"op": "add_field", "object": "keeper", "name": "fame", "type": "integer"}
        await records.evolve(c, world.workspace, [add])
        world.catalog = await records.load_catalog(c, world.workspace)
    axes = [
        {
            "name": "worth",
            "factors": [factor("pay", "salary", bands((10, 50))), factor("fame", "fame", bands((1, 100)))],
        }
    ]
    await put(world, "grade", {"axes": axes, "grades": [{"name": "any", "from": 0}]}, object="keeper")
    [a] = await make(world, {"name": "A", "salary": 20, "fame": 5}, object="keeper")
    await heard(world)
    await all_of_it(world)
    assert (await one(world, a, "keeper"))["worth_score"] == 75
    async with world.db.transaction() as c:
        await records.evolve(c, world.workspace, [{"op": "retire_field", "object": "keeper", "field": "fame"}])
        world.catalog = await records.load_catalog(c, world.workspace)
    await all_of_it(world)
    assert (await one(world, a, "keeper"))["worth_score"] == 50
    async with world.act() as ctx:
        found = await standing.get(ctx, "keeper", "grade")
    assert found["active"]
    assert found["faults"][0]["field"] == "axes.0.factors.1.input"


async def test_a_field_that_is_retired_while_all_are_reckoned_is_left_out(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = own_world
    async with world.db.transaction() as c:
        add = {"op": "add_field", "object": "keeper", "name": "fame", "type": "integer"}
        world.catalog = (await records.evolve(c, world.workspace, [add])).catalog
    factors = [factor("pay", "salary", bands((10, 50))), factor("fame", "fame", bands((1, 100)))]
    grades = {"axes": [{"name": "worth", "factors": factors}], "grades": [{"name": "any", "from": 0}]}
    await put(world, "grade", grades, object="keeper")
    ids = await make(world, *({"name": str(i), "salary": 20, "fame": 5} for i in range(3)), object="keeper")
    looks = 0
    real = hearing.catalog_of

    async def behind(db: Any, workspace: Any) -> Any:
        """The catalog; once it is known, and before it is used, somebody retires a field."""
        nonlocal looks
        found = await real(db, workspace)
        looks += 1
        if looks == 3:
            async with world.db.transaction() as c:
                await records.evolve(c, workspace, [{"op": "retire_field", "object": "keeper", "field": "fame"}])
        return found

    monkeypatch.setattr(hearing, "catalog_of", behind)
    monkeypatch.setattr(hearing, "CHUNK", 1)
    done = await all_of_it(world, object_name="keeper")
    monkeypatch.undo()
    async with world.db.transaction() as c:
        world.catalog = await records.load_catalog(c, world.workspace)
    assert done["seen"] == 3
    assert [(await one(world, i, "keeper"))["worth_score"] for i in ids] == [75, 50, 50]


VALUES = st.integers(-1000, 1000).map(lambda n: n / 4)


@QUICK
@given(
    st.lists(st.tuples(VALUES, st.integers(0, 100)), min_size=1, max_size=6, unique_by=lambda b: b[0]),
    st.lists(VALUES, min_size=1, max_size=10),
    st.booleans(),
)
async def test_points_at_the_borders(
    world: World, steps: list[tuple[float, int]], more: list[float], down: bool
) -> None:
    """A band begins with its border; of percentiles only what lies beyond counts; a line ends at 0 and 100."""
    steps.sort()
    values = [*more, *(low + d for low, _ in steps for d in (-0.25, 0, 0.25))]
    low, high = steps[0][0], steps[0][0] + (steps[0][1] or 1) * (-1 if down else 1)
    quantiles = sorted((more * 101)[:101])
    scales = [Scale("bands", tuple(steps)), Scale("linear", low=low, high=high), Scale("percentile", down=down)]
    assert [scale.falls for scale in scales] == [steps[-1][1] < steps[0][1], down, down]
    async with world.act() as ctx:
        c = Compiler(ctx)
        found = ", ".join(inputs.points(c, "v", scale, 7, quantiles) for scale in scales)
        rows = await ctx.db.fetch(f"SELECT v, {found} FROM unnest({c.bind([*values, None], 'numeric[]')}) AS v", c.args)
    for value, band, line, share in rows:
        if value is None:
            assert (band, line, share) == (7, 7, None if quantiles[0] == quantiles[-1] else 7)
            continue
        assert band == next((p for start, p in reversed(steps) if float(value) >= start), 0)
        assert float(line) == pytest.approx(max(0, min(100, (float(value) - low) / (high - low) * 100)), abs=0.051)
        if quantiles[0] == quantiles[-1]:
            assert share is None
        else:
            beyond = sum(q > value for q in quantiles[1:]) if down else sum(q < value for q in quantiles[:-1])
            assert share == beyond


@QUICK
@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.integers(0, 15), min_size=1, max_size=8))
async def test_the_furthest_stage_wins(world: World, order: list[str], bits: list[int]) -> None:
    """Whatever the order of the stages and whatever holds of a record."""
    names = ["a", "b", "c", "d"]
    tests = {n: {"formula": f"mod(floor(ifempty(salary, 0) / {2**i}), 2) = 1"} for i, n in enumerate(names)}
    plan = read(world.catalog, "keeper", "lifecycle", {"stages": [{"name": n, "when": tests[n]} for n in order]})
    assert isinstance(plan, Lifecycle)
    async with world.act() as ctx:
        made = await records.write(ctx, "keeper", [records.Create({"name": "k", "salary": b}) for b in bits])
        ids = [o.id or "" for o in made]
        s = reckoning.stages(ctx, plan, "keeper", reckoning.Wanted(ids=ids))
        found = dict(await ctx.db.fetch(f"SELECT q.id, q.stage FROM ({s.sql}) AS q", s.args))
    for id, b in zip(ids, bits, strict=True):
        holds = [n for n in order if b >> names.index(n) & 1]
        assert found[id] == (holds[-1] if holds else None)


async def test_what_is_reckoned_does_not_stand_in_the_way_of_an_undo(world: World) -> None:
    """An import is taken back whole, though its records were graded since; what somebody wrote is kept."""
    await put(world, "grade", GRADES)
    async with world.act(bulk="import", label="in") as ctx:
        made = await records.write(ctx, "account", [records.Create({"name": n, "employees": 2000}) for n in "AB"])
        change_set = ctx.change_set
    await heard(world)
    await all_of_it(world)
    a, b = (o.id or "" for o in made)
    assert (await one(world, a))["version"] > 1
    await change(world, b, phone="010-62345678")
    async with world.act() as ctx:
        done = await records.undo(ctx, change_set)
    assert (done["undone"], [k["id"] for k in done["kept"]]) == (1, [b])
