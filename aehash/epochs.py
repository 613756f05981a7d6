"""What happens after each epoch of a training: note, keep the best, checkpoint, stop, say."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Literal

import keras

from aehash.checkpoint import Checkpoints, Progress
from aehash.errors import AehashError
from aehash.recipe import TrainRecipe

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
    ) -> None:
        super().__init__()
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
        self.checkpoints.save(self.model, progress)
        if progress.stopped:
            self.model.stop_training = True
        if self.say is not None:
            self.say(_epoch_line(progress, self.train.epochs))


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
