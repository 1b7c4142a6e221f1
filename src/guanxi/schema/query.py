"""A read as a value: which records of an object, in which order, showing what. Also its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.shape import mapping, names, sequence
from guanxi.schema.filter import TRUE, Filter, Search, both, parse

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
MAX_SORT = 5
MAX_FIELDS = 1000
MAX_SKIP = 10_000_000

ARCHIVED: Mapping[str, str] = {"": "live", "only": "archive", "with": "kept"}
"""Where records are that are asked for, by what is said about the archive."""

FUNCTIONS = ("count", "count_distinct", "sum", "avg", "min", "max", "median")
GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of an order; empty values come last either way."""

    path: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A list of records. ``fields`` None means all that the reader may see; ``limit`` None means no limit (export)."""

    object: str
    filter: Filter = TRUE
    sort: tuple[Sort, ...] = ()
    fields: tuple[str, ...] | None = None
    limit: int | None = DEFAULT_LIMIT
    cursor: str | None = None
    count: bool = False
    totals: tuple[str, ...] = ()
    deleted: bool = False
    archived: str = ""
    """``with``: those in the archive too; ``only``: only those."""
    skip: int = 0
    """Records to pass over: for a jump to the middle of a list. To go on from there, the cursor is quicker."""
    as_of: datetime | None = None
    """Records as they were at this moment."""

    @property
    def of(self) -> str:
        """Where the records are."""
        return "bin" if self.deleted else ARCHIVED[self.archived]


@dataclass(frozen=True, slots=True)
class Group:
    """A key to group by; ``grain`` cuts dates."""

    path: tuple[str, ...]
    grain: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a group, answered under the name ``name``."""

    function: str
    path: tuple[str, ...] | None
    name: str


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A grouped read."""

    object: str
    filter: Filter
    group: tuple[Group, ...]
    measures: tuple[Measure, ...]
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = 1000
    of: str = "live"
    as_of: datetime | None = None


def unknown(what: Mapping[str, Any], allowed: set[str]) -> list[FieldError]:
    """An error for each parameter that is not allowed."""
    return [FieldError(str(k), "unknown_parameter") for k in what if k not in allowed]


def read_sort(text: Any) -> tuple[Sort, ...]:
    """``-amount,name`` as sort keys."""
    if text is None or text == "":
        return ()
    if (listed := names(text)) is not None:
        text = ",".join(listed)
    if not isinstance(text, str):
        raise Invalid.one("sort", "wrong_type", expected='"-amount,name"')
    keys = [k.strip() for k in text.split(",")]
    if len(keys) > MAX_SORT:
        raise Invalid.one("sort", "too_complex", limit=MAX_SORT)
    return tuple(Sort(tuple(k.lstrip("+-").split(".")), k.startswith("-")) for k in keys if k)


def read_fields(value: Any) -> tuple[str, ...] | None:
    """A list of names, or names between commas."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = [v.strip() for v in value.split(",") if v.strip()]
    found = names(value)
    if found is None:
        raise Invalid.one("fields", "wrong_type", expected="a list of names")
    if len(found) > MAX_FIELDS:
        raise Invalid.one("fields", "too_complex", limit=MAX_FIELDS)
    return tuple(dict.fromkeys(found))


def read_limit(value: Any, default: int = DEFAULT_LIMIT, most: int = MAX_LIMIT) -> int:
    """A limit from 1 to ``most``."""
    if value is None or value == "":
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise Invalid.one("limit", "bad_limit", max=most)
    return value


def read_skip(value: Any) -> int:
    """How many records to pass over."""
    if value is None or value == "":
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SKIP:
        raise Invalid.one("skip", "bad_skip", max=MAX_SKIP)
    return value


def read_moment(name: str, value: Any) -> datetime | None:
    """A moment with its offset from UTC; None when nothing is given."""
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Invalid.one(name, "not_a_datetime", value=str(value)[:50])


def read_archived(value: Any) -> str:
    """What is said about the archive: a key of :data:`ARCHIVED`."""
    if value not in (None, *ARCHIVED):
        raise Invalid.one("archived", "not_an_option", value=str(value)[:60])
    return value or ""


QUERY_KEYS = {
    "filter",
    "sort",
    "fields",
    "limit",
    "cursor",
    "skip",
    "include",
    "q",
    "bin",
    "archived",
    "totals",
    "as_of",
}


