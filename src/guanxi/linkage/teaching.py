"""What people's decisions teach: they say of pairs whether they are one, and the weights move towards what they say.

A logistic regression that starts from the model nobody taught: what that model says of a pair is one measure, of which a
factor of 1 is expected, and each level of each field has an addition, of which none is expected (a ridge: le Cessie and van
Houwelingen, Ridge Estimators in Logistic Regression, 1992). What comes out is still a sum over the fields, so that each
field's part can be told. Where the likely begins is where most of the decisions are met (F1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ENOUGH = 50
"""Decisions from which on something is learnt of them."""
EACH = 10
"""Of these at least so many of either kind."""
STIFF = 0.1
"""How hard an addition is held to nothing."""
CLEAR = 20.0
"""Bits beyond which a pair is clear, and teaches no more by being clearer."""
RARE = 6.0
_NAT = math.log(2)


class Weight(NamedTuple):
    """What one field says of a pair: how alike its values are (None where one has none), that in bits for or against, which
    level of the comparison it is (the highest: equal; -1: none), and the bits as they were before anybody taught."""

    grade: str | None
    bits: float
    level: int
    raw: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A pair of which somebody said whether it is one."""

    same: bool
    weights: Mapping[str, Weight]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt: bits by field and level that are added, bits for each bit of an equal value, a factor for all that the
    model says, and what is known before any field is compared."""

    decisions: int
    factor: float = 1.0
    prior: float = 0.0
    levels: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    rare: Mapping[str, float] = field(default_factory=dict[str, float])

    def sql(self, name: str, level: str, raw: str, top: int) -> str:
        """The bits of a field, given SQL for its level and for its bits before."""
        added = self.levels.get(name, {})
        cases = "".join(f" WHEN {int(k)} THEN {float(v)!r}" for k, v in added.items())
        equal = f" + CASE {level} WHEN {top} THEN {float(self.rare.get(name, 0.0))!r} * ({raw}) ELSE 0 END"
        plus = f" + CASE {level}{cases} ELSE 0 END" if cases else ""
        return f"({float(self.factor)!r} * ({raw}){plus}{equal})::DOUBLE"

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


def teach(decided: Sequence[Decided], tops: Mapping[str, int], prior: float) -> Lesson | None:
    """What these decisions teach about fields with these highest levels: nothing where they are one-sided; None where they are too few."""
    if len(decided) < ENOUGH:
        return None
    yes = sum(d.same for d in decided)
    if min(yes, len(decided) - yes) < EACH:
        return Lesson(len(decided))
    columns = [(n, i) for n, top in tops.items() for i in range(top + 1)]
    at = {c: 2 + i for i, c in enumerate(columns)}
    equal = {n: 2 + len(columns) + i for i, n in enumerate(tops)}
    x = np.zeros((len(decided), 2 + len(columns) + len(tops)))
    y = np.array([float(d.same) for d in decided])
    for row, d in zip(x, decided, strict=True):
        known = {n: w for n, w in d.weights.items() if (n, w.level) in at}
        row[0], row[1] = 1, _NAT * max(-CLEAR, min(CLEAR, prior + sum(w.raw for w in known.values())))
        for n, w in known.items():
            row[at[n, w.level]] = 1
            if w.level == tops[n]:
                row[equal[n]] = max(-12.0, min(12.0, w.raw)) / RARE
    expected = np.zeros(x.shape[1])
    expected[1] = 1
    stiff = np.full(x.shape[1], STIFF)
    stiff[1] = 10 * STIFF
    told = _fitted(x, y, expected, stiff)
    cut = _cut(x @ told, y)
    return Lesson(
        decisions=len(decided),
        factor=float(told[1]),
        prior=float((told[0] - cut) / _NAT),
        levels={
            n: {str(i): float(told[at[n, i]] / _NAT) for i in range(top + 1) if told[at[n, i]]}
            for n, top in tops.items()
        },
        rare={n: float(told[i] / _NAT / RARE) for n, i in equal.items() if told[i]},
    )


Numbers = NDArray[np.float64]


def _fitted(x: Numbers, y: Numbers, expected: Numbers, stiff: Numbers) -> Numbers:
    """The likeliest coefficients, by Newton's method with steps that never make it worse."""

    def loss(w: Numbers) -> float:
        z = x @ w
        return float(np.logaddexp(0, z).sum() - y @ z + 0.5 * (stiff * (w - expected) ** 2).sum())

    w, now = expected.copy(), loss(expected)
    for _ in range(80):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -35, 35)))
        slope = x.T @ (p - y) + stiff * (w - expected)
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(stiff), slope)
        length = 1.0
        while length > 1e-6 and loss(w - length * step) > now - 1e-4 * length * float(slope @ step):
            length /= 2
        w = w - length * step
        now, before = loss(w), now
        if before - now < 1e-6:
            break
    return w


def _cut(z: Numbers, y: Numbers) -> float:
    """Where the likely begins, in natural units, so that the most of what was decided is met."""

    def met(cut: float) -> float:
        hit = float(y[z > cut].sum())
        return 2 * hit / float((z > cut).sum() + y.sum()) if hit else 0.0

    return max((round(i / 10, 1) for i in range(-30, 31)), key=lambda c: (met(c), -abs(c)))
