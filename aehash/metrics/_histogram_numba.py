"""The one-pass kernel: per query, items by distance and level, without a sort or a table."""

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled
from aehash.metrics._levels_numba import set_keys

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Small = NDArray[np.uint32]

GROUP = 32
"""Queries that meet a block of the database while it is in the cache."""
BLOCK = 2048
"""Items in a block."""
_COPIES = 4
"""Histograms that items take turns in, so that equal keys do not wait for one another."""


@compiled
def count_pairs(
    codes: Words,
    asked_codes: Words,
    held: Words,
    asked: Words,
    held_sizes: Small,
    sizes: Ints,
    levels: Ints,
    multi: bool,
    out: Ints,
) -> None:
    """Count each query's items by distance · levels[query] + level.

    Args:
        codes: ``(words, n)`` uint64.
        asked_codes: ``(words, q)`` uint64.
        held: ``(words, n)`` uint64 labels of the database.
        asked: ``(words, q)`` uint64 labels of the queries.
        held_sizes: ``(n,)`` uint32 labels of each item, or ``(0,)``.
        sizes: ``(q,)`` labels of each query.
        levels: ``(q,)`` levels of each query.
        multi: Whether labels are multi-hot.
        out: ``(q, cells)`` int64, zeros; the counts.
    """
    n, total, cells = codes.shape[1], asked_codes.shape[1], out.shape[1]
    counts = np.zeros((GROUP, _COPIES, cells), np.uint32)
    keys = np.empty(BLOCK, np.uint32)
    for low in range(0, total, GROUP):
        high = min(low + GROUP, total)
        counts[:] = np.uint32(0)
        for start in range(0, n, BLOCK):
            size = min(BLOCK, n - start)
            for query in range(low, high):
                set_keys(
                    keys,
                    query,
                    codes,
                    asked_codes,
                    held,
                    asked,
                    held_sizes,
                    sizes[query],
                    levels[query],
                    multi,
                    start,
                    size,
                )
                _tally(keys, size, counts[query - low])
        for query in range(low, high):
            for copy in range(_COPIES):
                for cell in range(cells):
                    out[query, cell] += counts[query - low, copy, cell]


@compiled
def _tally(keys: Small, size: int, counts: Small) -> None:
    first, second, third, fourth = counts[0], counts[1], counts[2], counts[3]
    one, count = np.uint32(1), np.uint64(size)
    i = np.uint64(0)
    while i + np.uint64(4) <= count:
        first[np.uint64(keys[i])] += one
        second[np.uint64(keys[i + np.uint64(1)])] += one
        third[np.uint64(keys[i + np.uint64(2)])] += one
        fourth[np.uint64(keys[i + np.uint64(3)])] += one
        i += np.uint64(4)
    while i < count:
        first[np.uint64(keys[i])] += one
        i += np.uint64(1)


@compiled
def fold(
    counts: Ints,
    sizes: Ints,
    least: Ints,
    levels: Ints,
    gains: Floats,
    items: Ints,
    relevant: Ints,
    shared: Ints,
    both: Ints,
    gain: Floats,
    by_level: Ints,
) -> None:
    """Sum up counts by distance and level; see `aehash.metrics.histogram.Histograms`."""
    for query in range(len(counts)):
        width = levels[query]
        for distance in range(items.shape[1]):
            for level in range(width):
                count = counts[query, distance * width + level]
                if count == 0:
                    continue
                worth = min(level, sizes[query])
                items[query, distance] += count
                shared[query, distance] += count * worth
                gain[query, distance] += count * gains[worth]
                by_level[query, level] += count
                if level >= least[query]:
                    relevant[query, distance] += count
                    both[query, distance] += count * worth
