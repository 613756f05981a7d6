"""Means and paired differences of the study of unseen classes, over its seeds together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments.air2023_summary import chance as chance_of
from aehash.experiments.air2023_summary import relevant_rows
from aehash.experiments.gem2023_classes import Sides, rows_of

Floats = NDArray[np.float64]


class Asked:
    """The queries of all seeds, one after the other; no two seeds share any.

    Args:
        labels: ``(n,)`` classes of all images.
        sides: Of each seed.
    """

    def __init__(self, labels: NDArray[np.int64], sides: Sequence[Sides]) -> None:
        self._parts = [labels[rows_of(labels, each.unseen)] for each in sides]
        self._labels = np.concatenate(self._parts)
        self.classes = np.unique(self._labels)

    def mean(self, ap: Sequence[Floats]) -> dict[str, Any]:
        """Average one number a query.

        Args:
            ap: ``(q,)`` of each seed.

        Returns:
            ``queries`` and ``classes``, the means over all queries and over the classes' means,
            with the 95 % intervals that other queries and other classes would give; ``seeds``,
            the classes' mean of each.
        """
        from aehash.metrics.bootstrap import bootstrap_intervals

        values = np.concatenate(ap)
        by_class = self._by_class(values)
        found: dict[str, Any] = {}
        for name, each in (("queries", values), ("classes", by_class)):
            low, high = bootstrap_intervals({"": each})[""]
            found[name] = _rounded(each.mean())
            found[f"{name}_ci95"] = [_rounded(low), _rounded(high)]
        found["seeds"] = [
            _rounded(np.mean([part[labels == label].mean() for label in np.unique(labels)]))
            for part, labels in zip(ap, self._parts, strict=True)
        ]
        return found

    def difference(self, ap: Sequence[Floats], against: Sequence[Floats]) -> dict[str, Any]:
        """Compare two ways query by query.

        Args:
            ap: ``(q,)`` of each seed.
            against: The same of the other way.

        Returns:
            As :meth:`mean`, of the differences; and in how many classes it is above 0.
        """
        differences = [one - other for one, other in zip(ap, against, strict=True)]
        better = int((self._by_class(np.concatenate(differences)) > 0).sum())
        return {**self.mean(differences), "better": better, "classes_in_all": len(self.classes)}

    def chance(self) -> dict[str, Any]:
        """Average what a random ranking gives."""
        return self.mean(
            [chance_of(len(part) - 1, relevant_rows(part, part) - 1) for part in self._parts]
        )

    def counts(self) -> list[int]:
        """Count the queries of each seed."""
        return [len(part) for part in self._parts]

    def _by_class(self, values: Floats) -> Floats:
        return np.array([values[self._labels == label].mean() for label in self.classes])


def cell(found: Mapping[str, Any]) -> str:
    """Show a mean over queries with half its interval, and the mean over classes."""
    low, high = found["queries_ci95"]
    return f"{found['queries']:.3f} ± {(high - low) / 2:.3f} / {found['classes']:.3f}"


def signed(found: Mapping[str, Any], name: str) -> str:
    """Show a difference with its interval."""
    low, high = found[f"{name}_ci95"]
    return f"{found[name]:+.4f} [{low:+.4f}, {high:+.4f}]"


def _rounded(value: Any) -> float:
    return round(float(value), 6)
