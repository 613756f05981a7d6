"""Layers the encoders and decoders share."""

from collections.abc import Sequence
from math import prod
from typing import Any

import keras
from keras import layers, ops

from aehash.errors import UsageError

#: Name of the tanh layer whose outputs are thresholded to bits.
HASH = "hash"
#: Name of the layer that averages a named encoder's maps, where a head may begin.
AVERAGE = "average"
#: Name of the real-valued feature layer of models built without bits.
LATENT = "latent"
#: Name of the layer that cuts off what an image was padded by.
CROP = "decoder_crop"

_BGR_MEANS = (103.939, 116.779, 123.68)


@keras.saving.register_keras_serializable(package="aehash")
class CaffePreprocess(layers.Layer):
    """RGB pixels of 0 to 255 → BGR minus the ImageNet means, as ResNet50 and VGG16 expect."""

    def call(self, inputs: Any) -> Any:
        """Map (batch, height, width, 3) to the same shape."""
        means = ops.convert_to_tensor(_BGR_MEANS, dtype=inputs.dtype)
        return ops.flip(inputs, axis=-1) - means

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Keep the shape."""
        return input_shape


def preprocess(inputs: Any, mode: str) -> Any:
    """Bring pixels of 0 to 255 into the range an encoder was made for.

    Args:
        inputs: (batch, height, width, channels), 0 to 255.
        mode: ``unit`` [0, 1], ``tf`` [-1, 1], ``centred`` [-127.5, 127.5], ``caffe`` BGR minus
            means, ``torch`` ImageNet mean and deviation, ``none`` unchanged (the encoder does it
            itself).

    Returns:
        A tensor of the same shape.
    """
    if mode == "none":
        return inputs
    if mode == "caffe":
        return CaffePreprocess(name="preprocess")(inputs)
    if mode == "torch":
        mean, variance = (0.485, 0.456, 0.406), (0.229**2, 0.224**2, 0.225**2)
        scaled = layers.Rescaling(1 / 255, name="preprocess_scale")(inputs)
        return layers.Normalization(mean=mean, variance=variance, name="preprocess")(scaled)
    ranges = {"unit": (1 / 255, 0.0), "tf": (1 / 127.5, -1.0), "centred": (1.0, -127.5)}
    scale, offset = ranges[mode]
    return layers.Rescaling(scale, offset, name="preprocess")(inputs)


def image_input(image_size: int, channels: int) -> Any:
    """Give the input of every model: (batch, size, size, channels), pixels of 0 to 255.

    Args:
        image_size: Side in pixels.
        channels: 1 or 3.

    Returns:
        A Keras tensor named ``image``.
    """
    if channels not in (1, 3):
        raise UsageError(f"channels is {channels}; it must be 1 (grey) or 3 (RGB).")
    return keras.Input((image_size, image_size, channels), name="image")


def feature_layer(x: Any, bits: int | None, latent: int | None = None) -> Any:
    """Put the hash layer, or the real-valued feature layer, on top of an encoder.

    It computes in float32 inside a mixed-precision model, so that a bit never depends on how a
    half-precision output was rounded.

    Args:
        x: (batch, units).
        bits: Width of the tanh ``hash`` layer; None for a linear ``latent`` layer.
        latent: Width of the ``latent`` layer, used where bits is None.

    Returns:
        (batch, bits) in (-1, 1), or (batch, latent).
    """
    if bits is None:
        if latent is None:
            raise UsageError("This model has no feature layer without bits; give bits, 8 to 1024.")
        return layers.Dense(latent, dtype="float32", name=LATENT)(x)
    if not 8 <= bits <= 1024:
        raise UsageError(f"bits is {bits}; it must be from 8 to 1024.")
    return layers.Dense(bits, activation="tanh", dtype="float32", name=HASH)(x)


def whole(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number of at least ``least``.

    Args:
        name: The option's name.
        value: What was given.
        least: The smallest value.

    Raises:
        UsageError: It is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{name} is {value!r}; it must be a whole number, {least} or more.")


def padding(image_size: int, halvings: int) -> tuple[int, int]:
    """Say how far an image is padded so that it can be halved so often.

    Args:
        image_size: Side in pixels.
        halvings: How often the net halves it.

    Returns:
        Pixels before and behind, along each axis; (0, 0) where it is divisible by 2 ** halvings.
    """
    missing = -image_size % (1 << halvings)
    return missing // 2, missing - missing // 2


def strided_maps(
    x: Any, filters: Sequence[int], *, normalised: bool, momentum: float = 0.99
) -> Any:
    """Halve an image with each 3×3 convolution of stride 2, leaky ReLU (0.2) behind it.

    Where it cannot be halved so often, it is padded with zeros first, see :func:`padding`: this is
    what "same" padding does at every layer.

    Args:
        x: (batch, size, size, channels).
        filters: Of each convolution.
        normalised: Whether batch normalisation follows each.
        momentum: Of the normalisation's moving averages.

    Returns:
        (batch, size / 2 ** layers, size / 2 ** layers, last filters), the size rounded up.
    """
    before = padding(x.shape[1], len(filters))
    if any(before):
        x = layers.ZeroPadding2D((before, before), name="encoder_pad")(x)
    for index, count in enumerate(filters, 1):
        x = layers.Conv2D(count, 3, strides=2, padding="same", name=f"encoder_conv_{index}")(x)
        x = layers.LeakyReLU(negative_slope=0.2, name=f"encoder_relu_{index}")(x)
        if normalised:
            x = layers.BatchNormalization(momentum=momentum, name=f"encoder_norm_{index}")(x)
    return x


def mirrored_image(
    x: Any, image_size: int, filters: Sequence[int], channels: int, *, normalised: bool
) -> Any:
    """Turn a feature into an image by what mirrors :func:`strided_maps`.

    Args:
        x: (batch, features).
        image_size: Side of the image in pixels; where it was padded, the padding is cut off.
        filters: Of the encoder's convolutions, in its order.
        channels: Of the image.
        normalised: Whether batch normalisation follows each transposed convolution.

    Returns:
        (batch, size, size, channels) in [0, 1], float32.
    """
    cut = padding(image_size, len(filters))
    side = (image_size + sum(cut)) >> len(filters)
    shape = (side, side, filters[-1])
    x = layers.Dense(prod(shape), name="decoder_dense")(x)
    x = layers.Reshape(shape, name="decoder_reshape")(x)
    for index, count in enumerate(reversed(filters), 1):
        x = layers.Conv2DTranspose(
            count, 3, strides=2, padding="same", name=f"decoder_conv_{index}"
        )(x)
        x = layers.LeakyReLU(negative_slope=0.2, name=f"decoder_relu_{index}")(x)
        if normalised:
            x = layers.BatchNormalization(name=f"decoder_norm_{index}")(x)
    x = layers.Conv2DTranspose(
        channels, 3, padding="same", activation="sigmoid", dtype="float32", name="decoder_image"
    )(x)
    return layers.Cropping2D((cut, cut), dtype="float32", name=CROP)(x) if any(cut) else x
