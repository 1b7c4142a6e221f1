"""Which column goes into which field: targets of an object, suggestions for a file, and the mapping as the API writes it.

A target is a field's name, or ``field.part`` for the parts of an address and of a person's name. Several columns may go
into one target, and a target may get the same value in every row, which no column gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from guanxi.base import FieldError, Invalid, Label
from guanxi.base.ids import is_id
from guanxi.records import access
from guanxi.records.context import Actor
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.model import Field
from guanxi.transfer.synonyms import NEVER, ONLY, PHRASES, PLACES, words
from guanxi.transfer.table import Column

SURE = 0.6
"""Suggestions less sure than this (0 to 1) are not made."""

PARTS: dict[str, dict[str, Label]] = {
    "person": {
        "family": {"en": "family name", "zh": "姓"},
        "given": {"en": "given name", "zh": "名"},
        "salutation": {"en": "salutation", "zh": "称呼"},
    },
    "address": {
        "country": {"en": "country", "zh": "国家"},
        "province": {"en": "province", "zh": "省"},
        "city": {"en": "city", "zh": "市"},
        "district": {"en": "district", "zh": "区县"},
        "street": {"en": "street", "zh": "街道"},
        "postal_code": {"en": "postal code", "zh": "邮编"},
    },
}
"""Parts of a value that may come from columns of their own, by type."""

_LONGEST_JOIN = 10
_LONGEST_PREFIX = 60
MISSING = ("empty", "create", "fail")
UNKNOWN = ("add", "empty", "fail")


@dataclass(frozen=True, slots=True)
class Target:
    """What a column can be imported into: ``path`` is a field's name, with ``.part`` where there are parts.

    ``via`` names the link whose record the field is of: ``account.phone`` is written where a row brings an account along.
    ``child`` names the records that point here and the field is of: each row brings one of the ``lines`` of its order, and one more
    by ``payments.2``.
    """

    path: str
    field: Field
    part: str
    label: Label
    via: str = ""
    child: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the page offers it."""
        f = self.field
        return {
            "field": self.path,
            "via": self.via or self.child or None,
            "label": dict(self.label),
            "type": f.type,
            "required": f.required and not self.part and not self.via and not self.child,
            "unique": f.unique,
            "target": f.target,
            "options": bool(f.options),
        }


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a column goes and what happens to values that are not there yet.

    ``match`` is the field of the target by which links are found (empty: its title), ``missing`` what happens to those
    that are not, ``unknown`` to values that are no option or that the field does not take. ``values`` says what some texts
    of the file mean. ``joined`` are further columns whose text follows, each with what stands before it. ``value`` is the
    text that every row gets instead of a cell's. ``prefix`` stands before what a cell says. ``source`` is the column that is read
    again for another field. ``known``: the linked record is known by this. ``needed``: without it a row brings no such record.
    """

    target: Target
    match: str = ""
    missing: str = "fail"
    unknown: str = "fail"
    values: Mapping[str, str] = field(default_factory=dict)
    join: str | None = None
    joined: tuple[tuple[int, str], ...] = ()
    value: str | None = None
    prefix: str = ""
    source: int | None = None
    known: bool = False
    needed: bool = False


BOOKED = ("created_at", "created_by")
"""What another system knows of a record's making; who administers this one may carry it over."""


def targets(catalog: Catalog, entity: Entity, actor: Actor) -> dict[str, Target]:
    """What columns can be imported into by this actor, in the order of the fields; then those of records that links make."""
    found = _own(entity, actor)
    for f in [t.field for t in found.values() if t.field.type == "link" and not t.part]:
        linked = catalog.entities.get(f.target or "")
        if linked is None or linked is entity or not linked.definition.area or not access.may(actor, linked, "create"):
            continue
        for path, t in _own(linked, actor).items():
            if linked.types[t.field.name].link or linked.types[t.field.name].anywhere:
                continue
            label = {lang: f"{f.label.get(lang) or f.label['en']} · {text}" for lang, text in t.label.items()}
            found[f"{f.name}.{path}"] = Target(f"{f.name}.{path}", t.field, t.part, label, f.name)
    found |= _below(catalog, entity, actor)
    if actor.system or "settings" in actor.grants.system:
        for name in BOOKED:
            found[name] = Target(name, entity.fields[name], "", entity.fields[name].label)
    return found


