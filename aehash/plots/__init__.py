"""Pictures of results, by matplotlib and Pillow, which are imported only where something is drawn.

Here is what most commands draw; pictures of one kind of result have a file of their own beside it.
"""

from aehash.plots.charts import Curve, loss_curve, paired_difference, precision_recall
from aehash.plots.figure import PICTURES, check_picture
from aehash.plots.tiles import Tile, montage, reconstructions

__all__ = [
    "PICTURES",
    "Curve",
    "Tile",
    "check_picture",
    "loss_curve",
    "montage",
    "paired_difference",
    "precision_recall",
    "reconstructions",
]
