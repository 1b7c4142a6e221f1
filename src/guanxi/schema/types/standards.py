"""What a line of text means, where a field says it: a name of a company, a number with a check digit, a domain. A meaning has
one way of being written; whoever writes in another finds it so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from guanxi import cleaning
from guanxi.base import Label
from guanxi.schema.types.base import Bad, shown

_CODE_LIKE = re.compile(r"9[1-3][0-9]{6}[0-9A-Z]{6,12}")
_NEVER = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}
"""Letters that no credit code has, each with what is most often meant."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A meaning: its name in both languages, ``write``, which gives the standard form or raises Bad, and ``wrong``, SQL that is
    true where the stored text ``{0}`` is not what ``write`` would make of it."""

    label: Label
    write: Callable[[str], str]
    wrong: str


def _credit_code(text: str) -> str:
    """A unified social credit code that checks, or the number of an identity card, with which people pay their taxes; every
    other number (of a register abroad, an old one of 15 places) stays as it was written."""
    code = cleaning.compact(text)
    if len(code) != 18 or not code.isascii() or not code.isalnum():
        if len(code) != 18 and _CODE_LIKE.fullmatch(code):
            raise Bad("credit_code_length", value=shown(text), n=len(code))
        return cleaning.tidy(text)
    if cleaning.credit_code_ok(code) or cleaning.identity_ok(code):
        return code
    if wrong := [c for c in code[:17] if c in _NEVER]:
        raise Bad("credit_code_letter", value=shown(text), letter=wrong[0], meant=_NEVER[wrong[0]])
    raise Bad("credit_code_check", value=shown(text))


def _identity(text: str) -> str:
    number = cleaning.compact(text)
    if not cleaning.identity_ok(number):
        raise Bad("identity_check", value=shown(text))
    return number


def _domain(text: str) -> str:
    host = cleaning.host_of(text)
    if not host:
        raise Bad("not_a_domain", value=shown(text))
    return host


STANDARDS: Mapping[str, Standard] = {
    "company": Standard(
        {"en": "Name of a company", "zh": "企业名称"}, cleaning.company_name, "{0} <> guanxi.company_name({0})"
    ),
    "uscc": Standard(
        {"en": "Unified social credit code", "zh": "统一社会信用代码"}, _credit_code, "NOT guanxi.credit_code_kept({0})"
    ),
    "identity": Standard(
        {"en": "Number of an identity card", "zh": "身份证号"}, _identity, "NOT guanxi.identity_ok({0})"
    ),
    "domain": Standard({"en": "Internet domain", "zh": "网站域名"}, _domain, "NOT guanxi.domain_ok({0})"),
    "plain": Standard(
        {"en": "Code or model, in plain widths", "zh": "编码、型号（半角）"}, cleaning.tidy, "{0} <> guanxi.tidy({0})"
    ),
}
"""Every meaning by its name."""


def bare(text: str) -> str:
    """A text without white space: what changed beyond that is worth telling."""
    return "".join(text.split())