def _below(catalog: Catalog, entity: Entity, actor: Actor) -> dict[str, Target]:
    """What the rows of a file may say of records that belong to one that they name: of those that its page shows, where it is known
    by a unique field."""
    found: dict[str, Target] = {}
    if not any(f.unique for f in entity.fields.values()):
        return found
    for name in entity.definition.layout.related:
        child = entity.children.get(name)
        below = catalog.entities.get(child.object) if child else None
        if child is None or below is None or child.kind != "link" or below.definition.activity:
            continue
        back = below.fields[child.field]
        if not access.may(actor, below, "create") or not access.writable(actor, below, back):
            continue
        for path, t in _own(below, actor).items():
            if t.field is not back:
                label = {
                    lang: f"{child.label.get(lang) or child.label['en']} · {text}" for lang, text in t.label.items()
                }
                found[f"{name}.{path}"] = Target(f"{name}.{path}", t.field, t.part, label, child=name)
    return found


_SLOT = re.compile(r"(\w+)\.([2-9])\.(.+)")


def target_of(offered: Mapping[str, Target], path: str) -> Target | None:
    """The target that a path names; ``payments.2.amount`` is the amount of a row's second payment."""
    slot = _SLOT.fullmatch(path)
    found = offered.get(f"{slot[1]}.{slot[3]}" if slot else path)
    if slot and found is not None:
        return replace(found, path=path, child=f"{slot[1]}.{slot[2]}") if found.child else None
    return found


def _own(entity: Entity, actor: Actor) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for name, f in entity.fields.items():
        kind = entity.types[name]
        if f.system or (f.of and f.type != "currency") or kind.made or f.type == "json":
            continue
        if kind.holds_file and not f.config.get("image"):
            continue
        if not access.writable(actor, entity, f) or not (access.readable(actor, entity, f) or not kind.readable):
            continue
        found[name] = Target(name, f, "", f.label)
        for part, label in PARTS.get(f.type, {}).items():
            both = {language: f"{f.label.get(language) or f.label['en']} · {text}" for language, text in label.items()}
            found[f"{name}.{part}"] = Target(f"{name}.{part}", f, part, both)
    return found


# -- names -----------------------------------------------------------------------------------------------------------

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ASIDE = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_BREAK = re.compile(r"[\s_\-./\\|:：、,，;；*＊#?？!！\"“”]+")


def normal(name: str, aside: bool = True) -> str:
    """A heading in small letters, words between single spaces, without marks; ``aside`` keeps what stands in brackets."""
    text = unicodedata.normalize("NFKC", name).strip()
    if text.isascii():
        text = _CAMEL.sub(" ", text)
    text = text.casefold()
    text = re.sub(r"\be[ -]?mails?\b", "email", text)
    if not aside:
        text = _ASIDE.sub(" ", text)
    text = re.sub(r"[()\[\]【】]", " ", text)
    return _BREAK.sub(" ", text).strip()


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
        return found

    def add(name: str, score: float) -> None:
        if name:
            found[name] = max(found.get(name, 0.0), score)

    for label in target.label.values():
        add(normal(label), 1.0)
    if not target.part:
        add(normal(f.name), 1.0)
    tail = f".{target.part}" if target.part else ""
    selectors = [f"{entity.name}:{f.name}{tail}", f":{f.name}{tail}", f"~{f.type}{tail}"]
    if f.target and not tail and f.target != entity.name and f.type in ("link", "links"):
        selectors.append(f">{f.target}")
    own = f"{entity.name}:{f.name}" in PHRASES
    for selector in selectors:
        if selector.startswith(":") and own:
            continue
        phrases = PHRASES.get(selector, ())
        for i, phrase in enumerate(phrases):
            add(phrase, 0.85 if "location" in phrase else 1.0 - 0.05 * i / len(phrases))
    return found


def _similarity(heading: str, names: Mapping[str, float], object_name: str) -> float:
    """How well a normalised heading fits one of the names (0–1)."""
    best = names.get(heading, 0.0)
    if best:
        return best
    for place, sure in PLACES.items():
        if heading.startswith(place) and len(heading) > len(place) and object_name in ONLY.get(place, {object_name}):
            rest = heading[len(place) :]
            if rest[0] == " " or not place.isascii():
                best = max(best, names.get(rest.strip(), 0.0) * sure)
    bare = re.sub(r" (1|id|value|name|number|编号|号码)$", "", heading)
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

