"""Which images' reconstructions a training draws."""

from types import SimpleNamespace

import numpy as np
import pytest

from aehash.finishing import previews


def dataset(labels, val=()):
    labels = None if labels is None else np.array(labels)
    rows = np.array(val, np.int64)
    return SimpleNamespace(
        labels=labels, rows=lambda split: rows, training_rows=lambda: np.arange(100, 120)
    )


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (None, range(20)),
        ([0] * 15 + [1] * 4 + [2], [0, 1, 2, 3, 15, 16, 17, 19]),
        ([3, 1] * 10, [1, 3, 5, 7, 0, 2, 4, 6]),
        (range(20), range(20)),
        (np.eye(20), range(20)),
    ],
    ids=["no labels", "unequal", "mixed", "many classes", "multi-label"],
)
def test_each_class_in_turn(labels, expected):
    assert previews(dataset(labels, range(20))).tolist() == list(expected)[:8]


def test_few_images_and_training_images_where_none_are_held_out():
    assert previews(dataset([1, 0, 1], [0, 1, 2])).tolist() == [1, 0, 2]
    assert previews(dataset(None)).tolist() == list(range(100, 108))
