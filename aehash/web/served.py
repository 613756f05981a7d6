"""A codebook that is served: searched, shown, and, once its net is there, asked with new images."""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.feedback import On, Table
from aehash.index.spread import CodeSpread
from aehash.web.originals import Originals
from aehash.web.problems import Problem
from aehash.workflow.alike import alike
from aehash.workflow.labels import label_mask, label_names
from aehash.workflow.query import Query
from aehash.workflow.searcher import Searcher

if TYPE_CHECKING:
    from aehash.generators.sizes import Size
    from aehash.workflow.hasher import Hashed, Hasher

State = Literal["none", "loading", "ready", "failed"]


class Served:
    """A codebook, opened.

    Args:
        name: Of the codebook in addresses.
        folder: The codebook's.
        runs: Where the run that made it may be.
        roots: Where images may lie.
    """

    def __init__(self, name: str, folder: Path, runs: Path, roots: Sequence[Path] = ()) -> None:
        self.name, self.folder = name, folder
        self.book = Codebook.load(folder, verify="size")
        self.searcher = Searcher(self.book)
        self.originals = Originals(self.book, folder, roots)
        self.state: State = "loading"
        self.message = "The net is being loaded; database images can be searched for already."
        self.hasher: Hasher | None = None
        self._runs = runs
        self._net = threading.Lock()
        self._making = threading.Lock()
        self._spread: CodeSpread | None = None
        self._tables: dict[str, Table] = {}

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.book)

    @cached_property
    def classes(self) -> list[dict[str, Any]] | None:
        """Names of the labels that occur, and how many rows have each; None without labels."""
        if self.book.labels is None:
            return None
        names = self.book.classes
        return [
            {"name": names[n] if n < len(names) else str(n), "count": count}
            for n, count in zip(*(each.tolist() for each in self._counted), strict=True)
        ]

    @property
    def class_numbers(self) -> NDArray[np.int64]:
        """The numbers of the labels that occur, ascending, as `classes` lists them."""
        return self._counted[0]

    @cached_property
    def _counted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        labels = self.book.labels
        if labels is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        if labels.ndim == 1:
            numbers, counts = np.unique(labels, return_counts=True)
        else:
            numbers, counts = np.arange(labels.shape[1]), np.count_nonzero(labels, axis=0)
        there = (numbers >= 0) & (counts > 0)
        return numbers[there].astype(np.int64), counts[there].astype(np.int64)

    @property
    def spread(self) -> CodeSpread:
        """What counts rows by their distance, made when it is first needed."""
        with self._making:
            if self._spread is None:
                self._spread = CodeSpread.of(self.book.codes, self.book.bits)
            return self._spread

    def table(self, on: On) -> Table:
        """Give what feedback ranks, kept for what it has measured.

        Args:
            on: ``features`` or ``codes``.

        Returns:
            The table.
        """
        with self._making:
            if on not in self._tables:
                self._tables[on] = Table.of_book(self.book, on)
            return self._tables[on]

    @property
    def metrics(self) -> list[str]:
        """The ways to search it."""
        return ["hamming", *(["euclidean", "reranked"] if self.book.features is not None else [])]

    @cached_property
    def note(self) -> str:
        """What forbids to take a Hamming ranking at its word; most often empty."""
        return alike(self.book)

    def model(self) -> dict[str, Any]:
        """Describe what hashes new images."""
        hasher, side = self.hasher, None
        if hasher is not None:
            side = _side(hasher.size)
        return {
            "state": self.state,
            "message": self.message,
            "name": None if hasher is None else hasher.name,
            "image_size": side,
            "channels": None if hasher is None else hasher.channels,
            "reconstructs": hasher is not None and hasher.reconstructs,
        }

    def query_of(self, hashed: "Hashed") -> Query:
        """Make a query of a new image's code and feature."""
        return Query("the picture", hashed.code, hashed.feature, None, is_file=True)

    def mask(self, label: str | None) -> NDArray[np.bool_] | None:
        """Find the rows of a class, or None for all rows.

        Raises:
            Problem: 404.
        """
        try:
            return None if label is None else label_mask(self.book, label)
        except UsageError as error:
            raise Problem(404, str(error)) from None

    def check_row(self, row: int) -> int:
        """Refuse a row that is not there.

        Raises:
            Problem: 404.
        """
        if not 0 <= row < len(self):
            raise Problem(
                404,
                f"There is no row {row}: {self.name} has {len(self):,}, numbered from 0.",
            )
        return row

    def check_key(self, row: int, key: str | None) -> None:
        """Refuse a key that is not the row's, where one is given.

        Raises:
            Problem: 409.
        """
        if key is not None and self.book.key(row) != key:
            raise Problem(
                409,
                f"Row {row} of {self.name} is not {key[:200]!r}: the codebook has changed since; "
                "search anew.",
            )

    def row_of(self, key: str) -> int:
        """Find a row by its key.

        Raises:
            Problem: 404.
        """
        try:
            wanted = key.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            wanted = b""
        rows = np.flatnonzero(self.book.keys == wanted) if wanted else np.empty(0, np.int64)
        if not len(rows):
            raise Problem(404, f"{self.name} has no image of the key {key[:200]!r}.")
        return int(rows[0])

    def label(self, row: int) -> str | list[str] | None:
        """Name a row's label: one name, several where rows may have several, or None."""
        labels = self.book.labels
        names = label_names(self.book, row)
        if labels is not None and labels.ndim == 2:
            return names
        numbered = labels is not None and int(labels[row]) >= 0
        return names[0] if numbered else None

    def item(self, row: int) -> dict[str, Any]:
        """Describe a row."""
        return {
            "row": row,
            "key": self.book.key(row),
            "label": self.label(row),
            "code": bytes(self.book.codes[row]).hex(),
        }

    def prepare(self) -> None:
        """Make everything ready that takes a while; say what became of it by `state`."""
        from aehash.workflow.hasher import Hasher

        first = _row_query(self, 0)
        self.searcher.find(first, 1)
        self.spread.around(first.code)
        self.originals.open()
        try:
            hasher = Hasher(self.folder, self.book, self._runs)
        except AehashError as error:
            self.state, self.message = "none", str(error)
            return
        try:
            with self._net:
                hasher.prepare()
        except AehashError as error:
            self.state, self.message = "failed", str(error)
            return
        self.hasher, self.state, self.message = hasher, "ready", ""

    def net(self, seconds: float) -> "Net":
        """Take the net, alone, for a moment.

        Args:
            seconds: How long to wait for it.

        Returns:
            To be used in a with block.

        Raises:
            Problem: It is not loaded yet (503), or there is none (400).
        """
        if self.hasher is None:
            if self.state == "loading":
                raise Problem(
                    503,
                    f"The net of {self.name} is still being loaded; try again in some seconds.",
                    {"Retry-After": "2"},
                )
            raise UsageError(f"{self.name} cannot hash a new image: {self.message}")
        return Net(self.hasher, self._net, seconds)


class Net:
    """A hasher that one thread at a time has."""

    def __init__(self, hasher: "Hasher", lock: threading.Lock, seconds: float) -> None:
        self._hasher, self._lock, self._seconds = hasher, lock, seconds

    def __enter__(self) -> "Hasher":
        if not self._lock.acquire(timeout=self._seconds):
            raise Problem(
                503, "Too many images are waiting for the net; try again.", {"Retry-After": "2"}
            )
        return self._hasher

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _row_query(served: Served, row: int) -> Query:
    book = served.book
    feature = None if book.features is None else np.asarray(book.features[row])
    return Query(book.key(row), np.asarray(book.codes[row]), feature, None)


def _side(size: "Size") -> int | None:
    return size if size is None or isinstance(size, int) else size.side
