"""The scans in NumPy, for where numba is missing: the same results, several times slower."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from aehash.index.planes import LANES, WORDS, from_planes
from aehash.index.words import words

Words = NDArray[np.uint64]
Found = NDArray[np.uint64]

_BLOCKS = 128
"""Blocks turned back into words at once, for all queries together."""
_CODES = 1 << 13
"""Codes compared at once: they and their distances stay in the processor's cache."""


def nearest(
    planes: Words,
    blocks: range,
    n: int,
    queries: NDArray[np.uint8],
    allowed: Words | None,
    k: int,
) -> list[Found]:
    """Find the k nearest rows of each query in some blocks.

    Args:
        planes: ``(blocks, bits, 8)``.
        blocks: Which blocks, in order.
        n: Rows in all.
        queries: ``(q, bytes)`` packed.
        allowed: ``(blocks * 8,)`` rows that may be found, or None.
        k: How many.

    Returns:
        For each query its entries, row · 2^16 + distance, in the rows' order: its k nearest
        rows, ties broken by position, or as many as there are.
    """
    best: list[Found] = [np.empty(0, np.uint64)] * len(queries)
    limits = [planes.shape[1] + 1] * len(queries)
    asked = words(queries).T
    for first, columns, lanes in _chunks(planes, blocks, n, allowed):
        for query, code in enumerate(asked):
            distances = _distances(columns, code)
            if int(distances.min()) >= limits[query]:
                continue
            found = _entries(distances, lanes, limits[query], first)
            best[query] = _keep(np.concatenate([best[query], found]), k)
            if len(best[query]) == k:
                limits[query] = int(_distance_of(best[query]).max())
    return best


def within(
    planes: Words,
    blocks: range,
    n: int,
    queries: NDArray[np.uint8],
    allowed: Words | None,
    radius: int,
) -> list[Found]:
    """Find all rows within a radius of each query in some blocks.

    Args:
        planes: ``(blocks, bits, 8)``.
        blocks: Which blocks, in order.
        n: Rows in all.
        queries: ``(q, bytes)`` packed.
        allowed: ``(blocks * 8,)`` rows that may be found, or None.
        radius: The largest distance kept.

    Returns:
        For each query its entries, row · 2^16 + distance, in the rows' order.
    """
    limit = min(radius, planes.shape[1]) + 1
    found: list[list[Found]] = [[np.empty(0, np.uint64)] for _ in queries]
    asked = words(queries).T
    for first, columns, lanes in _chunks(planes, blocks, n, allowed):
        for query, code in enumerate(asked):
            found[query].append(_entries(_distances(columns, code), lanes, limit, first))
    return [np.concatenate(parts) for parts in found]


def _chunks(
    planes: Words, blocks: range, n: int, allowed: Words | None
) -> Iterator[tuple[int, Words, NDArray[np.bool_] | None]]:
    """Give some codes at a time: the first row, their words, and which may be found."""
    for start in range(blocks.start, blocks.stop, _BLOCKS):
        stop = min(start + _BLOCKS, blocks.stop)
        row = start * LANES
        columns = words(from_planes(planes[start:stop], min(n, stop * LANES) - row))
        lanes = None
        if allowed is not None:
            part = np.ascontiguousarray(allowed[start * WORDS : stop * WORDS]).view(np.uint8)
            lanes = np.unpackbits(part, bitorder="little").view(np.bool_)
        for begin in range(0, columns.shape[1], _CODES):
            end = begin + _CODES
            yield row + begin, columns[:, begin:end], None if lanes is None else lanes[begin:end]


def _distances(columns: Words, code: Words) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Count the bits in which a code differs from others."""
    total: NDArray[np.uint8] | NDArray[np.uint16] = np.bitwise_count(columns[0] ^ code[0])
    if len(columns) > 3:
        total = total.astype(np.uint16)
    for column, word in zip(columns[1:], code[1:], strict=True):
        total += np.bitwise_count(column ^ word)
    return total


def _entries(
    distances: NDArray[np.uint8] | NDArray[np.uint16],
    lanes: NDArray[np.bool_] | None,
    limit: int,
    first: int,
) -> Found:
    """List the rows below a limit."""
    below = distances < limit
    if lanes is not None:
        below &= lanes[: len(below)]
    places = np.flatnonzero(below)
    rows = places.astype(np.uint64) + np.uint64(first)
    return rows << np.uint64(16) | distances[places].astype(np.uint64)


def _distance_of(entries: Found) -> NDArray[np.uint16]:
    return entries.astype(np.uint16)


def _keep(entries: Found, k: int) -> Found:
    """Keep the k nearest entries, equal ones in their order, in the rows' order."""
    if len(entries) <= k:
        return entries
    distances = _distance_of(entries)
    limit = np.partition(distances, k - 1)[k - 1]
    at_limit = np.flatnonzero(distances == limit)
    kept = distances < limit
    kept[at_limit[: k - int(kept.sum())]] = True
    return entries[kept]
