"""What items are worth, up to where float64 ends."""

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import evaluate


def book(labels):
    codes = np.random.default_rng(0).random((len(labels), 8)) > 0.5
    return Codebook.from_arrays(codes, labels=labels)


def test_two_gains():
    labels = np.zeros((3, 4), np.uint8)
    labels[0, :3], labels[1, :1] = 1, 1
    found = evaluate(book(labels), book(labels[:1]), gain="exponential", ks=("all",))
    assert 0 < found.metrics["ndcg@all/exponential"] <= 1


@pytest.mark.parametrize("count", [961, 1_024, 3_000])
def test_gains_that_float64_cannot_sum_are_refused(count):
    labels = np.ones((5, count), np.uint8)
    with pytest.raises(UsageError, match=f"A query has {count:,} labels.*--gain linear"):
        evaluate(book(labels), book(labels), gain="exponential")
    assert evaluate(book(labels), book(labels), ks=("all",)).metrics["ndcg@all/linear"] == 1


def test_the_most_labels_that_can_be_summed_have_an_exact_ideal():
    labels = np.ones((200, 960), np.uint8)
    found = evaluate(book(labels), book(labels[:3]), gain="exponential", ks=(5, "all"))
    assert found.metrics["ndcg@5/exponential"] == pytest.approx(1, abs=1e-12)
    assert found.metrics["ndcg@all/exponential"] == pytest.approx(1, abs=1e-12)


def test_a_list_sorted_by_gain_scores_the_mean_of_its_running_means():
    queries = Codebook.from_arrays(np.zeros((1, 8), np.uint8), labels=np.array([[1, 1, 1, 0]]))
    database = Codebook.from_arrays(
        np.array([[0] * 8, [1] + [0] * 7, [1] * 8], np.uint8),
        labels=np.array([[1, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
    )
    found = evaluate(database, queries, ks=(2, 3)).metrics
    for name in ("wap@2/min_k", "wap@2/hits", "wap@3/min_k", "wap@2/relevant"):
        assert found[name] == pytest.approx(2.5)
