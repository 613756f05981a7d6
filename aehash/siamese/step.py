"""One step of siamese training: gradients, weight decay, and GeM's p at a rate of its own."""

from collections.abc import Iterable

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from aehash.errors import AehashError
from aehash.models.gem2023 import POOL
from aehash.models.pooling import GeM
from aehash.recipe_describe import SiameseRecipe
from aehash.siamese.metric_losses import tuple_loss
from aehash.siamese.tuple_gradients import Pictures, tuple_gradients
from aehash.siamese.updates import update


class Step:
    """Steps of a net by the summed gradient of some tuples.

    As in the authors' code, the weight decay is added to the gradient of every weight, those of
    batch normalisation and the biases as well, but not to GeM's p, and p has a learning rate of its
    own. Steps of Adam and SGD are proportional to the rate, so p is moved on by as much again.

    Args:
        net: Compiled with its optimiser.
        recipe: Loss, decay and p's rate.
    """

    def __init__(self, net: keras.Model, recipe: SiameseRecipe) -> None:
        self._net = net
        self._recipe = recipe
        self._loss = tuple_loss(recipe.loss, recipe.margin)
        self._p = learned_p(net)
        weights = net.trainable_variables
        net.optimizer.build(weights)
        decays = [0.0 if each is self._p else recipe.weight_decay for each in weights]
        self._update = update(net.optimizer, weights, decays)

    def __call__(self, tuples: Iterable[Pictures]) -> NDArray[np.float64]:
        """Take a step.

        Args:
            tuples: Images of each.

        Returns:
            ``(tuples,)`` losses before the step.

        Raises:
            AehashError: A loss became NaN or infinite, or p NaN.
        """
        found = tuple_gradients(self._net, tuples, self._loss)
        if self._p is None:
            self._update(found.gradients)
        else:
            before = np.array(ops.convert_to_numpy(self._p), np.float64)
            self._update(found.gradients)
            self._move(self._p, before)
        return found.losses

    def losses(self, descriptors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give the losses of tuples that are described already.

        Args:
            descriptors: ``(tuples, images, d)``.

        Returns:
            ``(tuples,)``.
        """
        return np.asarray(ops.convert_to_numpy(self._loss(descriptors)), np.float64)

    def _move(self, p: keras.Variable, before: NDArray[np.float64]) -> None:
        """Move p, which a step has moved, as a step at its own rate would have."""
        moved = before + self._recipe.p_rate * (ops.convert_to_numpy(p) - before)
        if np.isnan(moved).any():
            raise AehashError(
                "GeM's p became NaN. Lower the learning rate (--set train.learning_rate=…), or "
                "that of p alone (--set siamese.p_rate=…)."
            )
        low, high = p.constraint.low, p.constraint.high
        p.assign(np.clip(moved, low, high).astype(np.float32))


def learned_p(net: keras.Model) -> keras.Variable | None:
    """Give GeM's p where it is trained, else None.

    Args:
        net: A model that only describes.

    Returns:
        The weight, (1,) or (maps,).
    """
    pool = net.get_layer(POOL)
    if isinstance(pool, GeM) and any(each is pool.p for each in net.trainable_variables):
        return pool.p
    return None
