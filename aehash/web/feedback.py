"""A round of relevance feedback, from the query and all marks: nothing is remembered between."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.feedback import Marks, On, method_of, rank
from aehash.web.search import Event, metric_of, results
from aehash.web.served import Served
from aehash.web.wanted import Wanted
from aehash.workflow.query import comparable

_BINS = 64


def marks_of(served: Served, rounds: Sequence[Mapping[str, Any]], own: int | None) -> Marks:
    """Take all rounds of marks together; where a row is marked again, the later mark counts.

    Args:
        served: The codebook.
        rounds: Each with ``marks``, a list of ``row``, ``key`` and ``relevant``, which is None to
            take an earlier mark back.
        own: The row that is the query itself.

    Returns:
        The marks that stand.

    Raises:
        UsageError: A row is the query itself.
        Problem: A row is not there, or a key is not the row's.
    """
    marked: dict[int, bool | None] = {}
    for mark in (mark for each in rounds for mark in each["marks"]):
        row = served.check_row(mark["row"])
        served.check_key(row, mark["key"])
        marked[row] = mark["relevant"]
    good = [row for row, relevant in marked.items() if relevant is True]
    bad = [row for row, relevant in marked.items() if relevant is False]
    return Marks().added(good, bad, len(served), own)


def events(
    served: Served,
    wanted: Wanted,
    given: Mapping[str, Any],
    position: list[float] | None = None,
) -> Iterator[Event]:
    """Rank the database by the marks, and give each part of the answer as soon as it is known.

    Args:
        served: The codebook.
        wanted: The query.
        given: rounds, metric, k, skip, label, method, seed and marked, checked each for itself.
        position: The query's place in the map, where there is one.

    Yields:
        Parts, each with its name as ``event``; the last is ``done``.

    Raises:
        UsageError: They do not go together.
    """
    started = time.perf_counter()
    marks = marks_of(served, given["rounds"], wanted.row)
    metric, reorder = metric_of(served, given["metric"])
    on: On = "features" if reorder or metric == "euclidean" else "codes"
    table, where = served.table(on), served.mask(given["label"])
    query = wanted.query
    asked = comparable(query, served.book) if on == "features" else table.code(query.code)
    method = method_of(given["method"])
    yield {"event": "query", "query": wanted.told(served, position)}
    yield {"event": "progress", "stage": "rank", "rows": len(served)}
    found = rank(table, asked, marks, method, given["seed"], own=wanted.row)
    keep = np.ones(len(found), np.bool_) if where is None else where[found.rows]
    if not given["marked"]:
        keep &= ~np.isin(found.rows, marks.rows)
    kept = found.chosen(keep)
    first = given["skip"]
    best = kept.chosen(np.arange(len(kept)) >= first, given["k"])
    how = dict.fromkeys(marks.relevant.tolist(), True)
    how |= dict.fromkeys(marks.irrelevant.tolist(), False)
    more = {
        "score": best.scores.tolist(),
        "marked": [how.get(row) for row in best.rows.tolist()],
    }
    yield from results(
        served, best.rows, _distances(served, wanted, best.rows, on), more, first=first
    )
    yield _histogram(kept.scores, best.scores)
    good, bad = len(marks.relevant), len(marks.irrelevant)
    yield {
        "event": "done",
        "found": len(kept),
        "total": len(served) if where is None else int(np.count_nonzero(where)),
        "elapsed_ms": round(1000 * (time.perf_counter() - started), 2),
        "value": "score" if given["method"].startswith("svm") and good + bad else "distance",
        "round": len(given["rounds"]),
        "marks": {"relevant": good, "irrelevant": bad},
        "message": _message(good, bad, given["method"]),
    }


def _distances(
    served: Served, wanted: Wanted, rows: NDArray[np.int64], on: str
) -> NDArray[np.float64]:
    """Measure the rows' distances from the query itself."""
    from aehash.index.distances import hamming_distances

    if not len(rows):
        return np.empty(0)
    if on == "codes" or served.book.features is None:
        codes = np.ascontiguousarray(served.book.codes[rows])
        return np.asarray(hamming_distances(wanted.query.code[None], codes)[0], np.float64)
    features = np.asarray(served.book.features[rows], np.float64)
    return np.asarray(np.linalg.norm(features - comparable(wanted.query, served.book), axis=1))


def _histogram(scores: NDArray[np.float64], best: NDArray[np.float64]) -> Event:
    counts, edges = np.histogram(scores if len(scores) else np.zeros(0), _BINS)
    told = {
        "metric": "score",
        "distances": np.round(edges[:-1], 9).tolist(),
        "width": float(edges[1] - edges[0]),
        "counts": counts.tolist(),
        "rows": len(scores),
        "cut": float(best[-1]) if len(best) else None,
    }
    return {"event": "histogram", "histogram": told}


def _message(good: int, bad: int, method: str) -> str:
    if good + bad == 0:
        return "Nothing is marked, so this is the first ranking."
    told = f"Ranked by {method} with {good} relevant and {bad} irrelevant"
    if method.startswith("svm") and not bad:
        return f"{told}; images drawn at random are presumed irrelevant."
    return f"{told}."
