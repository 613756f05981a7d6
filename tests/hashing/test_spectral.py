import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from aehash.hashing import sh
from aehash.hashing.spectral import slowest
from aehash.whitening import pca_whitening

PIXELS, _ = load_digits(return_X_y=True)


def by_formula(train, rows, bits):
    """trainSH and compressSH of the published code, line by line; the axes' signs are ours."""
    count = min(bits, np.linalg.matrix_rank(train - train.mean(axis=0)))
    _, axes = np.linalg.eigh(np.cov(train.T))
    axes = axes[:, ::-1][:, :count]
    ours = pca_whitening(train, count, power=0).projection
    axes = axes * np.where((axes * ours).sum(axis=0) < 0, -1, 1)
    placed = train @ axes
    low, high = placed.min(axis=0), placed.max(axis=0)
    reach = high - low
    most = np.ceil((bits + 1) * reach / reach.max()).astype(int)
    modes = np.ones((most.sum() - len(most) + 1, count))
    row = 0
    for i in range(count):
        modes[row + 1 : row + most[i], i] = np.arange(2, most[i] + 1)
        row += most[i] - 1
    modes -= 1
    omegas = modes * (np.pi / reach)
    order = np.argsort((omegas**2).sum(axis=1), kind="stable")
    modes = modes[order[1 : bits + 1]]
    placed = rows @ axes - low
    omegas = modes * (np.pi / reach)
    waves = np.empty((len(rows), bits))
    for i in range(bits):
        waves[:, i] = np.sin(placed * omegas[i] + np.pi / 2).prod(axis=1)
    return waves


@settings(max_examples=60)
@given(st.integers(2, 8), st.integers(1, 40), st.integers(0, 2**32))
def test_it_is_the_published_code(d, bits, seed):
    generator = np.random.default_rng(seed)
    scale = 2.0 ** np.arange(d)  # apart, so that the axes are the same ones
    train, rows = (generator.normal(size=(50, d)) * scale + 3 for _ in range(2))
    for asked in (train, rows):
        expected, codes = by_formula(train, asked, bits), sh(train, bits).codes(asked)
        sure = np.abs(expected) > 1e-6
        np.testing.assert_array_equal(codes[sure], expected[sure] > 0)


@pytest.mark.parametrize("bits", [16, 64, 130])
def test_it_is_the_published_code_on_digits(bits):
    train, rows = PIXELS[:1500].astype(np.float32), PIXELS[1500:]
    expected, codes = by_formula(train.astype(float), rows, bits), sh(train, bits).codes(rows)
    assert (codes != (expected > 0)).mean() < 1e-3


def test_the_slowest_waves_by_hand():
    component, waves = slowest(np.array([4.0, 2.0, 1.0]), 7)
    # k / length: 1/4, then 2/4 and 1/2, 3/4, then 4/4, 2/2 and 1/1
    assert list(zip(component.tolist(), waves.tolist(), strict=True)) == [
        (0, 1), (0, 2), (1, 1), (0, 3), (0, 4), (1, 2), (2, 1),
    ]  # fmt: skip


def test_the_first_bit_halves_the_longest_component_in_the_middle():
    rows = np.stack([np.linspace(0, 10, 101), np.tile([0.0, 1.0], 51)[:101]], axis=1)
    codes = sh(rows, 3).codes(rows)
    assert codes[:, 0].sum() in (50, 51)
    changes = np.flatnonzero(np.diff(codes[:, 1].astype(int)))
    np.testing.assert_allclose(changes, [25, 75], atol=2)