def read_query(object_name: str, raw: Any) -> Query:
    """A Query from its JSON form; unknown keys are errors. Raises Invalid."""
    what = mapping(raw)
    if what is None:
        raise Invalid.one(None, "wrong_type", expected="an object")
    errors = unknown(what, QUERY_KEYS)
    if errors:
        raise Invalid(errors=errors)
    include = read_fields(what.get("include")) or ()
    for name in include:
        if name not in ("count", "totals"):
            raise Invalid.one("include", "not_an_option", value=name)
    wanted = parse(what.get("filter"))
    text = what.get("q")
    if text is not None and not isinstance(text, str):
        raise Invalid.one("q", "wrong_type", expected="a text")
    if text and text.strip():
        wanted = both(wanted, Search(text))
    cursor = what.get("cursor")
    if cursor is not None and not isinstance(cursor, str):
        raise Invalid.one("cursor", "bad_cursor")
    deleted = what.get("bin", False)
    if deleted not in (True, False, "true", "false"):
        raise Invalid.one("bin", "wrong_type", expected="true or false")
    archived = read_archived(what.get("archived"))
    if archived and deleted in (True, "true"):
        raise Invalid.one("archived", "not_with_bin")
    return Query(
        object_name,
        wanted,
        read_sort(what.get("sort")),
        read_fields(what.get("fields")),
        read_limit(what.get("limit")),
        cursor or None,
        "count" in include,
        (read_fields(what.get("totals")) or ("*",)) if "totals" in include else (),
        deleted in (True, "true"),
        archived,
        read_skip(what.get("skip")),
        read_moment("as_of", what.get("as_of")),
    )


def read_aggregation(object_name: str, raw: Any) -> Aggregation:
    """An Aggregation from its JSON form. Raises Invalid."""
    what = mapping(raw)
    if what is None:
        raise Invalid.one(None, "wrong_type", expected="an object")
    errors = unknown(what, {"filter", "group", "measures", "sort", "limit", "q", "archived", "as_of"})
    if errors:
        raise Invalid(errors=errors)
    asked: Any = what.get("group") or []
    raw_groups = sequence([asked] if isinstance(asked, str) else asked)
    raw_measures = sequence(what.get("measures") or [{"fn": "count", "as": "count"}])
    if raw_groups is None or len(raw_groups) > 5:
        raise Invalid.one("group", "wrong_type", expected="a list of at most 5 fields")
    if raw_measures is None or not 0 < len(raw_measures) <= 50:
        raise Invalid.one("measures", "wrong_type", expected="a list of at most 50 measures")
    groups = tuple(_group(g) for g in raw_groups)
    measures = tuple(_measure(m) for m in raw_measures)
    if len({m.name for m in measures}) != len(measures):
        raise Invalid.one("measures", "name_taken", value="as")
    sort = read_sort(what.get("sort"))
    wanted = parse(what.get("filter"))
    text = what.get("q")
    if text is not None and not isinstance(text, str):
        raise Invalid.one("q", "wrong_type", expected="a text")
    if text and text.strip():
        wanted = both(wanted, Search(text))
    return Aggregation(
        object_name,
        wanted,
        groups,
        measures,
        tuple((".".join(s.path), s.descending) for s in sort),
        read_limit(what.get("limit"), 1000, 10_000),
        ARCHIVED[read_archived(what.get("archived"))],
        read_moment("as_of", what.get("as_of")),
    )


def _group(what: Any) -> Group:
    if isinstance(what, str) and what:
        return Group(tuple(what.split(".")))
    form = mapping(what)
    if form is not None and isinstance(form.get("field"), str) and set(form) <= {"field", "grain"}:
        grain = form.get("grain") or ""
        if grain and grain not in GRAINS:
            raise Invalid.one(form["field"], "not_an_option", value=str(grain)[:60])
        return Group(tuple(form["field"].split(".")), grain)
    raise Invalid.one("group", "wrong_type", expected='a field or {"field", "grain"}')


def _measure(raw: Any) -> Measure:
    what = mapping(raw)
    if what is None or not set(what) <= {"fn", "field", "as"}:
        raise Invalid.one("measures", "wrong_type", expected='{"fn", "field", "as"}')
    function, path, name = what.get("fn"), what.get("field"), what.get("as")
    if function not in FUNCTIONS:
        raise Invalid.one("measures", "not_an_option", value=str(function)[:60])
    if (path is not None and (not isinstance(path, str) or not path)) or (path is None and function != "count"):
        raise Invalid.one("measures", "required")
    if name is None:
        name = f"{function}_{path}".replace(".", "_") if path else function
    if not isinstance(name, str) or not 0 < len(name) <= 60 or "\0" in name:
        raise Invalid.one("measures", "bad_name", value=str(name)[:60])
    return Measure(function, tuple(path.split(".")) if path else None, name)
