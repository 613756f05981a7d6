import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.metrics import evaluate
from aehash.metrics.features import FeatureSearch, directions
from aehash.metrics.protocol import Protocol


def books(seed, n=40, q=7, d=5, offset=3.0):
    generator = np.random.default_rng(seed)
    return [
        Codebook.from_arrays(
            generator.random((count, 4)) < 0.5,
            features=generator.normal(size=(count, d)) + offset,
            labels=generator.integers(0, 3, count),
            source=None,
        )
        for count in (n, q)
    ]


def by_definition(database, queries):
    """Average precision over the whole list, ranked by the cosine of what is left of the mean."""
    mean = database.features.astype(float).mean(axis=0)
    scores = []
    for query, label in zip(queries.features.astype(float) - mean, queries.labels, strict=True):
        rows = database.features.astype(float) - mean
        cosine = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
        hits = database.labels[np.argsort(-cosine, kind="stable")] == label
        found = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        scores.append((found * hits).sum() / max(1, hits.sum()))
    return np.array(scores)


@pytest.mark.parametrize("kernels", ["numba", "numpy"])
def test_the_cosine_ranks_by_its_definition(kernels, monkeypatch):
    monkeypatch.setenv("AEHASH_KERNELS", kernels)

    @settings(max_examples=30)
    @given(st.integers(0, 2**32), st.integers(1, 8))
    def check(seed, d):
        database, queries = books(seed, d=d + 1)
        found = evaluate(database, queries, metric="cosine", ks=("all",))
        expected = by_definition(database, queries)
        np.testing.assert_allclose(found.per_query["map@all/relevant"], expected, atol=1e-12)
        assert found.title == "Cosine, centred (features)"
        assert found.protocol["metric"] == "cosine" and found.curve is None

    check()


def test_neither_an_offset_nor_a_scale_changes_it_and_the_plain_cosine_would_be_changed():
    database, queries = books(1, offset=0.0)
    moved = [
        Codebook.from_arrays(
            book.codes, bits=4, features=book.features * 8 + 512, labels=book.labels
        )
        for book in (database, queries)
    ]
    one, other = (
        evaluate(*each, metric="cosine", ks=(5, "all")) for each in ((database, queries), moved)
    )
    for name, values in one.per_query.items():
        np.testing.assert_allclose(values, other.per_query[name], atol=1e-12)
    apart = evaluate(*moved, metric="euclidean", ks=("all",))
    assert apart.metrics["map@all/min_k"] != one.metrics["map@all/min_k"]


def test_equal_rows_tie_and_a_row_at_the_mean_is_at_a_right_angle_to_all():
    rows = np.array([[1, 0], [1, 0], [-1, 0], [-1, 0], [0, 0]], np.float32)
    search = FeatureSearch.of(rows + 7, "cosine")
    np.testing.assert_array_equal(search.mean, [7, 7])
    ranking = search.index.full(search.asked(np.array([[9, 7], [7, 7]], np.float32)))
    np.testing.assert_array_equal(ranking.indices, [[0, 1, 4, 2, 3], [0, 1, 2, 3, 4]])
    np.testing.assert_allclose(ranking.distances, [[-1, -1, 0, 1, 1], [0] * 5], atol=1e-7)
    np.testing.assert_array_equal(directions(rows, np.zeros(2))[4], [0, 0])


def test_only_the_database_says_where_the_mean_is():
    database, queries = books(2)
    whole = evaluate(database, queries, metric="cosine").per_query["map@5/min_k"]
    alone = Codebook.from_arrays(
        queries.codes[:1], bits=4, features=queries.features[:1], labels=queries.labels[:1]
    )
    one = evaluate(database, alone, metric="cosine").per_query["map@5/min_k"]
    assert one[0] == whole[0]


def test_wrong_use_is_refused():
    with pytest.raises(UsageError, match="radius 2 does not go with the cosine metric"):
        Protocol(radius=2, metric="cosine")
    bare = Codebook.from_arrays(np.eye(4, dtype=bool), labels=[0, 1, 0, 1])
    with pytest.raises(UsageError, match="Ranking by features needs them, and the database"):
        evaluate(bare, bare, metric="cosine")
    with pytest.raises(AehashError, match="NaN in 1 rows"):
        FeatureSearch.of(np.array([[1, np.nan]], np.float32), "cosine")
