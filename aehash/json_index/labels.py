"""The labels of a JSON index: names or numbers, one a row or a list of them, or none."""

import difflib
import reprlib
from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook.files import NpyWriter
from aehash.errors import AehashError
from aehash.json_index.columns import Column
from aehash.json_index.header import MAX_COLUMNS, Header, is_text

_LARGEST = 2**63 - 1
_BLOCK = 1 << 22


class LabelColumn(Column):
    """Class numbers; what is in memory is 8 bytes a label.

    Names get numbers by the header's ``classes``; where it has none, by the alphabet, which is
    known in the end.

    Args:
        name: The file's name, for messages.
        header: Its header.
    """

    what = "label"

    def __init__(self, name: str, header: Header) -> None:
        super().__init__(name)
        self._classes = header.classes
        self._columns = len(header.classes) or header.label_columns
        self._names = {each: number for number, each in enumerate(header.classes)}
        counts = Counter(header.classes)
        self._twice = {each for each, count in counts.items() if count > 1}
        self._many: bool | None = None
        self._named: bool | None = None
        self._numbers = array("q")
        self._counts = array("q")

    def take(self, value: Any) -> None:
        """Check a label or a list of labels and keep it."""
        many = type(value) is list
        if many is not self._many:
            self._meet_form(many)
        if not many:
            self._numbers.append(self._number(value))
            return
        numbers = [self._number(each) for each in value]
        if len(set(numbers)) < len(numbers):
            raise self.fault(f"has a label twice: {reprlib.repr(value)}.")
        self._numbers.extend(numbers)
        self._counts.append(len(numbers))

    def _meet_form(self, many: bool) -> None:
        if self._many is not None:
            has, had = ("a list of labels", "one") if many else ("one label", "a list")
            raise self.fault(
                f"has {has}, and row 0 has {had}: write them all alike, lists where there can be "
                "several."
            )
        self._many = many

    def _number(self, value: Any) -> int:
        if isinstance(value, str):
            self._meet_kind(named=True)
            number = self._names.get(value)
            return self._new_name(value) if number is None or value in self._twice else number
        if type(value) is not int:
            raise self.fault(
                f"has the label {reprlib.repr(value)}, which is no class name, no class number "
                "and no list of them."
            )
        if value >= 0:
            self._meet_kind(named=False)
        self._check_range(value)
        return value

    def _meet_kind(self, named: bool) -> None:
        if self._named is None:
            self._named = named
        elif named is not self._named:
            has, had = ("name", "numbers") if named else ("number", "names")
            raise self.fault(f"has a class {has} as its label, where earlier rows have {had}.")

    def _new_name(self, name: str) -> int:
        if name in self._twice:
            raise self.fault(f"has the label {name!r}, which stands twice in the header's classes.")
        if self._classes:
            close = difflib.get_close_matches(name, self._classes, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise self.fault(f"has the label {name!r}, which is not in the header's classes.{hint}")
        if not is_text(name):
            raise self.fault(f"has the label {name!r}, which is not text that UTF-8 can hold.")
        self._names[name] = len(self._names)
        return self._names[name]

    def _check_range(self, number: int) -> None:
        least = 0 if self._many else -_LARGEST - 1
        most = self._columns - 1 if self._columns else MAX_COLUMNS - 1 if self._many else _LARGEST
        if not least <= number <= most:
            raise self.fault(
                f"has the class number {number}, and {least} to {most} are possible. "
                "Say in the header's 'classes' what there is, and number from 0."
            )

    def classes(self) -> list[str]:
        """Name the classes.

        Returns:
            The header's; else the names met, in the order of the alphabet; else none.
        """
        return self._classes or sorted(self._names)

    def write(self, path: Path) -> dict[str, Any]:
        """Write the labels.

        Args:
            path: The ``.npy`` file to make.

        Returns:
            Its entry for the manifest.

        Raises:
            AehashError: There are too many classes for lists of labels.
        """
        numbers = np.frombuffer(self._numbers, np.int64)
        if not self._classes and self._names:
            order = {name: number for number, name in enumerate(sorted(self._names))}
            new = np.array([order[name] for name in self._names], np.int64)
            numbers = np.where(numbers < 0, numbers, new[np.maximum(numbers, 0)])
        if not self._many:
            with NpyWriter(path, (len(numbers),), np.dtype(np.int64)) as writer:
                writer.append(numbers)
                return writer.close()
        return self._write_many(path, numbers)

    def _write_many(self, path: Path, numbers: NDArray[np.int64]) -> dict[str, Any]:
        columns = self._columns or int(numbers.max(initial=0)) + 1
        if columns > MAX_COLUMNS:
            raise AehashError(
                f"{self.name} has {columns:,} classes, and several labels a row can be of "
                f"{MAX_COLUMNS:,} at most."
            )
        counts = np.frombuffer(self._counts, np.int64)
        ends = np.cumsum(counts)
        step = max(1, _BLOCK // columns)
        with NpyWriter(path, (self.rows, columns), np.dtype(np.uint8)) as writer:
            for start in range(0, self.rows, step):
                part = counts[start : start + step]
                first = ends[start] - counts[start]
                rows = np.repeat(np.arange(len(part)), part)
                marks = np.zeros((len(part), columns), np.uint8)
                marks[rows, numbers[first : first + part.sum()]] = 1
                writer.append(marks)
            return writer.close()
