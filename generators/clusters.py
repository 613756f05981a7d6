"""What each image shows, for siamese training: from a list's column or the classes."""

from __future__ import annotations

import csv
from pathlib import Path

from aehash.errors import UsageError
from aehash.generators.arrays import Rows
from aehash.generators.dataset import Dataset

#: The column of a list that says so: open it with ``open_dataset(LIST, group_column=COLUMN)``,
#: which also keeps every cluster on one side of the split. Training opens it so by itself.
COLUMN = "cluster"


def cluster_column(spec: str | Path) -> str | None:
    """Name the column of a list that says which images match.

    Args:
        spec: What is to be opened.

    Returns:
        ``cluster`` where it is a .csv or .tsv list that has such a column, else None.
    """
    path = Path(spec).expanduser()
    if path.suffix.lower() not in (".csv", ".tsv") or not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            header = next((row for row in lines if row), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return None  # what is wrong with it is said where it is opened
    return COLUMN if COLUMN in [name.strip().lower() for name in header] else None


def clusters_of(dataset: Dataset) -> Rows:
    """Give the cluster of each image: two images of one cluster match.

    Taken from the column ``cluster`` of a list that was opened by it (``path,cluster``); without
    it from the classes, such as those of class folders.

    Args:
        dataset: The images.

    Returns:
        ``(n,)`` int64.

    Raises:
        UsageError: There is neither, or images have several classes.
    """
    groups, labels = dataset.groups, dataset.labels
    if groups is not None and groups.column == COLUMN:
        return groups.of
    if labels is None and groups is not None:
        raise UsageError(
            f"{dataset.source} is grouped by the column {groups.column!r}, which does not say "
            f"which images match: leave out --group-column, so that a column {COLUMN} does."
        )
    if labels is None:
        raise UsageError(
            f"{dataset.source} does not say which images match: give a list with the columns "
            f"path,{COLUMN}, or put the images into one folder a class."
        )
    if labels.ndim == 2:
        raise UsageError(
            f"The images of {dataset.source} have several labels each, so they do not fall into "
            f"clusters; give a list with the columns path,{COLUMN}."
        )
    return labels.astype("int64")
