"""Features of training images and of views of them, computed once and kept in a file.

The file stands in the run's folder, ``(images, 1 + views, width)`` float16, and is memory-mapped,
so that memory does not grow with the images. A killed computation goes on where it was.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError
from aehash.files import fsync, read_json, write_json

#: Where the features are kept.
FEATURES = "features.npy"
_PART = "features.part.npy"
_STATE = "features.json"
_SECONDS = 15.0

Kept = NDArray[np.float16]
#: Gives the features of a block of images, ``(b, 1 + views, width)``, by the block's number.
Block = Callable[[int], NDArray[np.float32]]
#: Lists the images that could not be read so far: key and reason.
Skipped = Callable[[], list[tuple[str, str]]]
#: Takes the images done and the seconds that the rest will take.
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Place:
    """Where a run keeps its features.

    Attributes:
        run: The run's folder.
        shape: Images, features of each (its own and its views'), and their width.
    """

    run: Path
    shape: tuple[int, int, int]

    def open(self) -> Kept | None:
        """Map the finished file; None where there is none."""
        path = self.run / FEATURES
        return self._mapped(path) if path.is_file() else None

    def compute(self, block: Block, size: int, skipped: Skipped, report: Report) -> Kept:
        """Compute what is missing, and map the finished file.

        Args:
            block: Gives the features of images ``number * size`` to ``(number + 1) * size``.
            size: Images in a block.
            skipped: Lists the images that could not be read so far.
            report: Called now and then.

        Returns:
            The features, read-only.

        Raises:
            AehashError: A feature is not finite or too large to be kept, the disk is full, or the
                file is another run's.
        """
        try:
            self._fill(block, size, skipped, report)
            (self.run / _PART).replace(self.run / FEATURES)
            fsync(self.run)
        except OSError as error:
            raise AehashError(
                f"The features could not be kept in {self.run} ({error.strerror or error}): "
                "make room, or keep fewer views with --set head.views=…, and continue the run."
            ) from error
        return self._mapped(self.run / FEATURES)

    def skipped(self) -> dict[str, str]:
        """Give the images that could not be read, the reason by key."""
        path = self.run / _STATE
        return dict(read_json(path)["skipped"]) if path.is_file() else {}

    def _fill(self, block: Block, size: int, skipped: Skipped, report: Report) -> None:
        table, first = self._begun()
        started = said = time.monotonic()
        for number, rows in _blocks(first, len(table), size):
            table[rows] = _half(block(number))
            now = time.monotonic()
            if now - said > _SECONDS or rows.stop == len(table):
                self._note(table, rows.stop, skipped)
                each = (now - started) / (rows.stop - first)
                report(rows.stop, each * (len(table) - rows.stop))
                said = now

    def _begun(self) -> tuple[Kept, int]:
        """Open what a kill left, or begin; gives the table and the images done."""
        path, state = self.run / _PART, self.run / _STATE
        with suppress(AehashError, KeyError, FileNotFoundError, ValueError):
            done = int(read_json(state)["done"])
            return self._mapped(path, "r+"), done
        state.unlink(missing_ok=True)
        new = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=self.shape)
        _reserve(path)
        return new, 0

    def _note(self, table: Kept, done: int, skipped: Skipped) -> None:
        """Write to the disk what is done, and only then that it is."""
        flush = getattr(table, "flush", None)
        if flush is not None:
            flush()
        known = self.skipped() | dict(skipped())
        write_json(self.run / _STATE, {"done": done, "skipped": known})

    def _mapped(self, path: Path, mode: Literal["r", "r+"] = "r") -> Kept:
        found = np.load(path, mmap_mode=mode, allow_pickle=False)
        if found.shape != self.shape or found.dtype != np.float16:
            raise AehashError(
                f"{path} holds {found.dtype} {found.shape} and not float16 {self.shape}, so it is "
                "not this run's: remove it, and continue the run."
            )
        kept: Kept = found
        return kept


def clear(run: Path) -> None:
    """Remove what a finished run kept.

    Args:
        run: Its folder.
    """
    for name in (FEATURES, _PART, _STATE):
        (run / name).unlink(missing_ok=True)


def _reserve(path: Path) -> None:
    """Take the room on the disk now, since a mapped file that finds none later is a crash."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _blocks(first: int, count: int, size: int) -> Iterator[tuple[int, slice]]:
    for start in range(first, count, size):
        yield start // size, slice(start, min(start + size, count))


def _half(features: NDArray[np.float32]) -> Kept:
    with np.errstate(over="ignore"):
        half = features.astype(np.float16)
    if not np.isfinite(half).all():
        raise AehashError(
            "The encoder's features are not finite, or beyond 65,504: check its weights, or take "
            "another encoder."
        )
    return half
