"""The load: requests from a list, again and again, on 1 or 16 connections; by wrk where it is installed.

Without wrk a client in a Python process of its own does the same; it takes a good part of a processor itself, so
throughput on a small machine is then understated for both sides alike.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

LUA = r"""
local requests, n, size = {}, 0, 0
function init(args)
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%S+)\t(%S+)\t(.*)$")
    local headers = {}
    if args[2] ~= "-" then headers["Authorization"] = "Bearer " .. args[2] end
    if body ~= "" then headers["Content-Type"] = "application/json" end
    size = size + 1
    requests[size] = {method, path, headers, body, body:find("@N@", 1, true) ~= nil}
    if not requests[size][5] then requests[size] = wrk.format(method, path, headers, body ~= "" and body or nil) end
  end
end
local seed = os.time() % 1000000
function request()
  n = n + 1
  local r = requests[n % size + 1]
  if type(r) == "string" then return r end
  return wrk.format(r[1], r[2], r[3], (r[4]:gsub("@N@", tostring(seed * 1000 + n))))
end
function done(summary, latency)
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50":%.4f,"p95":%.4f,"p99":%.4f,"bad":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    latency:percentile(99) / 1000, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``@N@`` in the body becomes a number that grows."""

    method: str
    path: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run: latencies in milliseconds, ``rate`` in requests a second, ``cpu`` in microseconds of a request."""

    p50: float
    p95: float
    p99: float
    rate: float
    bad: int = 0
    cpu: float = 0.0

    def to_json(self) -> dict[str, float]:
        """As it is kept."""
        return {k: round(v, 3) for k, v in asdict(self).items()}


def run(
    port: int, requests: list[Request], connections: int, seconds: float, token: str = "", *, warm: bool = True,
    spent: Callable[[], float] = lambda: 0.0,
) -> Result:  # fmt: skip
    """Ask ``requests`` in turn for ``seconds``; unless ``warm`` is False a warm-up of a fifth of that comes first.

    ``spent`` tells the seconds of processor time that those who answer have used so far.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "requests")
        path.write_text("".join(f"{r.method}\t{r.path}\t{r.body}\n" for r in requests))
        if warm:
            _once(port, path, connections, max(0.5, seconds / 5), token)
        before = spent()
        found = _once(port, path, connections, seconds, token)
        used = spent() - before
    if found["broken"]:
        raise RuntimeError(f"{found['broken']} connections broke")
    return Result(
        found["p50"],
        found["p95"],
        found["p99"],
        found["requests"] / found["seconds"],
        found["bad"],
        used / (found["requests"] or 1) * 1e6,
    )


def _once(port: int, path: Path, connections: int, seconds: float, token: str) -> dict[str, float]:
    if shutil.which("wrk"):
        script = path.with_name("script.lua")
        script.write_text(LUA)
        # wrk takes whole seconds only.
        command = [
            "wrk",
            "-t",
            "1",
            "-c",
            str(connections),
            "-d",
            f"{max(1, round(seconds))}s",
            "--timeout",
            "30s",
            "-s",
            str(script),
        ]
        out = subprocess.run(
            [*command, f"http://127.0.0.1:{port}", "--", str(path), token or "-"],
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(out.stdout.strip().splitlines()[-1])
    command = [sys.executable, "-m", "bench.load", str(port), str(path), str(connections), str(seconds), token]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


class _Client(asyncio.Protocol):
    """One connection that asks, waits for the answer, and asks again."""

    def __init__(self, asked: list[list[bytes]], at: int, step: int, state: dict) -> None:
        self.asked, self.at, self.step, self.state = asked, at, step, state
        self.buffer = b""
        self.times: list[float] = []
        self.bad = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        if time.perf_counter() >= self.state["until"]:
            self.transport.close()
            self.ended.set_result(None)
            return
        self.state["n"] += 1
        head, body = self.asked[self.at % len(self.asked)]
        self.at += self.step
        if b"@N@" in body:
            body = body.replace(b"@N@", str(self.state["n"]).encode())
        self.transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.sent = time.perf_counter()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise RuntimeError("no content-length")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self.buffer) < end + 4 + length:
            return
        self.times.append(time.perf_counter() - self.sent)
        self.bad += head[9:10] != b"2"
        self.buffer = b""
        self.ask()


async def _python(port: int, lines: list[str], connections: int, seconds: float, token: str) -> dict[str, float]:
    asked = []
    for line in lines:
        method, url, body = line.split("\t", 2)
        head = f"{method} {url} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        head += "Content-Type: application/json\r\n" if body else ""
        asked.append([head.encode(), body.encode()])
    loop = asyncio.get_running_loop()
    state = {"until": time.perf_counter() + seconds, "n": int(time.time()) % 1_000_000 * 1000}
    begin = time.perf_counter()
    made = [
        await loop.create_connection(lambda i=i: _Client(asked, i, connections, state), "127.0.0.1", port)
        for i in range(connections)
    ]
    await asyncio.gather(*(c.ended for _, c in made))
    times = sorted(t for _, c in made for t in c.times)
    pick = lambda q: times[min(len(times) - 1, int(len(times) * q))] * 1000  # noqa: E731
    return {
        "requests": len(times), "seconds": time.perf_counter() - begin, "p50": pick(0.5), "p95": pick(0.95), "p99": pick(0.99),
        "bad": sum(c.bad for _, c in made), "broken": 0,
    }  # fmt: skip


if __name__ == "__main__":
    _, port_, path_, connections_, seconds_, token_ = [*sys.argv, ""][:6]
    print(
        json.dumps(
            asyncio.run(
                _python(int(port_), Path(path_).read_text().splitlines(), int(connections_), float(seconds_), token_)
            )
        )
    )
