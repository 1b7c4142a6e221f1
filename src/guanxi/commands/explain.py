"""Why somebody may or may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guanxi.commands.surroundings import acting, at_work, only_workspace, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.pg import Database


@click.command()
@click.option("--as", "user", required=True, metavar="EMAIL", help="The user in question.")
@click.argument("object_name", metavar="OBJECT")
@click.argument("id")
def explain(user: str, object_name: str, id: str) -> None:
    """Print every ground on which EMAIL may do something with a record, and whether it holds."""

    async def job(database: Database, _: Settings) -> None:
        from guanxi import records

        workspace = await only_workspace(database)
        async with database.connection() as db:
            catalog = await records.load_catalog(db, workspace)
            asked = await acting(db, workspace, user)
        async with database.connection(workspace.role) as db:
            ctx = records.Context(db, workspace, catalog, records.system_actor(workspace, "en"), "command")
            found = await records.explain(ctx, object_name, id, asked.id)
        say(f"{asked.name} <{asked.email}>, role {asked.role or '(none)'}: {object_name} {id}")
        for verb, answer in found["verbs"].items():
            say(f"{'yes' if answer['may'] else 'no ':4}{verb}")
            for ground in answer["grounds"]:
                limit = " (a limit: it must hold)" if ground.get("limit") else ""
                say(f"      {'+' if ground['true'] else '-'} {ground['reason']}{limit}")
                if via := ground.get("via"):
                    say(f"        {via['object']} {via['id']} {via['title']}")
        for right in ("none", "read"):
            names = [n for n, r in found["fields"].items() if r == right]
            if names:
                say(f"fields {'hidden' if right == 'none' else 'read only'}: {', '.join(names)}")

    at_work(job)
