"""The graph of mutual neighbours against a slow twin, and walks in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash import neighbour_graph
from aehash.errors import UsageError
from aehash.neighbour_graph import NeighbourGraph, parts, purity


def twin(features, k):
    """Each image's k nearest others by sorting, ties in order; joined where both agree."""
    count = len(features)
    named = []
    for row in range(count):
        far = [np.sum((features[row].astype(float) - other) ** 2) for other in features]
        others = sorted((far[other], other) for other in range(count) if other != row)
        named.append({other for _, other in others[:k]})
    return [
        [other for other in range(count) if other in named[row] and row in named[other]]
        for row in range(count)
    ]


def listed(graph):
    return [part.tolist() for part in np.split(graph.neighbours, graph.offsets[1:-1])]


@settings(max_examples=60)
@given(
    count=st.integers(2, 40),
    width=st.integers(1, 3),
    k=st.integers(1, 8),
    levels=st.sampled_from([1, 3, 1000]),
    seed=st.integers(0, 999),
)
def test_the_graph_is_its_definition(count, width, k, levels, seed):
    """With few levels many images are equally near, or equal."""
    rng = np.random.default_rng(seed)
    features = rng.integers(-levels, levels, (count, width)).astype(np.float32)
    k = min(k, count - 1)
    graph = NeighbourGraph.from_features(features, k)
    assert listed(graph) == twin(features, k)
    assert len(graph) == count
    assert graph.degrees.tolist() == [len(each) for each in twin(features, k)]


def test_blocks_are_as_good_as_one(monkeypatch):
    features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    whole = NeighbourGraph.from_features(features, 4)
    monkeypatch.setattr(neighbour_graph, "_QUERIES", 7)
    assert listed(NeighbourGraph.from_features(features, 4)) == listed(whole)


def shared_twin(features, k, shared, around):
    """The twin's edges whose ends name enough of the same others, or else the best."""
    joined, named = twin(features, k), []
    for row in range(len(features)):
        far = [np.sum((features[row].astype(float) - other) ** 2) for other in features]
        others = sorted((far[other], other) for other in range(len(features)) if other != row)
        named.append({other for _, other in others[: max(k, around)]})
    kept = []
    for row, ends in enumerate(joined):
        common = [len(named[row] & named[end]) / len(named[row] | named[end]) for end in ends]
        best = [ends[int(np.argmax(common))]] if ends else []
        kept.append(
            [end for end, value in zip(ends, common, strict=True) if value >= shared] or best
        )
    return kept


@settings(max_examples=40)
@given(
    count=st.integers(3, 30),
    k=st.integers(1, 6),
    around=st.integers(1, 12),
    shared=st.sampled_from([0.1, 0.3, 0.5, 1.0]),
    seed=st.integers(0, 999),
)
def test_edges_need_enough_neighbours_in_common(count, k, around, shared, seed):
    features = np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32)
    k = min(k, count - 1)
    graph = NeighbourGraph.from_features(features, k, shared=shared, around=around)
    assert listed(graph) == shared_twin(features, k, shared, around)


def test_pruning_leaves_walks_in_their_clusters():
    """Two clouds that overlap a little: of fewer walks, fewer cross."""
    rng = np.random.default_rng(0)
    sides = np.repeat([0, 1], 300)
    features = rng.normal(size=(600, 8)).astype(np.float32)
    features[:, 0] += 4 * sides

    def crossing(shared):
        graph = NeighbourGraph.from_features(features, 10, shared=shared)
        ends = np.concatenate([sides[graph.positives(30, 0, epoch)] for epoch in range(20)])
        return float((ends != np.tile(sides, 20)).mean())

    assert 0 < crossing(0.3) < crossing(0.0) / 2


def chain():
    """0 – 1 – 2 – 3, and 4 alone."""
    return NeighbourGraph.from_nearest(np.array([[1, 1], [0, 2], [1, 3], [2, 2], [4, 3]]))


def test_from_nearest_by_hand():
    assert listed(chain()) == [[1], [0, 2], [1, 3], [2], []]
    assert parts(chain()).tolist() == [4, 1]
    assert len(NeighbourGraph.from_nearest(np.empty((0, 3), np.int64))) == 0


