"""Features in two dimensions: principal components, and UMAP where it is installed.

Principal components are computed in float64 from blocks of rows, so that no second copy of the
features is ever made.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError

Floats = NDArray[np.float64]

_BLOCK = 1 << 21
"""Numbers of a block of rows."""
_DENSE = 2048
"""Where rows or columns are no more than this, all products of them are held at once."""
#: UMAP's neighbours a row; with no more rows than that it has nothing to lay out.
NEIGHBOURS = 15


@dataclass(frozen=True, eq=False)
class Components:
    """The two directions along which features vary most.

    Attributes:
        mean: ``(d,)`` float64.
        axes: ``(2, d)`` float64 of length 1, at right angles; the largest loading of each is
            positive. Zeros where the features vary along no second direction.
        shares: The share of the whole variance along each, 0 to 1.
    """

    mean: Floats
    axes: Floats
    shares: tuple[float, float]

    def place(self, features: NDArray[np.floating[Any]]) -> Floats:
        """Place rows in the plane of the two directions.

        Args:
            features: ``(n, d)``.

        Returns:
            ``(n, 2)``.
        """
        parts = [block @ self.axes.T for block in _centred(features, self.mean)]
        return np.concatenate(parts) if parts else np.empty((0, 2))


def components(features: NDArray[np.floating[Any]]) -> Components:
    """Find the first two principal components, exactly up to rounding.

    Args:
        features: ``(n, d)``, finite, not all rows equal.

    Returns:
        The components.

    Raises:
        AehashError: All rows are equal, or the directions could not be told apart.
    """
    check_varied(features)
    n, d = features.shape
    total = np.zeros(d)
    for block in _centred(features, np.zeros(d)):
        total += block.sum(axis=0)
    mean = total / n
    variance = sum(float(np.square(block).sum()) for block in _centred(features, mean))
    if d <= _DENSE:
        values, axes = _by_columns(features, mean)
    elif n <= _DENSE:
        values, axes = _by_rows(features, mean)
    else:
        values, axes = _by_steps(features, mean)
    shares = [min(1.0, max(0.0, float(value)) / variance) for value in values]
    for number in (0, 1):
        if shares[number] < 1e-12:  # a direction made of rounding
            shares[number], axes[number] = 0.0, 0.0
        axes[number] *= _sign(axes[number])
    return Components(mean, axes, (shares[0], shares[1]))


def check_varied(features: NDArray[np.floating[Any]]) -> None:
    """Refuse rows that are all one and the same.

    Args:
        features: ``(n, d)``.

    Raises:
        AehashError: They are.
    """
    if len(features) < 2:
        raise AehashError(
            f"A map needs two images or more, and there is {len(features)}. "
            "Extract more, or draw more with --sample."
        )
    if (features == features[0]).all():
        raise AehashError(
            f"All {len(features):,} rows are one and the same, so a map would be one point: the "
            "net has collapsed. See what its codes can tell apart with: aehash codebook info"
        )


def _centred(features: NDArray[np.floating[Any]], mean: Floats) -> Iterator[Floats]:
    step = max(1, _BLOCK // features.shape[1])
    for start in range(0, len(features), step):
        yield features[start : start + step].astype(np.float64) - mean


def _by_columns(features: NDArray[np.floating[Any]], mean: Floats) -> tuple[Floats, Floats]:
    """Take them from the products of all columns, (d, d)."""
    products = np.zeros((len(mean), len(mean)))
    for block in _centred(features, mean):
        products += block.T @ block
    values, vectors = _largest(products)
    return values, vectors.T


def _by_rows(features: NDArray[np.floating[Any]], mean: Floats) -> tuple[Floats, Floats]:
    """Take them from the products of all rows, (n, n): where those are fewer than the columns."""
    products = np.zeros((len(features), len(features)))
    step = max(1, _BLOCK // len(features))
    columns = [slice(start, start + step) for start in range(0, len(mean), step)]
    for part in columns:
        block = features[:, part].astype(np.float64) - mean[part]
        products += block @ block.T
    values, vectors = _largest(products)
    axes = np.zeros((2, len(mean)))
    for part in columns:
        axes[:, part] = vectors.T @ (features[:, part].astype(np.float64) - mean[part])
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    return values, np.divide(axes, lengths, out=np.zeros_like(axes), where=lengths > 0)


def _by_steps(features: NDArray[np.floating[Any]], mean: Floats) -> tuple[Floats, Floats]:
    """Take them by Lanczos's iteration, which holds neither products."""
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    def times(vector: Floats) -> Floats:
        found = np.zeros(len(mean))
        for block in _centred(features, mean):
            found += block.T @ (block @ vector.ravel())
        return found

    d = len(mean)
    start = np.random.default_rng(0).normal(size=d)
    operator = LinearOperator((d, d), matvec=times, dtype=np.float64)
    try:
        values, vectors = eigsh(operator, k=2, v0=start, tol=1e-8)
    except ArpackError as error:
        raise AehashError(
            f"The principal components did not settle ({error}); draw fewer images, with "
            f"--sample {_DENSE}."
        ) from None
    order = np.argsort(-values, kind="stable")
    return values[order], vectors.T[order]


