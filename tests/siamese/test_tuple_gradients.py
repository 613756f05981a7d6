"""The gradient pass by pass against that of the whole tuples at once."""

import gc
import importlib
import weakref

import keras
import numpy as np
import pytest
from keras import layers, ops

from aehash.errors import AehashError, UsageError
from aehash.models.pooling import L2, GeM
from aehash.siamese import pulls
from aehash.siamese.metric_losses import tuple_loss
from aehash.siamese.tuple_gradients import tuple_gradients

tuple_gradients_module = importlib.import_module("aehash.siamese.tuple_gradients")


def small(seed=1, per_map=False):
    """A net with batch normalisation, whose statistics are not those of any batch."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((None, None, 3))
    x = layers.Conv2D(6, 3, activation="relu")(layers.Rescaling(1 / 255)(inputs))
    x = layers.BatchNormalization(
        moving_mean_initializer=keras.initializers.RandomUniform(0, 0.1, seed),
        moving_variance_initializer=keras.initializers.RandomUniform(0.5, 1.5, seed),
    )(x)
    x = layers.Conv2D(8, 3, activation="relu")(x)
    return keras.Model(inputs, L2()(GeM(per_map=per_map)(x)))


def images(tuples=2, length=5, height=9, width=9, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (tuples, length, height, width, 3)).astype("uint8")


def at_once(model, pictures, loss):
    """The gradient with all images in one batch."""
    tuples, length = pictures.shape[:2]
    batch = pictures.reshape(-1, *pictures.shape[2:])

    def whole(outputs):
        return ops.sum(loss(ops.reshape(outputs, (tuples, length, -1))))

    if keras.backend.backend() == "jax":
        import jax

        state = [each.value for each in model.non_trainable_variables]
        weights = [each.value for each in model.trainable_variables]
        return jax.grad(
            lambda each: whole(model.stateless_call(each, state, batch, training=False)[0])
        )(weights)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        total = whole(model(batch, training=False))
    return tape.gradient(total, [each.value for each in model.trainable_variables])


@pytest.mark.parametrize(
    ("kind", "margin"), [("contrastive", 0.7), ("contrastive", 2.0), ("triplet", 0.5)]
)
@pytest.mark.parametrize("per_map", [False, True])
def test_it_is_the_gradient_of_the_whole_tuples(kind, margin, per_map):
    model, pictures, loss = small(per_map=per_map), images(), tuple_loss(kind, margin)
    before = [np.array(each) for each in model.get_weights()]
    found = tuple_gradients(model, pictures, loss)
    expected = at_once(model, pictures, loss)
    assert len(found.gradients) == len(model.trainable_variables)
    for one, other in zip(found.gradients, expected, strict=True):
        one, other = (np.asarray(ops.convert_to_numpy(each)) for each in (one, other))
        assert np.abs(other).max() > 1e-6
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())
    outputs = model(pictures.reshape(-1, 9, 9, 3), training=False)
    values = ops.convert_to_numpy(loss(ops.reshape(outputs, (2, 5, -1))))
    np.testing.assert_allclose(found.losses, values, rtol=1e-5)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.fixture
def passes(monkeypatch):
    """Note the shapes of what goes through the net, and of what comes back."""
    shapes = {"describe": [], "pull": []}

    def noted(model):
        net = pulls.pulls(model)

        class Noted:
            def describe(self, pictures):
                shapes["describe"].append(pictures.shape[:3])
                return net.describe(pictures)

            def pull(self, pictures, slopes, total):
                shapes["pull"].append(pictures.shape[:3])
                return net.pull(pictures, slopes, total)

        return Noted()

    monkeypatch.setattr(tuple_gradients_module, "pulls", noted)
    return shapes


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX takes one picture a pass")
def test_a_pass_has_no_more_pixels_than_it_may(passes, monkeypatch):
    model, pictures = small(), images(3, 6)
    monkeypatch.setattr(tuple_gradients_module, "PIXELS", {"cpu": 4 * 81, "accelerator": 4 * 81})
    few = tuple_gradients(model, pictures, tuple_loss(margin=2.0))
    assert passes["describe"] == passes["pull"] == [(4, 9, 9)] * 4 + [(2, 9, 9)]
    monkeypatch.setattr(tuple_gradients_module, "PIXELS", {"cpu": 1, "accelerator": 1})
    passes["pull"].clear()
    single = tuple_gradients(model, pictures, tuple_loss(margin=2.0))
    assert passes["pull"] == [(1, 9, 9)] * 18
    same(few, single)


def test_images_of_equal_shape_go_together_whatever_their_tuples(passes, monkeypatch):
    rng = np.random.default_rng(3)
    sides = [[(9, 12), (12, 9), (9, 12), (8, 8)], [(9, 12), (9, 12), (8, 8), (12, 9)]]
    tuples = [[rng.integers(0, 256, (*side, 3)).astype("uint8") for side in row] for row in sides]
    model, loss = small(), tuple_loss(margin=2.0)
    found = tuple_gradients(model, tuples, loss)
    if keras.backend.backend() != "jax":
        assert sorted(passes["pull"]) == [(2, 8, 8), (2, 12, 9), (4, 9, 12)]
    one, other = (tuple_gradients(model, [each], loss) for each in tuples)
    np.testing.assert_allclose(found.losses, [one.losses[0], other.losses[0]], rtol=1e-5)
    for both, *parts in zip(found.gradients, one.gradients, other.gradients, strict=True):
        both, *parts = (np.asarray(ops.convert_to_numpy(each)) for each in (both, *parts))
        np.testing.assert_allclose(both, sum(parts), rtol=1e-3, atol=1e-5)


def same(one, other):
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-5)
    for left, right in zip(one.gradients, other.gradients, strict=True):
        left, right = (np.asarray(ops.convert_to_numpy(each)) for each in (left, right))
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-5 * np.abs(right).max())


def test_negatives_beyond_the_margin_are_not_looked_at_again(passes):
    tuple_gradients(small(), images(2, 5), tuple_loss(margin=1e-6))
    assert sum(shape[0] for shape in passes["describe"]) == 10
    assert sum(shape[0] for shape in passes["pull"]) == 4


def test_what_is_compiled_goes_with_the_model_and_follows_what_is_trainable():
    model, pictures = small(), images(1, 3)
    full = tuple_gradients(model, pictures, tuple_loss())
    model.layers[-3].trainable = False
    part = tuple_gradients(model, pictures, tuple_loss())
    assert len(part.gradients) == len(model.trainable_variables) == len(full.gradients) - 2
    model.layers[1].trainable = True
    seen = weakref.ref(model)
    del model
    gc.collect()
    assert seen() is None


def test_images_of_any_sizes():
    model, rng = small(), np.random.default_rng(0)
    shapes = [(9, 12), (15, 8), (20, 20), (7, 30)]
    pictures = [rng.integers(0, 256, (*shape, 3)).astype("uint8") for shape in shapes]
    one = tuple_gradients(model, [pictures], tuple_loss(margin=2.0))
    twice = tuple_gradients(model, iter([pictures, pictures]), tuple_loss(margin=2.0))
    np.testing.assert_allclose(twice.losses, [one.losses[0]] * 2, rtol=1e-6)
    for single, double in zip(one.gradients, twice.gradients, strict=True):
        single, double = (np.asarray(ops.convert_to_numpy(each)) for each in (single, double))
        np.testing.assert_allclose(double, 2 * single, rtol=1e-4, atol=1e-6)


def test_equal_images_give_no_gradient():
    pictures = np.repeat(images(1, 1), 4, axis=1)
    found = tuple_gradients(small(), pictures, tuple_loss())
    assert found.losses[0] == pytest.approx(2 * 0.5 * 0.7**2)
    for each in found.gradients:
        assert not np.asarray(ops.convert_to_numpy(each)).any()


def test_steps_lower_the_loss():
    model, pictures, loss = small(), images(2, 3), tuple_loss(margin=0.7)
    optimiser = keras.optimizers.Adam(0.02)
    losses = []
    for _ in range(8):
        found = tuple_gradients(model, pictures, loss)
        optimiser.apply(found.gradients, model.trainable_variables)
        losses.append(found.losses.sum())
    assert losses[-1] < 0.8 * losses[0]


def test_what_cannot_be_learned_from_is_a_sentence():
    model, pictures = small(), images(1, 3)
    with pytest.raises(UsageError, match="no tuple to learn from"):
        tuple_gradients(model, [], tuple_loss())
    with pytest.raises(UsageError, match="has no images"):
        tuple_gradients(model, [[]], tuple_loss())
    with pytest.raises(UsageError, match="Tuples have 2 to 3 images"):
        tuple_gradients(model, [pictures[0], pictures[0, :2]], tuple_loss())
    with pytest.raises(UsageError, match="a query, its match"):
        tuple_gradients(model, pictures[:, :1], tuple_loss())
    model.layers[-2].p.assign([np.nan])
    with pytest.raises(AehashError, match="loss of tuple 0 became nan"):
        tuple_gradients(model, pictures, tuple_loss())
