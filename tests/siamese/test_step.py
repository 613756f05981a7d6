"""One step against the arithmetic it stands for."""

import keras
import numpy as np
import pytest
from keras import ops

from aehash import models
from aehash.errors import AehashError
from aehash.optimisers import optimiser
from aehash.recipe import TrainRecipe
from aehash.recipe_describe import SiameseRecipe
from aehash.siamese.metric_losses import tuple_loss
from aehash.siamese.step import Step, learned_p
from aehash.siamese.tuple_gradients import tuple_gradients

RATE = 1e-3


def net(kind="sgd", **options):
    keras.utils.set_random_seed(0)
    made = models.build("gem2023", encoder="light", **options)
    made.compile(optimizer=optimiser(TrainRecipe(optimizer=kind, learning_rate=RATE)))
    return made


def tuples(count=2, side=64):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 4, side, side, 3)).astype("uint8")


def values(model):
    return [np.array(ops.convert_to_numpy(each)) for each in model.trainable_variables]


@pytest.mark.parametrize("rate", [0.0, 1.0, 10.0])
@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_a_step_of_sgd_is_the_rate_times_gradient_and_decay(rate, decay):
    model, pictures, loss = net(), tuples(), tuple_loss("contrastive", 2.0)
    before, expected = values(model), tuple_gradients(model, pictures, loss)
    step = Step(model, SiameseRecipe(margin=2.0, weight_decay=decay, p_rate=rate))
    found = step(pictures)
    np.testing.assert_allclose(found, expected.losses, rtol=1e-5)
    p = learned_p(model)
    for weight, old, new, slope in zip(
        model.trainable_variables, before, values(model), expected.gradients, strict=True
    ):
        slope = np.asarray(ops.convert_to_numpy(slope))
        wanted = -RATE * rate * slope if weight is p else -RATE * (slope + decay * old)
        np.testing.assert_allclose(new - old, wanted, rtol=2e-2, atol=2e-7)
    assert (values(model)[-1] != before[-1]).all() == (rate > 0)


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_the_rate_of_p_is_that_of_an_optimiser_of_its_own(kind):
    """Three steps at p_rate 10 move p as an optimiser at ten times the rate does."""
    model, pictures, loss = net(kind), tuples(), tuple_loss("contrastive", 2.0)
    step = Step(model, SiameseRecipe(margin=2.0, weight_decay=0.0))
    p = learned_p(model)
    own = keras.Variable(ops.convert_to_numpy(p), name="own")
    other = optimiser(TrainRecipe(optimizer=kind, learning_rate=10 * RATE))
    other.build([own])
    for _ in range(3):
        slope = tuple_gradients(model, pictures, loss).gradients[-1]
        step(pictures)
        other.apply([slope], [own])
        np.testing.assert_allclose(*map(ops.convert_to_numpy, (p, own)), rtol=1e-5)


def test_p_stays_within_its_bounds():
    model = net()
    Step(model, SiameseRecipe(margin=2.0, p_rate=1e30))(tuples())
    assert ops.convert_to_numpy(learned_p(model)) in (np.float32(0.01), np.float32(1000))


def test_p_driven_to_nan_is_a_sentence():
    model = net()
    step = Step(model, SiameseRecipe())
    step._update = lambda _: learned_p(model).assign([np.nan])
    with pytest.raises(AehashError, match="p became NaN"):
        step(tuples())


def test_a_pooling_without_p_is_stepped_too():
    model = net(pooling="mac")
    assert learned_p(model) is None
    before = values(model)
    Step(model, SiameseRecipe(margin=2.0))(tuples(1))
    assert any((old != new).any() for old, new in zip(before, values(model), strict=True))


def test_losses_of_what_is_described_already():
    model, pictures = net(), tuples()
    step = Step(model, SiameseRecipe(loss="triplet"))
    flat = model.predict_on_batch(pictures.reshape(-1, 64, 64, 3)).reshape(2, 4, -1)
    expected = tuple_gradients(model, pictures, tuple_loss("triplet")).losses
    np.testing.assert_allclose(step.losses(flat), expected, rtol=1e-4)
