"""Exact Euclidean search over float features.

The distance of a query q and a row x is ``sqrt(sum((x - q)²))``, computed in float64 from their
differences. That is slow for a whole database, so a matrix product first bounds every distance
from both sides, and only rows that the bounds cannot tell apart are computed exactly. The result
is the same, bit for bit and tie for tie, as computing them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.index.ranking import Ranking

_BLOCK = 1 << 22
"""Distances held at once, at most, unless a single query has more."""
_PART = 1 << 22
"""Feature values converted at once."""
_FLOAT32_SAFE = 1e36
"""Products of norms above this might overflow in float32."""


def exact_distances(query: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure a query against rows.

    Args:
        query: ``(d,)``.
        rows: ``(m, d)``.

    Returns:
        ``(m,)`` float64 Euclidean distances.
    """
    result = np.empty(len(rows))
    step = max(1, _PART // max(1, rows.shape[1]))
    for start in range(0, len(rows), step):
        part = np.subtract(rows[start : start + step], query, dtype=np.float64, order="C")
        np.square(part, out=part)
        result[start : start + step] = np.sqrt(part.sum(axis=1))
    return result


def rerank(
    query: NDArray[np.float32], rows: NDArray[np.int64], features: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order candidates by their Euclidean distance to their own query.

    Args:
        query: ``(d,)`` the query's features.
        rows: ``(m,)`` database rows, in any order.
        features: ``(n, d)`` the database's features.

    Returns:
        The rows, nearest first, ties in database order; and their distances.
    """
    rows = np.sort(np.asarray(rows, np.int64))
    distances = exact_distances(query, features[rows])
    order = np.argsort(distances, kind="stable")
    return rows[order], distances[order]


@dataclass(frozen=True, eq=False)
class EuclideanIndex:
    """Features, ready to be searched.

    Attributes:
        features: ``(n, d)`` float32.
        squares: ``(n,)`` float64 squared norms.
        keys: ``(n,)`` names of the rows, or none.
    """

    features: NDArray[np.float32]
    squares: NDArray[np.float64]
    keys: NDArray[np.bytes_] | None = None

    @classmethod
    def from_features(
        cls, features: NDArray[np.float32], keys: NDArray[np.bytes_] | None = None
    ) -> Self:
        """Make an index.

        Args:
            features: ``(n, d)`` float32, finite; may be memory-mapped.
            keys: ``(n,)`` names of the rows.

        Returns:
            The index.

        Raises:
            UsageError: The features are not a float32 table.
            AehashError: They hold NaN or infinity.
        """
        if features.ndim != 2 or features.dtype != np.float32:
            raise UsageError(
                f"features must be float32 (n, d), not {features.dtype} {features.shape}."
            )
        return cls(features, _squares(features), keys)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.features)

    def search(self, queries: NDArray[np.float32], k: int) -> Ranking:
        """Find the k nearest rows of each query.

        Args:
            queries: ``(q, d)`` float32, finite.
            k: How many; beyond the rows there are, -1 and infinity stand.

        Returns:
            ``(q, k)`` rows and exact distances; ties stand in database order.

        Raises:
            UsageError: k is below 1, or the queries have another width.
            AehashError: The queries hold NaN or infinity.
        """
        if k < 1:
            raise UsageError(f"k must be at least 1, not {k}.")
        indices = np.full((len(queries), k), -1, np.int64)
        distances = np.full((len(queries), k), np.inf)
        found = min(k, len(self))
        for start, block, squares in self._blocks(queries):
            near, slack = self._approximate(block, squares, np.dtype(np.float32))
            for offset, row in enumerate(near):
                limit = np.partition(row, found - 1)[found - 1] + 2 * slack[offset]
                candidates = np.flatnonzero(row <= limit)
                rows, exact = rerank(block[offset], candidates, self.features)
                indices[start + offset, :found] = rows[:found]
                distances[start + offset, :found] = exact[:found]
        return Ranking(indices, distances)

    def full(self, queries: NDArray[np.float32]) -> Ranking:
        """Rank the whole database for each query.

        Args:
            queries: ``(q, d)`` float32, finite; the answer takes 16 bytes a query and row.

        Returns:
            ``(q, n)`` rows and distances. Order and ties are exact; the distance of a row that
            no other comes near is rounded, at about 1e-15 of the largest norms' sum squared.

        Raises:
            UsageError: The queries have another width.
            AehashError: The queries hold NaN or infinity.
        """
        indices = np.empty((len(queries), len(self)), np.int64)
        distances = np.empty((len(queries), len(self)))
        for start, block, squares in self._blocks(queries):
            near, slack = self._approximate(block, squares, np.dtype(np.float64))
            for offset, row in enumerate(near):
                order, values = self._settle(block[offset], row, slack[offset])
                indices[start + offset], distances[start + offset] = order, values
        return Ranking(indices, distances)

    def _settle(
        self, query: NDArray[np.float32], squared: NDArray[np.float64], slack: float
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Sort by approximate squares, then settle the runs that are too close to call."""
        order = np.argsort(squared)
        squared = squared[order]
        apart = np.diff(squared) > 2 * slack
        run = np.concatenate([[0], np.cumsum(apart)])
        distances = np.sqrt(np.maximum(squared, 0))
        close = np.concatenate([~apart, [False]]) | np.concatenate([[False], ~apart])
        places = np.flatnonzero(close)
        rows = order[places]
        exact = exact_distances(query, self.features[rows])
        settled = np.lexsort((rows, exact, run[places]))
        order[places] = rows[settled]
        distances[places] = exact[settled]
        return order, distances

    def _approximate(
        self, queries: NDArray[np.float32], squares: NDArray[np.float64], dtype: np.dtype[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Approximate squared distances, and bound how far they are off from the exact ones.

        A dot product of d terms in precision u is off by at most d·u / (1 - d·u) times the
        norms' product, in whatever order it is summed; the rest happens in float64.
        """
        largest = float(np.sqrt(self.squares.max()))
        norms = np.sqrt(squares)
        if dtype == np.float32 and norms.max(initial=0) * largest > _FLOAT32_SAFE:
            dtype = np.dtype(np.float64)
        width = self.features.shape[1]
        near = np.empty((len(queries), len(self)))
        step = max(1, _PART // width)
        for start in range(0, len(self), step):
            part = self.features[start : start + step].astype(dtype, copy=False)
            near[:, start : start + step] = queries.astype(dtype, copy=False) @ part.T
        near *= -2
        near += squares[:, None]
        near += self.squares
        unit = width * float(np.finfo(dtype).eps)
        rounding = (4 * width + 64) * float(np.finfo(np.float64).eps) * (norms + largest) ** 2
        underflow = 8 * width * float(np.finfo(dtype).tiny)
        return near, 2 * unit * norms * largest + rounding + underflow

    def _blocks(
        self, queries: NDArray[np.float32]
    ) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.float64]]]:
        if queries.ndim != 2 or queries.shape[1] != self.features.shape[1]:
            raise UsageError(
                f"The queries' features are of shape {queries.shape} and the database has "
                f"{self.features.shape[1]} a row: they must come from the same model."
            )
        step = max(1, _BLOCK // max(1, len(self)))
        for start in range(0, len(queries), step):
            block = np.asarray(queries[start : start + step], np.float32)
            yield start, block, _squares(block)


def _squares(features: NDArray[np.float32]) -> NDArray[np.float64]:
    result = np.empty(len(features))
    step = max(1, _PART // max(1, features.shape[1]))
    for start in range(0, len(features), step):
        part = features[start : start + step].astype(np.float64)
        result[start : start + step] = np.einsum("ij,ij->i", part, part)
    if not np.isfinite(result).all():
        row = int(np.flatnonzero(~np.isfinite(result))[0])
        raise AehashError(f"The features of row {row} hold NaN or infinity. Extract them again.")
    return result
