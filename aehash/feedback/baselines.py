"""Ways to rank again that move or multiply the query, and the controls that learn nothing."""

from dataclasses import dataclass
from typing import ClassVar

from aehash.errors import UsageError
from aehash.feedback.method import Asked, check_number
from aehash.feedback.ordering import Scorer
from aehash.feedback.scorers import Nearest


@dataclass(frozen=True)
class Plain:
    """The Euclidean distance to the query, whatever is marked."""

    pins: ClassVar[bool] = False

    def scorer(self, asked: Asked) -> Scorer:
        """Take the query alone."""
        return Nearest.of(asked.query[None], asked.table)


@dataclass(frozen=True)
class Pinned:
    """The Euclidean distance to the query, marked rows pinned: the control."""

    pins: ClassVar[bool] = True

    def scorer(self, asked: Asked) -> Scorer:
        """Take the query alone."""
        return Nearest.of(asked.query[None], asked.table)


@dataclass(frozen=True)
class Rocchio:
    """The Euclidean distance to a moved query.

    The query moves to ``(alpha·query + beta·mean of relevant - gamma·mean of irrelevant)``, over
    the sum of the weights, so that moving all features moves it along. A mean of no rows has no
    weight. Rocchio, "Relevance feedback in information retrieval", 1971; the weights are those
    of Manning, Raghavan and Schütze, "Introduction to information retrieval", 2008, ch. 9.

    Attributes:
        alpha: The query's weight, above `gamma`.
        beta: The weight of the rows marked relevant, 0 or more.
        gamma: The weight of those marked irrelevant, 0 or more.
    """

    alpha: float = 1.0
    beta: float = 0.75
    gamma: float = 0.15
    pins: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the weights."""
        for name in ("alpha", "beta", "gamma"):
            check_number(name, getattr(self, name), zero=name != "alpha")
        if self.alpha <= self.gamma:
            raise UsageError(
                f"alpha must be above gamma, not {self.alpha:g} and {self.gamma:g}: the query "
                "would move away from itself."
            )

    def scorer(self, asked: Asked) -> Scorer:
        """Move the query."""
        point, weight = self.alpha * asked.query, self.alpha
        marks = asked.marks
        for share, rows in ((self.beta, marks.relevant), (-self.gamma, marks.irrelevant)):
            if rows.size:
                point = point + share * asked.table.take(rows).mean(axis=0)
                weight += share
        return Nearest.of((point / weight)[None], asked.table)


@dataclass(frozen=True)
class NearestPositive:
    """The Euclidean distance to the query or the nearest row marked relevant."""

    pins: ClassVar[bool] = True

    def scorer(self, asked: Asked) -> Scorer:
        """Take the query and the rows marked relevant."""
        return Nearest.of(asked.positives, asked.table)
