"""The rules of how long things are kept, as data: read, judged, in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, names, sequence
from guanxi.pg import Connection, quote
from guanxi.records import Archive, Context, Delete, Workspace, note
from guanxi.records.audit import KINDS
from guanxi.records.uses import Use, uses
from guanxi.schema.catalog import Catalog
from guanxi.schema.conditions import faults
from guanxi.schema.filter import parse

NAME = "retention"
CHANGES = ("create", "update", "delete", "restore", "archive", "unarchive")
ACTS: Mapping[str, type[Archive | Delete]] = {"to_archive": Archive, "to_bin": Delete}
"""What rules do with records in use."""
AWAY = ("bin", "archived")
"""Where records are that rules take away for good."""
LONGEST = 36_500
MOST = 100_000
_KEYS = ("what", "days", "object", "kind", "since", "filter", "protect", "cap")


@dataclass(frozen=True, slots=True)
class Rule:
    """``what`` is kept for ``days``: ``history`` of an object by kind of change, ``audit`` by kind, what is in the ``bin`` or is
    ``archived``, of an object; then it goes for good. ``to_archive`` and ``to_bin`` move records of an object there whose date
    ``since`` is longer past and that satisfy ``filter`` (JSON), up to ``cap`` a night. What satisfies ``protect`` stays.
    ``*`` stands for all that have no rule of their own."""

    what: str
    days: int
    object: str = "*"
    kind: str = "*"
    since: str = ""
    filter: Any = None
    protect: Any = None
    cap: int = 0

    def told(self) -> dict[str, Any]:
        """As it is stored and answered: what says nothing is left out."""
        form = asdict(self)
        return {n: v for n, v in form.items() if n in ("what", "days", "object", "kind") or v}


@dataclass(frozen=True, slots=True)
class Keeping:
    """The rules, and objects of which nothing is taken away whatever the rules say (a legal hold)."""

    rules: tuple[Rule, ...] = ()
    holds: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """As it is stored and answered."""
        return {"rules": [r.told() for r in self.rules], "holds": list(self.holds)}


def read_keeping(raw: Mapping[str, Any], catalog: Catalog) -> Keeping:
    """Rules as a caller sends them; raises Invalid with everything that is wrong."""
    errors: list[FieldError] = []
    rules: list[Rule] = []
    for i, one in enumerate(sequence(raw.get("rules")) or ()):
        form = mapping(one) or {}
        place = f"rules.{i}"
        what, days = form.get("what"), form.get("days")
        object_name, kind = form.get("object", "*"), form.get("kind", "*")
        kinds = {"history": CHANGES, "audit": tuple(k for k in KINDS if k != "retention")}
        errors += [FieldError(f"{place}.{n}"[:100], "unknown_parameter") for n in form if n not in _KEYS]
        if what not in (*kinds, *AWAY, *ACTS):
            errors.append(FieldError(f"{place}.what", "not_an_option", {"value": str(what)[:60]}))
            continue
        if type(days) is not int or not 1 <= days <= LONGEST:
            errors.append(FieldError(f"{place}.days", "too_small", {"min": 1}))
            continue
        if object_name != "*" and (
            what == "audit" or not isinstance(object_name, str) or object_name not in catalog.entities
        ):
            errors.append(FieldError(f"{place}.object", "not_an_option", {"value": str(object_name)[:60]}))
            continue
        if kind != "*" and kind not in kinds.get(what, ()):
            errors.append(FieldError(f"{place}.kind", "not_an_option", {"value": str(kind)[:60]}))
        errors += _of_records(form, str(what), str(object_name), place, catalog)
        more = {n: form[n] for n in ("since", "filter", "protect", "cap") if form.get(n)}
        rule = Rule(str(what), days, str(object_name), str(kind), **more)
        alike = (n for n, r in enumerate(rules, 1) if (r.what, r.object, r.kind) == (rule.what, rule.object, rule.kind))
        if what not in ACTS and (first := next(alike, 0)):
            errors.append(FieldError(place, "kept_twice", {"first": first, "second": len(rules) + 1}))
        rules.append(rule)
    holds = names(raw.get("holds", ()))
    if holds is None or any(h not in catalog.entities for h in holds):
        errors.append(FieldError("holds", "not_an_option", {"value": str(raw.get("holds"))[:60]}))
    if errors:
        raise Invalid(errors=errors)
    return Keeping(tuple(rules), holds or ())


def _of_records(form: Mapping[str, Any], what: str, object_name: str, place: str, catalog: Catalog) -> list[FieldError]:
    """What is wrong with the parts of a rule that choose records."""
    errors: list[FieldError] = []
    entity = catalog.entities.get(object_name)
    if what in ACTS:
        since = form.get("since")
        if entity is None or not entity.archivable:
            errors.append(FieldError(f"{place}.object", "not_an_option", {"value": object_name[:60]}))
        elif not (
            isinstance(since, str)
            and since in entity.fields
            and entity.types[since].grains
            and not entity.computed(since)
        ):
            errors.append(FieldError(f"{place}.since", "not_an_option", {"value": str(since)[:60]}))
        cap = form.get("cap", 1)
        if type(cap) is not int or not 0 <= cap <= MOST:
            errors.append(FieldError(f"{place}.cap", "too_big", {"max": MOST}))
    allowed = {"filter": what in ACTS, "protect": entity is not None and what in (*ACTS, *AWAY)}
    allowed |= {"since": what in ACTS, "cap": what in ACTS}
    for name, fits in allowed.items():
        if form.get(name) and not fits:
            errors.append(FieldError(f"{place}.{name}", "unknown_parameter"))
    for name in ("filter", "protect"):
        if form.get(name) and allowed[name]:
            try:
                parse(form[name])
            except Invalid as wrong:
                errors += [FieldError(f"{place}.{name}", e.code, e.values) for e in wrong.errors]
    return errors


async def keeping(db: Connection, workspace: Workspace) -> Keeping:
    """What is in force: nothing is taken away until somebody says so."""
    raw = await db.value(f"SELECT value FROM {quote(workspace.schema)}._setting WHERE name = %(n)s", {"n": NAME})
    form = raw or {}
    return Keeping(tuple(Rule(**r) for r in form.get("rules", ())), tuple(form.get("holds", ())))


@uses
async def used(db: Connection, workspace: Workspace, now: Catalog) -> list[Use]:
    """The rules that choose records."""

    def use(rule: Rule) -> Use:
        async def wrong(catalog: Catalog) -> str | None:
            if (entity := catalog.entities.get(rule.object)) is None:
                return "unknown_object"
            try:
                read_keeping({"rules": [rule.told()]}, catalog)
            except Invalid as invalid:
                return invalid.errors[0].code
            found = (f for what in (rule.filter, rule.protect) for f in faults(catalog, entity, what, "filter", False))
            return next((f.code for f in found), None)

        label = now.entities[rule.object].definition.plural if rule.object in now.entities else {}
        return Use("retention", rule.object, label, rule.object, [rule.filter, rule.protect], wrong)

    return [use(rule) for rule in (await keeping(db, workspace)).rules]


async def save_keeping(ctx: Context, wanted: Keeping) -> None:
    """Put it in force; the audit tells what it was before."""
    before = await keeping(ctx.db, ctx.workspace)
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._setting (name, value, by) VALUES (%(n)s, %(v)s::jsonb, %(by)s::uuid)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now(), by = excluded.by",
        {"n": NAME, "v": dumps(wanted.told()).decode(), "by": ctx.actor.id},
    )
    await note(ctx, "settings", name=NAME, before=before.told(), after=wanted.told())
