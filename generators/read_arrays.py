"""Images in arrays: .npz and .h5 with the key names of Keras, MedMNIST, or plain ones."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from aehash.errors import AehashError, UsageError
from aehash.generators.arrays import AnyArray, Labels, ToUInt8, UInt8, image_shape, levels, on_white
from aehash.generators.assemble import Content
from aehash.generators.fetch import Notes
from aehash.generators.labels import from_array, text
from aehash.generators.splits import make_keys
from aehash.generators.storage import ArrayStorage, H5Storage
from aehash.generators.unpack import unpacked

_SCAN = 1 << 10
_LAYOUTS: tuple[Mapping[str, tuple[str, str]], ...] = (
    {split: (f"x_{split}", f"y_{split}") for split in ("train", "val", "test")},
    {split: (f"{split}_images", f"{split}_labels") for split in ("train", "val", "test")},
    {"all": ("images", "labels")},
    {"all": ("x", "y")},
)
Layout = Mapping[str, tuple[str, str]]


def layout(names: Iterable[str], path: Path) -> Layout:
    """Find which of the known key names a file uses.

    Args:
        names: The file's keys.
        path: The file, for the error.

    Returns:
        Split → (key of the images, key of the labels), the splits that are there.

    Raises:
        UsageError: No key holds images under a known name.
    """
    have = set(names)
    for known in _LAYOUTS:
        found = {split: pair for split, pair in known.items() if pair[0] in have}
        if found:
            return found
    raise UsageError(
        f"{path} holds {', '.join(sorted(have)) or 'nothing'}; images are looked for under "
        "x_train/y_train, train_images/train_labels (and val, test), images/labels, or x/y."
    )


def read_npz(
    path: Path, classes: Sequence[str] | None = None, notes: Notes | None = None
) -> Content:
    """Read a .npz file; its images are then in memory, or in the cache where they are large.

    Args:
        path: The file.
        classes: Class names, where the file does not have them.
        notes: Told where its images are unpacked into the cache; see
            :mod:`aehash.generators.unpack`.

    Returns:
        What it holds.

    Raises:
        AehashError: The file is damaged, holds a pickle, or neither memory nor the cache has
            room for its images.
        UsageError: Its arrays are not images and labels.
    """
    try:
        with path.open("rb") as raw, _opened(raw) as file:
            found = layout(file.files, path)
            keys = [key for key, _ in found.values()]
            mapped = unpacked(path, keys, notes or (lambda _: None))
            pixels, counts = mapped or _together({key: file[key] for key in keys}, path)
            labels, classes = _labels(file, file.files, found, counts, classes, path)
    except AehashError:
        raise
    except MemoryError as error:
        raise AehashError(
            f"The images of {path} do not fit into memory ({error}). Save them as uint8, which is "
            "read from the disk where it is large, or as an .h5 file."
        ) from error
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        raise AehashError(_npz_reason(path, error)) from error
    _, height, width, channels = pixels.shape
    return _content(ArrayStorage(pixels), found, counts, labels, classes, (height, width, channels))


def _opened(raw: IO[bytes]) -> np.lib.npyio.NpzFile:
    file = np.load(raw, allow_pickle=False)
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise ValueError("it is a single array; save it under a name with np.savez")
    return file


def read_h5(path: Path) -> Content:
    """Open an HDF5 file; its images stay in the file and are read batch by batch.

    Args:
        path: The file, its data sets at the top level.

    Returns:
        What it holds.

    Raises:
        AehashError: The file is damaged.
        UsageError: Its data sets are not images and labels.
    """
    try:
        with h5py.File(path, "r") as file:
            names = [name for name in file if isinstance(file.get(name), h5py.Dataset)]
            found = layout(names, path)
            parts = [key for key, _ in found.values()]
            used = [*(key for _, key in found.values()), "classes"]
            _check_filled(file, [name for name in names if name in (*parts, *used)], path)
            shapes = [
                image_shape(file[key].shape, file[key].dtype, f"{path}: {key}") for key in parts
            ]
            counts = [len(file[key]) for key in parts]
            converts = _converts({key: file[key] for key in parts}, path)
            arrays = {name: file[name][()] for name in used if name in names}
    except OSError as error:
        raise AehashError(f"{path} is not a readable HDF5 file ({error}).") from error
    labels, classes = _labels(arrays, arrays, found, counts, None, path)
    _check_shapes(shapes, parts, path)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).tolist()
    storage = H5Storage(path, parts, starts, converts)
    return _content(storage, found, counts, labels, classes, shapes[0])


def _content(
    storage: ArrayStorage | H5Storage,
    found: Layout,
    counts: Sequence[int],
    labels: Labels | None,
    classes: Sequence[str] | None,
    shape: tuple[int, int, int],
) -> Content:
    height, width, channels = shape
    pairs = list(zip(found, counts, strict=True))
    return Content(
        storage=storage,
        keys=make_keys([f"{split}/{row}" for split, count in pairs for row in range(count)]),
        labels=labels,
        classes=tuple(classes or ()),
        split_of=[split for split, count in pairs for _ in range(count)],
        image_size=height if height == width else None,
        channels=1 if channels == 1 else 3,
    )


def _together(raw: dict[str, AnyArray], path: Path) -> tuple[UInt8, list[int]]:
    """Join the arrays' images as uint8, and count those of each."""
    keys = list(raw)
    images = _pixels(raw, path)
    _check_shapes([block.shape[1:] for block in images], keys, path)
    return images[0] if len(images) == 1 else np.concatenate(images), [len(each) for each in images]


