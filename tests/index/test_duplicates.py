import numpy as np
import pytest

from aehash.errors import UsageError
from aehash.index import duplicates as module
from aehash.index.duplicates import near_duplicates


@pytest.mark.parametrize("n", [0, 1, 300])
@pytest.mark.parametrize("radius", [0, 3])
def test_pairs_equal_a_naive_search(n, radius, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 64)
    generator = np.random.default_rng(n)
    centres = generator.random((20, 32)) < 0.5
    codes = centres[generator.integers(0, 20, n)] ^ (generator.random((n, 32)) < 0.03)
    found = near_duplicates(np.packbits(codes, axis=1), 32, radius)
    wanted = [
        (first, int((codes[first] != codes[second]).sum()), second)
        for first in range(n)
        for second in range(first + 1, n)
    ]
    wanted = sorted(pair for pair in wanted if pair[1] <= radius)
    assert list(zip(found.first, found.distances, found.second, strict=True)) == wanted
    assert (found.first.dtype, found.second.dtype) == (np.int64, np.int64)


def test_copies_in_a_large_database_are_found():
    codes = np.random.default_rng(1).integers(0, 256, (12_000, 16), np.uint8)
    codes[11_000] = codes[7]
    codes[11_001] = codes[8]
    codes[11_001, 0] ^= 3
    found = near_duplicates(codes, 128, 4)
    assert [each.tolist() for each in found] == [[7, 8], [11_000, 11_001], [0, 2]]


def test_wrong_use_is_refused():
    with pytest.raises(UsageError, match="radius must be 0 or more, not -1"):
        near_duplicates(np.zeros((3, 2), np.uint8), 16, -1)
    with pytest.raises(UsageError, match="16 bits are uint8"):
        near_duplicates(np.zeros((3, 3), np.uint8), 16)
    with pytest.raises(UsageError, match="16 bits are uint8"):
        near_duplicates([[1, 2]], 16)
