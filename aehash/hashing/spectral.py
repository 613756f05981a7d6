"""Spectral hashing: waves along the principal components."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.bits import check_bits
from aehash.covariance import Floats, centred, rows_of
from aehash.hashing.binariser import Binariser
from aehash.hashing.components import components
from aehash.whitening import Whitening


def sh(features: ArrayLike, bits: int) -> Binariser:
    """Take the sign of the slowest waves along the principal components.

    Along a component on which the rows lie between a and b, the eigenfunctions of a uniform
    distribution are ``cos(k π (x - a) / (b - a))``, k = 1, 2 …; the bits are the signs of those
    with the smallest eigenvalues, ``(k π / (b - a))²``, of all components. Weiss, Torralba and
    Fergus, "Spectral hashing", 2008, as in their published code, which takes no waves along
    several components.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        bits: Bits per code, also more than d: a long component gives several.

    Returns:
        The binariser.

    Raises:
        UsageError: No such number of bits.
        AehashError: A row is not finite, or all rows are equal.
    """
    bits = check_bits(bits)
    table = rows_of(features)
    axes = components(table, bits)
    low, high = _ends(table, axes)
    component, waves = slowest(high - low, bits)
    rate = waves * np.pi / (high - low)[component]
    return Binariser(
        "sh",
        axes.mean,
        axes.projection[:, component] * rate,
        {"rows": len(table)},
        phase=rate * low[component],
    )


def slowest(lengths: Floats, bits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the waves with the smallest eigenvalues.

    Args:
        lengths: ``(c,)`` of the components, above 0.
        bits: How many.

    Returns:
        ``(bits,)`` each: the component, and the half waves along it, from 1; the slowest first,
        of equally slow ones the first component's.
    """
    most = np.ceil((bits + 1) * lengths / lengths.max()).astype(np.int64) - 1
    component = np.repeat(np.arange(len(lengths)), most)
    waves = np.concatenate([np.arange(1, each + 1) for each in most])
    order = np.argsort(waves / lengths[component], kind="stable")[:bits]
    return component[order], waves[order]


def _ends(table: NDArray[Any], axes: Whitening) -> tuple[Floats, Floats]:
    """Find where the rows begin and end along each component."""
    low, high = np.full(axes.dimensions, np.inf), np.full(axes.dimensions, -np.inf)
    for _, block in centred(table, axes.mean):
        placed = block @ axes.projection
        low, high = np.minimum(low, placed.min(axis=0)), np.maximum(high, placed.max(axis=0))
    return low, high
