"""Losses of siamese training: pure functions of the descriptors of tuples, in keras.ops.

A tuple is a query, one image that matches it and n that do not; its descriptors are of length 1.
dang2023 trains by the contrastive loss of Radenović, Tolias and Chum (2019); the triplet loss is
the option that their code has. Both add up the pairs of a tuple, neither averages them. Half
precision is brought to float32; float64 is kept.
"""

from collections.abc import Callable
from functools import partial
from math import isfinite
from typing import Any

import keras
from keras import ops

from aehash.errors import UsageError, nearest

#: Takes descriptors (tuples, 2 + n, d); gives one loss a tuple.
TupleLoss = Callable[[Any], Any]

#: The margins where none is given: those of the authors' code, which fine-tunes ResNet101 with a τ
#: of 0.85.
MARGINS = {"contrastive": 0.7, "triplet": 0.1}
_TINY = 1e-30


def contrastive(descriptors: Any, margin: float = MARGINS["contrastive"]) -> Any:
    """½ ‖q − p‖² of the match, and ½ max(0, τ − ‖q − n‖)² of each image that does not match.

    The distance has no direction where two descriptors are equal (nearer than 1e-15); there the
    gradient of such a non-matching pair is taken as zero, so that it is finite everywhere. Two
    copies of a picture could not be told apart by any step.

    Args:
        descriptors: (tuples, 2 + n, d) of length 1: query, match, then n ≥ 0 others.
        margin: τ, above 0 and at most 2: a pair further apart than this is left alone.

    Returns:
        (tuples,), 0 or more.

    Raises:
        UsageError: The shape or the margin is another.
    """
    _check_margin("contrastive", margin)
    query, match, others = _parts(descriptors, least=0)
    alike = 0.5 * _squares(query - match)
    apart = _squares(query[:, None] - others)
    near = ops.square(ops.maximum(margin - _root(apart), 0))
    return alike + 0.5 * ops.sum(near, axis=-1)


def triplet(descriptors: Any, margin: float = MARGINS["triplet"]) -> Any:
    """Sum of max(0, ‖q − p‖² − ‖q − n‖² + margin) over the images that do not match.

    Args:
        descriptors: (tuples, 2 + n, d) of length 1: query, match, then n ≥ 1 others.
        margin: Above 0 and at most 4, as the squares of distances are.

    Returns:
        (tuples,), 0 or more.

    Raises:
        UsageError: The shape or the margin is another.
    """
    _check_margin("triplet", margin)
    query, match, others = _parts(descriptors, least=1)
    apart = _squares(query[:, None] - others)
    return ops.sum(ops.maximum(_squares(query - match)[:, None] - apart + margin, 0), axis=-1)


_LOSSES: dict[str, Callable[..., Any]] = {"contrastive": contrastive, "triplet": triplet}
_LARGEST = {"contrastive": 2.0, "triplet": 4.0}


def tuple_loss(kind: str = "contrastive", margin: float | None = None) -> TupleLoss:
    """Give a loss by its name.

    Args:
        kind: ``contrastive`` or ``triplet``.
        margin: None for the loss's own, :data:`MARGINS`.

    Returns:
        A function from (tuples, 2 + n, d) to (tuples,).

    Raises:
        UsageError: There is no such loss, or the margin is out of its range.
    """
    if kind not in _LOSSES:
        raise UsageError(f"There is no loss {kind!r} of tuples.{nearest(kind, _LOSSES)}")
    chosen = MARGINS[kind] if margin is None else margin
    _check_margin(kind, chosen)
    return partial(_LOSSES[kind], margin=chosen)


def _check_margin(kind: str, margin: float) -> None:
    if not (isfinite(margin) and 0 < margin <= _LARGEST[kind]):
        raise UsageError(
            f"The margin of the {kind} loss is {margin}; it must be above 0 and at most "
            f"{_LARGEST[kind]:g}, as vectors of length 1 are no further apart. Usual is "
            f"{MARGINS[kind]}."
        )


def _parts(descriptors: Any, least: int) -> tuple[Any, Any, Any]:
    """Take tuples apart into (tuples, d), (tuples, d) and (tuples, n, d)."""
    shape = tuple(descriptors.shape)
    if len(shape) != 3 or shape[1] is None or shape[1] < 2 + least:
        needed = "a query, its match" + (" and one that does not match" if least else "")
        raise UsageError(
            f"Descriptors of tuples have the shape (tuples, images, d) with {2 + least} images or "
            f"more a tuple ({needed}), not {shape}."
        )
    kept = keras.backend.standardize_dtype(descriptors.dtype) == "float64"
    x = ops.cast(descriptors, "float64" if kept else "float32")
    return x[:, 0], x[:, 1], x[:, 2:]


def _squares(difference: Any) -> Any:
    return ops.sum(ops.square(difference), axis=-1)


def _root(squares: Any) -> Any:
    """Take the square root, with a gradient of zero at zero; NaN stays to be seen."""
    zero = squares <= _TINY
    root = ops.sqrt(ops.where(zero, ops.ones_like(squares), squares))
    return ops.where(zero, ops.zeros_like(squares), root)
