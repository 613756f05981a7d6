"""Groups of queries against all blocks, by the compiled kernels."""

import threading
from math import sqrt
from typing import Any

import numpy as np

from aehash import parallel
from aehash.index import scan_one
from aehash.index.adders import VARIANTS, WORDS, triples
from aehash.index.carry_save import digits
from aehash.index.entries import Entries, Floats, Ints, Scan, Words, joined
from aehash.index.planes import LANES, aligned
from aehash.index.queries import masks, picks
from aehash.index.scan_kernels import kernel_for, order
from aehash.index.scan_one import EVERYTHING

_TABLED = 4
"""From so many queries on, a table for each block pays."""
_SAMPLED_K = 64
"""From this k on, a sample of the database gives the first limits."""
_EXPECTED = 32
"""Of the k nearest rows, as many are expected in the sample."""
_SAMPLE = 16
"""Blocks that tell how many rows a radius holds."""
_ROOM = 1 << 23
"""Entries for which room is made at once, unless one query needs more."""
_kept = threading.local()
"""Each thread's room, made once: to make it takes as long as to search some thousand codes."""


def rank(
    scan: Scan,
    queries: Any,
    k: int,
    threads: int,
    indices: Ints,
    distances: Floats,
    targets: Ints,
) -> None:
    """Write the k nearest rows of each query, nearest first, ties in the rows' order.

    Args:
        scan: What is searched.
        queries: ``(q, bytes)`` packed.
        k: How many, at most the rows there are.
        threads: Threads that share the blocks.
        indices: Rows are written here.
        distances: Distances are written here.
        targets: ``(q,)`` where each query's first stands.
    """
    if threads == 1 and len(queries) == 1 and not _sample(len(scan.planes), k):
        scan_one.rank(scan, queries, k, indices, distances, targets)
    else:
        found = nearest(scan, queries, k, threads)
        write(found, scan.bits, k, indices, distances, targets)


def nearest(scan: Scan, queries: Any, k: int, threads: int) -> Entries:
    """Find at least the k nearest rows of each query.

    Args:
        scan: What is searched.
        queries: ``(q, bytes)`` packed.
        k: How many, at most the rows there are.
        threads: Threads that share the blocks.

    Returns:
        Their entries, or all there are.
    """
    limits = _sampled_limits(scan, queries, k)
    if limits is None:
        return _nearest(scan, queries, k, threads, _no_limits(scan, len(queries)))
    found = _nearest(scan, queries, k, threads, limits)
    short = np.flatnonzero(found.ends - found.starts < min(k, scan.live()))
    if not len(short):
        return found
    # The sample promised too much: these queries are searched again, without it.
    again = _nearest(scan, queries[short], k, threads, _no_limits(scan, len(short)))
    rows = [[found.of(query)] for query in range(len(queries))]
    for place, query in enumerate(short):
        rows[query] = [again.of(place)]
    return joined(rows)


def within(scan: Scan, queries: Any, radius: int, threads: int) -> list[Entries]:
    """Find all rows within a radius of each query.

    Args:
        scan: What is searched.
        queries: ``(q, bytes)`` packed.
        radius: The largest distance kept.
        threads: Threads that share the blocks.

    Returns:
        The entries of the first queries, of the next ones, and so on: of as many at once as
        there is room for; where that is not for all rows, by what a sample of the blocks holds.
    """
    blocks = len(scan.planes)
    limit = np.full(len(queries), min(radius, scan.bits) + 1)
    if len(queries) * (blocks + 1) * LANES <= _ROOM:
        return _within(scan, queries, limit, threads, (blocks + 1) * LANES)
    sample = np.unique(np.linspace(0, blocks - 1, min(blocks, _SAMPLE)).astype(np.int64))
    inside = _scan(scan, queries, scan.n + 1, limit.copy(), sample, (len(sample) + 1) * LANES)
    most = int((inside.ends - inside.starts).max()) * blocks // len(sample)
    return _within(scan, queries, limit, threads, 2 * most + 2 * LANES)


