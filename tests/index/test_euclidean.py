import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import AehashError, UsageError
from aehash.index import EuclideanIndex, euclidean, feature_scan, measures, rerank


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


def naive(queries, rows, metric="euclidean"):
    queries, rows = queries.astype(np.float64), rows.astype(np.float64)
    if metric == "euclidean":
        distances = np.sqrt(((rows[None] - queries[:, None]) ** 2).sum(axis=2))
    else:
        distances = -(rows[None] * queries[:, None]).sum(axis=2)
    order = np.argsort(distances, axis=1, kind="stable")
    return order, np.take_along_axis(distances, order, axis=1)


METRIC = st.sampled_from(["euclidean", "inner_product"])


@settings(max_examples=200)
@given(cases(), st.integers(1, 50), METRIC, st.sampled_from([1, None]))
def test_search_equals_exact_distances_bit_for_bit(case, k, metric, threads):
    queries, rows = case
    ranking = EuclideanIndex.from_features(rows, metric=metric).search(queries, k, threads=threads)
    order, distances = naive(queries, rows, metric)
    found = min(k, len(rows))
    np.testing.assert_array_equal(ranking.indices[:, :found], order[:, :k])
    np.testing.assert_array_equal(ranking.distances[:, :found], distances[:, :k])
    assert (ranking.indices[:, found:] == -1).all()
    assert np.isinf(ranking.distances[:, found:]).all()


@settings(max_examples=100)
@given(cases(), st.integers(1, 50), METRIC, st.integers(0, 2**32))
def test_a_mask_chooses_rows(case, k, metric, seed):
    queries, rows = case
    where = np.random.default_rng(seed).random(len(rows)) < 0.5
    ranking = EuclideanIndex.from_features(rows, metric=metric).search(queries, k, where=where)
    order, distances = naive(queries, rows[where], metric)
    found = min(k, int(where.sum()))
    chosen = np.flatnonzero(where)[order[:, :k]]
    np.testing.assert_array_equal(ranking.indices[:, :found], chosen)
    np.testing.assert_array_equal(ranking.distances[:, :found], distances[:, :k])
    assert (ranking.indices[:, found:] == -1).all()


@settings(max_examples=100)
@given(cases(), METRIC, st.sampled_from([1, None]))
def test_the_whole_ranking_has_the_exact_order_and_ties(case, metric, threads):
    queries, rows = case
    ranking = EuclideanIndex.from_features(rows, metric=metric).full(queries, threads=threads)
    order, distances = naive(queries, rows, metric)
    np.testing.assert_array_equal(ranking.indices, order)
    np.testing.assert_array_equal(np.diff(ranking.distances) == 0, np.diff(distances) == 0)
    assert (np.diff(ranking.distances) >= 0).all()


@pytest.mark.parametrize("metric", ["euclidean", "inner_product"])
@pytest.mark.parametrize("kind", ["one row again and again", "a hair apart", "spread"])
def test_more_candidates_than_there_is_room_for(metric, kind):
    rng = np.random.default_rng(5)
    rows = {
        "one row again and again": np.ones((40_000, 3), np.float32),
        "a hair apart": 1000 + rng.integers(0, 4, (40_000, 3)).astype(np.float32) / 8192,
        "spread": rng.standard_normal((40_000, 3)).astype(np.float32),
    }[kind].astype(np.float32)
    queries = rows[rng.integers(0, len(rows), 20)]
    order, distances = naive(queries, rows, metric)
    index = EuclideanIndex.from_features(rows, metric=metric)
    for k, count in ((1, 20), (30, 20), (3000, 2)):
        for threads in (1, None):
            ranking = index.search(queries[:count], k, threads=threads)
            np.testing.assert_array_equal(ranking.indices, order[:count, :k])
            np.testing.assert_array_equal(ranking.distances, distances[:count, :k])