COUNTRIES = words(
    "united states|usa|us|china|中国|germany|france|united kingdom|uk|japan|日本|korea|south korea|italy|spain|canada|australia|brazil"
    "|india|mexico|poland|netherlands|belgium|austria|switzerland|sweden|norway|denmark|finland|romania|philippines|panama|jordan"
    "|kenya|美国|德国|法国|英国|韩国|加拿大|新加坡|singapore|taiwan|hong kong|香港|台湾|澳大利亚|俄罗斯|russia|ireland|portugal"
)

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


def _fit(target: Target, column: Column) -> float:
    """How far what the column holds can be what the field takes: a factor."""
    if not column.samples:
        return 1.0
    if target.part == "country":
        return 1.0 if sum(s.casefold() in COUNTRIES for s in column.samples) > len(column.samples) / 2 else 0.7
    accepted = _FITS.get("text" if target.part else target.field.type)
    if accepted is not None and column.type not in accepted:
        if column.type in ("text", "select", "longtext"):  # some values are not what they should be: that can be mended
            return 0.8
        return 0.5 if target.field.type in ("email", "date", "datetime", "integer", "money", "boolean") else 0.75
    if target.field.type in ("link", "user") and column.type in ("date", "decimal", "money", "percent"):
        return 0.5
    if target.field.options and column.type in ("date", "datetime", "email", "url", "decimal", "money"):
        return 0.5
    return 1.0


def suggest(catalog: Catalog, entity: Entity, actor: Actor, columns: Sequence[Column]) -> dict[int, tuple[str, float]]:
    """For the columns (by index) that mean a field: its target and how sure that is (0–1). A target is given once."""
    offered = targets(catalog, entity, actor)
    names = {path: _names(target, entity, catalog) for path, target in offered.items()}
    scored: list[tuple[float, int, str]] = []
    for column in columns:
        headings = dict.fromkeys((normal(column.name), normal(column.name, aside=False)))
        if any(h in NEVER for h in headings) and not any(
            h in names[p] and names[p][h] == 1.0 for h in headings for p in names
        ):
            continue
        for path, target in offered.items():
            # What stands in brackets may say which part is meant: without it one is less sure.
            score = max(_similarity(h, names[path], entity.name) * (1.0, 0.93)[i] for i, h in enumerate(headings))
            if not score and column.type == target.field.type in ("email", "url") and not (target.part or target.via):
                score = 0.62
            score *= _fit(target, column) * (0.8 if column.empty > 0.99 and column.samples else 1.0)
            if score >= SURE and not target.child:
                scored.append((score, -column.index, path))
    chosen: dict[int, tuple[str, float]] = {}
    taken: set[str] = set()
    for score, index, path in sorted(scored, reverse=True):
        if -index not in chosen and path not in taken:
            chosen[-index] = (path, round(score, 2))
            taken.add(path)
    for column in columns:  # our own export, to be brought up to date
        if (
            normal(column.name) in ("id", "编号", "记录编号")
            and column.samples
            and all(is_id(v) for v in column.samples)
        ):
            chosen[column.index] = ("id", 1.0)
    return _settled({i: c for i, c in chosen.items() if c[0] != "id"}, offered) | {
        i: c for i, c in chosen.items() if c[0] == "id"
    }


def _settled(chosen: dict[int, tuple[str, float]], offered: Mapping[str, Target]) -> dict[int, tuple[str, float]]:
    """An address comes whole or in parts, not both: beside several parts the whole is the street. A record that a link names is not
    named again."""
    linked = {path for path, _ in chosen.values() if offered[path].field.type == "link"}
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


