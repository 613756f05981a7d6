"""How far features are apart: exactly, and quickly within bounds."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError

FeatureMetric = Literal["euclidean", "inner_product"]
METRICS = ("euclidean", "inner_product")
_PART = 1 << 22
"""Feature values converted at once."""
_FLOAT32_SAFE = 1e36
"""Squares above this might overflow in float32."""

Floats = NDArray[np.float64]


def exact_distances(
    query: NDArray[np.float32], rows: NDArray[np.float32], metric: FeatureMetric = "euclidean"
) -> Floats:
    """Measure a query against rows.

    Args:
        query: ``(d,)``.
        rows: ``(m, d)``.
        metric: ``euclidean`` or ``inner_product``.

    Returns:
        ``(m,)`` float64: the Euclidean distances, or the inner products with their sign turned.
    """
    result = np.empty(len(rows))
    step = max(1, _PART // max(1, rows.shape[1]))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        if metric == "inner_product":
            part = np.multiply(some, query, dtype=np.float64, order="C")
            result[start : start + step] = 0.0 - part.sum(axis=1)
        else:
            part = np.subtract(some, query, dtype=np.float64, order="C")
            np.square(part, out=part)
            result[start : start + step] = np.sqrt(part.sum(axis=1))
    return result


def ordered(
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    features: NDArray[np.float32],
    metric: FeatureMetric,
) -> tuple[NDArray[np.int64], Floats]:
    """Order rows by their exact distance to a query, as `rerank` does, but check nothing."""
    rows = np.sort(rows)
    distances = exact_distances(query, features[rows], metric)
    order = np.argsort(distances, kind="stable")
    return rows[order], distances[order]


def squared_norms(features: NDArray[np.float32]) -> Floats:
    """Square and sum features.

    Args:
        features: ``(n, d)``; may be memory-mapped.

    Returns:
        ``(n,)`` float64.

    Raises:
        AehashError: They hold NaN or infinity.
    """
    result = np.empty(len(features))
    step = max(1, _PART // max(1, features.shape[1]))
    for start in range(0, len(features), step):
        part = features[start : start + step].astype(np.float64)
        result[start : start + step] = np.einsum("ij,ij->i", part, part)
    if not np.isfinite(result).all():
        row = int(np.flatnonzero(~np.isfinite(result))[0])
        raise AehashError(f"The features of row {row} hold NaN or infinity. Extract them again.")
    return result


class Bounds(NamedTuple):
    """Quick values that stand for distances, and how far they may be off.

    The value of a query q and a row x is ``|x|² - 2 q·x``, which is the squared distance less
    ``|q|²``; or ``-q·x``. A dot product of d terms in precision u is off by at most
    d·u / (1 - d·u) times the norms' product, in whatever order it is summed.

    Attributes:
        features: ``(n, d)`` float32.
        squares: ``(n,)`` float64 squared norms.
        queries: ``(q, d)`` of the precision used, times -2 or -1.
        offsets: ``(q,)`` what the squared distance has beyond the value; zeros for products.
        slack: ``(q,)`` how far a value is off at most from what the exact distance says.
        metric: ``euclidean`` or ``inner_product``.
    """

    features: NDArray[np.float32]
    squares: Floats
    queries: NDArray[np.floating]
    offsets: Floats
    slack: Floats
    metric: FeatureMetric

    @property
    def largest(self) -> float:
        """A value beyond all that there may be, but not infinite."""
        single = self.queries.dtype == np.float32
        return float(np.finfo(np.float32).max if single else np.finfo(np.float64).max) / 2

    def values(self, start: int, stop: int) -> NDArray[np.floating]:
        """Value rows from start to stop, ``(q, stop - start)``."""
        dtype = self.queries.dtype
        near = self.queries @ self.features[start:stop].astype(dtype, copy=False).T
        if self.metric == "euclidean":
            near += self.squares[start:stop].astype(dtype, copy=False)
        return near

    def limit(self, query: int, distance: float) -> float:
        """Give a value that no row at the exact distance or nearer exceeds."""
        value = distance if self.metric == "inner_product" else distance * distance
        return value - float(self.offsets[query]) + 2 * float(self.slack[query])


def bounds(
    features: NDArray[np.float32],
    squares: Floats,
    queries: NDArray[np.float32],
    asked: Floats,
    metric: FeatureMetric,
    *,
    double: bool = False,
) -> Bounds:
    """Make queries ready to be valued.

    Args:
        features: ``(n, d)`` of the database.
        squares: ``(n,)`` their squared norms.
        queries: ``(q, d)`` float32.
        asked: ``(q,)`` their squared norms.
        metric: ``euclidean`` or ``inner_product``.
        double: Reckon in float64; else in float32 where nothing can overflow.

    Returns:
        The bounds.
    """
    largest, norms = float(np.sqrt(squares.max(initial=0))), np.sqrt(asked)
    reach = (norms + largest) ** 2
    safe = reach.max(initial=0) <= _FLOAT32_SAFE
    limits = np.finfo(np.float32) if safe and not double else np.finfo(np.float64)
    width, eps = features.shape[1], float(limits.eps)
    products = 2 * width * eps * norms * largest
    sums = (4 * width + 64) * float(np.finfo(np.float64).eps) * reach + 2 * eps * reach
    slack = products + sums + (8 * width + 8) * float(limits.tiny)
    factor = -1 if metric == "inner_product" else -2
    offsets = np.zeros(len(asked)) if metric == "inner_product" else asked
    scaled: NDArray[np.floating] = queries.astype(np.float32)
    if limits.dtype != np.float32:
        scaled = queries.astype(np.float64)
    scaled *= factor
    return Bounds(features, squares, scaled, offsets, slack, metric)
