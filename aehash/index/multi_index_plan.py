"""What a look-up costs and what a scan costs: how multi-index hashing chooses between them."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aehash.jit import Kernels


class Costs(NamedTuple):
    """What work takes on one core, in picoseconds; only the ratios matter.

    Measured with 1 million codes, random and real, of 64 to 256 bits, on one AMD Zen 3 (AVX2). A
    wrong cost changes how long an answer takes, never the answer.

    Attributes:
        query: To begin a look-up.
        lookup: To look a bucket up, and wait for it to come from memory.
        code: To compare a code in a bucket, and sort it in if it is near.
        scan: To compare a query of a batch with a code of the database, for each bit.
        read: To read the database once, for each bit of a code.
        start: To begin a scan.
    """

    query: int
    lookup: int
    code: int
    scan: int
    read: int
    start: int


COSTS: dict[Kernels, Costs] = {
    "numba": Costs(query=2_000_000, lookup=80_000, code=3_000, scan=2, read=12, start=20_000_000),
    "numpy": Costs(
        query=400_000_000, lookup=50_000, code=16_000, scan=60, read=350, start=300_000_000
    ),
}
"""By the kernels at work."""
THREAD = 200_000_000
"""Picoseconds of work for which another thread pays."""


@dataclass(frozen=True, eq=False)
class Plan:
    """How each query will be answered, and what is to be done for that.

    Attributes:
        linear: ``(q,)`` bool: true where the whole database is scanned.
        radii: ``(q, m)`` int8: the radius in each table, -1 for a table that is left out, were
            the query looked up.
        work: ``(q, 3)`` int64: `costs`, `lookups` and `candidates`.
    """

    linear: NDArray[np.bool_]
    radii: NDArray[np.int8]
    work: NDArray[np.int64]

    @classmethod
    def scanning(cls, queries: int, tables: int) -> Self:
        """Plan to scan for every query, because the tables cannot serve them."""
        radii = np.full((queries, tables), -1, np.int8)
        return cls(np.ones(queries, np.bool_), radii, np.zeros((queries, 3), np.int64))

    def of(self, queries: NDArray[np.intp]) -> Self:
        """Keep the plan for some queries."""
        return replace(
            self, linear=self.linear[queries], radii=self.radii[queries], work=self.work[queries]
        )

    @property
    def costs(self) -> NDArray[np.int64]:
        """``(q,)``: what a look-up should take, in picoseconds of one core."""
        return self.work[:, 0]

    @property
    def lookups(self) -> NDArray[np.int64]:
        """``(q,)``: how many buckets it looks up."""
        return self.work[:, 1]

    @property
    def candidates(self) -> NDArray[np.int64]:
        """``(q,)``: how many codes are in them, exactly; one in several buckets counts again."""
        return self.work[:, 2]


def scan_instead(
    each: NDArray[np.int64], bits: int, costs: Costs, threads: int
) -> NDArray[np.bool_]:
    """Choose the queries for which to scan: those that together save more than it costs.

    Args:
        each: ``(q,)`` what it costs to look each query up, in picoseconds.
        bits: Bits of all codes together.
        costs: What a scan costs.
        threads: How many there are. A scan can use all of them for one query, a look-up one.

    Returns:
        ``(q,)``, true where the database is to be scanned.
    """
    share = threads / max(1, min(threads, len(each)))
    saved = np.maximum((each + costs.query) * share - bits * costs.scan, 0)
    if saved.sum() <= bits * costs.read + costs.start:
        return np.zeros(len(each), np.bool_)
    return np.asarray(saved > 0)
