"""How far a mean over queries would move with other queries: bootstrap intervals."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from aehash.index.blas import single_threaded

RESAMPLES = 1_000
_CELLS = 1 << 18


def bootstrap_intervals(
    values: Mapping[str, NDArray[np.float64]], seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """Compute 95 % percentile intervals of means over queries.

    All metrics are resampled with the same queries. How often each query is drawn is counted
    in blocks that stay in the cache, and one matrix product gives a block's means.

    Args:
        values: By name, one value per query, ``(q,)`` each, q above 0.
        seed: Of the resampling.
        resamples: How many times the queries are drawn again, with replacement.

    Returns:
        By name, the 2.5th and the 97.5th percentile of the resampled means.
    """
    if not values:
        return {}
    table = np.stack(list(values.values()), axis=1)
    count = len(table)
    generator = np.random.default_rng(seed)
    means = np.empty((resamples, table.shape[1]))
    step = max(1, _CELLS // count)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = generator.integers(0, count, (size, count))
        weights = np.empty((size, count))
        for row, queries in zip(weights, drawn, strict=True):
            row[:] = np.bincount(queries, minlength=count)
        with single_threaded():  # the products are small, and BLAS threads spin while they wait
            means[start : start + size] = weights @ table
    means /= count
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return {name: (float(a), float(b)) for name, a, b in zip(values, low, high, strict=True)}
