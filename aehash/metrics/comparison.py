"""Is one evaluation better than another? Paired over the same queries, query by query."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError, nearest
from aehash.index.checks import whole
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.evaluation import EMPTY, Evaluation
from aehash.metrics.sameness import (
    check_comparable,
    data_name,
    database_warnings,
    protocol_warnings,
    query_warnings,
)
from aehash.metrics.scores import Scores
from aehash.metrics.ties import Floats

_LESS_IS_BETTER = (EMPTY,)
_COUNTS = (EMPTY,)
"""Metrics that a report gives as a count and not as a mean."""


@dataclass(frozen=True, eq=False)
class Difference:
    """One metric of two evaluations over the same queries.

    Attributes:
        metric: Its name.
        a: Mean of the first; of ``empty_queries`` the count, as in its report.
        b: The same of the second.
        low: 2.5th percentile of B - A, by bootstrap over queries.
        high: 97.5th percentile.
        by_query: ``(q,)`` B - A.
    """

    metric: str
    a: float
    b: float
    low: float
    high: float
    by_query: Floats

    @property
    def mean(self) -> float:
        """B - A."""
        return float(self.by_query.mean()) * self.scale

    @property
    def scale(self) -> int:
        """What a mean over queries is multiplied by: their number for a count, else 1."""
        return len(self.by_query) if self.metric in _COUNTS else 1

    @property
    def digits(self) -> int:
        """Digits to show behind the point."""
        return 1 if self.metric in _COUNTS else 4

    @property
    def better(self) -> float:
        """Share of queries in which B is better, 0 to 1."""
        return float((self._gain > 0).mean())

    @property
    def worse(self) -> float:
        """Share of queries in which B is worse, 0 to 1."""
        return float((self._gain < 0).mean())

    @property
    def equal(self) -> float:
        """Share of queries in which both are equal, 0 to 1."""
        return float((self._gain == 0).mean())

    @property
    def _gain(self) -> Floats:
        return -self.by_query if self.metric in _LESS_IS_BETTER else self.by_query

    def verdict(self, names: tuple[str, str] = ("A", "B")) -> str:
        """Say in a sentence what the queries tell.

        Args:
            names: What the two are called.

        Returns:
            The sentence.
        """
        (a, b), count, digits = names, len(self.by_query), self.digits
        queries = f"{count:,} {'query' if count == 1 else 'queries'}"
        if self.equal == 1:
            return f"{a} and {b} are equal in each of the {queries} by {self.metric}."
        interval = f"[{self.low:+.{digits}f}, {self.high:+.{digits}f}]"
        if self.low <= 0 <= self.high:
            return (
                f"No difference can be told from these {queries} by {self.metric}: "
                f"{b} - {a} is {self.mean:+.{digits}f}, 95 % interval {interval}."
            )
        winner = b if float(self._gain.mean()) > 0 else a
        low, high = sorted((abs(self.low), abs(self.high)))
        return (
            f"{winner} is better by {abs(self.mean):.{digits}f} "
            f"[{low:.{digits}f}, {high:.{digits}f}] in {self.metric} over {queries}."
        )


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two evaluations side by side.

    Attributes:
        differences: One for each metric, the asked one first.
        n_queries: Queries that both judged.
        warnings: Why the numbers may not mean the same, in sentences.
    """

    differences: Sequence[Difference]
    n_queries: int
    warnings: Sequence[str]