def _within(scan: Scan, queries: Any, limit: Ints, threads: int, capacity: int) -> list[Entries]:
    """Search with room for so many entries of each query, and for more where that is not enough."""
    parts = parallel.split(len(scan.planes), threads)
    capacity = min(-(-capacity // len(parts)) + LANES, parts[0].stop * LANES + LANES)
    step = max(1, _ROOM // (capacity * len(parts)))
    found = []
    for start in range(0, len(queries), step):
        some = queries[start : start + step]

        def work(part: slice, some: Any = some) -> Entries:
            blocks = np.arange(part.start, part.stop)
            return _scan(scan, some, scan.n + 1, limit[: len(some)].copy(), blocks, capacity)

        pieces = parallel.run(work, parts)
        if any((piece.ends < piece.starts).any() for piece in pieces):
            found += _within(scan, some, limit, threads, 4 * capacity * len(parts))
        elif len(pieces) == 1:
            found += pieces
        else:
            found.append(joined([[piece.of(q) for piece in pieces] for q in range(len(some))]))
    return found


def write(
    entries: Entries, bits: int, k: int, indices: Ints, distances: Floats, targets: Ints
) -> None:
    """Write each query's entries, nearest first, ties in the rows' order.

    Args:
        entries: What was found.
        bits: Bits per code.
        k: How many of each query, at most.
        indices: Rows are written here.
        distances: Distances are written here.
        targets: ``(q,)`` where each query's first stands.
    """
    order(*entries, np.empty(bits + 2, np.int64), k, indices, distances, targets)


def _no_limits(scan: Scan, count: int) -> Ints:
    return np.full(count, scan.bits + 1, np.int64)


def _sample(blocks: int, k: int) -> int:
    """Say in how many blocks to look first: 0 where that takes longer than it saves."""
    size = -(-_EXPECTED * blocks // k)
    return size if k >= _SAMPLED_K and 8 * size <= blocks else 0


def _sampled_limits(scan: Scan, queries: Any, k: int) -> Ints | None:
    """Guess a distance within which the k nearest rows are, from some blocks of the database."""
    blocks = len(scan.planes)
    size = _sample(blocks, k)
    if not size:
        return None
    chosen = np.linspace(0, blocks - 1, size).astype(np.int64)
    expected = k * size / blocks
    need = int(expected + 3.5 * sqrt(expected)) + 4
    limits = _no_limits(scan, len(queries))
    _scan(scan, queries, need, limits, chosen, 2 * need + 2 * LANES)
    return np.minimum(limits + 1, scan.bits + 1)


def _nearest(scan: Scan, queries: Any, k: int, threads: int, limits: Ints) -> Entries:
    """Search all blocks, shared out among the threads; entries stay in the rows' order."""

    def work(part: slice) -> Entries:
        blocks = np.arange(part.start, part.stop)
        capacity = min(2 * k, len(blocks) * LANES) + 2 * LANES
        return _scan(scan, queries, k, limits.copy(), blocks, capacity)

    if threads == 1:
        return work(slice(0, len(scan.planes)))
    found = parallel.run(work, parallel.split(len(scan.planes), threads))
    if len(found) == 1:
        return found[0]
    return joined([[part.of(query) for part in found] for query in range(len(queries))])


def _scan(scan: Scan, queries: Any, k: int, limit: Ints, blocks: Ints, capacity: int) -> Entries:
    """Search some blocks with room for so many entries of each query.

    The limits are tightened in place; a query for which there is no room ends before it starts.
    """
    count, bits = len(queries), scan.bits
    asked, size = _asked(queries, bits)
    limits = size + (1 + digits(bits)) * WORDS
    room = _room(limits + count * digits(bits))
    found = np.empty((count, capacity), np.uint64)
    used, below = np.zeros((2, count), np.int64)
    kernel_for(bits, size > 0)(
        scan.planes.reshape(-1),
        blocks,
        scan.n,
        asked,
        EVERYTHING if scan.allowed is None else scan.allowed,
        room[limits:],
        room[:size],
        room[size:limits],
        np.empty(64, np.uint16),
        k,
        limit,
        found,
        used,
        below,
        np.zeros((count, bits + 2), np.int64),
    )
    starts = np.arange(0, count * capacity, capacity)
    return Entries(found.reshape(-1), starts, starts + used)


def _room(size: int) -> Words:
    """Give room that this thread keeps; what stands in it means nothing."""
    room: Words | None = getattr(_kept, "room", None)
    if room is None or len(room) < size:
        room = _kept.room = aligned((size,))
    return room


def _asked(queries: Any, bits: int) -> tuple[Any, int]:
    """Give the queries in the form the kernels take, and the words of a block's table."""
    if len(queries) < _TABLED:
        return masks(queries, bits), 0
    return picks(queries, bits), triples(bits) * VARIANTS * WORDS
