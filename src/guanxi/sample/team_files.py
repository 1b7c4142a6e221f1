"""A sales team's four files (accounts, products, people in teams, pipeline) made ready for a workspace.

The files are those of a widely used exercise: ``accounts.csv``, ``products.csv``, ``sales_teams.csv`` and
``sales_pipeline.csv``. Here is what they mean: which parts the catalog still lacks, who the people are, and for each
table the rows to import with their mapping. Nothing here touches the database.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from guanxi.sample.tongue import slug
from guanxi.schema.catalog import Catalog
from guanxi.transfer import inspect, rows

FILES: Mapping[str, Sequence[str]] = {
    "accounts": ("account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of"),
    "products": ("product", "series", "sales_price"),
    "sales_teams": ("sales_agent", "manager", "regional_office"),
    "sales_pipeline": (
        "opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "close_value",
    ),
}  # fmt: skip
"""The files by name without ending, and their columns."""

PIPELINE: dict[str, Any] = {
    "op": "add_pipeline",
    "name": "engagement",
    "object": "opportunity",
    "label": {"en": "Engagement", "zh": "客户跟进"},
    "stages": [
        {"name": "prospecting", "label": {"en": "Prospecting", "zh": "寻找商机"}, "probability": 10, "color": "gray"},
        {"name": "engaging", "label": {"en": "Engaging", "zh": "跟进中"}, "probability": 50, "color": "blue"},
        {"name": "won", "label": {"en": "Won", "zh": "赢单"}, "kind": "won", "color": "green"},
        {"name": "lost", "label": {"en": "Lost", "zh": "输单"}, "kind": "lost", "color": "gray"},
    ],
}


class Unfit(Exception):
    """The folder does not hold these files; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the sales team."""

    name: str
    email: str
    region: str
    manager: str = ""
    """Name of the manager; empty for a manager."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to be imported into ``object``, found again by ``key``; ``mapping`` as the API takes it."""

    object: str
    source: str
    key: str
    mapping: dict[str, Any]
    rows: list[dict[str, str]]

    def write(self, path: Path) -> None:
        """As a CSV file; a row keeps its line."""
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, list(self.mapping), extrasaction="ignore")
            out.writeheader()
            out.writerows(self.rows)


@dataclass(slots=True)
class TeamFiles:
    """What the four files hold. ``remarks`` say what was read in another way than it is written."""

    accounts: list[dict[str, str]]
    products: list[dict[str, str]]
    people: list[Person]
    pipeline: list[dict[str, str]]
    remarks: list[str] = field(default_factory=list)

    @property
    def managers(self) -> list[Person]:
        """Those whom others report to."""
        return [p for p in self.people if not p.manager]

    @property
    def regions(self) -> list[str]:
        """Regions in the order in which they appear."""
        return list(dict.fromkeys(p.region for p in self.people if p.region))


def read(folder: Path) -> TeamFiles:
    """The files of a folder. Raises Unfit."""
    tables = {name: _read(folder, name, columns) for name, columns in FILES.items()}
    return TeamFiles(tables["accounts"], tables["products"], _people(tables["sales_teams"]), tables["sales_pipeline"])


