"""Graphs of mutual nearest neighbours, and random walks that find positives in them.

Two images are joined where each is among the k nearest of the other by their features. Such a
graph follows the shape of a class from image to image, so that the end of a walk is often an image
of the same class that looks quite different; a net that learns to give both the same code learns
more than augmentation can show it. No label is used. After Iscen, Tolias, Avrithis and Chum,
"Mining on Manifolds" (2018), who walk on such graphs to find positives.

Two classes touch somewhere, and walks cross where they do. Images of one class have many neighbours
in common, and those of two that touch have few: what joins the others is left out, after Jarvis and
Patrick, "Clustering Using a Similarity Measure Based on Shared Near Neighbors" (1973).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.index.checks import whole
from aehash.index.euclidean import EuclideanIndex

Rows = NDArray[np.int64]

_QUERIES = 4096
_EDGES = 8192


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """Which images are joined: a graph without loops, symmetric but for what was pruned.

    It is kept in compressed rows.

    Attributes:
        offsets: ``(n + 1,)`` int64; the neighbours of row i are
            ``neighbours[offsets[i]:offsets[i + 1]]``.
        neighbours: int64 rows, ascending in each part.
    """

    offsets: Rows
    neighbours: Rows

    @classmethod
    def from_features(
        cls,
        features: NDArray[np.float32],
        k: int = 10,
        *,
        shared: float = 0.0,
        around: int = 30,
        threads: int | None = None,
    ) -> Self:
        """Join mutual neighbours among features, by Euclidean distance, exactly.

        For cosines, scale the features to length 1 before.

        Args:
            features: ``(n, d)`` float32, finite; may be memory-mapped.
            k: Neighbours of an image, itself not counted; of equally near ones the first.
            shared: Least share of their neighbours that two joined images have in common, among
                all that either has, 0 to 1; see :meth:`pruned`.
            around: Neighbours looked at for that, k at least and all others at most.
            threads: How many work; all cores where it is None.

        Returns:
            The graph; an image that is nobody's neighbour has none.

        Raises:
            UsageError: k is below 1 or there are not more than k images.
            AehashError: The features hold NaN or infinity.
        """
        k, around = whole("k", k, 1), whole("around", around, 1)
        if len(features) <= k:
            raise UsageError(
                f"There are {len(features)} images, so none has {k} others as neighbours; lower k "
                f"to {len(features) - 1} or less."
            )
        index = EuclideanIndex.from_features(features)
        width = min(max(k, around), len(index) - 1) if shared else k
        nearest = np.empty((len(index), width), np.int64)
        for rows in _blocks(len(index), _QUERIES):
            found = index.search(index.features[rows], width + 1, threads=threads).indices
            nearest[rows] = _others(found, np.arange(rows.start, rows.stop))
        graph = cls.from_nearest(nearest[:, :k])
        return graph.pruned(shares(graph, nearest), shared) if shared else graph

    @classmethod
    def from_nearest(cls, nearest: Rows) -> Self:
        """Join those that name each other.

        Args:
            nearest: ``(n, k)`` rows that each row names, from 0 to n − 1; a row that names itself
                is not joined to itself.

        Returns:
            The graph.
        """
        count = len(nearest)
        starts = np.repeat(np.arange(count), nearest.shape[1])
        ends = nearest.reshape(-1).astype(np.int64)
        apart = starts != ends
        there = starts[apart] * count + ends[apart]
        back = ends[apart] * count + starts[apart]
        rows, neighbours = np.divmod(np.intersect1d(there, back), max(count, 1))
        degrees = np.bincount(rows, minlength=count)
        return cls(np.concatenate([[0], np.cumsum(degrees)]), neighbours)

    def pruned(self, common: NDArray[np.float64], least: float) -> Self:
        """Leave out the edges whose ends have too little in common.

        An image that would lose all of them keeps the way to the one it shares most with, the first
        of equals, so that its walks lead into the graph; none leads from there to it.

        Args:
            common: One for each of ``neighbours``, of :func:`shares`.
            least: Those below go.

        Returns:
            The graph of the others, no longer symmetric where such an image is.
        """
        starts = np.repeat(np.arange(len(self)), self.degrees)
        kept = common >= least
        lost = np.bincount(starts[kept], minlength=len(self)) == 0
        order = np.lexsort((-common, starts))
        best = order[np.diff(starts[order], prepend=-1) > 0]
        kept[best[lost[starts[best]]]] = True
        before = np.concatenate([[0], np.cumsum(kept)])
        return type(self)(before[self.offsets], self.neighbours[kept])

    def __len__(self) -> int:
        """Count the images."""
        return len(self.offsets) - 1

    @property
    def degrees(self) -> Rows:
        """Neighbours of each image, ``(n,)``."""
        return np.diff(self.offsets)

    def walk(self, starts: Rows, steps: int, rng: np.random.Generator) -> Rows:
        """Walk from images to neighbours, each step to one of them at random.

        Args:
            starts: ``(m,)`` rows.
            steps: Of each walk, 0 or more. A walk may come back; from an image without neighbours
                it stays there, and so the image is its own positive.
            rng: Where chance comes from; equal ones give equal walks.

        Returns:
            ``(m,)`` rows where the walks end.

        Raises:
            UsageError: A start is no row, or the steps are fewer than 0.
        """
        steps = whole("steps", steps, 0)
        here = np.asarray(starts, np.int64)
        if here.size and not 0 <= here.min() <= here.max() < len(self):
            raise UsageError(
                f"The walks start from rows {here.min()} to {here.max()}, and the graph has rows 0 "
                f"to {len(self) - 1}."
            )
        degrees = self.degrees
        for _ in range(steps):
            chosen = (rng.random(len(here)) * degrees[here]).astype(np.int64)
            free = degrees[here] > 0
            place = np.where(free, self.offsets[here] + chosen, 0)
            here = np.where(free, self.neighbours[place] if len(self.neighbours) else here, here)
        return here

    def positives(self, steps: int, seed: int, epoch: int = 0) -> Rows:
        """Give every image a positive for an epoch: the end of a walk from it.

        Args:
            steps: Of each walk.
            seed: Of the run, 0 or more.
            epoch: From 0; each has walks of its own.

        Returns:
            ``(n,)`` rows.
        """
        return self.walk(np.arange(len(self)), steps, np.random.default_rng([seed, epoch]))

    def joined(self, rows: Rows) -> NDArray[np.bool_]:
        """Say which images of a batch are no negatives of each other.

        Args:
            rows: ``(b,)`` rows; one may occur twice.

        Returns:
            ``(b, b)`` true where two are neighbours, or the same image.
        """
        distinct, place = np.unique(np.asarray(rows, np.int64), return_inverse=True)
        degrees = self.offsets[distinct + 1] - self.offsets[distinct]
        owner = np.repeat(np.arange(len(distinct)), degrees)
        before = np.cumsum(degrees) - degrees
        edges = np.arange(len(owner)) + (self.offsets[distinct] - before)[owner]
        near = self.neighbours[edges]
        there = np.minimum(np.searchsorted(distinct, near), len(distinct) - 1)
        known = distinct[there] == near
        found = np.eye(len(distinct), dtype=np.bool_)
        found[owner[known], there[known]] = True
        return np.asarray((found | found.T)[np.ix_(place, place)])


def purity(labels: NDArray[np.integer], positives: Rows) -> tuple[float, float]:
    """Say how often a positive is of its image's class: a diagnostic, for reports alone.

    Args:
        labels: ``(n,)`` class numbers, or ``(n, classes)`` multi-hot, where one class in common
            is enough.
        positives: ``(n,)`` rows, of :meth:`NeighbourGraph.positives`.

    Returns:
        The share of images whose positive is another image that shares a class, of all whose
        positive is another image; and the share of images that are their own positive. The first
        is NaN where there is no other image.
    """
    moved = positives != np.arange(len(positives))
    first, second = labels[moved], labels[positives[moved]]
    same = first == second if labels.ndim == 1 else ((first > 0) & (second > 0)).any(axis=1)
    share = float(np.mean(same)) if moved.any() else float("nan")
    return share, float(1 - np.mean(moved)) if len(moved) else 0.0


def parts(graph: NeighbourGraph) -> Rows:
    """Count the images of each connected part of a graph.

    Args:
        graph: The graph.

    Returns:
        Sizes, the largest first; images without neighbours are parts of 1.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    joined = np.ones(len(graph.neighbours), np.int8)
    shape = (len(graph), len(graph))
    matrix = csr_array((joined, graph.neighbours, graph.offsets), shape=shape)
    _, part = connected_components(matrix, directed=False)
    return np.asarray(np.sort(np.bincount(part))[::-1], np.int64)


def shares(graph: NeighbourGraph, nearest: Rows) -> NDArray[np.float64]:
    """Say how many of their neighbours the two ends of each edge have in common.

    Args:
        graph: The graph.
        nearest: ``(n, width)`` rows that each row names, none twice.

    Returns:
        One for each of ``graph.neighbours``, 0 to 1: those named by both, over those named by
        either (the Jaccard index).
    """
    starts = np.repeat(np.arange(len(graph)), graph.degrees)
    common = np.empty(len(starts), np.int64)
    for edges in _blocks(len(starts), _EDGES):
        one, other = nearest[starts[edges]], nearest[graph.neighbours[edges]]
        common[edges] = (one[:, :, None] == other[:, None, :]).sum(axis=(1, 2))
    return np.asarray(common / (2 * nearest.shape[1] - common))


def _others(found: Rows, rows: Rows) -> Rows:
    """Leave each row itself out, or its last neighbour where copies came before it."""
    itself = found == rows[:, None]
    itself[~itself.any(axis=1), -1] = True
    return np.asarray(found[~itself].reshape(len(found), -1))


def _blocks(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
