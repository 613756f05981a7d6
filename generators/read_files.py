"""Images in files: a folder with or without class folders, or a list of paths."""

from __future__ import annotations

import csv
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from aehash.errors import AehashError, UsageError, nearest
from aehash.generators.arrays import Labels
from aehash.generators.assemble import Content, split_name
from aehash.generators.dicom_names import DICOM_SUFFIXES, is_dicom
from aehash.generators.dicom_rows import (
    frames_together,
    is_there,
    named_frames,
    one_name,
    refuse_dicom,
    without_dicom,
)
from aehash.generators.fetch import Notes
from aehash.generators.groups import Groups, looks_personal
from aehash.generators.images import suffixes
from aehash.generators.labels import from_texts
from aehash.generators.splits import make_keys
from aehash.generators.storage import FileStorage

_SPLIT_FOLDERS = {"train", "val", "valid", "validation", "test"}
_COLUMNS = ("path", "labels", "split")
_OWN = {"recipe.json", "run.json", "manifest.json"}


def read_folder(root: Path, notes: Notes) -> Content:
    """List an image folder.

    The first level of sub-folders are the classes, at any depth below them; a folder without
    sub-folders is unlabelled. Where the first level is ``train`` and ``val`` or ``test``, it is
    the split and the second level the classes. Hidden files and folders are passed over, and
    so are folders below the first that hold a run or a codebook, whose images are plots. Files
    that are DICOM without saying so in their names are found, too; see
    :func:`~aehash.generators.dicom_names.is_dicom`.

    Args:
        root: The folder.
        notes: Told what was left out.

    Returns:
        What it holds, in the order of the keys' bytes.

    Raises:
        UsageError: It has no image files, or a split folder has no split to go with it.
    """
    lists = [path for path in (root / "labels.csv", root / "labels.tsv") if path.is_file()]
    if lists:
        notes(f"{root} holds a list; to use its labels, open {lists[0]} instead.")
    keys = sorted(_image_files(root, notes), key=str.encode)
    keys = without_dicom(keys, root, notes)
    if not keys:
        raise UsageError(
            f"{root} has no image files (looked for {', '.join(sorted(suffixes())[:8])}, …)."
        )
    parts = [key.split("/") for key in keys]
    tops = {part[0] for part in parts if len(part) > 1}
    split_of = None
    splits = "train" in tops and len(tops) > 1 and tops <= _SPLIT_FOLDERS
    if splits and all(len(part) > 1 for part in parts):
        split_of = [split_name(part[0], str(root)) for part in parts]
        parts = [part[1:] for part in parts]
    labels: Labels | None = None
    classes: tuple[str, ...] = ()
    if all(len(part) > 1 for part in parts):
        names = [part[0] for part in parts]
        listed, numbers = np.unique(names, return_inverse=True)
        labels, classes = numbers.astype(np.int64), tuple(listed.tolist())
    elif any(len(part) > 1 for part in parts):
        notes(f"{root} has images both beside and in folders; they are taken as unlabelled.")
    return _content(root, keys, labels, classes, split_of)


def _content(
    root: Path,
    keys: Sequence[str],
    labels: Labels | None,
    classes: tuple[str, ...],
    split_of: Sequence[str] | None,
) -> Content:
    encoded = make_keys(list(keys))
    files, frames = named_frames(root, keys)
    storage = FileStorage(root, encoded)
    if frames is not None:
        storage = FileStorage(root, make_keys(list(files)), frames, encoded)
    return Content(
        storage=storage,
        keys=encoded,
        labels=labels,
        classes=classes,
        split_of=split_of,
        image_size=None,
        channels=3,
    )


def _image_files(root: Path, notes: Notes) -> Iterator[str]:
    """Yield relative posix paths; linked folders are followed, but none twice."""
    seen: set[tuple[int, int]] = set()
    own: list[str] = []

    def complain(error: OSError) -> None:
        raise AehashError(f"{error.filename} cannot be listed: {error.strerror}.") from error

    for folder, below, files in os.walk(root, followlinks=True, onerror=complain):
        stat = os.stat(folder)  # noqa: PTH116
        if (stat.st_dev, stat.st_ino) in seen:
            notes(f"{folder} is left out: it links to a folder that is already read.")
            below.clear()
            continue
        seen.add((stat.st_dev, stat.st_ino))
        if folder != str(root) and _OWN.intersection(files):
            own.append(folder)
            below.clear()
            continue
        below[:] = sorted(name for name in below if not name.startswith("."))
        relative = Path(folder).relative_to(root).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        for name in files:
            if not (_is_image(name) or _is_unnamed_dicom(folder, name)):
                continue
            key = prefix + name
            if _is_utf8(key):
                yield key
            else:
                notes(f"{key!r} is left out: its name is not UTF-8.")
    if own:
        notes(_passed_over(own))


def _passed_over(folders: Sequence[str]) -> str:
    """Say what is not read since it is the work of aehash."""
    images = sum(
        _is_image(name) for top in folders for _, _, files in os.walk(top) for name in files
    )
    return (
        f"{len(folders)} folder{'s' * (len(folders) > 1)} with {images} "
        f"image{'s' * (images != 1)} passed over, the first {min(folders)!r}: a folder that holds "
        "recipe.json, run.json or manifest.json is a run or a codebook, not training data."
    )


def _is_image(name: str) -> bool:
    ending = os.path.splitext(name)[1].lower()  # noqa: PTH122
    return not name.startswith(".") and (ending in suffixes() or ending in DICOM_SUFFIXES)


