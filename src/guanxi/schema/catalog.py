"""The catalog: everything that a workspace's objects are, folded from layers into one immutable, validated value.

``fold(declared, changes)`` starts from what the code declares and applies the workspace's own changes in order. All else
(tables, API, permissions, forms, search) is a function of the :class:`Catalog` that comes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from guanxi.base import FieldError, Invalid, Label, NotFound, bad_config, say
from guanxi.base.text import LANGUAGES
from guanxi.schema.changes import Objects, apply, titles
from guanxi.schema.conditions import faults, unsteady
from guanxi.schema.derive import Derivation, Deriver, Roll
from guanxi.schema.filter import Member, Touched, parse, walk
from guanxi.schema.formula.meaning import by_its_name
from guanxi.schema.model import SYSTEM_FIELDS, Field, Object, Option, Pipeline, Role, Stage
from guanxi.schema.rights import Bound, bind, narrowing
from guanxi.schema.ruling import Ruling, rule_problems
from guanxi.schema.types import TYPES, Bad, Env, FieldType, type_of


@dataclass(frozen=True, slots=True)
class Declared:
    """What code contributes: objects, pipelines, and the roles that a workspace begins with."""

    objects: tuple[Object, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """Records that point here: those of ``object`` whose link ``field`` holds this record's id."""

    name: str
    object: str
    field: str
    label: Label
    kind: Literal["link", "links", "reference"]


class Entity:
    """An object as the engine works with it: its definition with every live field and every inverse by name."""

    def __init__(
        self,
        definition: Object,
        fields: Mapping[str, Field],
        children: Mapping[str, Child],
        derived: Mapping[str, Derivation],
    ) -> None:
        self.definition = definition
        self.name = definition.name
        self.title = definition.title
        self.owner = definition.owner
        declared = {definition.inherits: "read"} if definition.inherits else {}
        self.cascades: Mapping[str, str] = {
            n: level for n, level in {**declared, **definition.cascades}.items() if level != "none" and n in fields
        }
        self.binding: Callable[[], tuple[Bound, ...]] = tuple
        self.fields = fields
        self.children = children
        self.derived = derived
        self.rolled: dict[str, tuple[Entity, Roll]] = {}
        """Roll-ups by name, each with what it is over."""
        self.types: dict[str, FieldType] = {name: type_of(f) for name, f in fields.items()}

    def __repr__(self) -> str:
        return f"<Entity {self.name}>"

    @cached_property
    def rights(self) -> tuple[Bound, ...]:
        """The rules of access."""
        return self.binding()

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """Names of the fields that the caller's values live in: all but the system fields and what is computed."""
        return tuple(name for name, f in self.fields.items() if not f.system and not self.computed(name))

    def ordered(self, name: str) -> bool:
        """Whether an index has the records in the order of a field."""
        f, kind = self.fields[name], self.types[name]
        if name in ("created_by", "updated_by") or kind.index == "gin":
            return False
        return (
            f.index
            or kind.link
            or kind.anywhere
            or name in (self.title, "id", "updated_at")
            or (kind.sortable and any(name in narrowing(right.filter) for right in self.rights))
        )

    def computed(self, name: str) -> bool:
        """Whether the field has no column: a formula, or what accompanies one."""
        return not self.types[self.fields[name].of or name].stored

    def origins(self, name: str) -> set[str]:
        """Names of the record's own columns that the field ``name`` is made of: itself, if it is stored."""
        out: set[str] = set()
        todo, seen = [name], set[str]()
        while todo:
            at = todo.pop()
            if at in seen or at not in self.fields:
                continue
            seen.add(at)
            of = self.fields[at].of
            if self.computed(at):
                todo += self.derived[of or at].uses
                continue
            out.add(at)
            if self.types[at].unit:
                out.add(f"{at}_{self.types[at].unit}")
            if of and self.types[of].anywhere:
                out.add(of)
        return out

    def follows(self, name: str) -> bool:
        """Whether the field's values follow from others, so that nobody writes them."""
        return self.types[self.fields[name].of or name].derived

    @cached_property
    def references(self) -> tuple[str, ...]:
        """Names of the links to a record of any object."""
        return tuple(n for n in self.fields if self.types[n].anywhere)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that must not be empty; what the engine makes never is."""
        return tuple(n for n, f in self.fields.items() if f.required and not f.system and not self.types[n].made)

    @cached_property
    def checked(self) -> frozenset[str]:
        """Names of the fields of which a stored value may be none that they would take today."""
        return frozenset(
            n
            for n in self.stored
            if self.types[n].readable
            and not self.types[n].made
            and not self.follows(n)
            and (
                n in self.required
                or (self.types[n].link and not self.types[n].many)
                or self.types[n].invalid_sql(self.fields[n], "x")
            )
        )

    @cached_property
    def indexed(self) -> tuple[str, ...]:
        """Names of the fields that the search entry of a record is made of."""
        return tuple(dict.fromkeys((*self.searched, *self.ruling.standard)))

    @property
    def archivable(self) -> bool:
        """Whether records may be archived."""
        return self.definition.archivable

    @cached_property
    def secret(self) -> tuple[str, ...]:
        """Names of the fields that are never read back."""
        return tuple(name for name, t in self.types.items() if not t.readable)

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Names of the fields that the search box looks into, the title first."""
        rest = [name for name, f in self.fields.items() if f.search and name != self.title]
        return (self.title, *sorted(rest, key=lambda name: self.fields[name].search))

    @cached_property
    def stage(self) -> Field | None:
        """The field that holds the stage of a pipeline, if there is one."""
        return next((f for f in self.fields.values() if f.type == "stage"), None)

    @cached_property
    def pool(self) -> str:
        """Name of the link to the pool that a record belongs to; empty for an object that has no pools."""
        links = (n for n, f in self.fields.items() if f.target == "pool" and not self.types[n].many)
        return next(links, "") if self.owner else ""

    @cached_property
    def ruling(self) -> Ruling:
        """The rules that its records keep to."""
        return Ruling(self)

    @cached_property
    def autonumbers(self) -> tuple[Field, ...]:
        """The fields that the engine numbers."""
        return tuple(f for f in self.fields.values() if f.type == "autonumber")


