"""Batches of pairs for :func:`aehash.models.pairs.pair_model`: images, partners, and chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.generators.ahead import Skipped
from aehash.generators.arrays import Rows
from aehash.generators.source import BatchSource
from aehash.view_plan import ViewRecipe, draw, parts

Pairs = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
#: Gives each image its partner for an epoch: ``(n,)`` places among the source's rows.
Partners = Callable[[int], Rows]
#: Says which images of a batch are no negatives of each other: ``(b,)`` places to ``(b, b)``.
Joined = Callable[[Rows], NDArray[np.bool_]]

TARGETS = ("codes", "features", "hash", "reconstruction")


class PairSource(keras.utils.PyDataset):  # type: ignore[misc]
    """Pairs of a source's images, with what was drawn for each.

    A batch depends on the seed, the epoch and its number alone, so that a run that is continued
    gets the same ones. The last batch is as short as it comes out.

    Args:
        images: Gives the images and their order; without targets and augmentation of its own.
        views: What is changed in both images of a pair; no numbers are drawn where nothing is.
        bits: Of the codes, where they are drawn; 0 where they are not, and no chance is needed.
        seed: What views and bits are drawn with.
        targets: Names of the outputs that are judged, of :data:`TARGETS`.
        partners: Each image's partner; None: the image itself, in another view.
        joined: Which images are no negatives of each other; None: none are.
        frozen: Whether every epoch has the partners and the chance of the first, as validation
            needs it.

    Raises:
        UsageError: There is no such target.
    """

    def __init__(
        self,
        images: BatchSource,
        views: ViewRecipe,
        bits: int,
        *,
        seed: int,
        targets: Iterable[str] = ("codes",),
        partners: Partners | None = None,
        joined: Joined | None = None,
        frozen: bool = False,
    ):
        super().__init__(workers=images.workers, max_queue_size=images.max_queue_size)
        self.images = images
        self.views = views
        self.bits = bits
        self.targets = check_targets(targets)
        self._seed = seed
        self._partners = partners
        self._joined = joined
        self._frozen = frozen
        self.epoch = images.epoch

    def __len__(self) -> int:
        return len(self.images)

    @property
    def epoch(self) -> int:
        """The epoch whose pairs the next batch has, from 0."""
        return self.images.epoch

    @epoch.setter
    def epoch(self, value: int) -> None:
        drawn = 0 if self._frozen else value
        partners = None if self._partners is None else self._partners(drawn)
        self._drawn = (drawn, partners)
        self.images.epoch = value

    @property
    def skipped(self) -> list[Skipped]:
        """The unreadable images met so far, as (key, reason)."""
        return self.images.skipped

    def __getitem__(self, index: int) -> Pairs:
        """Give a batch: inputs and targets by name.

        Raises:
            UnreadableImage: An image cannot be decoded and the source is strict.
            AehashError: No image can be decoded.
        """
        epoch, partners = self._drawn
        here = self.images.positions(index)
        there = here if partners is None else partners[here]
        image = self.images.load(here)
        partner = image if partners is None else self.images.load(there)
        rng = np.random.default_rng([self._seed, epoch, index])
        count, channels = len(image), image.shape[-1]
        inputs: dict[str, NDArray[Any]] = {"image": image, "partner": partner}
        if parts(self.views):
            for name in ("first", "second"):
                inputs[name] = draw(self.views, count, channels, rng)
        if self.bits:
            inputs["chance"] = rng.random((count, 2, self.bits), dtype=np.float32)
        return inputs, judged(self.targets, here, self.images.batch_size, self._joined, image)

    def epoch_callback(self) -> keras.callbacks.Callback:
        """Make the callback that sets the epoch before Keras asks for its first batch."""
        return EpochCallback(self)


def check_targets(names: Iterable[str]) -> tuple[str, ...]:
    """Refuse targets that are none of :data:`TARGETS`."""
    targets = tuple(names)
    for name in targets:
        if name not in TARGETS:
            raise UsageError(f"There is no target {name!r}; there are {', '.join(TARGETS)}.")
    return targets


def judged(
    names: Iterable[str],
    here: Rows,
    batch_size: int,
    joined: Joined | None = None,
    image: NDArray[Any] | None = None,
) -> dict[str, NDArray[Any]]:
    """Give what the outputs of a batch of pairs are judged by.

    Args:
        names: Of the outputs, of :data:`TARGETS`.
        here: ``(b,)`` places of the images.
        batch_size: Of a whole batch; b may be less.
        joined: Which images are no negatives of each other; None: none are.
        image: The images, where reconstructions are judged.

    Returns:
        By name; blank where nothing is looked at.
    """
    blank = np.zeros((len(here), 1), np.float32)
    found: dict[str, NDArray[Any]]
    found = {"codes": blank, "features": blank, "hash": np.repeat(blank, 2, axis=0)}
    if joined is not None:
        near = np.zeros((len(here), batch_size), np.float32)
        near[:, : len(here)] = joined(here)
        found["codes"] = near
    if image is not None:
        found["reconstruction"] = image
    return {name: found[name] for name in names}


class EpochCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets a source's epoch before Keras asks for its first batch.

    Args:
        source: What has an ``epoch`` that can be set.
    """

    def __init__(self, source: Any):
        super().__init__()
        self.source = source

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Set the source's epoch; Keras starts its workers after this."""
        self.source.epoch = epoch
