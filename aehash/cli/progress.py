"""Progress on the terminal."""

import sys
from collections.abc import Callable

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
