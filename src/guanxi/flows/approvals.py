"""Approvals: a step that waits until people have decided, level by level, and keeps what they decided about what.

Levels are asked one after the other or together; of a level one signer is enough, or all are needed; a level whose condition
does not hold is passed over, so that a matrix by amount is a list of levels. Until it is decided the record can be locked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from guanxi import records
from guanxi.base import Conflict, Forbidden, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.flows.kinds import Done, Fail, Next, StepContext, Wait, parameter, step
from guanxi.flows.starting import wake
from guanxi.flows.steering import span
from guanxi.pg import quote
from guanxi.records import Context, access
from guanxi.records.attached import Attached, attached
from guanxi.records.journal import titles_of, veiled
from guanxi.records.shares import lend, take

attached(Attached("_approval", {"en": "Approvals", "zh": "审批"}))

Act = Literal["approve", "reject", "return", "delegate", "add", "withdraw", "remind"]
ENDS: Mapping[str, str] = {"approve": "approved", "reject": "rejected", "return": "returned", "withdraw": "withdrawn"}
REMINDED = timedelta(minutes=10)
"""How often signers can be reminded."""
MOST = 200
"""Approvals of a list."""

Tell = Callable[[Context, Mapping[str, Any], Sequence[str], str], Awaitable[None]]
"""``tell(ctx, approval, users, what)``: ``what`` is asked, reminded, decided, late (time decided), or settled: they
need not decide any more."""
tellers: list[Tell] = []
"""Those who tell people of approvals."""


@step(
    "approval",
    ("Approval", "审批"),
    parameter("record", "ref", ("Record", "记录"), default="record"),
    parameter("title", "words", ("What is asked", "审批事项"), required=True),
    parameter("levels", "levels", ("Levels", "审批级次"), required=True),
    parameter("together", "boolean", ("All levels at once", "各级同时审批")),
    parameter(
        "lock",
        "choice",
        ("Until it is decided", "审批期间"),
        options=(("none", "The record can be edited", "记录可编辑"), ("all", "The record is locked", "锁定整条记录"), ("fields", "Some fields are locked", "锁定部分字段")),
        default="all",
    ),
    parameter("fields", "fields", ("Locked fields", "锁定字段"), required=True, of="record", when={"lock": "fields"}),
    parameter("timeout", "duration", ("Time to decide", "审批时限")),
    parameter(
        "late",
        "choice",
        ("Without a decision", "逾期未审"),
        options=(("expired", "It has expired", "视为过期"), ("rejected", "It is rejected", "视为驳回"), ("approved", "It is approved", "视为通过")),
        default="expired",
    ),
    group="tell",
    icon="approval",
    nested=("approved", "rejected"),
    outputs={"outcome": "", "note": "", "by": "user"},
    hint=("Goes on with one of the two lists, then with the next step.", "按结果执行对应分支，之后继续下一步。"),
)  # fmt: skip
async def approval(one: StepContext) -> Next:
    """``outcome`` is approved, rejected, returned, withdrawn or expired."""
    if one.dry:
        outcome = (one.input.get("late") or "expired") if one.late else "approved"
        return Done({"outcome": outcome}, "approved" if outcome == "approved" else "rejected")
    ctx = one.within
    if one.woken is not None:
        given = dict(one.woken)
        return Done(given, "approved" if given.get("outcome") == "approved" else "rejected")
    if one.late:
        outcome = one.input.get("late") or "expired"
        await _end(ctx, str(one.memo), outcome, what="late")
        return Done({"outcome": outcome, "note": "", "by": None}, "approved" if outcome == "approved" else "rejected")
    return await _ask(ctx, one)


async def _ask(ctx: Context, one: StepContext) -> Next:
    given = one.input
    levels = [level for level in given["levels"] if level["applies"]]
    if not levels:
        return Done({"outcome": "approved", "note": "", "by": None}, "approved")
    if not all(level["who"] for level in levels):
        return Fail(Conflict("flow_nobody"))
    id, about, schema = new_id(), given.get("record"), quote(ctx.workspace.schema)
    snapshot, asker = None, ctx.actor.id
    if about:
        snapshot = await records.get(ctx, about["object"], about["id"])
        asker = await ctx.db.value(
            f"SELECT actor FROM {schema}._journal WHERE record = %(id)s::uuid AND actor IS NOT NULL ORDER BY seq DESC LIMIT 1",
            {"id": about["id"]},
        ) or asker  # fmt: skip
    until = ctx.now + span(given["timeout"]) if given.get("timeout") else None
    await ctx.db.execute(
        f"INSERT INTO {schema}._approval (id, run, object, record, title, together, asker, snapshot, due_at) VALUES"
        " (%(id)s::uuid, %(run)s::uuid, %(object)s, %(record)s::uuid, %(title)s, %(together)s, %(asker)s::uuid, %(snapshot)s::jsonb, %(due)s)",
        {
            "id": id,
            "run": one.run.id,
            "object": about["object"] if about else None,
            "record": about["id"] if about else None,
            "title": str(given["title"])[:500],
            "together": bool(given.get("together")),
            "asker": asker,
            "snapshot": snapshot.decode() if snapshot else None,
            "due": until,
        },
    )
    for at, level in enumerate(levels):
        state = "waiting" if at == 0 or given.get("together") else "later"
        for signer in level["who"]:
            await _vote(ctx, id, at, level["need"], signer, state)
    if about and given.get("lock", "all") != "none":
        await ctx.db.execute(
            f"INSERT INTO {schema}._lock (record, holder, approval, fields) VALUES (%(record)s::uuid, %(holder)s::uuid, %(id)s::uuid,"
            " %(fields)s::text[]) ON CONFLICT (record) DO UPDATE SET holder = excluded.holder, approval = excluded.approval,"
            " fields = excluded.fields",
            {
                "record": about["id"],
                "holder": one.run.change_set,
                "id": id,
                "fields": given.get("fields") if given.get("lock") == "fields" else None,
            },
        )
    await ask_now(ctx, id)
    return Wait(until, token=id, memo=id)


async def _vote(
    ctx: Context, approval: str, level: int, need: str, signer: str, state: str, *, must: bool = False, by: str = ""
) -> None:
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._approval_vote (id, approval, level, need, signer, must, state, added_by) VALUES"
        " (%(id)s::uuid, %(approval)s::uuid, %(level)s, %(need)s, %(signer)s::uuid, %(must)s, %(state)s, %(by)s::uuid)",
        {
            "id": new_id(),
            "approval": approval,
            "level": level,
            "need": need,
            "signer": signer,
            "must": must,
            "state": state,
            "by": by or None,
        },
    )


async def ask_now(ctx: Context, id: str, only: str | None = None) -> None:
    """Those who have to sign now see it and are told (or one of them, who came later); who is away has a deputy."""
    deputies = (await stand_in(ctx, id)).get(id, [])
    await _lend(ctx, id)
    await _tell(ctx, id, "asked", None if only is None else [only, *deputies])


async def stand_in(ctx: Context, id: str | None = None) -> dict[str, list[str]]:
    """Let deputies sign for those who are away, of one approval or of all that wait; the deputies by approval."""
    schema = quote(ctx.workspace.schema)
    found = await ctx.db.fetch(
        f"SELECT v.approval, v.level, v.need, v.must, v.signer, b.deputy FROM {schema}._approval_vote AS v JOIN {schema}._absence AS b"
        " ON b.person = v.signer AND now() >= b.since AND now() < b.until"
        " WHERE v.state = 'waiting' AND (%(id)s::uuid IS NULL OR v.approval = %(id)s::uuid)"
        f" AND NOT EXISTS (SELECT FROM {schema}._approval_vote AS o WHERE o.approval = v.approval AND o.level = v.level"
        " AND o.signer = b.deputy AND o.state <> 'void') ORDER BY v.id FOR UPDATE OF v SKIP LOCKED",
        {"id": id},
    )
    if not found:
        return {}
    known = await records.ask(ctx.as_system("approval: deputies"), "user", list({r[5] for r in found}), ("active",))
    rows = [r for r in found if r[5] in known and known[r[5]].values["active"] is not False]
    for approval, level, need, must, signer, deputy in rows:
        await _mark(ctx, approval, signer, "delegated", "")
        await _vote(ctx, approval, level, need, deputy, "waiting", must=must, by=signer)
    return {r[0]: [o[5] for o in rows if o[0] == r[0]] for r in rows}


async def stand_in_for_all(ctx: Context) -> None:
    """What waits for somebody who is away by now goes to the deputy, who is told."""
    for id, deputies in (await stand_in(ctx)).items():
        await _lend(ctx, id)
        await _tell(ctx, id, "asked", deputies)


async def _lend(ctx: Context, id: str) -> None:
    """Whoever has to sign now sees what it is about while it is asked."""
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT a.object, a.record, r.runs_as, v.signer FROM {schema}._approval AS a JOIN {schema}._flow_run AS r ON r.id = a.run"
        f" JOIN {schema}._approval_vote AS v ON v.approval = a.id AND v.state = 'waiting'"
        " WHERE a.id = %(id)s::uuid AND a.record IS NOT NULL",
        {"id": id},
    )
    actor = await records.load_actor(ctx.db, ctx.workspace, rows[0][2]) if rows else None
    if actor is not None:
        with suppress(NotFound):  # whom the flow acts as has lost sight of it: then nobody gets it by the flow
            await lend(replace(ctx, actor=actor), rows[0][0], rows[0][1], [r[3] for r in rows], id)


async def _end(ctx: Context, id: str, state: str, by: str | None = None, what: str = "decided") -> None:
    """Nobody is asked any more, and the record is free again; ``by`` whom, where it was a person's decision."""
    schema = quote(ctx.workspace.schema)
    await ctx.db.execute(
        f"UPDATE {schema}._approval SET state = %(state)s, ended_at = now() WHERE id = %(id)s::uuid AND state = 'waiting'",
        {"id": id, "state": state},
    )
    await ctx.db.execute(
        f"UPDATE {schema}._approval_vote SET state = 'void' WHERE approval = %(id)s::uuid AND state IN ('waiting', 'later')",
        {"id": id},
    )
    await ctx.db.execute(f"DELETE FROM {schema}._lock WHERE approval = %(id)s::uuid", {"id": id})
    await take(ctx, id)
    # Whoever signs something else about the record as well had but this one share of it.
    others = await ctx.db.fetch(
        f"SELECT o.id FROM {schema}._approval AS a JOIN {schema}._approval AS o ON o.record = a.record AND o.state = 'waiting'"
        " WHERE a.id = %(id)s::uuid",
        {"id": id},
    )
    for (other,) in others:
        await _lend(ctx, other)
    await _tell(ctx, id, "settled")
    await _tell(ctx, id, what, but=by)


