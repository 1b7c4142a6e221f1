"""What flows are made of: kinds of triggers and of steps, each registered by name from wherever it is at home.

A kind says its parameters; from them come the editor's form, the check of a definition, what a step is handed (resolved for
its record), what the log says it got, and what a dry run says it would do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from guanxi.base import FieldError, Label, Problem
from guanxi.records import Context

Pair = tuple[str, str]
"""A label as it is declared: English, Chinese."""


def labelled(pair: Pair) -> Label:
    """A label of its two languages."""
    return {"en": pair[0], "zh": pair[1]}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that is set at a trigger or step. ``type`` is a key of :data:`guanxi.flows.parameters.TYPES`.

    ``of`` says whose fields, where that matters: ``flow`` (what the flow is about), or another parameter: one of type object,
    or one of type ref. ``kinds`` narrows fields to those of these field types. ``when`` names parameters with the values
    that they must have for this one to be asked for.
    """

    name: str
    type: str
    label: Label
    required: bool = False
    options: tuple[tuple[str, Label], ...] = ()
    of: str = "flow"
    kinds: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict[str, tuple[Any, ...]])
    default: Any = None
    help: Label = field(default_factory=dict[str, str])


def parameter(
    name: str,
    type: str,
    label: Pair,
    *,
    required: bool = False,
    options: Sequence[tuple[str, str, str]] = (),
    of: str = "flow",
    kinds: Sequence[str] = (),
    low: int | None = None,
    high: int | None = None,
    when: Mapping[str, Any] | None = None,
    default: Any = None,
    told: Pair | None = None,
) -> Parameter:
    """A :class:`Parameter`; ``options`` are (name, English, Chinese), ``when`` has a value or a tuple of values each."""
    wanted = {n: v if isinstance(v, tuple) else (v,) for n, v in (when or {}).items()}
    chosen = tuple((n, labelled((en, zh))) for n, en, zh in options)
    return Parameter(
        name,
        type,
        labelled(label),
        required,
        chosen,
        of,
        tuple(kinds),
        low,
        high,
        wanted,  # type: ignore[arg-type]
        default,
        labelled(told) if told else {},
    )


