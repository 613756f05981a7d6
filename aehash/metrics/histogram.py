"""Items by Hamming distance from each query, counted in one pass over the database.

Every figure of a ranking with ties follows from these counts, so nothing is sorted and no table
of queries by items is made.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aehash.index.words import word_distances
from aehash.jit import kernels
from aehash.metrics.allowance import Allowance
from aehash.metrics.grades import Grades
from aehash.metrics.ties import Floats, Ints

_CELLS = 1 << 22
"""Counts held at once, at most, unless a single query has more."""
_PAIRS = 1 << 21
"""Pairs of the NumPy kernel's tables."""
_EXACT = 2.0**53
"""Whole numbers up to here can be added up in any order."""
_FIRST = Allowance(1 << 23)
"""Pairs; NumPy takes 0.1 s for them, and numba 0.3 s to be loaded, or 1.5 s to compile."""


@dataclass(frozen=True, eq=False)
class Histograms:
    """Counts of items around each query, its own row left out.

    Attributes:
        items: ``(q, bits + 1)`` items at each distance.
        relevant: ``(q, bits + 1)`` relevant ones.
        shared: ``(q, bits + 1)`` labels shared with the query, summed over the items.
        both: ``(q, bits + 1)`` the same, summed over the relevant items.
        gain: ``(q, bits + 1)`` float64 gains, summed over the items.
        by_level: ``(q, levels)`` items of the whole database by level.
    """

    items: Ints
    relevant: Ints
    shared: Ints
    both: Ints
    gain: Floats
    by_level: Ints


def histograms(
    queries: NDArray[np.uint64],
    database: NDArray[np.uint64],
    bits: int,
    grades: Grades,
    own: Ints,
    gains: Floats,
) -> Histograms:
    """Count items by distance and level.

    Args:
        queries: ``(words, q)`` uint64 codes.
        database: ``(words, n)`` uint64 codes.
        bits: Bits per code.
        grades: How the q queries' labels meet the database's.
        own: ``(q,)`` the database row that is the query itself, or -1.
        gains: ``(labels + 1,)`` what an item is worth by the labels it shares.

    Returns:
        The counts, equal for every kernel.
    """
    count, width = queries.shape[1], int(grades.levels.max(initial=1))
    sums = np.zeros((count, bits + 1, 4), np.int64)
    gain = np.zeros((count, bits + 1))
    by_level = np.zeros((count, width), np.int64)
    step = max(1, _CELLS // ((bits + 1) * width))
    add = _add_numba if _compiled(count * database.shape[1], gains) else _add_numpy
    for start in range(0, count, step):
        rows = slice(start, start + step)
        add(
            (sums[rows], gain[rows], by_level[rows]),
            queries[:, rows],
            database,
            grades.of_rows(rows),
            own[rows],
            gains,
        )
    items, relevant, shared, both = np.ascontiguousarray(np.moveaxis(sums, -1, 0))
    return Histograms(items, relevant, shared, both, gain, by_level)


def _compiled(pairs: int, gains: Floats) -> bool:
    """Say whether the compiled kernel counts so many pairs."""
    if kernels() == "numpy":
        return False
    exact = gains.max(initial=0.0) * pairs < _EXACT
    return not (exact and _FIRST.covers(pairs))


_Sums = tuple[Ints, Floats, Ints]
"""``(q, bits + 1, 4)`` items, relevant, shared, both; ``(q, bits + 1)`` gain; by level."""


def _add_numba(
    found: _Sums,
    queries: NDArray[np.uint64],
    database: NDArray[np.uint64],
    grades: Grades,
    own: Ints,
    gains: Floats,
) -> None:
    from aehash.metrics._histogram_numba import BLOCK, COPIES, GROUP, fold, kernel_for

    count_group = kernel_for(grades.multi, grades.held_sizes.size > 0)
    sums, gain, by_level = found
    cells = sums.shape[1] * int(grades.levels.max(initial=1))
    mine = np.flatnonzero(own >= 0)
    about = np.stack([grades.levels, grades.sizes, grades.least, np.full(len(own), -1)], axis=1)
    about[mine, 3] = _own_keys(queries, database, grades, own, mine)
    asked = np.ascontiguousarray(queries.T), np.ascontiguousarray(grades.asked.T)
    given = np.ascontiguousarray(about[:, :2].view(np.uint64))
    keys = np.empty(BLOCK + COPIES, np.uint32)
    room = np.empty((min(GROUP, len(own)), COPIES, cells + 1), np.uint32)
    for start in range(0, len(own), GROUP):
        rows = slice(start, start + GROUP)
        counts = room[: len(own[rows])]
        counts.fill(0)
        labels = grades.held, asked[1][rows], grades.held_sizes
        count_group(database, asked[0][rows], *labels, given[rows], keys, counts)
        fold(counts, about[rows], gains, sums[rows], gain[rows], by_level[rows])


def _own_keys(
    queries: NDArray[np.uint64],
    database: NDArray[np.uint64],
    grades: Grades,
    own: Ints,
    mine: NDArray[np.intp],
) -> Ints:
    """Give the keys under which queries' own rows were counted."""
    rows = own[mine]
    distances = np.bitwise_count(queries[:, mine] ^ database[:, rows]).sum(axis=0, dtype=np.int64)
    return np.asarray(distances * grades.levels[mine] + grades.of_pairs(mine, rows))


def _add_numpy(
    found: _Sums,
    queries: NDArray[np.uint64],
    database: NDArray[np.uint64],
    grades: Grades,
    own: Ints,
    gains: Floats,
) -> None:
    sums, gain, by_level = found
    width, distances = by_level.shape[1], sums.shape[1]
    level = np.arange(width)
    step = max(1, _PAIRS // database.shape[1])
    for start in range(0, len(own), step):
        rows = slice(start, min(start + step, len(own)))
        part = grades.of_rows(rows)
        keys = word_distances(queries[:, rows], database).astype(np.int64)
        keys *= width
        keys += part.table()
        table = np.stack(
            [np.bincount(row, minlength=distances * width) for row in _without(keys, own[rows])]
        ).reshape(-1, distances, width)
        worth = np.minimum(level, part.sizes[:, None])[:, None]
        relevant = table * (level >= part.least[:, None])[:, None]
        for place, each in enumerate((table, relevant, table * worth, relevant * worth)):
            sums[rows, :, place] = each.sum(axis=2)
        gain[rows] = (table * gains[worth]).sum(axis=2)
        by_level[rows] = table.sum(axis=1)


def _without(keys: Ints, own: Ints) -> list[Ints]:
    return [row if mine < 0 else np.delete(row, mine) for row, mine in zip(keys, own, strict=True)]
