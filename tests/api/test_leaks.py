"""What one may not see, over HTTP: every route of the API's own description is asked, with hidden records in its path, its query and
its body, and what is refused leaves the database as it was."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest_asyncio
from tests.api.conftest import Client
from tests.api.test_system import listening
from tests.contract.test_canaries import CANARY, values_of
from tests.world import digest, example

from guanxi import records
from guanxi.api import App
from guanxi.base import new_id
from guanxi.records import Context, Create, Update, load_actor, load_catalog, system_actor, workspaces
from guanxi.schema.filter import TRUE

WORD = "jinsique"
"""The canary as its pinyin: what finds it is no echo of it."""
NOT_ASKED = re.compile(r"/api/v1/(stream|setup|session|password)|/(download|job)s?/|sign_out|/me/|/demo|sample_data")
"""Routes about who is signed in, which are asked elsewhere."""

Json = dict[str, Any]


class Hidden:
    """A company in which an administrator has a record of each object, all of them with the canary in them."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.file = ""
        self.workspace: Any = None

    async def settle(self, app: App, admin: Client, reader: str, mine: str) -> Hidden:
        """Store them; what the reader sees by their role all the same is not among ``ids``."""
        rng, database = random.Random(5), app.edge.database
        r = await admin.http.request("POST", "/api/v1/files", files={"file": ("canary.txt", CANARY.encode())})
        assert r.status_code == 201, r.content
        self.file = r.json()["id"]
        async with database.connection() as db:
            [self.workspace] = await workspaces(db)
            catalog = await load_catalog(db, self.workspace)
            users = dict(await db.fetch(f'SELECT email, id FROM "{self.workspace.schema}"."user"'))
            actor = await load_actor(db, self.workspace, users[reader])
        assert actor is not None
        boss, made = users["admin@example.com"], dict[str, str]()
        async with database.transaction(self.workspace.role) as db:
            ctx = Context(db, self.workspace, catalog, system_actor(self.workspace), "test")
            for entity in catalog.entities.values():
                if entity.name in ("user", "team", "role", "pool"):
                    continue
                links = {o: [i] for o, i in made.items()} | {"user": [boss]}
                if not entity.cascades:  # what hangs on an account of one's own is seen with it
                    links["account"] = [mine]
                open_ = records.access.predicate(actor, entity, "read") == TRUE
                values = example(entity, rng, links) if open_ else values_of(entity, links, rng)
                if "about" in values:
                    values["about"] = {"object": "account", "id": made["account"]}
                if entity.owner:
                    values[entity.owner] = boss
                try:
                    async with db.savepoint():
                        [done] = await records.write(ctx, entity.name, [Create(values)])
                except Exception:  # noqa: BLE001 - an object that makes its records itself
                    continue
                made[entity.name] = done.id or ""
                assert done.id is not None
                if not open_:
                    await records.write(ctx, entity.name, [Update(done.id, {entity.title: CANARY + "!"})], atomic=False)
        # What was shared once, and is over, is as hidden as what never was.
        async with database.transaction(self.workspace.role) as db:
            await db.execute(
                f'INSERT INTO "{self.workspace.schema}"._share (id, record, object, grantee, write, by, until)'
                " SELECT gen_random_uuid(), r.value::uuid, r.key, %(to)s::uuid, TRUE, %(by)s::uuid, now() - interval '1 minute'"
                " FROM json_each_text(%(made)s::json) AS r",
                {"to": users[reader], "by": boss, "made": json.dumps(made)},
            )
        async with database.connection(self.workspace.role) as db:
            ctx = Context(db, self.workspace, catalog, actor)
            for name, id in made.items():
                seen = records.access.may(actor, catalog.object(name), "read")
                if not (seen and id in await records.shown(ctx, name, [id])):
                    self.ids[name] = id
        return self

    async def digest(self, app: App) -> str:
        """Of everything that is stored in the workspace."""
        async with app.edge.database.connection() as db:
            return await digest(db, self.workspace)


