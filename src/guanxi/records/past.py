"""The table of an object as it was at a moment: rows that nobody has written since, as they are, and the others with what
was written taken back, by the first image that the journal has of each value since.

Who may read a record today may read its past, and nobody else: its predicate is that of today's row. What was deleted
since is back for those who might read it if it were restored; what was created since is not there.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from guanxi.pg import quote
from guanxi.records import access
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE
from guanxi.schema.query import Sort
from guanxi.schema.types.base import quoted

if TYPE_CHECKING:
    from guanxi.records.compile import Compiler

SYSTEM = (
    "id",
    "version",
    "created_at",
    "updated_at",
    "created_by",
    "updated_by",
    "deleted_at",
    "deleted_by",
    "_archived",
)
WRITTEN = "'create', 'update', 'restore', 'unarchive'"
"""Kinds of entries that set ``updated_at``."""


PLACES: Mapping[str, tuple[str, ...]] = {
    "live": ("live",),
    "bin": ("bin",),
    "archive": ("archive",),
    "kept": ("live", "archive"),
    "away": ("bin", "archive"),
    "any": ("live", "bin", "archive"),
}
"""What the compiler's words for where records are take in."""


def source(c: Compiler, entity: Entity, alias: str, verb: str, of: str) -> str:
    """The whole table as it was, visible rows only; ``of`` says which of them."""
    n = c.alias()
    names = ", ".join(f"{n}.{quote(name)}" for name in (*SYSTEM, *entity.stored))
    table, same = _same(c, entity, n, verb, of)
    return f"(SELECT {names} FROM {table} WHERE {same} UNION ALL {_taken_back(c, entity, verb, of)}) AS {alias}"


def parts(c: Compiler, entity: Entity, alias: str, verb: str) -> list[tuple[str, str]]:
    """The same as two sources with their conditions: what is as it was, in the order of an index if need be, and the rest."""
    return [
        _same(c, entity, alias, verb),
        (_taken_back(c, entity, verb, alias=alias), "TRUE"),
    ]


def closer(
    c: Compiler,
    entity: Entity,
    alias: str,
    verb: str,
    key: Sort,
    parts: list[str],
    first: tuple[str, str],
    beside: tuple[str, str],
    most: str,
) -> tuple[str, list[str]]:
    """CTEs, and the parts of a page of the past (what is as it was, and the rest), each at most ``most``, so that its cost follows
    the page: what is as it was fills one already, and of the rest only what comes no later than its end is looked for.

    ``first`` is SQL of those that are as they were: what is wanted of each, and their ids and keys ``f``, at most as many already.
    They are sorted without what their order does not need. ``beside`` is SQL of a part, before and behind its source."""
    s, b = c.alias(), c.alias()
    cte, sources = near(c, entity, alias, verb, key, f"(SELECT {b}.edge FROM {b})")
    if not sources:
        return "", parts
    rest, (whole, few), (table, visible) = parts[1], first, _same(c, entity, alias, verb)
    furthest = f"SELECT _k0 FROM {s} ORDER BY _k0 {'ASC' if key.descending else 'DESC'} LIMIT 1"
    full = f"SELECT count(*) FROM (SELECT FROM {s}) AS f"
    ctes = [
        f"{s} AS MATERIALIZED ({whole} FROM ({few}) AS f JOIN {table} ON {alias}.id = f.id AND {visible})",
        f"{b} AS MATERIALIZED (SELECT ({full}) >= {most.removeprefix(' LIMIT ')} AS enough, ({furthest}) AS edge)",
        *([cte] if cte else []),
    ]
    enough = f"(SELECT {b}.enough FROM {b})"
    out = [f"SELECT * FROM ({beside[0]} FROM {source}{beside[1]}) AS n WHERE {enough}" for source in sources]
    out.append(f"SELECT * FROM ({rest}{most}) AS n WHERE NOT {enough}")
    return f"WITH {', '.join(ctes)} ", [f"SELECT * FROM {s}", *out]


