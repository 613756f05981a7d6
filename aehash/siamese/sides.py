"""The two sides of siamese training: images to learn from and images held out, and what matches."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aehash.errors import UsageError
from aehash.recipe import Recipe
from aehash.siamese.epoch_tuples import Describe, Plan, epoch_tuples
from aehash.siamese.matches import with_matches
from aehash.siamese.tuples import Rows, Tuples

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: Where tuples cannot be made of the images held out.
NOT_JUDGED = (
    "there is no validation loss: the images held out make no tuple of two that match and one that "
    "does not; the kept epoch is that of the lowest training loss"
)


@dataclass(frozen=True, eq=False)
class Side:
    """Images of one side.

    Attributes:
        name: The data set's, for messages.
        clusters: ``(n,)`` of the whole data set.
        rows: ``(m,)`` of this side, ascending.
        pairs: ``(p, 2)`` rows of this side known to match; None where clusters say it.
        plan: What an epoch takes.
    """

    name: str
    clusters: Rows
    rows: Rows
    pairs: Rows | None
    plan: Plan

    @property
    def found(self) -> int:
        """How many clusters the images fall into."""
        return len(np.unique(self.clusters[self.rows]))

    def count(self) -> int:
        """Count the tuples of an epoch.

        Raises:
            UsageError: No image has another one that matches.
        """
        if self.pairs is not None:
            return min(len(self.pairs), self.plan.queries)
        return min(len(with_matches(self.rows, self.clusters, self.rows)), self.plan.queries)

    def without(self, lost: Rows) -> "Side":
        """Leave out some rows, and the pairs they stand in."""
        pairs = self.pairs
        if pairs is not None:
            pairs = pairs[~np.isin(pairs, lost).any(axis=1)]
        return replace(self, rows=np.setdiff1d(self.rows, lost), pairs=pairs)

    def tuples(self, describe: Describe, seed: int, epoch: int) -> Tuples:
        """Mine the tuples of an epoch; see :func:`aehash.siamese.epoch_tuples.epoch_tuples`."""
        return epoch_tuples(
            describe,
            self.clusters,
            self.rows,
            self.plan,
            seed=seed,
            epoch=epoch,
            pairs=self.pairs,
        )

    def check(self) -> None:
        """Refuse what no tuple can be made of.

        Raises:
            UsageError: No image has another one that matches, or there are too few clusters.
        """
        found, wanted = self.found, self.plan.negatives
        if found < 2:
            raise UsageError(
                f"All {len(self.rows):,} images of {self.name} to train on are of one cluster, so "
                "none of them does not match another: training needs two clusters or more."
            )
        if not self.count():
            raise UsageError(
                f"{self.name} names no pair of images to train on that match, so there is nothing "
                "to learn from."
            )
        if found <= wanted:
            raise UsageError(
                f"siamese.negatives is {wanted}, each of another cluster than the query's, and the "
                f"images of {self.name} to train on are of {found} clusters: set "
                f"siamese.negatives={found - 1} or fewer, or give more clusters."
            )


def training_side(dataset: "Dataset", recipe: Recipe) -> Side:
    """Take the images to learn from.

    Args:
        dataset: One that says what matches.
        recipe: The plan.

    Returns:
        The side, from which tuples can be made.

    Raises:
        UsageError: Nothing says which images match, none do, or there are too few clusters.
    """
    asked = recipe.siamese
    plan = Plan(asked.queries, asked.pool, asked.negatives, asked.positives, asked.least)
    side = _side(dataset, dataset.training_rows(), plan)
    side.check()
    return side


def validation_side(dataset: "Dataset", recipe: Recipe) -> tuple[Side | None, str]:
    """Take the images held out: every query, and all of them as the pool.

    Args:
        dataset: One that says what matches.
        recipe: How many negatives a tuple has.

    Returns:
        The side, None where no tuple can be made of it; and what is to be said of that, empty
        where all is as asked.
    """
    rows, asked = dataset.rows("val"), recipe.siamese
    if not len(rows):
        return None, ""
    most = max(len(rows), 1 if dataset.pairs is None else len(dataset.pairs))
    side = _side(dataset, rows, Plan(most, len(rows), 1, asked.positives, asked.least))
    negatives = min(asked.negatives, side.found - 1)
    try:
        side.check()
    except UsageError:
        return None, NOT_JUDGED
    note = ""
    if negatives < asked.negatives:
        note = (
            f"the images held out are of {side.found} clusters, so tuples of the validation have "
            f"{negatives} negatives, not {asked.negatives}"
        )
    return replace(side, plan=replace(side.plan, negatives=negatives)), note


def _side(dataset: "Dataset", rows: Rows, plan: Plan) -> Side:
    from aehash.generators.clusters import clusters_of

    pairs = dataset.pairs
    if pairs is not None:
        pairs = pairs[np.isin(pairs, rows).all(axis=1)]
    return Side(dataset.name, clusters_of(dataset), rows, pairs, plan)
