"""Steps that change records: create, update, relate, assign, remove, and the verbs of the domain. Many runs at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from guanxi import records
from guanxi.base import Conflict, NotFound, Problem
from guanxi.base.json import dumps
from guanxi.base.shape import sequence
from guanxi.flows.kinds import Done, Fail, Next, StepContext, bulk_step, parameter, step
from guanxi.flows.steering import matching
from guanxi.pg import quote
from guanxi.records import Context, Create, Delete, Operation, Update, rules
from guanxi.records.act import act
from guanxi.records.compile import Compiler
from guanxi.schema.filter import Not, both, either, where

RECORD = parameter("record", "ref", ("Record", "记录"), required=True, default="record")


async def write(
    steps: Sequence[StepContext], object_of: Callable[[StepContext], str], made: Callable[[StepContext], Operation]
) -> list[Next]:
    """Carry out an operation for each step: in as few batches as objects and repeated records allow."""
    out: dict[int, Next] = {}
    waiting = list(enumerate(steps))
    ctx = steps[0].within
    while waiting:
        name = object_of(waiting[0][1])
        # What reacts to a write may write in turn, which belongs to the one run that it follows from.
        most = 1 if rules.afters(name) else records.MAX_BATCH
        now: list[tuple[int, StepContext]] = []
        later: list[tuple[int, StepContext]] = []
        taken: set[str] = set()
        for i, one in waiting:
            id = (one.input.get("record") or {}).get("id", "") if "record" in one.input else ""
            if object_of(one) == name and len(now) < most and id not in taken:
                now.append((i, one))
                taken |= {id} - {""}
            else:
                later.append((i, one))
        waiting = later
        sets = [one.run.change_set for _, one in now]
        outcomes = await records.write(
            ctx.of_sets(sets), name, [made(one) for _, one in now], atomic=False, render=False
        )
        for (i, _), outcome in zip(now, outcomes, strict=True):
            if outcome.problem is not None:
                out[i] = Fail(outcome.problem)
            else:
                out[i] = Done({"record": {"object": name, "id": outcome.id}, "changed": outcome.changed})
    return [out[i] for i in range(len(steps))]


@bulk_step(
    "create",
    ("Create a record", "新建记录"),
    parameter("object", "object", ("Object", "对象"), required=True),
    parameter("values", "values", ("Values", "字段值"), required=True, of="object"),
    group="records",
    icon="plus",
    outputs={"record": "=object"},
)
async def create(steps: Sequence[StepContext]) -> Sequence[Next]:
    """``steps.<id>.record`` is the new one."""
    return await write(steps, lambda s: s.input["object"], lambda s: Create(s.input["values"]))


@bulk_step(
    "update",
    ("Change a record", "修改记录"),
    RECORD,
    parameter("values", "values", ("Values", "字段值"), required=True, of="record"),
    group="records",
    icon="edit",
    outputs={"record": "=record"},
)
async def update(steps: Sequence[StepContext]) -> Sequence[Next]:
    """The given fields of the record."""
    return await write(steps, _object, lambda s: Update(s.input["record"]["id"], s.input["values"]))


@bulk_step(
    "remove",
    ("Delete a record", "删除记录"),
    RECORD,
    group="records",
    icon="delete",
    hint=("Into the recycle bin.", "移入回收站。"),
)
async def remove(steps: Sequence[StepContext]) -> Sequence[Next]:
    """Into the recycle bin."""
    return await write(steps, _object, lambda s: Delete(s.input["record"]["id"]))


@bulk_step(
    "relate",
    ("Link records", "关联记录"),
    RECORD,
    parameter("field", "field", ("Link", "关联字段"), required=True, of="record", kinds=("link", "links")),
    parameter("to", "ref", ("To", "关联到"), required=True),
    group="records",
    icon="link",
    outputs={"record": "=record"},
)
async def relate(steps: Sequence[StepContext]) -> Sequence[Next]:
    """A link is set; to several links one more is added."""
    values: dict[int, Mapping[str, Any]] = {}
    for one in steps:
        at, name, to = one.input["record"], one.input["field"], one.input["to"]["id"]
        entity = one.within.catalog.object(at["object"])
        if not entity.types[name].many:
            values[id(one)] = {name: to}
            continue
        found = (await records.ask(one.within, at["object"], [at["id"]], (name,))).get(at["id"])
        held = [v["id"] for v in sequence(found.values[name]) or ()] if found else []
        values[id(one)] = {name: [*held, *([] if to in held else [to])]}
    return await write(steps, _object, lambda s: Update(s.input["record"]["id"], values[id(s)]))


def _object(one: StepContext) -> str:
    return one.input["record"]["object"]


# -- assign ------------------------------------------------------------------------------------------------------------


@bulk_step(
    "assign",
    ("Assign", "分配"),
    RECORD,
    parameter("field", "field", ("Field", "字段"), of="record", kinds=("user",), required=True, default="owner"),
    parameter(
        "by",
        "choice",
        ("How", "方式"),
        required=True,
        default="round_robin",
        options=(
            ("round_robin", "In turn", "轮流"),
            ("least_loaded", "Who has least", "负载最少者"),
            ("capacity", "Who has room", "有余量者"),
        ),
    ),
    parameter("users", "users", ("Among these people", "在这些人中")),
    parameter("who", "who", ("And these, as the record says", "以及记录所指的人"), told=("Such as the owner, or the manager of whoever has it", "例如负责人，或当前负责人的上级")),
    parameter("team", "team", ("And those of the team", "以及该团队的成员")),
    parameter("capacity", "number", ("Open records at most", "最多在手记录"), low=1, high=100_000, required=True, when={"by": "capacity"}),
    group="records",
    icon="user",
    outputs={"record": "=record", "user": "user"},
    hint=("Somebody of those below. What is open counts as had. To assign by a rule of your own, put a branch before it.", "从下列人员中选出一人；负载按未关闭的记录计算。按自定规则分配时，请在前面加分支。"),
)  # fmt: skip
async def assign(steps: Sequence[StepContext]) -> Sequence[Next]:
    """To one of some users; who they are may differ from run to run."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, one in enumerate(steps):
        groups.setdefault(tuple(one.input.get("who") or ()), []).append(i)
    answers: dict[int, Next] = {}
    for who, group in groups.items():
        answers |= zip(group, await _assigned([steps[i] for i in group], who), strict=True)
    return [answers[i] for i in range(len(steps))]


