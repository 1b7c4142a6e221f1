"""Putting somebody else's shape over one's own: what they changed of the standard comes, what only oneself has stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from guanxi.schema.catalog import Catalog
from guanxi.schema.difference import PARTS
from guanxi.schema.model import Field, Layout, Object, Option, Section

T = TypeVar("T", Object, Field)

WHOLE = frozenset({"name", "fields", *PARTS, "access", "cascades", "layout", "layouts", "custom", "retired", "actions", "measures", "firm", "options", "config"})  # fmt: skip
"""Attributes that are not simply taken over when they differ from the standard: told apart below, or never changed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays as it is, because the two do not fit: a field of another type, or pointing to another object."""

    object: str
    field: str
    mine: str
    theirs: str


def merged(
    mine: Catalog, standard: Catalog, theirs: Catalog, standing: Mapping[str, Collection[str]] | None = None
) -> tuple[Catalog, list[Kept]]:
    """``mine`` with everything in which ``theirs`` differs from ``standard``; and what did not fit.

    Options, fields, views, rules and pipelines are put together by name, so that nothing of one's own goes. ``standing`` are
    by pipeline the stages that records are in: they stay, before those in which records are closed.
    """
    objects, pipelines = dict(mine.objects), dict(mine.pipelines)
    kept: list[Kept] = []
    for new in theirs.objects.values():
        if new.retired:
            continue
        old = standard.objects.get(new.name)
        have = objects.get(new.name)
        if have is None:
            objects[new.name] = replace(new, fields=tuple(f for f in new.fields if not f.retired))
        elif new != old:
            objects[new.name] = _object(have, old, new, kept)
    for name, pipeline in theirs.pipelines.items():
        if pipeline != standard.pipelines.get(name):
            have = pipelines.get(name)
            used = (standing or {}).get(name, ())
            there = {s.name for s in pipeline.stages}
            stay = [s for s in (have.stages if have else ()) if s.name in used and s.name not in there]
            stages = sorted((*pipeline.stages, *stay), key=lambda s: s.kind in ("won", "lost"))
            pipelines[name] = replace(
                pipeline, stages=tuple(stages) if stay else pipeline.stages, custom=have.custom if have else True
            )
    return Catalog(mine.version, objects, pipelines), kept


def _object(have: Object, old: Object | None, new: Object, kept: list[Kept]) -> Object:
    stood = {f.name: f for f in old.fields} if old else {}
    mine = {f.name: f for f in have.fields}
    for f in new.fields:
        if f.retired or f == stood.get(f.name):
            continue
        there = mine.get(f.name)
        if there is None:
            mine[f.name] = f
        elif (there.type, there.target) != (f.type, f.target):
            kept.append(Kept(have.name, f.name, _kind(there), _kind(f)))
        else:
            mine[f.name] = _field(there, stood.get(f.name), f)
    parts: dict[str, Any] = {}
    for attribute in (*PARTS, "access"):
        mine_too = {p.name: p for p in getattr(have, attribute)}
        stood_too = getattr(old, attribute) if old else ()
        parts[attribute] = tuple(
            {**mine_too, **{p.name: p for p in getattr(new, attribute) if p not in stood_too}}.values()
        )
    stood_laid: Mapping[str, Layout] = old.layouts if old else {}
    parts["layouts"] = {**have.layouts, **{r: v for r, v in new.layouts.items() if stood_laid.get(r) != v}}
    stood_open: Mapping[str, str] = old.cascades if old else {}
    parts["cascades"] = {**have.cascades, **{f: v for f, v in new.cascades.items() if stood_open.get(f) != v}}
    layout = new.layout if old is None or new.layout != old.layout else have.layout
    whole = replace(_taken(have, old, new), fields=tuple(mine.values()), retired=False, **parts)
    return replace(whole, layout=_placed(layout, have.layout, whole))


def _kind(f: Field) -> str:
    return f"{f.type} {f.target}" if f.target else f.type


def _field(have: Field, old: Field | None, new: Field) -> Field:
    options: dict[str, Option] = {o.name: o for o in have.options}
    options |= {o.name: o for o in new.options if old is None or o not in old.options}
    before: Mapping[str, Any] = old.config if old else {}
    config = {**have.config, **{k: v for k, v in new.config.items() if old is None or before.get(k) != v}}
    return replace(_taken(have, old, new), options=tuple(options.values()), config=config, retired=False)


def _taken(have: T, old: T | None, new: T) -> T:
    """``have`` with those simple attributes in which ``new`` is not as ``old``."""
    names = [f.name for f in fields(new) if f.name not in WHOLE]
    return replace(have, **{n: getattr(new, n) for n in names if old is None or getattr(new, n) != getattr(old, n)})


def _placed(layout: Layout, before: Layout, whole: Object) -> Layout:
    """The layout with a place for every field that was shown before or came new."""
    named = {n for s in layout.sections for n in s.fields}
    shown = {n for s in before.sections for n in s.fields}
    known = {f.name for f in whole.fields if not f.retired}
    missing = [*_ordered(shown - named, before.sections), *(f.name for f in whole.fields if f.custom)]
    rest = tuple(n for n in dict.fromkeys(missing) if n in known and n not in named)
    if not rest:
        return layout
    sections = layout.sections or (Section({"en": "Details", "zh": "详情"}, ()),)
    return replace(layout, sections=(*sections[:-1], replace(sections[-1], fields=(*sections[-1].fields, *rest))))


def _ordered(wanted: set[str], sections: Sequence[Section]) -> Iterator[str]:
    return (n for s in sections for n in s.fields if n in wanted)
