"""Queries in the forms the scans take."""

import numpy as np
from numpy.typing import NDArray

from aehash.index.adders import VARIANTS, WORDS, triples


def masks(queries: NDArray[np.uint8], bits: int) -> NDArray[np.uint64]:
    """Give a word of all ones for every bit that is set.

    Args:
        queries: ``(q, bytes)`` packed.
        bits: Bits per code.

    Returns:
        ``(q * bits,)``.
    """
    ones = np.unpackbits(queries, axis=1, count=bits)
    return (np.uint64(0) - ones.astype(np.uint64)).ravel()


def picks(queries: NDArray[np.uint8], bits: int) -> NDArray[np.uint16]:
    """Give the places in a block's table that a query adds up.

    Args:
        queries: ``(q, bytes)`` packed.
        bits: Bits per code.

    Returns:
        ``(q * 2 * triples,)`` word offsets: a sum and a majority for each triple.
    """
    groups = triples(bits)
    ones = np.zeros((len(queries), 3 * groups), np.uint8)
    ones[:, :bits] = np.unpackbits(queries, axis=1, count=bits)
    first, second, third = np.moveaxis(ones.reshape(len(queries), groups, 3), 2, 0)
    entry = np.arange(groups) * VARIANTS
    parity = entry + (first ^ second ^ third)
    pattern = entry + 2 + (first + 2 * second + 4 * third)
    return (np.stack([parity, pattern], axis=2) * WORDS).astype(np.uint16).ravel()
