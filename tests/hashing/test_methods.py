import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from aehash import covariance
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.hashing import METHODS, Binariser, agh, diffusion, fit_binariser, itq, lsh, pcah, sh
from aehash.whitening import pca_whitening

PIXELS, LABELS = load_digits(return_X_y=True)


def made_of(method, bits):
    return fit_binariser(PIXELS, method, None if method == "sign" else bits)


@st.composite
def cases(draw):
    d = draw(st.integers(2, 10))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = generator.normal(size=(60, d)) * generator.uniform(0.5, 3, d) + generator.normal(size=d)
    return rows, draw(st.integers(1, d)), draw(st.integers(0, 99))


@settings(max_examples=40)
@given(cases())
def test_sign_and_components_are_their_formulas(case):
    rows, bits, _ = case
    centred = rows - rows.mean(axis=0)
    np.testing.assert_array_equal(fit_binariser(rows, "sign").codes(rows), centred > 0)
    axes = pca_whitening(rows, bits, power=0).projection
    np.testing.assert_array_equal(pcah(rows, bits).codes(rows), centred @ axes > 0)


@settings(max_examples=40)
@given(cases(), st.integers(1, 70))
def test_hyperplanes_are_their_formula(case, bits):
    rows, _, seed = case
    normals = np.random.default_rng(seed).normal(size=(rows.shape[1], bits))
    placed = (rows - rows.mean(axis=0)) @ normals
    codes = lsh(rows, bits, seed=seed).codes(rows)
    sure = np.abs(placed) > 1e-9
    np.testing.assert_array_equal(codes[sure], placed[sure] > 0)


def test_rows_differ_in_as_many_hyperplanes_as_the_angle_says():
    rows = PIXELS[:40] - PIXELS.mean(axis=0)
    codes = lsh(PIXELS, 20_000, seed=1).codes(PIXELS[:40])
    apart = (codes[:, None] != codes).mean(axis=2)
    lengths = np.linalg.norm(rows, axis=1)
    angles = np.arccos(np.clip(rows @ rows.T / np.outer(lengths, lengths), -1, 1))
    np.testing.assert_allclose(apart, angles / np.pi, atol=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_packed_codes_are_the_codes_packed_in_blocks_too(method, monkeypatch, tmp_path):
    made = made_of(method, 21)
    codes = made.codes(PIXELS)
    assert codes.dtype == np.bool_ and codes.shape == (1797, 64 if method == "sign" else 21)
    np.save(tmp_path / "rows.npy", PIXELS)
    monkeypatch.setattr(covariance, "_BLOCK", 7 * 64)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    np.testing.assert_array_equal(made.packed(mapped), np.packbits(codes, axis=1))
    book = Codebook.from_arrays(made.packed(mapped), bits=made.bits)
    np.testing.assert_array_equal(book.codes, np.packbits(codes, axis=1))


@pytest.mark.parametrize("method", METHODS)
def test_learning_in_blocks_of_float32_gives_the_same_codes(method, monkeypatch):
    whole = made_of(method, 16).codes(PIXELS)
    monkeypatch.setattr(covariance, "_BLOCK", 7 * 64)
    bits = None if method == "sign" else 16
    made = fit_binariser(PIXELS.astype(np.float32), method, bits)
    assert (made.codes(PIXELS) != whole).mean() < (0.02 if method == "itq" else 1e-4)


def precision(codes):
    apart = (codes[::9, None] != codes).sum(axis=2)
    found = np.argsort(apart, axis=1, kind="stable")[:, :11]
    return float((LABELS[found] == LABELS[::9, None]).mean())


def test_itq_tells_digits_apart_better_than_the_others():
    scores = {m: precision(made_of(m, 32).codes(PIXELS)) for m in METHODS if m != "sign"}
    for other in ("pcah", "lsh", "sh"):
        assert scores["itq"] > scores[other] + 0.02, scores
    for graph in ("agh", "diffusion"):
        assert scores[graph] > 0.9, scores


@pytest.mark.parametrize("method", ["agh", "diffusion", "itq", "lsh"])
def test_the_same_seed_gives_the_same_codes_and_another_gives_others(method):
    one, same, other = (
        fit_binariser(PIXELS, method, 16, seed=seed) for seed in (3, np.int64(3), 4)
    )
    np.testing.assert_array_equal(one.projection, same.projection)
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_binariser_is_the_same(method, tmp_path):
    made = made_of(method, 12)
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
        (("pcah", 62), "number of bits is 62, .* vary along 61 directions only: ask for 61"),
        (("itq", 0), "bits must be from 1"),
        (("lsh", 0), "bits must be from 1"),
        (("sh", True), "bits must be a whole number"),
        (("diffusion", 449), "449 anchors, .* make 448 bits of a graph or fewer, not 449"),
        (("itq",), "itq needs a number of bits"),
        (("sign", 32), "one bit of each of the 64 features, not 32"),
        (("lhs", 32), "There is no method 'lhs'.*lsh"),
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
    for call in (
        made.codes,
        made.packed,
        *(lambda x, m=m: fit_binariser(x, m, 64) for m in METHODS),
    ):
        with pytest.raises(AehashError, match="NaN in 1 rows, the first of them row 5"):
            call(bad)
    for method in (itq, pcah, sh, agh, diffusion):
        with pytest.raises(AehashError, match="one and the same"):
            method(np.ones((40, 4)), 2)
    for method in (itq, lsh, agh, diffusion):
        for wrong in ("x", -1, None, True):
            with pytest.raises(UsageError, match="seed must be"):
                method(PIXELS, 8, seed=wrong)
    with pytest.raises(UsageError, match="rotations must be"):
        itq(PIXELS, 8, rotations=0)


def test_a_phase_must_fit_the_bits():
    with pytest.raises(UsageError, match=r"phase \(3,\) must be \(bits,\)"):
        Binariser("sh", np.zeros(4), np.ones((4, 2)), {"rows": 9}, phase=np.zeros(3))
