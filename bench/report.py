"""The figures as a table for people."""

from __future__ import annotations

from typing import Any


def markdown(found: dict[str, Any]) -> str:
    """One table for each size, then start, memory and import."""
    m = found["machine"]
    out = [
        f"Measured {found['at'][:10]} on {m['processors']} processors, {m['memory_gb']} GB, {m['system']}, Python {m['python']}; client: {m['client']}.",
        "Guanxi / ceiling (a bare ASGI application with one hand-written statement) / the driver alone. Milliseconds at 1 connection,",
        "requests a second and processor time of a request (server and database) at 16. Server, database and client share the processors.",
        "",
    ]
    for run in found["runs"]:
        out += [
            f"### {run['rows']:,} accounts, opportunities and activities",
            "",
            "| | p50 ms | p95 ms | a second, 16 connections | of the ceiling | CPU µs | wanted |",
            "|---|---:|---:|---:|---:|---:|---|",
        ]
        for row in run["scenarios"]:
            one, many, n = row["c1"], row["c16"], row["pages"]
            both = many["ours"]["rate"] / (many["bare"]["rate"] or 1)
            wanted = [
                f"≥ {row['target']:.0%}" if row["target"] else "",
                f"p95 ≤ {row['limit']} ms" if row["limit"] and run["rows"] >= 1_000_000 else "",
            ]
            bad = sum(c[n].get("bad", 0) for c in (one, many) for n in c)
            wanted += [f"{bad} answers were errors"] if bad else []
            out.append(
                f"| {row['name']} | {_three(one, 'p50', n)} | {_three(one, 'p95', n)} | {_three(many, 'rate', 1 / n)} | {both:.0%} | {_three(many, 'cpu', n)} |"
                f" {', '.join(filter(None, wanted))} |"
            )
        out.append("")
        if "start" in run:
            out.append(
                f"- `guanxi serve` to the first 200: {run['start'][len(run['start']) // 2]:.2f} s (median of {len(run['start'])}; wanted ≤ 3 s)"
            )
        for key, label in (("memory_at_rest", "Memory at rest"), ("memory_under_load", "Memory after load")):
            if key in run:
                v = run[key]
                out.append(
                    f"- {label}: {v['all']:.0f} MB (server {v['server']:.0f}, PostgreSQL {v['postgresql']:.0f})"
                    + ("; wanted ≤ 300 MB" if "rest" in key else "")
                )
        if "import" in run:
            v = run["import"]
            out.append(
                f"- Import of {v['rows']:,} rows, upload included: {v['rate']:,} rows a second (wanted ≥ 10,000)"
            )
        out.append("")
    return "\n".join(out)


def _three(values: dict[str, Any], key: str, times: float) -> str:
    digits = 0 if key in ("rate", "cpu") else 2
    names = ("ours", "bare") if key == "cpu" else ("ours", "bare", "driver")
    return " / ".join(f"{values[n][key] * times:,.{digits}f}" for n in names if n in values)
