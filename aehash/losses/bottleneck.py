"""Two views' bits drawn with the same probabilities: the bottleneck of CIBHash."""

from typing import Any

import keras
from keras import ops

from aehash.losses.precision import precise

_EPSILON = 1e-6


def bottleneck(first: Any, second: Any) -> Any:
    """Half the divergences between the bits' distributions of two views, both ways, in nats.

    Qiu et al., "Unsupervised Hashing with Contrastive Information Bottleneck" (CIBHash, 2021): each
    bit is +1 with probability (1 + feature) / 2. In each divergence the second distribution is
    held fixed, as in the authors' code, which weighs the whole by 0.001.

    Args:
        first: (batch, bits) in [-1, 1], tanh outputs.
        second: The same of the other view of each image.

    Returns:
        (batch,), 0 or more, added up over the bits.
    """
    p, q = _probability(first), _probability(second)
    return 0.5 * (_divergence(p, ops.stop_gradient(q)) + _divergence(q, ops.stop_gradient(p)))


def _probability(features: Any) -> Any:
    return ops.clip(0.5 * (1 + precise(features)), _EPSILON, 1 - _EPSILON)


def _divergence(p: Any, q: Any) -> Any:
    ones = p * (ops.log(p) - ops.log(q))
    return ops.sum(ones + (1 - p) * (ops.log(1 - p) - ops.log(1 - q)), axis=1)


@keras.saving.register_keras_serializable(package="aehash")
class Bottleneck(keras.losses.Loss):
    """Divergence of two views' bits; the targets are not looked at.

    Args:
        name: The loss's name.
    """

    def __init__(self, name: str = "bottleneck") -> None:
        super().__init__(name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Judge tanh outputs (batch, 2, bits), both views of each image; gives (batch,)."""
        return bottleneck(y_pred[:, 0], y_pred[:, 1])

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"name": self.name}
