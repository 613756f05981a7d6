"""The compiled count of votes: items by class below each cut's distance and at it."""

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled
from aehash.metrics._levels_numba import add_distances

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_BLOCK = 2048


@compiled
def count_votes(
    codes: Words,
    asked: Words,
    held: NDArray[np.int32],
    own: Ints,
    last: Ints,
    room: Ints,
    below: Ints,
    level: Ints,
) -> None:
    """Count each query's items by class, nearer than a cut's distance and exactly there.

    Args:
        codes: ``(words, n)`` uint64.
        asked: ``(words, q)`` uint64.
        held: ``(n,)`` class of each item by place, -1 for none.
        own: ``(q,)`` rows to leave out, or -1.
        last: ``(q, cuts)`` the distance at the cut, -1 where nothing is retrieved.
        room: ``(q, cuts)`` how many items at that distance count, in database order. Used up.
        below: ``(q, cuts, classes)`` zeros; filled.
        level: ``(q, cuts, classes)`` zeros; filled.
    """
    n, cuts = codes.shape[1], last.shape[1]
    distances = np.empty(_BLOCK, np.uint32)
    zero, one = np.int64(0), np.int64(1)
    for query in range(len(own)):
        farthest = last[query].max()
        for start in range(0, n, _BLOCK):
            size = min(_BLOCK, n - start)
            for i in range(size):
                distances[i] = np.uint32(0)
            add_distances(distances, query, codes, asked, zero, start, size, one)
            for i in range(size):
                distance = np.int64(distances[i])
                if distance > farthest or start + i == own[query]:
                    continue
                label = held[start + i]
                for cut in range(cuts):
                    if distance < last[query, cut]:
                        if label >= 0:
                            below[query, cut, label] += 1
                    elif distance == last[query, cut] and room[query, cut] > 0:
                        room[query, cut] -= 1
                        if label >= 0:
                            level[query, cut, label] += 1
