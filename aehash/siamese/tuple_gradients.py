"""The gradient of a loss of tuples, in the memory of a few images.

A tuple of seven images of any sizes through a deep net at once needs seven times the memory of one.
By the chain rule the gradient for the weights is the sum over the images of what each descriptor's
own gradient pulls back through the net. So the images are first described, keeping nothing; then
the loss's gradient for the descriptors is taken; and then each image goes through the net once
more, with its descriptor's gradient. The result is exact, not an estimate, and costs one more pass
forward. An image whose gradient is zero, as of negatives beyond the margin, is not looked at again.

Images of equal shape, of whichever tuples, go together up to :data:`PIXELS` in a pass: the memory
is that of such a pass, however many tuples there are and however long they be.

That holds for nets that treat each image on its own, so batch normalisation runs as at inference,
by its stored statistics, and these are not updated. So the authors of GeM train, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.passes import grouped, pixels
from aehash.siamese.metric_losses import TupleLoss
from aehash.siamese.pulls import Pulls, loss_and_slopes, pulls

#: Pixels in one pass, at most, whose maps are all kept for the way back; one image always goes.
PIXELS = {"accelerator": 1 << 20, "cpu": 1 << 17}

#: Images of one tuple: query, match, then those that do not match, each (height, width, channels).
Pictures = Sequence[NDArray[Any]]


@dataclass(frozen=True, eq=False)
class TupleGradient:
    """What a step needs.

    Attributes:
        losses: ``(tuples,)`` float64.
        gradients: Of the sum of the losses, one for each of the model's trainable variables and in
            their order, for ``optimizer.apply(gradients, model.trainable_variables)``.
    """

    losses: NDArray[np.float64]
    gradients: list[Any]


def tuple_gradients(
    model: keras.Model, tuples: Iterable[Pictures], loss: TupleLoss
) -> TupleGradient:
    """Take the gradient of the sum of the tuples' losses; nothing is changed.

    Regularisation losses of the model's own layers are not part of it, and nothing is scaled for
    float16: train in float32 or mixed bfloat16.

    Args:
        model: From images (n, height, width, channels), 0 to 255, to descriptors (n, d) of length
            1, such as :func:`aehash.models.gem2023.build`.
        tuples: One or more, all of as many images; these may differ in size.
        loss: Of :func:`aehash.siamese.metric_losses.tuple_loss`.

    Returns:
        Losses and gradients.

    Raises:
        UsageError: There is no tuple, one is too short for the loss or of another length than the
            first, or Keras runs on a back end that is none of tensorflow, jax and torch.
        AehashError: A loss is NaN or infinite.
    """
    net = pulls(model)
    length, pictures = _flat(tuples)
    most = pixels(PIXELS)
    descriptors = _described(net, pictures, most)
    values, slopes = loss_and_slopes(loss, descriptors.reshape(-1, length, descriptors.shape[1]))
    losses = np.asarray(values, np.float64)
    _refuse_infinite(losses)
    slopes = slopes.reshape(descriptors.shape)
    moving = np.flatnonzero(slopes.any(axis=1))
    total = [keras.ops.zeros_like(each.value) for each in model.trainable_variables]
    for places, batch in grouped((pictures[row] for row in moving), most):
        total = net.pull(batch, slopes[moving[places]], total)
    return TupleGradient(losses, total)


def _flat(tuples: Iterable[Pictures]) -> tuple[int, list[NDArray[Any]]]:
    """Give the number of images of a tuple, and all images one after the other."""
    pictures: list[NDArray[Any]] = []
    lengths = []
    for each in tuples:
        pictures.extend(each)
        lengths.append(len(each))
    if not lengths:
        raise UsageError("There is no tuple to learn from.")
    if min(lengths) == 0:
        raise UsageError("A tuple has no images; it needs a query and a match, at the least.")
    if min(lengths) < max(lengths):
        raise UsageError(
            f"Tuples have {min(lengths)} to {max(lengths)} images; give each as many negatives as "
            "the others."
        )
    return lengths[0], pictures


def _described(net: Pulls, pictures: Sequence[NDArray[Any]], most: int) -> NDArray[Any]:
    """Describe images, ``(images, d)``, in numpy so that no graph is kept."""
    found: list[Any] = [None] * len(pictures)
    for places, batch in grouped(pictures, most):
        for place, descriptor in zip(places, net.describe(batch), strict=True):
            found[place] = descriptor
    return np.stack(found)


def _refuse_infinite(losses: NDArray[np.float64]) -> None:
    wrong = np.flatnonzero(~np.isfinite(losses))
    if wrong.size:
        raise AehashError(
            f"The loss of tuple {wrong[0]} became {losses[wrong[0]]}. Lower the learning rate, or "
            "use train.precision=float32."
        )
