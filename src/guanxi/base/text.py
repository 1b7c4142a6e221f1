"""Text in two languages, and the one folding of text that search and filters share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import cast

Label = Mapping[str, str]
"""A text by language: ``{"en": "Account", "zh": "客户"}``. English is always present."""

LANGUAGES = ("en", "zh")


def say(label: Label, language: str = "en", /, **values: object) -> str:
    """The label in ``language``, falling back to English; ``{name}`` placeholders are filled from ``values``.

    A value may itself be a label. Filling is by plain replacement, so that text from a user is never read as a format
    string.
    """
    # What a refusal repeats may be anything that was sent where a name belongs.
    text = str(label.get(language) or label.get("en") or next(iter(label.values()), ""))
    for key, value in values.items():
        filling = say(cast("Label", value), language) if isinstance(value, Mapping) else str(value)
        text = text.replace("{" + key + "}", filling)
    return text


_SMALL = re.compile(r"\b[A-Z](?=[a-z]|\b)")


def noun(label: Label, language: str) -> str:
    """A label inside a sentence: English writes it small, unless it is an abbreviation. The page has a twin of it."""
    text = say(label, language)
    return _SMALL.sub(lambda found: found[0].lower(), text) if language == "en" else text


def fold(text: str) -> str:
    """``text`` as ``contains`` and ``starts_with`` compare it: NFKC (full width becomes half width), lower case.

    The SQL twin is ``guanxi.fold(text)``; a test holds the two to the same answers.
    """
    return unicodedata.normalize("NFKC", text).lower()


FORMULA = "=+-@\t\r\n＝＋－＠"
"""What a spreadsheet takes for the beginning of a formula; some take the full-width signs, too."""

GUARDED = re.compile(f"'+[{re.escape(FORMULA)}]")
"""What our own exports write for a text that a spreadsheet would take for a formula: see :func:`guard`."""


def guard(text: str) -> str:
    """A text that no spreadsheet takes for a formula; an import gives it back."""
    return "'" + text if text and (text[0] in FORMULA or GUARDED.match(text)) else text
