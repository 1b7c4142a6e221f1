"""Mail goes out once, says what it should and nothing else, and what became of it is known."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.postbox import Postbox
from tests.world import World

from guanxi import mail, records
from guanxi.base import Conflict, Invalid
from guanxi.mail import Letter, sending
from guanxi.pg.jobs import Again, Job, tasks


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """What a server called ``name`` shows, signed by itself, and the file in which it stands."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(file)
    return shown, file


@pytest.mark.parametrize("way", ["starttls", "tls"])
async def test_mail_goes_over_a_connection_that_is_safe_or_not_at_all(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STARTTLS and TLS from the beginning; a server that nobody vouches for, or under another name, gets nothing."""
    shown, file = certificate(tmp_path, "localhost")
    other, other_file = certificate(tmp_path, "elsewhere.test")
    box = Postbox(tls=shown if way == "starttls" else None)
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0, ssl=None if way == "starttls" else shown)
    port = server.sockets[0].getsockname()[1]
    outgoing = sending.Outgoing("localhost", port, way, "", "", "crm@guanxi.test", "")
    letter = b"Subject: x\r\n\r\nhello\r\n"

    async def sent() -> sending.Result:
        return (await asyncio.to_thread(sending.deliver, outgoing, "wang@example.com", letter))[0]

    async with server:
        assert (await sent(), box.raw) == (sending.Result.LATER, []), "nobody vouches for it"
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert (await sent(), len(box.raw)) == (sending.Result.SENT, 1)
        assert box.safe == (1 if way == "starttls" else 0)
        if way == "starttls":
            box.tls = other
            monkeypatch.setenv("SSL_CERT_FILE", str(other_file))
            assert await sent() == sending.Result.LATER, "another server answers"
            box.tls = None
            assert await sent() == sending.Result.LATER, "it offers nothing safe"
        assert len(box.raw) == 1


async def queued(world: World, key: str = "", **more: Any) -> str:
    """A letter in the queue; its id."""
    letter = Letter(**{"kind": "test", "to": "wang@example.com", "subject": "合同", "text": "您好\n再见", **more})
    async with world.act() as ctx:
        return await mail.send(ctx.db, ctx.workspace, letter, key)


async def carried(world: World, id: str) -> str:
    """Runs the letter's job once; ``done``, or the seconds after which it is tried again."""
    async with world.db.connection() as db:
        row = await db.row(
            "UPDATE guanxi.job SET state = 'running', attempt = attempt + 1, lease_until = now() + interval '1 minute'"
            " WHERE id = (SELECT max(id) FROM guanxi.job WHERE name = 'mail.send' AND args->>'mail' = %(id)s)"
            " RETURNING id, args, attempt",
            {"id": id},
        )
    assert row is not None
    try:
        await tasks["mail.send"].run(Job(row[0], "mail.send", row[1], row[2], world.db))
    except Again as again:
        return str(int(again.seconds))
    return "done"


async def state(world: World, id: str) -> dict[str, Any]:
    async with world.act() as ctx:
        found = await mail.listing(ctx, limit=200)
    return next(m for m in found["data"] if m["id"] == id)


async def test_a_letter_arrives_once_in_both_forms(world: World, postbox: Postbox) -> None:
    id = await queued(
        world,
        "deal 7",
        subject="合同\r\nBcc: everybody@example.com",
        name='王"芳\n',
        text="看 https://a.cn/x?y=1\n.\n再见 <b>",
    )
    assert await queued(world, "deal 7") == id, "one key, one letter"
    assert await carried(world, id) == "done"
    [came] = postbox.came
    assert came["Message-ID"] == f"<{id}@guanxi.test>"
    assert (came["Subject"], came["Bcc"]) == ("合同 Bcc: everybody@example.com", None)
    assert came["To"].addresses[0].display_name == '王"芳'
    assert came["From"].addresses[0].addr_spec == "crm@guanxi.test"
    text, html = came.get_body(("plain",)), came.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == "看 https://a.cn/x?y=1\n.\n再见 <b>\n"
    assert '<a href="https://a.cn/x?y=1" rel="noopener noreferrer">' in mail.clean(html.get_content())
    assert "&lt;b&gt;" in html.get_content()
    assert (await state(world, id))["state"] == "sent"
    assert await carried(world, id) == "done"
    assert len(postbox.came) == 1, "a job that comes again sends nothing"


async def test_html_is_made_safe_and_has_its_words(world: World, postbox: Postbox) -> None:
    id = await queued(
        world, text="", html='<p onclick="x()">Hello <img src=x onerror=y><script>z()</script></p><p>Bye</p>'
    )
    await carried(world, id)
    text, html = postbox.came[0].get_body(("plain",)), postbox.came[0].get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().split() == ["Hello", "Bye"]
    assert not any(bad in html.get_content() for bad in ("onclick", "script", "img", "z()"))


@pytest.mark.parametrize(
    "to", ["nobody", "a@b@c", "a b@c.cn", "x@y.cn\r\nRCPT TO:<z@y.cn>", "<x@y.cn>", "", "a@" + "b" * 260]
)
async def test_what_is_no_address_is_refused(world: World, postbox: Postbox, to: str) -> None:
    with pytest.raises(Invalid) as refused:
        await queued(world, to=to)
    assert refused.value.errors[0].code == "not_an_email"


async def test_temporary_and_permanent_refusals_are_told_apart(world: World, postbox: Postbox) -> None:
    postbox.says = {"RCPT": ["451 busy", "550 5.1.1 no such user"]}
    id = await queued(world)
    assert await carried(world, id) == "60"
    found = await state(world, id)
    assert (found["state"], found["answer"], found["tries"]) == ("queued", "451 busy", 1)
    assert await carried(world, id) == "done"
    found = await state(world, id)
    assert (found["state"], found["answer"]) == ("failed", "550 5.1.1 no such user")
    assert postbox.came == []
    async with world.act() as ctx:
        await mail.retry(ctx, id)
        with pytest.raises(Conflict):
            await mail.retry(ctx, id)
    assert await carried(world, id) == "done"
    assert (await state(world, id))["state"] == "sent"
    assert len(postbox.came) == 1


async def test_a_connection_lost_before_the_message_is_tried_again_and_after_it_is_unknown(
    world: World, postbox: Postbox
) -> None:
    postbox.says = {"MAIL": ["hang up"], "message": ["hang up"]}
    id = await queued(world)
    assert await carried(world, id) == "60"
    assert (await state(world, id))["state"] == "queued"
    assert await carried(world, id) == "done"
    assert (await state(world, id))["state"] == "unknown"
    assert len(postbox.came) == 1, "it may have arrived, and is not sent again by itself"


async def test_a_worker_that_dies_while_sending_leaves_it_unknown(world: World, postbox: Postbox) -> None:
    postbox.hold = asyncio.Event()
    id = await queued(world)
    first = asyncio.create_task(carried(world, id))
    await postbox.taken.wait()
    # The lease ran out: another worker takes the job while the first one still waits for an answer.
    assert await carried(world, id) == "done"
    assert (await state(world, id))["state"] == "unknown"
    assert len(postbox.came) == 1
    postbox.hold.set()
    assert await first == "done"
    assert (await state(world, id))["state"] == "sent", "it lived after all, and knows"


async def test_no_mail_goes_out_in_clear_where_encryption_is_wanted(world: World, postbox: Postbox) -> None:
    mail.configure(f"smtp://me:secret@127.0.0.1:{postbox.port}", "crm@guanxi.test", "")
    server = mail.outgoing()
    assert server is not None
    assert "secret" not in repr(server)
    assert "STARTTLS" in await asyncio.to_thread(mail.check, server)
    assert await carried(world, await queued(world)) == "60"
    assert postbox.came == []


def test_the_address_of_a_server_is_read_or_refused() -> None:
    read = mail.read_outgoing("smtps://u%40x:p%3Aq@smtp.example.com", "a@b.cn")
    assert (read.port, read.tls, read.user, read.password) == (465, "tls", "u@x", "p:q")
    assert mail.read_outgoing("smtp://smtp.example.com", "a@b.cn").port == 587
    for url, sender in (
        ("http://x", "a@b.cn"),
        ("smtp://", "a@b.cn"),
        ("smtp://x?tls=maybe", "a@b.cn"),
        ("smtp://x", "me"),
    ):
        with pytest.raises(ValueError, match="GUANXI_MAIL"):
            mail.read_outgoing(url, sender)


async def test_the_log_keeps_the_subject_of_what_one_may_not_see(world: World, postbox: Postbox) -> None:
    async with world.act() as ctx:
        [made] = await records.write(ctx, "account", [records.Create({"name": "Secret"})])
    id = await queued(world, object="account", record=made.id)
    assert (await state(world, id))["subject"] == "合同"
    async with world.act("rep1") as ctx:
        found = await mail.listing(ctx)
    assert (found["data"][0]["id"], found["data"][0]["subject"], found["data"][0]["record"]) == (id, None, None)


async def test_without_a_server_nothing_is_queued(world: World) -> None:
    with pytest.raises(mail.MailOff):
        await queued(world)
