"""Raw pixels as features: what every code should beat."""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aehash.bits import MAX_BITS, pack
from aehash.codebook import Codebook
from aehash.codebook.files import new_manifest
from aehash.errors import AehashError, UsageError
from aehash.workflow.common import Say, silent

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: The stage that a codebook of pixels begins with: it has no file.
PIXELS = "pixels"
_BATCH = 512

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


def pixels_book(
    dataset: "Dataset",
    split: str,
    *,
    image_size: int | None = None,
    channels: int | None = None,
    say: Say = silent,
) -> Codebook:
    """Make a codebook whose features are the pixels, row by row, from -1 (black) to 1.

    Its codes say which pixels are brighter than mid-grey, as a codebook's codes are the signs of
    its features; they are there to be replaced.

    Args:
        dataset: The images.
        split: ``train``, ``val``, ``test`` or ``all``.
        image_size: Side of the square images; by default the stored one.
        channels: 1 or 3; by default the stored number.
        say: Takes a line for each image that cannot be read, which is left out.

    Returns:
        In memory, 4 bytes for each pixel and channel. What names it is its size and channels, so
        that codes made of pixels of another size are refused beside it.

    Raises:
        UsageError: The images differ in size and none is given, or have too many pixels; there is
            no such split, or it is empty.
        AehashError: No image can be read.
    """
    side = image_size or dataset.image_size
    depth = channels or dataset.channels
    if side is None:
        raise UsageError(
            f"The images of {dataset.name} differ in size: say to what size their pixels are "
            "brought, such as --image-size 32."
        )
    if side * side * depth > MAX_BITS:
        raise UsageError(
            f"{side}²×{depth} are {side * side * depth:,} pixels, and {MAX_BITS:,} are the most: "
            "give a smaller --image-size."
        )
    rows = dataset.rows(split)
    if not len(rows):
        raise UsageError(f"The split {split!r} of {dataset.name} has no images.")
    features = np.empty((len(rows), side * side * depth), np.float32)
    codes = np.empty((len(rows), -(-features.shape[1] // 8)), np.uint8)
    kept = np.empty(len(rows), np.int64)
    done = 0
    for images, read in _read(dataset, rows, side, depth, say):
        part = slice(done, done + len(read))
        pixel_features(images, features[part])
        codes[part], kept[part] = pack(features[part] > 0), read
        done += len(read)
    if not done:
        raise AehashError(f"None of the {len(rows)} images of {dataset.name} can be read.")
    kept = kept[:done]
    labels = None if dataset.labels is None else dataset.labels[kept]
    manifest = _manifest(dataset, split, done, side, depth)
    bits = features.shape[1]
    return Codebook(codes[:done], bits, dataset.keys[kept], features[:done], labels, manifest)


def pixel_features(
    images: NDArray[np.uint8], out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Turn images into features.

    Args:
        images: (n, height, width, channels).
        out: (n, pixels) float32 to fill, or none.

    Returns:
        (n, pixels) float32, from -1 (black) to 1.
    """
    flat = images.reshape(len(images), -1)
    found = np.divide(flat, 127.5, out=out, dtype=np.float32)
    found -= 1
    return found


def _manifest(dataset: "Dataset", split: str, n: int, side: int, depth: int) -> dict[str, object]:
    facts = {"name": PIXELS, "image_size": side, "channels": depth}
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    stages = [{**facts, "digest": digest, "of": None}]
    bits, classes = side * side * depth, dataset.classes
    return {
        **new_manifest(n, bits, classes, dataset.source, split, digest),
        "stages": stages,
    }


def _read(
    dataset: "Dataset", rows: NDArray[np.int64], side: int, depth: int, say: Say
) -> Iterator[Part]:
    """Read images, many at once; one by one where one of them cannot be read."""
    from aehash.generators.images import UnreadableImage

    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        try:
            yield dataset.read_many(part, side, depth), part
        except UnreadableImage:
            for row in part:
                try:
                    yield dataset.read_many(row[None], side, depth), row[None]
                except UnreadableImage as error:
                    say(f"left out  {error}")
