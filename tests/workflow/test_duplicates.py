"""Duplicates are found, each once, against a search through all pairs."""

import csv
import itertools

import numpy as np
import pytest
from PIL import Image

from aehash import perceptual
from aehash.errors import AehashError, UsageError
from aehash.workflow import duplicate_search as module
from aehash.workflow.duplicates import duplicates


def picture(seed):
    coarse = np.random.default_rng(seed).integers(40, 200, (8, 8, 3), np.uint8)
    return coarse.repeat(4, 0).repeat(4, 1)


@pytest.fixture
def data(tmp_path):
    """40 training images, 12 test images: a copy, a brighter one, a mirrored one, others."""
    train = [picture(seed) for seed in range(40)]
    test = [picture(seed + 100) for seed in range(12)]
    test[3] = train[7].copy()
    test[5] = np.clip(train[9] * 0.9 + 20, 0, 255).astype(np.uint8)
    test[8] = train[11][:, ::-1].copy()
    train[20] = train[7].copy()
    np.savez(
        tmp_path / "data.npz",
        x_train=np.stack(train),
        y_train=np.arange(40) % 4,
        x_test=np.stack(test),
        y_test=np.arange(12) % 4,
    )
    return tmp_path / "data.npz"


def found(pairs):
    return [(pair.query, pair.database, pair.kind, pair.mirrored) for pair in pairs]


@pytest.mark.parametrize("threads", [1, 2])
def test_copies_are_told_from_near_ones(data, threads, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 5)
    result = duplicates(str(data), threads=threads)
    assert found(result.pairs) == [
        ("test/3", "train/7", "exact", False),
        ("test/3", "train/20", "exact", False),
        ("test/5", "train/9", "near", False),
    ]
    assert result.keys() == ["test/3", "test/5"]
    assert result.keys("exact") == ["test/3"]
    assert (result.queries, result.database) == (("test", 12), ("train", 40))


def test_mirrored_pictures_are_found_when_asked_for(data):
    result = duplicates(str(data), mirror=True)
    assert ("test/8", "train/11", "near", True) in found(result.pairs)
    assert len(result.pairs) == 4


def test_a_row_is_not_its_own_duplicate(data):
    result = duplicates(str(data), queries="train")
    assert found(result.pairs) == [
        ("train/7", "train/20", "exact", False),
        ("train/20", "train/7", "exact", False),
    ]


def test_pairs_equal_a_comparison_of_all(data):
    result = duplicates(str(data), distance=76, detail=1.3)
    with np.load(data) as file:
        test, train = file["x_test"], file["x_train"]
    wanted = set()
    for (i, one), (j, other) in itertools.product(enumerate(test), enumerate(train)):
        bits = perceptual.difference_hash(one) ^ perceptual.difference_hash(other)
        details = perceptual.details([one]), perceptual.details([other])
        if np.bitwise_count(bits).sum() <= 76 and perceptual.detail_differences(*details) <= 1.3:
            wanted.add((f"test/{i}", f"train/{j}"))
    assert {(pair.query, pair.database) for pair in result.pairs} == wanted
    assert len(wanted) > 10


def test_csv_and_picture(data, tmp_path):
    result = duplicates(str(data), out=tmp_path / "pairs.csv", montage=tmp_path / "pairs.png")
    with (tmp_path / "pairs.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["query"] for line in lines] == [pair.query for pair in result.pairs]
    assert lines[0]["kind"] == "exact"
    with Image.open(tmp_path / "pairs.png") as drawn:
        assert drawn.size[0] > 2 * 96 * 3


def test_no_pairs_are_drawn_as_none(data, tmp_path):
    duplicates(str(data), queries="val", database="test", montage=tmp_path / "pairs.png", detail=0)
    assert (tmp_path / "pairs.png").is_file()


def test_unreadable_images_are_left_out(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(12):
        Image.fromarray(picture(index // 2)).save(folder / f"{index:02d}.png")
    (folder / "03.png").write_text("hello")
    result = duplicates(str(folder), queries="all", database="all")
    assert result.unreadable == ("03.png",)
    assert len(result.pairs) == 10
    assert {pair.kind for pair in result.pairs} == {"exact"}


def test_nothing_readable_is_a_sentence(tmp_path):
    for index in range(5):
        (tmp_path / f"{index}.png").write_text("hello")
    with pytest.raises(AehashError, match=r"No image of the split 'all' of .* can be read"):
        duplicates(str(tmp_path), queries="all")


def test_images_too_alike_are_a_sentence(data, monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 5)
    with pytest.raises(AehashError, match=r"The first 12 images have .* pairs already"):
        duplicates(str(data), distance=76, detail=1.3)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"distance": -1}, "distance must be 0 or more, not -1"),
        ({"distance": 129}, "distance is 129 and detail 0.7"),
        ({"detail": 2.5}, "from 0 to 2"),
        ({"detail": float("nan")}, "detail nan"),
        ({"queries": "tets"}, "Did you mean 'test'"),
        ({"threads": 0}, "threads must be"),
    ],
)
def test_wrong_use_is_refused(data, wrong, sentence):
    with pytest.raises(UsageError, match=sentence):
        duplicates(str(data), **wrong)


@pytest.mark.data
def test_cifar100(data_file):
    """Most pairs of a tight threshold are plainly the same picture (seen by eye)."""
    result = duplicates(str(data_file("cifar100_20k.npz")), detail=0.4)
    assert ("test/3935", "train/744", "near", False) in found(result.pairs)
    assert 10 < len(result.keys()) < 30
