"""Sorting part of an array of whole numbers, compiled.

numba has a sort of its own, which takes seconds to compile.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled

U = np.uint64
Words = NDArray[np.uint64]
_FEW = 300
_DIGIT = 11
_DIGITS = 1 << _DIGIT


@compiled
def _sort_few(found: Words, begin: Any, end: Any) -> None:
    """Sort a few entries, in place (Shell 1959, with gaps that grow by 9/4)."""
    gap = 1
    while gap < end - begin:
        gap = gap * 9 // 4 + 1
    while gap > 1:
        gap = gap * 4 // 9
        for place in range(begin + gap, end):
            entry = found[place]
            hole = place
            while hole >= begin + gap and found[hole - gap] > entry:
                found[hole] = found[hole - gap]
                hole -= gap
            found[hole] = entry


@compiled
def _sort_many(found: Words, begin: Any, end: Any, bits: Any) -> None:
    """Sort many entries of so many bits, in place, digit by digit."""
    spare = np.empty(end - begin, np.uint64)
    starts = np.empty(_DIGITS + 1, np.int64)
    for shift in range(0, bits, _DIGIT):
        for digit in range(_DIGITS + 1):
            starts[digit] = 0
        for place in range(begin, end):
            starts[1 + np.int64(found[place] >> U(shift) & U(_DIGITS - 1))] += 1
        for digit in range(_DIGITS):
            starts[digit + 1] += starts[digit]
        for place in range(begin, end):
            mine = np.int64(found[place] >> U(shift) & U(_DIGITS - 1))
            spare[starts[mine]] = found[place]
            starts[mine] += 1
        for place in range(begin, end):
            found[place] = spare[place - begin]


@compiled
def sort(found: Words, begin: Any, end: Any, bits: Any) -> None:
    """Sort found[begin:end], uint64 below 2^bits."""
    if end - begin < U(_FEW):
        _sort_few(found, np.int64(begin), np.int64(end))
    else:
        _sort_many(found, np.int64(begin), np.int64(end), bits)
