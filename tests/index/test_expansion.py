import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from aehash.errors import AehashError, UsageError
from aehash.index import EuclideanIndex, expansion
from aehash.index.expansion import augment_database, expand_queries


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def index_of(rows):
    return EuclideanIndex.from_features(rows, metric="inner_product")


@st.composite
def cases(draw):
    """Descriptors on every side, so that some similarities are negative, and ties."""
    n, q, d = draw(st.integers(1, 30)), draw(st.integers(1, 5)), draw(st.integers(2, 8))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = unit(generator.integers(-2, 3, (n, d)) + 1e-3)
    queries = unit(generator.normal(size=(q, d)))
    return rows, queries, draw(st.integers(1, 40)), draw(st.sampled_from([0.0, 0.5, 1.0, 3.0]))


def slowly(rows, query, n, alpha, own=-1):
    """One query, one row after the other."""
    rows, query = rows.astype(np.float64), query.astype(np.float64)
    similar = (rows * query).sum(axis=1)
    order = [row for row in np.argsort(-similar, kind="stable") if row != own][: n - 1]
    total = query.copy()
    for row in order:
        if similar[row] > 0:
            total += similar[row] ** alpha * rows[row]
    return total / np.linalg.norm(total)


@settings(max_examples=150)
@given(cases())
def test_expansion_is_the_formula(case):
    rows, queries, n, alpha = case
    found = expand_queries(index_of(rows), queries, n, alpha)
    slow = [slowly(rows, query, n, alpha) for query in queries]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, slow, atol=1e-6)


@settings(max_examples=100)
@given(cases(), st.integers(1, 40))
def test_augmentation_is_the_formula_whatever_the_blocks(case, block):
    rows, _, n, alpha = case
    slow = [slowly(rows, rows[row], n, alpha, own=row) for row in range(len(rows))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expansion, "_BLOCK", block)
        np.testing.assert_allclose(augment_database(index_of(rows), n, alpha), slow, atol=1e-6)


@settings(max_examples=50)
@given(cases())
def test_a_query_that_is_a_row_counts_once(case):
    rows, _, n, alpha = case
    index, own = index_of(rows), np.arange(len(rows))
    np.testing.assert_array_equal(
        expand_queries(index, rows, n, alpha, own=own), augment_database(index, n, alpha)
    )


def test_without_others_and_against_all_nothing_changes():
    rows, query = unit(np.eye(3) * -1), unit(np.ones((1, 3)))
    for index, n in ((index_of(rows), 4), (index_of(-rows), 1), (index_of(rows[:0]), 9)):
        np.testing.assert_allclose(expand_queries(index, query, n, 0.0), query, atol=1e-7)
    assert expand_queries(index_of(rows), query[:0]).shape == (0, 3)
    assert augment_database(index_of(rows[:0])).shape == (0, 3)


def test_a_memory_map_is_filled(tmp_path):
    rows = unit(np.random.default_rng(0).normal(size=(40, 6)))
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, rows.shape)
    assert augment_database(index_of(rows), 5, out=out) is out
    np.testing.assert_array_equal(out, augment_database(index_of(rows), 5))


def test_both_help_on_digits():
    features, labels = load_digits(return_X_y=True)
    rows = unit(features)
    queries, database = rows[::9], np.delete(rows, np.s_[::9], axis=0)
    asked, marks = labels[::9], np.delete(labels, np.s_[::9])

    def mean_precision(query, table):
        relevant = marks[index_of(table).full(query).indices] == asked[:, None]
        ranks = np.arange(1, relevant.shape[1] + 1)
        each = (np.cumsum(relevant, axis=1) / ranks * relevant).sum(axis=1) / relevant.sum(axis=1)
        return float(each.mean())

    plain = mean_precision(queries, database)
    assert mean_precision(expand_queries(index_of(database), queries), database) > plain + 0.02
    augmented = augment_database(index_of(database))
    assert mean_precision(queries, augmented) > plain + 0.02


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n": 0}, "n must be at least 1"),
        ({"n": 2.5}, "n must be a whole number"),
        ({"alpha": -1}, "alpha must be a finite number from 0 on, not -1"),
        ({"alpha": np.nan}, "alpha must be a finite"),
        ({"alpha": "3"}, "alpha must be a number"),
    ],
)
def test_numbers_that_cannot_be_are_refused(options, said):
    rows = unit(np.eye(3))
    with pytest.raises(UsageError, match=said):
        expand_queries(index_of(rows), rows, **options)
    with pytest.raises(UsageError, match=said):
        augment_database(index_of(rows), **options)


def test_descriptors_that_cannot_be_are_refused():
    rows = unit(np.eye(3))
    longer = rows.copy()
    longer[1] *= 2
    with pytest.raises(UsageError, match="descriptor of row 1 is 2 long and must be 1"):
        augment_database(index_of(longer))
    with pytest.raises(UsageError, match="descriptor of query 1 is 2 long"):
        expand_queries(index_of(rows), longer)
    with pytest.raises(UsageError, match=r"query 0 is 0 long .* leave out those that are zero"):
        expand_queries(index_of(rows), np.zeros((1, 3), np.float32))
    with pytest.raises(AehashError, match="Query 0 holds NaN"):
        expand_queries(index_of(rows), np.full((1, 3), np.nan, np.float32))
    with pytest.raises(UsageError, match="has 3 features a row"):
        expand_queries(index_of(rows), rows[:, :2])
    with pytest.raises(UsageError, match="metric='inner_product'"):
        augment_database(EuclideanIndex.from_features(rows))


@pytest.mark.parametrize(
    ("own", "said"),
    [([0], "each of the 3 queries"), ([0.0, 1.0, 2.0], "not float64"), ([0, 1, 3], "from 0 to 2")],
)
def test_own_rows_that_cannot_be_are_refused(own, said):
    rows = unit(np.eye(3))
    with pytest.raises(UsageError, match=said):
        expand_queries(index_of(rows), rows, own=own)


def test_a_place_that_does_not_fit_is_refused():
    rows = unit(np.eye(3))
    with pytest.raises(UsageError, match="out must be float32 of shape"):
        augment_database(index_of(rows), out=np.empty((3, 2), np.float32))
    with pytest.raises(UsageError, match="must not be the index's own features"):
        augment_database(index_of(rows), out=rows)
