"""Made-up images, and an untrained net in the form of a finished run."""

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aehash import registry, training, workflow
from aehash.files import write_json
from aehash.generators.dataset import Dataset
from aehash.recipe import Recipe
from aehash.snapshot import MODEL, RECIPE, RUN, Snapshot

BITS = 64
SMALL = 28
#: A net that costs next to nothing beside reading the images.
TINY = ("model.options.dense=[16]",)


def noise(count: int, seed: int, side: int = SMALL) -> NDArray[np.uint8]:
    """Draw (count, side, side, 1) images of smooth noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, side // 4, side // 4, 1), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def npz(path: Path, count: int, seed: int) -> Dataset:
    """Write images to a .npz file, all of them to train on but two, and open it."""
    images = noise(count + 2, seed)
    np.savez(path, x_train=images[:count], x_val=images[count:-1], x_test=images[-1:])
    return registry.open_dataset(str(path))


def h5(path: Path, count: int, seed: int) -> Path:
    """Write (count, 28, 28) images with labels to an .h5 file, a piece at a time."""
    piece = 10_000
    with h5py.File(path, "w") as file:
        images = file.create_dataset("images", (count, SMALL, SMALL), np.uint8)
        for start in range(0, count, piece):
            rows = min(piece, count - start)
            images[start : start + rows] = noise(rows, seed + start)[..., 0]
        file["labels"] = np.arange(count) % 10
    return path


def small_pngs(folder: Path, count: int, seed: int) -> Path:
    """Write small images into ten class folders."""
    for row, image in enumerate(noise(count, seed)):
        path = folder / str(row % 10) / f"{row:06d}.png"
        if row < 10:
            path.parent.mkdir(parents=True)
        Image.fromarray(image[..., 0]).save(path, compress_level=1)
    return folder


def photos(folder: Path, count: int, seed: int) -> Path:
    """Write JPEGs of 640×480 pixels: coarse noise, enlarged smoothly, and a little grain."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    grain = rng.normal(0, 6, (480, 640, 3))
    for row in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((640, 480), Image.Resampling.BICUBIC))
        pixels = np.clip(smooth + np.roll(grain, row, axis=1), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{row:05d}.jpg", quality=90)
    return folder


def recipe(dataset: Dataset, *settings: str, image_size: int | None = None) -> Recipe:
    """Give the default recipe for a data set."""
    asked = workflow.make_recipe("plain", bits=BITS, image_size=image_size, settings=settings)
    return training.resolve(asked, dataset)


def untrained(folder: Path, described: Recipe) -> Snapshot:
    """Write an untrained net as if it were a finished run; its codes cost as much as any."""
    folder.mkdir()
    training.build(described).save(folder / MODEL)
    write_json(folder / RECIPE, described.to_dict())
    write_json(folder / RUN, {"digest": described.digest()})
    return Snapshot.load(folder)
