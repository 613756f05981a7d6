"""Exact Hamming search over bit planes, by the compiled kernels or by NumPy.

Queries go in groups, so that a block of codes is compared with all of them while it is in the
cache. Threads share the queries out where there are many, and the blocks where there are few; the
result never depends on how many there are.
"""

from functools import partial
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash import parallel
from aehash.index import scan_numpy
from aehash.index.planes import LANES, WORDS, aligned
from aehash.jit import kernels

Words = NDArray[np.uint64]
Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GROUP = 128
"""Queries compared with a block while it is in the cache."""
_TABLED = 4
"""From so many queries on, a table for each block pays."""
_PART = 1 << 18
"""Comparisons below which a second thread does not pay."""
_SAMPLED_K = 64
"""From this k on, a sample of the database gives the first limits."""
_EXPECTED = 32
"""Of the k nearest rows, as many are expected in the sample."""
_COMPILED_BITS = 2048
"""Longer codes are compared by NumPy."""


class Scan(NamedTuple):
    """What is searched.

    Attributes:
        planes: ``(blocks, bits, 8)`` uint64.
        n: Codes in them.
        allowed: ``(blocks * 8,)`` the rows that may be found, as `mask_words` gives them; none:
            all.
    """

    planes: Words
    n: int
    allowed: Words | None = None

    @property
    def bits(self) -> int:
        """Bits per code."""
        return int(self.planes.shape[1])

    def live(self) -> int:
        """Count the rows that may be found."""
        if self.allowed is None:
            return self.n
        return int(np.bitwise_count(self.allowed).sum(dtype=np.int64))


def nearest(
    planes: Words,
    n: int,
    bits: int,
    queries: Codes,
    k: int,
    *,
    allowed: Words | None = None,
    threads: int | None = None,
) -> tuple[Ints, Floats]:
    """Find the k nearest codes of each query.

    Args:
        planes: ``(blocks, bits, 8)`` uint64, as `to_planes` gives them; may be memory-mapped.
        n: Codes in them.
        bits: Bits per code.
        queries: ``(q, ceil(bits / 8))`` packed uint8.
        k: How many, 1 or more.
        allowed: Rows that may be found, as `mask_words` gives them; by default all.
        threads: How many to use; by default all.

    Returns:
        ``(q, k)`` int64 rows and float64 distances, nearest first, ties in database order; -1
        and infinity where there is no more.
    """
    scan = _scan(planes, n, allowed)
    indices = np.full((len(queries), k), -1, np.int64)
    distances = np.full((len(queries), k), np.inf)
    if not len(queries) or not len(planes):
        return indices, distances
    threads = _useful(parallel.check_threads(threads), len(queries), n)
    if len(queries) >= _GROUP // 4 * threads:
        parts, inner = parallel.split(len(queries), threads), 1
    else:
        parts, inner = [slice(0, len(queries))], threads
    work = partial(_nearest_of, scan, queries, min(k, n), inner, indices, distances)
    parallel.run(work, parts)
    return indices, distances


