"""Measuring, from a checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure this machine: seeds data, asks the API beside its ceiling, prints a table. Works in a checkout."""
    folder = next(
        (p for p in (Path.cwd(), Path(__file__).resolve().parents[3]) if (p / "bench/__main__.py").exists()), None
    )
    if folder is None:
        raise click.ClickException("The benchmarks are not part of the package: run this in a checkout of the source.")
    os.chdir(folder)
    os.execv(sys.executable, [sys.executable, "-m", "bench", *arguments])  # noqa: S606 - our own module
