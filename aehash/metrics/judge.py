"""One block of queries at a time: ranked against the database and marked by relevance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_packed
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.index.euclidean import EuclideanIndex, rerank
from aehash.index.words import word_distances, words
from aehash.metrics.average_precision import Graded, RankedLists, score
from aehash.metrics.chance import chance_lists
from aehash.metrics.class_table import accuracy, recall_bounds
from aehash.metrics.features import FeatureSearch
from aehash.metrics.gains import Ideal, worths
from aehash.metrics.grades import Grades
from aehash.metrics.histogram import Histograms, histograms
from aehash.metrics.lists import Gains, OrderedLists, TiedLists
from aehash.metrics.pairs import check_pair, own_rows
from aehash.metrics.protocol import Protocol
from aehash.metrics.ranked import RankedRows, levels_by_distance
from aehash.metrics.ties import Floats, Ints
from aehash.metrics.voters import Voters
from aehash.metrics.votes import (
    Votes,
    check_ties,
    lengths_of,
    votes_by_distance,
    votes_of_ranked,
)

_MARGIN = 64
"""Rows fetched beyond the last cut, so that the tie group at the cut is most often whole."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A block of queries, judged.

    Attributes:
        found: ``(q,)`` scores by name.
        chance: The same for a random ranking.
        histograms: Items by distance; what they count is counted for every ranking.
        retrieved: ``(q,)`` how many items are retrieved.
        votes: The majority labels; none where they were not asked for.
    """

    found: dict[str, Floats]
    chance: dict[str, Floats]
    histograms: Histograms
    retrieved: Ints
    votes: Votes | None


class Judge:
    """A database made ready, and the conventions to judge by; blocks may go to threads.

    Args:
        database: What is searched.
        queries: What is asked.
        protocol: The conventions.
        by_class: Whether to find majority labels as well.

    Raises:
        UsageError: The two do not belong together, or lack labels or features; or they, or the
            conventions, do not allow majority labels.
    """

    def __init__(
        self, database: Codebook, queries: Codebook, protocol: Protocol, by_class: bool = False
    ) -> None:
        _check_books(database, queries)
        check_pair(database, queries, protocol)
        self.voters = None
        if by_class:
            check_ties(protocol)
            self.voters = Voters.of(database, queries)
        self._protocol = protocol
        self._database, self._queries = database, queries
        self._bits = database.bits
        self._grades = Grades.from_labels(queries.labels, database.labels, protocol.relevance)
        self._gains = worths(int(self._grades.sizes.max(initial=1)), protocol.gain)
        self._codes = words(check_packed(database.codes, database.bits))
        self._asked = words(check_packed(queries.codes, queries.bits))
        self._features = None
        if protocol.metric != "hamming" and database.features is not None:
            self._features = FeatureSearch.of(database.features, protocol.metric)
        self.own = own_rows(database, queries, protocol)

    def block(self, rows: slice) -> Judged:
        """Rank, mark and score a block of queries.

        Args:
            rows: Which queries.

        Returns:
            The block, judged.
        """
        grades, own = self._grades.of_rows(rows), self.own[rows]
        counts = histograms(self._asked[:, rows], self._codes, self._bits, grades, own, self._gains)
        radius = self._protocol.radius
        inside = counts.items if radius is None else counts.items[:, : radius + 1]
        retrieved, relevant = inside.sum(axis=1), counts.relevant.sum(axis=1)
        lists = self._lists(rows, counts, grades, retrieved)
        ideal = Ideal.from_levels(counts.by_level, grades.sizes, self._gains)
        bounds = self._protocol.ties in ("optimistic", "pessimistic")
        graded = None if bounds else Graded(self._protocol.gain, ideal, grades.multi)
        total = [part.sum(axis=1)[:, None] for part in (counts.shared, counts.both, counts.gain)]
        chance = chance_lists(counts.items.sum(axis=1), relevant, Gains(*total))
        scores = [
            score(
                each,
                relevant,
                retrieved,
                self._protocol.ks,
                graded=graded,
                radius=radius is not None,
            )
            for each in (lists, chance)
        ]
        votes = None
        if self.voters is not None:
            votes = self._votes(rows, counts, lists, retrieved, self.voters)
            limits = recall_bounds(relevant, self._protocol.ks)
            scores = [each | limits for each in scores]
            for place, k in enumerate(self._protocol.ks):
                scores[0][accuracy(k)] = votes.right[:, place]
        return Judged(scores[0], scores[1], counts, retrieved, votes)

    def ranked(self, rows: slice) -> list[tuple[NDArray[np.int64], Floats]]:
        """Order what each query of a block retrieves, tied items in database order.

        Args:
            rows: Which queries.

        Returns:
            For each its rows of the database, nearest first and without its own where that is
            removed, and their distances.
        """
        if self._features is not None:
            return self._by_features(self._features, rows)
        if self._protocol.rerank:
            return self._reranked(rows)
        return [self._by_code(query) for query in range(rows.start, rows.stop)]

    def _by_code(self, query: int) -> tuple[NDArray[np.int64], Floats]:
        distances = word_distances(self._asked[:, query : query + 1], self._codes)[0]
        order = np.argsort(distances, kind="stable")
        if self._protocol.radius is not None:
            order = order[distances[order] <= self._protocol.radius]
        return _without(order, distances[order].astype(np.float64), int(self.own[query]))

    def _votes(
        self, rows: slice, counts: Histograms, lists: RankedLists, retrieved: Ints, voters: Voters
    ) -> Votes:
        lengths = lengths_of(retrieved, self._protocol.ks)
        asked, expected = voters.asked[rows], self._protocol.ties == "expected"
        if isinstance(lists, RankedRows):
            return votes_of_ranked(lists.ranked, lengths, voters, asked, expected=expected)
        codes = self._asked[:, rows], self._codes
        return votes_by_distance(
            *codes, counts.items, lengths, voters, asked, self.own[rows], expected=expected
        )

    def _lists(
        self, rows: slice, counts: Histograms, grades: Grades, retrieved: Ints
    ) -> RankedLists:
        ties = self._protocol.ties
        if self._features is not None:
            return RankedRows(self._by_features(self._features, rows), grades, self._gains, ties)
        if self._protocol.rerank:
            return RankedRows(self._reranked(rows), grades, self._gains, ties)
        if ties != "database":
            gains = Gains(counts.shared, counts.both, counts.gain)
            return TiedLists.from_groups(counts.items, counts.relevant, ties, gains)
        width = max(1, min(int(retrieved.max(initial=0)), self._deepest))
        levels = levels_by_distance(
            self._asked[:, rows], self._codes, counts.items, grades, self.own[rows], width
        )
        return OrderedLists(levels, grades.least, grades.sizes, self._gains)

    @property
    def _deepest(self) -> int:
        """The last rank that any score looks at."""
        whole = len(self._database)
        if self._protocol.radius is not None:
            return whole
        return max(whole if k == "all" else min(k, whole) for k in self._protocol.ks)

    def _by_features(
        self, features: FeatureSearch, rows: slice
    ) -> list[tuple[NDArray[np.int64], Floats]]:
        index = features.index
        asked = features.asked(np.asarray(self._queries.features)[rows])
        wanted = self._deepest + _MARGIN
        if wanted >= len(index):
            ranking = index.full(asked)
            pairs = list(zip(ranking.indices, ranking.distances, strict=True))
        else:
            near = index.search(asked, wanted)
            pairs = list(zip(near.indices, near.distances, strict=True))
            self._complete(index, asked, pairs)
        return [_without(*pair, own) for pair, own in zip(pairs, self.own[rows], strict=True)]

    def _complete(
        self,
        index: EuclideanIndex,
        asked: NDArray[np.float32],
        pairs: list[tuple[NDArray[np.int64], Floats]],
    ) -> None:
        """Rank everything where the group at the last cut may go on beyond what was fetched."""
        for query, (_, distances) in enumerate(pairs):
            if distances[-1] == distances[min(self._deepest, len(distances) - 1)]:
                whole = index.full(asked[query : query + 1])
                pairs[query] = whole.indices[0], whole.distances[0]

    def _reranked(self, rows: slice) -> list[tuple[NDArray[np.int64], Floats]]:
        features, asked = self._database.features, self._queries.features
        if features is None or asked is None or self._protocol.radius is None:
            raise UsageError("Re-ranking needs a radius, and features on both sides.")
        ranked = []
        for query in range(rows.start, rows.stop):
            code = self._asked[:, query : query + 1]
            near = word_distances(code, self._codes)[0] <= self._protocol.radius
            if self.own[query] >= 0:
                near[self.own[query]] = False
            ranked.append(rerank(asked[query], np.flatnonzero(near), features))
        return ranked


def _check_books(*books: object) -> None:
    for book in books:
        if not isinstance(book, Codebook):
            raise UsageError(
                f"Only codebooks can be evaluated, not {type(book).__name__}: load a folder with "
                "Codebook.load, or make one with Codebook.from_arrays."
            )


def _without(
    rows: NDArray[np.int64], distances: Floats, own: int
) -> tuple[NDArray[np.int64], Floats]:
    if own < 0:
        return rows, distances
    keep = rows != own
    return rows[keep], distances[keep]