@dataclass(frozen=True)
class Catalog:
    """All objects and pipelines of a workspace at one version."""

    version: int
    objects: Mapping[str, Object]
    pipelines: Mapping[str, Pipeline]

    @cached_property
    def mark(self) -> object:
        """What is made by this catalog is kept under this: one that is only tried out has the version of the one in force."""
        return object()

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        """Every live object, bound to its fields and inverses."""
        live = {name: o for name, o in self.objects.items() if not o.retired}
        fields = {name: dict(self._fields(o)) for name, o in live.items()}
        children = self._children
        made = {
            name: Entity(o, fields[name], children[name], {n: d for (of, n), d in self.derived.items() if of == name})
            for name, o in live.items()
        }
        for (name, field), d in self.derived.items():
            if d.roll:
                made[name].rolled[field] = (made[d.roll.child], d.roll)
        for entity in made.values():
            entity.binding = lambda entity=entity: bind(self, entity)
        return made

    @cached_property
    def ruled(self) -> tuple[Entity, ...]:
        """The objects of which rules of access give somebody records."""
        return tuple(e for e in self.entities.values() if any(not rule.only for rule in e.definition.access))

    @cached_property
    def _children(self) -> Mapping[str, Mapping[str, Child]]:
        """The inverses of every live object by name."""
        live = {name: o for name, o in self.objects.items() if not o.retired}
        fields = {name: dict(self._plain(o)) for name, o in live.items()}
        children: dict[str, dict[str, Child]] = {name: {} for name in live}
        for child in live.values():
            for f in fields[child.name].values():
                kind: Literal["link", "links", "reference"] = (
                    "reference" if f.type == "reference" else "links" if TYPES[f.type].many else "link"
                )
                name = f.inverse or (child.name if f.custom and kind != "reference" and f.target != "user" else "")
                targets = list(live) if kind == "reference" else [f.target or ""]
                for target in targets if name else ():
                    if target in children:
                        free = name if name not in children[target] else f"{child.name}_{f.name}"
                        children[target][free] = Child(free, child.name, f.name, f.inverse_label or child.plural, kind)
        return children

    @cached_property
    def rolls(self) -> Mapping[str, tuple[Roll, ...]]:
        """The roll-ups by the object that they are over, those that others are made of first."""
        out: dict[str, tuple[Roll, ...]] = {}
        for d in self.derived.values():
            if d.roll:
                out[d.roll.child] = (*out.get(d.roll.child, ()), d.roll)
        return out

    @cached_property
    def derived(self) -> Mapping[tuple[str, str], Derivation]:
        """What follows from other fields, by object and name."""
        live = [o for o in self.objects.values() if not o.retired]
        wanted = {(o.name, f.name): f for o in live for f in o.fields if TYPES[f.type].derived and not f.retired}
        if not wanted:
            return {}
        return Deriver({o.name: dict(self._plain(o)) for o in live}, wanted, self._children, self.called).all()

    def _fields(self, definition: Object) -> Iterator[tuple[str, Field]]:
        """Every live field with its companions, in the order of declaration."""
        plain = dict(self._plain(definition))
        for f in SYSTEM_FIELDS:
            yield f.name, f
        for f in definition.fields:
            if f.retired:
                continue
            derived = self.derived.get((definition.name, f.name))
            f = derived.field if derived else plain[f.name]
            yield f.name, f
            for companion in type_of(f).companions(f):
                yield companion.name, replace(companion, of=f.name, custom=f.custom)

    def _plain(self, definition: Object) -> Iterator[tuple[str, Field]]:
        """The live fields that follow from no others."""
        for f in SYSTEM_FIELDS:
            yield f.name, f
        for f in definition.fields:
            if f.retired or TYPES[f.type].derived:
                continue
            yield f.name, self._with_stages(definition.name, f)
            for companion in TYPES[f.type].companions(f):
                yield companion.name, replace(companion, of=f.name, custom=f.custom)

    def _with_stages(self, object_name: str, f: Field) -> Field:
        """A stage or pipeline field takes its options from the object's pipelines."""
        if f.type not in ("stage", "pipeline"):
            return f
        mine = [p for p in self.pipelines.values() if p.object == object_name]
        if f.type == "pipeline":
            return replace(f, options=tuple(Option(p.name, p.label) for p in mine))
        seen: dict[str, Option] = {}
        for p in mine:
            for s in p.stages:
                seen.setdefault(s.name, Option(s.name, s.label, s.color))
        return replace(f, options=tuple(seen.values()))

    def see(self, object_name: str, name: str) -> Field | None:
        """The live field of an object, as formulas look for it."""
        entity = self.entities.get(object_name)
        return entity.fields.get(name) if entity else None

    def called(self, object_name: str) -> Label:
        """What people call an object."""
        definition = self.objects.get(object_name)
        return definition.label if definition else by_its_name(object_name)

    def object(self, name: str) -> Entity:
        """The entity of this name; raises NotFound ``unknown_object``."""
        entity = self.entities.get(name)
        if entity is None:
            raise NotFound("unknown_object", object=name)
        return entity

    def pipelines_of(self, object_name: str) -> list[Pipeline]:
        """The pipelines of an object; the first is the default one."""
        return [p for p in self.pipelines.values() if p.object == object_name]

    def find_stage(self, object_name: str, pipeline: str | None, stage: str | None) -> Stage | None:
        """The stage of this name in this pipeline of the object."""
        found = self.pipelines.get(pipeline or "")
        if found is None or found.object != object_name:
            return None
        return next((s for s in found.stages if s.name == stage), None)


