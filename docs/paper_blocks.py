"""Blocks of docs/*.md that say what a paper prints, out of ``aehash.experiments.reproduce``.

``paper/NAME`` is the paper with its tables, figures and open points, and ``paper/NAME/table1`` one
of its tables.
"""

import math

from aehash.experiments.reproduce import PaperNumbers, entry_names, paper_numbers

PREFIX = "paper/"


def block(name: str) -> str:
    """Lay out a paper, or one of its tables.

    Args:
        name: Of the block, with :data:`PREFIX`.

    Returns:
        Markdown.
    """
    wanted = name.removeprefix(PREFIX)
    return _table(paper_numbers(wanted)) if "/" in wanted else _paper(wanted)


def _paper(key: str) -> str:
    tables = [paper_numbers(name) for name in entry_names() if name.startswith(f"{key}/")]
    paper = tables[0].paper
    link = f"https://doi.org/{paper.link.removeprefix('doi:')}"
    where = f" [{paper.link}]({link})." if paper.link.startswith("doi:") else f" {paper.link}"
    lines = [f"{paper.citation}.{where.rstrip()}", "", "| | in the paper | what it shows |"]
    lines += ["|---|---|---|"]
    lines += [f"| `{table.name}` | {table.place} | {table.title} |" for table in tables]
    points = dict.fromkeys(point for table in tables for point in table.open_points)
    if points:
        lines += ["", "What it leaves open, or says in two ways:", ""]
        lines += [f"- {point}" for point in points]
    return "\n".join(lines) + "\n"


def _table(table: PaperNumbers) -> str:
    digits = max(0, round(-math.log10(table.step))) if table.step else 0
    lines = [f"| {table.place} | {' | '.join(table.columns)} |"]
    lines.append("|---|" + "---:|" * len(table.columns))
    for row, values in table.rows.items():
        cells = [f"{each:,.{digits}f}" if isinstance(each, float) else each for each in values]
        lines.append(f"| {row} | " + " | ".join(each or "a picture only" for each in cells) + " |")
    if table.measure:
        lines += ["", f"{table.measure}."]
    return "\n".join(lines) + "\n"
