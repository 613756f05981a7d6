import keras
import numpy as np
import pytest
from keras import ops

from aehash import losses
from aehash.errors import UsageError


def value(tensor):
    return np.asarray(ops.convert_to_numpy(tensor), np.float64)


def test_mean_squared_error_by_hand():
    images = np.array([0.0, 1.0, 0.5, 0.5], np.float32).reshape(1, 2, 2, 1)
    outputs = np.array([0.5, 1.0, 0.5, 0.0], np.float32).reshape(1, 2, 2, 1)
    assert value(losses.mean_squared_error(images, outputs)) == pytest.approx([0.5 / 4])


def test_binary_cross_entropy_by_hand():
    images = np.array([1.0, 0.0], np.float32).reshape(1, 1, 2, 1)
    outputs = np.array([0.5, 0.25], np.float32).reshape(1, 1, 2, 1)
    expected = -(np.log(0.5) + np.log(0.75)) / 2
    assert value(losses.binary_cross_entropy(images, outputs)) == pytest.approx([expected])
    exact = losses.binary_cross_entropy(images, np.array(images))
    assert np.isfinite(value(exact)).all()


def test_balance_by_hand():
    features = np.array([[1.0, 1.0], [-1.0, 1.0]], np.float32)
    assert value(losses.balance_per_code(features)).tolist() == [1.0, 0.0]
    assert value(losses.balance_per_bit(features)).tolist() == [0.0, 1.0]


def test_balance_of_a_half_and_half_code_is_zero():
    rng = np.random.default_rng(0)
    codes = np.tile([1.0, -1.0], (8, 32)).astype(np.float32)
    rng.permuted(codes, axis=1, out=codes)
    assert value(losses.balance_per_code(codes)).max() == 0.0


def test_reconstruction_takes_stored_pixels():
    pixels = np.full((2, 4, 4, 1), 255, np.uint8)
    loss = losses.Reconstruction("mse")
    assert float(loss(pixels, np.ones((2, 4, 4, 1), np.float32))) == pytest.approx(0.0)
    assert float(loss(pixels, np.zeros((2, 4, 4, 1), np.float32))) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "loss",
    [losses.Reconstruction("bce"), losses.BitBalance("bit"), losses.BitBalance("code")],
    ids=lambda loss: f"{loss.name}",
)
def test_losses_survive_serialisation(loss):
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("make", [losses.Reconstruction, losses.BitBalance])
def test_an_unknown_kind_is_a_sentence(make):
    with pytest.raises(UsageError, match="'x' is not one of"):
        make("x")
