"""A small company in a database: people of every role in a tree of teams, and an object with a field of every type.

Built once a run, cloned for each module; a test works in one transaction that is rolled back.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import guanxi.apps
import guanxi.identity.people
from guanxi import records
from guanxi.base import Problem
from guanxi.base.json import loads
from guanxi.pg import Connection, Database
from guanxi.records import Actor, Context, Create, Outcome, Workspace
from guanxi.records.cursor import set_cursor_secret
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.model import Field
from guanxi.schema.query import read_aggregation, read_query
from guanxi.schema.types import TYPES

assert guanxi.apps.NOUNS
assert guanxi.identity.people.User.object.name == "user"

NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)

HIDDEN = {
    "account": ("phone", "revenue"),
    "contact": ("name",),
    "lead": ("mobile", "budget"),
    "opportunity": ("amount", "account"),
    "zoo": ("text", "keeper"),
}
"""What the clerk may not see."""
READ_ONLY = {"account": ("industry", "tags"), "opportunity": ("next_step", "contact"), "zoo": ("decimal", "money")}
"""What the clerk may see and not write."""

ROLES: Mapping[str, Mapping[str, Any]] = {
    "clerk": {
        "objects": {"*": dict.fromkeys(("read", "create", "update", "delete", "export", "import"), "all")},
        "fields": {f"{o}.{n}": "none" for o, names in HIDDEN.items() for n in names}
        | {f"{o}.{n}": "read" for o, names in READ_ONLY.items() for n in names},
    },
    "mate": {
        "objects": {
            "*": {"read": "team", "create": True, "update": "own", "delete": "own", "export": True},
            "user": {"read": "all"},
            "team": {"read": "all"},
            "role": {"read": "all"},
        }
    },
    "peeper": {
        "objects": {"*": {"read": "own", "update": True, "delete": True, "export": True}, "user": {"read": "own"}}
    },
    "outsider": {"objects": {}},
}
"""Roles beside the seeded ones, each with a twist."""

TEAMS = {"hq": None, "east": "hq", "west": "hq", "service": None}
LEADS = {"hq": "boss", "east": "captain"}
PEOPLE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("administrator", ()),
    "boss": ("manager", ()),
    "captain": ("manager", ()),
    "loner": ("manager", ()),
    "rep1": ("rep", ("east",)),
    "rep2": ("rep", ("east",)),
    "rep3": ("rep", ("west",)),
    "mate": ("mate", ("west", "service")),
    "agent": ("agent", ("service",)),
    "marketer": ("marketer", ()),
    "viewer": ("read_only", ()),
    "clerk": ("clerk", ()),
    "peeper": ("peeper", ("east",)),
    "outsider": ("outsider", ()),
}
"""Who is who: role, teams."""

FILE = {"id": "01a20226-01fe-7e2d-8185-52ca506c078f", "name": "a.png", "size": 1, "type": "image/png"}
"""A file that the administrator uploaded. Everybody has uploaded one as well, under their own id."""

OPTIONS = ["gold", "silver", "bronze", "it's 100%", "华东"]


def zoo_fields() -> list[dict[str, Any]]:
    """A custom field of every type that an administrator may add, under the type's name."""
    out: list[dict[str, Any]] = [{"name": "name", "type": "text", "required": True}]
    for kind in TYPES.values():
        if not kind.custom:
            continue
        one: dict[str, Any] = {"name": kind.name, "type": kind.name, "label": {"en": kind.name.title()}}
        if kind.name in ("select", "multiselect"):
            one["options"] = [{"name": o, "label": {"en": o.title()}} for o in OPTIONS]
        if kind.name == "link":
            one |= {"name": "keeper", "target": "keeper", "inverse": "animals"}
        if kind.name == "links":
            one |= {"name": "friends", "target": "keeper", "inverse": "stays"}
        if kind.name == "autonumber":
            one["config"] = {"pattern": "ZOO-{0000}"}
        if kind.name == "rollup":
            one["config"] = {"children": "kids", "function": "count"}
        if kind.name == "formula":
            one["config"] = {"expression": "decimal * 2 + ifempty(integer, 0)"}
        out.append(one)
    out.append({"name": "parent", "type": "link", "target": "zoo", "inverse": "kids"})
    out.append({"name": "code", "type": "text", "unique": True})
    return out


CUSTOM: list[dict[str, Any]] = [
    {
        "op": "add_object",
        "name": "keeper",
        "label": {"en": "Keeper", "zh": "管理员"},
        "fields": [
            {"name": "name", "type": "text", "required": True},
            {"name": "skill", "type": "select", "options": OPTIONS},
            {"name": "salary", "type": "integer"},
            {"name": "since", "type": "date"},
        ],
    },
    {"op": "add_object", "name": "zoo", "label": {"en": "Zoo", "zh": "动物园"}, "fields": zoo_fields()},
]


