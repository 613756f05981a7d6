"""What the scans take and give: planes to search, and the rows found in one word each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ROW = np.uint64(16)
"""An entry is row · 2^16 + distance."""


class Scan(NamedTuple):
    """What is searched.

    Attributes:
        planes: ``(blocks, bits, 8)`` uint64.
        n: Codes in them.
        allowed: ``(blocks * 8,)`` the rows that may be found, as `mask_words` gives them; none:
            all.
    """

    planes: Words
    n: int
    allowed: Words | None = None

    @property
    def bits(self) -> int:
        """Bits per code."""
        return int(self.planes.shape[1])

    def live(self) -> int:
        """Count the rows that may be found."""
        if self.allowed is None:
            return self.n
        return int(np.bitwise_count(self.allowed).sum(dtype=np.int64))


class Entries(NamedTuple):
    """Rows found, with their distances.

    Attributes:
        flat: Entries; those of one query stand in the rows' order.
        starts: ``(q,)`` where each query's begin.
        ends: ``(q,)`` where they end.
    """

    flat: Words
    starts: Ints
    ends: Ints

    def of(self, query: int) -> Words:
        """Take a query's entries."""
        return self.flat[self.starts[query] : self.ends[query]]


def joined(rows: list[list[Words]]) -> Entries:
    """Put entries one query after the other.

    Args:
        rows: For each query, its entries in parts, in the rows' order.

    Returns:
        The same in one piece.
    """
    edges = np.cumsum([0, *(sum(map(len, parts)) for parts in rows)], dtype=np.int64)
    return Entries(
        np.concatenate([part for parts in rows for part in parts]), edges[:-1], edges[1:]
    )
