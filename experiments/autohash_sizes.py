"""How large the studies of aehash's own recipe are."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aehash.experiments.study import SizeName


@dataclass(frozen=True)
class Size:
    """What is trained.

    Attributes:
        bits: Widths of the codes; what a part of the recipe adds is seen at the last.
        seeds: Of the trainings: 0, 1 and so on.
        settings: Changes of the recipe, ``path=value``.
        side: Of the images, in pixels, at most, where the whole net is trained.
    """

    bits: tuple[int, ...]
    seeds: int
    settings: tuple[str, ...] = ()
    side: int | None = 32


SIZES: Mapping[SizeName, Size] = MappingProxyType(
    {
        "quick": Size((16,), 1, ("train.epochs=3",)),
        "reduced": Size((64,), 3),
        "full": Size((16, 32, 64), 3, side=None),
    }
)
