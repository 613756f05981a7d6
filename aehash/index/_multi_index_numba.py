"""Multi-index hashing, compiled; `aehash.index._multi_index_numpy` is its twin."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from aehash.index._substrings_numba import share_out, substring
from aehash.index.adders import count_ones
from aehash.index.substrings import Tables
from aehash.jit import compiled

U = np.uint64
Words = NDArray[np.uint64]
Rows = NDArray[np.uint32]
Ints = NDArray[np.int64]
Shares = NDArray[np.int8]
_AHEAD = 8
"""Buckets asked for from memory before they are read."""
_STRETCH = 1024
"""Codes of a bucket looked at together."""
_ROOM = 1 << 18
"""Codes found that are written before they are copied."""
_TOGETHER = 1 << 16
"""Queries whose codes are sorted together: a query's number, a distance and a row fit a word."""


@intrinsic
def prefetch(typing, array, index):  # type: ignore[no-untyped-def]
    """Ask for an element's cache line, without waiting for it."""

    def write(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        data = context.make_array(signature.args[0])(context, builder, value=arguments[0]).data
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte] + [number] * 3)
        )
        builder.call(function, [place, *(ir.Constant(number, given) for given in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, types.uint64), write


@compiled
def _buckets(
    query: Words,
    at: Ints,
    first: Ints,
    starts: Rows,
    flips: Rows,
    volumes: Ints,
    radii: Shares,
    begins: Rows,
    ends: Rows,
    owner: Ints,
) -> int:
    """List the buckets to read that are not empty; gives their number."""
    count = 0
    shorter = at[1] - at[0]
    for table in range(len(at) - 1):
        if radii[table] < 0:
            continue
        kind = at[table + 1] - at[table] - shorter
        value = substring(query, at, table)
        base = U(first[table])
        for flip in range(volumes[kind, radii[table]]):
            entry = base + (value ^ U(flips[kind, flip]))
            begin, end = starts[entry], starts[entry + U(1)]
            begins[count] = begin
            ends[count] = end
            owner[count] = table
            count += end > begin
    return count


@compiled
def _differences(
    held: Words,
    codes: Words,
    rows: Rows,
    table: Any,
    lead: Any,
    asked: Words,
    near: Words,
    hits: Any,
    distances: Words,
    differences: Words,
) -> None:
    """Write the bits in which codes differ from a query, and complete their distances."""
    count, size = len(asked), held.shape[1]
    for part in range(count):
        column = lead + part
        column = U(column if column < count else column - count)
        word = asked[column]
        if part < size:
            for hit in range(hits):
                differences[column, hit] = held[table, part, near[hit]] ^ word
        else:
            for hit in range(hits):
                other = codes[rows[table, near[hit]], column] ^ word
                differences[column, hit] = other
                distances[hit] += count_ones(other)


@compiled
def _drop_reported(
    differences: Words, hits: Any, at: Ints, radii: Shares, table: Any, new: Words
) -> None:
    """Set `new` to 0 for codes that an earlier table reports, too."""
    for earlier in range(table):
        if radii[earlier] < 0:
            continue
        begin, length = U(at[earlier]), U(at[earlier + 1] - at[earlier])
        word, shift, mask = begin >> U(6), begin & U(63), (U(1) << length) - U(1)
        limit = U(radii[earlier])
        if shift + length <= U(64):
            for hit in range(hits):
                part = differences[word, hit] >> shift
                new[hit] &= U(count_ones(part & mask) > limit)
        else:
            for hit in range(hits):
                part = differences[word, hit] >> shift
                part |= differences[word + U(1), hit] << (U(64) - shift)
                new[hit] &= U(count_ones(part & mask) > limit)


@compiled
def _near(
    held: Words,
    table: Any,
    begin: Any,
    end: Any,
    first: Any,
    second: Any,
    limit: Any,
    near: Words,
    distances: Words,
) -> Any:
    """List the places of a bucket whose words held are within the limit; gives their number."""
    count = U(0)
    u, one = held[table, 0], held[table, held.shape[1] - 1]
    if held.shape[1] == 1:
        for place in range(begin, end):
            distance = count_ones(u[place] ^ first)
            near[count] = place
            distances[count] = distance
            count += U(distance <= limit)
        return count
    for place in range(begin, end):
        distance = count_ones(u[place] ^ first) + count_ones(one[place] ^ second)
        near[count] = place
        distances[count] = distance
        count += U(distance <= limit)
    return count


@compiled
def _find(
    queries: Words,
    codes: Words,
    held: Words,
    rows: Rows,
    lead: Ints,
    at: Ints,
    first: Ints,
    starts: Rows,
    flips: Rows,
    volumes: Ints,
    radius: Any,
    radii: Shares,
    work: Ints,
    shift: Any,
    found: Words,
    counts: Ints,
) -> int:
    """Find the codes within a radius of the first queries, as many as there is room for.

    work: (q, 3), as `allot` wrote it. shift: the bits of a row. found: the entries, written:
    distance · 2^shift + row, query by query. counts: (q,), written.
    Returns the number of queries done.
    """
    count, size = queries.shape[1], held.shape[1]
    most = 0
    for query in range(len(work)):
        most = max(most, work[query, 1])
    begins, ends = np.empty(most, np.uint32), np.empty(most, np.uint32)
    owner = np.empty(most, np.int64)
    near, distances = np.empty(_STRETCH, np.uint64), np.empty(_STRETCH, np.uint64)
    differences, new = np.empty((count, _STRETCH), np.uint64), np.empty(_STRETCH, np.uint64)
    used = U(0)
    limit, last_place = U(radius), U(rows.shape[1] - 1)
    for query in range(len(queries)):
        if used + U(min(work[query, 2], rows.shape[1])) >= U(len(found)):
            return query
        asked, shares, before = queries[query], radii[query], used
        buckets = _buckets(asked, at, first, starts, flips, volumes, shares, begins, ends, owner)
        for bucket in range(buckets):
            if bucket + _AHEAD < buckets:
                ahead, place = owner[bucket + _AHEAD], U(begins[bucket + _AHEAD])
                for part in range(size):
                    prefetch(held[ahead, part], place)
                    prefetch(held[ahead, part], min(place + U(8), last_place))
            table = owner[bucket]
            last = lead[table] + size - 1
            word, other = asked[lead[table]], asked[last if last < count else last - count]
            for begin in range(U(begins[bucket]), U(ends[bucket]), U(_STRETCH)):
                end = min(begin + U(_STRETCH), U(ends[bucket]))
                hits = _near(held, table, begin, end, word, other, limit, near, distances)
                if hits == 0:
                    continue
                _differences(
                    held, codes, rows, table, lead[table], asked, near, hits, distances, differences
                )
                for hit in range(hits):
                    new[hit] = U(distances[hit] <= limit)
                _drop_reported(differences, hits, at, shares, table, new)
                for hit in range(hits):
                    found[used] = distances[hit] << U(shift) | U(rows[table, near[hit]])
                    used += new[hit]
        counts[query] = used - before
    return len(queries)


def allot(
    tables: Tables, queries: NDArray[np.uint64], radius: int, per_lookup: int, per_code: int
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Do what `aehash.index._multi_index_numpy.allot` does."""
    radii = np.empty((len(queries), len(tables.rows)), np.int8)
    work = np.empty((len(queries), 3), np.int64)
    where = tables.at, tables.first, tables.inside, tables.volumes
    prices = np.array([per_lookup, per_code])
    room = np.empty(radius + 2, np.int64), np.empty((radii.shape[1], radius + 2), np.int8)
    share_out(queries, *where, prices, *room, radii, work)
    return radii, work


def find(
    tables: Tables,
    queries: NDArray[np.uint64],
    radius: int,
    radii: NDArray[np.int8],
    work: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Do what `aehash.index._multi_index_numpy.find` does."""
    t = tables
    held = t.codes, t.held, t.rows, t.lead, t.at, t.first, t.starts, t.flips, t.volumes
    most = min(int(work[:, 2].max(initial=0)), t.rows.shape[1])
    found = np.empty(max(_ROOM, most + 1), np.uint64)
    counts = np.empty(len(queries), np.int64)
    pieces = [found[:0]]
    done = 0
    while done < len(queries):
        rest = slice(done, done + _TOGETHER)
        given = queries[rest], *held, radius, radii[rest], work[rest], t.row_bits
        some = _find(*given, found, counts[rest])
        here = counts[done : done + some]
        pieces.append(_sorted(found[: here.sum()], here, t.row_bits + radius.bit_length()))
        done += some
    return counts, np.concatenate(pieces)


def _sorted(found: Words, counts: Ints, bits: int) -> Words:
    """Sort each query's entries of so many bits, all at once, with its number above them."""
    if len(counts) == 1:
        return np.asarray(np.sort(found))
    ordered = found | np.repeat(np.arange(len(counts), dtype=np.uint64) << U(bits), counts)
    ordered.sort()
    ordered &= U((1 << bits) - 1)
    return ordered
