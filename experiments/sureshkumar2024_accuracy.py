"""Retrieval accuracy after each pass of a training, for the paper's Figure 8."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments.sureshkumar2024_sizes import CUTS

if TYPE_CHECKING:
    import keras

    from aehash.codebook import Codebook
    from aehash.generators.dataset import Dataset

FILE = "accuracy.jsonl"
MEASURE = f"accuracy@{CUTS[0]}/majority"
_DATABASE, _QUERIES, _BATCH = 1_000, 500, 256


def callback(dataset: "Dataset", side: int, channels: int, run: Path) -> "keras.callbacks.Callback":
    """Judge a net after each pass: validation and training images among training images.

    Up to 1,000 training images, drawn evenly, are the database; up to 500 of them, without
    themselves, and up to 500 validation images are the queries. No test image is looked at.

    Args:
        dataset: The labelled images.
        side: Of the images, in pixels.
        channels: 1 or 3.
        run: The folder of the training, where a line a pass is kept.

    Returns:
        A Keras callback.
    """
    import keras

    judge = _Judge(dataset, side, channels)

    def keep(epoch: int, logs: object = None) -> None:
        line = {"epoch": epoch + 1, **judge(after.model)}
        with (run / FILE).open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(line) + "\n")  # ends a line that was cut off before

    def make_up(epoch: int, logs: object = None) -> None:
        """Judge the net after a pass whose checkpoint was kept, and judging it cut off."""
        if epoch and epoch not in _kept(run):
            keep(epoch - 1)

    after = keras.callbacks.LambdaCallback(on_epoch_begin=make_up, on_epoch_end=keep)
    return after


class _Judge:
    """Says how many majorities are right, by what is asked."""

    def __init__(self, dataset: "Dataset", side: int, channels: int) -> None:
        self.dataset, self.side, self.channels = dataset, side, channels
        self.held = _even(dataset.training_rows(), _DATABASE)
        self.asked = {"training": _even(self.held, _QUERIES)}
        if len(dataset.rows("val")):
            self.asked["validation"] = _even(dataset.rows("val"), _QUERIES)

    def __call__(self, trainer: Any) -> dict[str, float]:
        from aehash import models
        from aehash.metrics.classes import by_class

        encoder = models.encoder(trainer)
        database = self._book(encoder, self.held)
        return {
            name: by_class(database, self._book(encoder, rows), ks=CUTS[:1]).micro[MEASURE]
            for name, rows in self.asked.items()
        }

    def _book(self, encoder: Any, rows: NDArray[np.int64]) -> "Codebook":
        from aehash.codebook import Codebook

        parts = [
            np.asarray(encoder.predict_on_batch(self._images(rows[start : start + _BATCH])))
            for start in range(0, len(rows), _BATCH)
        ]
        labels = self.dataset.labels
        return Codebook.from_arrays(
            features=np.concatenate(parts).astype(np.float32),
            labels=None if labels is None else labels[rows],
            keys=[self.dataset.key(int(row)) for row in rows],
            source=self.dataset.source,
        )

    def _images(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        images: NDArray[np.uint8] = self.dataset.read_many(rows, self.side, self.channels)
        return images


def by_pass(run: Path, passes: int) -> dict[str, list[float | None]]:
    """Read what was kept.

    Args:
        run: The folder of the training.
        passes: How many there were.

    Returns:
        For the training and the validation images a number a pass; of a pass that was done again,
        the last; None where the judging of the very last pass was cut off.
    """
    kept = _kept(run)
    names = [name for name in ("training", "validation") if all(name in kept[at] for at in kept)]
    return {
        name: [kept[at][name] if at in kept else None for at in range(1, passes + 1)]
        for name in names
    }


def _kept(run: Path) -> dict[int, dict[str, float]]:
    """Read the lines by pass; one that was cut off in the writing is none."""
    if not (run / FILE).is_file():
        return {}
    found = {}
    for text in (run / FILE).read_text(encoding="utf-8").splitlines():
        with suppress(json.JSONDecodeError):
            line = json.loads(text)
            found[line["epoch"]] = line
    return found


def _even(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]
