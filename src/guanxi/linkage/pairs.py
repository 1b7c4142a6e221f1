"""Two records that may be one, and which of many such pairs are told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guanxi.linkage.teaching import Weight

NEAR = 0.5
"""Bits by which a pair may be less likely than the likeliest and still join its records."""
KIN = 3.0
"""Bits by which a pair may contradict the likeliest of one of its records and still be told of."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one, the smaller id first. ``prior``: what is known before any field is compared, in bits.
    ``weights``: by field how alike the values are (one of :data:`guanxi.linkage.model.GRADES`) and what that says."""

    a: str
    b: str
    score: float
    prior: float
    weights: Mapping[str, Weight]

    @property
    def weight(self) -> float:
        """How likely, in bits."""
        return self.prior + sum(w.bits for w in self.weights.values())


def nearest(pairs: Sequence[Pair], sure: float | None = None) -> list[Pair]:
    """The pairs whose records are joined by pairs that are the likeliest for one of their ends, or nearly; without those that
    differ where the likeliest of one of their ends agrees. One with a score of ``sure`` stands by itself."""
    best: dict[str, tuple[float, Pair]] = {}
    for p in pairs:
        for id in (p.a, p.b):
            if id not in best or best[id][0] < p.weight:
                best[id] = (p.weight, p)
    agreed = [not any(_contradicts(p, best[id][1]) for id in (p.a, p.b)) for p in pairs]
    above: dict[str, str] = {}

    def top(id: str) -> str:
        while (up := above.get(id, id)) != id:
            above[id] = above.get(up, up)
            id = up
        return id

    for p, agrees in zip(pairs, agreed, strict=True):
        if agrees and p.weight >= min(best[p.a][0], best[p.b][0]) - NEAR:
            above[top(p.a)] = top(p.b)
    return [
        p
        for p, agrees in zip(pairs, agreed, strict=True)
        if (sure is not None and p.score >= sure) or (agrees and top(p.a) == top(p.b))
    ]


def _contradicts(pair: Pair, likeliest: Pair) -> bool:
    """Whether ``pair`` is less likely by what speaks against it and for the other, and by all that is known of both: what is
    only missing contradicts nothing."""
    denied = less = 0.0
    for name, other in likeliest.weights.items():
        own = pair.weights[name]
        if own.grade is not None and other.grade is not None:
            less += other.bits - own.bits
            if own.bits < 0 < other.bits:
                denied += other.bits - own.bits
    return min(denied, less) > KIN
