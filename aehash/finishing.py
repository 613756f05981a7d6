"""The end of a training: the model, its history, pictures and provenance, ``run.json`` last."""

import csv
import datetime
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import models, plots
from aehash.checkpoint import Progress
from aehash.files import atomic_file, write_json
from aehash.recipe import Recipe
from aehash.snapshot import MODEL, RUN, WHITENING, versions, weights_digest
from aehash.training_options import TrainingOptions
from aehash.whitening import snapshots as snapshot_whitening

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: The picture of the losses, missing where nothing was trained.
LOSS = "loss.png"
_COLUMNS = ("epoch", "seconds", "learning_rate", "loss")
_PREVIEWS = 8


def write_snapshot(
    run: Path,
    recipe: Recipe,
    autoencoder: keras.Model,
    progress: Progress,
    dataset: "Dataset",
    options: TrainingOptions,
) -> None:
    """Write what a finished run leaves behind; the run counts as finished once run.json is there.

    Where nothing was trained, there is no curve to draw, the history is its header line, the best
    epoch is 0 and its loss null. A net that only describes draws no reconstructions; where the
    recipe says so, its snapshot ends in a whitening learned here.

    Args:
        run: The run's folder.
        recipe: Its resolved recipe.
        autoencoder: With the weights that are kept.
        progress: The history, and the images that could not be read.
        dataset: What it was trained on.
        options: Of the training; they hold for the whitening too.
    """
    from aehash.generators.source import write_skipped

    learned = snapshot_whitening.learned(
        autoencoder, recipe, dataset, workers=options.workers, strict=options.strict
    )
    if learned is not None:
        learned.whitening.save(run / WHITENING)
        progress.skipped.update(learned.lost)
        if options.say is not None:
            options.say(f"whiten {learned.summary}")
    with atomic_file(run / MODEL) as aside:
        autoencoder.save(aside)
    _write_history(run / "history.csv", progress.history)
    if progress.history:
        plots.loss_curve(run / LOSS, progress.history, progress.best_epoch)
    if not models.describes(autoencoder):
        _draw_reconstructions(run / "reconstructions.png", autoencoder, dataset, recipe)
    if progress.skipped:
        write_skipped(run / "skipped.csv", progress.skipped.items())
    weights = weights_digest(autoencoder)
    write_json(
        run / RUN,
        {
            "digest": _digest(
                recipe.digest(), weights, *([learned.whitening.digest] if learned else [])
            ),
            "recipe_digest": recipe.digest(),
            "weights_digest": weights,
            "whitening": None if learned is None else learned.facts(),
            "data_digest": dataset.digest(),
            "source": dataset.source,
            "training_images": len(dataset.training_rows()),
            "validation_images": len(dataset.rows("val")),
            "skipped_images": len(progress.skipped),
            "parameters": autoencoder.count_params(),
            "epochs": progress.epoch,
            "best_epoch": progress.best_epoch,
            "best_loss": progress.best,
            "seconds": round(sum(row["seconds"] for row in progress.history), 1),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "backend": keras.backend.backend(),
            "versions": versions(),
        },
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _write_history(path: Path, history: list[dict[str, float]]) -> None:
    with atomic_file(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(history[0]) if history else _COLUMNS)
        writer.writeheader()
        writer.writerows(history)


def previews(dataset: "Dataset") -> NDArray[np.int64]:
    """Choose the images whose reconstructions are drawn.

    Args:
        dataset: What was trained on.

    Returns:
        Up to 8 rows: of what was held out, or of the training images where nothing was; from each
        class in turn where there are no more than 8 classes, else the first.
    """
    held_out = dataset.rows("val")
    rows = held_out if len(held_out) else dataset.training_rows()
    if dataset.labels is None or dataset.labels.ndim != 1:
        return rows[:_PREVIEWS]
    classes, place, counts = np.unique(
        dataset.labels[rows], return_inverse=True, return_counts=True
    )
    if len(classes) > _PREVIEWS:
        return rows[:_PREVIEWS]
    by_class = np.argsort(place, kind="stable")
    turn = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = np.sort(np.argsort(turn, kind="stable")[:_PREVIEWS])
    return np.asarray(rows[by_class[first]])


def _draw_reconstructions(
    path: Path, autoencoder: keras.Model, dataset: "Dataset", recipe: Recipe
) -> None:
    from aehash.registry import batches

    source = batches(
        dataset,
        previews(dataset),
        image_size=recipe.data.image_size,
        channels=recipe.data.channels,
        batch_size=_PREVIEWS,
    )
    images, _ = source.readable(0)
    if len(images):
        plots.reconstructions(path, images, autoencoder.predict_on_batch(images))
