"""The verbs of every object that has pools: route, button, flow step and form derive from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from guanxi.pools import acts
from guanxi.records import Context, access
from guanxi.records.rules import Run, Verb, actions_of
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import Filter, where
from guanxi.schema.model import Field

RELEASE = (
    Field("reason", "select", {"en": "Reason", "zh": "退回原因"}, required=True, options=acts.REASONS),
    Field("note", "text", {"en": "Details", "zh": "补充说明"}, config={"max": 500}),
    Field("pool", "link", {"en": "Pool", "zh": "公海"}, target="pool",
          help={"en": "Left empty: the one that it belongs to.", "zh": "留空时退回所属公海。"}),
)  # fmt: skip
ASSIGN = (
    Field("to", "user", {"en": "To", "zh": "分配给"}, target="user",
          help={"en": "Left empty: by turns to the members, who holds the least first.", "zh": "留空时在成员间轮流分配，持有最少者优先。"}),
)  # fmt: skip
TRANSFER = (
    Field("to", "user", {"en": "To a person", "zh": "转给人员"}, target="user"),
    Field("pool", "link", {"en": "Or into a pool", "zh": "或转入公海"}, target="pool"),
)


def link(value: Any) -> str | None:
    """The id of a link as it is sent: an id, or a record with one."""
    return value.get("id") if isinstance(value, Mapping) else value  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@actions_of
def verbs(entity: Entity) -> Iterator[Verb]:
    """Claim, release, assign, transfer and give back."""
    if not entity.pool:
        return

    def within(admin: bool) -> Callable[[Context], Filter | None]:
        """In a pool where the actor may do it."""

        def narrow(ctx: Context) -> Filter | None:
            mine = [s.pool for s in ctx.actor.seats if s.object == entity.name and (s.admin or not admin)]
            return access.pooled(entity, mine) if mine else None

        return narrow

    def seated(what: Filter) -> Callable[[Context], Filter | None]:
        """For who has to do with pools of this object."""
        return lambda ctx: what if any(s.object == entity.name for s in ctx.actor.seats) else None

    def verb(
        name: str, en: str, zh: str, run: Run, narrow: Callable[[Context], Filter | None], input: tuple[Field, ...] = ()
    ) -> Verb:
        label = {"en": en, "zh": zh}
        own = {"offers": {"field": "holds", "op": "eq", "value": entity.name}}
        input = tuple(replace(f, config=own) if f.target == "pool" else f for f in input)
        return Verb(entity.name, name, label, input, None, run, narrow=narrow, quiet=name != "claim", sees=True)

    async def claim(ctx: Context, id: str, _input: Mapping[str, Any]) -> Any:
        """Take it out of its pool for oneself, as far as the pool's limits allow. Conflict for who comes too late."""
        return _told(ctx, await acts.claim(ctx, entity.name, [id]))

    async def release(ctx: Context, id: str, input: Mapping[str, Any]) -> Any:
        """Put it into a pool: the given one, or that which it belongs to."""
        pool = link(input.get("pool"))
        return _told(ctx, await acts.release(ctx, entity.name, [id], pool, input.get("reason"), input.get("note")))

    async def assign(ctx: Context, id: str, input: Mapping[str, Any]) -> Any:
        """Give what is in a pool that one manages to somebody, or to the member who holds the least."""
        to = link(input.get("to"))
        return _told(ctx, await acts.assign(ctx, entity.name, [id], [to] if to else None))

    async def transfer(ctx: Context, id: str, input: Mapping[str, Any]) -> Any:
        """Give it to a person or into a pool: what one may change, or what is in a pool that one manages."""
        return _told(ctx, await acts.transfer(ctx, entity.name, [id], link(input.get("to")), link(input.get("pool"))))

    async def give_back(ctx: Context, id: str, _input: Mapping[str, Any]) -> Any:
        """Give it back to whoever had it before it fell or was given up."""
        return _told(ctx, await acts.give_back(ctx, entity.name, [id]))

    yield verb("claim", "Claim", "领取", claim, within(False))
    yield verb(
        "release", "Give up to a pool", "退回公海", release, seated(where(entity.owner, "is_empty", False)), RELEASE
    )
    yield verb("assign", "Assign", "分配", assign, within(True), ASSIGN)
    yield verb("transfer", "Hand to", "转移", transfer, seated(where("id", "is_empty", False)), TRANSFER)
    yield verb("give_back", "Back to former owner", "退还原负责人", give_back, within(True))


def _told(ctx: Context, done: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": done[0]["id"], "owner": done[0]["to"], "change_set": ctx.change_set}
