"""The compiled ranking by Hamming distance in database order: a counting sort of levels."""

import numpy as np

from aehash.jit import compiled
from aehash.metrics._levels_numba import add_distances, set_levels

_BLOCK = 2048


@compiled
def counting_sort(codes, asked_codes, asked, held, held_sizes, sizes, multi, own, begin, out):  # type: ignore[no-untyped-def]
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
    for query in range(len(out)):
        place, line = begin[query], out[query]
        for start in range(0, n, _BLOCK):
            size = min(_BLOCK, n - start)
            for i in range(size):
                distances[i] = np.uint32(0)
            set_levels(levels, query, asked, held, held_sizes, sizes[query], multi, start, size)
            add_distances(distances, query, codes, asked_codes, start, size, 1)
            if start <= own[query] < start + size:
                distances[own[query] - start] = beyond
            for i in range(size):
                distance = distances[i]
                at = place[distance]
                if at < width:
                    line[at] = levels[i]
                    place[distance] = at + 1
