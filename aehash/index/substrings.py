"""Tables of the substrings of codes, as multi-index hashing looks them up.

A code is cut into m substrings of about equal length, and each of them has a table: all codes,
sorted by that substring, so that those that share it, a bucket, stand together. A bucket holds the
first words of its codes, not only their rows, so that it is read from end to end.

For each value of a substring a table also says how many codes have a substring at a distance of 0,
of at most 1, and so on to `REACH`: what a look-up would have to read is known before it is made.
"""

import math
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aehash.index.words import words
from aehash.parallel import run, split

REACH = 3
"""The largest radius of a look-up in one table."""
SHORTEST, LONGEST = 4, 24
"""Bits of a substring; a table has 2^bits buckets."""
_DEFAULTS = 12, 22
_FILL = 3
"""A bucket holds about 2^3 codes, by default, where the codes are spread evenly."""
_HELD = 2
"""Words of a code that a bucket holds; the rest is read only where these are near enough."""


def default_length(n: int) -> int:
    """Choose the length of a substring.

    Args:
        n: How many codes there are.

    Returns:
        Bits: 16 for a million codes, a bit more whenever they double.
    """
    shortest, longest = _DEFAULTS
    return min(longest, max(shortest, n.bit_length() - 1 - _FILL))


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of all substrings; m of them over n codes of W words.

    Attributes:
        codes: ``(n, W)`` uint64, in the rows' order; empty where the buckets hold all words.
        held: ``(m, H, n)`` uint64: in the buckets' order, H words of each code, from `lead` on.
        rows: ``(m, n)`` uint32: in the buckets' order, the codes' rows.
        lead: ``(m,)`` int64: the first word held, one that the substring is not in if possible.
        at: ``(m + 1,)`` int64: the bit at which each substring begins, and the last one ends.
        first: ``(m + 1,)`` int64: where each table begins in `starts` and `inside`.
        starts: uint32: where each bucket begins; a table has one entry more than buckets.
        inside: ``(len(starts), REACH + 1)`` uint32: how many codes are within each radius.
        flips: ``(2, values)`` uint32: differences of substrings, smallest distance first; of the
            shorter length, then the longer one.
        volumes: ``(2, REACH + 1)`` int64: how many of them are within each radius.
    """

    codes: NDArray[np.uint64]
    held: NDArray[np.uint64]
    rows: NDArray[np.uint32]
    lead: NDArray[np.int64]
    at: NDArray[np.int64]
    first: NDArray[np.int64]
    starts: NDArray[np.uint32]
    inside: NDArray[np.uint32]
    flips: NDArray[np.uint32]
    volumes: NDArray[np.int64]

    @classmethod
    def build(cls, packed: NDArray[np.uint8], length: int, threads: int) -> Self:
        """Make the tables.

        Args:
            packed: ``(n, bytes)`` uint8, n from 1 to 2^32 - 1.
            length: Bits of a substring at most; they differ by one at most.
            threads: How many threads to use.

        Returns:
            The tables.
        """
        columns = words(packed)
        count, n = columns.shape
        total = 8 * packed.shape[1]
        m = -(-total // length)
        at = np.array([total * table // m for table in range(m + 1)])
        first = np.concatenate([[0], np.cumsum((1 << np.diff(at)) + 1)])
        found = cls(
            codes=np.ascontiguousarray(columns.T[: n if count > _HELD else 0]),
            held=np.empty((m, min(count, _HELD), n), np.uint64),
            rows=np.empty((m, n), np.uint32),
            lead=((at[1:] - 1) // 64 + 1) % count,
            at=at,
            first=first,
            starts=np.zeros(first[-1], np.uint32),
            inside=np.zeros((first[-1], REACH + 1), np.uint32),
            flips=_flips(total // m),
            volumes=_volumes(total // m),
        )
        run(partial(found._fill, columns), split(m, threads))
        return found

    @property
    def nbytes(self) -> int:
        """Count the bytes the tables take."""
        return sum(array.nbytes for array in vars(self).values())

    @property
    def row_bits(self) -> int:
        """Count the bits that the number of a row takes."""
        return int(self.rows.shape[1] - 1).bit_length()

    @property
    def furthest(self) -> int:
        """Give the largest radius that the tables can serve."""
        return len(self.rows) * (REACH + 1) - 1

    def _fill(self, columns: NDArray[np.uint64], part: slice) -> None:
        for table in range(part.start, part.stop):
            values = substrings(columns, self.at[table], self.at[table + 1])
            order = _stable_order(values)
            self.rows[table] = order
            for place, column in enumerate(self.held[table]):
                np.take(columns[(self.lead[table] + place) % len(columns)], order, out=column)
            size = 1 << int(self.at[table + 1] - self.at[table])
            counts = np.bincount(values, minlength=size)
            here = slice(self.first[table], self.first[table + 1])
            self.starts[here][1:] = np.cumsum(counts)
            self.inside[here][:-1] = _inside(counts.astype(np.uint32)).T


def substrings(columns: NDArray[np.uint64], begin: int, end: int) -> NDArray[np.uint32]:
    """Cut one substring out of every code.

    Args:
        columns: ``(W, n)`` uint64.
        begin: Its first bit, counted from the lowest bit of the first word.
        end: The bit after its last.

    Returns:
        ``(n,)`` uint32.
    """
    word, shift = divmod(int(begin), 64)
    values = columns[word] >> np.uint64(shift)
    if shift + end - begin > 64:
        values |= columns[word + 1] << np.uint64(64 - shift)
    mask = np.uint64((1 << int(end - begin)) - 1)
    return np.asarray(values & mask, np.uint32)


def _stable_order(values: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Sort stably, 16 bits at a time: NumPy counts those instead of comparing them."""
    order = np.argsort(values.astype(np.uint16), kind="stable")
    high = (values >> np.uint32(16)).astype(np.uint16)
    if high.any():
        order = order[np.argsort(high[order], kind="stable")]
    return order


def _inside(counts: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Sum a table's buckets over balls: one bit after the other may differ, or not."""
    balls = np.zeros((REACH + 1, len(counts)), np.uint32)
    balls[0] = counts
    for bit in range(len(counts).bit_length() - 1):
        pairs = balls.reshape(REACH + 1, -1, 2, 1 << bit)
        for radius in range(REACH, 0, -1):
            pairs[radius] += pairs[radius - 1][:, ::-1]
    return np.cumsum(balls, axis=0, dtype=np.uint32)


def _flips(shorter: int) -> NDArray[np.uint32]:
    found = np.zeros((2, _volumes(shorter)[1, -1]), np.uint32)
    for kind in range(2):
        bits = range(shorter + kind)
        chosen = [c for radius in range(REACH + 1) for c in combinations(bits, radius)]
        found[kind, : len(chosen)] = [sum(1 << bit for bit in some) for some in chosen]
    return found


def _volumes(shorter: int) -> NDArray[np.int64]:
    shells = [[math.comb(shorter + kind, d) for d in range(REACH + 1)] for kind in range(2)]
    return np.cumsum(shells, axis=1)
