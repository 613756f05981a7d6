"""Features kept in a file: computed once, continued after a kill, refused where they do not fit."""

import numpy as np
import pytest

from aehash.errors import AehashError
from aehash.kept_features import FEATURES, Place, clear
from aehash.recipe_head import HeadRecipe

SHAPE = (23, 3, 5)
WANTED = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)


class Blocks:
    """Gives blocks of 4, notes which, and fails at one."""

    def __init__(self, fails=None):
        self.asked = []
        self.fails = fails

    def __call__(self, number):
        self.asked.append(number)
        if number == self.fails:
            raise KeyboardInterrupt
        return WANTED[4 * number : 4 * number + 4]


def compute(place, blocks, skipped=(), lines=None):
    said = [] if lines is None else lines
    return place.compute(blocks, 4, lambda: list(skipped), lambda *each: said.append(each))


def test_features_are_computed_once_and_mapped(tmp_path):
    place, lines = Place(tmp_path, SHAPE), []
    assert place.open() is None
    found = compute(place, Blocks(), [("a.jpg", "cut off")], lines)
    np.testing.assert_array_equal(found, WANTED.astype(np.float16))
    assert isinstance(found, np.memmap)
    assert not found.flags.writeable
    assert lines[-1] == (23, 0)
    again = place.open()
    np.testing.assert_array_equal(again, found)
    assert place.skipped() == {"a.jpg": "cut off"}
    clear(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_computation_goes_on_at_the_last_block_noted(tmp_path, monkeypatch):
    monkeypatch.setattr("aehash.kept_features._SECONDS", 0)
    place, killed, later = Place(tmp_path, SHAPE), Blocks(fails=3), Blocks()
    with pytest.raises(KeyboardInterrupt):
        compute(place, killed, [("a", "bad")])
    assert place.open() is None
    found = compute(place, later, [("b", "worse")])
    assert killed.asked == [0, 1, 2, 3]
    assert later.asked == [3, 4, 5]
    np.testing.assert_array_equal(found, WANTED.astype(np.float16))
    assert place.skipped() == {"a": "bad", "b": "worse"}


def test_what_was_not_noted_is_computed_again(tmp_path):
    place, later = Place(tmp_path, SHAPE), Blocks()
    with pytest.raises(KeyboardInterrupt):
        compute(place, Blocks(fails=3))
    np.testing.assert_array_equal(compute(place, later), WANTED.astype(np.float16))
    assert later.asked == list(range(6))


def test_features_of_another_shape_and_numbers_too_large_are_refused(tmp_path):
    compute(Place(tmp_path, SHAPE), Blocks())
    with pytest.raises(AehashError, match="not this run's"):
        Place(tmp_path, (23, 3, 6)).open()
    for wrong in (1e6, np.nan):
        with pytest.raises(AehashError, match="65,504"):
            compute(Place(tmp_path, SHAPE), lambda _, wrong=wrong: np.full((4, 3, 5), wrong))
    (tmp_path / FEATURES).unlink()


@pytest.mark.parametrize(
    ("images", "gib", "views"), [(1000, 8, 8), (2**19, 8, 7), (2**19, 1, 0), (2**20, 1, -1)]
)
def test_as_many_views_are_kept_as_there_is_room_for(images, gib, views):
    assert HeadRecipe(gib=gib).kept(images, 1024) == views