async def lapse(ctx: Context) -> None:
    """Approvals for which no run waits any more (it was cancelled, or its step passed over) are over."""
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT a.id FROM {schema}._approval AS a WHERE a.state = 'waiting' AND NOT EXISTS"
        f" (SELECT FROM {schema}._flow_run AS r WHERE r.id = a.run AND"
        " (r.state = 'waiting' AND r.token = a.id::text OR r.state = 'ready' AND r.waits ? 'late'))"
    )
    for (id,) in rows:
        await _end(ctx, id, "cancelled")


async def _tell(ctx: Context, id: str, what: str, only: Collection[str] | None = None, but: str | None = None) -> None:
    """Tells whom it concerns, of the signers ``only`` these; ``but`` did it, and knows."""
    found = (await _read(ctx, "a.id = %(id)s::uuid", {"id": id}))[0]
    waiting = [v["signer"] for v in found["votes"] if v["state"] == "waiting" and (only is None or v["signer"] in only)]
    users = [found["asker"]] if what in ("decided", "late") else waiting
    if what == "settled":
        users = [v["signer"] for v in found["votes"] if v["signer"] not in waiting]
    for tell in tellers:
        await tell(ctx, found, [u for u in dict.fromkeys(users) if u and u != but], what)


# -- looking -----------------------------------------------------------------------------------------------------------

