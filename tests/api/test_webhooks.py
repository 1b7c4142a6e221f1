"""Webhooks, secrets and addresses of flows over HTTP."""

from __future__ import annotations

import json
import time
from typing import Any

from guanxi import webhooks
from guanxi.api import App

WH = "/api/v1/webhooks"


async def test_a_webhook_is_made_changed_tried_and_dropped(admin: Any, rep: Any) -> None:
    given = {"name": "ERP", "url": "https://erp.invalid/in", "objects": ["account"]}
    made = await admin.post(WH, given, idempotency_key="w1")
    assert made.status == 201, made.body
    hook, secret = made.json, made.json["secret"]
    assert secret.startswith("whsec_")
    assert hook["kinds"] == ["created", "changed", "removed"]
    assert (await admin.post(WH, given, idempotency_key="w1")).status == 409, "a secret is not told twice"
    one = f"{WH}/{hook['id']}"
    for path in ("", f"/{hook['id']}", f"/{hook['id']}/deliveries"):
        assert secret.encode() not in (await admin.get(WH + path)).body
        assert (await rep.get(WH + path)).status == 403
    tag = (await admin.get(one)).headers["etag"]
    changed = await admin.call("PATCH", one, {"thin": True}, headers={"if-match": tag})
    assert (changed.status, changed.json["thin"], changed.json["url"]) == (200, True, given["url"])
    assert (await admin.call("PATCH", one, {"thin": False}, headers={"if-match": tag})).status == 412
    assert (await admin.call("PATCH", one, {}, headers={"if-match": "x"})).status == 422
    refused = await admin.call("PATCH", one, {"url": "http://169.254.169.254/", "headers": {"Host": "x"}})
    assert refused.codes == {"url": "egress_closed", "headers": "egress_header"}
    tried = await admin.post(f"{one}/test")
    assert tried.status == 202
    [message] = (await admin.get(f"{one}/deliveries")).json["data"]
    assert (message["event"], message["state"]) == ("test", "waiting")
    shown = (await admin.get(f"{one}/deliveries/{message['id']}")).json
    assert (shown["payload"]["type"], shown["log"]) == ("test", [])
    assert (await admin.get(f"{one}/deliveries", state="nope")).status == 422
    assert (await admin.get(f"{one}/deliveries", cursor="nope")).status == 422
    assert (await admin.post(f"{one}/replay", {"messages": [message["id"]]})).json == {"messages": 1, "new": 0}
    assert (await admin.post(f"{one}/replay", {})).codes == {"since": "required"}
    assert (await admin.post(f"{one}/rotate")).json["secret"] != secret
    assert (await admin.call("DELETE", one)).status == 204
    assert (await admin.get(one)).status == 404


async def test_secrets_are_never_told(admin: Any, rep: Any) -> None:
    kept = await admin.call("PUT", "/api/v1/secrets/partner", {"value": "CNRY-api"})
    assert kept.status == 200
    listed = await admin.get("/api/v1/secrets")
    assert [s["name"] for s in listed.json["data"]] == ["partner"]
    assert b"CNRY" not in kept.body + listed.body
    assert (await admin.call("PUT", "/api/v1/secrets/Bad-Name", {"value": "x"})).codes == {"name": "flow_name"}
    assert (await admin.call("PUT", "/api/v1/secrets/x", {"value": "a\nb"})).codes == {"value": "bad_secret"}
    for method, path, body in (("GET", "", None), ("PUT", "/x", {"value": "y"}), ("DELETE", "/partner", None)):
        assert (await rep.call(method, f"/api/v1/secrets{path}", body)).status == 403
    audit = await admin.get("/api/v1/audit")
    assert b"CNRY" not in audit.body
    assert b"partner" in audit.body


async def test_an_address_of_a_flow_takes_what_is_signed_and_once(app: App, admin: Any, make: Any) -> None:
    stranger = make(app)
    secret = webhooks.signing.new_secret()
    await admin.call("PUT", "/api/v1/secrets/inbound", {"value": secret})
    flow = (
        await admin.post(
            "/api/v1/flows",
            {
                "label": "in",
                "definition": {
                    "trigger": {"kind": "webhook", "secret": "inbound"},
                    "steps": [{"id": "s1", "kind": "stop"}],
                },
            },
        )
    ).json
    on = await admin.post(f"/api/v1/flows/{flow['id']}/activate", {"active": True})
    assert on.status == 200, on.body
    address = on.json["hook"]
    body = json.dumps({"order": 7}).encode()

    async def call(signed: bytes, id: str = "m1", at: float = 0.0) -> int:
        stamp = int(time.time() + at)
        headers = {
            "webhook-id": id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": webhooks.sign([secret], id, stamp, signed),
        }
        return (await stranger.call("POST", address, body, headers=headers)).status

    async def runs() -> list[Any]:
        return (await admin.get(f"/api/v1/flows/{flow['id']}/runs")).json["data"]

    assert (await stranger.call("POST", address, body)).status == 401
    assert await call(b"other") == 401
    assert await call(body, at=-1000) == 401
    assert await runs() == []
    assert await call(body) == 202
    assert await call(body) == 202
    assert len(await runs()) == 1, "the same message counts once"
    assert await call(body, "m2") == 202
    assert len(await runs()) == 2
    assert (await stranger.call("POST", "/api/v1/hooks/" + "x" * 32, body)).status == 404
    await admin.call("DELETE", "/api/v1/secrets/inbound")
    assert await call(body, "m3") == 401
    async with app.edge.database.connection() as db:
        await db.execute("UPDATE guanxi.allowance SET amount = 0, at = now() WHERE key LIKE 'h:%%'")
    app.edge.allowance._purses.clear()
    assert await call(body, "m4") == 429
