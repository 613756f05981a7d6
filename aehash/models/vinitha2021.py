"""Vinitha and Velantina (2021): the small MNIST autoencoder for content-based retrieval.

Strided 3×3 convolutions of 32 and 64 filters, each with leaky ReLU and batch normalisation, a
dense latent of 16, and the mirrored transposed convolutions with a sigmoid at the end.
"""

from collections.abc import Sequence

import keras
from keras import layers

from aehash.errors import UsageError
from aehash.models.blocks import (
    feature_layer,
    image_input,
    mirrored_image,
    preprocess,
    strided_maps,
)


def build(
    *,
    bits: int | None = None,
    image_size: int = 28,
    channels: int = 1,
    weights: str | None = None,
    filters: Sequence[int] = (32, 64),
    latent: int = 16,
) -> keras.Model:
    """Build the autoencoder.

    Args:
        bits: Width of a tanh hash layer in the latent's place, 8 to 1024; None keeps the latent.
        image_size: Side in pixels, divisible by 2 for each layer of filters.
        channels: 1 or 3.
        weights: Only None: there are no published weights.
        filters: Filters of each strided convolution.
        latent: Width of the linear latent layer, used where bits is None.

    Returns:
        A functional model from ``image`` (batch, size, size, channels), 0 to 255, to the
        reconstruction of the same shape in [0, 1].

    Raises:
        UsageError: An argument is out of range.
    """
    if weights is not None:
        raise UsageError(f"vinitha2021 has no pretrained weights, so not {weights!r}.")
    step = 2 ** len(filters)
    if image_size % step or image_size < step:
        raise UsageError(
            f"vinitha2021 with {len(filters)} strided layers takes image sizes divisible by "
            f"{step}, not {image_size}; nearest: {max(image_size // step, 1) * step}."
        )
    inputs = image_input(image_size, channels)
    x = preprocess(inputs, "unit")
    x = strided_maps(x, filters, normalised=True)
    x = feature_layer(layers.Flatten(name="flatten")(x), bits, latent)
    outputs = mirrored_image(x, image_size, filters, channels, normalised=True)
    return keras.Model(inputs, outputs, name="vinitha2021")
