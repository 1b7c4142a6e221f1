"""How fast a big file comes in through the page's own road: upload, mapping, validation, key check, journal, search."""

from __future__ import annotations

import asyncio
import csv
import http.client
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from guanxi.sample.story import INDUSTRIES, TONGUES


def make(path: Path, rows: int) -> None:
    """A table of invented companies, as people export them."""
    rng = random.Random(11)
    zh = TONGUES["zh"]
    places = [zh.address(rng) for _ in range(500)]
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["客户名称", "统一社会信用代码", "行业", "电话", "员工人数", "年营收", "成立年份", "备注"])
        for i in range(rows):
            place = rng.choice(places)
            firm = zh.firm(rng, "machinery", place)
            out.writerow(
                [
                    firm.name, f"B{i:015d}", rng.choice(INDUSTRIES), zh.phone(rng, place), rng.randint(5, 3000), rng.randint(1, 9000) * 10_000,
                    rng.randint(1960, 2025), "",
                ]
            )  # fmt: skip


MAPPING = {
    "客户名称": "name", "统一社会信用代码": "registration", "行业": {"field": "industry", "unknown": "empty"}, "电话": "phone",
    "员工人数": "employees", "年营收": "revenue", "成立年份": "founded", "备注": "description",
}  # fmt: skip


async def imports(
    port: int, token: str, rows: int, weigh: Callable[[], dict[str, float]], say: Callable[[str], None]
) -> dict[str, Any]:
    """Rows a second of an import of new rows, each checked against a key (upsert by registration number)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "accounts.csv")
        await asyncio.to_thread(make, path, rows)
        found = await asyncio.to_thread(_import, port, token, path, weigh)
    say(f"import of {rows:,} rows: {found['rate']:,.0f} a second")
    return found


def _import(port: int, token: str, path: Path, weigh: Callable[[], dict[str, float]]) -> dict[str, Any]:
    boundary = "----guanxi-bench"
    fields = {"object": "account", "mapping": json.dumps(MAPPING), "mode": "upsert", "key": "registration"}
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="accounts.csv"\r\nContent-Type: text/csv\r\n\r\n'
    tail = f"\r\n--{boundary}--\r\n"
    begin = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.putrequest("POST", "/api/v1/imports")
    connection.putheader("Authorization", f"Bearer {token}")
    connection.putheader("Content-Type", f"multipart/form-data; boundary={boundary}")
    connection.putheader("Content-Length", str(len(head.encode()) + path.stat().st_size + len(tail)))
    connection.endheaders()
    connection.send(head.encode())
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            connection.send(block)
    connection.send(tail.encode())
    answer = connection.getresponse()
    started = json.loads(answer.read())
    if answer.status != 202:
        raise RuntimeError(f"import refused: {started}")
    uploaded = time.monotonic() - begin
    most = 0.0
    while True:
        most = max(most, weigh()["server"])
        connection.request("GET", f"/api/v1/imports/{started['id']}", headers={"Authorization": f"Bearer {token}"})
        status = json.loads(connection.getresponse().read())
        if status["status"] in ("done", "failed", "cancelled"):
            break
        time.sleep(0.5)
    whole = time.monotonic() - begin
    if status["status"] != "done" or status["created"] != status["read"]:
        raise RuntimeError(f"import went wrong: {status}")
    return {
        "rows": status["read"],
        "upload_s": round(uploaded, 2),
        "whole_s": round(whole, 2),
        "rate": round(status["read"] / whole),
        "memory_mb": round(most),
    }
