"""Codes from a graph between rows and anchors: as published, and after a walk on it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.bits import check_bits
from aehash.covariance import RANK, Floats, axes_of, centred, mean_of, rows_of
from aehash.errors import AehashError, UsageError
from aehash.hashing.anchors import (
    NEAREST,
    Anchors,
    Places,
    blended,
    centres,
    nearest_anchors,
    weighed,
)
from aehash.hashing.binariser import Binariser
from aehash.hashing.quantisation import ROTATIONS, first_rotation, next_rotation, spaced
from aehash.index.checks import whole

ANCHORS, STEPS = 1000, 8
_ROWS_EACH = 4
"""Rows there must be for each anchor."""
_BLOCK = 1 << 16
"""Rows whose pairs of anchors are counted at once."""


class _Graph(NamedTuple):
    """Rows, told by anchors, and the slowest eigenvectors of the graph between both."""

    mean: Floats
    anchors: Anchors
    places: Places
    weights: Floats
    values: Floats
    vectors: Floats
    facts: dict[str, Any]


def agh(features: ArrayLike, bits: int, *, anchors: int = ANCHORS, seed: int = 0) -> Binariser:
    """Take the sign of the slowest eigenvectors of a graph between rows and anchors.

    Rows are alike that have anchors in common: with Z the rows' weights for their nearest anchors
    and Λ the sums of its columns, the graph is ``Z Λ⁻¹ Zᵀ``. Liu, Wang, Kumar and Chang, "Hashing
    with graphs", 2011, with one layer.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        bits: Bits per code, below the number of anchors.
        anchors: How many, found by k-means; a quarter of the rows where these are few. A row has
            the nearest 5.
        seed: Of the first centres.

    Returns:
        The binariser.

    Raises:
        UsageError: More bits than the anchors allow, or no such seed.
        AehashError: A row is not finite, or the rows take too few values.
    """
    table = rows_of(features)
    graph = _graph(table, check_bits(bits), anchors, seed)
    directions = graph.vectors / np.sqrt(graph.values)
    return Binariser("agh", graph.mean, directions, graph.facts, anchors=graph.anchors)


def diffusion(
    features: ArrayLike,
    bits: int,
    *,
    anchors: int = ANCHORS,
    steps: int = STEPS,
    rotations: int = ROTATIONS,
    seed: int = 0,
) -> Binariser:
    """Walk on the graph between rows and anchors, and turn where that leads as ITQ does.

    The eigenvectors of `agh`, each multiplied by its eigenvalue to the power of the steps, are
    where a random walk of so many steps leads (diffusion maps: Coifman and Lafon, 2006). So the
    slow ones, which keep clusters together, count most, and `itq`'s rotation spreads them over
    all bits. This combination is ours; 8 steps and 1,000 anchors were chosen on validation
    images of MNIST and PneumoniaMNIST.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        bits: Bits per code, below the number of anchors.
        anchors: As for `agh`.
        steps: Of the walk, from 1.
        rotations: How often signs and rotation are made anew.
        seed: Of the first centres, and of the first rotation.

    Returns:
        The binariser.

    Raises:
        UsageError: More bits than the anchors allow, no step or rotation, or no such seed.
        AehashError: A row is not finite, or the rows take too few values.
    """
    steps, rotations = whole("steps", steps, 1), whole("rotations", rotations, 1)
    table = rows_of(features)
    graph = _graph(table, check_bits(bits), anchors, seed)
    directions = graph.vectors * graph.values ** (steps - 0.5)
    directions /= graph.values[0] ** steps  # keeps numbers near 1, changes no sign
    rows = spaced(len(table), bits)
    placed = blended(graph.places[rows], graph.weights[rows], directions)
    turn = first_rotation(bits, seed)
    for _ in range(rotations):
        turn = next_rotation(placed, turn)
    facts = {**graph.facts, "sample": len(rows), "steps": steps, "rotations": rotations}
    return Binariser("diffusion", graph.mean, directions @ turn, facts, anchors=graph.anchors)


def _graph(table: NDArray[Any], bits: int, anchors: int, seed: int) -> _Graph:
    """Make the graph, and find its slowest eigenvectors but the constant one."""
    seed = whole("seed", seed, 0)
    count = min(whole("anchors", anchors, 1), len(table) // _ROWS_EACH)
    if bits >= count or count <= NEAREST:
        raise UsageError(
            f"{len(table):,} rows are told by {count} anchors, a quarter of them at most, which "
            f"make {max(0, count - 1)} bits of a graph or fewer, not {bits}: ask for fewer bits, "
            "or use itq or lsh."
        )
    mean = mean_of(table)
    points = centres(table, mean, count, seed)
    nearest = min(NEAREST, len(points) - 1)
    found = [nearest_anchors(block, points, nearest) for _, block in centred(table, mean)]
    places, squares = (np.concatenate(each) for each in zip(*found, strict=True))
    reach = float(np.sqrt(squares.max(axis=1, initial=0.0)).mean()) ** 2
    if not reach:
        raise AehashError(
            f"The {len(table):,} rows are all one and the same, or take no more different values "
            f"than there are anchors ({count}), so nothing lies between these: use itq, or learn "
            "from other rows."
        )
    weights = weighed(squares, reach)
    values, vectors = _eigenvectors(places, weights, len(points))
    rank = int((values > RANK).sum())
    if bits > rank:
        raise UsageError(
            f"{bits} bits are too many for the graph of these rows, which has {rank} directions: "
            f"ask for {rank} or fewer, or use itq or lsh."
        )
    made, facts = Anchors(points, nearest, reach), {"rows": len(table), "anchors": len(points)}
    kept = values[:bits], vectors[:, :bits], {**facts, "seed": seed}
    return _Graph(mean, made, places, weights, *kept)


def _eigenvectors(places: Places, weights: Floats, count: int) -> tuple[Floats, Floats]:
    """Find ``Λ^(-1/2) V`` and the eigenvalues, V the eigenvectors of ``Λ^(-1/2) ZᵀZ Λ^(-1/2)``."""
    masses, joint = np.zeros(count), np.zeros(count * count)
    for start in range(0, len(places), _BLOCK):
        some, shares = places[start : start + _BLOCK], weights[start : start + _BLOCK]
        masses += np.bincount(some.ravel(), shares.ravel(), count)
        pairs = some[:, :, None] * count + some[:, None, :]
        products = shares[:, :, None] * shares[:, None, :]
        joint += np.bincount(pairs.ravel(), products.ravel(), count * count)
    root = np.sqrt(np.divide(1.0, masses, out=np.zeros(count), where=masses > 0))
    matrix = joint.reshape(count, count) * np.outer(root, root)
    constant = np.sqrt(masses / masses.sum())
    values, vectors = axes_of(matrix - np.outer(constant, constant))
    return values, vectors * root[:, None]
