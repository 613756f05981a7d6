"""The gradient of a loss of tuples, in the memory of one image.

A tuple of seven images of any sizes through a deep net at once needs seven times the memory of one.
By the chain rule the gradient for the weights is the sum over the images of what each descriptor's
own gradient pulls back through the net. So the images are described one by one, keeping nothing;
then the loss's gradient for the descriptors is taken; and then each image goes through the net
once more, alone, with its descriptor's gradient. The result is exact, not an estimate, and costs
one more pass forward. An image whose gradient is zero, as of negatives beyond the margin, is not
looked at again.

That holds for nets that treat each image on its own, so batch normalisation runs as at inference,
by its stored statistics, and these are not updated. So the authors of GeM train, too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.metric_losses import TupleLoss

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
        model: From images (1, height, width, channels), 0 to 255, to descriptors (1, d) of length
            1, such as :func:`aehash.models.gem2023.build`.
        tuples: One or more; images may differ in size. They are read as they are needed.
        loss: Of :func:`aehash.metric_losses.tuple_loss`.

    Returns:
        Losses and gradients.

    Raises:
        UsageError: There is no tuple, one is too short for the loss, or Keras runs on a back end
            that is none of tensorflow, jax and torch.
        AehashError: A loss is NaN or infinite.
    """
    running = keras.backend.backend()
    if running not in _WAYS:
        raise UsageError(f"Gradients are taken on {', '.join(_WAYS)}, not on {running}.")
    of_loss, pull_back = _WAYS[running]
    losses: list[float] = []
    total: list[Any] | None = None
    for pictures in tuples:
        value, slopes = of_loss(loss, _described(model, pictures)[None])
        losses.append(_finite(float(value[0]), len(losses)))
        for picture, slope in zip(pictures, slopes[0], strict=True):
            if slope.any():
                found = pull_back(model, picture[None], slope[None])
                total = found if total is None else _sum(total, found)
    if not losses:
        raise UsageError("There is no tuple to learn from.")
    if total is None:
        total = [keras.ops.zeros_like(each.value) for each in model.trainable_variables]
    return TupleGradient(np.array(losses), total)


def _described(model: keras.Model, pictures: Pictures) -> NDArray[Any]:
    """Describe images one by one, ``(images, d)``, in numpy so that no graph is kept."""
    rows = []
    for picture in pictures:
        outputs = keras.ops.stop_gradient(model(picture[None], training=False))
        rows.append(np.asarray(keras.ops.convert_to_numpy(outputs))[0])
    if not rows:
        raise UsageError("A tuple has no images; it needs a query and a match, at the least.")
    return np.stack(rows)


def _finite(value: float, number: int) -> float:
    if not np.isfinite(value):
        raise AehashError(
            f"The loss of tuple {number} became {value}. Lower the learning rate, or use "
            "train.precision=float32."
        )
    return value


def _sum(total: list[Any], found: list[Any]) -> list[Any]:
    return [one + other for one, other in zip(total, found, strict=True)]


def _tensorflow_loss(loss: TupleLoss, descriptors: NDArray[Any]) -> tuple[Any, Any]:
    import tensorflow as tf

    given = tf.constant(descriptors)
    with tf.GradientTape() as tape:
        tape.watch(given)
        values = loss(given)
    return values.numpy(), tape.gradient(values, given, unconnected_gradients="zero").numpy()


def _tensorflow_pull(model: keras.Model, images: NDArray[Any], slopes: NDArray[Any]) -> list[Any]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        outputs = model(images, training=False)
    variables = [each.value for each in model.trainable_variables]
    return list(
        tape.gradient(outputs, variables, output_gradients=slopes, unconnected_gradients="zero")
    )


def _jax_loss(loss: TupleLoss, descriptors: NDArray[Any]) -> tuple[Any, Any]:
    import jax

    values, pull = jax.vjp(loss, descriptors)
    return np.asarray(values), np.asarray(pull(jax.numpy.ones_like(values))[0])


def _jax_pull(model: keras.Model, images: NDArray[Any], slopes: NDArray[Any]) -> list[Any]:
    import jax

    state = [each.value for each in model.non_trainable_variables]

    def describe(weights: list[Any]) -> Any:
        return model.stateless_call(weights, state, images, training=False)[0]

    _, pull = jax.vjp(describe, [each.value for each in model.trainable_variables])
    return list(pull(jax.numpy.asarray(slopes))[0])


def _torch_loss(loss: TupleLoss, descriptors: NDArray[Any]) -> tuple[Any, Any]:
    import torch

    given = keras.ops.convert_to_tensor(descriptors).detach().requires_grad_(True)
    values = loss(given)
    slopes = torch.autograd.grad(values.sum(), given)[0]
    return values.detach().cpu().numpy(), slopes.cpu().numpy()


def _torch_pull(model: keras.Model, images: NDArray[Any], slopes: NDArray[Any]) -> list[Any]:
    import torch

    weights = [each.value for each in model.trainable_variables]
    outputs = model(images, training=False)
    found = torch.autograd.grad(
        outputs, weights, keras.ops.convert_to_tensor(slopes), allow_unused=True
    )
    return [
        torch.zeros_like(weight) if each is None else each.detach()
        for weight, each in zip(weights, found, strict=True)
    ]


_WAYS: dict[str, tuple[Callable[..., tuple[Any, Any]], Callable[..., list[Any]]]] = {
    "tensorflow": (_tensorflow_loss, _tensorflow_pull),
    "jax": (_jax_loss, _jax_pull),
    "torch": (_torch_loss, _torch_pull),
}
