"""Functional builders of the papers' nets, by name.

Every autoencoder maps ``image`` (batch, size, size, channels), pixels of 0 to 255, to a
reconstruction in [0, 1]; its feature layer is called ``hash`` (tanh, one output a bit), or
``latent`` where there are no bits. A net that only describes, ``gem2023``, ends in that feature
layer: :func:`encoder` gives it whole, :func:`decoder` and :func:`with_feature` refuse it, and
:func:`describes` tells it by its last layer. It learns from pairs of images, not from
reconstructions; see :mod:`aehash.siamese`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from aehash.errors import UsageError, nearest
from aehash.models import (
    air2023,
    akbacak2023,
    autohash,
    backbone,
    gem2023,
    sscair,
    sureshkumar2024,
    vinitha2021,
)
from aehash.models.blocks import CROP, HASH, LATENT

BUILDERS: dict[str, Callable[..., keras.Model]] = {
    "air2023": air2023.build,
    "akbacak2023": akbacak2023.build,
    "autohash": autohash.build,
    "backbone": backbone.build,
    "gem2023": gem2023.build,
    "sscair": sscair.build,
    "sureshkumar2024": sureshkumar2024.build,
    "vinitha2021": vinitha2021.build,
}


def build(name: str, **options: Any) -> keras.Model:
    """Build a model by name.

    Args:
        name: A key of :data:`BUILDERS`.
        **options: The builder's keyword arguments, such as ``bits=128, image_size=256``.

    Returns:
        A functional Keras model.

    Raises:
        UsageError: The name or an option is unknown, or a value is out of range.

    Example:
        >>> build("akbacak2023", bits=128, image_size=256, weights=None).count_params()
        292617373
    """
    if name not in BUILDERS:
        raise UsageError(f"There is no model {name!r}.{nearest(name, BUILDERS)}")
    known = inspect.signature(BUILDERS[name]).parameters
    for option in options:
        if option not in known:
            raise UsageError(f"The model {name} has no option {option!r}.{nearest(option, known)}")
    return BUILDERS[name](**options)


def feature_layer(model: keras.Model) -> str:
    """Name the layer whose output is the feature: ``hash``, or ``latent`` where there are no bits.

    Args:
        model: A model of :func:`build`.

    Returns:
        The layer's name.

    Raises:
        UsageError: It has neither.
    """
    names = {layer.name for layer in model.layers}
    for name in (HASH, LATENT):
        if name in names:
            return name
    raise UsageError(f"The model {model.name} has no layer named {HASH!r} or {LATENT!r}.")


def describes(model: keras.Model) -> bool:
    """Say whether a model only describes: its output is its feature, not a reconstruction.

    Args:
        model: A model of :func:`build`.

    Returns:
        True for ``gem2023``.
    """
    return model.layers[-1].name in (HASH, LATENT)


def padded_size(model: keras.Model) -> int | None:
    """Say at which side a model works inside, where it pads its images and cuts them back.

    Args:
        model: A model of :func:`build`.

    Returns:
        The side in pixels; None where nothing is padded.
    """
    for layer in model.layers:
        if layer.name == CROP:
            return int(layer.input.shape[1])
    return None


def encoder(model: keras.Model, layer: str | None = None) -> keras.Model:
    """Cut out the part from the image to a layer; the weights are shared.

    Args:
        model: An autoencoder.
        layer: Where to cut; by default its feature layer.

    Returns:
        A functional model (batch, size, size, channels) → (batch, features).
    """
    return keras.Model(model.input, _output(model, layer), name=f"{model.name}_encoder")


def decoder(model: keras.Model, layer: str | None = None) -> keras.Model:
    """Cut out the part from a layer to the reconstruction; the weights are shared.

    Args:
        model: An autoencoder.
        layer: Where to cut; by default its feature layer.

    Returns:
        A functional model (batch, features) → (batch, size, size, channels).

    Raises:
        UsageError: The model only describes, has no such layer, or shortcuts past it, so that the
            decoder needs the image as well; see :func:`with_feature`.
    """
    _need_decoder(model)
    start = _output(model, layer)
    try:
        return keras.Model(start, model.output, name=f"{model.name}_decoder")
    except ValueError as error:
        raise UsageError(
            f"The decoder of {model.name} cannot be cut at {layer or feature_layer(model)!r}: "
            "shortcuts from the encoder pass it by. Build the model with across=False, or without "
            "shortcuts."
        ) from error


def with_feature(model: keras.Model) -> keras.Model:
    """Let the feature be given from outside; shortcuts still carry what they do of the image.

    Args:
        model: An autoencoder.

    Returns:
        A functional model of (images, features) → (batch, size, size, channels); the weights are
        shared.

    Raises:
        UsageError: The model only describes.
    """
    _need_decoder(model)
    start = _output(model, None)
    return keras.Model([model.input, start], model.output, name=f"{model.name}_with_feature")


def _need_decoder(model: keras.Model) -> None:
    if describes(model):
        raise UsageError(
            f"The model {model.name} only describes images: it has no decoder, so nothing can be "
            "drawn from its features. Take an autoencoder, such as akbacak2023."
        )


def _output(model: keras.Model, layer: str | None) -> Any:
    name = layer or feature_layer(model)
    names = [each.name for each in model.layers]
    if name not in names:
        raise UsageError(f"The model {model.name} has no layer {name!r}.{nearest(name, names)}")
    return model.get_layer(name).output
