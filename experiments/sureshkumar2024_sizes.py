"""How large the medical studies are: every number that costs time stands here."""

from dataclasses import dataclass, replace

from aehash.experiments.study import SizeName
from aehash.experiments.sureshkumar2024_systems import PAPER
from aehash.recipe import TrainRecipe

#: Where Table I cuts the ranking.
CUTS = (20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Size:
    """One size of the studies.

    Attributes:
        train: How the paper's own net is trained.
        seen: Images it learns from, all passes together, rounded up to whole passes; None leaves
            the passes as they are.
        seeds: Nets of every system that a seed changes.
        rival_seeds: The same for Table II's other encoders.
        side: Of images that come in files, in pixels; arrays keep theirs.
    """

    train: TrainRecipe = PAPER
    seen: int | None = None
    seeds: int = 3
    rival_seeds: int = 1
    side: int = 64

    def training(self, images: int) -> TrainRecipe:
        """Say how the paper's own net is trained on so many images."""
        if self.seen is None:
            return self.train
        return replace(self.train, epochs=-(-self.seen // images))


SIZES: dict[SizeName, Size] = {
    "full": Size(rival_seeds=3),
    "reduced": Size(seen=10_000, side=32),
    "quick": Size(seen=1, seeds=1, side=32),
}
