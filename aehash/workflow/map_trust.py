"""How far a map can be trusted: who is near whom in the full space, and in the picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.bits import pack
from aehash.index.euclidean import EuclideanIndex
from aehash.index.hamming import HammingIndex
from aehash.metrics.relevance import LabelSets, relevant

Ints = NDArray[np.int64]
#: How many nearest neighbours are looked at.
NEAREST = 10
#: Of how many images at most.
ASKED = 2000
_BLOCK = 1 << 23


@dataclass(frozen=True)
class Trust:
    """Figures of a map's neighbourhoods.

    Attributes:
        asked: How many images were asked for their neighbours.
        nearest: How many neighbours each.
        labelled: How many of the images asked have a label.
        full: Share of their neighbours in the full space that share a label; None without labels.
        picture: The same in the picture.
        chance: The same of neighbours drawn at random.
        kept: Share of the neighbours in the picture that are neighbours in the full space.
        kept_chance: The same of neighbours drawn at random.
    """

    asked: int
    nearest: int
    labelled: int
    full: float | None
    picture: float | None
    chance: float | None
    kept: float
    kept_chance: float


@dataclass(frozen=True, eq=False)
class Place:
    """Images where they are.

    Attributes:
        space: ``(n, d)`` float32 features, or ``(n, bits)`` bool.
        points: ``(n, 2)`` in the picture.
        labels: ``(n,)`` or ``(n, classes)``, or none.
    """

    space: NDArray[Any]
    points: NDArray[np.float64]
    labels: NDArray[Any] | None

    def first(self, count: int) -> "Place":
        """Take the first so many."""
        labels = None if self.labels is None else self.labels[:count]
        return Place(self.space[:count], self.points[:count], labels)


def trust(database: Place, queries: Place, own: Ints) -> Trust:
    """Measure how far neighbours in the picture are neighbours.

    Args:
        database: Where neighbours are looked for, two images or more; in an order that favours
            no class, since ties stand in it.
        queries: Whose neighbours; the first 2,000 are asked.
        own: ``(q,)`` each query's own row of the database, which is not its neighbour, or -1.

    Returns:
        The figures.
    """
    asked = queries.first(ASKED)
    own = own[: len(asked.points)]
    others = len(database.points) - int((own >= 0).any())
    k = min(NEAREST, others)
    full = _nearest(database.space, asked.space, own, k)
    points, places = _scaled(database.points, asked.points)
    flat = _nearest(points, places, own, k)
    kept = (full[:, :, None] == flat[:, None, :]).any(axis=1).mean()
    labelled = np.zeros(len(own), np.bool_)
    if asked.labels is not None and database.labels is not None:
        labelled = _has_label(asked.labels)
    if asked.labels is None or database.labels is None or not labelled.any():
        return Trust(len(own), k, 0, None, None, None, float(kept), k / others)
    found = _sharing(asked.labels, database.labels, own, (full, flat))[labelled].mean(axis=0)
    return Trust(
        len(own),
        k,
        int(labelled.sum()),
        float(found[0]),
        float(found[1]),
        float(found[2]),
        float(kept),
        k / others,
    )


def _sharing(
    queries: NDArray[Any], database: NDArray[Any], own: Ints, neighbours: tuple[Ints, Ints]
) -> NDArray[np.float64]:
    """Give each query's share of neighbours with a label in common, and that of all, (q, 3)."""
    asked, held = LabelSets.from_labels(queries), LabelSets.from_labels(database)
    found = np.empty((len(own), 3))
    step = max(1, _BLOCK // len(database))
    for start in range(0, len(own), step):
        rows = slice(start, start + step)
        shared = relevant(asked[rows], held)
        mine = np.flatnonzero(own[rows] >= 0)
        shared[mine, own[rows][mine]] = False
        for column, each in enumerate(neighbours):
            found[rows, column] = np.take_along_axis(shared, each[rows], 1).mean(axis=1)
        found[rows, 2] = shared.sum(axis=1) / (len(database) - (own[rows] >= 0))
    return found


def _has_label(labels: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(labels >= 0 if labels.ndim == 1 else (labels != 0).any(axis=1))


def _scaled(
    points: NDArray[np.float64], places: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    largest = max(float(np.abs(points).max()), float(np.abs(places).max())) or 1.0
    return (points / largest).astype(np.float32), (places / largest).astype(np.float32)


def _nearest(database: NDArray[Any], queries: NDArray[Any], own: Ints, k: int) -> Ints:
    """Find the k nearest other rows, (q, k)."""
    count = min(k + 1, len(database))
    if database.dtype == np.bool_:
        index = HammingIndex.from_codes(pack(database), database.shape[1])
        found = index.search(pack(queries), count).indices
    else:
        found = EuclideanIndex.from_features(database).search(queries, count).indices
    mine = found == own[:, None]
    order = np.argsort(mine, axis=1, kind="stable")
    return np.take_along_axis(found, order, 1)[:, :k]
