"""Feedback without a person: labels say what would be marked, and every round is judged.

Each round marks the first unmarked rows of the method's own ranking, as the labels have them, and
ranks again. Three numbers tell what that gave, each an average precision over a whole list,
divided by R, the relevant rows in it:

- `map`: over the whole list, which the marked rows lead; part of its gain is the marks alone;
- `residual_map`: over the rows that nobody marked, taken out of the ranking and of R;
- `residual_before`: the first ranking, over the same rows: what `residual_map` is to be compared
  with, since the rows that remain are harder than all.

A query with no relevant row counts as 0; one whose relevant rows are all marked has no residual,
and is left out of the residual means. Ties stand in database order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError, nearest
from aehash.feedback.baselines import Pinned, Plain
from aehash.feedback.marks import Marks
from aehash.feedback.method import Method
from aehash.feedback.methods import METHODS
from aehash.feedback.ranking import pinned, rank
from aehash.feedback.svm import Svm
from aehash.feedback.table import Table
from aehash.index.checks import whole
from aehash.metrics.average_precision import score
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.lists import OrderedLists
from aehash.parallel import check_threads, run, split

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MEASURES = ("map", "residual_map", "residual_before")


@dataclass(frozen=True, eq=False)
class Rounds:
    """One method's rounds.

    Attributes:
        map: ``(rounds + 1, q)`` AP over the whole list; round 0 is the first ranking.
        residual_map: The same over the unmarked rows; NaN where none of them is relevant.
        residual_before: The same of the first ranking, over the same rows.
        found: ``(rounds + 1, q)`` int64 rows marked relevant so far.
    """

    map: Floats
    residual_map: Floats
    residual_before: Floats
    found: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Simulation:
    """Rounds of feedback by method.

    Attributes:
        rounds: How many there were after the first ranking.
        marks: Rows marked a round.
        seed: Of what methods draw.
        methods: By name, their options.
        values: By name, one number per round and query.
        n_database: Rows searched.
    """

    rounds: int
    marks: int
    seed: int
    methods: Mapping[str, Method]
    values: Mapping[str, Rounds]
    n_database: int

    @property
    def n_queries(self) -> int:
        """Count the queries."""
        return int(next(iter(self.values.values())).map.shape[1])

    def table(self, resamples_seed: int = 0) -> list[dict[str, Any]]:
        """Average over the queries.

        Args:
            resamples_seed: Of the intervals' resampling.

        Returns:
            A row for each method and round: ``method``, ``round``, the three measures, each with
            its 95 % interval as ``<name>_ci95`` (both None where no query has a value),
            ``residual_queries`` (how many have a residual) and ``found`` (mean rows marked
            relevant).
        """
        return [
            _averaged(name, round_, values, resamples_seed)
            for name, values in self.values.items()
            for round_ in range(self.rounds + 1)
        ]


def simulate(
    database: Table | NDArray[np.float32],
    queries: NDArray[np.float32],
    relevant: Callable[[int], Flags] | Flags,
    *,
    own: NDArray[np.int64] | None = None,
    rounds: int = 3,
    marks: int = 20,
    methods: Mapping[str, Method] | Iterable[str] = tuple(METHODS),
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Simulation:
    """Simulate feedback on every query.

    Args:
        database: A table, or ``(n, d)`` float32 features.
        queries: ``(q, d)`` features, or the ±1 vectors of codes.
        relevant: ``(q, n)`` bool; or a function that gives ``(n,)`` bool for a query's number,
            where that would be large. It may be called from several threads.
        own: ``(q,)`` the row that is the query itself, or -1; it is never ranked, marked, drawn
            or counted.
        rounds: How many follow the first ranking.
        marks: Rows marked a round.
        methods: Names, or methods by the names to show.
        seed: Of what methods draw; each query has draws of its own.
        threads: How many work; by default one for each core. The result does not depend on it.
        progress: Called with the number of queries done.

    Returns:
        Every method's rounds.

    Raises:
        UsageError: An option is out of range, a method unknown, or the arrays do not fit.
        AehashError: A feature is NaN or infinite.
    """
    table = database if isinstance(database, Table) else Table.of_features(database)
    named = _methods(methods)
    for method in named.values():
        if isinstance(method, Svm):
            method.machine(table)  # what is the same for all queries is reckoned before the threads
    rounds, marks, seed = (
        whole("rounds", rounds, 1),
        whole("marks", marks, 1),
        whole("seed", seed, 0),
    )
    look = _flags(relevant, len(queries), len(table))
    rows = np.full(len(queries), -1) if own is None else np.asarray(own, np.int64)
    workers = check_threads(threads)

    def work(part: slice) -> list[dict[str, NDArray[Any]]]:
        found = []
        for query in range(part.start, part.stop):
            mine = int(rows[query]) if rows[query] >= 0 else None
            drawn = int(np.random.SeedSequence([seed, query]).generate_state(1)[0])
            oracle = Oracle(table, queries[query], look(query), mine, drawn)
            found.append({name: oracle.rounds(each, rounds, marks) for name, each in named.items()})
        return found

    done: list[dict[str, NDArray[Any]]] = []
    for start in range(0, len(queries), workers):
        size = min(workers, len(queries) - start)
        parts = [slice(start + each.start, start + each.stop) for each in split(size, workers)]
        done += [each for part in run(work, parts) for each in part]
        if progress is not None:
            progress(size)
    values = {name: _rounds([each[name] for each in done]) for name in named}
    return Simulation(rounds, marks, seed, named, values, len(table))


@dataclass(frozen=True, eq=False)
class Oracle:
    """One query, and labels that say what is relevant to it.

    Attributes:
        table: The database.
        query: ``(d,)`` features.
        relevant: ``(n,)`` bool.
        own: The row that is the query itself, if any.
        seed: Of what methods draw.
    """

    table: Table
    query: NDArray[np.float32]
    relevant: Flags
    own: int | None
    seed: int

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """The first ranking, which all methods share."""
        return self._fitted(Plain(), Marks())

    def rounds(self, method: Method, rounds: int, marks: int) -> NDArray[Any]:
        """Mark and rank again.

        Args:
            method: How to rank again.
            rounds: How many times.
            marks: Rows marked a round.

        Returns:
            ``(4, rounds + 1)``: AP, residual AP, residual AP before, rows marked relevant.
        """
        given = Marks()
        first = ranking = self.first
        lists = [(ranking, ranking, given)]
        for _ in range(rounds):
            new = ranking[~np.isin(ranking, given.rows)][:marks]
            good = self.relevant[new]
            given = given.added(new[good], new[~good], len(self.table), self.own)
            ranking = self._ranked(method, given)
            lists.append((ranking, first, given))
        return np.array([self._scores(*each) for each in lists]).T

    def _ranked(self, method: Method, marks: Marks) -> NDArray[np.int64]:
        if isinstance(method, Plain | Pinned):  # which differ from the first ranking by pins alone
            pins = marks if method.pins else Marks()
            return self.first[pinned(self.first, pins, len(self.table))]
        return self._fitted(method, marks)

    def _fitted(self, method: Method, marks: Marks) -> NDArray[np.int64]:
        found = rank(self.table, self.query, marks, method, self.seed, own=self.own, threads=1)
        return found.rows

    def _scores(
        self, ranking: NDArray[np.int64], first: NDArray[np.int64], marks: Marks
    ) -> tuple[float, float, float, int]:
        left = [rows[~np.isin(rows, marks.rows)] for rows in (ranking, first)]
        whole_list = average_precision(self.relevant[ranking])
        after, before = (average_precision(self.relevant[rows]) for rows in left)
        if not self.relevant[left[0]].any():
            after = before = float("nan")
        return whole_list, after, before, len(marks.relevant)


def average_precision(relevant: Flags) -> float:
    """Average the precision over a list, divided by R.

    Args:
        relevant: ``(m,)`` bool, best first.

    Returns:
        AP, 0 where nothing is relevant.
    """
    total, size = np.array([relevant.sum()]), np.array([len(relevant)])
    lists = OrderedLists.from_relevance(relevant[None])
    return float(score(lists, total, size, ["all"])["map@all/relevant"][0])


def _methods(methods: Mapping[str, Method] | Iterable[str]) -> dict[str, Method]:
    if isinstance(methods, Mapping):
        named = dict(methods)
    else:
        names = list(methods)
        for name in set(names) - set(METHODS):
            raise UsageError(f"There is no feedback method {name!r}.{nearest(name, METHODS)}")
        named = {name: METHODS[name] for name in names}
    if not named:
        raise UsageError(f"Name a method to simulate: {', '.join(METHODS)}.")
    return named


def _flags(
    relevant: Callable[[int], Flags] | Flags, queries: int, rows: int
) -> Callable[[int], Flags]:
    if not queries:
        raise UsageError("There are no queries to simulate feedback on.")
    if callable(relevant):
        return relevant
    if relevant.shape != (queries, rows) or relevant.dtype != np.bool_:
        raise UsageError(
            f"relevant must be bool of shape {(queries, rows)}, not {relevant.dtype} of shape "
            f"{relevant.shape}."
        )
    return lambda query: relevant[query]


def _rounds(queries: list[NDArray[Any]]) -> Rounds:
    stacked = np.stack(queries, axis=-1)
    return Rounds(stacked[0], stacked[1], stacked[2], stacked[3].astype(np.int64))


def _averaged(name: str, round_: int, values: Rounds, seed: int) -> dict[str, Any]:
    row: dict[str, Any] = {"method": name, "round": round_}
    for measure in MEASURES:
        each = getattr(values, measure)[round_]
        each = each[np.isfinite(each)]
        row[measure] = float(each.mean()) if each.size else None
        intervals = bootstrap_intervals({measure: each}, seed) if each.size else {}
        row[f"{measure}_ci95"] = intervals.get(measure)
    row["residual_queries"] = int(np.isfinite(values.residual_map[round_]).sum())
    row["found"] = float(values.found[round_].mean())
    return row
