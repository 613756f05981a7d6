"""An optimiser's step on given gradients, compiled: one by one, its many small sums take longer."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

#: Takes the gradients, and changes weights and optimiser.
Update = Callable[[list[Any]], None]


def update(
    optimizer: keras.optimizers.Optimizer,
    weights: Sequence[keras.Variable],
    decays: Sequence[float],
) -> Update:
    """Compile an optimiser's step.

    Args:
        optimizer: Built for these weights.
        weights: What it changes.
        decays: For each weight, how much of it is added to its gradient.

    Returns:
        A function that takes the gradients, one for each weight, and does the step.
    """

    def decayed(gradients: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        return [
            each + decay * ops.cast(value, each.dtype) if decay else each
            for each, value, decay in zip(gradients, values, decays, strict=True)
        ]

    running = keras.backend.backend()
    if running == "tensorflow":
        return _tensorflow(optimizer, weights, decayed)
    if running == "jax":
        return _jax(optimizer, weights, decayed)
    return lambda gradients: optimizer.apply(
        decayed(gradients, [each.value for each in weights]), list(weights)
    )


def _tensorflow(
    optimizer: keras.optimizers.Optimizer,
    weights: Sequence[keras.Variable],
    decayed: Callable[[Sequence[Any], Sequence[Any]], list[Any]],
) -> Update:
    import tensorflow as tf

    def step(gradients: list[Any]) -> None:
        optimizer.apply(decayed(gradients, [each.value for each in weights]), list(weights))

    compiled = tf.function(step, autograph=False)
    return lambda gradients: compiled(gradients)


def _jax(
    optimizer: keras.optimizers.Optimizer,
    weights: Sequence[keras.Variable],
    decayed: Callable[[Sequence[Any], Sequence[Any]], list[Any]],
) -> Update:
    import jax

    def step(state: list[Any], gradients: list[Any], values: list[Any]) -> Any:
        return optimizer.stateless_apply(state, decayed(gradients, values), values)

    compiled = jax.jit(step)

    def run(gradients: list[Any]) -> None:
        values = [each.value for each in weights]
        state = [each.value for each in optimizer.variables]
        values, state = compiled(state, gradients, values)
        for variable, value in zip(
            [*weights, *optimizer.variables], [*values, *state], strict=True
        ):
            variable.assign(value)

    return run
