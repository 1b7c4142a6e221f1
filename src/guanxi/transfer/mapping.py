"""Which column goes into which field: targets of an object, and the mapping as the API writes it.

A target is a field's name, or ``field.part`` for the parts of an address and of a person's name. Several columns may go
into one target, and a target may get the same value in every row, which no column gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import FieldError, Invalid, Label
from guanxi.records import access
from guanxi.records.context import Actor
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.model import Field
from guanxi.transfer.table import Column

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
    by ``payments.2``. ``of`` names the object whose records a column names where the field takes those of any: ``about.contact``.
    """

    path: str
    field: Field
    part: str
    label: Label
    via: str = ""
    child: str = ""
    of: str = ""

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
            "target": self.of or f.target,
            "options": bool(f.options),
        }


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a column goes and what happens to values that are not there yet.

    ``match`` is the field of the target by which links are found (empty: its title), ``missing`` what happens to those
    that are not, ``unknown`` to values that are no option or that the field does not take. ``values`` says what some texts
    of the file mean. ``joined`` are further columns whose text follows, each with what stands before it (None: it counts where
    those before it are empty). ``value`` is the
    text that every row gets instead of a cell's. ``prefix`` stands before what a cell says. ``source`` is the column that is read
    again for another field. ``known``: the linked record is known by this. ``needed``: without it a row brings no such record.
    ``otherwise`` is the text for rows that leave the field empty where it must not be. ``first``: of what stands between these marks
    in a cell only the first is taken, and the rest is told. ``suffix`` stands after what a cell says: the unit of its number.
    ``over`` are further columns whose texts, where these name them, say what it is whatever the field's own column says.
    """

    target: Target
    match: str = ""
    missing: str = "fail"
    unknown: str = "fail"
    values: Mapping[str, str] = field(default_factory=dict)
    join: str | None = None
    joined: tuple[tuple[int, str | None], ...] = ()
    value: str | None = None
    prefix: str = ""
    source: int | None = None
    known: bool = False
    needed: bool = False
    otherwise: str = ""
    first: str = ""
    suffix: str = ""
    instead: bool = False
    over: tuple[tuple[int, Mapping[str, str]], ...] = ()
    decimal_comma: bool = False
    """Whether the numbers of its column are written so."""


REFERENCE = "reference"
"""The field of an object that holds what another system knows its records by."""

BOOKED = ("created_at", "created_by")
"""What another system knows of a record's making; who administers this one may carry it over."""


def booked(entity: Entity) -> tuple[str, ...]:
    """What another system knows of a record and nobody writes here: its making, and when it was done."""
    moment = entity.fields.get(entity.definition.moment or "")
    return (*BOOKED, moment.name) if moment is not None and moment.readonly and not moment.system else BOOKED


def spoken_of(catalog: Catalog, actor: Actor) -> list[Entity]:
    """The objects whose records a note may be about when it comes from elsewhere: those that keep a number of another system; a deal
    before its contact, a contact before the company."""
    found = [
        e
        for e in catalog.entities.values()
        if REFERENCE in e.fields
        and e.title != REFERENCE
        and e.definition.area
        and not e.definition.activity
        and access.may(actor, e, "read")
    ]
    names = {e.name for e in found}

    def leads_to(e: Entity) -> int:
        return sum(f.type == "link" and f.target in names and f.target != e.name for f in e.fields.values())

    return sorted(found, key=leads_to, reverse=True)


def targets(catalog: Catalog, entity: Entity, actor: Actor) -> dict[str, Target]:
    """What columns can be imported into by this actor, in the order of the fields; then those of records that links make."""
    found: dict[str, Target] = {}
    for path, target in _own(entity, actor).items():
        found[path] = target
        for other in spoken_of(catalog, actor) if entity.types[target.field.name].anywhere else ():
            kind = other.definition.label
            label = {lang: f"{text} · {kind.get(lang) or kind['en']}" for lang, text in target.label.items()}
            found[f"{path}.{other.name}"] = Target(f"{path}.{other.name}", target.field, "", label, of=other.name)
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
        for name in booked(entity):
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
    text = re.sub(r"\bIDs\b", "Ids", unicodedata.normalize("NFKC", name).strip())
    if text.isascii():
        text = _CAMEL.sub(" ", text)
    text = text.casefold()
    text = re.sub(r"\be[ -]?mails?\b", "email", text)
    if not aside:
        text = _ASIDE.sub(" ", text)
    text = re.sub(r"[()\[\]【】]", " ", text)
    return _BREAK.sub(" ", text).strip()


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
    commas = {c.index for c in columns if c.decimal_comma}
    errors: list[FieldError] = []
    found: dict[int, Assignment] = {}
    taken: dict[str, int] = {}
    headings: dict[int, str] = {}
    settled: set[int] = set()

    def place(entry: tuple[str, Any]) -> tuple[bool, int]:
        instead = isinstance(entry[1], Mapping) and bool(entry[1].get("instead"))
        return instead, by_name.get(entry[0], len(columns))

    for name, wanted in sorted(mapping.items(), key=place):
        constant = is_constant(wanted) or (name not in by_name and says_otherwise(wanted))
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
        if constant and assigned.value is None and assigned.source is None:
            assigned = replace(assigned, value="")
        index = _NO_CELL - len(found) if constant else by_name[name]
        if _of(assigned, index) in commas:
            assigned = replace(assigned, decimal_comma=True)
        headings[index] = name
        if isinstance(wanted, Mapping) and wanted.get("missing"):
            settled.add(index)
        first = found[taken[path]] if path in taken else None
        if first is None:
            found[index], taken[path] = assigned, index
        elif assigned.value is None and assigned.instead:
            found[taken[path]] = replace(first, joined=(*first.joined, (_of(assigned, index), None)))
        elif assigned.value is None and (assigned.join or first.join) is not None:
            between = assigned.join if assigned.join is not None else first.join or ""
            found[taken[path]] = replace(first, joined=(*first.joined, (_of(assigned, index), between)))
        elif assigned.source is not None and assigned.values and first.value is None:
            found[taken[path]] = replace(first, over=(*first.over, (assigned.source, assigned.values)))
        else:
            errors.append(FieldError(f"mapping.{name}", "target_taken", {"value": path}))
    found, wrong = _brought(catalog, entity, offered, found, headings, settled)
    errors += wrong
    if not any(a.value is None for a in found.values()) and not errors:
        errors.append(FieldError("mapping", "nothing_mapped"))
    if errors:
        raise Invalid(errors=errors)
    return found


