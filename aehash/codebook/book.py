"""A codebook: codes, features, labels and keys of a set of images, and where they came from."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.bits import check_packed, threshold
from aehash.codebook.arrays import (
    check_classes,
    check_distinct,
    float_features,
    key_bytes,
    label_array,
    packed_codes,
)
from aehash.codebook.files import (
    ARRAYS,
    codebook_folder,
    entry_of,
    further_files,
    new_manifest,
    read_arrays,
    read_manifest,
    write_array,
    write_manifest,
)
from aehash.errors import AehashError, UsageError
from aehash.mapped import Verify


@dataclass(frozen=True, eq=False)
class Codebook:
    """Codes with everything needed to search, judge and trace them; row i is one image.

    Attributes:
        codes: ``(n, ceil(bits / 8))`` uint8, packed in big bit order, zero-padded.
        bits: Bits per code.
        keys: ``(n,)`` of type ``S<w>``: UTF-8, one stable and distinct name per row.
        features: ``(n, d)`` float32, the values before the threshold, or none.
        labels: ``(n,)`` int64 class numbers or ``(n, classes)`` uint8 multi-hot, or none.
        manifest: n, bits, bit_order, threshold, classes, source, split, snapshot, created,
            aehash; once saved, also files.
        further: By name, what writes a further file of the folder, such as what a stage has
            learned.
    """

    codes: NDArray[np.uint8]
    bits: int
    keys: NDArray[np.bytes_]
    features: NDArray[np.float32] | None = None
    labels: NDArray[Any] | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    further: Mapping[str, Callable[[Path], object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that all parts have the same rows."""
        check_packed(self.codes, self.bits)
        for name in ("features", "labels", "keys"):
            array = getattr(self, name)
            if array is not None and len(array) != len(self.codes):
                raise UsageError(
                    f"There are {len(self.codes)} codes and {len(array)} {name}; "
                    "each row needs one of each."
                )

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    @property
    def classes(self) -> list[str]:
        """Class names, possibly none."""
        return list(self.manifest.get("classes") or ())

    @property
    def source(self) -> str | None:
        """The stable identity of the data, such as ``mnist`` or a folder's absolute path."""
        return self.manifest.get("source")

    @property
    def split(self) -> str | None:
        """The split's name, such as ``test``."""
        return self.manifest.get("split")

    @property
    def snapshot(self) -> str | None:
        """The digest of the snapshot that made the features."""
        return self.manifest.get("snapshot")

    def key(self, row: int) -> str:
        """Name a row.

        Args:
            row: Its number.

        Returns:
            Its key, such as ``train/17`` or ``cats/one.jpg``.
        """
        return bytes(self.keys[row]).decode("utf-8", "surrogateescape")

    @classmethod
    def from_arrays(
        cls,
        codes: ArrayLike | None = None,
        *,
        features: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        keys: Sequence[str] | None = None,
        bits: int | None = None,
        classes: Sequence[str] = (),
        source: str | None = None,
        split: str | None = None,
        snapshot: str | None = None,
    ) -> Self:
        """Make a codebook from anybody's arrays.

        Args:
            codes: ``(n, bits)`` of {0, 1}, ±1 or bool, or packed uint8 with ``bits`` given; where
                there are none, the features are thresholded.
            features: ``(n, d)`` finite numbers.
            labels: ``(n,)`` or ``(n, 1)`` class numbers, or ``(n, classes)`` multi-hot.
            keys: One distinct name per row; by default ``split/row``, or the row's number.
            bits: Bits per code, needed for packed codes.
            classes: Class names.
            source: Stable identity of the data; a query's own row is only recognised where
                queries and database have the same.
            split: The split's name.
            snapshot: Digest of the snapshot that made the features.

        Returns:
            The codebook, in memory.

        Raises:
            UsageError: The arrays do not fit each other or are not what they should be.
            AehashError: Features are NaN or infinite.
        """
        real = None if features is None else float_features(features)
        if codes is None:
            if real is None:
                raise UsageError("A codebook needs codes, or features to make them from.")
            codes = threshold(real)
        packed, count = packed_codes(codes, bits)
        marks = None if labels is None else label_array(labels)
        check_classes(marks, classes)
        if keys is None and split is None and source is not None:
            raise UsageError(
                f"Rows of {source!r} need names that tell them apart from its other rows: give "
                "keys, or the split's name."
            )
        names = keys if keys is not None else default_keys(len(packed), split)
        stored = key_bytes(names)
        check_distinct(stored)
        manifest = new_manifest(len(packed), count, classes, source, split, snapshot)
        return cls(packed, count, stored, real, marks, manifest)

    @classmethod
    def load(cls, folder: str | Path, verify: Verify = "sha256") -> Self:
        """Open a saved codebook; its arrays are memory-mapped, read-only.

        Args:
            folder: Where it was saved.
            verify: ``sha256`` reads every byte, ``size`` only compares the files' sizes.

        Returns:
            The codebook.

        Raises:
            AehashError: It is missing, cut short or not what its manifest says.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        arrays = read_arrays(folder, manifest, verify)
        if len(arrays["codes"]) != manifest["n"]:
            raise AehashError(
                f"{folder} has {len(arrays['codes'])} codes where its manifest says "
                f"{manifest['n']}. Extract it again."
            )
        further = {
            path.name: partial(shutil.copyfile, path)
            for path in further_files(folder, manifest, verify)
        }
        return cls(bits=manifest["bits"], manifest=manifest, further=further, **arrays)

    def save(self, folder: str | Path) -> None:
        """Save the codebook, whole or not at all.

        Args:
            folder: The folder to make; a codebook that stands there is replaced.

        Raises:
            UsageError: Something else stands there.
            AehashError: The disk is full or read-only.
        """
        with codebook_folder(Path(folder)) as aside:
            files = {
                f"{name}.npy": write_array(aside / f"{name}.npy", getattr(self, name))
                for name in ARRAYS
                if getattr(self, name) is not None
            }
            for name, write in self.further.items():
                write(aside / name)
                files[name] = entry_of(aside / name)
            write_manifest(aside, {**self.manifest, "files": files})


def default_keys(n: int, split: str | None) -> list[str]:
    """Name rows that have no names.

    Args:
        n: How many.
        split: The split's name, if any.

    Returns:
        ``split/row``, or the row's number.
    """
    return [f"{split}/{row}" if split else str(row) for row in range(n)]
