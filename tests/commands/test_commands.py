"""The commands, as somebody types them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GUANXI = Path(sys.executable).with_name("guanxi")
PASSWORD = "Corr3ct-horse-battery"


@pytest.fixture
def guanxi(fresh_url, tmp_path):
    """Runs ``guanxi`` on a database of its own; what it printed. Ends the test unless it ends with ``code``."""

    def run(*arguments: str, code: int = 0) -> str:
        env = os.environ | {
            "DATABASE_URL": fresh_url,
            "GUANXI_DATA": str(tmp_path / "data"),
            "GUANXI_SECRET": "s" * 40,
            "GUANXI_LOG": "error",
        }
        done = subprocess.run(
            [GUANXI, *arguments], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def test_a_first_run_and_tables_in_and_out(guanxi, tmp_path):
    first = (
        "setup",
        "--company",
        "示例公司",
        "--name",
        "王芳",
        "--email",
        "a@b.cn",
        "--password",
        PASSWORD,
        "--language",
        "zh",
    )
    assert "示例公司 is ready" in guanxi(*first, "--sample-data")
    assert "already" in guanxi(*first, code=1)
    assert guanxi("token", "create", "--user", "A@b.cn", "--name", "n8n").strip().startswith("gx_")
    assert "no active user" in guanxi("token", "create", "--user", "nobody@b.cn", "--name", "x", code=1)

    table = tmp_path / "客户.csv"
    table.write_text(
        "客户名称,行业,员工人数,统一社会信用代码\n恒锐机械,装备制造,120,91A\n云帆软件,软件与互联网,许多,91B\n",
        encoding="gb18030",
    )
    told = guanxi("import", str(table), "--object", "account", "--dry-run")
    assert "1 created, 1 failed" in told
    told = guanxi("import", str(table), "--object", "account", "--key", "registration")
    assert "1 created, 1 failed" in told
    assert "Rows that did not go in" in told
    mapping = json.dumps({"客户名称": "name", "统一社会信用代码": "registration"})
    told = guanxi("import", str(table), "--object", "account", "--key", "registration", "--mapping", mapping)
    assert "1 created, 1 skipped" in told  # what is there is the same already
    assert "nope" in guanxi("import", str(table), "--object", "account", "--mapping", '{"客户名称": "nope"}', code=1)

    out = tmp_path / "out.csv"
    wanted = json.dumps({"field": "registration", "op": "is_empty", "value": False})
    guanxi(
        "export",
        "account",
        "--filter",
        wanted,
        "--sort",
        "registration",
        "--fields",
        "id,name,employees",
        "-o",
        str(out),
    )
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [r[1:] for r in rows[1:]] == [["恒锐机械", "120"], ["云帆软件", ""]]
    guanxi("export", "account", "-o", str(tmp_path / "all.xlsx"))
    guanxi("export", "account", "-o", str(tmp_path / "all.jsonl"))
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 62

    why = guanxi("explain", "--as", "lin.ruoxi@team.example", "account", rows[1][0])
    assert "no  read" in why
    assert "- role Sales rep may read records: one's own" in why


def test_commands_without_a_workspace_say_what_to_do(guanxi, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("name\nx\n")
    assert "guanxi setup" in guanxi("import", str(table), "--object", "account", code=1)
