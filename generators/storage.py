"""Where pixels lie: in an array, in image files, in an HDF5 file."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np

from aehash.errors import AehashError
from aehash.generators.arrays import Keys, Rows, ToUInt8, UInt8, on_white
from aehash.generators.images import decode, fit_batch
from aehash.generators.sizes import Size


class Storage(Protocol):
    """What a data set needs of its pixels; every method may be called from any thread."""

    def read(self, row: int, image_size: Size, channels: int) -> UInt8:
        """Give one image as ``(H, W, channels)`` uint8."""
        ...

    def read_many(self, rows: Rows, image_size: Size, channels: int) -> UInt8:
        """Give several images as ``(n, H, W, channels)`` uint8."""
        ...


@dataclass(frozen=True, eq=False)
class ArrayStorage:
    """Images in memory.

    Attributes:
        images: ``(n, H, W, 1 or 3)`` uint8.
    """

    images: UInt8

    def read(self, row: int, image_size: Size, channels: int) -> UInt8:
        """Give one image as ``(H, W, channels)`` uint8."""
        image: UInt8 = self.read_many(np.array([row]), image_size, channels)[0]
        return image

    def read_many(self, rows: Rows, image_size: Size, channels: int) -> UInt8:
        """Give several images; a plain fancy index where size and channels are the array's."""
        return fit_batch(self.images[rows], image_size, channels)


@dataclass(frozen=True, eq=False)
class FileStorage:
    """Image files below a root, decoded when asked for.

    Attributes:
        root: The folder that relative paths start from.
        paths: ``(n,)`` UTF-8 bytes, relative to the root or absolute.
        frames: ``(n,)`` which frame of a DICOM file, from 1; 0 and None are the first.
        keys: ``(n,)`` how to call the images in an error; their paths by default.
        depth: Bits of the greys in 16-bit PNG and TIFF files; None where they say it themselves.
        burned: Whether DICOM pictures with a patient's name burned in are read.
    """

    root: Path
    paths: Keys
    frames: Rows | None = None
    keys: Keys | None = None
    depth: int | None = None
    burned: bool = False

    def read(self, row: int, image_size: Size, channels: int) -> UInt8:
        """Decode one file.

        Raises:
            UnreadableImage: It cannot be decoded.
        """
        frame = 1 if self.frames is None else max(1, int(self.frames[row]))
        return self.read_frame(row, frame, image_size, channels)

    def read_frame(self, row: int, frame: int, image_size: Size, channels: int) -> UInt8:
        """Decode a frame of a row's file, whichever the row is of.

        Args:
            row: Which.
            frame: From 1.
            image_size: Side of the square result, a longest side, or None for the stored size.
            channels: 1 or 3.

        Returns:
            ``(H, W, channels)`` uint8.

        Raises:
            UnreadableImage: It cannot be decoded.
        """
        name = self.paths[row].decode()
        return decode(
            os.path.join(self.root, name),  # noqa: PTH118
            image_size=image_size,
            channels=channels,
            key=name if self.keys is None else self.keys[row].decode(),
            frame=frame,
            depth=self.depth,
            burned=self.burned,
        )

    def read_many(self, rows: Rows, image_size: Size, channels: int) -> UInt8:
        """Decode several files.

        Raises:
            UnreadableImage: One cannot be decoded.
            AehashError: No size is given and the images differ in size.
        """
        images = [self.read(int(row), image_size, channels) for row in rows]
        shapes = {image.shape for image in images}
        if len(shapes) > 1:
            raise AehashError(
                f"The images under {self.root} differ in size; give an image size to read "
                "several at once."
            )
        return np.stack(images)


@dataclass(frozen=True, eq=False)
class H5Storage:
    """Images in the data sets of an HDF5 file, read batch by batch.

    Attributes:
        path: The file.
        parts: Names of the data sets, their rows following one another.
        starts: The first row of each part.
        converts: How each part's values become uint8.
    """

    path: Path
    parts: Sequence[str]
    starts: Sequence[int]
    converts: Sequence[ToUInt8]
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _open: list[Any] = field(default_factory=list, repr=False)

    def read(self, row: int, image_size: Size, channels: int) -> UInt8:
        """Give one image as ``(H, W, channels)`` uint8."""
        image: UInt8 = self.read_many(np.array([row]), image_size, channels)[0]
        return image

    def read_many(self, rows: Rows, image_size: Size, channels: int) -> UInt8:
        """Give several images in the order asked for.

        Raises:
            AehashError: The file cannot be read.
        """
        unique, back = np.unique(rows, return_inverse=True)
        part_of = np.searchsorted(self.starts, unique, side="right") - 1
        blocks = [
            self._block(int(part), unique[part_of == part] - self.starts[part])
            for part in np.unique(part_of)
        ]
        return fit_batch(np.concatenate(blocks)[back], image_size, channels)

    def _block(self, part: int, rows: Rows) -> UInt8:
        try:
            with self._lock:
                if not self._open:
                    self._open.append(h5py.File(self.path, "r"))
                raw = self._open[0][self.parts[part]][rows]
        except (OSError, KeyError) as error:
            raise AehashError(f"{self.path} cannot be read: {error}.") from error
        pixels = self.converts[part](raw)
        if pixels.ndim == 3:
            pixels = pixels[..., None]
        return on_white(pixels) if pixels.shape[3] == 4 else pixels