class Walk:
    """Requests for every operation of a description: ids that it asks for are ``id``, texts are the canary's."""

    def __init__(self, document: Json, hidden: Hidden) -> None:
        self.document, self.hidden = document, hidden

    def requests(self, id_of: Mapping[str, str], methods: Sequence[str]) -> list[tuple[str, str, Json | None]]:
        """``(method, path with its query, body)``."""
        out: list[tuple[str, str, Json | None]] = []
        for path, operations in self.document["paths"].items():
            if NOT_ASKED.search(path) or not path.startswith("/api/v1/"):
                continue
            found = re.search(r"/records/(\w+)", path)
            id = id_of.get(found[1] if found else "account", id_of["account"])
            for method, operation in operations.items():
                if method not in methods:
                    continue
                query: list[str] = []
                at = path
                for p in [self.shape(p) for p in operation.get("parameters", ())]:
                    schema = self.shape(p.get("schema") or {})
                    if p["in"] == "path":
                        value = self.value(schema, id)
                        name = p["name"]
                        value = "account" if name in ("object", "target") and "enum" not in schema else value
                        value = id if name == "id" or name.endswith("_id") else value
                        at = at.replace("{" + name + "}", str(value))
                    elif p["in"] == "query" and (p.get("required") or p["name"] in ("q", "include")):
                        query.append(f"{p['name']}={WORD if p['name'] == 'q' else self.value(schema, id)}")
                query = [q for q in query if not q.startswith("include=") or re.search(r"/records/\w+$", path)]
                query = ["include=count" if q.startswith("include=") else q for q in query]
                content = operation.get("requestBody", {}).get("content", {})
                body = self.value(content["application/json"]["schema"], id) if "application/json" in content else None
                out.append((method.upper(), at + ("?" + "&".join(query) if query else ""), body))
        return out

    def shape(self, schema: Json) -> Json:
        """A schema with its reference followed."""
        while "$ref" in schema:
            at: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            schema = at
        return schema

    def value(self, schema: Json, id: str, depth: int = 0) -> Any:
        """A value that the schema allows, with the id wherever there may be one."""
        schema = self.shape(schema)
        for word in ("anyOf", "oneOf", "allOf"):
            if schema.get(word) and "type" not in schema:
                return self.value(next((s for s in schema[word] if s.get("type") != "null"), {}), id, depth)
        if "const" in schema or schema.get("enum"):
            return schema.get("const", (schema.get("enum") or [None])[0])
        kind = schema.get("type", "string" if "format" in schema else "object")
        kind = next((k for k in kind if k != "null"), "null") if isinstance(kind, list) else kind
        if kind == "object":
            asked = schema.get("properties", {}) if depth < 3 else {}
            wanted = schema.get("required", ()) if depth else [*asked]
            return {
                n: self.value(s, id, depth + 1) for n, s in asked.items() if n in wanted or s.get("format") == "uuid"
            }
        if kind == "array":
            return [self.value(schema.get("items", {}), id, depth + 1)]
        if kind == "string":
            texts = {"uuid": id, "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "email": "a@b.example"}
            return texts.get(schema.get("format", ""), WORD)
        return {"integer": schema.get("minimum", 1), "number": 1, "boolean": True}.get(kind)


def like(body: bytes, id_of: Mapping[str, str]) -> bytes:
    """An answer without what it repeats of the question, and without the number of the request."""
    body = re.sub(rb'"request_id":"[^"]*"', b"", body)
    for id in id_of.values():
        body = body.replace(id.encode(), b"ID")
    return body


@pytest_asyncio.fixture
async def hidden(app: App, admin: Any, rep: Any) -> Hidden:
    """The company, with an account that is the sales rep's own."""
    mine = await rep.create("account", name="Mine")
    return await Hidden().settle(app, admin, "rep@example.com", mine["id"])


async def test_no_route_tells_what_is_hidden(app: App, admin: Any, rep: Any, hidden: Hidden) -> None:
    """An id of a hidden record is answered as one that there is not, and no answer has anything of it."""
    assert len(hidden.ids) > 10
    walk = Walk((await admin.get("/api/openapi.json")).json, hidden)
    nowhere = {name: new_id() for name in hidden.ids}
    asked, told, open_ = 0, list[str](), 0
    read = walk.requests(hidden.ids, ("get",))
    blank = walk.requests(nowhere, ("get",))
    for (method, path, _), (_, other, _) in zip(read, blank, strict=True):
        r = await rep.call(method, path)
        asked, open_ = asked + 1, open_ + (r.status < 400)
        assert r.status < 500, (path, r.body)
        body = like(r.body, hidden.ids)
        if b"Kanarienvogel" in body or (path == other and b"ID" in body):
            told.append(path)
        if path != other:
            n = await rep.call(method, other)
            if (n.status, like(n.body, nowhere)) != (r.status, body):
                told.append(f"{path}: {r.status} {r.body[:200]!r} is not {n.status} {n.body[:200]!r}")
    assert told == [], "\n".join(told)
    assert asked > 300
    assert open_ > 60, "most doors are open"
    assert (await admin.get(f"/api/v1/files/{hidden.file}")).body == CANARY.encode()
    assert (await rep.get(f"/api/v1/files/{hidden.file}")).status == 404


async def test_who_may_see_it_is_told_by_the_same_routes(admin: Any, hidden: Hidden) -> None:
    walk = Walk((await admin.get("/api/openapi.json")).json, hidden)
    found = {
        path.split("?")[0].rsplit("/", 1)[-1]
        for method, path, _ in walk.requests(hidden.ids, ("get",))
        if "/records/account" in path or "/search" in path
        if b"Kanarienvogel" in (await admin.call(method, path)).body
    }
    assert found >= {"account", "history", "search", hidden.ids["account"]}


async def test_who_looks_as_somebody_sees_what_they_see_and_no_more(
    app: App, admin: Any, rep: Any, hidden: Hidden
) -> None:
    """An administrator who views as a sales rep is answered by every route as the rep is, hidden records in its path or not."""
    walk = Walk((await admin.get("/api/openapi.json")).json, hidden)
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    begun = await admin.post("/api/v1/session/view_as", {"user": me})
    assert begun.status == 200, begun.body
    other, asked = list[str](), 0
    for method, path, _ in walk.requests(hidden.ids, ("get",)):
        if re.search(r"/records/(?!account/)", path):
            continue  # objects take the same path
        seen, looked = await rep.call(method, path), await admin.call(method, path)
        asked += seen.status < 400
        if looked.status == 403 and b'"code":"viewing_as"' in looked.body:
            continue  # what nobody may do who looks as somebody else tells nothing
        if (seen.status, like(seen.body, hidden.ids)) != (looked.status, like(looked.body, hidden.ids)):
            other.append(f"{path}: {looked.status} {looked.body[:300]!r} is not {seen.status} {seen.body[:300]!r}")
        assert b"Kanarienvogel" not in like(looked.body, hidden.ids), path
    assert other == [], "\n".join(other)
    assert asked > 15
    assert (await admin.call("DELETE", "/api/v1/session/view_as")).status == 200


PHONE, MAIL = "13812345678", "yuanhang@quay.example"


async def test_who_has_a_seat_in_a_pool_is_told_nothing_behind_its_masks(app: App, admin: Any, hidden: Hidden) -> None:
    """At every door to one record and to many, files included; and whoever decides about the pool is told by the same doors."""
    grants = {"objects": {"*": {"read": "own", "create": True, "update": "own", "export": True}}}
    await admin.create("role", name="seat", label="Seat", grants=grants)
    who = {"name": "Seat", "email": "seat@example.com", "password": "Corr3ct-horse-battery"}
    me = await admin.create("user", **who, role={"match": {"name": "seat"}})
    sea = await admin.create("pool", name="Sea", holds="account", members=[me["id"]], masked=["phone", "email"])
    made = await admin.create("account", name="Yuanhang", phone="13900000000", email=MAIL)
    id = made["id"]
    contact = {"name": "Wang", "account": id, "mobile": PHONE}
    await admin.call("PATCH", f"/api/v1/records/account/{id}", {"values": {"phone": PHONE}})
    async with app.edge.database.connection() as db:
        catalog = await load_catalog(db, hidden.workspace)
    async with app.edge.database.transaction(hidden.workspace.role) as db:
        ctx = Context(db, hidden.workspace, catalog, system_actor(hidden.workspace), "test")
        await records.write(ctx, "account", [Update(id, {"owner": None, "pool": sea["id"]}, trusted=True)])
        await records.write(ctx, "contact", [Create(contact)])
    seat = await type(admin)(app).sign_in("seat@example.com", "Corr3ct-horse-battery")
    assert (await seat.get(f"/api/v1/records/account/{id}")).json["phone"] == "138****5678"
    walk = Walk((await admin.get("/api/openapi.json")).json, hidden)
    at = {**hidden.ids, "account": id}
    doors: list[tuple[str, str, Json | None]] = [
        one
        for one in walk.requests(at, ("get",))
        if id in one[1] or re.search(r"/(records/(account|contact)|search)\b", one[1])
    ]
    doors = [(m, path.replace(WORD, "yuanhang"), body) for m, path, body in doors]
    query = "/api/v1/records/account/query"
    doors += [
        ("POST", query, {"q": "yuanhang"}),
        ("POST", query, {"sort": "-phone"}),
        ("GET", "/api/v1/search?q=yuanhang", None),
    ]
    doors += [
        ("POST", "/api/v1/exports", {"object": o, "format": f})
        for o in ("account", "contact")
        for f in ("csv", "jsonl", "vcf")
    ]
    doors += [
        ("PUT", f"/api/v1/following/account/{id}", {"follows": True}),
        ("GET", "/api/v1/duplicates/account", None),
    ]
    group = {"group": ["phone"], "measures": [{"fn": "count", "as": "n"}]}
    doors.append(("POST", "/api/v1/records/account/aggregate", group))
    told, open_ = set[str](), 0
    for client in (seat, admin):
        for method, path, body in doors:
            r = await client.call(method, path, body)
            assert r.status < 500, (path, r.body)
            open_ += client is seat and r.status < 400
            if any(secret.encode() in r.body for secret in (PHONE, PHONE[:-4], MAIL, "13900000000")):
                if client is seat:
                    raise AssertionError(f"{path}: {r.body[:600]!r}")
                told.add(re.sub(r"[?].*", "", path.replace(id, "ID")))
    assert open_ > 20
    record = "/api/v1/records/account"
    assert told >= {record, f"{record}/ID", f"{record}/ID/history", query, "/api/v1/exports", f"{record}/aggregate"}
    # What is behind a mask is no reason either: asked for by its value, it answers as any other value does.
    for secret in (PHONE, MAIL):
        field = "phone" if secret == PHONE else "email"
        for path, ask in (
            (query, lambda v, f=field: {"filter": {"field": f, "op": "eq", "value": v}}),
            (query, lambda v: {"q": v}),
            (f"{record}/rules", lambda v, f=field: {"values": {"name": "x", f: v}}),
        ):
            answers = [await seat.post(path, ask(v)) for v in (secret, secret.replace("8", "7").replace("q", "z"))]
            said = [re.sub(rb'"request_id":"[^"]*"|1[37][0-9 ]{9,12}|[a-z]+@[a-z]+', b"", a.body) for a in answers]
            assert said[0] == said[1], (path, said)
        found = await seat.get("/api/v1/search", q=secret)
        assert id.encode() not in found.body


async def test_what_is_refused_leaves_everything_as_it_was(app: App, admin: Any, reader: Any, hidden: Hidden) -> None:
    """Everything that changes something, asked by who may change nothing: each is refused, twice, and nothing is written."""
    walk = Walk((await admin.get("/api/openapi.json")).json, hidden)
    asked = walk.requests(hidden.ids, ("post", "put", "patch", "delete"))
    refused: list[tuple[str, str, Json | None]] = []
    for method, path, body in asked:
        r = await reader.call(method, path, body)
        assert r.status < 500, (method, path, r.body)
        assert b"Kanarienvogel" not in r.body or r.status < 400, (method, path)
        if r.status >= 400:
            refused.append((method, path, body))
    assert len(refused) > 200
    before = await hidden.digest(app)
    for method, path, body in refused:
        r = await reader.call(method, path, body)
        assert r.status >= 400, (method, path, body)
    assert await hidden.digest(app) == before


async def test_the_stream_says_nothing_of_the_hidden(app: App, admin: Any, rep: Any, hidden: Hidden) -> None:
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    async with listening(app, rep) as hear:
        for name in ("account", "lead"):  # whoever is named there and may not see it hears nothing of it
            about = {"object": name, "id": hidden.ids[name]}
            await admin.create("comment", body=CANARY, about=about, mentions=[me])
        for name, id in hidden.ids.items():
            await admin.call("PATCH", f"/api/v1/records/{name}/{id}", {"values": {"description": CANARY}})
            await admin.call("DELETE", f"/api/v1/records/{name}/{id}")
        mine = await rep.create("account", name="Heard")
        heard: list[str] = []
        while (event := await hear(5)) is not None:
            heard.append(json.dumps(event))
            if mine["id"] in heard[-1]:
                break
        whole = "".join(heard)
        assert mine["id"] in whole
        assert not [name for name, id in hidden.ids.items() if id in whole]
        assert "Kanarienvogel" not in whole
    told = await rep.get("/api/v1/notifications")
    assert (told.status, b"Kanarienvogel" in told.body, told.json["unread"]) == (200, False, 0)
