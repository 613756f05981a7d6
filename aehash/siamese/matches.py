"""Where a query's match comes from: a draw, the hardest within a bound, or given pairs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import UsageError
from aehash.index.euclidean import EuclideanIndex
from aehash.siamese.tuples import Described, Rows, check_clusters, check_rows

Seed = int | Sequence[int]


def with_matches(rows: ArrayLike, clusters: ArrayLike, pool: ArrayLike) -> Rows:
    """Keep the rows that have another image of their cluster in a pool, so that they can ask.

    Args:
        rows: ``(m,)`` rows.
        clusters: ``(n,)`` of the whole data set.
        pool: ``(p,)`` rows.

    Returns:
        Those rows, in their order.

    Raises:
        UsageError: None has one: every cluster is a single image.
    """
    groups = check_clusters(clusters)
    asked = check_rows("rows", rows, len(groups))
    _, _, sizes = _others(asked, groups, check_rows("pool", pool, len(groups)))
    if not sizes.any():
        raise UsageError(
            f"None of {len(asked):,} images has a second one of its cluster among the pool's "
            f"{len(np.asarray(pool)):,}, so there is no matching pair to learn from: training "
            "needs clusters of two images or more."
        )
    return asked[sizes > 0]


def drawn_matches(queries: ArrayLike, clusters: ArrayLike, pool: ArrayLike, seed: Seed) -> Rows:
    """Draw for each query another image of its cluster, each equally likely.

    Args:
        queries: ``(q,)`` rows; one may stand more than once.
        clusters: ``(n,)`` of the whole data set.
        pool: ``(p,)`` rows that may be drawn.
        seed: Such as ``(seed, epoch)``; equal seeds draw equally.

    Returns:
        ``(q,)`` rows, none its own query.

    Raises:
        UsageError: A query has no other image of its cluster in the pool.
    """
    groups = check_clusters(clusters)
    asked = check_rows("queries", queries, len(groups), twice=True)
    ordered, start, sizes = _others(asked, groups, check_rows("pool", pool, len(groups)))
    _refuse_lonely(asked, groups[asked], sizes == 0)
    draws = np.random.default_rng(seed).integers(0, sizes)
    chosen = start + draws
    # A cluster's rows ascend, so the query's own row, and what follows it, is stepped over.
    own = _within(asked, groups, ordered, start)
    found: Rows = ordered[chosen + (chosen >= own)]
    return found


def hardest_matches(
    queries: Described, pool: Described, least: float = -1.0, *, threads: int | None = None
) -> Rows:
    """Find for each query the least similar other image of its cluster within a bound.

    Clusters may be so large that two of their images share nothing, which the bound is for. A
    query all of whose cluster is beyond it gets the most similar one.

    Args:
        queries: Images as the net sees them now.
        pool: Where matches are taken from; it may hold the queries, too.
        least: The smallest inner product a match may have, -1 (any) to 1.
        threads: How many work; all cores where it is None.

    Returns:
        ``(q,)`` rows; of equally similar ones the first in the pool.

    Raises:
        UsageError: A query has no other image of its cluster in the pool, or the bound is out of
            range.
    """
    if not -1 <= least <= 1:
        raise UsageError(f"least is {least}; inner products of length 1 are from -1 to 1.")
    found = np.full(len(queries), -1, np.int64)
    for cluster in np.unique(queries.clusters):
        asked = np.flatnonzero(queries.clusters == cluster)
        places = np.flatnonzero(pool.clusters == cluster)
        if not places.size:
            continue
        index = EuclideanIndex.from_features(pool.descriptors[places], metric="inner_product")
        ranking = index.search(queries.descriptors[asked], len(places), threads=threads)
        for query, order, distances in zip(
            asked.tolist(), ranking.indices, -ranking.distances, strict=True
        ):
            rows = pool.rows[places[order]]
            other = rows != queries.rows[query]
            if other.any():
                found[query] = _hardest(rows[other], distances[other], least)
    _refuse_lonely(queries.rows, queries.clusters, found < 0)
    return found


def drawn_pairs(pairs: ArrayLike, count: int, seed: Seed) -> tuple[Rows, Rows]:
    """Draw query and match from pairs that are known to match, none twice.

    Args:
        pairs: ``(m, 2)`` rows.
        count: How many; all where there are fewer.
        seed: Such as ``(seed, epoch)``; equal seeds draw equally.

    Returns:
        Queries and their matches, each ``(min(count, m),)`` rows.

    Raises:
        UsageError: There is no pair, or they are not rows.
    """
    table = np.asarray(pairs)
    if table.ndim != 2 or table.shape[1] != 2 or not len(table) or table.dtype.kind not in "iu":
        raise UsageError(
            f"Pairs must be row numbers (m, 2), one pair or more, not {table.dtype} of shape "
            f"{table.shape}."
        )
    chosen = table[np.random.default_rng(seed).permutation(len(table))[:count]].astype(np.int64)
    return chosen[:, 0], chosen[:, 1]


def _hardest(rows: Rows, similarities: NDArray[np.float64], least: float) -> int:
    """Give the least similar row not below the bound, else the first; they come nearest first."""
    inside = similarities >= least
    hardest = similarities[inside].min() if inside.any() else similarities[0]
    return int(rows[np.flatnonzero(similarities == hardest)[0]])


def _others(asked: Rows, groups: Rows, pool: Rows) -> tuple[Rows, Rows, Rows]:
    """Sort a pool by cluster and row; say where each query's cluster starts, and its others."""
    ordered = pool[np.lexsort((pool, groups[pool]))]
    names = groups[ordered]
    start = np.searchsorted(names, groups[asked], "left")
    sizes = np.searchsorted(names, groups[asked], "right") - start
    return ordered, start, sizes - np.isin(asked, pool)


def _within(asked: Rows, groups: Rows, ordered: Rows, start: Rows) -> Rows:
    """Give the place of each query itself in the sorted pool, or one beyond its end."""
    place = np.full(len(groups), len(ordered), np.int64)
    place[ordered] = np.arange(len(ordered))
    return place[asked]


def _refuse_lonely(asked: Rows, clusters: Rows, lonely: NDArray[np.bool_]) -> None:
    if lonely.any():
        first = int(np.flatnonzero(lonely)[0])
        raise UsageError(
            f"The query of row {asked[first]} has no other image of its cluster {clusters[first]} "
            f"in the pool, so it has no positive; so it is with {lonely.sum()} of {len(asked)} "
            "queries. Leave them out (with_matches does), or give a larger pool."
        )
