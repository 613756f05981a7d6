"""All the pairs of images that match, or some of them drawn."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.siamese.matches import Seed
from aehash.siamese.tuples import check_clusters


def cluster_pairs(clusters: ArrayLike, most: int, seed: Seed) -> tuple[NDArray[np.int64], int]:
    """Pair images of one cluster with each other: all of them, or some that are drawn.

    Args:
        clusters: ``(n,)`` the cluster of each image; one below 0 is unknown and matches nothing.
        most: Of more pairs than these, so many are drawn, each equally likely.
        seed: Equal seeds draw equally.

    Returns:
        ``(m, 2)`` rows, the first below the second, no pair twice; and how many there are in all.
    """
    groups = check_clusters(clusters)
    known = np.flatnonzero(groups >= 0)
    order = known[np.argsort(groups[known], kind="stable")]
    sizes = np.unique(groups[known], return_counts=True)[1]
    starts = np.cumsum(sizes) - sizes
    counts = sizes * (sizes - 1) // 2
    total = int(counts.sum())
    if total <= most:
        numbers = np.arange(total)
    else:
        numbers = np.random.default_rng(seed).choice(total, most, replace=False)
        numbers.sort()
    ends = np.cumsum(counts)
    cluster = np.searchsorted(ends, numbers, "right")
    one, other = _unranked(numbers - (ends - counts)[cluster])
    first = starts[cluster]
    return np.stack([order[first + one], order[first + other]], axis=1), total


def _unranked(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the pair i < j of each number j(j-1)/2 + i; a root may be rounded the wrong way."""
    upper = ((1 + np.sqrt(1 + 8 * numbers.astype(np.float64))) / 2).astype(np.int64)
    upper -= upper * (upper - 1) // 2 > numbers
    upper += upper * (upper + 1) // 2 <= numbers
    return numbers - upper * (upper - 1) // 2, upper
