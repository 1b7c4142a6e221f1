"""Steps that call other systems: what is sent, what comes of the answer, and what is never sent."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
import pytest_asyncio
from tests.flows.conftest import Office
from tests.receiver import Received, Receiver, receiver

from guanxi import egress, flows, vault, webhooks
from guanxi.apps.automation import calls


@pytest_asyncio.fixture
async def other() -> AsyncIterator[Receiver]:
    """The other system."""
    vault.unlock("s" * 40)
    egress.allow((ip_network("127.0.0.0/8"),))
    async with receiver() as made:
        yield made
    egress.allow(())


def flow(*steps: dict[str, Any]) -> dict[str, Any]:
    return {
        "object": "zoo",
        "trigger": {"kind": "created"},
        "steps": [{"id": f"s{i}", **s} for i, s in enumerate(steps)],
    }


async def test_a_call_carries_its_values_and_secret_and_brings_an_answer(office: Office, other: Receiver) -> None:
    other.answer = lambda _: (
        201,
        {"content-type": "application/json"},
        json.dumps({"id": 7, "word": "welcome"}).encode(),
    )
    await office.call(vault.put, "partner", "CNRY-step-1")
    made = await office.flow(
        flow(
            {
                "kind": "http",
                "method": "PUT",
                "url": f"{other.url}/animals/{{name}}",
                "values": {"name": {"from": "record.name"}, "n": 3},
                "headers": {"X-Kind": "zoo {name}"},
                "secret": "partner",
            },
            {"kind": "update", "record": "record", "values": {"text": {"text": "{steps.s0.status}"}}},
        )
    )
    [leo] = await office.make("zoo", {"name": "Leo"})
    await office.settle()
    [run] = await office.runs(made)
    assert run["state"] == "done", run
    [got] = other.got
    assert (got.method, got.path, got.json) == ("PUT", "/animals/Leo", {"name": "Leo", "n": 3})
    assert got.headers["authorization"] == "Bearer CNRY-step-1"
    assert got.headers["x-kind"] == "zoo Leo"
    assert got.headers["idempotency-key"] == f"{run['id']}:s0:0"
    assert run["steps"][0]["output"] == {"status": 201, "body": {"id": 7, "word": "welcome"}}
    assert "CNRY" not in json.dumps(run, default=str)
    assert (await office.get("zoo", leo))["text"] == "201"


async def test_a_signed_message_can_be_checked(office: Office, other: Receiver) -> None:
    await office.call(vault.put, "signing", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    await office.flow(
        flow({"kind": "webhook", "url": other.url, "event": "zoo.hello", "secret": "signing", "values": {"a": 1}})
    )
    [leo] = await office.make("zoo", {"name": "Leo"})
    await office.settle()
    [got] = other.got
    h = got.headers
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert webhooks.verify(
        secret, h["webhook-id"], h["webhook-timestamp"], h["webhook-signature"], got.body, time.time()
    )
    assert (got.json["type"], got.json["record"], got.json["data"]) == (
        "zoo.hello",
        {"object": "zoo", "id": leo},
        {"a": 1},
    )


async def test_what_failed_for_sure_is_told_from_what_nobody_knows(office: Office, other: Receiver) -> None:
    def broken(_: Received) -> tuple[int, dict[str, str], bytes]:
        raise ConnectionError

    made = await office.flow(flow({"kind": "http", "url": "{text}"}))
    go_on = await office.flow(flow({"kind": "http", "url": "{text}/b", "go_on": True}), "g")
    other.answer = lambda _: (409, {}, "已存在".encode())
    await office.make("zoo", {"name": "Leo", "text": other.url})
    await office.settle()
    [run] = await office.runs(made)
    assert (run["state"], run["error"]["code"]) == ("failed", "call_refused")
    assert "已存在" in json.dumps(run["error"], ensure_ascii=False)
    [run] = await office.runs(go_on)
    assert (run["state"], run["steps"][0]["output"]["status"]) == ("done", 409)
    other.got.clear()
    await office.make("zoo", {"name": "Inner", "text": "http://169.254.169.254/latest"})
    await office.settle()
    run = (await office.runs(made))[-1]
    assert (run["state"], run["error"]["code"]) == ("failed", "egress_closed")
    other.answer = broken
    await office.make("zoo", {"name": "Max", "text": other.url})
    await office.settle()
    assert (await office.runs(made))[-1]["state"] == "unknown", "it may have arrived"


async def test_a_trial_calls_nobody(office: Office, other: Receiver) -> None:
    made = await office.flow(flow({"kind": "http", "url": other.url}))
    [leo] = await office.make("zoo", {"name": "Leo"})
    before = len(other.got)
    tried = await office.call(flows.trial, made, leo)
    assert [s["kind"] for s in tried["steps"]] == ["http"]
    assert len(other.got) == before


async def test_a_call_that_counts_once_there_is_made_again(
    office: Office, other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether no answer came, or the worker died with it; under the same key. Of any other it is unknown."""
    step = {"kind": "http", "url": other.url, "values": {}, "repeatable": True}
    monkeypatch.setattr(calls, "PAUSES", (0.0, 0.0))
    other.answer = lambda _: None if len(other.got) < 3 else (200, {}, b"")
    made = await office.flow(flow(step), "again")
    await office.make("zoo", {"name": "Leo"})
    await office.settle()
    [run] = await office.runs(made)
    assert (run["state"], len(other.got), len({r.headers["idempotency-key"] for r in other.got})) == ("done", 3, 1)

    other.answer = lambda _: (200, {}, b"")
    for id, state in ((made, "done"), (await office.flow(flow({**step, "repeatable": False}), "once"), "unknown")):
        other.got.clear()
        async with office.world.act() as ctx:
            schema = ctx.workspace.schema
            lost = await ctx.db.value(
                f"UPDATE \"{schema}\"._flow_run SET state = 'running', step = 's0', ended_at = NULL, attempt = 7, waits = '{{\"seq\": 0}}',"
                f" flow = %(id)s::uuid, due_at = now() - interval '1 hour' WHERE id = %(run)s::uuid RETURNING id",
                {"id": id, "run": run["id"]},
            )
        await flows.tick(office.world.db, office.world.workspace)
        await office.settle()
        found = await office.call(flows.run, lost)
        assert (found["state"], len(other.got)) == (state, int(state == "done")), found
