"""Typesetting: data put into a page that is ready to print. Nothing is fetched from anywhere, and no data is taken for code."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from tempfile import gettempdir
from typing import Any

from guanxi.base import Problem
from guanxi.base.json import dumps

LATIN = ("Inter", "Noto Sans", "DejaVu Sans", "Liberation Sans", "Arial", "Libertinus Serif")
CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Microsoft YaHei"),
    *(
        "HarmonyOS Sans SC",
        "MiSans",
        "WenQuanYi Zen Hei",
        "WenQuanYi Micro Hei",
        "SimHei",
        "Noto Serif CJK SC",
        "SimSun",
    ),
)
"""Fonts by preference; Latin letters and figures come from the first kind, so that both scripts stand well together."""

_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class NoFont(Problem):
    """The machine has no font for what is to be printed."""

    status, code = 503, "no_chinese_font"


@cache
def _installed() -> tuple[Any, frozenset[str]]:
    """The fonts of this machine, looked up once, and the names of their families."""
    import typst  # loaded where something is printed only

    found = typst.Fonts()
    return found, frozenset(found.families())


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF that a template of this package makes of data. Raises NoFont where Chinese text has no font."""
    import typst

    fonts, families = _installed()
    text = dumps(data).decode()
    latin, chinese = ([n for n in names if n in families] for names in (LATIN, CHINESE))
    if not chinese and _HAN.search(text):
        raise NoFont(fonts=", ".join(CHINESE[:3]))
    told = dumps({**data, "fonts": [*latin[:1], *chinese[:1]]}).decode()
    source = (files("guanxi.transfer") / template).read_bytes()
    # Its files are those of a folder without any; packages, which it would fetch, it names none.
    made = typst.Compiler(root=gettempdir(), font_paths=fonts).compile(source, format="pdf", sys_inputs={"data": told})
    assert isinstance(made, bytes)  # noqa: S101 - one document is one file
    return made


async def printed(template: str, data: Mapping[str, Any]) -> bytes:
    """The same beside the requests of others."""
    return await asyncio.to_thread(typeset, template, data)
