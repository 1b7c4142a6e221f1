"""What fields and their options are called: people do not tell two apart that are called the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from guanxi.base import Label, fold, say
from guanxi.base.text import LANGUAGES
from guanxi.schema.model import SYSTEM_FIELDS, Object
from guanxi.schema.types import TYPES


def namesakes(before: Mapping[str, Object], after: Mapping[str, Object]) -> Iterator[tuple[str, Label, str]]:
    """What is new, called anew or restored, and is called in one of the languages as another of its kind beside it is: fields
    of an object (``thing.tier``) and options of a choice (``thing.tier.gold``), each with its label and the other's name.
    Programs go by names, so that this is said and not refused."""
    for o in after.values():
        was = before.get(o.name)
        if o.retired or o is was:
            continue
        former = {f.name: f for f in was.fields if not f.retired} if was else {}
        live = [f for f in o.fields if not f.retired]
        labels = {f.name: f.label for f in live}
        # What comes along with a field, such as its currency, is called after it: where that is as it was, so is this.
        had = {f.name: f.label for f in former.values()}
        kept = [f for f in (*SYSTEM_FIELDS, *live) if f.name not in labels or had.get(f.name) == f.label]
        others = [(p.name, p.label) for f in kept for p in (f, *TYPES[f.type].companions(f))]
        fresh = [(name, label) for name, label in labels.items() if had.get(name) != label]
        yield from _alike(o.name, others, fresh)
        for f in live:
            options = [(x.name, x.label) for x in f.options if x.active]
            chosen = {x.name: x.label for x in former[f.name].options if x.active} if f.name in former else {}
            others = [(name, label) for name, label in options if chosen.get(name) == label]
            yield from _alike(f"{o.name}.{f.name}", others, [x for x in options if x not in others])


def _alike(
    of: str, others: Iterable[tuple[str, Label]], fresh: Iterable[tuple[str, Label]]
) -> Iterator[tuple[str, Label, str]]:
    taken: dict[tuple[str, str], str] = {}
    for name, label in others:
        for key in _called(label):
            taken.setdefault(key, name)
    for name, label in fresh:
        alike = {language: other for language, text in _called(label) if (other := taken.get((language, text)))}
        if alike:
            first, other = next(iter(alike.items()))
            # Each reader is told the word that is the same; where theirs is not, the one that is.
            words = {lang: say(label, lang if alike.get(lang) == other else first) for lang in LANGUAGES}
            yield f"{of}.{name}", words, other
        for key in _called(label):
            taken.setdefault(key, name)


def _called(label: Label) -> list[tuple[str, str]]:
    return [(language, " ".join(fold(say(label, language)).split())) for language in LANGUAGES]


def free_label(o: Object, label: Mapping[str, str], endings: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """The label with an ending to each language, ``(before)``, and a number in it where another field is called that."""
    taken = {key for f in o.fields if not f.retired for key in _called(f.label)}
    n = 1
    while True:
        number = "" if n == 1 else f" {n}"
        new = {lang: f"{text}{endings[lang][0]}{number}{endings[lang][1]}" for lang, text in label.items()}
        if taken.isdisjoint(_called(new)):
            return new
        n += 1
