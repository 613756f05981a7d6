"""The net up to the descriptor, and what it cannot describe."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.models.blocks import LATENT
from aehash.models.encoders import smallest_inside
from aehash.models.gem2023 import POOL
from aehash.models.pooling import FLOOR, GeM
from aehash.passes import forward


class Unfit(AehashError):  # noqa: N818
    """An image that can be read, and not described.

    Attributes:
        key: Which image.
        reason: Why, in a few words.
    """

    def __init__(self, key: str, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.key = key
        self.reason = reason


class TooSmall(Unfit, UsageError):  # noqa: N818
    """An image with fewer pixels than the encoder takes."""


class Net:
    """A model's part up to the descriptor, with the pooled vector beside it to judge it by.

    Args:
        model: A model of :func:`aehash.models.build` that only describes.

    Attributes:
        width: Values of a descriptor.
    """

    def __init__(self, model: keras.Model) -> None:
        pool = model.get_layer(POOL)
        outputs = [pool.output, model.get_layer(LATENT).output]
        self.width = int(outputs[1].shape[-1])
        self._dead = FLOOR * (1 + 1e-5) if isinstance(pool, GeM) else 0.0
        self._smallest = smallest_inside(model)
        self._net = keras.Model(model.input, outputs)
        self._through = forward(self._net)

    def run(self, pictures: NDArray[np.uint8], keys: Sequence[str]) -> NDArray[np.float32]:
        """Describe pictures of one shape.

        Args:
            pictures: (n, height, width, channels).
            keys: What to call each in an error.

        Returns:
            (n, d) of length 1.

        Raises:
            TooSmall: They are too small for the encoder.
            Unfit: One gives a zero vector.
            AehashError: One gives NaN.
        """
        height, width = pictures.shape[1:3]
        if min(height, width) < self._smallest:
            small = f"{width}×{height} pixels at one of the scales, and the encoder takes"
            raise TooSmall(
                keys[0],
                f"{keys[0]} has {small} {self._smallest} and more; leave out small scales, or "
                "small images.",
                f"{small} {self._smallest} and more",
            )
        pooled, vectors = self._through(pictures)
        for key, before, after in zip(keys, pooled, vectors, strict=True):
            self._judge(key, before, after)
        return np.asarray(vectors, np.float32)

    def _judge(self, key: str, before: NDArray[Any], after: NDArray[Any]) -> None:
        if not np.isfinite(after).all():
            raise AehashError(
                f"{key} gives a descriptor with NaN: the net's weights are not finite, or its "
                "numbers overflow in half precision; train again, or compute in float32."
            )
        if np.abs(before).max() <= self._dead or not after.any():
            raise Unfit(
                key,
                f"{key} gives a zero vector, which has no direction: all {len(before)} maps "
                f"are zero everywhere (at most {FLOOR:g} for GeM). Leave the image out if it is "
                "blank; else the net is dead or untrained: give it weights, or train it again "
                "with a smaller learning rate.",
                "gives a zero vector",
            )


_NETS: WeakKeyDictionary[keras.Model, Net] = WeakKeyDictionary()


def net_of(model: keras.Model) -> Net:
    """Cut a model once only: a new net would be traced anew; the weights are shared.

    Args:
        model: A model that only describes.

    Returns:
        Its net, kept for as long as the model is.
    """
    if model not in _NETS:
        _NETS[model] = Net(model)
    return _NETS[model]
