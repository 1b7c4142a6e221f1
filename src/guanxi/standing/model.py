"""What a scheme is: how records of an object are graded, and through which stages of a life they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from guanxi.base import Label
from guanxi.schema.filter import TRUE, Filter

Kind = Literal["grade", "lifecycle"]
KINDS: tuple[Kind, ...] = ("grade", "lifecycle")
FUNCTIONS = ("count", "sum", "average", "min", "max")


@dataclass(frozen=True, slots=True)
class Input:
    """What a factor looks at: a ``formula`` over the record (the name of a field is one), or a figure over the records of the
    list ``children`` for which ``where`` holds: their ``function`` of ``field``. Of a date it is the days since then."""

    formula: str = ""
    children: str = ""
    function: str = "count"
    field: str = ""
    where: Filter = TRUE


@dataclass(frozen=True, slots=True)
class Scale:
    """From an input to points, 0–100.

    ``bands``: those of the last band ``(from, points)`` that the input reaches; below the first there are 0. ``linear``: 0 at
    ``low``, 100 at ``high`` (which may be the lower number). ``percentile``: the share of all records that it exceeds, or, with
    ``down``, that exceed it. ``options``: by the name of an option; others have 0.
    """

    kind: Literal["bands", "linear", "percentile", "options"] = "percentile"
    bands: tuple[tuple[float, float], ...] = ()
    low: float = 0
    high: float = 100
    down: bool = False
    options: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def falls(self) -> bool:
        """Less is better: of days since something, how lately it was and not how long it lasts."""
        match self.kind:
            case "bands":
                return bool(self.bands) and self.bands[-1][1] < self.bands[0][1]
            case "linear":
                return self.high < self.low
            case _:
                return self.down


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that counts. ``empty`` are the points where there is no input; None: then the factor does not count at all."""

    name: str
    label: Label
    weight: float
    input: Input
    scale: Scale
    empty: float | None = 0


@dataclass(frozen=True, slots=True)
class Axis:
    """A side of a customer: value, potential, loyalty. Its points are the weighted mean of its factors, kept in ``field``."""

    name: str
    label: Label
    weight: float
    factors: tuple[Factor, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade, from so many points on. ``every`` says within how many days each kind of contact is due again, ``response`` within
    how many hours a request is answered, ``service`` what else is promised."""

    name: str
    label: Label
    color: str = ""
    least: float = 0
    every: Mapping[str, int] = field(default_factory=dict[str, int])
    response: int | None = None
    service: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A kind of contact that a grade asks for in time: when the last one was."""

    name: str
    label: Label
    input: Input


@dataclass(frozen=True, slots=True)
class Grading:
    """A scheme of grades, best first. ``field`` holds the grade, ``score`` the points, ``due`` the day on which a contact is due.

    Only records for which ``when`` holds are graded."""

    field: str
    axes: tuple[Axis, ...]
    grades: tuple[Grade, ...]
    contacts: tuple[Contact, ...] = ()
    score: str = "score"
    due: str = "service_due"
    when: Filter = TRUE

    @property
    def fields(self) -> set[str]:
        """What the scheme says of a record."""
        return {self.field, self.score, self.due, *(a.field for a in self.axes)}

    @property
    def inputs(self) -> list[Input]:
        """All inputs: those of the factors, axis by axis, then those of the contacts."""
        return [f.input for a in self.axes for f in a.factors] + [c.input for c in self.contacts]

    @property
    def conditions(self) -> list[Filter]:
        """What must hold of a record."""
        return [self.when]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a life. A record is in it where ``when`` holds, if none of the stages after it applies.

    ``after`` names stages one of which it must come from; ``days`` for how long it then stays at most. ``kind``: on the ``path``,
    ``aside`` of it (dormant), or ``lost``.
    """

    name: str
    label: Label
    color: str = ""
    kind: Literal["path", "aside", "lost"] = "path"
    when: Filter = TRUE
    after: tuple[str, ...] = ()
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A scheme of stages, in the order of the journey. ``field`` holds the stage, ``since`` since when."""

    field: str
    stages: tuple[Stage, ...]
    since: str = "lifecycle_since"
    when: Filter = TRUE

    @property
    def fields(self) -> set[str]:
        """What the scheme says of a record."""
        return {self.field, self.since}

    @property
    def inputs(self) -> list[Input]:
        """None: stages go by conditions alone."""
        return []

    @property
    def conditions(self) -> list[Filter]:
        """What must hold of a record, of itself and for each stage."""
        return [self.when, *(s.when for s in self.stages)]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme of a workspace as it is kept. ``quantiles`` are the percentiles of each factor (by its place) that is told by
    them; ``watches`` the objects whose changes matter."""

    object: str
    kind: Kind
    plan: Grading | Lifecycle
    raw: Mapping[str, Any]
    active: bool = False
    edit: int = 0
    quantiles: Mapping[str, list[float]] = field(default_factory=dict[str, list[float]])
    watches: tuple[str, ...] = ()