def compare(
    a: Evaluation | Scores,
    b: Evaluation | Scores,
    metrics: str | Sequence[str] | None = None,
    *,
    seed: int = 0,
) -> Comparison:
    """Compare two evaluations over the same queries.

    The queries are drawn again together for both (a paired bootstrap), so what makes a query
    easy or hard for both does not widen the interval.

    Args:
        a: The first. Queries are matched by key; scores without keys must stand in one order.
        b: The second.
        metrics: A name such as ``map@10/min_k``, or several; by default AP by the first's divisor
            at each cut that both have.
        seed: Of the resampling.

    Returns:
        The differences, B - A, with 95 % intervals.

    Raises:
        UsageError: The queries are not the same, the two are of different named protocols or
            splits, or a metric is not there.
    """
    seed = whole("seed", seed, 0)
    mine, theirs = (each if isinstance(each, Scores) else Scores.of(each) for each in (a, b))
    order = _order(mine, theirs)
    check_comparable(mine, theirs)
    chosen = _metrics(mine, theirs, [metrics] if isinstance(metrics, str) else metrics)
    values = {name: _values(mine, theirs, name, order) for name in chosen}
    intervals = bootstrap_intervals({name: b - a for name, (a, b) in values.items()}, seed)
    return Comparison(
        [_difference(name, *values[name], intervals[name]) for name in chosen],
        len(mine),
        [
            *protocol_warnings(mine.protocol, theirs.protocol),
            *query_warnings(mine, theirs),
            *database_warnings(mine, theirs),
        ],
    )


def _values(a: Scores, b: Scores, name: str, order: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Take both sides' values as precise as the coarser one: equal ones stay equal on disk."""
    mine, theirs = a.per_query[name], b.per_query[name][order]
    kind = min(mine.dtype, theirs.dtype, key=lambda each: each.itemsize)
    return mine.astype(kind).astype(np.float64), theirs.astype(kind).astype(np.float64)


def _difference(name: str, a: Floats, b: Floats, interval: tuple[float, float]) -> Difference:
    scale = len(a) if name in _COUNTS else 1
    low, high = (scale * end for end in interval)
    return Difference(name, float(a.mean()) * scale, float(b.mean()) * scale, low, high, b - a)


def _order(a: Scores, b: Scores) -> NDArray[np.int64]:
    """Find for each of A's queries its row in B."""
    if a.keys is None or b.keys is None:
        if len(a) != len(b):
            raise UsageError(
                f"A judged {len(a):,} queries and B {len(b):,}: only evaluations of the same "
                "queries can be compared."
            )
        _check_sources(a, b)
        if (a.keys is None) != (b.keys is None):
            known, unknown = "BA" if a.keys is None else "AB"
            raise UsageError(
                f"{known}'s queries have keys and {unknown}'s have none, so they cannot be "
                f"matched: give {unknown}'s too."
            )
        return np.arange(len(a))
    mine, theirs = (
        np.argsort(each.keys, kind="stable") for each in (a, b) if each.keys is not None
    )
    if len(a) != len(b) or not np.array_equal(a.keys[mine], b.keys[theirs]):
        both = len(np.intersect1d(a.keys, b.keys))
        raise UsageError(
            f"A judged {len(a):,} queries ({data_name(a.protocol, 'queries')}) and B {len(b):,} "
            f"({data_name(b.protocol, 'queries')}), of which {both:,} have the same key: only "
            "evaluations of the same queries can be compared."
        )
    order = np.empty(len(a), np.int64)
    order[mine] = theirs
    _check_labels(a, b, order)
    return order


def _check_labels(a: Scores, b: Scores, order: NDArray[np.int64]) -> None:
    if a.labels is None or b.labels is None:
        return
    if a.labels.shape != b.labels.shape or (a.labels != b.labels[order]).any():
        raise UsageError(
            "A's and B's queries have the same keys and other labels, so they are not the same "
            "queries: evaluate both with the same data."
        )


def _check_sources(a: Scores, b: Scores) -> None:
    mine, theirs = data_name(a.protocol, "queries"), data_name(b.protocol, "queries")
    if mine != theirs:
        raise UsageError(
            f"A's queries are {mine} and B's {theirs}: only evaluations of the same queries can "
            "be compared."
        )


def _metrics(a: Scores, b: Scores, asked: Sequence[str] | None) -> list[str]:
    both = [name for name in a.per_query if name in b.per_query]
    if asked:
        for name in asked:
            if name not in both:
                raise UsageError(f"Not both have the metric {name!r}.{nearest(str(name), both)}")
        return list(dict.fromkeys(asked))
    found = [name for name in a.asked if name in both]
    if not found:
        raise UsageError(
            f"A was judged by {', '.join(a.asked)}, which B was not: evaluate both with the same "
            f"-k, or choose one with --metric.{nearest(a.asked[0], both)}"
        )
    return found