async def _assigned(steps: Sequence[StepContext], who: Sequence[str]) -> Sequence[Next]:
    first = steps[0]
    ctx, object_name, field = first.within, _object(first), first.input["field"]
    people = await _people(ctx, [*(first.input.get("users") or ()), *who], first.input.get("team"))
    if not people:
        return [Fail(Conflict("flow_nobody"))] * len(steps)
    by = first.input["by"]
    loads = await _loads(ctx, object_name, field, people) if by != "round_robin" else {}
    turn = await _turn(ctx, first, len(steps)) if by == "round_robin" else 0
    chosen: dict[int, str] = {}
    answers: dict[int, Next] = {}
    for i, one in enumerate(steps):
        if by == "round_robin":
            chosen[i] = people[(turn + i) % len(people)]
            continue
        user = min(people, key=lambda u: (loads[u], people.index(u)))
        if by == "capacity" and loads[user] >= one.input["capacity"]:
            answers[i] = Fail(Conflict("flow_nobody_free"))
            continue
        loads[user] += 1
        chosen[i] = user
    picked = [(i, one) for i, one in enumerate(steps) if i in chosen]
    users = {id(one): chosen[i] for i, one in picked}
    written = await write(
        [one for _, one in picked], _object, lambda s: Update(s.input["record"]["id"], {s.input["field"]: users[id(s)]})
    ) if picked else []  # fmt: skip
    for (i, one), answer in zip(picked, written, strict=True):
        user = {"object": "user", "id": users[id(one)]}
        answers[i] = Done({**answer.output, "user": user}) if isinstance(answer, Done) else answer
    return [answers[i] for i in range(len(steps))]


async def _people(ctx: Context, users: Sequence[str], team: str | None) -> list[str]:
    """The active users among whom is chosen, in a steady order."""
    among = [where("id", "in", list(users)), *([where("teams", "contains", team)] if team else [])]
    active = both(either(among), Not(where("active", "eq", False)))
    found = await matching(ctx.as_system("flow: who may be assigned"), "user", active, "", 1000)
    return sorted(found, key=lambda u: (users.index(u) if u in users else len(users), u))


async def _loads(ctx: Context, object_name: str, field: str, people: Sequence[str]) -> dict[str, int]:
    """How many records each has that are not closed; who assigns at the same time waits for the other."""
    await ctx.db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, 11))",
        {"what": f"{ctx.workspace.id} {object_name} {field}"},
    )
    entity = ctx.catalog.object(object_name)
    open_ones = where(f"{entity.stage.name}_kind", "eq", "open") if entity.stage is not None else None
    c = Compiler(ctx.as_system("flow: loads"))
    source, visible = c.source(entity, "t")
    held = c.where(entity, "t", both(where(field, "in", list(people)), open_ones))
    rows = await ctx.db.fetch(
        f"SELECT t.{quote(field)}, count(*) FROM {source} WHERE {visible} AND {held} GROUP BY 1", c.args
    )
    return dict.fromkeys(people, 0) | dict(rows)


async def _turn(ctx: Context, one: StepContext, n: int) -> int:
    """Whose turn it is, as an index; the next ``n`` are taken."""
    return await ctx.db.value(
        f"INSERT INTO {quote(ctx.workspace.schema)}._flow_memory AS m (flow, step, data)"
        " VALUES (%(flow)s::uuid, %(step)s, jsonb_build_object('turn', %(n)s::bigint)) ON CONFLICT (flow, step) DO UPDATE"
        " SET data = jsonb_build_object('turn', ((m.data->>'turn')::bigint + %(n)s) %% 1000000007)"
        " RETURNING (data->>'turn')::bigint - %(n)s",
        {"flow": one.run.flow, "step": one.id, "n": n},
    )


# -- verbs of the domain -----------------------------------------------------------------------------------------------


@step(
    "action",
    ("Do", "执行操作"),
    RECORD,
    parameter("action", "action", ("Action", "操作"), required=True, of="record"),
    parameter("input", "input", ("With", "填写内容")),
    group="records",
    icon="bolt",
    hint=("A verb of the object, such as converting a lead.", "对象的业务操作，例如转化线索。"),
)
async def action(one: StepContext) -> Next:
    """What the verb answers is its output."""
    at = one.input["record"]
    try:
        async with one.within.db.savepoint():
            done = await act(one.within, at["object"], at["id"], one.input["action"], one.input.get("input") or {})
    except Problem as problem:
        return Fail(problem if not isinstance(problem, NotFound) else NotFound())
    return Done({"result": done if len(dumps(done)) < 10_000 else None})
