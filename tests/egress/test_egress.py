"""What goes out reaches public addresses only, whatever a name says the second time, and never more than was asked for."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.receiver import Received, receiver

from guanxi import egress
from guanxi.base import Invalid

HOME = (ip_network("127.0.0.0/8"),)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    egress.allow(())
    yield
    egress.allow(())


INNER = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INNER)
def test_no_inner_address_is_reached(address: str) -> None:
    assert not egress.allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are(address: str) -> None:
    assert egress.allowed(address)


def test_networks_of_ones_own_are_opened_by_name() -> None:
    egress.allow((ip_network("10.1.0.0/16"),))
    assert egress.allowed("10.1.2.3")
    assert egress.allowed("::ffff:10.1.2.3")
    assert not egress.allowed("10.2.0.1")
    assert not egress.allowed("169.254.169.254")


SPELLINGS = [
    "http://127.0.0.1/",
    "http://0177.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:7f00:1]/",
    "http://0.0.0.0/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://[fd00::1]/",
    "http://localhost:5432/",
    "http://127。0。0。1/",
]


@pytest.mark.parametrize("url", SPELLINGS)
async def test_every_spelling_of_home_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        await egress.checked(url)
    assert refused.value.errors[0].code == "egress_closed"
    with pytest.raises(egress.Unreached) as unreached:
        await egress.send("POST", url)
    assert unreached.value.code == "egress_closed"


@pytest.mark.parametrize(
    "url",
    ["", "x", "//127.0.0.1", "file:///etc/passwd", "gopher://a/", "ftp://a/", "http://a@b/", "http:///x", "http://a b/", 7, None, "http://x:99999/", "http://a\r\nb/", "http://\\@x/", "https://" + "a" * 3000],
)  # fmt: skip
async def test_what_is_no_web_address_is_refused(url: Any) -> None:
    with pytest.raises(Invalid) as refused:
        await egress.checked(url)
    assert [(e.field, e.code) for e in refused.value.errors] == [("url", "egress_url")]


async def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is connected to is the address that was looked at, and one closed address among open ones closes all."""
    async with receiver() as home:
        port = int(home.url.rpartition(":")[2])
        answers = [["93.184.215.14"], ["127.0.0.1"]]

        async def resolve(*_: Any, **__: Any) -> list[Any]:
            found = answers.pop(0) if answers else ["93.184.215.14", "127.0.0.1"]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in found]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        assert await egress.checked(f"http://rebind.example:{port}/")
        for _ in range(2):
            with pytest.raises(egress.Unreached) as refused:
                await egress.send("GET", f"http://rebind.example:{port}/")
            assert refused.value.code == "egress_closed"
        assert home.connections == 0


async def test_redirects_and_environment_lead_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    egress.allow(HOME)
    async with receiver() as home, receiver() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        home.answer = lambda _: (302, {"location": proxy.url}, b"")
        reply = await egress.send("POST", f"{home.url}/a?b=%20c", headers={"X-One": "1"}, body=b"{}")
        assert reply.status == 302
        assert proxy.got == []
        [got] = home.got
        assert (got.method, got.path, got.body) == ("POST", "/a?b=%20c", b"{}")
        assert got.headers["x-one"] == "1"
        assert got.headers["host"] == home.url.removeprefix("http://")


async def test_an_answer_is_read_up_to_its_limit_and_waited_for_so_long() -> None:
    egress.allow(HOME)
    async with receiver() as home:
        home.answer = lambda _: (200, {}, b"x" * 5_000_000)
        reply = await egress.send("GET", home.url, limit=1000)
        assert (len(reply.body), reply.cut) == (1000, True)
        home.gate = asyncio.Event()
        with pytest.raises(egress.Unreached) as late:
            await egress.send("GET", home.url, seconds=0.2)
        assert late.value.code == "egress_late"


async def test_after_a_pause_connections_that_ended_keep_nothing_back() -> None:
    egress.allow(HOME)
    await egress.close()
    async with receiver() as home:
        home.gate = asyncio.Event()
        first = [asyncio.create_task(egress.send("POST", home.url, body=b"x")) for _ in range(3)]
        while len(home.got) < 3:
            await asyncio.sleep(0)
        home.gate.set()
        await asyncio.gather(*first)
        for writer in tuple(home.open):  # as a server does with what nobody used for a while
            writer.close()
            await writer.wait_closed()
        replies = await asyncio.gather(*(egress.send("POST", home.url, body=b"y") for _ in range(3)))
        assert [r.status for r in replies] == [200, 200, 200]
        assert [r.body for r in home.got].count(b"y") == 3
    await egress.close()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    now = datetime.now(UTC)
    signed = made.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
    (folder / "both.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


async def test_what_breaks_is_told_as_such(tmp_path: Path) -> None:
    egress.allow(HOME)

    def broken(_: Received) -> tuple[int, dict[str, str], bytes]:
        raise ConnectionError

    async with receiver() as home, receiver(self_signed(tmp_path)) as stranger:
        home.answer = broken
        for url, code in (
            (home.url, "egress_broke"),
            (stranger.url, "egress_tls"),
            ("http://127.0.0.1:9/", "egress_refused"),
            ("http://no-such-name.invalid/", "egress_name"),
        ):
            with pytest.raises(egress.Unreached) as unreached:
                await egress.send("GET", url, seconds=3)
            assert unreached.value.code == code
        assert stranger.got == []
        for headers in ({"Host": "x"}, {"a b": "c"}, {"x": "a\r\nY: b"}, {"Content-Length": "7"}):
            assert list(egress.header_faults(headers, "headers"))
            with pytest.raises(egress.Unreached):
                await egress.send("GET", home.url, headers={**headers, "x-bad": "a\nb"})
    await egress.close()