@dataclass(repr=False)
class World:
    """An open workspace with its people."""

    db: Database
    workspace: Workspace
    catalog: Catalog
    actors: dict[str, Actor]
    teams: dict[str, str]
    roles: dict[str, str]

    def id(self, name: str) -> str:
        """The id of a person."""
        return self.actors[name].id

    def context(self, connection: Connection, name: str = "admin", **more: Any) -> Context:
        """What a call as this person takes."""
        return Context(connection, self.workspace, self.catalog, self.actors[name], **{"cause": "test", **more})

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """A transaction that is rolled back."""
        with contextlib.suppress(_Rollback):
            async with self.db.transaction(self.workspace.role) as connection:
                yield Desk(self, connection)
                raise _Rollback

    @contextlib.asynccontextmanager
    async def act(self, name: str = "admin", **more: Any) -> AsyncIterator[Context]:
        """A transaction that commits."""
        async with self.db.transaction(self.workspace.role) as connection:
            yield self.context(connection, name, **more)


class _Rollback(Exception):
    pass


@dataclass
class Desk:
    """One transaction in which everybody can act."""

    world: World
    connection: Connection
    made: dict[str, list[str]] = field(default_factory=dict)

    def as_(self, name: str = "admin", **more: Any) -> Context:
        """The context of a person."""
        return self.world.context(self.connection, name, **more)

    def system(self, name: str = "admin") -> Context:
        """With every right, in the person's name."""
        return self.as_(name).as_system("test")

    async def make(self, object_name: str, *rows: Mapping[str, Any], by: str = "admin") -> list[str]:
        """New records with every right; their ids."""
        outcomes = await records.write(self.system(by), object_name, [Create(r) for r in rows])
        ids = [o.id or "" for o in outcomes]
        self.made.setdefault(object_name, []).extend(ids)
        return ids

    async def one(self, object_name: str, by: str = "admin", **values: Any) -> str:
        """A new record; its id."""
        return (await self.make(object_name, values, by=by))[0]

    async def get(self, object_name: str, id: str, name: str = "admin") -> dict[str, Any]:
        """The record as this person sees it."""
        found: dict[str, Any] = exact(await records.get(self.as_(name), object_name, id))
        return found

    async def find(self, object_name: str, name: str = "admin", **query: Any) -> list[dict[str, Any]]:
        """All records of a query, page by page."""
        return await pages(self.as_(name), object_name, query)

    async def ids(self, object_name: str, name: str = "admin", **query: Any) -> list[str]:
        """The ids of a query."""
        return [r["id"] for r in await self.find(object_name, name, **{"fields": ["id"], **query})]

    async def aggregate(self, object_name: str, name: str = "admin", **what: Any) -> list[dict[str, Any]]:
        """Groups with their values."""
        return [exact(r) for r in await records.aggregate(self.as_(name), read_aggregation(object_name, what))]

    async def refused(self, ctx: Context, object_name: str, *operations: records.Operation, **more: Any) -> Problem:
        """The problem of a write that must be refused; nothing of it stays, as at the edge."""
        try:
            async with self.connection.savepoint():
                await records.write(ctx, object_name, list(operations), **more)
        except Problem as problem:
            return problem
        raise AssertionError("the write was not refused")

    async def digest(self) -> str:
        """Of everything that is stored in the workspace."""
        return await digest(self.connection, self.world.workspace)

    async def journal(self, record: str | None = None) -> list[dict[str, Any]]:
        """Journal rows, oldest first."""
        names = "seq, object, record, kind, actor, cause, change_set, version, before, after"
        rows = await self.connection.fetch(
            f'SELECT {names} FROM "{self.world.workspace.schema}"._journal'
            " WHERE %(r)s::uuid IS NULL OR record = %(r)s::uuid ORDER BY seq",
            {"r": record},
        )
        return [dict(zip(names.split(", "), r, strict=True)) for r in rows]


def exact(data: bytes) -> Any:
    """JSON with exact numbers."""
    return loads(data, exact=True)


async def digest(connection: Connection, workspace: Workspace) -> str:
    """A hash over every row of every table of a workspace."""
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = %(s)s ORDER BY 1", {"s": workspace.schema}
    )
    out = hashlib.sha256()
    parts = " UNION ALL ".join(
        f'SELECT \'{t}\', count(*), sum(hashtextextended(t::text, 7)) FROM "{workspace.schema}"."{t}" AS t'
        for (t,) in tables
    )
    for row in await connection.fetch(parts):
        out.update(repr(row).encode())
    return out.hexdigest()


