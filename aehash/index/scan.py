"""Exact Hamming search over bit planes, by the compiled kernels or by NumPy.

Queries go in groups, so that a block of codes is compared with all of them while it is in the
cache. Threads share the queries out where there are many, and the blocks where there are few; the
result never depends on how many there are.
"""

from functools import partial
from types import ModuleType

import numpy as np

from aehash import parallel
from aehash.index.entries import Codes, Entries, Floats, Ints, Scan, Words
from aehash.index.planes import aligned
from aehash.jit import kernels

_GROUP = 128
"""Queries compared with a block while it is in the cache."""
_ROOM = 1 << 22
"""Rows found at once for all queries of a group, unless one query asks for more."""
_SHARED = 32
"""With as many queries for each thread, threads share the queries out."""
_PART = 6 << 20
"""Bytes of planes, counted once for each query, from which each of several threads pays: to wake
one and to join what it finds takes as long as to read some 3 MB."""
_COMPILED_BITS = 2048
"""Longer codes are compared by NumPy."""


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
    threads = _useful(threads, len(queries) * planes.nbytes)
    indices, distances = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
    if allowed is not None or n < k:  # else every place is written
        indices.fill(-1)
        distances.fill(np.inf)
    if not n or not len(queries):
        return indices, distances
    scan = _scan(planes, n, allowed)
    if threads > 1 and len(queries) >= _SHARED * threads:
        work = partial(_nearest, scan, queries, k, 1, indices, distances)
        parallel.run(work, parallel.split(len(queries), threads))
    else:
        _nearest(scan, queries, k, threads, indices, distances, slice(0, len(queries)))
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
    threads = _useful(threads, len(queries) * planes.nbytes)
    if not n or not len(queries):
        return np.zeros(len(queries) + 1, np.int64), np.empty(0, np.int64), np.empty(0)
    scan = _scan(planes, n, allowed)
    work = _kernels(scan)
    found: list[Entries] = []
    for start in range(0, len(queries), _GROUP):
        found += work.within(scan, queries[start : start + _GROUP], radius, threads)
    sizes = np.concatenate([entries.ends - entries.starts for entries in found])
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    indices, distances = np.empty(offsets[-1], np.int64), np.empty(offsets[-1])
    targets = np.split(offsets[:-1], np.cumsum([len(entries.starts) for entries in found])[:-1])
    for entries, target in zip(found, targets, strict=True):
        _write(work, entries, bits, threads, indices, distances, target)
    return offsets, indices, distances


def _useful(threads: int | None, work: int) -> int:
    """Use no more threads than pay for so many bytes."""
    return 1 if work < 2 * _PART else min(parallel.check_threads(threads), work // _PART)


def _scan(planes: Words, n: int, allowed: Words | None) -> Scan:
    """Make the planes fit for the kernels' vector loads."""
    planes = planes.view(np.ndarray)
    if planes.ctypes.data % 32 or not planes.flags.c_contiguous:
        anywhere, planes = planes, aligned(planes.shape)
        planes[:] = anywhere
    planes.flags.writeable = False  # as memory maps are: for numba they are another type
    return Scan(planes, n, allowed)


def _kernels(scan: Scan) -> ModuleType:
    """Choose who does the work."""
    if kernels() == "numba" and scan.bits <= _COMPILED_BITS:
        from aehash.index import scan_compiled

        return scan_compiled
    from aehash.index import scan_numpy

    return scan_numpy


def _nearest(
    scan: Scan,
    queries: Codes,
    k: int,
    threads: int,
    indices: Ints,
    distances: Floats,
    part: slice,
) -> None:
    """Search some queries, group by group."""
    work = _kernels(scan)
    found = min(k, scan.n)
    flat = indices.reshape(-1), distances.reshape(-1)
    group = max(1, min(_GROUP, _ROOM // found))
    for start in range(part.start, part.stop, group):
        stop = min(start + group, part.stop)
        targets = np.arange(start * k, stop * k, k)
        work.rank(scan, queries[start:stop], found, threads, *flat, targets)


def _write(
    work: ModuleType,
    entries: Entries,
    bits: int,
    threads: int,
    indices: Ints,
    distances: Floats,
    targets: Ints,
) -> None:
    """Sort some queries' entries into the results."""

    def part_of(part: slice) -> None:
        some = Entries(entries.flat, entries.starts[part], entries.ends[part])
        work.write(some, bits, len(entries.flat), indices, distances, targets[part])

    parallel.run(part_of, parallel.split(len(targets), threads))
