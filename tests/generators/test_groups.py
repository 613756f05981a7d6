"""Splits that keep groups whole: the stated guarantee, and what is said and kept of groups."""

import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.generators.groups import Groups, deal, looks_personal
from aehash.generators.splits import draw_splits, draw_validation, make_keys

SIDES = ("train", "val", "test")


def groups_of(of: list[int] | np.ndarray) -> Groups:
    return Groups.from_cells([f"P{number}" for number in of], "patient", "list.csv")


def parted(splits: dict[str, np.ndarray], of: np.ndarray) -> list[tuple[str, str, int]]:
    """Find groups on two sides the slow way: every image against every other."""
    return [
        (one, other, int(of[row]))
        for one, other in combinations(SIDES, 2)
        for row in splits[one]
        for same in splits[other]
        if of[row] == of[same]
    ]


members = st.lists(st.integers(0, 14), min_size=4, max_size=90)
uneven = st.lists(st.integers(1, 40), min_size=4, max_size=12).map(
    lambda sizes: [group for group, size in enumerate(sizes) for _ in range(size)]
)


@given(members | uneven, st.sampled_from(["none", "single", "multi"]), st.integers(0, 99))
@example([0] * 10 + [1] * 10 + [2] * 10, "none", 0)
@example([0] * 50 + [1, 2, 3], "single", 0)
def test_the_guarantee(of: list[int], kind: str, seed: int) -> None:
    groups, count = groups_of(of), len(of)
    rng = np.random.default_rng(seed)
    labels = {
        "none": None,
        "single": rng.integers(0, 3, count),
        "multi": rng.integers(0, 2, (count, 3)).astype(np.uint8),
    }[kind]
    if len(groups) < 3:
        with pytest.raises(UsageError, match=r"names (one group|two groups); .* at least three"):
            draw_splits(count, labels, seed, groups)
        return
    splits = draw_splits(count, labels, seed, groups)
    together = np.sort(np.concatenate([splits[side] for side in SIDES]))
    assert np.array_equal(together, np.arange(count))
    assert not parted(splits, groups.of)
    groups.check_apart(splits, make_keys([str(row) for row in range(count)]), "here")
    largest, tenth = int(np.bincount(groups.of).max()), max(1, round(count / 10))
    assert all(len(splits[side]) for side in SIDES)
    assert abs(len(splits["test"]) - tenth) < largest
    assert abs(len(splits["val"]) - tenth) < largest
    assert abs(len(splits["train"]) - (count - 2 * tenth)) <= 2 * (largest - 1)
    again = draw_splits(count, labels, seed, groups)
    assert all(np.array_equal(splits[side], again[side]) for side in SIDES)


@given(members | uneven, st.integers(0, 99))
def test_validation_drawn_from_an_official_train(of: list[int], seed: int) -> None:
    groups = groups_of(of)
    train = np.arange(0, len(of), 2)
    used = groups.of[train]
    if len(set(used.tolist())) < 2:
        with pytest.raises(UsageError, match="none can validate apart from it"):
            draw_validation(train, None, seed, groups)
        return
    val = draw_validation(train, None, seed, groups)
    rest = np.setdiff1d(train, val)
    assert len(val)
    assert len(rest)
    assert np.isin(val, train).all()
    assert not set(groups.of[val].tolist()) & set(groups.of[rest].tolist())
    assert abs(len(val) - max(1, round(len(train) / 10))) < np.bincount(used).max()


def test_groups_of_one_image_are_split_as_images_are() -> None:
    labels = np.repeat(np.arange(5), 40)
    splits = draw_splits(200, labels, 1, groups_of(np.arange(200)))
    for side, each in (("train", 32), ("val", 4), ("test", 4)):
        assert np.abs(np.bincount(labels[splits[side]], minlength=5) - each).max() <= 1


