"""Tables as aligned text or Markdown."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec

from aehash.errors import UsageError, nearest

WIDTH = 100
P = ParamSpec("P")


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes:
        title: What its numbers are.
        columns: Column heads.
        rows: A label and one cell per column.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def writer_of(form: str, **writers: Callable[P, str]) -> Callable[P, str]:
    """Choose how a report is written.

    Args:
        form: The format asked for.
        **writers: By format.

    Returns:
        Its writer.

    Raises:
        UsageError: There is no such form.
    """
    if form not in writers:
        raise UsageError(f"There is no format {form!r}.{nearest(form, writers)}")
    return writers[form]


def wrapped(text: str) -> str:
    """Break a sentence into lines, the later ones indented."""
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def aligned(section: Section) -> str:
    """Lay a section out in columns of one width each, numbers to the right."""
    widths = _widths(section)
    table = [(section.title, section.columns)]
    table += [(_one_line(name), cells) for name, cells in section.rows]
    label = max(len(name) for name, _ in table)
    return "\n".join(
        "  ".join([name.ljust(label), *map(str.rjust, cells, widths)]).rstrip()
        for name, cells in table
    )


def markdown(section: Section) -> str:
    """Lay a section out as a Markdown table."""
    lines = [
        _markdown_row(section.title, section.columns),
        "|---|" + "---:|" * len(section.columns),
        *(_markdown_row(name.strip(), cells) for name, cells in section.rows),
    ]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """Leave out what breaks a line or moves a terminal's cursor, as a class's name may."""
    return "".join(each if each.isprintable() else " " for each in text)


def _widths(section: Section) -> list[int]:
    table = [section.columns, *(cells for _, cells in section.rows)]
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def _markdown_row(name: str, cells: Sequence[str]) -> str:
    escaped = (_one_line(cell).replace("|", "\\|") for cell in [name, *cells])
    return "| " + " | ".join(escaped) + " |"
