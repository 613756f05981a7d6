"""The same lists under other tools' definitions, written out here or called."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from aehash.metrics.average_precision import score
from aehash.metrics.lists import OrderedLists, TiedLists

LISTS = st.lists(st.booleans(), min_size=1, max_size=30).filter(any)


def judge(marks, k, relevant):
    lists = OrderedLists.from_relevance(np.array([marks]))
    found = score(lists, np.array([relevant]), np.array([len(marks)]), [k])
    return {name: values[0] for name, values in found.items()}


@settings(max_examples=50)
@given(LISTS)
def test_scikit_learn_divides_by_all_that_is_relevant(marks):
    scores = -np.arange(len(marks), dtype=float)
    found = judge(marks, "all", sum(marks))["map@all/relevant"]
    assert found == pytest.approx(average_precision_score(marks, scores), rel=1e-12)


def test_scikit_learn_puts_a_tie_at_its_end_where_the_mean_does_not():
    """Two tied items, one relevant: 1/2 at the group's end; (1 + 1/2) / 2 on average."""
    assert average_precision_score([1, 0], [0.0, 0.0]) == 0.5
    lists = TiedLists.from_groups(np.array([[2]]), np.array([[1]]))
    found = score(lists, np.array([1]), np.array([2]), ["all"])
    assert found["map@all/relevant"][0] == 0.75


def trec_eval(marks, k, relevant):
    """map_cut_k of trec_eval and ranx: over all relevant documents, found or not."""
    hits, total = 0, 0.0
    for rank, mark in enumerate(marks[:k], 1):
        hits += mark
        total += mark * hits / rank
    return total / relevant


def torchmetrics(marks, k):
    """RetrievalMAP(top_k=k): the mean over the relevant places among the first k, 0 if none."""
    places = [rank for rank, mark in enumerate(marks[:k], 1) if mark]
    return np.mean([found / rank for found, rank in enumerate(places, 1)]) if places else 0.0


def deephash(marks, k):
    """CalcTopMap of DeepHash and HashNet: over the hits, places from nonzero()."""
    top = np.array(marks[:k], float)
    count = int(top.sum())
    if not count:
        return 0.0
    return np.mean(np.linspace(1, count, count) / (np.flatnonzero(top) + 1.0))


@settings(max_examples=80)
@given(LISTS, st.integers(1, 35), st.integers(0, 5))
def test_other_tools_definitions(marks, k, outside):
    relevant = sum(marks) + outside
    found = judge(marks, k, relevant)
    assert found[f"map@{k}/relevant"] == pytest.approx(trec_eval(marks, k, relevant))
    assert found[f"map@{k}/hits"] == pytest.approx(torchmetrics(marks, k))
    assert found[f"map@{k}/hits"] == pytest.approx(deephash(marks, k))
    assert found[f"map@{k}/min_k"] == pytest.approx(
        trec_eval(marks, k, relevant) * relevant / min(k, relevant)
    )
