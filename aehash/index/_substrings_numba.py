"""Substrings of codes, and a radius shared out among them, compiled."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled

U = np.uint64
Words = NDArray[np.uint64]
Rows = NDArray[np.uint32]
Ints = NDArray[np.int64]
Shares = NDArray[np.int8]

_NEVER = 1 << 60


@compiled
def _cut(low: Any, high: Any, shift: Any, length: Any) -> Any:
    """Cut a substring out of two neighbouring words."""
    value = low >> shift
    if shift + length > U(64):
        value |= high << (U(64) - shift)
    return value & ((U(1) << length) - U(1))


@compiled
def substring(code: Words, at: Ints, table: Any) -> Any:
    """Cut a table's substring out of a code."""
    begin, end = U(at[table]), U(at[table + 1])
    word = begin >> U(6)
    high = code[word + U(1)] if word + U(1) < U(len(code)) else U(0)
    return _cut(code[word], high, begin & U(63), end - begin)


@compiled
def share_out(
    queries: Words,
    at: Ints,
    first: Ints,
    inside: Rows,
    volumes: Ints,
    prices: Ints,
    best: Ints,
    choice: Shares,
    radii: Shares,
    work: Ints,
) -> None:
    """Share a radius out among the tables at the least cost.

    prices: of a bucket and of a code. best: (radius + 2,) and choice: (m, radius + 2), room.
    """
    tables, reach, last = choice.shape[0], inside.shape[1], choice.shape[1] - 1
    shorter = at[1] - at[0]
    for query in range(len(queries)):
        for total in range(last + 1):
            best[total] = _NEVER
        best[0] = 0
        for table in range(tables):
            entry = first[table] + np.int64(substring(queries[query], at, table))
            kind = at[table + 1] - at[table] - shorter
            for total in range(last, -1, -1):
                choice[table, total] = 0
                least = best[total]
                for r in range(reach):
                    if r >= total:
                        break
                    codes = np.int64(inside[entry, r])
                    cost = best[total - r - 1] + volumes[kind, r] * prices[0] + codes * prices[1]
                    if cost < least:
                        least = cost
                        choice[table, total] = r + 1
                best[total] = least
        work[query, 0] = best[last]
        work[query, 1] = 0
        work[query, 2] = 0
        left = last
        for table in range(tables - 1, -1, -1):
            share = choice[table, left]
            radii[query, table] = share - 1
            left -= share
            if share:
                entry = first[table] + np.int64(substring(queries[query], at, table))
                work[query, 1] += volumes[at[table + 1] - at[table] - shorter, share - 1]
                work[query, 2] += np.int64(inside[entry, share - 1])
