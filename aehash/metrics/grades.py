"""How many labels a query and an item share, and from how many on the item is relevant.

A pair's *level* is the number of labels they share; under ``exact``, one more where the labels
are the same. Class numbers have two levels: 0, and 1 where they are equal. An item is relevant
from the query's ``least`` level on, and its *gain* is its level, at most the query's labels.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.codebook.arrays import check_class_numbers
from aehash.errors import UsageError
from aehash.index.words import words
from aehash.metrics.relevance import Relevance, check_kinds, require_labels

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Grades:
    """Labels of queries and of a database, laid out to be compared pair by pair.

    Attributes:
        asked: ``(words, q)`` uint64: a bit per class, or one column of class numbers.
        held: ``(words, n)`` uint64, the same for the database.
        held_sizes: ``(n,)`` uint32 labels of each item; ``(0,)`` unless the rule is ``exact``.
        sizes: ``(q,)`` int64 labels of each query: the largest gain there can be.
        least: ``(q,)`` int64 the level from which an item is relevant.
        levels: ``(q,)`` int64 how many levels the query's pairs can have, 0 included.
        multi: Whether labels are multi-hot.
    """

    asked: NDArray[np.uint64]
    held: NDArray[np.uint64]
    held_sizes: NDArray[np.uint32]
    sizes: Ints
    least: Ints
    levels: Ints
    multi: bool

    @classmethod
    def from_labels(
        cls, queries: NDArray[Any] | None, database: NDArray[Any] | None, rule: Relevance
    ) -> Self:
        """Lay labels out.

        Args:
            queries: ``(q,)`` class numbers, negative meaning none, or ``(q, classes)`` multi-hot.
            database: The same for the database.
            rule: ``any``, ``all`` or ``exact``.

        Returns:
            The grades.

        Raises:
            UsageError: Labels are missing, of two kinds, or not labels.
        """
        held = checked_labels(database, "The database")
        asked = checked_labels(queries, "The set of queries")
        check_kinds(_kind(asked), _kind(held))
        if asked.ndim == 1:
            return cls._from_numbers(asked, held, rule)
        sizes = asked.sum(axis=1, dtype=np.int64)
        least = {"any": np.ones_like(sizes), "all": np.maximum(sizes, 1), "exact": sizes + 1}
        held_sizes = held.sum(axis=1, dtype=np.uint32) if rule == "exact" else np.empty(0, "u4")
        columns = _columns(asked), _columns(held)
        levels = sizes + (2 if rule == "exact" else 1)
        return cls(*columns, held_sizes, sizes, least[rule], levels, True)

    @classmethod
    def _from_numbers(cls, asked: Ints, held: Ints, rule: Relevance) -> Self:
        """Class numbers; a query without a label has nothing relevant, except under ``exact``."""
        labelled = (asked >= 0) | (rule == "exact")
        columns = asked.view(np.uint64)[None], held.view(np.uint64)[None]
        sizes, least = labelled.astype(np.int64), np.where(labelled, 1, 2)
        return cls(*columns, np.empty(0, np.uint32), sizes, least, np.full_like(sizes, 2), False)

    def of_rows(self, rows: slice) -> "Grades":
        """Take a block of queries.

        Args:
            rows: Which.

        Returns:
            Their grades, against the whole database.
        """
        return Grades(
            self.asked[:, rows],
            self.held,
            self.held_sizes,
            self.sizes[rows],
            self.least[rows],
            self.levels[rows],
            self.multi,
        )

    def table(self) -> NDArray[np.uint32]:
        """Compare every pair.

        Returns:
            ``(q, n)`` uint32 levels.
        """
        shape = (self.asked.shape[1], self.held.shape[1])
        result = np.zeros(shape, np.uint32)
        for asked, held in zip(self.asked, self.held, strict=True):
            for row, word in zip(result, asked, strict=True):
                row += np.bitwise_count(held & word) if self.multi else held == word
        if self.held_sizes.size:
            for row, size in zip(result, self.sizes, strict=True):
                row += (row == size) & (self.held_sizes == size)
        return result

    def of_pairs(self, queries: NDArray[np.integer], rows: NDArray[np.integer]) -> Ints:
        """Compare queries with one item each.

        Args:
            queries: ``(m,)`` which queries.
            rows: ``(m,)`` database rows.

        Returns:
            ``(m,)`` int64 levels.
        """
        asked, held = self.asked[:, queries], self.held[:, rows]
        if not self.multi:
            return np.asarray(asked[0] == held[0], np.int64)
        result = np.bitwise_count(asked & held).sum(axis=0, dtype=np.int64)
        if self.held_sizes.size:
            size = self.sizes[queries]
            result += (result == size) & (self.held_sizes[rows] == size)
        return np.asarray(result)

    def of_items(self, query: int, rows: NDArray[np.integer]) -> NDArray[np.uint32]:
        """Compare one query with some items.

        Args:
            query: Which query.
            rows: ``(m,)`` database rows.

        Returns:
            ``(m,)`` uint32 levels.
        """
        result = np.zeros(len(rows), np.uint32)
        for asked, held in zip(self.asked[:, query], self.held, strict=True):
            if self.multi and asked:
                result += np.bitwise_count(held[rows] & asked)
            elif not self.multi:
                result += held[rows] == asked
        if self.held_sizes.size:
            size = self.sizes[query]
            result += (result == size) & (self.held_sizes[rows] == size)
        return result


def checked_labels(labels: NDArray[Any] | None, whose: str) -> NDArray[Any]:
    """Check that labels are labels.

    Args:
        labels: ``(n,)`` class numbers or ``(n, classes)`` multi-hot.
        whose: The subject of the message.

    Returns:
        ``(n,)`` int64 or ``(n, classes)`` bool.

    Raises:
        UsageError: There are none, or they are neither, or beyond int64.
    """
    array = np.asarray(require_labels(labels, whose))
    if array.ndim not in (1, 2) or array.dtype.kind not in "buif" or not all(array.shape[1:]):
        raise UsageError(
            f"{whose} has labels of type {array.dtype} and shape {array.shape}: they must be "
            "(n,) class numbers or (n, classes) multi-hot, every row of the same length."
        )
    if array.ndim == 1:
        check_class_numbers(array, f"{whose} has")
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int64 if array.ndim == 1 else np.bool_, copy=False)
    if not _same(whole, array):
        row = int(np.argwhere(whole != array)[0, 0])
        raise UsageError(
            f"{whose} has the label {array[row]} in row {row}: labels are whole class numbers, "
            "or 0 and 1 by class."
        )
    return np.ascontiguousarray(whole)


def _kind(labels: NDArray[Any]) -> int:
    return 0 if labels.ndim == 1 else labels.shape[1]


def _same(whole: NDArray[Any], array: NDArray[Any]) -> bool:
    """Say whether nothing was lost; a look at the extremes is enough for whole numbers."""
    if array.dtype.kind == "f":
        return np.array_equal(whole, array)
    if array.ndim == 1 or array.dtype == np.bool_:
        return True
    return not array.size or (array.min() >= 0 and array.max() <= 1)


def _columns(labels: NDArray[np.bool_]) -> NDArray[np.uint64]:
    return words(np.packbits(labels, axis=1))
