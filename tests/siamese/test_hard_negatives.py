"""Hard negatives against a slow twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.siamese import hard_negatives as mining
from aehash.siamese.hard_negatives import hard_negatives
from aehash.siamese.tuples import Described, Tuples

#: Vectors of length 1 whose products are exact, so that ties are ties.
EXACT = np.concatenate(
    [np.eye(4), -np.eye(4), 0.5 * np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T]
).astype(np.float32)


def negatives_twin(queries, pool, count):
    """The definition: by descending product, then by place, passing over clusters seen."""
    found = []
    for own, query in zip(queries.clusters, queries.descriptors, strict=True):
        products = [
            float(np.dot(query.astype("f8"), each.astype("f8"))) for each in pool.descriptors
        ]
        seen, rows = {int(own)}, []
        for place in sorted(range(len(pool)), key=lambda at: (-products[at], at)):
            if int(pool.clusters[place]) not in seen and len(rows) < count:
                seen.add(int(pool.clusters[place]))
                rows.append(int(pool.rows[place]))
        found.append(rows)
    return found


def world(seed, images=60, clusters=8, asked=10, pooled=40):
    """Random images of exact descriptors: queries, pool and clusters."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(-2, clusters - 2, images)
    descriptors = EXACT[rng.integers(0, len(EXACT), images)]

    def some(count):
        rows = rng.permutation(images)[:count]
        return Described.of(rows, groups, descriptors[rows])

    return some(asked), some(pooled), groups


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    clusters=st.integers(2, 12),
    asked=st.integers(1, 12),
    pooled=st.integers(1, 60),
    count=st.integers(0, 5),
    table=st.sampled_from([1, 30, 1 << 21]),
    first=st.sampled_from([1, 4, 32]),
    worth=st.sampled_from([0, 1, 20]),
)
def test_negatives_are_their_definition(seed, clusters, asked, pooled, count, table, first, worth):
    queries, pool, _ = world(seed, clusters=clusters, asked=asked, pooled=pooled)
    expected = negatives_twin(queries, pool, count)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_TABLE", table), ("_FIRST", first), ("_WORTH", worth)):
            patch.setattr(mining, name, value)
        if min(map(len, expected)) < count:
            with pytest.raises(UsageError, match=r"negatives a query|two clusters or more"):
                hard_negatives(queries, pool, count)
        else:
            found = hard_negatives(queries, pool, count)
            assert found.tolist() == expected
            assert found.dtype == np.int64


def test_real_descriptors_in_crowded_clusters():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(6), 80)
    x = rng.normal(size=(6, 16))[groups] + 0.1 * rng.normal(size=(480, 16))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    queries = Described.of(np.arange(0, 480, 16), groups, x[::16])
    order = rng.permutation(480)
    pool = Described.of(order, groups, x[order])
    found = hard_negatives(queries, pool, 5)
    assert found.tolist() == negatives_twin(queries, pool, 5)
    tuples = Tuples.of(queries.rows, queries.rows + 1, found, groups)
    assert tuples.rows.shape == (30, 7)
    assert (groups[tuples.queries][:, None] != groups[tuples.negatives]).all()


@pytest.mark.parametrize("worth", [0, 20])
def test_copies_in_several_clusters_stand_in_the_order_of_the_pool(worth, monkeypatch):
    monkeypatch.setattr(mining, "_WORTH", worth)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 100))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)[np.arange(90) % 3]
    groups = rng.permutation(90) // 3
    order = rng.permutation(90)
    pool, queries = (Described.of(rows, groups, x[rows]) for rows in (order, np.arange(90)))
    assert hard_negatives(queries, pool, 9).tolist() == negatives_twin(queries, pool, 9)


def test_threads_do_not_matter():
    queries, pool, _ = world(3, images=200, clusters=20, asked=50, pooled=150)
    np.testing.assert_array_equal(
        hard_negatives(queries, pool, 4, threads=1), hard_negatives(queries, pool, 4, threads=2)
    )


def test_one_cluster_only_is_a_sentence():
    x = EXACT[:6]
    every = Described.of(np.arange(6), np.full(6, 3), x)
    with pytest.raises(UsageError, match=r"6 images holds cluster 3 alone.*two clusters or more"):
        hard_negatives(every, every, 1)
    none = Described.of(np.arange(0), np.full(6, 3), x[:0])
    with pytest.raises(UsageError, match="pool of 0 images is empty"):
        hard_negatives(every, none, 1)
    assert hard_negatives(every, every, 0).shape == (6, 0)
    assert hard_negatives(none, every, 3).shape == (0, 3)


def test_fewer_clusters_than_negatives_is_a_sentence():
    groups = np.array([0, 0, 1, 1, 2, 2])
    every = Described.of(np.arange(6), groups, EXACT[:6])
    with pytest.raises(UsageError, match=r"5 negatives.*row 0 the pool has only 2: ask for 2"):
        hard_negatives(every, every)
    assert hard_negatives(every, every, 2).shape == (6, 2)
