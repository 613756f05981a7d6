"""Losses of codes against their definition in numpy, by hand, and by finite differences."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from slopes import EXAMPLES, FLOAT, check_gradient, gradient, value

from aehash import losses
from aehash.errors import UsageError

TIGHT = {"float64": 1e-9, "float32": 2e-5}[FLOAT]


def features(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-0.95, 0.95, shape)


def decorrelation_twin(x):
    covariances = np.cov(x, rowvar=False, bias=True).reshape(x.shape[1], x.shape[1])
    bits = range(x.shape[1])
    others = [[covariances[i, j] ** 2 for j in bits if j != i] for i in bits]
    return np.array([np.mean(each) if each else 0.0 for each in others])


def quantisation_twin(x):
    return np.mean(np.minimum((x - 1) ** 2, (x + 1) ** 2), axis=1)


def agreement_twin(first, second, temperature, ignored=None):
    """The definition, one anchor and one other at a time."""
    views, count = [first, second], len(first)
    found = np.zeros(count)
    for row, view in np.ndindex(count, 2):
        anchor, scores, right = views[view][row], [], None
        for other, side in np.ndindex(count, 2):
            if (other, side) == (row, view):
                continue
            code = views[side][other]
            score = anchor @ code / np.linalg.norm(anchor) / np.linalg.norm(code) / temperature
            if other == row:
                right = score
            elif ignored is not None and ignored[row, other]:
                continue
            scores.append(score)
        found[row] += 0.5 * (np.log(np.sum(np.exp(scores))) - right)
    return found


def bottleneck_twin(first, second):
    p, q = (1 + first) / 2, (1 + second) / 2
    return 0.5 * np.sum((p - q) * (np.log(p / (1 - p)) - np.log(q / (1 - q))), axis=1)


def both(x):
    return x[:, 0], x[:, 1]


@settings(max_examples=EXAMPLES)
@given(count=st.integers(1, 6), bits=st.integers(1, 7), seed=st.integers(0, 999))
def test_losses_of_features_are_their_definitions(count, bits, seed):
    x = features(count, bits, seed=seed)
    given_x = x.astype(FLOAT)
    np.testing.assert_allclose(
        value(losses.decorrelation(given_x)), decorrelation_twin(x), atol=TIGHT
    )
    np.testing.assert_allclose(
        value(losses.quantisation(given_x)), quantisation_twin(x), atol=TIGHT
    )


@settings(max_examples=EXAMPLES)
@given(
    count=st.integers(1, 6),
    bits=st.integers(1, 7),
    temperature=st.floats(0.05, 2),
    share=st.sampled_from([None, 0.0, 0.3, 1.0]),
    seed=st.integers(0, 999),
)
def test_losses_of_two_views_are_their_definitions(count, bits, temperature, share, seed):
    first, second = features(2, count, bits, seed=seed)
    ignored = None
    if share is not None:
        ignored = np.random.default_rng(seed).random((count, count)) < share
        ignored |= ignored.T
    found = losses.agreement(first.astype(FLOAT), second.astype(FLOAT), temperature, ignored)
    expected = agreement_twin(first, second, temperature, ignored)
    np.testing.assert_allclose(value(found), expected, atol=TIGHT / temperature)
    found = losses.bottleneck(first.astype(FLOAT), second.astype(FLOAT))
    np.testing.assert_allclose(value(found), bottleneck_twin(first, second), atol=10 * TIGHT)


def test_decorrelation_by_hand():
    """The first two bits are equal, the third is independent of them."""
    x = np.array([[1, 1, 1], [1, 1, -1], [-1, -1, 1], [-1, -1, -1]], "float32")
    assert value(losses.decorrelation(x)).tolist() == [0.5, 0.5, 0.0]
    assert value(losses.decorrelation(x[:, 2:])).tolist() == [0.0]
    assert value(losses.decorrelation(np.array([[1, 1], [-1, -1]], "float32"))).tolist() == [1, 1]


def test_quantisation_by_hand():
    x = np.array([[1.0, -1.0], [0.5, -0.5], [0.0, 1.0]], "float32")
    assert value(losses.quantisation(x)).tolist() == [0.0, 0.25, 0.5]


def test_agreement_by_hand():
    """Cosines of 1 and 0: one right score beside 2 · (3 − 1) wrong ones."""
    x = np.eye(3, dtype="float32")
    expected = np.log(np.exp(2) + 4) - 2
    assert value(losses.agreement(x, 5 * x, temperature=0.5)) == pytest.approx([expected] * 3)
    same = np.ones((3, 4), "float32")
    assert value(losses.agreement(same, same)) == pytest.approx([np.log(5)] * 3)
    everyone = np.ones((3, 3), "float32")
    assert value(losses.agreement(x, -x, ignored=everyone)) == pytest.approx([0.0] * 3)
    pair = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], bool)
    found = value(losses.agreement(same, same, ignored=pair))
    assert found == pytest.approx([np.log(3), np.log(3), np.log(5)])


def test_bottleneck_by_hand():
    """Probabilities of 3/4 and 1/2."""
    first, second = np.array([[0.5]], "float32"), np.array([[0.0]], "float32")
    assert value(losses.bottleneck(first, second)) == pytest.approx([0.5 * 0.25 * np.log(3)])
    assert value(losses.bottleneck(first, first)).tolist() == [0.0]
    ends = np.array([[1.0, -1.0]], "float32")
    assert np.isfinite(value(losses.bottleneck(ends, -ends))).all()


def test_masked_reconstruction_by_hand():
    images = np.zeros((2, 2, 2, 3), "float32")
    outputs = np.full((2, 2, 2, 3), 0.5, "float32")
    outputs[0, 0, 0] = (1.0, 0.0, 0.0)
    hidden = np.zeros((2, 2, 2, 1), "float32")
    hidden[0, 0, :] = 1
    found = value(losses.masked_squared_error(images, outputs, hidden))
    assert found == pytest.approx([(1 / 3 + 0.25) / 2, 0.0])
    stored = np.zeros((2, 2, 2, 3), np.uint8)
    loss = losses.MaskedReconstruction()
    assert float(loss(stored, np.concatenate([outputs, hidden], -1))) == pytest.approx(found.mean())


@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_those_of_finite_differences(seed):
    x = features(5, 4, seed=seed)
    check_gradient(losses.decorrelation, decorrelation_twin, x)
    check_gradient(losses.quantisation, quantisation_twin, x)
    pairs = features(4, 2, 3, seed=seed)
    check_gradient(
        lambda each: losses.agreement(*both(each), 0.5),
        lambda each: agreement_twin(*both(each), 0.5),
        pairs,
    )
    ignored = np.eye(4)[::-1]
    check_gradient(
        lambda each: losses.agreement(*both(each), 0.5, ignored),
        lambda each: agreement_twin(*both(each), 0.5, ignored),
        pairs,
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_bottleneck_holds_the_other_view_fixed(seed):
    """Its gradient is that of one divergence by the view that is not fixed."""

    def divergence(p, q):
        return np.sum(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)), axis=1)

    first, second = features(2, 3, 4, seed=seed)
    check_gradient(
        lambda each: losses.bottleneck(each, ops.cast(second, FLOAT)),
        lambda each: 0.5 * divergence((1 + each) / 2, (1 + second) / 2),
        first,
    )


def test_zeros_and_equal_codes_have_finite_gradients():
    for x in (np.zeros((3, 2, 4), "float32"), np.ones((3, 2, 4), "float32")):
        for loss in (losses.agreement, losses.bottleneck):
            assert np.isfinite(gradient(lambda each, loss=loss: loss(*both(each)), x)).all()
        for loss in (losses.decorrelation, losses.quantisation):
            assert np.isfinite(gradient(lambda each, loss=loss: loss(each[:, 0]), x)).all()


def test_low_temperatures_and_long_rows_stay_finite():
    x = features(64, 2, 16).astype("float32")
    found = losses.agreement(*both(x), temperature=0.005)
    assert np.isfinite(value(found)).all()
    assert np.isfinite(
        gradient(lambda each: losses.agreement(*both(each), temperature=0.005), x)
    ).all()


CLASSES = [
    losses.Agreement(0.2),
    losses.NeighbourAgreement(0.7),
    losses.Bottleneck(),
    losses.Decorrelation(name="other"),
    losses.Quantisation(),
    losses.MaskedReconstruction(),
]


@pytest.mark.parametrize("loss", CLASSES, ids=lambda loss: type(loss).__name__)
def test_losses_survive_serialisation(loss):
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("loss", CLASSES, ids=lambda loss: type(loss).__name__)
def test_half_precision_is_computed_in_single(loss):
    shape = (4, 3, 3, 2) if isinstance(loss, losses.MaskedReconstruction) else (4, 2, 8)
    if isinstance(loss, losses.Decorrelation | losses.Quantisation):
        shape = (4, 8)
    half = features(*shape).astype("float16")
    targets = np.eye(4, dtype="float32")
    if len(shape) == 4:
        targets = np.zeros((*shape[:3], 1), np.uint8)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        found = loss(targets, half)
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert float(found) == float(loss(targets, half.astype("float32")))


def test_classes_are_their_functions():
    x = features(5, 2, 6).astype("float32")
    near = np.eye(5, dtype="float32")[::-1].copy()
    first, second = both(x)
    wide = np.concatenate([near, np.ones((5, 2), "float32")], axis=1)
    blank = np.zeros((5, 1), "float32")
    for loss, targets, expected in [
        (losses.Agreement(0.2), blank, losses.agreement(first, second, 0.2)),
        (losses.NeighbourAgreement(0.2), near, losses.agreement(first, second, 0.2, near)),
        (losses.NeighbourAgreement(0.2), wide, losses.agreement(first, second, 0.2, near)),
        (losses.Bottleneck(), blank, losses.bottleneck(first, second)),
    ]:
        assert float(loss(targets, x)) == pytest.approx(value(expected).mean(), rel=1e-6)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
@pytest.mark.parametrize("make", [losses.Agreement, losses.NeighbourAgreement])
def test_a_wrong_temperature_is_a_sentence(make, temperature):
    with pytest.raises(UsageError, match=r"must be above 0\. Usual is 0\.3"):
        make(temperature)
