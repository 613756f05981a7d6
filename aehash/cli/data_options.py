"""Options of the commands that look for duplicate images."""

from pathlib import Path

import click

from aehash.cli.options import F

_OPTIONS = (
    click.option("--queries", default="test", show_default=True, help="Split that is looked for."),
    click.option("--database", default="train", show_default=True, help="Split that is searched."),
    click.option(
        "--distance",
        type=int,
        default=24,
        show_default=True,
        help="Largest difference of the perceptual hashes, in bits of 128.",
    ),
    click.option(
        "--detail",
        type=float,
        default=0.7,
        show_default=True,
        help="Largest difference of the pictures' detail: 0 the same, 1.41 unrelated.",
    ),
    click.option("--mirror", is_flag=True, help="Also find pictures mirrored left to right."),
    click.option(
        "--seed", type=int, default=0, help="Of the split, where there is no official one."
    ),
    click.option("--split-file", type=click.Path(path_type=Path), help="Take a run's split.json."),
    click.option("--threads", type=click.IntRange(1), help="Threads that work.  [default: all]"),
)


def duplicate_options(command: F) -> F:
    """Give a command the options of a search for duplicates.

    Args:
        command: The command.

    Returns:
        It, with the options.
    """
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
