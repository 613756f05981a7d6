"""What makes images and tuples, and what does not."""

import numpy as np
import pytest

from aehash.errors import AehashError, UsageError
from aehash.siamese.tuples import Described, Tuples

UNITS = np.eye(4, dtype=np.float32)


@pytest.mark.parametrize(
    ("rows", "clusters", "descriptors", "sentence"),
    [
        ([0, 0], [1, 2], UNITS[:2], "rows names row 0 twice"),
        ([0, 2], [1, 2], UNITS[:2], "row 2, and the data set's rows go from 0 to 1"),
        ([0.5, 1], [1, 2], UNITS[:2], "must be row numbers"),
        ([0, 1], [1.0, 2.0], UNITS[:2], "one whole number an image"),
        ([0, 1], [[1, 0], [0, 1]], UNITS[:2], "one whole number an image"),
        ([0, 1], [1, 2], UNITS[:3], "one descriptor each is needed"),
        ([0, 1], [1, 2], 2 * UNITS[:2], "row 0 has length 2, and must have 1: divide"),
        ([0, 1], [1, 2], UNITS[:2] * [[1], [0]], "row 1 has length 0.*no map of the net responds"),
        ([0, 1], [1, 2], UNITS[:2] * [[1], [np.nan]], "row 1 holds NaN"),
    ],
)
def test_images_that_do_not_fit_are_a_sentence(rows, clusters, descriptors, sentence):
    with pytest.raises(AehashError, match=sentence):
        Described.of(rows, clusters, descriptors)


@pytest.mark.parametrize(
    ("positives", "negatives", "sentence"),
    [
        ([0, 2], [[2], [0]], "Tuple 0 .query: row 0. is a pair of one image with itself"),
        ([1, 0], [[2], [0]], "Tuple 1 .query: row 3. has a positive of another cluster"),
        ([1, 2], [[2], [2]], "Tuple 1 .* negative of the query's own cluster"),
        ([1, 2], [[2, 3], [0, 4]], "Tuple 0 .* two negatives of one cluster"),
        ([1], [[2], [0]], "2 queries, 1 positives"),
        ([1, 2], [2, 0], "negatives of shape"),
        ([1, 9], [[2], [0]], "positives names row 9"),
    ],
)
def test_tuples_that_are_none_are_a_sentence(positives, negatives, sentence):
    clusters = [0, 0, 1, 1, 2]
    with pytest.raises(UsageError, match=sentence):
        Tuples.of([0, 3], positives, negatives, clusters)


def test_tuples_in_the_order_of_the_losses():
    tuples = Tuples.of([0, 3, 0], [1, 2, 1], [[2, 4], [4, 0], [4, 3]], [0, 0, 1, 1, 2])
    assert len(tuples) == 3
    assert tuples.rows.tolist() == [[0, 1, 2, 4], [3, 2, 4, 0], [0, 1, 4, 3]]
    assert Tuples.of([0], [1], np.empty((1, 0), int), [0, 0]).rows.tolist() == [[0, 1]]
