"""The shards of an extraction on disk: one lock, one job, and only what still belongs to it."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from aehash.codebook.shards import Shard
from aehash.errors import AehashError
from aehash.files import atomic_file, read_json, write_json

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

_JOB = "job.json"
_LOCK = "lock"


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


@contextmanager
def locked(folder: Path, out: Path) -> Iterator[Path]:
    """Make the folder of the shards and keep other extractions out of it.

    The lock is the process's own, so a kill lets go of it. An extraction that ends removes the
    folder with the lock's file in it; whoever opened that file meanwhile tries again.

    Args:
        folder: Of the shards.
        out: The codebook they are for, to name in the error.

    Yields:
        The folder.

    Raises:
        AehashError: Another extraction holds the lock.
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


def open_shards(
    folder: Path,
    digest: str,
    dataset: "Dataset",
    split: str,
    rows: NDArray[np.int64],
    shard_size: int,
) -> ShardFiles:
    """Find the shards of the same job, or clear away those of another.

    Args:
        folder: Of the shards, locked.
        digest: What names the codes.
        dataset: The images.
        split: The split's name.
        rows: Its rows.
        shard_size: Images in a shard.

    Returns:
        The shards, some of which may be there.
    """
    job = {
        "snapshot": digest,
        "data": dataset.digest(),
        "files": files_digest(dataset, rows),
        "split": split,
        "rows": len(rows),
        "shard_size": shard_size,
    }
    if not (folder / _JOB).is_file() or read_json(folder / _JOB) != job:
        empty(folder)
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


def empty(folder: Path) -> None:
    """Remove all but the lock, which goes last, so that none comes in between.

    Args:
        folder: Of the shards.
    """
    for path in folder.iterdir():
        if path.name != _LOCK:
            path.unlink(missing_ok=True)
