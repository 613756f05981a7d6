"""How far a reconstruction is from its image."""

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


_RECONSTRUCTION = {"mse": mean_squared_error, "bce": binary_cross_entropy}


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
