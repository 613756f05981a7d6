"""A picture of a report: the paper's numbers, ours and chance, row by row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_MARKS, _MOST = "osD^v", 6
_SHIFT = 0.08


def draw_rows(path: Path, found: Sequence[Mapping[str, Any]], title: str) -> bool:
    """Draw the rows that have numbers: a panel for each row of the paper's table.

    Args:
        path: The picture.
        found: As a report has them.
        title: Of the picture.

    Returns:
        Whether it was drawn: not where there is nothing measured, or nothing to set beside it.
    """
    from matplotlib.figure import Figure

    from aehash.plots.figure import save_figure

    named = [row for row in found if row["column"] and _drawable(row)]
    names = list(dict.fromkeys(row["row"] for row in named))
    columns = list(dict.fromkeys(row["column"] for row in named))
    if not names or len(columns) * len(names) < 3 or len(names) > _MOST:
        return False
    figure = Figure(figsize=(2.6 + 2.4 * len(names), 3.6), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        _panel(axes, [row for row in named if row["row"] == name], columns)
        axes.set_title(name, fontsize=9)
    panels[0].set_ylim(0, 1.05 * panels[0].get_ylim()[1])
    labels = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=4, fontsize=8)
    figure.suptitle(title, fontsize=10)
    save_figure(figure, path)
    return True


def _drawable(row: Mapping[str, Any]) -> bool:
    found = row["measured"]
    return found is not None and found["mean"] is not None


def _span(found: Mapping[str, Any]) -> tuple[float, float]:
    """Say how far the interval reaches below and above the mean."""
    mean = found["mean"]
    low, high = found["ci95"] or (mean, mean)
    return max(0.0, mean - low), max(0.0, high - mean)


def _panel(axes: Any, found: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    places = {column: place for place, column in enumerate(columns)}
    whose = list(dict.fromkeys(row["of"] for row in found))
    printed = {row["column"]: row["paper"] for row in found if isinstance(row["paper"], float)}
    if printed:
        axes.plot(
            [places[column] for column in printed],
            printed.values(),
            "kx",
            ms=7,
            mew=2,
            label="paper",
        )
    for number, of in enumerate(whose):
        mine = [row for row in found if row["of"] == of]
        means = [row["measured"]["mean"] for row in mine]
        spans = [_span(row["measured"]) for row in mine]
        axes.errorbar(
            [places[row["column"]] + (number + 1) * _SHIFT for row in mine],
            means,
            yerr=[[each[end] for each in spans] for end in (0, 1)],
            fmt=_MARKS[number % len(_MARKS)],
            ms=4,
            capsize=2,
            label=of,
        )
    chance = {row["column"]: row["chance"] for row in found if row["chance"] is not None}
    for number, (column, value) in enumerate(chance.items()):
        axes.plot(
            [places[column] - 0.35, places[column] + 0.35],
            [value, value],
            color="grey",
            lw=1.5,
            label="chance" if not number else None,
        )
    axes.set_xticks(range(len(columns)), columns, fontsize=8)
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.grid(axis="y", alpha=0.3)


def draw_lines(
    path: Path,
    across: str,
    places: Sequence[float],
    here: Mapping[str, Sequence[float]],
    paper: Mapping[str, Sequence[float]],
) -> None:
    """Draw measures as lines, ours whole and the paper's dashed, each pair in one colour.

    Args:
        path: The picture.
        across: What the horizontal axis counts.
        places: Along it.
        here: By measure, a value for each place.
        paper: The same of the paper.
    """
    from matplotlib.figure import Figure

    from aehash.plots.figure import save_figure

    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    axes = figure.subplots()
    for number, (name, values) in enumerate(here.items()):
        axes.plot(places, values, "o-", color=f"C{number}", label=f"{name}, here")
        axes.plot(places, paper[name], "x--", color=f"C{number}", label=f"{name}, paper")
    axes.set_xticks(list(places))
    axes.set_xlabel(across)
    axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, ncols=2, loc="center left", bbox_to_anchor=(0.0, 0.4))
    save_figure(figure, path)