def near(c: Compiler, entity: Entity, alias: str, verb: str, key: Sort, edge: str) -> tuple[str, list[str]]:
    """CTEs, and sources of what was written since and comes, in the order of the sort's first key, no later than ``edge`` (SQL of
    a value of that key): those whose key is what it was, in the order of its index, and those whose key was another.

    Nothing where the key is not one that the record itself has: what it leads to has a past of its own."""
    name = key.path[0]
    f, kind = entity.fields.get(name), entity.types.get(name)
    if (
        f is None
        or kind is None
        or len(key.path) > 1
        or kind.link
        or kind.anywhere
        or f.former
        or c.veil(entity, alias, name)
    ):
        return "", []
    lasting = name in ("id", "created_at")
    if not (lasting or name == "updated_at" or (name in entity.stored and name not in entity.secret)):
        return "", []
    n, k, then, op = c.alias(), c.alias(), c.then(), ">=" if key.descending else "<="
    live = kind.sort_sql(f, f"{n}.{quote(name)}")
    # Where an index has the key's order, records are walked in that: spelt so that no other index serves. Without one, only
    # what was written since is looked at, and not the whole table once more.
    since = f"({n}.updated_at > {then} OR {n}.deleted_at > {then})" + (" IS TRUE" if entity.ordered(name) else "")
    if lasting:
        return "", [_taken_back(c, entity, verb, n=n, only=f"{live} {op} {edge} AND {since}", alias=alias)]
    entries = f"FROM {c.table('_journal')} AS j WHERE j.object = {c.bind(entity.name, 'text')}"
    if name == "updated_at":
        first, last = (edge, then) if key.descending else ("'-infinity'", edge)
        cte = (
            f"{k} AS MATERIALIZED (SELECT DISTINCT j.record {entries} AND j.at BETWEEN {first} AND {last}"
            f" AND j.at <= {then} AND j.kind IN ({WRITTEN}))"
        )
        still = f"{live} {op} {edge} AND {n}.updated_at <= {then} AND {n}.deleted_at > {then}"
        only = f"{n}.id IN (SELECT record FROM {k}) AND {n}.updated_at > {then}"
    else:
        label = quoted(name)
        was = kind.sort_sql(f, f"(j.before->>{label})::{kind.column(f)}")
        cte = f"{k} AS MATERIALIZED (SELECT j.record, {was} AS key {entries} AND j.at > {then} AND j.before ? {label})"
        still = f"{live} {op} {edge} AND {since} AND {n}.id NOT IN (SELECT record FROM {k})"
        only = f"{n}.id IN (SELECT record FROM {k} WHERE key {op} {edge})"
    return cte, [
        _taken_back(c, entity, verb, n=n, only=still, lasting=name, alias=alias),
        _taken_back(c, entity, verb, n=n, only=only, alias=alias),
    ]


def _same(c: Compiler, entity: Entity, alias: str, verb: str, of: str = "live") -> tuple[str, str]:
    """The table, and SQL: its row is what it was, and may be seen."""
    then = c.then()
    same = {
        "live": f"{alias}.deleted_at IS NULL AND {alias}.updated_at <= {then}",
        "bin": f"{alias}.deleted_at <= {then} AND NOT {alias}._archived",
        "archive": f"{alias}.deleted_at <= {then} AND {alias}._archived",
    }
    any_of = [same[place] for place in PLACES[of]]
    one = any_of[0] if len(any_of) == 1 else f"({' OR '.join(any_of)})"
    return f"{c.table(entity.name)} AS {alias}", one + _reach(c, entity, alias, verb)


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


