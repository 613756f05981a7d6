"""Progress on the terminal."""

import sys
from collections.abc import Callable
from typing import Any

import click


def bar(title: str, total: int) -> Callable[[int], None] | None:
    """Show a bar with the time left on a terminal, nothing elsewhere.

    Args:
        title: Of the bar.
        total: How much there is to do.

    Returns:
        A function that takes how much was done since it was called last, or None.
    """
    if not sys.stderr.isatty() or not total:
        return None
    shown = click.progressbar(length=total, label=title, file=sys.stderr)
    shown.__enter__()

    def show(done: int) -> None:
        shown.update(done)
        if shown.pos >= total:
            shown.__exit__(None, None, None)

    return show


def shown(title: str) -> Callable[[int, int], None] | None:
    """Show a bar with the time left on a terminal, nothing elsewhere.

    Args:
        title: Of the bar.

    Returns:
        A function that takes how much is done and how much there is to do, or None.
    """
    if not sys.stderr.isatty():
        return None
    bar: Any = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = click.progressbar(length=total, label=title, file=sys.stderr)
            bar.__enter__()
        bar.update(done - bar.pos)
        if done >= total:
            bar.__exit__(None, None, None)

    return show
