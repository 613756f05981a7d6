"""Which database items are relevant to a query, by their labels."""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError, nearest

Relevance = Literal["any", "all", "exact"]
RELEVANCE = ("any", "all", "exact")


@dataclass(frozen=True, eq=False)
class LabelSets:
    """Labels in a form that compares quickly.

    Attributes:
        words: ``(n, words)`` uint64 holding one bit per class, or ``(n,)`` int64 class numbers.
        classes: Columns of the multi-hot labels; 0 for class numbers.
    """

    words: NDArray[np.uint64] | NDArray[np.int64]
    classes: int

    @classmethod
    def from_labels(cls, labels: NDArray[Any] | None, whose: str = "The codebook") -> Self:
        """Prepare labels.

        Args:
            labels: ``(n,)`` class numbers, negative meaning no label; or ``(n, classes)``
                multi-hot.
            whose: The subject of the message when there are none.

        Returns:
            The label sets.

        Raises:
            UsageError: There are no labels.
        """
        labels = require_labels(labels, whose)
        if labels.ndim == 1:
            return cls(np.asarray(labels, np.int64), 0)
        packed = np.packbits(np.asarray(labels, np.bool_), axis=1)
        padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
        padded[:, : packed.shape[1]] = packed
        return cls(padded.view(np.uint64), labels.shape[1])

    def __len__(self) -> int:
        """Count the items."""
        return len(self.words)

    def __getitem__(self, rows: slice) -> "LabelSets":
        """Take a block of items."""
        return LabelSets(self.words[rows], self.classes)


def relevant(queries: LabelSets, database: LabelSets, rule: Relevance = "any") -> NDArray[np.bool_]:
    """Say for every query and item whether the item is relevant.

    Args:
        queries: A block of queries.
        database: The database.
        rule: ``any``: they share a label; ``all``: the item holds all the query's labels;
            ``exact``: the labels are the same. A query without labels has no relevant items
            under ``any`` and ``all``.

    Returns:
        ``(q, n)`` bool.

    Raises:
        UsageError: The rule is unknown, or the labels are of different kinds.
    """
    if rule not in RELEVANCE:
        raise UsageError(f"There is no relevance {rule!r}.{nearest(rule, RELEVANCE)}")
    check_kinds(queries.classes, database.classes)
    if not queries.classes:
        same = queries.words[:, None] == database.words[None, :]
        return np.asarray(same if rule == "exact" else same & (queries.words >= 0)[:, None])
    return _compare(queries.words, database.words, rule)


def _compare(queries: NDArray[Any], database: NDArray[Any], rule: Relevance) -> NDArray[np.bool_]:
    shape = (len(queries), len(database))
    result = np.full(shape, rule != "any")
    for word in range(queries.shape[1]):
        query, item = queries[:, word, None], database[None, :, word]
        if rule == "any":
            result |= (query & item) != 0
        elif rule == "all":
            result &= (query & item) == query
        else:
            result &= query == item
    if rule == "all":
        result &= (queries != 0).any(axis=1, keepdims=True)
    return result


def require_labels(labels: NDArray[Any] | None, whose: str) -> NDArray[Any]:
    """Refuse to go on without labels.

    Args:
        labels: Labels, or none.
        whose: The subject of the message.

    Returns:
        The labels.

    Raises:
        UsageError: There are none.
    """
    if labels is None:
        raise UsageError(
            f"{whose} has no labels, and evaluating needs them. "
            "Extract from labelled data, or import the codes with labels."
        )
    return labels


def check_kinds(queries: int, database: int) -> None:
    """Check that labels can be compared.

    Args:
        queries: Columns of the queries' multi-hot labels; 0 for class numbers.
        database: The same for the database.

    Raises:
        UsageError: They differ.
    """
    if queries != database:
        raise UsageError(
            f"The queries' labels are {_kind(queries)} and the database's {_kind(database)}; "
            "they must be of one kind."
        )


def _kind(classes: int) -> str:
    return f"multi-hot over {classes} classes" if classes else "class numbers"
