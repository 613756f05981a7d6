"""Splits: disjoint, complete, stratified, seeded, and safe in a file."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import AehashError, UsageError
from aehash.generators import Dataset, open_dataset, read_split, write_split
from aehash.generators.splits import draw_splits, draw_validation

labels_of = st.lists(st.integers(0, 6), min_size=4, max_size=120).map(np.array)


def check_partition(splits: dict[str, np.ndarray], count: int) -> None:
    together = np.concatenate([splits["train"], splits["val"], splits["test"]])
    assert np.array_equal(np.sort(together), np.arange(count))
    for rows in splits.values():
        assert (np.diff(rows) > 0).all()


@given(labels_of, st.integers(0, 2**32))
def test_stratified_splits(labels: np.ndarray, seed: int) -> None:
    splits = draw_splits(len(labels), labels, seed)
    check_partition(splits, len(labels))
    assert all(len(splits[name]) for name in splits)
    singletons = np.bincount(labels).max() == 1
    for value in np.unique(labels):
        size = int((labels == value).sum())
        if not singletons and size >= 3:
            assert value in labels[splits["train"]]
        if size >= 2 and np.bincount(labels).min(where=np.bincount(labels) > 0, initial=99) >= 10:
            for name in ("val", "test"):
                assert abs((labels[splits[name]] == value).sum() - size / 10) <= 1.2
    again = draw_splits(len(labels), labels, seed)
    assert all(np.array_equal(splits[name], again[name]) for name in splits)


@given(st.integers(0, 300), st.integers(0, 99))
def test_plain_splits(count: int, seed: int) -> None:
    splits = draw_splits(count, None, seed)
    check_partition(splits, count)
    if count >= 4:
        tenth = max(1, round(count / 10))
        assert len(splits["test"]) == tenth
        assert abs(len(splits["val"]) - tenth) <= 1
        assert len(splits["train"]) >= 2
    else:
        assert len(splits["train"]) == count


def test_a_hundred_of_ten_classes_is_exactly_eighty_ten_ten() -> None:
    labels = np.repeat(np.arange(10), 10)
    splits = draw_splits(100, labels, 3)
    for name, each in (("train", 8), ("val", 1), ("test", 1)):
        assert np.bincount(labels[splits[name]], minlength=10).tolist() == [each] * 10


def test_another_seed_draws_another_split() -> None:
    first, second = (draw_splits(200, None, seed)["test"] for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_validation_is_a_stratified_tenth_of_train_at_most_a_thousand() -> None:
    labels = np.tile(np.arange(4), 5_000)
    train = np.arange(0, 20_000, 2)
    val = draw_validation(train, labels, 0)
    assert len(val) == 1_000
    assert np.isin(val, train).all()
    assert np.bincount(labels[val])[[0, 2]].tolist() == [500, 500]
    assert len(draw_validation(train[:50], labels, 0)) == 5
    assert len(draw_validation(train[:1], labels, 0)) == 0


@pytest.fixture
def digits() -> Dataset:
    return open_dataset("digits", seed=5)


def test_a_split_file_brings_the_same_split_to_another_seed(
    tmp_path: Path, digits: Dataset
) -> None:
    digest = write_split(tmp_path / "split.json", digits)
    assert json.loads((tmp_path / "split.json").read_text())["sha256"] == digest
    other = open_dataset("digits", seed=6, split_file=tmp_path / "split.json")
    for name in ("train", "val", "test"):
        assert np.array_equal(other.rows(name), digits.rows(name))
    assert other.digest() == digits.digest() != open_dataset("digits", seed=6).digest()


def test_a_split_that_leaves_nothing_to_train_on_is_refused(digits: Dataset) -> None:
    rows = digits.rows("train")
    splits = {"train": rows, "val": rows, "test": digits.rows("test")}
    with pytest.raises(UsageError, match="no image to train on that does not also validate"):
        dataclasses.replace(digits, splits=splits).training_rows()


def test_a_changed_split_file_is_refused(tmp_path: Path, digits: Dataset) -> None:
    path = tmp_path / "split.json"
    write_split(path, digits)
    path.write_text(path.read_text().replace('"all/3"', '"all/33333"', 1))
    with pytest.raises(AehashError, match="sha256"):
        read_split(path, digits)
    path.write_text("{}")
    with pytest.raises(AehashError, match="not a split file"):
        read_split(path, digits)


def test_a_split_of_other_data_is_refused(tmp_path: Path, digits: Dataset) -> None:
    np.savez(tmp_path / "small.npz", images=np.zeros((9, 4, 4), np.uint8))
    write_split(tmp_path / "split.json", digits)
    with pytest.raises(UsageError, match="does not have, the first 'all/"):
        open_dataset(tmp_path / "small.npz", split_file=tmp_path / "split.json")
