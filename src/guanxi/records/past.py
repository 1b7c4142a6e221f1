"""The table of an object as it was at a moment: rows that nobody has written since, as they are, and the others with what
was written taken back, by the first image that the journal has of each value since.

Who may read a record today may read its past, and nobody else: its predicate is that of today's row. What was deleted
since is back for those who might read it if it were restored; what was created since is not there.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from guanxi.pg import quote
from guanxi.records import access
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE

if TYPE_CHECKING:
    from guanxi.records.compile import Compiler

SYSTEM = ("id", "version", "created_at", "updated_at", "created_by", "updated_by", "deleted_at", "deleted_by")
WRITTEN = "'create', 'update', 'restore'"
"""Kinds of entries that set ``updated_at``."""


def source(c: Compiler, entity: Entity, alias: str, verb: str, deleted: bool) -> str:
    """The whole table as it was, visible rows only."""
    n = c.alias()
    names = ", ".join(f"{n}.{quote(name)}" for name in (*SYSTEM, *entity.stored))
    table, same = _same(c, entity, n, verb, deleted)
    return f"(SELECT {names} FROM {table} WHERE {same} UNION ALL {_taken_back(c, entity, verb, deleted)}) AS {alias}"


def parts(c: Compiler, entity: Entity, alias: str, verb: str) -> list[tuple[str, str]]:
    """The same as two sources with their conditions: what is as it was, in the order of an index if need be, and the rest."""
    return [
        _same(c, entity, alias, verb, deleted=False),
        (f"({_taken_back(c, entity, verb, deleted=False)}) AS {alias}", "TRUE"),
    ]


def _same(c: Compiler, entity: Entity, alias: str, verb: str, deleted: bool) -> tuple[str, str]:
    """The table, and SQL: its row is what it was, and may be seen."""
    then = c.then()
    same = (
        f"{alias}.deleted_at <= {then}" if deleted else f"{alias}.deleted_at IS NULL AND {alias}.updated_at <= {then}"
    )
    return f"{c.table(entity.name)} AS {alias}", same + _reach(c, entity, alias, verb)


def _reach(c: Compiler, entity: Entity, alias: str, verb: str) -> str:
    visible = access.predicate(c.actor, entity, verb)
    if visible == TRUE:
        return ""
    with today(c):
        return f" AND {c.where(entity, alias, visible, trusted=True)}"


@contextmanager
def today(c: Compiler) -> Generator[None]:
    """What is compiled inside is of now: rights are."""
    moment, c.moment = c.moment, None
    try:
        yield
    finally:
        c.moment = moment


def _taken_back(c: Compiler, entity: Entity, verb: str, deleted: bool) -> str:
    n, b, then = c.alias(), c.alias(), c.then()
    journal = c.table("_journal")
    last = f"FROM {journal} AS j WHERE j.record = {n}.id AND j.at <= {then} AND j.kind IN ({WRITTEN}) ORDER BY j.seq DESC LIMIT 1"
    written = f"{n}.updated_at <= {then}"
    columns = [
        f"{n}.id",
        f"{b}.version",
        f"{n}.created_at",
        f"CASE WHEN {written} THEN {n}.updated_at ELSE (SELECT j.at {last}) END AS updated_at",
        f"{n}.created_by",
        f"CASE WHEN {written} THEN {n}.updated_by ELSE (SELECT j.actor {last}) END AS updated_by",
        f"{n}.deleted_at",
        f"{n}.deleted_by",
        *(f"{_value(entity, name, n, b)} AS {quote(name)}" for name in entity.stored),
    ]
    # Under the empty name stands what first happened to the record as a whole.
    images = (
        f"SELECT j.record, min(j.version) - 1 AS version, guanxi.merged(CASE j.kind WHEN 'update' THEN j.before"
        f" ELSE jsonb_build_object('', j.kind) END ORDER BY j.seq DESC) AS images FROM {journal} AS j"
        f" WHERE j.object = {c.bind(entity.name, 'text')} AND j.at > {then} GROUP BY j.record"
    )
    was = f"CASE {b}.images->>'' WHEN 'delete' THEN FALSE WHEN 'restore' THEN TRUE ELSE {n}.deleted_at IS NOT NULL END"
    return (
        f"SELECT {', '.join(columns)} FROM {c.table(entity.name)} AS {n} JOIN ({images}) AS {b} ON {b}.record = {n}.id"
        f" WHERE {n}.created_at <= {then} AND ({n}.updated_at > {then} OR {n}.deleted_at > {then})"
        f" AND {'' if deleted else 'NOT '}{was}{_reach(c, entity, n, verb)}"
    )


def _value(entity: Entity, name: str, n: str, b: str) -> str:
    """SQL of a value as it was: that of the image where there is one, as its column has it."""
    now, key, kind = (
        f"{n}.{quote(name)}",
        "'" + name.replace("'", "''") + "'",
        entity.types[name].column(entity.fields[name]),
    )
    if name in entity.secret:
        return now
    turned = entity.fields[name].former  # then the journal has values of another type as well
    only = f" WHERE guanxi.reads(e, '{kind[:-2]}')" if turned else ""
    if kind == "jsonb":
        was = f"nullif({b}.images->{key}, 'null')"
    elif kind.endswith("[]"):
        was = (
            f"CASE WHEN jsonb_typeof({b}.images->{key}) = 'array'"
            f" THEN ARRAY(SELECT e FROM jsonb_array_elements_text({b}.images->{key}) AS e"
            f"{only})::{kind} END"
        )
    else:
        was = f"({b}.images->>{key})::{kind}"
        if turned:
            was = f"CASE WHEN guanxi.reads({b}.images->>{key}, '{kind}') THEN {was} END"
    return f"CASE WHEN {b}.images ? {key} THEN {was} ELSE {now} END"
