"""What a person said of database rows: relevant, or irrelevant."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import UsageError

Ints = NDArray[np.int64]


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Marks:
    """The rows marked so far.

    Attributes:
        relevant: ``(r,)`` int64 rows, ascending and distinct.
        irrelevant: ``(s,)`` int64 rows, ascending and distinct; none of them is in `relevant`.
    """

    relevant: Ints = field(default_factory=_none)
    irrelevant: Ints = field(default_factory=_none)

    def __len__(self) -> int:
        """Count the marked rows."""
        return len(self.relevant) + len(self.irrelevant)

    def __eq__(self, other: object) -> bool:
        """Tell whether the same rows are marked alike."""
        return isinstance(other, Marks) and all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.relevant, other.relevant),
                (self.irrelevant, other.irrelevant),
            )
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def rows(self) -> Ints:
        """All marked rows, the relevant ones first."""
        return np.concatenate([self.relevant, self.irrelevant])

    def added(
        self, relevant: ArrayLike, irrelevant: ArrayLike, count: int, own: int | None = None
    ) -> Self:
        """Mark further rows.

        Args:
            relevant: ``(r,)`` row numbers; one that is marked so already may come again.
            irrelevant: ``(s,)`` row numbers.
            count: Rows of the database.
            own: The row that is the query itself, which cannot be marked.

        Returns:
            These marks and the further ones.

        Raises:
            UsageError: A row is not there, is the query itself, or is marked both ways, now or
                by an earlier mark.
        """
        good = check_rows("relevant", relevant, count)
        bad = check_rows("irrelevant", irrelevant, count)
        _refuse_own(np.concatenate([good, bad]), own)
        _refuse("both relevant and irrelevant", np.intersect1d(good, bad), "Mark it one way.")
        for rows, earlier, word in (
            (good, self.irrelevant, "irrelevant"),
            (bad, self.relevant, "relevant"),
        ):
            remedy = f"It was marked {word} before: take that mark back first."
            _refuse("the other way now", np.intersect1d(rows, earlier), remedy)
        return type(self)(np.union1d(self.relevant, good), np.union1d(self.irrelevant, bad))

    def without(self, rows: ArrayLike, count: int) -> Self:
        """Take marks back.

        Args:
            rows: ``(m,)`` marked row numbers.
            count: Rows of the database.

        Returns:
            The other marks.

        Raises:
            UsageError: A row is not there or not marked.
        """
        gone = check_rows("rows", rows, count)
        _refuse("not at all", np.setdiff1d(gone, self.rows), "There is no mark to take back.")
        return type(self)(np.setdiff1d(self.relevant, gone), np.setdiff1d(self.irrelevant, gone))


def check_rows(name: str, rows: ArrayLike, count: int) -> Ints:
    """Check row numbers.

    Args:
        name: What they are, for the message.
        rows: ``(m,)`` whole numbers, in any order.
        count: Rows of the database.

    Returns:
        The numbers, ascending and distinct.

    Raises:
        UsageError: They are something else, or a row is not there.
    """
    given: NDArray[Any] = np.asarray(list(rows) if isinstance(rows, Iterable) else rows)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise UsageError(f"{name} must be a list of row numbers, not {rows!r}.")
    wrong = given[(given < 0) | (given >= count)] if given.size else given
    if wrong.size:
        raise UsageError(
            f"There is no row {wrong[0]}: the database has {count:,}, numbered from 0."
        )
    return np.unique(given.astype(np.int64))


def _refuse(how: str, rows: Ints, remedy: str) -> None:
    if rows.size:
        raise UsageError(f"Row {rows[0]} is marked {how}. {remedy}")


def _refuse_own(rows: Ints, own: int | None) -> None:
    if own is not None and own in rows:
        raise UsageError(
            f"Row {own} is the query itself, which counts as relevant anyway: mark other rows."
        )
