import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits, make_circles

from aehash import covariance, parallel
from aehash.errors import AehashError, UsageError
from aehash.hashing import agh, anchors, diffusion, fit_binariser
from aehash.hashing.anchors import Anchors, centres

PIXELS, LABELS = load_digits(return_X_y=True)


def rows_of(seed, n=90, d=4):
    return np.random.default_rng(seed).normal(size=(n, d)) * [3, 2, 1, 1][:d] + 5


def dense(made, rows):
    """The published code's Z, for anchors and reach that are given."""
    points = made.anchors.points + made.mean
    squares = ((rows[:, None] - points) ** 2).sum(axis=2)
    weights = np.zeros_like(squares)
    for row, each in enumerate(squares):
        nearest = np.argsort(each)[: made.anchors.nearest]
        raised = np.exp(-each[nearest] / made.anchors.reach)
        weights[row, nearest] = raised / raised.sum()
    return weights


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_it_is_the_published_code(seed, bits):
    train, asked = rows_of(seed), rows_of(seed + 1)
    made = agh(train, bits, anchors=20)
    weights = dense(made, train)
    points = made.anchors.points + made.mean
    last = np.sort(np.sqrt(((train[:, None] - points) ** 2).sum(axis=2)))[:, 4]
    np.testing.assert_allclose(made.anchors.reach, last.mean() ** 2)
    masses = weights.sum(axis=0)
    kept = masses > 0
    matrix = weights.T @ weights / np.sqrt(np.outer(masses, masses) + ~np.outer(kept, kept))
    values, vectors = np.linalg.eigh(matrix)
    if values[-2] > 1 - 1e-6:
        return  # the graph is in two pieces, and the published code drops any vector of theirs
    order = np.argsort(values)[::-1][1 : bits + 1]
    half = np.where(kept, 1 / np.sqrt(np.where(kept, masses, 1)), 0)
    found = vectors[:, order] * half[:, None] / np.sqrt(values[order])
    for rows in (train, asked):
        expected = dense(made, rows) @ found
        ours = dense(made, rows) @ made.projection
        expected *= np.sign((expected * ours).sum(axis=0))
        np.testing.assert_allclose(ours, expected, atol=1e-6 * np.abs(expected).max())
        sure = np.abs(ours) > 1e-9
        np.testing.assert_array_equal(made.codes(rows)[sure], ours[sure] > 0)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_the_turned_places_are_where_a_random_walk_leads(seed, steps):
    rows = rows_of(seed)
    first = agh(rows, 6, anchors=12)
    weights = dense(first, rows)
    masses = weights.sum(axis=0)
    kept = masses > 0
    walk = weights[:, kept] / masses[kept] @ weights[:, kept].T
    np.testing.assert_allclose(walk.sum(axis=1), 1)
    bits = np.linalg.matrix_rank(walk, tol=1e-8) - 1
    made = diffusion(rows, bits, anchors=12, steps=steps)
    placed = dense(made, rows) @ made.projection
    second = np.sort(np.linalg.eigvalsh(walk))[-2]
    led = np.linalg.matrix_power(walk, 2 * steps) - 1 / len(rows)
    np.testing.assert_allclose(placed @ placed.T * second ** (2 * steps), led, atol=1e-8)


def test_pieces_that_do_not_touch_get_codes_of_their_own():
    generator = np.random.default_rng(0)
    rows = np.concatenate([generator.normal([100 * k, 0, 0], size=(200, 3)) for k in range(3)])
    codes = diffusion(rows, 8, anchors=60).codes(rows)
    pieces = [np.unique(codes[200 * k : 200 * k + 200], axis=0) for k in range(3)]
    assert len(np.unique(np.concatenate(pieces), axis=0)) == sum(map(len, pieces))


def test_the_slowest_eigenvector_parts_rings_that_no_hyperplane_does():
    rows, ring = make_circles(1200, factor=0.4, noise=0.03, random_state=0)
    inner = agh(rows, 1).codes(rows)[:, 0] == ring
    assert inner.all() or not inner.any()
    assert 0.4 < (fit_binariser(rows, "itq", 1).codes(rows)[:, 0] == ring).mean() < 0.6


@pytest.mark.parametrize("count", [7, 30])
def test_centres_are_those_of_k_means_and_no_matter_how_many_threads(count, monkeypatch):
    table = rows_of(5, n=1500)
    mean = table.mean(axis=0)
    made = centres(table, mean, count, seed=3)
    rows = table - mean
    points = rows[np.sort(np.random.default_rng(3).permutation(len(rows))[:count])]
    for _ in range(5):
        nearest = ((rows[:, None] - points) ** 2).sum(axis=2).argmin(axis=1)
        points = np.stack([rows[nearest == each].mean(axis=0) for each in range(count)])
    apart = np.linalg.norm(made[:, None] - points, axis=2)
    assert len(made) == count
    assert apart.min(axis=0).max() < 1e-3 and apart.min(axis=1).max() < 1e-3
    monkeypatch.setattr(parallel, "cores", lambda: 1)
    np.testing.assert_array_equal(centres(table, mean, count, seed=3), made)


def test_centres_of_many_rows_are_learned_from_some(monkeypatch):
    monkeypatch.setattr(anchors, "_SAMPLE", 64 * 50)
    made = centres(PIXELS, PIXELS.mean(axis=0), 10, seed=0)
    assert made.shape == (10, 64)
    with pytest.raises(UsageError, match="10 centres need as many rows, and there are 4"):
        centres(PIXELS[:4], PIXELS.mean(axis=0), 10, seed=0)


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_weights_sum_to_one_and_are_largest_for_the_nearest(seed):
    generator = np.random.default_rng(seed)
    made = Anchors(generator.normal(size=(9, 3)), 4, 2.0)
    places, weights = made.weights(generator.normal(size=(20, 3)) * 10)
    assert places.shape == weights.shape == (20, 4) and (np.diff(places) > 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_blocks_do_not_matter(monkeypatch):
    whole = diffusion(PIXELS, 16)
    codes = whole.codes(PIXELS)
    monkeypatch.setattr(covariance, "_BLOCK", 7 * 64)
    assert (diffusion(PIXELS.astype(np.float32), 16).codes(PIXELS) != codes).mean() < 0.02
    np.testing.assert_array_equal(whole.codes(PIXELS), codes)


def test_rows_that_say_too_little_are_refused():
    few = np.repeat(np.eye(5), 20, axis=0)
    with pytest.raises(
        AehashError, match=r"no more different values than there are anchors|too many"
    ):
        agh(few, 6, anchors=20)
    with pytest.raises(UsageError, match=r"10 anchors, .* make 9 bits of a graph or fewer, not 12"):
        agh(PIXELS[:40], 12)
    for name in ("steps", "rotations"):
        with pytest.raises(UsageError, match=f"{name} must be at least 1"):
            diffusion(PIXELS, 8, **{name: 0})
