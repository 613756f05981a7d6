"""Pictures of any sizes brought together in passes through a net.

Those of equal shape go together, up to a number of pixels, and nothing is padded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

#: Pictures in one pass, at most.
_PICTURES = 32
#: Values of pictures that wait for others of their shape, at most: some 200 MB.
_WAITING = 3 << 26


def forward(net: keras.Model) -> Callable[[NDArray[Any]], list[NDArray[Any]]]:
    """Give the way of pictures of any shape through a net, as at inference.

    TensorFlow traces it once, so what it gives does not depend on what came before; JAX compiles it
    for every shape.

    Args:
        net: From (n, height, width, channels) to one output or several.

    Returns:
        A function from pictures of one shape to the outputs.
    """
    if keras.backend.backend() != "tensorflow":
        return lambda pictures: [
            np.asarray(each) for each in _listed(net.predict_on_batch(pictures))
        ]
    import tensorflow as tf

    shape = tf.TensorSpec((None, None, None, net.input_shape[-1]), tf.float32)
    through = tf.function(
        lambda pictures: _listed(net(pictures, training=False)),
        input_signature=[shape],
        autograph=False,
    )
    return lambda pictures: [each.numpy() for each in through(np.asarray(pictures, np.float32))]


def _listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def pixels(limits: Mapping[str, int]) -> int:
    """Say how many pixels go in one pass: on JAX one picture's, since a new count is compiled.

    Args:
        limits: By ``accelerator`` and ``cpu``.

    Returns:
        The limit; one picture always goes.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        return 1
    if backend == "tensorflow":
        names = keras.distribution.list_devices()
        return limits["cpu" if all(name.startswith("cpu") for name in names) else "accelerator"]
    return limits["accelerator"]


def grouped(
    pictures: Iterable[NDArray[Any]], most: int
) -> Iterator[tuple[list[int], NDArray[Any]]]:
    """Bring pictures of equal shape together.

    Args:
        pictures: (height, width, channels) each.
        most: Pixels of a pass; see :func:`pixels`.

    Yields:
        The places of some of the pictures, and these, (n, height, width, channels).
    """
    waiting: dict[tuple[int, ...], list[tuple[int, NDArray[Any]]]] = {}
    held = 0
    for place, picture in enumerate(pictures):
        shape = picture.shape
        waiting.setdefault(shape, []).append((place, picture))
        held += picture.size
        room = min(_PICTURES, max(1, most // (shape[0] * shape[1])))
        if len(waiting[shape]) < room:
            if held <= _WAITING:
                continue
            shape = max(waiting, key=lambda each: sum(part.size for _, part in waiting[each]))
        group = waiting.pop(shape)
        held -= sum(part.size for _, part in group)
        yield _stacked(group)
    for group in waiting.values():
        yield _stacked(group)


def _stacked(group: list[tuple[int, NDArray[Any]]]) -> tuple[list[int], NDArray[Any]]:
    return [place for place, _ in group], np.stack([picture for _, picture in group])
