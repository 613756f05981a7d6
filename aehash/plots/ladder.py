"""The picture of a ladder: how one number moves as conventions change, beside chance."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aehash.plots.figure import save_figure, shown

_INK, _CHANCE, _GRID, _PAPER = "#1f4e79", "#c0504d", "#dddddd", "#2e7d32"
_LABEL, _TITLE, _ALONE = 44, 26, 44
"""Characters of a rung's name, of a panel's title, and of that of the only panel."""


def draw_ladders(path: Path, ladders: Sequence[Mapping[str, Any]], cut: int) -> None:
    """Draw ladders side by side, the first rung on top.

    Args:
        path: The picture to write.
        ladders: Each with ``title``, ``paper`` by cut, and ``rows`` of ``title``, ``aside``,
            ``values``, ``ci95`` and ``chance`` at the cuts 5, 10, 15, 20 and the whole list.
        cut: The k that is drawn.
    """
    from matplotlib.figure import Figure

    place = (5, 10, 15, 20).index(cut)
    names = list(dict.fromkeys(row["title"] for each in ladders for row in each["rows"]))
    height = 1.6 + 0.32 * len(names)
    figure = Figure(figsize=(3.6 + 2.3 * len(ladders), height), dpi=120, layout="constrained")
    every = figure.subplots(1, len(ladders), sharey=True, squeeze=False)[0]
    for axes, each in zip(every, ladders, strict=True):
        _panel(axes, each, names, place)
        title = shown(each["title"], _TITLE if len(ladders) > 1 else _ALONE)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(f"MAP@{cut}")
    asides = {row["title"] for each in ladders for row in each["rows"] if row["aside"]}
    labels = [("   · " if name in asides else "") + shown(name, _LABEL) for name in names]
    every[0].set_yticks(range(len(names)), labels)
    every[0].set_ylim(len(names) - 0.5, -0.7)
    handles, texts = every[0].get_legend_handles_labels()
    figure.legend(handles, texts, frameon=False, loc="outside lower center", ncols=len(texts))
    save_figure(figure, path)


def _panel(axes: Any, each: Mapping[str, Any], names: Sequence[str], place: int) -> None:
    axes.grid(color=_GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.set_xlim(-0.03, 1.03)
    rows = [row for row in each["rows"] if row["values"][place] is not None]
    steps = [row for row in rows if not row["aside"]]
    asides = [row for row in rows if row["aside"]]
    heights = {name: number for number, name in enumerate(names)}
    at = [(row["values"][place], heights[row["title"]]) for row in steps]
    axes.plot(*zip(*at, strict=True), "-o", color=_INK, markersize=5, label="a step", zorder=3)
    for row in rows:
        axes.hlines(heights[row["title"]], *row["ci95"][place], color=_INK, linewidth=1.4)
    at = [(row["values"][place], heights[row["title"]]) for row in asides]
    if at:
        style = {"markerfacecolor": "white", "color": _INK, "markersize": 5}
        axes.plot(*zip(*at, strict=True), "o", **style, label="an aside", zorder=3)
    chance = [
        (row["chance"][place], heights[row["title"]])
        for row in rows
        if row["chance"][place] is not None
    ]
    style = {"color": _CHANCE, "markersize": 11, "markeredgewidth": 2}
    axes.plot(*zip(*chance, strict=True), "|", **style, label="chance", zorder=2)
    printed = each["paper"].get(str((5, 10, 15, 20)[place]))
    if printed is not None:
        axes.axvline(printed, color=_PAPER, linestyle=":", label="the paper's table")
