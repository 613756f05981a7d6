"""What each image shows, for siamese training: from a list's column or the classes."""

from __future__ import annotations

from aehash.errors import UsageError
from aehash.generators.arrays import Rows
from aehash.generators.dataset import Dataset

#: The column of a list that says so: open it with ``open_dataset(LIST, group_column=COLUMN)``,
#: which also keeps every cluster on one side of the split.
COLUMN = "cluster"


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
    if labels is None:
        raise UsageError(
            f"{dataset.source} does not say which images match: give a list with the columns "
            f"path,{COLUMN} and open it by {COLUMN}, or put the images into one folder a class."
        )
    if labels.ndim == 2:
        raise UsageError(
            f"The images of {dataset.source} have several labels each, so they do not fall into "
            f"clusters; give a list with the columns path,{COLUMN}."
        )
    return labels.astype("int64")
