"""Siradjuddin et al. (2019), SSCAIR: the plain convolutional autoencoder AIR is compared with.

The third baseline of An Hong Son et al. (2023), its reference 43, which names it a self-supervised
convolutional autoencoder and says no more. Built as such nets plainly are: three 3×3 convolutions
of 16, 8 and 8 filters with a ReLU, a 2×2 maximum pooling behind each; a dense latent of 128, the
width all features of that comparison have; the mirrored convolutions with upsampling; a sigmoid.
No shortcuts.
"""

from collections.abc import Sequence
from math import prod

import keras
from keras import layers

from aehash.errors import UsageError
from aehash.models.blocks import feature_layer, image_input, preprocess, whole


def build(
    *,
    bits: int | None = None,
    image_size: int = 32,
    channels: int = 3,
    weights: str | None = None,
    filters: Sequence[int] = (16, 8, 8),
    latent: int = 128,
) -> keras.Model:
    """Build the autoencoder.

    Args:
        bits: Width of a tanh hash layer in the latent's place, 8 to 1024; None keeps the latent.
        image_size: Side in pixels, divisible by 2 for each layer of filters.
        channels: 1 or 3.
        weights: Only None: there are no published weights.
        filters: Filters of each convolution of the encoder.
        latent: Width of the linear latent layer, used where bits is None.

    Returns:
        A functional model from ``image`` (batch, size, size, channels), 0 to 255, to the
        reconstruction of the same shape in [0, 1].

    Raises:
        UsageError: An argument is out of range.
    """
    if weights is not None:
        raise UsageError(f"sscair has no pretrained weights, so not {weights!r}.")
    whole("latent", latent, 1)
    step = 2 ** len(filters)
    if image_size % step or image_size < step:
        raise UsageError(
            f"sscair with {len(filters)} poolings takes image sizes divisible by {step}, not "
            f"{image_size}; nearest: {max(image_size // step, 1) * step}."
        )
    he = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    inputs = image_input(image_size, channels)
    x = preprocess(inputs, "unit")
    for index, count in enumerate(filters, 1):
        x = layers.Conv2D(count, 3, name=f"encoder_conv_{index}", **he)(x)
        x = layers.MaxPooling2D(name=f"encoder_pool_{index}")(x)
    shape = x.shape[1:]
    x = feature_layer(layers.Flatten(name="flatten")(x), bits, latent)
    x = layers.Dense(
        prod(shape), activation="relu", kernel_initializer="he_normal", name="decoder_dense"
    )(x)
    x = layers.Reshape(shape, name="decoder_reshape")(x)
    for index, count in enumerate(reversed(filters), 1):
        x = layers.Conv2D(count, 3, name=f"decoder_conv_{index}", **he)(x)
        x = layers.UpSampling2D(name=f"decoder_upsampling_{index}")(x)
    outputs = layers.Conv2D(
        channels, 3, padding="same", activation="sigmoid", dtype="float32", name="decoder_image"
    )(x)
    return keras.Model(inputs, outputs, name="sscair")
