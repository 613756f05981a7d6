"""Means, covariances and their axes, from blocks of rows: no second copy of the features is made.

Everything is reckoned in float64, whatever the features are.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.bits import check_no_nan
from aehash.errors import AehashError, UsageError

Floats = NDArray[np.float64]

RANK = 1e-10
"""Directions with less than this share of the largest variance are taken for rounding."""
_BLOCK = 1 << 21
"""Numbers of a block of rows."""


def rows_of(features: ArrayLike, least: int = 2) -> NDArray[Any]:
    """Check that features are finite rows to learn from or to transform.

    Args:
        features: ``(n, d)``; may be memory-mapped.
        least: How many rows there must be.

    Returns:
        The same array, of whatever real type it is.

    Raises:
        UsageError: It is no table of real numbers, or has too few rows.
        AehashError: A row holds NaN or infinity; the message names it.
    """
    array = np.asarray(features)
    if array.ndim != 2 or array.shape[1] == 0 or array.dtype.kind not in "uif":
        raise UsageError(
            f"features must be real numbers (n, d), not {array.dtype} of shape {array.shape}."
        )
    if len(array) < least:
        raise UsageError(f"{least} rows or more are needed to learn from, not {len(array)}.")
    for start, block in _raw(array):
        if np.isfinite(block).all():
            continue
        check_no_nan(block, start)
        row = start + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
        raise AehashError(
            f"The features of row {row} are infinite: look at how they were made, and leave "
            "that row out."
        )
    return array


def check_width(features: ArrayLike, width: int) -> NDArray[Any]:
    """Check that features are finite and as wide as those learned from.

    Args:
        features: ``(n, d)``.
        width: d.

    Returns:
        The array.

    Raises:
        UsageError: They are not.
        AehashError: A row holds NaN or infinity.
    """
    table = rows_of(features, least=0)
    if table.shape[1] != width:
        raise UsageError(
            f"The features have {table.shape[1]} a row, and this was learned on {width}: they "
            "must come from the same model."
        )
    return table


def centred(features: NDArray[Any], mean: Floats) -> Iterator[tuple[int, Floats]]:
    """Take a mean off, block by block.

    Args:
        features: ``(n, d)``.
        mean: ``(d,)``.

    Yields:
        The first row's number, and ``(m, d)`` float64.
    """
    for start, block in _raw(features):
        yield start, np.subtract(block, mean, dtype=np.float64)


def mean_of(features: NDArray[Any], weights: Floats | None = None) -> Floats:
    """Average the rows.

    Args:
        features: ``(n, d)``, n above 0.
        weights: ``(n,)``, 0 or more and not all 0; by default all rows count the same.

    Returns:
        ``(d,)`` float64.
    """
    shares = np.ones(len(features)) if weights is None else weights
    mean = np.zeros(features.shape[1])
    for _ in range(2):  # the second time adds what the first sum lost where the mean is large
        total = np.zeros_like(mean)
        for start, block in centred(features, mean):
            total += shares[start : start + len(block)] @ block
        mean = mean + total / shares.sum()
    return mean


def covariance(features: NDArray[Any], mean: Floats) -> Floats:
    """Average the outer products of the rows less a mean; divided by n, not n - 1.

    Args:
        features: ``(n, d)``, n above 0.
        mean: ``(d,)``.

    Returns:
        ``(d, d)`` float64, symmetric.
    """
    total = np.zeros((features.shape[1], features.shape[1]))
    for _, block in centred(features, mean):
        total += block.T @ block
    return total / len(features)


def axes_of(matrix: Floats) -> tuple[Floats, Floats]:
    """Find the eigenvalues and eigenvectors of a symmetric matrix.

    Args:
        matrix: ``(d, d)``.

    Returns:
        ``(d,)`` eigenvalues, the largest first and none below 0, and ``(d, d)`` with an
        eigenvector in each column.

    Raises:
        AehashError: They could not be found.
    """
    try:
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    except np.linalg.LinAlgError as error:
        raise AehashError(
            f"The axes of the features could not be found ({error}): look for values of very "
            "different size among them, and scale them."
        ) from error
    return np.maximum(values[::-1], 0.0), np.ascontiguousarray(vectors[:, ::-1])


def rank_of(values: Floats) -> int:
    """Count the directions that vary.

    Args:
        values: ``(d,)`` variances, the largest first.

    Returns:
        How many are above 1e-10 of the largest; 0 where none varies.
    """
    return int((values > RANK * values[0]).sum())


def with_signs(axes: Floats) -> Floats:
    """Turn axes so that the largest loading of each is positive.

    Args:
        axes: ``(d, k)``, an axis in each column.

    Returns:
        The same axes; of loadings equal up to rounding, the first decides.
    """
    size = np.abs(axes)
    first = np.argmax(size >= size.max(axis=0) * (1 - 1e-6), axis=0)
    return axes * np.where(axes[first, np.arange(axes.shape[1])] < 0, -1.0, 1.0)


def check_dimensions(name: str, wanted: int | None, rank: int) -> int:
    """Choose how many directions are kept.

    Args:
        name: What they are called, for the message.
        wanted: How many; None: as many as there are.
        rank: How many directions vary.

    Returns:
        The number.

    Raises:
        UsageError: It is not a whole number from 1 to the rank.
    """
    if wanted is None:
        return rank
    if isinstance(wanted, bool) or not isinstance(wanted, int | np.integer) or wanted < 1:
        raise UsageError(f"{name} must be a whole number from 1 on, not {wanted!r}.")
    if wanted > rank:
        raise UsageError(
            f"{name} is {wanted}, and the features to learn from vary along {rank} "
            f"direction{'s' if rank > 1 else ''} only: ask for {rank} or fewer, or learn from "
            "more images."
        )
    return int(wanted)


def _raw(features: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    step = max(1, _BLOCK // features.shape[1])
    for start in range(0, len(features), step):
        yield start, features[start : start + step]
