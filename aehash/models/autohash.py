"""aehash's own: a plain convolutional autoencoder around a hash layer, made to learn agreement.

No paper's net. Strided convolutions with batch normalisation, or a named encoder; a fully connected
layer with batch normalisation; the tanh hash layer; and a decoder that costs little.
"""

from collections.abc import Sequence
from math import ceil, log2

import keras
from keras import layers

from aehash.errors import UsageError
from aehash.models.blocks import (
    AVERAGE,
    feature_layer,
    image_input,
    preprocess,
    strided_maps,
    whole,
)
from aehash.models.encoders import encode
from aehash.models.shuffled import shuffled_image

_MOMENTUM = 0.9
"""Of the normalisation's moving averages, which settle within some 30 steps."""
_SIDE = 8
"""Most pixels along a side of the last map, where filters are not said."""
_FIRST = 16
_DECODED = 32


def build(
    *,
    bits: int = 64,
    image_size: int = 28,
    channels: int = 1,
    weights: str | None = None,
    encoder: str | None = None,
    filters: Sequence[int] | None = None,
    dense: int = 256,
) -> keras.Model:
    """Build the autoencoder.

    Args:
        bits: Width of the tanh hash layer, 8 to 1024.
        image_size: Side in pixels; what cannot be halved so often is padded.
        channels: 1 or 3.
        weights: Of the encoder: None, ``imagenet``, or the path of an .h5 file.
        encoder: A name of :func:`aehash.models.encoders.encode`, whose maps are averaged; None for
            strided convolutions.
        filters: Of the strided convolutions; None for 16, 32 and so on, doubled until the map has
            at most 8 × 8 places, and two at least.
        dense: Units of the layer before the hash layer.

    Returns:
        A functional model from ``image`` (batch, size, size, channels), 0 to 255, to the
        reconstruction of the same shape in [0, 1].

    Raises:
        UsageError: An argument is out of range.
        AehashError: The weights could not be fetched or do not fit.
    """
    whole("dense", dense, 1)
    filters = _filters(image_size) if filters is None else filters
    if encoder is None and weights is not None:
        raise UsageError(f"Without a named encoder there are no weights, so not {weights!r}.")
    inputs = image_input(image_size, channels)
    if encoder is None:
        x = preprocess(inputs, "unit")
        maps = strided_maps(x, filters, normalised=True, momentum=_MOMENTUM)
        x = layers.Flatten(name="flatten")(maps)
    else:
        x = layers.GlobalAveragePooling2D(name=AVERAGE)(encode(inputs, encoder, weights))
    x = layers.Dense(dense, use_bias=False, name="dense")(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM, name="dense_norm")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = feature_layer(x, bits)
    outputs = shuffled_image(x, image_size, len(filters), channels, _DECODED)
    return keras.Model(inputs, outputs, name="autohash")


def _filters(image_size: int) -> list[int]:
    halvings = max(2, ceil(log2(image_size / _SIDE)))
    return [_FIRST << number for number in range(halvings)]
