"""Akbacak (2023): ResNet50 encoder, tanh hash layer, upsampling decoder.

Encoder → flatten → Dense 2048 → Dense 256 → hash → Dense → reshape → four 3×3 convolutions of
1, 8, 16 and 3 filters with upsampling between them. At 256×256×3 and 128 bits: 292,617,373
parameters, as in the paper's Figure 3.

The paper leaves the activations open. Here they are leaky ReLU, since the decoder's first map has
a single channel, which a plain ReLU can put out for good; the last convolution is a sigmoid, so
that the reconstruction lies in [0, 1] under either loss.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from aehash.errors import UsageError
from aehash.models.blocks import feature_layer, image_input
from aehash.models.encoders import encode

_UPSAMPLINGS = 4
_SMALL = 16


def build(
    *,
    bits: int | None = 128,
    image_size: int = 256,
    channels: int = 3,
    encoder: str = "resnet50",
    weights: str | None = None,
    dense: Sequence[int] = (2048, 256),
    activation: str = "leaky_relu",
) -> keras.Model:
    """Build the autoencoder.

    Args:
        bits: Width of the hash layer, 8 to 1024.
        image_size: Side in pixels; see :func:`first_map` for those the decoder reaches.
        channels: 1 or 3.
        encoder: ``light`` or a backbone, see :func:`aehash.models.encoders.encode`.
        weights: None, ``imagenet``, or the path of an .h5 file for the encoder.
        dense: Units of the layers between encoder and hash layer.
        activation: Of every hidden dense and convolutional layer outside the encoder.

    Returns:
        A functional model from ``image`` (batch, size, size, channels), 0 to 255, to the
        reconstruction of the same shape in [0, 1].

    Raises:
        UsageError: An argument is out of range.
    """
    side, upsamplings = first_map(image_size)
    inputs = image_input(image_size, channels)
    x = layers.Flatten(name="flatten")(encode(inputs, encoder, weights))
    for index, units in enumerate(dense, 1):
        x = layers.Dense(units, activation=activation, name=f"encoder_dense_{index}")(x)
    code = feature_layer(x, bits)
    x = layers.Dense(side * side, activation=activation, name="decoder_dense")(code)
    x = layers.Reshape((side, side, 1), name="decoder_reshape")(x)
    outputs = _decode(x, channels, upsamplings, activation)
    return keras.Model(inputs, outputs, name="akbacak2023")


def first_map(image_size: int) -> tuple[int, int]:
    """Say where the decoder starts: the side of its first map, and how often it doubles it.

    The paper's 256 pixels start from 16 and double four times. A smaller image doubles less
    often, so that its first map keeps up to 16 × 16 values.

    Args:
        image_size: Side in pixels.

    Returns:
        (side, upsamplings), with side · 2 ** upsamplings = image_size.

    Raises:
        UsageError: No such start exists for this size.
    """
    upsamplings = next((n for n in range(_UPSAMPLINGS) if image_size <= _SMALL << n), _UPSAMPLINGS)
    side, rest = divmod(image_size, 1 << upsamplings)
    if rest or side < 2:
        raise UsageError(
            f"This decoder cannot reach {image_size} pixels. It reaches 2 to 16, even sizes to "
            "32, multiples of 4 to 64, of 8 to 128, and of 16 beyond; "
            f"nearest: {max(side, 2) << upsamplings}."
        )
    return side, upsamplings


def _decode(x: Any, channels: int, upsamplings: int, activation: str) -> Any:
    filters = (1, 8, 16, channels)
    for index, count in enumerate(filters, 1):
        last = index == len(filters)
        x = layers.Conv2D(
            count,
            3,
            padding="same",
            activation="sigmoid" if last else activation,
            dtype="float32" if last else None,
            name=f"decoder_conv_{index}",
        )(x)
        if index <= upsamplings:
            x = layers.UpSampling2D(name=f"decoder_upsampling_{index}", dtype=x.dtype)(x)
    return x
