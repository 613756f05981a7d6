"""Ranks the images of a landmark protocol, with its queries and database expanded if asked for."""

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.index.distances import hamming_distances
from aehash.index.euclidean import EuclideanIndex
from aehash.index.expansion import augment_database, expand_queries
from aehash.metrics.landmark_conventions import LandmarkConventions

_UNIT = 1e-3
"""How far a norm may be from 1 and still be called 1."""


class Ranker:
    """Ranks some rows of a database for rows of the queries.

    The database is augmented first, and queries are expanded by what it then is.

    Args:
        database: What is ranked.
        queries: What is asked.
        how: The conventions.
        order: ``(n,)`` ascending rows of the database that are ranked.
        threads: How many rank; by default one for each core.

    Raises:
        UsageError: Descriptors are to be summed and are not of length 1.
    """

    def __init__(
        self,
        database: Codebook,
        queries: Codebook,
        how: LandmarkConventions,
        order: NDArray[np.int64],
        threads: int | None,
    ) -> None:
        self._database, self._queries = database, queries
        self._how, self._threads = how, threads
        self._whole = len(order) == len(database)
        self.order = order
        self._index: EuclideanIndex | None = None
        self._sums: EuclideanIndex | None = None
        if how.metric != "hamming" and database.features is not None:
            features = database.features if self._whole else database.features[order]
            if how.augment > 1:
                index = EuclideanIndex.from_features(features, metric="inner_product")
                features = augment_database(index, how.augment, how.alpha, threads=threads)
            self._index = EuclideanIndex.from_features(features, metric=how.metric)
            if how.expand > 1:
                self._sums = EuclideanIndex.from_features(features, metric="inner_product")

    def ranked(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give places in ``order`` and distances, nearest first, ``(q, n)`` each."""
        if self._index is None or self._queries.features is None:
            codes = self._database.codes if self._whole else self._database.codes[self.order]
            table = hamming_distances(self._queries.codes[rows], codes).astype(np.float64)
            places = np.argsort(table, axis=1, kind="stable")
            distances = np.take_along_axis(table, places, axis=1)
        else:
            features = np.ascontiguousarray(self._queries.features[rows])
            found = self._index.full(self._expanded(features), threads=self._threads)
            places, distances = found.indices, found.distances
        if self._how.ties == "database":
            distances = np.broadcast_to(np.arange(places.shape[1], dtype=float), places.shape)
        return places, distances

    def _expanded(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._sums is None:
            return features
        how = self._how
        return expand_queries(self._sums, features, how.expand, how.alpha, threads=self._threads)

    def notes(self) -> list[str]:
        """Say where the inner product does not rank as the Euclidean distance does."""
        if self._how.metric != "inner_product" or self._index is None:
            return []
        norms = np.sqrt(self._index.squares)
        if np.abs(norms - 1).max(initial=0) <= _UNIT:
            return []
        return [
            f"The features are not of length 1 (from {norms.min():.3g} to {norms.max():.3g}), so "
            "that long ones are favoured: the protocols' descriptors are L2-normalised. Rank by "
            "--metric euclidean, or normalise them."
        ]
