"""What can be seen of a codebook without a query."""

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from aehash.web.served import Served


class Explorer:
    """Finds isolated images, and draws; what took a while is kept.

    One request of a codebook works at a time; the others wait and have what it found.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._isolated: dict[tuple[str, int, str | None], Any] = {}

    def isolated(self, served: Served, given: Mapping[str, Any]) -> dict[str, Any]:
        """Find the images that are furthest from all others.

        Raises:
            UsageError: There are not two.
        """
        from aehash.index.isolated import most_isolated

        where, asked = served.mask(given["label"]), (served.name, given["count"], given["label"])
        with self._lock:
            if asked not in self._isolated:
                index, codes = served.searcher.hamming, served.book.codes
                found = most_isolated(index, codes, given["count"], where=where)
                _forget(self._isolated)
                self._isolated[asked] = found
            isolated = self._isolated[asked]
        return {
            "results": [
                {**served.item(row), "distance": distance}
                for row, distance in zip(
                    isolated.rows.tolist(), isolated.distances.tolist(), strict=True
                )
            ],
            "examined": isolated.examined,
            "total": len(served),
        }

    @staticmethod
    def random(served: Served, given: Mapping[str, Any]) -> dict[str, Any]:
        """Draw images."""
        where = served.mask(given["label"])
        rows = np.arange(len(served)) if where is None else np.flatnonzero(where)
        random = np.random.default_rng(given["seed"])
        drawn = random.choice(rows, min(given["count"], len(rows)), replace=False)
        return {"results": [served.item(row) for row in drawn.tolist()], "total": len(rows)}


def _forget(held: dict[Any, Any], most: int = 16) -> None:
    """Drop what was found first, where much is held."""
    while len(held) >= most:
        held.pop(next(iter(held)))
