"""The support vector machine of AIR, with negatives that nobody marked."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError, nearest
from aehash.feedback.method import Asked, check_number
from aehash.feedback.ordering import Scorer
from aehash.feedback.scorers import Hyperplane, Nearest
from aehash.feedback.table import Table
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

    The penalty and gamma are stated for features of total variance 1, so that a default suits
    features of any scale; the features themselves are not touched. Both classes weigh the same,
    however many rows they have.

    Attributes:
        kernel: ``linear`` or ``rbf``.
        penalty: scikit-learn's C times the features' total variance.
        gamma: scikit-learn's gamma times the features' total variance; only of ``rbf``.
        presumed: How many negatives are drawn.
    """

    kernel: Kernel = "linear"
    penalty: float = 1.0
    gamma: float = 1.0
    presumed: int = 50
    pins: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the options."""
        if self.kernel not in KERNELS:
            raise UsageError(f"There is no kernel {self.kernel!r}.{nearest(self.kernel, KERNELS)}")
        check_number("penalty", self.penalty, zero=False)
        check_number("gamma", self.gamma, zero=False)
        whole("presumed", self.presumed, 0)

    def scorer(self, asked: Asked) -> Scorer:
        """Fit the machine."""
        table, marks = asked.table, asked.marks
        drawn = presumed_rows(asked, self.presumed)
        negatives = table.take(np.concatenate([marks.irrelevant, drawn]))
        if not len(negatives):
            return Nearest.of(asked.query[None], table)
        svc = self.machine(table)
        positives = asked.positives
        classes = np.repeat([1, 0], [len(positives), len(negatives)])
        svc.fit(np.vstack([positives, negatives]), classes)
        gamma = float(svc.gamma) if self.kernel == "rbf" else None
        return Hyperplane.of(svc, table, gamma)

    def machine(self, table: Table) -> Any:
        """Make the machine, not yet fitted.

        Args:
            table: The database.

        Returns:
            An ``sklearn.svm.SVC``.
        """
        from sklearn.svm import SVC

        variance = table.size[0] or 1.0
        return SVC(
            kernel=self.kernel,
            C=self.penalty / variance,
            gamma=self.gamma / variance,
            class_weight="balanced",
        )


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
