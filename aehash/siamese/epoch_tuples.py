"""The tuples of one epoch: queries, matches and a pool drawn, described once, and mined."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import UsageError, nearest
from aehash.index.checks import whole
from aehash.siamese.hard_negatives import hard_negatives
from aehash.siamese.matches import drawn_matches, drawn_pairs, hardest_matches, with_matches
from aehash.siamese.tuples import Described, Rows, Tuples, check_clusters, check_rows

#: Takes ``(m,)`` rows, ascending; gives ``(m, d)`` float32 of length 1.
Describe = Callable[[Rows], NDArray[np.float32]]

POSITIVES = ("drawn", "hardest")


@dataclass(frozen=True)
class Plan:
    """What an epoch takes; the numbers are those of the authors' code.

    Attributes:
        queries: Tuples of an epoch; all there are where there are fewer.
        pool: Images that negatives, and the hardest matches, are taken from.
        negatives: Of a tuple.
        positives: ``drawn``: any other image of the query's cluster; ``hardest``: the least
            similar one of the pool. Given pairs come before either.
        least: The smallest inner product of a hardest match.
    """

    queries: int = 2000
    pool: int = 20_000
    negatives: int = 5
    positives: str = "drawn"
    least: float = -1.0

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            UsageError: A number is too small, or positives are chosen in no known way.
        """
        whole("queries", self.queries, 1)
        whole("pool", self.pool, 1)
        whole("negatives", self.negatives, 0)
        if self.positives not in POSITIVES:
            raise UsageError(
                f"positives cannot be {self.positives!r}.{nearest(self.positives, POSITIVES)}"
            )


def epoch_tuples(
    describe: Describe,
    clusters: ArrayLike,
    rows: ArrayLike,
    plan: Plan,
    *,
    seed: int,
    epoch: int,
    pairs: ArrayLike | None = None,
) -> Tuples:
    """Mine the tuples of an epoch with the net as it stands.

    Args:
        describe: Called once, with the rows of queries and pool together.
        clusters: ``(n,)`` of the whole data set.
        rows: ``(m,)`` rows to train on; no other is drawn.
        plan: How many of what.
        seed: Of the run.
        epoch: From 0; every epoch draws anew, and one drawn again is the same.
        pairs: ``(p,)`` pairs of rows known to match, to take queries and matches from.

    Returns:
        The tuples, in random order.

    Raises:
        UsageError: No query has a match, a pair is of other rows, or the pool has too few
            clusters.
        AehashError: A descriptor is NaN or infinite.
    """
    groups = check_clusters(clusters)
    own = np.sort(check_rows("rows", rows, len(groups)))
    draws = np.random.default_rng((seed, epoch, 0))
    pool = np.sort(draws.permutation(own)[: plan.pool])
    matches: Rows | None = None
    if pairs is not None:
        asked, matches = drawn_pairs(pairs, plan.queries, (seed, epoch, 1))
        _refuse_foreign(np.concatenate([asked, matches]), own)
    else:
        able = with_matches(own, groups, own if plan.positives == "drawn" else pool)
        asked = draws.permutation(able)[: plan.queries]
        if plan.positives == "drawn":
            matches = drawn_matches(asked, groups, own, (seed, epoch, 1))
    single, place = np.unique(asked, return_inverse=True)
    together = np.union1d(single, pool)
    descriptors = describe(together)
    queries, described = (
        Described.of(each, groups, descriptors[np.searchsorted(together, each)])
        for each in (single, pool)
    )
    if matches is None:
        matches = hardest_matches(queries, described, plan.least)[place]
    negatives = hard_negatives(queries, described, plan.negatives)[place]
    return Tuples.of(asked, matches, negatives, groups)


def _refuse_foreign(used: Rows, own: Rows) -> None:
    foreign = used[~np.isin(used, own)]
    if foreign.size:
        raise UsageError(
            f"A pair names row {foreign[0]}, which is not trained on: give the pairs of the "
            "training side alone."
        )