def test_classes_are_spread_over_the_sides() -> None:
    """Of patients who each show one thing, every class gives nearly its tenths, for any seed."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 7, 400)
    of = np.repeat(np.arange(400), sizes)
    labels = np.repeat(rng.choice(4, 400, p=[0.6, 0.25, 0.1, 0.05]), sizes)
    for seed in range(10):
        splits = draw_splits(len(of), labels, seed, groups_of(of))
        whole = np.bincount(labels)
        for side, share in (("train", 0.8), ("val", 0.1), ("test", 0.1)):
            found = np.bincount(labels[splits[side]], minlength=4)
            assert np.abs(found - share * whole).max() <= 2 * sizes.max()
            assert (found > 0).all()


def test_a_class_of_one_group_is_trained_on() -> None:
    of = np.repeat(np.arange(60), 5)
    labels = np.zeros(300, np.int64)
    for group, label in ((7, 1), (8, 2), (50, 3)):
        labels[of == group] = label
    for seed in range(20):
        splits = draw_splits(300, labels, seed, groups_of(of))
        assert set(labels[splits["train"]]) == {0, 1, 2, 3}


def test_another_seed_deals_otherwise_and_other_names_do_not() -> None:
    of = np.repeat(np.arange(50), 3)
    first = draw_splits(150, None, 0, groups_of(of))["test"]
    assert not np.array_equal(first, draw_splits(150, None, 1, groups_of(of))["test"])
    renamed = Groups.from_cells([f" {-number} " for number in of], "patient", "list.csv")
    assert np.array_equal(first, draw_splits(150, None, 0, renamed)["test"])


def test_deal_to_two_sides_as_asked() -> None:
    of = np.array([5, 5, 9, 9, 9, 2])
    sides = deal(of, None, (5, 1), np.random.default_rng(0))
    assert np.array_equal(np.sort(np.concatenate(sides)), np.arange(6))
    assert all(len(side) for side in sides)
    assert not set(of[sides[0]]) & set(of[sides[1]])


def test_fewer_than_four_images_all_train_whatever_their_groups() -> None:
    splits = draw_splits(3, None, 0, groups_of([0, 0, 1]))
    assert [len(splits[side]) for side in SIDES] == [3, 0, 0]


def test_leaks_are_counted_and_named_by_images_alone() -> None:
    cells = ["Smith", "Smith", "Jones", "Jones", "Brown", "Smith"]
    groups = Groups.from_cells(cells, "patient", "list.csv")
    keys = make_keys(["a.png", "b.png", "c.png", "d.png", "e.png", "f.png"])
    splits = {"train": np.array([0, 2, 4]), "val": np.array([], int), "test": np.array([1, 3, 5])}
    with pytest.raises(UsageError) as caught:
        groups.check_apart(splits, keys, "split.json")
    text = str(caught.value)
    assert "2 groups of the column 'patient' have images on both sides of train and test" in text
    assert "the first 'a.png' and 'b.png'" in text
    assert not any(name in text for name in cells)
    splits = {"train": np.array([0, 1, 4]), "val": np.array([5]), "test": np.array([2, 3])}
    with pytest.raises(UsageError, match=r"one group of .* has images on both sides of train"):
        groups.check_apart(splits, keys, "split.json")


def test_validation_inside_train_is_no_leak() -> None:
    groups = groups_of([0, 0, 1, 1, 2, 2])
    keys = make_keys(list("abcdef"))
    groups.check_apart(
        {"train": np.arange(4), "val": np.array([2, 3]), "test": np.array([4, 5])}, keys, "x"
    )
    with pytest.raises(UsageError, match="train and val, the first 'c' and 'd'"):
        groups.check_apart(
            {"train": np.arange(4), "val": np.array([3]), "test": np.array([4, 5])}, keys, "x"
        )


def test_the_digest_tells_groupings_apart_and_not_names() -> None:
    keys = make_keys(list("abcd"))
    first, renamed, other = (
        Groups.from_cells(list(cells), "p", "x").digest(keys) for cells in ("7799", "ZZAA", "7979")
    )
    assert first == renamed != other
    assert len(first) == 64


def test_an_empty_cell_is_refused_with_its_entry() -> None:
    with pytest.raises(UsageError, match=r"entry 3: the column 'p' is empty, as in 1 more\."):
        Groups.from_cells(["a", " ", "b", ""], "p", "x")
    with pytest.raises(UsageError, match=r"entry 2: the column 'p' is empty\."):
        Groups.from_cells([""], "p", "x")


@pytest.mark.parametrize(
    ("column", "personal"),
    [
        ("patient", True),
        ("patient_id", True),
        ("PatientID", True),
        ("Patient ID", True),
        ("subject", True),
        ("study_uid", True),
        ("studyinstanceuid", True),
        ("mrn", True),
        ("patient_age", False),
        ("study_date", False),
        ("id", False),
        ("impatient", False),
        ("scanner", False),
    ],
)
def test_columns_that_tell_patients_apart(column: str, personal: bool) -> None:
    assert looks_personal(column) == personal


def test_many_groups_beside_a_large_one_are_dealt_quickly() -> None:
    of = np.concatenate([np.zeros(20_000, np.int64), np.arange(1, 20_001)])
    started = time.perf_counter()
    sides = deal(of, None, (32_000, 4_000, 4_000), np.random.default_rng(0))
    assert time.perf_counter() - started < 3  # by every group for every move it took a minute
    assert [len(side) for side in sides] == [32_000, 4_000, 4_000]
