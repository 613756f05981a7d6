"""Hard negatives of siamese training, mined from a pool as dang2023's source does.

After Radenović, Tolias and Chum (2019): with the net as it stands, the images of the pool nearest
to a query that belong to other clusters, at most one of each cluster, so that the n negatives show
n different things. It is done anew every epoch, as the net changes. Where a query's match comes
from, see :mod:`aehash.siamese.matches`.
"""

from collections.abc import Iterator

import numpy as np

from aehash.errors import UsageError
from aehash.index.checks import whole
from aehash.index.euclidean import EuclideanIndex
from aehash.siamese.tuples import Described, Rows

_FIRST = 32
"""Nearest images looked at first, beside those of the query's own cluster."""
_GROWTH = 4
_WORTH = 20
"""As many nearest images take as long as the one nearest of a cluster."""
_TABLE = 1 << 21
"""Nearest images held at once, of all the queries of a block."""


def hard_negatives(
    queries: Described, pool: Described, count: int = 5, *, threads: int | None = None
) -> Rows:
    """Find the nearest images of other clusters, at most one of each cluster.

    The nearest of the whole pool are looked at, and more of them for the queries for which they
    are of too few clusters. Where that would be many, each cluster is asked for its one nearest
    image instead. Memory is bounded, whatever the number of queries and images.

    Args:
        queries: Images as the net sees them now.
        pool: Where negatives are taken from; it may hold the queries, too.
        count: Negatives of each query; 0 for none, as the contrastive loss can do without.
        threads: How many work; all cores where it is None.

    Returns:
        ``(queries, count)`` rows of the data set, the nearest first; equally near ones in the
        order of the pool.

    Raises:
        UsageError: The pool has too few clusters beside a query's own, or descriptors of another
            width.
    """
    count = whole("count", count, 0)
    _check_pool(queries, pool, count)
    found = np.empty((len(queries), count), np.int64)
    if not found.size:
        return found
    todo, clusters = np.arange(len(queries)), len(np.unique(pool.clusters))
    k = min(len(pool), _FIRST + _GROWTH * count + _usual_size(queries, pool))
    while todo.size and k <= _WORTH * clusters:
        todo = _among_nearest(queries, pool, k, todo, found, threads)
        k = min(len(pool), _GROWTH * k)
    if todo.size:
        _by_cluster(queries, pool, todo, found, threads)
    return found


def _usual_size(queries: Described, pool: Described) -> int:
    """Give how many images of the pool a query's own cluster has, for half of the queries."""
    names, sizes = np.unique(pool.clusters, return_counts=True)
    place = np.minimum(np.searchsorted(names, queries.clusters), len(names) - 1)
    return int(np.median(np.where(names[place] == queries.clusters, sizes[place], 0)))


def _blocks(todo: Rows, width: int) -> Iterator[Rows]:
    step = max(1, _TABLE // width)
    for start in range(0, len(todo), step):
        yield todo[start : start + step]


def _among_nearest(
    queries: Described, pool: Described, k: int, todo: Rows, found: Rows, threads: int | None
) -> Rows:
    """Fill in negatives that are among the k nearest; give the queries left without."""
    index = EuclideanIndex.from_features(pool.descriptors, metric="inner_product")
    left, count = [], found.shape[1]
    for block in _blocks(todo, k):
        nearest = index.search(queries.descriptors[block], k, threads=threads).indices
        for query, places in zip(block.tolist(), nearest, strict=True):
            names, first = np.unique(pool.clusters[places], return_index=True)
            chosen = np.sort(first[names != queries.clusters[query]])[:count]
            if len(chosen) < count:
                left.append(query)
            else:
                found[query] = pool.rows[places[chosen]]
    return np.array(left, dtype=np.int64)


def _by_cluster(
    queries: Described, pool: Described, todo: Rows, found: Rows, threads: int | None
) -> None:
    """Fill in negatives from the nearest image of each cluster."""
    order = np.argsort(pool.clusters, kind="stable")
    names, starts = np.unique(pool.clusters[order], return_index=True)
    parts = np.split(pool.descriptors[order], starts[1:])
    indexes = [EuclideanIndex.from_features(part, metric="inner_product") for part in parts]
    for block in _blocks(todo, len(names)):
        asked = queries.descriptors[block]
        nearest = [index.search(asked, 1, threads=threads) for index in indexes]
        places = order[np.column_stack([each.indices[:, 0] for each in nearest]) + starts]
        distances = np.column_stack([each.distances[:, 0] for each in nearest])
        distances[names == queries.clusters[block, None]] = np.inf
        chosen = np.lexsort((places, distances))[:, : found.shape[1]]
        found[block] = pool.rows[np.take_along_axis(places, chosen, 1)]


def _check_pool(queries: Described, pool: Described, count: int) -> None:
    """Refuse a pool that cannot give every query its negatives."""
    if not count or not len(queries):
        return
    names = np.unique(pool.clusters)
    inside = np.isin(queries.clusters, names)
    others = len(names) - inside
    if (others >= count).all():
        return
    query = int(np.argmin(others))
    if not others[query]:
        what = f"holds cluster {names[0]} alone" if len(names) else "is empty"
        raise UsageError(
            f"The pool of {len(pool):,} images {what}, so that none of them does not match row "
            f"{queries.rows[query]}: training needs two clusters or more."
        )
    raise UsageError(
        f"{count} negatives a query are asked, each of another cluster, and beside the cluster of "
        f"row {queries.rows[query]} the pool has only {others[query]}: ask for "
        f"{others[query]} or fewer, or give a larger pool."
    )
