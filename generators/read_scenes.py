"""The lists of retrieval-SfM as data: photos of 3-D models, and the pairs of them that match."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from aehash.errors import AehashError, UsageError
from aehash.generators.arrays import Rows
from aehash.generators.assemble import Content
from aehash.generators.clusters import COLUMN
from aehash.generators.fetch import Notes
from aehash.generators.groups import Groups
from aehash.generators.sfm import Scenes, read_sides
from aehash.generators.splits import make_keys
from aehash.generators.storage import FileStorage

#: Endings of such lists.
SUFFIXES = (".pkl", ".json")
#: The folder of the photos, beside the list.
PHOTOS = "ims"


def read_scene_list(path: Path, notes: Notes) -> Content:
    """Read a list such as retrieval-SfM-120k.pkl; see :mod:`aehash.generators.sfm`.

    Its sides are those of the training and of the validation; there is no test side. Two photos
    match where a pair names them, not wherever they are of one model.

    Args:
        path: The list; the photos are in the folder ``ims`` beside it.
        notes: Told of pairs that were left out.

    Returns:
        What it names, in its order.

    Raises:
        UsageError: The photos, or some of them, are not there.
        AehashError: The file holds more than plain values, other ones, or a photo twice.
    """
    sides = read_sides(path)
    names = [name for side in sides.values() for name in side.paths]
    _check_photos(path, names)
    dropped = sum(side.dropped for side in sides.values())
    if dropped:
        notes(f"{path}: {dropped:,} pairs are left out, of a photo with itself or of two models.")
    cells = [f"{name} {model}" for name, side in sides.items() for model in side.clusters.tolist()]
    keys = make_keys(names)
    return Content(
        storage=FileStorage(path.parent / PHOTOS, keys),
        keys=keys,
        labels=None,
        classes=(),
        split_of=[name for name, side in sides.items() for _ in side.paths],
        image_size=None,
        channels=3,
        groups=Groups.from_cells(cells, COLUMN, str(path)),
        pairs=_pairs(list(sides.values())),
        tested=False,
    )


def _pairs(sides: list[Scenes]) -> Rows:
    """Join the sides' pairs, by rows of the whole data."""
    starts = np.cumsum([0, *(len(side.paths) for side in sides)])
    return np.concatenate([side.pairs + start for side, start in zip(sides, starts, strict=False)])


def _check_photos(path: Path, names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise AehashError(
            f"{path}: {len(names) - len(set(names))} photos stand in both train and val."
        )
    folder = path.parent / PHOTOS
    if not folder.is_dir():
        raise UsageError(
            f"The photos of {path} belong into the folder {folder}, which is not there: unpack "
            f"the set's {PHOTOS}.tar.gz beside the list."
        )
    missing = [name for name in names if not os.path.isfile(os.path.join(folder, name))]  # noqa: PTH113, PTH118
    if missing:
        raise UsageError(
            f"{path} lists {len(missing):,} of {len(names):,} photos that are not in {folder}, the "
            f"first {missing[0]!r}."
        )
