"""How large the study of akbacak2023's tables is: every number that costs time stands here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aehash.experiments.akbacak2023_retinamnist import EXPERIMENT
from aehash.experiments.study import SizeName
from aehash.recipe import TrainRecipe


@dataclass(frozen=True)
class Size:
    """One size of the study.

    Attributes:
        encoder: Of the nets.
        dense: Units of the layers between encoder and hash layer.
        image_size: Side in pixels.
        train: How they are trained.
        seeds: Nets of every width.
        pretrained: Whether the encoder starts from ImageNet's weights.
    """

    encoder: str
    dense: tuple[int, ...]
    image_size: int
    train: TrainRecipe
    seeds: int = 3
    pretrained: bool = False


SIZES: Mapping[SizeName, Size] = MappingProxyType(
    {
        "full": Size("resnet50", (2048, 256), 256, EXPERIMENT.recipe.train, pretrained=True),
        "reduced": Size("light", (256,), 28, TrainRecipe(epochs=20, learning_rate=1e-3)),
        "quick": Size("light", (64,), 28, TrainRecipe(epochs=1, learning_rate=1e-3), seeds=1),
    }
)
