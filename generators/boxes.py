"""Some images of a data set, each whole or cut to a box: the queries of the landmark protocols."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from aehash.errors import UsageError
from aehash.generators.arrays import Rows, UInt8
from aehash.generators.dataset import SPLITS, Dataset
from aehash.generators.images import UnreadableImage, fit_batch, formats
from aehash.generators.images import upright_size as upright
from aehash.generators.sizes import Box, Longest, Size
from aehash.generators.storage import FileStorage

_OWN_SIZE = 1 << 31
"""A longest side that no image has, so that a box is cut out at the image's own size."""


@dataclass(frozen=True, eq=False)
class BoxedFiles(FileStorage):
    """Image files of which only a box each is read.

    Where a longest side is wanted, it is the whole image's: a box gets the scale that its whole
    image would get. Where a square is wanted, the box is squashed to it.

    Attributes:
        boxes: One for each row.
    """

    boxes: Sequence[Box] = ()

    def read_frame(self, row: int, frame: int, image_size: Size, channels: int) -> UInt8:
        """Decode the box of a row's file.

        Args:
            row: Which.
            frame: From 1.
            image_size: Side of the square result, a longest side, or None for the box's own size.
            channels: 1 or 3.

        Returns:
            ``(H, W, channels)`` uint8.

        Raises:
            UnreadableImage: It cannot be decoded.
            UsageError: The box does not lie inside the image.
        """
        fitted = isinstance(image_size, Longest)
        side = image_size.side if isinstance(image_size, Longest) else _OWN_SIZE
        picture = super().read_frame(row, frame, Longest(side, self.boxes[row]), channels)
        if fitted or image_size is None:
            return picture
        return np.asarray(fit_batch(picture[None], image_size, channels)[0])


@dataclass(frozen=True, eq=False, kw_only=True)
class BoxedDataset(Dataset):
    """A data set of :class:`BoxedFiles`; other boxes give another digest."""

    def digest(self) -> str:
        """Digest what any data set's digest has, and the boxes."""
        boxes = self.storage.boxes if isinstance(self.storage, BoxedFiles) else ()
        text = f"{super().digest()} {[tuple(box) for box in boxes]}"
        return hashlib.sha256(text.encode()).hexdigest()


def chosen(dataset: Dataset, rows: Rows, boxes: Sequence[Box] | None = None) -> Dataset:
    """Take some images of a data set of files, without labels and splits.

    Args:
        dataset: Whose pixels lie in files.
        rows: Which, in this order.
        boxes: What to cut out, one for each of them, in pixels of the upright image; None for
            the whole images.

    Returns:
        A data set of these rows.

    Raises:
        UsageError: The pixels do not lie in files.
    """
    files = _files(dataset)
    storage = replace(
        files,
        paths=files.paths[rows],
        frames=None if files.frames is None else files.frames[rows],
        keys=None if files.keys is None else files.keys[rows],
    )
    if boxes is not None:
        parts = {name: getattr(storage, name) for name in FileStorage.__dataclass_fields__}
        storage = BoxedFiles(**parts, boxes=tuple(boxes))
    kind = Dataset if boxes is None else BoxedDataset
    none: Mapping[str, Rows] = {name: np.zeros(0, np.int64) for name in SPLITS}
    return kind(
        name=dataset.name,
        source=dataset.source,
        storage=storage,
        keys=dataset.keys[rows],
        labels=None,
        classes=(),
        image_size=None,
        channels=dataset.channels,
        splits=none,
        official=False,
        seed=dataset.seed,
    )


def upright_size(dataset: Dataset, row: int) -> tuple[int, int]:
    """Read an image's size out of its header.

    Args:
        dataset: Whose pixels lie in files.
        row: Which image.

    Returns:
        Width and height once it is turned as its EXIF orientation says.

    Raises:
        UnreadableImage: The file is missing or is no image that Pillow knows.
        UsageError: The pixels do not lie in files.
    """
    files = _files(dataset)
    try:
        with Image.open(files.root / files.paths[row].decode(), formats=formats()) as image:
            return upright(image)
    except Exception as error:  # Pillow raises nearly every class on a broken file.
        reason = getattr(error, "strerror", None) or "its format is not one that Pillow knows"
        raise UnreadableImage(dataset.key(row), str(reason).lower()) from error


def _files(dataset: Dataset) -> FileStorage:
    if not isinstance(dataset.storage, FileStorage):
        raise UsageError(f"{dataset.source} is no folder of image files: give one.")
    return dataset.storage
