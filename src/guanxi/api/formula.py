"""Help for who writes formulas: the functions that there are, and what a formula would say."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import records
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, reply
from guanxi.schema.formula.functions import FUNCTIONS, GROUPS

router = APIRouter(route_class=Route, prefix="/api/v1/formula", tags=["catalog"])


class FormulaBody(Body):
    """A formula on the records of an object; `result` is the field type that it is to be shown as."""

    object: Annotated[str, Field(max_length=40)]
    expression: Annotated[str, Field(max_length=10_000)]
    result: Annotated[str, Field(max_length=40)] = ""


@router.get("/functions", summary="The functions of formulas")
async def functions(x: X) -> Response:
    """`{"groups": [{"name", "label", "functions": [{"name", "usage", "help", "example"}]}]}`, in both languages."""
    _ = x.signed_in
    groups = [
        {
            "name": name,
            "label": label,
            "functions": [
                {"name": f.name, "usage": f.usage, "help": f.help, "example": f.example}
                for f in FUNCTIONS.values()
                if f.group == name
            ],
        }
        for name, label in GROUPS.items()
    ]
    return reply(Answer.of({"groups": groups}))


@router.post("/check", summary="Try a formula")
async def check(x: X, body: FormulaBody) -> Response:
    """`{"type", "kind", "fields", "samples": [{"id", "title", "value"}], "error"}`: what the formula results in, the fields that
    it uses, its values for the records changed last, or `error` `{"code", "message", "at", "end"}` with its place in characters."""
    async with x.edge.reading(x.signed_in) as ctx:
        found = await records.check_formula(ctx, body.object, body.expression, body.result)
    return reply(Answer.of(found))
