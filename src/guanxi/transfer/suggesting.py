"""Which field a file's columns probably mean: by what they are called, by what they hold, and by what stands before them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from guanxi.base.ids import is_ours
from guanxi.records.context import Actor
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.types.contacts import country_of
from guanxi.transfer.mapping import REFERENCE, Target, is_constant, normal, targets
from guanxi.transfer.synonyms import NEVER, ONLY, PHRASES, PLACES, called, loose
from guanxi.transfer.table import Column

SURE = 0.6
"""Suggestions less sure than this (0 to 1) are not made."""


def _names(target: Target, entity: Entity, catalog: Catalog) -> dict[str, float]:
    """What this target is called, each with how sure one can be."""
    f = target.field
    found: dict[str, float] = {}
    if target.child:  # names of lines are those of products, and so on: only a known file says which is meant
        return found
    if target.via:  # called by the link and by what it is there: nothing is taken for it that says only half
        link = entity.fields[target.via]
        linked = catalog.entities[link.target or ""]
        there = Target(target.path.partition(".")[2], f, target.part, f.label)
        ways = [normal(text) for text in (*link.label.values(), link.name, *linked.definition.label.values())]
        for name, score in _names(there, linked, catalog).items():
            for way in ways:
                found[f"{way} {name}"] = found[f"{way}{name}"] = score * 0.95
                if f.unique and name.startswith(way):  # an order's number is called so beside its lines, too
                    found[name] = max(found.get(name, 0.0), score * 0.95)
        found |= {name: 0.9 for name in PHRASES.get(f">{link.target}.{f.name}", ()) if not target.part}
        if f.name == REFERENCE:  # the number of whom another column names: AccountId beside AccountName
            for name, score in _names(Target(link.name, link, "", link.label), entity, catalog).items():
                bare = name.removesuffix(" primary")  # of several, the one that stands for them
                found |= {f"{bare} {n}": score * 0.94 for n in ("id", "ids")} | dict.fromkeys(
                    (f"{bare} ids primary", f"primary {bare} id"), score * 0.95
                )
        return found

    def add(name: str, score: float) -> None:
        if name:
            found[name] = max(found.get(name, 0.0), score)

    if target.of:  # called by what it is: its number says more than its name
        linked = catalog.entities[target.of]
        ways = [normal(text) for text in (*linked.definition.label.values(), target.of)]
        for name in (*ways, *PHRASES.get(f">{target.of}", ())):
            add(name, 0.9)
            for number in ("id", "ids", "name id"):
                add(f"{name.removesuffix(' name')} {number}", 0.95)
        return found

    for label in target.label.values():
        add(normal(label), 1.0)
    if not target.part:
        add(normal(f.name), 1.0)
    tail = f".{target.part}" if target.part else ""
    selectors = [f"{entity.name}:{f.name}{tail}", f":{f.name}{tail}", f"~{f.type}{tail}"]
    if f.target and not tail and f.target != entity.name and f.type in ("link", "links"):
        selectors.append(f">{f.target}")
    if f.name == REFERENCE and not tail:
        for way in (*entity.definition.label.values(), entity.name):
            add(f"{normal(way)} id", 0.97)
    own = f"{entity.name}:{f.name}" in PHRASES
    for selector in selectors:
        if selector.startswith(":") and own:
            continue
        phrases = PHRASES.get(selector, ())
        for i, phrase in enumerate(phrases):
            weak = (
                0.85 if "location" in phrase else 0.75 if f.name == "stage" and phrase in ("status", "商机状态") else 0
            )
            add(phrase, weak or 1.0 - 0.05 * i / len(phrases))
    return found


def _similarity(heading: str, names: Mapping[str, float], object_name: str, link: bool = False) -> float:
    """How well a normalised heading fits one of the names (0–1); a link's may say that it holds numbers."""
    best = names.get(heading, 0.0)
    if best:
        return best
    for place, sure in PLACES.items():
        if heading.startswith(place) and len(heading) > len(place) and object_name in ONLY.get(place, {object_name}):
            rest = heading[len(place) :]
            if rest[0] == " " or not place.isascii():
                best = max(best, names.get(rest.strip(), 0.0) * sure)
    bare = re.sub(
        r"( (1|ids?|value|name|number|编号|号码)|(?<=[^\x00-\x7f])1)$"
        if link
        else r"( (1|value|name|number|编号|号码)|(?<=[^\x00-\x7f])1)$",
        "",
        heading,
    )
    if bare != heading:
        best = max(best, names.get(bare, 0.0) * 0.8)
    if best:
        return best
    for name, sure in names.items():
        if heading.isascii() != name.isascii() or min(len(heading), len(name)) < 3:
            continue
        if heading.isascii():
            if abs(len(heading) - len(name)) <= 3:
                ratio = SequenceMatcher(None, heading, name).ratio()
                if ratio >= 0.86:
                    best = max(best, ratio * sure * 0.9)
            if set(heading.split()) == set(name.split()):
                best = max(best, 0.9 * sure)
        elif name in heading:
            best = max(best, sure * 0.85 * (len(name) / len(heading)) ** 0.5)
    return best


