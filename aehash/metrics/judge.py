"""One block of queries at a time: ranked against the database and marked by relevance."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.index.euclidean import EuclideanIndex, rerank
from aehash.index.hamming import HammingIndex
from aehash.metrics.average_precision import OrderedLists, RankedLists, TiedLists
from aehash.metrics.protocol import Protocol, Ties
from aehash.metrics.relevance import LabelSets, relevant
from aehash.metrics.ties import Ints


@dataclass(frozen=True, eq=False)
class Judged:
    """A block of queries, judged.

    Attributes:
        lists: Their ranked lists, own rows removed.
        items: ``(q,)`` database items each was ranked against.
        relevant: ``(q,)`` relevant ones among them.
        retrieved: ``(q,)`` how many of them are retrieved.
        histogram: ``(q, bits + 1, 2)`` items by distance, irrelevant and relevant; none where
            the ranking is not by codes.
    """

    lists: RankedLists
    items: Ints
    relevant: Ints
    retrieved: Ints
    histogram: Ints | None


class Judge:
    """A database made ready, and the conventions to judge by.

    Args:
        database: What is searched.
        queries: What is asked.
        protocol: The conventions.

    Raises:
        UsageError: The two do not belong together, or lack labels or features.
    """

    def __init__(self, database: Codebook, queries: Codebook, protocol: Protocol) -> None:
        _check_pair(database, queries, protocol)
        self._protocol = protocol
        self._database = database
        self._queries = queries
        self._labels = LabelSets.from_labels(database.labels, "The database")
        self._asked = LabelSets.from_labels(queries.labels, "The set of queries")
        self._hamming = self._euclidean = None
        if protocol.metric == "hamming":
            self._hamming = HammingIndex.from_codes(database.codes, database.bits)
        elif database.features is not None:
            self._euclidean = EuclideanIndex.from_features(database.features)
        self.own = own_rows(database, queries, protocol)

    def block(self, rows: slice) -> Judged:
        """Rank and mark a block of queries.

        Args:
            rows: Which queries.

        Returns:
            The block, judged.
        """
        marks = relevant(self._asked[rows], self._labels, self._protocol.relevance)
        own = self.own[rows]
        mine = np.flatnonzero(own >= 0)
        marks[mine, own[mine]] = False
        items = np.full(len(own), len(self._database), np.int64)
        items[mine] -= 1
        if self._euclidean is not None and self._queries.features is not None:
            found = self._by_features(self._euclidean, self._queries.features[rows], marks, own)
            return Judged(found, items, marks.sum(axis=1, dtype=np.int64), items, None)
        return self._by_codes(rows, marks, own, items)

    def _by_features(
        self,
        index: EuclideanIndex,
        features: NDArray[np.float32],
        marks: NDArray[np.bool_],
        own: Ints,
    ) -> RankedLists:
        ranking = index.full(features)
        lists = []
        for query, order in enumerate(ranking.indices):
            keep = order != own[query]
            lists.append((marks[query, order[keep]], ranking.distances[query, keep]))
        return _lists(lists, self._protocol.ties)

    def _by_codes(self, rows: slice, marks: NDArray[np.bool_], own: Ints, items: Ints) -> Judged:
        if self._hamming is None:
            raise UsageError("There are no codes to rank by.")
        distances = self._hamming.distances(self._queries.codes[rows])
        mine = np.flatnonzero(own >= 0)
        distances[mine, own[mine]] = self._hamming.bits + 1
        histogram = _histogram(distances, marks, self._hamming.bits)
        by_distance = histogram.sum(axis=2)
        radius = self._protocol.radius
        inside = items if radius is None else by_distance[:, : radius + 1].sum(axis=1)
        if self._protocol.rerank:
            lists = self._reranked(rows, distances, marks)
        elif self._protocol.ties == "database":
            order = np.argsort(distances, axis=1, kind="stable")
            lists = OrderedLists.from_relevance(np.take_along_axis(marks, order, axis=1))
        else:
            lists = TiedLists.from_groups(by_distance, histogram[:, :, 1], self._protocol.ties)
        return Judged(lists, items, histogram[:, :, 1].sum(axis=1), inside, histogram)

    def _reranked(
        self, rows: slice, distances: NDArray[np.uint16], marks: NDArray[np.bool_]
    ) -> RankedLists:
        features, asked = self._database.features, self._queries.features
        if features is None or asked is None or self._protocol.radius is None:
            raise UsageError("Re-ranking needs a radius, and features on both sides.")
        # A query's own row stands one beyond the largest distance, outside any radius.
        radius = min(self._protocol.radius, self._database.bits)
        lists = []
        for query, row in enumerate(asked[rows]):
            ball = np.flatnonzero(distances[query] <= radius)
            order, exact = rerank(row, ball, features)
            lists.append((marks[query, order], exact))
        return _lists(lists, self._protocol.ties)


def own_rows(database: Codebook, queries: Codebook, protocol: Protocol) -> Ints:
    """Find each query's own row in the database, by key.

    Args:
        database: What is searched.
        queries: What is asked.
        protocol: Its ``exclude_self`` says whether to look; ``auto`` looks where both have the
            same source, or are one and the same codebook.

    Returns:
        ``(q,)`` database rows, -1 where there is none.
    """
    none = np.full(len(queries), -1, np.int64)
    same = _same_data(database, queries)
    if not (same if protocol.exclude_self == "auto" else protocol.exclude_self):
        return none
    order = np.argsort(database.keys, kind="stable")
    place = np.searchsorted(database.keys, queries.keys, sorter=order)
    row = order[np.minimum(place, len(order) - 1)]
    return np.where(database.keys[row] == queries.keys, row, none)


def _same_data(database: Codebook, queries: Codebook) -> bool:
    if queries.source is not None and queries.source == database.source:
        return True
    if queries is database:
        return True
    sums = [_sums(book) for book in (database, queries)]
    return sums[0] is not None and sums[0] == sums[1]


def _sums(book: Codebook) -> tuple[str, str] | None:
    files = book.manifest.get("files")
    return None if files is None else (files["codes.npy"]["sha256"], files["keys.npy"]["sha256"])


def _histogram(distances: NDArray[np.uint16], marks: NDArray[np.bool_], bits: int) -> Ints:
    """Count items by query, distance and relevance; one distance beyond bits is dropped."""
    bins = 2 * (bits + 2)
    key = distances.astype(np.int64)
    key *= 2
    key += marks
    key += np.arange(len(key))[:, None] * bins
    counts = np.bincount(key.ravel(), minlength=len(key) * bins)
    return counts.reshape(len(key), bits + 2, 2)[:, : bits + 1].astype(np.int64)


def _lists(
    lists: Iterable[tuple[NDArray[np.bool_], NDArray[np.float64]]], ties: Ties
) -> RankedLists:
    """Join lists of (relevance, ascending distances), one per query, of unequal lengths."""
    pairs = list(lists)
    width = max(1, *(len(marks) for marks, _ in pairs))
    if ties == "database":
        table = np.zeros((len(pairs), width), np.bool_)
        for row, (marks, _) in zip(table, pairs, strict=True):
            row[: len(marks)] = marks
        return OrderedLists.from_relevance(table)
    items = np.zeros((len(pairs), width), np.int64)
    found = np.zeros((len(pairs), width), np.int64)
    for query, (marks, distances) in enumerate(pairs):
        group = np.cumsum(np.diff(distances, prepend=distances[:1]) > 0)
        items[query] = np.bincount(group, minlength=width)
        found[query] = np.bincount(group[marks], minlength=width)
    return TiedLists.from_groups(items, found, ties)


def _check_pair(database: Codebook, queries: Codebook, protocol: Protocol) -> None:
    if database.bits != queries.bits:
        raise UsageError(
            f"The database has {database.bits} bits a code and the queries {queries.bits}: "
            "extract both with the same snapshot."
        )
    if database.snapshot and queries.snapshot and database.snapshot != queries.snapshot:
        raise UsageError(
            "The database's and the queries' codes come from two different trainings, so their "
            "bits do not mean the same: extract both with the same run."
        )
    if database.classes and queries.classes and database.classes != queries.classes:
        raise UsageError(
            "The database's and the queries' class names differ, so their labels do not mean "
            f"the same: {_short(database.classes)} and {_short(queries.classes)}."
        )
    if protocol.rerank or protocol.metric == "euclidean":
        _check_features(database.features, queries.features)


def _check_features(database: NDArray[Any] | None, queries: NDArray[Any] | None) -> None:
    for name, features in (("database", database), ("queries", queries)):
        if features is None:
            raise UsageError(
                f"Euclidean distances need features, and the {name} codebook has none. "
                "Extract again, or import the codes with --features."
            )
    if database is not None and queries is not None and database.shape[1] != queries.shape[1]:
        raise UsageError(
            f"The database has {database.shape[1]} features a row and the queries "
            f"{queries.shape[1]}: extract both with the same snapshot."
        )


def _short(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
