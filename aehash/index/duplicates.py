"""Pairs of codes that are nearly the same, in a whole database."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.index.checks import table
from aehash.index.multi_index import MultiIndex

_BLOCK = 4096
"""Codes whose neighbours are held at once."""


class Pairs(NamedTuple):
    """Pairs of rows, in the order of the first, then of the distance, then of the second.

    Attributes:
        first: ``(p,)`` int64 rows.
        second: ``(p,)`` int64 rows, each larger than the first.
        distances: ``(p,)`` float64 Hamming distances.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distances: NDArray[np.float64]


def near_duplicates(
    packed: NDArray[np.uint8], bits: int, radius: int = 2, *, threads: int | None = None
) -> Pairs:
    """Find all pairs of codes within a radius of each other.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8, as a codebook holds them.
        bits: Bits per code.
        radius: The largest distance kept, inclusive, in bits.
        threads: How many threads to use; by default all.

    Returns:
        The pairs, exactly and each once. They take 24 bytes each, and m equal codes make
        m (m - 1) / 2 of them.

    Raises:
        UsageError: The codes are not of that many bits, or the radius is negative.
    """
    packed = table("codes", packed)
    index = MultiIndex.from_codes(packed, bits, threads=threads)
    found = [
        _block(index, packed[start : start + _BLOCK], start, radius, threads)
        for start in range(0, max(1, len(packed)), _BLOCK)
    ]
    return Pairs(*(np.concatenate(each) for each in zip(*found, strict=True)))


def _block(
    index: MultiIndex, codes: NDArray[np.uint8], start: int, radius: int, threads: int | None
) -> Pairs:
    near = index.within(codes, radius, threads=threads)
    first = np.repeat(np.arange(start, start + len(codes)), np.diff(near.offsets))
    once = near.indices > first
    return Pairs(first[once], near.indices[once], near.distances[once])