# -- values ----------------------------------------------------------------------------------------------------------

_FITS: dict[str, frozenset[str]] = {
    "email": frozenset({"email"}),
    "phone": frozenset({"phone", "integer"}),
    "url": frozenset({"url", "text"}),
    "date": frozenset({"date", "datetime"}),
    "datetime": frozenset({"date", "datetime"}),
    "integer": frozenset({"integer", "decimal"}),
    "decimal": frozenset({"integer", "decimal", "money", "percent"}),
    "money": frozenset({"integer", "decimal", "money"}),
    "percent": frozenset({"integer", "decimal", "percent"}),
    "boolean": frozenset({"boolean", "integer"}),
    "rating": frozenset({"integer", "decimal", "text"}),
    "person": frozenset({"text", "select"}),
}


_SHORT = 5
"""Whole numbers of fewer digits count rows."""
RECORDS = (" id", " id auto generated")
"""How headings end of what a system numbers its own records by, from one upwards."""


def _fit(target: Target, column: Column) -> float:
    """How far what the column holds can be what the field takes: a factor."""
    if not column.samples:
        return 1.0
    if target.part == "country":
        return 1.0 if sum(bool(country_of(s)) for s in column.samples) > len(column.samples) / 2 else 0.7
    accepted = _FITS.get("text" if target.part else target.field.type)
    if accepted is not None and column.type not in accepted:
        if column.type in ("text", "select", "longtext"):  # some values are not what they should be: that can be mended
            return 0.8
        return 0.5 if target.field.type in ("email", "date", "datetime", "integer", "money", "boolean") else 0.75
    if target.field.name == REFERENCE and column.samples and all(is_ours(v.lower()) for v in column.samples):
        return 0.0  # our own ids
    counted = column.type == "integer" and all(len(s) < _SHORT for s in column.samples)
    if target.field.name == REFERENCE and counted and not normal(column.name).endswith(RECORDS):
        return 0.5  # rows that were counted are no numbers of another system
    if target.field.type in ("link", "user") and column.type in ("date", "decimal", "money", "percent"):
        return 0.5
    if target.field.options and not target.part:
        if column.type in ("date", "datetime", "email", "url", "decimal", "money"):
            return 0.5
        # Of two fields that a heading can mean, it is the one whose options the column holds; half of them tell.
        known = called(target.field.name, target.field.options)
        return 0.8 + 0.2 * min(1.0, 2 * sum(loose(s) in known for s in column.samples) / len(column.samples))
    return 1.0


