"""How a training is carried out, whatever it learns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class TrainingOptions:
    """What the training loops share; nothing of it is kept in the snapshot.

    Attributes:
        workers: Threads that decode images.
        strict: Fail at an unreadable image instead of skipping it.
        bar: Show Keras's progress bar.
        say: Takes a line after each epoch, where there is no bar, and about other steps.
        callbacks: Further ones, called after aehash's own.
        every: Least seconds between two checkpoints, which are written after epochs; 0 writes one
            after each. A stage's last epoch always has one, and so has a new best.
    """

    workers: int = 1
    strict: bool = False
    bar: bool = False
    say: Callable[[str], None] | None = None
    callbacks: "Sequence[keras.callbacks.Callback]" = ()
    every: float = 0.0
