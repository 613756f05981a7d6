"""Exact Hamming search: XOR and popcount over 64-bit words, in blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_packed
from aehash.errors import UsageError
from aehash.index.ranking import Neighbours, Ranking

_BLOCK = 1 << 23
"""Distances held at once, at most, unless a single query has more."""
_CHUNK = 1 << 15
"""Database codes compared at once: their XOR stays in the processor's cache."""


def words(packed: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """View packed codes as columns of 64-bit words.

    Args:
        packed: ``(n, bytes)`` uint8.

    Returns:
        ``(ceil(bytes / 8), n)`` uint64, padded with zeros; the order of bits in a word does not
        matter to a distance.
    """
    n, width = packed.shape
    padded = np.zeros((n, -(-width // 8) * 8), np.uint8)
    padded[:, :width] = packed
    return np.ascontiguousarray(padded.view(np.uint64).T)


def hamming_distances(
    queries: NDArray[np.uint8], database: NDArray[np.uint8]
) -> NDArray[np.uint16]:
    """Count the differing bits between every query and every database code.

    Args:
        queries: ``(q, bytes)`` packed uint8.
        database: ``(n, bytes)`` packed uint8.

    Returns:
        ``(q, n)`` uint16.

    Raises:
        UsageError: The codes have different widths.
    """
    if queries.shape[1] != database.shape[1]:
        raise UsageError(
            f"Queries have {queries.shape[1]} bytes a code and the database "
            f"{database.shape[1]}: they must come from the same model."
        )
    return word_distances(words(queries), words(database))


def word_distances(queries: NDArray[np.uint64], database: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Do the work of `hamming_distances` on word columns.

    Args:
        queries: ``(words, q)`` uint64.
        database: ``(words, n)`` uint64.

    Returns:
        ``(q, n)`` uint16.
    """
    count, n = queries.shape[1], database.shape[1]
    result = np.zeros((count, n), np.uint16)
    xor = np.empty(min(_CHUNK, n), np.uint64)
    ones = np.empty(len(xor), np.uint8)
    for start in range(0, n, _CHUNK):
        part = database[:, start : start + _CHUNK]
        size = part.shape[1]
        for query in range(count):
            total = result[query, start : start + size]
            for word, column in zip(queries[:, query], part, strict=True):
                np.bitwise_xor(column, word, out=xor[:size])
                np.bitwise_count(xor[:size], out=ones[:size])
                np.add(total, ones[:size], out=total)
    return result


@dataclass(frozen=True, eq=False)
class HammingIndex:
    """Codes, ready to be searched.

    Attributes:
        columns: ``(words, n)`` uint64.
        bits: Bits per code.
        keys: ``(n,)`` names of the rows, or none.
    """

    columns: NDArray[np.uint64]
    bits: int
    keys: NDArray[np.bytes_] | None = None

    @classmethod
    def from_codes(
        cls, packed: NDArray[np.uint8], bits: int, keys: NDArray[np.bytes_] | None = None
    ) -> Self:
        """Make an index.

        Args:
            packed: ``(n, ceil(bits / 8))`` uint8, as a codebook holds them.
            bits: Bits per code.
            keys: ``(n,)`` names of the rows.

        Returns:
            The index.

        Raises:
            UsageError: The codes are not of that many bits.
        """
        return cls(words(check_packed(packed, bits)), bits, keys)

    def __len__(self) -> int:
        """Count the codes."""
        return int(self.columns.shape[1])

    def distances(self, queries: NDArray[np.uint8]) -> NDArray[np.uint16]:
        """Measure every query against every code.

        Args:
            queries: ``(q, ceil(bits / 8))`` packed uint8.

        Returns:
            ``(q, n)`` uint16.

        Raises:
            UsageError: The queries have another number of bits.
        """
        return word_distances(words(check_packed(queries, self.bits)), self.columns)

    def search(self, queries: NDArray[np.uint8], k: int) -> Ranking:
        """Find the k nearest codes of each query.

        Args:
            queries: ``(q, ceil(bits / 8))`` packed uint8.
            k: How many; beyond the codes there are, -1 and infinity stand.

        Returns:
            ``(q, k)`` rows and distances; ties stand in database order.

        Raises:
            UsageError: k is below 1, or the queries have another number of bits.
        """
        if k < 1:
            raise UsageError(f"k must be at least 1, not {k}.")
        indices = np.full((len(queries), k), -1, np.int64)
        distances = np.full((len(queries), k), np.inf)
        found = min(k, len(self))
        for start, block in self._blocks(queries):
            for query, row in enumerate(block, start):
                nearest = smallest(row, found)
                indices[query, :found] = nearest
                distances[query, :found] = row[nearest]
        return Ranking(indices, distances)

    def within(self, queries: NDArray[np.uint8], radius: int) -> Neighbours:
        """Find all codes within a radius of each query.

        Args:
            queries: ``(q, ceil(bits / 8))`` packed uint8.
            radius: The largest distance kept, inclusive, in bits.

        Returns:
            Rows and distances, nearest first; ties stand in database order.

        Raises:
            UsageError: The radius is negative, or the queries have another number of bits.
        """
        if radius < 0:
            raise UsageError(f"radius must be 0 or more, not {radius}.")
        rows: list[NDArray[np.intp]] = []
        distances: list[NDArray[np.uint16]] = []
        for _, block in self._blocks(queries):
            for row in block:
                near = np.flatnonzero(row <= radius)
                order = near[np.argsort(row[near], kind="stable")]
                rows.append(order)
                distances.append(row[order])
        offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        if not rows:
            return Neighbours(offsets, np.empty(0, np.int64), np.empty(0))
        return Neighbours(
            offsets,
            np.concatenate(rows).astype(np.int64),
            np.concatenate(distances).astype(np.float64),
        )

    def _blocks(self, queries: NDArray[np.uint8]) -> Iterator[tuple[int, NDArray[np.uint16]]]:
        step = max(1, _BLOCK // max(1, len(self)))
        for start in range(0, len(queries), step):
            yield start, self.distances(queries[start : start + step])


def smallest(values: NDArray[np.uint16], k: int) -> NDArray[np.intp]:
    """Find the k smallest values, equal ones in their order.

    Args:
        values: ``(n,)``.
        k: How many, from 1 to n.

    Returns:
        ``(k,)`` positions, the smallest value's first.
    """
    last = np.partition(values, k - 1)[k - 1]
    candidates = np.flatnonzero(values <= last)
    return candidates[np.argsort(values[candidates], kind="stable")[:k]]
