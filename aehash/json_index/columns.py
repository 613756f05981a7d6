"""The columns of a codebook, filled a row at a time from a JSON index and written as they come."""

import re
import reprlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from aehash.bits import packed_width
from aehash.codebook.files import NpyWriter
from aehash.errors import AehashError

_NUMBERS = {int, float}
_FEATURES = 1 << 17
_DIGITS = 1 << 20
_HEX = re.compile(r"[0-9a-fA-F]*")


class GrowingNpy(NpyWriter):
    """Write one ``.npy`` file, rows at a time, until there are no more.

    NumPy leaves room in the header for the number of rows, which is written last.

    Args:
        path: The file to make.
        row: The shape of a row.
        dtype: Its type.
    """

    def __init__(self, path: Path, row: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        super().__init__(path, (0, *row), dtype)
        self._head = self._file.tell()

    def close(self) -> dict[str, Any]:
        """Close the file.

        Returns:
            Its entry for the manifest.
        """
        self._shape = (self._rows, *self._shape[1:])
        about = {"descr": npy_format.dtype_to_descr(self._dtype), "fortran_order": False}
        self._file.seek(0)
        npy_format.write_array_header_1_0(self._file, {**about, "shape": self._shape})
        if self._file.tell() != self._head:
            raise AehashError(f"{self._path.name} has no room for {self._rows} rows in its header.")
        return super().close()


class Column(ABC):
    """One thing that each image has, or none of them.

    Args:
        name: The file's name, for messages.

    Attributes:
        rows: How many were taken, absent ones included.
        used: Whether the images have it; unknown before the first.
    """

    what = "value"

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = 0
        self.used: bool | None = None

    def add(self, value: Any) -> None:
        """Take the next row's.

        Args:
            value: As read, or None where the row has none.

        Raises:
            AehashError: It is not what it should be, or there while others' are not; the message
                names the row.
        """
        there = value is not None
        if there is not self.used:
            self._meet(there)
        if there:
            self.take(value)
        self.rows += 1

    def fault(self, what: str, row: int | None = None) -> AehashError:
        """Make the error that names a row, by default the one being taken."""
        return AehashError(f"Row {self.rows if row is None else row} of {self.name} {what}")

    def _meet(self, there: bool) -> None:
        if self.used is not None:
            has, had = ("has a", "has none") if there else ("has no", "has one")
            raise self.fault(
                f"{has} {self.what}, and row 0 {had}: give every image one, or leave all out."
            )
        self.used = there

    @abstractmethod
    def take(self, value: Any) -> None:
        """Check a value and keep it."""


class FeatureColumn(Column):
    """The features: written as soon as there are enough of them.

    Args:
        name: The file's name, for messages.
        path: The ``.npy`` file to make.
        width: Features a row; by default what the first row has.
    """

    what = "row of features"

    def __init__(self, name: str, path: Path, width: int | None) -> None:
        super().__init__(name)
        self.width = width
        self._stated = "the header says" if width else "row 0 has"
        self._path = path
        self._writer: GrowingNpy | None = None
        self._block: list[list[float]] = []
        self._first = 0

    def take(self, value: Any) -> None:
        """Check a row of numbers and keep it."""
        if type(value) is not list or not value or not set(map(type, value)) <= _NUMBERS:
            raise self.fault(_why_not_features(value))
        if len(value) != self.width:
            if self.width is not None:
                raise self.fault(
                    f"has {len(value)} features where {self._stated} {self.width}: "
                    "all rows have the same number."
                )
            self.width = len(value)
        if not self._block:
            self._first = self.rows
        self._block.append(value)
        if len(self._block) * len(value) >= _FEATURES:
            self._flush()

    def _flush(self) -> None:
        if not self._block:
            return
        numbers = self._array()
        finite = np.isfinite(numbers).all(axis=1)
        if not finite.all():
            raise self._beyond(int(np.flatnonzero(~finite)[0]))
        if self._writer is None:
            self._writer = GrowingNpy(self._path, numbers.shape[1:], numbers.dtype)
        self._writer.append(numbers)
        self._block = []

    def _array(self) -> NDArray[np.float32]:
        with np.errstate(over="ignore"):
            try:
                return np.array(self._block, np.float32)
            except OverflowError:  # a whole number beyond float64
                far = (any(abs(each) > 1e300 for each in row) for row in self._block)
                raise self._beyond(list(far).index(True)) from None

    def _beyond(self, row: int) -> AehashError:
        what = "has a feature beyond float32, where it is infinite: scale the features down."
        return self.fault(what, self._first + row)

    def close(self) -> dict[str, Any]:
        """Write the rest.

        Returns:
            The file's entry for the manifest.
        """
        self._flush()
        if self._writer is None:
            raise AehashError(f"{self.name} has no features.")
        return self._writer.close()


def _why_not_features(value: Any) -> str:
    if type(value) is not list or not value:
        return f"should have an array of numbers as its features, not {reprlib.repr(value)}."
    wrong = next(each for each in value if type(each) not in _NUMBERS)
    return f"has {reprlib.repr(wrong)} among its features, which is no number."


class CodeColumn(Column):
    """The codes, if the file has any: written as soon as there are enough of them.

    Args:
        name: The file's name, for messages.
        path: The ``.npy`` file to make.
        bits: Bits per code, as the header says.
    """

    what = "code"

    def __init__(self, name: str, path: Path, bits: int | None) -> None:
        super().__init__(name)
        self._path = path
        self._bits = bits
        self._width = packed_width(bits) if bits else 0
        self._writer: GrowingNpy | None = None
        self._block: list[str] = []
        self._first = 0

    def take(self, value: Any) -> None:
        """Check a code and keep it."""
        if self._bits is None:
            raise self.fault("has a code, and the header does not say 'bits': write how many.")
        if not isinstance(value, str) or len(value) != 2 * self._width:
            raise self.fault(
                f"has the code {reprlib.repr(value)}, and {self._bits} bits are "
                f"{2 * self._width} hexadecimal digits, as 'bits' in the header says."
            )
        if not self._block:
            self._first = self.rows
        self._block.append(value)
        if len(self._block) * len(value) >= _DIGITS:
            self._flush()

    def _flush(self) -> None:
        if not self._block:
            return
        if not _HEX.fullmatch("".join(self._block)):
            row = next(n for n, each in enumerate(self._block) if not _HEX.fullmatch(each))
            what = f"has the code {reprlib.repr(self._block[row])}, which is not hexadecimal."
            raise self.fault(what, self._first + row)
        packed = np.frombuffer(bytes.fromhex("".join(self._block)), np.uint8)
        packed = packed.reshape(-1, self._width)
        spare = 8 * self._width - (self._bits or 0)
        beyond = np.flatnonzero(packed[:, -1] & ((1 << spare) - 1))
        if beyond.size:
            what = f"has a code with bits set beyond its {self._bits}: the last digits are 0 there."
            raise self.fault(what, self._first + int(beyond[0]))
        if self._writer is None:
            self._writer = GrowingNpy(self._path, packed.shape[1:], packed.dtype)
        self._writer.append(packed)
        self._block = []

    def close(self) -> dict[str, Any]:
        """Write the rest.

        Returns:
            The file's entry for the manifest.
        """
        self._flush()
        if self._writer is None:
            raise AehashError(f"{self.name} has no codes.")
        return self._writer.close()
