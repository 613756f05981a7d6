"""Tuples for siamese training: what an epoch trains on, and images as the net sees them.

Rows are those of the data set; a cluster is what an image shows, such as one building. Images of
one cluster match, images of two do not.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import AehashError, UsageError

Rows = NDArray[np.int64]

_OFF = 1e-3
"""How far from 1 the length of a descriptor may be: half precision is 5e-4 off."""


@dataclass(frozen=True, eq=False)
class Described:
    """Images with the cluster they belong to and what the net makes of them.

    Attributes:
        rows: ``(m,)`` their rows in the data set.
        clusters: ``(m,)`` int64: what they show. Images of one cluster match, others do not.
        descriptors: ``(m, d)`` float32 of length 1.
    """

    rows: Rows
    clusters: Rows
    descriptors: NDArray[np.float32]

    @classmethod
    def of(cls, rows: ArrayLike, clusters: ArrayLike, descriptors: NDArray[np.float32]) -> Self:
        """Check them.

        Args:
            rows: ``(m,)`` in the data set.
            clusters: ``(n,)`` of the whole data set, not of these rows alone.
            descriptors: ``(m, d)`` float32 of length 1, those of the rows.

        Returns:
            The images.

        Raises:
            UsageError: They do not fit each other, a row is beyond the data set, or a descriptor
                is of another length.
            AehashError: A descriptor holds NaN or infinity.
        """
        groups = check_clusters(clusters)
        chosen = check_rows("rows", rows, len(groups))
        if descriptors.ndim != 2 or len(descriptors) != len(chosen):
            raise UsageError(
                f"The descriptors are of shape {descriptors.shape} and there are {len(chosen)} "
                "rows: one descriptor each is needed."
            )
        lengths = np.sqrt(np.einsum("ij,ij->i", descriptors, descriptors, dtype=np.float64))
        if not np.isfinite(lengths).all():
            row = chosen[np.flatnonzero(~np.isfinite(lengths))[0]]
            raise AehashError(
                f"The descriptor of row {row} holds NaN or infinity: the net has diverged. Lower "
                "the learning rate."
            )
        off = np.flatnonzero(np.abs(lengths - 1) > _OFF)
        if off.size:
            zero = lengths[off[0]] == 0
            raise UsageError(
                f"The descriptor of row {chosen[off[0]]} has length {lengths[off[0]]:.4g}, and "
                "must have 1: "
                + (
                    "no map of the net responds to this image; leave it out."
                    if zero
                    else "divide descriptors by their lengths before they are compared."
                )
            )
        return cls(chosen, groups[chosen], np.asarray(descriptors, np.float32))

    def __len__(self) -> int:
        """Count the images."""
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Tuples:
    """What an epoch trains on.

    Attributes:
        queries: ``(t,)`` rows.
        positives: ``(t,)`` rows: an image that matches each query.
        negatives: ``(t, n)`` rows that do not match it, the hardest first.
    """

    queries: Rows
    positives: Rows
    negatives: Rows

    @classmethod
    def of(
        cls, queries: ArrayLike, positives: ArrayLike, negatives: ArrayLike, clusters: ArrayLike
    ) -> Self:
        """Check tuples against the clusters.

        Args:
            queries: ``(t,)`` rows.
            positives: ``(t,)`` rows.
            negatives: ``(t, n)`` rows.
            clusters: ``(n,)`` of the whole data set.

        Returns:
            The tuples.

        Raises:
            UsageError: A query is its own match or has none, a match is of another cluster, a
                negative of the query's own, or two negatives of one cluster.
        """
        groups = check_clusters(clusters)
        asked = check_rows("queries", queries, len(groups), twice=True)
        matches = check_rows("positives", positives, len(groups), twice=True)
        others = np.asarray(negatives)
        if len(matches) != len(asked) or others.ndim != 2 or len(others) != len(asked):
            raise UsageError(
                f"{len(asked)} queries, {len(matches)} positives and negatives of shape "
                f"{others.shape}: every tuple needs a query, one positive and its negatives."
            )
        flat = check_rows("negatives", others.reshape(-1), len(groups), twice=True)
        made = cls(asked, matches, flat.reshape(others.shape))
        made._check(groups)
        return made

    def __len__(self) -> int:
        """Count the tuples."""
        return len(self.queries)

    @property
    def rows(self) -> Rows:
        """``(t, 2 + n)``: query, positive, negatives, in the order in which losses take them."""
        return np.column_stack([self.queries, self.positives, self.negatives])

    def _check(self, groups: Rows) -> None:
        own, others = groups[self.queries], groups[self.negatives]
        ordered = np.sort(others, axis=1)
        wrong = {
            "is a pair of one image with itself": self.queries == self.positives,
            "has a positive of another cluster": groups[self.positives] != own,
            "has a negative of the query's own cluster": (others == own[:, None]).any(axis=1),
            "has two negatives of one cluster": (ordered[:, 1:] == ordered[:, :-1]).any(axis=1),
        }
        for what, where in wrong.items():
            if where.any():
                number = int(np.flatnonzero(where)[0])
                raise UsageError(
                    f"Tuple {number} (query: row {self.queries[number]}) {what}: mine the tuples "
                    "with the clusters they are trained with."
                )


def check_clusters(clusters: ArrayLike) -> Rows:
    """Check the clusters of a data set.

    Args:
        clusters: ``(n,)`` whole numbers.

    Returns:
        ``(n,)`` int64.

    Raises:
        UsageError: They are something else.
    """
    array = np.asarray(clusters)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise UsageError(
            f"Clusters are one whole number an image, (n,), not {array.dtype} of shape "
            f"{array.shape}."
        )
    return array.astype(np.int64)


def check_rows(name: str, rows: ArrayLike, count: int, *, twice: bool = False) -> Rows:
    """Check rows of a data set.

    Args:
        name: What they are, for the message.
        rows: ``(m,)`` whole numbers.
        count: How many rows the data set has.
        twice: Whether a row may stand more than once.

    Returns:
        ``(m,)`` int64.

    Raises:
        UsageError: They are something else, beyond the data set, or stand twice.
    """
    array = np.asarray(rows)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise UsageError(
            f"{name} must be row numbers (m,), not {array.dtype} of shape {array.shape}."
        )
    outside = (array < 0) | (array >= count)
    if outside.any():
        raise UsageError(
            f"{name} names row {array[outside][0]}, and the data set's rows go from 0 to "
            f"{count - 1}."
        )
    if not twice:
        values, counts = np.unique(array, return_counts=True)
        if (counts > 1).any():
            raise UsageError(f"{name} names row {values[counts > 1][0]} twice; once is enough.")
    return array.astype(np.int64)