@settings(max_examples=40)
@given(count=st.integers(2, 30), steps=st.integers(0, 5), seed=st.integers(0, 99))
def test_walks_go_along_edges(count, steps, seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 2)).astype(np.float32)
    graph = NeighbourGraph.from_features(features, min(3, count - 1))
    reached = [{row} for row in range(count)]
    joined = listed(graph)
    for _ in range(steps):
        reached = [{end for at in ends for end in joined[at] or [at]} for ends in reached]
    ends = graph.positives(steps, seed)
    assert all(end in reached[row] for row, end in enumerate(ends))


def test_steps_are_drawn_evenly():
    rng = np.random.default_rng(0)
    assert set(chain().walk(np.array([0, 3, 4]), 0, rng)) == {0, 3, 4}
    ends = chain().walk(np.ones(20000, np.int64), 1, rng)
    assert np.mean(ends == 0) == pytest.approx(0.5, abs=0.02)
    assert set(ends) == {0, 2}
    two = chain().walk(np.zeros(20000, np.int64), 2, rng)
    assert np.mean(two == 0) == pytest.approx(0.5, abs=0.02)
    assert chain().walk(np.full(9, 4), 3, rng).tolist() == [4] * 9


def test_positives_are_the_seeds_and_the_epochs():
    features = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    graph = NeighbourGraph.from_features(features, 8)
    again = NeighbourGraph.from_features(features, 8)
    np.testing.assert_array_equal(graph.positives(5, 1, 2), again.positives(5, 1, 2))
    assert (graph.positives(5, 1, 2) != graph.positives(5, 1, 3)).any()
    assert (graph.positives(5, 1, 2) != graph.positives(5, 2, 2)).any()


def test_a_graph_without_edges():
    alone = NeighbourGraph.from_nearest(np.array([[1], [2], [0]]))
    assert alone.positives(4, 0).tolist() == [0, 1, 2]
    assert parts(alone).tolist() == [1, 1, 1]
    share, own = purity(np.zeros(3, np.int64), alone.positives(4, 0))
    assert np.isnan(share)
    assert own == 1.0


def test_joined_by_hand():
    found = chain().joined(np.array([2, 0, 1, 2, 4]))
    expected = [
        [1, 0, 1, 1, 0],
        [0, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 0, 1, 1, 0],
        [0, 0, 0, 0, 1],
    ]
    assert found.astype(int).tolist() == expected


@settings(max_examples=40)
@given(count=st.integers(2, 30), batch=st.integers(0, 12), seed=st.integers(0, 99))
def test_joined_is_its_definition(count, batch, seed):
    rng = np.random.default_rng(seed)
    graph = NeighbourGraph.from_features(
        rng.normal(size=(count, 2)).astype(np.float32), min(4, count - 1)
    )
    near, rows = listed(graph), rng.integers(0, count, batch)
    expected = [[int(a == b or b in near[a]) for b in rows] for a in rows]
    assert graph.joined(rows).astype(int).tolist() == expected


def test_purity_by_hand():
    positives = np.array([1, 2, 2, 0])
    assert purity(np.array([5, 5, 7, 5]), positives) == (pytest.approx(2 / 3), 0.25)
    hot = np.array([[1, 0], [1, 1], [0, 1], [1, 0]], np.uint8)
    assert purity(hot, positives) == (1.0, 0.25)


def test_wrong_use_is_a_sentence():
    features = np.zeros((3, 2), np.float32)
    with pytest.raises(UsageError, match="lower k to 2 or less"):
        NeighbourGraph.from_features(features, 3)
    with pytest.raises(UsageError, match="k must be"):
        NeighbourGraph.from_features(features, 0)
    with pytest.raises(UsageError, match="has rows 0 to 4"):
        chain().walk(np.array([5]), 1, np.random.default_rng(0))
    with pytest.raises(UsageError, match="steps must be"):
        chain().walk(np.array([0]), -1, np.random.default_rng(0))


@pytest.mark.data
@pytest.mark.slow
def test_digits_are_joined_with_their_own_class(data_file):
    """Pixels of MNIST: neighbours are nearly always of one class, and longer walks less so."""
    with np.load(data_file("mnist.npz")) as file:
        images, labels = file["x_train"][:4000], file["y_train"][:4000]
    features = images.reshape(len(images), -1).astype(np.float32)
    graph = NeighbourGraph.from_features(features, 10)
    near, far = (purity(labels, graph.positives(steps, 0))[0] for steps in (1, 30))
    assert 0.9 < near < 1
    assert 0.3 < far < near
