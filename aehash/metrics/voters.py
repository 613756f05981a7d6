"""One class for each query and database item: what votes are cast for, and rows are named by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics.relevance import require_labels
from aehash.metrics.ties import Ints

MOST_CLASSES = 1_000
"""A confusion matrix of more is neither read nor kept."""


@dataclass(frozen=True, eq=False)
class Voters:
    """Classes of queries and database, by their place among the classes that occur.

    Attributes:
        names: The classes that a query or an item has, in the order of their numbers.
        asked: ``(q,)`` int32 each query's place, -1 for a query without a label.
        held: ``(n,)`` int32 the same of the database's items.
    """

    names: Sequence[str]
    asked: NDArray[np.int32]
    held: NDArray[np.int32]

    @classmethod
    def of(cls, database: Codebook, queries: Codebook) -> Self:
        """Take them from two codebooks.

        Args:
            database: What is searched.
            queries: What is asked.

        Returns:
            The classes.

        Raises:
            UsageError: Labels are missing, an item has several, no query has one, or there are
                more than 1,000 classes.
        """
        asked = _single(queries.labels, "The set of queries")
        held = _single(database.labels, "The database")
        numbers = np.unique(np.concatenate([asked, held]))
        numbers = numbers[numbers >= 0]
        if not (asked >= 0).any():
            raise UsageError(
                "No query has a label, so there are no classes to judge by: leave --by-class out "
                "(--no-by-class)."
            )
        if len(numbers) > MOST_CLASSES:
            raise UsageError(
                f"There are {len(numbers):,} classes, and rows by class are for at most "
                f"{MOST_CLASSES:,}: leave --by-class out (--no-by-class)."
            )
        known = database.classes or queries.classes
        names = [known[n] if n < len(known) else str(n) for n in numbers.tolist()]
        return cls(names, _places(asked, numbers), _places(held, numbers))

    @property
    def queries(self) -> Ints:
        """``(classes,)`` queries of each class."""
        return self._count(self.asked)

    @property
    def database(self) -> Ints:
        """``(classes,)`` database items of each class."""
        return self._count(self.held)

    def _count(self, places: NDArray[np.int32]) -> Ints:
        found = np.bincount(places[places >= 0], minlength=len(self.names))
        return np.asarray(found, np.int64)


def _single(labels: NDArray[Any] | None, whose: str) -> Ints:
    """Take class numbers as they are, and multi-hot rows that have one label, or none."""
    labels = np.asarray(require_labels(labels, whose))
    if labels.ndim == 1:
        return labels.astype(np.int64)
    sizes = labels.sum(axis=1, dtype=np.int64)
    several = int((sizes > 1).sum())
    if several:
        raise UsageError(
            f"Rows by class need one label an item, and {whose[0].lower()}{whose[1:]} has "
            f"{several:,} of {len(sizes):,} with several: leave --by-class out (--no-by-class)."
        )
    return np.where(sizes == 1, labels.argmax(axis=1), -1).astype(np.int64)


def _places(labels: Ints, numbers: Ints) -> NDArray[np.int32]:
    if not len(numbers):
        return np.full(len(labels), -1, np.int32)
    place = np.searchsorted(numbers, np.maximum(labels, numbers[0]))
    return np.where(labels >= 0, place, -1).astype(np.int32)