def test_memory_does_not_grow_with_queries_times_rows():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((200_000, 8), np.float32)
    index = EuclideanIndex.from_features(rows)
    tracemalloc.start()
    index.search(rows[:1000], 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20
    assert 4 * 1000 * len(rows) > 700 << 20


def test_blas_gets_its_threads_back():
    from threadpoolctl import threadpool_info

    before = [each["num_threads"] for each in threadpool_info()]
    rows = np.random.default_rng(0).standard_normal((2000, 8)).astype(np.float32)
    index = EuclideanIndex.from_features(rows)
    callers = [threading.Thread(target=index.search, args=(rows, 3)) for _ in range(4)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    assert [each["num_threads"] for each in threadpool_info()] == before


def test_an_empty_database_finds_nothing():
    index = EuclideanIndex.from_features(np.empty((0, 4), np.float32))
    ranking = index.search(np.zeros((2, 4), np.float32), 3)
    assert ranking.indices.tolist() == [[-1] * 3] * 2
    assert index.full(np.zeros((2, 4), np.float32)).indices.shape == (2, 0)


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
    monkeypatch.setattr(euclidean, "_QUERIES", 7)
    monkeypatch.setattr(measures, "_PART", 100)
    monkeypatch.setattr(feature_scan, "_ROWS", 90)
    monkeypatch.setattr(feature_scan, "_ROOM", 4)
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


@settings(max_examples=100)
@given(cases(), METRIC, st.integers(0, 2**32))
def test_candidates_that_are_not_there_go_to_the_end(case, metric, seed):
    queries, features = case
    generator = np.random.default_rng(seed)
    rows = generator.integers(-1, len(features), generator.integers(0, 30))
    found, distances = rerank(queries[0], rows.tolist(), features, metric)
    order, exact = naive(queries[:1], features, metric)
    place = np.argsort(order[0])
    there = rows[rows >= 0]
    expected = order[0][np.sort(place[there])]
    assert found.tolist() == expected.tolist() + [-1] * int((rows < 0).sum())
    assert distances[: len(there)].tolist() == exact[0][np.sort(place[there])].tolist()
    assert np.isinf(distances[len(there) :]).all()


def test_a_rerank_that_makes_no_sense_is_a_sentence():
    features = np.arange(8, dtype=np.float32).reshape(4, 2)
    query = [0.0, 0.0]
    assert rerank(query, [], features)[0].tolist() == []
    assert rerank(query, [2, 0], features.tolist())[0].tolist() == [0, 2]
    sentences = [
        (lambda: rerank(query, [4], features), "no row 4: the database has 4"),
        (lambda: rerank(query, [-2, 0], features), "no row -2"),
        (lambda: rerank(query, [[0, 1]], features), r"not int64 of shape \(1, 2\): one query's"),
        (lambda: rerank(query, [0.5], features), "not float64"),
        (lambda: rerank(query, np.ones(4, bool), features), "flatnonzero"),
        (lambda: rerank([0.0], [1], features), "candidates of one query"),
        (lambda: rerank(None, [1], features), "candidates of one query"),
        (lambda: rerank(["a", "b"], [1], features), "A query must be real numbers"),
        (lambda: rerank(query, [1], features[0]), r"features must be numbers \(n, d\)"),
        (lambda: rerank(query, [1], features, "cosine"), "no metric 'cosine'"),
        (lambda: rerank(query, [1], features, None), "no metric None"),
    ]
    for use, sentence in sentences:
        with pytest.raises(UsageError, match=sentence):
            use()
    features[2] = np.nan
    assert rerank(query, [1, 3], features)[0].tolist() == [1, 3]
    with pytest.raises(AehashError, match="features of row 2 hold NaN"):
        rerank(query, [1, 2], features)
    with pytest.raises(AehashError, match="Query 0 holds NaN"):
        rerank([np.nan, 0], [1], features)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e300, np.inf, np.nan])
def test_a_query_that_float32_cannot_hold_is_a_sentence(value):
    index = EuclideanIndex.from_features(np.zeros((3, 2), np.float32))
    queries = np.zeros((5, 2))
    queries[3, 1] = value
    for search in (index.search, index.full):
        with pytest.raises(AehashError, match="Query 3 holds NaN, infinity or a number beyond"):
            search(queries)


def test_keys_are_checked_and_copied():
    rows, keys = np.zeros((3, 2), np.float32), np.array([b"a", b"b", b"c"])
    index = EuclideanIndex.from_features(rows, keys)
    keys[0] = b"z"
    assert index.keys.tolist() == [b"a", b"b", b"c"]
    assert EuclideanIndex.from_features(rows, ["a", "b", "c"]).keys.tolist() == [b"a", b"b", b"c"]
    for wrong, sentence in ((keys[:1], "3 rows and 1 keys"), (["a", "a", "b"], "needs its own")):
        with pytest.raises(UsageError, match=sentence):
            EuclideanIndex.from_features(rows, wrong)


def test_wrong_use_and_nan_are_refused():
    rows = np.zeros((3, 2), np.float32)
    index = EuclideanIndex.from_features(rows)
    with pytest.raises(UsageError, match="k must be at least 1"):
        index.search(rows, 0)
    with pytest.raises(UsageError, match="k must be a whole number"):
        index.search(rows, 1.5)
    with pytest.raises(UsageError, match="k is 100,000,000,000,000, and there are 3 rows"):
        index.search(rows, 10**14)
    with pytest.raises(UsageError, match="queries must be an array, every row of one length"):
        index.search([[1.0], [1.0, 2.0]], 1)
    with pytest.raises(UsageError, match="the candidates of one query"):
        rerank(rows, np.array([0, 1]), rows)
    with pytest.raises(UsageError, match=r"where must be bool of shape \(3,\)"):
        index.search(rows, 1, where=np.ones(2, bool))
    with pytest.raises(UsageError, match="no metric 'cosine'"):
        EuclideanIndex.from_features(rows, metric="cosine")
    with pytest.raises(UsageError, match="no metric None"):
        EuclideanIndex.from_features(rows, metric=None)
    with pytest.raises(UsageError, match="must come from the same model"):
        index.search(np.zeros((1, 3), np.float32), 1)
    with pytest.raises(UsageError, match="must be float32"):
        EuclideanIndex.from_features(np.zeros((2, 2)))
    rows[1, 0] = np.nan
    with pytest.raises(AehashError, match="row 1 hold NaN"):
        EuclideanIndex.from_features(rows)
