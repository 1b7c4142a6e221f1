"""Records that are one and the same in the world become one here: values are put together, what points to them is led to the one
that stays, the others go to the recycle bin and are kept for taking them apart again.

All of it is one change set, written through the one write path: the one that stays and those that go with the actor's rights, what
points to them by the program, so that nothing is left behind because somebody may not see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.base import Conflict, FieldError, Forbidden, Invalid, NotFound, Problem, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.base.shape import mapping
from guanxi.base.text import say
from guanxi.pg import quote
from guanxi.records import access, attached, circles, moving
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.records.journal import veils
from guanxi.records.merges import merging, whereabouts
from guanxi.records.moving import Place, Pointer
from guanxi.records.read import shown
from guanxi.records.row import NOBODY, Delete, Row, Update
from guanxi.records.rules import mergings
from guanxi.records.write import MAX_BATCH, parse, write
from guanxi.schema.catalog import Entity

MOST = 50
"""Records that become one at a time."""

Image = Mapping[str, Any]


@dataclass(slots=True)
class Cluster:
    """Records that become one. ``choices`` say where the value of a field comes from: ``{"from": id}``, ``{"value": …}``, or
    ``{"join": true}`` of lists; of the others it is decided. ``result`` are the values of the one that stays, ``how`` says of each
    field how they came about: ``kept``, ``filled``, ``joined``, ``chosen``, ``given``, or ``made`` by a rule of the object; and
    from which record."""

    survivor: str
    lost: tuple[str, ...]
    choices: Mapping[str, Any] = field(default_factory=dict[str, Any])
    id: str = field(default_factory=new_id)
    veiled: frozenset[str] = frozenset()
    """Fields that are masked for the actor in one of them, for as long as it is in a pool."""
    result: dict[str, Any] = field(default_factory=dict[str, Any])
    how: dict[str, tuple[str, str | None]] = field(default_factory=dict[str, tuple[str, str | None]])

    @property
    def members(self) -> tuple[str, ...]:
        """The one that stays, then those that go."""
        return (self.survivor, *self.lost)


async def merge(
    ctx: Context,
    object_name: str,
    survivor: str,
    lost: Sequence[str],
    choices: Mapping[str, Any] | None = None,
    versions: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Make records one: ``{"id", "merge", "lost", "moved": [{"object", "count"}], "change_set", "record"}``.

    ``versions`` are those that the actor has seen, by id: another one is a Conflict, as is one that went into another meanwhile.
    NotFound for what one may not see, Forbidden without the right to change the one that stays and to delete the others.
    """
    entity = ctx.catalog.object(object_name)
    cluster = Cluster(survivor, tuple(dict.fromkeys(lost)), choices or {})
    ctx = merging(ctx)
    images = await load(ctx, entity, [cluster], versions or {})
    await decide(ctx, entity, cluster, images)
    if found := conflicts(ctx, entity, cluster, images, await sole_pointers(ctx, entity, [cluster])):
        raise found[0].problem
    moved = await combine(ctx, entity, [cluster], images)
    told = [
        {"object": name, "count": len(found)}
        for name, ids in moved.items()
        if (found := await moving.seen(ctx, name, ids))
    ]
    record = (await shown(ctx, object_name, [survivor])).get(survivor)
    return {
        "id": survivor,
        "merge": cluster.id,
        "lost": list(cluster.lost),
        "moved": told,
        "change_set": ctx.change_set,
        "record": loads(record, exact=True) if record else None,
    }


