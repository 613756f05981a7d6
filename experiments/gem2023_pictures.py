"""Pictures of the study of unseen classes: means with intervals, and what is retrieved."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aehash import plots
from aehash.experiments.gem2023_classes import rows_of
from aehash.experiments.gem2023_judging import LEARNED, PLAIN, whitened
from aehash.experiments.gem2023_nets import GEM, TUNED, Net, Nets

if TYPE_CHECKING:
    from aehash.codebook import Codebook

_HITS = 8
_QUERIES = 6
_GRID = "#dddddd"


def dots(
    path: Path, groups: Mapping[str, Mapping[str, tuple[float, float, float]]], chance: float
) -> None:
    """Draw means with their intervals, one line a way, a colour for each group.

    Args:
        path: The picture to write.
        groups: By the group's name and the way's: mean, low, high.
        chance: A level, drawn across.
    """
    from matplotlib.figure import Figure

    from aehash.plots.figure import save_figure

    ways = list(dict.fromkeys(way for group in groups.values() for way in group))
    figure = Figure(figsize=(8.4, 1.2 + 0.8 * len(ways)), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.grid(axis="x", color=_GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    for number, (name, group) in enumerate(groups.items()):
        shift = 0.16 * (number - (len(groups) - 1) / 2)
        places = [ways.index(way) + shift for way in group]
        means, lows, highs = np.array(list(group.values())).T
        axes.hlines(places, lows, highs, color=f"C{number}", linewidth=1.5)
        axes.plot(means, places, "o", color=f"C{number}", markersize=5, label=name)
    axes.axvline(chance, color="black", linestyle=":", linewidth=1, label="chance")
    axes.set_yticks(range(len(ways)), ways)
    axes.invert_yaxis()
    axes.set_xlim(max(0.0, chance - 0.05), 1)
    axes.set(xlabel="mAP, mean of the unseen classes, 95 % intervals over classes")
    figure.legend(frameon=False, loc="outside right center")
    save_figure(figure, path)


def retrieved(folder: Path, nets: Nets) -> Path:
    """Draw hard queries of the first seed's unseen classes, before and after.

    Args:
        folder: Where the picture is put.
        nets: All there.

    Returns:
        The picture: for each query what is nearest by GeM as it is, and below it by GeM after
        fine-tuning and learned whitening.
    """
    sides, rows = nets.sides[0], rows_of(nets.labels, nets.sides[0].unseen)
    ways = [("before", Net(GEM), PLAIN), ("after", Net(TUNED, 0), LEARNED)]
    books = [nets.book(net, nets.size.scales[0]) for _, net, _ in ways]
    features = [
        whitened(book, sides, 0, way)[rows] for book, (_, _, way) in zip(books, ways, strict=True)
    ]
    before = nets.judged(Net(GEM)).values[f"0/{nets.size.scales[0]}/{PLAIN}"]
    lines = [
        _line(nets, books[0], rows, each, query, title)
        for query in _drawn(nets.labels[rows], before)
        for each, (title, _, _) in zip(features, ways, strict=True)
    ]
    path = folder / "gem2023_caltech_retrieval.png"
    plots.montage(path, lines)
    return path


def _drawn(labels: NDArray[np.int64], ap: NDArray[np.float64]) -> list[int]:
    """Choose a hard query of some classes: one in ten of its class has a lower precision."""
    classes = np.unique(labels)
    some = classes[np.linspace(0, len(classes) - 1, min(_QUERIES, len(classes))).astype(int)]
    rows = [np.flatnonzero(labels == each) for each in some]
    return [int(each[np.argsort(ap[each], kind="stable")[len(each) // 10]]) for each in rows]


def _line(
    nets: Nets,
    book: "Codebook",
    rows: NDArray[np.int64],
    features: NDArray[np.float32],
    query: int,
    title: str,
) -> list[plots.Tile]:
    from aehash.index.euclidean import EuclideanIndex

    index = EuclideanIndex.from_features(features, metric="inner_product")
    nearest = index.search(features[query : query + 1], _HITS + 1).indices[0]
    hits = [int(each) for each in nearest if each != query][:_HITS]
    own, labels = nets.labels[rows[query]], nets.labels[rows]
    name = book.classes[own]
    tiles = [plots.Tile(nets.dataset.read(int(rows[query]), None, 3), f"{title}\n{name}")]
    return tiles + [
        plots.Tile(
            nets.dataset.read(int(rows[hit]), None, 3),
            book.classes[labels[hit]],
            bool(labels[hit] == own),
        )
        for hit in hits
    ]
