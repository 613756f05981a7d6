"""Queries and databases enriched by their neighbours: α query expansion, database augmentation.

A descriptor f becomes ``f + sum of s(f, g)^α g`` over its nearest descriptors g, brought to
length 1, where s is their inner product. Radenović, Tolias and Chum, "Fine-tuning CNN image
retrieval with no human annotation", 2019; α = 0 is the average query expansion of Chum et al.,
2007; of databases: Arandjelović and Zisserman, 2012.
"""

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.index.checks import check_queries, table, whole
from aehash.index.euclidean import EuclideanIndex

_BLOCK = 1 << 20
"""Neighbours' features held at once, in numbers."""
_UNIT = 1e-3
"""How far a squared length may be off 1."""

Ints = NDArray[np.int64]
Single = NDArray[np.float32]


def expand_queries(
    index: EuclideanIndex,
    queries: Single,
    n: int = 10,
    alpha: float = 3.0,
    *,
    own: Ints | None = None,
    threads: int | None = None,
) -> Single:
    """Enrich queries by their nearest rows (α query expansion).

    A row with a similarity of 0 or less has no weight, whatever α; a query without others stays
    as it is. The query itself has weight 1, so that no sum is zero.

    Args:
        index: Of descriptors of length 1, with the metric ``inner_product``.
        queries: ``(q, d)`` float32, of length 1.
        n: How many descriptors are summed, the query itself among them; 1 changes nothing.
        alpha: The power of the similarity, 0 or more.
        own: ``(q,)`` the row that is the query itself and is not counted again; -1: none.
        threads: How many work; all cores where it is None.

    Returns:
        ``(q, d)`` float32, of length 1.

    Raises:
        UsageError: Lengths other than 1, another metric, or a number that cannot be.
        AehashError: A query holds NaN or infinity.
    """
    n = whole("n", n, 1)
    _check(index, alpha)
    asked = _unit(check_queries(table("queries", queries)), index)
    rows = _own_rows(own, len(asked), len(index))
    result = np.empty(asked.shape, np.float32)
    _expand(index, asked, rows, n, alpha, threads, result)
    return result


def augment_database(
    index: EuclideanIndex,
    n: int = 10,
    alpha: float = 3.0,
    *,
    out: Single | None = None,
    threads: int | None = None,
) -> Single:
    """Enrich every row of a database by its nearest rows (database augmentation).

    All rows are enriched from the database as it was, none from a row enriched before it.

    Args:
        index: Of descriptors of length 1, with the metric ``inner_product``.
        n: How many descriptors are summed, the row itself among them; 1 changes nothing.
        alpha: The power of the similarity, 0 or more.
        out: ``(rows, d)`` float32 to fill, such as a memory map; not the index's own features.
        threads: How many work; all cores where it is None.

    Returns:
        ``(rows, d)`` float32, of length 1.

    Raises:
        UsageError: Lengths other than 1, another metric, a number that cannot be, or an ``out``
            that does not fit.
    """
    n = whole("n", n, 1)
    _check(index, alpha)
    shape = index.features.shape
    result = np.empty(shape, np.float32) if out is None else out
    if result.shape != shape or result.dtype != np.float32:
        raise UsageError(
            f"out must be float32 of shape {shape}, not {result.dtype} of {result.shape}."
        )
    if np.may_share_memory(result, index.features):
        raise UsageError("out must not be the index's own features: rows would be read changed.")
    _expand(index, index.features, np.arange(len(index)), n, alpha, threads, result)
    return result


def _expand(
    index: EuclideanIndex,
    asked: Single,
    own: Ints,
    n: int,
    alpha: float,
    threads: int | None,
    result: Single,
) -> None:
    """Fill the result, block by block."""
    others = min(n - 1, len(index))
    step = max(1, _BLOCK // max(1, asked.shape[1] * (others + 1)))
    for start in range(0, len(asked), step):
        part = slice(start, start + step)
        block = np.asarray(asked[part])
        total = block.astype(np.float64)
        if others:
            found = index.search(block, min(others + 1, len(index)), threads=threads)
            rows, weights = _weighted(found.indices, found.distances, own[part], others, alpha)
            total += np.einsum("qk,qkd->qd", weights, index.features[rows], dtype=np.float64)
        result[part] = total / np.sqrt(np.einsum("ij,ij->i", total, total))[:, None]


def _weighted(
    rows: Ints, distances: NDArray[np.float64], own: Ints, others: int, alpha: float
) -> tuple[Ints, NDArray[np.float64]]:
    """Weight the nearest rows but the query's own; those that do not count have weight 0."""
    counts = rows != own[:, None]
    counts &= np.cumsum(counts, axis=1) <= others
    similar = np.where(np.isfinite(distances), -distances, 0.0)
    counts &= similar > 0
    return np.maximum(rows, 0), np.where(counts, np.where(counts, similar, 1.0) ** alpha, 0.0)


def _check(index: EuclideanIndex, alpha: float) -> None:
    if index.metric != "inner_product":
        raise UsageError(
            f"The index has the metric {index.metric!r}: make it with metric='inner_product', "
            "from descriptors of length 1."
        )
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | np.number):
        raise UsageError(f"alpha must be a number, not {alpha!r}.")
    if not 0 <= alpha < np.inf:
        raise UsageError(f"alpha must be a finite number from 0 on, not {alpha!r}.")
    _check_lengths("row", index.squares)


def _unit(queries: Single, index: EuclideanIndex) -> Single:
    if queries.ndim != 2 or queries.shape[1] != index.features.shape[1]:
        raise UsageError(
            f"The queries are of shape {queries.shape} and the database has "
            f"{index.features.shape[1]} features a row: they must come from the same model."
        )
    wide = queries.astype(np.float64)
    _check_lengths("query", np.einsum("ij,ij->i", wide, wide))
    return queries


def _check_lengths(what: str, squares: NDArray[np.float64]) -> None:
    wrong = np.flatnonzero(np.abs(squares - 1) > _UNIT)
    if wrong.size:
        raise UsageError(
            f"The descriptor of {what} {wrong[0]} is {np.sqrt(squares[wrong[0]]):.4g} long and "
            "must be 1: divide each by its length, and leave out those that are zero."
        )


def _own_rows(own: Ints | None, queries: int, rows: int) -> Ints:
    if own is None:
        return np.full(queries, -1, np.int64)
    array = table("own", own)
    if array.shape != (queries,) or array.dtype.kind not in "iu":
        raise UsageError(
            f"own must be a row number for each of the {queries} queries, not {array.dtype} of "
            f"shape {array.shape}."
        )
    if array.size and not (array.min() >= -1 and array.max() < rows):
        raise UsageError(f"own must be rows from 0 to {rows - 1}, or -1 where there is none.")
    return array.astype(np.int64)
