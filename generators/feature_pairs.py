"""Batches for a head on kept features: pairs to agree, and codes to draw images from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash.generators.arrays import Rows
from aehash.generators.pairs import EpochCallback, Joined, Pairs, Partners, check_targets, judged
from aehash.generators.source import BatchSource

Features = NDArray[np.float16] | NDArray[np.float32]


class FeaturePairs(keras.utils.PyDataset):  # type: ignore[misc]
    """Pairs of features, each of a view that is drawn from those that were kept.

    A batch depends on the seed, the epoch and its number alone. The last batch is as short as it
    comes out.

    Args:
        features: ``(n, views, width)``, may be memory-mapped: of each image, in several views.
        batch_size: Images in a batch.
        bits: Of the codes, where they are drawn; 0 where they are not, and no chance is needed.
        seed: What order, views and bits are drawn with.
        targets: Names of the outputs that are judged, of
            :data:`aehash.generators.pairs.TARGETS`; no ``reconstruction``.
        partners: Each image's partner; None: the image itself, in another view where there is one.
        joined: Which images are no negatives of each other; None: none are.
    """

    #: No image is read here, so none can be skipped.
    skipped: tuple[tuple[str, str], ...] = ()

    def __init__(
        self,
        features: Features,
        batch_size: int,
        bits: int,
        *,
        seed: int,
        targets: Iterable[str] = ("codes", "hash"),
        partners: Partners | None = None,
        joined: Joined | None = None,
    ):
        super().__init__()
        self.features = features
        self.batch_size = batch_size
        self.bits = bits
        self.targets = check_targets(targets)
        self._seed = seed
        self._partners = partners
        self._joined = joined
        self.epoch = 0

    def __len__(self) -> int:
        return -(-len(self.features) // self.batch_size)

    @property
    def epoch(self) -> int:
        """The epoch whose pairs the next batch has, from 0."""
        return self._drawn[0]

    @epoch.setter
    def epoch(self, value: int) -> None:
        order = np.random.default_rng([self._seed, value]).permutation(len(self.features))
        partners = None if self._partners is None else self._partners(value)
        self._drawn: tuple[int, Rows, Rows | None] = (value, order, partners)

    def __getitem__(self, index: int) -> Pairs:
        """Give a batch: inputs ``first`` and ``second``, ``chance``, and targets, by name."""
        epoch, order, partners = self._drawn
        here = order[index * self.batch_size : (index + 1) * self.batch_size]
        there = here if partners is None else partners[here]
        rng = np.random.default_rng([self._seed, epoch, index])
        views = rng.integers(0, self.features.shape[1], (2, len(here)))
        inputs: dict[str, NDArray[Any]] = {
            "first": self.features[here, views[0]].astype(np.float32),
            "second": self.features[there, views[1]].astype(np.float32),
        }
        if self.bits:
            inputs["chance"] = rng.random((len(here), 2, self.bits), dtype=np.float32)
        return inputs, judged(self.targets, here, self.batch_size, self._joined)

    def epoch_callback(self) -> keras.callbacks.Callback:
        """Make the callback that sets the epoch before Keras asks for its first batch."""
        return EpochCallback(self)


class FeatureImages(keras.utils.PyDataset):  # type: ignore[misc]
    """Features of images as they are, and the images, for a decoder to draw.

    Args:
        features: As for :class:`FeaturePairs`; the first of each image is its own.
        images: The same images in the same order.
    """

    def __init__(self, features: Features, images: BatchSource):
        super().__init__(workers=images.workers, max_queue_size=images.max_queue_size)
        self.features = features
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    @property
    def epoch(self) -> int:
        """The epoch whose order the next batch has, from 0."""
        return self.images.epoch

    @epoch.setter
    def epoch(self, value: int) -> None:
        self.images.epoch = value

    @property
    def skipped(self) -> list[tuple[str, str]]:
        """The unreadable images met so far, as (key, reason)."""
        return self.images.skipped

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Give features ``(b, width)`` and images ``(b, size, size, channels)``."""
        here = self.images.positions(index)
        return self.features[here, 0].astype(np.float32), self.images.load(here)

    def epoch_callback(self) -> keras.callbacks.Callback:
        """Make the callback that sets the epoch before Keras asks for its first batch."""
        return EpochCallback(self)
