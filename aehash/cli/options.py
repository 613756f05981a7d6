"""Options that several commands share."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from aehash.errors import UsageError

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


def numbers(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[float, ...] | None:
    """Read numbers with commas between them.

    Args:
        context: Click's.
        parameter: The option.
        text: Such as ``1,0.7071,0.5``, or None where it was not given.

    Returns:
        The numbers, or None.

    Raises:
        UsageError: A part is no number.
    """
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"{parameter.opts[0]} takes numbers with commas between them, such as 1,0.7071,0.5, "
            f"not {text!r}."
        ) from None


def typed(words: Sequence[str], size: str, given: Mapping[str, Any]) -> str:
    """Say what was typed to run a study, without the folders of this machine.

    Args:
        words: The command with its arguments.
        size: ``reduced``, the default, or another, which is an option of that name.
        given: The values of its options.

    Returns:
        A line for a shell.
    """
    line = [*words, *([f"--{size}"] if size != "reduced" else [])]
    for option in ("data", "seeds", "weights", "backend", "threads"):
        if given[option] is not None:
            text = str(given[option])
            line += [f"--{option}", Path(text).name if "/" in text else text]
    return shlex.join(line)


def say(line: str) -> None:
    """Print a line for the user on stderr, where it does not mix with results."""
    click.echo(line, err=True)
