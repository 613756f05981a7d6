"""A ladder of readings: the same codes judged again and again, one convention changed at a time.

It begins with what a published retrieval script does and ends with the textbook's measure. A rung
is a step from the one before it; an aside is one more reading of a rung, and leads no further.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from aehash.metrics.average_precision import Depth
from aehash.metrics.protocol import Protocol

#: Cuts of akbacak2023's tables, and the whole list, which its script prints.
KS: tuple[Depth, ...] = (5, 10, 15, 20, "all")
#: Queries below this AP are what its scripts have lines to leave out.
SELECTED = 0.6


@dataclass(frozen=True)
class Reading:
    """How codes are judged, with what is no convention of ours.

    Attributes:
        protocol: The conventions.
        slip: Whether every query is re-ranked by the first query's features.
        among: Whether the queries stand in the database as well.
        selected: Only queries whose AP is above this count; none: all do.
        cut_first: Whether the k nearest by code are taken, and then re-ranked.
    """

    protocol: Protocol
    slip: bool = False
    among: bool = False
    selected: float | None = None
    cut_first: bool = False

    def judged_by(self, **conventions: Any) -> "Reading":
        """Change conventions, and nothing else."""
        return replace(self, protocol=replace(self.protocol, **conventions))


@dataclass(frozen=True)
class Rung:
    """A reading with what sets it apart.

    Attributes:
        name: Stable, for programs.
        title: What changed.
        reading: How it is judged.
        aside: Whether no step goes on from it.
    """

    name: str
    title: str
    reading: Reading
    aside: bool = False


def rungs(several: bool, held: bool, features: bool = True) -> Iterator[Rung]:
    """List the readings, from akbacak2023's published script to the textbook.

    The script (retrieval.m of github.com/enverakbacak/AE) keeps Hamming distances up to 20, orders
    them by the Euclidean distance of the features, always to the first query's, takes equal label
    rows as relevant, and divides by the relevant items found. Where there are no features, it is
    the ball in database order.

    Args:
        several: Whether an item may have several labels.
        held: Whether the queries are items of the database.
        features: Whether there are features to re-rank by.

    Yields:
        The rungs, each aside behind the rung that it is of.
    """
    at = Reading(Protocol(20, features, "hits", "database", "exact", KS, exclude_self=False))
    if features:
        at = replace(at, slip=True)
        yield Rung("script", "the published script", at)
        at = replace(at, slip=False)
        yield Rung("own_features", "each query re-ranked by its own features", at)
        aside = replace(at, cut_first=True)
        yield Rung("cut_first", "the k nearest by code, then re-ranked", aside, aside=True)
    else:
        yield Rung("script", "the published script, without its features", at)
    aside = replace(at, selected=SELECTED)
    yield Rung("selected", f"only queries of AP above {SELECTED}", aside, aside=True)
    if held:
        at = at.judged_by(exclude_self=True)
        yield Rung("self", "a query's own row is taken out", at)
    else:
        joined = replace(at, among=True)
        yield Rung("among", "the queries in the database as well", joined, aside=True)
        aside = joined.judged_by(exclude_self=True)
        yield Rung("among_removed", "the same without a query's own row", aside, aside=True)
    if features:
        at = at.judged_by(rerank=False)
        yield Rung("codes", "not re-ranked: ties in database order", at)
    at = at.judged_by(radius=None)
    yield Rung("radius", "no radius: the whole ranking", at)
    if several:
        at = at.judged_by(relevance="all")
        yield Rung("all", "relevant: holds all labels of the query", at)
    at = at.judged_by(relevance="any")
    yield Rung("any", "relevant: shares a label", at)
    for ties, name in (("optimistic", "best"), ("pessimistic", "worst")):
        yield Rung(name, f"ties in the {name} order", at.judged_by(ties=ties), aside=True)
    at = at.judged_by(ties="expected")
    yield Rung("ties", "ties: the mean over their orders", at)
    at = at.judged_by(per="min_k")
    yield Rung("min_k", "divided by min(k, R)", at)
    at = at.judged_by(per="relevant")
    yield Rung("relevant", "divided by R, all that is relevant", at)
