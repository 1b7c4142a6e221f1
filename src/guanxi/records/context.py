"""Who asks, in which workspace, for what reason: the explicit first argument of everything in the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from guanxi.base import new_id
from guanxi.base.shape import mapping, names
from guanxi.pg import Connection
from guanxi.records.row import NOBODY
from guanxi.schema.catalog import Catalog
from guanxi.schema.types import Env

VERBS = ("read", "create", "update", "delete", "export", "import")
SCOPES = ("none", "own", "team", "below", "all")
LEVELS = ("none", "masked", "reveal", "read", "write")
"""What a role may do with a field: nothing, see it masked, look behind the mask one record at a time, see it, write it."""
LIMITS = ("reveal", "export")
"""What a role may do only so often in a day: fields looked at behind a mask, rows taken out."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A company's own schema, the PostgreSQL role that may enter it, and its defaults."""

    id: str
    schema: str
    role: str
    name: str
    language: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class Grants:
    """What a role may do: per object (``*`` for all others) a scope or yes/no for each verb; per field; system rights.

    ``limits`` say how much of :data:`LIMITS` each of its people may in a day; without one there is none.
    """

    objects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    system: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, raw: Any) -> Grants:
        """Grants from a role's JSON; what is missing is not granted."""
        form = mapping(raw) or {}
        return cls(
            form.get("objects") or {},
            form.get("fields") or {},
            frozenset(names(form.get("system")) or ()),
            form.get("limits") or {},
        )

    def scope(self, object_name: str, verb: str) -> str:
        """The scope in which ``verb`` is granted on an object: one of :data:`SCOPES`."""
        verbs = self.objects.get(object_name)
        if verbs is None:
            verbs = self.objects.get("*", {})
        granted = verbs.get(verb, "none")
        if granted is True:
            return "all"
        return granted if granted in SCOPES else "none"

    def field(self, object_name: str, field_name: str) -> str:
        """One of :data:`LEVELS`."""
        granted = self.fields.get(f"{object_name}.{field_name}", "write")
        return granted if granted in LEVELS else "write"

    def covers(self, other: Grants, objects: Iterable[str]) -> bool:
        """Whether these give at least what the others give: nobody hands out more than they have."""
        if not other.system <= self.system:
            return False
        for name in objects:
            for verb in VERBS:
                if SCOPES.index(other.scope(name, verb)) > SCOPES.index(self.scope(name, verb)):
                    return False
        if any(other.limits.get(n, most + 1) > most for n, most in self.limits.items()):
            return False
        rank = LEVELS.index
        return all(rank(self.field(*n.split(".", 1))) >= rank(other.field(*n.split(".", 1))) for n in self.fields)


