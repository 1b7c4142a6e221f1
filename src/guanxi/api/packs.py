"""Packs: the shape of a workspace as a file, taken out, compared, and put over a workspace."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import packs, records
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import Forbidden

router = APIRouter(route_class=Route, prefix="/api/v1/packs", tags=["packs"])


class CompareBody(Body):
    """A pack's file, or the name of one that comes with the program; `add` puts it over what there is, `same` makes the
    workspace the same as the pack."""

    pack: dict[str, Any] | None = None
    name: str | None = Field(default=None, max_length=100)
    mode: Literal["add", "same"] = "add"


def _may(x: X) -> None:
    if "catalog" not in x.signed_in.actor.grants.system:
        raise Forbidden


@router.get("", summary="The packs of industries")
@needs("catalog")
async def list_packs(x: X) -> Response:
    """`{"data": [{"name", "label", "description", "icon", "changes"}]}`: those that come with the program."""
    _may(x)
    return reply(Answer.of({"data": [{k: v for k, v in p.file().items() if k not in ("guanxi", "sample")} for p in packs.shipped().values()]}))  # fmt: skip


@router.get("/export", summary="This workspace's shape as a pack")
@needs("catalog")
async def export_pack(x: X) -> Response:
    """A file that holds in what this workspace differs from the standard; `POST /packs/compare` takes it."""
    _may(x)
    workspace = x.signed_in.workspace
    async with x.edge.database.connection() as db:
        catalog = await records.load_catalog(db, workspace)
    pack = packs.export(catalog, workspace.name, {"en": workspace.name, "zh": workspace.name})
    return reply(Answer.of(pack.file(), 200, (b"content-disposition", b'attachment; filename="guanxi-pack.json"')))


@router.post("/compare", summary="What leads from this workspace to a pack")
@needs("catalog")
async def compare_pack(x: X, body: CompareBody) -> Response:
    """`{"changes": [...], "kept": [{"object", "field", "mine", "theirs"}]}`: the changes are carried out by
    `POST /catalog/changes`, which also tells their plan; `kept` is what stays because the two do not fit. Stages that records are in stay beside those of the pack, with `add`."""
    _may(x)
    pack = packs.read(body.pack) if body.name is None else packs.find(body.name)
    async with x.edge.database.connection() as db:
        catalog = await records.load_catalog(db, x.signed_in.workspace)
        standing = await records.standing(db, x.signed_in.workspace, catalog)
    found = packs.compare(catalog, pack, whole=body.mode == "same", standing=standing)
    kept = [{k: getattr(c, k) for k in ("object", "field", "mine", "theirs")} for c in found.kept]
    return reply(Answer.of({"changes": found.changes, "kept": kept}))
