"""CIFAR's official binary layout, written small and read back."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from aehash.errors import AehashError
from aehash.generators import CATALOGUE, open_dataset

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 3, 32, 32), dtype=np.uint8)
LABELS = np.arange(24, dtype=np.uint8) % 10
CIFAR10_FILES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


def tarball(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(f"cifar/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def records(rows: slice, coarse: bool = False) -> bytes:
    heads = [LABELS[rows, None]]
    if coarse:
        heads.insert(0, 255 - LABELS[rows, None])
    return np.hstack([*heads, PIXELS[rows].reshape(-1, 3072)]).tobytes()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEHASH_DATA", str(tmp_path))


def test_cifar10(tmp_path: Path) -> None:
    files = {name: records(slice(4 * i, 4 * i + 4)) for i, name in enumerate(CIFAR10_FILES)}
    tarball(tmp_path / "cifar-10-binary.tar.gz", files)
    dataset = open_dataset("cifar10")
    rows = dataset.rows("all")
    assert np.array_equal(dataset.read_many(rows), PIXELS.transpose(0, 2, 3, 1))
    assert dataset.labels is not None
    assert dataset.labels.tolist() == LABELS.tolist()
    assert dataset.rows("test").tolist() == [20, 21, 22, 23]
    assert dataset.keys[[0, 19, 20]].tolist() == [b"train/0", b"train/19", b"test/0"]
    assert dataset.classes == CATALOGUE["cifar10"].classes


def test_cifar100_uses_the_fine_label(tmp_path: Path) -> None:
    files = {"train.bin": records(slice(0, 20), True), "test.bin": records(slice(20, 24), True)}
    tarball(tmp_path / "cifar-100-binary.tar.gz", files)
    dataset = open_dataset("cifar100")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == LABELS.tolist()
    assert np.array_equal(dataset.read(23), PIXELS[23].transpose(1, 2, 0))
    assert len(dataset.classes) == len(set(dataset.classes)) == 100


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08nonsense", b"text"])
def test_damaged_tarballs(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(content)
    with pytest.raises(AehashError, match="not a readable tarball"):
        open_dataset("cifar10")


def test_the_wrong_members(tmp_path: Path) -> None:
    tarball(tmp_path / "cifar-10-binary.tar.gz", {"data_batch_1": b"pickle"})
    with pytest.raises(AehashError, match=r"has no data_batch_1\.bin; is it the binary version"):
        open_dataset("cifar10")
    tarball(tmp_path / "cifar-10-binary.tar.gz", dict.fromkeys(CIFAR10_FILES, b"short"))
    with pytest.raises(AehashError, match="has a broken"):
        open_dataset("cifar10")
    bad = bytes([11]) + bytes(3072)
    tarball(tmp_path / "cifar-10-binary.tar.gz", dict.fromkeys(CIFAR10_FILES, bad))
    with pytest.raises(AehashError, match="holds label 11"):
        open_dataset("cifar10")
