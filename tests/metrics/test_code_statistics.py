import numpy as np
import pytest

from aehash.bits import pack
from aehash.metrics import code_statistics, collapse_warning

RNG = np.random.default_rng(0)


def test_figures_worked_by_hand():
    bits = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]], np.bool_)
    found = code_statistics(pack(bits), 3)
    assert (found.n, found.bits, found.distinct, found.constant_bits) == (4, 3, 2, 2)
    quarter = -(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert found.mean_bit_entropy == pytest.approx(quarter / 3)


def test_even_codes_have_an_entropy_of_one_and_no_warning():
    bits = np.array([[i >> b & 1 for b in range(8)] for i in range(256)], np.bool_)
    found = code_statistics(pack(bits), 8)
    assert found.as_dict() == {"distinct": 256, "constant_bits": 0, "mean_bit_entropy": 1.0}
    assert collapse_warning(found) is None


def test_spread_codes_of_many_bits_give_no_warning():
    assert collapse_warning(code_statistics(pack(RNG.random((5000, 64)) > 0.5), 64)) is None


def test_a_thousand_codes_of_many_images_are_no_collapse():
    """Images of one dense region share a code, and there may be many images."""
    shared = RNG.random((1000, 64)) > 0.5
    assert collapse_warning(code_statistics(pack(shared[np.arange(30_000) % 1000]), 64)) is None
    few = collapse_warning(code_statistics(pack(shared[np.arange(30_000) % 900]), 64))
    assert few is not None and "few distinct codes" in few


@pytest.mark.parametrize(
    ("bits", "sign"),
    [
        (np.zeros((2, 64), np.bool_), "all codes are the same"),
        ((RNG.random((500, 16)) > 0.5) & (np.arange(16) > 0), "constant bits"),
        ((RNG.random((10, 64)) > 0.5)[np.arange(500) % 10], "few distinct codes"),
        (RNG.random((5000, 64)) > 0.97, "low bit entropy"),
    ],
)
def test_collapse_is_said_with_its_numbers(bits, sign):
    found = code_statistics(pack(bits), bits.shape[1])
    warning = collapse_warning(found)
    assert sign in warning
    assert f"{found.distinct} distinct among {found.n}" in warning
    assert f"{found.constant_bits} of {found.bits} bits constant" in warning
    assert "learning rate" in warning
    assert ("never negative" in warning) == (sign == "all codes are the same")


def test_a_handful_of_different_codes_is_not_judged():
    bits = np.eye(4, 16, dtype=np.bool_)
    assert collapse_warning(code_statistics(pack(bits), 16)) is None
