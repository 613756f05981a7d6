import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aehash.bits import pack
from aehash.errors import UsageError
from aehash.index import HammingIndex, hamming_distances

WIDTHS = {
    "numba": [1, 8, 33, 64, 257],
    "numpy": [1, 2, 7, 8, 9, 16, 24, 32, 48, 63, 64, 65, 96, 128, 130, 200, 256, 512, 1024],
}
"""Kernels are compiled for each width, so the few that test_scan.py has compiled are tried here."""


@pytest.fixture(params=["numba", "numpy"])
def kernels(request, monkeypatch):
    if request.param == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv("AEHASH_KERNELS", request.param)
    return request.param


@st.composite
def cases(draw, kernels="numpy"):
    """Queries and a database of few enough bits, or skewed enough ones, that many tie."""
    bits = draw(st.sampled_from(WIDTHS[kernels]))
    shape = st.integers(1, 30)
    q, n = draw(shape), draw(shape)
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    share = draw(st.sampled_from([0.02, 0.5]))
    return generator.random((q, bits)) < share, generator.random((n, bits)) < share


def naive(queries, database):
    return np.array([[sum(a != b) for b in database] for a in queries])


@settings(max_examples=60)
@given(cases())
def test_distances_equal_a_naive_loop(case):
    queries, database = case
    found = hamming_distances(pack(queries), pack(database))
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, naive(queries, database))


EACH = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@EACH
@given(st.data(), st.integers(1, 40))
def test_search_equals_a_stable_sort_and_ends_in_minus_one(kernels, data, k):
    queries, database = data.draw(cases(kernels))
    ranking = HammingIndex.from_codes(pack(database), database.shape[1]).search(pack(queries), k)
    for query, row in enumerate(naive(queries, database)):
        order = sorted(range(len(row)), key=lambda item: (row[item], item))[:k]
        more = k - len(order)
        assert ranking.indices[query].tolist() == order + [-1] * more
        assert ranking.distances[query].tolist() == [*row[order]] + [np.inf] * more


@EACH
@given(st.data(), st.integers(0, 70))
def test_within_holds_everything_inside_and_nothing_else(kernels, data, radius):
    queries, database = data.draw(cases(kernels))
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


@pytest.mark.parametrize("threads", [1, None])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_the_number_of_threads_does_not_show(kernels, threads, share):
    rng = np.random.default_rng(3)
    database, queries = (rng.random((n, 16)) < share for n in (20_000, 40))
    distances = hamming_distances(pack(queries), pack(database))
    order = np.argsort(distances, axis=1, kind="stable")
    index = HammingIndex.from_codes(pack(database), 16)
    for count, k in ((40, 300), (1, 5), (40, 20_000)):
        ranking = index.search(pack(queries[:count]), k, threads=threads)
        np.testing.assert_array_equal(ranking.indices, order[:count, :k])
        exact = np.take_along_axis(distances[:count], order[:count, :k], axis=1)
        np.testing.assert_array_equal(ranking.distances, exact)
    inside = index.within(pack(queries), 3, threads=threads)
    np.testing.assert_array_equal(np.diff(inside.offsets), (distances <= 3).sum(axis=1))
    for query in range(40):
        rows = order[query, : (distances[query] <= 3).sum()]
        np.testing.assert_array_equal(inside.of(query)[0], rows)


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
    with pytest.raises(UsageError, match=r"queries must be packed uint8 codes .* not int64"):
        hamming_distances(queries.astype(np.int64), queries)
    with pytest.raises(UsageError, match="k is 100,000,000,000,000, and there are 2 rows"):
        index.search(queries, 10**14)