def fold(
    declared: Iterable[Declared],
    changes: Iterable[Mapping[str, Any]] = (),
    version: int = 0,
    more: Sequence[Mapping[str, Any]] = (),
) -> Catalog:
    """The catalog of the declared layers with a workspace's changes applied in order, then ``more``, which are new.

    A stored change was right when it was made: where the standard part that it speaks of is there no more, or came to say
    the same, it is passed over. Raises Invalid with everything that is wrong with the new changes (``row`` is the
    change's index when there are several), or else with the problems that they bring.
    """
    objects = Objects()
    pipelines: dict[str, Pipeline] = {}
    for layer in declared:
        objects.update({o.name: o for o in layer.objects})
        pipelines |= {p.name: p for p in layer.pipelines}
    for change in changes:
        with suppress(Invalid):
            apply(objects, pipelines, change)
    if not more:
        return Catalog(version, objects, pipelines)
    known = list(problems(Catalog(version, dict(objects), dict(pipelines))))
    errors: list[FieldError] = []
    for i, change in enumerate(more):
        try:
            apply(objects, pipelines, change)
        except Invalid as invalid:
            errors += [replace(e, row=i) if len(more) > 1 else e for e in invalid.errors]
    if errors:
        raise Invalid(errors=errors)
    catalog = Catalog(version, objects, pipelines)
    errors = [e for e in problems(catalog) if e not in known]
    if errors:
        raise Invalid(errors=errors)
    return catalog


