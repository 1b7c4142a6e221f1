"""Steps that say where a run goes: branch, wait, loop, another flow, stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.clock import zone
from guanxi.base.shape import sequence
from guanxi.flows.kinds import Done, Fail, Next, Spawn, StepContext, Stop, Wait, bulk_step, parameter, step
from guanxi.records import Context, paging
from guanxi.records.compile import Compiler
from guanxi.schema.filter import Filter, both, where
from guanxi.schema.query import Query, read_query

MOST_PASSES = 10_000
"""Records that a loop goes over at most."""

HOW = parameter(
    "how",
    "choice",
    ("Wait", "等待方式"),
    required=True,
    default="duration",
    options=(
        ("duration", "For some time", "一段时间"),
        ("until", "Until a time of day", "到某个时刻"),
        ("date", "Until a date", "到某个日期"),
        ("event", "Until something happens", "直到某事发生"),
    ),
)


def _branches(given: Mapping[str, Any]) -> Iterator[FieldError]:
    if not sequence(given.get("cases")):
        yield FieldError("cases", "required")


@bulk_step(
    "branch",
    ("Branch", "分支"),
    group="steer",
    icon="branch",
    nested=("cases", "otherwise"),
    faults=_branches,
    hint=("Goes on with the first case whose condition holds.", "执行第一个满足条件的分支。"),
)
async def branch(steps: Sequence[StepContext]) -> list[Next]:
    """``cases`` are ``{"name", "filter", "steps"}``."""
    out: list[Next] = []
    for one in steps:
        truths: Sequence[bool] = one.input["cases"]
        hit = next((i for i, holds in enumerate(truths) if holds), None)
        out.append(Done({"case": hit}, "otherwise" if hit is None else f"cases.{hit}"))
    return out


def span(duration: Mapping[str, int]) -> timedelta:
    """``{"days": 3, "hours": 2}`` as a time span."""
    return timedelta(**duration)


OPENS, CLOSES = time(9), time(18)
"""The working day, from Monday to Friday, on the workspace's clocks."""


def after(now: datetime, duration: Mapping[str, int], timezone: str, working: bool = False) -> datetime:
    """The moment when a time span is over; with ``working`` days are working days, and of hours and minutes only those of
    working days count."""
    if not working:
        return now + span(duration)
    at = now.astimezone(zone(timezone)).replace(tzinfo=None)
    for _ in range(duration.get("weeks", 0) * 5 + duration.get("days", 0)):
        at += timedelta(days=1)
        while at.weekday() >= 5:
            at += timedelta(days=1)
    left = timedelta(hours=duration.get("hours", 0), minutes=duration.get("minutes", 0))
    while left > timedelta():
        opens, closes = datetime.combine(at, OPENS), datetime.combine(at, CLOSES)
        if at.weekday() >= 5 or at >= closes:
            at = datetime.combine(at + timedelta(days=1), OPENS)
            continue
        at = max(at, opens)
        done = min(left, closes - at)
        at, left = at + done, left - done
    return at.replace(tzinfo=zone(timezone)).astimezone(now.tzinfo)


def next_time(now: datetime, at: str, timezone: str, working: bool = False) -> datetime:
    """The next moment at which clocks in the zone show ``at``; with ``working`` on a day from Monday to Friday.

    A time that a clock passes over is as much later as the clock was put forward; of one that comes twice it is the first.
    """
    hour, minute = (int(part) for part in at.split(":"))
    local = now.astimezone(zone(timezone))
    day = local.date()
    while True:
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=local.tzinfo)
        if moment.astimezone(now.tzinfo) > now and (not working or day.weekday() < 5):
            return moment.astimezone(now.tzinfo)
        day += timedelta(days=1)


