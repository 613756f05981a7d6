"""Rankings turned into lists of levels: by distance in database order, or as they were found."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.index.words import word_distances
from aehash.jit import kernels
from aehash.metrics.grades import Grades
from aehash.metrics.lists import Gains, OrderedLists, TiedLists
from aehash.metrics.protocol import Ties
from aehash.metrics.ties import Floats, Ints, Order

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

        labels = np.ascontiguousarray(grades.asked), grades.held, grades.held_sizes
        ends = np.cumsum(items, axis=1)
        begin = np.concatenate([ends - items, np.full((len(own), 1), width)], axis=1)
        codes = database, np.ascontiguousarray(queries)
        counting_sort(*codes, *labels, grades.sizes, grades.multi, own, begin, result)
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


def lists_of(
    ranked: Sequence[tuple[NDArray[np.integer], Floats]], grades: Grades, gains: Floats, ties: Ties
) -> OrderedLists | TiedLists:
    """Mark ranked rows and group them by distance.

    Args:
        ranked: For each query its rows, nearest first, and their ascending distances.
        grades: How the labels meet, for these queries.
        gains: Worth by shared labels.
        ties: What becomes of rows at one distance.

    Returns:
        The lists, the shorter ones padded.
    """
    width = max(1, *(len(rows) for rows, _ in ranked))
    levels = np.zeros((len(ranked), width), np.uint32)
    for query, (rows, _) in enumerate(ranked):
        levels[query, : len(rows)] = grades.of_items(query, rows)
    if ties == "database":
        return OrderedLists(levels, grades.least, grades.sizes, gains)
    groups = np.zeros((len(ranked), width), np.int64)
    for query, (rows, distances) in enumerate(ranked):
        groups[query, : len(rows)] = np.cumsum(np.diff(distances, prepend=distances[:1]) > 0)
        groups[query, len(rows) :] = -1
    return _tied(levels, groups, grades, gains, ties)


def _tied(
    levels: NDArray[np.uint32], groups: Ints, grades: Grades, gains: Floats, order: Order
) -> TiedLists:
    """Sum up the items of each group; group -1 is padding."""
    shared = np.minimum(levels, grades.sizes[:, None]).astype(np.int64)
    relevant = levels >= grades.least[:, None]
    inside = groups >= 0
    place = (groups + np.arange(len(groups))[:, None] * groups.shape[1])[inside]

    def total(values: NDArray[Any] | None) -> Floats:
        weights = None if values is None else values[inside]
        return np.bincount(place, weights, minlength=groups.size).reshape(groups.shape)

    whole = [total(each).astype(np.int64) for each in (None, relevant, shared, shared * relevant)]
    return TiedLists.from_groups(*whole[:2], order, Gains(whole[2], whole[3], total(gains[shared])))
