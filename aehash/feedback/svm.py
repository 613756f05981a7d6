"""The support vector machine of AIR, with negatives that nobody marked."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError, nearest
from aehash.feedback.method import Asked, check_number
from aehash.feedback.ordering import Scorer
from aehash.feedback.scorers import Hyperplane, Nearest
from aehash.feedback.table import Table, unit
from aehash.index.checks import whole

Ints = NDArray[np.int64]
Kernel = Literal["linear", "rbf"]
KERNELS = ("linear", "rbf")


@dataclass(frozen=True)
class Svm:
    """The signed distance to a support vector machine's hyperplane (AIR, section III.2).

    Positives are the query and the rows marked relevant; negatives are the rows marked
    irrelevant and `presumed` others drawn from the database: of some hundred classes nearly all
    rows are irrelevant, and a first page holds too few that are, or none. The draw is the same
    throughout a session, but for drawn rows that get marked: the next ones of the draw take their
    place. Where there is no negative at all, rows are ordered by their distance to the query.

    Features are divided by their Euclidean norms first. The penalty and gamma are stated for
    features of total variance 1, so that a default suits features of any scale, and both classes
    weigh the same, however many rows they have. These choices were measured on training images
    of CIFAR-100; dividing each feature by its own deviation made retrieval worse.

    Attributes:
        kernel: ``linear`` or ``rbf``.
        penalty: scikit-learn's C times the features' total variance.
        gamma: scikit-learn's gamma times the features' total variance; only of ``rbf``.
        presumed: How many negatives are drawn, 0 or more.
        normalise: Whether features are divided by their norms.
    """

    kernel: Kernel = "linear"
    penalty: float = 1.0
    gamma: float = 1.0
    presumed: int = 50
    normalise: bool = True
    pins: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the options."""
        if self.kernel not in KERNELS:
            raise UsageError(f"There is no kernel {self.kernel!r}.{nearest(self.kernel, KERNELS)}")
        check_number("penalty", self.penalty, zero=False)
        check_number("gamma", self.gamma, zero=False)
        whole("presumed", self.presumed, 0)
        if not isinstance(self.normalise, bool):
            raise UsageError(f"normalise must be true or false, not {self.normalise!r}.")

    def scorer(self, asked: Asked) -> Scorer:
        """Fit the machine."""
        table, marks = asked.table, asked.marks
        drawn = presumed_rows(asked, self.presumed)
        negatives = table.take(np.concatenate([marks.irrelevant, drawn]))
        if not len(negatives):
            return Nearest.of(asked.query[None], table)
        svc, positives = self.machine(table), asked.positives
        samples = np.vstack([positives, negatives])
        classes = np.repeat([1, 0], [len(positives), len(negatives)])
        svc.fit(unit(samples) if self.normalise else samples, classes)
        gamma = float(svc.gamma) if self.kernel == "rbf" else None
        return Hyperplane.of(svc, self._size(table)[1], gamma, self.normalise)

    def machine(self, table: Table) -> Any:
        """Make the machine, not yet fitted.

        Args:
            table: The database.

        Returns:
            An ``sklearn.svm.SVC``, which takes features as `normalise` has them.
        """
        from sklearn.svm import SVC

        variance = self._size(table)[0] or 1.0
        return SVC(
            kernel=self.kernel,
            C=self.penalty / variance,
            gamma=self.gamma / variance,
            class_weight="balanced",
        )

    def _size(self, table: Table) -> tuple[float, float]:
        return table.unit_size if self.normalise else table.size


def presumed_rows(asked: Asked, count: int) -> Ints:
    """Draw rows that count as irrelevant, although nobody marked them.

    Args:
        asked: The database, the marks and the seed.
        count: How many are wanted.

    Returns:
        At most so many unmarked rows, the query's own row not among them.
    """
    if not count:
        return np.empty(0, np.int64)
    taken = asked.marks.rows if asked.own is None else np.append(asked.marks.rows, asked.own)
    drawn = np.random.default_rng(asked.seed).permutation(len(asked.table))
    first = drawn[: count + len(taken)]
    return first[~np.isin(first, taken)][:count]
