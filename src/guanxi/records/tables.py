"""From a catalog to tables: what columns and indexes there should be, what there are, and the statements between.

Nothing is ever dropped here: a field or an object that is retired keeps its column or table under another name, until
somebody purges it on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from guanxi.pg import Connection
from guanxi.records import alike, grams
from guanxi.records.compile import quote
from guanxi.schema.catalog import Catalog, Entity

SYSTEM_COLUMNS: Mapping[str, str] = {
    "id": "uuid PRIMARY KEY",
    "version": "integer NOT NULL DEFAULT 1",
    "created_at": "timestamptz NOT NULL DEFAULT now()",
    "updated_at": "timestamptz NOT NULL DEFAULT now()",
    "created_by": "uuid",
    "updated_by": "uuid",
    "deleted_at": "timestamptz",
    "deleted_by": "uuid",
    "_archived": "boolean NOT NULL DEFAULT FALSE",
    "_signature": grams.SIGNATURE,
}
FILLED = frozenset(name for name, kind in SYSTEM_COLUMNS.items() if "NOT NULL" in kind)
MAX_NAME = 63


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a plan. ``what`` says it in words; ``big`` marks what takes long on a big table. ``table`` is the
    object whose table it changes, ``target`` the one that it points to."""

    what: str
    sql: str
    big: bool = False
    table: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """A wanted index: its name says all that it depends on, so that names alone are compared."""

    name: str
    table: str
    sql: str


def index_name(table: str, *parts: str) -> str:
    """A name of at most 63 bytes, stable for the same parts; it ends with the last of them.

    The dots keep ``a_b.c`` and ``a.b_c`` apart.
    """
    name = ".".join((table, *parts))
    if len(name) <= MAX_NAME:
        return name
    end = f".{hash_text(name):08x}.{parts[-1][:12]}"
    return name[: MAX_NAME - len(end)] + end


def hash_text(text: str) -> int:
    """A stable hash (FNV-1a, 32 bits) of a name."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def columns(entity: Entity) -> dict[str, str]:
    """The wanted columns of an entity's table: name to SQL type with its constraints."""
    out = dict(SYSTEM_COLUMNS)
    for name in entity.stored:
        out[name] = entity.types[name].ddl(entity.fields[name])
    return out


def indexes(entity: Entity, schema: str) -> list[Index]:
    """The wanted indexes of an entity's table.

    Of an order only records that have a value are part: most fields are empty in most records, every change of a record goes
    into all indexes, and a list reads what is empty last and by itself. Whose records nobody has is asked often."""
    table = f"{quote(schema)}.{quote(entity.name)}"
    out: list[Index] = []

    def add(kind: str, name: str, body: str, unique: bool = False) -> None:
        full = index_name(entity.name, name, kind)
        out.append(
            Index(full, entity.name, f"CREATE {'UNIQUE ' if unique else ''}INDEX {quote(full)} ON {table} {body}")
        )

    add("order", "deleted_at", "(deleted_at, id) WHERE deleted_at IS NOT NULL")
    for name, f in entity.fields.items():
        kind = entity.types[name]
        column = quote(name)
        if name == "id" or not kind.readable:
            continue
        if name == entity.pool and (since := f"{name}_since") in entity.fields:  # in the pool's own order
            add("since.order", name, f"({column}, {quote(since)}, id) WHERE {column} IS NOT NULL")
            continue
        if f.unique:
            add("unique", name, f"({column}) WHERE deleted_at IS NULL", unique=True)
        if kind.index == "gin":
            if f.index or kind.link:
                add("gin", name, f"USING gin ({column})")
        elif entity.ordered(name):
            always = name in FILLED or name == entity.owner
            keys = [("order", column), *([("sorted.order", kind.sort_sql(f, column))] if kind.sorted_apart else [])]
            for end, key in keys:
                add(
                    end if always else f"filled.{end}",
                    name,
                    f"({key}, id)" + ("" if always else f" WHERE {key} IS NOT NULL"),
                )
    for name, how in dict.fromkeys(alike.indexed(entity)):
        add(f"{how}.alike", name, f"(({alike.key(how, quote(name))})) WHERE deleted_at IS NULL")
    return out