def _largest(products: Floats) -> tuple[Floats, Floats]:
    """Find the two largest eigenvalues and their vectors, (2,) and (m, 2); zeros for none."""
    from scipy.linalg import eigh

    size = len(products)
    scale = float(np.abs(products).max()) or 1.0
    found = eigh(products / scale, subset_by_index=(max(0, size - 2), size - 1))
    values, vectors = found[0][::-1] * scale, found[1][:, ::-1]
    if size == 1:
        values, vectors = np.append(values, 0.0), np.hstack([vectors, np.zeros((1, 1))])
    return values, vectors


def _sign(axis: Floats) -> int:
    """Tell the sign of the largest loading; of equal ones, up to rounding, the first decides."""
    size = np.abs(axis)
    return -1 if axis[int(np.argmax(size >= size.max() * (1 - 1e-6)))] < 0 else 1


def umap_points(
    features: NDArray[np.float32],
    others: NDArray[np.float32] | None,
    *,
    seed: int,
    metric: Literal["euclidean", "hamming"],
) -> tuple[Floats, Floats | None]:
    """Lay rows out by UMAP: neighbours stay neighbours, all else is free.

    Args:
        features: ``(n, d)`` float32, more than 15 rows, not all equal.
        others: ``(m, d)`` float32, placed into the layout of the first; or none.
        seed: The same seed gives the same layout, on one thread.
        metric: ``euclidean`` for features, ``hamming`` for bits as 0 and 1.

    Returns:
        ``(n, 2)`` and ``(m, 2)``; their distances mean something only among near rows.

    Raises:
        UsageError: UMAP is not installed.
        AehashError: There are too few rows, or the layout failed.
    """
    check_varied(features)
    if len(features) <= NEIGHBOURS:
        raise AehashError(
            f"UMAP joins each image to its {NEIGHBOURS} nearest, and there are "
            f"{len(features)} in all: use --method pca."
        )
    make = _umap()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one thread for the seed, and of rows alike
        reducer = make(n_neighbors=NEIGHBOURS, metric=metric, random_state=seed, n_jobs=1)
        points = np.asarray(reducer.fit_transform(features), np.float64)
        placed = None if others is None else np.asarray(reducer.transform(others), np.float64)
    if not np.isfinite(points).all() or not (placed is None or np.isfinite(placed).all()):
        raise AehashError("UMAP could not place every image: use --method pca, or another --seed.")
    return points, placed


def _umap() -> Callable[..., Any]:
    """Import UMAP without its net, which would start TensorFlow for nothing."""
    net = "umap.parametric_umap"
    spared = net not in sys.modules
    if spared:
        sys.modules[net] = None  # type: ignore[assignment]  # an import of it fails at once
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from umap import UMAP
    except ImportError as error:
        raise UsageError(
            f"UMAP cannot be imported ({error}): install it with pip install 'aehash[umap]', or "
            "use --method pca."
        ) from None
    finally:
        if spared:
            del sys.modules[net]
    return UMAP  # type: ignore[no-any-return]
