"""A codebook made ready to be searched again and again: its indices are made once."""

import threading
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.index.euclidean import EuclideanIndex, rerank
from aehash.index.hamming import HammingIndex
from aehash.workflow.query import Query, comparable, features_of

Metric = Literal["hamming", "euclidean"]
Mask = NDArray[np.bool_]
Hits = tuple[NDArray[np.int64], NDArray[np.float64]]


class Searcher:
    """Finds a codebook's rows; any number of threads may search at once.

    Args:
        book: The codebook.
    """

    def __init__(self, book: Codebook) -> None:
        self.book = book
        self._lock = threading.Lock()
        self._hamming: HammingIndex | None = None
        self._euclidean: EuclideanIndex | None = None

    @property
    def hamming(self) -> HammingIndex:
        """The codes, laid out when they are first needed."""
        with self._lock:
            if self._hamming is None:
                self._hamming = HammingIndex.from_codes(self.book.codes, self.book.bits)
            return self._hamming

    @property
    def euclidean(self) -> EuclideanIndex:
        """The features, measured when they are first needed.

        Raises:
            UsageError: The codebook keeps none.
        """
        with self._lock:
            if self._euclidean is None:
                self._euclidean = EuclideanIndex.from_features(features_of(self.book))
            return self._euclidean

    def find(
        self,
        query: Query,
        top: int,
        *,
        radius: int | None = None,
        metric: Metric = "hamming",
        reorder: bool = False,
        where: Mask | None = None,
        threads: int | None = None,
    ) -> Hits:
        """Find the rows most like a query.

        Args:
            query: What is searched for.
            top: How many are wanted.
            radius: Instead: all within so many bits.
            metric: ``hamming`` on codes or ``euclidean`` on features.
            reorder: Order what Hamming distance found by the Euclidean distance of the features.
            where: ``(n,)`` bool, true for the rows that may be found.
            threads: How many search; all cores where it is None.

        Returns:
            Rows and their distances, nearest first.

        Raises:
            UsageError: The options do not go together, or the query has no features.
        """
        check_options(top, radius, metric, reorder)
        if metric == "euclidean" or reorder:
            comparable(query, self.book)  # refuses before any work
        if metric == "euclidean":
            feature, most = comparable(query, self.book), min(top, len(self.book))
            ranking = self.euclidean.search(feature[None], most, where=where, threads=threads)
        elif radius is not None:
            rows, distances = self.hamming.within(
                query.code[None], radius, where=where, threads=threads
            ).of(0)
            return self._reordered(query, rows) if reorder else (rows, distances)
        else:
            most = min(top, len(self.book))
            ranking = self.hamming.search(query.code[None], most, where=where, threads=threads)
        found = ranking.indices[0] >= 0
        rows, distances = ranking.indices[0][found], ranking.distances[0][found]
        return self._reordered(query, rows) if reorder else (rows, distances)

    def _reordered(self, query: Query, rows: NDArray[np.int64]) -> Hits:
        return rerank(comparable(query, self.book), rows, features_of(self.book))


def check_options(top: int, radius: int | None, metric: Metric, reorder: bool) -> None:
    """Refuse options that do not go together.

    Args:
        top: How many are wanted.
        radius: Or all within so many bits.
        metric: ``hamming`` or ``euclidean``.
        reorder: Whether to re-rank by features.

    Raises:
        UsageError: They do not.
    """
    if top < 1:
        raise UsageError(f"top must be at least 1, not {top}.")
    if radius is not None and metric == "euclidean":
        raise UsageError("A radius counts bits, so it goes with --metric hamming.")
    if reorder and metric == "euclidean":
        raise UsageError("Re-ranking by Euclidean distance goes with --metric hamming.")
