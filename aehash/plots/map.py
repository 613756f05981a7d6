"""The map: images as points in a plane, coloured by class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.plots.figure import save_figure, shown

#: Twelve colours of which any two differ also to the colour-blind, and from grey and white: by
#: 12 and more in CIE Lab, with all cones and without the red, the green or the blue ones.
COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#8900ff",
    "#9dd889",
    "#002700",
    "#4e144e",
    "#3b149d",
    "#8976ff",
)
MARKS = ("o", "^", "s", "D")
#: As many classes have a colour and a shape of their own; more are coloured by their number.
MOST = len(COLOURS) * len(MARKS)
GREY = "#b4b4b4"
_PARTS = 8
"""The points are drawn in so many turns through the classes, so that none lies below all."""
_RARE = 0.1
"""A class of fewer points than this share of the largest lies above the others."""
_NAME = 28
_RASTER = 3000


@dataclass(frozen=True)
class Group:
    """A class in the legend.

    Attributes:
        name: As the user knows it.
        count: What stands beside the name, such as ``600 of 4,000``.
        grey: Drawn grey and beneath: no label, several, or another.
        number: The class's number, for the colour where there are many; -1 for no label,
            less for several or for others.
    """

    name: str
    count: str
    grey: bool = False
    number: int = 0


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points of one codebook.

    Attributes:
        points: ``(n, 2)``, in an order that favours no class.
        groups: ``(n,)`` of each point the place of its class among the groups.
        ringed: Drawn above the others, with a dark edge.
    """

    points: NDArray[np.float64]
    groups: NDArray[np.int64]
    ringed: bool = False


def scatter(
    path: Path,
    clouds: Sequence[Cloud],
    groups: Sequence[Group],
    *,
    labels: tuple[str, str],
    title: str,
    notes: Sequence[str] = (),
    ticks: bool = True,
) -> None:
    """Draw the map.

    Args:
        path: The picture to write.
        clouds: One or more.
        groups: The classes; images without any label have no legend.
        labels: Of the two axes.
        title: Above.
        notes: Lines beneath.
        ticks: Whether the axes have numbers.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 6.2), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    styles, scale = _styles(groups)
    count = sum(len(cloud.points) for cloud in clouds)
    size = float(np.clip(24_000 / max(count, 1), 5, 34))
    for cloud in clouds:
        _draw(axes, cloud, groups, styles, size, rasterized=count > _RASTER)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    if not ticks:
        axes.set(xticks=[], yticks=[])
    axes.set_title(shown(title, 90), loc="left", fontsize=11, parse_math=False)
    if scale is not None:
        bar = figure.colorbar(scale, ax=axes, shrink=0.7)
        bar.set_label(f"class number, {_named(groups):,} classes", parse_math=False)
    _legend(figure, groups, styles, only_grey=scale is not None)
    if notes:
        text = "\n".join(notes)
        figure.supxlabel(text, fontsize=8, color="#555555", x=0.02, ha="left", parse_math=False)
    save_figure(figure, path)


def _named(groups: Sequence[Group]) -> int:
    return sum(not group.grey for group in groups)


def _styles(groups: Sequence[Group]) -> tuple[list[tuple[Any, str]], Any]:
    """Give each group its colour and shape; and the scale of the colours where they are many."""
    named = [group for group in groups if not group.grey]
    if len(named) <= MOST:
        pairs: Iterator[tuple[Any, str]] = (
            (COLOURS[place % len(COLOURS)], MARKS[(place + place // len(COLOURS)) % len(MARKS)])
            for place in range(len(named))
        )
        scale = None
    else:
        from matplotlib import colormaps
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        numbers = [group.number for group in named]
        scale = ScalarMappable(Normalize(min(numbers), max(numbers)), colormaps["turbo"])
        colours = scale.to_rgba(np.array(numbers))
        pairs = ((tuple(colour), "o") for colour in colours)
    return [_grey(group) if group.grey else next(pairs) for group in groups], scale


def _grey(group: Group) -> tuple[str, str]:
    return (GREY, "o") if group.number == -1 else ("#8c8c8c", "s")


def _draw(
    axes: Any,
    cloud: Cloud,
    groups: Sequence[Group],
    styles: Sequence[tuple[Any, str]],
    size: float,
    *,
    rasterized: bool,
) -> None:
    from matplotlib.colors import to_rgba

    colours = np.array([to_rgba(colour) for colour, _ in styles])
    kinds = np.array([MARKS.index(mark) for _, mark in styles])
    layers = _layers(cloud.groups, groups)
    edge = {"edgecolors": "black", "linewidths": 0.8} if cloud.ringed else {"linewidths": 0}
    for layer in range(3):
        rows = np.flatnonzero(layers[cloud.groups] == layer)
        for part in np.array_split(rows, _PARTS):
            for kind in np.unique(kinds[cloud.groups[part]]):
                chosen = part[kinds[cloud.groups[part]] == kind]
                axes.scatter(
                    *cloud.points[chosen].T,
                    c=colours[cloud.groups[chosen]],
                    marker=MARKS[kind],
                    s=size * (1.6 if cloud.ringed or layer == 2 else 1.0),
                    alpha=0.8,
                    rasterized=rasterized,
                    **edge,
                )


def _layers(drawn: NDArray[np.int64], groups: Sequence[Group]) -> NDArray[np.int64]:
    """Say what lies on what: grey beneath, rare classes above, which would be lost among others."""
    grey = np.array([group.grey for group in groups])
    counts = np.bincount(drawn, minlength=len(groups))
    rare = counts < _RARE * counts[~grey].max(initial=0)
    return np.where(grey, 0, np.where(rare, 2, 1))


def _legend(
    figure: Any, groups: Sequence[Group], styles: Sequence[tuple[Any, str]], *, only_grey: bool
) -> None:
    """Name the groups. Texts are set last: matplotlib would leave out a name like ``_a``."""
    from matplotlib.lines import Line2D

    chosen = [place for place, group in enumerate(groups) if group.grey or not only_grey]
    if not chosen or (len(groups) == 1 and groups[0].number < 0):
        return
    handles = [
        Line2D([], [], linestyle="", color=styles[place][0], marker=styles[place][1], markersize=6)
        for place in chosen
    ]
    legend = figure.legend(
        handles,
        [str(place) for place in chosen],
        loc="outside right upper",
        frameon=False,
        fontsize=9 if len(chosen) <= 24 else 7,
        ncols=1 if len(chosen) <= 24 else 2,
        handletextpad=0.2,
    )
    for text, place in zip(islice(legend.get_texts(), len(chosen)), chosen, strict=True):
        text.set_parse_math(False)
        text.set_text(f"{shown(groups[place].name, _NAME)}  ({groups[place].count})")
