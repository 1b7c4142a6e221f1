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
from datetime import UTC, datetime
from typing import TextIO

import orjson

log = logging.getLogger("guanxi.access")

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram of answer times, in seconds."""


class Watch:
    """Counts and logs requests of this process."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.started = time.time()
        self.streams = 0
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
                await asyncio.sleep(0.5)
                self.flush()
        finally:
            self.flush()

    def metrics(self) -> str:
        """The numbers in Prometheus' text format."""
        out = [
            "# HELP guanxi_requests_total Requests answered, by method, route and status.",
            "# TYPE guanxi_requests_total counter",
        ]
        for (method, route, status), n in sorted(self._counts.items()):
            out.append(f'guanxi_requests_total{{method="{method}",route="{route}",status="{status}"}} {n}')
        out += ["# HELP guanxi_request_seconds Time to answer, by route.", "# TYPE guanxi_request_seconds histogram"]
        for route, times in sorted(self._times.items()):
            total = 0
            for bound, n in zip((*map(str, BUCKETS), "+Inf"), times, strict=True):
                total += n
                out.append(f'guanxi_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}')
            out.append(f'guanxi_request_seconds_sum{{route="{route}"}} {self._sums[route]:.6f}')
            out.append(f'guanxi_request_seconds_count{{route="{route}"}} {total}')
        out += [
            "# HELP guanxi_streams Open event streams.",
            "# TYPE guanxi_streams gauge",
            f"guanxi_streams {self.streams}",
            "# HELP process_start_time_seconds When this process began, in seconds since 1970.",
            "# TYPE process_start_time_seconds gauge",
            f"process_start_time_seconds {self.started:.3f}",
            "# HELP process_resident_memory_bytes Resident memory of this process.",
            "# TYPE process_resident_memory_bytes gauge",
            f"process_resident_memory_bytes {_resident()}",
        ]
        return "\n".join(out) + "\n"


def _resident() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
