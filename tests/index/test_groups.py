"""Groups of near duplicates, against joining all pairs one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.index import hamming_distances
from aehash.index.groups import duplicate_groups


@pytest.fixture(autouse=True, scope="module")
def no_compiling():
    """Let NumPy do the kernels' work: each width of code would be compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", "numpy")
        yield


def slowly(codes, radius):
    """Join rows until nothing changes."""
    near = hamming_distances(codes, codes) <= radius
    group = list(range(len(codes)))
    changed = True
    while changed:
        changed = False
        for one, other in zip(*np.nonzero(near), strict=True):
            low = min(group[one], group[other])
            changed |= group[one] != low or group[other] != low
            group[one] = group[other] = low
    members = [[row for row in range(len(codes)) if group[row] == each] for each in set(group)]
    return sorted((each for each in members if len(each) > 1), key=lambda rows: (-len(rows), rows))


@given(st.integers(1, 60), st.sampled_from([8, 12, 24]), st.integers(0, 4), st.integers(0, 999))
def test_rows_are_joined_through_others(n, bits, radius, seed):
    random = np.random.default_rng(seed)
    few = np.packbits(random.integers(0, 2, (max(1, n // 2), bits), np.uint8), axis=1)
    codes = few[random.integers(0, len(few), n)]
    found = duplicate_groups(codes, bits, radius)
    assert [found.of(number).tolist() for number in range(len(found))] == slowly(codes, radius)
    near = np.triu(hamming_distances(codes, codes) <= radius, 1)
    assert found.pairs == near.sum()


def test_many_copies_cost_no_pairs():
    codes = np.zeros((200_000, 4), np.uint8)
    codes[-1] = 255
    found = duplicate_groups(codes, 32, 2)
    assert len(found) == 1
    assert len(found.of(0)) == 199_999
    assert found.pairs == 199_999 * 199_998 // 2


def test_a_radius_that_joins_nearly_all_is_refused():
    codes = np.random.default_rng(0).integers(0, 256, (2000, 2), np.uint8)
    with pytest.raises(UsageError, match="take a smaller radius"):
        duplicate_groups(codes, 16, 12, most=10_000)
    with pytest.raises(UsageError):
        duplicate_groups(codes, 16, -1)


def test_progress_is_told_and_may_end_it():
    codes = np.random.default_rng(0).integers(0, 256, (4200, 8), np.uint8)
    told = []
    duplicate_groups(codes, 64, 1, progress=lambda done, total: told.append((done, total)))
    assert told == [(4096, 4200), (4200, 4200)]
    with pytest.raises(KeyError):
        duplicate_groups(codes, 64, 1, progress=lambda done, total: {}[done])
