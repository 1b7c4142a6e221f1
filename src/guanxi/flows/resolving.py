"""What parameters come to for many runs at once: paths read, texts filled, formulas computed, conditions judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from guanxi import records
from guanxi.base import NotFound, Problem, say
from guanxi.base.json import loads
from guanxi.base.said import amount, grouped
from guanxi.base.shape import mapping, sequence
from guanxi.flows.definition import Step
from guanxi.flows.kinds import Parameter
from guanxi.flows.parameters import object_of, wanted
from guanxi.flows.paths import PLACE, Path, Scope, places, split
from guanxi.records import Context, Told
from guanxi.schema.filter import Condition, Filter, Formula, Related, momentary, parse, walk, where
from guanxi.schema.formula import calls
from guanxi.schema.model import Field
from guanxi.schema.query import Query
from guanxi.schema.types import type_of

Record = tuple[str, str]
"""Object and id."""


@dataclass(slots=True)
class Place:
    """Where a run is when a step is resolved: the records and values that can be named there."""

    records: Mapping[str, Record]
    """By root: ``record``, ``loop``, ``steps.<id>.<output>``."""
    values: Mapping[str, Any]
    """By root: ``input``, ``trigger``, ``run``, ``steps``."""
    about: Record | None
    """What conditions and formulas are about."""
    told: dict[str, Told] = field(default_factory=dict[str, Told])


@dataclass(slots=True)
class _Needs:
    scope: Scope
    paths: dict[str, dict[str, None]] = field(default_factory=dict[str, dict[str, None]])
    formulas: dict[str, None] = field(default_factory=dict[str, None])
    filters: list[Filter] = field(default_factory=list[Filter])

    def path(self, text: str) -> None:
        at = split(text)
        if at.rest:
            self.paths.setdefault(at.root, {})[".".join(at.rest)] = None

    def value(self, value: Any) -> None:
        form = mapping(value)
        if form is None:
            return
        if isinstance(form.get("from"), str):
            self.path(form["from"])
        elif isinstance(form.get("formula"), str):
            self.formulas[form["formula"]] = None
        elif "text" in form:
            self.words(form["text"])

    def words(self, value: Any) -> None:
        for text in _texts(value):
            for path in places(text):
                self.path(path)
                if unit := self.scope.unit(path):
                    self.path(unit)

    def people(self, value: Any, looped: bool) -> None:
        for one in sequence(value) or ():
            for how, what in (mapping(one) or {}).items():
                if how in ("field", "manager_of"):
                    self.path(whole(what, looped))

    def take(self, p: Parameter, value: Any, looped: bool) -> None:
        match p.type:
            case "words":
                self.words(value)
            case "texts" | "input" | "values":
                for one in (mapping(value) or {}).values():
                    if p.type == "texts":
                        self.words(one)
                    else:
                        self.value(one)
            case "value":
                self.value(value)
            case "ref":
                self.path(value)
            case "who":
                self.people(value, looped)
            case "event":
                if isinstance((mapping(value) or {}).get("record"), str):
                    self.path(value["record"])
            case "filter" if p.of == "flow":
                self.filters.append(parse(value))
            case "levels":
                for one in value:
                    self.people(one["who"], looped)
                    self.filters.append(parse(mapping(one.get("filter"))))
            case _:
                pass


def whole(path: str, looped: bool) -> str:
    """A field of people, named from the record that the step is about."""
    if path.split(".", maxsplit=1)[0] in ("record", "loop", "steps"):
        return path
    return f"loop.record.{path}" if looped else f"record.{path}"


def _texts(value: Any) -> list[str]:
    form = mapping(value)
    return [v for v in (form.values() if form is not None else [value]) if isinstance(v, str)]


def _asked(step: Step) -> Iterable[tuple[Parameter, Any]]:
    for p in step.kind.parameters:
        value = step.given.get(p.name, p.default)
        if value is not None and wanted(p, {**_defaults(step), **step.given}):
            yield p, value


def _defaults(step: Step) -> dict[str, Any]:
    return {p.name: p.default for p in step.kind.parameters if p.default is not None}


def clocked(step: Step) -> bool:
    """Whether what the step is handed depends on the time of day when it is asked, and not on the day alone."""
    needs = _Needs(step.scope)
    for p, value in _asked(step):
        needs.take(p, value, False)
    filters = [*needs.filters, *_cases(step)]
    return any("now" in calls(text) for text in needs.formulas) or any(map(_momentary, filters))


def _momentary(what: Filter) -> bool:
    for part in walk(what):
        match part:
            case Formula(text):
                if "now" in calls(text):
                    return True
            case Condition(_, _, value):
                if momentary(value):
                    return True
            case _:
                if isinstance(part, Related) and momentary(part.value):
                    return True
    return False


def _cases(step: Step) -> list[Filter]:
    if "cases" not in step.kind.nested:
        return []
    return [parse(mapping(c.get("filter"))) for c in sequence(step.given.get("cases")) or ()]


async def resolve(
    ctx: Context, step: Step, at: Sequence[Place], *, deleted: bool = False
) -> list[dict[str, Any] | Problem]:
    """The step's input for each place, or why there is none; ``deleted``: the run's record lies in the recycle bin.

    Raises Invalid for what cannot be asked any more, since the catalog changed.
    """
    needs = _Needs(step.scope)
    looped = "loop" in step.scope.objects
    asked = list(_asked(step))
    for p, value in asked:
        needs.take(p, value, looped)
    cases = _cases(step)
    needs.filters += cases
    await _ask(ctx, needs, at, deleted)
    out: list[dict[str, Any] | Problem] = []
    who = People(ctx)
    for place in at:
        try:
            given = {**_defaults(step), **step.given}
            made = {p.name: await _made(ctx, p, value, given, step, place, needs, who) for p, value in asked}
            if cases:
                holds = place.told["?"].holds if "?" in place.told else [False] * len(needs.filters)
                made["cases"] = list(holds[len(needs.filters) - len(cases) :])
            elif "cases" in step.kind.nested:
                made["cases"] = []
            if any(p.type == "ref" and p.required and made.get(p.name) is None for p, _ in asked):
                out.append(NotFound("flow_record_gone"))
            else:
                out.append(made)
        except Problem as problem:
            out.append(problem)
    return out


async def _ask(ctx: Context, needs: _Needs, at: Sequence[Place], deleted: bool) -> None:
    """One question for each root and object, over the records of all places."""
    for root, paths in needs.paths.items():
        by_object: dict[str, list[Place]] = {}
        for place in at:
            if root in place.records:
                by_object.setdefault(place.records[root][0], []).append(place)
        for name, there in by_object.items():
            ids = list(dict.fromkeys(p.records[root][1] for p in there))
            found = await records.ask(ctx, name, ids, tuple(paths), deleted=deleted and root == "record")
            for place in there:
                if place.records[root][1] in found:
                    place.told[root] = found[place.records[root][1]]
    if needs.formulas or needs.filters:
        groups: dict[str, list[Place]] = {}
        for place in at:
            if place.about is not None:
                groups.setdefault(place.about[0], []).append(place)
        for name, there in groups.items():
            ids = list(dict.fromkeys(p.about[1] for p in there if p.about))
            found = await records.ask(
                ctx, name, ids, (), tuple(needs.formulas), needs.filters, deleted=deleted and name == there[0].records.get("record", ("",))[0]
            )  # fmt: skip
            for place in there:
                if place.about and place.about[1] in found:
                    place.told["?"] = found[place.about[1]]


def _at(place: Place, text: str) -> Any:
    """What a path leads to."""
    path: Path = split(text)
    if path.root in place.records:
        if not path.rest:
            object_name, id = place.records[path.root]
            return {"object": object_name, "id": id}
        told = place.told.get(path.root)
        return told.values.get(".".join(path.rest)) if told else None
    value = place.values.get(path.root)
    if value is None and path.root.startswith("steps."):
        _, step, output = path.root.split(".", 2)
        value = (mapping((mapping(place.values.get("steps")) or {}).get(step)) or {}).get(output)
    for name in path.rest:
        value = (mapping(value) or {}).get(name)
    return value


def _value(ctx: Context, value: Any, step: Step, place: Place, needs: _Needs) -> Any:
    form = mapping(value)
    if form is None:
        return value
    if isinstance(form.get("from"), str):
        return _at(place, form["from"])
    if isinstance(form.get("formula"), str):
        told = place.told.get("?")
        return told.formulas[list(needs.formulas).index(form["formula"])] if told else None
    if "text" in form and len(form) == 1:
        return fill(ctx, form["text"], step, place)
    return value


async def _made(
    ctx: Context,
    p: Parameter,
    value: Any,
    given: Mapping[str, Any],
    step: Step,
    place: Place,
    needs: _Needs,
    who: People,
) -> Any:
    match p.type:
        case "words":
            return fill(ctx, value, step, place)
        case "texts":
            return {n: fill(ctx, v, step, place) for n, v in value.items()}
        case "value":
            return _value(ctx, value, step, place, needs)
        case "input":
            return {n: _value(ctx, v, step, place, needs) for n, v in value.items()}
        case "values":
            entity = ctx.catalog.entities.get(object_of(p, given, step.scope) or "")
            out: dict[str, Any] = {}
            for name, one in value.items():
                made = _value(ctx, one, step, place, needs)
                form = mapping(made)
                if entity is not None and form is not None and set(form) == {"object", "id"}:
                    kind = entity.types.get(name)
                    made = form if kind is None or kind.anywhere else [form["id"]] if kind.many else form["id"]
                out[name] = made
            return out
        case "ref":
            return _ref(value, step, place)
        case "who":
            return await _people(value, step, place, who)
        case "event":
            at = _ref(value["record"], step, place) if isinstance(value.get("record"), str) else None
            name = at["object"] if at else value.get("object") or step.scope.objects.get("record")
            return {**value, "object": name, "record": at["id"] if at else None}
        case "levels":
            holds = place.told["?"].holds if "?" in place.told else [True] * len(value)
            return [
                {
                    "who": await _people(one["who"], step, place, who),
                    "need": one.get("need", "any"),
                    "applies": bool(holds[i]),
                }
                for i, one in enumerate(value)
            ]
        case "filter":
            return parse(value) if p.of != "flow" else bool(place.told["?"].holds[0]) if "?" in place.told else False
        case _:
            return value


async def _people(value: Any, step: Step, place: Place, who: People) -> list[str]:
    return await who.ids(value, lambda path: _at(place, whole(path, "loop" in step.scope.objects)))


def _ref(text: str, step: Step, place: Place) -> dict[str, str] | None:
    found = mapping(_at(place, text))
    name = step.scope.object(text)
    return {"object": found.get("object", name), "id": found["id"]} if found and name and found.get("id") else None


# -- texts -------------------------------------------------------------------------------------------------------------


def fill(ctx: Context, value: Any, step: Step, place: Place) -> str:
    """A text with its places filled, in the workspace's language; what is empty or may not be seen leaves nothing."""
    form = mapping(value)
    text = say({k: str(v) for k, v in form.items()}, ctx.workspace.language) if form is not None else str(value)

    def filled(path: str) -> str:
        unit = step.scope.unit(path)
        return printed(ctx, step.scope.field(path), _at(place, path), _at(place, unit) if unit else None)

    return PLACE.sub(lambda m: filled(m[1]), text)


