"""Candidates of a query, ordered by its features."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import AehashError, UsageError
from aehash.index.checks import check_metric, check_queries, table
from aehash.index.measures import FeatureMetric, Floats, ordered

Ints = NDArray[np.int64]


def rerank(
    query: ArrayLike,
    rows: ArrayLike,
    features: NDArray[np.float32],
    metric: FeatureMetric = "euclidean",
) -> tuple[Ints, Floats]:
    """Order candidates by their distance to their own query.

    Args:
        query: ``(d,)`` the query's features, finite; used as float32.
        rows: ``(m,)`` database rows, in any order; one query's part of ``Ranking.indices`` will
            do, where -1 stands for no row.
        features: ``(n, d)`` the database's features; may be memory-mapped.
        metric: ``euclidean`` or ``inner_product``.

    Returns:
        ``(m,)`` the rows, nearest first, ties in database order, and ``(m,)`` their distances;
        every -1 stands behind them, at infinity.

    Raises:
        UsageError: The query has another width, or there are several; a row is not there; there
            is no such metric.
        AehashError: The query or a candidate holds NaN or infinity.
    """
    check_metric(metric)
    features, asked = table("features", features), table("query", query)
    if features.ndim != 2 or features.dtype.kind not in "fiu":
        raise UsageError(
            f"features must be numbers (n, d), not {features.dtype} of shape {features.shape}."
        )
    if asked.shape != features.shape[1:]:
        raise UsageError(
            f"rerank orders the candidates of one query: its features must be of shape "
            f"{features.shape[1:]}, not {asked.shape}."
        )
    wanted = _check_rows(rows, len(features))
    found, exact = ordered(check_queries(asked[None])[0], wanted[wanted >= 0], features, metric)
    if not np.isfinite(exact).all():
        row = found[~np.isfinite(exact)].min()
        raise AehashError(f"The features of row {row} hold NaN or infinity. Extract them again.")
    indices, distances = np.full(len(wanted), -1, np.int64), np.full(len(wanted), np.inf)
    indices[: len(found)], distances[: len(found)] = found, exact
    return indices, distances


def _check_rows(rows: ArrayLike, count: int) -> Ints:
    given = table("rows", rows)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise UsageError(
            f"rows must be row numbers (m,), not {given.dtype} of shape {given.shape}: one query's "
            "at a time, and np.flatnonzero(mask) for a mask."
        )
    wrong = given[(given < -1) | (given >= count)] if given.size else given
    if wrong.size:
        raise UsageError(
            f"There is no row {wrong[0]}: the database has {count}, numbered from 0, and -1 stands "
            "for none."
        )
    return given.astype(np.int64)
