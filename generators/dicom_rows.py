"""What DICOM asks of folders and lists: files left out without pydicom, rows that name a frame."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aehash.errors import UsageError
from aehash.generators.arrays import Rows
from aehash.generators.dataset import SPLITS
from aehash.generators.dicom_names import REMEDY, frame_key, installed, is_dicom, split_frame
from aehash.generators.fetch import Notes
from aehash.generators.groups import Groups
from aehash.generators.images import suffixes


def without_dicom(keys: list[str], root: Path, notes: Notes) -> list[str]:
    """Leave a folder's DICOM files out where pydicom is missing, and say so once.

    Args:
        keys: Its images, relative.
        root: The folder.
        notes: Told how many are left out.

    Returns:
        The images that can be read.

    Raises:
        UsageError: There are DICOM files only.
    """
    if installed():
        return keys
    kept = [key for key in keys if os.path.splitext(key)[1].lower() in suffixes()]  # noqa: PTH122
    if len(kept) == len(keys):
        return keys
    if not kept:
        raise UsageError(f"{root} has no images but {_count(len(keys))}. {_remedy()}")
    notes(f"{_count(len(keys) - len(kept))} under {root} left out. {_remedy()}")
    return kept


def refuse_dicom(keys: Sequence[str], path: Path) -> None:
    """Refuse a list that names DICOM files where pydicom is missing.

    Args:
        keys: What it names.
        path: The list.

    Raises:
        UsageError: It names some.
    """
    if installed():
        return
    found = sum(is_dicom(str(path.parent / split_frame(key)[0])) for key in keys)
    if found:
        raise UsageError(f"{path} lists {_count(found)}. {_remedy()}")


def is_there(root: Path, key: str) -> bool:
    """Say whether a list's file is there, or the one whose frame it names."""
    return (root / key).is_file() or (root / split_frame(key)[0]).is_file()


def one_name(root: Path, key: str) -> str:
    """Give frames one name: ``a.dcm#00007`` is ``a.dcm#0007``, and the first is ``a.dcm``."""
    file, frame = split_frame(key)
    if frame is None or (root / key).is_file():
        return key
    return file if frame == 1 else frame_key(file, frame, frame)


def named_frames(root: Path, keys: Sequence[str]) -> tuple[Sequence[str], Rows | None]:
    """Take frames off the keys that name one, such as ``heart.dcm#0007``.

    Args:
        root: The folder that the keys are relative to.
        keys: Of the images; one that is a file's own name is left as it is.

    Returns:
        Which file each is of, and ``(n,)`` which frame, 0 where none is named; None where no key
        names one.
    """
    pairs = [split_frame(key) for key in keys]
    if all(frame is None for _, frame in pairs):
        return keys, None
    named = [
        (key, 0) if frame is None or (root / key).is_file() else (file, frame)
        for key, (file, frame) in zip(keys, pairs, strict=True)
    ]
    return [file for file, _ in named], np.array([frame for _, frame in named], np.int64)


def frames_together(root: Path, files: Sequence[bytes], notes: Notes) -> Groups | None:
    """Keep the frames of a file on one side of a split.

    Args:
        root: The folder that the files are relative to.
        files: ``(n,)`` UTF-8 bytes, which file each image is of.
        notes: Told where there are too few files to keep apart.

    Returns:
        The files as groups; None where each has one image, or where there are fewer than three.
    """
    numbers: dict[str, int] = {}
    paths = [posixpath.normpath(posixpath.join(root.as_posix(), name.decode())) for name in files]
    of = [numbers.setdefault(path, len(numbers)) for path in paths]
    if len(numbers) == len(of):
        return None
    if len(numbers) < len(SPLITS):
        notes(
            f"{len(numbers)} file{'s' * (len(numbers) > 1)} cannot stand on three sides of a "
            "split, so frames of one file train and test; give more files."
        )
        return None
    return Groups(None, np.array(of, np.int64))


def _count(files: int) -> str:
    return f"{files:,} DICOM file{'s' * (files != 1)}"


def _remedy() -> str:
    return f"To read them: {REMEDY}"
