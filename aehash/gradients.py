"""How a net learns: the gradient that reaches each layer, and what its feature is used for."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import models
from aehash.errors import UsageError

#: Takes images (batch, size, size, channels) and reconstructions; gives one loss an image.
Loss = Callable[[Any, Any], Any]


def gradient_norms(model: keras.Model, batch: NDArray[Any], loss: Loss) -> dict[str, float]:
    """Measure the gradient of a loss at each layer's weights, with the weights as they are.

    Args:
        model: An autoencoder of :func:`aehash.models.build`; it is not changed.
        batch: Images (batch, size, size, channels), 0 to 255.
        loss: Such as :class:`aehash.losses.Reconstruction`.

    Returns:
        The Euclidean norm of the gradient of the mean loss by the name of the layer, in order of
        depth; only layers with trainable weights.

    Raises:
        UsageError: Keras runs on a back end that is none of tensorflow, jax and torch.
    """
    gradients = _gradients(model, batch, loss)
    place = {id(variable): index for index, variable in enumerate(model.trainable_variables)}
    norms = {}
    for layer in model.layers:
        own = [gradients[place[id(each)]] for each in layer.trainable_variables]
        if own:
            squares = [float(np.sum(np.square(each, dtype=np.float64))) for each in own]
            norms[str(layer.name)] = float(np.sqrt(sum(squares)))
    return norms


def feature_use(model: keras.Model, batch: NDArray[Any], loss: Loss) -> dict[str, float]:
    """Measure how much a reconstruction needs the feature, where shortcuts can pass it by.

    Args:
        model: An autoencoder of :func:`aehash.models.build`.
        batch: Images (batch, size, size, channels), 0 to 255; two or more.
        loss: Such as :class:`aehash.losses.Reconstruction`.

    Returns:
        The mean loss ``own`` with each image's own feature, ``other`` with another image's
        feature, and ``zero`` with the feature at zero. Where ``own`` and ``other`` are equal, the
        decoder does not look at the feature.

    Raises:
        UsageError: There is only one image.
    """
    if len(batch) < 2:
        raise UsageError(f"The use of a feature needs 2 images or more, not {len(batch)}.")
    split = models.with_feature(model)
    feature = keras.ops.convert_to_numpy(models.encoder(model)(batch, training=False))
    chosen = {
        "own": feature,
        "other": np.roll(feature, 1, axis=0),
        "zero": np.zeros_like(feature),
    }
    return {
        name: float(keras.ops.mean(loss(batch, split([batch, value], training=False))))
        for name, value in chosen.items()
    }


def _gradients(model: keras.Model, batch: NDArray[Any], loss: Loss) -> list[NDArray[Any]]:
    running = keras.backend.backend()
    ways = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
    if running not in ways:
        raise UsageError(f"Gradients are measured on {', '.join(ways)}, not on {running}.")
    found = ways[running](model, batch, loss)
    return [np.asarray(keras.ops.convert_to_numpy(each)) for each in found]


def _tensorflow(model: keras.Model, batch: NDArray[Any], loss: Loss) -> list[Any]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = keras.ops.mean(loss(batch, model(batch, training=False)))
    variables = [each.value for each in model.trainable_variables]
    found = tape.gradient(value, variables, unconnected_gradients="zero")
    return list(found)


def _jax(model: keras.Model, batch: NDArray[Any], loss: Loss) -> list[Any]:
    import jax

    state = [each.value for each in model.non_trainable_variables]

    def value(weights: list[Any]) -> Any:
        outputs, _ = model.stateless_call(weights, state, batch, training=False)
        return keras.ops.mean(loss(batch, outputs))

    return list(jax.grad(value)([each.value for each in model.trainable_variables]))


def _torch(model: keras.Model, batch: NDArray[Any], loss: Loss) -> list[Any]:
    import torch

    weights = [each.value for each in model.trainable_variables]
    value = keras.ops.mean(loss(batch, model(batch, training=False)))
    found = torch.autograd.grad(value, weights, allow_unused=True)
    return [
        torch.zeros_like(weight) if each is None else each.detach()
        for weight, each in zip(weights, found, strict=True)
    ]
