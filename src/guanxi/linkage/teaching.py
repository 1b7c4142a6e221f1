"""What people's decisions teach: they say of pairs whether they are one, and the weights move towards what they say.

A logistic regression that starts from the model nobody taught: what that model says of a pair is one measure, of which a
factor of 1 is expected, and each level of each field has an addition, of which none is expected (a ridge: le Cessie and van
Houwelingen, Ridge Estimators in Logistic Regression, 1992). So has each step of each measure of a field
(:mod:`guanxi.linkage.measures`), cut where the decided pairs and those that are one are divided evenly. What comes out is still
a sum over the fields, so that each field's part can be told. Where the likely begins is where most of the decisions are met (F1).
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
STIFF = 1.0
"""How hard an addition is held to nothing."""
CLEAR = 20.0
"""Bits beyond which a pair is clear, and teaches no more by being clearer."""
RARE = 6.0
PARTS = 5
"""Into how many parts the values of a measure are divided."""
_NAT = math.log(2)
Numbers = NDArray[np.float64]


class Weight(NamedTuple):
    """What one field says of a pair: how alike its values are (None where one has none), that in bits for or against, which
    level of the comparison it is (the highest: equal; -1: none), the bits as they were before anybody taught, and the field's
    measures (none where a value is missing, or was compared before there were any)."""

    grade: str | None
    bits: float
    level: int
    raw: float
    measures: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A pair of which somebody said whether it is one."""

    same: bool
    weights: Mapping[str, Weight]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt: bits by field and level that are added, bits for each bit of an equal value, a factor for all that the
    model says, what is known before any field is compared, and for each measure of a field where it is divided and the bits of
    each part."""

    decisions: int
    factor: float = 1.0
    prior: float = 0.0
    levels: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    rare: Mapping[str, float] = field(default_factory=dict[str, float])
    parts: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]] = field(
        default_factory=dict[str, Sequence[tuple[Sequence[float], Sequence[float]]]]
    )

    def sql(self, name: str, level: str, raw: str, top: int, measures: Sequence[str] = ()) -> str:
        """The bits of a field, given SQL for its level, for its bits before and for its measures."""
        added = self.levels.get(name, {})
        cases = "".join(f" WHEN {int(k)} THEN {float(v)!r}" for k, v in added.items())
        equal = f" + CASE {level} WHEN {top} THEN {float(self.rare.get(name, 0.0))!r} * ({raw}) ELSE 0 END"
        plus = f" + CASE {level}{cases} ELSE 0 END" if cases else ""
        for measure, (edges, bits) in zip(measures, self.parts.get(name, ()), strict=False):
            if edges:
                steps = "".join(
                    f" WHEN {measure} <= {float(e)!r} THEN {float(b)!r}" for e, b in zip(edges, bits, strict=False)
                )
                plus += f" + CASE WHEN {level} < 0 OR {measure} IS NULL THEN 0{steps} ELSE {float(bits[-1])!r} END"
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
    divided = _divided(decided, y, tops)
    x = np.hstack([x, *(steps for steps, _, _ in divided)])
    expected = np.zeros(x.shape[1])
    expected[1] = 1
    stiff = np.full(x.shape[1], STIFF)
    stiff[0], stiff[1] = 0.01 * STIFF, 10 * STIFF
    told = _fitted(x, y, expected, stiff)
    cut = _cut(x @ told, y)
    start, parts = 2 + len(columns) + len(tops), dict[str, list[tuple[list[float], list[float]]]]()
    for steps, name, edges in divided:
        bits = np.cumsum([0.0, *(told[start : start + steps.shape[1]] / _NAT)])
        parts.setdefault(name, []).append((edges, [float(b) for b in bits]))
        start += steps.shape[1]
    return Lesson(
        decisions=len(decided),
        factor=float(told[1]),
        prior=float((told[0] - cut) / _NAT),
        levels={
            n: {str(i): float(told[at[n, i]] / _NAT) for i in range(top + 1) if told[at[n, i]]}
            for n, top in tops.items()
        },
        rare={n: float(told[i] / _NAT / RARE) for n, i in equal.items() if told[i]},
        parts=parts,
    )


def _divided(decided: Sequence[Decided], y: Numbers, tops: Mapping[str, int]) -> list[tuple[Numbers, str, list[float]]]:
    """For each measure of each field: which of its edges each pair is beyond, the field, the edges.

    Nothing where too few of either kind were decided since there are measures: most of those that lack them are merged, and
    the rest would teach that hardly any are one.
    """
    known = np.array([any(w.measures for w in d.weights.values()) for d in decided])
    if any(known[y == kind].sum() < max(EACH, (y == kind).sum() / 2) for kind in (0, 1)):
        return []
    out: list[tuple[Numbers, str, list[float]]] = []
    at = np.linspace(0, 1, PARTS + 1)[1:-1]
    for name in tops:
        for i in range(max((len(d.weights[name].measures) for d in decided if name in d.weights), default=0)):
            value = np.array([_measure(d, name, i) for d in decided])
            there = ~np.isnan(value)
            pools = [value[there], value[there & (y == 1)]]
            edges = np.unique(np.concatenate([np.quantile(v, at) for v in pools if len(v) >= EACH] or [np.zeros(0)]))
            steps = (value[:, None] > edges[None, :]).astype(np.float64)
            out.append((steps, name, [float(e) for e in edges]))
    return out


def _measure(decided: Decided, name: str, i: int) -> float:
    weight = decided.weights.get(name)
    value = weight.measures[i] if weight is not None and i < len(weight.measures) else None
    return math.nan if value is None else float(value)


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
