"""Compiled comparison of one query with a stretch of the database: distances and label levels.

The loops are as LLVM likes them: columns indexed by uint64 and never sliced, small integers in a
buffer that stays in the first-level cache. Constants are passed on as np.int64, for numba compiles
a function again for every literal.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from aehash.jit import compiled

Words = NDArray[np.uint64]
Whole = int | np.int64
Small = NDArray[np.uint32]


@intrinsic  # type: ignore[untyped-decorator]
def popcount(context: Any, word: Any) -> Any:
    """Count the ones of a uint64; LLVM makes vector instructions of it where there are any."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@compiled
def add_distances(
    out: Small,
    query: int,
    codes: Words,
    asked: Words,
    word: Whole,
    start: int,
    count: int,
    factor: Whole,
) -> None:
    """Add factor · distance to out[:count], counted from a word of the codes on.

    The distance is that of the query and the items from start on.
    """
    first, size, times = np.uint64(start), np.uint64(count), np.uint64(factor)
    for each in range(word, codes.shape[0]):
        value, column = asked[each, query], codes[each]
        for i in range(size):
            u = np.uint64(i)
            out[u] += np.uint32(times * popcount(column[first + u] ^ value))


@compiled
def add_shared(
    out: Small, query: int, asked: Words, held: Words, word: Whole, start: int, count: int
) -> None:
    """Add the labels shared to out[:count], counted from a word of the labels on."""
    first, size = np.uint64(start), np.uint64(count)
    for each in range(word, held.shape[0]):
        value, column = asked[each, query], held[each]
        if value == np.uint64(0):
            continue
        for i in range(size):
            u = np.uint64(i)
            out[u] += np.uint32(popcount(column[first + u] & value))


@compiled
def set_levels(
    out: Small,
    query: int,
    asked: Words,
    held: Words,
    held_sizes: Small,
    size_asked: int,
    multi: bool,
    start: int,
    count: int,
) -> None:
    """Set out[:count] to the levels of the items from start on; see `aehash.metrics.grades`."""
    first, size = np.uint64(start), np.uint64(count)
    if not multi:
        value, column = asked[0, query], held[0]
        for i in range(size):
            u = np.uint64(i)
            out[u] = np.uint32(column[first + u] == value)
        return
    for i in range(size):
        out[np.uint64(i)] = np.uint32(0)
    add_shared(out, query, asked, held, np.int64(0), start, count)
    if held_sizes.size:
        whole = np.uint32(size_asked)
        for i in range(size):
            u = np.uint64(i)
            out[u] += np.uint32((out[u] == whole) & (held_sizes[first + u] == whole))
