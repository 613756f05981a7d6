"""Where an encoder ends and its hash begins: what the last weighted layer before a code takes."""

import keras

from aehash.errors import UsageError
from aehash.models import feature_layer


def feature_input(model: keras.Model) -> str:
    """Name the layer whose output the hash is made of.

    The hash is one fully connected layer, of which norms and activations may stand apart: what
    goes into the last fully connected layer is the encoder's feature.

    Args:
        model: A model of `aehash.models.build`.

    Returns:
        The layer's name, at which `aehash.models.encoder` can cut.

    Raises:
        UsageError: Before its feature layer no table of features goes into a layer.
    """
    layer = model.get_layer(feature_layer(model))
    while not isinstance(layer, keras.layers.Dense):
        layer = _before(model, layer)
    found = _before(model, layer)
    if len(found.output.shape) != 2:
        raise UsageError(
            f"The hash layer of {model.name} takes {found.output.shape}, and features are a row of "
            "numbers an image: put a Flatten or a pooling layer before it."
        )
    return str(found.name)


def _before(model: keras.Model, layer: keras.Layer) -> keras.Layer:
    for each in model.layers:
        if each.output is layer.input:
            return each
    raise UsageError(
        f"The layer {layer.name!r} of {model.name} does not take one layer's output, so there are "
        "no features that its code is made of."
    )
