"""How a snapshot whose net only describes turns images into features: size, scales, whitening."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.codebook.stages import DESCRIBE, digest_after
from aehash.errors import UsageError
from aehash.recipe_describe import DescribeRecipe
from aehash.snapshot import Snapshot
from aehash.whitening import Whitening

if TYPE_CHECKING:
    import keras

    from aehash.generators.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Describing:
    """How images become features.

    Attributes:
        longest: The longest side in pixels.
        scales: Of the picture so fitted.
        whitening: The snapshot's, or none.
        snapshot: The snapshot's digest.
        stages: The first stage of a codebook so made, where it is not what the recipe says.
    """

    longest: int
    scales: tuple[float, ...]
    whitening: Whitening | None
    snapshot: str
    stages: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        longest: int | None = None,
        scales: Sequence[float] | None = None,
    ) -> Self:
        """Take what a snapshot's recipe says, or other numbers.

        Args:
            snapshot: Its net only describes.
            longest: The longest side; None for the recipe's.
            scales: None for the recipe's.

        Returns:
            How to describe.

        Raises:
            UsageError: A number is out of range.
            AehashError: The snapshot's whitening is missing or damaged.
        """
        own = snapshot.recipe.describe
        side = own.longest if longest is None else longest
        asked = own.scales if scales is None else tuple(map(float, scales))
        DescribeRecipe(longest=side, scales=asked)  # refuses what is out of range
        whitening = snapshot.whitening()
        if (side, asked) == (own.longest, own.scales):
            return cls(side, asked, whitening, snapshot.digest)
        facts = {"longest": side, "scales": list(asked)}
        digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        stage = {"name": DESCRIBE, **facts, "digest": digest, "of": snapshot.digest}
        return cls(side, asked, whitening, snapshot.digest, (stage,))

    @property
    def digest(self) -> str:
        """What names the codes so made."""
        if not self.stages:
            return self.snapshot
        return digest_after(self.snapshot, self.stages[0]["digest"])

    @property
    def summary(self) -> str:
        """Say in a line how images are described."""
        text = f"longest side {self.longest}, scales {', '.join(f'{x:.4g}' for x in self.scales)}"
        if self.whitening is None:
            return text
        text += f", {self.whitening.kind} whitening to {self.whitening.dimensions} dimensions"
        if self.stages:
            text += ", which was learned at the size and scales of the run's recipe"
        return text

    def facts(self) -> dict[str, Any]:
        """Give a codebook's manifest what is not in the recipe's ordinary place."""
        stages = {"stages": list(self.stages)} if self.stages else {}
        whitened = None if self.whitening is None else self.whitening.digest
        return {
            "longest": self.longest,
            "scales": list(self.scales),
            "whitening": whitened,
            **stages,
        }

    def features(
        self,
        model: "keras.Model",
        images: "Dataset | Sequence[NDArray[np.uint8]]",
        rows: NDArray[np.int64] | None = None,
        **options: Any,
    ) -> NDArray[np.float32]:
        """Describe images, and whiten where the snapshot does.

        Args:
            model: The snapshot's.
            images: A data set, or arrays (height, width, channels) uint8.
            rows: Which of them; None for all.
            **options: ``workers``, ``progress`` and ``lost`` of
                :func:`aehash.descriptors.describe`.

        Returns:
            (n, d) float32 of length 1.
        """
        from aehash.descriptors import describe

        found = describe(model, images, rows, longest=self.longest, scales=self.scales, **options)
        return found if self.whitening is None or not len(found) else self.whitening.apply(found)


class Describer:
    """Describes a data set's rows, one shard after another.

    Args:
        model: The snapshot's, cut once only.
        how: Size, scales and whitening.
        dataset: The images.
        workers: Threads that decode images.
        strict: Whether an image that cannot be described raises.
    """

    def __init__(
        self,
        model: "keras.Model",
        how: Describing,
        dataset: "Dataset",
        workers: int,
        strict: bool,
    ) -> None:
        self._model = model
        self._how = how
        self._dataset = dataset
        self._workers = workers
        self._strict = strict

    def shard(
        self, rows: NDArray[np.int64], advance: Callable[[int], None]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], list[tuple[str, str]]]:
        """Describe some rows.

        Args:
            rows: Which.
            advance: Called with the number of images just done.

        Returns:
            Features, the rows they are of, and key and reason of the images left out.
        """
        seen = 0

        def progress(done: int, _: int) -> None:
            nonlocal seen
            advance(done - seen)
            seen = done

        lost: dict[int, tuple[str, str]] = {}
        features = self._how.features(
            self._model,
            self._dataset,
            rows,
            workers=self._workers,
            progress=progress,
            lost=None if self._strict else lost,
        )
        advance(len(rows) - seen)
        return features, np.delete(rows, list(lost)), [lost[place] for place in sorted(lost)]


def check_options(snapshot: Snapshot, longest: int | None, scales: object) -> None:
    """Refuse sizes and scales where the snapshot's net takes images of one size.

    Args:
        snapshot: The run.
        longest: A longest side, or None.
        scales: Scales, or None.

    Raises:
        UsageError: They are given, and the net is an autoencoder.
    """
    if (longest is not None or scales is not None) and not snapshot.recipe.describes:
        size = snapshot.recipe.data.image_size
        raise UsageError(
            f"The net of {snapshot.path} takes images of {size}×{size} pixels only: leave out "
            "--longest and --scales, which are for nets that only describe, such as gem2023."
        )
