"""Ranked lists that can be cut: in a fixed order, or of groups of tied items."""

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from aehash.jit import kernels
from aehash.metrics.cuts import Cut, GradedCut, joined
from aehash.metrics.ties import (
    Floats,
    Ints,
    Order,
    discounts,
    expected_total,
    group_total,
    hits_in_group,
    ratio,
    step_of,
    sums_table,
    table_size,
    total_over_hits,
)

_Number = TypeVar("_Number", np.int64, np.float64)
_CELLS = 1 << 20
"""Items that the NumPy kernel sums up at once, unless one query has more."""


@dataclass(frozen=True, eq=False)
class Gains:
    """What the items of tied groups share with the query.

    Attributes:
        shared: ``(q, groups)`` labels shared, summed over the items.
        both: ``(q, groups)`` the same, over the relevant items.
        gain: ``(q, groups)`` float64 gains, summed over the items.
    """

    shared: Ints
    both: Ints
    gain: Floats


@dataclass(frozen=True, eq=False)
class OrderedLists:
    """Lists in a fixed order.

    Attributes:
        levels: ``(q, n)`` uint32 level of each item, nearest first; see `aehash.metrics.grades`.
        least: ``(q,)`` the level from which an item is relevant.
        sizes: ``(q,)`` the largest gain there is.
        gains: ``(labels + 1,)`` what an item is worth by the labels it shares.
    """

    levels: NDArray[np.uint32]
    least: Ints
    sizes: Ints
    gains: Floats

    @classmethod
    def from_relevance(cls, relevance: NDArray[np.bool_]) -> Self:
        """Make lists from what is relevant.

        Args:
            relevance: ``(q, n)`` bool, nearest item first; shorter lists end in false.

        Returns:
            The lists; every relevant item has a gain of 1.
        """
        ones = np.ones(len(relevance), np.int64)
        return cls(relevance.astype(np.uint32), ones, ones, np.arange(2.0))

    def cut(self, lengths: Ints) -> Cut:
        """Take the first items of each list.

        Args:
            lengths: ``(q, cuts)`` how many; beyond the list's end, the whole list.

        Returns:
            What they hold.
        """
        lengths = np.minimum(lengths, self.levels.shape[1])
        if kernels() == "numba":
            from aehash.metrics._cuts_numba import ordered_cuts

            table = discounts(table_size(self.levels.shape[1]))
            found = np.zeros((*lengths.shape, 4))
            order = np.argsort(lengths, axis=1, kind="stable")
            about = np.stack([self.least, self.sizes], axis=1)
            ordered_cuts(self.levels, about, self.gains, table, lengths, order, found)
            hits, total, weighted, discounted = np.moveaxis(found, -1, 0)
        else:
            step = max(1, _CELLS // max(1, self.levels.shape[1]))
            starts = range(0, len(self.levels), step)
            parts = [self._sums(slice(start, start + step), lengths) for start in starts]
            hits, total, weighted, discounted = np.concatenate(parts, axis=1)
        graded = GradedCut(weighted, ratio(weighted, hits), discounted)
        return Cut(total, hits, ratio(total, hits), graded)

    def _sums(self, rows: slice, lengths: Ints) -> Floats:
        levels, sizes = self.levels[rows], self.sizes[rows, None].astype(np.uint32)
        rank = np.arange(1, levels.shape[1] + 1)
        relevant = levels >= self.least[rows, None]
        shared = np.minimum(levels, sizes).astype(np.int64)
        hits = np.cumsum(relevant, axis=1, dtype=np.int64)
        discount = discounts(table_size(len(rank)))[: len(rank)]
        parts = [
            hits.astype(np.float64),
            np.cumsum(np.where(relevant, hits / rank, 0.0), axis=1),
            np.cumsum(np.where(relevant, np.cumsum(shared, axis=1) / rank, 0.0), axis=1),
            np.cumsum(self.gains[shared] * discount, axis=1),
        ]
        start = ((0, 0), (1, 0))
        return np.stack(
            [np.take_along_axis(np.pad(part, start), lengths[rows], axis=1) for part in parts]
        )


@dataclass(frozen=True, eq=False)
class TiedLists:
    """Lists of groups of tied items, nearest group first.

    Attributes:
        items: ``(q, groups)`` items in each group; groups may be empty.
        relevant: ``(q, groups)`` relevant items in each.
        gains: What they share with the query; none where only relevance counts.
        order: How tied items are ordered: the mean over all orders, or an extreme.
    """

    items: Ints
    relevant: Ints
    gains: Gains | None
    order: Order

    @classmethod
    def from_groups(
        cls,
        items: NDArray[np.integer],
        relevant: NDArray[np.integer],
        order: Order = "expected",
        gains: Gains | None = None,
    ) -> Self:
        """Make lists from the sizes of their groups.

        Args:
            items: ``(q, groups)`` items in each group.
            relevant: ``(q, groups)`` relevant items in each.
            order: ``expected``: the mean over all orders of tied items; ``optimistic``,
                ``pessimistic``: the relevant ones first, last.
            gains: What they share with the query; left out of the extremes, which are orders by
                relevance alone.

        Returns:
            The lists.
        """
        kept = gains if order == "expected" else None
        return cls(np.asarray(items, np.int64), np.asarray(relevant, np.int64), kept, order)

    def cut(self, lengths: Ints) -> Cut:
        """Take the first items of each list.

        Args:
            lengths: ``(q, cuts)`` how many; beyond the list's end, the whole list.

        Returns:
            What they hold.
        """
        lengths = np.minimum(lengths, self.items.sum(axis=1)[:, None])
        if self.order == "expected" and kernels() == "numba":
            return self._compiled(np.ascontiguousarray(lengths))
        before = _Before.of(self)
        return joined([before.cut(self, column) for column in lengths.T], axis=1)

    def _compiled(self, lengths: Ints) -> Cut:
        from aehash.metrics._cuts_numba import tied_cuts

        gains = self.gains or Gains(self.relevant, self.relevant, self.relevant.astype(np.float64))
        size = table_size(int(lengths.max(initial=1)))
        found = np.zeros((*lengths.shape, 6))
        counts = [self.items, self.relevant, gains.shared, gains.both]
        tied_cuts(
            np.stack(counts, axis=-1),
            np.ascontiguousarray(gains.gain),
            lengths,
            np.argsort(lengths, axis=1, kind="stable"),
            sums_table("harmonic", size),
            sums_table("discount", size),
            found,
        )
        total, hits, over, *graded = np.moveaxis(found, -1, 0)
        return Cut(total, hits, over, None if self.gains is None else GradedCut(*graded))


@dataclass(frozen=True, eq=False)
class _Before:
    """Sums over the groups before each group, ``(q, groups)`` each."""

    items: Ints
    hits: Ints
    total: Floats
    carried: Ints
    weighted: Floats
    discounted: Floats

    @classmethod
    def of(cls, lists: TiedLists) -> Self:
        items, hits = _sum_before(lists.items), _sum_before(lists.relevant)
        n, r = lists.items, lists.relevant
        total = _sum_before(group_total(n, r, items, hits, n, lists.order))
        if lists.gains is None:
            return cls(items, hits, total, hits, total, total)
        shared, both = lists.gains.shared, lists.gains.both
        carried = _sum_before(shared)
        weighted = expected_total(n, r, shared, both, items, carried, n)
        discounted = ratio(lists.gains.gain, n) * step_of("discount", items, n)
        return cls(items, hits, total, carried, _sum_before(weighted), _sum_before(discounted))

    def cut(self, lists: TiedLists, length: Ints) -> Cut:
        """Cut each list once: whole groups, and the first m items of the last."""
        last = np.maximum((self.items < length[:, None]).sum(axis=1) - 1, 0)
        n, r, s, hits = (
            _pick(part, last) for part in (lists.items, lists.relevant, self.items, self.hits)
        )
        total = _pick(self.total, last)
        m = np.clip(length - s, 0, n)
        found = hits + hits_in_group(n, r, m, lists.order)
        whole = total + group_total(n, r, s, hits, m, lists.order)
        if lists.order != "expected":
            return Cut(whole, found, ratio(whole, found))
        over = total_over_hits(n, r, s, hits, m, total)
        if lists.gains is None:
            return Cut(whole, found, over)
        shared, both = _pick(lists.gains.shared, last), _pick(lists.gains.both, last)
        carried, weighted = _pick(self.carried, last), _pick(self.weighted, last)
        graded = GradedCut(
            weighted + expected_total(n, r, shared, both, s, carried, m),
            total_over_hits(n, r, s, hits, m, weighted, (shared, both, carried)),
            _pick(self.discounted, last)
            + ratio(_pick(lists.gains.gain, last), n) * step_of("discount", s, m),
        )
        return Cut(whole, found, over, graded)


def _sum_before(array: NDArray[_Number]) -> NDArray[_Number]:
    total = np.zeros_like(array)
    np.cumsum(array[:, :-1], axis=1, out=total[:, 1:])
    return total


def _pick(array: NDArray[_Number], column: Ints) -> NDArray[_Number]:
    return np.take_along_axis(array, column[:, None], axis=1)[:, 0]
