"""Where a net is cut to get the features its code is made of."""

import keras
import numpy as np
import pytest

from aehash import models
from aehash.errors import UsageError
from aehash.models.feature_input import feature_input


@pytest.mark.parametrize(
    ("name", "options", "layer"),
    [
        ("vinitha2021", {"image_size": 16, "channels": 1}, "flatten"),
        ("sscair", {"image_size": 16, "channels": 3}, "flatten"),
        (
            "akbacak2023",
            {"image_size": 16, "channels": 1, "encoder": "light", "dense": [24]},
            "encoder_dense_1",
        ),
        ("backbone", {"image_size": 16, "channels": 3, "encoder": "light"}, "latent"),
    ],
)
def test_the_code_is_one_layer_of_what_is_cut_out(name, options, layer):
    model = models.build(name, bits=16, **options)
    assert feature_input(model) == layer
    images = np.random.default_rng(0).integers(0, 256, (3, *model.input_shape[1:])).astype("uint8")
    features = np.asarray(models.encoder(model, layer)(images))
    dense = model.get_layer("hash")
    expected = np.tanh(features @ dense.kernel.numpy() + dense.bias.numpy())
    np.testing.assert_allclose(np.asarray(models.encoder(model)(images)), expected, atol=1e-5)


def test_norms_and_activations_may_stand_apart():
    image = keras.Input((4, 4, 1), name="image")
    flat = keras.layers.Flatten(name="flat")(image)
    wide = keras.layers.Dense(8, name="wide")(flat)
    norm = keras.layers.BatchNormalization(name="norm")(keras.layers.Dense(8, name="code")(wide))
    code = keras.layers.Activation("tanh", name="hash")(norm)
    assert feature_input(keras.Model(image, code)) == "wide"


def test_a_code_without_features_before_it_is_refused():
    image = keras.Input((4, 4, 1), name="image")
    maps = keras.layers.Dense(8, name="hash")(image)
    with pytest.raises(UsageError, match="Flatten"):
        feature_input(keras.Model(image, maps))
    pooled = keras.layers.GlobalAveragePooling2D(name="hash")(image)
    with pytest.raises(UsageError, match="features that its code is made of"):
        feature_input(keras.Model(image, pooled))
