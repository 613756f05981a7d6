"""The rows that have the furthest nearest neighbour: images unlike all others, or broken ones."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.index.checks import whole
from aehash.index.hamming import HammingIndex

_PAIRS = 2_000_000_000
"""Pairs compared at most, unless told otherwise: about a second on two cores."""
_BLOCK = 1024


class Isolated(NamedTuple):
    """Rows far from all others.

    Attributes:
        rows: ``(m,)`` int64, the most isolated first; ties stand in database order.
        distances: ``(m,)`` float64 to each one's nearest other row.
        examined: How many rows were asked for their nearest.
    """

    rows: NDArray[np.int64]
    distances: NDArray[np.float64]
    examined: int


def most_isolated(
    index: HammingIndex,
    packed: NDArray[np.uint8],
    count: int = 20,
    *,
    where: NDArray[np.bool_] | None = None,
    pairs: int = _PAIRS,
    seed: int = 0,
    threads: int | None = None,
) -> Isolated:
    """Find the rows whose nearest other row is furthest.

    Args:
        index: Of all the rows.
        packed: ``(n, ceil(bits / 8))`` uint8, the same rows; may be memory-mapped.
        count: How many are wanted.
        where: ``(n,)`` bool, true for the rows that are asked, and may be another's nearest.
        pairs: How many may be compared; of larger databases rows are drawn and asked.
        seed: Of the draw.
        threads: How many work; all cores where it is None.

    Returns:
        The rows, of those examined.

    Raises:
        UsageError: count is below 1, or there are not two rows.
    """
    count = whole("count", count, 1)
    rows = np.arange(len(packed)) if where is None else np.flatnonzero(where)
    if len(rows) < 2:
        raise UsageError(f"There is {len(rows)} image here, and being isolated takes two.")
    most = max(1, pairs // len(packed))
    if most < len(rows):
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    nearest = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        asked = rows[start : start + _BLOCK]
        found = index.search(packed[asked], 2, where=where, threads=threads)
        # Of two copies either may stand first: the second is then as near, at no distance.
        nearest[start : start + _BLOCK] = found.distances[:, 1]
    order = np.lexsort((rows, -nearest))[:count]
    return Isolated(rows[order], nearest[order], len(rows))
