"""Large .npz files are mapped from the cache, equal to what memory would hold."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aehash.errors import AehashError
from aehash.generators import open_dataset, unpack

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 5, 3), dtype=np.uint8)
PARTS = {
    "train_images": IMAGES[:25],
    "train_labels": np.arange(25)[:, None] % 3,
    "test_images": IMAGES[25:],
    "test_labels": np.arange(15)[:, None] % 3,
}
Save = Callable[..., None]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AEHASH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(unpack, "LARGE", 1_000)
    monkeypatch.setattr(unpack, "_CHUNK", 177)
    return tmp_path / "cache" / "unpacked"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("grey", [False, True])
def test_what_is_mapped_is_what_was_saved(
    save: Save, grey: bool, cache: Path, tmp_path: Path
) -> None:
    parts = {
        name: part[..., 0] if grey and part.ndim == 4 else part for name, part in PARTS.items()
    }
    save(tmp_path / "a.npz", **parts)
    notes: list[str] = []
    first = open_dataset(tmp_path / "a.npz", notes=notes.append)
    again = open_dataset(tmp_path / "a.npz", notes=notes.append)
    (file,) = cache.iterdir()
    assert len(notes) == 1
    assert f"Unpacking a.npz once to {file}" in notes[0]
    expected = IMAGES[..., :1] if grey else IMAGES
    rows = np.array([39, 0, 24, 25, 25])
    for dataset in (first, again):
        assert np.array_equal(dataset.read_many(rows), expected[rows])
        assert type(dataset.read_many(rows)) is np.ndarray
        assert len(dataset.rows("train")) == 25
        assert dataset.labels is not None
        assert dataset.labels.tolist() == [*(np.arange(25) % 3), *(np.arange(15) % 3)]
    mapped = first.storage.images  # type: ignore[attr-defined]
    assert isinstance(mapped.base, np.memmap) or isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable


def test_a_changed_file_is_unpacked_anew(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=IMAGES)
    open_dataset(path)
    np.savez(path, images=255 - IMAGES)
    os.utime(path, ns=(1, 1))
    assert np.array_equal(open_dataset(path).read(3), 255 - IMAGES[3])
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize(
    "images",
    [
        IMAGES / 255.0,
        np.asfortranarray(IMAGES),
        np.concatenate([IMAGES, np.full_like(IMAGES[..., :1], 255)], axis=3),
    ],
    ids=["real", "fortran", "transparent"],
)
def test_what_is_not_plain_is_read_into_memory(images: Any, cache: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=images)
    assert np.array_equal(open_dataset(tmp_path / "a.npz").read_many(np.arange(40)), IMAGES)
    assert not cache.exists()


def test_small_files_are_read_into_memory(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "LARGE", IMAGES.nbytes)
    np.savez(tmp_path / "a.npz", images=IMAGES)
    open_dataset(tmp_path / "a.npz")
    assert not cache.exists()


def test_a_damaged_file_leaves_nothing(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=np.concatenate([IMAGES] * 20))
    whole = bytearray(path.read_bytes())
    whole[50_000] ^= 255
    path.write_bytes(whole)
    with pytest.raises(AehashError, match=r"is not a readable \.npz file"):
        open_dataset(path)
    assert list(cache.iterdir()) == []


def test_no_room_is_said_before_anything_is_written(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES)
    usage = type("Usage", (), {"free": 900})
    monkeypatch.setattr(unpack.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(AehashError, match=r"more than .* has room for .* set AEHASH_CACHE"):
        open_dataset(tmp_path / "a.npz")
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written(cache: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES)
    cache.parent.mkdir()
    cache.write_text("in the way")
    with pytest.raises(AehashError, match=r"cannot be unpacked .* Set AEHASH_CACHE"):
        open_dataset(tmp_path / "a.npz")
