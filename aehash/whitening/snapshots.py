"""The whitening that ends the snapshot of a net that only describes: learned on training images."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.recipe import Recipe
from aehash.siamese.cluster_pairs import cluster_pairs
from aehash.siamese.matches import drawn_matches, with_matches
from aehash.whitening import Whitening, learn_whitening, pca_whitening

if TYPE_CHECKING:
    import keras

    from aehash.generators.dataset import Dataset

#: Of more matching pairs than these, so many are drawn to learn from.
PAIRS = 100_000
#: What tells the draws made here from those of the training, which has the same seed.
_DRAW = 0x3417E

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """A whitening, and what it was learned from.

    Attributes:
        whitening: The whitening.
        images: Training images that were described.
        training_images: How many there are.
        pairs: Matching pairs among those described; None for PCA.
        lost: Key and reason of images that could not be described.
        asked: Dimensions that were asked for; None for all there are.
    """

    whitening: Whitening
    images: int
    training_images: int
    pairs: int | None
    lost: dict[str, str]
    asked: int | None = None

    def facts(self) -> dict[str, Any]:
        """Give ``run.json`` what it says of the whitening."""
        return {
            "digest": self.whitening.digest,
            "kind": self.whitening.kind,
            "dimensions": self.whitening.dimensions,
            "images": self.images,
            "matching_pairs": self.pairs,
            **self.whitening.facts,
            "summary": self.summary,
        }

    @property
    def summary(self) -> str:
        """Say in a sentence or two what was learned from what."""
        drawn = " drawn" if self.images + len(self.lost) < self.training_images else ""
        text = f"{self.whitening.summary} On {self.images:,}{drawn} training images"
        used = self.whitening.facts.get("pairs")
        if self.pairs is not None and used is not None:
            some = f"{used:,} drawn from {self.pairs:,}" if used < self.pairs else f"all {used:,}"
            text += f" and {some} matching pairs of them"
        if self.asked is not None and self.asked > self.whitening.dimensions:
            text += (
                f". Of the {self.asked} dimensions asked for there are no more, since these images "
                "vary along no more"
            )
        return f"{text}."


def check_whitening(recipe: Recipe, model: "keras.Model", dataset: "Dataset") -> None:
    """Refuse a whitening that cannot be learned, before anything is trained.

    Args:
        recipe: A resolved recipe.
        model: Its net.
        dataset: What it is trained on.

    Raises:
        UsageError: The net is an autoencoder, has fewer values than dimensions are asked for, or
            the data do not say which images match.
    """
    asked = recipe.describe
    if asked.whitening == "none":
        return
    if not recipe.describes:
        raise UsageError(
            f"describe.whitening is {asked.whitening}, and {recipe.model.name} is an autoencoder, "
            "whose codes come from its hash layer; whiten the features of its codebooks by "
            "`aehash codebook whiten`, or leave describe.whitening at none."
        )
    width = int(model.output_shape[-1])
    if asked.dimensions is not None and asked.dimensions > width:
        raise UsageError(
            f"describe.dimensions is {asked.dimensions}, and a descriptor of {recipe.model.name} "
            f"has {width} values; ask for {width} or fewer."
        )
    if asked.whitening == "learned" and dataset.pairs is None:
        from aehash.generators.clusters import clusters_of

        rows = dataset.training_rows()
        with_matches(rows, clusters_of(dataset), rows)


def learned(
    model: "keras.Model",
    recipe: Recipe,
    dataset: "Dataset",
    *,
    workers: int = 1,
    strict: bool = False,
) -> Learned | None:
    """Learn the whitening that a recipe asks for, on the descriptors of training images.

    Where there are more than ``siamese.pool`` training images, so many are drawn with the seed; for
    matching pairs, half of them and a match of each.

    Args:
        model: The trained net.
        recipe: Its resolved recipe.
        dataset: What it was trained on; its pairs match, or else all of one cluster.
        workers: Threads that decode images.
        strict: Fail at an image that cannot be described instead of leaving it out.

    Returns:
        The whitening with as many dimensions as are asked for, or vary; None where none is asked
        for.

    Raises:
        UsageError: There are no matching pairs.
        AehashError: All descriptors are equal, or the pairs' covariance stays singular.
    """
    asked = recipe.describe
    if asked.whitening == "none":
        return None
    if asked.whitening == "pca":
        rows = _some(dataset.training_rows(), recipe, recipe.siamese.pool)
    else:
        rows = _paired(dataset, recipe)
    lost: dict[int, tuple[str, str]] = {}
    features = _described(model, recipe, dataset, rows, workers, None if strict else lost)
    kept = np.delete(rows, list(lost))
    found, total = _learn(features, kept, dataset, recipe)
    dimensions = min(asked.dimensions or found.dimensions, found.dimensions)
    cut = replace(
        found, projection=found.projection[:, :dimensions], values=found.values[:dimensions]
    )
    gone = dict(lost.values())
    return Learned(cut, len(kept), len(dataset.training_rows()), total, gone, asked.dimensions)


def _some(rows: Rows, recipe: Recipe, most: int) -> Rows:
    """Draw rows, where there are too many."""
    if len(rows) <= most:
        return rows
    draw = np.random.default_rng([recipe.train.seed, _DRAW])
    return np.sort(draw.choice(rows, most, replace=False))


def _paired(dataset: "Dataset", recipe: Recipe) -> Rows:
    """Choose training images, so that there are pairs among them that match."""
    from aehash.generators.clusters import clusters_of

    rows, pool = dataset.training_rows(), recipe.siamese.pool
    if len(rows) <= pool:
        return rows
    half, seed = max(1, pool // 2), [recipe.train.seed, _DRAW]
    if dataset.pairs is not None:
        inside = dataset.pairs[np.isin(dataset.pairs, rows).all(axis=1)]
        return np.unique(np.random.default_rng(seed).permutation(inside)[:half])
    clusters = clusters_of(dataset)
    asking = _some(with_matches(rows, clusters, rows), recipe, half)
    return np.unique([asking, drawn_matches(asking, clusters, rows, seed)])


def _described(
    model: "keras.Model",
    recipe: Recipe,
    dataset: "Dataset",
    rows: Rows,
    workers: int,
    lost: dict[int, tuple[str, str]] | None,
) -> NDArray[np.float32]:
    from aehash.descriptors import describe

    asked = recipe.describe
    return describe(
        model,
        dataset,
        rows,
        longest=asked.longest,
        scales=asked.scales,
        workers=workers,
        lost=lost,
    )


def _learn(
    features: NDArray[np.float32],
    rows: Rows,
    dataset: "Dataset",
    recipe: Recipe,
) -> tuple[Whitening, int | None]:
    """Learn with all dimensions; says how many matching pairs there were."""
    from aehash.generators.clusters import clusters_of

    asked = recipe.describe
    if asked.whitening == "pca":
        return pca_whitening(features, power=asked.power), None
    seed = [recipe.train.seed, _DRAW]
    if dataset.pairs is None:
        matching, total = cluster_pairs(clusters_of(dataset)[rows], PAIRS, seed)
    else:
        inside = dataset.pairs[np.isin(dataset.pairs, rows).all(axis=1)]
        matching, total = np.searchsorted(rows, inside), len(inside)
        matching = matching[np.random.default_rng(seed).permutation(total)[:PAIRS]]
    if len(matching) < 2:
        raise AehashError(
            f"The {len(rows):,} images to learn a whitening on have {len(matching)} matching "
            "pairs, too few to learn from: take describe.whitening=pca, or clusters of two images "
            "and more."
        )
    amount: float | Literal["auto"] = "auto" if asked.shrinkage is None else asked.shrinkage
    return learn_whitening(features, matching, shrinkage=amount), total
