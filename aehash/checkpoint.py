"""Checkpoints that a killed run continues from: weights, optimiser, best weights, history.

Each is a folder of its own that appears by one rename, so that at any moment the newest complete
one is a whole state of the run. Older ones are removed after that.
"""

import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras

from aehash.errors import AehashError
from aehash.files import atomic_folder, read_json, write_json

_PREFIX = "checkpoint-"
_WEIGHTS = "state.weights.h5"
_BEST = "best.weights.h5"
_STATE = "state.json"


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        epoch: Epochs finished.
        best_epoch: The epoch (from 1) with the lowest watched loss; 0 before the first.
        best: That loss.
        stopped: Whether early stopping has ended the run.
        history: One row of numbers an epoch.
        skipped: Images that could not be read so far: the reason by key.
    """

    epoch: int = 0
    best_epoch: int = 0
    best: float | None = None
    stopped: bool = False
    history: list[dict[str, float]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


class Checkpoints:
    """The checkpoints of one run.

    Args:
        run: The run's folder.
    """

    def __init__(self, run: Path) -> None:
        self.run = run

    def latest(self) -> Path | None:
        """Find the newest complete checkpoint."""
        found = sorted(path for path in self.run.glob(f"{_PREFIX}*") if path.is_dir())
        return found[-1] if found else None

    def save(self, model: keras.Model, progress: Progress) -> None:
        """Write a checkpoint, whole or not at all, and remove the older ones.

        Args:
            model: The compiled model; its optimiser's state is kept too.
            progress: How far the run has come; if its best epoch is the current one, these
                weights become the best.
        """
        self._sweep()
        before = self.latest()
        target = self.run / f"{_PREFIX}{progress.epoch:06d}"
        with atomic_folder(target) as folder:
            model.save_weights(folder / _WEIGHTS)
            if progress.best_epoch == progress.epoch or before is None:
                _link(folder / _WEIGHTS, folder / _BEST)
            else:
                _link(before / _BEST, folder / _BEST)
            write_json(folder / _STATE, asdict(progress))
        for old in self.run.glob(f"{_PREFIX}*"):
            if old != target:
                shutil.rmtree(old, ignore_errors=True)

    def progress(self) -> Progress:
        """Say how far the run has come; a fresh start where there is no checkpoint."""
        folder = self.latest()
        return Progress() if folder is None else Progress(**read_json(folder / _STATE))

    def restore(self, model: keras.Model) -> Progress:
        """Put the newest checkpoint's weights and optimiser state into a compiled model.

        Args:
            model: Built and compiled as it was.

        Returns:
            How far the run had come; a fresh start where there is no checkpoint.

        Raises:
            AehashError: The checkpoint does not fit the model or is damaged.
        """
        folder = self.latest()
        if folder is None:
            return Progress()
        model.optimizer.build(model.trainable_variables)
        _load(model, folder / _WEIGHTS)
        return self.progress()

    def restore_best(self, model: keras.Model) -> None:
        """Put the best weights so far into the model."""
        folder = self.latest()
        if folder is not None:
            _load(model, folder / _BEST)

    def clear(self) -> None:
        """Remove all checkpoints, once the run is finished."""
        for path in self.run.glob(f"{_PREFIX}*"):
            shutil.rmtree(path, ignore_errors=True)
        self._sweep()

    def _sweep(self) -> None:
        """Remove what a kill left of checkpoints half written or half replaced."""
        for ending in ("tmp", "old"):
            for path in self.run.glob(f".{_PREFIX}*.{ending}"):
                shutil.rmtree(path, ignore_errors=True)


def _load(model: keras.Model, path: Path) -> None:
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise AehashError(
            f"The checkpoint {path} cannot be read ({reason}); start the run anew."
        ) from error


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
