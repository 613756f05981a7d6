"""One pass of pictures through a net, and back.

Forward it gives descriptors, back what gradients for these mean for the weights. TensorFlow traces
each way once, JAX compiles it for every shape; either is kept for as long as the model is.
"""

import weakref
from collections.abc import Callable
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.siamese.metric_losses import TupleLoss

Floats = NDArray[np.floating[Any]]


class Pulls(Protocol):
    """A net's two ways."""

    def describe(self, pictures: NDArray[Any]) -> Floats:
        """Describe pictures of one shape, (n, height, width, channels) → (n, d)."""

    def pull(self, pictures: NDArray[Any], slopes: Floats, total: list[Any]) -> list[Any]:
        """Add Σ slopes · ∂ descriptors / ∂ weights, for each trainable variable in order."""


def pulls(model: keras.Model) -> Pulls:
    """Give the two ways of a net; made once for a model and what is trainable in it.

    Args:
        model: From (n, height, width, channels) to (n, d).

    Returns:
        Its ways.

    Raises:
        UsageError: Keras runs on another back end than tensorflow, jax and torch.
    """
    running = keras.backend.backend()
    if running not in _WAYS:
        raise UsageError(f"Gradients are taken on {', '.join(_WAYS)}, not on {running}.")
    trained = tuple(id(each) for each in model.trainable_variables)
    known = _KNOWN.get(model)
    if known is None or known[0] != trained:
        known = _KNOWN[model] = (trained, _WAYS[running](model))
    return known[1]


def loss_and_slopes(loss: TupleLoss, descriptors: Floats) -> tuple[Floats, Floats]:
    """Take a loss of tuples, and its gradient.

    Args:
        loss: Of :func:`aehash.siamese.metric_losses.tuple_loss`.
        descriptors: ``(tuples, images, d)``.

    Returns:
        ``(tuples,)``, and the gradient of their sum in the shape of the descriptors.
    """
    return _LOSSES[keras.backend.backend()](loss, descriptors)


class _TensorFlow:
    """One graph for all shapes; it refers to the model weakly, so that the model can go."""

    def __init__(self, model: keras.Model) -> None:
        import tensorflow as tf

        net = weakref.ref(model)
        channels = model.input_shape[-1]
        images = tf.TensorSpec((None, None, None, channels), tf.float32)
        slopes = tf.TensorSpec((None, None), model.output.dtype)
        sums = [tf.TensorSpec(each.shape, each.dtype) for each in model.trainable_variables]

        def describe(pictures: Any) -> Any:
            return _alive(net)(pictures, training=False)

        def pull(pictures: Any, given: Any, total: Any) -> Any:
            here = _alive(net)
            with tf.GradientTape() as tape:
                outputs = here(pictures, training=False)
            weights = [each.value for each in here.trainable_variables]
            found = tape.gradient(
                outputs, weights, output_gradients=given, unconnected_gradients="zero"
            )
            return _sum(total, found)

        self._describe = tf.function(describe, input_signature=[images], autograph=False)
        self._pull = tf.function(pull, input_signature=[images, slopes, sums], autograph=False)

    def describe(self, pictures: NDArray[Any]) -> Floats:
        return np.asarray(self._describe(np.asarray(pictures, np.float32)))

    def pull(self, pictures: NDArray[Any], slopes: Floats, total: list[Any]) -> list[Any]:
        return list(self._pull(np.asarray(pictures, np.float32), slopes, total))


class _Jax:
    """Compiled once for each shape."""

    def __init__(self, model: keras.Model) -> None:
        import jax

        net = weakref.ref(model)

        def describe(weights: list[Any], state: list[Any], pictures: Any) -> Any:
            return _alive(net).stateless_call(weights, state, pictures, training=False)[0]

        def pull(
            weights: list[Any], state: list[Any], pictures: Any, slopes: Any, total: list[Any]
        ) -> Any:
            _, back = jax.vjp(lambda each: describe(each, state, pictures), weights)
            return _sum(total, back(slopes)[0])

        self._net, self._describe, self._pull = net, jax.jit(describe), jax.jit(pull)

    def describe(self, pictures: NDArray[Any]) -> Floats:
        return np.asarray(self._describe(*self._values(), pictures))

    def pull(self, pictures: NDArray[Any], slopes: Floats, total: list[Any]) -> list[Any]:
        return list(self._pull(*self._values(), pictures, slopes, total))

    def _values(self) -> tuple[list[Any], list[Any]]:
        model = _alive(self._net)
        trained, fixed = model.trainable_variables, model.non_trainable_variables
        return [each.value for each in trained], [each.value for each in fixed]


class _Torch:
    def __init__(self, model: keras.Model) -> None:
        self._net = weakref.ref(model)

    def describe(self, pictures: NDArray[Any]) -> Floats:
        outputs = keras.ops.stop_gradient(_alive(self._net)(pictures, training=False))
        return np.asarray(keras.ops.convert_to_numpy(outputs))

    def pull(self, pictures: NDArray[Any], slopes: Floats, total: list[Any]) -> list[Any]:
        import torch

        model = _alive(self._net)
        weights = [each.value for each in model.trainable_variables]
        outputs = model(pictures, training=False)
        found = torch.autograd.grad(
            outputs, weights, keras.ops.convert_to_tensor(slopes), allow_unused=True
        )
        return [
            old if each is None else old + each.detach()
            for old, each in zip(total, found, strict=True)
        ]


def _sum(total: list[Any], found: list[Any]) -> list[Any]:
    return [one + other for one, other in zip(total, found, strict=True)]


def _alive(net: "weakref.ref[keras.Model]") -> keras.Model:
    model = net()
    if model is None:
        raise RuntimeError("the model is gone")
    return model


def _tensorflow_loss(loss: TupleLoss, descriptors: Floats) -> tuple[Floats, Floats]:
    import tensorflow as tf

    given = tf.constant(descriptors)
    with tf.GradientTape() as tape:
        tape.watch(given)
        values = loss(given)
    return values.numpy(), tape.gradient(values, given, unconnected_gradients="zero").numpy()


def _jax_loss(loss: TupleLoss, descriptors: Floats) -> tuple[Floats, Floats]:
    import jax

    values, back = jax.vjp(loss, descriptors)
    return np.asarray(values), np.asarray(back(jax.numpy.ones_like(values))[0])


def _torch_loss(loss: TupleLoss, descriptors: Floats) -> tuple[Floats, Floats]:
    import torch

    given = keras.ops.convert_to_tensor(descriptors).detach().requires_grad_(True)
    values = loss(given)
    slopes = torch.autograd.grad(values.sum(), given)[0]
    return values.detach().cpu().numpy(), slopes.cpu().numpy()


_WAYS: dict[str, Callable[[keras.Model], Pulls]] = {
    "tensorflow": _TensorFlow,
    "jax": _Jax,
    "torch": _Torch,
}
_LOSSES: dict[str, Callable[[TupleLoss, Floats], tuple[Floats, Floats]]] = {
    "tensorflow": _tensorflow_loss,
    "jax": _jax_loss,
    "torch": _torch_loss,
}
_KNOWN: "weakref.WeakKeyDictionary[keras.Model, tuple[tuple[int, ...], Pulls]]" = (
    weakref.WeakKeyDictionary()
)