SYSTEM_RIGHTS = ("catalog", "users", "roles", "bin", "settings", "audit", "view_as")
EVERYTHING = Grants({"*": dict.fromkeys(VERBS, "all")}, {}, frozenset(SYSTEM_RIGHTS))


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a pool: of the records of ``object`` that belong to it and that nobody owns, its holder sees all but the
    fields ``masked``, and may look behind ``views`` a day (None: any number). ``admin`` sees everything."""

    pool: str
    object: str
    name: str
    admin: bool = False
    masked: frozenset[str] = frozenset()
    views: int | None = None


@dataclass(frozen=True)
class Actor:
    """Somebody who acts. ``team`` are the users in the same teams, ``below`` those and all in teams under them.

    ``seats`` are the pools that they are in. ``viewer`` is the id of whoever looks at the workspace as this user; then nothing
    is changed. ``role_grants`` are those of the role, where a token gives less.
    """

    id: str
    name: str
    email: str = ""
    role: str = ""
    language: str = "en"
    timezone: str = "UTC"
    grants: Grants = Grants()
    teams: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    seats: tuple[Seat, ...] = ()
    system: bool = False
    viewer: str = ""
    role_grants: Grants | None = None
    statements: dict[tuple[object, ...], Any] = field(
        default_factory=dict[tuple[object, ...], Any], repr=False, compare=False
    )
    """Compiled statements that hold for this actor; gone with the actor when anything about its access changes."""
    reach: dict[tuple[str, str], bool] = field(default_factory=dict[tuple[str, str], bool], repr=False, compare=False)
    """By object and verb, whether what rules and pools give is much (:mod:`guanxi.records.reach`)."""

    def kept(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """What ``make`` makes, kept for this actor under ``key`` (at most 500 of them)."""
        found = self.statements.get(key)
        if found is None:
            found = make()
            if not getattr(found, "fresh", False):
                if len(self.statements) >= 500:
                    self.statements.clear()
                self.statements[key] = found
        return found

    def owners(self, scope: str) -> tuple[str, ...]:
        """The users whose records lie within ``own``, ``team`` or ``below``."""
        return {"own": (self.id,), "team": self.team or (self.id,), "below": self.below or (self.id,)}.get(scope, ())


@dataclass(frozen=True)
class Context:
    """What every call of the engine needs.

    ``cause`` says through which door, ``change_set`` what belongs together. ``bulk`` names the kind of a bulk act
    (batch, import, mass, action, undo), which then has an entry of its own with ``label``; ``undoes`` is the change set
    that an undo takes back. ``last`` says that nothing is done in the transaction after one write, which may then end it.
    With ``as_of`` records are read as they were at that moment. ``sets`` are change sets of the single operations of a write,
    where each belongs to another (many runs of a flow at once); then their number is that of the operations. ``few``: what is read
    lies around a record or two that are named. ``known`` are records (object, id) of which was asked whether the reader sees them.
    """

    db: Connection
    workspace: Workspace
    catalog: Catalog
    actor: Actor
    cause: str = "api"
    change_set: str = field(default_factory=new_id)
    depth: int = 0
    bulk: str = ""
    label: str = ""
    undoes: str | None = None
    last: bool = False
    as_of: datetime | None = None
    sets: tuple[str, ...] = ()
    few: bool = False
    known: frozenset[tuple[str, str]] = frozenset()
    moved: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]], compare=False)
    """Records (object, id) that changed beside those that were written: their roll-ups did."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def env(self) -> Env:
        """What reading and printing values depends on, for this actor."""
        a = self.actor
        return Env(
            language=a.language,
            timezone=a.timezone,
            currency=self.workspace.currency,
            now=self.now,
            me=a.id,
            team=a.team,
        )

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What has been found out for this reader in this request, by whatever name."""
        return {}

    def then(self, moment: datetime | None) -> Context:
        """The same reader at a moment of the past, if there is one; "today" in a filter is that day."""
        return self if moment is None else replace(self, as_of=moment, now=moment)

    def around(self, object_name: str, ids: Iterable[str]) -> Context:
        """The same reader, who is known to see these records: what hangs on them needs no other ground to be seen."""
        return replace(self, known=self.known | {(object_name, id) for id in ids}) if self.as_of is None else self

    def kept(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """A statement for the actor, made once a day, for it may say "today"; one about the past is made each time."""
        return self.actor.kept((*key, self.env.today), make) if self.as_of is None else make()

    def as_system(self, reason: str) -> Context:
        """The same request with every right; ``reason`` lands in the journal."""
        actor = replace(self.actor, grants=EVERYTHING, system=True, statements={})
        return replace(self, actor=actor, cause=f"{self.cause} > system: {reason}")

    def of_sets(self, sets: Sequence[str]) -> Context:
        """The same request, of whose operations each belongs to a change set of its own."""
        return replace(self, sets=tuple(sets), change_set=sets[0])

    def caused_by(self, rule: str) -> Context:
        """The same request one reaction deeper."""
        return replace(self, cause=f"{self.cause} > {rule}", depth=self.depth + 1, sets=())


def system_actor(workspace: Workspace, language: str = "") -> Actor:
    """The program itself, acting in a workspace."""
    return Actor(
        NOBODY,
        "system",
        language=language or workspace.language,
        timezone=workspace.timezone,
        grants=EVERYTHING,
        system=True,
    )