def printed(ctx: Context, f: Field | None, value: Any, unit: Any = None) -> str:
    """A value as people read it: options by their label, links by their title, moments in the workspace's zone, amounts with
    their currency, which is the ``unit``."""
    language = ctx.workspace.language
    if value is None or value == "":
        return ""
    several = sequence(value)
    if several is not None:
        return ("、" if language == "zh" else ", ").join(printed(ctx, f, v) for v in several)
    form = mapping(value)
    if form is not None:
        return str(form.get("title") or form.get("name") or form.get("id") or "")
    if isinstance(value, bool):
        return {"zh": ("否", "是")}.get(language, ("no", "yes"))[value]
    if f is not None and isinstance(value, int | Decimal):
        kind = type_of(f)
        if kind.unit == "currency":
            return amount(value, unit)
        return f"{grouped(value)}%" if kind.name == "percent" else grouped(value)
    if f is not None and f.options:
        option = next((o for o in f.options if o.name == value), None)
        return say(option.label, language) if option else str(value)
    if f is not None and f.type == "datetime" and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return f"{moment.astimezone(ZoneInfo(ctx.workspace.timezone)):%Y-%m-%d %H:%M}"
    return str(value)


# -- people ------------------------------------------------------------------------------------------------------------


class People:
    """Finds the users whom a step names; what was found is kept for the others of a batch."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx.as_system("flow: people")
        self.known: dict[tuple[str, str], list[str]] = {}

    async def ids(self, wanted: Any, at: Any) -> list[str]:
        """Ids of active users, each once; ``at`` tells what a path leads to."""
        out: dict[str, None] = {}
        for one in sequence(wanted) or ():
            for how, what in (mapping(one) or {}).items():
                if how in ("field", "manager_of"):
                    found = at(what)
                    several = sequence(found)
                    holders = [v["id"] for v in (several if several is not None else [found]) if mapping(v)]
                    for id in holders:
                        out |= dict.fromkeys(await self.find("user" if how == "field" else "manager", id))
                else:
                    out |= dict.fromkeys(await self.find(how, str(what)))
        return list(out)

    async def find(self, how: str, what: str) -> list[str]:
        """The active users of a ``user`` (that one), ``role``, ``team``, or the ``manager`` of one."""
        key = (how, what)
        if key not in self.known:
            self.known[key] = await self._manager(what) if how == "manager" else await self._active(how, what)
        return self.known[key]

    async def _active(self, how: str, what: str) -> list[str]:
        wanted = {
            "user": where("id", "eq", what),
            "role": where("role.name", "eq", what),
            "team": where("teams", "contains", what),
        }[how]
        page = await records.find(self.ctx, Query("user", wanted, fields=("active",), limit=1000))
        found = [loads(r) for r in page.rows]
        return [u["id"] for u in found if u["active"] is not False]

    async def _manager(self, user: str) -> list[str]:
        """Who leads a team of the user; where that is the user, who leads the team above it."""
        found = (await records.ask(self.ctx, "user", [user], ("teams",))).get(user)
        page = await records.find(self.ctx, Query("team", where("lead", "eq", user), fields=("name",), limit=100))
        teams = [t["id"] for t in sequence(found.values["teams"]) or ()] if found else []
        teams += [t["id"] for row in page.rows if (t := loads(row))["id"] not in teams]
        for _ in range(10):
            told = await records.ask(self.ctx, "team", teams, ("lead", "parent"))
            leads = [t.values["lead"]["id"] for i in teams if (t := told.get(i)) and t.values["lead"]]
            others = [u for u in leads if u != user]
            if others:
                return await self.find("user", others[0])
            teams = [t.values["parent"]["id"] for t in told.values() if t.values["parent"]]
            if not teams:
                break
        return []