def suggest_key(entity: Entity, taken: Mapping[str, Any]) -> str | None:
    """The field by which a file's records are probably known again, of those that get a column; None when there is none.

    What is unique comes first, then an e-mail address, then the name, where names mean one thing (deals, tasks and people
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
    named = entity.stage is None and not entity.definition.activity
    for f in fields:
        if f.unique or f.name == "id":
            return f.name
    for kind in _KEYS:
        for f in fields:
            if f.type == kind and (kind != "text" or (f.name == entity.title and f.required and named)):
                return f.name
    return None


# -- as the API writes it --------------------------------------------------------------------------------------------


def signature(columns: Sequence[Column]) -> str:
    """What files of the same kind share: their headings in any order."""
    return "\n".join(sorted(normal(c.name) for c in columns))


def to_json(columns: Sequence[Column], suggestions: Mapping[int, tuple[str, float]]) -> dict[str, Any]:
    """Suggestions as a mapping: by heading, null for what is left out."""
    return {c.name: suggestions[c.index][0] if c.index in suggestions else None for c in columns}


def read(
    catalog: Catalog, entity: Entity, actor: Actor, columns: Sequence[Column], mapping: Mapping[str, Any]
) -> dict[int, Assignment]:
    """A mapping as it is to be carried out, by index of the column. Raises Invalid with everything that is wrong."""
    offered = targets(catalog, entity, actor)
    offered["id"] = Target("id", entity.fields["id"], "", entity.fields["id"].label)  # as the key of what is updated
    by_name = {c.name: c.index for c in columns}
    errors: list[FieldError] = []
    found: dict[int, Assignment] = {}
    taken: dict[str, int] = {}
    headings: dict[int, str] = {}
    settled: set[int] = set()
    for name, wanted in sorted(mapping.items(), key=lambda entry: by_name.get(entry[0], len(columns))):
        constant = is_constant(wanted)
        if name not in by_name and not constant:
            errors.append(FieldError(f"mapping.{name}", "unknown_column", {"value": name}))
            continue
        if wanted is None or wanted == "":
            continue
        assigned, wrong = _assignment(catalog, entity, actor, offered, f"mapping.{name}", wanted)
        errors += wrong
        if assigned is None:
            continue
        path = assigned.target.path
        if constant and "column" in wanted:
            if not isinstance(wanted["column"], str) or wanted["column"] not in by_name:
                errors.append(
                    FieldError(f"mapping.{name}.column", "unknown_column", {"value": str(wanted["column"])[:100]})
                )
                continue
            assigned = replace(assigned, source=by_name[wanted["column"]])
        index = _NO_CELL - len(found) if constant else by_name[name]
        headings[index] = name
        if isinstance(wanted, Mapping) and wanted.get("missing"):
            settled.add(index)
        first = found[taken[path]] if path in taken else None
        if first is None:
            found[index], taken[path] = assigned, index
        elif assigned.value is None and (assigned.join or first.join) is not None:
            between = assigned.join if assigned.join is not None else first.join or ""
            more = index if assigned.source is None else assigned.source
            found[taken[path]] = replace(first, joined=(*first.joined, (more, between)))
        else:
            errors.append(FieldError(f"mapping.{name}", "target_taken", {"value": path}))
    found, wrong = _brought(catalog, entity, offered, found, headings, settled)
    errors += wrong
    if not any(a.value is None for a in found.values()) and not errors:
        errors.append(FieldError("mapping", "nothing_mapped"))
    if errors:
        raise Invalid(errors=errors)
    return found


def _brought(
    catalog: Catalog,
    entity: Entity,
    offered: Mapping[str, Target],
    found: Mapping[int, Assignment],
    headings: Mapping[int, str],
    settled: Collection[int],
) -> tuple[dict[int, Assignment], list[FieldError]]:
    """What is said of a linked record goes with the column that names it: the link's own, or where it has none that of the linked
    record's title. A record that is described is made where it is not there, unless the mapping says otherwise (``settled``)."""
    out, errors = dict(found), list[FieldError]()
    links = {a.target.path: i for i, a in found.items() if not a.target.via}
    known = {a.target.via for a in found.values() if a.known}
    for via in dict.fromkeys(a.target.via for a in found.values() if a.target.via):
        if via in known and via not in links:  # it has no name of its own, and needs none
            for i, a in found.items():
                if a.known and a.target.via == via and i not in settled:
                    out[i] = replace(a, missing="create")
            continue
        title = f"{via}.{catalog.object(entity.fields[via].target or '').title}"
        index = links.get(via)
        if index is None:
            index = next((i for i, a in found.items() if a.target.path == title), None)
            if index is None:
                at = next(i for i, a in found.items() if a.target.via == via)
                errors.append(
                    FieldError(f"mapping.{headings[at]}", "link_unnamed", {"field": entity.fields[via].label})
                )
                continue
            out[index] = replace(out[index], target=offered[via])
        if index not in settled:
            out[index] = replace(out[index], missing="create")
    return out, errors


_NO_CELL = -2
"""Where the indexes of what comes from no column begin, downwards; -1 is the column of what concerns no cell."""


def is_constant(wanted: Any) -> bool:
    """Whether an entry of a mapping is of no column's own: it gives every row the same value, or reads a column once more."""
    return isinstance(wanted, Mapping) and ("value" in wanted or "column" in wanted)


