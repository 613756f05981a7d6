"""One door to all data: a name, a folder, a list, an array file."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np

from aehash.errors import UsageError
from aehash.generators.assemble import Content, assemble
from aehash.generators.catalogue import CATALOGUE, known, suggestion
from aehash.generators.dataset import Dataset
from aehash.generators.dataset_info import DatasetInfo
from aehash.generators.fetch import Notes, locate
from aehash.generators.file_options import FileOptions, misplaced, split_spec
from aehash.generators.read_arrays import read_h5, read_npz
from aehash.generators.read_cifar import read_cifar
from aehash.generators.read_files import read_folder, read_list
from aehash.generators.read_scenes import SUFFIXES, read_scene_list
from aehash.generators.splits import by_column, make_keys, read_split
from aehash.generators.storage import ArrayStorage

_log = logging.getLogger(__name__)


def open_dataset(
    spec: str | Path,
    *,
    seed: int = 0,
    split_file: str | Path | None = None,
    group_column: str | None = None,
    notes: Notes | None = None,
) -> Dataset:
    """Open a data set.

    Args:
        spec: A name of the catalogue in any spelling, an image folder, a .csv or .tsv list, a
            .npz or .h5 file, a list of retrieval-SfM beside its folder ``ims``. Behind a path of
            image files may stand what is asked of them; see
            :class:`~aehash.generators.file_options.FileOptions`.
        seed: What missing splits are drawn with.
        split_file: Splits to use instead, written by
            :func:`~aehash.generators.splits.write_split`.
        group_column: The column of a list that says which images belong together, such as those
            of one patient; no group stands on two sides of a split.
        notes: Told, line by line, what is worth knowing; logged by default.

    Returns:
        The data set. Pixels are in memory for named sets and .npz files only, and there only
        up to :data:`~aehash.generators.unpack.LARGE` bytes.

    Raises:
        UsageError: The name or path is not known, what it holds does not fit, or images of one
            group stand on two sides.
        AehashError: A file is damaged, or not at hand and not to be had.
    """
    tell = notes if notes is not None else _log.info
    info = _named(spec)
    if info is not None:
        _no_columns(group_column, info.name)
        name, source = info.name, info.name
        content = _read_named(info, tell)
    else:
        bare, asked = split_spec(spec)
        if asked != FileOptions() and known(bare) and not Path(bare).expanduser().exists():
            raise misplaced(bare, asked)
        path = _existing(bare)
        name, source = path.name, f"{path}{asked}"
        content = asked.apply(_read_path(path, tell, group_column), str(path), tell)
    split = None if split_file is None else Path(split_file)
    grouped = bool(content.advice) or content.groups is not None
    column_kept = grouped and split is not None and by_column(split)
    if content.advice and not column_kept:
        tell(content.advice)
    if split is None:
        return assemble(content, name, source, seed, tell)
    dataset = assemble(dataclasses.replace(content, groups=None), name, source, seed, tell)
    dataset = read_split(split, dataset)
    if content.groups is not None and (content.groups.column is not None or not column_kept):
        content.groups.check_apart(dataset.splits, dataset.keys, str(split))
    return dataclasses.replace(dataset, groups=content.groups)


def _named(spec: str | Path) -> DatasetInfo | None:
    """Find the entry that is meant: its own name goes before a file, other spellings after."""
    text = str(spec)
    if text in CATALOGUE:
        return CATALOGUE[text]
    return None if Path(spec).expanduser().exists() else known(text)


def _no_columns(group_column: str | None, source: str) -> None:
    if group_column is not None:
        raise UsageError(
            f"{source} has no columns, so there is no {group_column!r} to keep groups together by; "
            "the column is one of a .csv or .tsv list."
        )


def _existing(spec: str | Path) -> Path:
    path = Path(spec).expanduser()
    if path.exists():
        return _named_in_utf8(path.resolve())
    text = str(spec)
    if "/" in text or "\\" in text or path.suffix:
        raise UsageError(f"There is no file or folder {text!r}.")
    raise UsageError(
        f"There is no data set and no folder {text!r}.{suggestion(text)} "
        "Or give a folder, or a .csv, .tsv, .npz or .h5 file."
    )


def _named_in_utf8(path: Path) -> Path:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"The path {str(path)!r} is not UTF-8, so it cannot be written into a run; rename it."
        ) from error
    return path


def _read_named(info: DatasetInfo, notes: Notes) -> Content:
    if info.kind == "bundled":
        return _read_digits(info)
    path = locate(info, notes=notes)
    return (
        read_cifar(path, info)
        if info.kind == "cifar-binary"
        else read_npz(path, info.classes, notes)
    )


def _read_path(path: Path, notes: Notes, group_column: str | None) -> Content:
    ending = "" if path.is_dir() else path.suffix.lower()
    if ending in (".csv", ".tsv"):
        return read_list(path, notes, group_column)
    _no_columns(group_column, str(path))
    if path.is_dir():
        return read_folder(path, notes)
    if ending == ".npz":
        return read_npz(path, notes=notes)
    if ending in (".h5", ".hdf5"):
        return read_h5(path)
    if ending in SUFFIXES:
        return read_scene_list(path, notes)
    raise UsageError(
        f"{path} is not a kind of data that can be opened; give a folder of images, a .csv, .tsv, "
        ".npz or .h5 file, or a list of retrieval-SfM (.pkl or .json)."
    )


def _read_digits(info: DatasetInfo) -> Content:
    from sklearn.datasets import load_digits

    data = load_digits()
    pixels = np.rint(data.images * (255 / 16)).astype(np.uint8)[..., None]
    return Content(
        storage=ArrayStorage(pixels),
        keys=make_keys([f"all/{row}" for row in range(len(pixels))]),
        labels=data.target.astype(np.int64),
        classes=info.classes,
        split_of=None,
        image_size=info.image_size,
        channels=info.channels,
    )
