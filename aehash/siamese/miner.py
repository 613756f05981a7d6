"""Tuples of an epoch mined with the net as it stands, past images that cannot be read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import keras
import numpy as np
from numpy.typing import NDArray

from aehash.descriptors import describe
from aehash.errors import AehashError
from aehash.recipe import Recipe
from aehash.siamese.sides import Side
from aehash.siamese.tuples import Rows, Tuples
from aehash.training_options import TrainingOptions

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: Of the images asked for, the share that may be left out at once; more is no matter of a few bad
#: files.
_LOST = 0.5


@dataclass(frozen=True, eq=False)
class Mined:
    """Tuples, and how the net saw their images.

    Attributes:
        tuples: The rows.
        seen: ``(d,)`` descriptors by row.
    """

    tuples: Tuples
    seen: dict[int, NDArray[np.float32]]

    def descriptors(self, some: slice) -> NDArray[np.float32]:
        """Give the descriptors of some tuples, ``(tuples, images, d)``."""
        rows = self.tuples.rows[some]
        return np.stack([np.stack([self.seen[row] for row in each]) for each in rows.tolist()])


@dataclass(eq=False)
class Miner:
    """Describes images and mines tuples of them.

    Attributes:
        net: Looked through as it stands.
        dataset: The images.
        recipe: Size of the images, and the seed.
        skipped: Reason by key of the images that cannot be read; they are left out from then on.
        options: Threads that decode images, whether to fail at one that cannot be read, and whether
            to show a progress bar.
    """

    net: keras.Model
    dataset: "Dataset"
    recipe: Recipe
    skipped: dict[str, str]
    options: TrainingOptions = field(default_factory=TrainingOptions)
    _rows: dict[bytes, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find rows by their keys."""
        self._rows = {key: row for row, key in enumerate(self.dataset.keys.tolist())}

    def mine(self, side: Side, epoch: int) -> Mined:
        """Mine the tuples of a side.

        Images found to be unreadable are noted and left out, and the draw is made anew without
        them.

        Args:
            side: The images.
            epoch: From 0.

        Returns:
            The tuples.

        Raises:
            UsageError: No tuple can be made of what can be read.
            AehashError: A descriptor is NaN, or too many images cannot be described.
        """
        seen: dict[int, NDArray[np.float32]] = {}

        def look(rows: Rows) -> NDArray[np.float32]:
            new = np.array([row for row in rows.tolist() if row not in seen], np.int64)
            if len(new):
                seen.update(self._describe(new))
            if len(self.skipped) > known:
                raise _LeftOut
            return np.stack([seen[row] for row in rows.tolist()])

        while True:
            known = len(self.skipped)
            try:
                tuples = side.without(self._lost()).tuples(look, self.recipe.train.seed, epoch)
            except _LeftOut:
                continue
            return Mined(tuples, seen)

    def _lost(self) -> Rows:
        rows = [self._rows[key.encode()] for key in self.skipped if key.encode() in self._rows]
        return np.array(sorted(rows), np.int64)

    def _describe(self, rows: Rows) -> dict[int, NDArray[np.float32]]:
        """Describe rows, less those that cannot be, which are noted."""
        lost: dict[int, tuple[str, str]] = {}
        bar = keras.utils.Progbar(len(rows), unit_name="image") if self.options.bar else None
        found = describe(
            self.net,
            self.dataset,
            rows,
            longest=int(self.recipe.data.image_size or 0),
            scales=(1.0,),
            workers=self.options.workers,
            progress=None if bar is None else lambda done, _: bar.update(done),
            lost=None if self.options.strict else lost,
        )
        if len(lost) > _LOST * len(rows):
            reason, count = Counter(reason for _, reason in lost.values()).most_common(1)[0]
            key = next(key for key, why in lost.values() if why == reason)
            raise AehashError(
                f"{len(lost):,} of {len(rows):,} images give no descriptor, {count:,} of them as "
                f"{key}: {reason}. Where the files are sound, the net is dead: lower the learning "
                "rate, or give it weights (--weights imagenet)."
            )
        self.skipped.update(lost.values())
        return dict(zip(np.delete(rows, list(lost)).tolist(), found, strict=True))


class _LeftOut(Exception):  # noqa: N818
    """Images were left out, so what was drawn with them is drawn anew."""
