"""Compiled comparison of one query with a stretch of the database: distances and label levels.

The loops are as LLVM likes them: columns indexed by uint64 and never sliced, small integers in a
buffer that stays in the first-level cache.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from aehash.jit import compiled

Words = NDArray[np.uint64]
Small = NDArray[np.uint32]


@intrinsic  # type: ignore[untyped-decorator]
def popcount(context: Any, word: Any) -> Any:
    """Count the ones of a uint64; LLVM makes vector instructions of it where there are any."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@compiled
def add_distances(
    out: Small, query: int, codes: Words, asked: Words, start: int, count: int, factor: int
) -> None:
    """Add factor · distance to out[:count], between a query and the items from start on."""
    first, size, times = np.uint64(start), np.uint64(count), np.uint64(factor)
    for word in range(codes.shape[0]):
        value, column = asked[word, query], codes[word]
        for i in range(size):
            u = np.uint64(i)
            out[u] += np.uint32(times * popcount(column[first + u] ^ value))


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
    for word in range(held.shape[0]):
        value, column = asked[word, query], held[word]
        if value == np.uint64(0):
            continue
        for i in range(size):
            u = np.uint64(i)
            out[u] += np.uint32(popcount(column[first + u] & value))
    if held_sizes.size:
        whole = np.uint32(size_asked)
        for i in range(size):
            u = np.uint64(i)
            out[u] += np.uint32((out[u] == whole) & (held_sizes[first + u] == whole))
