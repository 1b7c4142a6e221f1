"""Values that the program itself cares for: running numbers and passwords."""

from __future__ import annotations

import random
import re
from datetime import date
from itertools import pairwise
from typing import Any

from argon2 import PasswordHasher

from guanxi.base import Label
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env
from guanxi.schema.types.text import REFUSED, TextType

_PLACE = re.compile(r"\{(0+|yyyy|yy|mm|dd)\}")


class AutoNumber(TextType):
    """A running number, such as ``OPP-0042``.

    Stored as ``text``. Made by the engine when a record is created; nobody writes it. ``pattern`` holds one place
    ``{0000}`` for the number, with as many digits as it has at least, and perhaps ``{yyyy} {yy} {mm} {dd}`` for the day.
    """

    name = "autonumber"
    label = {"en": "Running number", "zh": "自动编号"}
    made = True
    longest = 100
    config = {"pattern": "Text with a place for the number: OPP-{0000}.", "start": "First number; 1 unless set."}

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field)
        pattern = field.config.get("pattern", "{0}")
        if not isinstance(pattern, str) or len(pattern) > 60 or REFUSED.search(pattern) or "\n" in pattern:
            return [
                *found,
                {"en": "pattern is a text of at most 60 characters", "zh": "编号格式应为不超过 60 个字符的文本"},
            ]
        places = [name for name in _PLACE.findall(pattern) if name[0] == "0"]
        if len(places) != 1 or len(places[0]) > 12 or "{" in _PLACE.sub("", pattern) or "}" in _PLACE.sub("", pattern):
            found.append(
                {
                    "en": "pattern needs one place for the number, such as {0000}",
                    "zh": "编号格式须有且只有一个数字位置，如 {0000}",
                }
            )
        start = field.config.get("start", 1)
        if type(start) is not int or not 0 <= start <= 10**12:
            found.append({"en": "start is a whole number", "zh": "起始编号应为整数"})
        return found

    def write(self, field: Field, number: int, day: date) -> str:
        """The value for this number, made on ``day``."""
        dates = {
            "yyyy": f"{day.year:04d}",
            "yy": f"{day.year % 100:02d}",
            "mm": f"{day.month:02d}",
            "dd": f"{day.day:02d}",
        }

        def place(found: re.Match[str]) -> str:
            return dates.get(found[1]) or str(number).zfill(len(found[1]))

        return _PLACE.sub(place, field.config.get("pattern", "{0}"))

    def example(self, field: Field, rng: random.Random) -> Any:
        return self.write(field, rng.randint(1, 99_999), date(2026, rng.randint(1, 12), rng.randint(1, 28)))


SHORTEST, LONGEST = 10, 256
"""Characters of a password."""

# OWASP's parameters for argon2id (19 MiB, two passes): 15 ms and little memory where many sign in at once.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

_COMMON = frozenset(
    "password123 password1234 password12 password01 passw0rd123 1234567890 0123456789 0987654321 9876543210 12345678910 "
    "123456789a a123456789 123456789q q123456789 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwerty12345 qwerty123456 qwerty1234 "
    "asdfghjkl123 zxcvbnm123 iloveyou123 iloveyou12 letmein123 welcome123 welcome1234 admin12345 admin123456 admin1234 "
    "administrator administrator1 changeme123 abc1234567 abcd123456 abcdefghij a1b2c3d4e5 woaini1314 woaini520 5201314520 "
    "woaini1314520 mima123456 qwe123456789 aa123456789 1111122222 football123 baseball123 superman123 princess123 "
    "monkey12345 dragon12345 sunshine123 trustno1trustno1 master12345 guanxi12345 guanxi123456 guanxi1234 p@ssw0rd123 "
    "p@ssword123 p@ssw0rd1234 password!123 1qazxsw23edc q1w2e3r4t5 zaq12wsxcde3 1234qwerasdf qazwsxedcrfv".split()
)


def refuse_weak(password: str) -> None:
    """Raise Bad for a password that is too short, too long, or among the first that anybody tries."""
    if len(password) < SHORTEST:
        raise Bad("password_too_short", min=SHORTEST)
    if len(password) > LONGEST:
        raise Bad("too_long", max=LONGEST)
    word = password.lower()
    run = all(ord(b) - ord(a) == 1 for a, b in pairwise(word))
    if word in _COMMON or len(set(word)) < 4 or run:
        raise Bad("password_too_common")


class Password(TextType):
    """A password: written, never read.

    Stored as ``text``: its argon2id hash. At least ten characters, and none of those that are tried first.
    """

    name = "password"
    label = {"en": "Password", "zh": "密码"}
    operators = ()
    formula = ""
    aggregates = ()
    sortable = False
    groupable = False
    readable = False
    custom = False
    index = ""
    config = {}

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        """The hash, which costs some 15 ms."""
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        if not value:
            return None
        if REFUSED.search(value):
            raise Bad("control_characters")
        refuse_weak(value)
        return HASHER.hash(value)

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        return text

    def dump(self, field: Field, value: Any) -> Any:
        return None

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return ""

    def search_text(self, field: Field, value: Any) -> str:
        return ""

    def json_sql(self, field: Field, column: str) -> str:
        return "NULL"

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST, "writeOnly": True}

    def example(self, field: Field, rng: random.Random) -> Any:
        return f"correct horse {rng.randint(1000, 9999)}"
