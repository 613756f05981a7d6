import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aehash.bits import check_bits, pack, packed_width, threshold, unpack
from aehash.errors import AehashError, UsageError

TABLES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=40).flatmap(
    lambda shape: hnp.arrays(np.bool_, shape)
)


def test_only_what_is_above_zero_is_a_one():
    features = np.array([[-1.0, -0.0, 0.0, 1e-45, 2.0, -np.inf, np.inf]], np.float32)
    assert threshold(features).tolist() == [[False, False, False, True, True, False, True]]


def test_nan_is_named_by_its_row():
    features = np.zeros((4, 3), np.float32)
    features[2, 1] = np.nan
    with pytest.raises(AehashError, match=r"NaN in 1 rows, the first of them row 2"):
        threshold(features)


def test_bits_are_packed_high_bit_first_and_zero_padded():
    bits = np.array([[1, 0, 0, 0, 0, 0, 0, 1, 1]], np.bool_)
    assert pack(bits).tolist() == [[0b10000001, 0b10000000]]


@given(TABLES)
def test_packing_keeps_every_bit(bits):
    packed = pack(bits)
    assert packed.shape == (len(bits), packed_width(bits.shape[1]))
    np.testing.assert_array_equal(unpack(packed, bits.shape[1]), bits)


@given(st.sampled_from([0, -1, 65_535, True, 1.5, "8"]))
def test_impossible_numbers_of_bits_are_refused(bits):
    with pytest.raises(UsageError, match="bits must be"):
        check_bits(bits)


def test_packed_codes_of_another_width_are_refused():
    with pytest.raises(UsageError, match=r"Packed codes of 9 bits are uint8 of shape \(n, 2\)"):
        unpack(np.zeros((3, 1), np.uint8), 9)
