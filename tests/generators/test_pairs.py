"""Pairs: the images and partners of an epoch, and chance that only seed and numbers decide."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from aehash.errors import UsageError
from aehash.generators import batches, open_dataset
from aehash.generators.pairs import PairSource
from aehash.neighbour_graph import NeighbourGraph
from aehash.view_plan import DIGITS, ViewRecipe, draw, parts, width

COUNT, SIDE, BITS = 23, 8, 16
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 1), dtype=np.uint8)
ROWS = np.arange(3, COUNT)


@pytest.fixture
def dataset(tmp_path):
    np.savez(tmp_path / "a.npz", images=IMAGES)
    return open_dataset(tmp_path / "a.npz")


def source(dataset, rows=ROWS, shuffle=True, epoch=0, batch_size=6, views=DIGITS, **options):
    images = batches(
        dataset,
        rows,
        image_size=SIDE,
        channels=1,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=5,
        targets=None,
        epoch=epoch,
    )
    return PairSource(images, views, BITS, seed=5, **options)


def test_without_partners_an_image_is_its_own(dataset):
    pairs = source(dataset, shuffle=False)
    found = [pairs[index][0] for index in range(len(pairs))]
    assert [len(each["image"]) for each in found] == [6, 6, 6, 2]
    assert_array_equal(np.concatenate([each["image"] for each in found]), IMAGES[ROWS])
    for each in found:
        assert_array_equal(each["image"], each["partner"])
        assert each["first"].shape == (len(each["image"]), width(parts(DIGITS), 1))
        assert (each["first"] != each["second"]).any()
        assert each["chance"].shape == (len(each["image"]), 2, BITS)
        assert 0 <= each["chance"].min() < each["chance"].max() < 1


def test_partners_are_places_among_the_sources_rows(dataset):
    def turned(epoch):
        return np.roll(np.arange(len(ROWS)), -1 - epoch)

    pairs = source(dataset, partners=turned)
    for epoch in (0, 2):
        pairs.epoch = epoch
        for index in range(len(pairs)):
            here = pairs.images.positions(index)
            given = pairs[index][0]
            assert_array_equal(given["image"], IMAGES[ROWS[here]])
            assert_array_equal(given["partner"], IMAGES[ROWS[turned(epoch)[here]]])


def test_a_batch_is_the_seeds_the_epochs_and_its_numbers(dataset):
    one, again = source(dataset), source(dataset, epoch=3)
    one.epoch = 3
    for index in (3, 1):
        for name, value in one[index][0].items():
            assert_array_equal(value, again[index][0][name])
    first = again[0][0]
    again.epoch_callback().on_epoch_begin(4)
    assert again.epoch == 4
    for name, value in again[0][0].items():
        assert (value != first[name]).any(), name
    rng = np.random.default_rng([5, 3, 0])
    assert_array_equal(first["first"], draw(DIGITS, 6, 1, rng))


def test_frozen_pairs_are_those_of_the_first_epoch(dataset):
    pairs = source(dataset, shuffle=False, frozen=True, partners=lambda epoch: (ROWS + epoch) % 20)
    before = pairs[1][0]
    pairs.epoch = 7
    for name, value in pairs[1][0].items():
        assert_array_equal(value, before[name])


def test_targets(dataset):
    graph = NeighbourGraph.from_features(IMAGES[ROWS].reshape(len(ROWS), -1).astype(np.float32), 5)
    names = ("codes", "features", "hash", "reconstruction")
    pairs = source(dataset, targets=names, joined=graph.joined)
    for index in (0, 3):
        given, judged = pairs[index]
        count = len(given["image"])
        assert tuple(judged) == names
        assert_array_equal(judged["reconstruction"], given["image"])
        assert judged["hash"].shape == (2 * count, 1)
        assert judged["codes"].shape == (count, 6)
        near = graph.joined(pairs.images.positions(index))
        assert_array_equal(judged["codes"][:, :count], near)
        assert not judged["codes"][:, count:].any()
    assert list(source(dataset)[0][1]) == ["codes"]


def test_unreadable_files_are_replaced_and_listed(tmp_path):
    for row in range(5):
        Image.fromarray(IMAGES[row, ..., 0]).save(tmp_path / f"{row}.png")
    (tmp_path / "1.png").write_bytes(b"no picture")
    pairs = source(
        open_dataset(tmp_path), rows=np.arange(5), shuffle=False, views=ViewRecipe(), batch_size=5
    )
    assert_array_equal(pairs[0][0]["partner"], IMAGES[[0, 2, 2, 3, 4]])
    assert [key for key, _ in pairs.skipped] == ["1.png"]


def test_a_wrong_target_is_a_sentence(dataset):
    with pytest.raises(UsageError, match="no target 'code'; there are codes, features"):
        source(dataset, targets=("code",))
