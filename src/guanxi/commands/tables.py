"""Tables in and out, for whoever prefers a command to the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guanxi.commands.carrying import carry, importing, tale
from guanxi.commands.everything import bring_everything, take_everything
from guanxi.commands.surroundings import Progress, acting, at_work, only_workspace, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.pg import Database


def _json(_: click.Context, __: click.Parameter, value: str | None) -> Any:
    """JSON as written, or of the file that is named."""
    if value is None:
        return None
    try:
        text = value if value.lstrip()[:1] in ("{", "[") else Path(value).read_text(encoding="utf-8")
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error)) from error


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--object", "object_name", help="API name of the object, such as account; none for an export of everything."
)
@click.option(
    "--mapping",
    callback=_json,
    help='JSON, or a file of it: {"column": "field"}; by default suggested by the headings.',
)
@click.option(
    "--mode", type=click.Choice(["create", "update", "upsert"]), help="By default upsert with a key, else create."
)
@click.option("--key", help="Field by which a record is found again.")
@click.option(
    "--options", callback=_json, help='JSON, or a file of it: {"encoding", "delimiter", "sheet", "date_order", …}.'
)
@click.option("--as", "user", metavar="EMAIL", help="Whose rights hold; by default the first administrator's.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def import_(
    file: Path, object_name: str | None, mapping: Mapping[str, Any] | None, mode: str | None, key: str | None,
    options: Mapping[str, Any] | None, user: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Import a table (CSV, XLSX, ...) into an object, or a whole export (ZIP) into an empty workspace."""
    if object_name is None:
        if dry_run or any(v is not None for v in (mapping, mode, key, options)):
            raise click.UsageError("--object is missing: an export of everything takes only --as.")
        bring_everything(file, user)
        return

    async def job(database: Database, force: Settings) -> dict[str, Any]:
        workspace = await only_workspace(database)
        async with database.connection() as db:
            actor = await acting(db, workspace, user)
        progress = Progress(file.name)
        async with importing(database):
            status = await carry(
                database, workspace, actor, force.data / "transfer", file, object_name, mapping=mapping,
                mode=mode or ("upsert" if key else "create"), key=key, options=options, dry_run=dry_run, tell=progress,
            )  # fmt: skip
        progress.end()
        if status["errors"]:
            status["list"] = str(force.data / "transfer" / "imports" / f"{status['id']}.csv")
        return status

    status = at_work(job)
    say("\n".join(tale(status)))
    if status.get("list"):
        say(f"Rows that did not go in, with the reasons: {status['list']}")
    if status["change_set"]:
        say(f"Change set {status['change_set']}: it can be undone on the page, under Changes.")
    if status["status"] != "done":
        sys.exit(1)


@click.command()
@click.argument("object_name", metavar="[OBJECT]", required=False)
@click.option("--filter", "filter_", callback=_json, help="JSON, or a file of it, as in the API.")
@click.option("--sort", default="", help="Such as -amount,name.")
@click.option("--fields", default="", help="Names between commas; by default all.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "xlsx", "jsonl", "vcf"]),
    help="By default as the file's name says.",
)
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--as", "user", metavar="EMAIL", help="Whose rights hold; by default the first administrator's.")
def export(
    object_name: str | None, filter_: Any, sort: str, fields: str, format_: str | None, output: Path, user: str | None
) -> None:
    """Write a list to a file: all of it, without a cap. Without OBJECT everything of the workspace, as a ZIP."""
    if object_name is None:
        if filter_ or sort or fields or format_:
            raise click.UsageError("OBJECT is missing: everything takes only -o and --as.")
        take_everything(output, user)
        return
    kind: Any = format_ or {".xlsx": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl", ".vcf": "vcf"}.get(
        output.suffix.lower(), "csv"
    )

    async def job(database: Database, force: Settings) -> int:
        from guanxi import records, transfer
        from guanxi.schema.query import read_query

        workspace = await only_workspace(database)
        async with database.connection() as db:
            catalog = await records.load_catalog(db, workspace)
            actor = await acting(db, workspace, user)
        query = read_query(object_name, {"filter": filter_, "sort": sort, "fields": fields or None})
        size = 0
        asked = {"filter": filter_, "sort": sort or None, "fields": fields or None}
        async with database.transaction(workspace.role, snapshot=True, timeout=0) as db:
            ctx = records.Context(db, workspace, catalog, actor, "command")
            rows = await transfer.count_rows(ctx, query)
            async with database.transaction(workspace.role) as other:
                mark = await transfer.register(replace(ctx, db=other), query, kind, asked, rows)
            with output.open("wb") as file:
                async for chunk in transfer.export(ctx, query, kind, mark=mark, files=Path(force.files)):
                    size += file.write(chunk)
        return size

    size = at_work(job)
    say(f"{output}: {size:,} bytes")
