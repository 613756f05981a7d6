"""What a table of simulated feedback must say beside its numbers."""

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.feedback import On, Simulation, Svm
from aehash.metrics.relevance import Relevance

Ints = NDArray[np.int64]
_SORTED = 0.5
"""How near to sorted a database may stand: 0 is any order, 1 each label in one piece."""


def facts_of(
    simulation: Simulation,
    held: Codebook,
    asked: Codebook,
    relevance: Relevance,
    on: On,
    items: Ints,
    good: Ints,
) -> list[str]:
    """Say what was simulated, and how.

    Args:
        simulation: What was found.
        held: What was searched.
        asked: What the queries were drawn from.
        relevance: What counted as relevant.
        on: What was compared.
        items: ``(q,)`` items that each query was ranked against.
        good: ``(q,)`` relevant ones among them.

    Returns:
        Sentences.
    """
    count = simulation.n_queries
    drawn = f"{count:,} queries"
    if count < len(asked):
        drawn = f"{count:,} of {len(asked):,} queries, drawn with seed {simulation.seed}"
    what = "features" if on == "features" else f"{held.bits}-bit codes"
    facts = [
        f"{drawn} ({_data(asked)}), {len(held):,} database items ({_data(held)}), {what}; a "
        "query's own row never counts.",
        f"Each round the labels mark the first {simulation.marks} unmarked items of the method's "
        f"own ranking (relevance={relevance}), and it ranks again with all marks so far. "
        "AP over the whole list, divided by R; ties in database order.",
        "Residual: the marked items are taken out of the ranking and of R, so that what a method "
        "learned is counted and the marks themselves are not. It is to be compared with the first "
        "ranking of the same items, which stands below it: the relevant items that are left are "
        "the harder ones. Each method marks its own items, so between methods compare gains. "
        "Queries that have no unmarked relevant item have no residual.",
    ]
    if pointless := int((good == 0).sum()):
        facts.append(
            f"{pointless} queries have no relevant item in the database: they count as 0 in the "
            "whole list, and have no residual."
        )
    svms = [each for each in simulation.methods.values() if isinstance(each, Svm)]
    if presumed := max((each.presumed for each in svms), default=0):
        share = float(np.mean(good / np.maximum(items, 1)))
        facts.append(
            f"The SVM also takes {presumed} random unmarked items as irrelevant, or all there are. "
            f"On average {share:.1%} of the database is relevant to a query, and so about that "
            "share of them is taken wrongly."
        )
    if "pinned" in simulation.methods:
        facts.append("pinned puts the marked items first or last and learns nothing.")
    return facts


def order_warning(held: Codebook) -> str | None:
    """Warn where ties in database order are ties in the order of the labels.

    Args:
        held: What is searched.

    Returns:
        A sentence, or None where the labels stand in no order, or there are none.
    """
    if held.labels is None or len(held) < 2:
        return None
    labels = np.asarray(held.labels).reshape(len(held), -1)
    _, counts = np.unique(labels, axis=0, return_counts=True)
    chance = float(((counts / len(held)) ** 2).sum())
    alike = float((labels[1:] == labels[:-1]).all(axis=1).mean())
    if alike - chance <= _SORTED * (1 - chance):
        return None
    return (
        "The database stands in the order of its labels, and codes that tie are ranked in "
        "database order, so that relevant items stand together by no merit of the codes: all "
        "numbers, the first ranking's too, may be too high. Simulate on features, or make the "
        "codes of a shuffled database."
    )


def _data(book: Codebook) -> str:
    return " ".join(part for part in (book.source, book.split) if part) or "unnamed"
