"""The compiled scans: a kernel for each number of bits, made and cached at its first use.

All arrays come from outside: to make them here would take longer to compile than the scans.
"""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.index.adders import (
    VARIANTS,
    WORDS,
    count_ones,
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


class Kernels(NamedTuple):
    """The compiled functions for codes of one length."""

    nearest: Any
    count: Any
    fill: Any


@lru_cache(maxsize=64)
def kernels_for(bits: int, tabled: bool) -> Kernels:
    """Compile the kernels for codes of so many bits, or load them from the cache.

    Args:
        bits: Bits per code.
        tabled: Whether a block's table is made for all queries together, which pays from about
            four of them on.

    Returns:
        The kernels. Their arguments, besides those each names: planes, flat; blocks, the numbers
        of those to scan; n, the codes there are; asked, the queries as `masks` or `picks` gives
        them; allowed, a word for 64 lanes, or empty; limits, digits as `limit_digits` gives
        them; table, room for a block's; out and distances, room for 512 lanes' digits and 64
        distances.
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
    def accept(
        out: Words,
        block: int,
        n: int,
        allowed: Words,
        k: int,
        query: int,
        limit: int,
        found: Words,
        used: Ints,
        below: Ints,
        histogram: Ints,
        distances: NDArray[np.uint16],
    ) -> int:
        """Take a block's lanes below a query's limit; gives the limit, tightened."""
        if used[query] + _LANES > found.shape[1]:
            used[query] = _compact(found, query, used[query], limit, k - below[query])
        place, inside, most = used[query], below[query], limit
        for word in range(len(out) // (1 + count)):  # a number known beforehand would be unrolled
            lanes = out[word]
            if len(allowed):
                lanes &= allowed[block * WORDS + word]
            if lanes == 0:
                continue
            spell_out(out, U(word), limit, distances, bits)
            first = block * _LANES + word * 64
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
        return most

    @kernel
    def nearest(
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
        """Find, for each query, at most k entries (row · 2^16 + distance) in the rows' order.

        limit: (q,) rows are found below it; tightened. found: (q, k + 512 or more) the entries.
        used: (q,) zeros; their numbers. below: (q,) and histogram: (q, bits + 2), zeros.
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
                if hit == 0 or before == 0:
                    continue
                state = (found, used, below, histogram, distances)
                most = accept(out, block, n, allowed, k, query, before, *state)
                if most != before:
                    limit[query] = most
                    set_limit(limits, query, most if most > 0 else 1)
        for query in range(len(limit)):
            rest_at = k - below[query]
            used[query] = _compact(found, query, used[query], limit[query], rest_at)

    @kernel
    def count_within(
        planes: Words,
        blocks: Ints,
        n: int,
        asked: Any,
        allowed: Words,
        limits: Words,
        table: Words,
        out: Words,
        counts: NDArray[np.uint16],
    ) -> None:
        """Count the rows below each query's limit, block by block, into counts (blocks, q)."""
        for block in blocks:
            if tabled:
                tabulate(planes, block, table)
            base = U(block) * U(bits * WORDS)
            for query in range(counts.shape[1]):
                digit = U(query) * U(count)
                word = U(query) * U(query_words)
                if tabled:
                    hit = scan_table(table, asked, word, limits, digit, out, bits)
                else:
                    hit = scan_planes(planes, base, asked, word, limits, digit, out, bits)
                total = U(0)
                if hit:
                    for part in range(WORDS):
                        total += count_ones(_chosen(out, part, block, n, allowed))
                counts[block, query] = total

    @kernel
    def fill_within(
        planes: Words,
        blocks: Ints,
        n: int,
        asked: Any,
        allowed: Words,
        limits: Words,
        table: Words,
        out: Words,
        distances: NDArray[np.uint16],
        limit: int,
        counts: NDArray[np.uint16],
        places: Ints,
        found: Words,
    ) -> None:
        """Write the entries counted (row · 2^16 + distance), from each query's place on."""
        for block in blocks:
            base = U(block) * U(bits * WORDS)
            if tabled:
                tabulate(planes, block, table)
            for query in range(counts.shape[1]):
                if counts[block, query] == 0:
                    continue
                digit = U(query) * U(count)
                word = U(query) * U(query_words)
                if tabled:
                    scan_table(table, asked, word, limits, digit, out, bits)
                else:
                    scan_planes(planes, base, asked, word, limits, digit, out, bits)
                place = places[query]
                for part in range(len(out) // (1 + count)):
                    lanes = _chosen(out, part, block, n, allowed)
                    if lanes == 0:
                        continue
                    spell_out(out, U(part), limit, distances, bits)
                    first = U(block * _LANES + part * 64)
                    while lanes:
                        lane = lowest_one(lanes)
                        lanes &= lanes - U(1)
                        found[place] = (first + lane) << U(16) | U(distances[lane])
                        place += 1
                places[query] = place

    return Kernels(nearest, count_within, fill_within)


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
def _chosen(out: Words, word: int, block: int, n: int, allowed: Words) -> Any:
    """Give a word's lanes below the limit, without those that may not be found."""
    lanes = out[word]
    if len(allowed):
        lanes &= allowed[block * WORDS + word]
    rest = n - block * _LANES - word * 64
    if rest >= 64:
        return lanes
    if rest <= 0:
        return U(0)
    return lanes & ((U(1) << U(rest)) - U(1))


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
        for entry in range(starts[query], ends[query]):
            place[np.int64(flat[entry] & U(0xFFFF)) + 1] += 1
        for distance in range(1, len(place)):
            place[distance] += place[distance - 1]
        for entry in range(starts[query], ends[query]):
            near = np.int64(flat[entry] & U(0xFFFF))
            rank = place[near]
            place[near] = rank + 1
            if rank < k:
                indices[targets[query] + rank] = np.int64(flat[entry] >> U(16))
                distances[targets[query] + rank] = near
