"""Ways to reach somebody: e-mail, phone, web address."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from guanxi.base import Label, said
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env, shown
from guanxi.schema.types.text import TextType, one_line

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as plain ones, as spreadsheets made with a Chinese keyboard hold them."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


class Written(TextType):
    """What the types share that keep one form of a value that people write in several."""

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """For ``eq`` and its like in the form that is stored; else, and when it has no such form, as it is."""
        if op in ("eq", "ne", "in", "not_in"):
            try:
                return self.parse(field, value, env) or value
            except Bad:
                pass
        return super().operand(field, op, value, env)


# -- e-mail ----------------------------------------------------------------------------------------------------------

_EMAIL = re.compile(
    r"(?=.{3,254}\Z)[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])?"
)
_IN_BRACKETS = re.compile(r"[^<>]*<\s*([^<>]+?)\s*>")


class Email(Written):
    """An e-mail address.

    Stored as ``text`` in small letters, so that the same address is the same value. International addresses (EAI) are
    taken. From a spreadsheet also ``Li Wei <li.wei@example.cn>`` and ``mailto:`` links.
    """

    name = "email"
    label = {"en": "E-mail", "zh": "邮箱"}
    expected = {"en": "an e-mail address", "zh": "邮箱地址"}
    config = {}

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        text = one_line(value).lower()
        if not text:
            return None
        if ".." in text or _EMAIL.fullmatch(text) is None:
            raise Bad("not_an_email", value=shown(value))
        return text

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        text = half_width(text)
        found = _IN_BRACKETS.fullmatch(text)
        text = found[1] if found else text
        return text[7:] if text[:7].lower() == "mailto:" else text

    def invalid_sql(self, field: Field, column: str) -> str:
        return f"NOT guanxi.email_ok({column})"

    def mask_sql(self, field: Field, text: str) -> str:
        """``z***@x.cn``."""
        return f"left({text}, 1) || '***@' || split_part({text}, '@', 2)"

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": 254}

    def example(self, field: Field, rng: random.Random) -> Any:
        name = rng.choice(["li.wei", "anna", "o'neil", "zhang_san", "info+sales", "张伟"])
        return f"{name}{rng.randint(1, 999)}@{rng.choice(['example.com', 'mail.example.cn', 'müller.example'])}"


# -- phone -----------------------------------------------------------------------------------------------------------

_PHONE_SIGNS = str.maketrans("", "", " -–—‐‑−.()/\t")  # what people put between digits
_PHONE_SAID = re.compile(
    r"\A\s*(?:(?:联系|办公|公司)?(?:电话|手机)(?:号码?)?|座机|tel(?:ephone)?|phone|mobile|cell)\s*\.?\s*[:：]\s*",
    re.IGNORECASE,
)
"""What a cell says before its number."""
_CN_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9]\d{9})", re.ASCII)
_CN_FIXED = re.compile(r"(?:\+|00)?860?((?:10|2\d)\d{8}|[3-9]\d{2}\d{7,8})", re.ASCII)
_CN_TRUNK = re.compile(r"0((?:10|2\d)\d{8}|[3-9]\d{2}\d{7,8})", re.ASCII)
_CN_HOTLINE = re.compile(r"(?:(?:\+|00)?86)?([48]00\d{7})", re.ASCII)
_EXTENSION = re.compile(
    r"(.*\d[^\d]*?)(?:转分机|分机号?|转|;ext=|ext(?:ension)?[.:]?|x|#|(?:(?<=[-) ]\d{7})|(?<=[-) ]\d{8}))-(?=\d{1,6}\Z))"
    r"\s*:?\s*(\d{1,8})",
    re.ASCII | re.IGNORECASE,
)
_REGION_OF_CURRENCY = {
    "CNY": "CN", "USD": "US", "GBP": "GB", "JPY": "JP", "HKD": "HK", "TWD": "TW", "SGD": "SG", "INR": "IN", "KRW": "KR",
    "AUD": "AU", "CAD": "CA", "NZD": "NZ", "CHF": "CH", "MYR": "MY", "THB": "TH", "VND": "VN", "IDR": "ID", "PHP": "PH",
    "BRL": "BR", "MXN": "MX", "ZAR": "ZA", "AED": "AE", "SEK": "SE", "NOK": "NO", "DKK": "DK", "PLN": "PL", "MOP": "MO",
}  # fmt: skip


def region_of(field: Field, env: Env) -> str:
    """The country whose way of writing phone numbers is meant: the field's, else that of the workspace's currency."""
    return (
        field.config.get("region") or _REGION_OF_CURRENCY.get(env.currency) or ("CN" if env.language == "zh" else "US")
    )


_ALSO = {"usa": "US", "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "eire": "IE", "uae": "AE", "prc": "CN",
         "holland": "NL", "thenetherlands": "NL", "unitedstatesofamerica": "US", "greatbritain": "GB", "republicofkorea": "KR",
         "中华人民共和国": "CN", "中国大陆": "CN", "香港": "HK", "澳门": "MO", "台湾": "TW", "韩国": "KR"}  # fmt: skip


@cache
def _countries() -> Mapping[str, str]:
    """Countries by what they are called in any language, where that is one only, and by their codes."""
    from phonenumbers.geodata.locale import LOCALE_DATA

    named: dict[str, set[str]] = {}
    for region, names in LOCALE_DATA.items():
        for name in (region, *names.values()):
            named.setdefault(_plain(name), set()).add(region)
    return {name: min(regions) for name, regions in named.items() if len(regions) == 1} | _ALSO


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", half_width(text).casefold())


def country_of(text: str) -> str:
    """The code (ISO 3166, two letters) of a country by its name in any language, or by its code; empty when it is not known."""
    return _countries().get(_plain(text), "") if text else ""


class Phone(Written):
    """A phone number.

    Stored as ``text``: in international form (``+8613812345678``, with ``;ext=801`` for an extension) when it can be
    told, so that however it is typed the same number is the same value; otherwise as typed, if it has five digits or
    more. Numbers without a country code are read as those of ``region``, else of the country of the workspace's currency.
    """

    name = "phone"
    label = {"en": "Phone", "zh": "电话"}
    expected = {"en": "a phone number", "zh": "电话号码"}
    longest = 60
    config = {"region": "Country code (ISO 3166, two letters) of numbers that are written without one."}

    def problems(self, field: Field) -> list[Label]:
        region = field.config.get("region")
        wrong = region is not None and not (isinstance(region, str) and re.fullmatch("[A-Z]{2}", region))
        return super().problems(field) + (
            [{"en": "region is a country code of two capital letters", "zh": "region 应为两个大写字母的国家代码"}]
            if wrong
            else []
        )

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        typed = one_line(value)
        if not typed:
            return None
        text = half_width(self.accept(field, typed))
        compact = text.translate(_PHONE_SIGNS)
        region = region_of(field, env)
        chinese = region == "CN" or compact.startswith(("+86", "0086"))
        if chinese and (mobile := _CN_MOBILE.fullmatch(compact)):
            return "+86" + mobile[1]
        extension = ""
        if found := _EXTENSION.fullmatch(text):
            text, extension = found[1], ";ext=" + found[2]
            compact = text.translate(_PHONE_SIGNS)
        number = self._chinese(compact) if chinese else self._international(text, region)
        if number:
            return number + extension
        if sum(c.isdigit() for c in typed) < 5:
            raise Bad("not_a_phone", value=shown(typed))
        return typed

    def aloud(self, text: str, language: str) -> str:
        return said.phone(text, language)

    def of_country(self, field: Field, text: str, region: str, env: Env) -> str:
        """The number in international form, read as one of a country; as it is when it is none of that country."""
        if field.config.get("region") or region == region_of(field, env):
            return text
        try:
            number = self.parse(replace(field, config={**field.config, "region": region}), text, env)
        except Bad:
            return text
        return number if number and number.startswith("+") else text

    def in_country(self, field: Field, value: Any, country: str, env: Env) -> Any:
        if half_width(value).lstrip().startswith("+"):
            return None  # it names its country itself
        number = self.of_country(field, value, region, env) if (region := country_of(country)) else ""
        return number if number.startswith("+") else None

    def standardises(self, field: Field) -> bool:
        return True

    def typed(self, field: Field, value: Any, stored: Any) -> Any:
        """Nothing, where its digits are those that were written."""
        written, kept = (re.sub(r"\D", "", half_width(text)) for text in (value, stored or ""))
        return None if kept.endswith(written.lstrip("0")) else value

    def _chinese(self, compact: str) -> str | None:
        stated = compact.startswith(("+86", "0086", "86"))
        for pattern in (_CN_MOBILE, _CN_HOTLINE, _CN_FIXED if stated else _CN_TRUNK):
            if found := pattern.fullmatch(compact):
                return "+86" + found[1]
        return self._international(compact, "CN") if compact.startswith(("+", "00")) else None

    def _international(self, text: str, region: str) -> str | None:
        import phonenumbers  # a tenth of a second: only for who keeps numbers from abroad

        if text.startswith("00") and region != "US":
            text = "+" + text[2:]
        try:
            number: PhoneNumber = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return None
        if number.extension or not phonenumbers.is_valid_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return _PHONE_SAID.sub("", text)

    def invalid_sql(self, field: Field, column: str) -> str:
        """What could not be told to be a number is kept as it was typed; here it shows."""
        return f"NOT guanxi.phone_ok({column})"

    def mask_sql(self, field: Field, text: str) -> str:
        """``138****1234`` for a Chinese mobile, else the first three and the last two characters of what is long enough."""
        plain = f"split_part({text}, ';', 1)"
        return (
            f"CASE WHEN {plain} ~ '^([+]86)?1[3-9][0-9]{{9}}$' THEN left(right({plain}, 11), 3) || '****' || right({plain}, 4)"
            f" WHEN length({plain}) >= 9 THEN left({plain}, 3) || '****' || right({plain}, 2)"
            f" WHEN {text} IS NOT NULL THEN '****' END"
        )

    def search_text(self, field: Field, value: Any) -> str:
        """Chinese numbers also as they are dialled at home, with 0 before the area code."""
        if not value.startswith("+86"):
            return value
        home = value[3:].partition(";")[0]
        return f"{value}, {home}" if (home[0] == "1" and len(home) == 11) or home[1:3] == "00" else f"{value}, 0{home}"

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice(
            [
                f"+8613{rng.randint(0, 999_999_999):09d}",
                f"010-{rng.randint(60_000_000, 69_999_999)} 转 {rng.randint(100, 999)}",
                f"+1 415 555 {rng.randint(2000, 9999)}",
                f"+49 30 {rng.randint(2_000_000, 9_999_999)}",
            ]
        )


# -- web address -----------------------------------------------------------------------------------------------------

_URL = re.compile(
    r"(https?)://((?:[^\s<>\"\\^`{|}/?#@]+@)?[^\s<>\"\\^`{|}/?#@]+)([/?#][^\s<>\"\\^`{|}]*)?", re.IGNORECASE
)
_HOST = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?\.?(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d{1,5}(?:[/?#]|\Z))", re.IGNORECASE)


class Url(Written):
    """A web address.

    Stored as ``text``. Only ``http`` and ``https``; an address without a scheme gets ``https://``. Scheme and host are
    made small letters.
    """

    name = "url"
    label = {"en": "Web address", "zh": "网址"}
    expected = {"en": "a web address", "zh": "网址"}
    longest = 500
    most = 2000
    config = {"max": "Greatest number of characters; at most 500 for a field that is indexed or unique."}

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field)
        if not found and (field.index or field.unique) and field.config.get("max", self.longest) > 500:
            found.append(
                {
                    "en": "max is at most 500 for a field that is indexed or unique",
                    "zh": "建立索引或设为唯一的字段，max 不超过 500",
                }
            )
        return found

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        text = one_line(value)
        if not text:
            return None
        if text.startswith("//"):
            text = "https:" + text
        elif not _SCHEME.match(text):
            host = text.partition("/")[0]
            if "." not in host or "@" in host:  # a word, or an e-mail address
                raise Bad("not_a_url", value=shown(text))
            text = "https://" + text
        found = _URL.fullmatch(text)
        user, at, host = found[2].rpartition("@") if found else ("", "", "")
        if found is None or not _HOST.fullmatch(host.lower()):
            raise Bad("not_a_url", value=shown(text))
        return self.accept(field, f"{found[1].lower()}://{user}{at}{host.lower()}{found[3] or ''}")

    def invalid_sql(self, field: Field, column: str) -> str:
        return f"length({column}) > {field.config.get('max', self.longest)} OR {column} !~ '^https?://[^[:space:]/?#]'"

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return text.replace("：//", "://").replace("．", ".")

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "maxLength": field.config.get("max", self.longest)}

    def example(self, field: Field, rng: random.Random) -> Any:
        host = rng.choice(["example.com", "www.example.cn", "shop.example.org:8080", "例子.example"])
        return f"https://{host}{rng.choice(['', '/', '/a/b?q=100%25#top', '/产品'])}"
