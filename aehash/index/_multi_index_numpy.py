"""Multi-index hashing in NumPy, as the compiled kernels do it."""

import numpy as np
from numpy.typing import NDArray

from aehash.index.substrings import REACH, Tables, substrings

_NEVER = 1 << 60


def allot(
    tables: Tables, queries: NDArray[np.uint64], radius: int, per_lookup: int, per_code: int
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Share a radius out among the tables, at the least cost for each query.

    If every table misses a code, its substrings differ in more bits than each table's radius, so
    the code differs in at least the sum of (radius + 1). Where that is more than the radius asked
    for, nothing inside is missed, whichever way it is shared out. (Norouzi, Punjani and Fleet
    2012 share it out evenly; Qin et al., "GPH: Similarity Search in Hamming Space", ICDE 2018,
    at the least cost, which is found by dynamic programming.)

    Args:
        tables: m tables.
        queries: ``(q, W)`` uint64.
        radius: From 0 to what the tables can serve.
        per_lookup: What it costs to look a bucket up.
        per_code: What it costs to compare a code.

    Returns:
        ``(q, m)`` radii, -1 for a table that is left out; and ``(q, 3)``: the cost, the buckets
        looked up, the codes in them.
    """
    shares, count = len(tables.rows), len(queries)
    entries = np.stack([entry(tables, queries, table) for table in range(shares)], axis=1)
    codes = tables.inside[entries].astype(np.int64)
    kinds = np.diff(tables.at) - (tables.at[1] - tables.at[0])
    costs = tables.volumes[kinds] * per_lookup + codes * per_code
    best = np.full((count, radius + 2), _NEVER)
    best[:, 0] = 0
    choice = np.zeros((count, shares, radius + 2), np.int8)
    for table in range(shares):
        before = best.copy()
        for share in range(1, min(REACH + 1, radius + 1) + 1):
            cost = before[:, :-share] + costs[:, table, share - 1, None]
            better = cost < best[:, share:]
            best[:, share:][better] = cost[better]
            choice[:, table, share:][better] = share
    radii = np.empty((count, shares), np.int8)
    work = np.zeros((count, 3), np.int64)
    work[:, 0] = best[:, -1]
    left, every = np.full(count, radius + 1), np.arange(count)
    for table in reversed(range(shares)):
        share = choice[every, table, left]
        radii[:, table] = share - 1
        left -= share
        used = share > 0
        work[used, 1] += tables.volumes[kinds[table], share[used] - 1]
        work[used, 2] += codes[used, table, share[used] - 1]
    return radii, work


def find(
    tables: Tables,
    queries: NDArray[np.uint64],
    radius: int,
    radii: NDArray[np.int8],
    work: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Find the codes within a radius.

    Args:
        tables: The tables.
        queries: ``(q, W)`` uint64.
        radius: The largest distance kept.
        radii: ``(q, m)``, from `allot`.
        work: ``(q, 3)``, from `allot`.

    Returns:
        How many codes each query found; and for all of them, one query after the other,
        distance · 2^(bits of a row) + row, ascending.
    """
    found = [_of_query(tables, *pair, radius) for pair in zip(queries, radii, strict=True)]
    counts = np.array([len(entries) for entries in found], np.int64)
    return counts, np.concatenate([np.empty(0, np.uint64), *found])


def entry(tables: Tables, queries: NDArray[np.uint64], table: int) -> NDArray[np.int64]:
    """Find where a table speaks of the queries' substrings."""
    values = substrings(queries.T, tables.at[table], tables.at[table + 1])
    return np.asarray(values + tables.first[table], np.int64)


def _of_query(
    tables: Tables, query: NDArray[np.uint64], radii: NDArray[np.int8], radius: int
) -> NDArray[np.uint64]:
    found = [
        _in_table(tables, query, radii, radius, t) for t in np.flatnonzero(radii >= 0).tolist()
    ]
    return np.sort(np.concatenate(found))


def _in_table(
    tables: Tables, query: NDArray[np.uint64], radii: NDArray[np.int8], radius: int, table: int
) -> NDArray[np.uint64]:
    """Find the codes that this table is the first to report."""
    places = _places(tables, query, radii[table], table)
    count, held = len(query), tables.held[table]
    columns = (tables.lead[table] + np.arange(count)) % count
    difference = np.empty((count, len(places)), np.uint64)
    difference[columns[: len(held)]] = held[:, places] ^ query[columns[: len(held)], None]
    near = np.bitwise_count(difference[columns[: len(held)]]).sum(axis=0, dtype=np.int64) <= radius
    difference, rows = difference[:, near], tables.rows[table, places[near]]
    for column in columns[len(held) :]:
        difference[column] = tables.codes[rows, column] ^ query[column]
    distances = np.bitwise_count(difference).sum(axis=0, dtype=np.uint64)
    new = distances <= radius
    for earlier in np.flatnonzero(radii[:table] >= 0):
        part = substrings(difference, tables.at[earlier], tables.at[earlier + 1])
        new &= np.bitwise_count(part) > radii[earlier]
    return np.asarray(distances[new] << np.uint64(tables.row_bits) | rows[new], np.uint64)


def _places(
    tables: Tables, query: NDArray[np.uint64], radius: int, table: int
) -> NDArray[np.int64]:
    """List the places in the buckets near a query's substring."""
    kind = int(tables.at[table + 1] - tables.at[table] - (tables.at[1] - tables.at[0]))
    flips = tables.flips[kind, : tables.volumes[kind, radius]]
    value = entry(tables, query[None], table) - tables.first[table]
    entries = tables.first[table] + (value ^ flips)
    begins = tables.starts[entries].astype(np.int64)
    sizes = tables.starts[entries + 1] - begins
    ends = np.cumsum(sizes)
    return np.asarray(np.arange(ends[-1]) + np.repeat(begins - ends + sizes, sizes), np.int64)
