"""What happens after each epoch of a training: note, keep the best, checkpoint, stop, say."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Literal

import keras

from aehash.checkpoint import Checkpoints, Progress
from aehash.errors import AehashError
from aehash.recipe import TrainRecipe

_EACH = 50
"""Epochs up to which each has its line."""

#: Takes each line for the user.
Say = Callable[[str], None]


class Epochs(keras.callbacks.Callback):
    """After each epoch: note the losses, keep the best, write the checkpoint, stop early.

    Args:
        progress: How far the run has come; it is brought up to date.
        checkpoints: Where each epoch's state is kept.
        train: The patience, and how many epochs there are to be.
        skipped: Gives key and reason of the images that could not be read.
        say: Takes a line after each epoch.
        keep: ``best``: the epoch of the lowest loss; ``last``: the latest, where the losses of
            different epochs mean different things, and training never stops early.
        every: Least seconds between two checkpoints; 0 for one after each epoch. A new best
            epoch has one in any case.
        end: Epochs after which there is a checkpoint in any case; None for the last of all.

    Raises:
        AehashError: A loss became NaN or infinite.
    """

    def __init__(
        self,
        progress: Progress,
        checkpoints: Checkpoints,
        train: TrainRecipe,
        skipped: Callable[[], Iterable[tuple[str, str]]],
        say: Say | None,
        keep: Literal["best", "last"] = "best",
        *,
        every: float = 0.0,
        end: int | None = None,
    ) -> None:
        super().__init__()
        self.every, self.end = every, train.epochs if end is None else end
        self.saved = self.said = -math.inf
        self.keep = keep
        self.skipped = skipped
        self.progress = progress
        self.checkpoints = checkpoints
        self.train = train
        self.say = say
        self.started = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self.started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the losses of epoch ``epoch`` (from 0) and write its checkpoint."""
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        _refuse_nan(numbers, epoch + 1)
        progress = self.progress
        progress.epoch = epoch + 1
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        seconds = round(time.monotonic() - self.started, 3)
        progress.history.append(
            {"epoch": epoch + 1, "seconds": seconds, "learning_rate": rate, **numbers}
        )
        watched = numbers.get("val_loss", numbers["loss"])
        if self.keep == "last" or progress.best is None or watched < progress.best:
            progress.best, progress.best_epoch = watched, epoch + 1
        patience = self.train.patience
        progress.stopped = bool(patience) and epoch + 1 - progress.best_epoch >= patience
        progress.skipped.update(self.skipped())
        self._save(progress)
        if progress.stopped:
            self.model.stop_training = True
        self._tell(progress)

    def _save(self, progress: Progress) -> None:
        """Write a checkpoint, unless the last one is a moment old and nothing would be lost."""
        due = time.monotonic() - self.saved >= self.every
        best = self.keep == "best" and progress.best_epoch == progress.epoch
        if due or best or progress.stopped or progress.epoch >= self.end:
            self.checkpoints.save(self.model, progress)
            self.saved = time.monotonic()

    def _tell(self, progress: Progress) -> None:
        """Say how it goes; of many short epochs once a second."""
        due = time.monotonic() - self.said >= 1 or self.train.epochs <= _EACH
        if self.say is not None and (due or progress.epoch >= self.end):
            self.say(_epoch_line(progress, self.train.epochs))
            self.said = time.monotonic()


def _epoch_line(progress: Progress, epochs: int) -> str:
    row = progress.history[-1]
    line = f"epoch {progress.epoch:>{len(str(epochs))}}/{epochs}  loss {row['loss']:.4f}"
    if "val_loss" in row:
        line += f"  validation {row['val_loss']:.4f}"
    if "p" in row:
        line += f"  p {row['p']:.3f}"
    if progress.stopped:
        return f"{line}  no better for a while, so it stops"
    recent = progress.history[-5:]
    seconds = sum(each["seconds"] for each in recent) / len(recent)
    left = (epochs - progress.epoch) * seconds
    return f"{line}  {duration(left)} left" if left else line


def duration(seconds: float) -> str:
    """Write a duration for people: ``42 s``, ``3 min 10 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _refuse_nan(numbers: dict[str, float], epoch: int) -> None:
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise AehashError(
                f"{name} became {value} in epoch {epoch}. Lower the learning rate "
                "(--set train.learning_rate=…), or use train.precision=float32."
            )
