"""The k nearest rows by features: blocks of matrix products, and only close calls made exactly."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aehash.index.measures import Bounds, ordered

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ROWS = 1 << 14
"""Database rows valued at once."""
_ROOM = 512
"""Candidates a query may have, beside 4 k, before they are sifted."""


def k_nearest(
    queries: NDArray[np.float32],
    bounds: Bounds,
    k: int,
    rows: slice,
    where: NDArray[np.bool_] | None,
) -> tuple[Ints, Floats]:
    """Find the k nearest of some rows for a block of queries.

    Args:
        queries: ``(q, d)`` float32.
        bounds: Of these queries and the database.
        k: How many.
        rows: Which rows of the database.
        where: ``(n,)`` bool, true for the rows that may be found, or None.

    Returns:
        ``(q, k)`` rows and exact distances, ties in database order; -1 and infinity where there
        is no more.
    """
    candidates = Candidates(queries, bounds, k)
    for start in range(rows.start, rows.stop, _ROWS):
        stop = min(start + _ROWS, rows.stop)
        values = bounds.values(start, stop)
        if where is not None:
            values[:, ~where[start:stop]] = np.inf
        candidates.take(start, values)
    return candidates.settle()


@dataclass
class Candidates:
    """Rows that may be among the k nearest of a block of queries.

    Attributes:
        queries: ``(q, d)`` float32.
        bounds: Of these queries.
        k: How many are wanted.
    """

    queries: NDArray[np.float32]
    bounds: Bounds
    k: int
    _limits: Floats = field(init=False)
    _taken: list[tuple[Ints, Ints, Floats]] = field(init=False, default_factory=list)
    _count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Begin with limits that every value keeps which is not infinite."""
        self._limits = np.full(len(self.queries), self.bounds.largest)

    def take(self, start: int, values: NDArray[np.floating]) -> None:
        """Take those of further rows that are within the limits.

        Args:
            start: The first row's number.
            values: ``(q, m)``, infinite for a row that may not be found.
        """
        if not self._taken and values.shape[1] >= self.k:
            first = np.partition(values, self.k - 1, axis=1)[:, self.k - 1].astype(np.float64)
            self._limits = np.minimum(self._limits, first + 2 * self.bounds.slack)
        limits = np.nextafter(self._limits.astype(values.dtype), np.inf, dtype=values.dtype)
        inside = np.flatnonzero(values <= limits[:, None])
        query, column = np.divmod(inside, values.shape[1])
        self._taken.append((query, column + start, values.reshape(-1)[inside].astype(np.float64)))
        self._count += len(inside)
        if self._count > len(self.queries) * (_ROOM + 4 * self.k):
            self._sift()

    def settle(self) -> tuple[Ints, Floats]:
        """Give the k nearest, exactly."""
        indices = np.full((len(self.queries), self.k), -1, np.int64)
        distances = np.full((len(self.queries), self.k), np.inf)
        for query, (rows, values) in enumerate(self._by_query()):
            near = self._within_bounds(query, rows, values)[0]
            order, exact = self._exact(query, near)
            indices[query, : len(order)] = order
            distances[query, : len(order)] = exact
        return indices, distances

    def _by_query(self) -> list[tuple[Ints, Floats]]:
        """Put together what was taken: rows, ascending, and values of each query."""
        none = np.empty(0, np.int64)
        query = np.concatenate([none, *(each[0] for each in self._taken)])
        order = np.argsort(query, kind="stable")
        rows = np.concatenate([none, *(each[1] for each in self._taken)])[order]
        values = np.concatenate([none * 1.0, *(each[2] for each in self._taken)])[order]
        edges = np.cumsum(np.bincount(query, minlength=len(self.queries)))[:-1]
        return list(zip(np.split(rows, edges), np.split(values, edges), strict=True))

    def _sift(self) -> None:
        """Keep what the bounds cannot rule out; where that is still much, only the k nearest."""
        kept = []
        for query, (rows, values) in enumerate(self._by_query()):
            near, close = self._within_bounds(query, rows, values)
            if len(near) > _ROOM // 2 + 2 * self.k:
                order, exact = self._exact(query, near)
                chosen = np.isin(near, order)
                near, close = near[chosen], close[chosen]
                limit = self.bounds.limit(query, float(exact[-1]))
                self._limits[query] = min(self._limits[query], limit)
            kept.append((np.full(len(near), query), near, close))
        queries, rows, values = (np.concatenate(column) for column in zip(*kept, strict=True))
        self._taken, self._count = [(queries, rows, values)], len(rows)

    def _within_bounds(self, query: int, rows: Ints, values: Floats) -> tuple[Ints, Floats]:
        if len(rows) <= self.k:
            return rows, values
        worst = np.partition(values, self.k - 1)[self.k - 1] + 2 * self.bounds.slack[query]
        self._limits[query] = min(self._limits[query], worst)
        near = values <= worst
        return rows[near], values[near]

    def _exact(self, query: int, rows: Ints) -> tuple[Ints, Floats]:
        order, exact = ordered(self.queries[query], rows, self.bounds.features, self.bounds.metric)
        return order[: self.k], exact[: self.k]
