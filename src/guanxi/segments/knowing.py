"""Segments as they are stored, understood: what each looks at, with whose eyes, and which of them are made of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.base import Invalid
from guanxi.base.json import dumps
from guanxi.pg import Connection, quote
from guanxi.records import Actor, Context, Workspace, load_actor, system_actor
from guanxi.schema.catalog import Catalog
from guanxi.schema.filter import TRUE, Filter, parse
from guanxi.schema.touching import Touch, Use, look

COLUMNS = "id, object, label, kind, filter, owner, shared, tells, found_at"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stored segment. ``fault`` is why its filter is not understood (any more)."""

    id: str
    object: str
    label: Mapping[str, str]
    dynamic: bool
    owner: str
    shared: bool
    tells: bool
    found: bool
    """Whether it was found before: who is in it at first did not enter."""
    what: Filter = TRUE
    touches: tuple[Touch, ...] = ()
    uses: tuple[Use, ...] = ()
    fault: str = ""

    @property
    def eyes(self) -> str:
        """The user with whose rights it is found; empty for the program's own."""
        return "" if self.shared else self.owner


_understood: dict[tuple[str, str, bytes, int], tuple[Filter, tuple[Touch, ...], tuple[Use, ...], str]] = {}
"""By segment, its object, its filter and the catalog's version: what was never committed stands in nobody's way."""

KEPT = 5_000


def _understand(catalog: Catalog, id: str, object: str, raw: Any) -> tuple[Filter, tuple[Touch, ...], tuple[Use, ...], str]:  # fmt: skip
    key = (id, object, dumps(raw), catalog.version)
    if key not in _understood:
        if len(_understood) >= KEPT:
            _understood.clear()
        try:
            entity = catalog.entities[object]
            what = parse(raw)
            _understood[key] = (what, *look(catalog, entity, what), "")
        except Invalid as invalid:
            _understood[key] = (TRUE, (), (), invalid.errors[0].code if invalid.errors else invalid.code)
        except KeyError:
            _understood[key] = (TRUE, (), (), "unknown_field")
    return _understood[key]


async def load(
    db: Connection, workspace: Workspace, catalog: Catalog, ids: Sequence[str] | None = None, *, lock: bool = False
) -> list[Segment]:
    """All segments, or these; those that others are made of come first. ``lock``: nobody else moves their members meanwhile."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM {quote(workspace.schema)}._segment WHERE %(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s::uuid[])"
        f" ORDER BY id{' FOR NO KEY UPDATE' if lock else ''}",
        {"ids": None if ids is None else list(ids)},
    )
    out: list[Segment] = []
    for id, object, label, kind, raw, owner, shared, tells, found_at in rows:
        if object in catalog.entities:
            understood = _understand(catalog, id, object, raw)
            out.append(
                Segment(id, object, label, kind == "dynamic", owner, shared, tells, found_at is not None, *understood)
            )
    return in_order(out)


def in_order(segments: Sequence[Segment]) -> list[Segment]:
    """Those that others are made of first."""
    by = {s.id: s for s in segments}
    out: dict[str, Segment] = {}

    def put(one: Segment) -> None:
        if one.id not in out:
            for use in one.uses:
                if use.segment in by and use.segment != one.id:
                    put(by[use.segment])
            out[one.id] = one

    for one in segments:
        put(one)
    return list(out.values())


async def eyes(
    db: Connection, workspace: Workspace, catalog: Catalog, user: str, cause: str = "segments"
) -> Context | None:
    """The context in which a segment is found; None when its owner may not sign in any more."""
    actor: Actor | None = await load_actor(db, workspace, user) if user else system_actor(workspace)
    return Context(db, workspace, catalog, actor, cause, "") if actor else None
