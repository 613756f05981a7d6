"""Layers of bits: what they give, the gradient they let through, and that they can be saved."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slopes import EXAMPLES, FLOAT, gradient, value

from aehash.errors import UsageError
from aehash.models.binary import BernoulliCode, BiHalf, BinaryCode, bernoulli, half_and_half, sign


def features(count, bits, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, bits)).astype("float32")


def test_sign_by_hand():
    """A feature of 0 is −1, as in packed codes."""
    x = np.array([[-0.5, 0.0, 1e-30, 2.0]], "float32")
    assert value(sign(x)).tolist() == [[-1, -1, 1, 1]]


def half_and_half_twin(x):
    found = np.full(x.shape, -1.0)
    for bit in range(x.shape[1]):
        order = sorted(range(len(x)), key=lambda row: (-x[row, bit], row))
        found[order[: len(x) // 2], bit] = 1
    return found


@settings(max_examples=EXAMPLES)
@given(
    count=st.integers(1, 9),
    bits=st.integers(1, 5),
    levels=st.sampled_from([1, 2, 3, 1000]),
    seed=st.integers(0, 999),
)
def test_half_and_half_is_its_definition(count, bits, levels, seed):
    """With few levels most features are equal."""
    x = np.random.default_rng(seed).integers(-levels, levels, (count, bits)).astype("float32")
    np.testing.assert_array_equal(value(half_and_half(x)), half_and_half_twin(x))


def test_bernoulli_draws_with_the_features_probability():
    x = np.repeat(np.array([[-1.0, -0.5, 0.0, 0.5, 1.0]], "float32"), 20000, axis=0)
    chance = np.random.default_rng(0).random(x.shape, dtype=np.float32)
    drawn = value(bernoulli(x, chance))
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    np.testing.assert_allclose(drawn.mean(axis=0), x[0], atol=0.02)
    assert (drawn[:, 0] == -1).all()
    assert (drawn[:, 4] == 1).all()


@pytest.mark.parametrize("kind", ["sign", "bernoulli", "half_and_half"])
def test_gradients_go_straight_through(kind):
    x, weights = features(6, 4), features(6, 4, 1).astype(FLOAT)
    chance = np.random.default_rng(2).random((6, 4)).astype(FLOAT)
    chosen = {
        "sign": sign,
        "bernoulli": lambda each: bernoulli(each, chance),
        "half_and_half": half_and_half,
    }[kind]
    found = gradient(lambda each: weights * chosen(each), x.astype(FLOAT))
    np.testing.assert_allclose(found, weights, rtol=1e-6)


def test_the_bi_half_layer_has_the_papers_gradient():
    """Beside what comes back from behind, γ (U − B) / numel: Li and van Gemert's equation."""
    x, weights = features(6, 4), features(6, 4, 1)
    layer = BiHalf(6.0)

    def loss(each):
        codes = layer(each, training=True)
        return keras.ops.sum(weights * codes) + sum(layer.losses)

    expected = weights + 6.0 * (x - half_and_half_twin(x)) / x.size
    np.testing.assert_allclose(gradient(loss, x), expected, rtol=1e-5, atol=1e-7)


def test_outside_training_all_layers_threshold():
    x = features(5, 3)
    chance = np.zeros((5, 3), "float32")
    for found in (
        BinaryCode()(x),
        BiHalf()(x, training=False),
        BernoulliCode()([x, chance], training=False),
    ):
        np.testing.assert_array_equal(value(found), np.where(x > 0, 1, -1))


def test_layers_compute_in_single_precision_and_can_be_saved(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        inputs = keras.Input((4,), name="features")
        chance = keras.Input((4,), name="chance")
        x = BiHalf(3.0, name="half")(BinaryCode(name="binary")(inputs))
        model = keras.Model([inputs, chance], BernoulliCode(name="drawn")([x, chance]))
    finally:
        keras.config.set_dtype_policy(before)
    assert {layer.compute_dtype for layer in model.layers[1:] if layer.name != "chance"} == {
        "float32"
    }
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_layer("half").weight == 3.0
    x = [features(3, 4), np.zeros((3, 4), "float32")]
    np.testing.assert_array_equal(value(again(x)), value(model(x)))


@pytest.mark.parametrize("weight", [-1.0, float("inf")])
def test_a_wrong_weight_is_a_sentence(weight):
    with pytest.raises(UsageError, match="must be 0 or more"):
        BiHalf(weight)
