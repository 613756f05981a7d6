"""Matches of queries against slow twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.siamese.matches import drawn_matches, drawn_pairs, hardest_matches, with_matches
from aehash.siamese.tuples import Described

EXACT = np.concatenate([np.eye(3), -np.eye(3), [[0.6, 0.8, 0]], [[0, 0.6, -0.8]]]).astype("f4")


def world(seed, images, clusters):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, clusters, images)
    pool = rng.permutation(images)[: rng.integers(1, images + 1)]
    return rng, groups, pool


def others(row, groups, pool):
    return [int(each) for each in pool if each != row and groups[each] == groups[row]]


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), images=st.integers(2, 40), clusters=st.integers(1, 10))
def test_drawn_matches_are_other_images_of_the_cluster(seed, images, clusters):
    rng, groups, pool = world(seed, images, clusters)
    rows = rng.permutation(images)
    expected = [row for row in rows if others(row, groups, pool)]
    if not expected:
        with pytest.raises(UsageError, match="clusters of two images or more"):
            with_matches(rows, groups, pool)
        return
    asked = with_matches(rows, groups, pool)
    assert asked.tolist() == expected
    found = drawn_matches(asked, groups, pool, (seed, 1))
    for row, match in zip(asked, found, strict=True):
        assert match in others(row, groups, pool)
    np.testing.assert_array_equal(found, drawn_matches(asked, groups, pool[::-1], (seed, 1)))
    if len(asked) < images:
        with pytest.raises(UsageError, match="has no other image of its cluster"):
            drawn_matches(rows, groups, pool, 0)


def test_every_other_image_is_drawn_equally_often():
    groups = np.array([1, 0, 0, 1, 0, 0])
    found = drawn_matches(np.full(6000, 2), groups, np.arange(6), 0)
    counts = np.bincount(found, minlength=6)
    assert counts[[0, 2, 3]].tolist() == [0, 0, 0]
    assert np.abs(counts[[1, 4, 5]] - 2000).max() < 200
    assert (drawn_matches(np.full(6000, 2), groups, np.arange(6), 1) != found).any()


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    images=st.integers(2, 40),
    clusters=st.integers(1, 6),
    least=st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]),
)
def test_hardest_matches_are_their_definition(seed, images, clusters, least):
    rng, groups, pool = world(seed, images, clusters)
    x = EXACT[rng.integers(0, len(EXACT), images)]
    queries = Described.of(np.arange(images), groups, x)
    described = Described.of(pool, groups, x[pool])
    expected = []
    for row in range(images):
        rows = others(row, groups, pool)
        products = [float(np.dot(x[row].astype("f8"), x[each].astype("f8"))) for each in rows]
        inside = [value for value in products if value >= least]
        if rows:
            wanted = min(inside) if inside else max(products)
            expected.append(rows[products.index(wanted)])
    if len(expected) < images:
        with pytest.raises(UsageError, match="has no other image of its cluster"):
            hardest_matches(queries, described, least)
    else:
        assert hardest_matches(queries, described, least).tolist() == expected


def test_a_cluster_of_one_image_is_a_sentence():
    with pytest.raises(UsageError, match=r"row 2 .* its cluster 7 .* with 1 of 2 queries"):
        drawn_matches([0, 2], [5, 5, 7], [0, 1, 2], 0)
    every = Described.of([0, 1, 2], [5, 5, 7], EXACT[:3])
    with pytest.raises(UsageError, match=r"row 2 .* its cluster 7 .* with 1 of 3 queries"):
        hardest_matches(every, every)
    with pytest.raises(UsageError, match="None of 3 images has a second one"):
        with_matches([0, 1, 2], [5, 6, 7], [0, 1, 2])


@pytest.mark.parametrize("least", [-1.1, 2, float("nan")])
def test_a_bound_beyond_products_is_a_sentence(least):
    every = Described.of([0, 1], [5, 5], EXACT[:2])
    with pytest.raises(UsageError, match=r"least is .* from -1 to 1"):
        hardest_matches(every, every, least)


def test_pairs_are_drawn_once_each():
    pairs = np.arange(20).reshape(10, 2)
    queries, positives = drawn_pairs(pairs, 6, (0, 3))
    assert len(set(queries.tolist())) == 6
    np.testing.assert_array_equal(positives, queries + 1)
    again = drawn_pairs(pairs, 6, (0, 3))
    np.testing.assert_array_equal(again[0], queries)
    assert sorted(drawn_pairs(pairs, 99, 0)[0].tolist()) == list(range(0, 20, 2))


@pytest.mark.parametrize("pairs", [[], [[0, 1, 2]], [0, 1], [[0.0, 1.0]]])
def test_pairs_that_are_none_are_a_sentence(pairs):
    with pytest.raises(UsageError, match=r"Pairs must be row numbers \(m, 2\), one pair or more"):
        drawn_pairs(pairs, 1, 0)
