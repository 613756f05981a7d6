"""The conventions of an evaluation: what a number means, checked once and carried with it."""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aehash.errors import UsageError, nearest
from aehash.metrics.average_precision import PER, Depth, Per
from aehash.metrics.gains import GAIN, Gain
from aehash.metrics.relevance import RELEVANCE, Relevance

Ties = Literal["expected", "database", "optimistic", "pessimistic"]
TIES: tuple[Ties, ...] = ("expected", "database", "optimistic", "pessimistic")
Metric = Literal["hamming", "euclidean", "cosine"]
METRICS: tuple[Metric, ...] = ("hamming", "euclidean", "cosine")
ExcludeSelf = Literal["auto"] | bool
_FEATURES: dict[Metric, str] = {"euclidean": "Euclidean", "cosine": "Cosine, centred"}
DEFAULT_KS: tuple[Depth, ...] = (5, 10, 15, 20)
_MOST = 1 << 53
"""A larger cut is no cut, and not exact in float64."""


@dataclass(frozen=True)
class Protocol:
    """How queries are ranked and judged.

    Attributes:
        radius: Only items within this Hamming distance are retrieved, inclusive; none: all are.
        rerank: Order what is inside the radius by the Euclidean distance of the features.
        per: The divisor of AP that is shown first; all three are computed.
        ties: ``expected``: the mean over all orders of tied items; ``database``: in database
            order; ``optimistic``, ``pessimistic``: relevant items first, last.
        relevance: ``any``, ``all`` or ``exact``.
        ks: Cuts, ``all`` being the whole list.
        metric: ``hamming`` over codes, ``euclidean`` over features, or ``cosine`` over features
            less the mean of the database's.
        exclude_self: Whether a query's own row is removed from the database, by key; ``auto``:
            where queries and database have the same source.
        gain: What an item is worth to nDCG: ``linear``: g, the labels it shares with the query;
            ``exponential``: 2^g - 1. For class numbers g is 1 or 0, and both are the same.

    Raises:
        UsageError: A value is unknown, out of range, or does not go with another.
    """

    radius: int | None = None
    rerank: bool = False
    per: Per = "min_k"
    ties: Ties = "expected"
    relevance: Relevance = "any"
    ks: Sequence[Depth] = DEFAULT_KS
    metric: Metric = "hamming"
    exclude_self: ExcludeSelf = "auto"
    gain: Gain = "linear"

    def __post_init__(self) -> None:
        """Check every value."""
        _check("per", self.per, PER)
        _check("ties", self.ties, TIES)
        _check("relevance", self.relevance, RELEVANCE)
        _check("metric", self.metric, METRICS)
        _check("gain", self.gain, GAIN)
        if not isinstance(self.exclude_self, bool) and self.exclude_self != "auto":
            raise UsageError(f"exclude_self is 'auto', True or False, not {self.exclude_self!r}.")
        if not isinstance(self.rerank, bool | np.bool_):
            raise UsageError(f"rerank is True or False, not {self.rerank!r}.")
        object.__setattr__(self, "rerank", bool(self.rerank))
        object.__setattr__(self, "ks", _checked_ks(self.ks))
        self._check_radius()

    def _check_radius(self) -> None:
        if self.radius is None:
            if self.rerank:
                raise UsageError(
                    "Re-ranking needs a radius: give one, or leave re-ranking out "
                    "(--no-rerank). To order the whole database by its features, choose the "
                    "euclidean metric."
                )
            return
        radius = _count(self.radius)
        if radius is None or radius < 0:
            raise UsageError(f"radius must be a whole number from 0 on, not {self.radius!r}.")
        if self.metric != "hamming":
            options = "--radius none" + (" --no-rerank" if self.rerank else "")
            raise UsageError(
                f"A radius counts bits, and radius {radius} does not go with the {self.metric} "
                f"metric: leave it out ({options})."
            )
        object.__setattr__(self, "radius", radius)

    @property
    def title(self) -> str:
        """Name the ranking for a table's row."""
        if self.metric != "hamming":
            return f"{_FEATURES[self.metric]} (features)"
        if self.radius is None:
            return "Hamming, whole ranking"
        return f"Hamming ≤ {self.radius}" + (", re-ranked" if self.rerank else "")

    def as_dict(self) -> dict[str, Any]:
        """Give the conventions as JSON can hold them, without ``exclude_self``."""
        return {
            "metric": self.metric,
            "radius": self.radius,
            "rerank": self.rerank,
            "per": self.per,
            "ties": self.ties,
            "relevance": self.relevance,
            "gain": self.gain,
            "ks": list(self.ks),
        }


def _check(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise UsageError(f"There is no {name} {value!r}.{nearest(str(value), allowed)}")


def _checked_ks(ks: Sequence[Depth]) -> tuple[Depth, ...]:
    cuts = [] if isinstance(ks, str) or not isinstance(ks, Iterable) else [*ks]
    if not cuts:
        raise UsageError(f"ks must be some cuts such as (5, 10), not {ks!r}.")
    return tuple(dict.fromkeys(_checked_k(k) for k in cuts))


def _checked_k(k: Depth) -> Depth:
    if isinstance(k, str) and k == "all":
        return k
    count = _count(k)
    if count is None or count < 1:
        raise UsageError(f"k must be a whole number from 1 on, or 'all', not {k!r}.")
    if count > _MOST:
        raise UsageError(f"k is {k}, more than any database holds: say 'all'.")
    return count


def _count(value: Any) -> int | None:
    """Take a whole number, Python's or NumPy's."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None
