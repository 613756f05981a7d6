"""The compiled ranking by Hamming distance in database order: a counting sort of levels."""

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled
from aehash.metrics._levels_numba import add_distances, set_levels

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Small = NDArray[np.uint32]
Floats = NDArray[np.float64]

_BLOCK = 2048


@compiled
def counting_sort(
    codes: Words,
    asked_codes: Words,
    asked: Words,
    held: Words,
    held_sizes: Small,
    sizes: Ints,
    multi: bool,
    own: Ints,
    begin: Ints,
    out: Small,
) -> None:
    """Write levels in the order of distance, then of the database.

    Args:
        codes: ``(words, n)`` uint64.
        asked_codes: ``(words, q)`` uint64.
        asked: ``(words, q)`` uint64 labels of the queries.
        held: ``(words, n)`` uint64 labels of the database.
        held_sizes: ``(n,)`` uint32 or ``(0,)``.
        sizes: ``(q,)`` labels of each query.
        multi: Whether labels are multi-hot.
        own: ``(q,)`` rows to leave out, or -1.
        begin: ``(q, bits + 2)`` where each distance begins; the last is out's width. Used up.
        out: ``(q, width)`` uint32 levels; filled.
    """
    n, width, beyond = codes.shape[1], out.shape[1], np.uint32(begin.shape[1] - 1)
    levels, distances = np.empty(_BLOCK, np.uint32), np.empty(_BLOCK, np.uint32)
    zero, one = np.int64(0), np.int64(1)
    for query in range(len(out)):
        place, line = begin[query], out[query]
        for start in range(0, n, _BLOCK):
            size = min(_BLOCK, n - start)
            for i in range(size):
                distances[i] = np.uint32(0)
            set_levels(levels, query, asked, held, held_sizes, sizes[query], multi, start, size)
            add_distances(distances, query, codes, asked_codes, zero, start, size, one)
            if start <= own[query] < start + size:
                distances[own[query] - start] = beyond
            for i in range(size):
                distance = distances[i]
                at = place[distance]
                if at < width:
                    line[at] = levels[i]
                    place[distance] = at + 1


@compiled
def sum_groups(
    levels: Small, distances: Floats, least: int, size: int, gains: Floats, sums: Ints, gain: Floats
) -> int:
    """Sum up one query's ranked items by groups of equal distance.

    Args:
        levels: ``(n,)`` uint32, nearest first.
        distances: ``(n,)`` ascending.
        least: The relevant levels' first.
        size: The largest gain, in labels.
        gains: Worth by shared labels.
        sums: ``(4, n)`` zeros: items, relevant, shared, both; filled.
        gain: ``(n,)`` zeros; filled.

    Returns:
        How many groups there are.
    """
    group = -1
    for place in range(len(levels)):
        if place == 0 or distances[place] > distances[place - 1]:
            group += 1
        level = int(levels[place])
        worth = level if level < size else size
        sums[0, group] += 1
        sums[2, group] += worth
        gain[group] += gains[worth]
        if level >= least:
            sums[1, group] += 1
            sums[3, group] += worth
    return group + 1
