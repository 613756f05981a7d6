"""How large the study of unseen classes is: every number that costs time, or was chosen."""

from dataclasses import dataclass, field

from aehash.experiments.study import SizeName
from aehash.recipe import TrainRecipe
from aehash.recipe_describe import SiameseRecipe

#: The scales that a photo is described at, by name. The field's go down from the photo's own size;
#: where photos are small, there is more to see above it.
SCALES = {
    "one": (1.0,),
    "field": (1.0, 2**-0.5, 0.5),
    "up": (2**0.5, 1.0),
}
#: Settings chosen on classes that no seed tests.
POWER = 0.5
SHRINKAGE = 0.9


@dataclass(frozen=True)
class Size:
    """One size of the study.

    Attributes:
        train: How the net is fine-tuned; the seed is set.
        siamese: The same, of the tuples.
        encoder: Of all the nets.
        longest: The longest side of a photo in pixels.
        seeds: Each tests other classes.
        scales: The names of those that photos are described at.
        bits: Of the codes.
    """

    train: TrainRecipe
    siamese: SiameseRecipe
    encoder: str = "mobilenet:0.75"
    longest: int = 128
    seeds: int = 3
    scales: tuple[str, ...] = field(default=tuple(SCALES))
    bits: tuple[int, ...] = (64, 128, 256)


#: A hundred steps in all: where these few classes are learned longer or faster, they gain and the
#: unseen ones lose. By the contrastive loss they lose as well: most matches of a class are far
#: apart, so that it pulls all photos together first.
_FEW = TrainRecipe(epochs=4, batch_size=5, learning_rate=1e-5)
_TUPLES = SiameseRecipe(loss="triplet", queries=125, pool=1000)
SIZES: dict[SizeName, Size] = {
    "full": Size(
        TrainRecipe(epochs=20, batch_size=5, learning_rate=1e-6, schedule="cosine"),
        SiameseRecipe(loss="triplet"),
    ),
    "reduced": Size(_FEW, _TUPLES),
    "quick": Size(
        TrainRecipe(epochs=1, batch_size=5),
        SiameseRecipe(queries=10, pool=60, negatives=2),
        encoder="light",
        longest=32,
        seeds=1,
        scales=("one", "field"),
        bits=(8, 16),
    ),
}
