"""Charts of one run: loss by epoch, precision and recall, and differences by query."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.plots.figure import save_figure

_INK, _BEST, _GRID = "#1f4e79", "#c0504d", "#dddddd"


def _figure(width: float = 6.4, height: float = 4.0) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.grid(color=_GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def loss_curve(path: Path, history: Sequence[dict[str, float]], best_epoch: int) -> None:
    """Draw the training and validation loss by epoch.

    Args:
        path: The PNG to write.
        history: One row an epoch, with ``epoch``, ``loss`` and perhaps ``val_loss``.
        best_epoch: Marked, since its weights were kept.
    """
    figure, axes = _figure()
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, [row["loss"] for row in history], color=_INK, marker=".", label="training")
    if "val_loss" in history[0]:
        values = [row["val_loss"] for row in history]
        axes.plot(epochs, values, color=_BEST, marker=".", label="validation")
    axes.axvline(best_epoch, color="#888888", linestyle="--", label=f"kept: epoch {best_epoch}")
    axes.set(xlabel="epoch", ylabel="loss", title="Loss")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False)
    save_figure(figure, path)


@dataclass(frozen=True)
class Curve:
    """One precision–recall curve, a point for each Hamming radius.

    Attributes:
        label: Its name in the legend.
        recall: (points,), 0 to 1.
        precision: (points,), 0 to 1.
        chance: Precision of a random ranking: the share of relevant items.
    """

    label: str
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    chance: float


def precision_recall(path: Path, curves: Sequence[Curve]) -> None:
    """Draw precision against recall, with the chance line.

    Args:
        path: The PNG to write.
        curves: One or more curves.
    """
    figure, axes = _figure()
    for curve in curves:
        axes.plot(curve.recall, curve.precision, marker=".", label=curve.label)
    axes.axhline(curves[0].chance, color=_BEST, linestyle="--", label="chance")
    axes.set(
        xlabel="recall",
        ylabel="precision (0 where nothing is inside)",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
        title="Precision and recall by Hamming radius",
    )
    axes.legend(frameon=False)
    save_figure(figure, path)


def paired_difference(
    path: Path,
    differences: NDArray[np.float64],
    metric: str,
    interval: tuple[float, float],
) -> None:
    """Draw each query's difference in order, and the mean with its interval.

    Args:
        path: The PNG to write.
        differences: (queries,) B - A.
        metric: What was measured.
        interval: The mean's, low and high.
    """
    figure, axes = _figure()
    axes.set_axisbelow(True)
    ordered = np.sort(differences)
    share = (np.arange(len(ordered)) + 0.5) / len(ordered) * 100
    for part, colour, label in (
        (ordered < 0, _BEST, "B lower than A"),
        (ordered > 0, _INK, "B higher than A"),
    ):
        axes.fill_between(share, ordered, where=part, step="mid", color=colour, label=label)
    mean = float(differences.mean())
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axhline(mean, color="black", linestyle="--", linewidth=1, label=f"mean {mean:+.4f}")
    axes.axhspan(*interval, color="black", alpha=0.15, linewidth=0, label="95 % interval")
    axes.set(
        xlabel="queries, sorted by their difference (%)",
        ylabel=f"B - A, {metric}",
        xlim=(0, 100),
        title=f"{metric} by query, {len(ordered):,} queries",
    )
    axes.legend(frameon=False, loc="upper left")
    save_figure(figure, path)
