"""Scores of ranked lists: AP with its divisors, precision, recall, nDCG and weighted AP.

Average precision at a cut is

    AP@k = 1/D · Σ P(i) · rel(i)   over the first min(k, m) items,

where P(i) is the precision of the first i items, m the number of items retrieved (those inside
the radius, or all), R the number of relevant items in the whole database, and D one of

- ``min_k``: min(k, R);
- ``hits``: the relevant items among the first min(k, m);
- ``relevant``: R.

Where D is 0, AP is 0. Weighted AP, for multi-hot labels, has ACG(i), the mean number of labels
that the first i items share with the query, in the place of P(i): the multi-label literature's
wAP@k = 1/N_rel(k) · Σ ACG(i) · rel(i), with N_rel(k) the relevant items among the first k, is
``wap@k/hits``. For class numbers it is AP itself, and left out.

nDCG@k = DCG / ideal DCG, DCG = Σ gain(i) / log2(i + 1) over the first min(k, m) items. The ideal
takes the first k of the whole database sorted by gain, never of the retrieved list. The gain is
g, the labels shared (``ndcg@k/linear``, as trec_eval and scikit-learn have it: the same weights
as in ACG, and an item that shares many labels does not drown the rest), or 2^g - 1
(``ndcg@k/exponential``, as most papers on multi-label hashing have it).

Where items tie, the value is the mean over all orders of tied items
(McSherry and Najork, "Computing information retrieval performance measures efficiently in the
presence of tied scores", ECIR 2008), or the relevant items stand first or last in each group:
bounds of all but ``hits``, nDCG and weighted AP; the last two are left out there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from aehash.metrics.cuts import Cut
from aehash.metrics.gains import Gain, Ideal
from aehash.metrics.ties import Floats, Ints, ratio

Per = Literal["min_k", "hits", "relevant"]
PER: tuple[Per, ...] = ("min_k", "hits", "relevant")
Depth = int | Literal["all"]


class RankedLists(Protocol):
    """One ranked list per query, which can be cut."""

    def cut(self, lengths: Ints) -> Cut:
        """Take the first ``lengths[i, j]`` items of query i's list, or all if there are fewer."""


@dataclass(frozen=True, eq=False)
class Graded:
    """What scores with gains need beside the lists.

    Attributes:
        gain: The gain's name.
        ideal: The best there is.
        multi: Whether labels are multi-hot, so that weighted AP says more than AP.
    """

    gain: Gain
    ideal: Ideal
    multi: bool


def score(
    lists: RankedLists,
    relevant: Ints,
    retrieved: Ints,
    ks: Sequence[Depth],
    *,
    graded: Graded | None = None,
    radius: bool = False,
) -> dict[str, Floats]:
    """Compute every metric at every cut.

    Args:
        lists: One list per query.
        relevant: ``(q,)`` relevant items in the whole database.
        retrieved: ``(q,)`` items retrieved: the list is cut there.
        ks: Cuts; ``all`` is the whole list.
        graded: What nDCG and weighted AP need; without it they are left out.
        radius: Whether what is retrieved is inside a radius, and scored as such.

    Returns:
        By name, ``(q,)`` each: ``map@k/min_k``, ``map@k/hits``, ``map@k/relevant`` (one query's
        AP), ``precision@k`` (divided by k even where fewer are retrieved; for ``all`` by the
        number retrieved) and ``recall@k`` (0 where nothing is relevant); with gains also
        ``wap@k/min_k``, ``wap@k/hits``, ``wap@k/relevant`` for multi-hot labels, and
        ``ndcg@k/linear`` or ``ndcg@k/exponential`` (0 where nothing has a gain); with a radius
        ``precision@radius`` (0 where nothing is inside) and ``recall@radius``.
    """
    depths: list[Depth] = [*ks, *(("all",) if radius else ())]
    lengths = [retrieved if k == "all" else np.minimum(retrieved, k) for k in depths]
    cut = lists.cut(np.stack(lengths, axis=1))
    scores: dict[str, Floats] = {}
    for place, k in enumerate(ks):
        most = relevant if k == "all" else np.minimum(relevant, k)
        hits, over = cut.hits[:, place], cut.over_hits[:, place]
        scores |= _divided(f"map@{k}", cut.total[:, place], over, most, relevant)
        scores[f"precision@{k}"] = ratio(hits, retrieved if k == "all" else np.array(k))
        scores[f"recall@{k}"] = ratio(hits, relevant)
        if graded is not None and graded.multi and cut.graded is not None:
            total, over = cut.graded.weighted[:, place], cut.graded.weighted_over_hits[:, place]
            scores |= _divided(f"wap@{k}", total, over, most, relevant)
    if graded is not None and cut.graded is not None:
        scores |= _ndcg(graded, cut.graded.discounted, ks)
    if radius:
        scores["precision@radius"] = ratio(cut.hits[:, -1], retrieved)
        scores["recall@radius"] = ratio(cut.hits[:, -1], relevant)
    return scores


def _divided(
    name: str, total: Floats, over_hits: Floats, most: Ints, relevant: Ints
) -> dict[str, Floats]:
    return {
        f"{name}/min_k": ratio(total, most),
        f"{name}/hits": over_hits,
        f"{name}/relevant": ratio(total, relevant),
    }


def _ndcg(graded: Graded, discounted: Floats, ks: Sequence[Depth]) -> dict[str, Floats]:
    size = graded.ideal.items.sum(axis=1)
    lengths = [size if k == "all" else np.minimum(size, k) for k in ks]
    best = graded.ideal.discounted(np.stack(lengths, axis=1))
    found = ratio(discounted[:, : len(ks)], best)
    return {f"ndcg@{k}/{graded.gain}": found[:, place] for place, k in enumerate(ks)}