def _assignment(
    catalog: Catalog, entity: Entity, actor: Actor, offered: Mapping[str, Target], place: str, wanted: Any
) -> tuple[Assignment | None, list[FieldError]]:
    """One column's part of a mapping, and what is wrong with it."""
    how: Any = {"field": wanted} if isinstance(wanted, str) else wanted
    if not isinstance(how, Mapping) or not isinstance(how.get("field"), str):
        return None, [FieldError(place, "wrong_type", {"expected": '"field" or {"field": …}'})]
    known = ("field", "match", "missing", "unknown", "values", "join", "value", "column", "prefix", "known", "needed")
    errors = [FieldError(f"{place}.{k}", "unknown_parameter") for k in how if k not in known]
    path = how["field"]
    target = target_of(offered, path)
    if target is None:
        readonly = path in entity.fields and access.visible(actor, entity, entity.fields[path])
        return None, [*errors, FieldError(place, "read_only" if readonly else "unknown_field", {"field": path})]
    missing = how.get("missing") or ("empty" if path in BOOKED else "fail")  # people leave, their records stay
    match, unknown = how.get("match") or "", how.get("unknown") or "fail"
    if missing not in MISSING:
        errors.append(FieldError(f"{place}.missing", "not_an_option", {"value": missing}))
    if unknown not in UNKNOWN:
        errors.append(FieldError(f"{place}.unknown", "not_an_option", {"value": unknown}))
    elif unknown == "add" and not (actor.system or "catalog" in actor.grants.system):
        errors.append(FieldError(f"{place}.unknown", "may_not_add_options"))
    elif unknown == "add" and (
        target.part or target.via or target.child or target.field.type not in ("select", "multiselect")
    ):
        errors.append(FieldError(f"{place}.unknown", "options_are_fixed", {"field": path}))
    if match and not _matches(catalog, actor, target.field, match):
        errors.append(FieldError(f"{place}.match", "unknown_field", {"field": match}))
    values = how.get("values") or {}
    if not isinstance(values, Mapping) or not all(isinstance(v, str) or v is None for v in values.values()):
        errors.append(FieldError(f"{place}.values", "wrong_type", {"expected": '{"text": "value"}'}))
        values = {}
    join, value = how.get("join"), how.get("value")
    if join is not None and not (isinstance(join, str) and len(join) <= _LONGEST_JOIN):
        errors.append(FieldError(f"{place}.join", "wrong_type", {"expected": f"a text, at most {_LONGEST_JOIN}"}))
        join = None
    if value is not None and not (isinstance(value, str) and value.strip()):
        errors.append(FieldError(f"{place}.value", "wrong_type", {"expected": "a text"}))
        value = "-"
    if value is not None and (target.field.unique or path == "id"):
        errors.append(FieldError(f"{place}.value", "not_unique"))
    prefix, flags = how.get("prefix") or "", {n: bool(how.get(n)) for n in ("known", "needed")}
    if not (isinstance(prefix, str) and len(prefix) <= _LONGEST_PREFIX):
        errors.append(FieldError(f"{place}.prefix", "wrong_type", {"expected": f"a text, at most {_LONGEST_PREFIX}"}))
        prefix = ""
    errors += [
        FieldError(f"{place}.{name}", "must_be_boolean") for name in flags if not isinstance(how.get(name, False), bool)
    ]
    if flags["known"] and not _identifies(catalog, entity, target):
        errors.append(FieldError(f"{place}.known", "not_an_option", {"value": path}))
    meant = {k.strip(): v or "" for k, v in values.items()}
    assigned = Assignment(target, str(match), missing, unknown, meant, join, value=value, prefix=prefix)
    return replace(assigned, known=flags["known"], needed=flags["needed"]), errors


def _identifies(catalog: Catalog, entity: Entity, target: Target) -> bool:
    """Whether a linked record may be known by this: a name is what many share."""
    linked = catalog.entities.get(entity.fields[target.via].target or "") if target.via else None
    if linked is None or target.part or target.field.name == linked.title:
        return False
    return "eq" in linked.types[target.field.name].operators and linked.types[target.field.name].sql == "text"


def _matches(catalog: Catalog, actor: Actor, f: Field, match: Any) -> bool:
    """Whether links of a field can be found by ``match``: a field of its target, or ``object`` or ``object.field``."""
    if not isinstance(match, str):
        return False
    object_name, _, name = match.partition(".") if f.type == "reference" else (f.target or "", "", match)
    linked = catalog.entities.get(object_name)
    if linked is None or not access.may(actor, linked, "read"):
        return False
    by = linked.fields.get(name or linked.title)
    return by is not None and access.readable(actor, linked, by) and "eq" in linked.types[by.name].operators
