"""Pairs of kept features: which images and views, and chance that seed and numbers decide."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from aehash.errors import UsageError
from aehash.generators import batches, open_dataset
from aehash.generators.feature_pairs import FeatureImages, FeaturePairs

COUNT, VIEWS, BITS = 23, 3, 8
#: Of image i in view v: 10 · i + v, twice.
FEATURES = np.repeat(
    (10 * np.arange(COUNT)[:, None] + np.arange(VIEWS))[:, :, None], 2, axis=2
).astype(np.float16)


def pairs(epoch=0, **options):
    source = FeaturePairs(FEATURES, 6, options.pop("bits", BITS), seed=3, **options)
    source.epoch = epoch
    return [source[index] for index in range(len(source))]


def images(found, name="first"):
    return np.concatenate([inputs[name][:, 0] for inputs, _ in found]).astype(int) // 10


def test_an_epoch_has_every_image_once_in_views_of_its_own():
    found = pairs()
    assert [len(inputs["first"]) for inputs, _ in found] == [6, 6, 6, 5]
    assert_array_equal(np.sort(images(found)), np.arange(COUNT))
    assert_array_equal(images(found), images(found, "second"))
    views = np.concatenate([inputs["first"][:, 0] for inputs, _ in found]).astype(int) % 10
    assert set(views) == set(range(VIEWS))
    inputs, targets = found[-1]
    assert inputs["first"].dtype == np.float32
    assert inputs["chance"].shape == (5, 2, BITS)
    assert {name: each.shape for name, each in targets.items()} == {
        "codes": (5, 1),
        "hash": (10, 1),
    }
    assert "chance" not in pairs(bits=0)[0][0]


def test_partners_and_neighbours_are_those_of_the_epoch():
    def turned(epoch):
        return np.roll(np.arange(COUNT), -1 - epoch)

    found = pairs(
        2, partners=turned, joined=lambda here: np.abs(here[:, None] - here) < 2, targets=["codes"]
    )
    assert_array_equal(images(found, "second"), (images(found) + 3) % COUNT)
    here = images(found[-1:])
    near = found[-1][1]["codes"]
    assert near.shape == (5, 6)
    assert_array_equal(near[:, :5] > 0, np.abs(here[:, None] - here) < 2)


def test_a_batch_depends_on_the_epoch_and_its_number_alone():
    source = FeaturePairs(FEATURES, 6, BITS, seed=3)
    source.epoch = 4
    late = source[2]
    for inputs, again in ((late[0], pairs(4)[2][0]), (late[0], source[2][0])):
        for name, each in inputs.items():
            assert_array_equal(each, again[name])
    assert (images([late]) != images(pairs(5)[2:3])).any()
    callback = source.epoch_callback()
    callback.on_epoch_begin(7)
    assert source.epoch == 7


def test_unknown_targets_are_refused():
    with pytest.raises(UsageError, match="no target 'colour'"):
        pairs(targets=["colour"])


def test_images_go_with_their_own_features(tmp_path):
    pixels = np.arange(COUNT, dtype=np.uint8)[:, None, None, None] * np.ones((4, 4, 1), np.uint8)
    np.savez(tmp_path / "a.npz", images=pixels)
    dataset = open_dataset(tmp_path / "a.npz")
    read = batches(
        dataset, np.arange(COUNT), image_size=4, channels=1, batch_size=5, shuffle=True, seed=1,
        targets=None,
    )  # fmt: skip
    source = FeatureImages(FEATURES, read)
    source.epoch = 2
    found = [source[index] for index in range(len(source))]
    features = np.concatenate([each for each, _ in found])
    assert_array_equal(
        features[:, 0], 10.0 * np.concatenate([each[:, 0, 0, 0] for _, each in found])
    )
    assert_array_equal(np.sort(features[:, 0]), 10.0 * np.arange(COUNT))
    assert source.skipped == []
