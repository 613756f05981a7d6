"""The official binary tarballs of CIFAR-10 and CIFAR-100; no pickle is read."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

import numpy as np

from aehash.errors import AehashError
from aehash.generators.arrays import Rows, UInt8
from aehash.generators.assemble import Content
from aehash.generators.dataset_info import DatasetInfo
from aehash.generators.splits import make_keys
from aehash.generators.storage import ArrayStorage

_PIXELS = 3 * 32 * 32
_FILES: dict[str, dict[str, tuple[str, ...]]] = {
    "cifar10": {
        "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
        "test": ("test_batch.bin",),
    },
    "cifar100": {"train": ("train.bin",), "test": ("test.bin",)},
}


def read_cifar(path: Path, info: DatasetInfo) -> Content:
    """Read a CIFAR tarball into memory.

    A record is one label byte (CIFAR-100: the coarse, then the fine label) and 3,072 bytes of
    red, green and blue planes; the last label byte is the one used.

    Args:
        path: The .tar.gz file.
        info: Which of the two sets it is.

    Returns:
        What it holds.

    Raises:
        AehashError: The file is damaged or another.
    """
    wanted = _FILES[info.name]
    blocks = _members(path, {name for names in wanted.values() for name in names})
    head = 2 if info.name == "cifar100" else 1
    images, labels, splits = [], [], []
    for split, names in wanted.items():
        for name in names:
            records = _records(blocks.get(name), head, path, name)
            labels.append(records[:, head - 1].astype(np.int64))
            images.append(records[:, head:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
            splits += [split] * len(records)
    number = np.concatenate([np.arange(splits.count(split)) for split in wanted])
    return Content(
        storage=ArrayStorage(np.concatenate(images)),
        keys=make_keys([f"{split}/{row}" for split, row in zip(splits, number, strict=True)]),
        labels=_checked(np.concatenate(labels), info, path),
        classes=info.classes,
        split_of=splits,
        image_size=32,
        channels=3,
    )


def _members(path: Path, wanted: set[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:
                name = Path(member.name).name
                file = tar.extractfile(member) if name in wanted else None
                if file is not None:
                    found[name] = file.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise AehashError(f"{path} is not a readable tarball ({error}).") from error
    return found


def _records(data: bytes | None, head: int, path: Path, name: str) -> UInt8:
    size = head + _PIXELS
    if not data or len(data) % size:
        state = "has no" if data is None else "has a broken"
        raise AehashError(f"{path} {state} {name}; is it the binary version?")
    return np.frombuffer(data, np.uint8).reshape(-1, size)


def _checked(labels: Rows, info: DatasetInfo, path: Path) -> Rows:
    if labels.max() >= len(info.classes):
        raise AehashError(
            f"{path} holds label {labels.max()}; {info.name} has labels below {len(info.classes)}."
        )
    return labels
