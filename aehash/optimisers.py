"""Optimisers and their learning rates, from a recipe."""

from typing import Any

import keras
from keras import ops

from aehash.errors import UsageError
from aehash.recipe import TrainRecipe


def optimiser(train: TrainRecipe, steps: int | None = None) -> keras.optimizers.Optimizer:
    """Make the optimiser a recipe asks for.

    Args:
        train: Its kind, learning rate, schedule and clipping.
        steps: Of the whole training; the cosine schedule ends there.

    Returns:
        A fresh optimiser.

    Raises:
        UsageError: The cosine schedule is asked for without steps, or the warm-up leaves it none.
    """
    options: dict[str, Any] = {}
    if train.clip_norm is not None:
        options["global_clipnorm"] = train.clip_norm
    rate = _rate(train, steps)
    if train.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=train.momentum, **options)
    return keras.optimizers.Adam(rate, **options)


@keras.saving.register_keras_serializable(package="aehash")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise of the learning rate, and then a schedule from its first step on.

    Args:
        schedule: What follows.
        steps: Of the rise, 1 or more: the shares 1 / (steps + 1) to steps / (steps + 1).
    """

    def __init__(self, schedule: Any, steps: int) -> None:
        super().__init__()
        self.schedule = schedule
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """Give the learning rate of a step, counted from 0."""
        step = ops.cast(step, "float32")
        share = ops.minimum((step + 1) / (self.steps + 1), 1.0)
        return share * self.schedule(ops.maximum(step - self.steps, 0.0))

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """Make it again."""
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["steps"])


def _rate(train: TrainRecipe, steps: int | None) -> Any:
    rate: Any = train.learning_rate
    if train.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, _falling(train, steps))
    elif train.decay or train.warmup:
        rate = keras.optimizers.schedules.InverseTimeDecay(rate, 1, train.decay)
    return WarmUp(rate, train.warmup) if train.warmup else rate


def _falling(train: TrainRecipe, steps: int | None) -> int:
    if steps is None:
        raise UsageError("The cosine schedule needs the number of steps of the whole training.")
    if steps <= train.warmup:
        raise UsageError(
            f"train.warmup is {train.warmup} steps, and the whole training has {steps}; lower "
            "train.warmup, or train for more epochs."
        )
    return steps - train.warmup
