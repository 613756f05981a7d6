"""Means, intervals and chance lines of simulated feedback."""

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.feedback import On, Simulation
from aehash.metrics.average_precision import score
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.chance import chance_lists
from aehash.metrics.pairs import own_rows
from aehash.metrics.protocol import Protocol
from aehash.metrics.relevance import LabelSets, Relevance, relevant
from aehash.report.feedback import FeedbackRow, Number

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_CELLS = 1 << 22
"""Pairs of a query and an item compared at once."""


def summarised(
    simulation: Simulation,
    database: Codebook,
    queries: Codebook,
    relevance: Relevance,
    on: On = "features",
) -> list[FeedbackRow]:
    """Average a simulation over its queries.

    Args:
        simulation: What was found.
        database: What was searched.
        queries: What was asked, in the simulation's order.
        relevance: What counted as relevant.
        on: What was compared.

    Returns:
        A row for each method and round. Residual means are over the queries that still have an
        unmarked relevant item; the interval of the gain is of each query's own difference.
    """
    items, good = counts(database, queries, relevance, on)
    rows = []
    for method, values in simulation.values.items():
        for round_ in range(simulation.rounds + 1):
            found = values.found[round_]
            left = items - np.minimum(items, min(round_ * simulation.marks, len(database)))
            after, before = values.residual_map[round_], values.residual_before[round_]
            chances = _chance(left, good - found)
            numbers = {
                "map": _number(values.map[round_], _chance(items, good)),
                "residual_map": _number(after, chances),
                "residual_before": _number(before, chances),
                "residual_gain": _number(after - before, None),
            }
            residual = int(np.isfinite(after).sum())
            rows.append(FeedbackRow(method, round_, numbers, float(found.mean()), residual))
    return rows


def counts(
    database: Codebook, queries: Codebook, relevance: Relevance, on: On = "features"
) -> tuple[Ints, Ints]:
    """Count each query's items and the relevant ones among them, its own row left out.

    Args:
        database: What is searched; labelled.
        queries: What is asked; labelled.
        relevance: What counts as relevant.
        on: What is compared.

    Returns:
        ``(q,)`` items and ``(q,)`` relevant ones.
    """
    protocol = Protocol(relevance=relevance, metric="hamming" if on == "codes" else "euclidean")
    own = own_rows(database, queries, protocol)
    held, asked = (LabelSets.from_labels(book.labels) for book in (database, queries))
    good = np.empty(len(queries), np.int64)
    step = max(1, _CELLS // len(database))
    for start in range(0, len(queries), step):
        flags = relevant(asked[start : start + step], held, relevance)
        mine = own[start : start + step]
        self_relevant = flags[np.arange(len(flags)), mine] & (mine >= 0)
        good[start : start + step] = flags.sum(axis=1) - self_relevant
    return len(database) - (own >= 0).astype(np.int64), good


def _chance(items: Ints, good: Ints) -> Floats:
    """Give each query's AP under a random ranking; NaN where nothing is relevant any more."""
    values = np.full(len(items), np.nan)
    some = good > 0
    if some.any():
        lists = chance_lists(items[some], good[some])
        values[some] = score(lists, good[some], items[some], ["all"])["map@all/relevant"]
    return values


def _number(values: Floats, chance: Floats | None) -> Number | None:
    inside = np.isfinite(values)
    if not inside.any():
        return None
    values = values[inside]
    low, high = bootstrap_intervals({"": values})[""]
    expected = None if chance is None else float(np.nan_to_num(chance[inside]).mean())
    return Number(float(values.mean()), low, high, expected)
