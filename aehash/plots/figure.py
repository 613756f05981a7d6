"""What all diagrams need: names that can be drawn, and a picture that is whole or not there."""

import warnings
from pathlib import Path
from typing import Any

from aehash.errors import UsageError
from aehash.files import atomic_file

#: Endings of the pictures that can be drawn.
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".pdf", ".svg")


def check_picture(path: Path) -> None:
    """Refuse what cannot be a picture, before the work and not after it.

    Args:
        path: The picture to make or replace.

    Raises:
        UsageError: Its ending is none of a picture, or a folder or a file stands in its way.
    """
    if path.is_dir():
        raise UsageError(f"The picture {path} is a folder: name a file in it, such as a.png.")
    if path.suffix.lower() not in PICTURES:
        raise UsageError(
            f"The picture {path} must end in one of {', '.join(PICTURES)}, which say of what kind "
            "it is."
        )
    place = next(each for each in path.absolute().parents if each.exists())
    if not place.is_dir():
        raise UsageError(f"The picture {path} cannot be made, since {place} is a file.")


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
