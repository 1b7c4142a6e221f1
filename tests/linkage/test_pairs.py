"""Of what is alike, those are told of that are one, and not their kin."""

from __future__ import annotations

from bench.quality import duplicates

from guanxi.linkage.pairs import Pair, nearest
from guanxi.linkage.teaching import Weight


def pair(ends: str, **bits: float | None) -> Pair:
    """A pair of two letters and what each field says of it: None where one of them has no value."""
    weights = {
        n: Weight(None if b is None else "equal" if b > 0 else "different", b or 0.0, 0, 0.0) for n, b in bits.items()
    }
    return Pair(ends[0], ends[1], 0.9, 0.0, weights)


def told(*pairs: Pair) -> set[str]:
    return {p.a + p.b for p in nearest(pairs)}


def test_a_lesson_that_breaks_off_leaves_nothing_behind() -> None:
    """Among these no two that share an address have two codes: one lesson can say nothing more, and what others said stays."""
    companies, true = duplicates.companies(300, 3)
    told, _ = duplicates.found(duplicates.TYPES_OF_COMPANIES, companies, "name", {})
    assert duplicates.f1(told, true) > 0.85


def test_another_edition_is_not_told_of_though_no_likelier_is_known_of_it() -> None:
    one, kin = pair("ab", name=9, maker=5, code=7), pair("bc", name=8, maker=5, code=-2)
    assert told(one, kin) == {"ab"}
    assert told(kin) == {"bc"}  # nothing says that they differ where others agree


def test_what_is_missing_contradicts_nothing() -> None:
    one, poorer = pair("ab", name=9, phone=12, city=2), pair("bc", name=9, phone=None, city=2)
    assert told(one, poorer) == {"ab", "bc"}


def test_what_differs_a_little_or_is_made_up_for_is_told_of() -> None:
    one = pair("ab", name=9, city=1, phone=12)
    assert told(one, pair("bc", name=9, city=-1, phone=12)) == {"ab", "bc"}
    assert told(one, pair("bc", name=14, city=-4, phone=12)) == {"ab", "bc"}


def test_records_are_joined_by_the_likeliest_of_one_of_them() -> None:
    chain = (pair("ab", name=9), pair("bc", name=8), pair("cd", name=9))
    assert told(*chain) == {"ab", "cd"}
    assert {p.a + p.b for p in nearest(chain, sure=0.9)} == {"ab", "bc", "cd"}, (
        "what decisions have made sure stands by itself"
    )
