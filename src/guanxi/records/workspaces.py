"""Workspaces and the people in them: making one, opening one, and knowing who acts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from importlib.resources import files

from guanxi.base import new_id
from guanxi.base.clock import zone
from guanxi.pg import Connection
from guanxi.records.compile import quote
from guanxi.records.context import Actor, Context, Grants, Seat, Workspace, system_actor
from guanxi.records.evolve import evolve, grant, load_catalog, roles
from guanxi.records.row import Create
from guanxi.records.write import write

Seats = Callable[[Connection, Workspace, Sequence[str] | None], Awaitable[Mapping[str, tuple[Seat, ...]]]]
_seats: list[Seats] = []


def seats(find: Seats) -> Seats:
    """Makes ``async def f(db, workspace, users)`` the one who knows the places in pools by user; ``users`` None is everybody."""
    _seats[:] = [find]
    return find


async def _seated(db: Connection, workspace: Workspace, users: Sequence[str] | None) -> Mapping[str, tuple[Seat, ...]]:
    return await _seats[0](db, workspace, users) if _seats else {}


COLUMNS = "id, schema, role, name, language, currency, timezone"


async def workspaces(db: Connection) -> list[Workspace]:
    """All workspaces of this installation."""
    return [Workspace(*r) for r in await db.fetch(f"SELECT {COLUMNS} FROM guanxi.workspace ORDER BY created_at")]


async def load_workspace(db: Connection, id: str) -> Workspace | None:
    """One workspace by id."""
    row = await db.row(f"SELECT {COLUMNS} FROM guanxi.workspace WHERE id = %(id)s::uuid", {"id": id})
    return Workspace(*row) if row else None


async def create_workspace(
    db: Connection, name: str, language: str, currency: str = "", timezone: str = ""
) -> Workspace:
    """A new workspace with its schema, role, tables and seeded roles. ``db`` is a transaction of the installation's owner."""
    id = new_id()
    tail = id.replace("-", "")[-12:]
    workspace = Workspace(
        id,
        f"w_{tail}",
        f"guanxi_{tail}",
        name,
        language,
        currency or {"zh": "CNY"}.get(language, "USD"),
        timezone or {"zh": "Asia/Shanghai"}.get(language, "UTC"),
    )
    await db.execute(
        "INSERT INTO guanxi.workspace (id, schema, role, name, language, currency, timezone) VALUES"
        " (%(id)s::uuid, %(schema)s, %(role)s, %(name)s, %(language)s, %(currency)s, %(timezone)s)",
        {n: getattr(workspace, n) for n in ("id", "schema", "role", "name", "language", "currency", "timezone")},
    )
    await db.execute(f"CREATE ROLE {quote(workspace.role)} NOLOGIN")
    await db.execute(f"GRANT {quote(workspace.role)} TO CURRENT_USER")
    await db.execute(f"CREATE SCHEMA {quote(workspace.schema)}")
    await migrate(db, workspace)
    await seed(db, workspace)
    return workspace


async def migrate(db: Connection, workspace: Workspace) -> list[str]:
    """Bring a workspace to what this version of the program wants: its system tables, then its objects'. What was done."""
    done = {
        r[0]
        for r in await db.fetch(
            "SELECT name FROM guanxi.workspace_migration WHERE workspace = %(w)s::uuid", {"w": workspace.id}
        )
    }
    told: list[str] = []
    folder = files("guanxi.pg").joinpath("system", "workspace")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql") and file.name not in done:
            await db.execute(f"SET LOCAL search_path = {quote(workspace.schema)}, pg_catalog")
            await db.script(file.read_text())
            await db.execute("SET LOCAL search_path = DEFAULT")
            await db.execute(
                "INSERT INTO guanxi.workspace_migration (workspace, name) VALUES (%(w)s::uuid, %(n)s)",
                {"w": workspace.id, "n": file.name},
            )
            told.append(file.name)
    if told:
        await grant(db, workspace)
    evolution = await evolve(db, workspace)
    return told + [s["step"] for s in evolution.steps]


Begin = Callable[[Connection, Workspace], Awaitable[None]]
_beginnings: list[Begin] = []


def begins(function: Begin) -> Begin:
    """Makes ``async def f(db, workspace)`` say what a new workspace begins with, once its shape stands; ``db`` is a transaction of
    the installation's owner."""
    _beginnings.append(function)
    return function


async def begin(db: Connection, workspace: Workspace) -> None:
    """Give a new workspace what it begins with."""
    for one in _beginnings:
        await one(db, workspace)


async def seed(db: Connection, workspace: Workspace) -> None:
    """The roles that every workspace begins with."""
    ctx = Context(db, workspace, await load_catalog(db, workspace), system_actor(workspace), "setup")
    await write(
        ctx,
        "role",
        [Create({"name": r.name, "label": r.label[workspace.language], "grants": r.grants}) for r in roles()],
    )