def suggest(catalog: Catalog, entity: Entity, actor: Actor, columns: Sequence[Column]) -> dict[int, tuple[str, float]]:
    """For the columns (by index) that mean a field: its target and how sure that is (0–1). A target is given once."""
    offered = targets(catalog, entity, actor)
    names = {path: _names(target, entity, catalog) for path, target in offered.items()}
    scored: list[tuple[float, int, str]] = []
    before = columns[0].name.partition(" - ")[0] + " - " if columns else ""  # Deal - Title, Deal - Owner
    before = before if all(c.name.startswith(before) for c in columns) else ""
    for column in columns:
        bare = column.name.removeprefix(before)
        headings = dict.fromkeys((normal(bare), normal(bare, aside=False)))
        if any(h in NEVER for h in headings) and not any(
            h in names[p] and names[p][h] == 1.0 for h in headings for p in names
        ):
            continue
        named = any(names[p].get(h) == 1.0 for p in names for h in headings)  # nothing is only nearly called so
        for path, target in offered.items():
            # What stands in brackets may say which part is meant: without it one is less sure.
            link = entity.types[path].link if path in entity.fields else False
            if target.of and not any(h in names[path] for h in headings):
                continue  # what is nearly called so is another object's
            score = max(
                (names[path].get(h, 0.0) if named else _similarity(h, names[path], entity.name, link)) * (1.0, 0.93)[i]
                for i, h in enumerate(headings)
            )
            if not score and column.type == target.field.type in ("email", "url") and not (target.part or target.via):
                score = 0.62
            score *= _fit(target, column) * (0.9 if column.empty > 0.99 else 1.0)
            if score >= SURE and not target.child:
                scored.append((score, -column.index, path))
    chosen: dict[int, tuple[str, float]] = {}
    taken: set[str] = set()
    for score, index, path in sorted(scored, reverse=True):
        if -index not in chosen and path not in taken:
            chosen[-index] = (path, round(score, 2))
            taken.add(path)
    chosen |= _beside(catalog, entity, columns, chosen, offered)
    _by_number(entity, columns, chosen)
    for column in columns:  # our own export, to be brought up to date
        if (
            normal(column.name) in ("id", "编号", "记录编号")
            and column.samples
            and all(is_ours(v) for v in column.samples)
        ):
            chosen[column.index] = ("id", 1.0)
    return _settled({i: c for i, c in chosen.items() if c[0] != "id"}, offered) | {
        i: c for i, c in chosen.items() if c[0] == "id"
    }


def _by_number(entity: Entity, columns: Sequence[Column], chosen: dict[int, tuple[str, float]]) -> None:
    """A record of the same kind that a row names and numbers (Parent Account, Parent Account.id) is meant by its number: many share
    a name."""
    by_name = {normal(c.name): c.index for c in columns}
    for index, (path, sure) in list(chosen.items()):
        if path not in entity.fields or not entity.types[path].link or entity.fields[path].target != entity.name:
            continue
        heading = normal(next(c.name for c in columns if c.index == index))
        number = by_name.get(f"{heading} id", by_name.get(f"{heading.removesuffix(' name')} id"))
        if number is not None and number not in chosen:
            del chosen[index]
            chosen[number] = (path, sure)


_TELLING = ("phone", "email", "text", "url", "address")
"""Types of fields that say more of the record named before them."""


def _beside(
    catalog: Catalog,
    entity: Entity,
    columns: Sequence[Column],
    chosen: Mapping[int, tuple[str, float]],
    offered: Mapping[str, Target],
) -> dict[int, tuple[str, float]]:
    """Columns that are no field here but of the record that one before them names: a mobile number after a contact."""
    found: dict[int, tuple[str, float]] = {}
    taken = {path for path, _ in chosen.values()}
    link = ""
    for column in sorted(columns, key=lambda one: one.index):
        if column.index in chosen:
            path = chosen[column.index][0]
            if path in entity.fields and entity.types[path].link:
                link = path
            continue
        heading = normal(column.name)
        if not link or heading in NEVER:
            continue
        linked = catalog.entities[entity.fields[link].target or ""]
        for path, target in offered.items():
            own = path.partition(".")[2]
            if target.via != link or target.field.type not in _TELLING or own == linked.title or path in taken:
                continue
            score = _names(Target(own, target.field, target.part, target.field.label), linked, catalog).get(
                heading, 0.0
            )
            score *= 0.9 * _fit(target, column)
            if score >= SURE:
                found[column.index] = (path, round(score, 2))
                taken.add(path)
                break
    return found