def _pixels(raw: dict[str, AnyArray], path: Path) -> list[UInt8]:
    """Bring each array to uint8, letting go of it before the next one."""
    shapes = [image_shape(raw[key].shape, raw[key].dtype, f"{path}: {key}") for key in raw]
    converts = _converts(raw, path)
    images = []
    for key, shape, convert in zip(list(raw), shapes, converts, strict=True):
        pixels = convert(raw.pop(key)).reshape(-1, *shape)
        images.append(on_white(pixels) if shape[2] == 4 else pixels)
    return images


def _converts(parts: Mapping[str, Any], path: Path) -> list[ToUInt8]:
    """Choose the conversions, one for all splits of a kind: a dark split is not brightened."""
    kinds = {key: _kind(data.dtype) for key, data in parts.items()}
    chosen: dict[str, ToUInt8] = {}
    for kind in set(kinds.values()):
        keys = [key for key in parts if kinds[key] == kind]
        low, high = _range([parts[key] for key in keys]) if kind in ("i", "f") else (0.0, 255.0)
        chosen[kind] = levels(parts[keys[0]].dtype, low, high, f"{path}: {', '.join(keys)}")
    return [chosen[kinds[key]] for key in parts]


def _kind(dtype: np.dtype[Any]) -> str:
    if dtype == np.uint8:
        return "uint8"
    return "i" if dtype.kind == "u" else dtype.kind


def _range(parts: Iterable[Any]) -> tuple[float, float]:
    """Give the smallest and the largest value of arrays, block by block; NaN stays NaN."""
    low, high = np.inf, -np.inf
    for data in parts:
        for start in range(0, len(data) if data.size else 0, _SCAN):
            block = data[start : start + _SCAN]
            low, high = np.minimum(low, block.min()), np.maximum(high, block.max())
    return float(low), float(high)


def _labels(
    arrays: Mapping[str, AnyArray],
    names: Iterable[str],
    found: Layout,
    counts: Sequence[int],
    classes: Sequence[str] | None,
    path: Path,
) -> tuple[Labels | None, Sequence[str] | None]:
    if not sum(counts):
        raise UsageError(f"{path} has no images.")
    have = set(names)
    if "classes" in have:
        classes = [text(value, f"{path}: classes") for value in arrays["classes"].tolist()]
    keys = [key for _, key in found.values()]
    there = [key for key in keys if key in have]
    if not there:
        return None, None
    if len(there) < len(keys):
        missing = ", ".join(sorted(set(keys) - have))
        raise UsageError(f"{path} has labels for some splits but not {missing}.")
    blocks = [arrays[key] for key in keys]
    for (images, key), count, block in zip(found.values(), counts, blocks, strict=True):
        if block.shape[:1] != (count,):
            raise UsageError(
                f"{path}: {images} has {count} images, but {key} has the shape {block.shape}."
            )
    blocks = [block[:, 0] if block.ndim == 2 and block.shape[1] == 1 else block for block in blocks]
    if len({block.shape[1:] for block in blocks}) > 1:
        raise UsageError(f"{path}: the label arrays {', '.join(keys)} differ in shape.")
    return from_array(np.concatenate(blocks), classes, f"{path}: {keys[0]}")


def _check_filled(file: h5py.File, names: Iterable[str], path: Path) -> None:
    empty = [name for name in names if file[name].shape is None]
    if empty:
        raise UsageError(
            f"{path}: {', '.join(empty)} is empty (h5py.Empty has a type but no shape); store an "
            "array, or leave it out."
        )


def _check_shapes(shapes: Sequence[tuple[int, ...]], keys: Sequence[str], path: Path) -> None:
    if len(set(shapes)) > 1:
        listed = ", ".join(f"{key} {shape}" for key, shape in zip(keys, shapes, strict=True))
        raise UsageError(f"{path}: the images of the splits differ in shape: {listed}.")


def _npz_reason(path: Path, error: Exception) -> str:
    if "pickle" in str(error).lower() and zipfile.is_zipfile(path):
        return (
            f"{path} holds a pickle (an object array), which can run code and is never loaded. "
            "Save plain arrays of numbers or text."
        )
    return f"{path} is not a readable .npz file ({error})."
