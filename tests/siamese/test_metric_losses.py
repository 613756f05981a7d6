"""The losses of tuples against their definition in numpy, and by finite differences."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from aehash.errors import UsageError
from aehash.siamese import metric_losses
from aehash.siamese.metric_losses import contrastive, triplet, tuple_loss


def contrastive_twin(tuples, margin):
    """The definition, pair by pair in float64."""
    losses = []
    for query, match, *others in np.asarray(tuples, "float64"):
        loss = 0.5 * np.linalg.norm(query - match) ** 2
        for other in others:
            loss += 0.5 * max(0.0, margin - np.linalg.norm(query - other)) ** 2
        losses.append(loss)
    return np.array(losses)


def triplet_twin(tuples, margin):
    losses = []
    for query, match, *others in np.asarray(tuples, "float64"):
        near = np.linalg.norm(query - match) ** 2
        far = [np.linalg.norm(query - other) ** 2 for other in others]
        losses.append(sum(max(0.0, near - each + margin) for each in far))
    return np.array(losses)


TWINS = {"contrastive": (contrastive, contrastive_twin), "triplet": (triplet, triplet_twin)}
#: JAX has no float64 unless it is switched on.
FLOAT = "float32" if keras.backend.backend() == "jax" else "float64"


def units(count, images, width, seed, spread=0.5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 1, width)) + spread * rng.normal(size=(count, images, width))
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def value(tensor):
    return np.asarray(ops.convert_to_numpy(tensor), np.float64)


def gradient(loss, x):
    """Take the gradient of the sum of the losses on the running back end."""
    if keras.backend.backend() == "jax":
        import jax

        return value(jax.grad(lambda each: ops.sum(loss(each)))(x))
    import tensorflow as tf

    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        total = ops.sum(loss(given))
    return value(tape.gradient(total, given))


@pytest.mark.parametrize("kind", TWINS)
@settings(max_examples=40)
@given(
    count=st.integers(1, 4),
    negatives=st.integers(1, 6),
    width=st.integers(1, 8),
    spread=st.sampled_from([0.05, 0.5, 5.0]),
    share=st.floats(0.01, 1),
    seed=st.integers(0, 999),
)
def test_a_loss_is_its_definition(kind, count, negatives, width, spread, share, seed):
    loss, twin = TWINS[kind]
    margin = share * (2 if kind == "contrastive" else 4)
    x = units(count, 2 + negatives, width, seed, spread)
    expected = twin(x, margin)
    np.testing.assert_allclose(value(loss(x.astype("float32"), margin)), expected, atol=3e-5)
    if FLOAT == "float64":
        np.testing.assert_allclose(value(loss(x, margin)), expected, atol=1e-13)


def test_by_hand():
    """Right angles are √2 apart, and 60 degrees 1."""
    half = np.sqrt(0.75)
    x = np.array([[[1, 0], [0, 1], [0.5, half], [0, -1]]], "float32")
    assert value(contrastive(x, 1.5)) == pytest.approx(
        [0.5 * 2 + 0.5 * 0.5**2 + 0.5 * (1.5 - 2**0.5) ** 2], abs=1e-6
    )
    assert value(contrastive(x, 0.9)) == pytest.approx([1.0])
    assert value(triplet(x, 0.1)) == pytest.approx([2 - 1 + 0.1 + 0.1])
    assert value(contrastive(x[:, :2])) == pytest.approx([1.0])


@pytest.mark.parametrize("kind", TWINS)
@pytest.mark.parametrize("seed", range(4))
def test_gradients_are_those_of_finite_differences(kind, seed):
    loss, twin = TWINS[kind]
    x = units(2, 5, 4, seed)
    margin, step, expected = 0.9, 1e-6, np.empty(x.shape)
    for place in np.ndindex(x.shape):
        moved = np.zeros(x.shape)
        moved[place] = step
        expected[place] = (twin(x + moved, margin) - twin(x - moved, margin)).sum() / (2 * step)
    assert np.abs(expected).max() > 0.1
    found = gradient(lambda each: loss(each, margin), x.astype(FLOAT))
    np.testing.assert_allclose(found, expected, atol=1e-4 if FLOAT == "float32" else 1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("kind", TWINS)
def test_equal_descriptors_have_a_finite_gradient(kind, dtype):
    x = np.repeat(units(3, 1, 8, 0), 7, axis=1).astype(dtype)
    loss = TWINS[kind][0]
    found = gradient(loss, x)
    assert np.isfinite(found).all()
    if kind == "contrastive":
        assert not found.any()
        assert value(loss(x, 0.7)) == pytest.approx([5 * 0.5 * 0.7**2] * 3)


@pytest.mark.parametrize("apart", [1e-30, 1e-20, 1e-12, 1e-6])
def test_nearly_equal_descriptors_have_a_gradient_no_longer_than_the_margin(apart):
    x = np.zeros((1, 3, 4), "float32")
    x[0, :, 0] = 1
    x[0, 2, 1] = apart
    found = gradient(contrastive, x)
    assert np.isfinite(found).all()
    assert np.linalg.norm(found[0, 2]) <= 0.7 * (1 + 1e-5)


def test_nan_is_not_hidden():
    x = units(1, 3, 4, 0).astype("float32")
    x[0, 2] = np.nan
    for loss, _ in TWINS.values():
        assert np.isnan(value(loss(x))).all()


def test_half_precision_is_computed_in_single():
    x = units(2, 4, 4, 1).astype("float16")
    for loss, _ in TWINS.values():
        assert keras.backend.standardize_dtype(loss(x).dtype) == "float32"
        np.testing.assert_array_equal(value(loss(x)), value(loss(x.astype("float32"))))


def test_a_loss_by_its_name():
    x = units(2, 4, 4, 1).astype("float32")
    np.testing.assert_array_equal(value(tuple_loss()(x)), value(contrastive(x, 0.7)))
    np.testing.assert_array_equal(value(tuple_loss("triplet", 0.3)(x)), value(triplet(x, 0.3)))
    assert set(metric_losses.MARGINS) == set(TWINS)


@pytest.mark.parametrize(
    ("kind", "margin", "sentence"),
    [
        ("contrastve", None, "Did you mean 'contrastive'"),
        ("contrastive", 0.0, "is 0.0; it must be above 0 and at most 2"),
        ("contrastive", 2.1, "is 2.1"),
        ("triplet", float("nan"), "is nan; it must be above 0 and at most 4"),
        ("triplet", 0, "is 0; it must be"),
    ],
)
def test_a_wrong_loss_is_a_sentence(kind, margin, sentence):
    with pytest.raises(UsageError, match=sentence):
        tuple_loss(kind, margin)


def test_a_tuple_without_its_match_is_a_sentence():
    x = units(2, 4, 4, 1).astype("float32")
    with pytest.raises(UsageError, match=r"2 images or more a tuple \(a query, its match\)"):
        contrastive(x[:, :1])
    with pytest.raises(UsageError, match="3 images or more"):
        triplet(x[:, :2])
    with pytest.raises(UsageError, match=r"not \(4, 4\)"):
        contrastive(x[0])
