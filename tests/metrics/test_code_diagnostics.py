"""Codes looked at closely, against slow twins, and what is said of bad ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics.code_diagnostics import diagnose
from aehash.metrics.code_findings import findings

RNG = np.random.default_rng(0)


def book(bits, labels=None, features=None):
    return Codebook.from_arrays(codes=bits.astype(np.uint8), labels=labels, features=features)


def slow_distances(bits, labels):
    """Count pairs one by one."""
    within, between = (np.zeros(bits.shape[1] + 1, int) for _ in range(2))
    for one in range(len(bits)):
        for other in range(one + 1, len(bits)):
            same = labels[one] >= 0 and labels[one] == labels[other]
            (within if same else between)[(bits[one] != bits[other]).sum()] += 1
    return within, between


@settings(max_examples=30)
@given(st.integers(2, 24), st.integers(1, 40), st.integers(0, 2**31), st.floats(0.05, 0.95))
def test_figures_equal_slow_ones(n, width, seed, share):
    draws = np.random.default_rng(seed)
    bits = draws.random((n, width)) < share
    labels = draws.integers(-1, 3, n)
    found = diagnose(book(bits, labels))
    within, between = slow_distances(bits, labels)
    np.testing.assert_array_equal(found.distances.within, within)
    np.testing.assert_array_equal(found.distances.between, between)
    np.testing.assert_allclose(found.ones, bits.mean(axis=0), atol=1e-12)
    moving = np.flatnonzero(bits.std(axis=0) > 0)
    if len(moving) > 1:
        slow = np.corrcoef(bits[:, moving].T.astype(float))
        np.testing.assert_allclose(found.correlation[np.ix_(moving, moving)], slow, atol=1e-6)
    counts = np.unique(bits, axis=0, return_counts=True)[1]
    np.testing.assert_array_equal(found.collisions, np.sort(counts[counts > 1])[::-1])


def test_effective_bits_leave_out_constant_ones_and_count_copies_once():
    coins = RNG.random((20_000, 8)) < 0.5
    assert diagnose(book(coins)).effective_bits == pytest.approx(8, abs=0.1)
    padded = np.concatenate([coins, np.ones((20_000, 8), bool)], axis=1)
    assert diagnose(book(padded)).effective_bits == pytest.approx(8, abs=0.1)
    twice = np.concatenate([coins, ~coins], axis=1)
    assert diagnose(book(twice)).effective_bits == pytest.approx(8, abs=0.1)
    assert diagnose(book(np.ones((50, 8), bool))).effective_bits == 0


def test_a_sample_is_drawn_by_the_seed_and_said():
    codes = book(RNG.random((300, 16)) < 0.5)
    one, again, other = (diagnose(codes, seed=seed, sample=40).distances for seed in (1, 1, 2))
    assert one.images == 40
    assert one.between.sum() == 40 * 39 // 2
    np.testing.assert_array_equal(one.between, again.between)
    assert (one.between != other.between).any()


def test_pairs_of_images_that_share_one_of_several_labels_are_within():
    labels = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], np.uint8)
    found = diagnose(book(np.eye(3, 8, dtype=bool), labels)).distances
    assert (found.within.sum(), found.between.sum()) == (1, 2)


def test_good_codes_have_no_findings():
    assert findings(diagnose(book(RNG.random((500, 32)) < 0.5))) == []


def test_each_fault_is_named_with_its_remedy():
    coins = RNG.random((400, 16)) < 0.5
    same = np.zeros((400, 16), bool)
    (sentence,) = findings(diagnose(book(same)))
    assert "one and the same code" in sentence
    assert "learning rate" in sentence
    constant = coins & (np.arange(16) > 3)
    (sentence,) = findings(diagnose(book(constant)))
    assert sentence.startswith("4 of 16 bits never change")
    copied = np.concatenate([coins, coins[:, :2]], axis=1)
    (sentence,) = findings(diagnose(book(copied)))
    assert "4 bits repeat another (2 pairs" in sentence
    assert "itq" in sentence
    weak = coins & ((RNG.random(400) < 0.1)[:, None] | (np.arange(16) > 0))
    (sentence,) = findings(diagnose(book(weak)))
    assert sentence.startswith("1 of 16 bits are nearly constant")


def test_features_tell_dead_units_from_a_wrong_threshold():
    features = RNG.normal(size=(400, 8)).astype(np.float32)
    features[:, 0] += 50  # varies, and never crosses zero
    features[:, 1] = 0.3  # does not vary
    (sentence,) = findings(diagnose(book(features > 0, features=features)))
    assert sentence.startswith("2 of 8 bits never change. 1 of them lie on features that do vary")
    assert "1 lie on features that hardly vary: these units are dead" in sentence


def test_features_that_are_never_negative_are_no_dead_encoder():
    """As descriptors of GeM are: one code for all, and yet nothing is wrong with the net."""
    features = RNG.random((400, 8)).astype(np.float32) + 0.1
    (sentence,) = findings(diagnose(book(features > 0, features=features)))
    assert sentence.startswith("8 of 8 bits never change. 8 of them lie on features that do vary")
    assert "aehash codebook binarise" in sentence


def test_one_image_cannot_be_told_apart():
    with pytest.raises(UsageError, match="from two images on"):
        diagnose(book(np.ones((1, 8), bool)))