def _settled(chosen: dict[int, tuple[str, float]], offered: Mapping[str, Target]) -> dict[int, tuple[str, float]]:
    """An address comes whole or in parts, not both: beside several parts the whole is the street. A record that a link names is not
    named again."""
    linked = {path for path, _ in chosen.values() if offered[path].field.type == "link"}
    # What no two records share can stand for one of them: its number elsewhere, a product's code.
    alone = {
        path
        for path, _ in chosen.values()
        if (t := offered[path]).via and not t.part and (t.field.name == REFERENCE or t.field.unique)
    }
    named = linked | {offered[path].via for path, _ in chosen.values() if path not in alone}
    chosen = {  # without a name beside it a number names by itself
        i: (offered[path].via, sure) if path in alone and offered[path].via not in named else (path, sure)
        for i, (path, sure) in chosen.items()
    }
    chosen = {i: s for i, s in chosen.items() if not (offered[s[0]].via in linked and s[0].endswith(".name"))}
    wholes = {path for path, _ in chosen.values() if offered[path].field.type == "address" and not offered[path].part}
    for whole in wholes:
        parts = [path for path, _ in chosen.values() if path.startswith(whole + ".")]
        if parts:
            drop, street = ({whole} if len(parts) > 1 else set(parts)), f"{whole}.street"
            if len(parts) > 1 and street in offered and street not in parts:
                chosen = {i: (street, s[1]) if s[0] == whole else s for i, s in chosen.items()}
            chosen = {i: s for i, s in chosen.items() if s[0] not in drop}
    return chosen


_KEYS = ("email", "text", "phone")
"""Types of fields by which a record can be known again though they need not be unique, the surest first."""


def brought(catalog: Catalog, entity: Entity, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with links whose records the sheet tells more of making those that are not there: a contact of whom a column has
    the mobile number, and the account that the contact is of."""
    links = {path: name for name, path in mapping.items() if path in entity.fields and entity.types[path].link}
    told = {str(path).partition(".")[0] for path in mapping.values() if path and path not in links} & links.keys()
    ofs = {entity.fields[link].target or "" for link in told}
    above = {
        f.target for of in ofs for f in catalog.entities[of].fields.values() if f.type == "link" and f.target != of
    }
    makes = {link for link in links if link in told or (entity.fields[link].target in above)}
    how = {links[link]: {"field": link, "missing": "create"} for link in makes if entity.fields[link].type == "link"}
    return {**mapping, **how} | _numbered(catalog, entity, mapping, links) | _moment(entity, mapping)


def _moment(entity: Entity, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What happened (an order, a case, a call) happened when it was written down, where the file says no other time: not now."""
    moment = entity.fields.get(entity.definition.moment or "")
    made = next((name for name, path in mapping.items() if path == "created_at"), None)
    if made is None or moment is None or moment.default != "now" or moment.name in mapping.values():
        return {}
    return {f"={moment.name}": {"field": moment.name, "column": made}}


def _numbered(catalog: Catalog, entity: Entity, mapping: Mapping[str, Any], links: Mapping[str, str]) -> dict[str, Any]:
    """What is named and has a number of another system beside its name is known by that first."""
    out: dict[str, Any] = {}
    for heading, path in mapping.items():
        link, _, name = str(path or "").partition(".")
        linked = catalog.entities.get(entity.fields[link].target or "") if link in links else None
        if name == REFERENCE and linked is not None and linked.types[linked.title].sql == "text":
            out[heading] = {"field": path, "known": True}
            number = normal(links[link]).endswith((" id", " ids"))  # another number of theirs is no name
            out[links[link]] = None if number else {"field": f"{link}.{linked.title}", "known": True}
    return out


def means_one(entity: Entity) -> bool:
    """Whether a name means one record: a company's does; deals, tasks and people share theirs."""
    title = entity.fields[entity.title]
    return title.type == "text" and title.required and entity.stage is None and not entity.definition.activity


def suggest_key(entity: Entity, taken: Mapping[str, Any]) -> str | None:
    """The field by which a file's records are probably known again, of those that get a column; None when there is none.

    What is unique comes first, then a number of another system, then an e-mail address, then the name, where names mean one thing (deals, tasks and people
    share theirs), then a telephone number.
    """
    fields = [
        entity.fields[path]
        for wanted in taken.values()
        if not is_constant(wanted)
        and (path := wanted.get("field") if isinstance(wanted, Mapping) else wanted)
        and path in entity.fields
        and "eq" in entity.types[path].operators
    ]
    for f in sorted(fields, key=lambda f: f.name == REFERENCE):
        if f.unique or f.name in ("id", REFERENCE):
            return f.name
    for kind in _KEYS:
        for f in fields:
            if f.type == kind and (kind != "text" or (f.name == entity.title and means_one(entity))):
                return f.name
    return None
