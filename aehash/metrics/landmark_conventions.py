"""The conventions of the Oxford and Paris protocols that are not in the ground truth."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from aehash.errors import UsageError, nearest

LandmarkMetric = Literal["inner_product", "euclidean", "hamming"]
LANDMARK_METRICS: tuple[LandmarkMetric, ...] = ("inner_product", "euclidean", "hamming")
LandmarkTies = Literal["expected", "database"]
LANDMARK_TIES: tuple[LandmarkTies, ...] = ("expected", "database")


@dataclass(frozen=True)
class LandmarkConventions:
    """How images are ranked; what is relevant, the ground truth says.

    Attributes:
        metric: ``inner_product`` or ``euclidean`` of features, or ``hamming`` of codes.
        ties: ``expected``: the mean over all orders of tied images; ``database``: in database
            order.
        expand: How many descriptors are summed in place of a query, its own among them
            (:func:`aehash.index.expansion.expand_queries`); 1 leaves the queries as they are.
        alpha: The power of the similarity by which they are weighted, 0 or more.
        augment: The same as ``expand`` for each image of the database, which is done first.

    Raises:
        UsageError: A value is unknown or out of range, or codes are to be expanded.
    """

    metric: LandmarkMetric = "inner_product"
    ties: LandmarkTies = "expected"
    expand: int = 1
    alpha: float = 3.0
    augment: int = 1
    exclude_self = False

    def __post_init__(self) -> None:
        """Check all of them."""
        for name, value, allowed in (
            ("metric", self.metric, LANDMARK_METRICS),
            ("ties", self.ties, LANDMARK_TIES),
        ):
            if value not in allowed:
                raise UsageError(
                    f"There is no {name} {value!r} of this protocol.{nearest(value, allowed)}"
                )
        for name, count in (("expand", self.expand), ("augment", self.augment)):
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise UsageError(
                    f"{name} must be a count of descriptors from 1 on, the image's own among "
                    f"them, not {count!r}; 1 changes nothing."
                )
        if not (math.isfinite(self.alpha) and self.alpha >= 0):
            raise UsageError(f"alpha must be a finite number from 0 on, not {self.alpha!r}.")
        if self.expanded and self.metric == "hamming":
            raise UsageError(
                "Query expansion and database augmentation sum features, and codes have none: "
                "rank by inner_product or euclidean, or leave them out."
            )

    @property
    def expanded(self) -> bool:
        """Tell whether queries or database are summed with their neighbours."""
        return self.expand > 1 or self.augment > 1

    def plain(self) -> Self:
        """Give the same without expansion and augmentation."""
        return replace(self, expand=1, alpha=LandmarkConventions.alpha, augment=1)

    @property
    def title(self) -> str:
        """Name the ranking."""
        titles = {
            "inner_product": "inner product (features)",
            "euclidean": "Euclidean (features)",
            "hamming": "Hamming (codes)",
        }
        return titles[self.metric]

    @property
    def kind(self) -> str:
        """Name in a word or three what became of the descriptors; ``plain`` if nothing."""
        parts = [
            name
            for name, count in (("expanded", self.expand), ("augmented", self.augment))
            if count > 1
        ]
        return " and ".join(parts) or "plain"

    @property
    def sums(self) -> str:
        """Say what is summed to each descriptor; empty where nothing is."""
        parts = [
            f"{count - 1} neighbour{'s' * (count > 2)} to each {what}"
            for what, count in (("query", self.expand), ("database image", self.augment))
            if count > 1
        ]
        return f"{' and '.join(parts)}, weighted by similarity^{self.alpha:g}" if parts else ""

    def as_dict(self) -> dict[str, Any]:
        """Give the conventions as JSON can hold them."""
        return {
            "metric": self.metric,
            "ties": self.ties,
            "expand": self.expand,
            "alpha": self.alpha,
            "augment": self.augment,
        }
