"""Scores of rows: by distance to the nearest of some points, and by a fitted SVM."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.feedback.table import Table, unit

Floats = NDArray[np.float64]
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Nearest:
    """The Euclidean distance to the nearest point, its sign turned.

    Attributes:
        points: ``(p, d)`` float64.
        slack: How far two quick scores may be off, together; below 0 where they are exact.
    """

    points: Floats
    slack: float

    @classmethod
    def of(cls, points: Floats, table: Table) -> Self:
        """Make a scorer.

        Args:
            points: ``(p, d)`` float64, p above 0.
            table: What will be scored.

        Returns:
            The scorer.
        """
        if len(points) == 1 or table.bits is not None:  # ±1 vectors have whole products
            return cls(points, -1.0)
        reach = table.size[1] + float(np.sqrt(_squares(points).max()))
        return cls(points, 4 * (2 * points.shape[1] + 16) * _EPS * reach**2)

    def quick(self, rows: Floats) -> Floats:
        """Give ``(m,)`` squared distances to the nearest point, their sign turned."""
        if len(self.points) == 1:
            rows -= self.points[0]
            np.square(rows, out=rows)
            return np.asarray(0.0 - rows.sum(axis=1))
        products = rows @ (-2 * self.points).T
        products += _squares(self.points)
        return np.asarray(0.0 - (products.min(axis=1) + _squares(rows)))

    def exact(self, rows: Floats) -> Floats:
        """Give ``(m,)`` distances to the nearest point, their sign turned."""
        nearest = np.full(len(rows), np.inf)
        for point in self.points:
            np.minimum(nearest, np.square(rows - point).sum(axis=1), out=nearest)
        return self.shown(-nearest)

    def shown(self, scores: Floats) -> Floats:
        """Give distances for squared ones."""
        return np.asarray(0.0 - np.sqrt(np.maximum(-scores, 0)))


@dataclass(frozen=True, eq=False)
class Hyperplane:
    """The decision function of a fitted ``sklearn.svm.SVC`` with two classes.

    Attributes:
        svc: The machine; its exact scores are scikit-learn's own, row by row.
        vectors: ``(s, d)`` float64 support vectors.
        weights: ``(s,)`` float64 their weights.
        offset: What is added to the weighted sum.
        gamma: Of the RBF kernel; None for the linear one.
        normalise: Whether rows are divided by their norms first.
        slack: How far two quick scores may be off, together.
    """

    svc: Any
    vectors: Floats
    weights: Floats
    offset: float
    gamma: float | None
    normalise: bool
    slack: float

    @classmethod
    def of(cls, svc: Any, reach: float, gamma: float | None, normalise: bool) -> Self:
        """Make a scorer.

        Args:
            svc: The fitted machine.
            reach: The largest norm of a row to score, once it is normalised.
            gamma: Of the RBF kernel; None for the linear one.
            normalise: Whether rows are to be divided by their norms first.

        Returns:
            The scorer.
        """
        vectors, weights = np.asarray(svc.support_vectors_), np.asarray(svc.dual_coef_[0])
        offset = float(svc.intercept_[0])
        norms = np.sqrt(_squares(vectors))
        terms = vectors.shape[1] + len(vectors) + 16
        if gamma is None:
            largest = float((np.abs(weights) * norms).sum()) * reach
        else:  # a kernel is at most 1, and its exponent off by gamma times the distance's error
            spread = float((np.abs(weights) * (norms + reach) ** 2).sum())
            largest = 2 * gamma * spread + float(np.abs(weights).sum())
        slack = 8 * terms * _EPS * (largest + abs(offset))
        return cls(svc, vectors, weights, offset, gamma, normalise, slack)

    def quick(self, rows: Floats) -> Floats:
        """Give ``(m,)`` values of the decision function by matrix products."""
        rows = unit(rows) if self.normalise else rows
        if self.gamma is None:
            return np.asarray(rows @ (self.weights @ self.vectors) + self.offset)
        exponents = rows @ (2 * self.gamma * self.vectors).T
        exponents -= self.gamma * _squares(rows)[:, None]
        exponents -= self.gamma * _squares(self.vectors)
        np.minimum(exponents, 0, out=exponents)
        np.exp(exponents, out=exponents)
        return np.asarray(exponents @ self.weights + self.offset)

    def exact(self, rows: Floats) -> Floats:
        """Give ``(m,)`` values of the decision function as scikit-learn computes them."""
        rows = unit(rows) if self.normalise else rows
        return np.asarray(self.svc.decision_function(rows), np.float64)

    def shown(self, scores: Floats) -> Floats:
        """Give the same values: both are on one scale."""
        return scores


def _squares(rows: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", rows, rows))
