"""Losses: pure functions of tensors in keras.ops, and thin Keras classes around them.

Everything is computed in float32, whatever the precision of the model.
"""

from typing import Any

import keras
from keras import ops

from aehash.errors import UsageError

_EPSILON = 1e-7


def mean_squared_error(images: Any, reconstructions: Any) -> Any:
    """Mean squared difference of each image.

    Args:
        images: (batch, height, width, channels) in [0, 1].
        reconstructions: The same shape.

    Returns:
        (batch,), 0 or more.
    """
    return ops.mean(ops.square(images - reconstructions), axis=(1, 2, 3))


def binary_cross_entropy(images: Any, reconstructions: Any) -> Any:
    """Mean cross-entropy of each image's pixels, in nats.

    The variant of akbacak2023's published code, where its text says mean squared error.

    Args:
        images: (batch, height, width, channels) in [0, 1].
        reconstructions: The same shape, in [0, 1].

    Returns:
        (batch,), 0 or more.
    """
    p = ops.clip(reconstructions, _EPSILON, 1 - _EPSILON)
    losses = -(images * ops.log(p) + (1 - images) * ops.log(1 - p))
    return ops.mean(losses, axis=(1, 2, 3))


def balance_per_code(features: Any) -> Any:
    """Squared mean of each code's outputs: zero when a code has as many −1 as +1.

    What akbacak2023 says its equation 2 is for; as printed, a count of positive outputs, it has no
    gradient.

    Args:
        features: (batch, bits) in [-1, 1].

    Returns:
        (batch,) in [0, 1].
    """
    return ops.square(ops.mean(features, axis=1))


def balance_per_bit(features: Any) -> Any:
    """Squared mean of each bit over the batch: zero when a bit is as often −1 as +1.

    Args:
        features: (batch, bits) in [-1, 1].

    Returns:
        (bits,) in [0, 1].
    """
    return ops.square(ops.mean(features, axis=0))


_RECONSTRUCTION = {"mse": mean_squared_error, "bce": binary_cross_entropy}
_BALANCE = {"code": balance_per_code, "bit": balance_per_bit}


@keras.saving.register_keras_serializable(package="aehash")
class Reconstruction(keras.losses.Loss):
    """Reconstruction loss against pixels as they are stored.

    Args:
        kind: ``mse`` or ``bce``.
        name: The loss's name.
    """

    def __init__(self, kind: str = "mse", name: str = "reconstruction") -> None:
        super().__init__(name=name)
        if kind not in _RECONSTRUCTION:
            raise UsageError(f"The reconstruction loss {kind!r} is not one of mse, bce.")
        self.kind = kind

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compare images of 0 to 255 with reconstructions in [0, 1]; gives (batch,)."""
        images = ops.cast(y_true, "float32") / 255.0
        return _RECONSTRUCTION[self.kind](images, ops.cast(y_pred, "float32"))

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"kind": self.kind, "name": self.name}


@keras.saving.register_keras_serializable(package="aehash")
class BitBalance(keras.losses.Loss):
    """Bit balance of the hash layer's outputs; the targets are not looked at.

    Args:
        per: ``code`` or ``bit``.
        name: The loss's name.
    """

    def __init__(self, per: str = "code", name: str = "balance") -> None:
        super().__init__(name=name)
        if per not in _BALANCE:
            raise UsageError(f"The balance per {per!r} is not one of code, bit.")
        self.per = per

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Judge features (batch, bits); gives (batch,) or (bits,)."""
        return _BALANCE[self.per](ops.cast(y_pred, "float32"))

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"per": self.per, "name": self.name}
