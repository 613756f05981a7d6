"""Bits that do not say the same as others."""

from typing import Any

import keras
from keras import ops

from aehash.losses.precision import precise


def decorrelation(features: Any) -> Any:
    """Mean squared covariance of each bit with every other bit, over the batch.

    Weiss, Torralba and Fergus, "Spectral Hashing" (2008), ask for uncorrelated bits; the squares
    of the covariances off the diagonal are the term of Bardes, Ponce and LeCun, "VICReg" (2022).
    Covariances, not correlations: a bit that is nearly constant has small ones, so this goes
    together with the balance.

    Args:
        features: (batch, bits) in [-1, 1].

    Returns:
        (bits,) in [0, 1]: 0 where bits are uncorrelated, 1 where two halves of the batch have
        opposite codes.
    """
    x = precise(features)
    count, bits = ops.shape(x)[0], x.shape[1]
    x = x - ops.mean(x, axis=0)
    covariances = ops.matmul(ops.transpose(x), x) / ops.cast(count, x.dtype)
    squares = ops.square(covariances) * (1 - ops.eye(bits, dtype=x.dtype))
    return ops.sum(squares, axis=1) / max(bits - 1, 1)


@keras.saving.register_keras_serializable(package="aehash")
class Decorrelation(keras.losses.Loss):
    """Squared covariances of the hash layer's outputs; the targets are not looked at.

    Args:
        name: The loss's name.
    """

    def __init__(self, name: str = "decorrelation") -> None:
        super().__init__(name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Judge features (batch, bits); gives (bits,)."""
        return decorrelation(y_pred)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"name": self.name}
