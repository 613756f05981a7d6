import keras
import numpy as np
import pytest

from aehash.errors import UsageError
from aehash.optimisers import WarmUp, optimiser
from aehash.recipe import TrainRecipe


def rates(train, steps, count):
    made = optimiser(train, steps)
    found = []
    for step in range(count):
        made.iterations.assign(step)
        found.append(float(keras.ops.convert_to_numpy(made.learning_rate)))
    return found


def test_cosine_falls_to_zero_at_the_last_step():
    found = rates(TrainRecipe(learning_rate=0.4, schedule="cosine"), 10, 11)
    expected = 0.2 * (1 + np.cos(np.pi * np.arange(11) / 10))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_warmup_rises_and_then_the_schedule_starts():
    found = rates(TrainRecipe(learning_rate=0.4, schedule="cosine", warmup=3), 13, 14)
    falling = 0.2 * (1 + np.cos(np.pi * np.arange(11) / 10))
    np.testing.assert_allclose(found, [0.1, 0.2, 0.3, *falling], atol=1e-6)


def test_warmup_before_a_constant_rate_and_before_a_decay():
    constant = rates(TrainRecipe(learning_rate=0.4, warmup=3), None, 6)
    np.testing.assert_allclose(constant, [0.1, 0.2, 0.3, 0.4, 0.4, 0.4], atol=1e-6)
    decayed = rates(TrainRecipe(learning_rate=0.4, warmup=1, decay=1.0), None, 4)
    np.testing.assert_allclose(decayed, [0.2, 0.4, 0.2, 0.4 / 3], atol=1e-6)


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_gradients_are_clipped_together(kind):
    made = optimiser(TrainRecipe(optimizer=kind, clip_norm=0.5))
    assert made.global_clipnorm == 0.5
    assert optimiser(TrainRecipe(optimizer=kind)).global_clipnorm is None


def test_one_clipped_step_of_sgd_is_as_long_as_it_may_be():
    made = optimiser(TrainRecipe(optimizer="sgd", learning_rate=1.0, clip_norm=0.5))
    weights = [keras.Variable(np.zeros(size, "float32")) for size in (2, 3)]
    made.build(weights)
    made.apply([keras.ops.ones(2) * 9.0, keras.ops.ones(3) * 7.0], weights)
    step = np.concatenate([keras.ops.convert_to_numpy(each.value) for each in weights])
    assert np.linalg.norm(step) == pytest.approx(0.5, rel=1e-5)


def test_a_warmup_can_be_saved():
    train = TrainRecipe(schedule="cosine", warmup=2)
    made = optimiser(train, 20)
    again = type(made).from_config(made.get_config())
    assert isinstance(again._learning_rate, WarmUp)
    again.iterations.assign(5)
    made.iterations.assign(5)
    assert float(again.learning_rate) == float(made.learning_rate)


def test_impossible_schedules_are_sentences():
    with pytest.raises(UsageError, match="number of steps"):
        optimiser(TrainRecipe(schedule="cosine"))
    with pytest.raises(UsageError, match="warmup is 9 steps, and the whole training has 9"):
        optimiser(TrainRecipe(schedule="cosine", warmup=9), 9)
