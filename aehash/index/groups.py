"""Near duplicates brought together: rows that are joined, directly or through others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_packed
from aehash.errors import UsageError
from aehash.index.checks import table, whole
from aehash.index.hamming import HammingIndex
from aehash.index.multi_index import MultiIndex

_ASKED = 256
"""Codes by whose neighbours the number of pairs is told beforehand."""
_PAIRS = 5_000_000
_HELD = 1 << 20
#: Takes how many different codes were compared with all others, and how many there are.
Progress = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows that are nearly the same, together.

    Attributes:
        rows: ``(m,)`` int64, group after group, ascending in each; the largest group first, and
            of equally large ones the one with the first row.
        offsets: ``(g + 1,)`` int64; group i has ``rows[offsets[i]:offsets[i + 1]]``.
        pairs: How many pairs of rows are within the radius.
    """

    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    pairs: int

    def of(self, group: int) -> NDArray[np.int64]:
        """Give a group's rows."""
        return self.rows[self.offsets[group] : self.offsets[group + 1]]

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.offsets) - 1


def duplicate_groups(
    packed: NDArray[np.uint8],
    bits: int,
    radius: int = 2,
    *,
    most: int = _PAIRS,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Groups:
    """Bring rows together whose codes are within a radius of each other.

    Equal codes are joined without comparing them pair by pair, so a database of copies costs no
    more than another.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8, as a codebook holds them.
        bits: Bits per code.
        radius: The largest distance that joins two rows, inclusive, in bits.
        most: Pairs of different codes, about, beyond which the radius is refused.
        threads: How many work; all cores where it is None.
        progress: Told how far it is; what it raises ends the search.

    Returns:
        The groups of two rows and more.

    Raises:
        UsageError: The codes are not of that many bits, the radius is negative, or it joins too
            many pairs.
    """
    packed, radius = check_packed(table("codes", packed), bits), whole("radius", radius, 0)
    plain = np.ascontiguousarray(packed)
    solid = plain.view(np.dtype((np.void, plain.shape[1])))[:, 0]
    _, first, code_of, counts = np.unique(
        solid, return_index=True, return_inverse=True, return_counts=True
    )
    codes = plain[first]
    pairs = int((counts * (counts - 1) // 2).sum())
    joined, between = np.arange(len(codes)), 0
    if radius and len(codes) > 1:
        joined, between = _joined(codes, counts, bits, radius, most, threads, progress)
    return _grouped(joined[code_of], pairs + between)


def _joined(
    codes: NDArray[np.uint8],
    counts: NDArray[np.int64],
    bits: int,
    radius: int,
    most: int,
    threads: int | None,
    progress: Progress | None,
) -> tuple[NDArray[np.int64], int]:
    """Number different codes by their group, and count the pairs of their rows."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _refuse_many(codes, bits, radius, most, threads)
    index = MultiIndex.from_codes(codes, bits, threads=threads)
    firsts, seconds, pairs = [], [], 0
    step = 4096
    for start in range(0, len(codes), step):
        part = codes[start : start + step]
        near = index.within(part, radius, threads=threads)
        first = np.repeat(np.arange(start, start + len(part)), np.diff(near.offsets))
        once = near.indices > first
        firsts.append(first[once])
        seconds.append(near.indices[once])
        pairs += int((counts[firsts[-1]] * counts[seconds[-1]]).sum())
        if progress is not None:
            progress(start + len(part), len(codes))
    one, other = np.concatenate(firsts), np.concatenate(seconds)
    shape = (len(codes), len(codes))
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=shape)
    return np.asarray(connected_components(graph, directed=False)[1], np.int64), pairs


def _refuse_many(
    codes: NDArray[np.uint8], bits: int, radius: int, most: int, threads: int | None
) -> None:
    """Tell from some codes how many pairs there will be."""
    some = np.linspace(0, len(codes) - 1, min(len(codes), _ASKED)).astype(np.int64)
    index = HammingIndex.from_codes(codes, bits)
    room = max(2, min(len(codes), _HELD // len(some)))
    found = index.search(codes[some], room, threads=threads).distances <= radius
    pairs = (int(found.sum()) - len(some)) / len(some) * len(codes) / 2
    if pairs > most:
        raise UsageError(
            f"A radius of {radius} of {bits} bits joins some {pairs:,.0f} pairs of "
            f"{len(codes):,} different codes, which is no longer near duplicates: take a smaller "
            "radius."
        )


def _grouped(group_of: NDArray[np.int64], pairs: int) -> Groups:
    sizes = np.bincount(group_of)
    rows = np.flatnonzero(sizes[group_of] > 1)
    numbers = group_of[rows]
    _, first = np.unique(numbers, return_index=True)
    earliest = np.zeros(len(sizes), np.int64)
    earliest[numbers[first]] = rows[first]
    order = np.lexsort((rows, earliest[numbers], -sizes[numbers]))
    rows, numbers = rows[order], numbers[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1)) if len(rows) else np.empty(0, np.int64)
    return Groups(rows, np.append(starts, len(rows)).astype(np.int64), pairs)