COLUMNS = (
    "id", "run", "object", "record", "title", "together", "state", "asker", "snapshot", "due_at", "reminded_at", "created_at", "ended_at",
)  # fmt: skip


async def _read(ctx: Context, where: str, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT {', '.join('a.' + n for n in COLUMNS)} FROM {schema}._approval AS a WHERE {where} ORDER BY a.created_at DESC LIMIT {MOST}",
        args,
    )
    found = {row[0]: dict(zip(COLUMNS, row, strict=True)) | {"votes": []} for row in rows}
    votes = await ctx.db.fetch(
        f"SELECT approval, level, need, signer, must, state, added_by, note, at FROM {schema}._approval_vote"
        " WHERE approval = ANY(%(ids)s::uuid[]) ORDER BY level, id",
        {"ids": list(found)},
    )
    names = ("level", "need", "signer", "must", "state", "added_by", "note", "at")
    for approval, *vote in votes:
        found[approval]["votes"].append(dict(zip(names, vote, strict=True)))
    return list(found.values())


CONCERNS = (
    "(a.asker = %(me)s::uuid OR EXISTS (SELECT FROM {schema}._approval_vote AS v WHERE v.approval = a.id AND v.signer = %(me)s::uuid"
    " AND v.state <> 'later'))"
)


async def approvals(ctx: Context, box: str = "mine", record: str | None = None) -> list[dict[str, Any]]:
    """Approvals, newest first. ``box``: ``mine`` wait for the reader, ``asked`` were asked by the reader, ``all`` concern the
    reader in any way. With ``record``: those of a record that the reader may see."""
    args: dict[str, Any] = {"me": ctx.actor.id, "record": record}
    schema = quote(ctx.workspace.schema)
    conditions = {
        "mine": f"a.state = 'waiting' AND EXISTS (SELECT FROM {schema}._approval_vote AS v WHERE v.approval = a.id"
        " AND v.signer = %(me)s::uuid AND v.state = 'waiting')",
        "asked": "a.asker = %(me)s::uuid",
        "all": CONCERNS.format(schema=schema),
    }
    if box not in conditions:
        raise Invalid.one("box", "not_an_option", value=box[:60])
    if record is not None:
        if not is_id(record):
            raise Invalid.one("record", "not_an_id", value=record[:60])
        found = await _read(ctx, "a.record = %(record)s::uuid", args)
        seen = [f for f in found if f["object"] in ctx.catalog.entities]
        for name in {f["object"] for f in seen}:
            if record not in await records.shown(ctx, name, [record], ("id",)):
                seen = []
        found = seen
    else:
        found = await _read(ctx, conditions[box], args)
    return await _shown(ctx, found)


