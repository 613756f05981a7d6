"""Anchors: a few points that stand for all rows, each row between those nearest to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.covariance import Floats
from aehash.errors import UsageError
from aehash.index.blas import single_threaded
from aehash.parallel import run, split

Places = NDArray[np.int64]

NEAREST = 5
_SAMPLE = 1 << 24
"""Numbers that anchors are learned from; of more rows, evenly spaced ones are taken."""
_ROUNDS = 5
_ROWS = 512
"""Rows that a thread assigns at once."""


@dataclass(frozen=True, eq=False)
class Anchors:
    """Points, and how a row is told by those nearest to it.

    A row's weight for each of its nearest anchors is ``exp(-distance² / reach)``, divided by
    their sum; for all others it is 0.

    Attributes:
        points: ``(m, d)`` float64, less the mean of the rows they were learned from.
        nearest: How many anchors have a weight.
        reach: A squared distance.
    """

    points: Floats
    nearest: int
    reach: float

    def weights(self, block: Floats) -> tuple[Places, Floats]:
        """Tell rows by their nearest anchors.

        Args:
            block: ``(n, d)``, less the mean.

        Returns:
            ``(n, nearest)`` each: the anchors, ascending, and their weights, which sum to 1.
        """
        places, squares = nearest_anchors(block, self.points, self.nearest)
        return places, weighed(squares, self.reach)

    def placed(self, block: Floats, coordinates: Floats) -> Floats:
        """Give rows the weighted mean of their anchors' coordinates.

        Args:
            block: ``(n, d)``, less the mean.
            coordinates: ``(m, c)``, of the anchors.

        Returns:
            ``(n, c)``.
        """
        return blended(*self.weights(block), coordinates)


def nearest_anchors(block: Floats, points: Floats, count: int) -> tuple[Places, Floats]:
    """Find the anchors nearest to each row.

    Args:
        block: ``(n, d)`` rows.
        points: ``(m, d)`` anchors.
        count: How many, below m.

    Returns:
        ``(n, count)`` each: the anchors, ascending, and the squared distances.
    """
    lengths = np.einsum("ij,ij->i", points, points)
    places, squares = np.empty((len(block), count), np.int64), np.empty((len(block), count))

    def find(part: slice) -> None:
        rows = block[part]
        own = np.einsum("ij,ij->i", rows, rows)
        table = np.maximum(lengths - 2 * (rows @ points.T) + own[:, None], 0.0)
        places[part] = np.sort(np.argpartition(table, count - 1)[:, :count], axis=1)
        squares[part] = np.take_along_axis(table, places[part], axis=1)

    with single_threaded():
        run(find, split(len(block), -(-len(block) // _ROWS)))
    return places, squares


def weighed(squares: Floats, reach: float) -> Floats:
    """Turn distances to a row's nearest anchors into weights.

    Args:
        squares: ``(n, nearest)`` squared distances.
        reach: A squared distance.

    Returns:
        ``(n, nearest)``, each row summing to 1.
    """
    raised = np.exp((squares.min(axis=1, keepdims=True) - squares) / reach)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def blended(places: Places, weights: Floats, coordinates: Floats) -> Floats:
    """Give rows the weighted mean of their anchors' coordinates.

    Args:
        places: ``(n, nearest)`` anchors.
        weights: ``(n, nearest)``.
        coordinates: ``(m, c)``, of all anchors.

    Returns:
        ``(n, c)``.
    """
    result = np.zeros((len(places), coordinates.shape[1]))
    for place, weight in zip(places.T, weights.T, strict=True):
        result += weight[:, None] * coordinates[place]
    return result


def centres(table: NDArray[Any], mean: Floats, count: int, seed: int) -> Floats:
    """Find centres of the rows: five rounds of k-means from rows drawn at random.

    Args:
        table: ``(n, d)``; of more than 2^24 / d rows, as many evenly spaced ones are looked at.
        mean: ``(d,)``, theirs.
        count: How many, n or fewer.
        seed: What the first centres are drawn with.

    Returns:
        ``(m, d)`` less the mean, all different, at most so many; the same on any number of cores.

    Raises:
        UsageError: There are fewer rows than centres.
    """
    most = max(count, _SAMPLE // table.shape[1])
    chosen = np.linspace(0, len(table) - 1, min(most, len(table))).round().astype(np.int64)
    if count > len(chosen):
        raise UsageError(f"{count} centres need as many rows, and there are {len(chosen)}.")
    rows = np.subtract(table[chosen], mean, dtype=np.float64).astype(np.float32)
    points = rows[np.sort(np.random.default_rng(seed).permutation(len(rows))[:count])]
    for _ in range(_ROUNDS):
        points = _moved(rows, points)
    return np.unique(points.astype(np.float64), axis=0)


def _moved(rows: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move each centre to the mean of the rows nearest to it; one that has none stays."""
    half = np.einsum("ij,ij->i", points, points) / 2

    def assign(part: slice) -> NDArray[np.int64]:
        return np.asarray((half - rows[part] @ points.T).argmin(axis=1))

    with single_threaded():
        nearest = np.concatenate(run(assign, split(len(rows), -(-len(rows) // _ROWS))))
    order = np.argsort(nearest, kind="stable")
    taken, starts, counts = np.unique(nearest[order], return_index=True, return_counts=True)
    moved = points.copy()
    moved[taken] = np.add.reduceat(rows[order], starts, axis=0) / counts[:, None]
    return moved
