"""Layers that turn features into codes of −1 and +1 inside a net, and let gradients through.

A step has no gradient; each layer passes on what comes back as if it were not there (the
straight-through estimator of Bengio, Léonard and Courville, 2013). A feature of exactly 0 is −1,
as :mod:`aehash.bits` has it.
"""

from math import isfinite
from typing import Any

import keras
from keras import layers, ops

from aehash.errors import UsageError


def sign(features: Any) -> Any:
    """Give each feature's bit, −1 or +1, with the feature's own gradient.

    Args:
        features: (batch, bits).

    Returns:
        The same shape and type.
    """
    return _straight_through(features, features > 0)


def bernoulli(features: Any, chance: Any) -> Any:
    """Draw each bit: +1 with probability (1 + feature) / 2, with the feature's own gradient.

    Args:
        features: (batch, bits) in [-1, 1], tanh outputs.
        chance: The same shape, uniform in [0, 1).

    Returns:
        −1 and +1, of the same shape and type.
    """
    return _straight_through(features, ops.cast(chance, features.dtype) < 0.5 * (1 + features))


def half_and_half(features: Any) -> Any:
    """Give each bit +1 in the half of the batch where its feature is larger, −1 in the other.

    Li and van Gemert, "Deep Unsupervised Image Hashing by Maximizing Bit Entropy" (Bi-half, 2021):
    this is the nearest code in which every bit has the most entropy. Of an odd batch the smaller
    half is +1; of equal features those that come first are.

    Args:
        features: (batch, bits).

    Returns:
        −1 and +1, of the same shape and type, with the features' own gradients.
    """
    half = ops.shape(features)[0] // 2
    order = ops.argsort(-ops.stop_gradient(features), axis=0)
    return _straight_through(features, ops.argsort(order, axis=0) < half)


def _straight_through(features: Any, bits: Any) -> Any:
    codes = 2 * ops.cast(bits, features.dtype) - 1
    return codes + (features - ops.stop_gradient(features))


class _Codes(layers.Layer):
    """A layer of (batch, bits) that computes in float32 inside a mixed-precision model."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", **options})

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Keep the shape."""
        return input_shape


@keras.saving.register_keras_serializable(package="aehash")
class BinaryCode(_Codes):
    """Turns features (batch, bits) into −1 and +1, so that a decoder sees the code itself."""

    def call(self, inputs: Any) -> Any:
        """Map (batch, bits) to −1 and +1."""
        return sign(inputs)


@keras.saving.register_keras_serializable(package="aehash")
class BernoulliCode(_Codes):
    """Draws bits from tanh outputs in training; elsewhere gives the likelier bit.

    Its inputs are the features and chance, both (batch, bits). Chance is an input and no state
    of the layer, since Keras does not save its random generators with the weights, and a run that
    is continued could not draw the same again.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Map features (batch, bits) and chance, uniform in [0, 1), to −1 and +1."""
        features, chance = inputs
        return bernoulli(features, chance) if training else sign(features)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Keep the features' shape."""
        return input_shape[0]


@keras.saving.register_keras_serializable(package="aehash")
class BiHalf(_Codes):
    """Gives half of a batch +1 in each bit in training; elsewhere thresholds at 0.

    In training it adds weight / 2 · mean((features − codes)²) to the loss; its gradient is the
    paper's weight · (U − B) / numel, which draws the features to the codes.

    Args:
        weight: γ, 0 or more; 6 in the authors' code.
        **options: Keras's own, such as ``name``.
    """

    def __init__(self, weight: float = 6.0, **options: Any) -> None:
        super().__init__(**options)
        if not (isfinite(weight) and weight >= 0):
            raise UsageError(f"The weight of the Bi-half layer is {weight}; it must be 0 or more.")
        self.weight = weight

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Map (batch, bits) to −1 and +1."""
        if not training:
            return sign(inputs)
        codes = half_and_half(inputs)
        apart = ops.mean(ops.square(inputs - ops.stop_gradient(codes)))
        self.add_loss(0.5 * self.weight * apart)
        return codes

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {**super().get_config(), "weight": self.weight}
