"""Mining past images that cannot be read, and the descriptors that are kept of it."""

import keras
import numpy as np
import pytest
from cluster_photos import cluster_recipe, write_clusters

from aehash import models, registry
from aehash.descriptors import describe
from aehash.errors import AehashError
from aehash.generators.images import UnreadableImage
from aehash.siamese.miner import Miner
from aehash.siamese.sides import training_side
from aehash.training_options import TrainingOptions


@pytest.fixture(scope="module")
def net():
    keras.utils.set_random_seed(0)
    return models.build("gem2023", encoder="light")


@pytest.fixture
def scenes(tmp_path):
    return write_clusters(tmp_path / "photos", 4, 8)


def opened(scenes):
    dataset, recipe = registry.open_dataset(str(scenes)), cluster_recipe(scenes)
    return dataset, recipe, training_side(dataset, recipe)


def test_tuples_come_with_what_was_seen(net, scenes):
    dataset, recipe, side = opened(scenes)
    mined = Miner(net, dataset, recipe, {}).mine(side, 0)
    again = Miner(net, dataset, recipe, {}).mine(side, 0)
    np.testing.assert_array_equal(mined.tuples.rows, again.tuples.rows)
    assert mined.tuples.rows.shape == (12, 5)
    rows = mined.tuples.rows[3]
    expected = describe(net, dataset, rows, longest=64, scales=[1.0])
    np.testing.assert_allclose(mined.descriptors(slice(3, 4))[0], expected, atol=1e-5)
    near = expected[2:] @ expected[0]
    assert list(near) == sorted(near, reverse=True)
    other = Miner(net, dataset, recipe, {}).mine(side, 1)
    assert not np.array_equal(mined.tuples.rows, other.tuples.rows)


def test_what_cannot_be_read_is_left_out_noted_and_not_asked_again(net, scenes):
    dataset, recipe, side = opened(scenes)
    bad = [dataset.key(int(row)) for row in side.rows[:2]]
    for key in bad:
        (scenes / key).write_text("no picture")
    skipped = {}
    miner = Miner(net, dataset, recipe, skipped)
    rows = miner.mine(side, 0).tuples.rows
    assert sorted(skipped) == sorted(bad)
    assert not np.isin(side.rows[:2], rows).any()
    later = Miner(net, dataset, recipe, dict(skipped)).mine(side, 0)
    np.testing.assert_array_equal(later.tuples.rows, rows)
    with pytest.raises(UnreadableImage):
        Miner(net, dataset, recipe, {}, TrainingOptions(strict=True)).mine(side, 0)


def test_too_many_of_them_are_a_sentence(net, scenes):
    dataset, recipe, side = opened(scenes)
    dead = keras.models.clone_model(net)
    dead.set_weights([each * 0 for each in net.get_weights()[:-1]] + [np.array([3.0])])
    (scenes / dataset.key(int(side.rows[0]))).write_text("no picture")
    count, second = len(side.rows), dataset.key(int(side.rows[1]))
    reason = rf"{count - 1} of them as {second}: gives a zero vector\."
    with pytest.raises(AehashError, match=rf"{count} of {count} images .*, {reason}"):
        Miner(dead, dataset, recipe, {}).mine(side, 0)
