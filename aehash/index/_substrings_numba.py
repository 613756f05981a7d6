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
    radius: Any,
    per_lookup: Any,
    per_code: Any,
    radii: Shares,
    work: Ints,
) -> None:
    """Share a radius out among the tables at the least cost."""
    tables, reach = len(at) - 1, inside.shape[1]
    best = np.empty(radius + 2, np.int64)
    choice = np.empty((tables, radius + 2), np.int8)
    costs = np.zeros(reach + 1, np.int64)
    shorter = at[1] - at[0]
    for query in range(len(queries)):
        for total in range(radius + 2):
            best[total] = _NEVER
        best[0] = 0
        for table in range(tables):
            entry = first[table] + np.int64(substring(queries[query], at, table))
            kind = at[table + 1] - at[table] - shorter
            for r in range(reach):
                lookups, codes = volumes[kind, r], np.int64(inside[entry, r])
                costs[r + 1] = lookups * per_lookup + codes * per_code
            for total in range(radius + 1, -1, -1):
                choice[table, total] = 0
                for share in range(1, min(reach, total) + 1):
                    cost = best[total - share] + costs[share]
                    if cost < best[total]:
                        best[total] = cost
                        choice[table, total] = share
        work[query, 0] = best[radius + 1]
        work[query, 1] = 0
        work[query, 2] = 0
        left = radius + 1
        for table in range(tables - 1, -1, -1):
            share = choice[table, left]
            radii[query, table] = share - 1
            left -= share
            if share:
                entry = first[table] + np.int64(substring(queries[query], at, table))
                work[query, 1] += volumes[at[table + 1] - at[table] - shorter, share - 1]
                work[query, 2] += np.int64(inside[entry, share - 1])
