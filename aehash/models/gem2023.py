"""Dang, Nguyen, Le and Nguyen (2023): one pooled, L2-normalised descriptor an image.

Backbone → global pooling (GeM with a learned p, after Radenović, Tolias and Chum 2019) → L2, and,
where the descriptors are whitened inside the net, → fully connected layer → L2 once more. The
paper's nets are ResNet101 and VGG16.

The maps pooled are those of the last convolution with its ReLU, as in the authors' code: VGG16,
VGG19 and AlexNet lose the maximum pooling that ends them, so their maps are at 1/16 of the image's
side where ResNet's and MobileNet's are at 1/32. Backbones that do not end in a ReLU (EfficientNet,
ConvNeXt) have negative values, which GeM floors to 1e-6.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from aehash.errors import UsageError, nearest
from aehash.models.blocks import LATENT, feature_layer, whole
from aehash.models.encoders import encode, smallest
from aehash.models.pooling import L2, MAC, RMAC, GeM, SPoC

#: The layer whose output is the pooled vector, before any L2.
POOL = "pool"
#: The fully connected layer between the two L2, for a whitening.
WHITEN = "whiten"
_POOLINGS: dict[str, Callable[..., layers.Layer]] = {
    "gem": GeM,
    "mac": MAC,
    "rmac": RMAC,
    "spoc": SPoC,
}


def build(
    *,
    encoder: str = "resnet101",
    pooling: str = "gem",
    p: float = 3.0,
    per_map: bool = False,
    image_size: int | None = None,
    channels: int = 3,
    weights: str | None = None,
    dimensions: int | None = None,
    bits: int | None = None,
) -> keras.Model:
    """Build the net.

    Args:
        encoder: A name of :func:`aehash.models.encoders.encode`, all but ``dcnn``.
        pooling: ``gem``, ``spoc`` (average), ``mac`` (maximum) or ``rmac``; only GeM has a p.
        p: GeM's first p, 0.01 to 1000.
        per_map: Whether each map has a p of its own.
        image_size: A side in pixels that the encoder must be able to take; the net itself takes
            images of any height and width.
        channels: 1 or 3.
        weights: None, ``imagenet``, or the path of an .h5 file of the encoder.
        dimensions: Width of the fully connected layer ``whiten``, into which a whitening can be
            put as weights: its projection as the kernel, minus the projected mean as the bias.
            None for no such layer.
        bits: Width of a tanh hash layer behind the descriptor, 8 to 1024; None for the descriptor
            itself.

    Returns:
        A functional model from ``image`` (batch, height, width, channels), 0 to 255, to
        (batch, maps or dimensions) of length 1: the layer ``latent``, float32. The pooled vector
        before L2 is the layer ``pool``.

    Raises:
        UsageError: An argument is out of range.
        AehashError: The weights could not be fetched or do not fit.
    """
    if pooling not in _POOLINGS:
        raise UsageError(f"There is no pooling {pooling!r}.{nearest(pooling, _POOLINGS)}")
    if channels not in (1, 3):
        raise UsageError(f"channels is {channels}; it must be 1 (grey) or 3 (RGB).")
    if image_size is not None:
        whole("image_size", image_size, smallest(encoder))
    inputs = keras.Input((None, None, channels), name="image")
    x = _pooling(pooling, p, per_map)(encode(inputs, encoder, weights, pooled=False))
    if dimensions is not None:
        whole("dimensions", dimensions, 1)
        x = L2(name="pool_l2")(x)
        x = layers.Dense(dimensions, dtype="float32", name=WHITEN)(x)
    x = L2(name=LATENT)(x)
    outputs = x if bits is None else feature_layer(x, bits)
    return keras.Model(inputs, outputs, name="gem2023")


def _pooling(pooling: str, p: float, per_map: bool) -> Any:
    if pooling == "gem":
        return GeM(p, per_map, name=POOL)
    if p != 3.0 or per_map:
        raise UsageError(f"p and per_map are GeM's; the pooling {pooling!r} has none of them.")
    return _POOLINGS[pooling](name=POOL)
