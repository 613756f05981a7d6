"""Pairs of images that match."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aehash.siamese.cluster_pairs import cluster_pairs

CLUSTERS = st.lists(st.integers(-1, 4), max_size=25)


def slow(clusters):
    return {
        (one, other)
        for one, other in itertools.combinations(range(len(clusters)), 2)
        if clusters[one] == clusters[other] >= 0
    }


@given(CLUSTERS)
def test_few_pairs_are_all_pairs(clusters):
    found, total = cluster_pairs(np.array(clusters, int), 1000, 0)
    assert set(map(tuple, found.tolist())) == slow(clusters)
    assert total == len(found) == len(slow(clusters))


@given(CLUSTERS, st.integers(0, 40), st.integers(0, 3))
def test_of_many_some_are_drawn_with_the_seed(clusters, most, seed):
    found, total = cluster_pairs(np.array(clusters, int), most, seed)
    assert total == len(slow(clusters))
    assert len(found) == min(most, total) == len({*map(tuple, found.tolist())})
    assert {*map(tuple, found.tolist())} <= slow(clusters)
    np.testing.assert_array_equal(found, cluster_pairs(np.array(clusters, int), most, seed)[0])


def test_each_pair_is_equally_likely():
    clusters = np.repeat([0, 1], [3, 4])
    drawn = [tuple(cluster_pairs(clusters, 1, seed)[0][0].tolist()) for seed in range(900)]
    counts = [drawn.count(pair) for pair in sorted(slow(clusters.tolist()))]
    assert len(counts) == 9
    assert min(counts) > 60


def test_numbers_of_large_clusters_are_told_apart():
    found, total = cluster_pairs(np.zeros(300_000, int), 5, 1)
    assert total == 300_000 * 299_999 // 2
    assert (found[:, 0] < found[:, 1]).all()
    assert found.max() < 300_000
