import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.bits import pack
from aehash.errors import UsageError
from aehash.index import HammingIndex, hamming_distances


@st.composite
def cases(draw):
    """Queries and a database of few enough bits, or skewed enough ones, that many tie."""
    bits = draw(st.sampled_from([1, 2, 7, 8, 9, 16, 63, 64, 65, 130]))
    shape = st.integers(1, 30)
    q, n = draw(shape), draw(shape)
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    share = draw(st.sampled_from([0.02, 0.5]))
    return generator.random((q, bits)) < share, generator.random((n, bits)) < share


def naive(queries, database):
    return np.array([[sum(a != b) for b in database] for a in queries])


@settings(max_examples=60, deadline=None)
@given(cases())
def test_distances_equal_a_naive_loop(case):
    queries, database = case
    found = hamming_distances(pack(queries), pack(database))
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, naive(queries, database))


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(1, 40))
def test_search_equals_a_stable_sort_and_ends_in_minus_one(case, k):
    queries, database = case
    ranking = HammingIndex.from_codes(pack(database), database.shape[1]).search(pack(queries), k)
    for query, row in enumerate(naive(queries, database)):
        order = sorted(range(len(row)), key=lambda item: (row[item], item))[:k]
        more = k - len(order)
        assert ranking.indices[query].tolist() == order + [-1] * more
        assert ranking.distances[query].tolist() == [*row[order]] + [np.inf] * more


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 70))
def test_within_holds_everything_inside_and_nothing_else(case, radius):
    queries, database = case
    found = HammingIndex.from_codes(pack(database), database.shape[1]).within(pack(queries), radius)
    assert len(found) == len(queries)
    for query, row in enumerate(naive(queries, database)):
        order = sorted(
            (item for item in range(len(row)) if row[item] <= radius),
            key=lambda item: (row[item], item),
        )
        indices, distances = found.of(query)
        assert indices.tolist() == order
        assert distances.tolist() == row[order].tolist()


def test_the_last_item_is_found():
    database = np.zeros((100, 8), np.uint8)
    database[:-1] = 255
    ranking = HammingIndex.from_codes(database, 64).search(np.zeros((1, 8), np.uint8), 1)
    assert ranking.indices.tolist() == [[99]]
    assert ranking.distances.tolist() == [[0]]


def test_distances_do_not_overflow():
    ones, zeros = np.full((1, 100), 255, np.uint8), np.zeros((2, 100), np.uint8)
    assert hamming_distances(ones, zeros).tolist() == [[800, 800]]


def test_wrong_use_is_refused():
    index = HammingIndex.from_codes(np.zeros((2, 2), np.uint8), 16)
    queries = np.zeros((1, 2), np.uint8)
    with pytest.raises(UsageError, match="k must be at least 1, not 0"):
        index.search(queries, 0)
    with pytest.raises(UsageError, match="radius must be 0 or more, not -1"):
        index.within(queries, -1)
    with pytest.raises(UsageError, match="16 bits are uint8"):
        index.search(np.zeros((1, 3), np.uint8), 1)
    with pytest.raises(UsageError, match="Queries have 3 bytes a code and the database 2"):
        hamming_distances(np.zeros((1, 3), np.uint8), queries)
