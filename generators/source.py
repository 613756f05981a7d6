"""Batches for Keras and for extraction, one source per storage format."""

from __future__ import annotations

import threading
from typing import Any, Literal

import keras
import numpy as np

from aehash.errors import AehashError, UsageError
from aehash.generators.ahead import Skipped
from aehash.generators.ahead import prefetch as prefetch
from aehash.generators.ahead import write_skipped as write_skipped
from aehash.generators.arrays import Rows, UInt8
from aehash.generators.augment import Augment
from aehash.generators.dataset import Dataset
from aehash.generators.images import UnreadableImage
from aehash.generators.storage import ArrayStorage, FileStorage, H5Storage

Batch = UInt8 | tuple[UInt8, dict[str, Any]]


class BatchSource(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of a data set's rows; made by :func:`batches`.

    ``source[i]`` is ``(x, {"reconstruction": clean, "hash": zeros})`` with ``x`` and ``clean``
    ``(b, H, W, C)`` uint8 and the zeros ``(b, 1)`` float32, or ``x`` alone where no targets are
    wanted. The last batch is as short as it comes out. An epoch's order depends on the seed and
    the epoch, a batch's augmentation on the seed, the epoch and the batch's number, and neither
    on the number of workers.

    Keras calls :meth:`on_epoch_end` once before the first epoch and once more after a trial
    step, so counting those calls alone would shift the epochs; :meth:`epoch_callback` gives the
    callback that tells the source which epoch it is.

    Attributes:
        dataset: Where the images come from.
        rows: Which of its rows, in their unshuffled order.
        image_size: Side of the square images, or None for the stored size.
        channels: 1 or 3.
        batch_size: Images per batch.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: Rows,
        *,
        image_size: int | None,
        channels: int,
        batch_size: int,
        shuffle: bool,
        seed: int,
        augment: Augment | None,
        targets: Literal["reconstruction"] | None,
        workers: int,
        strict: bool,
        epoch: int,
    ):
        super().__init__(workers=workers, use_multiprocessing=False, max_queue_size=2 * workers + 2)
        self.dataset = dataset
        self.rows = rows
        self.image_size = image_size
        self.channels = channels
        self.batch_size = batch_size
        self.strict = strict
        self._shuffle = shuffle
        self._seed = seed
        self._augment = augment
        self._targets = targets
        self._zeros = np.zeros((batch_size, 1), np.float32)
        self._skipped: dict[int, Skipped] = {}
        self._lock = threading.Lock()
        self._begun = False
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    @property
    def epoch(self) -> int:
        """The epoch whose order and augmentation the next batch has, from 0."""
        return self._state[0]

    @epoch.setter
    def epoch(self, value: int) -> None:
        order = np.arange(len(self.rows))
        if self._shuffle:
            order = np.random.default_rng([self._seed, value]).permutation(order)
        self._state = (value, order)

    @property
    def skipped(self) -> list[Skipped]:
        """The unreadable images met so far, as (key, reason), in the order of the rows."""
        with self._lock:
            return [self._skipped[row] for row in sorted(self._skipped)]

    def __getitem__(self, index: int) -> Batch:
        """Give a batch to train on, or images alone.

        Raises:
            UnreadableImage: An image cannot be decoded and the source is strict.
            AehashError: No image can be decoded.
        """
        epoch, order = self._state
        clean = self.load(order[self._slice(index)])
        x = clean
        if self._augment is not None:
            x, clean = self._augment(clean, np.random.default_rng([self._seed, epoch, index]))
        if self._targets is None:
            return x
        return x, {"reconstruction": clean, "hash": self._zeros[: len(x)]}

    def readable(self, index: int) -> tuple[UInt8, Rows]:
        """Give a batch without its unreadable images, to extract from.

        Args:
            index: The batch's number.

        Returns:
            ``(m, H, W, C)`` uint8 and the ``(m,)`` rows they are; m may be 0.

        Raises:
            UnreadableImage: An image cannot be decoded and the source is strict.
        """
        rows = self.rows[self._state[1][self._slice(index)]]
        return self._read(rows), rows

    def on_epoch_begin(self) -> None:
        """Note that an epoch runs (Keras's hook)."""
        self._begun = True

    def on_epoch_end(self) -> None:
        """Go on to the next epoch, where one has begun (Keras's hook)."""
        if self._begun:
            self._begun = False
            self.epoch += 1

    def epoch_callback(self) -> keras.callbacks.Callback:
        """Make the callback that sets the epoch before Keras asks for its first batch."""
        return _EpochCallback(self)

    def _slice(self, index: int) -> slice:
        if not 0 <= index < len(self):
            raise IndexError(f"There is no batch {index}; there are {len(self)}.")
        return slice(index * self.batch_size, (index + 1) * self.batch_size)

    def positions(self, index: int) -> Rows:
        """Say which images a batch has.

        Args:
            index: The batch's number.

        Returns:
            ``(b,)`` places in :attr:`rows`.
        """
        chosen: Rows = self._state[1][self._slice(index)]
        return chosen

    def load(self, positions: Rows) -> UInt8:
        """Read images to train on, on any thread.

        Args:
            positions: ``(b,)`` places in :attr:`rows`.

        Returns:
            ``(b, H, W, C)`` uint8; files that cannot be decoded are replaced, see
            :class:`FileSource`.

        Raises:
            UnreadableImage: An image cannot be decoded and the source is strict.
            AehashError: No image can be decoded.
        """
        return self._read(self.rows[positions])

    def _read(self, rows: Rows) -> UInt8:
        return self.dataset.read_many(rows, self.image_size, self.channels)


