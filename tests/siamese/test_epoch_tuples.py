"""An epoch's tuples: what is drawn, described and mined."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.siamese.epoch_tuples import Plan, epoch_tuples


class World:
    """Images around the centre of their cluster; counts what is described."""

    def __init__(self, images=120, clusters=12, seed=0):
        rng = np.random.default_rng(seed)
        self.clusters = rng.integers(0, clusters, images)
        x = rng.normal(size=(clusters, 8))[self.clusters] + rng.normal(size=(images, 8))
        self.x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype("f4")
        self.calls = []

    def describe(self, rows):
        self.calls.append(rows)
        return self.x[rows]


@settings(max_examples=30)
@given(
    seed=st.integers(0, 99),
    queries=st.integers(1, 60),
    pool=st.integers(60, 100),
    positives=st.sampled_from(["drawn", "hardest"]),
)
def test_tuples_are_of_the_training_rows_and_the_pool(seed, queries, pool, positives):
    world, rows = World(seed=seed), np.arange(0, 100)
    plan = Plan(queries=queries, pool=pool, negatives=3, positives=positives)
    tuples = epoch_tuples(world.describe, world.clusters, rows, plan, seed=seed, epoch=2)
    (described,) = world.calls
    assert (np.diff(described) > 0).all()
    assert 1 <= len(tuples) <= queries
    assert len(set(tuples.queries.tolist())) == len(tuples)
    assert tuples.rows.max() < 100
    assert np.isin(tuples.negatives, described).all()
    assert len(np.unique(tuples.negatives)) <= pool
    products = np.einsum("td,tnd->tn", world.x[tuples.queries], world.x[tuples.negatives])
    assert (np.diff(products, axis=1) <= 1e-6).all()
    again = epoch_tuples(world.describe, world.clusters, rows[::-1], plan, seed=seed, epoch=2)
    np.testing.assert_array_equal(again.rows, tuples.rows)


def test_every_epoch_draws_anew():
    world, plan = World(), Plan(queries=20, pool=80, negatives=2)
    drawn = [
        epoch_tuples(world.describe, world.clusters, np.arange(120), plan, seed=0, epoch=epoch)
        for epoch in range(2)
    ]
    assert (drawn[0].queries != drawn[1].queries).any()


def test_pairs_that_ask_twice_by_one_query():
    world, plan = World(), Plan(queries=9, pool=120, negatives=4)
    row = np.flatnonzero(world.clusters == world.clusters[0])[:4]
    pairs = np.column_stack([np.repeat(row[0], 3), row[1:]])
    tuples = epoch_tuples(
        world.describe, world.clusters, np.arange(120), plan, seed=0, epoch=0, pairs=pairs
    )
    assert tuples.queries.tolist() == [row[0]] * 3
    assert sorted(tuples.positives.tolist()) == row[1:].tolist()
    assert (tuples.negatives == tuples.negatives[0]).all()
    with pytest.raises(UsageError, match="is not trained on"):
        epoch_tuples(world.describe, world.clusters, row[:3], plan, seed=0, epoch=0, pairs=pairs)


def test_what_cannot_be_mined_is_a_sentence():
    world = World(images=6)
    for clusters, sentence in (
        (np.arange(6), "clusters of two images or more"),
        (np.zeros(6, int), "two clusters or more"),
        (np.repeat([0, 1], 3), "5 negatives a query"),
    ):
        with pytest.raises(UsageError, match=sentence):
            epoch_tuples(world.describe, clusters, np.arange(6), Plan(), seed=0, epoch=0)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"queries": 0}, "queries must be at least 1"),
        ({"pool": 0}, "pool must be at least 1"),
        ({"negatives": -1}, "negatives must be 0 or more"),
        ({"positives": "hard"}, "positives cannot be 'hard'"),
    ],
)
def test_a_wrong_plan_is_a_sentence(wrong, sentence):
    with pytest.raises(UsageError, match=sentence):
        Plan(**wrong)
