"""What people decide about pairs changes what they are told afterwards, and each field's part in it can still be told."""

from __future__ import annotations

import random

import duckdb
from bench.quality.duplicates import people

from guanxi.base.json import dumps, loads
from guanxi.linkage import Column, Linkage
from guanxi.linkage.teaching import Decided, Lesson, Weight, teach

TOPS = {"name": 2, "city": 1, "phone": 1}
RAW = {("name", 2): 8.0, ("name", 1): 3.0, ("name", 0): -6.0, ("city", 1): 6.0, ("city", 0): -1.0}
PRIOR = -7.0


def pair(name: int, city: int, phone: int | None) -> dict[str, Weight]:
    """What an untaught model says of values that are this much alike; of phones it has no opinion."""
    told = {"name": Weight("x", 0, name, RAW["name", name]), "city": Weight("x", 0, city, RAW["city", city])}
    told["phone"] = Weight(None, 0, -1, 0) if phone is None else Weight("x", 0, phone, 0)
    return told


def bits(lesson: Lesson | None, pair: dict[str, Weight]) -> float:
    """What a pair weighs, field by field, before or after a lesson."""
    if lesson is None:
        return PRIOR + sum(w.raw for w in pair.values())
    total = lesson.prior + lesson.factor * PRIOR
    for n, w in pair.items():
        if w.level >= 0:
            rare = lesson.rare.get(n, 0.0) * w.raw if w.level == TOPS[n] else 0.0
            total += lesson.factor * w.raw + lesson.levels[n].get(str(w.level), 0.0) + rare
    return total


def decisions(count: int, rng: random.Random) -> list[Decided]:
    """Somebody knows that only the phone tells, whatever the city is."""
    out: list[Decided] = []
    for _ in range(count):
        name, city, phone = rng.choice((1, 2)), rng.choice((0, 1)), rng.choice((0, 1))
        out.append(Decided(phone == 1, pair(name, city, phone)))
    return out


def test_decisions_move_the_weights_to_what_tells() -> None:
    two, one = pair(2, 1, 0), pair(1, 0, 1)
    assert bits(None, two) > 0 > bits(None, one), "before, the city decides"
    lesson = teach(decisions(80, random.Random(1)), TOPS, PRIOR)
    assert lesson is not None
    assert lesson.decisions == 80
    assert bits(lesson, two) < 0 < bits(lesson, one)
    assert lesson.levels["phone"]["1"] > 0 > lesson.levels["phone"]["0"]


def test_decisions_that_the_model_expects_change_little() -> None:
    rng = random.Random(2)
    known = [pair(rng.choice((0, 1, 2)), rng.choice((0, 1)), None) for _ in range(80)]
    lesson = teach([Decided(bits(None, p) > 0, p) for p in known], TOPS, PRIOR)
    assert lesson is not None
    assert all((bits(lesson, p) > 0) == (bits(None, p) > 0) for p in known)


def test_few_or_one_sided_decisions_teach_nothing() -> None:
    assert teach(decisions(49, random.Random(3)), TOPS, PRIOR) is None
    lesson = teach([Decided(True, pair(2, 1, 1))] * 100, TOPS, PRIOR)
    assert lesson == Lesson(100), "it is known how many there were, so that they are looked at once"


def test_a_lesson_comes_back_as_it_was_kept() -> None:
    lesson = teach(decisions(80, random.Random(4)), TOPS, PRIOR)
    assert lesson is not None
    assert Lesson(**lesson.kept()) == lesson


def test_measures_tell_what_levels_do_not_and_a_missing_value_has_none() -> None:
    rng = random.Random(6)
    said = list[Decided]()
    for _ in range(120):
        own = rng.random()
        known = pair(1, 0, None)
        said.append(Decided(own < 0.4, known | {"name": known["name"]._replace(measures=(own, None))}))
    lesson = teach(said, TOPS, PRIOR)
    assert lesson is not None
    assert Lesson(**loads(dumps(lesson.kept()))).sql("name", "1", "3", 2, ["0.1"]) == lesson.sql(
        "name", "1", "3", 2, ["0.1"]
    )

    def weighs(level: int, raw: float, measure: str) -> float:
        assert lesson is not None
        [row] = duckdb.sql(f"SELECT {lesson.sql('name', str(level), str(raw), 2, [measure, 'NULL'])}").fetchall()
        return float(row[0])

    rest = lesson.prior + lesson.factor * (PRIOR - 1.0) + lesson.levels["city"]["0"]
    assert rest + weighs(1, 3.0, "0.1") > 0 > rest + weighs(1, 3.0, "0.9")
    assert weighs(-1, 0.0, "0.9") == weighs(-1, 0.0, "0.1") == 0
    mixed = [*said, *decisions(200, rng)]
    old = teach(mixed, TOPS, PRIOR)
    assert old is not None
    assert not old.parts, "most were decided before there were measures"


def test_fields_in_which_nobody_has_a_value_hinder_nothing_and_another_number_is_another_edition() -> None:
    rows, true = people(60, 5)
    text = "cordless drill press with two batteries, a case and a charger"
    said = {id: f"{text} {n % 3 + 16}v" if n % 3 else text for n, (id, _) in enumerate(rows)}
    columns = [Column("name", "name"), Column("mobile", "phone"), Column("spare", "choice"), Column("age", "number")]
    with Linkage([*columns, Column("tool", "text")], "name") as linkage:
        linkage.add((id, True, {**values, "tool": said[id]}) for id, values in rows)
        linkage.prepare()
        model = linkage.learn()
        found = list(linkage.pairs(model))
        grades = {
            (said[p.a] == text) + (said[p.b] == text): p.weights["tool"].grade for p in found if said[p.a] != said[p.b]
        }
    assert {(p.a, p.b) for p in found} & true
    assert {p.weights["spare"] for p in found} == {Weight(None, 0.0, -1, 0.0)}
    assert grades == {0: "close", 1: "similar"}, "a number that only one has is left out, one that each has differs"
