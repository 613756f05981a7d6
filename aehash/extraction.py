"""Extraction: snapshot × images → codebook, in shards that a killed run continues from."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash import models
from aehash.bits import unpack
from aehash.codebook import Codebook
from aehash.codebook.files import NpyWriter
from aehash.codebook.shards import write_from_shards
from aehash.codebook.stages import digest_after, layer_stage
from aehash.describing import Describer, Describing, check_options
from aehash.errors import AehashError, UsageError
from aehash.files import atomic_file
from aehash.shards import ShardFiles, empty, locked, open_shards
from aehash.snapshot import Snapshot

if TYPE_CHECKING:
    import keras

    from aehash.generators.dataset import Dataset

UNPACKED = "codes_unpacked.npy"
_UNPACK_ROWS = 1 << 16

#: Called with the images done and the images in all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Extraction:
    """What an extraction did.

    Attributes:
        folder: The codebook.
        rows: Images in it.
        skipped: Images left out because they could not be read.
        reused: Images whose shards were already there.
        images_per_second: Of those read now; 0 where all were there.
    """

    folder: Path
    rows: int
    skipped: int
    reused: int
    images_per_second: float


def extract(
    snapshot: Snapshot,
    dataset: "Dataset",
    split: str,
    out: Path,
    *,
    batch_size: int = 256,
    shard_size: int = 8192,
    workers: int = 1,
    strict: bool = False,
    progress: Progress | None = None,
    encoder: "Callable[[], keras.Model] | None" = None,
    longest: int | None = None,
    scales: Sequence[float] | None = None,
    layer: str | None = None,
) -> Extraction:
    """Extract the codes of one split.

    A net that only describes takes images of any size, as the recipe's ``describe`` says, and its
    features are whitened where the snapshot does so.

    Args:
        snapshot: The trained run.
        dataset: The images.
        split: ``train``, ``val``, ``test``, or ``all``.
        out: The codebook's folder; shards stand beside it until it is whole, and serve again
            while the snapshot and the images' files are the same.
        batch_size: Images in a forward pass; a net that only describes takes those of equal shape.
        shard_size: Images in a shard: at most these are done again after a kill.
        workers: Threads that decode images.
        strict: Fail at an unreadable image instead of leaving it out.
        progress: Called after each batch.
        encoder: Gives the snapshot's encoder, where it is loaded already.
        longest: The longest side, where it is not to be the recipe's; the codes are then another
            stage's, which the manifest says.
        scales: The same of the scales.
        layer: Take this layer's output in place of the feature layer's; the codebook is then
            another stage's too. A given encoder must end there.

    Returns:
        What was done.

    Raises:
        UsageError: A longest side or scales for a net that takes images of one size, or a layer of
            one that only describes.
        AehashError: No image could be read, a feature is NaN, the disk is full, or another
            extraction into the same folder is running.
    """
    check_options(snapshot, longest, scales)
    how = Describing.of(snapshot, longest, scales) if snapshot.recipe.describes else None
    stages = [] if layer is None else [_layer(snapshot, layer)]
    digest = snapshot.digest if how is None else how.digest
    if stages:
        digest = digest_after(snapshot.digest, stages[0]["digest"])
    rows = dataset.rows(split)
    if not len(rows):
        raise AehashError(f"The split {split!r} of {dataset.name} has no images.")
    with locked(out.parent / f".{out.name}.shards", out) as folder:
        shards = open_shards(folder, digest, dataset, split, rows, shard_size)
        missing = [n for n in range(shards.count) if not shards.complete(n)]
        reused = len(rows) - sum(len(rows[n * shard_size : (n + 1) * shard_size]) for n in missing)
        seconds = 0.0
        if missing:
            net = encoder() if encoder else models.encoder(snapshot.model(), layer)
            reader: _Reader | Describer
            if how is None:
                reader = _Reader(net, snapshot, dataset, batch_size, workers, strict)
            else:
                reader = Describer(net, how, dataset, workers, strict)
            started, done = time.monotonic(), reused

            def advance(part: int) -> None:
                nonlocal done
                done += part
                if progress is not None and part:
                    progress(done, len(rows))

            for number in missing:
                part = rows[number * shard_size : (number + 1) * shard_size]
                shards.write(number, *reader.shard(part, advance))
            seconds = time.monotonic() - started
        facts = _facts(snapshot, how) | ({"stages": stages} if stages else {})
        skipped = _finish(shards, digest, dataset, split, out, facts)
        rate = (len(rows) - reused) / seconds if seconds else 0.0
        return Extraction(out, len(rows) - skipped, skipped, reused, rate)


class _Reader:
    """Runs images through an encoder, batch by batch, gathering one shard."""

    def __init__(
        self,
        net: "keras.Model",
        snapshot: Snapshot,
        dataset: "Dataset",
        batch_size: int,
        workers: int,
        strict: bool,
    ) -> None:
        self.net = net
        self.dataset = dataset
        self.data = snapshot.recipe.data
        self.batch_size = batch_size
        self.workers = workers
        self.strict = strict
        self._at_once = _at_once()
        net.make_predict_function()

    def shard(
        self, rows: NDArray[np.int64], advance: Callable[[int], None]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], list[tuple[str, str]]]:
        """Run some rows through the net; gives features, rows and the images left out."""
        from aehash.generators.source import prefetch
        from aehash.registry import batches

        source = batches(
            self.dataset,
            rows,
            image_size=self.data.image_size,
            channels=self.data.channels,
            batch_size=self.batch_size,
            targets=None,
            strict=self.strict,
        )
        read = prefetch(source.readable, len(source), self.workers)
        parts = []
        for index, part in enumerate(prefetch(self._run, read, self._at_once)):
            parts.append(part)
            advance(min(self.batch_size, len(rows) - index * self.batch_size))
        features, kept = zip(*parts, strict=True)
        return np.concatenate(features), np.concatenate(kept), list(source.skipped)

    def _run(
        self, batch: tuple[NDArray[np.uint8], NDArray[np.int64]]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        images, rows = batch
        if not len(rows):
            return np.empty((0, self.net.output_shape[-1]), np.float32), rows
        return self._features(images), rows

    def _features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run one batch; a short one is padded, since a new shape would be compiled anew."""
        short = self.batch_size - len(images)
        if short:
            images = np.concatenate([images, np.repeat(images[-1:], short, axis=0)])
        outputs = np.asarray(self.net.predict_on_batch(images), np.float32)
        return outputs[: self.batch_size - short]


