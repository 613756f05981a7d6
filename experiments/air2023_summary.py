"""Means over queries and seeds, with intervals, for the studies of air2023."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def summary(values: Sequence[Floats]) -> dict[str, Any]:
    """Average a measure over seeds and queries.

    Args:
        values: For each seed ``(q,)``, one number a query; NaN where it has none.

    Returns:
        ``mean``; ``ci95``, by bootstrap over the queries of their means over the seeds, so that
        it does not hold what other seeds would change; ``seeds``, the mean of each.
    """
    from aehash.metrics.bootstrap import bootstrap_intervals

    table = np.stack(values)
    kept = table[:, np.isfinite(table).any(axis=0)]
    if not kept.size:
        return {"mean": None, "ci95": None, "seeds": [None] * len(table), "queries": 0}
    each = np.nanmean(kept, axis=0)
    low, high = bootstrap_intervals({"": each})[""]
    return {
        "mean": _rounded(each.mean()),
        "ci95": [_rounded(low), _rounded(high)],
        "seeds": [_rounded(np.nanmean(row)) if np.isfinite(row).any() else None for row in kept],
        "queries": int(kept.shape[1]),
    }


def chance(database: NDArray[np.int64], queries: NDArray[np.int64]) -> Floats:
    """Give each query's average precision in a random ranking, exactly.

    Args:
        database: ``(n,)`` labels.
        queries: ``(q,)`` labels.

    Returns:
        ``(q,)`` the mean of AP over all orders, divided by R.
    """
    from aehash.metrics.average_precision import score
    from aehash.metrics.chance import chance_lists

    relevant = (queries[:, None] == np.unique(database)).astype(np.int64) @ np.unique(
        database, return_counts=True
    )[1]
    items = np.full(len(queries), len(database))
    found = score(chance_lists(items, relevant), relevant, items, ["all"])
    return found["map@all/relevant"]


def _rounded(value: Any) -> float:
    return round(float(value), 6)
