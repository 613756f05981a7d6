"""Maps of the codebooks, made in threads of their own when first asked for."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError
from aehash.web.problems import Problem
from aehash.web.served import Served
from aehash.web.wanted import Wanted
from aehash.workflow.map_points import MapPoints
from aehash.workflow.query import comparable

#: Points of a map, at most.
MOST = 100_000


class Maps:
    """Maps by codebook."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, MapPoints | str | None] = {}

    def state(self, served: Served) -> dict[str, Any]:
        """Say how a map is getting on; the first time, begin it.

        Args:
            served: The codebook.

        Returns:
            The answer.
        """
        with self._lock:
            if served.name not in self._made:
                self._made[served.name] = None
                name = f"map-{served.name}"
                threading.Thread(target=self._make, args=(served,), name=name, daemon=True).start()
            made = self._made[served.name]
        ready = isinstance(made, MapPoints)
        return {
            "state": "ready" if ready else "making" if made is None else "none",
            "message": made if isinstance(made, str) else "",
            "count": len(made.rows) if isinstance(made, MapPoints) else 0,
            "of": len(served),
            "method": "pca",
            "space": made.space if isinstance(made, MapPoints) else None,
            "shares": list(made.shares) if isinstance(made, MapPoints) else [],
        }

    def points(self, served: Served) -> bytes:
        """Give the points.

        Args:
            served: The codebook.

        Returns:
            For each the row as uint32, x and y as float32, the place of its class among the
            codebook's as uint32, all ones for none or several; little-endian.

        Raises:
            Problem: They are not made yet (409), or cannot be (422).
        """
        made = self._ready(served)
        kinds = [(name, "<f4" if name in "xy" else "<u4") for name in ("row", "x", "y", "class")]
        told = np.empty(len(made.rows), kinds)
        told["row"], told["x"], told["y"] = made.rows, made.points[:, 0], made.points[:, 1]
        told["class"] = _places(served, made.classes)
        return told.tobytes()

    def position(self, served: Served, wanted: Wanted) -> list[float] | None:
        """Place a query.

        Args:
            served: The codebook.
            wanted: The query.

        Returns:
            x and y; None where there is no map yet, or the query lacks the features.
        """
        made, book = self._made.get(served.name), served.book
        if not isinstance(made, MapPoints):
            return None
        feature = None
        if made.space == "features":
            if wanted.query.feature is None:
                return None
            feature = comparable(wanted.query, book)[None]
        x, y = made.place(wanted.query.code[None], feature, book.bits)[0].tolist()
        return [x, y]

    def place(self, served: Served, rows: list[int], wanted: Wanted | None) -> dict[str, Any]:
        """Place rows and a query.

        Args:
            served: The codebook.
            rows: Which.
            wanted: A query, or None.

        Returns:
            The answer.

        Raises:
            Problem: There is no such row (404), or no map yet (409).
        """
        made, book = self._ready(served), served.book
        chosen = np.array([served.check_row(row) for row in rows], np.int64)
        features = None if book.features is None else np.asarray(book.features[chosen])
        placed = made.place(np.asarray(book.codes[chosen]), features, book.bits)
        return {
            "query": None if wanted is None else self.position(served, wanted),
            "rows": [
                {"row": row, "x": x, "y": y}
                for row, (x, y) in zip(rows, placed.tolist(), strict=True)
            ],
        }

    def _ready(self, served: Served) -> MapPoints:
        self.state(served)
        made = self._made[served.name]
        if made is None:
            raise Problem(409, "The map is being made; ask again.", {"Retry-After": "1"})
        if isinstance(made, str):
            raise Problem(422, f"There is no map: {made}")
        return made

    def _make(self, served: Served) -> None:
        try:
            made: MapPoints | str = MapPoints.of(served.book, MOST)
        except (AehashError, MemoryError) as error:
            made = str(error) or "there is not enough memory."
        with self._lock:
            self._made[served.name] = made


def _places(served: Served, classes: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Number classes as the codebook's description lists them."""
    numbers = served.class_numbers
    places = np.searchsorted(numbers, classes)
    known = np.minimum(places, max(0, len(numbers) - 1))
    there = numbers[known] == classes if len(numbers) else np.zeros(len(classes), np.bool_)
    return np.where(there, places, 2**32 - 1).astype(np.uint32)
