"""Large .npz files unpacked once into the cache, so that their images need not fit into memory.

The members of a .npz file are usually compressed, and can then only be read from their beginning.
Where the images of a file unpack to more than :data:`LARGE` bytes, they are written, block by
block, into one .npy file below the cache folder, which is then mapped. That file is found again by
the .npz file's path, size and time of change.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from aehash.errors import AehashError
from aehash.files import atomic_file
from aehash.generators.arrays import UInt8, image_shape
from aehash.generators.fetch import Notes, cache_folder

LARGE = 1 << 31
"""Bytes of images from which a .npz file is unpacked into the cache instead of into memory."""

_CHUNK = 1 << 22
Header = tuple[tuple[int, ...], bool, np.dtype[Any]]


def unpacked(path: Path, keys: Sequence[str], notes: Notes) -> tuple[UInt8, list[int]] | None:
    """Map the images of a large .npz file, unpacking them into the cache at first.

    Args:
        path: The .npz file.
        keys: Its members that hold images.
        notes: Told where a file is written to the cache.

    Returns:
        ``(n, H, W, 1 or 3)``, read-only and not in memory, and how many images each key has;
        None where the images are not large, or not plain uint8 of one shape.

    Raises:
        AehashError: The cache has no room, or cannot be written.
        zipfile.BadZipFile: The file is damaged.
    """
    with zipfile.ZipFile(path) as file:
        if not {f"{key}.npy" for key in keys} <= set(file.namelist()):
            return None
        headers = [_header_of(file, key) for key in keys]
        total = sum(math.prod(shape) * dtype.itemsize for shape, _, dtype in headers)
        if total <= LARGE:
            return None
        sizes = {
            image_shape(shape, dtype, f"{path}: {key}")
            for key, (shape, _, dtype) in zip(keys, headers, strict=True)
        }
        plain = all(dtype == np.uint8 and not fortran for _, fortran, dtype in headers)
        if not plain or len(sizes) > 1 or {channels for *_, channels in sizes} == {4}:
            return None
        counts = [shape[0] for shape, _, _ in headers]
        target = _place(path)
        if not target.is_file():
            notes(
                f"Unpacking {path.name} once to {target} ({total / 1e9:.1f} GB), so that its "
                "images need not fit into memory; delete that file when it is no longer needed."
            )
            _write(file, keys, (sum(counts), *sizes.pop()), target)
    return np.asarray(np.load(target, mmap_mode="r")), counts


def _place(path: Path) -> Path:
    stat = path.stat()
    text = f"{path.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    name = hashlib.sha256(os.fsencode(text)).hexdigest()[:16]
    return cache_folder() / "unpacked" / f"{path.stem}-{name}.npy"


def _header_of(file: zipfile.ZipFile, key: str) -> Header:
    with file.open(f"{key}.npy") as member:
        return _header(member)


def _header(member: IO[bytes]) -> Header:
    if np.lib.format.read_magic(member) == (1, 0):
        return np.lib.format.read_array_header_1_0(member)
    return np.lib.format.read_array_header_2_0(member)


def _write(
    file: zipfile.ZipFile, keys: Sequence[str], shape: tuple[int, ...], target: Path
) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        free, needed = shutil.disk_usage(target.parent).free, math.prod(shape)
        if free < needed:
            raise AehashError(
                f"{file.filename} unpacks to {needed / 1e9:.1f} GB, which is more than "
                f"{target.parent} has room for ({free / 1e9:.1f} GB). Free some, set AEHASH_CACHE "
                "to a folder on a larger disk, or take the data set at a smaller size."
            )
        with atomic_file(target) as aside, aside.open("wb") as out:
            head = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(out, head)
            for key in keys:
                with file.open(f"{key}.npy") as member:
                    _copy(member, out, math.prod(_header(member)[0]), key)
    except OSError as error:
        raise AehashError(
            f"{file.filename} cannot be unpacked to {target} ({error.strerror or error}). Set "
            "AEHASH_CACHE to a folder that can be written."
        ) from error


def _copy(member: IO[bytes], out: IO[bytes], size: int, key: str) -> None:
    while chunk := member.read(_CHUNK):
        out.write(chunk)
        size -= len(chunk)
    if size:
        raise ValueError(f"{key} is cut short or too long by {abs(size):,} bytes")
