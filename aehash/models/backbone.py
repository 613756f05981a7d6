"""A named encoder's features as they are: its maps, averaged over all places.

Meant for pretrained weights and ``train.epochs=0``, where nothing is trained: the baseline every
autoencoder has to beat. The small decoder is there so that the net can be trained like the others;
untrained, what it draws is noise.
"""

import keras
from keras import layers

from aehash.models.blocks import LATENT, feature_layer, image_input, mirrored_image, whole
from aehash.models.encoders import encode

_FILTERS = 16
_FIRST_MAP = 8


def build(
    *,
    bits: int | None = None,
    image_size: int = 224,
    channels: int = 3,
    weights: str | None = None,
    encoder: str = "mobilenet:0.75",
) -> keras.Model:
    """Build the net.

    Args:
        bits: Width of a tanh hash layer behind the averages, 8 to 1024; None for the averages
            themselves. Untrained, its bits are the sides of random hyperplanes that the averages
            lie on.
        image_size: Side in pixels.
        channels: 1 or 3.
        weights: None, ``imagenet``, or the path of an .h5 file.
        encoder: A name of :func:`aehash.models.encoders.encode`.

    Returns:
        A functional model from ``image`` (batch, size, size, channels), 0 to 255, to an image of
        the same shape in [0, 1]; the averages are the layer ``latent``, as many as the encoder has
        maps.

    Raises:
        UsageError: An argument is out of range.
        AehashError: The weights could not be fetched or do not fit.
    """
    whole("image_size", image_size, 4)
    inputs = image_input(image_size, channels)
    maps = encode(inputs, encoder, weights)
    x = layers.GlobalAveragePooling2D(dtype="float32", name=LATENT)(maps)
    if bits is not None:
        x = feature_layer(x, bits)
    filters = [_FILTERS] * _doublings(image_size)
    outputs = mirrored_image(x, image_size, filters, channels, normalised=False)
    return keras.Model(inputs, outputs, name="backbone")


def _doublings(image_size: int) -> int:
    """Count how often a first map of up to 8 pixels is doubled, at least once."""
    return max((-(-image_size // _FIRST_MAP) - 1).bit_length(), 1)
