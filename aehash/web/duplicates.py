"""Near duplicates, looked for in threads of their own: of a million images that takes minutes."""

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.parallel import cores
from aehash.web.problems import Problem
from aehash.web.served import Served

if TYPE_CHECKING:
    from aehash.index.groups import Groups

_PATIENCE = 3.0
"""Seconds that a request waits for what it asked; after that it is told how far it is."""
_ALONE = 30.0
"""Seconds without a question after which the work is given up."""
_LONGEST = 600.0
"""Seconds that it may take."""
_HELD = 16

#: The codebook, the radius and the class.
_Asked = tuple[str, int, str | None]


class Job:
    """Near duplicates that are looked for, or were found.

    Args:
        served: The codebook.
        radius: In bits.
        where: The rows that count, or None for all.
        longest: Seconds that it may take.
        alone: Seconds without a question after which it is given up.
    """

    def __init__(
        self,
        served: Served,
        radius: int,
        where: NDArray[np.bool_] | None,
        longest: float = _LONGEST,
        alone: float = _ALONE,
    ) -> None:
        self._served, self.radius = served, radius
        self._rows = None if where is None else np.flatnonzero(where)
        self._longest, self._alone = longest, alone
        self._began = self._asked = time.monotonic()
        self._share = 0.0
        self._ended = threading.Event()
        self._groups: Groups | None = None
        self._error: Exception | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended without groups."""
        return self._error is not None

    def run(self, turn: threading.Lock) -> None:
        """Look for them.

        Args:
            turn: Held by the one that works.
        """
        from aehash.index.groups import duplicate_groups

        book = self._served.book
        codes = book.codes if self._rows is None else np.ascontiguousarray(book.codes[self._rows])
        try:
            with turn:
                self._check(0, 1)
                self._groups = duplicate_groups(
                    codes,
                    book.bits,
                    self.radius,
                    threads=max(1, cores() - 1),  # the other one is the searches'
                    progress=self._check,
                )
        except Exception as error:  # it is told to whoever asks
            self._error = error
        self._ended.set()

    def wait(self, seconds: float) -> "Groups":
        """Give what was found.

        Args:
            seconds: How long to wait for it.

        Returns:
            The groups, of rows of the codebook's or of those that count.

        Raises:
            Problem: It is not known yet (503).
            AehashError: It cannot be found.
        """
        self._asked = time.monotonic()
        self._ended.wait(seconds)
        if self._error is not None:
            raise self._error
        if self._groups is None:
            raise Problem(
                503,
                f"Near-duplicates are being looked for in {self._served.name}: "
                f"{self._share:.0%} done. Ask again.",
                {"Retry-After": "1"},
            )
        return self._groups

    def rows_of(self, group: int) -> NDArray[np.int64]:
        """Give the codebook's rows of a group that was found."""
        if self._groups is None:
            return np.empty(0, np.int64)
        rows = self._groups.of(group)
        return rows if self._rows is None else self._rows[rows]

    def _check(self, done: int, total: int) -> None:
        """Note how far it is; give up where nobody asks any more, or it takes too long."""
        self._share, now = done / total, time.monotonic()
        if now - self._asked > self._alone:
            raise _given_up()
        if now - self._began > self._longest:
            raise UsageError(
                f"Near-duplicates of {self._served.name} within {self.radius} bits take more than "
                f"{self._longest / 60:g} minutes: take a smaller radius, or a class."
            )


class Duplicates:
    """Groups of near duplicates by codebook, radius and class; one search works at a time."""

    def __init__(self) -> None:
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._jobs: dict[_Asked, Job] = {}

    def told(self, served: Served, given: Mapping[str, Any]) -> dict[str, Any]:
        """Bring near duplicates together.

        Args:
            served: The codebook.
            given: radius, limit, members and label.

        Returns:
            The answer.

        Raises:
            Problem: It is not known yet (503).
            UsageError: The radius joins too many, or it takes too long.
        """
        job = self._job(served, given["radius"], given["label"])
        groups = job.wait(_PATIENCE)
        shown = [job.rows_of(number) for number in range(min(given["limit"], len(groups)))]
        return {
            "groups": [_group(served, rows[: given["members"]]) for rows in shown],
            "sizes": [len(rows) for rows in shown],
            "found": len(groups),
            "pairs": groups.pairs,
            "radius": job.radius,
        }

    def _job(self, served: Served, radius: int, label: str | None) -> Job:
        """Find the search that was begun, or begin it."""
        asked, where = (served.name, radius, label), served.mask(label)
        with self._lock:
            job = self._jobs.get(asked)
            if job is None or job.failed:
                while len(self._jobs) >= _HELD:
                    self._jobs.pop(next(iter(self._jobs)))
                job = self._jobs[asked] = Job(served, radius, where)
                name = f"duplicates-{served.name}"
                threading.Thread(target=job.run, args=(self._turn,), name=name, daemon=True).start()
            return job


def _group(served: Served, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    from aehash.index.distances import hamming_distances

    codes = np.ascontiguousarray(served.book.codes[rows])
    distances = hamming_distances(codes[:1], codes)[0].tolist()
    return [
        {**served.item(row), "distance": distance}
        for row, distance in zip(rows.tolist(), distances, strict=True)
    ]


def _given_up() -> AehashError:
    return Problem(503, "The search was given up, as nobody asked any more. Ask again.")