def _is_unnamed_dicom(folder: str, name: str) -> bool:
    """Say whether a file is DICOM by a look into it; a DICOMDIR is a list of files, no image."""
    listing = name.startswith(".") or name.lower() == "dicomdir"
    return not listing and is_dicom(os.path.join(folder, name))  # noqa: PTH118


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_list(path: Path, notes: Notes, group_column: str | None = None) -> Content:
    """Read a CSV or TSV list with the columns ``path``, ``labels`` and ``split``.

    Paths are relative to the list's folder or absolute, and may name a frame of a DICOM file
    (``heart.dcm#0007``); several labels are joined by ``|``; ``labels`` and ``split`` may be
    absent.

    Args:
        path: The list; tabs separate where it ends in .tsv, commas otherwise.
        notes: Told which columns are not used.
        group_column: A further column that says which images belong together.

    Returns:
        What it names, in its order.

    Raises:
        AehashError: The file is not UTF-8 text.
        UsageError: A column, a file or a label is missing, or a path stands twice.
    """
    columns = _columns(path, group_column)
    grouped = _group_column(group_column, columns, path)
    advice = _unused(path, [name for name in columns if name != grouped], notes)
    keys = [cell.strip() for cell in columns["path"]]
    _check_paths(path, keys)
    refuse_dicom(keys, path)
    labels, classes = (
        from_texts(columns["labels"], str(path)) if "labels" in columns else (None, ())
    )
    splits = columns.get("split")
    split_of = [split_name(cell, str(path)) for cell in splits] if splits else None
    content = _content(path.parent, keys, labels, classes, split_of)
    if grouped is not None:
        groups = Groups.from_cells(columns[grouped], grouped, str(path))
        return replace(content, groups=groups)
    together = _frames_together(content, notes)
    return replace(content, groups=together, advice=advice)


def list_groups(path: Path, column: str | None = None) -> Groups | None:
    """Number the groups that a list's column names, whatever its splits are.

    Args:
        path: The list.
        column: Which says who belongs together; by default the first that usually tells patients
            or studies apart.

    Returns:
        The groups, in the list's order; None where no column says so.

    Raises:
        UsageError: The list has no such column, or a cell of it is empty.
        AehashError: It cannot be read.
    """
    columns = _columns(path, column)
    chosen = _group_column(column, columns, path)
    persons = [name for name in columns if name not in _COLUMNS and looks_personal(name)]
    name = chosen or next(iter(persons), None)
    return None if name is None else Groups.from_cells(columns[name], name, str(path))


def _frames_together(content: Content, notes: Notes) -> Groups | None:
    storage = content.storage
    if not isinstance(storage, FileStorage) or storage.frames is None:
        return None
    return frames_together(storage.root, storage.paths.tolist(), notes)


def _group_column(
    wanted: str | None, columns: Mapping[str, Sequence[str]], path: Path
) -> str | None:
    if wanted is None:
        return None
    name = wanted.strip().lower()
    if name in _COLUMNS:
        raise UsageError(
            f"{path}: the column {name!r} cannot also say which images belong together; name the "
            "one of the patient, the study or the like."
        )
    if name not in columns:
        raise UsageError(f"{path} has no column {wanted!r}.{nearest(name, columns)}")
    return name


def _unused(path: Path, header: Sequence[str], notes: Notes) -> str:
    """Tell of a column that is not used, and give the advice that one of patients calls for."""
    unused = [name for name in header if name not in _COLUMNS]
    persons = [name for name in unused if looks_personal(name)]
    others = [name for name in unused if name not in persons]
    if others:
        known = nearest(others[0], _COLUMNS)
        notes(f"{path}: the column {others[0]!r} is not used.{known}")
    if not persons:
        return ""
    option = persons[0] if persons[0].isidentifier() else repr(persons[0])
    return (
        f"{path}: the column {persons[0]!r} is not used, so images of one patient may stand on "
        f"both sides of the split; `aehash train --group-column {option}` keeps them whole."
    )


def _columns(path: Path, group_column: str | None) -> dict[str, list[str]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise AehashError(f"{path} is not readable as a list ({error}).") from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    header = ["labels" if name == "label" else name for name in header]
    if "path" not in header:
        raise UsageError(
            f"{path} {'does not start with' if header else 'is empty: it lacks'} a line that names "
            "the columns, one of them 'path' (then 'labels' and 'split', if any)."
        )
    wanted = (*_COLUMNS, (group_column or "path").strip().lower())
    twice = next((name for name in wanted if header.count(name) > 1), None)
    if twice is not None:
        both = [cell.strip() for cell, name in zip(rows[0], header, strict=True) if name == twice]
        raise UsageError(
            f"{path} has the columns {' and '.join(both)}, which mean the same; keep one of them."
        )
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise UsageError(
                f"{path}, entry {number}: {len(row)} cells under {len(header)} column names."
            )
    return {name: [row[at] for row in rows[1:]] for at, name in enumerate(header)}


def _check_paths(path: Path, keys: Sequence[str]) -> None:
    if not keys:
        raise UsageError(f"{path} lists no images.")
    seen: set[str] = set()
    for key in keys:
        whole = posixpath.normpath(
            posixpath.join(path.parent.as_posix(), one_name(path.parent, key))
        )
        if whole in seen:
            raise UsageError(f"{path} lists {key!r} twice; every image may stand once.")
        seen.add(whole)
    missing = [key for key in keys if not is_there(path.parent, key)]
    if missing:
        raise UsageError(
            f"{path} lists {len(missing)} of {len(keys)} files that are not there, the first "
            f"{missing[0]!r}; paths are relative to {path.parent}."
        )