@step(
    "wait",
    ("Wait", "等待"),
    HOW,
    parameter("duration", "duration", ("For", "时长"), required=True, when={"how": "duration"}),
    parameter("date", "value", ("Date", "日期"), required=True, when={"how": "date"}),
    parameter("at", "time", ("At", "时刻"), when={"how": ("until", "date")}, default="09:00"),
    parameter("event", "event", ("Until", "等待事件"), required=True, when={"how": "event"}),
    parameter("timeout", "duration", ("At most", "最长等待"), when={"how": "event"}),
    parameter(
        "working",
        "boolean",
        ("Working time only", "仅计工作时间"),
        when={"how": ("duration", "until", "event")},
        told=("Monday to Friday; of hours those from 9:00 to 18:00", "周一至周五；小时数只计 9:00 至 18:00"),
    ),
    group="steer",
    icon="clock",
    nested=("timed_out",),
    hint=("An event that does not come in time leads to the steps under “timed out”.", "超时未发生时执行“超时”下的步骤。"),
)  # fmt: skip
async def wait(one: StepContext) -> Next:
    """Until a moment, or until something happens to a record."""
    given, ctx = one.input, one.within
    how, working, zoned = given["how"], bool(given.get("working")), ctx.workspace.timezone
    if one.woken is not None:
        return Done({"event": dict(one.woken)})
    if one.late:
        return Done({"timed_out": how == "event"}, "timed_out" if how == "event" and given.get("timeout") else None)
    if how == "event":
        until = after(ctx.now, given["timeout"], zoned, working) if given.get("timeout") else None
        return Wait(until, event=given["event"])
    if how == "duration":
        return Wait(after(ctx.now, given["duration"], zoned, working))
    if how == "until":
        return Wait(next_time(ctx.now, given.get("at") or "09:00", zoned, working))
    text = str(given.get("date") or "")
    if not text:
        return Done()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Fail(Invalid.one("date", "not_a_date", value=text[:60]))
    if moment.tzinfo is None:
        hour, minute = (int(part) for part in (given.get("at") or "09:00").split(":"))
        moment = datetime(moment.year, moment.month, moment.day, hour, minute, tzinfo=zone(zoned))
    return Wait(moment) if moment > ctx.now else Done()


async def matching(ctx: Context, object_name: str, wanted: Filter, sort: str, limit: int) -> list[str]:
    """Ids of the records of a filter that the actor may read, in the order of ``sort`` (none: as they were made)."""
    if not sort:
        statement = Compiler(ctx).ids(Query(object_name, wanted), most=limit)
        return sorted(r[0] for r in await ctx.db.fetch(statement.sql, statement.args))
    query = read_query(object_name, {"filter": None, "sort": sort, "fields": ["id"], "limit": 1})
    statement = paging.page(Compiler(ctx), Query(object_name, wanted, query.sort, ("id",), limit - 1))
    return [r[0] for r in await ctx.db.fetch(f"SELECT q.a->>'id' FROM ({statement.sql}) AS q(a, k)", statement.args)]


@step(
    "loop",
    ("For each record", "逐条处理"),
    parameter("object", "object", ("Object", "对象"), required=True),
    parameter("filter", "filter", ("Only those", "筛选"), of="object"),
    parameter("via", "field", ("That point to this record by", "通过此字段关联本记录"), of="object", kinds=("link", "reference")),
    parameter("sort", "sort", ("In the order of", "排序"), of="object"),
    parameter("limit", "number", ("At most", "最多"), low=1, high=MOST_PASSES),
    group="steer",
    icon="loop",
    nested=("steps",),
    hint=("Steps inside are done once for each; there, {loop.record.name} is its name.", "循环内的步骤对每条记录各执行一次，其中 {loop.record.name} 表示当前记录的名称。"),
)  # fmt: skip
async def loop(one: StepContext) -> Next:
    """Its steps for each record; goes on when all are through."""
    given, ctx = one.input, one.within
    if one.woken is not None:
        return Done(dict(one.woken))
    via = where(given["via"], "eq", one.run.record) if given.get("via") and one.run.record else None
    most = min(int(given.get("limit") or MOST_PASSES), MOST_PASSES)
    ids = await matching(ctx, given["object"], both(given.get("filter"), via), given.get("sort") or "", most)
    return Spawn(given["object"], ids) if ids else Done({"count": 0, "failed": 0})


@step(
    "flow",
    ("Another flow", "运行其他流程"),
    parameter("flow", "flow", ("Flow", "流程"), required=True),
    parameter("record", "ref", ("With the record", "记录")),
    parameter("input", "input", ("What it gets", "传入内容")),
    group="steer",
    icon="flow",
    hint=("Waits until that one has ended.", "等待其运行结束后继续。"),
)
async def flow(one: StepContext) -> Next:
    """A flow whose trigger is ``flow``."""
    if one.woken is not None:
        return Done(dict(one.woken))
    record = one.input.get("record")
    at = (record["object"], [record["id"]]) if record else (one.run.object, [one.run.record])
    return Spawn(at[0], at[1], one.input["flow"], one.input.get("input") or {})


@step(
    "stop",
    ("Stop", "结束"),
    parameter(
        "outcome",
        "choice",
        ("As", "结果"),
        options=(("done", "Done", "完成"), ("failed", "Failed", "失败")),
        default="done",
    ),
    parameter("note", "words", ("Note", "说明")),
    group="steer",
    icon="stop",
)
async def stop(one: StepContext) -> Next:
    """The run ends here."""
    return Stop(one.input.get("outcome") == "failed", str(one.input.get("note") or "")[:500])