def is_zone(name: str) -> bool:
    """Whether this is a time zone that dates can be told in."""
    try:
        zone(name)
    except ValueError:
        return False
    return True


async def load_actors(db: Connection, workspace: Workspace) -> list[Actor]:
    """The actors of all active users, as :func:`load_actor` makes each."""
    schema = quote(workspace.schema)
    users = await db.fetch(
        "SELECT u.id, u.name, u.email, u.language, u.timezone, u.teams, r.name, r.grants, u.active IS NOT FALSE"
        f" FROM {schema}.user u LEFT JOIN {schema}.role r ON r.id = u.role AND r.deleted_at IS NULL"
        " WHERE u.deleted_at IS NULL ORDER BY u.id"
    )
    teams = await db.fetch(f"SELECT id, parent, lead FROM {schema}.team WHERE deleted_at IS NULL ORDER BY id")
    known = [t[0] for t in teams]
    members: dict[str, list[str]] = {t: [] for t in known}
    under: dict[str, list[str]] = {}
    for u in users:
        for t in u[5] or ():
            members.get(t, []).append(u[0])
    for id, parent, _ in teams:
        under.setdefault(parent, []).append(id)
    seated = await _seated(db, workspace, None)
    out: list[Actor] = []
    for id, name, email, language, zone_name, own, role, grants, active in users:
        if not active:
            continue
        mine = tuple(t for t, _, lead in teams if lead == id or t in (own or ()))
        down = list(mine)
        for t in down:
            down += [below for below in under.get(t, ()) if below not in down]
        out.append(
            Actor(
                id,
                name or "",
                email or "",
                role or "",
                language or workspace.language,
                zone_name if zone_name and is_zone(zone_name) else workspace.timezone,
                Grants.of(grants),
                mine,
                tuple(dict.fromkeys((id, *(m for t in mine for m in members[t])))),
                tuple(dict.fromkeys((id, *(m for t in down for m in members[t])))),
                seated.get(id, ()),
            )
        )
    return out


async def zones_of(db: Connection, workspace: Workspace, users: Collection[str]) -> dict[str, str]:
    """The time zones of those of these users who are active."""
    rows = await db.fetch(
        f"SELECT id::text, timezone FROM {quote(workspace.schema)}.user WHERE id = ANY(%(users)s::uuid[])"
        " AND deleted_at IS NULL AND active IS NOT FALSE",
        {"users": list(users)},
    )
    return {id: zone if zone and is_zone(zone) else workspace.timezone for id, zone in rows}


async def load_actor(db: Connection, workspace: Workspace, user: str) -> Actor | None:
    """The actor of a user, with role, teams and who is in them; None when there is no such active user.

    ``db`` is a connection as the workspace's role or its owner.
    """
    schema = quote(workspace.schema)
    row = await db.row(
        f"SELECT u.id, u.name, u.email, u.language, u.timezone, u.teams, r.name, r.grants FROM {schema}.user u"
        f" LEFT JOIN {schema}.role r ON r.id = u.role AND r.deleted_at IS NULL"
        " WHERE u.id = %(id)s::uuid AND u.deleted_at IS NULL AND u.active IS NOT FALSE",
        {"id": user},
    )
    if row is None:
        return None
    id, name, email, language, timezone, teams, role, grants = row
    found_teams = await db.fetch(
        f"SELECT id FROM {schema}.team WHERE (lead = %(id)s::uuid OR id = ANY(%(teams)s::uuid[])) AND deleted_at IS NULL ORDER BY id",
        {"id": user, "teams": list(teams or ())},
    )
    teams = tuple(r[0] for r in found_teams)
    team: list[str] = []
    below: list[str] = []
    if teams:
        found = await db.row(
            f"WITH RECURSIVE down AS (SELECT id FROM {schema}.team WHERE id = ANY(%(teams)s::uuid[]) AND deleted_at IS NULL"
            f" UNION SELECT t.id FROM {schema}.team t JOIN down d ON t.parent = d.id WHERE t.deleted_at IS NULL)"
            f" SELECT (SELECT array_agg(u.id) FROM {schema}.user u WHERE u.teams && %(teams)s::uuid[] AND u.deleted_at IS NULL),"
            f" (SELECT array_agg(u.id) FROM {schema}.user u WHERE u.teams && (SELECT array_agg(id) FROM down) AND u.deleted_at IS NULL)",
            {"teams": list(teams)},
        )
        if found:
            team, below = list(found[0] or ()), list(found[1] or ())
    return Actor(
        id,
        name or "",
        email or "",
        role or "",
        language or workspace.language,
        timezone if timezone and is_zone(timezone) else workspace.timezone,
        Grants.of(grants),
        teams,
        tuple(dict.fromkeys((id, *team))),
        tuple(dict.fromkeys((id, *below))),
        (await _seated(db, workspace, [id])).get(id, ()),
    )