async def preview(
    ctx: Context,
    object_name: str,
    survivor: str,
    lost: Sequence[str],
    choices: Mapping[str, Any] | None = None,
    versions: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """What :func:`merge` would do: ``{"survivor", "lost", "records", "fields": [{"name", "differs", "how", "from", "value"?,
    "writable"}], "related": [{"name", "object", "field", "label", "counts": {id: n}}], "attached": [...], "conflicts": [{"field",
    "code", "message", "id"}]}``. Nothing is written; only what the actor sees is counted."""
    entity = ctx.catalog.object(object_name)
    cluster = Cluster(survivor, tuple(dict.fromkeys(lost)), choices or {})
    images = await load(ctx, entity, [cluster], versions or {}, only_look=True)
    await decide(ctx, entity, cluster, images)
    found = conflicts(ctx, entity, cluster, images, await sole_pointers(ctx, entity, [cluster], only_look=True))
    for problem in await _rights(ctx, entity, [cluster]):
        found.insert(0, problem)
    records = {i: loads(r, exact=True) for i, r in (await shown(ctx, object_name, list(cluster.members))).items()}
    by_place = await moving.counted(ctx, entity, cluster.members)
    related = [
        {
            "name": p.name,
            "object": p.object,
            "field": p.field,
            "label": say(moving.place_label(ctx.catalog, entity, p), ctx.actor.language),
            "counts": by_place[p.name],
        }
        for p in moving.places(ctx.catalog, entity.name)
        if p.name in by_place
    ]
    rows = await attached.counts(ctx.db, quote(ctx.workspace.schema), cluster.members)
    return {
        "survivor": survivor,
        "lost": list(cluster.lost),
        "records": [records[i] for i in cluster.members if i in records],
        "fields": [
            _field(ctx, entity, cluster, images, records, n)
            for n in units(entity)
            if n not in cluster.veiled and access.readable(ctx.actor, entity, entity.fields[n])
        ],
        "related": related,
        "attached": [
            {"name": t.table, "label": say(t.label, ctx.actor.language), "counts": rows[t.table]}
            for t in attached.attachments()
            if t.table in rows
        ],
        "conflicts": [
            {"field": c.field, "code": c.code, "message": c.message(ctx.actor.language), "id": c.id} for c in found
        ],
    }


# -- loading -----------------------------------------------------------------------------------------------------------


async def load(
    ctx: Context,
    entity: Entity,
    clusters: Sequence[Cluster],
    versions: Mapping[str, int],
    only_look: bool = False,
) -> dict[str, dict[str, Any]]:
    """The stored values of all members by id, locked against others who write or merge them unless they are only looked at;
    then rights are not asked for either."""
    for cluster in clusters:
        if not all(is_id(i) for i in cluster.members):
            raise NotFound
        if not cluster.lost or len(set(cluster.members)) != len(cluster.members):
            raise Invalid.one("ids", "merge_needs_two")
        if len(cluster.members) > MOST:
            raise Invalid.one("ids", "too_many_values", max=MOST)
    members = [i for c in clusters for i in c.members]
    if len(set(members)) != len(members):
        raise Invalid.one("clusters", "not_unique")
    access.require(ctx.actor, entity, "read")
    c = Compiler(ctx)
    source, seen = c.source(entity, "t")
    names = ("version", "created_at", "updated_at", *entity.stored)
    columns = ", ".join(f"t.{quote(n)}" for n in names)
    locks = f"(SELECT jsonb_build_array(l.holder) FROM {quote(ctx.workspace.schema)}._lock AS l WHERE l.record = t.id)"
    rows = await ctx.db.fetch(
        f"SELECT t.id, {columns}, {locks} FROM {source} WHERE t.id = ANY({c.bind(members, 'uuid[]')}) AND {seen}"
        f" ORDER BY t.id{'' if only_look else ' FOR NO KEY UPDATE OF t'}",
        c.args,
    )
    images = {r[0]: {**dict(zip(names, r[1:-1], strict=True)), "": r[-1]} for r in rows}
    missing = [i for i in members if i not in images]
    if missing:
        raise Conflict("merged_meanwhile") if await whereabouts(ctx, missing) else NotFound()
    for id, version in versions.items():
        if id in images and images[id]["version"] != version:
            raise Conflict("stale")
    if not only_look and (problems := await _rights(ctx, entity, clusters)):
        raise problems[0].problem
    behind = await veils(ctx, entity, members)
    for cluster in clusters:
        cluster.veiled = frozenset().union(*(behind.get(i, frozenset()) for i in cluster.members))
    return images


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why records cannot become one."""

    problem: Problem
    field: str | None = None
    id: str | None = None

    @property
    def code(self) -> str:
        """The message's code."""
        return self.problem.errors[0].code if self.problem.errors else self.problem.code

    def message(self, language: str) -> str:
        """Why, for the user."""
        return self.problem.errors[0].message(language) if self.problem.errors else self.problem.title(language)


async def _rights(ctx: Context, entity: Entity, clusters: Sequence[Cluster]) -> list[Hindrance]:
    """What keeps the actor from changing those that stay and deleting those that go."""
    out: list[Hindrance] = []
    for verb, ids in (("update", [c.survivor for c in clusters]), ("delete", [i for c in clusters for i in c.lost])):
        try:
            access.require(ctx.actor, entity, verb)
        except Forbidden as forbidden:
            out.append(Hindrance(forbidden))
            continue
        c = Compiler(ctx)
        source, may = c.source(entity, "t", verb)
        found = await ctx.db.fetch(f"SELECT t.id FROM {source} WHERE {c.among('t.id', ids)} AND {may}", c.args)
        beyond = set(ids) - {r[0] for r in found}
        out += [Hindrance(Forbidden(f"merge_{verb}"), id=i) for i in ids if i in beyond]
    return out


# -- deciding ----------------------------------------------------------------------------------------------------------


def units(entity: Entity) -> dict[str, tuple[str, ...]]:
    """The fields of which records may have different values, each with the columns that go with it: an amount with its currency,
    a stage with its pipeline. What the engine makes, and what nobody reads, stays with the record."""
    through = str(entity.stage.config.get("pipeline", "pipeline")) if entity.stage else ""
    parts: dict[str, list[str]] = {}
    for name in entity.stored:
        f, kind = entity.fields[name], entity.types[name]
        if entity.follows(name) or kind.made or not kind.readable:
            continue
        whole = f.of or (entity.stage.name if entity.stage and name == through else name)
        parts.setdefault(whole, []).append(name)
    return {whole: tuple(names) for whole, names in parts.items() if whole in names}


def empty(value: Any) -> bool:
    """Whether it is no value."""
    return value is None or value in ("", [])


async def decide(ctx: Context, entity: Entity, cluster: Cluster, images: dict[str, dict[str, Any]]) -> None:
    """Work out the values of the one that stays: lists are joined, what is empty is filled from the others in their order, the
    object's own rules have their say, and what was chosen stands."""
    known = units(entity)
    chosen = _chosen(ctx, entity, cluster, known)
    for name, parts in known.items():
        cluster.how[name] = ("kept", cluster.survivor)
        values = [images[i][name] for i in cluster.members]
        if entity.types[name].many:
            joined = _joined(values, entity.types[name].most)
            cluster.result[name] = joined or None
            if not entity.types[name].same(joined or None, values[0]):
                first = next((i for i in cluster.members if not empty(images[i][name])), None)
                alone = empty(values[0]) and sum(not empty(v) for v in values) == 1
                cluster.how[name] = ("filled", first) if alone else ("joined", None)
            continue
        source = cluster.survivor
        if empty(values[0]):
            source = next((i for i in cluster.lost if not empty(images[i][name])), source)
            if source != cluster.survivor:
                cluster.how[name] = ("filled", source)
        cluster.result |= {p: images[source][p] for p in parts}
    await _choose(ctx, entity, cluster, images, known, chosen)
    decided = dict(cluster.result)
    for rule in mergings(entity.name):
        wrap = rule.wrap
        if wrap is not None:
            rule.function(
                wrap(cluster.result, images[cluster.survivor], cluster.survivor),
                [wrap(dict(images[i]), None, i) for i in cluster.lost],
                ctx,
            )
    for name, parts in known.items():
        if name in chosen:
            cluster.result |= {p: decided[p] for p in parts}
        elif any(not entity.types[p].same(cluster.result[p], decided[p]) for p in parts):
            cluster.how[name] = ("made", None)
    inside = dict.fromkeys(cluster.lost, cluster.survivor)
    for p in moving.links_of(entity):
        if p.field in cluster.result and set(held := moving.ids_in(cluster.result[p.field])) & set(cluster.members):
            left = moving.led(held, inside, cluster.survivor)
            cluster.result[p.field] = (list(left) or None) if p.many else (left[0] if left else None)
            if p.anywhere and not left:
                cluster.result[f"{p.field}_object"] = None


def _joined(values: Sequence[Any], most: int) -> list[Any]:
    return list(dict.fromkeys(v for value in values for v in value or ()))[:most]


def _chosen(ctx: Context, entity: Entity, cluster: Cluster, known: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The choices, with all that is wrong with their form refused together."""
    out: dict[str, Mapping[str, Any]] = {}
    errors: list[FieldError] = []
    for name, raw in cluster.choices.items():
        choice = mapping(raw)
        if name not in known or not access.readable(ctx.actor, entity, entity.fields[name]):
            errors.append(FieldError(name[:100], "unknown_field"))
        elif name in cluster.veiled:
            errors.append(FieldError(name, "masked_field"))
        elif not access.writable(ctx.actor, entity, entity.fields[name]):
            errors.append(FieldError(name, "read_only"))
        elif choice is None or len(choice) != 1 or not choice.keys() & {"from", "value", "join"}:
            errors.append(FieldError(name, "merge_choice"))
        elif "from" in choice and choice["from"] not in cluster.members:
            errors.append(FieldError(name, "merge_not_member"))
        elif "join" in choice and (choice["join"] is not True or not entity.types[name].many):
            errors.append(FieldError(name, "merge_no_list"))
        else:
            out[name] = choice
    if errors:
        raise Invalid(errors=errors)
    return out


async def _choose(
    ctx: Context,
    entity: Entity,
    cluster: Cluster,
    images: Mapping[str, Image],
    known: Mapping[str, tuple[str, ...]],
    chosen: Mapping[str, Mapping[str, Any]],
) -> None:
    typed = {n: c["value"] for n, c in chosen.items() if "value" in c}
    for name, choice in chosen.items():
        if "from" in choice:
            cluster.result |= {p: images[choice["from"]][p] for p in known[name]}
            cluster.how[name] = ("chosen", choice["from"])
        elif "value" in choice:
            cluster.how[name] = ("given", None)
    if typed:
        row = Row(entity, 0, "update", cluster.survivor, typed, old=dict(images[cluster.survivor]))
        await parse(ctx, entity, [row])
        for name in row.foreign:  # a file of one of the records may stay
            held = next(
                (v for i in cluster.members if (v := mapping(images[i][name])) and v["id"] == row.new[name]["id"]), None
            )
            row.new[name] = held
            if held is None:
                row.fail(name, "reference_not_found")
        if row.errors:
            raise Invalid(errors=row.errors)
        for name in typed:
            cluster.result |= {p: row.new[p] for p in known[name] if p in row.new}


# -- what stands in the way --------------------------------------------------------------------------------------------


def conflicts(
    ctx: Context,
    entity: Entity,
    cluster: Cluster,
    images: Mapping[str, Image],
    pointers: Sequence[tuple[Place, str, tuple[str, ...]]],
) -> list[Hindrance]:
    """What keeps these records from becoming one, but for rights."""
    out: list[Hindrance] = []
    for id in cluster.members:
        held = images[id][""]
        if held is not None and not ctx.actor.system and held[0] != ctx.change_set:
            out.append(Hindrance(Conflict("record_locked"), id=id))
    for name in units(entity):
        if (
            entity.fields[name].required
            and empty(cluster.result.get(name))
            and not empty(images[cluster.survivor].get(name))
        ):
            error = FieldError(name, "required", {"field": entity.fields[name].label})
            out.append(Hindrance(Invalid(errors=[error]), name))
    for place in {p for p, _, _ in pointers if p.unique}:
        if len({i for p, i, held in pointers if p == place and set(held) & set(cluster.members)}) > 1:
            other = ctx.catalog.entities[place.object]
            values = {"object": other.definition.plural, "link": other.fields[place.field].label}
            error = FieldError(place.name, "merge_one_only", values)
            out.append(Hindrance(Conflict("merge_hindered", errors=[error]), place.name))
    return out


async def sole_pointers(
    ctx: Context, entity: Entity, clusters: Sequence[Cluster], only_look: bool = False
) -> list[tuple[Place, str, tuple[str, ...]]]:
    """What points to members by a link that only one record may have; nothing is asked where there is no such link."""
    if not any(p.unique for p in moving.places(ctx.catalog, entity.name)):
        return []
    return await moving.pointing(ctx, entity, [i for c in clusters for i in c.members], lock=not only_look)


# -- carrying out ------------------------------------------------------------------------------------------------------


async def combine(
    ctx: Context, entity: Entity, clusters: Sequence[Cluster], images: dict[str, dict[str, Any]]
) -> dict[str, set[str]]:
    """Make each cluster one, all together; by object the ids of what was led along. Links come first, so that nothing holds
    those that go; then these go, so that their unique values are free; then those that stay get their values."""
    to = {i: c.survivor for c in clusters for i in c.lost}
    of = {i: c for c in clusters for i in c.members}
    pointers: list[Pointer] = []
    loose: list[Pointer] = []
    for place, id, was in await moving.pointing(ctx, entity, list(to)):
        own = of.get(id) if place.object == entity.name else None
        inside = set(own.members) if own else set[str]()
        becomes = moving.led(was, {k: v for k, v in to.items() if k not in inside} if own else to)
        if becomes != was:
            pointers.append(Pointer(place, id, was, becomes))
        if own and own.survivor == id and set(becomes) & inside:  # it would hold what goes
            loose.append(Pointer(place, id, becomes, tuple(i for i in becomes if i not in inside)))
    cut = await _above_themselves(ctx, entity, clusters, images)
    pointers = [p for p in pointers if (p.place, p.id) not in {(c.place, c.id) for c in cut}] + cut
    await moving.lead(ctx, pointers)
    await moving.lead(ctx, loose)
    own_links = {(p.place.field, p.id): p for p in pointers if p.place.object == entity.name}
    for (name, id), p in own_links.items():
        cluster = of.get(id)
        if cluster is not None and id == cluster.survivor:
            before: Any = list(p.becomes) if p.place.many else next(iter(p.becomes), None)
            if cluster.result.get(name) == images[id][name]:
                cluster.result[name] = before
            images[id][name] = before
    for name in circles.trees(entity):  # what is above one that goes may be below the one that stays
        over = await circles.above(ctx, entity, name, {c.result[name] for c in clusters if c.result.get(name)})
        for c in clusters:
            wanted = c.result.get(name)
            if wanted and c.survivor in over[wanted]:
                c.result[name] = images[c.survivor].get(name) if images[c.survivor].get(name) != wanted else None
    lost = list(to)
    for start in range(0, len(lost), MAX_BATCH):
        await write(ctx, entity.name, [Delete(i) for i in lost[start : start + MAX_BATCH]], render=False)
    changed = {
        c.survivor: {n: v for n, v in c.result.items() if not entity.types[n].same(v, images[c.survivor].get(n))}
        for c in clusters
    }
    ways = [Update(id, values, trusted=True) for id, values in changed.items() if values]
    for start in range(0, len(ways), MAX_BATCH):
        await write(ctx, entity.name, ways[start : start + MAX_BATCH], render=False)
    await _keep(ctx, entity, clusters, images, await _became(ctx, entity, images, changed))
    await moving.note(ctx, pointers)
    merges, gone, stay = [of[i].id for i in lost], lost, [to[i] for i in lost]
    await attached.lead(ctx.db, quote(ctx.workspace.schema), merges, gone, stay)
    moved: dict[str, set[str]] = {}
    for p in pointers:
        moved.setdefault(p.place.object, set()).add(p.id)
    ctx.moved.extend((entity.name, i) for i in of)
    return moved


async def _became(
    ctx: Context, entity: Entity, images: Mapping[str, Image], changed: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What those that stay have now that they had not, with what their own rules made of it."""
    written = [i for i, values in changed.items() if values]
    names = [n for n in entity.stored if not entity.follows(n) and entity.types[n].readable]
    rows = await ctx.db.fetch(
        f"SELECT id, {', '.join(quote(n) for n in names)} FROM {quote(ctx.workspace.schema)}.{quote(entity.name)}"
        " WHERE id = ANY(%(ids)s::uuid[])",
        {"ids": written},
    )
    now = {r[0]: dict(zip(names, r[1:], strict=True)) for r in rows}
    return {
        i: {n: v for n, v in now.get(i, {}).items() if not entity.types[n].same(v, images[i].get(n))} for i in changed
    }


async def _above_themselves(
    ctx: Context, entity: Entity, clusters: Sequence[Cluster], images: Mapping[str, Mapping[str, Any]]
) -> list[Pointer]:
    """The links of records that stay which would lead back to them, for what goes is above them; each is let go."""
    out: list[Pointer] = []
    for name in circles.trees(entity):
        place = next(p for p in moving.links_of(entity) if p.field == name)
        held = {c.survivor: was for c in clusters if (was := images[c.survivor].get(name)) and was not in c.lost}
        over = await circles.above(ctx, entity, name, set(held.values()))
        for c in clusters:
            was = held.get(c.survivor)
            if was and not over[was].isdisjoint(c.lost):
                out.append(Pointer(place, c.survivor, (was,), ()))
    return out


async def _keep(
    ctx: Context,
    entity: Entity,
    clusters: Sequence[Cluster],
    images: Mapping[str, Image],
    changed: Mapping[str, Mapping[str, Any]],
) -> None:
    """Note what is needed to take them apart; and in the history of one that did not change that others went into it."""
    schema = quote(ctx.workspace.schema)
    rows = [
        {
            "id": c.id,
            "survivor": c.survivor,
            "lost": c.lost,
            "before": {n: images[c.survivor].get(n) for n in changed[c.survivor]},
            "after": changed[c.survivor],
            "sources": {
                n: source for n, (how, source) in c.how.items() if how in ("filled", "chosen") and source in c.lost
            },
        }
        for c in clusters
    ]
    args = {
        "rows": dumps(rows).decode(),
        "set": ctx.change_set,
        "actor": None if ctx.actor.id == NOBODY else ctx.actor.id,
        "object": entity.name,
    }
    await ctx.db.execute(
        f"WITH r AS (SELECT * FROM json_to_recordset(%(rows)s::json) AS r(id uuid, survivor uuid, lost uuid[], before jsonb, after jsonb,"
        f" sources jsonb)), m AS (INSERT INTO {schema}._merge (id, change_set, actor, object, survivor, before, after, sources)"
        " SELECT id, %(set)s::uuid, %(actor)s::uuid, %(object)s, survivor, before, after, sources FROM r)"
        f" INSERT INTO {schema}._merged (lost, merge, object, survivor) SELECT unnest(lost), id, %(object)s, survivor FROM r",
        args,
    )
    still = [c.survivor for c in clusters if not changed[c.survivor]]
    if still:
        await ctx.db.execute(
            f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, before, after)"
            " SELECT %(object)s, id, 'update', %(actor)s::uuid, %(cause)s, %(set)s::uuid, version, '{}', '{}'"
            f" FROM {schema}.{quote(entity.name)} WHERE id = ANY(%(ids)s::uuid[])",
            {**args, "cause": ctx.cause, "ids": still},
        )


# -- telling -----------------------------------------------------------------------------------------------------------


def _field(
    ctx: Context,
    entity: Entity,
    cluster: Cluster,
    images: Mapping[str, Image],
    records: Mapping[str, Mapping[str, Any]],
    name: str,
) -> dict[str, Any]:
    """How a field comes out. ``value`` is told where it is no record's own."""
    kind, f = entity.types[name], entity.fields[name]
    how, source = cluster.how[name]
    values = [images[i][name] for i in cluster.members]
    out: dict[str, Any] = {
        "name": name,
        "differs": any(not kind.same(v, values[0]) for v in values[1:]),
        "how": how,
        "from": source,
        "writable": access.writable(ctx.actor, entity, f),
    }
    if source is None and not kind.anywhere:
        value = cluster.result[name]
        if kind.link:
            shown_links = [
                v for r in records.values() for v in ([r[name]] if isinstance(r.get(name), dict) else r.get(name) or ())
            ]
            titled = {v["id"]: v for v in shown_links}
            out["value"] = [titled[i] for i in moving.ids_in(value) if i in titled]
            if not kind.many:
                out["value"] = next(iter(out["value"]), None)
        else:
            out["value"] = None if value is None else kind.dump(f, value)
    return out