def _read(folder: Path, name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    path = next(
        (p for p in sorted(folder.glob(f"{name}.*")) if p.suffix.lower() in (".csv", ".tsv", ".txt", ".xlsx")), None
    )
    if path is None:
        raise Unfit(f"{name}.csv is missing in {folder}")
    found = inspect(path)
    names = [c.name.strip().lower() for c in found.columns]
    missing = [c for c in columns if c not in names]
    if missing:
        raise Unfit(f"{path.name} lacks the columns {', '.join(missing)}")
    at = {c: names.index(c) for c in columns}
    return [{c: cells[i].strip() for c, i in at.items()} for _, cells in rows(path, found)]


def _people(table: list[dict[str, str]]) -> list[Person]:
    """Managers first; an address is made of the name, as nobody's is given."""
    used: dict[str, str] = {}

    def email(name: str) -> str:
        base = ".".join(filter(None, (slug(word) for word in name.replace("-", " ").split()))) or "user"
        address, n = base, 1
        while used.setdefault(address, name) != name:
            n += 1
            address = f"{base}{n}"
        return f"{address}@example.com"

    managers: dict[str, Person] = {}
    agents: dict[str, Person] = {}
    for row in table:
        agent, manager, region = row["sales_agent"], row["manager"], row["regional_office"]
        if manager and manager not in managers:
            managers[manager] = Person(manager, email(manager), region)
        if agent and agent not in managers and agent not in agents:
            agents[agent] = Person(agent, email(agent), region, manager)
    return [*managers.values(), *(a for a in agents.values() if a.name not in managers)]


def changes(files: TeamFiles, catalog: Catalog) -> list[dict[str, Any]]:
    """What the catalog lacks for these files: a pipeline and two fields; none when all is there."""
    out: list[dict[str, Any]] = []
    users, deals = catalog.object("user"), catalog.object("opportunity")
    if "region" not in users.fields:
        label = {"en": "Region", "zh": "区域"}
        out.append(
            {
                "op": "add_field",
                "object": "user",
                "name": "region",
                "type": "select",
                "label": label,
                "options": list(map(_option, files.regions)),
            }
        )
    else:
        there = {o.name for o in users.fields["region"].options}
        out += [
            {"op": "add_option", "object": "user", "field": "region", "option": _option(r)}
            for r in files.regions
            if r not in there
        ]
    if "engage_date" not in deals.fields:
        label = {"en": "Engaged on", "zh": "接触日期"}
        out.append(
            {
                "op": "add_field",
                "object": "opportunity",
                "name": "engage_date",
                "type": "date",
                "label": label,
                "index": True,
            }
        )
    if PIPELINE["name"] not in catalog.pipelines:
        out.append(PIPELINE)
    return out


def _option(name: str) -> dict[str, Any]:
    return {
        "name": name[:100],
        "label": {"en": name[:100], "zh": {"Central": "中部", "East": "东部", "West": "西部"}.get(name, name[:100])},
    }


def tables(files: TeamFiles, catalog: Catalog) -> list[Table]:
    """The imports in their order: products and accounts first, so that the pipeline can link to them."""
    return [_products(files), _accounts(files, catalog), _deals(files)]


def _products(files: TeamFiles) -> Table:
    mapping = {"product": "name", "series": "family", "sales_price": "price"}
    return Table("product", "products", "name", mapping, files.products)


def _accounts(files: TeamFiles, catalog: Catalog) -> Table:
    sectors = _sectors(files, catalog)
    made = [{**row, "revenue": _millions(row["revenue"]), "kind": "company"} for row in files.accounts]
    mapping = {
        "account": "name",
        "kind": "kind",
        "sector": {"field": "industry", "unknown": "add", "values": sectors},
        "year_established": "founded",
        "revenue": "revenue",
        "employees": "employees",
        "office_location": "address.country",
        "subsidiary_of": {"field": "parent", "missing": "empty"},
    }
    return Table("account", "accounts", "name", mapping, made)


def _sectors(files: TeamFiles, catalog: Catalog) -> dict[str, str]:
    """Sectors that are an industry spelt a little differently, with the industry that is meant."""
    known = {o.name for o in catalog.object("account").fields["industry"].options}
    out: dict[str, str] = {}
    counts: dict[str, int] = {}
    for row in files.accounts:
        counts[row["sector"]] = counts.get(row["sector"], 0) + 1
    for sector, n in counts.items():
        plain = sector.lower().replace(" ", "_")
        near = get_close_matches(plain, sorted(known), 1, 0.85)
        if sector and sector not in known and near:
            out[sector] = near[0]
            if near[0] != plain:
                files.remarks.append(f"sector “{sector}” read as {near[0]} ({n:,} accounts)")
    return out


def _millions(text: str) -> str:
    """An amount in millions as a whole one; what is no number stays, to be reported."""
    try:
        return f"{round(float(text.replace(',', '')) * 1_000_000)}" if text else ""
    except (ValueError, OverflowError):
        return text


def _deals(files: TeamFiles) -> Table:
    made = []
    for row in files.pipeline:
        stage = row["deal_stage"].lower()
        names = [n for n in (row["account"], row["product"]) if n]
        closed = row["close_date"] if stage in ("won", "lost") else ""
        made.append(
            {**row, "name": " · ".join(names), "pipeline": PIPELINE["name"], "deal_stage": stage, "closed_on": closed}
        )
    mapping = {
        "opportunity_id": "reference",
        "name": "name",
        "pipeline": "pipeline",
        "deal_stage": "stage",
        "sales_agent": {"field": "owner", "match": "name"},
        "product": {"field": "product", "missing": "create"},
        "account": {"field": "account", "missing": "create"},
        "engage_date": "engage_date",
        "close_date": "close_date",
        "closed_on": "closed_on",
        "close_value": "amount",
    }
    return Table("opportunity", "sales_pipeline", "reference", mapping, made)
