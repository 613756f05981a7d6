"""Is one evaluation better than another? Paired over the same queries, query by query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError, nearest
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.evaluation import EMPTY, Evaluation
from aehash.metrics.ties import Floats

#: Conventions that must be the same for two numbers of one name to mean the same.
_CONVENTIONS = ("metric", "radius", "rerank", "ties", "relevance", "self_match")
_LESS_IS_BETTER = (EMPTY,)


@dataclass(frozen=True, eq=False)
class Scores:
    """An evaluation's values by query, and what they rest on.

    Attributes:
        title: The ranking's name.
        protocol: The conventions and the data's names, as JSON has them.
        n_database: Items in the database.
        per_query: ``(q,)`` each, by metric.
        keys: ``(q,)`` the queries' keys; none where they are known to stand in one order.
        labels: ``(q,)`` or ``(q, classes)``, the queries' labels; none where not known.
        database: Digest of the database's keys and labels; none where not known.
    """

    title: str
    protocol: Mapping[str, Any]
    n_database: int
    per_query: Mapping[str, Floats]
    keys: NDArray[np.bytes_] | None = None
    labels: NDArray[Any] | None = None
    database: str | None = None

    @classmethod
    def of(cls, evaluation: Evaluation) -> "Scores":
        """Take them from an evaluation in memory.

        Args:
            evaluation: Any.

        Returns:
            Its values, without keys.
        """
        return cls(
            evaluation.title, evaluation.protocol, evaluation.n_database, evaluation.per_query
        )

    def __len__(self) -> int:
        """Count the queries."""
        return len(next(iter(self.per_query.values())))

    @property
    def asked(self) -> list[str]:
        """The metrics to show first: AP by the asked divisor at every cut."""
        per = self.protocol["per"]
        return [f"map@{k}/{per}" for k in self.protocol["ks"]]


@dataclass(frozen=True, eq=False)
class Difference:
    """One metric of two evaluations over the same queries.

    Attributes:
        metric: Its name.
        a: Mean of the first.
        b: Mean of the second.
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
        return float(self.by_query.mean())

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

    def verdict(self) -> str:
        """Say in a sentence what the queries tell."""
        count = len(self.by_query)
        queries = f"{count:,} {'query' if count == 1 else 'queries'}"
        if self.equal == 1:
            return f"A and B are equal in each of the {queries} by {self.metric}."
        interval = f"[{self.low:+.4f}, {self.high:+.4f}]"
        if self.low <= 0 <= self.high:
            return (
                f"No difference can be told from these {queries} by {self.metric}: "
                f"B - A is {self.mean:+.4f}, 95 % interval {interval}."
            )
        winner = "B" if float(self._gain.mean()) > 0 else "A"
        low, high = sorted((abs(self.low), abs(self.high)))
        return (
            f"{winner} is better by {abs(self.mean):.4f} [{low:.4f}, {high:.4f}] in "
            f"{self.metric} over {queries}."
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
    metrics: Sequence[str] | None = None,
    *,
    seed: int = 0,
) -> Comparison:
    """Compare two evaluations over the same queries.

    The queries are drawn again together for both (a paired bootstrap), so what makes a query
    easy or hard for both does not widen the interval.

    Args:
        a: The first. Evaluations in memory must have judged the same queries in one order;
            scores with keys are matched by key.
        b: The second.
        metrics: Names such as ``map@10/min_k``; by default AP by the first's divisor at each cut
            that both have.
        seed: Of the resampling.

    Returns:
        The differences, B - A, with 95 % intervals.

    Raises:
        UsageError: The queries are not the same, or a metric is not there.
    """
    mine, theirs = (each if isinstance(each, Scores) else Scores.of(each) for each in (a, b))
    order = _order(mine, theirs)
    chosen = _metrics(mine, theirs, metrics)
    differences = {name: theirs.per_query[name][order] - mine.per_query[name] for name in chosen}
    intervals = bootstrap_intervals(differences, seed)
    return Comparison(
        [
            Difference(
                name,
                float(mine.per_query[name].mean()),
                float(theirs.per_query[name].mean()),
                *intervals[name],
                differences[name],
            )
            for name in chosen
        ],
        len(mine),
        [*_protocol_warnings(mine, theirs), *_database_warnings(mine, theirs)],
    )


def _order(a: Scores, b: Scores) -> NDArray[np.int64]:
    """Find for each of A's queries its row in B."""
    if a.keys is None or b.keys is None:
        if len(a) != len(b):
            raise UsageError(
                f"A judged {len(a):,} queries and B {len(b):,}: only evaluations of the same "
                "queries can be compared."
            )
        _check_sources(a, b)
        return np.arange(len(a))
    mine, theirs = (
        np.argsort(each.keys, kind="stable") for each in (a, b) if each.keys is not None
    )
    if len(a) != len(b) or not np.array_equal(a.keys[mine], b.keys[theirs]):
        both = len(np.intersect1d(a.keys, b.keys))
        raise UsageError(
            f"A judged {len(a):,} queries ({_data(a, 'queries')}) and B {len(b):,} "
            f"({_data(b, 'queries')}), of which {both:,} have the same key: only evaluations of "
            "the same queries can be compared."
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
    mine, theirs = _data(a, "queries"), _data(b, "queries")
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
                raise UsageError(f"Not both have the metric {name!r}.{nearest(name, both)}")
        return list(dict.fromkeys(asked))
    found = [name for name in a.asked if name in both]
    if not found:
        raise UsageError(
            f"A was judged by {', '.join(a.asked)}, which B was not: evaluate both with the same "
            f"-k, or choose one with --metric.{nearest(a.asked[0], both)}"
        )
    return found


def _protocol_warnings(a: Scores, b: Scores) -> list[str]:
    differing = [
        f"{name} is {_written(a.protocol[name])} in A and {_written(b.protocol[name])} in B"
        for name in _CONVENTIONS
        if a.protocol[name] != b.protocol[name]
    ]
    names = [each.protocol.get("name") for each in (a, b)]
    if None not in names and names[0] != names[1]:
        differing.append(f"A is by {names[0]} and B by {names[1]}")
    if not differing:
        return []
    return [
        f"A and B were not judged by the same protocol: {'; '.join(differing)}. "
        "Their numbers do not mean the same."
    ]


def _database_warnings(a: Scores, b: Scores) -> list[str]:
    if a.n_database != b.n_database:
        return [
            f"A searched a database of {a.n_database:,} items and B one of {b.n_database:,}: "
            "a smaller database is easier."
        ]
    if a.database is not None and b.database is not None:
        same = a.database == b.database
    else:
        same = _data(a, "database") == _data(b, "database")
    if same:
        return []
    return [
        f"A and B searched different databases ({_data(a, 'database')}; {_data(b, 'database')}): "
        "their items or labels are not the same."
    ]


def _data(scores: Scores, which: str) -> str:
    data = scores.protocol[which]
    return " ".join(part for part in (data["source"], data["split"]) if part) or "unnamed"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else str(value)
