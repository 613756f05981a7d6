"""Vinitha and Velantina (2021): the small MNIST autoencoder for content-based retrieval.

Strided 3×3 convolutions of 32 and 64 filters, each with leaky ReLU and batch normalisation, a
dense latent of 16, and the mirrored transposed convolutions with a sigmoid at the end.
"""

from collections.abc import Sequence
from math import prod

import keras
from keras import layers

from aehash.errors import UsageError
from aehash.models.blocks import feature_layer, image_input, preprocess


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
    for index, count in enumerate(filters, 1):
        x = layers.Conv2D(count, 3, strides=2, padding="same", name=f"encoder_conv_{index}")(x)
        x = layers.LeakyReLU(negative_slope=0.2, name=f"encoder_relu_{index}")(x)
        x = layers.BatchNormalization(name=f"encoder_norm_{index}")(x)
    shape = x.shape[1:]
    x = feature_layer(layers.Flatten(name="flatten")(x), bits, latent)
    x = layers.Dense(prod(shape), name="decoder_dense")(x)
    x = layers.Reshape(shape, name="decoder_reshape")(x)
    for index, count in enumerate(reversed(filters), 1):
        x = layers.Conv2DTranspose(
            count, 3, strides=2, padding="same", name=f"decoder_conv_{index}"
        )(x)
        x = layers.LeakyReLU(negative_slope=0.2, name=f"decoder_relu_{index}")(x)
        x = layers.BatchNormalization(name=f"decoder_norm_{index}")(x)
    outputs = layers.Conv2DTranspose(
        channels, 3, padding="same", activation="sigmoid", dtype="float32", name="decoder_image"
    )(x)
    return keras.Model(inputs, outputs, name="vinitha2021")
