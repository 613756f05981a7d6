"""The picture of simulated feedback: mean average precision by round and method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aehash.plots.figure import save_figure

_GRID = "#dddddd"
_STEP = 0.04
"""How far the methods stand apart, in rounds, so that no interval hides another."""


@dataclass(frozen=True)
class Line:
    """One method's values by round.

    Attributes:
        values: One a round; None where there is none.
        low: Of the 95 % intervals.
        high: Of the 95 % intervals.
        before: What the values are to be compared with, drawn dashed; or none.
    """

    values: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]
    before: Sequence[float | None] = ()


def by_round(
    path: Path,
    panels: Mapping[str, Mapping[str, Line]],
    chance: Mapping[str, Sequence[float | None]],
) -> None:
    """Draw panels side by side, a line for each method in each.

    Args:
        path: The picture to write.
        panels: By title, the lines by method; each panel's lines end at the last round.
        chance: By title, that of a random ranking, by round.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(5.2 * len(panels), 4.2), dpi=120, layout="constrained")
    for place, (title, lines) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), place + 1)
        axes.grid(color=_GRID, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        for number, (method, line) in enumerate(lines.items()):
            shift = _STEP * (number - (len(lines) - 1) / 2)
            _draw(axes, method, line, f"C{number}", shift)
        axes.plot(_numbers(chance[title]), color="black", linestyle=":", label="chance")
        axes.set(xlabel="round", ylabel="mAP", title=title)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, loc="outside right center")
    save_figure(figure, path)


def _draw(axes: Any, method: str, line: Line, colour: str, shift: float) -> None:
    rounds = [number + shift for number in range(len(line.values))]
    values, low, high = (_numbers(each) for each in (line.values, line.low, line.high))
    axes.plot(rounds, values, color=colour, marker=".", label=method)
    axes.vlines(rounds, low, high, color=colour, linewidth=1, alpha=0.5)
    if line.before:
        axes.plot(rounds, _numbers(line.before), color=colour, linestyle="--", linewidth=1)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
