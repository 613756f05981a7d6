"""Faults found in published evaluation code: each wrong value beside the right one.

The wrong way is written out as it is done elsewhere, so that a test shows it to differ; ours is
then asked for the right value on the same data.
"""

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.index.words import word_distances, words
from aehash.metrics import evaluate


@pytest.fixture(params=["numba", "numpy"], autouse=True)
def _kernel(request, monkeypatch):
    monkeypatch.setenv("AEHASH_KERNELS", request.param)


def book(codes, labels, **options):
    return Codebook.from_arrays(np.array(codes), labels=np.array(labels), **options)


def distances(queries, database):
    return word_distances(words(queries.codes), words(database.codes))


def average_precision(marks):
    """AP over the hits of a list in order."""
    ranks = np.flatnonzero(marks) + 1
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks)) if len(ranks) else 0.0


def test_the_last_item_is_dropped_by_a_slice_to_minus_one():
    """``order[:-1]`` for "the whole list" loses the farthest item, here a relevant one."""
    database = book([[0, 0], [0, 1], [1, 1]], [0, 1, 0])
    queries = book([[0, 0]], [0])
    marks = database.labels[np.argsort(distances(queries, database)[0])] == 0
    assert average_precision(marks[:-1]) == 1
    found = evaluate(database, queries, ks=("all",), ties="database").metrics
    assert found["map@all/hits"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found["recall@all"] == 1


def test_every_query_is_reranked_by_the_first_ones_distances():
    features = np.array([[0.0], [10.0]])
    database = book([[1, 0]] * 2, [0, 1], features=features)
    queries = book([[1, 0]] * 2, [0, 1], features=features)
    first = np.argsort(np.abs(features - features[0])[:, 0], kind="stable")
    wrong = [average_precision((database.labels[first] == label)[:1]) for label in queries.labels]
    assert wrong == [1, 0]
    found = evaluate(database, queries, radius=0, rerank=True, ks=(1,))
    assert found.per_query["map@1/hits"].tolist() == [1, 1]


def test_queries_without_a_hit_are_dropped_from_the_mean():
    database = book([[0, 0, 0], [1, 1, 1]], [0, 1])
    queries = book([[0, 0, 0], [0, 0, 0]], [0, 1])
    each = [
        average_precision((database.labels[[0]] == label).astype(int)) for label in queries.labels
    ]
    kept = [value for value in each if value > 0]
    assert np.mean(kept) == 1
    found = evaluate(database, queries, ks=(1,))
    for per in ("hits", "min_k", "relevant"):
        assert found.metrics[f"map@1/{per}"] == 0.5


def test_an_unstable_argsort_orders_ties_by_accident():
    """Quick sort and its kin leave equal distances in any order, another one for each length."""
    count = 1000
    database = book(np.zeros((count, 8)), [1] + [0] * (count - 1))
    queries = book(np.zeros((1, 8)), [1])
    row = np.zeros(count, np.int16)
    orders = [np.argsort(row, kind="stable"), np.argsort(-row)[::-1]]
    wrong = {average_precision(database.labels[order] == 1) for order in orders}
    assert wrong == {1.0, 1 / count}
    found = evaluate(database, queries, ks=("all",), ties="database")
    assert found.metrics["map@all/hits"] == 1
    mean = evaluate(database, queries, ks=("all",)).metrics["map@all/hits"]
    assert mean == pytest.approx(sum(1 / rank for rank in range(1, count + 1)) / count, rel=1e-12)


def test_an_empty_ball_takes_the_precision_at_index_minus_one():
    """With nothing inside, ``precision[count - 1]`` is the precision of the whole list."""
    database = book([[1, 1, 1, 1]] * 4, [0, 0, 0, 1])
    queries = book([[0, 0, 0, 0]], [0])
    near = distances(queries, database)[0]
    precision = np.cumsum(database.labels == 0) / np.arange(1, 5)
    assert precision[int((near <= 2).sum()) - 1] == 0.75
    found = evaluate(database, queries, radius=2).metrics
    assert found["precision@radius"] == 0
    assert found["empty_queries"] == 1


def test_scores_of_zero_and_below_are_dropped():
    """torchmetrics counts an item as retrieved only where its score is above 0.

    With -distance, or bits/2 - distance, as the score, everything at or beyond that is lost.
    """
    database = book([[0, 0], [0, 1], [1, 1]], [0, 1, 0])
    queries = book([[0, 0]], [0])
    scores = 1 - distances(queries, database)[0].astype(int)
    marks = (database.labels == 0) & (scores > 0)
    assert average_precision(marks[np.argsort(-scores, kind="stable")]) == 1
    found = evaluate(database, queries, ks=("all",)).metrics
    assert found["map@all/hits"] == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_the_ideal_of_ndcg_is_built_from_the_retrieved_list_only():
    """Two of the best items are never retrieved; a sorted copy of what was found hides that."""
    database = book([[0] * 4, [0] * 4, [1] * 4, [1] * 4], [[1, 0], [1, 0], [1, 1], [1, 1]])
    queries = book([[0] * 4], [[1, 1]])
    gains, ideal = np.array([1, 1]), np.array([2, 2])
    discounts = 1 / np.log2([2, 3])
    wrong = (gains * discounts).sum() / (np.sort(gains)[::-1] * discounts).sum()
    assert wrong == 1
    right = (gains * discounts).sum() / (ideal * discounts).sum()
    assert right == pytest.approx(0.5)
    for options in ({}, {"radius": 1}, {"ties": "database"}):
        found = evaluate(database, queries, ks=(2,), **options).metrics
        assert found["ndcg@2/linear"] == pytest.approx(right)
    steep = evaluate(database, queries, ks=(2,), gain="exponential").metrics
    assert steep["ndcg@2/exponential"] == pytest.approx(1 / 3)
