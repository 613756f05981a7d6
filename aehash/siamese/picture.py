"""What a trained net finds hard: a few mined tuples, as a picture."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import plots
from aehash.checkpoint import Progress
from aehash.errors import UsageError
from aehash.recipe import Recipe
from aehash.siamese.miner import Mined, Miner
from aehash.siamese.sides import Side, training_side, validation_side
from aehash.training_options import TrainingOptions

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: The picture of mined tuples, of nets that learn from them.
TUPLES = "tuples.png"
_SHOWN, _NEGATIVES = 8, 5


def draw_tuples(
    path: Path,
    net: keras.Model,
    recipe: Recipe,
    dataset: "Dataset",
    progress: Progress,
    workers: int = 1,
) -> None:
    """Draw queries, their matches and the hardest images that do not match, with similarities.

    They are mined of the images held out, or of the training images where those make no tuples,
    by the net as it stands, as an epoch would be.

    Args:
        path: The PNG to write.
        net: The trained net.
        recipe: Of the run.
        dataset: The images.
        progress: With the images that could not be read.
        workers: Threads that decode images.
    """
    miner = Miner(net, dataset, recipe, dict(progress.skipped), TrainingOptions(workers))
    held_out = validation_side(dataset, recipe)[0]
    try:
        mined = miner.mine(_few(held_out or training_side(dataset, recipe)), 0)
    except UsageError:  # too many of those held out cannot be read
        mined = miner.mine(_few(training_side(dataset, recipe)), 0)
    rows = [_row(dataset, recipe, mined, number) for number in range(len(mined.tuples))]
    plots.montage(path, rows)


def _few(side: Side) -> Side:
    return replace(side, plan=replace(side.plan, queries=_SHOWN))


def _row(dataset: "Dataset", recipe: Recipe, mined: Mined, number: int) -> list[plots.Tile]:
    from aehash.generators.sizes import Longest

    tiles = []
    query = mined.descriptors(slice(number, number + 1))[0]
    for place, row in enumerate(mined.tuples.rows[number, : 2 + _NEGATIVES].tolist()):
        picture = dataset.read(row, Longest(int(recipe.data.image_size or 0)), 3)
        text = f"{query[0] @ query[place]:.3f}" if place else "query"
        right = None if not place else place == 1
        tiles.append(plots.Tile(_squared(picture), text, right))
    return tiles


def _squared(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put white around a picture, so that it is not squashed to a square."""
    side = max(picture.shape[:2])
    canvas = np.full((side, side, picture.shape[2]), 255, np.uint8)
    top, left = ((side - length) // 2 for length in picture.shape[:2])
    canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas
