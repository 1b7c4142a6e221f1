"""What a page tells around a record: panels of what others know of it, and alerts, which one must know before anything else.

Modules register theirs by decoration. What a panel or an alert reads it reads as the reader, so that it tells nothing that a list
would not; one that asks for what the reader may not see tells nothing at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from guanxi.base import Invalid, Label, Problem
from guanxi.records.context import Context
from guanxi.records.read import shown, visible
from guanxi.schema.model import Object

Read = Callable[[Context, str], Awaitable[Mapping[str, Any] | None]]
ReadAny = Callable[[Context, str, str], Awaitable[Mapping[str, Any] | None]]
Say = Callable[[Context, Mapping[str, Any]], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is the matter with a record: what, and in a few words why. ``object`` and ``id`` are where to look."""

    title: Label
    text: Label = field(default_factory=dict[str, str])
    tone: Literal["danger", "warn"] = "danger"
    icon: str = "alert"
    object: str = ""
    id: str = ""


Watch = Callable[[Context, Sequence[str]], Awaitable[Mapping[str, Alert]]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of the pages of one object; ``read(ctx, id)`` answers what it shows, None for nothing."""

    name: str
    label: Label
    read: Read


_panels: dict[str, dict[str, Panel]] = {}
_everywhere: dict[str, tuple[Label, ReadAny]] = {}
_said: dict[tuple[str, str], Say] = {}
_watches: dict[str, dict[str, Watch]] = {}


def panel(object_name: str, name: str, en: str, zh: str) -> Callable[[Read], Read]:
    """Declare a panel of an object's pages; they stand in the order of declaration where no layout says otherwise."""

    def register(read: Read) -> Read:
        _panels.setdefault(object_name, {})[name] = Panel(name, {"en": en, "zh": zh}, read)
        return read

    return register


def panel_everywhere(name: str, en: str, zh: str) -> Callable[[ReadAny], ReadAny]:
    """Declare a panel of the pages of all objects that have an area and are no activity; ``read(ctx, object_name, id)``. It stands
    below those of the object's own."""

    def register(read: ReadAny) -> ReadAny:
        _everywhere[name] = ({"en": en, "zh": zh}, read)
        return read

    return register


def on_paper(object_name: str, name: str) -> Callable[[Say], Say]:
    """Declare what a panel says on paper; ``object_name`` is empty for one that stands everywhere."""

    def register(say: Say) -> Say:
        _said[object_name, name] = say
        return say

    return register


def alert(object_name: str, name: str) -> Callable[[Watch], Watch]:
    """Declare an alert of an object: of many records at once, those with which something is the matter.

    The records are visible to the reader; which of them an alert is about must not tell what is not.
    """

    def register(watch: Watch) -> Watch:
        _watches.setdefault(object_name, {})[name] = watch
        return watch

    return register


def panels_of(definition: Object) -> Mapping[str, Panel]:
    """The panels of an object by name."""
    object_name = definition.name
    own = _panels.get(object_name, {})
    if not definition.area or definition.activity:
        return own
    more = {
        name: Panel(name, label, lambda ctx, id, read=read: read(ctx, object_name, id))
        for name, (label, read) in _everywhere.items()
    }
    return {**own, **more}


def said_on_paper(object_name: str, name: str) -> Say | None:
    """The lines of a panel on paper, ``(ctx, data)`` in the reader's language: what, and how much or when."""
    return _said.get((object_name, name)) or _said.get(("", name))


def watched(object_name: str) -> bool:
    """Whether an object has alerts."""
    return object_name in _watches


async def panels(ctx: Context, object_name: str, id: str, names: Sequence[str] | None = None) -> dict[str, Any]:
    """What these panels show of a record, by name; without names those of the reader's layout. NotFound where the record is not
    visible, Invalid for a name that is no panel's."""
    definition = ctx.catalog.object(object_name).definition
    ctx = replace(await visible(ctx, object_name, id), few=True)
    known = panels_of(definition)
    if names is None:
        names = laid_out(definition.layouts.get(ctx.actor.role, definition.layout).panels, definition)
    out: dict[str, Any] = {}
    for name in names:
        if name not in known:
            raise Invalid.one("names", "not_an_option", value=name[:60])
        try:
            out[name] = await known[name].read(ctx, id)
        except Problem:  # of what the reader may not see there is nothing to tell
            out[name] = None
    return out


def laid_out(chosen: Sequence[str] | None, definition: Object) -> list[str]:
    """The panels that a layout shows."""
    known = panels_of(definition)
    return list(known) if chosen is None else [n for n in chosen if n in known]


async def alerts(ctx: Context, object_name: str, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What is the matter with each of those of these records that the reader sees: ``{id: [{"name", "title", "text", "tone", "icon",
    "object", "id"}]}``."""
    ids = list(await shown(ctx, object_name, ids, ())) if watched(object_name) else []
    ctx = replace(ctx.around(object_name, ids), few=True)
    out: dict[str, list[dict[str, Any]]] = {}
    for name, watch in _watches.get(object_name, {}).items():
        try:
            found = await watch(ctx, ids)
        except Problem:
            continue
        for id, a in found.items():
            told = {
                "name": name,
                "title": a.title,
                "text": a.text,
                "tone": a.tone,
                "icon": a.icon,
                "object": a.object,
                "id": a.id,
            }
            out.setdefault(id, []).append(told)
    return out
