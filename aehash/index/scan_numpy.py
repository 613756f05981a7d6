"""The scans in NumPy, for where numba is missing: the same results, several times slower.

Planes are turned back into words, some blocks at a time, and each word is compared by XOR and a
count of ones. The pieces are long enough that NumPy's cost of a call does not matter, and short
enough to stay in the processor's cache.
"""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash import parallel
from aehash.index.entries import ROW, Codes, Entries, Floats, Ints, Scan, Words, joined
from aehash.index.planes import LANES, WORDS

_BLOCKS = 128
"""Blocks compared at once, ..."""
_WORDS = 1 << 18
"""... unless their codes are longer than this many words in all."""
_SAMPLE = 4096
"""Distances that give a query's first limit."""
_TURNS = tuple(
    (np.uint64(step), np.uint64(sum(((1 << step) - 1) << at for at in range(0, 64, 2 * step))))
    for step in (32, 16, 8, 4, 2, 1)
)
"""The steps that transpose 64 × 64 bits: how far, and which bits move."""

Distances = NDArray[np.uint8] | NDArray[np.uint16]


class _Piece(NamedTuple):
    """Some blocks, as words.

    Attributes:
        row: The first code's row.
        columns: ``(words, codes)``: place p holds code ``64 * (p % m) + p // m`` of them, where m
            is a 64th of them.
        forbidden: ``(codes,)`` all ones where a code may not be found; None: all may.
    """

    row: int
    columns: Words
    forbidden: Distances | None


def rank(
    scan: Scan,
    queries: Codes,
    k: int,
    threads: int,
    indices: Ints,
    distances: Floats,
    targets: Ints,
) -> None:
    """Do the work of `aehash.index.scan_compiled.rank`."""
    parts = parallel.split(len(scan.planes), threads)
    found = parallel.run(lambda part: _nearest(scan, queries, k, part), parts)
    entries = joined([[part[query] for part in found] for query in range(len(queries))])
    write(entries, scan.bits, k, indices, distances, targets)


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
    for piece, query, distances in _compared(scan, queries, part):
        if int(distances.min()) >= limits[query]:
            continue
        sample = distances[: max(_SAMPLE, k)]
        if not len(best[query]) and k <= len(sample):
            limits[query] = min(limits[query], int(np.partition(sample, k - 1)[k - 1]) + 1)
        found = _entries(distances, limits[query], piece.row)
        best[query] = _keep(np.concatenate([best[query], found]), k)
        if len(best[query]) == k:
            limits[query] = int(_distance_of(best[query]).max())
    return best


def _within(scan: Scan, queries: Codes, radius: int, part: slice) -> list[list[Words]]:
    limit = min(radius, scan.bits) + 1
    found: list[list[Words]] = [[np.empty(0, np.uint64)] for _ in queries]
    for piece, query, distances in _compared(scan, queries, part):
        if int(distances.min()) < limit:
            found[query].append(_entries(distances, limit, piece.row))
    return found


def _compared(scan: Scan, queries: Codes, part: slice) -> Iterator[tuple[_Piece, int, Distances]]:
    """Give the distances of some blocks' codes to each query, piece by piece.

    They are written over for the next query, and beyond all limits where a code may not be found.
    """
    asked = _query_words(queries, scan.bits)
    size = min(_piece_blocks(scan), part.stop - part.start) * LANES
    kind = np.uint8 if asked.shape[1] <= 3 else np.uint16  # its largest number is no distance
    differ, ones = np.empty(size, np.uint64), np.empty(size, np.uint8)
    room = np.empty(size, kind)
    for piece in _pieces(scan, part, kind):
        count = piece.columns.shape[1]
        xor, some, total = differ[:count], ones[:count], room[:count]
        for query, code in enumerate(asked):
            np.bitwise_count(np.bitwise_xor(piece.columns[0], code[0], out=xor), out=total)
            for column, word in zip(piece.columns[1:], code[1:], strict=True):
                np.bitwise_count(np.bitwise_xor(column, word, out=xor), out=some)
                np.add(total, some, out=total)
            if piece.forbidden is not None:
                np.bitwise_or(total, piece.forbidden, out=total)
            yield piece, query, total


def _query_words(queries: Codes, bits: int) -> Words:
    """Give queries as words, bit j of the code at bit ``j % 64`` of a word: ``(q, words)``."""
    ones = np.zeros((len(queries), -(-bits // 64) * 64), np.uint8)
    ones[:, :bits] = np.unpackbits(queries, axis=1, count=bits)
    return np.packbits(ones, axis=1, bitorder="little").view("<u8")


def _piece_blocks(scan: Scan) -> int:
    """Say how many blocks are compared at once."""
    return max(1, min(_BLOCKS, _WORDS // (-(-scan.bits // 64) * LANES)))


def _pieces(scan: Scan, part: slice, kind: type[np.uint8 | np.uint16]) -> Iterator[_Piece]:
    """Turn some blocks at a time back into words."""
    step = _piece_blocks(scan)
    for start in range(part.start, part.stop, step):
        stop = min(start + step, part.stop)
        forbidden = _forbidden(scan, start, stop, kind)
        yield _Piece(start * LANES, _columns(scan.planes[start:stop]), forbidden)


def _columns(planes: Words) -> Words:
    """Transpose planes to words, of which bit j comes from plane j: ``(words, codes)``."""
    blocks, bits, _ = planes.shape
    rows = np.zeros((-(-bits // 64) * 64, blocks, WORDS), np.uint64)
    rows[:bits] = planes.transpose(1, 0, 2)
    room = np.empty(rows.size // 2, np.uint64)
    for step, moved in _TURNS:
        pairs = rows.reshape(-1, 2, int(step) * blocks * WORDS)
        low, high = pairs[:, 0], pairs[:, 1]
        swap = room.reshape(low.shape)
        np.right_shift(low, step, out=swap)
        np.bitwise_xor(swap, high, out=swap)
        np.bitwise_and(swap, moved, out=swap)
        np.bitwise_xor(high, swap, out=high)
        np.left_shift(swap, step, out=swap)
        np.bitwise_xor(low, swap, out=low)
    return rows.reshape(-1, blocks * LANES)


def _forbidden(
    scan: Scan, start: int, stop: int, kind: type[np.uint8 | np.uint16]
) -> Distances | None:
    """Mark the places of a piece that may not be found, if there are any."""
    if scan.allowed is None and stop * LANES <= scan.n:
        return None
    lanes = np.ones((stop - start) * LANES, np.int8)
    if scan.allowed is not None:
        words = np.ascontiguousarray(scan.allowed[start * WORDS : stop * WORDS])
        lanes = np.unpackbits(words.view(np.uint8), bitorder="little").view(np.int8)
    lanes[scan.n - start * LANES :] = 0
    lanes -= 1  # all ones where there was none
    marked = lanes.reshape(-1, 64).T.ravel()
    return marked.astype(np.uint8) if kind is np.uint8 else marked.astype(np.uint16)


def _entries(distances: Distances, limit: int, first: int) -> Words:
    """List the rows below a limit, in their order."""
    below = distances < limit
    eights = np.flatnonzero(below.view(np.uint64))  # few rows are below, and most soon passed over
    places = (eights[:, None] * 8 + np.arange(8)).ravel()
    places = places[below[places]]
    word, lane = places % (len(distances) // 64), places // (len(distances) // 64)
    rows = (word * 64 + lane + first).astype(np.uint64)
    found: Words = np.sort(rows << ROW | distances[places].astype(np.uint64))
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
