"""Rankings turned into lists of levels: by distance in database order, or as they were found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aehash.index.words import word_distances
from aehash.jit import kernels
from aehash.metrics.cuts import Cut, joined
from aehash.metrics.grades import Grades
from aehash.metrics.lists import Gains, OrderedLists, TiedLists
from aehash.metrics.protocol import Ties
from aehash.metrics.ties import Floats, Ints

_PAIRS = 1 << 21


def levels_by_distance(
    queries: NDArray[np.uint64],
    database: NDArray[np.uint64],
    items: Ints,
    grades: Grades,
    own: Ints,
    width: int,
) -> NDArray[np.uint32]:
    """Rank by Hamming distance, ties in database order, and give the levels in that order.

    Args:
        queries: ``(words, q)`` uint64 codes.
        database: ``(words, n)`` uint64 codes.
        items: ``(q, bits + 1)`` items at each distance, own rows left out.
        grades: How the labels meet.
        own: ``(q,)`` rows that are the query itself, or -1.
        width: How many of the nearest items are wanted.

    Returns:
        ``(q, width)`` uint32; 0 beyond the items there are.
    """
    result = np.zeros((len(own), width), np.uint32)
    if kernels() == "numba":
        from aehash.metrics._ranked_numba import counting_sort

        ends = np.cumsum(items, axis=1)
        begin = np.concatenate([ends - items, np.full((len(own), 1), width)], axis=1)
        counting_sort(
            database,
            np.ascontiguousarray(queries),
            np.ascontiguousarray(grades.asked),
            grades.held,
            grades.held_sizes,
            grades.sizes,
            grades.multi,
            own,
            begin,
            result,
        )
        return result
    step = max(1, _PAIRS // database.shape[1])
    for start in range(0, len(own), step):
        rows = slice(start, start + step)
        distances = word_distances(queries[:, rows], database)
        mine = np.flatnonzero(own[rows] >= 0)
        distances[mine, own[rows][mine]] = np.iinfo(np.uint16).max
        order = np.argsort(distances, axis=1, kind="stable")[:, :width]
        levels = np.take_along_axis(grades.of_rows(rows).table(), order, axis=1)
        levels[mine, database.shape[1] - 1 :] = 0
        result[rows, : levels.shape[1]] = levels
    return result


@dataclass(frozen=True, eq=False)
class RankedRows:
    """Lists of database rows with their distances, taken one by one as they are cut.

    Attributes:
        ranked: For each query its rows, nearest first, and their ascending distances.
        grades: How the labels meet, for these queries.
        gains: Worth by shared labels.
        ties: What becomes of rows at one distance.
    """

    ranked: Sequence[tuple[NDArray[np.integer], Floats]]
    grades: Grades
    gains: Floats
    ties: Ties

    def cut(self, lengths: Ints) -> Cut:
        """Take the first items of each list.

        Args:
            lengths: ``(q, cuts)`` how many; beyond the list's end, the whole list.

        Returns:
            What they hold.
        """
        return joined(
            [self._list(query).cut(lengths[query : query + 1]) for query in range(len(lengths))]
        )

    def _list(self, query: int) -> OrderedLists | TiedLists:
        rows, distances = self.ranked[query]
        levels = self.grades.of_items(query, rows)
        one = slice(query, query + 1)
        least, sizes = self.grades.least[one], self.grades.sizes[one]
        if self.ties == "database":
            return OrderedLists(levels[None], least, sizes, self.gains)
        add = _groups_numba if kernels() == "numba" else _groups_numpy
        sums, gain = add(levels, distances, int(least[0]), int(sizes[0]), self.gains)
        items, relevant, shared, both = sums[:, None]
        return TiedLists.from_groups(items, relevant, self.ties, Gains(shared, both, gain[None]))


def _groups_numba(
    levels: NDArray[np.uint32], distances: Floats, least: int, size: int, gains: Floats
) -> tuple[Ints, Floats]:
    from aehash.metrics._ranked_numba import sum_groups

    sums, gain = np.zeros((4, max(1, len(levels))), np.int64), np.zeros(max(1, len(levels)))
    groups = max(1, sum_groups(levels, distances, least, size, gains, sums, gain))
    return np.ascontiguousarray(sums[:, :groups]), gain[:groups]


def _groups_numpy(
    levels: NDArray[np.uint32], distances: Floats, least: int, size: int, gains: Floats
) -> tuple[Ints, Floats]:
    group = np.cumsum(np.diff(distances, prepend=distances[:1]) > 0)
    shared, relevant = np.minimum(levels, size).astype(np.int64), levels >= least
    groups = int(group[-1]) + 1 if len(group) else 1
    sums = [
        np.bincount(group, weights, minlength=groups).astype(np.int64)
        for weights in (None, relevant, shared, shared * relevant)
    ]
    return np.stack(sums), np.bincount(group, gains[shared], groups).astype(np.float64)
