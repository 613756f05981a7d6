"""Features that lose little when they become bits."""

from typing import Any

import keras
from keras import ops

from aehash.losses.precision import precise


def quantisation(features: Any) -> Any:
    """Mean squared distance of each code's features from −1 or +1, whichever is nearer.

    Gong et al., "Iterative Quantization" (2013), minimise it over rotations; here the net does.

    Args:
        features: (batch, bits) in [-1, 1].

    Returns:
        (batch,) in [0, 1]; at a feature of exactly 0 the gradient is 0.
    """
    return ops.mean(ops.square(1 - ops.abs(precise(features))), axis=1)


@keras.saving.register_keras_serializable(package="aehash")
class Quantisation(keras.losses.Loss):
    """Distance of the hash layer's outputs from bits; the targets are not looked at.

    Args:
        name: The loss's name.
    """

    def __init__(self, name: str = "quantisation") -> None:
        super().__init__(name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Judge features (batch, bits); gives (batch,)."""
        return quantisation(y_pred)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"name": self.name}
