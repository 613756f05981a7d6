"""Rows in the order of their scores: quickly by matrix products, and close calls one by one."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aehash.feedback.table import Table

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_NUMBERS = 1 << 20
"""Numbers of single rows read at once."""


class Scorer(Protocol):
    """Gives rows scores, higher is better.

    A quick score may be off from the exact one by `slack` at most, and is then turned to the
    scale of the exact ones by `shown`, which is monotone.
    """

    @property
    def slack(self) -> float:
        """How far two quick scores may be off, together."""

    def quick(self, rows: Floats) -> Floats:
        """Score rows ``(m, d)`` by matrix products."""

    def exact(self, rows: Floats) -> Floats:
        """Score rows ``(m, d)`` so that a row's score depends on nothing but the row."""

    def shown(self, scores: Floats) -> Floats:
        """Turn quick scores into exact ones, but for their rounding."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Database rows with their scores.

    Attributes:
        rows: ``(m,)`` int64, best first.
        scores: ``(m,)`` float64 along them; higher is better. They descend among the rows marked
            relevant, the unmarked and those marked irrelevant, each for themselves.
    """

    rows: Ints
    scores: Floats

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def chosen(self, which: NDArray[np.bool_], k: int | None = None) -> "Ranked":
        """Keep the best of some rows.

        Args:
            which: ``(m,)`` bool, along `rows`.
            k: How many at most; None: all.

        Returns:
            They, in the same order.
        """
        places = np.flatnonzero(which)[:k]
        return Ranked(self.rows[places], self.scores[places])


def ordered(table: Table, scorer: Scorer, threads: int) -> Ranked:
    """Order all rows by their exact scores; ties stand in database order.

    Args:
        table: The database.
        scorer: Gives the scores.
        threads: How many work.

    Returns:
        All rows.
    """
    quick = np.concatenate(table.map(lambda block, rows: scorer.quick(rows), threads))
    # Where ties are settled below anyway, an unstable sort does, which is quicker.
    order = np.argsort(-quick, kind="stable" if scorer.slack < 0 else None)
    values = quick[order]
    scores = scorer.shown(values)
    near = np.flatnonzero(values[:-1] - values[1:] <= scorer.slack)
    if near.size:
        _settle(table, scorer, near, order, scores)
    return Ranked(order, scores)


def _settle(table: Table, scorer: Scorer, near: Ints, order: Ints, scores: Floats) -> None:
    """Order the runs of rows that are too close to call, in place.

    Args:
        table: The database.
        scorer: Gives the scores.
        near: Places whose row is too close to the next place's.
        order: ``(n,)`` rows.
        scores: ``(n,)`` along them.
    """
    close = np.zeros(len(order), np.bool_)
    close[near] = True
    places = np.flatnonzero(close | np.roll(close, 1))
    starts = ~close[places - 1]
    run = np.cumsum(starts) - 1
    rows = order[places]
    exact = scores[places][starts][run]
    different = ~_alike(table, rows, rows[starts][run])
    call = np.flatnonzero(np.bincount(run, different)[run] > 0)
    step = max(1, _NUMBERS // table.width)
    for start in range(0, len(call), step):
        some = call[start : start + step]
        exact[some] = scorer.exact(table.take(rows[some]))
    settled = np.lexsort((rows, -exact, run))
    order[places], scores[places] = rows[settled], exact[settled]


def _alike(table: Table, rows: Ints, others: Ints) -> NDArray[np.bool_]:
    """Tell which rows hold the same as others do, so that no score is needed to order them."""
    step = max(1, _NUMBERS // table.width)
    parts = [slice(start, start + step) for start in range(0, len(rows), step)]
    return np.concatenate(
        [(table.rows[rows[part]] == table.rows[others[part]]).all(axis=1) for part in parts]
    )