def _taken_back(
    c: Compiler,
    entity: Entity,
    verb: str,
    of: str = "live",
    *,
    n: str = "",
    only: str = "",
    lasting: str = "",
    alias: str = "",
) -> str:
    """What was written since, with that taken back; as a source where there is an ``alias``. With ``only``, SQL about the row ``n``
    of today, each of those few is looked for alone; ``lasting`` is a field that none of them has had written since."""
    n, b, then = n or c.alias(), c.alias(), c.then()
    journal = c.table("_journal")
    last = f"FROM {journal} AS j WHERE j.record = {n}.id AND j.at <= {then} AND j.kind IN ({WRITTEN}) ORDER BY j.seq DESC LIMIT 1"
    written = f"{n}.updated_at <= {then}"
    at = f"CASE WHEN {written} THEN {n}.updated_at ELSE (SELECT j.at {last}) END"
    columns = [
        f"{n}.id",
        f"{b}.version",
        f"{n}.created_at",
        f"{n}.updated_at" if lasting == "updated_at" else f"{at} AS updated_at",
        f"{n}.created_by",
        f"CASE WHEN {written} THEN {n}.updated_by ELSE (SELECT j.actor {last}) END AS updated_by",
        *_leave(c, n, b, of),
        *(
            f"{f'{n}.{quote(name)}' if name == lasting else _value(entity, name, n, b)} AS {quote(name)}"
            for name in entity.stored
        ),
    ]
    # Under the empty name stands what first happened to the record as a whole.
    which = f"j.record = {n}.id" if only else f"j.object = {c.bind(entity.name, 'text')}"
    images = (
        f"SELECT j.record, min(j.version) - 1 AS version, guanxi.merged(CASE j.kind WHEN 'update' THEN j.before"
        f" ELSE jsonb_build_object('', j.kind) END ORDER BY j.seq DESC) AS images FROM {journal} AS j"
        f" WHERE {which} AND j.at > {then} GROUP BY j.record"
    )
    beside = f"CROSS JOIN LATERAL ({images}) AS {b}" if only else f"JOIN ({images}) AS {b} ON {b}.record = {n}.id"
    since = only or f"({n}.updated_at > {then} OR {n}.deleted_at > {then})"
    sql = (
        f"SELECT {', '.join(columns)} FROM {c.table(entity.name)} AS {n} {beside}"
        f" WHERE {n}.created_at <= {then} AND {since}"
        f" AND {_place(n, b)} IN ({', '.join(quoted(place) for place in PLACES[of])}){_reach(c, entity, n, verb)}"
    )
    return f"({sql}) AS {alias}" if alias else sql


def _place(n: str, b: str) -> str:
    """SQL of where a record was: before what first happened to it as a whole, or where nothing did, where it is."""
    return (
        f"CASE {b}.images->>'' WHEN 'delete' THEN 'live' WHEN 'archive' THEN 'live' WHEN 'restore' THEN 'bin'"
        f" WHEN 'unarchive' THEN 'archive' ELSE CASE WHEN {n}.deleted_at IS NULL THEN 'live' WHEN {n}._archived THEN 'archive'"
        " ELSE 'bin' END END"
    )


def _leave(c: Compiler, n: str, b: str, of: str) -> list[str]:
    """SQL of when and by whom a record was put where it was, and of whether that was the archive."""
    if of == "live":
        return ["NULL::timestamptz AS deleted_at", "NULL::uuid AS deleted_by", "FALSE AS _archived"]
    put = (
        f"FROM {c.table('_journal')} AS j WHERE j.record = {n}.id AND j.at <= {c.then()} AND j.kind IN ('delete', 'archive')"
        f" AND {_place(n, b)} <> 'live' ORDER BY j.seq DESC LIMIT 1"
    )
    return [
        f"(SELECT j.at {put}) AS deleted_at",
        f"(SELECT j.actor {put}) AS deleted_by",
        f"{_place(n, b)} = 'archive' AS _archived",
    ]


def _value(entity: Entity, name: str, n: str, b: str) -> str:
    """SQL of a value as it was: that of the image where there is one, as its column has it."""
    now, key, kind = (
        f"{n}.{quote(name)}",
        quoted(name),
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
