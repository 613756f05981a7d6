"""Runs of rows that are added to an index at once, searched one by one, and merged exactly."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.index.planes import from_planes, mask_words, to_planes
from aehash.index.ranking import Neighbours, Ranking

if TYPE_CHECKING:
    from aehash.index.store import SavedFile

Ints = NDArray[np.int64]
_KEYS = 1 << 20
"""Keys read at once."""


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Segment:
    """Some rows of an index, never changed: whatever happens to them makes another segment.

    Attributes:
        planes: ``(ceil(rows / 512), bits, 8)`` uint64; possibly memory-mapped.
        rows: How many, removed ones included.
        keys: ``(rows,)`` of type ``S<w>``, or none.
        labels: ``(rows,)`` or ``(rows, classes)``, or none.
        removed: Its removed rows, ascending, counted from its own first row.
        files: The files it is saved in, by column; see `aehash.index.store`.
    """

    planes: NDArray[np.uint64]
    rows: int
    keys: NDArray[np.bytes_] | None = None
    labels: NDArray[Any] | None = None
    removed: Ints = field(default_factory=_none)
    files: "Mapping[str, SavedFile] | None" = None

    @classmethod
    def from_codes(
        cls,
        packed: NDArray[np.uint8],
        bits: int,
        keys: NDArray[np.bytes_] | None,
        labels: NDArray[Any] | None,
    ) -> Self:
        """Lay checked codes out for a search."""
        return cls(to_planes(packed, bits), len(packed), keys, labels)

    @property
    def live(self) -> int:
        """Count the rows that are not removed."""
        return self.rows - len(self.removed)

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """``(rows,)`` bool, false for removed rows."""
        alive = np.ones(self.rows, np.bool_)
        alive[self.removed] = False
        return alive

    @cached_property
    def _alive_words(self) -> NDArray[np.uint64] | None:
        return mask_words(self.alive) if len(self.removed) else None

    def allowed(self, where: NDArray[np.bool_] | None) -> NDArray[np.uint64] | None:
        """Say which rows may be found.

        Args:
            where: ``(rows,)`` bool, or None for all.

        Returns:
            Mask words, or None where every row may be.
        """
        if where is None:
            return self._alive_words
        return mask_words(where & self.alive if len(self.removed) else where)

    def without(self, rows: Ints) -> Self:
        """Remove rows.

        Args:
            rows: Counted from its own first row.

        Returns:
            The segment without them.
        """
        return replace(self, removed=np.union1d(self.removed, rows)) if len(rows) else self

    def codes(self) -> NDArray[np.uint8]:
        """Give its codes back, ``(rows, ceil(bits / 8))`` packed uint8, removed ones included."""
        return from_planes(np.asarray(self.planes), self.rows)


def joined(segments: Sequence[Segment], *, keep_removed: bool) -> Segment:
    """Put segments together in memory.

    Args:
        segments: In their order, of the same bits; at least one.
        keep_removed: Whether removed rows keep their places.

    Returns:
        One segment, not saved.
    """
    kept = [slice(None) if keep_removed else each.alive for each in segments]
    packed = np.concatenate([each.codes()[rows] for each, rows in zip(segments, kept, strict=True)])
    columns: dict[str, NDArray[Any] | None] = {}
    for name in ("keys", "labels"):
        parts = [getattr(each, name) for each in segments]
        columns[name] = (
            None
            if parts[0] is None
            else np.concatenate([part[rows] for part, rows in zip(parts, kept, strict=True)])
        )
    bits = segments[0].planes.shape[1]
    whole = Segment.from_codes(packed, bits, columns["keys"], columns["labels"])
    if not keep_removed:
        return whole
    starts = first_rows(segments)
    gone = [each.removed + start for each, start in zip(segments, starts, strict=False)]
    return replace(whole, removed=np.concatenate(gone))


def first_rows(segments: Iterable[Segment]) -> list[int]:
    """Say at which row of the index each segment begins, and where the last one ends."""
    return [0, *itertools.accumulate(each.rows for each in segments)]


def nearest(
    segments: Sequence[Segment],
    queries: NDArray[np.uint8],
    k: int,
    where: NDArray[np.bool_] | None,
    threads: int,
) -> Ranking:
    """Find the k nearest rows of segments.

    Args:
        segments: In their order.
        queries: ``(q, ceil(bits / 8))`` uint8, checked.
        k: How many, from 1 on.
        where: ``(n,)`` bool over all rows, or None.
        threads: How many work.

    Returns:
        Rows of the index, ties by position, -1 and infinity where there is no more.
    """
    from aehash.index import scan

    best: Ranking | None = None
    starts = first_rows(segments)
    for each, start in zip(segments, starts, strict=False):
        allowed = each.allowed(_part(where, start, each.rows))
        bits = each.planes.shape[1]
        rows, distances = scan.nearest(
            each.planes, each.rows, bits, queries, k, allowed=allowed, threads=threads
        )
        if start:
            rows = np.where(rows >= 0, rows + start, -1)
        best = Ranking(rows, distances) if best is None else _merged(best, rows, distances)
    if best is None:
        return Ranking(np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), np.inf))
    return best


def _merged(best: Ranking, rows: Ints, distances: NDArray[np.float64]) -> Ranking:
    """Merge two rankings; the first one's rows stand before the second's."""
    k = best.indices.shape[1]
    values = np.concatenate([best.distances, distances], axis=1)
    order = np.argsort(values, axis=1, kind="stable")[:, :k]
    both = np.concatenate([best.indices, rows], axis=1)
    return Ranking(
        np.take_along_axis(both, order, axis=1), np.take_along_axis(values, order, axis=1)
    )


def within(
    segments: Sequence[Segment],
    queries: NDArray[np.uint8],
    radius: int,
    where: NDArray[np.bool_] | None,
    threads: int,
) -> Neighbours:
    """Find all rows of segments within a radius.

    Args:
        segments: In their order.
        queries: ``(q, ceil(bits / 8))`` uint8, checked.
        radius: Inclusive, 0 or more.
        where: ``(n,)`` bool over all rows, or None.
        threads: How many work.

    Returns:
        Rows of the index, nearest first, ties by position.
    """
    from aehash.index import scan

    found = []
    for each, start in zip(segments, first_rows(segments), strict=False):
        allowed = each.allowed(_part(where, start, each.rows))
        bits = each.planes.shape[1]
        offsets, rows, distances = scan.within(
            each.planes, each.rows, bits, queries, radius, allowed=allowed, threads=threads
        )
        found.append(Neighbours(offsets, rows + start if start else rows, distances))
    if len(found) == 1:
        return found[0]
    asked = [np.repeat(np.arange(len(queries)), np.diff(each.offsets)) for each in found]
    query = np.concatenate([_none(), *asked])
    rows = np.concatenate([_none(), *(each.indices for each in found)])
    distances = np.concatenate([np.empty(0), *(each.distances for each in found)])
    order = np.lexsort((distances, query))
    counts = np.bincount(query, minlength=len(queries))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Neighbours(offsets, rows[order], distances[order])


def _part(where: NDArray[np.bool_] | None, start: int, rows: int) -> NDArray[np.bool_] | None:
    return None if where is None else where[start : start + rows]


def rows_of(segments: Sequence[Segment], keys: NDArray[np.bytes_]) -> Ints:
    """Look keys up among the rows that are not removed.

    Reads every key, so the time grows with the index, at some 10 million keys a second.

    Args:
        segments: In their order, with keys.
        keys: ``(m,)``, distinct.

    Returns:
        ``(m,)`` rows of the index, -1 for a key that no row has.
    """
    wanted = {key: number for number, key in enumerate(keys.tolist())}
    result = np.full(len(keys), -1, np.int64)
    for each, start in zip(segments, first_rows(segments), strict=False):
        if each.keys is None:
            raise UsageError("The index has no keys: give them when it is made.")
        for first in range(0, each.rows, _KEYS):
            names = np.asarray(each.keys[first : first + _KEYS]).tolist()
            hits = np.fromiter(map(wanted.__contains__, names), np.bool_, len(names))
            rows = np.flatnonzero(hits)
            for row in rows[~np.isin(rows + first, each.removed)].tolist():
                result[wanted[names[row]]] = start + first + row
    return result
