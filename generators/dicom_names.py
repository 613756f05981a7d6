"""DICOM files and their frames by name: which files are some, and how a frame is called."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import stat

DICOM_SUFFIXES = frozenset({".dcm", ".dicom"})
"""Endings that are taken for DICOM without a look into the file."""

_LEAST_PYDICOM = 3
REMEDY = "pip install 'aehash[medical]'"

_START, _MAGIC = 128, b"DICM"
_FRAME = re.compile(r"(?s)(.+)#(\d{4,})")


@functools.cache
def installed() -> bool:
    """Say whether pydicom, of a version that can be used, is there to read DICOM files."""
    try:
        return int(importlib.metadata.version("pydicom").split(".")[0]) >= _LEAST_PYDICOM
    except importlib.metadata.PackageNotFoundError:
        return False


def is_dicom(path: str) -> bool:
    """Say whether a file is taken for DICOM.

    By its ending, ``.dcm`` or ``.dicom``; a file without an ending, or with one of digits (as
    in a UID, ``1.2.840.10008``) or ``.ima``, where it has DICOM's mark ``DICM`` at byte 128. Of
    all other files not a byte is read.

    Args:
        path: The file, which need not be there.
    """
    name = os.path.basename(path).lower()  # noqa: PTH119 - a Path for each of many files takes longer
    ending = os.path.splitext(name)[1]  # noqa: PTH122
    if ending in DICOM_SUFFIXES:
        return True
    bare = not ending or ending[1:].isdigit() or ending == ".ima"
    return bare and _has_mark(path)


def _has_mark(path: str) -> bool:
    """Look at bytes 128 to 131 of a plain file; a pipe is left alone, since it may wait."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return False
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(_START + len(_MAGIC))[_START:] == _MAGIC
    except OSError:
        return False


def frame_key(name: str, frame: int, frames: int) -> str:
    """Name a frame of a file with several.

    Args:
        name: The file's key.
        frame: From 1.
        frames: How many the file has.

    Returns:
        Such as ``heart.dcm#0007``; with more digits where there are 10,000 frames.
    """
    return f"{name}#{frame:0{max(4, len(str(frames)))}d}"


def split_frame(key: str) -> tuple[str, int | None]:
    """Take a frame's number off a key.

    Args:
        key: Such as ``heart.dcm#0007`` or ``heart.dcm``.

    Returns:
        The file's key, and the frame from 1, or None where none is named.
    """
    found = _FRAME.fullmatch(key)
    if found is None or not int(found[2]):
        return key, None
    return found[1], int(found[2])
