"""Images per second into a codebook: against the bare net, and against one Pillow thread."""

import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from aehash import backend, extraction, models, registry
from aehash.generators.dataset import Dataset
from aehash.snapshot import Snapshot
from benchmarks import inputs
from benchmarks.pairs import alternate, compared
from benchmarks.scale import Scale

BATCH = 256
PHOTO_SIDE = 64
WORKERS = 2
_REAL = "caltech_half.zip"


def run(scale: Scale) -> dict[str, Any]:
    """Compare extraction from arrays and from files with the least that could be done."""
    backend.configure()
    keras.utils.set_random_seed(scale.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = inputs.photos(folder / "photos", scale.photos, scale.seed)
        rows = [
            _arrays(folder, scale),
            _files(folder / "made", made, f"{scale.photos:,} made-up JPEGs of 640×480", scale),
        ]
        real = _real_photos(folder / "real")
        if real is not None:
            what = f"photos of {_REAL}, the net on both sides"
            rows.append(_files(folder / "own", real, what, scale, net_too=True))
    return {
        "about": (
            "`aehash.extraction.extract`, from opening the job to the finished, verified "
            f"codebook. Arrays: the default net on 28×28×1 images, batches of {BATCH}, against "
            "the encoder's `predict_on_batch` over the same array. Files: a tiny net at "
            f"{PHOTO_SIDE}×{PHOTO_SIDE} with {WORKERS} workers, against one thread that opens, "
            "fully decodes and resizes the same files with Pillow and runs no net at all. Real "
            "photos, where $AEHASH_DATA has them, are small and soon decoded, so there the one "
            "thread runs the same net too, batch after batch."
        ),
        "seed": scale.seed,
        "comparisons": rows,
    }


def _arrays(folder: Path, scale: Scale) -> dict[str, Any]:
    dataset = inputs.npz(folder / "images.npz", scale.images, scale.seed)
    snapshot = inputs.untrained(folder / "default", inputs.recipe(dataset))
    net = models.encoder(snapshot.model())
    images = dataset.read_many(dataset.rows("train"))

    def bare() -> object:
        starts = range(0, len(images), BATCH)
        parts = [np.asarray(net.predict_on_batch(images[at : at + BATCH])) for at in starts]
        return np.concatenate(parts)

    ours = _extract(snapshot, dataset, "train", folder / "codes", net)
    pairs = alternate(ours, bare, scale.pairs, warm=2)
    what = f"extraction, {len(images):,} arrays of 28×28"
    return compared(what, "images/s", len(images), pairs, "≥ 0.95")


def _files(
    work: Path, photos: Path, what: str, scale: Scale, net_too: bool = False
) -> dict[str, Any]:
    work.mkdir()
    dataset = registry.open_dataset(str(photos))
    recipe = inputs.recipe(dataset, *inputs.TINY, image_size=PHOTO_SIDE)
    snapshot = inputs.untrained(work / "tiny", recipe)
    net = models.encoder(snapshot.model())
    paths = [photos / dataset.key(row) for row in range(len(dataset))]
    ours = _extract(snapshot, dataset, "all", work / "codes", net)
    pairs = alternate(ours, lambda: _decode(paths, net if net_too else None), scale.pairs)
    target = "" if net_too else "≥ 1.6"
    return compared(f"extraction, {what}", "images/s", len(paths), pairs, target)


def _extract(
    snapshot: Snapshot, dataset: Dataset, split: str, out: Path, net: keras.Model
) -> Callable[[], object]:
    return lambda: extraction.extract(
        snapshot,
        dataset,
        split,
        out,
        batch_size=BATCH,
        workers=WORKERS,
        encoder=lambda: net,
    )


def _decode(paths: list[Path], net: keras.Model | None) -> None:
    """Decode as anybody would, without a JPEG's reduced-size decoding."""
    for start in range(0, len(paths), BATCH):
        images = np.stack([_pixels(path) for path in paths[start : start + BATCH]])
        if net is not None:
            net.predict_on_batch(images)


def _pixels(path: Path) -> Any:
    with Image.open(path) as image:
        size = (PHOTO_SIDE, PHOTO_SIDE)
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BILINEAR))


def _real_photos(folder: Path) -> Path | None:
    """Unpack the photos of $AEHASH_DATA, where they are at hand."""
    archive = Path(os.environ.get("AEHASH_DATA", "")) / _REAL
    if not archive.is_file():
        return None
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    return folder
