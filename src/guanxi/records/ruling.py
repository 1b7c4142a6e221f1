"""Step 5 for rules that are data: what records must be, have and keep, what new ones begin with.

PostgreSQL decides, on the image of each row: one statement for the batch asks every rule of the object. A rule sees with the
system's eyes, so that it holds for everybody alike; what it says is its own message, never a value that it saw.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from guanxi.base import Invalid, log, say
from guanxi.base.json import loads
from guanxi.base.shape import sequence
from guanxi.records import access, alike, formulas, imagined
from guanxi.records.compile import Compiler, Statement
from guanxi.records.context import Context
from guanxi.records.row import NOBODY, Row
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE
from guanxi.schema.formula import Wrong, understand
from guanxi.schema.formula.meaning import result_of
from guanxi.schema.model import Rule
from guanxi.schema.ruling import Ruled, allowed, formula_of, given
from guanxi.schema.types import Bad

_log = log.get(__name__)


def truth(c: Compiler, entity: Entity, ruled: Ruled) -> str:
    """SQL: the rule's condition holds. One that is no longer understood is as if it were not there."""
    try:
        if ruled.rule.kind == "readonly" and ruled.when != TRUE:
            new, old = (c.where(entity, alias, ruled.when, trusted=True) for alias in ("t", "o"))
            return f"(CASE WHEN o.id IS NULL THEN {new} ELSE {old} END IS TRUE)"
        return f"(({c.where(entity, 't', ruled.when, trusted=True)}) IS TRUE)"
    except Invalid as invalid:
        _log.warning("a rule cannot be read", rule=f"{entity.name}.{ruled.rule.name}", reason=str(invalid))
        return "TRUE" if ruled.rule.kind in ("gate", "show") else "FALSE"


async def truths(
    ctx: Context, entity: Entity, rules: Sequence[Ruled], rows: Sequence[Row], kind: str
) -> dict[str, list[bool]]:
    """For each row's id, whether the condition of each rule holds; no statement where no rule has a condition."""
    if all(r.when == TRUE for r in rules):
        return {row.id: [True] * len(rules) for row in rows}

    def make() -> Statement:
        c = imagined.judge(ctx)
        tests = ", ".join(truth(c, entity, r) for r in rules)
        those = imagined.source(ctx, entity)
        return c.done(f"SELECT i.id, ARRAY[{tests}] FROM {those}")

    statement = ctx.kept(("rules", ctx.catalog.version, entity.name, kind), make)
    return dict(await ctx.db.fetch(statement.sql, {**statement.args, "images": imagined.images(ctx, entity, rows)}))


def declared(ctx: Context, entity: Entity) -> dict[str, Any]:
    """Stored values of the defaults that fields declare."""
    out: dict[str, Any] = {}
    for name in entity.stored:
        f = entity.fields[name]
        if f.default is None:
            continue
        kind = entity.types[name]
        try:
            value = kind.default(f, ctx.env)
            if value is None or value == NOBODY:
                continue
            out[name] = kind.operand(f, "eq", value, ctx.env) if kind.grains else kind.parse(f, value, ctx.env)
        except Bad:
            continue
    return out


async def fill(ctx: Context, entity: Entity, rows: Sequence[Row]) -> None:
    """What new records begin with: the first rule that holds, in each field that was not given."""
    rules = entity.ruling.defaults
    mine = [r for r in rows if r.kind == "create" and r.problem is None] if rules else []
    mine = [r for r in mine if any(n not in r.given for ruled in rules for n in ruled.rule.fields)]
    if not mine:
        return
    found = await started(ctx, entity, mine)
    for row in mine:
        for name, value in begun(ctx, entity, found[row.id], row.given).items():
            row.new[name] = value


Start = tuple[Sequence[bool], Mapping[str, Any]]
"""Whether each default rule holds of a record, and what their formulas make of it, by ``rule.field``."""


async def started(ctx: Context, entity: Entity, rows: Sequence[Row]) -> dict[str, Start]:
    """What the default rules say of new records, by id."""
    rules = entity.ruling.defaults
    made = [(r.rule, text) for r in rules if (text := formula_of(r.rule)) is not None]
    if not made:
        return {id: (holds, {}) for id, holds in (await truths(ctx, entity, rules, rows, "defaults")).items()}

    def make() -> Statement:
        c = imagined.judge(ctx)
        tests = ", ".join(truth(c, entity, r) for r in rules)
        values = ", ".join(
            f"{c.bind(f'{rule.name}.{n}', 'text')}, {_worked_out(c, entity, n, text)}"
            for rule, text in made
            for n in rule.fields
        )
        those = imagined.source(ctx, entity)
        return c.done(f"SELECT i.id, ARRAY[{tests}], json_build_object({values}) FROM {those}")

    statement = ctx.kept(("rules", ctx.catalog.version, entity.name, "starts"), make)
    told = await ctx.db.fetch(statement.sql, {**statement.args, "images": imagined.images(ctx, entity, rows)})
    return {
        id: (holds, loads(values, exact=True) if isinstance(values, bytes | str) else values)
        for id, holds, values in told
    }


def _worked_out(c: Compiler, entity: Entity, name: str, text: str) -> str:
    """SQL of what a formula makes of a record for one of its fields; null where it is no longer understood."""
    f, kind = entity.fields[name], entity.types[name]
    try:
        tree = understand(text, entity.name, c.catalog.see)
        result_of(tree, f.type)
    except Wrong:
        return "NULL"
    c.fresh = True  # it may be about today
    return f"({formulas.Maker(c, trusted=True).result(tree, f, kind, entity, 't')})::{kind.column(f)}"


