"""The conventions of the Oxford and Paris protocols that are not in the ground truth."""

from dataclasses import dataclass
from typing import Any, Literal

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

    Raises:
        UsageError: A value is unknown.
    """

    metric: LandmarkMetric = "inner_product"
    ties: LandmarkTies = "expected"
    exclude_self = False

    def __post_init__(self) -> None:
        """Check both."""
        for name, value, allowed in (
            ("metric", self.metric, LANDMARK_METRICS),
            ("ties", self.ties, LANDMARK_TIES),
        ):
            if value not in allowed:
                raise UsageError(
                    f"There is no {name} {value!r} of this protocol.{nearest(value, allowed)}"
                )

    @property
    def title(self) -> str:
        """Name the ranking."""
        titles = {
            "inner_product": "inner product (features)",
            "euclidean": "Euclidean (features)",
            "hamming": "Hamming (codes)",
        }
        return titles[self.metric]

    def as_dict(self) -> dict[str, Any]:
        """Give the conventions as JSON can hold them."""
        return {"metric": self.metric, "ties": self.ties}
