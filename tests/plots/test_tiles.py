"""Captions of pictures, which keep to their own place."""

import pytest

from aehash.plots.tiles import fitting


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("cat", "cat"),
        ("four words", "four words"),
        ("eleven char", "eleven ch…"),
        ("dog and bear", "dog and b…"),
        ("the cats a dog", "the cats…"),
        ("", ""),
    ],
)
def test_a_line_ends_where_the_next_picture_begins(line, shown):
    assert fitting(line, len, room=10) == shown
    assert len(shown) <= 10


def test_where_nothing_fits_the_ellipsis_says_so():
    assert fitting("wide", lambda text: 50 * len(text), room=10) == "…"
