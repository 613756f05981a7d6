"""The whole database in order for each query, by features."""

import numpy as np
from numpy.typing import NDArray

from aehash.index.measures import Bounds, exact_distances

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BITS = 62
"""Bits of a sorted word, for the value and the row."""


def order_all(
    queries: NDArray[np.float32], bounds: Bounds, indices: Ints, distances: Floats
) -> None:
    """Rank the whole database for a block of queries.

    Args:
        queries: ``(q, d)`` float32.
        bounds: Of these queries, in float64.
        indices: ``(q, n)``, filled with rows.
        distances: ``(q, n)``, filled with their distances.
    """
    if not indices.size:
        return
    values = bounds.values(0, indices.shape[1])
    for query, row in enumerate(values):
        order, tolerance = _rough_order(row, 2 * float(bounds.slack[query]))
        indices[query] = order
        sorted_values = row[order]
        if bounds.metric == "euclidean":
            sorted_values += bounds.offsets[query]
            np.sqrt(np.maximum(sorted_values, 0), out=distances[query])
        else:
            distances[query] = sorted_values
        _settle(queries[query], bounds, sorted_values, tolerance, indices[query], distances[query])


def _rough_order(values: Floats, slack: float) -> tuple[Ints, float]:
    """Sort by value, to within a tolerance.

    Value and row are put into one word, which sorts several times faster than an argsort.

    Returns:
        The order, and a difference beyond which it is right.
    """
    shift = max(1, (len(values) - 1).bit_length())
    low = float(values.min())
    step = (float(values.max()) - low) / (1 << (_BITS - shift))
    if step <= 0 or not np.isfinite(step):
        return np.argsort(values), slack
    keys = ((values - low) * (1 / step)).astype(np.int64)
    keys <<= shift
    keys |= np.arange(len(values))
    keys.sort()
    keys &= (1 << shift) - 1
    return keys, slack + 4 * step


def _settle(
    query: NDArray[np.float32],
    bounds: Bounds,
    values: Floats,
    tolerance: float,
    order: Ints,
    distances: Floats,
) -> None:
    """Order the runs of rows that are too close to call, exactly and in place."""
    near = np.flatnonzero(np.diff(values) <= tolerance)
    if not near.size:
        return
    places = np.union1d(near, near + 1)
    run = np.cumsum(np.diff(places, prepend=places[0]) > 1)
    apart = ~np.isin(places[:-1], near, assume_unique=True)
    run[1:] += np.cumsum(apart)
    rows = order[places]
    exact = exact_distances(query, bounds.features[rows], bounds.metric)
    settled = np.lexsort((rows, exact, run))
    order[places] = rows[settled]
    distances[places] = exact[settled]
