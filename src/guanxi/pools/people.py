"""Who is in a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guanxi.base.shape import names
from guanxi.pg import Connection, quote
from guanxi.records import Workspace
from guanxi.records.context import Seat
from guanxi.records.workspaces import seats


def people(schema: str, users: str, teams: str, roles: str) -> str:
    """SQL of the ids of users: named, of a role, or in one of the teams or a team below; who leads a team is in it.

    ``schema`` is quoted; the others are SQL of arrays of ids."""
    below = (
        f"ARRAY(WITH RECURSIVE d AS (SELECT t.id FROM {schema}.team AS t WHERE t.id = ANY({teams}) AND t.deleted_at IS NULL UNION"
        f" SELECT t.id FROM {schema}.team AS t JOIN d ON t.parent = d.id WHERE t.deleted_at IS NULL) SELECT id FROM d)"
    )
    return (
        f'SELECT u.id FROM {schema}."user" AS u CROSS JOIN LATERAL (SELECT {below} AS ids) AS w WHERE u.deleted_at IS NULL AND'
        f" (u.id = ANY({users}) OR u.role = ANY({roles}) OR u.teams && w.ids"
        f" OR EXISTS (SELECT FROM {schema}.team AS l WHERE l.id = ANY(w.ids) AND l.lead = u.id))"
    )


@seats
async def find(db: Connection, workspace: Workspace, users: Sequence[str] | None) -> Mapping[str, tuple[Seat, ...]]:
    """The places of users (None: of everybody) in pools that are in use; who sets rights administers all of them."""
    schema = quote(workspace.schema)
    rows = await db.fetch(
        f"SELECT s.id, p.id, p.holds, p.name, bool_or(s.admin), p.masked, p.views_per_day FROM {schema}.pool AS p CROSS JOIN LATERAL"
        f" (SELECT id, FALSE AS admin FROM ({people(schema, 'p.members', 'p.teams', 'p.roles')}) AS m UNION ALL"
        f" SELECT id, TRUE FROM ({people(schema, 'p.admins', 'p.admin_teams', 'p.admin_roles')}) AS a UNION ALL"
        f' SELECT u.id, TRUE FROM {schema}."user" AS u JOIN {schema}.role AS r ON r.id = u.role AND r.deleted_at IS NULL'
        " WHERE u.deleted_at IS NULL AND r.grants->'system' ?& ARRAY['settings', 'roles']) AS s"
        " WHERE p.deleted_at IS NULL AND p.active AND (%(users)s::uuid[] IS NULL OR s.id = ANY(%(users)s::uuid[]))"
        " GROUP BY s.id, p.id ORDER BY p.position NULLS LAST, p.name",
        {"users": None if users is None else list(users)},
    )
    out: dict[str, list[Seat]] = {}
    for user, pool, about, name, admin, masked, views in rows:
        seat = Seat(pool, about, name, admin, frozenset(names(masked) or ()), views)
        out.setdefault(user, []).append(seat)
    return {user: tuple(held) for user, held in out.items()}
