"""What the program says about itself: one log line and a few numbers for each request.

A line names who, what route, how it went and how long it took; never a query string, a header or a body. Lines are
gathered and written twice a second, since writing one by one costs as much as answering.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import orjson

log = logging.getLogger("guanxi.access")

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram of answer times, in seconds."""


GAUGES = {
    "guanxi_streams": "Open event streams.",
    "guanxi_connections": "Database connections.",
    "guanxi_listening": "Processes at which notifications of changes arrive.",
    "process_start_time_seconds": "When the process began, in seconds since 1970.",
    "process_resident_memory_bytes": "Resident memory of the process.",
}
"""What the numbers mean that go up and down."""


class Watch:
    """Counts and logs requests of this process."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.started = time.time()
        self.streams = 0
        self.shared: Path | None = None
        """The folder in which the processes that serve together leave their numbers; None for one alone."""
        self.gauges: Callable[[], dict[str, int]] = dict
        """Further numbers of this process, by name and label."""
        self._stream = stream
        self._lines: list[bytes] = []
        self._counts: dict[tuple[str, str, int], int] = defaultdict(int)
        self._times: dict[str, list[int]] = {}
        self._sums: dict[str, float] = defaultdict(float)
        # Whoever looks at a terminal wants to see what the program says, not every request of a page.
        quiet = stream is None and sys.stderr.isatty() and not log.isEnabledFor(logging.DEBUG)
        self._loud = log.isEnabledFor(logging.INFO) and not quiet

    def note(
        self, method: str, route: str, status: int, seconds: float, reference: bytes, path: str, user: str, address: str
    ) -> None:
        """Take down one request that was answered (status 499: the caller hung up)."""
        self._counts[method, route, status] += 1
        times = self._times.get(route)
        if times is None:
            times = self._times[route] = [0] * (len(BUCKETS) + 1)
        times[bisect_left(BUCKETS, seconds)] += 1
        self._sums[route] += seconds
        if self._loud:
            self._lines.append(
                orjson.dumps(
                    {
                        "at": datetime.now(UTC),
                        "level": "info",
                        "event": "request",
                        "id": reference.decode(),
                        "method": method,
                        "path": path,
                        "status": status,
                        "ms": round(seconds * 1000, 2),
                        "user": user,
                        "address": address,
                    },
                    option=orjson.OPT_UTC_Z,
                )
            )
            if len(self._lines) > 5000:
                self.flush()

    def flush(self) -> None:
        """Write the gathered lines."""
        if self._lines:
            lines, self._lines = self._lines, []
            stream = sys.stderr if self._stream is None else self._stream
            try:
                stream.write(b"\n".join([*lines, b""]).decode())
                stream.flush()
            except (OSError, ValueError):
                self._loud = False

    async def run(self) -> None:
        """Write what is gathered, until cancelled."""
        try:
            while True:
                for _ in range(10):
                    await asyncio.sleep(0.5)
                    self.flush()
                self.share()
        finally:
            self.flush()
            self.share()

    def share(self) -> None:
        """Leave the numbers where the other processes that serve with us find them."""
        if self.shared is not None:
            own = self.shared / f"{os.getpid()}.json"
            try:
                self.shared.mkdir(mode=0o700, exist_ok=True)
                own.with_suffix(".new").write_bytes(orjson.dumps(self._numbers()))
                own.with_suffix(".new").replace(own)
            except OSError as error:
                log.warning("numbers were not shared: %s", error)

    def _numbers(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "counts": [[*key, n] for key, n in self._counts.items()],
            "times": self._times,
            "sums": self._sums,
            "gauges": {"guanxi_streams": self.streams, **self.gauges()},
            "started": self.started,
            "memory": _resident(),
        }

    def _everybody(self) -> list[dict[str, Any]]:
        """Our numbers, and those of the other processes; one that ended leaves what it counted."""
        out = [orjson.loads(orjson.dumps(self._numbers()))]
        for file in sorted(self.shared.glob("*.json")) if self.shared is not None else ():
            if file.stem != str(os.getpid()):
                try:
                    numbers = orjson.loads(file.read_bytes())
                except (OSError, ValueError):
                    continue
                if not _runs(numbers["pid"]):
                    numbers |= {"gauges": {}, "started": None}
                out.append(numbers)
        return out

    def metrics(self) -> str:
        """The numbers in Prometheus' text format: the sums over all processes that serve together on this host."""
        all_of_them = self._everybody()
        counts: dict[tuple[str, str, int], int] = defaultdict(int)
        times: dict[str, list[int]] = {}
        sums: dict[str, float] = defaultdict(float)
        gauges: dict[str, int] = defaultdict(int)
        for numbers in all_of_them:
            for method, route, status, n in numbers["counts"]:
                counts[method, route, status] += n
            for route, found in numbers["times"].items():
                times[route] = [a + b for a, b in zip(times.get(route, [0] * len(found)), found, strict=True)]
            for route, seconds in numbers["sums"].items():
                sums[route] += seconds
            for name, n in numbers["gauges"].items():
                gauges[name] += n
        out = [
            "# HELP guanxi_requests_total Requests answered, by method, route and status.",
            "# TYPE guanxi_requests_total counter",
        ]
        for (method, route, status), n in sorted(counts.items()):
            out.append(f'guanxi_requests_total{{method="{method}",route="{route}",status="{status}"}} {n}')
        out += ["# HELP guanxi_request_seconds Time to answer, by route.", "# TYPE guanxi_request_seconds histogram"]
        for route, found in sorted(times.items()):
            total = 0
            for bound, n in zip((*map(str, BUCKETS), "+Inf"), found, strict=True):
                total += n
                out.append(f'guanxi_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}')
            out.append(f'guanxi_request_seconds_sum{{route="{route}"}} {sums[route]:.6f}')
            out.append(f'guanxi_request_seconds_count{{route="{route}"}} {total}')
        told: set[str] = set()
        for name, n in gauges.items():
            bare = name.partition("{")[0]
            if bare not in told:
                told.add(bare)
                out += [f"# HELP {bare} {GAUGES[bare]}", f"# TYPE {bare} gauge"]
            out.append(f"{name} {n}")
        for name, key in (("process_start_time_seconds", "started"), ("process_resident_memory_bytes", "memory")):
            out += [f"# HELP {name} {GAUGES[name]}", f"# TYPE {name} gauge"]
            out += [f'{name}{{process="{p["pid"]}"}} {p[key]}' for p in all_of_them if p["started"] is not None]
        return "\n".join(out) + "\n"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _resident() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