def _of(assigned: Assignment, index: int) -> int:
    """The column of the file that an entry reads."""
    return index if assigned.source is None else assigned.source


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
            title = catalog.object(entity.fields[via].target or "").title
            if all(a.target.field.name == title for a in found.values() if a.known and a.target.via == via):
                at = next(i for i, a in found.items() if a.known and a.target.via == via)  # a name is what many share
                errors.append(FieldError(f"mapping.{headings[at]}.known", "not_an_option", {"value": f"{via}.{title}"}))
                continue
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


def says_otherwise(wanted: Any) -> bool:
    """Whether an entry of a mapping says what rows get that leave a field empty where it must not be; it may be of no column."""
    return isinstance(wanted, Mapping) and "otherwise" in wanted


def _assignment(
    catalog: Catalog, entity: Entity, actor: Actor, offered: Mapping[str, Target], place: str, wanted: Any
) -> tuple[Assignment | None, list[FieldError]]:
    """One column's part of a mapping, and what is wrong with it."""
    how: Any = {"field": wanted} if isinstance(wanted, str) else wanted
    if not isinstance(how, Mapping) or not isinstance(how.get("field"), str):
        return None, [FieldError(place, "wrong_type", {"expected": '"field" or {"field": …}'})]
    known = (
        "field",
        "match",
        "missing",
        "unknown",
        "values",
        "join",
        "value",
        "column",
        "prefix",
        "known",
        "needed",
        "otherwise",
        "first",
        "suffix",
        "instead",
    )
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
    if target.of and isinstance(match, str):
        match = f"{target.of}.{match}" if match else target.of
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
    otherwise = how.get("otherwise") or ""
    if not isinstance(otherwise, str):
        errors.append(FieldError(f"{place}.otherwise", "wrong_type", {"expected": "a text"}))
        otherwise = ""
    if otherwise and not _falls_back(entity, target):
        errors.append(FieldError(f"{place}.otherwise", "otherwise_not_here", {"field": path}))
    flags = {n: bool(how.get(n)) for n in ("known", "needed", "instead")}
    around: dict[str, str] = {}
    for name in ("prefix", "suffix", "first"):
        text = how.get(name) or ""
        if not (isinstance(text, str) and len(text) <= _LONGEST_PREFIX):
            errors.append(
                FieldError(f"{place}.{name}", "wrong_type", {"expected": f"a text, at most {_LONGEST_PREFIX}"})
            )
            text = ""
        around[name] = text
    errors += [
        FieldError(f"{place}.{name}", "must_be_boolean") for name in flags if not isinstance(how.get(name, False), bool)
    ]
    if flags["known"] and not _identifies(catalog, entity, target):
        errors.append(FieldError(f"{place}.known", "not_an_option", {"value": path}))
    meant = {k.strip(): v or "" for k, v in values.items()}
    assigned = Assignment(
        target,
        str(match),
        missing,
        unknown,
        meant,
        join,
        value=value,
        prefix=around["prefix"],
        suffix=around["suffix"],
        first=around["first"],
    )
    return replace(assigned, **flags, otherwise=otherwise.strip()), errors


def _falls_back(entity: Entity, target: Target) -> bool:
    """Whether rows that leave this empty can all be given the same."""
    f = target.field
    if target.via or target.child or target.part or f.unique or target.path == "id" or target.path in BOOKED:
        return False
    kind = entity.types[f.name]
    return not (kind.link or kind.anywhere or kind.holds_file)


def _identifies(catalog: Catalog, entity: Entity, target: Target) -> bool:
    """Whether a linked record may be known by this."""
    linked = catalog.entities.get(entity.fields[target.via].target or "") if target.via else None
    if linked is None or target.part:
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
