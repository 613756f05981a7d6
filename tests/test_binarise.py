import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from aehash import binarise, covariance
from aehash.binarise import Binariser, fit_binariser, itq, pcah
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.whitening import pca_whitening

PIXELS, LABELS = load_digits(return_X_y=True)


@st.composite
def cases(draw):
    d = draw(st.integers(2, 10))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = generator.normal(size=(60, d)) * generator.uniform(0.5, 3, d) + generator.normal(size=d)
    return rows, draw(st.integers(1, d)), draw(st.integers(0, 99))


def by_formula(rows, bits, seed):
    """Gong and Lazebnik's published steps, the descriptors placed by scikit-learn."""
    placed = PCA(bits, svd_solver="full").fit_transform(rows)
    ours = pca_whitening(rows, bits, power=0)
    turned = (rows - ours.mean) @ ours.projection
    placed *= np.where((turned * placed).sum(axis=0) < 0, -1, 1)
    turn = binarise._rotation(bits, seed)
    for _ in range(50):
        signs = np.sign(placed @ turn)
        one, _, other = np.linalg.svd(signs.T @ placed)
        turn = other.T @ one.T
    return placed @ turn > 0


@settings(max_examples=40, deadline=None)
@given(cases())
def test_itq_is_the_published_algorithm(case):
    rows, bits, seed = case
    ours = itq(rows, bits, seed=seed).codes(rows)
    assert (ours != by_formula(rows, bits, seed)).mean() < 0.02


@settings(max_examples=40, deadline=None)
@given(cases())
def test_its_directions_are_the_components_turned(case):
    rows, bits, seed = case
    made = itq(rows, bits, seed=seed)
    np.testing.assert_allclose(made.projection.T @ made.projection, np.eye(bits), atol=1e-9)
    axes = pca_whitening(rows, bits, power=0).projection
    np.testing.assert_allclose(axes @ (axes.T @ made.projection), made.projection, atol=1e-9)
    placed, first = (rows - made.mean) @ axes, binarise._rotation(bits, seed)

    def loss(turn):
        return float(np.square(np.where(placed @ turn > 0, 1, -1) - placed @ turn).sum())

    assert loss(axes.T @ made.projection) <= loss(first) + 1e-6


@settings(max_examples=40, deadline=None)
@given(cases())
def test_sign_and_components_are_their_formulas(case):
    rows, bits, _ = case
    centred = rows - rows.mean(axis=0)
    np.testing.assert_array_equal(fit_binariser(rows, "sign").codes(rows), centred > 0)
    axes = pca_whitening(rows, bits, power=0).projection
    np.testing.assert_array_equal(pcah(rows, bits).codes(rows), centred @ axes > 0)


@pytest.mark.parametrize("method", binarise.METHODS)
def test_packed_codes_are_the_codes_packed_in_blocks_too(method, monkeypatch, tmp_path):
    made = fit_binariser(PIXELS, method, None if method == "sign" else 21)
    codes = made.codes(PIXELS)
    assert codes.dtype == np.bool_ and codes.shape == (1797, 64 if method == "sign" else 21)
    np.save(tmp_path / "rows.npy", PIXELS)
    monkeypatch.setattr(covariance, "_BLOCK", 7 * 64)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    np.testing.assert_array_equal(made.packed(mapped), np.packbits(codes, axis=1))
    book = Codebook.from_arrays(made.packed(mapped), bits=made.bits)
    np.testing.assert_array_equal(book.codes, np.packbits(codes, axis=1))


def test_a_rotation_can_be_learned_from_fewer_rows_and_it_is_said(monkeypatch):
    monkeypatch.setattr(binarise, "_SAMPLE", 16 * 100)
    made = itq(PIXELS, 16)
    assert made.facts["sample"] == 100
    assert "1,797 rows; the rotation from 100 of them" in made.summary
    assert "evenly" not in fit_binariser(PIXELS, "pcah", 16).summary


def precision(codes):
    apart = (codes[::9, None] != codes).sum(axis=2)
    found = np.argsort(apart, axis=1, kind="stable")[:, :11]
    return float((LABELS[found] == LABELS[::9, None]).mean())


def test_itq_tells_digits_apart_better_than_components_and_random_directions():
    rows = PIXELS - PIXELS.mean(axis=0)
    chance = precision(rows @ np.random.default_rng(0).normal(size=(64, 32)) > 0)
    scores = {m: precision(fit_binariser(PIXELS, m, 32).codes(PIXELS)) for m in ("itq", "pcah")}
    assert scores["itq"] > scores["pcah"] + 0.02
    assert scores["itq"] > chance + 0.02


def test_the_same_seed_gives_the_same_codes_and_another_gives_others():
    one, same, other = (itq(PIXELS, 16, seed=seed) for seed in (3, np.int64(3), 4))
    np.testing.assert_array_equal(one.projection, same.projection)
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize("method", binarise.METHODS)
def test_a_saved_binariser_is_the_same(method, tmp_path):
    made = fit_binariser(PIXELS, method, None if method == "sign" else 12)
    made.save(tmp_path / "stage.npz")
    again = Binariser.load(tmp_path / "stage.npz")
    assert (again.digest, again.summary) == (made.digest, made.summary)
    np.testing.assert_array_equal(again.codes(PIXELS), made.codes(PIXELS))
    pca_whitening(PIXELS, 8).save(tmp_path / "stage.npz")
    with pytest.raises(AehashError, match="holds a saved whitening, where a binariser is wanted"):
        Binariser.load(tmp_path / "stage.npz")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("itq", 65), "65 bits cannot be made of 64 features"),
        (("itq", 64), "number of bits is 64, .* vary along 61 directions only: ask for 61"),
        (("pcah", 62), "vary along 61 directions"),
        (("itq", 0), "bits must be from 1"),
        (("itq",), "itq needs a number of bits"),
        (("sign", 32), "one bit of each of the 64 features, not 32"),
        (("lsh", 32), "There is no method 'lsh'"),
    ],
)
def test_what_cannot_be_made_is_refused(arguments, said):
    with pytest.raises(UsageError, match=said):
        fit_binariser(PIXELS, *arguments)


def test_features_that_cannot_be_are_refused():
    made = itq(PIXELS, 8)
    with pytest.raises(UsageError, match="have 10 a row, and this was learned on 64"):
        made.codes(PIXELS[:, :10])
    bad = PIXELS.copy()
    bad[5, 5] = np.nan
    for call in (made.codes, made.packed, lambda rows: fit_binariser(rows, "sign")):
        with pytest.raises(AehashError, match="NaN in 1 rows, the first of them row 5"):
            call(bad)
    with pytest.raises(AehashError, match="one and the same"):
        itq(np.ones((20, 4)), 2)
    for wrong in ("x", -1, None, True):
        with pytest.raises(UsageError, match="seed must be"):
            itq(PIXELS, 8, seed=wrong)
    with pytest.raises(UsageError, match="rotations must be"):
        itq(PIXELS, 8, rotations=0)
