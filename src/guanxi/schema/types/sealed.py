"""Numbers that are kept sealed: of identity cards, passports, accounts."""

from __future__ import annotations

import base64
import random
from typing import Any

from guanxi.base import Label
from guanxi.base.sealing import FORM, Sealed, current, seal, unseal
from guanxi.cleaning import compact, identity_ok
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env, one_of
from guanxi.schema.types.text import TextType, one_line

ABOUT = "field"
"""What sealed values are bound to: that they stand in a field, of whichever record."""

BAR = "|"
KINDS = ("text", "identity")


def parts(stored: str) -> tuple[str, bytes]:
    """The mask and the sealed value."""
    mask, _, sealed = stored.partition(BAR)
    return mask, base64.b64decode(sealed)


def joined(mask: str, sealed: bytes) -> str:
    """The stored form."""
    return mask + BAR + base64.b64encode(sealed).decode()


def clear(stored: str) -> str:
    """The value in clear. Raises Sealed where the installation has another secret than when it was sealed."""
    return unseal(parts(stored)[1], ABOUT).decode()


def mark() -> str:
    """What sealed values begin with that were sealed under the secret in force."""
    return base64.b64encode(FORM + current()).decode()[:6]  # the rest depends on what follows


class SealedText(TextType):
    """A number or a word that is kept sealed: everyone sees its mask, and who may look behind it does so one record at a time.

    Stored as ``text``: the mask, a bar, and the value under AES-256-GCM with a key of the installation's secret. The journal,
    backups and exports hold nothing else. It is written in clear. ``kind`` ``identity`` takes numbers of identity cards only.
    """

    name = "sealed"
    label = {"en": "Sealed text", "zh": "加密文本"}
    operators = ()
    aggregates = ()
    formula = ""
    sortable = False
    groupable = False
    sealed = True
    index = ""
    longest = 120
    config = {"max": "Greatest number of characters.", "kind": "text, or identity for numbers of identity cards."}

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field)
        if field.config.get("kind", "text") not in KINDS:
            found.append(one_of("kind", KINDS))
        if field.search:
            found.append({"en": "what is sealed is not searched", "zh": "加密字段不参与搜索"})
        if field.default is not None:
            found.append({"en": "what is sealed has no default", "zh": "加密字段没有默认值"})
        return found

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if self.is_stored(value):
            return value
        text = one_line(self.accept(field, value))
        if not text:
            return None
        if "*" in text:
            raise Bad("masked_value")
        if field.config.get("kind") == "identity":
            text = compact(text)
            if not identity_ok(text):
                raise Bad("bad_identity")
        return joined(self.mask(text), seal(text.encode(), ABOUT))

    def is_stored(self, value: Any) -> bool:
        """Whether this is a value as it is stored: the history gives such back."""
        if not isinstance(value, str) or BAR not in value:
            return False
        try:
            return self.mask(clear(value)) == value.partition(BAR)[0]
        except (ValueError, Sealed):
            return False

    @staticmethod
    def mask(text: str) -> str:
        """``110***********1234``: of what is long the first three and the last four, of what is short nothing."""
        text = text.replace(BAR, "*")
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}" if len(text) >= 12 else "***"

    def dump(self, field: Field, value: Any) -> Any:
        return value.partition(BAR)[0]

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return value.partition(BAR)[0]

    def search_text(self, field: Field, value: Any) -> str:
        return ""

    def json_sql(self, field: Field, column: str) -> str:
        return f"split_part({column}, '{BAR}', 1)"

    def mask_sql(self, field: Field, text: str) -> str:
        return f"split_part({text}, '{BAR}', 1)"

    def example(self, field: Field, rng: random.Random) -> Any:
        number = f"{rng.randrange(110101, 659001)}{rng.randrange(1950, 2010)}0{rng.randrange(1, 10)}1{rng.randrange(0, 10)}{rng.randrange(100, 1000)}"
        return next(number + last for last in "0123456789X" if identity_ok(number + last))

    def same(self, a: Any, b: Any) -> bool:
        if a is None or b is None:
            return a is b
        try:
            return clear(a) == clear(b)
        except (ValueError, Sealed):
            return a == b
