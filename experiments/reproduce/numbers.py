"""The papers' numbers by the name of their table or figure."""

from functools import cache

from aehash.errors import UsageError, nearest
from aehash.experiments.reproduce import (
    paper_air2023,
    paper_akbacak2023,
    paper_gem2023,
    paper_sureshkumar2024,
    paper_vinitha2021,
)
from aehash.experiments.reproduce.paper import PaperNumbers

_PAPERS = (
    paper_akbacak2023,
    paper_air2023,
    paper_gem2023,
    paper_vinitha2021,
    paper_sureshkumar2024,
)


@cache
def _tables() -> dict[str, PaperNumbers]:
    return {table.name: table for paper in _PAPERS for table in paper.TABLES}


def entry_names() -> list[str]:
    """List the tables and figures, paper by paper.

    Returns:
        Names such as ``akbacak2023/table2``.
    """
    return list(_tables())


def paper_numbers(name: str) -> PaperNumbers:
    """Give a table or figure as its paper has it.

    Args:
        name: Such as ``akbacak2023/table2``.

    Returns:
        The numbers, with where they stand and what is open about them.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in _tables():
        raise UsageError(f"There is no table or figure {name!r}.{nearest(name, _tables())}")
    return _tables()[name]
