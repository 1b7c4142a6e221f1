"""The ceiling: the same answers by the least that a Python server can do. No users, no rights, no catalog, no history.

Each request runs one statement written by hand, on the same driver and the same web server as Guanxi itself.
Run as ``python -m bench.ceiling URL SCHEMA PORT``.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from urllib.parse import parse_qsl

import orjson
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from guanxi.base import new_id
from guanxi.pg import Database

JSON = [(b"content-type", b"application/json")]

LIST = """
SELECT row_to_json(r) FROM (
    SELECT a.id, a.version, a.name, a.grade, a.status, a.industry, a.phone, a.email, a.website, a.employees, a.revenue,
           (SELECT json_build_object('id', u.id, 'title', u.name) FROM {s}."user" u WHERE u.id = a.owner) AS owner,
           a.created_at, a.updated_at
    FROM {s}.account a WHERE a.deleted_at IS NULL ORDER BY a.updated_at DESC, a.id DESC LIMIT 51) AS r
"""
ONE = """
SELECT row_to_json(r) FROM (
    SELECT a.id, a.version, a.created_at, a.updated_at,
           (SELECT json_build_object('id', u.id, 'title', u.name) FROM {s}."user" u WHERE u.id = a.created_by) AS created_by,
           (SELECT json_build_object('id', u.id, 'title', u.name) FROM {s}."user" u WHERE u.id = a.updated_by) AS updated_by,
           a.name, a.kind, a.status, a.grade, a.industry, a.source, a.phone, a.email, a.website, a.address,
           (SELECT json_build_object('id', p.id, 'title', p.name) FROM {s}.account p WHERE p.id = a.parent) AS parent,
           a.registration, a.employees, a.revenue, a.revenue_currency, a.founded, a.tags, a.description,
           (SELECT json_build_object('id', u.id, 'title', u.name) FROM {s}."user" u WHERE u.id = a.owner) AS owner
    FROM {s}.account a WHERE a.id = %(id)s::uuid AND a.deleted_at IS NULL) AS r
"""
CREATE = """
WITH a AS (INSERT INTO {s}.account (id, name, kind, status, grade, industry, phone, employees, owner, created_by, updated_by)
    VALUES (%(id)s::uuid, %(name)s, 'company', 'prospect', %(grade)s, %(industry)s, %(phone)s, %(employees)s, %(owner)s::uuid, %(owner)s::uuid,
            %(owner)s::uuid) RETURNING *)
SELECT row_to_json(r) FROM (
    SELECT a.*, (SELECT json_build_object('id', u.id, 'title', u.name) FROM {s}."user" u WHERE u.id = a.owner) AS owner FROM a) AS r
"""
UPDATE = """
WITH o AS (UPDATE {s}.opportunity SET amount = %(amount)s, version = version + 1, updated_at = now()
    WHERE id = %(id)s::uuid RETURNING *)
SELECT row_to_json(r) FROM (
    SELECT o.*, (SELECT json_build_object('id', a.id, 'title', a.name) FROM {s}.account a WHERE a.id = o.account) AS account,
           (SELECT json_build_object('id', u.id, 'title', u.name) FROM {s}."user" u WHERE u.id = o.owner) AS owner FROM o) AS r
"""
DEAL = """
SELECT o.id, o.version, o.name,
       (SELECT json_build_object('id', a.id, 'title', a.name) FROM {s}.account a WHERE a.id = o.account) AS account,
       o.stage, o.amount, o.close_date,
       (SELECT json_build_object('id', u.id, 'title', u.name) FROM {s}."user" u WHERE u.id = o.owner) AS owner
