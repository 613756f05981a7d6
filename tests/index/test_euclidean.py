import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import AehashError, UsageError
from aehash.index import EuclideanIndex, euclidean, rerank


@st.composite
def cases(draw):
    """Features with many ties, far from the origin or at the edges of float32's range."""
    n, q, d = draw(st.integers(1, 40)), draw(st.integers(1, 4)), draw(st.integers(1, 20))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = draw(st.sampled_from([1.0, 0.1, 1e-3, 1e-20, 1e15, 1e30]))
    offset = draw(st.sampled_from([0.0, 1.0, 1e3]))
    rows = ((generator.integers(-3, 4, (n, d)) + offset) * scale).astype(np.float32)
    queries = rows[generator.integers(0, n, q)]
    return queries + (generator.integers(0, 2, (q, d)) * scale).astype(np.float32), rows


def naive(queries, rows):
    queries, rows = queries.astype(np.float64), rows.astype(np.float64)
    distances = np.sqrt(((rows[None] - queries[:, None]) ** 2).sum(axis=2))
    order = np.argsort(distances, axis=1, kind="stable")
    return order, np.take_along_axis(distances, order, axis=1)


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(1, 50))
def test_search_equals_exact_distances_bit_for_bit(case, k):
    queries, rows = case
    ranking = EuclideanIndex.from_features(rows).search(queries, k)
    order, distances = naive(queries, rows)
    found = min(k, len(rows))
    np.testing.assert_array_equal(ranking.indices[:, :found], order[:, :k])
    np.testing.assert_array_equal(ranking.distances[:, :found], distances[:, :k])
    assert (ranking.indices[:, found:] == -1).all()
    assert np.isinf(ranking.distances[:, found:]).all()


@settings(max_examples=100, deadline=None)
@given(cases())
def test_the_whole_ranking_has_the_exact_order_and_ties(case):
    queries, rows = case
    ranking = EuclideanIndex.from_features(rows).full(queries)
    order, distances = naive(queries, rows)
    np.testing.assert_array_equal(ranking.indices, order)
    np.testing.assert_array_equal(np.diff(ranking.distances) == 0, np.diff(distances) == 0)
    assert (np.diff(ranking.distances) >= 0).all()


def test_near_rows_that_a_float32_product_cannot_tell_apart():
    generator = np.random.default_rng(0)
    rows = (1000 + generator.normal(size=(5000, 32)) * 1e-3).astype(np.float32)
    queries = rows[:5]
    index = EuclideanIndex.from_features(rows)
    order, distances = naive(queries, rows)
    ranking = index.search(queries, 20)
    np.testing.assert_array_equal(ranking.indices, order[:, :20])
    np.testing.assert_array_equal(ranking.distances, distances[:, :20])
    np.testing.assert_array_equal(index.full(queries).indices, order)


def test_near_rows_that_even_a_float64_product_cannot_tell_apart():
    generator = np.random.default_rng(0)
    rows = (1e6 + generator.normal(size=(3000, 64)) * 0.5).astype(np.float32)
    rows[1000:2000] = rows[:1000]
    product = rows[:5].astype(np.float64) @ rows.T.astype(np.float64)
    squares = (rows.astype(np.float64) ** 2).sum(axis=1)
    rough = np.argsort(squares[:5, None] - 2 * product + squares, axis=1, kind="stable")
    order, distances = naive(rows[:5], rows)
    assert (rough != order).any()
    ranking = EuclideanIndex.from_features(rows).full(rows[:5])
    np.testing.assert_array_equal(ranking.indices, order)
    np.testing.assert_array_equal(np.diff(ranking.distances) == 0, np.diff(distances) == 0)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch):
    generator = np.random.default_rng(2)
    rows = generator.integers(0, 3, (500, 6)).astype(np.float32)
    index = EuclideanIndex.from_features(rows)
    search, full = index.search(rows[:30], 40), index.full(rows[:30])
    monkeypatch.setattr(euclidean, "_BLOCK", 1200)
    monkeypatch.setattr(euclidean, "_PART", 100)
    again = EuclideanIndex.from_features(rows)
    np.testing.assert_array_equal(again.search(rows[:30], 40).indices, search.indices)
    np.testing.assert_array_equal(again.full(rows[:30]).indices, full.indices)


def test_each_query_is_reranked_by_its_own_distances():
    features = np.array([[0.0], [1.0], [5.0], [1.0]], np.float32)
    rows, distances = rerank(np.array([1.0], np.float32), np.array([3, 2, 1, 0]), features)
    assert rows.tolist() == [1, 3, 0, 2]
    assert distances.tolist() == [0, 0, 1, 4]
    rows, _ = rerank(np.array([5.0], np.float32), np.array([0, 1, 2, 3]), features)
    assert rows.tolist() == [2, 1, 3, 0]


def test_wrong_use_and_nan_are_refused():
    rows = np.zeros((3, 2), np.float32)
    index = EuclideanIndex.from_features(rows)
    with pytest.raises(UsageError, match="k must be at least 1"):
        index.search(rows, 0)
    with pytest.raises(UsageError, match="must come from the same model"):
        index.search(np.zeros((1, 3), np.float32), 1)
    with pytest.raises(UsageError, match="must be float32"):
        EuclideanIndex.from_features(np.zeros((2, 2)))
    rows[1, 0] = np.nan
    with pytest.raises(AehashError, match="row 1 hold NaN"):
        EuclideanIndex.from_features(rows)
