"""Simulated feedback on codebooks."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.feedback.method import Method
from aehash.feedback.methods import METHODS
from aehash.feedback.simulation import Flags, Simulation, simulate
from aehash.feedback.table import On, Table
from aehash.metrics.pairs import check_pair, own_rows
from aehash.metrics.protocol import Protocol
from aehash.metrics.relevance import LabelSets, Relevance, relevant


def simulate_books(
    database: Codebook,
    queries: Codebook,
    *,
    on: On = "features",
    relevance: Relevance = "any",
    rounds: int = 3,
    marks: int = 20,
    methods: Mapping[str, Method] | Iterable[str] = tuple(METHODS),
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Simulation:
    """Simulate feedback on every query of a codebook, with the labels as the oracle.

    Args:
        database: What is searched; labelled.
        queries: What is asked; labelled. A query's own row in the database never counts.
        on: ``features`` or ``codes``.
        relevance: ``any``, ``all`` or ``exact``.
        rounds: How many follow the first ranking.
        marks: Rows marked a round.
        methods: Names, or methods by the names to show.
        seed: Of what methods draw.
        threads: How many work; by default one for each core.
        progress: Called with the number of queries done.

    Returns:
        Every method's rounds.

    Raises:
        UsageError: The codebooks do not belong together, or lack labels or features.
    """
    table = Table.of_book(database, on)
    protocol = Protocol(relevance=relevance, metric="euclidean" if on == "features" else "hamming")
    check_pair(database, queries, protocol)
    held = LabelSets.from_labels(database.labels, "The database")
    asked = LabelSets.from_labels(queries.labels, "The set of queries")

    def look(query: int) -> Flags:
        flags: Flags = relevant(asked[query : query + 1], held, relevance)[0]
        return flags

    look(0)  # refuses labels of two kinds before any work
    if on == "codes":
        vectors = np.stack([table.code(code) for code in queries.codes])
    elif queries.features is None:
        raise UsageError("The queries' codebook keeps no features: extract them again.")
    else:
        vectors = np.asarray(queries.features)
    return simulate(
        table,
        vectors,
        look,
        own=own_rows(database, queries, protocol),
        rounds=rounds,
        marks=marks,
        methods=methods,
        seed=seed,
        threads=threads,
        progress=progress,
    )