def within(
    planes: Words,
    n: int,
    bits: int,
    queries: Codes,
    radius: int,
    *,
    allowed: Words | None = None,
    threads: int | None = None,
) -> tuple[Ints, Ints, Floats]:
    """Find all codes within a radius of each query.

    Args:
        planes: ``(blocks, bits, 8)`` uint64, as `to_planes` gives them; may be memory-mapped.
        n: Codes in them.
        bits: Bits per code.
        queries: ``(q, ceil(bits / 8))`` packed uint8.
        radius: The largest distance kept, in bits, 0 or more.
        allowed: Rows that may be found, as `mask_words` gives them; by default all.
        threads: How many to use; by default all.

    Returns:
        ``(q + 1,)`` offsets, and the rows and distances of all queries one after the other:
        query i has those from ``offsets[i]`` to ``offsets[i + 1]``, nearest first, ties in
        database order.
    """
    scan = _scan(planes, n, allowed)
    threads = _useful(parallel.check_threads(threads), len(queries), n)
    groups = parallel.split(len(queries), -(-len(queries) // _GROUP))
    found = [_within_of(scan, queries[group], radius, threads) for group in groups]
    sizes = np.concatenate([[0], *(np.diff(offsets) for offsets, _, _ in found)])
    offsets = np.cumsum(sizes, dtype=np.int64)
    if len(found) == 1:
        return offsets, found[0][1], found[0][2]
    nothing = np.empty(0, np.int64)
    rows = np.concatenate([nothing, *(indices for _, indices, _ in found)])
    return offsets, rows, np.concatenate([nothing * 1.0, *(values for _, _, values in found)])


def _scan(planes: Words, n: int, allowed: Words | None) -> Scan:
    """Make the planes fit for vector loads."""
    planes = planes.view(np.ndarray)
    if planes.ctypes.data % 32:
        planes = planes.copy()
    return Scan(planes, n, allowed)


def _useful(threads: int, queries: int, n: int) -> int:
    return max(1, min(threads, queries * n // _PART))


def _compiled(scan: Scan) -> bool:
    return kernels() == "numba" and scan.bits <= _COMPILED_BITS


def _nearest_of(
    scan: Scan,
    queries: Codes,
    k: int,
    threads: int,
    indices: Ints,
    distances: Floats,
    part: slice,
) -> None:
    """Search some queries, group by group."""
    flat = indices.reshape(-1), distances.reshape(-1)
    count = part.stop - part.start
    for group in parallel.split(count, -(-count // _GROUP)):
        rows = slice(part.start + group.start, part.start + group.stop)
        entries, offsets = _join([_k_entries(scan, queries[rows], k, threads)], len(queries[rows]))
        targets = np.arange(rows.start, rows.stop, dtype=np.int64) * indices.shape[1]
        _order(scan, entries, offsets, k, *flat, targets)


def _k_entries(scan: Scan, queries: Codes, k: int, threads: int) -> list[Words]:
    """Find at least the k nearest entries of each query of a group, in the rows' order."""
    limits = np.full(len(queries), scan.bits + 1, np.int64)
    if not _compiled(scan):
        return _entries(scan, queries, k, threads, limits)
    sampled = _sampled_limits(scan, queries, k)
    found = _entries(scan, queries, k, threads, sampled)
    wanted = min(k, scan.live()) if (sampled <= scan.bits).any() else 0
    short = [query for query, entries in enumerate(found) if len(entries) < wanted]
    if short:
        # The sample promised too much: these queries are searched again, without it.
        again = _entries(scan, queries[short], k, threads, limits[short])
        for query, entries in zip(short, again, strict=True):
            found[query] = entries
    return found


def _sampled_limits(scan: Scan, queries: Codes, k: int) -> Ints:
    """Guess a distance within which the k nearest rows are, from some blocks of the database."""
    blocks = len(scan.planes)
    size = -(-_EXPECTED * blocks // k)
    if k < _SAMPLED_K or 8 * size > blocks:
        return np.full(len(queries), scan.bits + 1, np.int64)
    chosen = np.linspace(0, blocks - 1, size).astype(np.int64)
    expected = k * size / blocks
    need = int(expected + 3.5 * sqrt(expected)) + 4
    limits = np.full(len(queries), scan.bits + 1, np.int64)
    _part_entries(scan, queries, need, limits, chosen)
    return np.minimum(limits + 1, scan.bits + 1)


def _entries(scan: Scan, queries: Codes, k: int, threads: int, limits: Ints) -> list[Words]:
    """Search all blocks, shared out among the threads; entries stay in the rows' order."""
    parts = parallel.split(len(scan.planes), threads)

    def work(part: slice) -> list[Words]:
        if not _compiled(scan):
            blocks = range(part.start, part.stop)
            return scan_numpy.nearest(scan.planes, blocks, scan.n, queries, scan.allowed, k)
        return _part_entries(scan, queries, k, limits.copy(), np.arange(part.start, part.stop))

    found = parallel.run(work, parts)
    return [np.concatenate(entries) for entries in zip(*found, strict=True)]


def _part_entries(scan: Scan, queries: Codes, k: int, limits: Ints, blocks: Ints) -> list[Words]:
    """Search some blocks; the limits are tightened in place."""
    from aehash.index.scan_numba import kernels_for

    asked, table = _asked(scan, queries)
    found = np.empty((len(queries), 2 * k + 2 * LANES), np.uint64)
    used = np.zeros(len(queries), np.int64)
    kernels_for(scan.bits, len(table) > 0).nearest(
        scan.planes.reshape(-1), blocks, scan.n, asked, _lanes(scan), k, limits, table, found, used
    )
    return [entries[:size] for entries, size in zip(found, used, strict=True)]


def _asked(scan: Scan, queries: Codes) -> tuple[NDArray[np.uint64] | NDArray[np.uint16], Words]:
    """Give the queries in the form the kernels take, and room for a block's table."""
    from aehash.index.adders import VARIANTS, triples
    from aehash.index.queries import masks, picks

    if len(queries) < _TABLED:
        return masks(queries, scan.bits), aligned((0,))
    return picks(queries, scan.bits), aligned((triples(scan.bits) * VARIANTS * WORDS,))


def _lanes(scan: Scan) -> Words:
    return np.empty(0, np.uint64) if scan.allowed is None else scan.allowed


def _within_of(scan: Scan, queries: Codes, radius: int, threads: int) -> tuple[Ints, Ints, Floats]:
    """Search a group of queries."""
    search = _within_compiled if _compiled(scan) else _within_numpy
    parts = parallel.split(len(scan.planes), threads)
    entries, offsets = search(scan, queries, radius, parts)
    indices, distances = np.empty(len(entries), np.int64), np.empty(len(entries))

    def work(part: slice) -> None:
        edges = offsets[part.start : part.stop + 1]
        _order(scan, entries, edges, len(entries), indices, distances, edges[:-1])

    parallel.run(work, parallel.split(len(queries), threads))
    return offsets, indices, distances


def _within_compiled(
    scan: Scan, queries: Codes, radius: int, parts: list[slice]
) -> tuple[Words, Ints]:
    """Count what is inside, make room for it, and fill the blocks that hold any."""
    from aehash.index.queries import limit_digits
    from aehash.index.scan_numba import kernels_for

    asked, table = _asked(scan, queries)
    kernel = kernels_for(scan.bits, len(table) > 0)
    limit = min(radius, scan.bits) + 1
    limits = limit_digits(limit, scan.bits, len(queries))
    planes, lanes = scan.planes.reshape(-1), _lanes(scan)
    counts = np.empty((len(scan.planes), len(queries)), np.uint16)

    def count(part: slice) -> Ints:
        blocks = np.arange(part.start, part.stop)
        kernel.count(planes, blocks, scan.n, asked, lanes, limits, aligned(table.shape), counts)
        return counts[part].sum(axis=0, dtype=np.int64)

    sizes = np.array(parallel.run(count, parts), np.int64).reshape(len(parts), len(queries))
    offsets = np.concatenate([[0], np.cumsum(sizes.sum(axis=0))]).astype(np.int64)
    entries = np.empty(offsets[-1], np.uint64)
    places = offsets[:-1] + np.cumsum(sizes, axis=0) - sizes

    def fill(number: slice) -> None:
        part = parts[number.start]
        blocks = part.start + np.flatnonzero(counts[part].any(axis=1))
        kernel.fill(
            planes,
            blocks,
            scan.n,
            asked,
            lanes,
            limits,
            limit,
            aligned(table.shape),
            counts,
            places[number.start],
            entries,
        )

    parallel.run(fill, parallel.split(len(parts), len(parts)))
    return entries, offsets


def _within_numpy(
    scan: Scan, queries: Codes, radius: int, parts: list[slice]
) -> tuple[Words, Ints]:
    def work(part: slice) -> list[Words]:
        blocks = range(part.start, part.stop)
        return scan_numpy.within(scan.planes, blocks, scan.n, queries, scan.allowed, radius)

    return _join(parallel.run(work, parts), len(queries))


def _join(found: list[list[Words]], queries: int) -> tuple[Words, Ints]:
    """Put the parts' entries one query after the other."""
    nothing = np.empty(0, np.uint64)
    rows = [np.concatenate([nothing, *(part[query] for part in found)]) for query in range(queries)]
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return np.concatenate([nothing, *rows]), offsets


def _order(
    scan: Scan,
    entries: Words,
    offsets: Ints,
    k: int,
    indices: Ints,
    distances: Floats,
    targets: Ints,
) -> None:
    """Sort each query's entries by distance, equal ones in their order, and split them."""
    if _compiled(scan):
        from aehash.index.scan_numba import order

        order(entries, offsets, scan.bits + 1, k, indices, distances, targets)
        return
    for start, stop, target in zip(offsets[:-1], offsets[1:], targets, strict=True):
        found = entries[start:stop]
        distance = found.astype(np.uint16)
        best = np.argsort(distance, kind="stable")[:k]
        indices[target : target + len(best)] = found[best] >> np.uint64(16)
        distances[target : target + len(best)] = distance[best]
