"""What tuples can be made of a data set's two sides."""

from dataclasses import replace

import numpy as np
import pytest

from aehash.errors import UsageError
from aehash.generators.dataset import Dataset
from aehash.generators.splits import make_keys
from aehash.generators.storage import ArrayStorage
from aehash.recipe import Recipe
from aehash.siamese.sides import training_side, validation_side


def data(train, val, pairs=None):
    """A data set of images of these classes."""
    labels = np.array([*train, *val])
    rows = np.arange(len(labels))
    return Dataset(
        name="photos",
        source="photos",
        storage=ArrayStorage(np.zeros((len(labels), 8, 8, 3), np.uint8)),
        keys=make_keys([str(row) for row in rows]),
        labels=labels,
        classes=(),
        image_size=8,
        channels=3,
        splits={"train": rows[: len(train)], "val": rows[len(train) :], "test": rows[:0]},
        official=True,
        seed=0,
        pairs=None if pairs is None else np.array(pairs),
    )


def recipe(*settings):
    return Recipe().override(["model.name=gem2023", *settings])


def test_the_training_side_is_as_asked():
    side = training_side(data([0, 0, 1, 1, 2, 3], [0, 0]), recipe("siamese.negatives=3"))
    assert side.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert (side.found, side.count(), side.plan.queries, side.plan.pool) == (4, 4, 2000, 20000)
    assert training_side(data([0, 0, 1, 1], []), recipe("siamese.negatives=1")).count() == 4
    two = recipe("siamese.negatives=1", "siamese.queries=2")
    assert training_side(data([0, 0, 1, 1], []), two).count() == 2


def test_pairs_are_those_of_the_side():
    dataset = data([0, 0, 1, 1], [2, 2, 3], pairs=[[0, 1], [3, 2], [4, 5]])
    side = training_side(dataset, recipe("siamese.negatives=1"))
    assert side.pairs.tolist() == [[0, 1], [3, 2]]
    assert side.count() == 2
    held_out, note = validation_side(dataset, recipe("siamese.negatives=1"))
    assert held_out.pairs.tolist() == [[4, 5]]
    assert (held_out.count(), note) == (1, "")
    assert side.without(np.array([3])).pairs.tolist() == [[0, 1]]
    assert side.without(np.array([3])).rows.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("train", "pairs", "sentence"),
    [
        ([0, 0, 0, 0], None, "All 4 images of photos to train on are of one cluster"),
        ([0, 1, 2, 3, 4, 5], None, "training needs clusters of two images or more"),
        ([0, 1], None, "training needs clusters of two images or more"),
        ([0, 0, 1, 1], None, "set siamese.negatives=1 or fewer, or give more clusters"),
        ([0, 0, 1, 2, 3, 4], [[6, 7]], "names no pair of images to train on that match"),
    ],
)
def test_what_cannot_be_learned_from_is_a_sentence(train, pairs, sentence):
    with pytest.raises(UsageError) as error:
        training_side(data(train, [7, 7], pairs), recipe("siamese.negatives=3"))
    assert sentence in str(error.value)


def test_validation_takes_all_and_as_many_negatives_as_it_can():
    side, note = validation_side(data([0] * 4, [0, 0, 1, 1, 2, 2]), recipe())
    assert side.plan == replace(side.plan, queries=6, pool=6, negatives=2)
    assert note == (
        "the images held out are of 3 clusters, so tuples of the validation have 2 negatives, not 5"
    )
    assert validation_side(data([0] * 4, [0, 0, 1]), recipe("siamese.negatives=1"))[1] == ""
    assert validation_side(data([0] * 4, []), recipe()) == (None, "")


@pytest.mark.parametrize("held_out", [[0, 1, 2], [0, 0, 0]])
def test_no_tuple_among_those_held_out_is_said(held_out):
    side, note = validation_side(data([0] * 4, held_out), recipe())
    assert side is None
    assert "no validation loss" in note
