"""The scans in NumPy, for where numba is missing: the same results, several times slower."""

from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from aehash import parallel
from aehash.index.entries import ROW, Codes, Entries, Floats, Ints, Scan, Words, joined
from aehash.index.planes import LANES, WORDS, from_planes
from aehash.index.words import words

_BLOCKS = 128
"""Blocks turned back into words at once, for all queries together."""
_CODES = 1 << 13
"""Codes compared at once: they and their distances stay in the processor's cache."""


def nearest(scan: Scan, queries: Codes, k: int, threads: int) -> Entries:
    """Do the work of `aehash.index.scan_compiled.nearest`."""
    parts = parallel.split(len(scan.planes), threads)
    found = parallel.run(lambda part: _nearest(scan, queries, k, part), parts)
    return joined([[part[query] for part in found] for query in range(len(queries))])


def within(scan: Scan, queries: Codes, radius: int, threads: int) -> list[Entries]:
    """Do the work of `aehash.index.scan_compiled.within`."""
    parts = parallel.split(len(scan.planes), threads)
    found = parallel.run(lambda part: _within(scan, queries, radius, part), parts)
    return [joined([list(chain(*(part[q] for part in found))) for q in range(len(queries))])]


def write(
    entries: Entries, bits: int, k: int, indices: Ints, distances: Floats, targets: Ints
) -> None:
    """Do the work of `aehash.index.scan_compiled.write`."""
    for query, target in enumerate(targets):
        found = entries.of(query)
        distance = _distance_of(found)
        best = np.argsort(distance, kind="stable")[:k]
        indices[target : target + len(best)] = found[best] >> ROW
        distances[target : target + len(best)] = distance[best]


def _nearest(scan: Scan, queries: Codes, k: int, part: slice) -> list[Words]:
    """Search some blocks; the limits sink as rows are found."""
    best: list[Words] = [np.empty(0, np.uint64)] * len(queries)
    limits = [scan.bits + 1] * len(queries)
    asked = words(queries).T
    for first, columns, lanes in _chunks(scan, part):
        for query, code in enumerate(asked):
            distances = _distances(columns, code)
            if int(distances.min()) >= limits[query]:
                continue
            found = _entries(distances, lanes, limits[query], first)
            best[query] = _keep(np.concatenate([best[query], found]), k)
            if len(best[query]) == k:
                limits[query] = int(_distance_of(best[query]).max())
    return best


def _within(scan: Scan, queries: Codes, radius: int, part: slice) -> list[list[Words]]:
    limit = min(radius, scan.bits) + 1
    found: list[list[Words]] = [[] for _ in queries]
    asked = words(queries).T
    for first, columns, lanes in _chunks(scan, part):
        for query, code in enumerate(asked):
            found[query].append(_entries(_distances(columns, code), lanes, limit, first))
    return found


def _chunks(scan: Scan, part: slice) -> Iterator[tuple[int, Words, NDArray[np.bool_] | None]]:
    """Give some codes at a time: the first row, their words, and which may be found."""
    for start in range(part.start, part.stop, _BLOCKS):
        stop = min(start + _BLOCKS, part.stop)
        row = start * LANES
        columns = words(from_planes(scan.planes[start:stop], min(scan.n, stop * LANES) - row))
        lanes = None
        if scan.allowed is not None:
            allowed = np.ascontiguousarray(scan.allowed[start * WORDS : stop * WORDS])
            lanes = np.unpackbits(allowed.view(np.uint8), bitorder="little").view(np.bool_)
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
) -> Words:
    """List the rows below a limit."""
    below = distances < limit
    if lanes is not None:
        below &= lanes[: len(below)]
    places = np.flatnonzero(below)
    rows = places.astype(np.uint64) + np.uint64(first)
    found: Words = rows << ROW | distances[places].astype(np.uint64)
    return found


def _distance_of(entries: Words) -> NDArray[np.uint16]:
    return entries.astype(np.uint16)


def _keep(entries: Words, k: int) -> Words:
    """Keep the k nearest entries, equal ones in their order, in the rows' order."""
    if len(entries) <= k:
        return entries
    distances = _distance_of(entries)
    limit = np.partition(distances, k - 1)[k - 1]
    at_limit = np.flatnonzero(distances == limit)
    kept = distances < limit
    kept[at_limit[: k - int(kept.sum())]] = True
    nearest_ones: Words = entries[kept]
    return nearest_ones
