"""Exact search over float features, by Euclidean distance or inner product.

The distance of a query q and a row x is ``sqrt(sum((x - q)²))``, computed in float64 from their
differences. That is slow for a whole database, so matrix products first bound every distance from
both sides, and only rows that the bounds cannot tell apart are computed exactly. The result is
the same, bit for bit and tie for tie, as computing them all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.index.blas import single_threaded
from aehash.index.checks import check_answer, check_metric, check_queries, table, whole
from aehash.index.feature_scan import k_nearest
from aehash.index.full_order import order_all
from aehash.index.index_columns import index_keys
from aehash.index.measures import FeatureMetric, bounds, squared_norms
from aehash.index.ranking import Ranking
from aehash.index.reranking import rerank
from aehash.parallel import check_threads, run, split

__all__ = ["EuclideanIndex", "rerank"]

_QUERIES = 128
"""Queries valued at once."""
_FEW = 8
"""With fewer queries a thread than this, the threads share the rows out instead."""
_BLOCK = 1 << 22
"""Distances held at once by a thread that ranks whole databases, unless one query has more."""


@dataclass(frozen=True, eq=False)
class EuclideanIndex:
    """Features, ready to be searched.

    Attributes:
        features: ``(n, d)`` float32.
        squares: ``(n,)`` float64 squared norms.
        keys: ``(n,)`` names of the rows, or none.
        metric: ``euclidean``: the nearest first; ``inner_product``: the largest product first,
            and the distances given are the products with their sign turned, so that they ascend
            as all distances do.
    """

    features: NDArray[np.float32]
    squares: NDArray[np.float64]
    keys: NDArray[np.bytes_] | None = None
    metric: FeatureMetric = "euclidean"

    @classmethod
    def from_features(
        cls,
        features: NDArray[np.float32],
        keys: Sequence[str] | NDArray[np.bytes_] | None = None,
        metric: FeatureMetric = "euclidean",
    ) -> Self:
        """Make an index.

        Args:
            features: ``(n, d)`` float32, finite; may be memory-mapped.
            keys: ``(n,)`` distinct names of the rows.
            metric: ``euclidean`` or ``inner_product``.

        Returns:
            The index.

        Raises:
            UsageError: The features are not a float32 table, the keys do not fit them, or the
                metric is another.
            AehashError: They hold NaN or infinity.
        """
        features = table("features", features)
        if features.ndim != 2 or features.dtype != np.float32:
            raise UsageError(
                f"features must be float32 (n, d), not {features.dtype} {features.shape}."
            )
        check_metric(metric)
        names = None if keys is None else index_keys(keys, len(features))
        return cls(features, squared_norms(features), names, metric)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.features)

    def search(
        self,
        queries: NDArray[np.float32],
        k: int = 10,
        *,
        where: NDArray[np.bool_] | None = None,
        threads: int | None = None,
    ) -> Ranking:
        """Find the k nearest rows of each query.

        Memory is bounded, whatever the number of queries and rows: a few MB a thread, beside the
        answer.

        Args:
            queries: ``(q, d)`` float32, finite.
            k: How many; where there are fewer, -1 and infinity stand.
            where: ``(n,)`` bool, true for the rows that may be found.
            threads: How many work; all cores where it is None.

        Returns:
            ``(q, k)`` rows and exact distances; ties stand in database order.

        Raises:
            UsageError: k is below 1 or far beyond the rows, or the queries have another width, or
                the mask another length.
            AehashError: A query holds NaN, infinity or a number beyond float32.
        """
        k, threads = whole("k", k, 1), check_threads(threads)
        queries = self._check(queries)
        check_answer(k, len(queries), len(self))
        if where is not None:
            where = table("where", where)
            if where.dtype != np.bool_ or where.shape != (len(self),):
                raise UsageError(
                    f"where must be bool of shape ({len(self)},), one for each row, not "
                    f"{where.dtype} of shape {where.shape}."
                )
        indices = np.full((len(queries), k), -1, np.int64)
        distances = np.full((len(queries), k), np.inf)
        found = min(k, len(self))
        if not found:
            return Ranking(indices, distances)

        def work(part: slice) -> None:
            for rows in split(part.stop - part.start, -(-(part.stop - part.start) // _QUERIES)):
                chosen = slice(part.start + rows.start, part.start + rows.stop)
                block = self._nearest(queries[chosen], found, where, 1 if many else threads)
                indices[chosen, :found], distances[chosen, :found] = block

        many = len(queries) >= _FEW * threads
        with single_threaded():
            run(work, split(len(queries), threads if many else 1))
        return Ranking(indices, distances)

    def _nearest(
        self,
        queries: NDArray[np.float32],
        k: int,
        where: NDArray[np.bool_] | None,
        threads: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Search for a block of queries; threads share out the rows."""
        ready = bounds(self.features, self.squares, queries, squared_norms(queries), self.metric)
        search = partial(k_nearest, queries, ready, k)
        found = run(lambda rows: search(rows, where), split(len(self), threads))
        if len(found) == 1:
            return found[0]
        rows, distances = (np.concatenate(each, axis=1) for each in zip(*found, strict=True))
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(rows, order, 1), np.take_along_axis(distances, order, 1)

    def full(self, queries: NDArray[np.float32], *, threads: int | None = None) -> Ranking:
        """Rank the whole database for each query.

        Args:
            queries: ``(q, d)`` float32, finite; the answer takes 16 bytes a query and row.
            threads: How many work; all cores where it is None.

        Returns:
            ``(q, n)`` rows and distances. Order and ties are exact; the distance of a row that
            no other comes near is rounded, at about 1e-15 of the largest norms' sum squared.

        Raises:
            UsageError: The queries have another width.
            AehashError: A query holds NaN, infinity or a number beyond float32.
        """
        threads = check_threads(threads)
        queries = self._check(queries)
        indices = np.empty((len(queries), len(self)), np.int64)
        distances = np.empty((len(queries), len(self)))

        def work(part: slice) -> None:
            for rows in self._blocks(part):
                asked = squared_norms(queries[rows])
                ready = bounds(
                    self.features, self.squares, queries[rows], asked, self.metric, double=True
                )
                order_all(queries[rows], ready, indices[rows], distances[rows])

        with single_threaded():
            run(work, split(len(queries), threads))
        return Ranking(indices, distances)

    def _blocks(self, part: slice) -> Iterator[slice]:
        step = max(1, _BLOCK // max(1, len(self)))
        for start in range(part.start, part.stop, step):
            yield slice(start, min(start + step, part.stop))

    def _check(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        queries = table("queries", queries)
        if queries.ndim != 2 or queries.shape[1] != self.features.shape[1]:
            raise UsageError(
                f"The queries' features are of shape {queries.shape} and the database has "
                f"{self.features.shape[1]} a row: they must come from the same model."
            )
        return check_queries(queries)
