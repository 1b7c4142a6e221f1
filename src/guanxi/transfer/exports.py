"""Exports: any list into a file, streamed, without a cap on rows and in constant memory.

CSV and workbooks carry what people read (labels, titles) in forms that an import reads back; JSON Lines carry the
records as the API shows them, cards of contacts with their pictures where ``files`` says where those lie. A text that a spreadsheet would compute is kept from that; see :func:`convert.guard`.
"""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from guanxi.base import Invalid, new_id, say
from guanxi.base.json import loads
from guanxi.base.text import GUARDED, guard
from guanxi.files import path_of
from guanxi.records import Context, access, note, spend, stream
from guanxi.records.compile import Compiler
from guanxi.records.context import SCOPES
from guanxi.schema.catalog import Entity
from guanxi.schema.model import Field
from guanxi.schema.query import Query
from guanxi.schema.types import Bad, Env, FieldType
from guanxi.schema.types.choices import join_list
from guanxi.transfer import vcard

Format = Literal["csv", "xlsx", "jsonl", "vcf"]

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
    "vcf": vcard.MEDIA,
}
SHEET_ROWS = 1_048_575
"""Rows that a sheet holds below its heading; what is more goes on on the next sheet."""
SHEET_CELL = 32_767
ABOUT = {"en": "About this export", "zh": "关于本次导出"}
BY, AT = {"en": "Exported by", "zh": "导出人"}, {"en": "At (UTC)", "zh": "时间（UTC）"}
ROWS, ID = {"en": "Rows", "zh": "行数"}, {"en": "Number in the audit", "zh": "审计编号"}

_PORTION = 1_000
_PHONE = re.compile(r"\+\d[\d ]*")
_LEFT_OUT = ("version",)


