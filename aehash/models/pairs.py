"""An autoencoder that learns from pairs: two views of images, or images and their neighbours.

The pairs go through the encoder as one batch, so that batch normalisation sees both. All chance
is an input, drawn by whoever makes the batches, so that a run that is continued goes on exactly as
it would have.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from aehash import models
from aehash.errors import UsageError
from aehash.models.binary import BernoulliCode
from aehash.models.blocks import HASH
from aehash.models.views import View
from aehash.view_plan import width


def pair_model(
    autoencoder: keras.Model,
    names: Sequence[str],
    *,
    drawn: bool,
    reconstruct: bool = True,
) -> keras.Model:
    """Wrap an autoencoder so that it is trained on pairs; the weights are shared.

    Its inputs, by name:

    - ``image`` and ``partner`` (batch, size, size, channels), 0 to 255;
    - ``first`` and ``second`` (batch, width), the numbers of both views, of
      :func:`aehash.view_plan.draw`; missing where ``names`` is empty;
    - ``chance`` (batch, 2, bits), uniform in [0, 1); there where bits are drawn.

    Its outputs, by name:

    - ``codes`` (batch, 2, bits): tanh outputs, or bits of −1 and +1 drawn from them, for
      :class:`aehash.losses.Agreement`;
    - ``features`` (batch, 2, bits): tanh outputs, for :class:`aehash.losses.Bottleneck`;
    - ``hash`` (2 · batch, bits): the same one below the other, for what is judged by bit;
    - ``reconstruction``, of the image without its view's changes, from ``codes``.

    Args:
        autoencoder: Of :func:`aehash.models.build`, with bits.
        names: What the views change, of :func:`aehash.view_plan.parts`.
        drawn: Whether bits are drawn; else the tanh outputs are the codes.
        reconstruct: Whether the decoder is trained as well.

    Returns:
        A functional model, not compiled.

    Raises:
        UsageError: The autoencoder has no hash layer, or shortcuts go past it while it shall
            reconstruct.
    """
    if models.feature_layer(autoencoder) != HASH:
        raise UsageError(
            f"{autoencoder.name} was built without bits, and views agree in bits; set model.bits."
        )
    inputs, views = _views(autoencoder, names)
    outputs = coded(models.encoder(autoencoder), inputs, views, drawn=drawn)
    if reconstruct:
        outputs["reconstruction"] = models.decoder(autoencoder)(outputs["codes"][:, 0])
    return keras.Model(inputs, outputs, name=f"{autoencoder.name}_pairs")


def coded(net: keras.Model, inputs: dict[str, Any], views: Any, *, drawn: bool) -> dict[str, Any]:
    """Give the codes of pairs that lie in turn, in the forms that losses take.

    Args:
        net: From views to tanh outputs.
        inputs: Of the model that is being made, by name; ``chance`` is put there where it is
            needed.
        views: (2 · batch, …), both of a pair one after the other.
        drawn: Whether bits are drawn; else the tanh outputs are the codes.

    Returns:
        ``codes``, ``features`` and ``hash`` of :func:`pair_model`.
    """
    features = net(views)
    bits = features.shape[-1]
    codes = features
    if drawn:
        inputs["chance"] = keras.Input((2, bits), name="chance")
        codes = BernoulliCode(name="drawn")([features, ops.reshape(inputs["chance"], (-1, bits))])
    paired = ops.reshape(codes, (-1, 2, bits))
    return {
        "codes": paired,
        "features": ops.reshape(features, (-1, 2, bits)),
        "hash": features,
    }


def _views(autoencoder: keras.Model, names: Sequence[str]) -> tuple[dict[str, Any], Any]:
    """Lay the views of images and partners in turn: (2 · batch, size, size, channels)."""
    shape = autoencoder.input_shape[1:]
    inputs = {name: keras.Input(shape, name=name) for name in ("image", "partner")}
    views = list(inputs.values())
    if names:
        numbers = width(names, shape[-1])
        for place, name in enumerate(("first", "second")):
            inputs[name] = keras.Input((numbers,), name=name)
            views[place] = View(names, name=f"{name}_view")([views[place], inputs[name]])
    return inputs, ops.reshape(ops.stack(views, axis=1), (-1, *shape))
