"""The compiled scans: a kernel for each number of bits, made and cached at its first use.

All arrays come from outside: to make them here would take longer to compile than the scans.
"""

from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.index.adders import (
    VARIANTS,
    WORDS,
    lowest_one,
    scan_planes,
    scan_table,
    spell_out,
    triple,
    triples,
)
from aehash.index.carry_save import digits
from aehash.jit import compiled

U = np.uint64
_LANES = 64 * WORDS

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]


@lru_cache(maxsize=64)
def kernel_for(bits: int, tabled: bool) -> Any:
    """Compile the scan for codes of so many bits, or load it from the cache.

    Args:
        bits: Bits per code.
        tabled: Whether a block's table is made for all queries together, which pays from about
            four of them on.

    Returns:
        The compiled scan.
    """
    full, rest, count, groups = bits // 3, bits % 3, digits(bits), triples(bits)
    query_words = 2 * groups if tabled else bits
    kernel = partial(compiled, variant=(bits, tabled))

    @kernel
    def tabulate(planes: Words, block: int, table: Words) -> None:
        """Write a block's table."""
        base = U(block) * U(bits * WORDS)
        for group in range(U(full)):
            triple(planes, base + group * U(3 * WORDS), 3, table, group * U(VARIANTS * WORDS))
        if rest == 1:
            triple(planes, base + U(3 * WORDS * full), 1, table, U(VARIANTS * WORDS * full))
        if rest == 2:
            triple(planes, base + U(3 * WORDS * full), 2, table, U(VARIANTS * WORDS * full))

    @kernel
    def set_limit(limits: Words, query: int, limit: int) -> None:
        """Write the digits of 2^digits - limit, each as a word of zeros or ones."""
        value = U(1 << count) - U(limit)
        for digit in range(count):
            limits[query * count + digit] = U(0) - ((value >> U(digit)) & U(1))

    @kernel
    def scan(
        planes: Words,
        blocks: Ints,
        n: int,
        asked: Any,
        allowed: Words,
        limits: Words,
        table: Words,
        out: Words,
        distances: NDArray[np.uint16],
        k: int,
        limit: Ints,
        found: Words,
        used: Ints,
        below: Ints,
        histogram: Ints,
    ) -> None:
        """Find each query's k nearest entries (row · 2^16 + distance), in the rows' order.

        planes: flat. blocks: those to scan. n: codes in all. asked: the queries as `masks` or
        `picks` gives them. allowed: a word for 64 lanes, or empty. limits: (q · digits,), table,
        out (1 + digits, times 8) and distances (64,): room. k: how many; beyond the rows there
        are, all below the limit are found. limit: (q,) rows are found below it; tightened.
        found: (q, k + 512 or more) the entries. used: (q,) zeros; their numbers, or -1 where
        there was no room. below: (q,) and histogram: (q, bits + 2), zeros.
        """
        for query in range(len(limit)):
            set_limit(limits, query, limit[query])
        for block in blocks:
            if tabled:
                tabulate(planes, block, table)
            base = U(block) * U(bits * WORDS)
            for query in range(len(limit)):
                digit = U(query) * U(count)
                word = U(query) * U(query_words)
                if tabled:
                    hit = scan_table(table, asked, word, limits, digit, out, bits)
                else:
                    hit = scan_planes(planes, base, asked, word, limits, digit, out, bits)
                before = limit[query]
                if hit == 0 or before == 0 or used[query] < 0:
                    continue
                if used[query] + _LANES > found.shape[1]:
                    used[query] = _compact(found, query, used[query], before, k - below[query])
                    if used[query] + _LANES > found.shape[1]:
                        used[query] = -1
                        continue
                place, inside, most = used[query], below[query], before
                for part in range(len(out) // (1 + count)):
                    lanes = out[part]
                    if len(allowed):
                        lanes &= allowed[block * WORDS + part]
                    if lanes == 0:
                        continue
                    spell_out(out, U(part), before, distances, bits)
                    first = block * _LANES + part * 64
                    while lanes:
                        lane = np.int64(lowest_one(lanes))
                        lanes &= lanes - U(1)
                        distance = np.int64(distances[lane])
                        row = first + lane
                        if distance >= most or row >= n:
                            continue
                        found[query, place] = U(row) << U(16) | U(distance)
                        place += 1
                        histogram[query, distance] += 1
                        inside += 1
                        while inside >= k:
                            most -= 1
                            inside -= histogram[query, most]
                used[query] = place
                below[query] = inside
                if most != before:
                    limit[query] = most
                    set_limit(limits, query, most if most > 0 else 1)
        for query in range(len(limit)):
            if used[query] > below[query]:
                rest_at = k - below[query]
                used[query] = _compact(found, query, used[query], limit[query], rest_at)

    return scan


@compiled
def _compact(found: Words, query: int, used: int, limit: int, keep_at_limit: int) -> int:
    """Keep a query's entries below the limit, and the first ones at it; gives their number."""
    kept = 0
    for place in range(used):
        entry = found[query, place]
        distance = np.int64(entry & U(0xFFFF))
        if distance > limit or (distance == limit and keep_at_limit <= 0):
            continue
        if distance == limit:
            keep_at_limit -= 1
        found[query, kept] = entry
        kept += 1
    return kept


@compiled
def order(
    flat: Words,
    starts: Ints,
    ends: Ints,
    place: Ints,
    k: int,
    indices: Ints,
    distances: NDArray[np.float64],
    targets: Ints,
) -> None:
    """Write each query's entries by distance, equal ones in their order, split in two.

    place: one more than the distances there may be. indices, distances: written from targets on,
    at most k of each query.
    """
    for query in range(len(targets)):
        for distance in range(len(place)):
            place[distance] = 0
        # Unsigned indices cannot count from the end, which would be looked into each time.
        start, end, target = U(starts[query]), U(ends[query]), U(targets[query])
        for entry in range(start, end):
            place[(flat[entry] & U(0xFFFF)) + U(1)] += 1
        for distance in range(1, len(place)):
            place[distance] += place[distance - 1]
        for entry in range(start, end):
            near = flat[entry] & U(0xFFFF)
            rank = U(place[near])
            place[near] += 1
            if rank < U(k):
                indices[target + rank] = np.int64(flat[entry] >> U(16))
                distances[target + rank] = near
