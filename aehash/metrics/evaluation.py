"""Evaluate queries against a database: every metric, its chance line and its interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.index.checks import whole
from aehash.metrics.average_precision import Depth, Per
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.class_table import ByClass, by_chance
from aehash.metrics.code_statistics import CodeStatistics, code_statistics
from aehash.metrics.gains import Gain
from aehash.metrics.histogram import Histograms
from aehash.metrics.judge import Judge, Judged
from aehash.metrics.protocol import DEFAULT_KS, ExcludeSelf, Metric, Protocol, Ties
from aehash.metrics.relevance import Relevance
from aehash.metrics.rows import Rows
from aehash.metrics.split_identity import split_digest
from aehash.metrics.ties import Floats, Ints, ratio
from aehash.metrics.votes import Votes
from aehash.parallel import check_threads, run, split

EMPTY = "empty_queries"
_QUERIES = 1_024
"""Queries that a thread takes at once, where their histograms are enough."""
_CELLS = 1 << 22
"""Items that a thread ranks at once, where they must be ranked, unless one query has more."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision and recall as the radius grows, means over queries.

    Attributes:
        radius: ``(bits + 1,)`` 0 to bits.
        precision: Of what is inside the radius; 0 for a query with nothing inside.
        recall: Of all that is relevant; 0 for a query with nothing relevant.
    """

    radius: Ints
    precision: Floats
    recall: Floats


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an evaluation found.

    Attributes:
        conventions: How queries were ranked and judged.
        protocol: The same as JSON can hold it, with the data's names and the self-match.
        n_queries: Queries; all of them count in every mean.
        n_database: Items in the database.
        bits: Bits per code.
        metrics: Means over queries by name: ``map@5/min_k``, ``precision@5``, ``recall@5``,
            ``precision@radius`` and so on; ``empty_queries`` is a count.
        chance: The same for a random ranking.
        ci95: The same, ``(low, high)`` by bootstrap over queries.
        codes: Figures of the database's codes.
        curve: Precision and recall by radius; none where codes were not compared.
        per_query: ``(q,)`` each, by name.
        notes: What a reader must know, in sentences.
        queries: Keys and labels of the queries, in the order of ``per_query``.
        database: Keys and labels of what was searched.
        by_class: Rows by class; none where they were not asked for.
    """

    conventions: Protocol
    protocol: Mapping[str, Any]
    n_queries: int
    n_database: int
    bits: int
    metrics: Mapping[str, float]
    chance: Mapping[str, float]
    ci95: Mapping[str, tuple[float, float]]
    codes: CodeStatistics
    curve: Curve | None
    per_query: Mapping[str, NDArray[np.float64]]
    notes: Sequence[str]
    queries: Rows
    database: Rows
    by_class: ByClass | None = None

    @property
    def title(self) -> str:
        """Name the ranking for a table's row."""
        return self.conventions.title

    @cached_property
    def split(self) -> str:
        """Which images asked and which were searched: the SHA-256 of their split's file."""
        return split_digest(self.queries.keys, self.database.keys)


def evaluate(
    database: Codebook,
    queries: Codebook,
    *,
    radius: int | None = None,
    rerank: bool = False,
    per: Per = "min_k",
    ties: Ties = "expected",
    relevance: Relevance = "any",
    ks: Sequence[Depth] = DEFAULT_KS,
    metric: Metric = "hamming",
    exclude_self: ExcludeSelf = "auto",
    block: int | None = None,
    progress: Callable[[int], object] | None = None,
    bootstrap_seed: int = 0,
    gain: Gain = "linear",
    threads: int | None = None,
    by_class: bool = False,
) -> Evaluation:
    """Rank the database for every query and judge the rankings.

    Queries are taken in blocks; no table of all queries and the database is ever made. Binary
    codes are counted in one pass by distance and relevance, without sorting, and all else follows
    from the counts; only ties in database order, re-ranking and Euclidean distances rank items.

    Args:
        database: What is searched; labelled.
        queries: What is asked; labelled, of the same bits.
        radius: Retrieve only within this Hamming distance, inclusive; by default everything.
        rerank: Order what is inside the radius by the Euclidean distance of the features.
        per: The divisor of AP to show first: ``min_k``, ``hits`` or ``relevant``.
        ties: ``expected``, ``database``, ``optimistic`` or ``pessimistic``.
        relevance: ``any``, ``all`` or ``exact``.
        ks: Cuts, such as ``(5, 10, "all")``.
        metric: ``hamming`` over codes, ``euclidean`` over features, or ``cosine`` over features
            less the mean of the database's.
        exclude_self: Remove a query's own row from the database, by key; ``auto``: where both
            codebooks have the same source.
        block: Queries at once; by default what memory allows.
        progress: Called with the number of queries done, block by block.
        bootstrap_seed: Of the interval's resampling.
        gain: What an item is worth to nDCG by the g labels it shares: ``linear``: g, or
            ``exponential``: 2^g - 1.
        threads: How many; by default one for each core. The results do not depend on it.
        by_class: Whether to judge by class as well, with ``accuracy@k/majority`` and
            ``recall_bound@k`` among the metrics.

    Returns:
        The metrics with their chance line and interval.

    Raises:
        UsageError: A convention is unknown, the codebooks do not belong together, labels or
            features are missing, or labels or ties do not allow rows by class.
    """
    protocol = Protocol(radius, rerank, per, ties, relevance, ks, metric, exclude_self, gain)
    workers = check_threads(threads)
    if block is not None:
        block = whole("block", block, 1)
    bootstrap_seed = whole("bootstrap_seed", bootstrap_seed, 0)
    judge = Judge(database, queries, protocol, by_class)
    step = block or workers * _step(protocol, len(database))
    tally = _Tally(protocol)
    for start in range(0, len(queries), step):
        size = min(step, len(queries) - start)
        parts = [slice(start + part.start, start + part.stop) for part in split(size, workers)]
        for judged in run(judge.block, parts):
            tally.add(judged)
        if progress is not None:
            progress(size)
    per_query, chance, table = tally.found(), tally.by_chance(), None
    if judge.voters is not None:
        chance |= by_chance(judge.voters, protocol.ks, tally.votes, judge.own)
        table = ByClass.of(judge.voters, protocol.ks, tally.votes, per_query, chance)
    return Evaluation(
        conventions=protocol,
        protocol=_describe(protocol, database, queries, judge.own),
        n_queries=len(queries),
        n_database=len(database),
        bits=database.bits,
        metrics=_means(per_query),
        chance=_means(chance),
        ci95=_intervals(per_query, bootstrap_seed),
        codes=code_statistics(database.codes, database.bits),
        curve=tally.curve(len(queries)),
        per_query=per_query,
        notes=tally.notes(len(database)) + (table.notes() if table is not None else []),
        queries=Rows.of(queries),
        database=Rows.of(database),
        by_class=table,
    )


