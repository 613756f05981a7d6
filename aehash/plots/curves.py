"""Curves of a training by epoch: loss and accuracy, training and validation, over seeds."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aehash.errors import UsageError
from aehash.plots.figure import save_figure

_GRID = "#dddddd"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#8900ff")
_WIDTH = 40
_STYLES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Panel:
    """One diagram.

    Attributes:
        title: Above it.
        unit: What is measured, with its unit, such as ``loss (MSE of pixels in [0, 1])``.
        lines: By name, such as ``training`` and ``validation``, a row of values for each seed, one
            value an epoch; the rows may be of unequal length.
        kept: Of each seed the epoch whose weights were kept; or none.
        first: The epoch of the first value: 1, or 0 where it was measured before training.
        levels: Values that do not depend on the epoch, such as chance, by name.
        share: The values are shares: the axis goes from 0 to 1.
        log: The axis is logarithmic; else it begins at 0 where no value is below.
    """

    title: str
    unit: str
    lines: Mapping[str, Sequence[Sequence[float]]]
    kept: Sequence[int] = ()
    first: int = 1
    levels: Mapping[str, float] = field(default_factory=dict)
    share: bool = False
    log: bool = False


def curves(path: Path, panels: Sequence[Panel], note: str = "") -> None:
    """Draw panels side by side: each seed thin, their mean thick, the kept epochs marked.

    The mean is drawn as far as every seed came.

    Args:
        path: The picture to write.
        panels: One or more.
        note: A line beneath, such as what is averaged when.

    Raises:
        UsageError: A panel has no values.
    """
    from matplotlib.figure import Figure

    for panel in panels:
        _check(panel)
    figure = Figure(figsize=(5.4 * len(panels), 4.0), dpi=120, layout="constrained")
    for place, panel in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), place + 1)
        axes.grid(color=_GRID, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        _draw(axes, panel)
        axes.set_xlabel("epoch")
        axes.set_ylabel(textwrap.fill(panel.unit, _WIDTH), parse_math=False)
        axes.set_title(panel.title, parse_math=False)
        axes.legend(frameon=False, fontsize=9)
    if note:
        figure.supxlabel(note, fontsize=8, color="#555555", x=0.02, ha="left", parse_math=False)
    save_figure(figure, path)


def _check(panel: Panel) -> None:
    empty = [name for name, rows in panel.lines.items() if not rows or not all(map(len, rows))]
    if empty or not panel.lines:
        what = f"The line {empty[0]!r} of " if empty else ""
        raise UsageError(
            f"{what}{panel.title!r} has no values: give each seed one an epoch or more."
        )


def _draw(axes: Any, panel: Panel) -> None:
    from matplotlib.ticker import MaxNLocator

    marked = list(panel.lines)[-1]  # the validation, by which the epoch was chosen
    for number, (name, rows) in enumerate(panel.lines.items()):
        colour, style = _COLOURS[number % 4], _STYLES[number % 4]
        shortest = min(map(len, rows))
        mean = np.mean([np.asarray(row[:shortest], np.float64) for row in rows], axis=0)
        several = len(rows) > 1
        if several:
            for row in rows:
                axes.plot(_epochs(panel, len(row)), row, style, color=colour, lw=0.8, alpha=0.45)
        label = f"{name}, mean of {len(rows)} seeds" if several else name
        few = "." if shortest <= 30 else None
        axes.plot(
            _epochs(panel, shortest), mean, style, color=colour, lw=1.8, marker=few, label=label
        )
        if name == marked:
            _mark(axes, panel, rows, colour)
    for number, (name, value) in enumerate(panel.levels.items()):
        axes.axhline(value, color="black", linestyle=(":", "-.")[number % 2], lw=1, label=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))  # one epoch is one tick
    _limits(axes, panel)


def _mark(axes: Any, panel: Panel, rows: Sequence[Sequence[float]], colour: str) -> None:
    """Ring the kept epochs; the legend names them."""
    if not panel.kept:
        return
    if len(panel.kept) != len(rows):
        raise UsageError(
            f"{panel.title!r} has {len(rows)} seeds and {len(panel.kept)} kept epochs; each seed "
            "needs one of each."
        )
    for row, epoch in zip(rows, panel.kept, strict=True):
        if not panel.first <= epoch < panel.first + len(row):
            raise UsageError(f"{panel.title!r} has no epoch {epoch}: {len(row)} were given.")
    values = [row[epoch - panel.first] for row, epoch in zip(rows, panel.kept, strict=True)]
    epochs = sorted(set(panel.kept))
    named = f"epoch{'s' if len(epochs) > 1 else ''} {', '.join(map(str, epochs))}"
    axes.plot(
        panel.kept,
        values,
        linestyle="",
        marker="o",
        markersize=9,
        markerfacecolor="none",
        markeredgecolor=colour,
        markeredgewidth=1.5,
        label=f"kept: {named}",
    )
    for epoch in epochs:
        axes.axvline(epoch, color="#999999", linestyle=":", lw=1, zorder=0)


def _limits(axes: Any, panel: Panel) -> None:
    if panel.log:
        axes.set_yscale("log")
    elif panel.share:
        axes.set_ylim(0, 1.02)
    elif min(min(row) for rows in panel.lines.values() for row in rows) >= 0:
        axes.set_ylim(bottom=0)


def _epochs(panel: Panel, count: int) -> range:
    return range(panel.first, panel.first + count)
