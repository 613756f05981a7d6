"""Each set of MedMNIST opens by name from a file in the official form."""

from pathlib import Path

import numpy as np
import pytest

from aehash.generators import CATALOGUE, Dataset, open_dataset
from aehash.generators.catalogue import families
from aehash.metrics.relevance import LabelSets, relevant

NAMES = [name for name in families() if CATALOGUE[name].family]
COUNTS = {"train": 6, "val": 4, "test": 5}


def write(folder: Path, name: str) -> dict[str, np.ndarray]:
    """Write a file of a set's form: uint8 images and (n, 1) labels, or (n, 14) of 0 and 1."""
    info = CATALOGUE[name]
    rng = np.random.default_rng(0)
    shape = (info.image_size, info.image_size) + (3,) * (info.channels == 3)
    arrays = {}
    for split, count in COUNTS.items():
        arrays[f"{split}_images"] = rng.integers(0, 256, (count, *shape), np.uint8)
        if info.multi_label:
            labels = rng.integers(0, 2, (count, len(info.classes)), np.uint8)
            labels[0] = 0
        else:
            labels = rng.integers(0, len(info.classes), (count, 1), np.uint8)
        arrays[f"{split}_labels"] = labels
    np.savez_compressed(folder / info.filename, **arrays)
    return arrays


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AEHASH_DATA", str(tmp_path))
    monkeypatch.setenv("AEHASH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def check(dataset: Dataset, name: str, arrays: dict[str, np.ndarray]) -> None:
    info = CATALOGUE[name]
    assert (dataset.name, dataset.source) == (name, name)
    assert dataset.official
    assert dataset.classes == info.classes
    assert (dataset.image_size, dataset.channels) == (info.image_size, info.channels)
    assert {split: len(dataset.rows(split)) for split in COUNTS} == COUNTS
    assert dataset.labels is not None
    labels = np.concatenate([arrays[f"{split}_labels"] for split in COUNTS])
    assert np.array_equal(dataset.labels, labels if info.multi_label else labels[:, 0])
    first = arrays["test_images"][0].reshape(info.image_size, info.image_size, info.channels)
    assert np.array_equal(dataset.read(int(dataset.rows("test")[0])), first)


@pytest.mark.parametrize("name", NAMES)
def test_every_set_opens_by_name(name: str, folder: Path) -> None:
    arrays = write(folder, name)
    notes: list[str] = []
    check(open_dataset(name, notes=notes.append), name, arrays)
    assert len(notes) == 1
    assert "is not the official file (its MD5 differs)" in notes[0]


@pytest.mark.parametrize("text", ["breastmnist:64", "breastmnist_64", "BreastMNIST-64"])
def test_a_size_opens_by_any_spelling(text: str, folder: Path) -> None:
    arrays = write(folder, "breastmnist_64")
    check(open_dataset(text), "breastmnist_64", arrays)


def test_a_folder_goes_before_another_spelling(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    (folder / "BreastMNIST").mkdir()
    Image.new("L", (4, 4)).save(folder / "BreastMNIST" / "1.png")
    monkeypatch.chdir(folder)
    assert open_dataset("BreastMNIST").source == str(folder / "BreastMNIST")


def test_chests_without_a_finding_are_kept_and_have_nothing_relevant(folder: Path) -> None:
    write(folder, "chestmnist")
    labels = open_dataset("chestmnist").labels
    assert labels is not None
    assert labels.shape == (15, 14)
    assert labels.dtype == np.uint8
    assert not labels[0].any()
    sets = LabelSets.from_labels(labels)
    assert not relevant(sets[:1], sets, "any").any()
    assert relevant(sets[:1], sets, "exact").sum() == (~labels.any(1)).sum()
