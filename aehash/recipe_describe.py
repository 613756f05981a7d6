"""The parts of a recipe that only nets without a decoder use: learning from pairs, describing."""

from dataclasses import dataclass

from aehash.recipe_fields import at_least, check, one_of, positive

#: The models that only describe, as :func:`aehash.models.describes` says of one once built.
DESCRIBERS = frozenset({"gem2023"})


@dataclass(frozen=True)
class SiameseRecipe:
    """How a net that only describes (``gem2023``) learns from matching images.

    A step takes ``train.batch_size`` tuples: a query, an image that matches it, and some that do
    not. The numbers are those of the authors' code.

    Attributes:
        loss: ``contrastive`` or ``triplet``.
        margin: Distance beyond which images that do not match add nothing; None is the loss's own,
            0.7 or 0.1.
        queries: Tuples of an epoch.
        pool: Images that an epoch's negatives are taken from.
        negatives: Of a tuple.
        positives: ``drawn``, any other image of the cluster, or ``hardest``, the least similar.
        least: The smallest inner product with a hardest match, -1 to 1.
        weight_decay: Times each weight, added to its gradient; not to GeM's p.
        p_rate: The learning rate of GeM's p as a multiple of the others'.
    """

    loss: str = "contrastive"
    margin: float | None = None
    queries: int = 2000
    pool: int = 20_000
    negatives: int = 5
    positives: str = "drawn"
    least: float = -1.0
    weight_decay: float = 1e-4
    p_rate: float = 10.0

    def __post_init__(self) -> None:
        one_of("siamese.loss", self.loss, ("contrastive", "triplet"))
        positive("siamese.margin", self.margin)
        for name in ("queries", "pool", "negatives"):
            at_least(f"siamese.{name}", getattr(self, name), 1)
        one_of("siamese.positives", self.positives, ("drawn", "hardest"))
        check(-1 <= self.least <= 1, f"siamese.least is {self.least}; it must be from -1 to 1.")
        at_least("siamese.weight_decay", self.weight_decay, 0)
        at_least("siamese.p_rate", self.p_rate, 0)


@dataclass(frozen=True)
class DescribeRecipe:
    """How a net that only describes (``gem2023``) turns images into features, once trained.

    Attributes:
        longest: The longest side in pixels; images are never enlarged.
        scales: Of the picture so fitted; their descriptors are joined.
        whitening: ``none``; ``pca``, learned on the training images; or ``learned``, on pairs of
            them that match.
        dimensions: Kept by the whitening, and so the bits of the codes; None keeps all.
        shrinkage: Of the learned whitening, 0 to below 1; None where too few pairs ask for it.
        power: Of the PCA whitening, 0 (plain PCA) to 1.
    """

    longest: int = 1024
    scales: tuple[float, ...] = (1.0, 2**-0.5, 0.5)
    whitening: str = "none"
    dimensions: int | None = None
    shrinkage: float | None = None
    power: float = 1.0

    def __post_init__(self) -> None:
        at_least("describe.longest", self.longest, 4)
        check(bool(self.scales), "describe.scales is empty; give one scale or more.")
        for scale in self.scales:
            positive("describe.scales", scale)
        one_of("describe.whitening", self.whitening, ("none", "pca", "learned"))
        at_least("describe.dimensions", self.dimensions, 1)
        check(
            self.dimensions is None or self.whitening != "none",
            f"describe.dimensions is {self.dimensions} and nothing is whitened; set "
            "describe.whitening to pca or learned as well.",
        )
        check(
            self.shrinkage is None or 0 <= self.shrinkage < 1,
            f"describe.shrinkage is {self.shrinkage}; it must be from 0 to below 1.",
        )
        check(0 <= self.power <= 1, f"describe.power is {self.power}; it must be from 0 to 1.")
