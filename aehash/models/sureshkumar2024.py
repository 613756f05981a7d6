"""Sureshkumar (2024): the medical autoencoder, and the nets it is compared with.

As the paper states it: convolutions with stride 2, "same" padding, 128 filters of 3×3 and leaky
ReLU (0.2); 48 numbers; the same filters transposed; MSE. It leaves open how many layers there are.
Here there are two: its learning rate of 1e-3 with a decay of 2e-5 = 1e-3 / 50 a step, its leaky
ReLU of 0.2 and its transposed decoder are those of the widespread Keras tutorial on convolutional
autoencoders (learning rate 1e-3, decay 1e-3 / epochs), which has two. That tutorial's batch
normalisation is not in the paper's description, and is not here either.

Another encoder in the first one's place (``encoder=``) makes the nets of the paper's Table II:
what encodes differs, the 48 numbers and the decoder are the same. The paper does not say how it
took features from them.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from aehash.errors import UsageError
from aehash.models.blocks import (
    feature_layer,
    image_input,
    mirrored_image,
    preprocess,
    strided_maps,
    whole,
)
from aehash.models.encoders import encode

#: The paper's own encoder.
STRIDED = "strided"


def build(
    *,
    bits: int | None = None,
    image_size: int = 64,
    channels: int = 1,
    weights: str | None = None,
    filters: Sequence[int] = (128, 128),
    latent: int = 48,
    encoder: str = STRIDED,
    pooled: bool | None = None,
) -> keras.Model:
    """Build the autoencoder.

    Args:
        bits: Width of a tanh hash layer in the latent's place, 8 to 1024; None keeps the latent.
        image_size: Side in pixels, 4 or more. Where it is not divisible by 2 for each layer of
            filters, the image is padded with zeros inside the net and the reconstruction cut back,
            see :func:`aehash.models.blocks.padding`; a named encoder gets it as it is.
        channels: 1 or 3.
        weights: Of a named encoder: None, ``imagenet``, or the path of an .h5 file.
        filters: Of each strided convolution, and, in reverse, of each transposed one.
        latent: Width of the linear latent layer, used where bits is None.
        encoder: ``strided``, the paper's, or a name of :func:`aehash.models.encoders.encode`,
            such as ``dcnn``, ``alexnet``, ``vgg16`` and ``resnet50``.
        pooled: Whether the maps are averaged over all places before the latent layer, or flattened;
            None flattens those of ``strided`` and averages those of all others, which is what
            features of VGG16 and ResNet50 usually are.

    Returns:
        A functional model from ``image`` (batch, size, size, channels), 0 to 255, to the
        reconstruction of the same shape in [0, 1].

    Raises:
        UsageError: An argument is out of range.
        AehashError: The weights could not be fetched or do not fit.
    """
    whole("image_size", image_size, 4)
    whole("latent", latent, 1)
    if not filters:
        raise UsageError("filters is empty; give one count for each layer, such as [128, 128].")
    for count in filters:
        whole("each of filters", count, 1)
    inputs = image_input(image_size, channels)
    x = _vector(_encode(inputs, encoder, weights, filters), encoder, pooled)
    x = feature_layer(x, bits, latent)
    outputs = mirrored_image(x, image_size, filters, channels, normalised=False)
    return keras.Model(inputs, outputs, name="sureshkumar2024")


def _encode(inputs: Any, encoder: str, weights: str | None, filters: Sequence[int]) -> Any:
    if encoder != STRIDED:
        return encode(inputs, encoder, weights)
    if weights is not None:
        raise UsageError(
            f"sureshkumar2024's own encoder has no pretrained weights, so not {weights!r}; give a "
            "named encoder with them, such as mobilenet:0.75."
        )
    return strided_maps(preprocess(inputs, "unit"), filters, normalised=False)


def _vector(maps: Any, encoder: str, pooled: bool | None) -> Any:
    averaged = encoder != STRIDED if pooled is None else pooled
    if averaged:
        return layers.GlobalAveragePooling2D(name="average")(maps)
    return layers.Flatten(name="flatten")(maps)