@dataclass(frozen=True, slots=True)
class Mark:
    """What an export is known by: its id in the audit, whose it is, when and how many rows."""

    id: str
    by: str
    at: str
    rows: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: the path of its field, and how an API value becomes text and a cell of a sheet.

    ``computed`` texts cannot be taken for formulas: numbers and dates.
    """

    path: str
    heading: str
    field: Field
    kind: FieldType
    id: bool = False
    masked: bool = False

    @property
    def computed(self) -> bool:
        """Whether its texts are numbers, dates or yes and no, which need no guard."""
        if self.masked:
            return False
        return self.kind.grains or "sum" in self.kind.aggregates or self.kind.name in ("boolean", "id") or self.id


async def count_rows(ctx: Context, query: Query) -> int:
    """How many rows an export has. Raises Forbidden without the right to export, Invalid for what cannot be asked."""
    entity = ctx.catalog.object(query.object)
    access.require(ctx.actor, entity, "read")
    access.require(ctx.actor, entity, "export")
    ids = Compiler(ctx.then(query.as_of)).ids(replace(query, limit=None), _verb(ctx, entity))
    return int(await ctx.db.value(f"SELECT count(*) FROM ({ids.sql}) AS found", ids.args))


async def register(ctx: Context, query: Query, format: str, asked: Mapping[str, Any], rows: int) -> Mark:
    """Tell the audit of an export that is about to begin, in a transaction of its own; raises TooMany beyond the role's limit
    for the day."""
    mark = Mark(new_id(), f"{ctx.actor.name} <{ctx.actor.email}>", ctx.now.isoformat(timespec="seconds"), rows)
    await spend(ctx, "export", rows)
    told = {n: v for n, v in asked.items() if n != "rows"}
    await note(ctx, "export", object=query.object, id=mark.id, rows=rows, format=format, asked=told)
    return mark


def export_file(ctx: Context, object: str, format: str, mark: Mark | None = None) -> tuple[str, str]:
    """(file name, media type) of an export; raises Invalid for a format that there is not."""
    if format not in MEDIA_TYPES:
        raise Invalid.one("format", "not_an_option", value=format)
    day = ctx.now.astimezone(ZoneInfo(ctx.actor.timezone)).date()
    known = f"-{mark.id[-8:]}" if mark else ""
    return f"{object}-{day.isoformat()}{known}.{format}", MEDIA_TYPES[format]


def columns(
    ctx: Context, query: Query, headings: Literal["label", "name"] = "label", ids: bool = False
) -> list[Column]:
    """The columns of an export: the fields that were asked for, else all that the actor may see and a file can hold.

    ``ids``: beside each link stands its id. Raises Invalid for a field that there is not.
    """
    entity = ctx.catalog.object(query.object)
    names = query.fields if query.fields is not None else _usual(ctx, entity, ids)
    found: list[Column] = []
    for path in names:
        f, kind, label, masked = _field(ctx, entity, path)
        heading = path if headings == "name" else label
        found.append(Column(path, heading, f, kind, masked=masked))
        if ids and not masked and (kind.link or kind.anywhere):
            found.append(Column(path, f"{heading} (id)" if headings == "label" else f"{path}_id", f, kind, True))
    seen: dict[str, int] = {}
    for i, column in enumerate(found):
        if seen.setdefault(column.heading, i) != i:
            found[i] = replace(column, heading=f"{column.heading} ({column.path})")
    return found


def _usual(ctx: Context, entity: Entity, ids: bool) -> list[str]:
    names = [
        n
        for n in access.visible_fields(ctx.actor, entity)
        if (f := entity.fields[n]).type == "currency" or (not f.of and n not in _LEFT_OUT and n != "id")
    ]
    system = [n for n in names if entity.fields[n].system]
    return [*(["id"] if ids else []), *(n for n in names if n not in system), *system]


def _field(ctx: Context, entity: Entity, path: str) -> tuple[Field, FieldType, str, bool]:
    labels: list[str] = []
    *links, last = path.split(".")
    for name in links:
        f = entity.fields.get(name)
        target = ctx.catalog.entities.get((f.target if f else None) or "")
        if f is None or target is None or not access.readable(ctx.actor, entity, f):
            raise Invalid.one(path, "unknown_field")
        labels.append(say(f.label, ctx.actor.language))
        entity = target
    f = entity.fields.get(last)
    if f is None or not access.visible(ctx.actor, entity, f):
        raise Invalid.one(path, "unknown_field")
    label = " · ".join([*labels, say(f.label, ctx.actor.language)])
    return f, entity.types[last], label, access.masked(ctx.actor, entity, f)


def export(
    ctx: Context,
    query: Query,
    format: Format,
    *,
    headings: Literal["label", "name"] = "label",
    ids: bool = False,
    mark: Mark | None = None,
    files: Path | None = None,
) -> AsyncIterator[bytes]:
    """The file in pieces; a workbook says on its last sheet whose ``mark`` it bears. Needs a transaction that stays open until the end; everything is refused before the first piece.

    Raises Forbidden without the right to export, Invalid for fields and formats that there are not.
    """
    entity = ctx.catalog.object(query.object)
    access.require(ctx.actor, entity, "read")
    access.require(ctx.actor, entity, "export")
    if format not in MEDIA_TYPES:
        raise Invalid.one("format", "not_an_option", value=format)
    if format == "jsonl":
        return _json_lines(ctx, query)
    if format == "vcf":
        query, homes = _homes(ctx, entity, query)
        return _cards(ctx, query, homes, files)
    shown = columns(ctx, query, headings, ids)
    query = replace(query, fields=tuple(dict.fromkeys(c.path for c in shown)))
    return _csv(ctx, query, shown) if format == "csv" else _workbook(ctx, query, shown, mark)


def _verb(ctx: Context, entity: Entity) -> str:
    """Whichever of reading and exporting reaches less: what cannot be read cannot be exported either."""
    scopes = {verb: SCOPES.index(ctx.actor.grants.scope(entity.name, verb)) for verb in ("read", "export")}
    narrower = scopes["export"] < scopes["read"] or bool(access.seated(ctx.actor, entity, "read"))
    return "export" if narrower and not ctx.actor.system else "read"


async def _json_lines(ctx: Context, query: Query) -> AsyncIterator[bytes]:
    async for rows in stream(ctx, query, _verb(ctx, ctx.catalog.object(query.object)), _PORTION):
        yield b"\n".join(rows) + b"\n"


def _homes(ctx: Context, entity: Entity, query: Query) -> tuple[Query, list[tuple[str, str]]]:
    """What of an object a card has a place for: (field, column of the card), and the query that asks for it. A masked value is
    no number to call."""
    seen = {
        n for n in access.visible_fields(ctx.actor, entity) if not access.masked(ctx.actor, entity, entity.fields[n])
    }
    homes: dict[str, str] = {}
    title = entity.title
    for name, f in entity.fields.items():
        column = ""
        if name not in seen or f.system:
            continue
        if name == title:
            column = "name"
        elif f.of == title and entity.fields[title].type == "person":
            column = name.removeprefix(f"{title}_")
        elif f.type == "phone":
            column = "mobile" if name == "mobile" else "phone"
        elif f.type == "file" and f.config.get("image"):
            column = "photo"
        elif f.type in CARD_TYPES:
            column = CARD_TYPES[f.type]
        elif (f.type == "link" and f.target == "account") or name == "company":
            column = "company"
        elif name in CARD_FIELDS:
            column = CARD_FIELDS[name]
        if column and column not in homes.values():
            homes[name] = column
    if title not in homes:
        raise Invalid.one("format", "not_an_option", value="vcf")
    return replace(query, fields=tuple(homes)), list(homes.items())


CARD_TYPES = {"email": "email", "url": "website", "address": "address", "tags": "tags"}
CARD_FIELDS = {
    "job_title": "title",
    "department": "department",
    "birthday": "birthday",
    "wechat": "wechat",
    "language": "language",
    "description": "note",
}


def _picture(ctx: Context, folder: Path | None, value: Mapping[str, Any]) -> str:
    """A picture as a card holds it: ``jpeg,`` and its bytes in base64; empty where it is not there, or too large for a card."""
    path = path_of(folder, ctx.workspace.id, value["id"]) if folder else None
    if path is None or value["size"] > vcard.PHOTO or not path.exists():
        return ""
    return f"{str(value['type']).rpartition('/')[2]},{base64.b64encode(path.read_bytes()).decode()}"


async def _cards(
    ctx: Context, query: Query, homes: Sequence[tuple[str, str]], folder: Path | None
) -> AsyncIterator[bytes]:
    entity = ctx.catalog.object(query.object)
    places = {"province": "province", "city": "city", "district": "", "street": "street", "postal_code": "postal"}
    async for rows in stream(ctx, query, _verb(ctx, entity), _PORTION):
        out: list[str] = []
        for row in rows:
            record = loads(row)
            card: dict[str, str] = {}
            for name, column in homes:
                value = record.get(name)
                if not value:
                    continue
                if column == "address":
                    street = f"{value.get('district') or ''}{value.get('street') or ''}"
                    card |= {to: value.get(part) or "" for part, to in places.items() if to} | {"street": street}
                    card["country"] = value.get("country") or ""
                elif column == "photo":
                    card["photo"] = await asyncio.to_thread(_picture, ctx, folder, value)
                elif column == "tags":
                    card["tags"] = "\n".join(value)
                else:
                    card[column] = value["title"] or "" if isinstance(value, dict) else str(value)
            out.append(vcard.write(card))
        yield "".join(out).encode("utf-8", "replace")


async def _csv(ctx: Context, query: Query, shown: Sequence[Column]) -> AsyncIterator[bytes]:
    write = [_text(c, ctx.env) for c in shown]
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow([guard(c.heading) for c in shown])
    async for rows in stream(ctx, query, _verb(ctx, ctx.catalog.object(query.object)), _PORTION):
        for row in rows:
            record = loads(row, exact=True)
            writer.writerow(
                [w(v) if (v := record[c.path]) is not None else "" for c, w in zip(shown, write, strict=True)]
            )
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    if out.tell():
        yield out.getvalue().encode()


def worded(column: Column, env: Env) -> Callable[[Any], str]:
    """How API values of a column become text; repeated ones are remembered."""
    kind, f = column.kind, column.field
    if column.masked:
        return str
    if kind.anywhere:
        return lambda v: f"{v['object']}:{v['id']}" if column.id else v["title"] or ""
    if kind.link and kind.many:
        key = "id" if column.id else "title"
        return lambda v: join_list(x[key] or "" for x in v)
    if kind.link:
        return lambda v: v["id"] if column.id else v["title"] or ""
    if kind.name in ("text", "longtext", "id", "email", "url", "person", "date"):
        return str
    known: dict[str, str] = {}

    def text(value: Any) -> str:
        hashable = isinstance(value, str)
        if hashable and value in known:
            return known[value]
        try:
            stored = kind.parse(f, value, env)
            shown = "" if stored is None else kind.to_text(f, stored, env)
        except Bad:  # written under rules that have changed since
            shown = str(value)
        if hashable and len(known) < 10_000:
            known[value] = shown
        return shown

    return text


def _text(column: Column, env: Env) -> Callable[[Any], str]:
    """The same, kept from being computed by a spreadsheet."""
    plain = worded(column, env)
    if column.computed:
        return plain
    if column.kind.name == "phone" and not column.masked:

        def phone(value: Any) -> str:
            text = plain(value)
            return text if _PHONE.fullmatch(text) else guard(text)

        return phone
    return lambda value: guard(plain(value))


# -- workbooks -------------------------------------------------------------------------------------------------------


class _Book:
    """Writes sheets row by row to a file; only the row at hand is in memory."""

    def __init__(self, path: Path, shown: Sequence[Column], env: Env, title: str) -> None:
        import xlsxwriter  # here, because the program starts a fifth of a second earlier without it

        self.book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
                "tmpdir": str(path.parent),
            },
        )
        self.shown, self.title = shown, re.sub(r"[\[\]:*?/\\']", " ", title)[:25].strip() or "Export"
        self.text = [worded(c, env) for c in shown]
        self.zone = ZoneInfo(env.timezone)
        self.bold = self.book.add_format({"bold": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.percent = self.book.add_format({"num_format": "0.##%"})
        self.money = self.book.add_format({"num_format": "#,##0.00##"})
        self.number = 0
        self.begin()

    def begin(self) -> None:
        """The next sheet."""
        self.number += 1
        self.row = 0
        self.sheet = self.book.add_worksheet(self.title if self.number == 1 else f"{self.title} {self.number}")
        self.sheet.freeze_panes(1, 0)
        for i, column in enumerate(self.shown):
            self.sheet.write_string(0, i, column.heading[:SHEET_CELL], self.bold)

    def write(self, rows: Sequence[bytes]) -> None:
        """Some records."""
        for raw in rows:
            if self.row >= SHEET_ROWS:
                self.begin()
            self.row += 1
            record = loads(raw, exact=True)
            for i, column in enumerate(self.shown):
                value = record[column.path]
                if value is not None:
                    self.cell(self.row, i, column, value)

    def cell(self, row: int, i: int, column: Column, value: Any) -> None:
        """One cell as what it is: a number, a date, yes or no, else a string, never a formula."""
        kind, sheet = column.kind, self.sheet
        if value is True or value is False:
            sheet.write_boolean(row, i, value)
        elif kind.grains and not column.masked and isinstance(value, str) and (when := _moment(value, self.zone)):
            sheet.write_datetime(
                row, i, cast("datetime", when), self.moment if isinstance(when, datetime) else self.day
            )
        elif (
            isinstance(value, int | Decimal)
            and kind.name != "duration"
            and len(str(value).lstrip("-").replace(".", "")) <= 15
        ):
            number = float(value)
            if kind.name == "percent":
                sheet.write_number(row, i, float(format(number / 100, ".15g")), self.percent)
            elif kind.name == "money":
                sheet.write_number(row, i, number, self.money)
            else:
                sheet.write_number(row, i, number)
        else:
            text = self.text[i](value)
            if text:  # as a string nothing is computed; but an import takes away the apostrophe of a guarded text
                sheet.write_string(row, i, ("'" + text if GUARDED.match(text) else text)[:SHEET_CELL])

    def sign(self, mark: Mark, language: str) -> None:
        """Whose export this is: a last sheet, and the properties of the file."""
        sheet = self.book.add_worksheet(say(ABOUT, language))
        lines = ((BY, mark.by), (AT, mark.at), (ROWS, str(mark.rows)), (ID, mark.id))
        for row, (label, value) in enumerate(lines):
            sheet.write_string(row, 0, say(label, language), self.bold)
            sheet.write_string(row, 1, value)
        self.book.set_properties({"author": mark.by, "comments": f"{mark.id} {mark.at}"})

    def close(self) -> None:
        """Put the parts together."""
        self.book.close()


def _moment(text: str, zone: ZoneInfo) -> date | datetime | None:
    """A date, or a time in the user's zone as a sheet has it; None for what no sheet can hold."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return day if day.year >= 1900 else None
        local = datetime.fromisoformat(text).astimezone(zone)
        plain = local.replace(tzinfo=None, microsecond=0)
    except (ValueError, OverflowError):
        return None
    return plain if plain.year >= 1900 and not local.microsecond and not local.fold else None


async def _workbook(ctx: Context, query: Query, shown: Sequence[Column], mark: Mark | None) -> AsyncIterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="guanxi-export-") as folder:
        path = Path(folder) / "export.xlsx"
        title = say(ctx.catalog.object(query.object).definition.plural, ctx.actor.language)
        book = await asyncio.to_thread(_Book, path, shown, ctx.env, title)
        async for rows in stream(ctx, query, _verb(ctx, ctx.catalog.object(query.object)), _PORTION):
            await asyncio.to_thread(book.write, rows)
        if mark:
            book.sign(mark, ctx.actor.language)
        await asyncio.to_thread(book.close)
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, 1 << 18):
                yield piece
