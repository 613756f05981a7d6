"""Codes and labels as columns of 64-bit words, and the bits in which they differ."""

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 15
"""Items compared at once: their XOR stays in the processor's cache."""


def words(packed: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Lay packed bits out as columns of 64-bit words.

    Args:
        packed: ``(n, bytes)`` uint8.

    Returns:
        ``(ceil(bytes / 8), n)`` uint64, padded with zeros; the order of bits in a word does not
        matter to a distance.
    """
    n, width = packed.shape
    padded = np.zeros((n, -(-width // 8) * 8), np.uint8)
    padded[:, :width] = packed
    return np.ascontiguousarray(padded.view(np.uint64).T)


def word_distances(queries: NDArray[np.uint64], database: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Count the differing bits between every query and every item.

    Args:
        queries: ``(words, q)`` uint64.
        database: ``(words, n)`` uint64.

    Returns:
        ``(q, n)`` uint16.
    """
    count, n = queries.shape[1], database.shape[1]
    result = np.zeros((count, n), np.uint16)
    xor = np.empty(min(_CHUNK, n), np.uint64)
    ones = np.empty(len(xor), np.uint8)
    for start in range(0, n, _CHUNK):
        part = database[:, start : start + _CHUNK]
        size = part.shape[1]
        for query in range(count):
            total = result[query, start : start + size]
            for word, column in zip(queries[:, query], part, strict=True):
                np.bitwise_xor(column, word, out=xor[:size])
                np.bitwise_count(xor[:size], out=ones[:size])
                np.add(total, ones[:size], out=total)
    return result