def _at_once() -> int:
    """Say how many batches to hand to the back end at once.

    With two, one computes while the other's arrays go in and out: a tenth faster on two cores.
    Only TensorFlow allows it; JAX writes the model's state back after each call.
    """
    import keras

    return 2 if keras.backend.backend() == "tensorflow" else 1


def _layer(snapshot: Snapshot, layer: str) -> dict[str, Any]:
    if snapshot.recipe.describes:
        raise UsageError(
            f"The net of {snapshot.path} only describes images; take its own features, not those "
            f"of its layer {layer!r}."
        )
    return layer_stage(layer, snapshot.digest)


def _facts(snapshot: Snapshot, how: Describing | None) -> dict[str, Any]:
    """Say in the manifest how images came to be features."""
    data = snapshot.recipe.data
    size = {"image_size": data.image_size} if how is None else how.facts()
    return {**size, "channels": data.channels}


def _finish(
    shards: ShardFiles, digest: str, dataset: "Dataset", split: str, out: Path, facts: Any
) -> int:
    from aehash.generators.source import write_skipped

    write_from_shards(
        out,
        shards,
        classes=dataset.classes,
        source=dataset.source,
        split=split,
        snapshot=digest,
        more=facts,
    )
    skipped = shards.skipped()
    if skipped:
        write_skipped(out / "skipped.csv", skipped)
    with suppress(OSError):
        empty(shards.folder)
    shutil.rmtree(shards.folder, ignore_errors=True)
    return len(skipped)


def write_unpacked(folder: Path) -> Path:
    """Write a codebook's codes once more as (n, bits) of {0, 1}, the papers' form.

    Args:
        folder: The codebook.

    Returns:
        The new file beside its ``codes.npy``.
    """
    book = Codebook.load(folder, verify="size")
    target = folder / UNPACKED
    shape = (len(book), book.bits)
    with atomic_file(target) as aside, NpyWriter(aside, shape, np.dtype(np.uint8)) as file:
        for start in range(0, len(book), _UNPACK_ROWS):
            file.append(unpack(book.codes[start : start + _UNPACK_ROWS], book.bits))
        file.close()
    return target
