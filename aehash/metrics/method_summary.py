"""Sum up what was tried of each method: means over queries, classes and seeds, and who is ahead."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.code_statistics import collapse_warning
from aehash.metrics.comparison import compare
from aehash.metrics.method_table import (
    METRICS,
    PIXELS,
    Cell,
    CodeFigures,
    Held,
    Method,
    MethodRow,
    MethodTable,
    Trial,
)
from aehash.metrics.scores import Scores
from aehash.metrics.ties import Floats


def tabulate(
    methods: Sequence[Method],
    labels: NDArray[Any] | None,
    protocol: Mapping[str, Any],
    n_database: int,
    *,
    notes: Sequence[str] = (),
    seed: int = 0,
) -> MethodTable:
    """Make the table of what was tried.

    Args:
        methods: In the order to show; at least one has a trial.
        labels: ``(q,)`` class numbers, below 0 for none, or ``(q, classes)``, or none.
        protocol: The conventions, as JSON has them.
        n_database: Items in the database.
        notes: To be kept with the numbers.
        seed: Of the intervals' resampling.

    Returns:
        The table; methods without a trial are left out.

    Raises:
        UsageError: Nothing was tried, or trials are of other numbers of queries.
    """
    tried = [method for method in methods if method.trials]
    sizes = {len(v) for method in tried for t in method.trials for v in t.per_query.values()}
    if len(sizes) != 1 or (labels is not None and len(labels) not in sizes):
        raise UsageError(f"Methods must be judged by the same queries, not by {sorted(sizes)}.")
    seeds = {(method.name, bits): found for method in tried for bits, found in _widths(method)}
    averaged = {
        (*place, metric): _average(trials, metric)
        for place, trials in seeds.items()
        for metric in METRICS
    }
    intervals = bootstrap_intervals({repr(key): v for key, v in averaged.items()}, seed)
    rows = [
        MethodRow(
            method.name,
            method.kind,
            method.of,
            {
                (bits, metric): _cell(
                    trials, metric, labels, intervals[repr((method.name, bits, metric))]
                )
                for bits, trials in _widths(method)
                for metric in METRICS
            },
            {
                bits: figures
                for bits, trials in _widths(method)
                if bits is not None and (figures := _figures(trials)) is not None
            },
        )
        for method in tried
    ]
    single = labels is not None and labels.ndim == 1
    return MethodTable(
        rows=rows,
        widths=sorted({bits for _, bits in seeds if bits is not None}),
        metrics=METRICS,
        held=_hold(rows, averaged, protocol, n_database, seed),
        protocol=protocol,
        n_queries=sizes.pop(),
        n_database=n_database,
        n_classes=len(np.unique(labels[labels >= 0])) if single and labels is not None else None,
        notes=notes,
        warnings=_warnings(tried),
    )


def class_mean(values: NDArray[np.floating[Any]], labels: NDArray[Any] | None) -> float | None:
    """Average within each class of queries, then over the classes.

    Args:
        values: ``(q,)``.
        labels: ``(q,)`` class numbers, below 0 for none; or other labels, or none.

    Returns:
        The mean; None where queries do not have one label each.
    """
    if labels is None or labels.ndim != 1 or not (labels >= 0).any():
        return None
    known = labels >= 0
    _, numbers = np.unique(labels[known], return_inverse=True)
    sums = np.bincount(numbers, weights=values[known])
    return float((sums / np.bincount(numbers)).mean())


def _widths(method: Method) -> list[tuple[int | None, list[Trial]]]:
    found: dict[int | None, list[Trial]] = {}
    for trial in method.trials:
        found.setdefault(trial.bits, []).append(trial)
    return list(found.items())


def _average(trials: Sequence[Trial], metric: str) -> Floats:
    stacked = np.stack([np.asarray(trial.per_query[metric], np.float64) for trial in trials])
    return np.asarray(stacked.mean(axis=0))


def _cell(
    trials: Sequence[Trial],
    metric: str,
    labels: NDArray[Any] | None,
    interval: tuple[float, float],
) -> Cell:
    values = [np.asarray(trial.per_query[metric], np.float64) for trial in trials]
    mean, sd = _spread([float(each.mean()) for each in values])
    classes = [found for each in values if (found := class_mean(each, labels)) is not None]
    by_class, by_class_sd = _spread(classes) if classes else (None, None)
    return Cell(mean, sd, by_class, by_class_sd, *interval, len(trials))


def _spread(values: Sequence[float]) -> tuple[float, float | None]:
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return float(np.mean(values)), sd


def _figures(trials: Sequence[Trial]) -> CodeFigures | None:
    codes = [trial.codes for trial in trials if trial.codes is not None]
    if not codes:
        return None
    return CodeFigures(
        max(each.constant_bits for each in codes),
        min(each.distinct for each in codes),
        min(each.mean_bit_entropy for each in codes),
    )


def _warnings(methods: Sequence[Method]) -> list[str]:
    return [
        f"{method.name}, {trial.bits} bits, seed {trial.seed}: {text}"
        for method in methods
        if method.kind == "learned"
        for trial in method.trials
        if trial.codes is not None and (text := collapse_warning(trial.codes)) is not None
    ]


def _hold(
    rows: Sequence[MethodRow],
    averaged: Mapping[tuple[str, int | None, str], Floats],
    protocol: Mapping[str, Any],
    n_database: int,
    seed: int,
) -> list[Held]:
    """Hold each learned method against the baseline best by the mean, and the best of pixels."""

    def scores(name: str, bits: int | None, metric: str) -> Scores:
        return Scores(name, protocol, n_database, {metric: averaged[name, bits, metric]})

    found = []
    for row in rows:
        for bits, metric in row.cells if row.kind == "learned" else ():
            rivals = {
                (other.name, other.of): cell.mean
                for other in rows
                if other.kind == "code"
                and other.of in (row.name, PIXELS)
                and (cell := other.cells.get((bits, metric))) is not None
            }
            if bits is None or not rivals:
                continue
            ordered = sorted(rivals, key=lambda rival: -rivals[rival])
            of_pixels = [name for name, of in ordered if of == PIXELS]
            for best in dict.fromkeys([ordered[0][0], *of_pixels[:1]]):
                sides = scores(best, bits, metric), scores(row.name, bits, metric)
                compared = compare(*sides, metric, seed=seed)
                found.append(Held(row.name, bits, best, compared.differences[0]))
    return found
