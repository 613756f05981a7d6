"""What a person types in a feedback session."""

import re
from dataclasses import dataclass
from typing import Literal

from aehash.errors import UsageError

Command = Literal["marks", "help", "next", "undo", "write", "quit", "nothing"]
_LETTERS: dict[str, Command] = {
    "?": "help",
    "n": "next",
    "u": "undo",
    "w": "write",
    "q": "quit",
}
_MARK = re.compile(r"([+-]?)([0-9]{1,9})")
_MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", ",": " "})


@dataclass(frozen=True)
class Line:
    """One line, understood.

    Attributes:
        command: What is wanted.
        relevant: Numbers of results marked relevant, each once.
        irrelevant: Numbers of results marked irrelevant, each once.
        file: What followed ``w``, possibly nothing.
    """

    command: Command
    relevant: tuple[int, ...] = ()
    irrelevant: tuple[int, ...] = ()
    file: str = ""


def understood(text: str) -> Line:
    """Read a line.

    Args:
        text: As typed.

    Returns:
        What is wanted; an empty line wants nothing.

    Raises:
        UsageError: It is no command, a word of it is no mark, or a number is marked both ways.
    """
    first, _, rest = text.strip().partition(" ")
    command = _LETTERS.get(first.lower())
    if command == "write":
        return Line(command, file=rest.strip())
    if command is not None:
        if rest.strip():
            raise UsageError(
                f"{first} stands alone, without {rest.strip()!r}. ? lists what can be typed."
            )
        return Line(command)
    return _marks(text) if text.translate(_MINUS).strip() else Line("nothing")


def _marks(text: str) -> Line:
    marked: dict[str, dict[int, None]] = {"+": {}, "-": {}}
    for word in text.translate(_MINUS).split():
        match = _MARK.fullmatch(word)
        if match is None:
            raise UsageError(
                f"{word!r} is neither a mark, such as +3, -5 or 7, nor a command; nothing was "
                "marked. ? lists what can be typed."
            )
        marked[match[1] or "+"][int(match[2])] = None
    if both := marked["+"].keys() & marked["-"].keys():
        raise UsageError(
            f"{min(both)} is marked both relevant and irrelevant: mark it one way. Nothing was "
            "marked."
        )
    return Line("marks", tuple(marked["+"]), tuple(marked["-"]))
