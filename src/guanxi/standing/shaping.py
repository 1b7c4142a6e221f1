"""A scheme from its JSON form, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from guanxi.base import FieldError, Invalid, Label
from guanxi.base.shape import mapping, sequence
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.changes.parts import NAME, read_label
from guanxi.schema.conditions import faults
from guanxi.schema.filter import parse
from guanxi.schema.formula import Wrong, understand
from guanxi.standing.model import (
    FUNCTIONS,
    Axis,
    Contact,
    Factor,
    Grade,
    Grading,
    Input,
    Kind,
    Lifecycle,
    Scale,
    Stage,
)

KEYS = {
    "grade": "field when axes grades contacts score due",
    "lifecycle": "field when stages since",
    "axes": "name label weight field factors",
    "factors": "name label weight input scale empty",
    "grades": "name label color from every response service",
    "contacts": "name label input",
    "stages": "name label color kind when after days",
    "input": "formula children function field where",
    "scale": "kind bands low high down options",
}
"""What may be said, and where."""
MOST = {"axes": 10, "factors": 20, "grades": 20, "contacts": 10, "stages": 30, "bands": 50}


class _Reader:
    """Reads with the catalog at hand, and gathers what is wrong."""

    def __init__(self, catalog: Catalog, entity: Entity) -> None:
        self.catalog, self.entity = catalog, entity
        self.errors: list[FieldError] = []
        self.choice = False
        """Whether the input that was read last is one of several options."""

    def bad(self, place: str, code: str, **values: object) -> None:
        self.errors.append(FieldError(place, code, values))

    def known(self, what: Mapping[str, Any], of: str, place: str) -> None:
        for key in sorted(what.keys() - KEYS[of].split()):
            self.bad(f"{place}.{key}"[:200].strip("."), "unknown_parameter")

    def items(
        self, what: Mapping[str, Any], key: str, place: str, least: int = 0
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The entries of a list, each with a name of its own."""
        here = f"{place}{key}"
        found = sequence(what.get(key) or [])
        if found is None or not least <= len(found) <= MOST[key]:
            self.bad(here, "wrong_type", expected=f"a list of {least} to {MOST[key]} entries")
            return
        seen: set[str] = set()
        for i, raw in enumerate(found):
            entry = mapping(raw)
            if entry is None:
                self.bad(f"{here}.{i}", "must_be_object")
                continue
            name = entry.get("name")
            if not isinstance(name, str) or not NAME.fullmatch(name):
                self.bad(f"{here}.{i}.name", "bad_name", value=str(name)[:60])
            elif name in seen:
                self.bad(f"{here}.{i}.name", "name_taken", value=name)
            else:
                seen.add(name)
                self.known(entry, key, f"{here}.{i}")
                yield f"{here}.{i}", entry

    def number(
        self, what: Mapping[str, Any], key: str, place: str, low: float, high: float, default: float = 0
    ) -> float:
        value = what.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not low <= value <= high:
            self.bad(f"{place}.{key}", "bad_config", reason=f"a number from {low:g} to {high:g}")
            return default
        return float(value)

    def filter(self, raw: Any, place: str, entity: Entity | None = None) -> Any:
        """A condition on records of ``entity``, checked against the catalog."""
        found = list(faults(self.catalog, entity or self.entity, raw, place, False))
        self.errors += found
        return parse(None if found else raw)

    def input(self, raw: Any, place: str, moment: bool = False) -> Input:
        what, self.choice = mapping(raw) or {}, False
        self.known(what, "input", place)
        if what.get("children"):
            return self._children(what, place, moment)
        formula = what.get("formula")
        if not isinstance(formula, str) or not formula.strip() or len(formula) > 2000:
            self.bad(place, "required")
            return Input()
        try:
            found = understand(formula, self.entity.name, self.catalog.see).kind
            self.choice = found in ("choice", "text")
            if found in ("link", "list", "empty") or (moment and found not in ("date", "datetime")):
                self.bad(place, "bad_config", reason="a date" if moment else "a number, date, condition or choice")
        except Wrong as wrong:
            self.bad(place, wrong.code, **wrong.told)
        return Input(formula)

    def _children(self, what: Mapping[str, Any], place: str, moment: bool) -> Input:
        child = self.entity.children.get(str(what["children"]))
        if child is None:
            self.bad(f"{place}.children", "unknown_field")
            return Input()
        target = self.catalog.entities[child.object]
        function, name = str(what.get("function") or "count"), str(what.get("field") or "")
        if function not in FUNCTIONS:
            self.bad(f"{place}.function", "not_an_option", value=function[:60])
        kind = target.types.get(name)
        if function != "count" and (
            kind is None or not kind.readable or kind.formula not in ("number", "duration", "date", "datetime")
        ):
            self.bad(f"{place}.field", "unknown_field" if kind is None else "wrong_type", expected="a number or date")
        elif moment and (kind is None or function not in ("min", "max") or kind.formula not in ("date", "datetime")):
            self.bad(place, "bad_config", reason="the first or last date of records")
        elif kind and kind.formula in ("date", "datetime") and function not in ("min", "max", "count"):
            self.bad(f"{place}.function", "not_an_option", value=function)
        where = self.filter(what.get("where"), f"{place}.where", target)
        return Input("", child.name, function, name if function != "count" else "", where)

    def scale(self, raw: Any, place: str) -> Scale:
        what = mapping(raw) or {}
        kind = what.get("kind")
        self.known(what, "scale", place)
        if kind == "bands":
            bands: list[tuple[float, float]] = []
            for i, one in enumerate(sequence(what.get("bands")) or []):
                band = mapping(one) or {}
                here = f"{place}.bands.{i}"
                start = self.number(band, "from", here, -1e15, 1e15)
                bands.append((start, self.number(band, "points", here, 0, 100)))
            if not bands or len(bands) > MOST["bands"] or any(a[0] >= b[0] for a, b in pairwise(bands)):
                self.bad(f"{place}.bands", "bad_config", reason="bands begin one above the other")
            return Scale("bands", tuple(bands))
        if kind == "linear":
            low, high = (self.number(what, k, place, -1e15, 1e15, d) for k, d in (("low", 0), ("high", 100)))
            if low == high:
                self.bad(f"{place}.high", "bad_config", reason="low and high are different numbers")
            return Scale("linear", low=low, high=high)
        if kind == "percentile":
            return Scale("percentile", down=bool(what.get("down")))
        if kind == "options":
            points = mapping(what.get("options")) or {}
            return Scale("options", options={n: self.number(points, n, f"{place}.options", 0, 100) for n in points})
        self.bad(f"{place}.kind", "not_an_option", value=str(kind)[:60])
        return Scale()

    def option(self, what: Mapping[str, Any], place: str, holder: Any) -> tuple[Label, str]:
        """What a grade or stage is called, and its colour: as its option is, where nothing is said."""
        f = self.entity.fields.get(holder) if isinstance(holder, str) else None
        there = next((o for o in f.options if o.name == what["name"]), None) if f else None
        label = (
            read_label(what.get("label"), place, what["name"]) if what.get("label") or there is None else there.label
        )
        return label, str(what.get("color") or (there.color if there else ""))[:30]

    def fits(self, place: str, name: Any, *types: str) -> str:
        """The name of a field: one that is there has one of these types; others are made."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            self.bad(place, "bad_name", value=str(name)[:60])
            return ""
        f = self.entity.fields.get(name)
        if f is not None and (f.type not in types or f.of or f.system):
            self.bad(place, "name_taken", value=name)
        return name


def read(catalog: Catalog, object_name: str, kind: Kind, raw: Mapping[str, Any]) -> Grading | Lifecycle:
    """The scheme; raises Invalid with everything that is wrong with it."""
    r = _Reader(catalog, catalog.object(object_name))
    r.known(raw, kind, "")
    plan = _grading(r, raw) if kind == "grade" else _lifecycle(r, raw)
    if r.errors:
        raise Invalid(errors=r.errors)
    return plan


def _grading(r: _Reader, raw: Mapping[str, Any]) -> Grading:
    axes: list[Axis] = []
    for here, a in r.items(raw, "axes", "", 1):
        factors: list[Factor] = []
        for at, f in r.items(a, "factors", f"{here}.", 1):
            empty = f.get("empty", 0)
            source, scale = r.input(f.get("input"), f"{at}.input"), r.scale(f.get("scale"), f"{at}.scale")
            if r.choice != (scale.kind == "options"):
                r.bad(
                    f"{at}.scale.kind", "bad_config", reason="options for a choice, other scales for numbers and dates"
                )
            factors.append(
                Factor(
                    f["name"],
                    read_label(f.get("label"), at, f["name"]),
                    r.number(f, "weight", at, 0, 1000, 1),
                    source,
                    scale,
                    None if empty is None else r.number(f, "empty", at, 0, 100),
                )
            )
        name = r.fits(f"{here}.field", a.get("field") or f"{a['name']}_score", "integer")
        weight = r.number(a, "weight", here, 0, 1000, 1)
        axes.append(Axis(a["name"], read_label(a.get("label"), here, a["name"]), weight, tuple(factors), name))
    contacts = tuple(
        Contact(
            c["name"], read_label(c.get("label"), at, c["name"]), r.input(c.get("input"), f"{at}.input", moment=True)
        )
        for at, c in r.items(raw, "contacts", "")
    )
    grades: list[Grade] = []
    for at, g in r.items(raw, "grades", "", 1):
        every: dict[str, int] = {}
        for name, days in (mapping(g.get("every")) or {}).items():
            if days is None:
                continue
            if all(c.name != name for c in contacts):
                r.bad(f"{at}.every.{name}"[:100], "not_an_option", value=name[:60])
            every[name] = int(r.number({"days": days}, "days", f"{at}.every.{name}"[:100], 1, 3660, 1))
        response = g.get("response")
        grades.append(
            Grade(
                g["name"],
                *r.option(g, at, raw.get("field") or "grade"),
                r.number(g, "from", at, 0, 100),
                every,
                None if response is None else int(r.number(g, "response", at, 1, 8760)),
                str(g.get("service") or "")[:1000],
            )
        )
    if any(a.least <= b.least for a, b in pairwise(grades)):
        r.bad("grades", "bad_config", reason="each grade begins below the one before it")
    for i, g in enumerate(grades[-1:], len(grades) - 1):
        if g.least != 0:
            r.bad(f"grades.{i}.from", "bad_config", reason="the last grade begins at 0")
    if axes and not any(a.weight for a in axes):
        r.bad("axes", "bad_config", reason="a weight above 0 is needed")
    score = r.fits("score", raw.get("score") or "score", "integer")
    due = r.fits("due", raw.get("due") or "service_due", "date")
    name = r.fits("field", raw.get("field") or "grade", "select")
    taken = [name, score, due, *(a.field for a in axes)]
    if len(set(taken)) < len(taken):
        r.bad("field", "name_taken", value=next(n for n in taken if taken.count(n) > 1))
    return Grading(name, tuple(axes), tuple(grades), contacts, score, due, r.filter(raw.get("when"), "when"))


def _lifecycle(r: _Reader, raw: Mapping[str, Any]) -> Lifecycle:
    stages: list[Stage] = []
    for at, s in r.items(raw, "stages", "", 1):
        kind = s.get("kind") or "path"
        if kind not in ("path", "aside", "lost"):
            r.bad(f"{at}.kind", "not_an_option", value=str(kind)[:60])
        after = tuple(str(n) for n in sequence(s.get("after")) or ())
        days = s.get("days")
        if days is not None and not after:  # it would leave and enter again, day by day
            r.bad(f"{at}.days", "bad_config", reason="only a stage that comes after certain others ends by itself")
        stages.append(
            Stage(
                s["name"],
                *r.option(s, at, raw.get("field") or "lifecycle"),
                kind,
                r.filter(s.get("when"), f"{at}.when"),
                after,
                None if days is None else int(r.number(s, "days", at, 1, 3660, 1)),
            )
        )
    known = {s.name for s in stages}
    for i, s in enumerate(stages):
        for name in s.after:
            if name not in known or name == s.name:
                r.bad(f"stages.{i}.after", "not_an_option", value=name[:60])
    field = r.fits("field", raw.get("field") or "lifecycle", "select")
    since = r.fits("since", raw.get("since") or f"{field}_since", "datetime")
    return Lifecycle(field, tuple(stages), since, r.filter(raw.get("when"), "when"))