async def one_approval(ctx: Context, id: str) -> dict[str, Any]:
    """An approval that concerns the reader; NotFound for others."""
    condition = f"a.id = %(id)s::uuid AND {CONCERNS.format(schema=quote(ctx.workspace.schema))}"
    found = await _read(ctx, condition, {"id": id, "me": ctx.actor.id}) if is_id(id) else []
    if not found:
        raise NotFound
    return (await _shown(ctx, found))[0]


async def _shown(ctx: Context, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With names of people; of what was asked about only what the reader's role shows."""
    people = {u for f in found for u in (f["asker"], *(v["signer"] for v in f["votes"])) if u}
    names = await titles_of(ctx.as_system("approval: names"), "user", people)

    def person(id: str | None) -> dict[str, str | None] | None:
        return {"id": id, "title": names.get(id)} if id else None

    images = await _images(ctx, found)
    for one in found:
        one["snapshot"] = images.get(one["id"], {})
        waiting = [v for v in one["votes"] if v["state"] == "waiting" and v["signer"] == ctx.actor.id]
        open_ = one["state"] == "waiting"
        mine = one["asker"] == ctx.actor.id
        one["acts"] = [
            *(("approve", "reject", "return", "delegate", "add") if waiting and open_ else ()),
            *(("withdraw", "remind") if mine and open_ else ()),
        ]
        one["asker"] = person(one["asker"])
        one["votes"] = [v | {"signer": person(v["signer"]), "added_by": person(v["added_by"])} for v in one["votes"]]
    return found


async def _images(ctx: Context, found: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By approval, the record as it was asked about, as far as the reader may see the record today: nothing of one that lies
    out of reach, no field that is hidden or masked, no link to what is not seen, nothing that is computed with others' eyes."""
    out: dict[str, dict[str, Any]] = {}
    for name in {f["object"] for f in found if f["object"] in ctx.catalog.entities}:
        entity = ctx.catalog.entities[name]
        about = [f for f in found if f["object"] == name and f["snapshot"]]
        seen = await records.shown(ctx, name, list({f["record"] for f in about}), ("id",))
        plain = {n: f for n, f in entity.fields.items() if n in entity.stored and access.readable(ctx.actor, entity, f)}
        for n in await veiled(ctx, entity, list(seen)):
            plain.pop(n, None)
        linked: dict[str, set[str]] = {}
        images: dict[str, dict[str, Any]] = {}
        for one in about:
            image = one["snapshot"] if isinstance(one["snapshot"], dict) else loads(one["snapshot"])
            if one["record"] in seen:
                images[one["id"]] = {n: v for n, v in image.items() if n in plain}
                for n, v in images[one["id"]].items():
                    for link in _links(v):
                        linked.setdefault(link.get("object") or plain[n].target or "", set()).add(link["id"])
        titles = {t: await titles_of(ctx, t, ids) for t, ids in linked.items() if t in ctx.catalog.entities}
        for image in images.values():
            for n, v in image.items():
                if links := _links(v):
                    kept = [k for k in links if k["id"] in titles.get(k.get("object") or plain[n].target or "", {})]
                    image[n] = kept if isinstance(v, list) else kept[0] if kept else None
        out |= images
    return out


def _links(value: Any) -> list[dict[str, Any]]:
    """The links in a value, as a record shows them."""
    several: list[Any] = value if isinstance(value, list) else [value]
    return [v for v in several if isinstance(v, dict) and "id" in v and "title" in v]


# -- deciding ----------------------------------------------------------------------------------------------------------


async def decide(ctx: Context, id: str, act: Act, note: str = "", to: str | None = None) -> dict[str, Any]:
    """What a signer or the asker does. NotFound, Forbidden for others; Conflict when it was decided already."""
    if ctx.actor.viewer:
        raise Forbidden("viewing_as", user=ctx.actor.name)
    before = await one_approval(ctx, id)
    schema = quote(ctx.workspace.schema)
    await ctx.db.execute(f"SELECT FROM {schema}._approval WHERE id = %(id)s::uuid FOR UPDATE", {"id": id})
    before = await one_approval(ctx, id)
    if before["state"] != "waiting":
        raise Conflict("approval_decided")
    if act not in before["acts"]:
        raise Forbidden("approval_not_yours")
    if act in ("reject", "return") and not note.strip():
        raise Invalid.one("note", "required")
    match act:
        case "remind":
            if before["reminded_at"] and ctx.now - before["reminded_at"] < REMINDED:
                raise Conflict("approval_reminded")
            await ctx.db.execute(
                f"UPDATE {schema}._approval SET reminded_at = now() WHERE id = %(id)s::uuid", {"id": id}
            )
            await _tell(ctx, id, "reminded", but=ctx.actor.id)
        case "withdraw":
            await _finish(ctx, before, act, note)
        case "delegate" | "add":
            await _hand_on(ctx, before, act, note, to)
        case _:
            await _sign(ctx, before, act, note)
    after = await one_approval(ctx, id)
    if after["state"] == "waiting":
        await _tell(ctx, id, "settled")
    return after


async def _hand_on(ctx: Context, found: Mapping[str, Any], act: str, note: str, to: str | None) -> None:
    mine = _mine(ctx, found)
    user = (await records.ask(ctx.as_system("approval: signer"), "user", [str(to)], ("active",))) if is_id(to) else {}
    if not to or to not in user or user[to].values["active"] is False:
        raise Invalid.one("to", "reference_not_found")
    if any(v["signer"]["id"] == to and v["level"] == mine["level"] and v["state"] != "void" for v in found["votes"]):
        raise Invalid.one("to", "not_unique")
    must = mine["must"] or act == "add"
    await _vote(ctx, found["id"], mine["level"], mine["need"], to, "waiting", must=must, by=ctx.actor.id)
    if act == "delegate":
        await _mark(ctx, found["id"], ctx.actor.id, "delegated", note)
    await ask_now(ctx, found["id"], to)


def _mine(ctx: Context, found: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(v for v in found["votes"] if v["signer"]["id"] == ctx.actor.id and v["state"] == "waiting")


async def _mark(ctx: Context, id: str, signer: str, state: str, note: str) -> None:
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._approval_vote SET state = %(state)s, note = %(note)s, at = now()"
        " WHERE approval = %(id)s::uuid AND signer = %(me)s::uuid AND state = 'waiting'",
        {"id": id, "me": signer, "state": state, "note": note[:2000]},
    )


async def _sign(ctx: Context, found: Mapping[str, Any], act: str, note: str) -> None:
    id, schema = found["id"], quote(ctx.workspace.schema)
    await _mark(ctx, id, ctx.actor.id, ENDS[act], note)
    if act != "approve":
        await _finish(ctx, found, act, note)
        return
    votes = (await _read(ctx, "a.id = %(id)s::uuid", {"id": id}))[0]["votes"]
    for level in sorted({v["level"] for v in votes}):
        here = [v for v in votes if v["level"] == level]
        if _agreed(here):
            await ctx.db.execute(
                f"UPDATE {schema}._approval_vote SET state = 'void' WHERE approval = %(id)s::uuid AND level = %(level)s AND state = 'waiting'",
                {"id": id, "level": level},
            )
            continue
        if any(v["state"] == "later" for v in here):
            await ctx.db.execute(
                f"UPDATE {schema}._approval_vote SET state = 'waiting' WHERE approval = %(id)s::uuid AND level = %(level)s AND state = 'later'",
                {"id": id, "level": level},
            )
            await ask_now(ctx, id)
        if not found["together"]:
            return
        if any(not _agreed([v for v in votes if v["level"] == n]) for n in {v["level"] for v in votes}):
            return
    await _finish(ctx, found, act, note)


def _agreed(votes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a level has said yes: whoever was asked for beside the others has, and of the others one or all."""
    asked = [v for v in votes if v["state"] in ("waiting", "later", "approved")]
    others = [v for v in asked if not v["must"]]
    yes = [v["state"] == "approved" for v in others]
    enough = not others or (all(yes) if others[0]["need"] == "all" else any(yes))
    return enough and all(v["state"] == "approved" for v in asked if v["must"])


async def _finish(ctx: Context, found: Mapping[str, Any], act: str, note: str) -> None:
    outcome = ENDS[act]
    payload = {"outcome": outcome, "note": note[:2000], "by": ctx.actor.id}
    if not await wake(ctx, found["run"], found["id"], payload):
        raise Conflict("approval_decided")
    await _end(ctx, found["id"], outcome, ctx.actor.id)