class ArraySource(BatchSource):
    """Batches from images in memory; a fancy index where size and channels are the array's.

    Where it is only that, Keras gets no worker threads: a batch takes microseconds to make,
    while the queue between the threads costs a millisecond a batch and a tenth of a second at
    the end of each epoch.
    """

    def __init__(self, dataset: Dataset, rows: Rows, **options: Any):
        size_kept = options["image_size"] in (None, dataset.image_size)
        if size_kept and options["channels"] == dataset.channels and options["augment"] is None:
            options["workers"] = 1
        super().__init__(dataset, rows, **options)


class H5Source(BatchSource):
    """Batches read from an HDF5 file, one read per batch."""


class FileSource(BatchSource):
    """Batches decoded from image files.

    In training an unreadable image is replaced by the next readable one of the unshuffled rows,
    so that batches keep their shape; in extraction it is left out. Either way it is listed once
    in :attr:`~BatchSource.skipped`, or raises where the source is strict.
    """

    def readable(self, index: int) -> tuple[UInt8, Rows]:
        """Give a batch without its unreadable images, to extract from."""
        rows = self.rows[self._state[1][self._slice(index)]]
        images = [self._try(int(row)) for row in rows]
        good = [image for image in images if image is not None]
        kept = np.array([image is not None for image in images])
        return self._stack(good), rows[kept]

    def load(self, positions: Rows) -> UInt8:
        """Read images to train on, each the nearest that can be decoded."""
        return self._stack([self._nearest_readable(int(position)) for position in positions])

    def _nearest_readable(self, position: int) -> UInt8:
        for step in range(len(self.rows)):
            image = self._try(int(self.rows[(position + step) % len(self.rows)]))
            if image is not None:
                return image
        raise AehashError(
            f"None of the {len(self.rows)} images of {self.dataset.source} can be decoded; the "
            f"first: {self.skipped[0][0]} ({self.skipped[0][1]})."
        )

    def _try(self, row: int) -> UInt8 | None:
        if row in self._skipped:
            return None
        try:
            return self.dataset.read(row, self.image_size, self.channels)
        except UnreadableImage as error:
            if self.strict:
                raise
            with self._lock:
                self._skipped[row] = (error.key, error.reason)
            return None

    def _stack(self, images: list[UInt8]) -> UInt8:
        if not images:
            side = self.image_size or 0
            return np.empty((0, side, side, self.channels), np.uint8)
        if len({image.shape for image in images}) > 1:
            raise UsageError(
                f"The images of {self.dataset.source} differ in size; give an image size."
            )
        return np.stack(images)


class _EpochCallback(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, source: BatchSource):
        super().__init__()
        self.source = source

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Set the source's epoch; Keras starts its workers after this."""
        self.source.epoch = epoch


def batches(
    dataset: Dataset,
    rows: Rows,
    *,
    image_size: int | None,
    channels: int,
    batch_size: int = 32,
    shuffle: bool = False,
    seed: int = 0,
    augment: Augment | None = None,
    targets: Literal["reconstruction"] | None = "reconstruction",
    workers: int = 1,
    strict: bool = False,
    epoch: int = 0,
) -> BatchSource:
    """Make the batch source that fits a data set's storage.

    Args:
        dataset: Where the images come from.
        rows: Which of its rows.
        image_size: Side of the square images, or None for the stored size.
        channels: 1 or 3.
        batch_size: Images per batch, from 1; the last batch may be shorter.
        shuffle: Whether each epoch has an order of its own.
        seed: What order and augmentation are drawn with.
        augment: What is done to the images at random.
        targets: ``"reconstruction"`` to train, None for images alone.
        workers: Threads that make batches while Keras trains.
        strict: Whether an unreadable image raises.
        epoch: The epoch to begin with; training resumed there gets the same batches.

    Returns:
        A source for ``model.fit``, ``model.evaluate`` or :func:`prefetch`.

    Raises:
        UsageError: An argument is out of range, or there are no rows.
    """
    if channels not in (1, 3):
        raise UsageError(f"channels must be 1 or 3, not {channels!r}.")
    least = {"batch_size": batch_size, "workers": workers, "image_size": image_size or 1}
    if image_size == 0:
        least["image_size"] = 0
    for name, value in least.items():
        if value < 1:
            raise UsageError(f"{name} must be at least 1, not {value!r}.")
    if not len(rows):
        raise UsageError(f"There are no images to read from {dataset.source}.")
    kinds: dict[type, type[BatchSource]] = {
        ArrayStorage: ArraySource,
        FileStorage: FileSource,
        H5Storage: H5Source,
    }
    stored = dataset.storage
    found = (kind for storage, kind in kinds.items() if isinstance(stored, storage))
    return next(found, BatchSource)(
        dataset,
        np.asarray(rows, np.int64),
        image_size=image_size,
        channels=channels,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        augment=augment,
        targets=targets,
        workers=workers,
        strict=strict,
        epoch=epoch,
    )
