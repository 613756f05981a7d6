"""Training steps per second: our batches against arrays handed to Keras."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from aehash import backend
from aehash.generators.dataset import Dataset
from benchmarks.pairs import alternate, compared
from benchmarks.scale import Scale

EPOCHS = 2
WORKERS = 2
TARGET = "≥ 0.95"


def run(scale: Scale) -> dict[str, Any]:
    """Compare ``fit`` on a batch source with ``fit`` on the same images as arrays."""
    backend.configure()
    with tempfile.TemporaryDirectory() as folder:
        rows = [_compare(Path(folder), size, scale) for size in scale.batch_sizes]
    return {
        "about": (
            "`fit` of the default net (akbacak2023, light encoder, 64 bits, 28×28×1 images in "
            "memory, shuffled each epoch) through aehash's batches, as `aehash train` does with "
            f"{WORKERS} workers, against `fit(x, targets)` on the plain arrays. Both train the "
            f"same compiled model, {EPOCHS} epochs of {scale.training:,} images a run."
        ),
        "seed": scale.seed,
        "comparisons": rows,
    }


def _compare(folder: Path, batch_size: int, scale: Scale) -> dict[str, Any]:
    from benchmarks import inputs

    keras.utils.set_random_seed(scale.seed)
    dataset = inputs.npz(folder / f"{batch_size}.npz", scale.training, scale.seed)
    trainer = _trainer(dataset, batch_size)
    ours = _through_generators(trainer, dataset, batch_size, scale.seed)
    bare = _through_arrays(trainer, dataset, batch_size)
    pairs = alternate(ours, bare, scale.pairs)
    what = f"training, batch {batch_size}"
    steps = EPOCHS * scale.training // batch_size
    return compared(what, "steps/s", steps, pairs, TARGET)


def _trainer(dataset: Dataset, batch_size: int) -> keras.Model:
    from aehash import autoencoding, training
    from benchmarks import inputs

    recipe = inputs.recipe(dataset, f"train.batch_size={batch_size}")
    return autoencoding.compiled(training.build(recipe), recipe.loss, recipe.train)


def _through_generators(
    trainer: keras.Model, dataset: Dataset, batch_size: int, seed: int
) -> Callable[[], object]:
    from aehash import registry

    source = registry.batches(
        dataset,
        dataset.training_rows(),
        image_size=dataset.image_size,
        channels=dataset.channels,
        batch_size=batch_size,
        shuffle=True,
        seed=seed,
        workers=WORKERS,
    )
    return lambda: trainer.fit(source, epochs=EPOCHS, shuffle=False, verbose=0)


def _through_arrays(
    trainer: keras.Model, dataset: Dataset, batch_size: int
) -> Callable[[], object]:
    x = dataset.read_many(dataset.training_rows())
    targets = {"reconstruction": x, "hash": np.zeros((len(x), 1), np.float32)}
    return lambda: trainer.fit(
        x, targets, batch_size=batch_size, epochs=EPOCHS, shuffle=True, verbose=0
    )
