"""Layers the encoders and decoders share."""

from typing import Any

import keras
from keras import layers, ops

from aehash.errors import UsageError

#: Name of the tanh layer whose outputs are thresholded to bits.
HASH = "hash"
#: Name of the real-valued feature layer of models built without bits.
LATENT = "latent"

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
        mode: ``unit`` [0, 1], ``tf`` [-1, 1], ``caffe`` BGR minus means, ``torch`` ImageNet
            mean and deviation, ``none`` unchanged (the encoder does it itself).

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
    scale, offset = {"unit": (1 / 255, 0.0), "tf": (1 / 127.5, -1.0)}[mode]
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
