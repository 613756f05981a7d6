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


def relevant_rows(database: NDArray[np.int64], queries: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the rows that have a query's label.

    Args:
        database: ``(n,)`` labels.
        queries: ``(q,)`` labels.

    Returns:
        ``(q,)`` counts.
    """
    labels, counts = np.unique(database, return_counts=True)
    found: NDArray[np.int64] = (queries[:, None] == labels).astype(np.int64) @ counts
    return found


def chance(items: int, relevant: NDArray[np.int64]) -> Floats:
    """Give each query's average precision in a random ranking, exactly.

    Args:
        items: How many are ranked.
        relevant: ``(q,)`` how many of them are relevant.

    Returns:
        ``(q,)`` the mean of AP over all orders, divided by R; 0 where nothing is relevant.
    """
    from aehash.metrics.average_precision import score
    from aehash.metrics.chance import chance_lists

    all_of_them = np.full(len(relevant), items)
    lists = chance_lists(all_of_them, relevant)
    return score(lists, relevant, all_of_them, ["all"])["map@all/relevant"]


def _rounded(value: Any) -> float:
    return round(float(value), 6)
