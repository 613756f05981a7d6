"""Exact search within a small radius, without comparing every code: multi-index hashing.

Two codes that differ in few bits agree, or nearly, in some substring, so it is enough to compare
a query with the codes whose substrings are near its own (Norouzi, Punjani and Fleet, "Fast Search
in Hamming Space with Multi-Index Hashing", CVPR 2012). How many those are is known before any is
read, and decides for each query between the look-up and the plain scan of the database.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_packed, check_padding
from aehash.errors import UsageError
from aehash.index.checks import table, whole
from aehash.index.hamming import HammingIndex
from aehash.index.multi_index_plan import COSTS, THREAD, Plan, scan_instead
from aehash.index.ranking import Neighbours
from aehash.index.substrings import LONGEST, SHORTEST, Tables, default_length
from aehash.index.words import words
from aehash.jit import kernels
from aehash.parallel import check_threads, run, split

_SMALL = 10_000
"""Below so many codes, a scan is always as fast, and no tables are made."""
_MOST = (1 << 32) - 1


@dataclass(frozen=True)
class Statistics:
    """What an index is made of.

    Attributes:
        codes: How many codes there are.
        bits: Bits per code.
        lengths: Bits of each substring; none where the index only scans.
        build_seconds: How long it took to make.
        table_bytes: Memory that the tables take, beside the codes themselves.
        code_bytes: Memory that the codes take.
    """

    codes: int
    bits: int
    lengths: tuple[int, ...]
    build_seconds: float
    table_bytes: int
    code_bytes: int

    def __str__(self) -> str:
        """Say it in a sentence."""
        ratio = self.table_bytes / max(1, self.code_bytes)
        return (
            f"{self.codes:,} codes of {self.bits} bits, {len(self.lengths)} tables, "
            f"{self.table_bytes / 2**20:,.0f} MiB in all ({ratio:.1f} times the codes), made in "
            f"{self.build_seconds:.2f} s"
        )


class MultiIndex:
    """Codes, ready for exact searches within a small radius: near duplicates.

    The answers are those of `HammingIndex.within`, whichever way they are found. It pays for many
    codes and a radius of a few bits, the more the longer the codes are and the more evenly they
    are spread; it takes several times their memory, and more with the length of the code.

    Attributes:
        statistics: What the index is made of, what it takes and how long it took to make.

    Example:
        >>> codes = np.random.default_rng(0).integers(0, 256, (20_000, 8), np.uint8)
        >>> index = MultiIndex.from_codes(codes, 64)
        >>> index.within(codes[:1], radius=3).indices
        array([0])
    """

    def __init__(self, scan: HammingIndex, tables: Tables | None, statistics: Statistics) -> None:
        self._scan = scan
        self.statistics = statistics
        self._tables = tables

    @classmethod
    def from_codes(
        cls,
        packed: NDArray[np.uint8],
        bits: int,
        keys: Sequence[str] | NDArray[np.bytes_] | None = None,
        *,
        substring: int | None = None,
        threads: int | None = None,
    ) -> Self:
        """Make an index.

        Args:
            packed: ``(n, ceil(bits / 8))`` uint8, as a codebook holds them.
            bits: Bits per code.
            keys: ``(n,)`` distinct names of the rows.
            substring: Bits of a substring at most, from 4 to 24; by default about 16, with more
                for more codes. Below 10,000 codes the default is to make no tables at all.
            threads: How many threads to use; by default all.

        Returns:
            The index.

        Raises:
            UsageError: The codes are not of that many bits, the keys do not fit them, there are
                2^32 or more, or the substring's length is out of range.
        """
        started = time.perf_counter()
        workers = check_threads(threads)
        packed = check_packed(table("codes", packed), bits)
        if len(packed) > _MOST:
            raise UsageError(
                f"A MultiIndex holds at most {_MOST:,} codes, not {len(packed):,}: split them, or "
                "scan them with HammingIndex."
            )
        scan = HammingIndex.from_codes(packed, bits, keys)
        tables = _tables(packed, _length(substring, len(packed)), workers)
        statistics = Statistics(
            codes=len(packed),
            bits=bits,
            lengths=() if tables is None else tuple(np.diff(tables.at).tolist()),
            build_seconds=time.perf_counter() - started,
            table_bytes=0 if tables is None else tables.nbytes,
            code_bytes=packed.nbytes,
        )
        return cls(scan, tables, statistics)

    def __len__(self) -> int:
        """Count the codes."""
        return len(self._scan)

    def key(self, row: int) -> str:
        """Name a row; see `HammingIndex.key`."""
        return self._scan.key(row)

    def plan(
        self, queries: NDArray[np.uint8], radius: int = 2, *, threads: int | None = None
    ) -> Plan:
        """Say how queries would be answered, without doing it.

        Args:
            queries: ``(q, ceil(bits / 8))`` packed uint8.
            radius: The largest distance kept, inclusive, in bits.
            threads: How many threads there would be; by default all.

        Returns:
            For each query, whether the database is scanned, or what is read instead.

        Raises:
            UsageError: The radius is negative, or the queries have another number of bits.
        """
        asked, radius = self._check(queries, radius)
        return self._plan(asked, radius, check_threads(threads))

    def within(
        self, queries: NDArray[np.uint8], radius: int = 2, *, threads: int | None = None
    ) -> Neighbours:
        """Find all codes within a radius of each query.

        Args:
            queries: ``(q, ceil(bits / 8))`` packed uint8.
            radius: The largest distance kept, inclusive, in bits.
            threads: How many threads to use; by default all.

        Returns:
            Row numbers and distances, nearest first; ties stand in database order.

        Raises:
            UsageError: The radius is negative, or the queries have another number of bits.
        """
        queries = table("queries", queries)
        asked, radius = self._check(queries, radius)
        workers = check_threads(threads)
        plan = self._plan(asked, radius, workers)
        if self._tables is None or plan.linear.all():
            return self._scan.within(queries, radius, threads=threads)
        if not plan.linear.any():
            return _find(self._tables, asked, radius, plan, workers)
        chosen = np.flatnonzero(~plan.linear)
        found = _find(self._tables, asked[chosen], radius, plan.of(chosen), workers)
        scanned = np.flatnonzero(plan.linear)
        others = self._scan.within(queries[scanned], radius, threads=threads)
        return _woven(len(asked), (chosen, found), (scanned, others))

    def _check(self, queries: NDArray[np.uint8], radius: int) -> tuple[NDArray[np.uint64], int]:
        radius = min(whole("radius", radius, 0), self.statistics.bits)
        packed = check_packed(table("queries", queries), self.statistics.bits)
        check_padding(packed, self.statistics.bits)
        return np.ascontiguousarray(words(np.ascontiguousarray(packed)).T), radius

    def _plan(self, asked: NDArray[np.uint64], radius: int, threads: int) -> Plan:
        count = len(asked)
        if self._tables is None or radius > self._tables.furthest or not count:
            return Plan.scanning(count, len(self.statistics.lengths))
        costs = COSTS[kernels()]
        given = self._tables, asked, radius, costs.lookup, costs.code
        radii, work = _kernels().allot(*given)
        linear = scan_instead(work[:, 0], len(self) * self.statistics.bits, costs, threads)
        return Plan(linear, radii, work)


def _length(substring: int | None, n: int) -> int | None:
    if substring is None:
        return default_length(n) if n >= _SMALL else None
    if not SHORTEST <= whole("substring", substring, 0) <= LONGEST:
        raise UsageError(f"substring must be from {SHORTEST} to {LONGEST} bits, not {substring}.")
    return int(substring)


def _tables(packed: NDArray[np.uint8], length: int | None, threads: int) -> Tables | None:
    return Tables.build(packed, length, threads) if length and len(packed) else None


def _kernels() -> ModuleType:
    if kernels() == "numba":
        from aehash.index import _multi_index_numba

        return _multi_index_numba
    from aehash.index import _multi_index_numpy

    return _multi_index_numpy


def _find(
    tables: Tables, asked: NDArray[np.uint64], radius: int, plan: Plan, threads: int
) -> Neighbours:
    """Look queries up, shared out among threads where there is enough to do."""
    parts = split(len(asked), min(threads, 1 + int(plan.costs.sum()) // THREAD))
    found = run(partial(_part, tables, asked, radius, plan, _kernels()), parts)
    counts, rows, distances = (np.concatenate(each) for each in zip(*found, strict=True))
    offsets = np.zeros(len(asked) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return Neighbours(offsets, rows, distances)


def _part(
    tables: Tables,
    asked: NDArray[np.uint64],
    radius: int,
    plan: Plan,
    at_work: ModuleType,
    part: slice,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Look some queries up: how many codes each has found, their rows and distances."""
    given = tables, asked[part], radius, plan.radii[part], plan.work[part]
    counts, found = at_work.find(*given)
    shift = np.uint64(tables.row_bits)
    rows = found & ((np.uint64(1) << shift) - np.uint64(1))
    return counts, rows.astype(np.int64), (found >> shift).astype(np.float64)


def _woven(count: int, *parts: tuple[NDArray[np.intp], Neighbours]) -> Neighbours:
    """Put the answers to different queries together, in the queries' order."""
    sizes = np.zeros(count, np.int64)
    for queries, found in parts:
        sizes[queries] = np.diff(found.offsets)
    offsets = np.concatenate([[0], sizes.cumsum()])
    rows, distances = np.empty(offsets[-1], np.int64), np.empty(offsets[-1])
    for queries, found in parts:
        shift = np.repeat(offsets[queries] - found.offsets[:-1], sizes[queries])
        places = np.arange(len(found.indices)) + shift
        rows[places], distances[places] = found.indices, found.distances
    return Neighbours(offsets, rows, distances)