# -- what a step answers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """The step is over. ``output`` is what later steps find under ``steps.<id>``; ``into`` names the nested list of steps
    to go on with (``timed_out``, ``cases.0``), None the next step."""

    output: Mapping[str, Any] = field(default_factory=dict[str, Any])
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The step is called again at ``until``, or when somebody calls :func:`guanxi.flows.wake` with ``token``, whichever
    comes first; neither: never. ``memo`` is given back to it then (:attr:`StepContext.memo`)."""

    until: datetime | None = None
    token: str | None = None
    memo: Any = None
    event: Mapping[str, Any] | None = None
    """What must happen in the journal: ``{"object", "record", "kind", "fields", "filter"}``, the record's id or None for any."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The run stops here as failed; it can be retried by hand."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether the effect outside took place; shown as such and not repeated by itself."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Stop:
    """The whole run ends here."""

    failed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Spawn:
    """Runs of their own, whose end is waited for: the steps below this one for each record, or another flow."""

    object: str | None
    records: Sequence[str | None]
    flow: str | None = None
    input: Mapping[str, Any] = field(default_factory=dict[str, Any])


Next = Done | Wait | Fail | Unknown | Stop | Spawn


@dataclass(frozen=True, slots=True)
class Run:
    """The run that a step belongs to. ``root`` is the run that loops and sub-flows of it began in, else its own id."""

    id: str
    root: str
    flow: str
    name: str
    label: Label
    version: int
    object: str | None
    record: str | None
    change_set: str
    started_at: datetime


@dataclass(slots=True)
class StepContext:
    """A step at work.

    ``input`` are its parameters, resolved: a text with its places filled, a value, a record as ``{"object", "id"}``, people
    as ids of users. A step inside writes with ``ctx`` (the flow's user, its cause, its change set) in the transaction that
    also moves the run on. A step outside is called after its intent was committed, with no transaction: ``ctx`` is None
    and :meth:`opened` makes one; it uses ``key``, the same each time this visit is repeated, to be recognised by.
    """

    id: str
    kind: str
    input: Mapping[str, Any]
    key: str
    run: Run
    ctx: Context | None
    opened: Callable[[], AbstractAsyncContextManager[Context]]
    dry: bool = False
    woken: Mapping[str, Any] | None = None
    """After a wait: what :func:`guanxi.flows.wake` was given."""
    late: bool = False
    """After a wait: nobody woke it in time. In a trial also before: nobody will."""
    memo: Any = None

    @property
    def within(self) -> Context:
        """The context of a step inside."""
        assert self.ctx is not None  # noqa: S101 - a step outside has none
        return self.ctx


Work = Callable[[StepContext], Awaitable[Next]]
Bulk = Callable[[Sequence[StepContext]], Awaitable[Sequence[Next]]]
Certain = Callable[[str, Context, Mapping[str, Any]], Awaitable[Next | None]]
"""``certain(key, ctx, given)``: how a call with this key ended, as far as can be known; None: it never took place."""
Faults = Callable[[Mapping[str, Any]], Iterator[FieldError]]


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of step. ``nested`` names its lists of steps; ``cases`` is a list of objects with ``steps`` each. ``outputs``
    are what later steps may take from it, by name: an object's name, ``=<parameter>`` (the object that it names or points
    to), or empty for a plain value."""

    name: str
    label: Label
    parameters: tuple[Parameter, ...]
    run: Work | None
    bulk: Bulk | None
    group: str = "other"
    icon: str = ""
    nested: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    outside: bool = False
    seconds: float = 30.0
    """How long a step outside may take."""
    certain: Certain | None = None
    counts: str = ""
    """What a back-test counts of it: ``mails``, ``messages``, ``calls``."""
    faults: Faults | None = None
    hint: Label = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class TriggerKind:
    """A kind of trigger. ``about``: whether a flow with it has an object (``no``, ``may``, ``must``)."""

    name: str
    label: Label
    parameters: tuple[Parameter, ...]
    about: Literal["no", "may", "must"] = "must"
    icon: str = ""
    hint: Label = field(default_factory=dict[str, str])
    faults: Faults | None = None


steps: dict[str, StepKind] = {}
"""All kinds of steps of the modules that were imported, by name."""

triggers: dict[str, TriggerKind] = {}
"""All kinds of triggers, by name."""


def trigger(
    name: str,
    label: Pair,
    *parameters: Parameter,
    about: Literal["no", "may", "must"] = "must",
    icon: str = "",
    hint: Pair | None = None,
    faults: Faults | None = None,
) -> TriggerKind:
    """Register a kind of trigger; whatever makes it happen calls :func:`guanxi.flows.fire`."""
    if name in triggers:
        raise ValueError(f"there are two triggers {name!r}")
    made = TriggerKind(name, labelled(label), parameters, about, icon, labelled(hint) if hint else {}, faults)
    triggers[name] = made
    return made


class Traits(TypedDict, total=False):
    """What else a kind of step says of itself: the fields of :class:`StepKind` of these names."""

    group: str
    icon: str
    nested: Sequence[str]
    outputs: Mapping[str, str]
    outside: bool
    seconds: float
    certain: Certain
    counts: str
    faults: Faults
    hint: Pair


def _add(
    name: str, label: Pair, of: tuple[Parameter, ...], run: Work | None, bulk: Bulk | None, traits: Traits
) -> None:
    if name in steps:
        raise ValueError(f"there are two kinds of step {name!r}")
    given: dict[str, Any] = {**traits, "nested": tuple(traits.get("nested", ()))}
    given["hint"] = labelled(traits["hint"]) if "hint" in traits else {}
    steps[name] = StepKind(name, labelled(label), of, run, bulk, **given)


def step(name: str, label: Pair, *parameters: Parameter, **traits: Unpack[Traits]) -> Callable[[Work], Work]:
    """Makes ``async def f(step: StepContext) -> Next`` a kind of step.

    ``outside``: it acts on something that no transaction takes back. Its intent is committed first; whether an attempt whose
    worker died took place is asked of ``certain``, and is unknown without one.
    """

    def register(run: Work) -> Work:
        _add(name, label, parameters, run, None, traits)
        return run

    return register


def bulk_step(name: str, label: Pair, *parameters: Parameter, **traits: Unpack[Traits]) -> Callable[[Bulk], Bulk]:
    """Makes ``async def f(steps) -> answers`` a kind of step inside that is carried out for many runs at once.

    All steps of a call are the same step of one flow and share one Context; answers come in their order.
    """

    def register(bulk: Bulk) -> Bulk:
        _add(name, label, parameters, None, bulk, traits)
        return bulk

    return register


def described() -> dict[str, Any]:
    """``{"triggers": [...], "steps": [...]}``: what an editor needs to know of all kinds."""

    def told(p: Parameter) -> dict[str, Any]:
        more: dict[str, Any] = {
            "options": [{"name": n, "label": label} for n, label in p.options],
            "kinds": list(p.kinds),
            "when": {n: list(v) for n, v in p.when.items()},
            "low": p.low,
            "high": p.high,
            "default": p.default,
            "help": p.help,
        }
        kept = {n: v for n, v in more.items() if v not in (None, [], {})}
        return {"name": p.name, "type": p.type, "label": p.label, "required": p.required, "of": p.of, **kept}

    return {
        "triggers": [
            {
                "name": t.name,
                "label": t.label,
                "icon": t.icon,
                "hint": t.hint,
                "about": t.about,
                "parameters": [told(p) for p in t.parameters],
            }
            for t in triggers.values()
        ],
        "steps": [
            {
                "name": s.name,
                "label": s.label,
                "icon": s.icon,
                "hint": s.hint,
                "group": s.group,
                "outside": s.outside,
                "nested": list(s.nested),
                "outputs": dict(s.outputs),
                "parameters": [told(p) for p in s.parameters],
            }
            for s in steps.values()
        ],
    }
