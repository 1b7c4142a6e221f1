"""Rows of a table that are no records: those that add up others, and what a report says of itself below its table.

A row of sums has one text, which says so, beside numbers. What stands below a table are the last rows, of one cell each,
when one of them says who made the report, when, how many rows it has or whose it is, or that sums stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from guanxi.base import FieldError
from guanxi.transfer.table import Batch, Column

LAST = 10
"""How many rows may stand below a table."""

_SUM = re.compile(
    r"[(（【\[]?(?:本页|当页|全部|总)?[合总小累共]\s*计|(?:sub|grand)?[\s-]*totals?|sum|somme|summe|gesamt|insgesamt|totale?s?|итого|合計|小計|総計|합계|소계",
    re.IGNORECASE,
)
_AROUND = re.compile(r"\s*(?:[(（][^()（）]*[)）]|[:：)）】\]])?\s*")
_NUMBER = re.compile(
    r"[-+]?\s?(?:[$€£¥￥]|US\$|RMB|CNY|USD|EUR)?\s?[-+]?\d[\d.,'\s]*(?:%|[万亿]?[元人名个家件台套次条笔年]?|[$€£]|RMB|CNY|USD|EUR)",
    re.IGNORECASE,
)
_SUMMED = ("integer", "decimal", "money", "percent")
_NOTE = re.compile(
    r"copyright\s*(?:©|\(c\)|\d{4})|©|confidential\b.*\bdo not|confidential(?: information)?\W*\Z|.*\ball rights reserved\W*\Z"
    r"|(?:report |file )?(?:generated|exported|printed|created|prepared|produced) (?:by|on|at|from)\b|page \d+ (?:of|/) \d+"
    r"|(?:total |number of )?(?:records|rows|results)\s*[:=]?\s*\d|end of (?:report|file|list)\W*\Z|(?:applied )?filters?(?:ed by)?\s*:"
    r"|[*※（(]?\s*(?:注|备注|说明|附注|数据来源|来源|单位)\s*[:：]|(?:制表|制单|填表|审核|复核|经办|打印|导出|统计|报表|生成|编制|审批|截止|截至)"
    r"(?:人|员|者|部门|单位|日期|时间|生成时间|导出时间)?\s*[:：]|共\s*[\d,]+\s*(?:条|行|家|个|笔|项|页|人)|第\s*\d+\s*页|版权所有|内部资料",
    re.IGNORECASE,
)  # fmt: skip


def records(batches: Iterator[Batch], columns: Sequence[Column]) -> Iterator[Batch]:
    """The same rows without those that are no records, of which it is told. The last batch is held back until it is known that no
    more come."""
    held = Batch()
    for batch in batches:
        for line, cells in list(zip(batch.lines, batch.cells, strict=True)):
            if (word := _sums(cells, columns)) is not None:
                batch.leave_out(line, FieldError(None, "sum_row"), word)
        if len(batch) < LAST:  # the end, or hardly any more
            held = held.joined(batch)
            continue
        if len(held):
            yield held
        held = batch
    for line, text in _below(held) if len(columns) > 1 else ():
        held.leave_out(line, FieldError(None, "below_table"), text)
    if len(held):
        yield held


def _sums(cells: Sequence[str], columns: Sequence[Column]) -> str | None:
    """What a row of sums is called; None for any other."""
    word, numbers = "", 0
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if not text:
            continue
        if _NUMBER.fullmatch(text) and (
            column.type in _SUMMED or (column.type in ("text", "select") and not text.isdecimal())
        ):
            numbers += 1
        elif word or not _is_sum(text):
            return None
        else:
            word = text
    return word if word and numbers else None


def _is_sum(text: str) -> bool:
    return (said := _SUM.match(text)) is not None and _AROUND.fullmatch(text, said.end()) is not None


def _below(batch: Batch) -> list[tuple[int, str]]:
    """The lines below the table, each with what it says."""
    rows = sorted(
        [(line, [c.strip() for c in cells], False) for line, cells in zip(batch.lines, batch.cells, strict=True)]
        + [(b.line, [c.strip() for c in b.cells], b.code == "too_few_cells") for b in batch.bad]
    )
    run = len(rows)
    while run > max(0, len(rows) - LAST) and _of_one(rows[run - 1][1]):
        run -= 1
    note = next((i for i in range(run, len(rows)) if _is_note(rows[i][1])), None)
    if note is None:
        return []
    # A title stands between an empty line and the first of them.
    apart = run and rows[run][0] > rows[run - 1][0] + 1 + sum(c.count("\n") for c in rows[run - 1][1])
    start = run if apart and note - run <= 1 else note
    start = next((i for i in range(run, start) if rows[i][2]), start)
    return [(line, " ".join(filter(None, cells))) for line, cells, _ in rows[start:]]


def _of_one(cells: Sequence[str]) -> bool:
    filled = [c for c in cells if c]
    return len(filled) < 2 or _is_note(filled)


def _is_note(cells: Sequence[str]) -> bool:
    filled = [c for c in cells if c]
    return bool(filled) and all(_NOTE.match(c) or _is_sum(c) for c in filled)
