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
        seeds: Nets of every system that a seed changes.
        rival_seeds: The same for Table II's other encoders.
        side: Of images that come in files, in pixels; arrays keep theirs.
    """

    train: TrainRecipe
    seeds: int = 3
    rival_seeds: int = 1
    side: int = 64


SIZES: dict[SizeName, Size] = {
    "full": Size(PAPER, rival_seeds=3),
    "reduced": Size(replace(PAPER, epochs=12)),
    "quick": Size(replace(PAPER, epochs=1), seeds=1, side=32),
}
