"""Reconstruction of what was hidden: the loss of masked autoencoders."""

from typing import Any

import keras
from keras import ops


def masked_squared_error(images: Any, reconstructions: Any, hidden: Any) -> Any:
    """Mean squared difference over the hidden pixels of each image.

    He et al., "Masked Autoencoders Are Scalable Vision Learners" (2022): what could be copied from
    the input teaches nothing, so only what was hidden counts.

    Args:
        images: (batch, height, width, channels) in [0, 1], with nothing hidden.
        reconstructions: The same shape.
        hidden: (batch, height, width, 1): 1 where the net did not see the pixel, else 0.

    Returns:
        (batch,), 0 or more; 0 for an image of which nothing was hidden.
    """
    errors = ops.mean(ops.square(images - reconstructions), axis=-1, keepdims=True)
    count = ops.sum(hidden, axis=(1, 2, 3))
    return ops.sum(errors * hidden, axis=(1, 2, 3)) / ops.maximum(count, 1)


@keras.saving.register_keras_serializable(package="aehash")
class MaskedReconstruction(keras.losses.Loss):
    """Reconstruction of the hidden pixels alone, against pixels as they are stored.

    The mask comes as the last channel of the prediction, as the model that hid the pixels knows it.

    Args:
        name: The loss's name.
    """

    def __init__(self, name: str = "masked_reconstruction") -> None:
        super().__init__(name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compare images of 0 to 255 with (batch, height, width, channels + 1); gives (batch,)."""
        images = ops.cast(y_true, "float32") / 255.0
        predicted = ops.cast(y_pred, "float32")
        return masked_squared_error(images, predicted[..., :-1], predicted[..., -1:])

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"name": self.name}
