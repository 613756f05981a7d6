"""A search, told part by part: the query, the results, the histogram."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from aehash.errors import UsageError
from aehash.web.served import Served
from aehash.web.wanted import Wanted
from aehash.workflow.query import comparable

Event = dict[str, Any]

#: Results of an answer, at most.
MOST = 1000
#: The rank of the last result that can be had by passing over those before.
FURTHEST = 100_000
_PART = 50


def events(
    served: Served,
    wanted: Wanted,
    given: Mapping[str, Any],
    position: list[float] | None = None,
) -> Iterator[Event]:
    """Search, and give each part of the answer as soon as it is known.

    Args:
        served: The codebook.
        wanted: The query.
        given: metric, k, skip, radius and label, checked each for itself.
        position: The query's place in the map, where there is one.

    Yields:
        Parts, each with its name as ``event``; the last is ``done``.

    Raises:
        UsageError: They do not go together, or there is no such label.
    """
    started = time.perf_counter()
    metric, reorder = metric_of(served, given["metric"])
    radius, where = given["radius"], served.mask(given["label"])
    if radius is not None and metric == "euclidean":
        raise UsageError("A radius counts bits, so it goes with hamming or reranked: give k.")
    if radius is not None and radius > served.book.bits:
        raise UsageError(
            f"The radius is {radius}, and codes of {served.name} have {served.book.bits} bits."
        )
    if given["skip"] and reorder and radius is None:
        raise UsageError(
            "The nearest by bits are put in order by their features all at once, so none of them "
            "can be passed over: give a radius, or leave skip out."
        )
    first, last = given["skip"], given["skip"] + given["k"]
    yield {"event": "query", "query": wanted.told(served, position)}
    yield {"event": "progress", "stage": "search", "rows": len(served)}
    rows, distances = served.searcher.find(
        wanted.query, last, radius=radius, metric=metric, reorder=reorder, where=where
    )
    found = len(rows)
    yield from results(served, rows[first:last], distances[first:last], first=first)
    cut = radius
    if cut is None and found:
        cut = distances[-1] if not reorder else _furthest(served, wanted, rows)
    yield histogram(served, wanted, metric, where, None if cut is None else float(cut))
    yield {
        "event": "done",
        "found": found,
        "total": len(served) if where is None else int(np.count_nonzero(where)),
        "elapsed_ms": round(1000 * (time.perf_counter() - started), 2),
        "value": "distance",
    }


def metric_of(served: Served, name: str) -> tuple[Literal["hamming", "euclidean"], bool]:
    """Take a metric's name apart: what is compared, and whether features order what was found.

    Args:
        served: The codebook.
        name: ``hamming``, ``euclidean`` or ``reranked``.

    Returns:
        The metric, and whether to re-rank.

    Raises:
        UsageError: The codebook has no features.
    """
    if name not in served.metrics:
        raise UsageError(
            f"{served.name} has no features, so its images cannot be compared by {name}: take "
            "hamming."
        )
    return ("euclidean" if name == "euclidean" else "hamming"), name == "reranked"


def results(
    served: Served,
    rows: Any,
    distances: Any,
    more: Mapping[str, Any] | None = None,
    *,
    first: int = 0,
) -> Iterator[Event]:
    """Describe results, some at a time.

    Args:
        served: The codebook.
        rows: (m,) rows, best first.
        distances: (m,) along them.
        more: Further values by name, each (m,).
        first: How many were passed over.

    Yields:
        Parts with up to 50 results each; one empty part where there are none.
    """
    for start in range(0, max(1, len(rows)), _PART):
        part = slice(start, start + _PART)
        yield {
            "event": "results",
            "results": [
                {
                    "rank": first + place + 1,
                    **served.item(int(row)),
                    "distance": float(distance),
                    **{name: values[place] for name, values in (more or {}).items()},
                }
                for place, (row, distance) in enumerate(
                    zip(rows[part], distances[part], strict=True), start
                )
            ],
        }


def histogram(served: Served, wanted: Wanted, metric: str, where: Any, cut: float | None) -> Event:
    """Count the rows by their distance.

    Args:
        served: The codebook.
        wanted: The query.
        metric: ``hamming`` or ``euclidean``.
        where: The rows that count, or None.
        cut: The distance of the last result, or the radius.

    Returns:
        Counts beside the distances that their bins begin at.
    """
    from aehash.index.spread import feature_spread

    if metric == "hamming":
        spread = served.spread.around(wanted.query.code, where=where)
    else:
        feature = comparable(wanted.query, served.book)
        spread = feature_spread(served.searcher.euclidean.features, feature, where=where)
    told = {
        "metric": metric,
        "distances": np.round(spread.edges[:-1], 6).tolist(),
        "width": float(spread.edges[1] - spread.edges[0]),
        "counts": spread.counts.tolist(),
        "rows": spread.rows,
        "cut": cut,
    }
    return {"event": "histogram", "histogram": told}


def _furthest(served: Served, wanted: Wanted, rows: Any) -> float:
    from aehash.index.distances import hamming_distances

    codes = np.ascontiguousarray(served.book.codes[rows])
    return float(hamming_distances(wanted.query.code[None], codes).max())


def whole(parts: Iterator[Event]) -> dict[str, Any]:
    """Put the parts of an answer together.

    Args:
        parts: As :func:`events` gives them.

    Returns:
        The answer.
    """
    told: dict[str, Any] = {"query": None, "results": [], "histogram": None}
    for part in parts:
        kind = part.pop("event")
        if kind == "results":
            told["results"] += part["results"]
        elif kind != "progress":
            told |= part
    return told
