"""What an import tells of rows that did not go in: counts by cause, and a list of the rows to be corrected and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from guanxi.base import FieldError
from guanxi.base.text import guard
from guanxi.transfer.convert import CellError

GROUPS = 200
SAMPLES = 20
"""Different values that are told of one cause, each with how many rows have it and the line of the first."""
HEADINGS = {
    "en": ("Line (import)", "Column (import)", "Value (import)", "Reason (import)"),
    "zh": ("行号（导入）", "列（导入）", "值（导入）", "原因（导入）"),
}


def clean(value: Any) -> Any:
    """A value as PostgreSQL can keep it in JSON: without zero characters and halves of characters."""
    if isinstance(value, str):
        return value if value.isprintable() else value.replace("\0", "�").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {clean(k): clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean(v) for v in value]
    return value


class Problems:
    """Causes by field and code, with how many rows each has and the values that caused it."""

    def __init__(self, stored: Iterable[Mapping[str, Any]] = ()) -> None:
        self.groups: dict[tuple[str, str, str], dict[str, Any]] = {
            (p["field"] or "", p["code"], p["kind"]): dict(p) for p in stored
        }

    def add(self, kind: str, line: int, value: str, error: FieldError) -> None:
        """Count one; ``kind`` is ``error`` when the row did not go in, else ``note``."""
        value = clean(value[:200])
        key = (error.field or "", error.code, kind)
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= GROUPS:
                key = ("", "more_problems", kind)
            values = {k: clean(v) for k, v in error.values.items() if k not in ("value", "near")}
            group = self.groups.setdefault(
                key,
                {"field": key[0] or None, "code": key[1], "kind": kind, "count": 0, "values": values, "samples": []},
            )
        group["count"] += 1
        same = next((s for s in group["samples"] if s["value"] == value), None)
        if same is not None:
            same["count"] = same.get("count", 1) + 1
        elif len(group["samples"]) < SAMPLES:
            sample = {"line": line, "value": value, "count": 1}
            if error.values.get("near"):
                sample["near"] = clean(str(error.values["near"]))
            group["samples"].append(sample)

    def stored(self) -> list[dict[str, Any]]:
        """As it is kept."""
        return list(self.groups.values())


def spoken(problems: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """Kept problems as the API shows them: the most frequent first, errors before notes, each with its sentence."""
    out: list[dict[str, Any]] = []
    for p in sorted(problems, key=lambda p: (p["kind"] != "error", -p["count"])):
        first = p["samples"][0] if p["samples"] else {}
        error = FieldError(
            p["field"], p["code"], {**p["values"], "value": first.get("value", ""), "near": first.get("near", "")}
        )
        out.append(
            {k: p[k] for k in ("field", "code", "kind", "count", "samples")} | {"message": error.message(language)}
        )
    return out


def told(made: Mapping[str, int]) -> list[dict[str, Any]]:
    """How many records of each object an import of several has made, changed and found, as the API shows it."""
    out: dict[str, dict[str, Any]] = {}
    for what, count in made.items():
        name, _, became = what.partition(" ")
        out.setdefault(name, {"object": name, "created": 0, "updated": 0, "found": 0})[became] += count
    return list(out.values())


class BadRows:
    """The list of rows that did not go in, appended to a file; ``size`` are the bytes that are settled."""

    def __init__(self, path: Path, headings: Sequence[str], language: str, size: int = 0) -> None:
        self.path, self.headings, self.language = path, headings, language
        self.size = size
        if path.exists():
            with path.open("r+b") as file:
                file.truncate(size)  # what a run that died had written but not settled
        elif size:
            self.size = 0

    def write(self, rows: Iterable[tuple[int, Sequence[str], Sequence[CellError]]]) -> None:
        """Append rows as (line, cells, what is wrong with them)."""
        out = io.StringIO()
        writer = csv.writer(out)
        if not self.size:
            out.write("\ufeff")
            writer.writerow([*HEADINGS.get(self.language, HEADINGS["en"]), *map(guard, self.headings)])
        for line, cells, errors in rows:
            columns = "; ".join(dict.fromkeys(self._column(e) for e in errors))
            values = "; ".join(e.value[:500] for e in errors)
            reasons = " ".join(dict.fromkeys(e.error.message(self.language) for e in errors))
            writer.writerow([line, *map(guard, (columns, values, reasons, *cells))])
        data = out.getvalue().encode("utf-8", "replace")
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(data)
        self.size += len(data)

    def _column(self, error: CellError) -> str:
        if 0 <= error.column < len(self.headings):
            return self.headings[error.column]
        return error.error.field or ""
