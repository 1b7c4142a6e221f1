"""Currencies: their codes (ISO 4217), and the signs and names that spreadsheets use for them."""

from __future__ import annotations

import random
import re
from typing import Any

from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env, FieldType, shown

CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY "
    "COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR "
    "SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND "
    "VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG".split()
)

# A sign that several currencies share means the workspace's own if it is one of them, else the first.
_SIGNS: dict[str, tuple[str, ...]] = {
    "¥": ("CNY", "JPY"), "元": ("CNY", "TWD", "HKD"), "圆": ("CNY", "JPY"), "块": ("CNY",), "人民币": ("CNY",), "rmb": ("CNY",),
    "元人民币": ("CNY",), "人民币元": ("CNY",), "cn¥": ("CNY",), "人民币¥": ("CNY",), "円": ("JPY",), "日元": ("JPY",), "jp¥": ("JPY",),
    "$": ("USD", "HKD", "SGD", "AUD", "CAD", "NZD", "TWD", "MXN", "ARS", "CLP", "COP"), "美元": ("USD",), "美金": ("USD",),
    "us$": ("USD",), "hk$": ("HKD",), "港币": ("HKD",), "港元": ("HKD",), "nt$": ("TWD",), "新台币": ("TWD",), "s$": ("SGD",),
    "a$": ("AUD",), "au$": ("AUD",), "澳元": ("AUD",), "c$": ("CAD",), "ca$": ("CAD",), "加元": ("CAD",), "nz$": ("NZD",),
    "mop$": ("MOP",), "澳门元": ("MOP",), "r$": ("BRL",), "€": ("EUR",), "欧元": ("EUR",), "euro": ("EUR",), "euros": ("EUR",),
    "£": ("GBP", "EGP"), "英镑": ("GBP",), "₩": ("KRW",), "韩元": ("KRW",), "₹": ("INR",), "rs": ("INR", "PKR", "LKR"),
    "rs.": ("INR", "PKR", "LKR"), "卢比": ("INR",), "₽": ("RUB",), "卢布": ("RUB",), "฿": ("THB",), "泰铢": ("THB",),
    "₫": ("VND",), "đ": ("VND",), "越南盾": ("VND",), "₺": ("TRY",), "₪": ("ILS",), "₱": ("PHP",), "rm": ("MYR",), "rp": ("IDR",),
    "fr.": ("CHF",), "sfr": ("CHF",), "瑞士法郎": ("CHF",), "kr": ("SEK", "NOK", "DKK", "ISK"), "zł": ("PLN",), "kč": ("CZK",),
    "us dollar": ("USD",), "us dollars": ("USD",), "dollar": ("USD",), "dollars": ("USD",), "新加坡元": ("SGD",), "yuan": ("CNY",),
}  # fmt: skip


def find_currency(text: str, own: str) -> str | None:
    """The code that a code, sign or name stands for; ``own`` is the workspace's currency. None when nothing is known."""
    key = text.strip().casefold().replace("￥", "¥").replace("＄", "$")
    if key.upper() in CURRENCIES:
        return key.upper()
    meant = _SIGNS.get(key)
    if meant is None:
        return None
    return own if own in meant else meant[0]


class Currency(FieldType):
    """The currency of an amount: the companion ``<name>_currency`` of a money field.

    Stored as ``text``: an ISO 4217 code in capital letters. From a spreadsheet also signs and names: ``¥``, ``美元``, ``US$``.
    """

    name = "currency"
    formula = "text"
    label = {"en": "Currency", "zh": "币种"}
    expected = {"en": "a currency code such as CNY", "zh": "货币代码，例如 CNY"}
    custom = False

    def ddl(self, field: Field) -> str:
        return 'text COLLATE "C"'

    def default(self, field: Field, env: Env) -> Any:
        """``"$currency"`` is the workspace's."""
        return env.currency if field.default == "$currency" else field.default

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        if value in CURRENCIES:
            return value
        code = value.strip().upper()
        if not code:
            return None
        if code not in CURRENCIES:
            raise Bad("not_a_currency", value=shown(value))
        return code

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        if code := find_currency(text, env.currency):
            return code
        if found := re.fullmatch(r".*\b([A-Z]{3})\b.*", text):  # "人民币 (CNY)", "CNY - Yuan"
            return found[1]
        return text

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[A-Z]{3}$"}

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice(["CNY", "USD", "EUR", "JPY", "HKD"])
