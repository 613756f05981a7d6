import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.metrics.grades import checked_labels
from aehash.metrics.relevance import LabelSets, relevant

SLOW = {
    "any": lambda query, item: bool(query & item),
    "all": lambda query, item: bool(query) and query <= item,
    "exact": lambda query, item: query == item,
}


@settings(max_examples=80)
@given(
    st.sampled_from(sorted(SLOW)),
    st.sampled_from([1, 3, 64, 65, 130]),
    st.integers(0, 2**32),
    st.sampled_from([0.02, 0.4]),
)
def test_multi_hot_labels_are_sets(rule, classes, seed, share):
    generator = np.random.default_rng(seed)
    queries = (generator.random((4, classes)) < share).astype(np.uint8)
    database = (generator.random((9, classes)) < share).astype(np.uint8)
    database[0] = queries[0]
    found = relevant(LabelSets.from_labels(queries), LabelSets.from_labels(database), rule)
    assert found.dtype == np.bool_
    for query, row in enumerate(found):
        for item, mark in enumerate(row):
            sets = (set(np.flatnonzero(queries[query])), set(np.flatnonzero(database[item])))
            assert mark == SLOW[rule](*sets)


def test_class_numbers_and_missing_ones():
    queries, database = np.array([2, -1]), np.array([2, 0, -1])
    for rule in ("any", "all"):
        found = relevant(LabelSets.from_labels(queries), LabelSets.from_labels(database), rule)
        assert found.tolist() == [[True, False, False], [False, False, False]]


@pytest.mark.parametrize("labels", [np.empty((2, 0), bool), np.zeros((2, 1, 1)), np.array(["a"])])
def test_what_is_no_labels_is_refused(labels):
    with pytest.raises(UsageError, match=r"The database has labels of type .* they must be"):
        checked_labels(labels, "The database")


def test_wrong_use_is_refused():
    numbers = LabelSets.from_labels(np.array([1, 2]))
    with pytest.raises(UsageError, match="The database has no labels, and evaluating needs them"):
        LabelSets.from_labels(None, "The database")
    with pytest.raises(UsageError, match=r"multi-hot over 3 classes and the database's class num"):
        relevant(LabelSets.from_labels(np.eye(3)), numbers)
    with pytest.raises(UsageError, match=r"no relevance 'al'.*Did you mean 'all'"):
        relevant(numbers, numbers, "al")
