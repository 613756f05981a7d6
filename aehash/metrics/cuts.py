"""What the first items of ranked lists hold: sums from which every score follows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aehash.metrics.ties import Floats


@dataclass(frozen=True, eq=False)
class Cut:
    """What the first items of each query's list hold, at several cuts.

    Attributes:
        total: ``(q, cuts)`` Σ P(i) · rel(i).
        hits: ``(q, cuts)`` relevant items.
        over_hits: ``(q, cuts)`` Σ P(i) · rel(i) / hits, 0 where there is no hit. Under ties this
            is the mean of the ratio, not the ratio of the means.
        graded: The sums with gains; none where the lists have no gains.
    """

    total: Floats
    hits: Floats
    over_hits: Floats
    graded: "GradedCut | None" = None


@dataclass(frozen=True, eq=False)
class GradedCut:
    """The same with gains, labels shared with the query taking the place of relevance.

    Attributes:
        weighted: ``(q, cuts)`` Σ ACG(i) · rel(i), ACG(i) being the labels that the first i items
            share with the query, divided by i.
        weighted_over_hits: ``(q, cuts)`` the same over the hits, 0 where there is none.
        discounted: ``(q, cuts)`` Σ gain(i) / log2(i + 1).
    """

    weighted: Floats
    weighted_over_hits: Floats
    discounted: Floats


def joined(cuts: Sequence[Cut], axis: int = 0) -> Cut:
    """Make one of several cuts.

    Args:
        cuts: At least one; all with gains or none.
        axis: 0: of other queries; 1: one column each.

    Returns:
        The cut.
    """

    def join(parts: Sequence[Floats]) -> Floats:
        return np.concatenate(parts) if axis == 0 else np.stack(parts, axis=1)

    graded = [cut.graded for cut in cuts if cut.graded is not None]
    return Cut(
        join([cut.total for cut in cuts]),
        join([cut.hits for cut in cuts]),
        join([cut.over_hits for cut in cuts]),
        GradedCut(
            join([cut.weighted for cut in graded]),
            join([cut.weighted_over_hits for cut in graded]),
            join([cut.discounted for cut in graded]),
        )
        if graded
        else None,
    )
