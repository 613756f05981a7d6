"""What a search gives: the nearest rows of each query, in order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ranking:
    """The k nearest database rows of each query.

    Attributes:
        indices: ``(q, k)`` int64 database rows, nearest first; -1 where there is no more.
        distances: ``(q, k)`` float64, ascending; infinite where there is no more. Rows at the
            same distance stand in database order.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float64]

    def __len__(self) -> int:
        """Count the queries."""
        return len(self.indices)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """All database rows within a radius of each query, one query after the other.

    Attributes:
        offsets: ``(q + 1,)`` int64; query i has the entries ``offsets[i]`` to ``offsets[i + 1]``.
        indices: int64 database rows, nearest first, in database order at the same distance.
        distances: float64, of the same length.
    """

    offsets: NDArray[np.int64]
    indices: NDArray[np.int64]
    distances: NDArray[np.float64]

    def __len__(self) -> int:
        """Count the queries."""
        return len(self.offsets) - 1

    def of(self, query: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Take one query's neighbours.

        Args:
            query: Its number.

        Returns:
            Database rows and distances, nearest first.
        """
        part = slice(self.offsets[query], self.offsets[query + 1])
        return self.indices[part], self.distances[part]
