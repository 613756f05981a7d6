"""Principal components, turned so that their signs lose least (ITQ)."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.bits import check_bits
from aehash.covariance import Floats, rows_of
from aehash.errors import UsageError
from aehash.hashing.binariser import Binariser
from aehash.hashing.components import components
from aehash.index.blas import single_threaded
from aehash.index.checks import whole
from aehash.parallel import run, split
from aehash.whitening import Whitening

ROTATIONS = 50
_SAMPLE = 1 << 24
"""Numbers a rotation is learned from; of more rows, evenly spaced ones are taken."""
_ROWS = 4096
"""Rows that a thread turns at once."""


def itq(features: ArrayLike, bits: int, *, rotations: int = ROTATIONS, seed: int = 0) -> Binariser:
    """Turn the first principal components so that their signs lose least (iterative quantisation).

    With V the centred descriptors along the components: B = sign(VR), then R = U Wᵀ with
    ``Vᵀ B = U Σ Wᵀ``, which minimises ``|B - VR|²``; from a seeded random rotation. Gong and
    Lazebnik, "Iterative quantization: a Procrustean approach to learning binary codes", 2011.
    Where fewer directions vary than there are bits, R has fewer rows than columns, and every bit
    still is a direction along which rows differ.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped. The components are learned from all
            rows, the rotation from 2^24 / bits of them, evenly spaced, where there are more.
        bits: Bits per code, up to d.
        rotations: How often B and R are made anew.
        seed: Of the first rotation.

    Returns:
        The binariser.

    Raises:
        UsageError: More bits than features, no rotation asked for, or no such seed.
        AehashError: A row is not finite, or all rows are equal.
    """
    rotations, seed = whole("rotations", rotations, 1), whole("seed", seed, 0)
    bits = check_bits(bits)
    table = rows_of(features)
    if bits > table.shape[1]:
        raise UsageError(
            f"{bits} bits cannot be made of {table.shape[1]} features by a rotation: ask for "
            f"{table.shape[1]} or fewer, or use lsh or sh."
        )
    axes = components(table, bits)
    placed = _sampled(table, axes, bits)
    turn = first_rotation(bits, seed)[: axes.dimensions]
    for _ in range(rotations):
        turn = next_rotation(placed, turn)
    facts = {
        "rows": axes.facts["rows"],
        "sample": len(placed),
        "rotations": rotations,
        "seed": seed,
    }
    return Binariser("itq", axes.mean, axes.projection @ turn, facts)


def next_rotation(placed: Floats, turn: Floats) -> Floats:
    """Find the rotation that brings rows nearest to the signs they have now.

    Args:
        placed: ``(n, r)`` rows along the components, V.
        turn: ``(r, bits)`` with orthonormal rows, R.

    Returns:
        ``(r, bits)`` with orthonormal rows; of all these, ``|B - VR|²`` is least for it, with
        B = sign(VR) of the R given.
    """

    def product(part: slice) -> Floats:
        rows = placed[part]
        return np.asarray(rows.T @ np.where(rows @ turn > 0, 1.0, -1.0))

    # Parts of one size, added in their order: the sum is the same on any number of cores.
    with single_threaded():
        found = run(product, split(len(placed), -(-len(placed) // _ROWS)))
        left, _, right = np.linalg.svd(sum(found), full_matrices=False)
    return np.asarray(left @ right)


def first_rotation(bits: int, seed: int) -> Floats:
    """Draw a rotation, every one as likely.

    Args:
        bits: Its rows and columns.
        seed: What it is drawn with.

    Returns:
        ``(bits, bits)``, orthonormal.
    """
    turn, upper = np.linalg.qr(np.random.default_rng(seed).standard_normal((bits, bits)))
    return np.asarray(turn * np.where(np.diag(upper) < 0, -1.0, 1.0))


def spaced(count: int, bits: int) -> NDArray[np.int64]:
    """Choose rows to learn a rotation from.

    Args:
        count: How many rows there are.
        bits: Bits per code.

    Returns:
        All of them, or 2^24 / bits evenly spaced ones where there are more.
    """
    most = max(1, _SAMPLE // bits)
    return np.linspace(0, count - 1, min(most, count)).round().astype(np.int64)


def _sampled(table: NDArray[Any], axes: Whitening, bits: int) -> Floats:
    """Place evenly spaced rows along the components."""
    chosen = spaced(len(table), bits)
    placed = np.empty((len(chosen), axes.dimensions))
    step = max(1, (1 << 21) // table.shape[1])
    for start in range(0, len(chosen), step):
        rows = chosen[start : start + step]
        block = np.subtract(table[rows], axes.mean, dtype=np.float64)
        placed[start : start + step] = block @ axes.projection
    return placed
