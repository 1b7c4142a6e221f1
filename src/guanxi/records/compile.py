"""From a Query to one SQL statement. The only module that prints FROM and JOIN, and it cannot print one without the
reader's access predicate and the recycle bin's condition beside it.

Every name in the text comes from the catalog and is quoted; every value is a named argument. A path may follow links up
(a sub-select or a left join with the target's own predicate: what may not be seen is null) and children down.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.shape import sequence
from guanxi.pg import Settled, Tailored
from guanxi.records import access, formulas, grams, past, pointing, rolled, together, worded
from guanxi.records.context import Context
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import (
    TRUE,
    And,
    Changed,
    Condition,
    Doubled,
    Filter,
    Formula,
    Inherited,
    Member,
    Not,
    Or,
    Related,
    Search,
    Shared,
    Touched,
    Was,
    bad,
    momentary,
)
from guanxi.schema.formula import Wrong
from guanxi.schema.formula.meaning import condition as understood
from guanxi.schema.model import BIN_FIELDS, Field
from guanxi.schema.query import Query
from guanxi.schema.types import TYPES, Bad, FieldType

MAX_HOPS = 4
MAX_INHERITED = 3
NARROW = ("own", "team")
"""Scopes that reach few enough records to list them."""
ALWAYS = ("id", "version")
WHERE: Mapping[str, str] = {
    "live": "{0}.deleted_at IS NULL",
    "bin": "({0}.deleted_at IS NOT NULL AND NOT {0}._archived)",
    "archive": "({0}.deleted_at IS NOT NULL AND {0}._archived)",
    "kept": "({0}.deleted_at IS NULL OR {0}._archived)",
    "away": "{0}.deleted_at IS NOT NULL",
    "any": "TRUE",
}
"""SQL of where records are: in use, in the recycle bin, in the archive; in use or the archive, in either of the last two, anywhere.
What is archived has left all lists as what is deleted has, and a link to it is still one."""


SELF = "\0"
"""Stands for the alias of the record in a condition that is made once."""

_numbers = itertools.count()


def never(_words: Sequence[grams.Word]) -> bool:
    """No words are known to be common."""
    return False


def quote(name: str) -> str:
    """A SQL identifier; names come from the catalog, quoting makes reserved words harmless."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with its named arguments. ``dated`` says that it depends on the day, and is kept for that day; ``fresh`` that it
    depends on the moment and must not be kept."""

    sql: str
    args: dict[str, Any]
    fresh: bool = False
    dated: bool = False


@dataclass(slots=True)
class Scope:
    """One FROM: its entity and alias, and the left joins that paths have asked for."""

    entity: Entity
    alias: str
    joins: dict[tuple[str, str], tuple[str, Entity]] = field(default_factory=dict[tuple[str, str], tuple[str, Entity]])
    text: list[str] = field(default_factory=list[str])


class Compiler:
    """Compiles for one reader. One instance makes one statement."""

    def __init__(self, ctx: Context, common: Callable[[Sequence[grams.Word]], bool] | None = None) -> None:
        """``common`` says of words whether they are together so common that the search index is no help."""
        self.ctx = ctx
        self.common = common or never
        self.catalog = ctx.catalog
        self.actor = ctx.actor
        self.env = ctx.env
        self.args: dict[str, Any] = {}
        self.fresh = self.dated = False
        self.moment = ctx.as_of
        self.aliases = self.inherited = 0
        self.led_to = "kept"  # where links that are shown may lead (of WHERE)
        self.inner = ""
        """What the names of arguments begin with in a condition that is put into other statements."""
        self.few = ctx.few
        """Whether the statement looks at a few records that it names, and not for all there are."""
        self.limited = False
        """Whether the reader sees only some of what the statement looks at."""
        self.small: frozenset[str] = frozenset()
        """Segments of so few that they are listed."""
        self.of: dict[str, str] = {}
        """Aliases of what is read from elsewhere than from what is in use, and from where (of :data:`WHERE`)."""
        self.clear: frozenset[str] = frozenset()
        """Sealed fields of the root that are read as they are stored."""
        self.unchanged = ""
        """The alias of records of the past that nobody has written since: what is found of them now was so then."""
        self.mine: set[str] = set()
        """Aliases of which only records that the reader owns are asked for."""
        self.sure: set[tuple[str, str]] = set()
        """Aliases and their links of which only records are asked for whose link leads to what the reader is known to see."""
        self.below: set[str] = set()
        """Aliases of which only records are asked for that hang on one that the reader sees, which is ground enough to read them."""
        self.led: dict[tuple[str, str], frozenset[object]] = {}
        """Of aliases and their links to any object: to which objects alone they lead, where what is asked for says so."""
        self.image: tuple[str, str] | None = None
        """Aliases of a record as it is to be and as it is, where a rule judges a change."""

    # -- small parts -------------------------------------------------------------------------------------------------

    def bind(self, value: Any, kind: str = "") -> str:
        """Put a value into the arguments; its placeholder, cast to ``kind`` (or as PostgreSQL infers)."""
        name = f"{self.inner}a{len(self.args)}"
        self.args[name] = value
        return f"%({name})s::{kind}" if kind else f"%({name})s"

    def among(self, column: str, ids: Sequence[str]) -> str:
        """SQL: an id is one of these. With one it is a plain comparison: PostgreSQL keeps the plan of that, while it makes
        a new one for a list each time, which takes longer than carrying it out."""
        return (
            f"{column} = {self.bind(ids[0], 'uuid')}"
            if len(ids) == 1
            else f"{column} = ANY({self.bind(list(ids), 'uuid[]')})"
        )

    def then(self) -> str:
        """The moment whose past is read."""
        name = next((n for n, v in self.args.items() if v is self.moment), "")
        return f"%({name})s::timestamptz" if name else self.bind(self.moment, "timestamptz")

    def alias(self) -> str:
        """A fresh table alias."""
        self.aliases += 1
        return f"{'v' if self.inner else 't'}{self.aliases}"

    def table(self, name: str) -> str:
        """A table of this workspace, qualified."""
        return f"{quote(self.ctx.workspace.schema)}.{quote(name)}"

    def done(self, sql: str) -> Statement:
        """The finished statement."""
        return Statement(self.said(sql), self.args, self.fresh, self.dated)

    def said(self, sql: str) -> str:
        """SQL as it is sent: planned once where it looks at a few records, and for its values where only some may be seen. What is
        asked of the past is seldom asked again."""
        if self.moment is not None:
            return sql
        return Settled(sql) if self.few else Tailored(sql) if self.limited else sql

    def source(
        self, entity: Entity, alias: str, verb: str = "read", of: str = "live", trusted: bool = False
    ) -> tuple[str, str]:
        """``table AS alias`` and the condition that must stand beside it: there (of :data:`WHERE`), and visible to the reader.

        ``trusted`` is for what a rule of access looks at, which holds whether its reader may see it or not."""
        if of != "live":
            self.of[alias] = of
        if self.moment is not None:
            return past.source(self, entity, alias, verb, of), "TRUE"
        conditions = [WHERE[of].format(alias)]
        visible = "" if trusted or self.actor.system else self.visible(entity, alias, verb)
        if visible:
            conditions.append(visible)
            self.limited = True
        return f"{self.table(entity.name)} AS {alias}", " AND ".join(conditions)

    def visible(self, entity: Entity, alias: str, verb: str) -> str:
        """SQL: the reader may ``verb`` the record; empty where that holds of all. It says the same each time and is long, so it is
        made once for a reader, with :data:`SELF` for the record and names of its own."""
        if self.inner:  # within one that is being made
            what = access.predicate(self.actor, entity, verb)
            return "" if what == TRUE else self.where(entity, alias, what, trusted=True)
        mine = alias in self.mine or (alias in self.below and access.RANK[verb] == 0)
        led = tuple((n, to) for (a, n), to in self.led.items() if a == alias)
        key = ("visible", self.catalog.mark, entity.name, verb, mine, self.few, self.inherited, self.small, led)
        key += (self.actor.timezone, self.env.today)
        made: Statement = self.actor.kept(key, lambda: self._visible(entity, verb, mine, dict(led)))
        self.args |= made.args
        self.fresh |= made.fresh
        self.dated |= made.dated
        return made.sql.replace(SELF, alias)

    def _visible(self, entity: Entity, verb: str, mine: bool, led: Mapping[str, frozenset[object]]) -> Statement:
        what = access.predicate(self.actor, entity, verb, mine)
        if what == TRUE:
            return Statement("", {})
        c = Compiler(self.ctx)
        c.moment = None  # rights are those of today, also to what was; and what is made here is kept for others
        c.few, c.inherited, c.small, c.inner = self.few, self.inherited, self.small, f"v{next(_numbers)}_"
        c.led = {(SELF, name): to for name, to in led.items()}
        return Statement(c.where(entity, SELF, what, trusted=True), c.args, c.fresh, c.dated)

    def sources(self, entity: Entity, alias: str, verb: str, of: str) -> list[tuple[str, str]]:
        """The same in parts that have no row in common, each of which can be read in the order of an index."""
        if self.moment is None:
            return [self.source(entity, alias, verb, of)]
        if of == "bin":
            raise Invalid.one("bin", "not_of_the_past")
        return past.parts(self, entity, alias, verb) if of == "live" else [self.source(entity, alias, verb, of)]

    def may_lead(self, alias: str, name: str, target: Entity) -> bool:
        """Whether a link to any object may lead to this one."""
        return target.name in self.led.get((alias, name), (target.name,))

    def field(
        self, entity: Entity, name: str, path: Sequence[str], alias: str = "", trusted: bool = False
    ) -> tuple[Field, FieldType]:
        """A field that the reader may see; one that is hidden is as unknown as one that does not exist. What is in the
        bin also has who deleted it, and when."""
        if self.of.get(alias) == "bin" and name in BIN_FIELDS:
            return BIN_FIELDS[name], TYPES[BIN_FIELDS[name].type]
        found = entity.fields.get(name)
        if found is None or not (trusted or access.readable(self.actor, entity, found)):
            if found is not None and access.masked(self.actor, entity, found):
                raise Invalid(errors=[FieldError(".".join(path), "masked_field", {"field": found.label})])
            raise Invalid.one(".".join(path), "unknown_field")
        return found, entity.types[name]

    def hop(
        self, entity: Entity, name: str, path: Sequence[str], alias: str = "", trusted: bool = False
    ) -> tuple[Field, Entity]:
        """The link ``name`` and the entity that it leads to."""
        found, kind = self.field(entity, name, path, alias, trusted)
        if not kind.link or not found.target or found.target not in self.catalog.entities or len(path) > MAX_HOPS + 1:
            raise Invalid.one(".".join(path), "unknown_field")
        return found, self.catalog.entities[found.target]

    # -- conditions --------------------------------------------------------------------------------------------------

    def where(self, entity: Entity, alias: str, what: Filter, trusted: bool = False) -> str:
        """SQL of a filter. ``trusted`` is for predicates of access, which may use fields that the reader may not."""
        match what:
            case And(parts):
                return (
                    "(" + " AND ".join(self.where(entity, alias, p, trusted) for p in parts) + ")" if parts else "TRUE"
                )
            case Or(parts):
                return (
                    "(" + " OR ".join(self.where(entity, alias, p, trusted) for p in parts) + ")" if parts else "FALSE"
                )
            case Not(part):
                return f"(({self.where(entity, alias, part, trusted)}) IS NOT TRUE)"
            case Condition(path, op, value):
                return self.condition(entity, alias, path, op, value, path, trusted)
            case Related():
                return together.holds(self, entity, alias, what, trusted)
            case Member(segment):
                return together.member(self, alias, segment, trusted)
            case Touched(change_set):
                return together.touched(self, entity, alias, change_set)
            case Doubled():
                return together.doubled(self, entity, alias)
            case Search(text):
                return worded.holds(self, entity, alias, text)
            case Shared(write):
                verb = "update" if write else "read"
                grantees = self.bind([self.actor.id, *self.actor.teams], "uuid[]")
                only = f"{' AND s.write' if write else ''} AND (s.until IS NULL OR s.until > now())"
                shared = f"SELECT s.record FROM {self.table('_share')} AS s WHERE s.grantee = ANY({grantees}){only}"
                shared += f" AND s.object = {self.bind(entity.name, 'text')}"
                # an array, not IN: beside an owner's condition both can then use their index; where the records are walked
                # in the order that is asked for, each is compared, and a hash is quicker than a list
                return f"{alias}.id IN ({shared})" if self.wide(entity, verb) else f"{alias}.id = ANY(ARRAY({shared}))"
            case Inherited(name, verb):
                return self.inherits(entity, alias, name, verb)
            case Formula(text):
                return self.formula(entity, alias, text, trusted)
            case Changed(name, way):
                return self.changed(entity, alias, name, way)
            case Was(part):
                if self.image is None or alias != self.image[0]:
                    raise bad("only a rule knows what was before")
                before = self.image[1]
                return f"({before}.id IS NOT NULL AND {self.where(entity, before, part, trusted)})"

    def changed(self, entity: Entity, alias: str, name: str, way: str) -> str:
        """SQL: the value of a field differs from what it was."""
        if self.image is None or alias != self.image[0]:
            raise bad("only a rule knows what was before")
        found, kind = self.field(entity, name, (name,))
        after, before = (self.column(entity, a, name, trusted=True) for a in self.image)
        if not way:
            return f"{after} IS DISTINCT FROM {before}"
        if not kind.sortable or kind.many or kind.link:
            raise Invalid.one(name, "not_sortable")
        return f"{kind.sort_sql(found, after)} {'>' if way == 'up' else '<'} {kind.sort_sql(found, before)}"

    def see(self, object_name: str, name: str) -> Field | None:
        """A field as formulas look for it: one that the reader may not see is as unknown as one that does not exist."""
        found, of = self.catalog.see(object_name, name), self.catalog.entities.get(object_name)
        return found if of and found and access.readable(self.actor, of, found) else None

    def formula(self, entity: Entity, alias: str, text: str, trusted: bool = False) -> str:
        """SQL of a condition that is a formula."""
        see = self.catalog.see if trusted else self.see
        try:
            tree = understood(text, entity.name, see, self.catalog.called)
            return formulas.Maker(self, trusted).truth(tree, entity, alias)
        except Wrong as wrong:
            raise wrong.invalid() from None

    def condition(
        self, entity: Entity, alias: str, path: Sequence[str], op: str, value: Any, whole: Sequence[str], trusted: bool
    ) -> str:
        """SQL of one comparison; a path becomes nested EXISTS, each with its target's predicate."""
        name = path[0]
        if len(path) > 1:
            link, target = self.hop(entity, name, whole, alias, trusted)
            inner = self.alias()
            source, visible = self.source(target, inner, of="kept", trusted=trusted)
            match = self.points(alias, link, inner)
            if op == "is_empty" and (value is None or isinstance(value, bool)):
                wanted = self.condition(target, inner, path[1:], op, True, whole, trusted)
                has = f"EXISTS (SELECT 1 FROM {source} WHERE {match} AND {visible} AND ({wanted}) IS NOT TRUE)"
                return has if value is False else f"NOT {has}"
            wanted = self.condition(target, inner, path[1:], op, value, whole, trusted)
            return f"EXISTS (SELECT 1 FROM {source} WHERE {match} AND {visible} AND {wanted})"
        found, kind = self.field(entity, name, whole, alias, trusted)
        if op not in kind.operators and not (op == "invalid" and name in entity.checked):
            raise Invalid.one(".".join(whole), "unknown_operator", op=op)
        veil = "" if trusted or op == "is_empty" else self.veil(entity, alias, name)
        sql = self.compared(entity, alias, found, kind, op, value, whole, trusted)
        return f"({sql} AND ({veil}) IS NOT TRUE)" if veil else sql

    def compared(
        self,
        entity: Entity,
        alias: str,
        found: Field,
        kind: FieldType,
        op: str,
        value: Any,
        whole: Sequence[str],
        trusted: bool,
    ) -> str:
        """SQL of a field compared with a value, whether or not the record veils it."""
        name = found.name
        points = (kind.link or kind.anywhere) and not trusted
        column = self.bare(entity, alias, name, trusted)
        if op == "invalid":
            if value is not None and not isinstance(value, bool):
                raise Invalid.one(".".join(whole), "bad_value", value=str(value)[:100])
            wrong = self.invalid(entity, alias, found, kind, column)
            return f"({wrong}) IS NOT TRUE" if value is False else f"(({wrong}) IS TRUE)"
        if op == "is_empty":
            if value is not None and not isinstance(value, bool):
                raise Invalid.one(".".join(whole), "bad_value", value=str(value)[:100])
            if points and value is False:
                return pointing.there(self, found, kind, alias, column)
            empty = pointing.nowhere(self, entity, found, kind, alias) if points else kind.empty_sql(found, column)
            return f"NOT ({empty})" if value is False else f"({empty})"
        if value is None:
            return "FALSE"  # a comparison with an empty value is false
        self.clocked(kind, value)
        try:
            operand = self.operand(found, kind, op, value)
            if operand is None:
                return "FALSE"
            if points:
                return pointing.condition(self, found, kind, alias, op, operand)
            sql = kind.condition(found, op, column, operand, self.bind)
        except Bad as bad:
            raise Invalid.one(".".join(whole), bad.code, **bad.values) from None
        short = found.config.get("max", 255) <= grams.MAX_TEXT and kind.sortable and not kind.many
        short = short and (self.moment is None or self.unchanged == alias)  # entries are of now
        if op in ("contains", "starts_with") and isinstance(operand, str) and name in entity.searched and short:
            wanted = grams.of_query(entity.name, operand)
            if wanted and self.common([grams.Word(tuple(wanted))]):
                # The planner takes any comparison of texts for rare; a CASE it takes for even odds, and walks in order.
                sql = f"CASE WHEN {sql} THEN TRUE ELSE FALSE END"
            elif wanted:  # the index narrows; the comparison itself decides
                found_ids = (
                    f"SELECT g.id FROM {self.table('_search')} AS g WHERE g.grams @> {self.bind(wanted, 'int[]')}"
                )
                sql = f"({alias}.id IN ({found_ids}) AND {sql})"
        return sql

    def invalid(self, entity: Entity, alias: str, found: Field, kind: FieldType, column: str) -> str:
        """SQL: a field is empty that must not be, leads into the recycle bin, or holds what its type would not take today."""
        wrong = kind.invalid_sql(found, column)
        parts = [f"({wrong})"] if wrong else []
        if found.name in entity.required:
            parts.append(kind.empty_sql(found, column))
        if kind.link and not kind.many:
            parts.append(pointing.lost(self, entity, found, alias))
        return " OR ".join(parts)

    def veil(self, entity: Entity, alias: str, name: str) -> str:
        """SQL: the field of this record is masked for the reader, for as long as it is in a pool; empty where it never is.
        Rights are those of today, also to what was."""
        what = access.veil(self.actor, entity, name)
        if what is None:
            return ""
        if self.moment is None:
            return self.where(entity, alias, what, trusted=True)
        parts: list[str] = []
        with past.today(self):
            for of in ("live", "away"):
                inner = self.alias()
                source, visible = self.source(entity, inner, of=of, trusted=True)
                now = self.where(entity, inner, what, trusted=True)
                parts.append(f"EXISTS (SELECT 1 FROM {source} WHERE {inner}.id = {alias}.id AND {visible} AND {now})")
        return f"({' OR '.join(parts)})"

    def column(self, entity: Entity, alias: str, name: str, trusted: bool = False) -> str:
        """SQL of a field's value for the reader: empty where the record veils it."""
        value = self.bare(entity, alias, name, trusted)
        veil = "" if trusted else self.veil(entity, alias, name)
        return f"(CASE WHEN ({veil}) IS NOT TRUE THEN {value} END)" if veil else value

    def bare(self, entity: Entity, alias: str, name: str, trusted: bool = False) -> str:
        """SQL of a field's value; what accompanies a link to any object is hidden together with what that points to."""
        if name not in entity.fields:
            return f"{alias}.{quote(name)}"  # of the bin
        if entity.computed(name):
            maker, led = formulas.Maker(self, trusted), entity.fields[name].of
            return maker.currency(entity, alias, led) if led else maker.field(entity, alias, name)
        column = f"{alias}.{quote(name)}"
        led = entity.fields[name].of
        if not trusted and not self.actor.system and (led or name) in entity.rolled:
            return rolled.seen(self, entity, alias, name) or column
        if trusted or led is None or not entity.types[led].anywhere or (alias, led) in self.sure:
            return column
        link = f"{alias}.{quote(led)}"
        return f"CASE WHEN {pointing.there(self, entity.fields[led], entity.types[led], alias, link)} THEN {column} END"

    def clocked(self, kind: FieldType, value: Any) -> None:
        """Note whether what a date is compared with depends on the clock."""
        if kind.grains and not (isinstance(value, str) and value[:1].isdigit()):
            self.dated = True
            self.fresh |= momentary(value)

    def operand(self, found: Field, kind: FieldType, op: str, value: Any) -> Any:
        """The stored form of what a condition compares with."""
        if op in ("in", "not_in"):
            several = sequence(value)
            if several is None:
                raise Bad("bad_value", value=str(value)[:100])
            out: list[Any] = []
            for v in several:
                if v is None:
                    continue
                one: Any = kind.operand(found, "eq" if not kind.many else "contains", v, self.env)
                several_of_it = sequence(one)  # "$my_team" is many users
                out.extend([one] if several_of_it is None else several_of_it)
            return out
        if op == "between":
            return [kind.operand(found, "gte", value[0], self.env), kind.operand(found, "lte", value[1], self.env)]
        return kind.operand(found, op, value, self.env)

    def points(self, alias: str, link: Field, inner: str) -> str:
        """SQL: the record ``inner`` is what the link of ``alias`` points to."""
        column = f"{alias}.{quote(link.name)}"
        return f"{inner}.id = ANY({column})" if TYPES[link.type].many else f"{inner}.id = {column}"

    def belongs(self, entity: Entity, kind: str, name: str, parent: str, inner: str) -> str:
        """SQL: the record ``inner`` points to ``parent`` (an expression of its id) by its field ``name``."""
        column = f"{inner}.{quote(name)}"
        if kind == "links":
            return f"{column} @> ARRAY[{parent}]"
        if kind == "reference":
            return f"{column} = {parent} AND {inner}.{quote(name + '_object')} = {self.bind(entity.name, 'text')}"
        return f"{column} = {parent}"

    def hangs(self, child: Entity, link: str, inner: str) -> None:
        """Note, before its source is asked for, that records ``inner`` are read below what the reader sees and they lead to by this
        link: where access cascades along it, that is ground enough. Of the past it is none: rights are those of today."""
        if self.moment is None and link in child.cascades:
            self.below.add(inner)

    def wide(self, entity: Entity, verb: str, seen: tuple[str, ...] = ()) -> bool:
        """Whether rules, of this object or of one that its access comes from, give the reader so many records that listing
        them would take long, as far as is known (:mod:`guanxi.records.reach`); where that was not asked, they give many."""
        if self.actor.system or len(seen) > MAX_INHERITED:
            return False
        if not self.catalog.ruled and not self.actor.seats:
            return False
        if access.given(self.actor, self.catalog, entity, verb) and self.actor.reach.get((entity.name, verb), True):
            return True
        above = (self.catalog.entities.get(entity.fields[n].target or "") for n in entity.cascades)
        return any(
            target is not None
            and target.name not in (entity.name, *seen)
            and self.wide(target, verb, (*seen, entity.name))
            for target in above
        )

    def by_row(self, target: Entity, verb: str) -> str:
        """SQL at the end of an EXISTS that keeps PostgreSQL from making a hash of everything that is within a wide reach: a page
        of a list looks at a few hundred records, each of which is found by its key."""
        return " OFFSET 0" if self.wide(target, verb) else ""

    def inherits(self, entity: Entity, alias: str, name: str, verb: str) -> str:
        """SQL: the reader may ``verb`` what the link ``name`` points to, for which that one's own links count as well."""
        if self.inherited >= MAX_INHERITED:
            return "FALSE"
        self.inherited += 1
        try:
            link = entity.fields[name]
            column = f"{alias}.{quote(name)}"
            if not entity.types[name].anywhere:
                target = self.catalog.entities.get(link.target or "")
                if target is None or not access.may(self.actor, target, verb):
                    return "FALSE"
                inner = self.alias()
                source, visible = self.source(target, inner, verb, "kept")
                if not self.few and access.scope_of(self.actor, target, verb) in NARROW and not self.wide(target, verb):
                    # an array, not EXISTS: the link's index then finds the records, however few they are among all
                    return f"{column} = ANY(ARRAY(SELECT {inner}.id FROM {source} WHERE {visible}))"
                match = self.points(alias, link, inner)
                return f"EXISTS (SELECT 1 FROM {source} WHERE {match} AND {visible}{self.by_row(target, verb)})"
            parts: list[str] = []
            for target in self.catalog.entities.values():
                if target.definition.activity or not access.may(self.actor, target, verb):
                    continue
                if not self.may_lead(alias, name, target):
                    continue
                inner = self.alias()
                source, visible = self.source(target, inner, verb, "kept")
                parts.append(
                    f"({alias}.{quote(name + '_object')} = {self.bind(target.name, 'text')}"
                    f" AND EXISTS (SELECT 1 FROM {source} WHERE {inner}.id = {column} AND {visible}{self.by_row(target, verb)}))"
                )
            return "(" + " OR ".join(parts) + ")" if parts else "FALSE"
        finally:
            self.inherited -= 1

    # -- showing -----------------------------------------------------------------------------------------------------

    def title(self, entity: Entity, alias: str) -> str:
        """SQL of the text that stands for a record: masked or null where its field is to the reader."""
        found = entity.fields[entity.title]
        if access.masked(self.actor, entity, found):
            return entity.types[found.name].mask_sql(found, f"{alias}.{quote(found.name)}::text")
        return f"{alias}.{quote(found.name)}" if access.readable(self.actor, entity, found) else "NULL"

    def show(self, entity: Entity, alias: str, path: Sequence[str], whole: Sequence[str], used: set[str]) -> str:
        """SQL of the JSON value of a path; ``used`` collects the columns of ``alias`` that it needs."""
        name = path[0]
        if len(path) > 1:
            link, target = self.hop(entity, name, whole)
            used.add(name)
            inner = self.alias()
            source, visible = self.source(target, inner, of="kept")
            value = self.show(target, inner, path[1:], whole, set())
            match = self.points(alias, link, inner)
            if entity.types[name].many:
                order = f"array_position({alias}.{quote(name)}, {inner}.id)"
                return f"(SELECT coalesce(json_agg({value} ORDER BY {order}), '[]'::json) FROM {source} WHERE {match} AND {visible})"
            return f"(SELECT {value} FROM {source} WHERE {match} AND {visible})"
        column = f"{alias}.{quote(name)}"
        used |= entity.origins(name)
        if name in self.clear:
            return column
        if name in entity.fields and access.masked(self.actor, entity, entity.fields[name]):
            return entity.types[name].mask_sql(entity.fields[name], f"({self.column(entity, alias, name)})::text")
        found, kind = self.field(entity, name, whole)
        if veil := self.veil(entity, alias, name):
            used |= {"id", entity.owner, entity.pool}
            bare = self.bare(entity, alias, name)
            mask = f"to_json({kind.mask_sql(found, f'({bare})::text')})"
            return f"CASE WHEN {veil} THEN {mask} ELSE to_json({kind.json_sql(found, bare)}) END"
        if kind.anywhere:
            used.add(name + "_object")
            return self.show_reference(alias, name)
        if kind.link:
            target = self.catalog.entities.get(found.target or "")
            if target is None:
                return "NULL::json"
            return self.show_link(target, column, kind.many)
        return kind.json_sql(found, self.column(entity, alias, name))

    def show_link(self, target: Entity, column: str, many: bool) -> str:
        """SQL of ``{"id", "title"}`` of a link; null where the target may not be seen."""
        inner = self.alias()
        source, visible = self.source(target, inner, of=self.led_to)
        shown = self.pointed(target, inner)
        if many:
            return (
                f"(SELECT coalesce(json_agg({shown} ORDER BY array_position({column}, {inner}.id)), '[]'::json)"
                f" FROM {source} WHERE {inner}.id = ANY({column}) AND {visible})"
            )
        return f"(SELECT {shown} FROM {source} WHERE {inner}.id = {column} AND {visible})"

    def pointed(self, target: Entity, inner: str, first: str = "") -> str:
        """SQL of what a link shows of the record ``inner``; of one in the archive also that it is there."""
        said = f"json_build_object({first}'id', {inner}.id, 'title', {self.title(target, inner)}"
        return f"CASE WHEN {inner}._archived THEN {said}, 'archived', TRUE) ELSE {said}) END"

    def show_reference(self, alias: str, name: str) -> str:
        """SQL of ``{"object", "id", "title"}`` of a link to a record of any object."""
        cases: list[str] = []
        for target in self.catalog.entities.values():
            if target.definition.activity or not access.may(self.actor, target, "read"):
                continue
            if not self.may_lead(alias, name, target):
                continue
            inner = self.alias()
            source, visible = self.source(target, inner, of=self.led_to)
            label = self.bind(target.name, "text")
            what = self.pointed(target, inner, f"'object', {label}, ")
            cases.append(
                f"WHEN {label} THEN (SELECT {what}"
                f" FROM {source} WHERE {inner}.id = {alias}.{quote(name)} AND {visible})"
            )
        return f"CASE {alias}.{quote(name + '_object')} {' '.join(cases)} END" if cases else "NULL::json"

    def shown(self, entity: Entity, alias: str, fields: Sequence[str] | None, of: str = "live") -> tuple[str, set[str]]:
        """The SELECT list of a record's JSON, and the columns of ``alias`` that it needs."""
        used, items = set[str](), list[str]()
        names = fields if fields is not None else access.visible_fields(self.actor, entity)
        self.led_to = "any" if of == "bin" else "kept"  # who looks into the bin sees what its records belong to
        for name in dict.fromkeys((*ALWAYS, *names)):
            path = name.split(".")
            items.append(f"{self.show(entity, alias, path, path, used)} AS {quote(name)}")
        if of != "live":
            user = self.catalog.entities["user"]
            word = "deleted" if of == "bin" else "archived"
            by = self.show_link(user, f"{alias}.deleted_by", False)
            items += [f'{alias}.deleted_at AS "{word}_at"', f'{by} AS "{word}_by"']
            used |= {"deleted_at", "deleted_by"}
        return ", ".join(items), used

    # -- keys --------------------------------------------------------------------------------------------------------

    def reach(
        self, scope: Scope, path: Sequence[str], alias: str = "", entity: Entity | None = None
    ) -> tuple[Entity, str, str]:
        """The entity, alias and last name that a path leads to, left-joining what it passes through."""
        entity, alias = entity or scope.entity, alias or scope.alias
        for i, name in enumerate(path[:-1]):
            key = (alias, name)
            if key not in scope.joins:
                link, target = self.hop(entity, name, path, alias)
                if TYPES[link.type].many:
                    raise Invalid.one(".".join(path), "not_sortable")
                inner = self.alias()
                source, visible = self.source(target, inner, of="kept")
                scope.joins[key] = (inner, target)
                scope.text.append(f" LEFT JOIN {source} ON {inner}.id = {alias}.{quote(name)} AND {visible}")
            alias, entity = scope.joins[key]
            if i > MAX_HOPS:
                raise Invalid.one(".".join(path), "unknown_field")
        return entity, alias, path[-1]

    # -- statements --------------------------------------------------------------------------------------------------

    def one(
        self, entity: Entity, id: str, fields: Sequence[str] | None = None, verb: str = "read", of: str = "live"
    ) -> Statement:
        """One record as JSON, or no row."""
        self.few = True
        alias = self.alias()
        source, visible = self.source(entity, alias, verb, of)
        items, used = self.shown(entity, "p", fields, of)
        columns = ", ".join(f"{alias}.{quote(c)}" for c in sorted(used))
        self.args["id"] = id
        return self.done(
            f"SELECT row_to_json(_r) FROM (SELECT {columns} FROM {source} WHERE {alias}.id = %(id)s::uuid AND {visible}) AS p"
            f" CROSS JOIN LATERAL (SELECT {items}) AS _r"
        )

    def leading(self, entity: Entity) -> Statement:
        """Rows of the ids in the argument ``ids``, each with the objects that its links to any object lead to. It decides what
        more is asked, and is told to nobody."""
        source, visible = self.source(entity, "t", trusted=True)
        names = ", ".join(f"t.{quote(n + '_object')}" for n in entity.references)
        return Statement(f"SELECT t.id, {names} FROM {source} WHERE t.id = ANY(%(ids)s::uuid[]) AND {visible}", {})

    def many(
        self, entity: Entity, fields: Sequence[str] | None = None, led: Sequence[str | None] | None = None
    ) -> Statement:
        """Records of the ids in the argument ``ids`` as JSON rows of (id, record), whose links to any object lead to these."""
        self.few = True
        alias = self.alias()
        for name, to in zip(entity.references, led or (), strict=False):
            self.led[alias, name] = self.led["p", name] = frozenset((to,))
        source, visible = self.source(entity, alias)
        items, used = self.shown(entity, "p", fields)
        columns = ", ".join(f"{alias}.{quote(c)}" for c in sorted(used))
        return self.done(
            f"SELECT p.id, row_to_json(_r) FROM (SELECT {columns} FROM {source} WHERE {alias}.id = ANY(%(ids)s::uuid[]) AND {visible}) AS p"
            f" CROSS JOIN LATERAL (SELECT {items}) AS _r"
        )

    def ids(self, query: Query, verb: str = "read", most: int | None = None, extra: str = "") -> Statement:
        """The ids of all records of a query, in no order."""
        entity = self.catalog.object(query.object)
        alias = self.alias()
        pointing.pin(self, entity, query.filter, alias)
        source, visible = self.source(entity, alias, verb, query.of)
        wanted = self.where(entity, alias, query.filter)
        limit = f" LIMIT {most}" if most is not None else ""
        return self.done(f"SELECT {alias}.id{extra} FROM {source} WHERE {visible} AND {wanted}{limit}")

    def count(self, query: Query, most: int, few: int = 0) -> Statement:
        """How many records, counting no further than ``most`` + 1, and which, if there are no more than ``few``."""
        inner = self.ids(query, most=most + 1).sql
        return self.done(
            f"WITH c AS MATERIALIZED ({inner}) SELECT n, CASE WHEN n <= {few} THEN ARRAY(SELECT id FROM c) END FROM (SELECT count(*) AS n FROM c) AS s"
        )


def estimate(plan: Any) -> int:
    """The planner's guess of the number of rows, from EXPLAIN (FORMAT JSON)."""
    top: Mapping[str, Any] = plan[0]["Plan"]
    return int(top["Plan Rows"])
