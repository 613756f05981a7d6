"""Extraction: snapshot × images → codebook, in shards that a killed run continues from."""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from aehash import models
from aehash.bits import unpack
from aehash.codebook import Codebook
from aehash.codebook_files import NpyWriter
from aehash.codebook_shards import Shard, write_from_shards
from aehash.errors import AehashError
from aehash.files import atomic_file, read_json, write_json
from aehash.snapshot import Snapshot

if TYPE_CHECKING:
    import keras

    from aehash.generators.dataset import Dataset

UNPACKED = "codes_unpacked.npy"
_JOB = "job.json"
_LOCK = "lock"
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


@dataclass(frozen=True)
class ShardFiles:
    """The shards of one extraction: a folder of ``.npz`` files, read one at a time.

    Attributes:
        folder: Where they are.
        dataset: Gives the rows' labels and keys.
        count: How many there are in the end.
    """

    folder: Path
    dataset: "Dataset"
    count: int

    def path(self, number: int) -> Path:
        """Say where a shard is, or will be."""
        return self.folder / f"shard-{number:06d}.npz"

    def write(
        self, number: int, features: NDArray[np.float32], rows: NDArray[np.int64], skipped: Any
    ) -> None:
        """Write a finished shard, whole or not at all."""
        with atomic_file(self.path(number)) as aside:
            np.savez(aside, features=features, rows=rows, skipped=json.dumps(skipped))

    def complete(self, number: int) -> bool:
        """Say whether a shard is there and no image was left out of it.

        One with images left out is read again: they may have been repaired since, and strict
        extraction must meet them.
        """
        try:
            with np.load(self.path(number), allow_pickle=False) as file:
                return not json.loads(str(file["skipped"]))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return False

    def __iter__(self) -> Iterator[Shard]:
        for number in range(self.count):
            with np.load(self.path(number), allow_pickle=False) as file:
                rows = file["rows"]
                features = file["features"]
            labels = None if self.dataset.labels is None else self.dataset.labels[rows]
            yield Shard(features, labels, self.dataset.keys[rows])

    def skipped(self) -> list[tuple[str, str]]:
        """List the keys left out, with the reason."""
        found: list[tuple[str, str]] = []
        for number in range(self.count):
            with np.load(self.path(number), allow_pickle=False) as file:
                found += [(key, reason) for key, reason in json.loads(str(file["skipped"]))]
        return found


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
) -> Extraction:
    """Extract the codes of one split.

    Args:
        snapshot: The trained run.
        dataset: The images.
        split: ``train``, ``val``, ``test``, or ``all``.
        out: The codebook's folder; shards stand beside it until it is whole, and serve again
            while the snapshot and the images' files are the same.
        batch_size: Images in a forward pass.
        shard_size: Images in a shard: at most these are done again after a kill.
        workers: Threads that decode images.
        strict: Fail at an unreadable image instead of leaving it out.
        progress: Called after each batch.
        encoder: Gives the snapshot's encoder, where it is loaded already.

    Returns:
        What was done.

    Raises:
        AehashError: No image could be read, a feature is NaN, the disk is full, or another
            extraction into the same folder is running.
    """
    rows = dataset.rows(split)
    if not len(rows):
        raise AehashError(f"The split {split!r} of {dataset.name} has no images.")
    with _locked(out.parent / f".{out.name}.shards", out) as folder:
        shards = _open_shards(folder, snapshot, dataset, split, rows, shard_size)
        missing = [n for n in range(shards.count) if not shards.complete(n)]
        reused = len(rows) - sum(len(rows[n * shard_size : (n + 1) * shard_size]) for n in missing)
        seconds = 0.0
        if missing:
            net = encoder() if encoder else models.encoder(snapshot.model())
            reader = _Reader(net, snapshot, dataset, batch_size, workers, strict)
            started, done = time.monotonic(), reused
            for number in missing:
                for part in reader.read(rows[number * shard_size : (number + 1) * shard_size]):
                    done += part
                    if progress is not None:
                        progress(done, len(rows))
                shards.write(number, *reader.shard())
            seconds = time.monotonic() - started
        skipped = _finish(shards, snapshot, dataset, split, out)
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
        self._parts: list[tuple[NDArray[np.float32], NDArray[np.int64]]] = []
        self._skipped: list[tuple[str, str]] = []

    def read(self, rows: NDArray[np.int64]) -> Iterator[int]:
        """Run some rows through the net; gives the number of images of each batch."""
        from aehash.generators.source import prefetch
        from aehash.registry import batches

        self._parts, self._skipped = [], []
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
        parts = prefetch(self._run, read, self._at_once)
        for index, part in enumerate(parts):
            self._parts.append(part)
            yield min(self.batch_size, len(rows) - index * self.batch_size)
        self._skipped = list(source.skipped)

    def shard(self) -> tuple[NDArray[np.float32], NDArray[np.int64], list[tuple[str, str]]]:
        """Give the features, rows and left-out images since the last :meth:`read`."""
        features, rows = zip(*self._parts, strict=True)
        return np.concatenate(features), np.concatenate(rows), self._skipped

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


