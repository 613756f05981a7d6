import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.neighbour_graph import NeighbourGraph
from aehash.walk_length import reach, walk_length


def ring(count, near=2):
    """Join each of a circle's images to its nearest on both sides."""
    offsets = [*range(-near, 0), *range(1, near + 1)]
    return NeighbourGraph.from_nearest((np.arange(count)[:, None] + offsets) % count)


def cliques(count, size, bridges, seed=0):
    """Join all images of a class, and a few across classes."""
    rng = np.random.default_rng(seed)
    images = np.arange(count * size).reshape(count, size)
    pairs = [(a, b) for group in images for a in group for b in group if a != b]
    for a, b in rng.integers(count * size, size=(bridges, 2)):
        pairs += [(a, b), (b, a)] if a != b else []
    rows = np.unique(np.array(pairs), axis=0)
    starts = np.searchsorted(rows[:, 0], np.arange(count * size + 1))
    return NeighbourGraph(starts, rows[:, 1])


def exactly(graph, steps):
    """Follow the shares of walks themselves, from every image."""
    dense = np.zeros((len(graph), len(graph)))
    rows = np.repeat(np.arange(len(graph)), graph.degrees)
    dense[rows, graph.neighbours] = 1 / np.repeat(graph.degrees, graph.degrees)
    shares = np.linalg.matrix_power(dense + np.diag(graph.degrees == 0), steps)
    return np.exp(np.mean(np.log(1 / (shares**2).sum(axis=1))))


@settings(max_examples=15)
@given(st.integers(5, 60), st.integers(1, 2), st.integers(0, 5))
def test_reach_is_what_the_shares_of_all_walks_say(count, near, seed):
    graph, lengths = ring(count, near), [1, 2, 5, 12]
    expected = [exactly(graph, steps) for steps in lengths]
    np.testing.assert_allclose(reach(graph, lengths, seed), expected, rtol=0.08)


def test_walks_reach_a_class_and_no_more_where_nothing_leads_out():
    graph = cliques(6, 25, bridges=0)
    np.testing.assert_allclose(reach(graph, [3, 50]), 25, rtol=0.05)
    assert walk_length(graph, 200, 1.3) < 4


def test_images_without_neighbours_reach_themselves():
    alone = NeighbourGraph.from_nearest(np.empty((4, 0), np.int64))
    assert reach(alone, [1, 7]).tolist() == [1, 1]
    assert walk_length(alone, 200, 1.3) >= 1


def test_large_classes_have_longer_walks_than_small_ones():
    # Rings joined at few places: inside, walks spread slowly, like on the graph of real features.
    def classes(count, size):
        near = (np.arange(size)[:, None] + [-2, -1, 1, 2]) % size
        nearest = np.concatenate([near + size * number for number in range(count)])
        return NeighbourGraph.from_nearest(nearest)

    small, large = (walk_length(classes(960 // size, size), 200, 1.3) for size in (12, 480))
    assert small <= 16 < 150 <= large


def test_equal_seeds_give_equal_lengths_and_the_most_is_kept():
    graph = ring(3000)
    assert walk_length(graph, 77, 1.3, seed=4) == walk_length(graph, 77, 1.3, seed=4) == 77
    assert walk_length(graph, 1, 2.0) == 1


@pytest.mark.parametrize(("most", "growth"), [(0, 1.3), (5, 0.9), (5, 2.1)])
def test_refused(most, growth):
    with pytest.raises(UsageError, match="growth"):
        walk_length(ring(9), most, growth)