async def pages(ctx: Context, object_name: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All records of a query, following the cursor."""
    out: list[dict[str, Any]] = []
    cursor = None
    limit = query.get("limit", 200)
    for _ in range(1000):
        page = await records.find(ctx, read_query(object_name, {**query, "limit": limit, "cursor": cursor}))
        out += [exact(r) for r in page.rows]
        assert len(page.rows) <= limit
        cursor = page.next
        if cursor is None:
            return out
        assert len(page.rows) == limit
    raise AssertionError("the list does not end")


def codes(problem: Problem) -> dict[str | None, str]:
    """Field to code of a refusal."""
    return {e.field: e.code for e in problem.errors}


def problems(outcomes: Sequence[Outcome]) -> list[str | None]:
    """The code of each outcome's problem."""
    return [o.problem.code if o.problem else None for o in outcomes]


def example(
    entity: Entity, rng: random.Random, links: Mapping[str, Sequence[str]], only: Sequence[str] | None = None
) -> dict[str, Any]:
    """Values that a new record of this object accepts; ``links`` are ids of records to point to, by object."""
    out: dict[str, Any] = {}
    for name in entity.stored:
        f, kind = entity.fields[name], entity.types[name]
        if (
            (only is not None and name not in only and not f.required)
            or f.readonly
            or f.of
            or kind.made
            or not kind.readable
        ):
            continue
        value = one_example(f, rng, links)
        if value is not None:
            out[name] = value
    if entity.name == "user":
        out["email"] = f"u{rng.getrandbits(40)}@example.com"
        out.pop("timezone", None)
    if entity.name == "role":
        out |= {"name": f"r{rng.getrandbits(40)}", "grants": {"objects": {}}}
    if entity.name == "pool":
        out |= {"name": f"P{rng.getrandbits(40)}", "holds": "account", "capacity_by": None}
        out |= dict.fromkeys(("capacity", "masked", "within", "spared", "recycling"))
    if entity.stage is not None:
        out |= {"pipeline": "sales", "stage": "qualification"}
    for name in out:
        if entity.fields[name].unique and entity.fields[name].type == "text" and entity.name != "role":
            out[name] = f"K{rng.getrandbits(50)}"
    if entity.name == "team":
        out.pop("parent", None)
    if entity.name == "target":  # it ends after it begins
        out |= {"starts_on": "2026-03-01", "ends_on": "2026-03-31"}
    return out


def one_example(f: Field, rng: random.Random, links: Mapping[str, Sequence[str]]) -> Any:
    """A value for one field; None where there is nothing to point to."""
    kind = TYPES[f.type]
    if kind.anywhere:
        targets = [(o, i) for o in ("account", "contact", "lead") for i in links.get(o, ())]
        return dict(zip(("object", "id"), rng.choice(targets), strict=True)) if targets else None
    if kind.holds_file:
        by = links.get("user")
        return FILE if "_file" in links else {**FILE, "id": by[0]} if f.required and by else None
    if kind.link:
        ids = links.get(f.target or "", ())
        if not ids:
            return None
        return rng.sample(list(ids), min(len(ids), rng.randint(1, 3))) if kind.many else rng.choice(list(ids))
    return kind.example(f, rng)


async def build(url: str) -> None:
    """Fill a migrated database with the company."""
    db = await Database.open(url, max_size=2)
    try:
        async with db.transaction() as c:
            workspace = await records.create_workspace(c, "Zoo & Co", "en")
            await records.evolve(c, workspace, CUSTOM)
            catalog = await records.load_catalog(c, workspace)
            ctx = Context(c, workspace, catalog, records.system_actor(workspace), "test")
            await records.write(
                ctx, "role", [Create({"name": n, "label": n.title(), "grants": dict(g)}) for n, g in ROLES.items()]
            )
            teams: dict[str, str] = {}
            for name, parent in TEAMS.items():
                [made] = await records.write(ctx, "team", [Create({"name": name, "parent": teams.get(parent or "")})])
                teams[name] = made.id or ""
            people = await records.write(
                ctx,
                "user",
                [
                    Create(
                        {
                            "name": name.title(),
                            "email": f"{name}@example.com",
                            "role": {"match": {"name": role}},
                            "teams": [teams[t] for t in member],
                            "language": "en",
                            "timezone": "Asia/Shanghai",
                        }
                    )
                    for name, (role, member) in PEOPLE.items()
                ],
            )
            ids = {name: o.id for name, o in zip(PEOPLE, people, strict=True)}
            for team, lead in LEADS.items():
                await records.write(ctx, "team", [records.Update(teams[team], {"lead": ids[lead]})])
            await c.execute(
                f'INSERT INTO "{workspace.schema}"._file (id, name, size, type, digest, by)'
                " SELECT id, %(name)s, %(size)s, %(type)s, '', by"
                " FROM unnest(%(ids)s::uuid[], %(people)s::uuid[]) AS f (id, by)",
                {**FILE, "ids": [FILE["id"], *ids.values()], "people": [ids["admin"], *ids.values()]},
            )
    finally:
        await db.close()


async def enter(url: str) -> World:
    """Open the company in a database that :func:`build` filled, or a clone of one."""
    set_cursor_secret("test")
    db = await Database.open(url, max_size=6)
    async with db.connection() as c:
        [workspace] = await records.workspaces(c)
        catalog = await records.load_catalog(c, workspace)
        schema = workspace.schema
        actors: dict[str, Actor] = {}
        for id, email in await c.fetch(f'SELECT id, email FROM "{schema}".user'):
            actor = await records.load_actor(c, workspace, id)
            assert actor is not None
            actors[email.partition("@")[0]] = actor
        teams = dict(await c.fetch(f'SELECT name, id FROM "{schema}".team'))
        roles = dict(await c.fetch(f'SELECT name, id FROM "{schema}".role'))
    return World(db, workspace, catalog, actors, teams, roles)


def renewed(actor: Actor, **more: Any) -> Actor:
    """The actor with something changed and nothing remembered."""
    return replace(actor, statements={}, **more)
