"""A codebook read from one JSON file, in the format of docs/json-index.md.

Only a piece of the file is in memory; what is read also keeps each image's name, and 8 bytes a
label, until the end.
"""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.bits import pack, threshold
from aehash.codebook import Codebook
from aehash.codebook.arrays import check_distinct
from aehash.codebook.files import (
    ARRAYS,
    NpyWriter,
    codebook_folder,
    new_manifest,
    write_manifest,
)
from aehash.errors import AehashError, UsageError, nearest
from aehash.json_index.columns import CodeColumn, Column, FeatureColumn
from aehash.json_index.header import Header, check_member
from aehash.json_index.keys import KeyColumn
from aehash.json_index.labels import LabelColumn
from aehash.json_index.stream import JsonStream

_ROWS = 1 << 14
_IMAGE = ("file", "label", "features", "code")
#: Arrays with one entry an image, beside ``images`` with all of them.
_ARRAYS = ("files", "labels", "features", "codes")


def import_index(
    path: Path,
    out: Path,
    *,
    source: str | None = None,
    split: str | None = None,
    progress: Callable[[int], None] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Codebook:
    """Make a codebook from a JSON index, whole or not at all.

    Args:
        path: The file.
        out: The codebook's folder; a codebook that stands there is replaced.
        source: Stable identity of the data, in place of what the file says.
        split: The split's name, in place of what the file says.
        progress: Takes how many bytes were read since it was called last.
        say: Takes a sentence where codes are not the signs of their features.

    Returns:
        The codebook as saved.

    Raises:
        UsageError: There is no such file, it lies in ``out``, or something else than a codebook
            stands there.
        AehashError: The file is no such index; the message names the row, counted from 0. Or the
            disk is full or read-only.
    """
    if out.resolve() in path.resolve().parents:
        raise UsageError(
            f"{path} lies in {out}, which is replaced with all that is in it: name another folder, "
            "or move the file."
        )
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise UsageError(f"{path} is missing. Name an existing .json index.") from None
    except OSError as error:
        raise AehashError(f"{path} cannot be read ({error.strerror or error}).") from None
    given = {"source": source, "split": split}
    with file, codebook_folder(out) as aside:
        columns = _read(JsonStream(file, str(path), progress), aside)
        columns.save({key: value for key, value in given.items() if value is not None}, say)
    return Codebook.load(out, verify="size")


def size_of(path: Path) -> int:
    """Say how much there is to read, for the progress.

    Args:
        path: The file.

    Returns:
        Its bytes; 0 where it is none or cannot be known.
    """
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


class _Columns:
    """What the images of a file have, and the codebook made of it."""

    def __init__(self, name: str, header: Header, aside: Path) -> None:
        self.name = name
        self.header = header
        self.aside = aside
        self.files = KeyColumn(name)
        self.labels = LabelColumn(name, header)
        self.features = FeatureColumn(name, aside / "features.npy", header.dimensions)
        self.codes = CodeColumn(name, aside / "codes.npy", header.bits)
        self._of: dict[str, Column] = {each: getattr(self, each) for each in _ARRAYS}

    def fill(self, member: str, stream: JsonStream) -> None:
        """Read an array of images, or of one thing that each image has."""
        column = self._of.get(member)
        for value in stream.elements():
            if column is not None:
                column.add(value)
            elif isinstance(value, str):
                self.files.add(value)
            else:
                self._add(value, stream)

    def _add(self, image: Any, stream: JsonStream) -> None:
        if type(image) is not dict:
            raise stream.fault("is no object with file, label, features and code.")
        if not image.keys() <= set(_IMAGE):
            wrong = next(key for key in image if key not in _IMAGE)
            raise stream.fault(f"has {wrong!r}, which means nothing here.{nearest(wrong, _IMAGE)}")
        name = image.get("file")
        if name is None:
            raise stream.fault("has no file name: give every image its 'file'.")
        self.files.add(name)
        self.labels.add(image.get("label"))
        self.features.add(image.get("features"))
        self.codes.add(image.get("code"))

    def save(self, given: dict[str, str], say: Callable[[str], None]) -> None:
        """Write what is left of the codebook's files, the manifest last."""
        self._check_counts()
        files = {}
        if self.features.used:
            files["features.npy"] = self.features.close()
        if self.codes.used:
            bits, files["codes.npy"] = self.header.bits or 0, self.codes.close()
            if self.features.used and bits == self.features.width:
                self._compare(bits, say)
        else:
            bits, files["codes.npy"] = self._threshold()
        if self.labels.used:
            files["labels.npy"] = self.labels.write(self.aside / "labels.npy")
        files["keys.npy"] = self.files.write(self.aside / "keys.npy")
        try:
            check_distinct(np.load(self.aside / "keys.npy", mmap_mode="r"))
        except UsageError as error:
            raise AehashError(f"{self.name} cannot be imported. {error}") from None
        texts = {**self.header.texts, **given}
        origin = {key: texts.get(key) for key in ("source", "split", "snapshot")}
        made = new_manifest(self.files.rows, bits, self.labels.classes(), **origin)
        listed = {f"{each}.npy": files[f"{each}.npy"] for each in ARRAYS if f"{each}.npy" in files}
        write_manifest(self.aside, {**made, **texts, **self.header.more, "files": listed})

    def _check_counts(self) -> None:
        rows = self.files.rows
        if not rows:
            raise AehashError(f"{self.name} has no images: 'images' or 'files' has no entry.")
        for what, column in self._of.items():
            if column.used and column.rows != rows:
                raise AehashError(f"{self.name} has {rows} files and {column.rows} {what}.")
        if not self.features.used and not self.codes.used:
            raise AehashError(f"{self.name} has neither features nor codes. Give one of them.")
        if self.header.dimensions and not self.features.used:
            raise AehashError(
                f"The header of {self.name} says {self.header.dimensions} dimensions, and its "
                "images have no features."
            )

    def _threshold(self) -> tuple[int, dict[str, Any]]:
        """Make the codes from the features."""
        bits = self.features.width or 0
        if self.header.bits not in (None, bits):
            raise AehashError(
                f"The header of {self.name} says {self.header.bits} bits, and its images have "
                f"{bits} features and no codes: give the codes, or leave 'bits' out."
            )
        shape = (self.files.rows, -(-bits // 8))
        with NpyWriter(self.aside / "codes.npy", shape, np.dtype(np.uint8)) as writer:
            for start in range(0, self.files.rows, _ROWS):
                writer.append(pack(threshold(self._block("features", start))))
            return bits, writer.close()

    def _compare(self, bits: int, say: Callable[[str], None]) -> None:
        """Say if codes are not what the threshold makes of the features."""
        count, first = 0, 0
        for start in range(0, self.files.rows, _ROWS):
            signs = pack(threshold(self._block("features", start)))
            other = np.flatnonzero((signs != self._block("codes", start)).any(axis=1))
            if other.size and not count:
                first = start + int(other[0])
            count += other.size
        if count:
            say(
                f"WARNING: {count:,} of {self.files.rows:,} codes in {self.name} are not the signs "
                f"of their {bits} features, the first in row {first}. Both are kept as written."
            )

    def _block(self, what: str, start: int) -> NDArray[Any]:
        """Read some rows back; mapped anew each time, so that what was read is let go."""
        mapped = np.load(self.aside / f"{what}.npy", mmap_mode="r")
        return np.array(mapped[start : start + _ROWS])


def _read(stream: JsonStream, aside: Path) -> _Columns:
    found: dict[str, Any] = {}
    columns: _Columns | None = None
    arrays: set[str] = set()
    for member in stream.members():
        if member in arrays:
            raise AehashError(f"{stream.name} has {member!r} twice. Leave one out.")
        if member in (*_ARRAYS, "images"):
            arrays.add(member)
            if columns is None:
                columns = _Columns(stream.name, Header.of(found, stream.name), aside)
            columns.fill(member, stream)
        elif columns is not None:
            raise AehashError(
                f"{member!r} stands behind the images of {stream.name}: everything but the "
                "arrays of images comes before them."
            )
        else:
            check_member(found, member, stream.name)
            found[member] = stream.value()
    if columns is None:
        raise AehashError(f"{stream.name} has no 'images', so it is no index.")
    return columns
