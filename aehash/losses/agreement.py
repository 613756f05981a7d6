"""Agreement of two views: codes that are alike for one image and unlike for others.

Two views are two augmentations of an image, or an image and a neighbour of it in a graph
(:mod:`aehash.neighbour_graph`).
"""

from math import isfinite
from typing import Any

import keras
from keras import ops

from aehash.errors import UsageError
from aehash.losses.precision import precise

_TINY = 1e-12
_NEVER = -1e9


def agreement(first: Any, second: Any, temperature: float = 0.3, ignored: Any = None) -> Any:
    """Cross-entropy, in nats, of finding a code's other view among all codes of the batch.

    NT-Xent of Chen et al., "A Simple Framework for Contrastive Learning" (2020), on the code layer
    itself, as Qiu et al., "Unsupervised Hashing with Contrastive Information Bottleneck"
    (CIBHash, 2021), take it. Codes are compared by their cosine; the other 2 · (batch − 1) codes
    are the negatives.

    Args:
        first: (batch, bits): tanh outputs, or bits drawn from them.
        second: The same of the other view of each image.
        temperature: Above 0; the lower, the more the hardest negatives count.
        ignored: (batch, batch), not 0 where two images are no negatives of each other, such as
            neighbours; None for no such images. The diagonal is not looked at.

    Returns:
        (batch,): the mean of both directions, 0 or more; log(2 · batch − 1) for equal codes.

    Raises:
        UsageError: The temperature is not above 0.
    """
    _check(temperature)
    codes = _unit(ops.concatenate([precise(first), precise(second)], axis=0))
    count = ops.shape(first)[0]
    scores = ops.matmul(codes, ops.transpose(codes)) / temperature
    itself = ops.eye(count, dtype=scores.dtype)
    none = ops.zeros_like(itself)
    away = none if ignored is None else _one_where(ignored, scores.dtype) * (1 - itself)
    hidden = _blocks(itself + away, away)
    found = ops.logsumexp(ops.where(hidden > 0, _NEVER, scores), axis=1)
    right = ops.sum(scores * _blocks(none, itself), axis=1)
    losses = found - right
    return 0.5 * (losses[:count] + losses[count:])


def _check(temperature: float) -> None:
    if not (isfinite(temperature) and temperature > 0):
        raise UsageError(f"The temperature is {temperature}; it must be above 0. Usual is 0.3.")


def _unit(x: Any) -> Any:
    """Scale rows to length 1; zeros stay, with a finite gradient."""
    return x / ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), _TINY))


def _one_where(marks: Any, dtype: Any) -> Any:
    return ops.cast(ops.not_equal(marks, 0), dtype)


def _blocks(same: Any, other: Any) -> Any:
    """Lay (batch, batch) twice along each axis: within a view, and between the two."""
    upper = ops.concatenate([same, other], axis=1)
    return ops.concatenate([upper, ops.concatenate([other, same], axis=1)], axis=0)


@keras.saving.register_keras_serializable(package="aehash")
class Agreement(keras.losses.Loss):
    """Agreement of two views' codes; the targets are not looked at.

    Args:
        temperature: Above 0.
        name: The loss's name.
    """

    def __init__(self, temperature: float = 0.3, name: str = "agreement") -> None:
        super().__init__(name=name)
        _check(temperature)
        self.temperature = temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Judge codes (batch, 2, bits), both views of each image; gives (batch,)."""
        return agreement(y_pred[:, 0], y_pred[:, 1], self.temperature)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"temperature": self.temperature, "name": self.name}


@keras.saving.register_keras_serializable(package="aehash")
class NeighbourAgreement(Agreement):
    """Agreement of images with their neighbours; known neighbours are no negatives.

    Args:
        temperature: Above 0.
        name: The loss's name.
    """

    def __init__(self, temperature: float = 0.5, name: str = "neighbour_agreement") -> None:
        super().__init__(temperature, name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Judge codes (batch, 2, bits), an image's and its neighbour's; gives (batch,).

        Args:
            y_true: (batch, batch or more), not 0 where two images of the batch are neighbours;
                columns beyond the batch are not looked at, so that a short last batch can be as
                wide as the others.
            y_pred: (batch, 2, bits).
        """
        near = y_true[:, : ops.shape(y_pred)[0]]
        return agreement(y_pred[:, 0], y_pred[:, 1], self.temperature, ignored=near)
