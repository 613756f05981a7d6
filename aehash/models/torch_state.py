"""PyTorch's state dicts put into nets of :mod:`aehash.models.torch_layout`, without PyTorch.

A state dict is taken as a mapping of dotted names to NumPy arrays, in PyTorch's orders: a
convolution's weight is (out, in, height, width), a fully connected layer's (out, in).
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from aehash.errors import AehashError
from aehash.models.pooling import GeM

Tensors = Mapping[str, NDArray[Any]]
#: Of each kind of layer, in the order of its weights here: PyTorch's name, and the axes there.
_PARTS: dict[type[layers.Layer], tuple[tuple[str, tuple[int, ...]], ...]] = {
    layers.Conv2D: (("weight", (2, 3, 1, 0)), ("bias", (0,))),
    layers.Dense: (("weight", (1, 0)), ("bias", (0,))),
    GeM: (("p", (0,)),),
    layers.BatchNormalization: (
        ("weight", (0,)),
        ("bias", (0,)),
        ("running_mean", (0,)),
        ("running_var", (0,)),
    ),
}
#: Counts steps of training; of no use to a net that describes.
_COUNTER = "num_batches_tracked"
_SHOWN = 8


def put(net: keras.Model, tensors: Tensors) -> list[str]:
    """Put a state dict into a net, by the names of its layers.

    Args:
        net: Each layer with weights is named after its module, dots as underscores.
        tensors: By their names in PyTorch, such as ``layer1.0.conv2.weight``.

    Returns:
        The names that the net has no place for, counters of batch normalisation left out.

    Raises:
        AehashError: A tensor is missing, of another shape, or not finite.
    """
    places = [(layer, layer.name.replace("_", ".")) for layer in net.layers if layer.weights]
    known = _put(places, tensors, net.name.removesuffix("_torch"))
    return [name for name in tensors if name not in known and not name.endswith(_COUNTER)]


def put_layer(layer: layers.Layer, tensors: Tensors, module: str) -> None:
    """Put a module's weights into a single layer.

    Args:
        layer: Convolutional, fully connected, normalising or GeM, and built.
        tensors: By their names in PyTorch.
        module: The module's name there.

    Raises:
        AehashError: A tensor is missing, of another shape, or not finite.
    """
    _put([(layer, module)], tensors, f"the layer {layer.name}")


def listed(names: list[str]) -> str:
    """Join the first names to a text, and say how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _put(places: list[tuple[layers.Layer, str]], tensors: Tensors, what: str) -> set[str]:
    """Set the weights of layers from their modules, and give the names that were taken."""
    parts = [
        [(f"{module}.{part}", axes) for part, axes in _PARTS[type(layer)][: len(layer.weights)]]
        for layer, module in places
    ]
    wanted = [name for each in parts for name, _ in each]
    missing = [name for name in wanted if name not in tensors]
    if missing:
        raise AehashError(
            f"The file lacks {len(missing)} of the {len(wanted)} weights of {what}: "
            f"{listed(missing)}. It is of another architecture, or damaged."
        )
    for (layer, _), each in zip(places, parts, strict=True):
        layer.set_weights(
            [
                _fitted(name, tensors[name], axes, tuple(weight.shape), what)
                for (name, axes), weight in zip(each, layer.weights, strict=True)
            ]
        )
    return set(wanted)


def _fitted(
    name: str, value: NDArray[Any], axes: tuple[int, ...], shape: tuple[int, ...], what: str
) -> NDArray[Any]:
    inverse = np.argsort(axes)
    there = tuple(shape[axis] for axis in inverse)
    if value.shape != there:
        raise AehashError(
            f"{name} is of shape {value.shape}, and {what} wants {there}. The file is of another "
            "architecture."
        )
    if not np.isfinite(value).all():
        raise AehashError(f"{name} holds NaN or infinity: the net was broken when it was saved.")
    return np.ascontiguousarray(value.transpose(axes), np.float32)
