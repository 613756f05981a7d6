"""The images behind a codebook's rows: found by row, and never outside the folders allowed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import AehashError

if TYPE_CHECKING:
    from aehash.generators.sizes import Size
    from aehash.workflow.books import Pictures

Image = NDArray[np.uint8]


class Originals:
    """Reads the images of a codebook.

    A folder's images are read by their keys, without listing the folder; those of a list, an
    array or a named set once it was opened, which :meth:`open` does.

    Args:
        book: The codebook, which names its data.
        folder: The codebook's.
        roots: Where images may lie; none: where the codebook says. Where a codebook's data are
            not in one of them, the first is taken in their place that has the first row's image.
    """

    def __init__(self, book: Codebook, folder: Path, roots: Sequence[Path] = ()) -> None:
        self._book, self._folder = book, folder
        self._roots = [root.resolve() for root in roots]
        self._pictures: Pictures | None = None
        self._options, self._place = self._find()
        self._listed = self._place is not None and not _is_folder(self._place)
        if self._place is not None and _is_folder(self._place) and not self._roots:
            self._roots = [Path(self._place).resolve()]

    @property
    def there(self) -> bool:
        """Whether images can be shown, as far as is known before one is read."""
        return self._place is not None and (self._pictures is None or self._pictures.there)

    def open(self) -> None:
        """Open a list, an array or a named set; it may take a while."""
        from aehash.workflow.books import Pictures

        if self._listed and self._place is not None and self._pictures is None:
            source = f"{self._place}{self._options}"
            self._pictures = Pictures(self._book, self._folder, source)

    def read(self, row: int, size: "Size", channels: int | None = None) -> Image | None:
        """Read a row's image.

        Args:
            row: Which.
            size: Side of a square, or a longest side.
            channels: 1, 3, or None for the stored ones.

        Returns:
            (height, width, channels) uint8; None where it is gone, damaged or not to be shown.
        """
        if self._place is None:
            return None
        key = self._book.key(row)
        if self._listed:
            self.open()
            pictures = self._pictures
            if pictures is None:
                return None
            file = pictures.file(key)
            allowed = file is None or self._inside(file)
            return pictures.image(key, size, channels) if allowed else None
        return self._of_folder(Path(self._place), key, size, channels)

    def _of_folder(self, root: Path, key: str, size: "Size", channels: int | None) -> Image | None:
        from aehash.generators.dicom_names import split_frame
        from aehash.generators.images import decode

        name, frame = key, 1
        if not (root / key).is_file():
            name, number = split_frame(key)
            frame = number or 1
        path = root / name
        if not self._inside(path) or not path.is_file():
            return None
        try:
            return decode(
                path,
                image_size=size,
                channels=channels or 3,
                key=key,
                frame=frame,
                depth=self._options.depth,
                burned=self._options.burned,
            )
        except AehashError:
            return None

    def _inside(self, path: Path) -> bool:
        """Tell whether a file lies in an allowed folder, once links are followed."""
        if not self._roots:
            return True
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(root) for root in self._roots)

    def _find(self) -> tuple[Any, str | None]:
        """Choose where the images are, and what is asked of them."""
        from aehash.generators.file_options import FileOptions, split_spec

        if self._book.source is None:
            return FileOptions(), str(self._roots[0]) if self._first_in(self._roots) else None
        place, options = split_spec(self._book.source)
        if not Path(place).is_absolute():
            return options, place  # a named set
        if Path(place).exists() and (not self._roots or self._inside(Path(place))):
            return options, place
        there = self._first_in(self._roots)
        return options, None if there is None else str(there)

    def _first_in(self, roots: Sequence[Path]) -> Path | None:
        """Find the first folder that has the first row's image, or the first file of images."""
        from aehash.generators.dicom_names import split_frame

        key = self._book.key(0)
        for root in roots:
            names = (key, split_frame(key)[0])
            if root.is_file() or any((root / name).is_file() for name in names):
                return root
        return None


def _is_folder(place: str) -> bool:
    return Path(place).is_absolute() and Path(place).is_dir()
