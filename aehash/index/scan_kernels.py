"""The compiled scans: a kernel for each number of bits, made and cached at its first use."""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

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
        The kernels.
    """
    full, rest, count, groups = bits // 3, bits % 3, digits(bits), triples(bits)
    query_words = 2 * groups if tabled else bits
    kernel = partial(compiled, variant=(bits, tabled))

    @kernel
    def tabulate(planes, block, table):  # type: ignore[no-untyped-def]
        """Write a block's table."""
        base = U(block) * U(bits * WORDS)
        for group in range(U(full)):
            triple(planes, base + group * U(3 * WORDS), 3, table, group * U(VARIANTS * WORDS))
        if rest == 1:
            triple(planes, base + U(3 * WORDS * full), 1, table, U(VARIANTS * WORDS * full))
        if rest == 2:
            triple(planes, base + U(3 * WORDS * full), 2, table, U(VARIANTS * WORDS * full))

    @kernel
    def set_limit(limits, query, limit):  # type: ignore[no-untyped-def]
        """Write the digits of 2^digits - limit, each as a word of zeros or ones."""
        value = U(1 << count) - U(limit)
        for digit in range(count):
            limits[query * count + digit] = U(0) - ((value >> U(digit)) & U(1))

    @kernel
    def compact(found, query, used, limit, keep_at_limit):  # type: ignore[no-untyped-def]
        """Keep a query's entries below the limit, and the first ones at it."""
        kept = 0
        for place in range(used):
            entry = found[query, place]
            distance = np.int64(entry & U(0xFFFF))
            if distance < limit or (distance == limit and keep_at_limit > 0):
                keep_at_limit -= distance == limit
                found[query, kept] = entry
                kept += 1
        return kept

    @kernel
    def accept(  # type: ignore[no-untyped-def]
        out, block, n, allowed, k, query, limit, found, used, below, histogram, distances
    ):
        """Take a block's lanes below a query's limit; gives the limit, tightened."""
        place, inside, most = used[query], below[query], limit
        if place + _LANES > found.shape[1]:
            place = compact(found, query, place, most, k - inside)
        for word in range(WORDS):
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
    def nearest(planes, blocks, n, asked, allowed, k, limit, table, found, used):  # type: ignore[no-untyped-def]
        """Find, for each query, at most k entries (row · 2^16 + distance) in the rows' order.

        limit: the first limits; a row is only found below it. found: (q, more than k + 512).
        """
        queries = len(limit)
        limits = np.empty(queries * count, np.uint64)
        histogram = np.zeros((queries, bits + 2), np.int64)
        below = np.zeros(queries, np.int64)
        distances = np.empty(64, np.uint16)
        out = np.empty((1 + count) * WORDS + 4, np.uint64)
        out = out[(-out.ctypes.data // 8) % 4 :]
        for query in range(queries):
            set_limit(limits, query, limit[query])
        for block in blocks:
            if tabled:
                tabulate(planes, block, table)
            base = U(block) * U(bits * WORDS)
            for query in range(queries):
                digit = U(query) * U(count)
                word = U(query) * U(query_words)
                if tabled:
                    hit = scan_table(table, asked, word, limits, digit, out, bits)
                else:
                    hit = scan_planes(planes, base, asked, word, limits, digit, out, bits)
                if hit == 0 or limit[query] == 0:
                    continue
                before = limit[query]
                most = accept(
                    out,
                    block,
                    n,
                    allowed,
                    k,
                    query,
                    before,
                    found,
                    used,
                    below,
                    histogram,
                    distances,
                )
                if most != before:
                    limit[query] = most
                    set_limit(limits, query, max(most, 1))
        for query in range(queries):
            used[query] = compact(found, query, used[query], limit[query], k - below[query])

    @kernel
    def chosen(out, word, block, n, allowed):  # type: ignore[no-untyped-def]
        """Give a word's lanes below the limit, without those that may not be found."""
        lanes = out[word]
        if len(allowed):
            lanes &= allowed[block * WORDS + word]
        rest = n - block * _LANES - word * 64
        if rest < 64:
            lanes = U(0) if rest <= 0 else lanes & ((U(1) << U(rest)) - U(1))
        return lanes

    @kernel
    def count_within(planes, blocks, n, asked, allowed, limits, table, counts):  # type: ignore[no-untyped-def]
        """Count the rows below each query's limit, block by block, into counts (blocks, q)."""
        out = np.empty((1 + count) * WORDS + 4, np.uint64)
        out = out[(-out.ctypes.data // 8) % 4 :]
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
                        total += count_ones(chosen(out, part, block, n, allowed))
                counts[block, query] = total

    @kernel
    def fill_within(  # type: ignore[no-untyped-def]
        planes, blocks, n, asked, allowed, limits, limit, table, counts, places, found
    ):
        """Write the entries (row · 2^16 + distance) counted, from each query's place on."""
        distances = np.empty(64, np.uint16)
        out = np.empty((1 + count) * WORDS + 4, np.uint64)
        out = out[(-out.ctypes.data // 8) % 4 :]
        for block in blocks:
            base = U(block) * U(bits * WORDS)
            ready = False
            for query in range(counts.shape[1]):
                if counts[block, query] == 0:
                    continue
                digit = U(query) * U(count)
                word = U(query) * U(query_words)
                if tabled:
                    if not ready:
                        tabulate(planes, block, table)
                        ready = True
                    scan_table(table, asked, word, limits, digit, out, bits)
                else:
                    scan_planes(planes, base, asked, word, limits, digit, out, bits)
                place = places[query]
                for part in range(WORDS):
                    lanes = chosen(out, part, block, n, allowed)
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
def order(flat, starts, ends, limit, k, indices, distances, targets):  # type: ignore[no-untyped-def]
    """Write each query's entries by distance, equal ones in their order, split in two.

    limit: above every distance. indices, distances: written from targets on, at most k of each.
    """
    place = np.empty(limit + 1, np.int64)
    for query in range(len(targets)):
        place[:] = 0
        for entry in range(starts[query], ends[query]):
            place[np.int64(flat[entry] & U(0xFFFF)) + 1] += 1
        for distance in range(limit):
            place[distance + 1] += place[distance]
        for entry in range(starts[query], ends[query]):
            distance = np.int64(flat[entry] & U(0xFFFF))
            rank = place[distance]
            place[distance] = rank + 1
            if rank < k:
                indices[targets[query] + rank] = np.int64(flat[entry] >> U(16))
                distances[targets[query] + rank] = distance
