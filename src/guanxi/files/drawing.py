"""Draws a picture smaller, in a process of its own that has little to spend: ``python drawing.py FROM FORMAT TO EDGE``.

What is drawn was brought by anybody: whatever its head promises to unfold to, this process runs out of memory or time and no
other. It imports nothing of the program, so that it starts in a tenth of a second.
"""

from __future__ import annotations

import sys
from pathlib import Path

MEMORY = 2 << 30
"""Bytes that the process may have."""
SECONDS = 20
"""Of work, before it is ended."""

DRAWING = """\
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#context {{
  let whole = measure(image({name}, format: {format}))
  let part = calc.min(1, {edge}pt / whole.width, {edge}pt / whole.height)
  image({name}, format: {format}, width: whole.width * part, height: whole.height * part)
}}
"""


def draw(source: Path, format: str, target: Path, edge: int) -> None:
    """Write a PNG whose longer side has at most ``edge`` dots."""
    import typst

    text = DRAWING.format(name=f'"/{source.name}"', format=f'"{format}"', edge=edge)
    fonts = typst.Fonts(include_system_fonts=False)
    made = typst.Compiler(root=str(source.parent), font_paths=fonts).compile(text.encode(), format="png", ppi=72.0)
    assert isinstance(made, bytes)  # noqa: S101 - one page is one file
    target.write_bytes(made)


def bounded() -> None:
    """Take what is too much away from this process, where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


if __name__ == "__main__":
    bounded()
    draw(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
