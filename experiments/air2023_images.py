"""Which images air2023's studies learn from, search and ask for."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.experiments.air2023_sizes import Size

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

LEARN, SEARCH = "learn.json", "search.json"


def write_splits(folder: Path, dataset: "Dataset", size: Size) -> None:
    """Write which images are learned from (``learn.json``), and searched and asked for.

    The first images of each class are taken, in the data's own order. No test image is learned
    from, and none chooses anything.

    Args:
        folder: Where the two split files are put; those that are there stay.
        dataset: The images.
        size: How many of each class.

    Raises:
        UsageError: The images have not one label each.
    """
    labels = labels_of(dataset)
    train, test = dataset.rows("train"), dataset.rows("test")
    if size.held_out is None:
        held, learn = dataset.rows("val"), train
    else:
        held = first_of_each(train, labels, size.held_out)
        learn = first_of_each(np.setdiff1d(train, held), labels, size.learn)
    database, queries = (
        first_of_each(train, labels, size.database),
        first_of_each(test, labels, size.queries),
    )
    none = train[:0]
    _write(folder / LEARN, dataset, {"train": np.union1d(learn, held), "val": held, "test": none})
    _write(folder / SEARCH, dataset, {"train": database, "val": none, "test": queries})


def labels_of(dataset: "Dataset") -> NDArray[np.int64]:
    """Give the images' labels.

    Args:
        dataset: The images.

    Returns:
        ``(n,)`` class numbers.

    Raises:
        UsageError: They have none, or several each.
    """
    if dataset.labels is None or dataset.labels.ndim != 1:
        raise UsageError(
            f"The studies of air2023 need data with one label an image, and {dataset.source} has "
            f"{'none' if dataset.labels is None else 'several'}."
        )
    labels: NDArray[np.int64] = dataset.labels.astype(np.int64)
    return labels


def _write(path: Path, dataset: "Dataset", splits: Mapping[str, NDArray[np.int64]]) -> None:
    from aehash.generators.splits import write_split

    if not path.is_file():
        write_split(path, replace(dataset, splits=splits))


def first_of_each(
    rows: NDArray[np.int64], labels: NDArray[np.int64], count: int | None
) -> NDArray[np.int64]:
    """Take the first rows of each class, in their order.

    Args:
        rows: Some.
        labels: ``(n,)`` class numbers of all.
        count: How many of each class; None takes all.

    Returns:
        Those rows, ascending.
    """
    if count is None:
        return rows
    taken = [rows[labels[rows] == label][:count] for label in np.unique(labels[rows])]
    return np.sort(np.concatenate(taken))
