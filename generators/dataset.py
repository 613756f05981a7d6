"""A data set: keys, labels, splits, and pixels on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aehash.errors import UsageError, nearest
from aehash.generators.arrays import Keys, Labels, Rows, UInt8
from aehash.generators.groups import Groups
from aehash.generators.sizes import Size
from aehash.generators.storage import Storage

SPLITS = ("train", "val", "test")
MIN_TRAINING = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Images with keys, labels and splits.

    In memory are the keys, labels and splits; the pixels only where the storage is an array.

    Attributes:
        name: How to call it.
        source: A stable identity: the catalogue's name or an absolute path.
        storage: Where the pixels lie.
        keys: ``(n,)`` UTF-8 bytes, one stable and unique name per image.
        labels: ``(n,)`` int64 class numbers, ``(n, classes)`` uint8 multi-hot, or None.
        classes: Class names; empty without labels.
        image_size: Side of the stored square images, or None where they differ or are oblong.
        channels: Channels of the stored images; 3 for files.
        splits: Rows of ``train``, ``val`` and ``test``, each ascending. ``val`` is either apart
            from ``train`` or, where the official split has none, drawn from it.
        official: Whether ``train`` and ``test`` came with the data.
        seed: What the drawn splits were seeded with.
        groups: Images that belong together, where a column said so; no split parts them.
        pairs: ``(p, 2)`` rows of images that match, where the data names them.
    """

    name: str
    source: str
    storage: Storage
    keys: Keys
    labels: Labels | None
    classes: tuple[str, ...]
    image_size: int | None
    channels: int
    splits: Mapping[str, Rows]
    official: bool
    seed: int
    groups: Groups | None = None
    pairs: Rows | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, split: str) -> Rows:
        """Give the rows of a split.

        Args:
            split: ``train``, ``val``, ``test``, or ``all``.

        Returns:
            Ascending row numbers.

        Raises:
            UsageError: The split is none of these.
        """
        if split == "all":
            return np.arange(len(self), dtype=np.int64)
        if split not in self.splits:
            raise UsageError(f"There is no split {split!r}.{nearest(split, [*SPLITS, 'all'])}")
        return self.splits[split]

    def training_rows(self) -> Rows:
        """Give the rows to fit a model on: ``train`` without what ``val`` drew from it.

        Raises:
            UsageError: There are too few images to train on.
        """
        rows = np.setdiff1d(self.splits["train"], self.splits["val"])
        if len(self) < MIN_TRAINING:
            count = "1 image" if len(self) == 1 else f"{len(self)} images"
            raise UsageError(
                f"{self.source} has {count}; training needs at least {MIN_TRAINING}: two to train "
                "on, one to validate, one to test. Add images, or extract codes with a trained "
                "model."
            )
        if not len(rows):
            raise UsageError(
                f"{self.source} has no image to train on that does not also validate; give a "
                "split file whose train holds more than its val."
            )
        return rows

    def key(self, row: int) -> str:
        """Give an image's key as text."""
        return str(self.keys[row].decode())

    def read(self, row: int, image_size: Size = None, channels: int | None = None) -> UInt8:
        """Read one image, on any thread.

        Args:
            row: Which.
            image_size: Side of the square result, a longest side that keeps the aspect
                (:class:`~aehash.generators.sizes.Longest`), or None for the stored size.
            channels: 1, 3, or None for the stored channels.

        Returns:
            ``(H, W, channels)`` uint8, 0…255.

        Raises:
            UnreadableImage: The file cannot be decoded.
        """
        return self.storage.read(row, image_size, channels or self.channels)

    def read_many(self, rows: Rows, image_size: Size = None, channels: int | None = None) -> UInt8:
        """Read several images, on any thread.

        Args:
            rows: Which, in any order.
            image_size: Side of the square results, a longest side, or None for the stored size.
            channels: 1, 3, or None for the stored channels.

        Returns:
            ``(n, H, W, channels)`` uint8, 0…255.

        Raises:
            UnreadableImage: A file cannot be decoded.
        """
        return self.storage.read_many(rows, image_size, channels or self.channels)

    def digest(self) -> str:
        """Digest source, keys, labels, class names and splits (not the pixels).

        Returns:
            64 hexadecimal digits (SHA-256).
        """
        digest = hashlib.sha256()
        digest.update("\0".join([self.source, *self.classes]).encode())
        arrays = [self.keys, self.labels, *(self.splits[name] for name in SPLITS)]
        for array in arrays:
            if array is None:
                digest.update(b"none")
            else:
                digest.update(f"{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
