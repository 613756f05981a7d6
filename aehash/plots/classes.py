"""The picture of a confusion matrix: which class is taken for which."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.plots.figure import save_figure, shown

_NUMBERED = 20
"""Classes up to which cells hold their counts; more would not be read."""
_NAMED = 120
"""Classes up to which they are named; beyond, they are counted."""
_NAME = 18
"""Letters of a name that are shown."""


def confusion_matrix(
    path: Path,
    counts: NDArray[np.float64],
    silent: NDArray[np.int64],
    names: Sequence[str],
    title: str,
) -> None:
    """Draw a confusion matrix, coloured by the share of each row.

    Args:
        path: The PNG to write.
        counts: ``(classes, classes)`` queries by their class and by the majority label.
        silent: ``(classes,)`` queries that found nothing; a column of their own where there are
            any.
        names: Of the classes.
        title: Above it, in lines.
    """
    from matplotlib.colors import Normalize, PowerNorm
    from matplotlib.figure import Figure

    columns = [*names, "(nothing found)"] if silent.any() else list(names)
    table = np.concatenate([counts, silent[:, None]], axis=1) if silent.any() else counts
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
    numbered = len(names) <= _NUMBERED
    side = float(np.clip((0.32 if numbered else 0.15) * len(names) + 3, 4.2, 20))
    figure = Figure(figsize=(side + 1.2, side), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    # Among many classes each confusion is small, and a root lets it be seen.
    scale = Normalize(0, 1) if numbered else PowerNorm(0.5, 0, 1)
    drawn = axes.imshow(share, cmap="Blues", norm=scale, interpolation="nearest")
    size = float(np.clip(160 / len(names), 5.5, 9))
    if len(names) <= _NAMED:
        _name(axes, columns, names, size)
    if numbered:
        _write(axes, table, share, size)
    axes.set(xlabel="majority label", ylabel="class of the query")
    axes.set_title(title, fontsize=9)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.8)
    bar.set_label("share of the class's queries")
    save_figure(figure, path)


def _write(axes: Any, table: NDArray[np.float64], share: NDArray[np.float64], size: float) -> None:
    for (row, column), count in np.ndenumerate(table):
        if count:
            axes.text(
                column,
                row,
                f"{count:,.0f}" if float(count).is_integer() else f"{count:,.1f}",
                ha="center",
                va="center",
                fontsize=size,
                color="white" if share[row, column] > 0.5 else "black",
            )


def _name(axes: Any, columns: Sequence[str], rows: Sequence[str], size: float) -> None:
    for axis, labels in ((axes.xaxis, columns), (axes.yaxis, rows)):
        axis.set_ticks(range(len(labels)), [shown(label, _NAME) for label in labels])
        for text in axis.get_ticklabels():
            text.set_parse_math(False)
        axis.set_tick_params(labelsize=size, length=2)
    upright = max(len(shown(label, _NAME)) for label in columns) * len(columns) > 40
    axes.tick_params(axis="x", rotation=90 if upright else 0)
