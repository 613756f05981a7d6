"""The one-pass kernels: per query, items by distance and level, without a sort or a table.

All arrays come from outside, and each kernel is one plain function: what it called would be
compiled for itself and once more inside it, which takes longer than all the work there is.
"""

from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled
from aehash.metrics._levels_numba import popcount

U = np.uint64
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Small = NDArray[np.uint32]

GROUP = 32
"""Queries that meet a block of the database while it is in the cache."""
BLOCK = 2048
"""Items in a block, a multiple of the copies."""
COPIES = 4
"""Histograms that items take turns in, so that equal keys do not wait for one another."""


@lru_cache(maxsize=4)
def kernel_for(multi: bool, exact: bool) -> Any:
    """Compile the kernel for labels of one kind, or load it from the cache.

    The first words of the codes and of the labels are counted in one loop where they can be,
    which is all there is for up to 64 bits and 64 classes, or class numbers.

    Args:
        multi: Whether labels are multi-hot.
        exact: Whether an item with just the query's labels is a level higher.

    Returns:
        The kernel.
    """

    @partial(compiled, variant=(multi, exact))
    def count_group(
        codes: Words,
        asked_codes: Words,
        held: Words,
        asked: Words,
        held_sizes: Small,
        about: Words,
        keys: Small,
        counts: Small,
    ) -> None:
        """Count some queries' items by distance · levels + level.

        Args:
            codes: ``(words, n)`` uint64.
            asked_codes: ``(q, words)`` uint64.
            held: ``(words, n)`` uint64 labels of the database.
            asked: ``(q, words)`` uint64 labels of the queries.
            held_sizes: ``(n,)`` uint32 labels of each item, or ``(0,)``.
            about: ``(q, 2)`` uint64: each query's levels and labels.
            keys: ``(BLOCK + COPIES,)``, room for keys.
            counts: ``(q, COPIES, cells + 1)``; counts are added, and a last cell used as room.
        """
        one, n = np.uint32(1), U(codes.shape[1])
        nowhere = np.uint32(counts.shape[2] - 1)
        for start in range(U(0), n, U(len(keys) - COPIES)):
            size = min(n - start, U(len(keys) - COPIES))
            for query in range(U(len(counts))):
                times = about[query, 0]
                word, later = U(0), U(0)
                if multi and not exact:
                    while word + U(1) < U(len(held)) and asked[query, word] == 0:
                        word += U(1)
                    code, label = asked_codes[query, U(0)], asked[query, word]
                    for i in range(size):
                        shared = popcount(held[word, start + i] & label)
                        distance = popcount(codes[U(0), start + i] ^ code)
                        keys[i] = np.uint32(times * distance + shared)
                    word, later = word + U(1), U(1)
                elif not multi:
                    code, label = asked_codes[query, U(0)], asked[query, U(0)]
                    for i in range(size):
                        same = U(held[U(0), start + i] == label)
                        distance = popcount(codes[U(0), start + i] ^ code)
                        keys[i] = np.uint32(times * distance + same)
                    later = U(1)
                else:
                    for i in range(size):
                        keys[i] = np.uint32(0)
                if multi:
                    for each in range(word, U(len(held))):
                        label = asked[query, each]
                        if label == U(0):
                            continue
                        for i in range(size):
                            keys[i] += np.uint32(popcount(held[each, start + i] & label))
                if exact:
                    whole = np.uint32(about[query, 1])
                    for i in range(size):
                        same = (keys[i] == whole) & (held_sizes[start + i] == whole)
                        keys[i] += np.uint32(same)
                for each in range(later, U(len(codes))):
                    code = asked_codes[query, each]
                    for i in range(size):
                        keys[i] += np.uint32(times * popcount(codes[each, start + i] ^ code))
                for i in range(size, size + U(COPIES)):
                    keys[i] = nowhere
                at = U(0)
                while at < size:
                    counts[query, U(0), U(keys[at])] += one
                    counts[query, U(1), U(keys[at + U(1)])] += one
                    counts[query, U(2), U(keys[at + U(2)])] += one
                    counts[query, U(3), U(keys[at + U(3)])] += one
                    at += U(4)

    return count_group


@compiled
def fold(
    counts: Small,
    about: Ints,
    gains: NDArray[np.float64],
    sums: Ints,
    gain: NDArray[np.float64],
    by_level: Ints,
) -> None:
    """Sum up counts by distance and level; see `aehash.metrics.histogram.Histograms`.

    Args:
        counts: ``(q, COPIES, cells + 1)`` as counted.
        about: ``(q, 4)``: each query's levels, labels, first relevant level, and the cell in which
            its own row was counted, or -1.
        gains: Worth by shared labels.
        sums: ``(q, distances, 4)`` zeros: items, relevant, shared, both; added to.
        gain: ``(q, distances)`` zeros; added to.
        by_level: ``(q, levels)`` zeros; added to.
    """
    for query in range(len(counts)):
        levels, most, least = about[query, 0], about[query, 1], about[query, 2]
        level, distance = 0, 0
        for cell in range(sums.shape[1] * levels):
            count = np.int64(0)
            for copy in range(counts.shape[1]):
                count += counts[query, copy, cell]
            if cell == about[query, 3]:
                count -= 1
            if count:
                worth = level if level < most else most
                sums[query, distance, 0] += count
                sums[query, distance, 2] += count * worth
                gain[query, distance] += count * gains[worth]
                by_level[query, level] += count
                if level >= least:
                    sums[query, distance, 1] += count
                    sums[query, distance, 3] += count * worth
            level += 1
            if level == levels:
                level = 0
                distance += 1
