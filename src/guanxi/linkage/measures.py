"""How alike two values are in more ways than one: numbers that what people decide is learnt by, beside the levels of a comparison.

Levels are few, so that they can be learnt from records of which nobody has said anything. Decisions tell more apart: how much a
text says beyond what both say, whether one holds the other, how many of its numbers are its own.
"""

from __future__ import annotations

from collections.abc import Sequence

WORDED = ("name", "text", "place")
"""Kinds of which a value is made of words."""


def count(kind: str) -> int:
    """How many measures there are of a kind of field."""
    return len(measures(0, kind))


def columns(i: int, kind: str) -> list[str]:
    """What the measures of field ``i`` need of a laid out record."""
    return [f"{c}{i}" for c in {"text": "stnd", "name": "stn", "place": "stn", "number": "x"}.get(kind, "")]


def steps(i: int, kind: str) -> Sequence[tuple[str, str]]:
    """``(name, SQL)`` of what several measures of field ``i`` are made of: the weights of the words of each text and of both,
    each as thousandths; how many words with a digit both have."""
    if kind not in WORDED:
        return []
    told = [
        (f"both{i}", f"list_transform(list_intersect(t{i}_l, t{i}_r), lambda t: t >> 40)"),
        *((f"all{i}_{side}", f"list_sum(list_transform(t{i}_{side}, lambda t: t >> 40))") for side in "lr"),
    ]
    return [*told, (f"digits{i}", f"len(list_intersect(d{i}_l, d{i}_r))")] if kind == "text" else told


def measures(i: int, kind: str) -> Sequence[str]:
    """SQL of each measure of field ``i``, given the columns of both records and the steps."""
    if kind == "number":
        return [f"abs(x{i}_l - x{i}_r) / greatest(abs(x{i}_l), abs(x{i}_r), 1e-9)"]
    if kind not in WORDED:
        return []
    shared = f"coalesce(list_sum(both{i}), 0)"
    square = f"coalesce(list_sum(list_transform(both{i}, lambda t: t * t)), 0)"
    told = [
        f"{square} / (n{i}_l * n{i}_r)",
        f"{square} / pow(least(n{i}_l, n{i}_r), 2)",
        f"(least(all{i}_l, all{i}_r) - {shared}) / 1000",
        f"(greatest(all{i}_l, all{i}_r) - {shared}) / 1000",
        f"{shared} / 1000",
        f"jaro_winkler_similarity(s{i}_l, s{i}_r)",
        f"(split_part(s{i}_l, ' ', 1) = split_part(s{i}_r, ' ', 1))::INTEGER",
        f"abs(len(t{i}_l) - len(t{i}_r))",
    ]
    if kind == "text":
        own = [f"(len(d{i}_{side}) - digits{i})" for side in "lr"]
        told += [f"digits{i}", f"least({', '.join(own)})", f"greatest({', '.join(own)})"]
    return told
