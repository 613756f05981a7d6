"""Codes kept to be searched exactly by Hamming distance."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_bits, check_packed, check_padding
from aehash.errors import UsageError
from aehash.index import index_columns as columns
from aehash.index import segments as parts
from aehash.index import store, store_open
from aehash.index.checks import check_answer, check_folder, table, whole
from aehash.index.ranking import Neighbours, Ranking
from aehash.index.segments import Segment
from aehash.mapped import Verify
from aehash.parallel import check_threads


class HammingIndex:
    """Codes to search, in memory or on disk; rows can be added and removed.

    A row keeps its number until `compact`: added rows come after all others, and a removed row is
    never found again but leaves its number unused. Ties stand in the order of these numbers,
    whatever the number of threads. An index may be empty: nothing is found in it.

    Nothing is written until `save`, and each save of new rows writes a part of its own: where they
    have become many, `compact` makes searching quick again. A search works on the rows that were
    there when it began, so it needs no lock; changes are for one thread at a time.

    Example:
        >>> index = HammingIndex.from_codes(np.array([[0], [255]], np.uint8), 8, ["a", "b"])
        >>> index.search(np.array([[1]], np.uint8), k=1).distances
        array([[1.]])

    Args:
        bits: Bits per code.
        segments: Its rows.
        home: Where it was opened.
    """

    def __init__(
        self, bits: int, segments: Sequence[Segment] = (), home: store.Home | None = None
    ) -> None:
        self.bits = check_bits(bits)
        self._segments = tuple(segments)
        self._home = home

    @classmethod
    def from_codes(
        cls,
        packed: NDArray[np.uint8],
        bits: int,
        keys: Sequence[str] | NDArray[np.bytes_] | None = None,
        labels: NDArray[Any] | None = None,
    ) -> Self:
        """Make an index in memory.

        Args:
            packed: ``(n, ceil(bits / 8))`` uint8, as a codebook holds them; n may be 0.
            bits: Bits per code.
            keys: ``(n,)`` distinct names of the rows, needed to remove some.
            labels: ``(n,)`` class numbers or ``(n, classes)`` multi-hot, needed to search by
                label.

        Returns:
            The index.

        Raises:
            UsageError: The codes are not of that many bits; keys or labels do not fit them.
        """
        index = cls(bits)
        index.add(packed, keys, labels)
        return index

    @classmethod
    def open(cls, folder: str | Path, verify: Verify = "size") -> Self:
        """Open a saved index; its files are mapped into memory, and read as a search needs them.

        Args:
            folder: Where it was saved.
            verify: ``size`` compares the files' sizes with the manifest, ``sha256`` reads all.

        Returns:
            The index.

        Raises:
            UsageError: The folder is not a path, or there is no such way to verify.
            AehashError: It is missing, cut short or not what its manifest says.
        """
        return cls(*store_open.load(check_folder(folder), verify))

    def save(self, folder: str | Path) -> None:
        """Save the index, whole or not at all.

        Where it was opened or saved before, only what was added since is written; then the
        manifest is replaced at a stroke. An interrupted save leaves the old index.

        Args:
            folder: Its folder; another index that stands there is replaced.

        Raises:
            UsageError: Something else than an index stands there, or the folder is not a path.
            AehashError: The disk is full, the folder read-only, or another process has saved.
        """
        self._check_files()
        saved = store.save(check_folder(folder), self.bits, self._segments, self._home)
        self._segments, self._home = saved

    def __len__(self) -> int:
        """Count the rows that are not removed."""
        return sum(each.live for each in self._segments)

    @property
    def rows(self) -> int:
        """Count all rows, removed ones included: the length of a mask."""
        return sum(each.rows for each in self._segments)

    def key(self, row: int) -> str:
        """Name a row.

        Args:
            row: Its number.

        Returns:
            Its key.

        Raises:
            UsageError: There is no such row, or the index has no keys.
        """
        return columns.key_of(self._segments, row)

    def search(
        self,
        queries: NDArray[np.uint8],
        k: int = 10,
        *,
        where: NDArray[np.bool_] | None = None,
        label: int | Sequence[int] | None = None,
        threads: int | None = None,
    ) -> Ranking:
        """Find the k nearest codes of each query.

        Args:
            queries: ``(q, ceil(bits / 8))`` packed uint8.
            k: How many; where there are fewer, -1 and infinity stand.
            where: ``(rows,)`` bool, true for the rows that may be found.
            label: A class number, or several: only rows that have one of them may be found.
            threads: How many work; all cores where it is None.

        Returns:
            ``(q, k)`` row numbers and distances; ties stand in database order.

        Raises:
            UsageError: k is below 1 or far beyond the rows, queries or mask do not fit the index,
                or it has no labels.
            AehashError: A file of the index was changed since it was opened.
        """
        k = whole("k", k, 1)
        state, asked, mask = self._prepare(queries, where, label)
        check_answer(k, len(asked), parts.first_rows(state)[-1])
        return parts.nearest(state, asked, k, mask, check_threads(threads))

    def within(
        self,
        queries: NDArray[np.uint8],
        radius: int = 2,
        *,
        where: NDArray[np.bool_] | None = None,
        label: int | Sequence[int] | None = None,
        threads: int | None = None,
    ) -> Neighbours:
        """Find all codes within a radius of each query.

        Args:
            queries: ``(q, ceil(bits / 8))`` packed uint8.
            radius: The largest distance kept, inclusive, in bits.
            where: ``(rows,)`` bool, true for the rows that may be found.
            label: A class number, or several: only rows that have one of them may be found.
            threads: How many work; all cores where it is None.

        Returns:
            Row numbers and distances, nearest first; ties stand in database order.

        Raises:
            UsageError: The radius is negative; or as for `search`.
            AehashError: A file of the index was changed since it was opened.
        """
        radius = min(whole("radius", radius, 0), self.bits)
        state, asked, mask = self._prepare(queries, where, label)
        return parts.within(state, asked, radius, mask, check_threads(threads))

    def add(
        self,
        packed: NDArray[np.uint8],
        keys: Sequence[str] | NDArray[np.bytes_] | None = None,
        labels: NDArray[Any] | None = None,
    ) -> None:
        """Add rows behind all others.

        Args:
            packed: ``(m, ceil(bits / 8))`` uint8.
            keys: ``(m,)`` names that no other row has, where the index has keys.
            labels: ``(m,)`` or ``(m, classes)``, where the index has labels.

        Raises:
            UsageError: The codes are not of as many bits, a key is there already, or the rows
                have not the keys and labels that the others have. Nothing is added then.
        """
        packed = check_packed(table("codes", packed), self.bits)
        check_padding(packed, self.bits)
        names = None if keys is None else columns.index_keys(keys, len(packed))
        marks = None if labels is None else columns.index_labels(labels, len(packed))
        if not len(packed):
            return
        if self._segments:
            columns.check_like(self._segments[0], names, marks)
            self._refuse_known(names)
        new = Segment.from_codes(packed, self.bits, names, marks)
        state = [*self._segments, new]
        while len(state) > 1 and not state[-2].files and state[-2].rows <= state[-1].rows:
            state[-2:] = [parts.joined(state[-2:], keep_removed=True)]
        self._segments = tuple(state)

    def remove(self, keys: str | Sequence[str] | NDArray[np.bytes_]) -> None:
        """Remove rows by key; the others keep their numbers until `compact`.

        Args:
            keys: One key, or several.

        Raises:
            UsageError: No row has one of the keys, and then none is removed; or there are no keys.
        """
        names = columns.lookup_keys([keys] if isinstance(keys, str) else keys)
        self._check_files()
        rows = parts.rows_of(self._segments, names)
        if (rows < 0).any():
            missing = names[rows < 0]
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            name = bytes(missing[0]).decode("utf-8", "surrogateescape")
            raise UsageError(f"The index has no row {name!r}{more}; nothing was removed.")
        self._segments = store.split_removed(np.sort(rows), self._segments)

    def compact(self) -> NDArray[np.int64]:
        """Drop removed rows and join all parts into one, in memory; `save` then writes it whole.

        Returns:
            ``(len(self),)`` the number that each row had before.
        """
        self._check_files()
        starts = parts.first_rows(self._segments)
        kept = [
            np.flatnonzero(each.alive) + start
            for each, start in zip(self._segments, starts, strict=False)
        ]
        self._segments = (parts.joined(self._segments, keep_removed=False),) if len(self) else ()
        return np.concatenate([np.empty(0, np.int64), *kept])

    def _prepare(
        self,
        queries: NDArray[np.uint8],
        where: NDArray[np.bool_] | None,
        label: int | Sequence[int] | None,
    ) -> tuple[tuple[Segment, ...], NDArray[np.uint8], NDArray[np.bool_] | None]:
        """Check what a search is given, and take hold of the rows as they are now."""
        state = self._segments
        asked = np.ascontiguousarray(check_packed(table("queries", queries), self.bits))
        check_padding(asked, self.bits)
        if where is not None:
            where, rows = table("where", where), parts.first_rows(state)[-1]
            if where.dtype != np.bool_ or where.shape != (rows,):
                raise UsageError(
                    f"where must be bool of shape ({rows},), one for each row, removed ones "
                    f"included, not {where.dtype} of shape {where.shape}."
                )
        self._check_files(state)
        if label is not None:
            having = columns.label_rows(state, label)
            where = having if where is None else where & having
        return state, asked, where

    def _check_files(self, state: Sequence[Segment] | None = None) -> None:
        for each in self._segments if state is None else state:
            for file in (each.files or {}).values():
                file.check()

    def _refuse_known(self, names: NDArray[np.bytes_] | None) -> None:
        self._check_files()
        rows = np.empty(0) if names is None else parts.rows_of(self._segments, names)
        known = np.flatnonzero(rows >= 0)
        if names is not None and len(known):
            name = bytes(names[known[0]]).decode("utf-8", "surrogateescape")
            raise UsageError(
                f"The key {name!r} is that of row {rows[known[0]]} already: remove that first, or "
                "give another key. Nothing was added."
            )
