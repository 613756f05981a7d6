"""Which classes of a folder the study of unseen classes learns from, and which it asks for."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: Of the one drawing that deals the classes to all seeds.
DRAW = 2023
_TESTED, _HELD_OUT = 5, 10


@dataclass(frozen=True)
class Sides:
    """The classes of one seed, by number, ascending.

    Attributes:
        seen: Learned from, the held-out ones among them.
        held_out: Of those, the ones that choose the epoch to keep.
        unseen: Tested.
    """

    seen: tuple[int, ...]
    held_out: tuple[int, ...]
    unseen: tuple[int, ...]


def draw_sides(classes: int, seeds: int) -> list[Sides]:
    """Deal classes to seeds: a fifth is tested and a tenth held out, other ones for every seed.

    No class is tested by two seeds, so that their queries are all different ones; and none is
    tested by one and held out by any, so that no choice is made on a class that is tested.

    Args:
        classes: How many there are.
        seeds: How many.

    Returns:
        The sides, one a seed; those of the first seeds depend on ``classes`` alone.

    Raises:
        UsageError: There are too few classes.
    """
    tested, held_out = classes // _TESTED, classes // _HELD_OUT
    if not held_out or seeds * (tested + held_out) > classes:
        most = classes // (tested + held_out) if held_out else 0
        raise UsageError(
            f"{classes} classes are enough for {most} seeds, not for {seeds}: each takes a fifth "
            "of them to test and a tenth to hold out, which no other does. Ask for fewer seeds "
            f"(--seeds), or give a folder of {_HELD_OUT} classes and more."
        )
    order = np.random.default_rng(DRAW).permutation(classes)
    found = []
    for seed in range(seeds):
        unseen = order[seed * tested : (seed + 1) * tested]
        last = classes - seed * held_out
        held = order[last - held_out : last]
        seen = np.setdiff1d(order, unseen)
        found.append(Sides(_sorted(seen), _sorted(held), _sorted(unseen)))
    return found


def labels_of(dataset: "Dataset") -> NDArray[np.int64]:
    """Give the images' classes.

    Args:
        dataset: The images.

    Returns:
        ``(n,)`` numbers.

    Raises:
        UsageError: They have none, or several each.
    """
    if dataset.labels is None or dataset.labels.ndim != 1:
        raise UsageError(
            f"The study of unseen classes needs one class an image, and {dataset.source} has "
            f"{'none' if dataset.labels is None else 'several'}: give a folder with one folder a "
            "class."
        )
    labels: NDArray[np.int64] = dataset.labels.astype(np.int64)
    return labels


def rows_of(labels: NDArray[np.int64], classes: tuple[int, ...]) -> NDArray[np.int64]:
    """Give the rows of some classes, ascending."""
    return np.flatnonzero(np.isin(labels, classes))


def write_sides(path: Path, dataset: "Dataset", sides: Sides) -> Path:
    """Write a seed's split file, where it is not there yet.

    Args:
        path: The file.
        dataset: The images.
        sides: The classes.

    Returns:
        The file: ``train`` holds the classes seen, ``val`` those held out of them.
    """
    from aehash.generators.splits import write_split

    if not path.is_file():
        labels = labels_of(dataset)
        splits = {
            "train": rows_of(labels, sides.seen),
            "val": rows_of(labels, sides.held_out),
            "test": rows_of(labels, sides.unseen),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_split(path, replace(dataset, splits=splits))
    return path


def _sorted(classes: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(each) for each in np.sort(classes))