async def actual(db: Connection, schema: str) -> tuple[dict[str, dict[str, str]], set[str]]:
    """The tables that there are, each with its columns and their types, and the names of all indexes and sequences."""
    rows = await db.fetch(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = %(schema)s"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind = 'r'",
        {"schema": schema},
    )
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    names = await db.fetch(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %(schema)s AND i.indisvalid"
        " UNION ALL SELECT sequencename FROM pg_sequences WHERE schemaname = %(schema)s",
        {"schema": schema},
    )
    return tables, {row[0] for row in names}


def plan(
    catalog: Catalog,
    schema: str,
    tables: Mapping[str, Mapping[str, str]],
    there: set[str],
    turned: Collection[str] = (),
) -> list[Step]:
    """The statements that make the tables what the catalog wants; empty when they are. ``turned`` are the fields
    (``account.tier``) whose columns others take the place of at this moment."""
    steps: list[Step] = []
    links: list[Step] = []
    wanted_indexes: set[str] = set()
    for entity in catalog.entities.values():
        name = f"{quote(schema)}.{quote(entity.name)}"
        wanted = columns(entity)
        have = tables.get(entity.name)
        if have is None:
            body = ", ".join(f"{quote(c)} {t}" for c, t in wanted.items())
            steps.append(Step(f"create table {entity.name}", f"CREATE TABLE {name} ({body})"))
        else:
            for column, kind in wanted.items():
                if column in have:
                    continue
                parked = retired_name(column)
                if parked in have:
                    steps.append(
                        Step(
                            f"restore {entity.name}.{column}",
                            f"ALTER TABLE {name} RENAME {quote(parked)} TO {quote(column)}",
                            table=entity.name,
                        )
                    )
                else:
                    sql = f"ALTER TABLE {name} ADD {quote(column)} {kind}"
                    steps.append(Step(f"add {entity.name}.{column}", sql, table=entity.name))
            for column in have:
                if column not in wanted and not column.startswith("_"):
                    parked = retired_name(column)
                    steps.append(
                        Step(
                            f"retire {entity.name}.{column}",
                            f"ALTER TABLE {name} RENAME {quote(column)} TO {quote(parked)}",
                            table=entity.name,
                        )
                    )
        for column, f in entity.fields.items():
            kind = entity.types[column]
            if not kind.link or kind.many or f.system or kind.anywhere or f.target not in catalog.entities:
                continue
            if have is None or f"{entity.name}.{column}" in turned or not have.keys() & {column, retired_name(column)}:
                key = index_name(entity.name, column, "fkey")
                links.append(
                    Step(
                        f"link {entity.name}.{column}",
                        f"ALTER TABLE {name} ADD CONSTRAINT {quote(key)} FOREIGN KEY ({quote(column)})"
                        f" REFERENCES {quote(schema)}.{quote(f.target or '')} (id) NOT VALID",
                        table=entity.name,
                        target=f.target or "",
                    )
                )
        for index in indexes(entity, schema):
            wanted_indexes.add(index.name)
            if index.name not in there:
                links.append(Step(f"index {index.name}", index.sql, big=have is not None, table=entity.name))
        for f in entity.autonumbers:
            sequence = sequence_name(entity.name, f.name)
            if sequence not in there:
                start = int(f.config.get("start", 1))
                sql = f"CREATE SEQUENCE {quote(schema)}.{quote(sequence)} MINVALUE {min(start, 1)} START {start}"
                links.append(Step(f"number {entity.name}.{f.name}", sql))
    links.extend(
        Step(f"drop index {name}", f"DROP INDEX IF EXISTS {quote(schema)}.{quote(name)}", table=name.partition(".")[0])
        for name in sorted(there - wanted_indexes)
        if name.endswith((".order", ".unique", ".gin", ".alike")) and name.partition(".")[0] in catalog.entities
    )
    return steps + links


def retired_name(column: str) -> str:
    """The name under which a retired field's column waits to be restored or purged."""
    return index_name("_retired", column)


def sequence_name(object_name: str, field_name: str) -> str:
    """The sequence that numbers an auto-number field."""
    return index_name("_number", object_name, field_name)
