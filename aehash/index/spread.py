"""How many rows are how far from a query: the histogram behind a ranking."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_packed
from aehash.index.blas import single_threaded
from aehash.index.checks import table
from aehash.index.words import word_distances, words
from aehash.parallel import check_threads, run, split

_CHUNK = 1 << 15
_BINS = 64
_SAMPLE = 50_000


class Spread(NamedTuple):
    """Rows by their distance from a query.

    Attributes:
        edges: ``(m + 1,)`` float64; bin i holds distances from edges[i] on, below edges[i + 1].
        counts: ``(m,)`` int64.
        rows: How many rows were measured.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    rows: int


class CodeSpread:
    """Counts a codebook's rows by their Hamming distance from a query.

    Args:
        columns: ``(words, n)`` uint64, as `aehash.index.words.words` lays codes out.
        bits: Bits per code.
    """

    def __init__(self, columns: NDArray[np.uint64], bits: int) -> None:
        self._columns, self.bits = columns, bits

    @classmethod
    def of(cls, packed: NDArray[np.uint8], bits: int) -> Self:
        """Lay codes out.

        Args:
            packed: ``(n, ceil(bits / 8))`` uint8; may be memory-mapped.
            bits: Bits per code.

        Returns:
            What counts them; it holds a copy of the codes.

        Raises:
            UsageError: The codes are not of that many bits.
        """
        return cls(words(check_packed(table("codes", packed), bits)), bits)

    def around(
        self,
        code: NDArray[np.uint8],
        *,
        where: NDArray[np.bool_] | None = None,
        threads: int | None = None,
    ) -> Spread:
        """Count rows by distance.

        Args:
            code: ``(ceil(bits / 8),)`` packed uint8.
            where: ``(n,)`` bool, true for the rows that count; None for all.
            threads: How many work; all cores where it is None.

        Returns:
            A bin for each distance from 0 to the number of bits.

        Raises:
            UsageError: The code is not of that many bits.
        """
        asked = words(check_packed(table("query", code)[None], self.bits))

        def work(part: slice) -> NDArray[np.int64]:
            counts = np.zeros(self.bits + 1, np.int64)
            for start in range(part.start, part.stop, _CHUNK):
                rows = slice(start, min(part.stop, start + _CHUNK))
                distances = word_distances(asked, self._columns[:, rows])[0]
                if where is not None:
                    distances = distances[where[rows]]
                counts += np.bincount(distances, minlength=self.bits + 1)
            return counts

        n = self._columns.shape[1]
        parts = run(work, split(n, check_threads(threads), _CHUNK))
        counts = np.stack([*parts, np.zeros(self.bits + 1, np.int64)]).sum(axis=0)
        return Spread(np.arange(self.bits + 2, dtype=np.float64), counts, int(counts.sum()))


def feature_spread(
    features: NDArray[np.float32],
    query: NDArray[np.float32],
    *,
    where: NDArray[np.bool_] | None = None,
    sample: int = _SAMPLE,
) -> Spread:
    """Count rows by their Euclidean distance from a query, to about float32's precision.

    Args:
        features: ``(n, d)`` float32; may be memory-mapped.
        query: ``(d,)`` float32.
        where: ``(n,)`` bool, true for the rows that count; None for all.
        sample: Rows measured at most, evenly over all that count.

    Returns:
        64 bins of equal width, over the distances found.
    """
    count = len(features) if where is None else int(np.count_nonzero(where))
    some = np.linspace(0, count - 1, min(count, sample)).astype(np.int64)
    rows = some if where is None else np.flatnonzero(where)[some]
    distances = np.empty(len(rows))
    step = max(1, (1 << 20) // features.shape[1])
    with single_threaded():
        for start in range(0, len(rows), step):
            part = features[rows[start : start + step]].astype(np.float64) - query
            distances[start : start + step] = np.sqrt(np.einsum("ij,ij->i", part, part))
    high = float(distances.max(initial=0.0)) or 1.0
    counts, edges = np.histogram(distances, _BINS, (float(distances.min(initial=high)), high))
    return Spread(edges, counts.astype(np.int64), len(rows))
