"""Nobody is sent what they refused: by any door that sends, under any record that has their address, whatever the refusal."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.company import company, desk, own_world, world
from tests.flows.conftest import Office, office
from tests.mail.test_mail import carried, queued, state
from tests.postbox import Postbox, postbox

import guanxi
from guanxi import records
from guanxi.apps.customers import wishes
from guanxi.apps.customers.reachable import next_hour
from guanxi.flows.kinds import steps
from guanxi.records import Archive

__all__ = ["company", "desk", "office", "own_world", "postbox", "world"]

MONDAY = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
SENDING = {"email": {"address": "{email}", "subject": "x", "body": "y", "purpose": "marketing"}}
"""What each kind of step that sends letters is given, to send one to the record of the flow."""


def test_every_letter_leaves_by_one_door() -> None:
    """Only the queue talks to a mail server (and the test that an administrator sends to himself), and only there are letters kept."""
    talks: set[str] = set()
    keeps: set[str] = set()
    root = Path(guanxi.__file__).parent
    for file in root.rglob("*.py"):
        text, name = file.read_text(), str(file.relative_to(root))
        if "smtplib" in text or any(
            isinstance(n, ast.Call) and "deliver" in ast.unparse(n) and "outgoing" in text
            for n in ast.walk(ast.parse(text))
        ):
            talks.add(name)
        if "INSERT INTO" in text and "_mail (" in text:
            keeps.add(name)
    assert (talks, keeps) == ({"mail/queue.py", "mail/sending.py", "api/mail.py"}, {"mail/queue.py"})
    assert {k.name for k in steps.values() if k.counts == "mails"} == SENDING.keys(), (
        "a new step that sends is tried below"
    )


async def refuse(office: Office, kind: str, name: str, id: str, to: str) -> None:
    if kind == "archive":
        await office.change(name, id, do_not_email=True)
        async with office.world.act() as ctx:
            await records.write(ctx, name, [Archive(id)])
    elif kind in ("withdrawn", "lapsed"):
        said = {"state": "withdrawn"} if kind == "withdrawn" else {"state": "given", "until": "2026-01-31"}
        await office.make(
            "consent",
            {"party": {"object": name, "id": id}, "purpose": "marketing", "at": "2026-01-02T00:00:00Z", **said},
        )
    else:
        await office.change(
            name, id, **{"channel": {"unwanted_channels": ["email"]}, "flag": {"do_not_email": True}}[kind]
        )


@pytest.mark.parametrize("name", ["account", "contact", "lead"])
async def test_no_step_that_sends_reaches_who_refused(office: Office, postbox: Postbox, name: str) -> None:
    kinds = [k for k in ("flag", "channel", "withdrawn", "lapsed", "archive") if k != "channel" or name != "lead"]
    for step, given in SENDING.items():
        flow = await office.flow(
            {
                "object": "note",
                "trigger": {"kind": "created"},
                "steps": [{"id": "s1", "kind": step, **given, "address": "{subject}"}],
            },
            f"{name}_{step}",
        )
        for kind in kinds:
            to = f"{kind}@{name}.example"
            [id] = await office.make(name, {"name": f"Z {kind}", "email": to.upper()})
            await refuse(office, kind, name, id, to)
            await office.make("note", {"subject": to, "body": "x"})
        await office.settle()
        for run, kind in zip(await office.runs(flow), kinds, strict=True):
            why = {"withdrawn": "withdrawn", "lapsed": "lapsed"}.get(kind, "opted_out")
            assert run["steps"][0]["output"] == {"mails": 0, "withheld": {f"{kind}@{name}.example": why}}, (
                "the log says why"
            )
    assert postbox.came == []


async def test_a_letter_that_names_no_purpose_is_held_too(office: Office, postbox: Postbox) -> None:
    """A door that forgets to say what for still reaches nobody who refused; our own people get theirs."""
    world = office.world
    [id] = await office.make("contact", {"name": "Quiet", "email": "quiet@x.example", "unwanted_channels": ["email"]})
    assert (await office.get("contact", id))["do_not_email"] is True, "one refusal, wherever it was noted"
    letter = await queued(world, to="quiet@x.example", kind="some new door")
    await carried(world, letter)
    assert ((found := await state(world, letter))["state"], found["answer"]) == ("withheld", "opted_out")
    await office.change("contact", id, do_not_email=False)
    assert (await office.get("contact", id))["unwanted_channels"] in (None, [])
    await office.make("contact", {"name": "Rep as a customer", "email": "rep1@example.com", "do_not_email": True})
    ours = await queued(world, to="rep1@example.com")
    await carried(world, ours)
    assert (await state(world, ours))["state"] == "sent"


async def test_what_comes_outside_their_hours_waits_and_then_goes(
    office: Office, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, soon = office.world, datetime.now(UTC) + timedelta(hours=5)
    await office.make("contact", {"name": "Owl", "email": "owl@x.example", "contact_hours": ["evenings"]})
    asked: list[Any] = []

    def waiting(now: datetime, hours: list[Any], timezone: str) -> datetime:
        asked.append((hours, timezone))
        return soon

    monkeypatch.setattr(wishes, "next_hour", waiting)
    letter = await queued(world, to="owl@x.example", purpose="service")
    assert int(await carried(world, letter)) in range(5 * 3600 - 60, 5 * 3600 + 1)
    found = await state(world, letter)
    assert (found["state"], found["answer"], found["due_at"]) == ("queued", "hours", soon)
    assert asked == [([["evenings"]], world.workspace.timezone)]
    monkeypatch.setattr(wishes, "next_hour", lambda *_: None)
    await carried(world, letter)
    assert (await state(world, letter))["state"] == "sent"


@pytest.mark.parametrize(
    ("hours", "at"),
    [
        ([], None),
        ([["mornings"]], "2026-03-03T08:00:00+08:00"),
        ([["afternoons"]], None),
        ([["evenings", "mornings"]], "2026-03-02T18:00:00+08:00"),
        ([["weekends"]], "2026-03-07T00:00:00+08:00"),
        ([["weekends", "mornings"], []], "2026-03-07T08:00:00+08:00"),
        ([["workdays", "mornings"], ["mornings", "evenings"]], "2026-03-03T08:00:00+08:00"),
        ([["mornings"], ["afternoons"]], None),
    ],
)
def test_the_next_hour_at_which_somebody_wants_to_be_reached(hours: list[list[str]], at: str | None) -> None:
    """It is half past three on a Monday afternoon in Shanghai."""
    found = next_hour(MONDAY, hours, "Asia/Shanghai")
    assert (found and found.isoformat()) == at
