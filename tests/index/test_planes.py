"""Bit planes hold the codes, lane by lane, and give them back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.index.planes import LANES, aligned, from_planes, mask_words, to_planes


@settings(max_examples=60)
@given(st.integers(0, 1200), st.integers(1, 130), st.integers(0, 2**32 - 1))
def test_each_bit_stands_at_its_lane(n, bits, seed):
    ones = np.random.default_rng(seed).random((n, bits)) < 0.5
    packed = np.packbits(ones, axis=1)
    planes = to_planes(packed, bits)
    assert planes.shape == (-(-n // LANES), bits, 8)
    assert np.array_equal(from_planes(planes, n), packed)
    for row, bit in zip(range(0, n, 97), range(0, 10**6, 13), strict=False):
        word = planes[row // 512, bit % bits, row % 512 // 64]
        assert bool(word >> np.uint64(row % 64) & np.uint64(1)) == ones[row, bit % bits]


def test_lanes_beyond_the_last_code_are_zero():
    planes = to_planes(np.full((3, 1), 255, np.uint8), 8)
    assert np.bitwise_count(planes).sum() == 3 * 8


def test_a_choice_of_rows_stands_at_their_lanes():
    where = np.random.default_rng(0).random(700) < 0.3
    words = mask_words(where)
    assert words.shape == (2 * 8,)
    lanes = np.unpackbits(words.view(np.uint8), bitorder="little").astype(bool)
    assert np.array_equal(lanes[:700], where)
    assert not lanes[700:].any()


def test_arrays_begin_at_a_cache_line():
    assert all(aligned((size,)).ctypes.data % 64 == 0 for size in range(1, 40))


def test_codes_of_other_bits_are_refused():
    with pytest.raises(UsageError, match="64 bits"):
        to_planes(np.zeros((2, 7), np.uint8), 64)