def _step(protocol: Protocol, size: int) -> int:
    counted = protocol.metric == "hamming" and not protocol.rerank
    return _QUERIES if counted and protocol.ties != "database" else max(1, _CELLS // size)


class _Tally:
    """Gathers the blocks: one number per query and metric, and the curve's sums."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._found: list[dict[str, Floats]] = []
        self._chance: list[dict[str, Floats]] = []
        self._precision: Floats | None = None
        self._recall: Floats | None = None
        self._nearest: list[Ints] = []
        self._pointless = 0
        self.votes: list[Votes] = []

    def add(self, judged: Judged) -> None:
        empty = {EMPTY: (judged.retrieved == 0).astype(np.float64)}
        self._found.append(judged.found | empty)
        self._chance.append(judged.chance | empty)
        relevant = judged.histograms.relevant.sum(axis=1)
        self._pointless += int((relevant == 0).sum())
        if judged.votes is not None:
            self.votes.append(judged.votes)
        if self._protocol.metric == "hamming":
            self._add_curve(judged.histograms, relevant)

    def _add_curve(self, counts: Histograms, relevant: Ints) -> None:
        inside = np.cumsum(counts.items, axis=1)
        self._nearest.append((inside > 0).argmax(axis=1))
        hits = np.cumsum(counts.relevant, axis=1)
        self._precision = _added(self._precision, ratio(hits, inside))
        self._recall = _added(self._recall, ratio(hits, relevant[:, None]))

    def found(self) -> dict[str, Floats]:
        return _join(self._found)

    def by_chance(self) -> dict[str, Floats]:
        return _join(self._chance)

    def curve(self, count: int) -> Curve | None:
        if self._precision is None or self._recall is None:
            return None
        radius = np.arange(len(self._precision), dtype=np.int64)
        return Curve(radius, self._precision / count, self._recall / count)

    def notes(self, size: int) -> list[str]:
        notes = [
            f"k = {k} is larger than the database ({size} items): the list is cut there, and "
            "precision still divides by k."
            for k in self._protocol.ks
            if k != "all" and k > size
        ]
        if self._pointless:
            notes.append(
                f"{self._pointless} queries have no relevant item in the database and count as 0."
            )
        return notes + self._radius_notes()

    def _radius_notes(self) -> list[str]:
        """Say what a better radius would be, where the asked one finds next to nothing."""
        radius = self._protocol.radius
        if radius is None or not self._nearest:
            return []
        nearest = np.concatenate(self._nearest)
        empty = int((nearest > radius).sum())
        if 2 * empty <= len(nearest):
            return []
        return [
            f"Radius {radius} is small for these codes: the median query's nearest item is "
            f"{int(np.median(nearest))} bits away. Try a larger radius, or fewer bits."
        ]


def _added(total: Floats | None, rows: Floats) -> Floats:
    """Add rows one by one, so that the sum does not depend on the blocks they come in."""
    start = np.zeros(rows.shape[1]) if total is None else total
    return np.asarray(np.add.reduce(np.vstack([start, rows]), axis=0))


def _join(blocks: list[dict[str, Floats]]) -> dict[str, Floats]:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _means(per_query: Mapping[str, Floats]) -> dict[str, float]:
    means = {name: float(values.mean()) for name, values in per_query.items()}
    means[EMPTY] = int(per_query[EMPTY].sum())
    return means


def _intervals(per_query: Mapping[str, Floats], seed: int) -> dict[str, tuple[float, float]]:
    intervals = bootstrap_intervals(per_query, seed)
    low, high = intervals[EMPTY]
    count = len(per_query[EMPTY])
    return {**intervals, EMPTY: (low * count, high * count)}


def _describe(
    protocol: Protocol, database: Codebook, queries: Codebook, own: Ints
) -> dict[str, Any]:
    removed = int((own >= 0).sum())
    return {
        **protocol.as_dict(),
        "self_match": f"removed by key ({removed} queries)" if removed else "none",
        "database": {"source": database.source, "split": database.split},
        "queries": {"source": queries.source, "split": queries.split},
    }
