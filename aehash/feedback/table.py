"""The database of a feedback session, read a block at a time: features, or codes as ±1 vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_packed, unpack
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError, nearest
from aehash.index.blas import single_threaded
from aehash.index.checks import check_queries, table
from aehash.parallel import run, split

Floats = NDArray[np.float64]
On = Literal["features", "codes"]
ON = ("features", "codes")
_PART = 1 << 16
"""Numbers brought to float64 at once by a thread, so that they stay in its cache."""
_NOTHING = 1e-20
"""A variance below this, of the largest squared norm, is rounding."""
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Table:
    """Rows that can be ranked; never all of them in float64 at once.

    Attributes:
        rows: ``(n, d)`` float32 features, or ``(n, ceil(bits / 8))`` uint8 packed codes; either
            may be memory-mapped.
        bits: Bits per code; None for features.
    """

    rows: NDArray[np.float32] | NDArray[np.uint8]
    bits: int | None = None

    @classmethod
    def of_features(cls, features: NDArray[Any]) -> Self:
        """Take features.

        Args:
            features: ``(n, d)`` float32, not empty.

        Returns:
            The table.

        Raises:
            UsageError: They are of another type or shape, or there are none.
        """
        features = table("features", features)
        if features.ndim != 2 or features.dtype != np.float32 or not features.size:
            raise UsageError(
                "Feedback takes float32 features (n, d), at least one row of them, not "
                f"{features.dtype} of shape {features.shape}."
            )
        return cls(features)

    @classmethod
    def of_codes(cls, packed: NDArray[np.uint8], bits: int) -> Self:
        """Take codes: a bit that is set is 1, another -1, so that distances order as Hamming's.

        Args:
            packed: ``(n, ceil(bits / 8))`` uint8, not empty.
            bits: Bits per code.

        Returns:
            The table.

        Raises:
            UsageError: They are of another type or width, or there are none.
        """
        packed = check_packed(table("codes", packed), bits)
        if not len(packed):
            raise UsageError("There are no codes to rank: the database is empty.")
        return cls(packed, bits)

    @classmethod
    def of_book(cls, book: Codebook, on: On = "features") -> Self:
        """Take a codebook's features or codes.

        Args:
            book: The database.
            on: ``features`` or ``codes``.

        Returns:
            The table.

        Raises:
            UsageError: The codebook keeps no features, or is empty.
        """
        if on not in ON:
            raise UsageError(f"Feedback works on features or codes, not {on!r}.{nearest(on, ON)}")
        if on == "codes":
            return cls.of_codes(book.codes, book.bits)
        if book.features is None:
            raise UsageError(
                "The codebook keeps no features. Give feedback on its codes, or extract again."
            )
        return cls.of_features(book.features)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """Numbers a row, d."""
        return self.bits if self.bits is not None else int(self.rows.shape[1])

    def take(self, rows: slice | NDArray[np.int64]) -> Floats:
        """Read some rows.

        Args:
            rows: Which.

        Returns:
            ``(m, d)`` float64, C-contiguous.
        """
        chosen = self.rows[rows]
        if self.bits is None:
            return np.asarray(chosen, np.float64, order="C")
        signs = unpack(np.asarray(chosen, np.uint8), self.bits).astype(np.float64)
        signs *= 2
        signs -= 1
        return signs

    def query(self, vector: NDArray[Any]) -> NDArray[np.float32]:
        """Check a query's features.

        Args:
            vector: ``(d,)`` real numbers.

        Returns:
            ``(d,)`` float32.

        Raises:
            UsageError: There are none, or they are of another width or type.
            AehashError: One is NaN, infinite or beyond float32.
        """
        if vector is None:
            raise UsageError("The query has no features: extract them first, or ask with its code.")
        asked = table("query", vector)
        if asked.shape != (self.width,):
            raise UsageError(
                f"The query's features are of shape {asked.shape} and the database has "
                f"{self.width} a row: they must come from the same model."
            )
        checked: NDArray[np.float32] = check_queries(asked[None])[0]
        return checked

    def code(self, packed: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn a query's code into a ±1 vector.

        Args:
            packed: ``(ceil(bits / 8),)`` uint8.

        Returns:
            ``(bits,)`` float32.

        Raises:
            UsageError: It is of another width or type, or the rows are features.
        """
        if self.bits is None:
            raise UsageError("The database holds features, so a query needs features, not a code.")
        code = np.atleast_2d(table("query", packed))
        signs: NDArray[np.float32] = unpack(code, self.bits)[0].astype(np.float32) * 2 - 1
        return signs

    def map(self, function: Callable[[slice, Floats], _T], threads: int) -> list[_T]:
        """Call a function for all rows, block by block and in threads.

        Args:
            function: Takes a block's place and its rows, ``(m, d)`` float64, which it may change.
            threads: How many.

        Returns:
            What the calls returned, in the order of the rows.
        """

        def work(part: slice) -> list[_T]:
            starts = range(part.start, part.stop, step)
            blocks = [slice(start, min(start + step, part.stop)) for start in starts]
            return [function(block, self.take(block)) for block in blocks]

        step = max(1, _PART // self.width)  # the same blocks, however many threads
        with single_threaded():
            parts = run(work, split(len(self), threads, step))
        return [each for part in parts for each in part]

    @cached_property
    def size(self) -> tuple[float, float]:
        """How large the rows are: their total variance, and the largest norm.

        The variance is 0 where all rows are the same but for rounding.

        Raises:
            AehashError: A row holds NaN or infinity.
        """
        return self._size(lambda rows: rows)

    @cached_property
    def unit_size(self) -> tuple[float, float]:
        """The same of the rows divided by their norms."""
        return self._size(unit)

    def _size(self, change: Callable[[Floats], Floats]) -> tuple[float, float]:
        middle = change(self.take(slice(0, 1)))[0]

        def sums(block: slice, rows: Floats) -> tuple[Floats, float, float]:
            squares = np.einsum("ij,ij->i", rows, rows)
            if not np.isfinite(squares).all():
                row = block.start + int(np.flatnonzero(~np.isfinite(squares))[0])
                raise AehashError(
                    f"The features of row {row} hold NaN or infinity. Extract them again."
                )
            rows = change(rows)
            largest = float(np.einsum("ij,ij->i", rows, rows).max())
            rows -= middle
            return rows.sum(axis=0), float(np.einsum("ij,ij->", rows, rows)), largest

        total, squared, largest = zip(*self.map(sums, 1), strict=True)
        mean = np.sum(total, axis=0) / len(self)
        variance = sum(squared) / len(self) - float(mean @ mean)
        if variance <= _NOTHING * max(largest):
            variance = 0.0
        return variance, float(np.sqrt(max(largest)))


def unit(rows: Floats) -> Floats:
    """Divide rows by their Euclidean norms.

    Args:
        rows: ``(m, d)`` float64, changed in place; a row of zeros stays.

    Returns:
        The same array.
    """
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    norms[norms == 0] = 1.0
    rows /= norms[:, None]
    return rows
