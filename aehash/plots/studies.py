"""Pictures of studies: mAP and loss by depth, gradients by layer, losses by step."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aehash.plots.figure import save_figure

_GRID = "#dddddd"
_SPREAD = 0.5
"""How far lines stand apart along the depths, in layers, so that no interval hides another."""


def by_depth(
    path: Path, lines: Mapping[str, Sequence[Mapping[str, Any]]], levels: Mapping[str, float]
) -> None:
    """Draw mAP by depth with its intervals, and beside it the training loss.

    Args:
        path: The picture to write.
        lines: By configuration a row a depth, with ``depth``, ``all`` (``mean``, ``ci95``,
            ``seeds``), ``loss_first_pass`` and ``loss_last_pass``.
        levels: Values that do not depend on the depth, by name.
    """
    figure, (left, right) = _panels(2)
    for number, (name, rows) in enumerate(lines.items()):
        shift = _SPREAD * (number - (len(lines) - 1) / 2)
        depths = [row["depth"] + shift for row in rows]
        values, colour = [row["all"]["mean"] for row in rows], f"C{number}"
        left.plot(depths, values, color=colour, marker="o", markersize=4, label=name)
        for depth, row in zip(depths, rows, strict=True):
            left.vlines(depth, *row["all"]["ci95"], color=colour, linewidth=1)
            seeds = row["all"]["seeds"]
            left.plot([depth] * len(seeds), seeds, "_", color=colour, markersize=5)
        losses = [row["loss_last_pass"] for row in rows]
        right.plot(depths, losses, color=colour, marker="o", markersize=4)
        first = [row["loss_first_pass"] for row in rows]
        right.plot(depths, first, color=colour, linestyle="--", linewidth=1)
    for number, (name, value) in enumerate(levels.items()):
        style = (":", "-.")[number % 2]
        left.axhline(value, color="black", linestyle=style, linewidth=1, label=name)
    left.set(xlabel="layers", ylabel="mAP", title="mAP over the whole list, 95 % intervals")
    left.set_ylim(bottom=0)
    right.set(
        xlabel="layers", ylabel="training loss", title="median loss: first pass (dashed), last pass"
    )
    right.set_ylim(bottom=0)
    depths = sorted({row["depth"] for rows in lines.values() for row in rows})
    for axes in (left, right):
        axes.set_xticks(depths)
    _save(figure, left, path)


def gradients(path: Path, panels: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Draw the gradient's norm at each layer, first to last, a panel for each depth.

    Args:
        path: The picture to write.
        panels: By title, the norms by name; those of one name have one colour, and a name that
            ends in ``, later`` is drawn solid beside its dashed beginning.
    """
    figure, every = _panels(len(panels))
    colours: dict[str, str] = {}
    for axes, (title, lines) in zip(every, panels.items(), strict=True):
        for name, norms in lines.items():
            base = name.partition(",")[0]
            colour = colours.setdefault(base, f"C{len(colours)}")
            style = "-" if name.endswith("later") else "--"
            shown = [max(norm, 1e-12) for norm in norms]
            axes.plot(range(1, len(shown) + 1), shown, style, color=colour, label=name)
        axes.set(xlabel="layer", ylabel="norm of the gradient", title=title, yscale="log")
    _save(figure, every[0], path)


def losses(path: Path, lines: Mapping[str, Sequence[float]]) -> None:
    """Draw the training loss by step.

    Args:
        path: The picture to write.
        lines: By name, one loss a step.
    """
    figure, (axes,) = _panels(1)
    for name, values in lines.items():
        axes.plot(range(1, len(values) + 1), values, label=name)
    axes.set(xlabel="step", ylabel="training loss", title="Loss by step")
    axes.set_ylim(bottom=0)
    _save(figure, axes, path)


def _panels(count: int) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * count + 2.4, 4.2), dpi=120, layout="constrained")
    every = [figure.add_subplot(1, count, place + 1) for place in range(count)]
    for axes in every:
        axes.grid(color=_GRID, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, every


def _save(figure: Any, axes: Any, path: Path) -> None:
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, loc="outside right center")
    save_figure(figure, path)