def problems(catalog: Catalog) -> Iterator[FieldError]:
    """Everything that is wrong with a catalog as a whole."""

    for o in catalog.objects.values():
        if o.retired:
            continue
        settled = {f.name: d.field for f in o.fields if (d := catalog.derived.get((o.name, f.name)))}
        names = [f.name for f in o.fields] + [
            c.name for f in o.fields for c in TYPES[f.type].companions(settled.get(f.name, f))
        ]
        for name in sorted(n for n, times in Counter(names).items() if times > 1):
            yield FieldError(f"{o.name}.{name}", "name_taken", {"value": name})
        live = {f.name: f for f in o.fields if not f.retired}
        if o.title not in live:
            yield bad_config(o.name, f"the title field {o.title} is missing", f"缺少标题字段 {o.title}")
        elif not titles(TYPES[live[o.title].type]):
            yield bad_config(
                o.name, f"the title field {o.title} is not a line of text", f"标题字段 {o.title} 不是单行文本"
            )
        if o.owner and (o.owner not in live or live[o.owner].type != "user"):
            yield bad_config(o.name, f"the owner field {o.owner} is missing or no user", f"负责人字段 {o.owner} 不存在或不是用户字段")  # fmt: skip
        if o.inherits and (o.inherits not in live or not _leads(live[o.inherits])):
            yield bad_config(o.name, f"the field {o.inherits} that access comes by is missing or no link", f"传递权限的字段 {o.inherits} 不存在或不是关联")  # fmt: skip
        if o.moment and not _timed(next((f for f in o.fields if f.name == o.moment), None), o.moment):
            yield bad_config(o.name, f"the moment {o.moment} is missing or neither a day nor a time", f"时间字段 {o.moment} 不存在或不是日期、时间")  # fmt: skip
        for f in o.fields:
            if f.retired:
                continue
            place = f"{o.name}.{f.name}"
            reasons = TYPES[f.type].problems(f)
            derived = catalog.derived.get((o.name, f.name))
            if derived and derived.error and not reasons:
                yield derived.error
            elif derived and derived.roll:
                child = catalog.entities[derived.roll.child]
                yield from faults(catalog, child, f.config.get("where"), f"{place}.where", False)
                if reason := unsteady(child, derived.roll.where):
                    yield FieldError(f"{place}.where", "rollup_where", {"reason": reason})
            for reason in reasons:
                yield FieldError(place, "bad_config", {"reason": reason})
            if f.default is not None and not reasons and not _default_fits(f):
                yield bad_config(place, "the default is no value of this field", "默认值不是该字段的有效值")
            if f.type in ("link", "links") and (not f.target or f.target not in catalog.objects):
                yield bad_config(place, f"the target object {f.target} does not exist", f"关联的对象 {f.target} 不存在")
            elif f.target and f.target in catalog.objects and catalog.objects[f.target].retired:
                en, zh = (say(catalog.objects[f.target].label, lang) for lang in LANGUAGES)
                yield bad_config(place, f"what it points to, {en}, is retired; restore that first", f"关联的对象“{zh}”已停用，请先恢复")  # fmt: skip
            if f.type == "stage" and not catalog.pipelines_of(o.name):
                yield bad_config(place, "the object has no pipeline", "该对象没有销售流程")
        if o.rules:
            yield from rule_problems(catalog, catalog.entities[o.name])
        for rule in o.access:
            place = f"{o.name}.{rule.name}.when"
            wrong = list(faults(catalog, catalog.entities[o.name], rule.when, place, False))
            yield from wrong
            # Who may change a segment would say who sees what, and so would whoever changes many at once.
            if not wrong and any(isinstance(part, Member | Touched) for part in walk(parse(rule.when))):
                yield bad_config(
                    place,
                    "a rule of access cannot ask for a segment or a change set",
                    "访问规则不能以客群或变更批次为条件",
                )
    for p in catalog.pipelines.values():
        names = [s.name for s in p.stages]
        if len(set(names)) != len(names):
            yield bad_config(p.name, "two stages have the same name", "有两个阶段同名")
        if not any(s.kind == "open" for s in p.stages):
            yield bad_config(p.name, "a pipeline needs an open stage", "流程至少需要一个进行中的阶段")
        if p.object not in catalog.objects:
            yield bad_config(p.name, f"the object {p.object} does not exist", f"对象 {p.object} 不存在")
            continue
        known = {f.name for f in catalog.objects[p.object].fields}
        for name in sorted({n for s in p.stages for n in s.required} - known):
            yield bad_config(p.name, f"a stage requires {name}, which is no field of {p.object}", f"阶段要求填写 {name}，但对象 {p.object} 没有该字段")  # fmt: skip


def _leads(f: Field) -> bool:
    kind = TYPES[f.type]
    return (kind.link and not kind.many) or kind.anywhere


def _timed(f: Field | None, name: str) -> bool:
    return bool(TYPES[f.type].grains) if f else name == "created_at"


def _default_fits(f: Field) -> bool:
    """Whether the default is a value that the field takes; links are looked up when a record is made."""
    kind, env = TYPES[f.type], Env(now=datetime(2026, 1, 1, tzinfo=UTC))
    if kind.link or kind.anywhere:
        return f.default == "$me" or not isinstance(f.default, str) or len(f.default) == 36
    try:
        value = kind.default(f, env)
        if kind.grains:
            kind.operand(f, "eq", value, env)
        elif value is not None:
            kind.parse(f, value, env)
    except Bad:
        return False
    return True
