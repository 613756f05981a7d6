import numpy as np
import pytest

from aehash import models
from aehash.errors import UsageError


def test_it_is_the_plain_autoencoder():
    model = models.build("sscair")
    sides = [layer.output.shape[1:] for layer in model.layers if "pool" in layer.name]
    assert sides == [(16, 16, 16), (8, 8, 8), (4, 4, 8)]
    assert models.feature_layer(model) == "latent"
    assert models.encoder(model).output_shape == (None, 128)
    assert model.output_shape == (None, 32, 32, 3)


def test_bits_stand_in_the_latents_place():
    model = models.build("sscair", bits=16, image_size=16, channels=1, filters=[8, 4])
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1)).astype("float32")
    features = models.encoder(model).predict_on_batch(images)
    assert features.shape == (2, 16)
    joined = models.decoder(model).predict_on_batch(features)
    np.testing.assert_allclose(joined, model.predict_on_batch(images), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"image_size": 28}, "divisible by 8, not 28; nearest: 24"),
        ({"weights": "imagenet"}, "no pretrained weights"),
        ({"latent": 0}, "latent is 0"),
        ({"latents": 5}, "Did you mean 'latent'"),
    ],
)
def test_wrong_options_are_sentences(options, sentence):
    with pytest.raises(UsageError) as error:
        models.build("sscair", **options)
    assert sentence in str(error.value)
