"""Average precision, precision and recall of ranked lists, with and without ties.

Average precision at a cut is

    AP@k = 1/D · Σ P(i) · rel(i)   over the first min(k, m) items,

where P(i) is the precision of the first i items, m the number of items retrieved (those inside
the radius, or all), R the number of relevant items in the whole database, and D one of

- ``min_k``: min(k, R);
- ``hits``: the relevant items among the first min(k, m);
- ``relevant``: R.

Where D is 0, AP is 0. Where items tie, the value is the mean over all orders of tied items
(McSherry and Najork, "Computing information retrieval performance measures efficiently in the
presence of tied scores", ECIR 2008), or the relevant items stand first or last in each group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from aehash.metrics.ties import (
    Floats,
    Ints,
    Order,
    group_total,
    hits_in_group,
    ratio,
    total_over_hits,
)

Per = Literal["min_k", "hits", "relevant"]
PER: tuple[Per, ...] = ("min_k", "hits", "relevant")
Depth = int | Literal["all"]

_Number = TypeVar("_Number", np.int64, np.float64)


@dataclass(frozen=True, eq=False)
class Cut:
    """What the first items of each query's list hold.

    Attributes:
        total: ``(q,)`` Σ P(i) · rel(i).
        hits: ``(q,)`` relevant items.
        over_hits: ``(q,)`` Σ P(i) · rel(i) / hits, 0 where there is no hit. Under ties this is
            the mean of the ratio, not the ratio of the means.
    """

    total: Floats
    hits: Floats
    over_hits: Floats


class RankedLists(Protocol):
    """One ranked list per query, which can be cut."""

    def cut(self, length: Ints) -> Cut:
        """Take the first ``length[i]`` items of query i's list, or all if there are fewer."""


@dataclass(frozen=True, eq=False)
class OrderedLists:
    """Lists in a fixed order.

    Attributes:
        hits: ``(q, n + 1)`` relevant items among the first i.
        total: ``(q, n + 1)`` Σ P(i) · rel(i) over the first i.
    """

    hits: Ints
    total: Floats

    @classmethod
    def from_relevance(cls, relevance: NDArray[np.bool_]) -> Self:
        """Make lists from what is relevant.

        Args:
            relevance: ``(q, n)`` bool, nearest item first; shorter lists end in false.

        Returns:
            The lists.
        """
        hits = np.cumsum(relevance, axis=1, dtype=np.int64)
        precision = hits / np.arange(1, relevance.shape[1] + 1)
        total = np.cumsum(np.where(relevance, precision, 0.0), axis=1)
        start = ((0, 0), (1, 0))
        return cls(np.pad(hits, start), np.pad(total, start))

    def cut(self, length: Ints) -> Cut:
        """Take the first items of each list.

        Args:
            length: ``(q,)`` how many; beyond the list's end, the whole list.

        Returns:
            What they hold.
        """
        at = np.minimum(length, self.hits.shape[1] - 1)
        hits, total = _pick(self.hits, at).astype(np.float64), _pick(self.total, at)
        return Cut(total, hits, ratio(total, hits))


@dataclass(frozen=True, eq=False)
class TiedLists:
    """Lists of groups of tied items, nearest group first.

    Attributes:
        items: ``(q, groups)`` items in each group; groups may be empty.
        relevant: ``(q, groups)`` relevant items in each.
        before: ``(q, groups)`` items before each.
        hits: ``(q, groups)`` relevant items before each.
        total: ``(q, groups)`` Σ P(i) · rel(i) before each.
        order: How tied items are ordered: the mean over all orders, or an extreme.
    """

    items: Ints
    relevant: Ints
    before: Ints
    hits: Ints
    total: Floats
    order: Order

    @classmethod
    def from_groups(cls, items: Ints, relevant: Ints, order: Order = "expected") -> Self:
        """Make lists from the sizes of their groups.

        Args:
            items: ``(q, groups)`` items in each group.
            relevant: ``(q, groups)`` relevant items in each.
            order: ``expected``: the mean over all orders of tied items; ``optimistic``,
                ``pessimistic``: the relevant ones first, last.

        Returns:
            The lists.
        """
        items, relevant = np.asarray(items, np.int64), np.asarray(relevant, np.int64)
        before, hits = _sum_before(items), _sum_before(relevant)
        whole = group_total(items, relevant, before, hits, items, order)
        return cls(items, relevant, before, hits, _sum_before(whole), order)

    def cut(self, length: Ints) -> Cut:
        """Take the first items of each list.

        Args:
            length: ``(q,)`` how many; beyond the list's end, the whole list.

        Returns:
            What they hold.
        """
        last = np.maximum((self.before < length[:, None]).sum(axis=1) - 1, 0)
        n, r, s, hits = (
            _pick(part, last) for part in (self.items, self.relevant, self.before, self.hits)
        )
        total = _pick(self.total, last)
        m = np.clip(length - s, 0, n)
        all_hits = hits + hits_in_group(n, r, m, self.order)
        all_total = total + group_total(n, r, s, hits, m, self.order)
        if self.order == "expected":
            return Cut(all_total, all_hits, total_over_hits(n, r, s, hits, m, total))
        return Cut(all_total, all_hits, ratio(all_total, all_hits))


def score(
    lists: RankedLists, relevant: Ints, retrieved: Ints, ks: Sequence[Depth]
) -> dict[str, Floats]:
    """Compute every metric at every cut.

    Args:
        lists: One list per query.
        relevant: ``(q,)`` relevant items in the whole database.
        retrieved: ``(q,)`` items retrieved: the list is cut there.
        ks: Cuts; ``all`` is the whole list.

    Returns:
        By name, ``(q,)`` each: ``map@k/min_k``, ``map@k/hits``, ``map@k/relevant`` (one query's
        AP), ``precision@k`` (divided by k even where fewer are retrieved; for ``all`` by the
        number retrieved) and ``recall@k`` (0 where nothing is relevant).
    """
    scores: dict[str, Floats] = {}
    for k in ks:
        cut = lists.cut(retrieved if k == "all" else np.minimum(retrieved, k))
        most = relevant if k == "all" else np.minimum(relevant, k)
        scores[f"map@{k}/min_k"] = ratio(cut.total, most)
        scores[f"map@{k}/hits"] = cut.over_hits
        scores[f"map@{k}/relevant"] = ratio(cut.total, relevant)
        scores[f"precision@{k}"] = ratio(cut.hits, retrieved if k == "all" else np.array(k))
        scores[f"recall@{k}"] = ratio(cut.hits, relevant)
    return scores


def score_radius(lists: RankedLists, relevant: Ints, retrieved: Ints) -> dict[str, Floats]:
    """Compute what is inside the radius.

    Args:
        lists: One list per query.
        relevant: ``(q,)`` relevant items in the whole database.
        retrieved: ``(q,)`` items inside the radius.

    Returns:
        ``precision@radius`` (0 where nothing is inside), ``recall@radius`` (0 where nothing is
        relevant), ``(q,)`` each.
    """
    hits = lists.cut(retrieved).hits
    return {
        "precision@radius": ratio(hits, retrieved),
        "recall@radius": ratio(hits, relevant),
    }


def _sum_before(array: NDArray[_Number]) -> NDArray[_Number]:
    total = np.zeros_like(array)
    np.cumsum(array[:, :-1], axis=1, out=total[:, 1:])
    return total


def _pick(array: NDArray[_Number], column: Ints) -> NDArray[_Number]:
    return np.take_along_axis(array, column[:, None], axis=1)[:, 0]
