import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.bit_thresholds import even_shifts, least_share
from aehash.errors import UsageError
from aehash.metrics.code_statistics import entropy


def entropies(outputs):
    return entropy((outputs > 0).mean(axis=0))


@given(st.integers(20, 300), st.floats(0, 0.98), st.floats(-3, 3), st.integers(0, 99))
def test_every_bit_gets_its_entropy_and_no_threshold_moves_further(count, least, middle, seed):
    outputs = np.random.default_rng(seed).normal(middle, 1, (count, 5))
    shifts = even_shifts(outputs, least)
    before, after = entropies(outputs), entropies(outputs + shifts)
    assert (shifts[before >= least] == 0).all()
    moved = np.flatnonzero(shifts)
    for bit in moved:
        # With one image less on the rarer side it would not be enough.
        assert after[bit] >= min(least, entropy(np.array((count // 2) / count))) - 1e-9
        ones_now = int(((outputs + shifts)[:, bit] > 0).sum())
        fewer = min(ones_now, count - ones_now)
        assert entropy(np.array((fewer - 1) / count)) < least
        # What a bit is 1 for only grows or only shrinks.
        ones, now = outputs[:, bit] > 0, outputs[:, bit] + shifts[bit] > 0
        assert (ones <= now).all() or (now <= ones).all()


def test_the_share_is_what_the_entropy_says():
    assert entropy(np.array(least_share(0.9))) == pytest.approx(0.9)
    assert least_share(0.9) == pytest.approx(0.316, abs=1e-3)
    assert least_share(0) == pytest.approx(0, abs=1e-12)


def test_equal_outputs_are_not_torn_apart():
    outputs = np.array([[-1.0, 2.0], [-1.0, 2.0], [-1.0, 2.0], [3.0, 2.0]])
    shifted = outputs + even_shifts(outputs, 0.95)
    assert (shifted > 0).sum(axis=0).tolist() == [1, 4]


@pytest.mark.parametrize("least", [-0.1, 1.0])
def test_an_entropy_out_of_range_is_refused(least):
    with pytest.raises(UsageError, match="0 to below 1"):
        even_shifts(np.ones((3, 1)), least)