@contextmanager
def _locked(folder: Path, out: Path) -> Iterator[Path]:
    """Make the folder of the shards and keep other extractions out of it.

    The lock is the process's own, so a kill lets go of it. An extraction that ends removes the
    folder with the lock's file in it; whoever opened that file meanwhile tries again.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = (folder / _LOCK).open("ab")
        except FileNotFoundError:
            continue
        with lock:
            _take(lock.fileno(), out)
            if _is_at(lock.fileno(), folder / _LOCK):
                yield folder
                return


def _take(descriptor: int, out: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AehashError(
            f"Another extraction into {out} is running; wait for it, or give another folder."
        ) from None
    except OSError:
        return  # some network file systems have no locks


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _open_shards(
    folder: Path,
    snapshot: Snapshot,
    dataset: "Dataset",
    split: str,
    rows: NDArray[np.int64],
    shard_size: int,
) -> ShardFiles:
    """Find the shards of the same job, or clear away those of another."""
    job = {
        "snapshot": snapshot.digest,
        "data": dataset.digest(),
        "files": files_digest(dataset, rows),
        "split": split,
        "rows": len(rows),
        "shard_size": shard_size,
    }
    if not (folder / _JOB).is_file() or read_json(folder / _JOB) != job:
        _empty(folder)
        write_json(folder / _JOB, job)
    return ShardFiles(folder, dataset, -(-len(rows) // shard_size))


def files_digest(dataset: "Dataset", rows: NDArray[np.int64]) -> str | None:
    """Digest size and time of change of the files that rows' pixels lie in.

    Args:
        dataset: The images.
        rows: Which of them.

    Returns:
        64 hexadecimal digits (SHA-256); None for a set of the catalogue held in one file, which
        does not change.
    """
    from aehash.generators.storage import FileStorage

    storage = dataset.storage
    paths: Iterable[str | Path]
    if isinstance(storage, FileStorage):
        paths = (os.path.join(storage.root, storage.paths[row].decode()) for row in rows)  # noqa: PTH118
    elif Path(dataset.source).is_absolute():
        paths = [dataset.source]
    else:
        return None
    digest = hashlib.sha256()
    for path in paths:
        digest.update(_stamp(path))
    return digest.hexdigest()


def _stamp(path: str | Path) -> bytes:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path for each of many files takes longer
    except OSError:
        return b"none;"
    return b"%d,%d;" % (found.st_size, found.st_mtime_ns)


def _empty(folder: Path) -> None:
    """Remove all but the lock, which goes last, so that none comes in between."""
    for path in folder.iterdir():
        if path.name != _LOCK:
            path.unlink(missing_ok=True)


def _finish(
    shards: ShardFiles, snapshot: Snapshot, dataset: "Dataset", split: str, out: Path
) -> int:
    from aehash.generators.source import write_skipped

    data = snapshot.recipe.data
    write_from_shards(
        out,
        shards,
        classes=dataset.classes,
        source=dataset.source,
        split=split,
        snapshot=snapshot.digest,
        more={"image_size": data.image_size, "channels": data.channels},
    )
    skipped = shards.skipped()
    if skipped:
        write_skipped(out / "skipped.csv", skipped)
    with suppress(OSError):
        _empty(shards.folder)
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