def begun(ctx: Context, entity: Entity, start: Start, taken: Collection[str]) -> dict[str, Any]:
    """Stored values by field that the default rules that hold give to fields that are not taken."""
    out: dict[str, Any] = {}
    holds, made = start
    for ruled, true in zip(entity.ruling.defaults, holds, strict=True):
        for name in ruled.rule.fields if true else ():
            if name in taken or name in out:
                continue
            try:
                f, value = entity.fields[name], ruled.rule.value
                if formula_of(ruled.rule) is None:
                    out[name] = given(f, value, ctx.env)
                elif (value := made.get(f"{ruled.rule.name}.{name}")) is not None:
                    out[name] = entity.types[name].parse(f, value, ctx.env)
            except Bad:
                continue
    return out


async def judge(ctx: Context, entity: Entity, rows: Sequence[Row]) -> None:
    """Refuse what the rules refuse. What brings back what once was there, or leads a link along, is not judged."""
    ruling = entity.ruling
    if not ruling.written or ctx.undoes is not None:
        return
    asked: list[tuple[Row, set[str]]] = []
    for row in rows:
        if row.kind in ("create", "update") and row.problem is None and not row.exact:
            changed = imagined.changes(entity, row)
            if row.kind == "create" or (changed and (ruling.watched is None or ruling.watched & changed)):
                asked.append((row, changed))
    if not asked:
        return
    rules = ruling.written
    found = await truths(ctx, entity, rules, [row for row, _ in asked], "written")
    twins: dict[str, list[Row]] = {}
    for row, changed in asked:
        holds = found[row.id]
        hidden = hides(rules, holds)
        for ruled, true in zip(rules, holds, strict=True):
            rule = ruled.rule
            if row.kind == "update" and ruled.wakes is not None and not ruled.wakes & changed:
                continue
            if rule.kind == "duplicate":
                if true:
                    twins.setdefault(rule.name, []).append(row)
            else:
                for name, code, values in verdict(ctx, entity, rule, true, row, changed, hidden):
                    if name is None or all(e.field != name for e in row.errors):
                        row.fail(name, code, **values)
    for ruled in ruling.blocking:
        mine = [r for r in twins.get(ruled.rule.name, ()) if r.good]
        if mine:
            await alike.refuse(ctx, entity, ruled, mine)


def hides(rules: Sequence[Ruled], holds: Sequence[bool]) -> set[str]:
    """The fields that no show rule shows although there is one for them."""
    shown: dict[str, bool] = {}
    for ruled, true in zip(rules, holds, strict=True):
        if ruled.rule.kind == "show":
            for name in ruled.rule.fields:
                shown[name] = shown.get(name, False) or true
    return {name for name, visible in shown.items() if not visible}


Verdict = tuple[str | None, str, Mapping[str, object]]


def verdict(
    ctx: Context, entity: Entity, rule: Rule, true: bool, row: Row, changed: Collection[str], hidden: Collection[str]
) -> list[Verdict]:
    """What a rule says against a row: field, code and values of each message."""
    match rule.kind:
        case "validate" if true:
            place = next((n for n in rule.fields if access.readable(ctx.actor, entity, entity.fields[n])), None)
            return [_said(rule, place, "rule")]
        case "require" if true:
            wanted = [n for n in rule.fields if n not in hidden and row.new.get(n) in (None, "", [])]
            return [_said(rule, n, "required") for n in wanted]
        case "readonly" if true and not ctx.actor.system and not row.trusted:
            begins = declared(ctx, entity) if row.kind == "create" else {}
            locked = [n for n in rule.fields if n in changed and (row.kind == "update" or _brought(row, n, begins))]
            return [_said(rule, n, "rule_readonly") for n in locked]
        case "options" if true:
            bad = unfit(rule, row)
            words = allowed_words(entity, allowed(rule, row.new) or (), bad)
            return [_said(rule, n, "rule_options", words[n]) for n in bad]
        case "gate" if not true and passes(entity, rule, row):
            return [_said(rule, entity.stage.name if entity.stage else None, "rule")]
        case _:
            return []


def _brought(row: Row, name: str, begins: Mapping[str, Any]) -> bool:
    """Whether a new record has this value of its writer, and not of a default."""
    return name in row.given and row.new.get(name) != begins.get(name)


def unfit(rule: Rule, row: Row) -> list[str]:
    """The fields of an options rule whose values it does not allow."""
    out: list[str] = []
    options = allowed(rule, row.new)
    if options is None:
        return out
    for name in rule.fields:
        value = row.new.get(name)
        held = sequence(value)
        several = ([] if value is None else [value]) if held is None else held
        if any(v not in options for v in several):
            out.append(name)
    return out


def allowed_words(entity: Entity, options: Collection[str], names: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """By field, these of its options in words."""
    out: dict[str, Mapping[str, str]] = {}
    for name in names:
        labels = [o.label for o in entity.fields[name].options if o.name in options]
        out[name] = {lang: sep.join(say(each, lang) for each in labels) for lang, sep in (("en", ", "), ("zh", "、"))}
    return out


def _said(rule: Rule, name: str | None, code: str, words: Mapping[str, str] | None = None) -> Verdict:
    """The rule's own message if it has one."""
    if words is not None and not rule.message:
        return name, code, {"message": words}
    return (name, "rule", {"message": rule.message}) if rule.message else (name, code, {"message": rule.label})


def passes(entity: Entity, rule: Rule, row: Row) -> bool:
    """Whether the row goes through a gate."""
    stage = entity.stage
    if stage is None:
        return False
    through = str(stage.config.get("pipeline", "pipeline"))
    before, after = ((side.get(through), side.get(stage.name)) for side in (row.old, row.new))
    pipeline, name = after if rule.way == "enter" else before
    return before != after and name in rule.stages and rule.pipeline in ("", pipeline)