FROM {s}.opportunity o
"""
FILTER = (
    "SELECT row_to_json(r) FROM ("
    + DEAL
    + "WHERE o.deleted_at IS NULL AND o.stage = %(stage)s AND o.amount > %(amount)s ORDER BY o.amount DESC, o.id DESC LIMIT 51) AS r"
)
LANE = (
    "SELECT row_to_json(r) FROM ("
    + DEAL
    + "WHERE o.deleted_at IS NULL AND o.stage_kind = 'open' AND o.stage = %(stage)s ORDER BY o.id DESC LIMIT 26) AS r"
)
LANES = """
SELECT json_build_object('group', json_build_object('stage', stage), 'values', json_build_object('n', n, 'sum', total))
FROM (SELECT stage, count(*) AS n, sum(amount) AS total FROM {s}.opportunity
      WHERE deleted_at IS NULL AND stage_kind = 'open' GROUP BY stage) AS q
"""
AGGREGATE = """
SELECT json_build_object('group', json_build_object('stage', q.stage, 'owner', json_build_object('id', u.id, 'title', u.name)),
                         'values', json_build_object('n', q.n, 'total', q.total))
FROM (SELECT stage, owner, count(*) AS n, sum(amount) AS total FROM {s}.opportunity WHERE deleted_at IS NULL GROUP BY stage, owner) AS q
LEFT JOIN {s}."user" u ON u.id = q.owner ORDER BY q.stage, u.name
"""
SEARCH = """
SELECT json_build_object('object', object, 'id', id, 'title', title, 'subtitle', subtitle, 'matched', 'name') FROM (
    SELECT 'account' AS object, a.id, a.name AS title, a.phone AS subtitle FROM {s}._search g JOIN {s}.account a USING (id)
    WHERE g.grams @> %(account)s::int[] AND g.parts->>'name' LIKE %(text)s AND a.deleted_at IS NULL
    UNION ALL
    SELECT 'opportunity', o.id, o.name, o.stage FROM {s}._search g JOIN {s}.opportunity o USING (id)
    WHERE g.grams @> %(opportunity)s::int[] AND g.parts->>'name' LIKE %(text)s AND o.deleted_at IS NULL
    LIMIT 400) AS hits ORDER BY length(title), id DESC LIMIT 20
"""
STATEMENTS = {
    "list": LIST, "one": ONE, "create": CREATE, "update": UPDATE, "filter": FILTER, "lane": LANE, "lanes": LANES,
    "aggregate": AGGREGATE, "search": SEARCH,
}  # fmt: skip


class App:
    """The ASGI callable: the path names the statement, the query string and the body are its arguments."""

    def __init__(self, database: Database, schema: str) -> None:
        self.database = database
        self.sql = {name: sql.replace("{s}", f'"{schema}"') for name, sql in STATEMENTS.items()}

    async def __call__(self, scope, receive, send) -> None:
        """One request."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            return
        name = scope["path"][1:]
        args = dict(parse_qsl(scope["query_string"].decode()))
        if name in ("create", "update"):
            args |= orjson.loads((await receive())["body"])
            if name == "create":
                args["id"] = new_id()
        elif name == "search":
            args["account"] = [int(g) for g in args["account"].split(",")]
            args["opportunity"] = [int(g) for g in args["opportunity"].split(",")]
        elif name == "filter":
            args["amount"] = int(args["amount"])
        async with self.database.connection() as db:
            rows = await db.fetch(self.sql[name], args)
        if name in ("one", "create", "update"):
            body = rows[0][0]
        elif name in ("list", "filter", "lane"):
            body = b'{"data":[' + b",".join(r[0] for r in rows[:50]) + b'],"next":null}'
        else:
            body = b'{"data":[' + b",".join(r[0] for r in rows) + b"]}"
        await send({"type": "http.response.start", "status": 201 if name == "create" else 200, "headers": JSON})
        await send({"type": "http.response.body", "body": body})


async def serve(url: str, schema: str, port: int) -> None:
    """Until SIGTERM, with the settings of ``guanxi serve``."""
    database = await Database.open(url, max_size=24)
    web = Server(
        App(database, schema), address="127.0.0.1", port=port, interface=Interfaces.ASGINL, websockets=False,
        log_enabled=False, backlog=1024,
    )  # fmt: skip
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, web.stop)
    await web.serve()
    await database.close()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
