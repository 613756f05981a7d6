"""What all diagrams need: names that can be drawn, and a picture that is whole or not there."""

import warnings
from pathlib import Path
from typing import Any

from aehash.files import atomic_file


def shown(name: str, most: int) -> str:
    """Make a name fit to be drawn.

    Args:
        name: Any text.
        most: Characters at most.

    Returns:
        It in one line, ``?`` for what cannot be drawn. A longer one loses its middle, since names
        often differ in their last letters only.
    """
    line = "".join(each if each.isprintable() else "?" for each in name)
    if len(line) <= most:
        return line
    end = (most - 1) // 2
    return f"{line[: most - 1 - end]}…{line[-end:]}"


def save_figure(figure: Any, path: Path) -> None:
    """Write a picture, whole or not at all.

    Args:
        figure: Of matplotlib.
        path: The file, whose ending says the format.
    """
    with warnings.catch_warnings():  # of characters that the font draws as boxes
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        with atomic_file(path) as aside:
            figure.savefig(aside)
