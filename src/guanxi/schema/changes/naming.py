"""What the fields of an object are called: people do not tell two apart that are called the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guanxi.base import Label, fold, say
from guanxi.base.text import LANGUAGES
from guanxi.schema.model import SYSTEM_FIELDS, Field, Object
from guanxi.schema.types import TYPES


def namesakes(before: Mapping[str, Object], after: Mapping[str, Object]) -> Iterator[tuple[str, str, Label, str]]:
    """The fields that are new, called anew or restored, and are called what another field of their object is called in one
    of the languages: ``(object, field, label, other)``. Programs go by names, so that this is said and not refused."""
    for o in after.values():
        was = before.get(o.name)
        if o.retired or o is was:
            continue
        former = {f.name: f.label for f in was.fields if not f.retired} if was else {}
        live = [f for f in o.fields if not f.retired]
        fresh = [f for f in live if former.get(f.name) != f.label]
        if not fresh:
            continue
        taken: dict[tuple[str, str], str] = {}
        for f in (*SYSTEM_FIELDS, *(f for f in live if former.get(f.name) == f.label)):
            for part in (f, *TYPES[f.type].companions(f)):
                for key in _called(part):
                    taken.setdefault(key, part.name)
        for f in fresh:
            for language, text in _called(f):
                if other := taken.get((language, text)):
                    yield o.name, f.name, {lang: say(f.label, language) for lang in LANGUAGES}, other
                    break
            for key in _called(f):
                taken.setdefault(key, f.name)


def _called(f: Field) -> list[tuple[str, str]]:
    return [(language, " ".join(fold(say(f.label, language)).split())) for language in LANGUAGES]


def free_label(o: Object, label: Mapping[str, str], endings: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """The label with an ending to each language, ``(before)``, and a number in it where another field is called that."""
    taken = {key for f in o.fields if not f.retired for key in _called(f)}
    n = 1
    while True:
        number = "" if n == 1 else f" {n}"
        new = {lang: f"{text}{endings[lang][0]}{number}{endings[lang][1]}" for lang, text in label.items()}
        if taken.isdisjoint(_called(Field("", "text", new))):
            return new
        n += 1
