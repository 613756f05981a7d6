"""The most isolated rows, against all distances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.index import HammingIndex, hamming_distances
from aehash.index.isolated import most_isolated


@pytest.fixture(autouse=True, scope="module")
def no_compiling():
    """Let NumPy do the kernels' work: each width of code would be compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", "numpy")
        yield


def made(n, bits, seed):
    random = np.random.default_rng(seed)
    codes = np.packbits(random.integers(0, 2, (n, bits), np.uint8), axis=1)
    return HammingIndex.from_codes(codes, bits), codes, random


@given(st.integers(2, 80), st.integers(1, 40), st.booleans(), st.integers(1, 9), st.integers(0, 99))
def test_they_are_furthest_from_their_nearest(n, bits, masked, count, seed):
    index, codes, random = made(n, bits, seed)
    where = np.ones(n, np.bool_)
    if masked:
        where[random.permutation(n)[2:]] = random.random(n - 2) < 0.5
    rows = np.flatnonzero(where)
    distances = hamming_distances(codes[rows], codes[rows]).astype(float)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.min(axis=1)
    order = np.argsort(-nearest, kind="stable")[:count]
    found = most_isolated(index, codes, count, where=where if masked else None)
    assert found.rows.tolist() == rows[order].tolist()
    assert found.distances.tolist() == nearest[order].tolist()
    assert found.examined == len(rows)


def test_of_many_rows_some_are_asked():
    index, codes, _ = made(500, 32, 0)
    found = most_isolated(index, codes, 5, pairs=500 * 40, seed=3)
    assert found.examined == 40
    again = most_isolated(index, codes, 5, pairs=500 * 40, seed=3)
    assert found.rows.tolist() == again.rows.tolist()


def test_one_row_is_no_more_isolated_than_another():
    index, codes, _ = made(3, 8, 0)
    with pytest.raises(UsageError, match="There is 1 image"):
        most_isolated(index, codes, where=np.array([True, False, False]))
