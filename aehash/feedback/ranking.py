"""One ranking of the database after feedback, as a pure function."""

import numpy as np
from numpy.typing import NDArray

from aehash.feedback.marks import Marks
from aehash.feedback.method import Asked, Method
from aehash.feedback.ordering import Ranked, ordered
from aehash.feedback.table import Table
from aehash.parallel import check_threads


def rank(
    table: Table,
    query: NDArray[np.float32],
    marks: Marks,
    method: Method,
    seed: int = 0,
    *,
    own: int | None = None,
    threads: int | None = None,
) -> Ranked:
    """Rank the database for a query and what was marked.

    Args:
        table: The database.
        query: ``(d,)`` features, or the ±1 vector of a code.
        marks: The rows marked so far.
        method: Learns from them.
        seed: Of what the method draws.
        own: The row that is the query itself, if any; it is not ranked.
        threads: How many work; by default one for each core. The ranking does not depend on it.

    Returns:
        All rows but the query's own, best first; ties stand in database order. Unless the method
        is `Plain`, rows marked relevant stand first and those marked irrelevant last.

    Raises:
        UsageError: The query has another width.
        AehashError: A feature is NaN or infinite.
    """
    asked = Asked(table, table.query(query).astype(np.float64), marks, seed, own)
    table.size  # noqa: B018 - refuses NaN and infinity, once
    found = ordered(table, method.scorer(asked), check_threads(threads))
    pins = marks if method.pins else Marks()
    if own is None and not len(pins):
        return found
    places = pinned(found.rows, pins, len(table), own)
    return Ranked(found.rows[places], found.scores[places])


def pinned(
    rows: NDArray[np.int64], marks: Marks, count: int, own: int | None = None
) -> NDArray[np.int64]:
    """Place rows marked relevant first and those marked irrelevant last.

    Args:
        rows: ``(m,)`` ranked rows.
        marks: The rows marked so far.
        count: Rows of the database.
        own: A row to leave out.

    Returns:
        Places in `rows`, in their new order.
    """
    tier = np.zeros(count, np.int8)
    tier[marks.relevant], tier[marks.irrelevant] = -1, 1
    if own is not None:
        tier[own] = 2
    along = tier[rows]
    return np.concatenate([np.flatnonzero(along == each) for each in (-1, 0, 1)])
