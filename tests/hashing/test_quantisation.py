import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from aehash.hashing import fit_binariser, itq, quantisation
from aehash.hashing.quantisation import first_rotation, next_rotation
from aehash.whitening import pca_whitening

PIXELS, _ = load_digits(return_X_y=True)


@st.composite
def cases(draw):
    """Rows that vary along some of their directions, and bits up to their width."""
    d = draw(st.integers(2, 10))
    rank = draw(st.integers(1, d))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = generator.normal(size=(60, rank)) @ generator.normal(size=(rank, d))
    return rows + generator.normal(size=d), rank, draw(st.integers(1, d)), draw(st.integers(0, 99))


def by_formula(rows, bits, seed):
    """Gong and Lazebnik's published steps, the descriptors placed by scikit-learn."""
    placed = PCA(bits, svd_solver="full").fit_transform(rows)
    ours = pca_whitening(rows, bits, power=0)
    turned = (rows - ours.mean) @ ours.projection
    placed *= np.where((turned * placed).sum(axis=0) < 0, -1, 1)
    turn = first_rotation(bits, seed)
    for _ in range(50):
        signs = np.sign(placed @ turn)
        one, _, other = np.linalg.svd(signs.T @ placed)
        turn = other.T @ one.T
    return placed @ turn > 0


@settings(max_examples=40)
@given(cases())
def test_it_is_the_published_algorithm(case):
    rows, rank, bits, seed = case
    bits = min(bits, rank)
    ours = itq(rows, bits, seed=seed).codes(rows)
    assert (ours != by_formula(rows, bits, seed)).mean() < 0.02


def error(placed, turn):
    turned = placed @ turn
    return float(np.square(np.where(turned > 0, 1, -1) - turned).sum())


@settings(max_examples=60)
@given(cases())
def test_the_quantisation_error_never_rises(case):
    rows, rank, bits, seed = case
    axes = pca_whitening(rows, min(bits, rank), power=0)
    placed = (rows - axes.mean) @ axes.projection
    turn = first_rotation(bits, seed)[: axes.dimensions]
    errors = [error(placed, turn)]
    for _ in range(50):
        turn = next_rotation(placed, turn)
        np.testing.assert_allclose(turn @ turn.T, np.eye(axes.dimensions), atol=1e-9)
        errors.append(error(placed, turn))
    assert (np.diff(errors) <= 1e-9 * errors[0]).all()
    made = itq(rows, bits, seed=seed)
    np.testing.assert_allclose(error(rows - made.mean, made.projection), errors[-1], rtol=1e-6)


@settings(max_examples=40)
@given(cases())
def test_its_directions_are_the_components_turned(case):
    rows, rank, bits, seed = case
    made = itq(rows, bits, seed=seed)
    axes = pca_whitening(rows, min(bits, rank), power=0).projection
    turn = axes.T @ made.projection
    np.testing.assert_allclose(turn @ turn.T, np.eye(axes.shape[1]), atol=1e-9)
    np.testing.assert_allclose(axes @ turn, made.projection, atol=1e-9)


def test_there_may_be_more_bits_than_directions_that_vary_and_none_is_constant():
    codes = itq(PIXELS, 64).codes(PIXELS)
    assert np.linalg.matrix_rank(PIXELS - PIXELS.mean(axis=0)) == 61
    assert (np.abs(codes.mean(axis=0) - 0.5) < 0.3).all()


def test_a_rotation_can_be_learned_from_fewer_rows_and_it_is_said(monkeypatch):
    monkeypatch.setattr(quantisation, "_SAMPLE", 16 * 100)
    made = itq(PIXELS, 16)
    assert made.facts["sample"] == 100
    assert "1,797 rows; the rotation from 100 of them" in made.summary
    assert "evenly" not in fit_binariser(PIXELS, "pcah", 16).summary
