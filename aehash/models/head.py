"""A head on a frozen encoder: the part of an autoencoder from the encoder's averages to the bits.

It is trained on features that were computed before. The weights are those of the whole net, so
that the net that is saved takes images, as every other does.
"""

import keras
from keras import ops

from aehash import models
from aehash.errors import UsageError
from aehash.models.blocks import AVERAGE, HASH
from aehash.models.pairs import coded


def backbone(autoencoder: keras.Model) -> keras.Model:
    """Cut out the encoder: (batch, size, size, channels) → (batch, width), its averaged maps.

    Args:
        autoencoder: Of :func:`aehash.models.build`, with a named encoder and bits.

    Returns:
        A functional model; the weights are shared.

    Raises:
        UsageError: There is no named encoder, or there are no bits.
    """
    _check(autoencoder)
    return models.encoder(autoencoder, AVERAGE)


def head(autoencoder: keras.Model, layer: str = HASH) -> keras.Model:
    """Cut out the head: (batch, width) → (batch, bits).

    Args:
        autoencoder: As for :func:`backbone`.
        layer: Where it ends.

    Returns:
        A functional model; the weights are shared.

    Raises:
        UsageError: As for :func:`backbone`.
    """
    _check(autoencoder)
    start, end = (autoencoder.get_layer(name).output for name in (AVERAGE, layer))
    return keras.Model(start, end, name=f"{autoencoder.name}_head")


def head_pairs(autoencoder: keras.Model, *, drawn: bool) -> keras.Model:
    """Wrap the head so that it is trained on pairs of features.

    Its inputs, by name, are ``first`` and ``second`` (batch, width), and ``chance`` (batch, 2,
    bits) where bits are drawn; its outputs ``codes``, ``features`` and ``hash`` are those of
    :func:`aehash.models.pairs.pair_model`.

    Args:
        autoencoder: As for :func:`backbone`.
        drawn: Whether bits are drawn; else the tanh outputs are the codes.

    Returns:
        A functional model, not compiled.

    Raises:
        UsageError: As for :func:`backbone`.
    """
    net = head(autoencoder)
    shape = net.input_shape[1:]
    inputs = {name: keras.Input(shape, name=name) for name in ("first", "second")}
    pairs = ops.reshape(ops.stack(list(inputs.values()), axis=1), (-1, *shape))
    outputs = coded(net, inputs, pairs, drawn=drawn)
    return keras.Model(inputs, outputs, name=f"{autoencoder.name}_head_pairs")


def head_drawing(autoencoder: keras.Model) -> keras.Model:
    """Let the decoder learn to draw images from codes that are finished.

    Args:
        autoencoder: As for :func:`backbone`.

    Returns:
        A functional model (batch, width) → (batch, size, size, channels), not compiled. The head's
        layers are made untrainable, in the autoencoder too.

    Raises:
        UsageError: As for :func:`backbone`.
    """
    net = head(autoencoder)
    net.trainable = False
    drawn = models.decoder(autoencoder)(net.output)
    return keras.Model(net.input, drawn, name=f"{autoencoder.name}_head_drawing")


def _check(autoencoder: keras.Model) -> None:
    names = {layer.name for layer in autoencoder.layers}
    if AVERAGE not in names:
        raise UsageError(
            f"{autoencoder.name} has no encoder that could stay as it is: head.frozen=true takes "
            "the model autohash with a named encoder, such as --encoder mobilenet:0.75."
        )
    if HASH not in names:
        raise UsageError(f"{autoencoder.name} was built without bits; set model.bits.")
