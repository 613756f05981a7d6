"""A decoder that works at low resolution: its last convolution gives a whole block of pixels."""

from math import prod
from typing import Any

from keras import layers

from aehash.models.blocks import CROP, padding


def shuffled_image(x: Any, image_size: int, halvings: int, channels: int, filters: int) -> Any:
    """Turn a feature into an image, a block of pixels at each place (Shi et al. 2016).

    Transposed convolutions at the image's own resolution cost a small net most of its time; here
    nothing but a rearrangement happens there.

    Args:
        x: (batch, features).
        image_size: Side of the image in pixels; where it was padded, the padding is cut off.
        halvings: Blocks have 2 ** halvings pixels a side.
        channels: Of the image.
        filters: Of the map that the blocks are made from.

    Returns:
        (batch, size, size, channels) in [0, 1], float32.
    """
    cut, block = padding(image_size, halvings), 1 << halvings
    side = (image_size + sum(cut)) // block
    shape = (side, side, filters)
    x = layers.Dense(prod(shape), activation="relu", name="decoder_dense")(x)
    x = layers.Reshape(shape, name="decoder_reshape")(x)
    x = layers.Conv2D(
        channels * block**2, 3, padding="same", dtype="float32", name="decoder_blocks"
    )(x)
    x = layers.Reshape((side, side, block, block, channels), dtype="float32", name="decoder_cut")(x)
    x = layers.Permute((1, 3, 2, 4, 5), dtype="float32", name="decoder_order")(x)
    whole = (side * block, side * block, channels)
    x = layers.Reshape(whole, dtype="float32", name="decoder_join")(x)
    x = layers.Activation("sigmoid", dtype="float32", name="decoder_image")(x)
    return layers.Cropping2D((cut, cut), dtype="float32", name=CROP)(x) if any(cut) else x
