"""One query against all blocks, by the compiled kernels, in one thread.

Among some 100,000 rows this takes the kernels no longer than it takes Python to ready arrays for
them, so these are kept from one search to the next.
"""

import threading

import numpy as np

from aehash.index.adders import WORDS
from aehash.index.carry_save import digits
from aehash.index.entries import Codes, Floats, Ints, Scan
from aehash.index.planes import LANES, aligned
from aehash.index.queries import masks
from aehash.index.scan_kernels import kernel_for, order

EVERYTHING = np.empty(0, np.uint64)
"""In place of a mask: every row may be found."""
_KEPT = 1 << 12
"""Beyond this k the arrays are large, and made anew for each search."""
_kept = threading.local()


class _Room:
    """What a search writes to, for codes of so many bits, so many blocks, and one k."""

    def __init__(self, bits: int, blocks: int, k: int) -> None:
        self.fits = bits, blocks, k
        self._kernel = kernel_for(bits, False)
        self._blocks = np.arange(blocks)
        words = aligned(((1 + 2 * digits(bits)) * WORDS,))
        self._table, self._out = words[:0], words[: (1 + digits(bits)) * WORDS]
        self._limits = words[len(self._out) :]
        self._lanes = np.empty(64, np.uint16)
        self._found = np.empty((1, min(2 * k, blocks * LANES) + 2 * LANES), np.uint64)
        self._zeros = np.zeros(2 + bits + 2, np.int64)
        self._used, self._below = self._zeros[:1], self._zeros[1:2]
        self._histogram = self._zeros[2:].reshape(1, -1)
        self._limit, self._start = np.empty(1, np.int64), np.zeros(1, np.int64)
        self._places = np.empty(bits + 2, np.int64)

    def rank(
        self, scan: Scan, query: Codes, indices: Ints, distances: Floats, targets: Ints
    ) -> None:
        """Search, and write what is found."""
        bits, _, k = self.fits
        self._zeros.fill(0)
        self._limit.fill(bits + 1)
        self._kernel(
            scan.planes.reshape(-1),
            self._blocks,
            scan.n,
            masks(query, bits),
            EVERYTHING if scan.allowed is None else scan.allowed,
            self._limits,
            self._table,
            self._out,
            self._lanes,
            k,
            self._limit,
            self._found,
            self._used,
            self._below,
            self._histogram,
        )
        entries = self._found.reshape(-1), self._start, self._used
        order(*entries, self._places, k, indices, distances, targets)


def rank(scan: Scan, query: Codes, k: int, indices: Ints, distances: Floats, targets: Ints) -> None:
    """Write a query's k nearest rows, nearest first, ties in the rows' order.

    Args:
        scan: What is searched.
        query: ``(1, bytes)`` packed.
        k: How many, at most the rows there are.
        indices: Rows are written here.
        distances: Distances are written here.
        targets: ``(1,)`` where the first stands.
    """
    room: _Room | None = getattr(_kept, "room", None)
    _kept.room = None  # a search that a signal begins meanwhile makes its own
    if room is None or room.fits != (scan.bits, len(scan.planes), k):
        room = _Room(scan.bits, len(scan.planes), k)
    room.rank(scan, query, indices, distances, targets)
    if k <= _KEPT:
        _kept.room = room
