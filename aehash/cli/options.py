"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

RUNS = click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    envvar="AEHASH_RUNS",
    help="Folder where runs are kept.",
)
RUN = click.option(
    "--run", type=click.Path(path_type=Path), help="A run's folder.  [default: the latest]"
)
BACKEND = click.option(
    "--backend",
    type=click.Choice(["tensorflow", "jax", "torch"]),
    help="Keras back end.  [default: KERAS_BACKEND, or tensorflow]",
)
THREADS = click.option(
    "--threads",
    type=click.IntRange(1),
    help="Threads of the arithmetic; 1 makes equal seeds give equal weights.  [default: all]",
)
WORKERS = click.option(
    "--workers",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Threads that decode images.",
)
STRICT = click.option(
    "--strict", is_flag=True, help="Fail at an unreadable image instead of skipping it."
)
FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "md", "csv", "json"]),
    default="table",
    show_default=True,
    help="How results are printed.",
)


def say(line: str) -> None:
    """Print a line for the user on stderr, where it does not mix with results."""
    click.echo(line, err=True)
