"""The pooling layers against what they are defined as, in float64."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from aehash.errors import UsageError
from aehash.models.pooling import FLOOR, L2, MAC, RMAC, GeM, SPoC, normalised


def maps(height=7, width=5, channels=6, seed=0, batch=2, dtype="float32"):
    values = np.random.default_rng(seed).normal(0.3, 1, (batch, height, width, channels))
    return np.maximum(values, 0).astype(dtype)


def gem(x, p):
    """The definition, with nothing factored out."""
    floored = np.maximum(np.asarray(x, "float64"), FLOOR)
    return (floored**p).mean((1, 2)) ** (1 / np.asarray(p, "float64"))


def run(layer, x):
    return ops.convert_to_numpy(layer(x))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 5), (32, 24)])
def test_p_of_1_is_the_average(shape):
    x = maps(*shape, dtype="float64")
    expected = np.maximum(x, FLOOR).mean((1, 2))
    np.testing.assert_allclose(run(GeM(1.0), x.astype("float32")), expected, atol=1e-6)
    np.testing.assert_allclose(run(SPoC(), x.astype("float32")), x.mean((1, 2)), atol=1e-6)
    if keras.backend.backend() != "jax":  # which has no float64 unless it is switched on
        np.testing.assert_allclose(run(GeM(1.0, dtype="float64"), x), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 7), (32, 24)])
def test_p_of_200_is_the_maximum_but_for_the_number_of_places(shape):
    x = np.maximum(maps(*shape), FLOOR)
    most = x.max((1, 2))
    found = run(GeM(200.0), x)
    least = (shape[0] * shape[1]) ** (-1 / 200)
    assert (found >= most * least * (1 - 1e-5)).all()
    assert (found <= most * (1 + 1e-5)).all()
    if shape[0] * shape[1] <= 7:  # 7 ** (-1 / 200) is 0.990
        np.testing.assert_allclose(found, most, rtol=0.01)
    np.testing.assert_array_equal(run(MAC(), x), most)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4, 1e30])
@pytest.mark.parametrize("p", [0.01, 0.5, 3.0, 200.0, 1000.0])
def test_no_power_overflows(scale, p):
    x = maps() * np.float32(scale)
    expected = np.maximum(x, FLOOR).astype("float64")
    most = expected.max((1, 2), keepdims=True)
    expected = most[:, 0, 0] * ((expected / most) ** p).mean((1, 2)) ** (1 / p)
    np.testing.assert_allclose(run(GeM(p), x), expected, rtol=1e-3 if p < 1 else 1e-5)


def gradient(layer, x, weights):
    """The gradient of a weighted sum of the outputs for p, on any back end."""
    layer.build(x.shape)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = ops.sum(layer(x) * weights)
        return np.asarray(tape.gradient(loss, layer.p.value))
    if backend == "jax":
        import jax

        def loss(p):
            return ops.sum(layer.stateless_call([p], [], x)[0] * weights)

        return np.asarray(jax.grad(loss)(layer.p.value))
    pytest.skip(f"no gradient is taken on {backend} here")


@pytest.mark.parametrize("per_map", [False, True])
@pytest.mark.parametrize("p", [0.7, 1.0, 3.0, 40.0])
def test_the_gradient_of_p_is_the_finite_difference(p, per_map):
    x = maps(seed=3)
    weights = np.random.default_rng(4).normal(size=(2, 6))
    found = gradient(GeM(p, per_map=per_map), x, weights.astype("float32"))
    expected = []
    for index in range(len(found)):
        step = np.zeros(len(found))
        step[index] = 1e-5 * p
        high, low = gem(x, p + step), gem(x, p - step)
        expected.append(((high - low) * weights).sum() / (2e-5 * p))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-5)


def test_each_map_may_have_its_own_p():
    layer = GeM(3.0, per_map=True)
    x = maps()
    layer.build(x.shape)
    own = np.array([0.5, 1, 2, 3, 10, 50], "float32")
    layer.p.assign(own)
    np.testing.assert_allclose(run(layer, x), gem(x, own), rtol=1e-4)


def test_p_stays_where_it_may_be_and_nan_is_not_hidden():
    layer = GeM(1.0)
    layer.build((None, 3, 3, 2))
    keep = layer.p.constraint
    np.testing.assert_allclose(np.asarray(keep(ops.array([-5.0, 2.5, 1e9]))), [0.01, 2.5, 1000])
    assert np.isnan(np.asarray(keep(ops.array([float("nan")])))).all()
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((None, None, 4)), layers := GeM(1.0), L2()])
    model.compile(keras.optimizers.SGD(1e6), "mse")
    model.fit(maps(channels=4), np.zeros((2, 4), "float32"), epochs=3, verbose=0)
    p = float(np.asarray(layers.p)[0])
    assert 0.0099 <= p <= 1000
    assert np.isfinite(model.predict_on_batch(maps(channels=4))).all()


@pytest.mark.parametrize("p", [0.0, -1.0, float("nan"), 1e4])
def test_a_p_out_of_range_is_a_sentence(p):
    with pytest.raises(UsageError, match=r"p is .*; it must be from 0\.01 to 1000"):
        GeM(p)
    with pytest.raises(UsageError, match="levels is 0"):
        RMAC(0)


@pytest.mark.parametrize("layer", [GeM, SPoC, MAC, RMAC, L2])
def test_half_precision_inside_is_float32(layer):
    x = (maps() * 1000).astype("float16")
    expected = run(layer(), x.astype("float32"))
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        found = layer()(x)
        asked = layer(dtype="mixed_float16")(x)
    finally:
        keras.config.set_dtype_policy(policy)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(asked), expected, rtol=1e-6)


def regions(height, width, levels=3):
    """The regions (top, left, side) as Tolias et al. lay them, one by one."""
    shorter, longer = min(height, width), max(height, width)
    gaps = [(longer - shorter) / (steps - 1) for steps in (2, 3, 4, 5, 6, 7)]
    apart = [abs((shorter**2 - shorter * gap) / shorter**2 - 0.4) for gap in gaps]
    more = int(np.argmin(np.float32(apart))) + 1 if longer > shorter else 0
    found = [(0, 0, height, width)]
    for level in range(1, levels + 1):
        side = 2 * shorter // (level + 1)
        if not side:
            continue
        rows = level + (more if height > width else 0)
        columns = level + (more if width > height else 0)
        for i in range(rows):
            top = i * (height - side) // max(rows - 1, 1)
            for j in range(columns):
                left = j * (width - side) // max(columns - 1, 1)
                found.append((top, left, side, side))
    return found


def rmac(x, levels=3):
    total = np.zeros((len(x), x.shape[-1]))
    for top, left, height, width in regions(*x.shape[1:3], levels):
        assert top + height <= x.shape[1]
        assert left + width <= x.shape[2]
        vector = x[:, top : top + height, left : left + width].max((1, 2)).astype("float64")
        length = np.linalg.norm(vector, axis=1, keepdims=True)
        total += np.divide(vector, length, out=np.zeros_like(vector), where=length > 0)
    return total / np.linalg.norm(total, axis=1, keepdims=True)


@settings(max_examples=15)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4))
def test_rmac_is_its_slow_twin(height, width, levels):
    x = maps(height, width, channels=8, seed=height * 13 + width) + np.float32(1e-3)
    np.testing.assert_allclose(run(RMAC(levels), x), rmac(x, levels), rtol=1e-5)


def test_rmacs_regions_on_a_map_by_hand():
    assert regions(4, 4, 2) == [(0, 0, 4, 4), (0, 0, 4, 4)] + [
        (i, j, 2, 2) for i in (0, 2) for j in (0, 2)
    ]
    assert regions(3, 5, 1) == [(0, 0, 3, 5), (0, 0, 3, 3), (0, 2, 3, 3)]


@pytest.mark.parametrize("layer", [GeM, SPoC, MAC, RMAC])
def test_sizes_need_not_be_known(layer, tmp_path):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 6))
    model = keras.Model(inputs, L2(name="latent")(layer(name="pool")(inputs)))
    assert model.output_shape == (None, 6)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    for shape in [(7, 5), (1, 1), (3, 8), (9, 9), (12, 4)]:
        x = maps(*shape) + np.float32(1e-3)
        found = again.predict_on_batch(x)  # from the third shape on, TensorFlow knows neither side
        np.testing.assert_allclose(found, run(L2(), layer()(x)), rtol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_a_layers_config_makes_it_again():
    layer = GeM(2.5, per_map=True, learned=False, name="pool")
    again = GeM.from_config(layer.get_config())
    assert (again.first_p, again.per_map, again.learned) == (2.5, True, False)
    assert RMAC.from_config(RMAC(2).get_config()).levels == 2
    assert not again.trainable_weights


def test_zero_vectors_stay_zero_with_a_gradient_of_zero():
    x = np.array([[0, 0, 0], [3, 0, 4], [1e-20, 0, 0]], "float32")
    np.testing.assert_allclose(run(L2(), x), [[0, 0, 0], [0.6, 0, 0.8], [0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(run(L2(), x[1:2] * np.float32(1e30)), [[0.6, 0, 0.8]], rtol=1e-6)
    assert np.isnan(run(L2(), x + np.float32("nan"))).all()
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        point = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(point)
            loss = ops.sum(normalised(point)[:, 0])
        slope = np.asarray(tape.gradient(loss, point))
    elif backend == "jax":
        import jax

        slope = np.asarray(jax.grad(lambda value: ops.sum(normalised(value)[:, 0]))(x))
    else:
        pytest.skip(f"no gradient is taken on {backend} here")
    np.testing.assert_allclose(slope, [[0, 0, 0], [0.128, 0, -0.096], [0, 0, 0]], atol=1e-7)
