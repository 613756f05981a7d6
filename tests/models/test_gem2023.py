"""The net that pools, normalises and describes."""

import keras
import numpy as np
import pytest

from aehash import models
from aehash.errors import UsageError
from aehash.models.encoders import BACKBONES, encode, smallest, smallest_inside
from aehash.recipe import Recipe


def photos(height, width, channels=3, batch=2):
    shape = (batch, height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape).astype("uint8")


@pytest.mark.parametrize("pooling", ["gem", "spoc", "mac", "rmac"])
def test_any_size_becomes_a_vector_of_length_1(pooling, tmp_path):
    keras.utils.set_random_seed(0)
    model = models.build("gem2023", encoder="light", pooling=pooling)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    assert models.feature_layer(again) == "latent"
    assert models.describes(again)
    for height, width in [(48, 64), (97, 33), (8, 8)]:
        images = photos(height, width)
        found = again.predict_on_batch(images)
        assert found.shape == (2, 128)
        assert found.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
        encoded = models.encoder(again).predict_on_batch(images)
        np.testing.assert_allclose(encoded, found, atol=1e-6)
        np.testing.assert_allclose(model.predict_on_batch(images), found, atol=1e-6)


def test_the_descriptor_is_gem_of_the_backbones_maps():
    keras.utils.set_random_seed(0)
    model = models.build("gem2023", encoder="light")
    images = photos(64, 96)
    maps = models.encoder(model, "light_relu_5").predict_on_batch(images)
    x = np.maximum(maps, 1e-6).astype("float64")
    assert x.shape == (2, 2, 3, 128)
    pooled = (x**3).mean((1, 2)) ** (1 / 3)
    expected = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_on_batch(images), expected, atol=1e-5)
    assert expected.std() > 0.01
    assert float(np.asarray(model.get_layer("pool").p)[0]) == 3


@pytest.mark.parametrize(
    ("encoder", "maps"), [("vgg16", (6, 4, 512)), ("alexnet", (5, 3, 256)), ("light", (3, 2, 128))]
)
def test_maps_are_those_before_the_last_pooling(encoder, maps):
    inputs = keras.Input((None, None, 3))
    net = keras.Model(inputs, encode(inputs, encoder, pooled=False))
    assert net.output_shape == (None, None, None, maps[-1])
    assert net(photos(96, 64, batch=1)).shape == (1, *maps)
    if encoder != "light":
        pooled = keras.Model(inputs, encode(inputs, encoder))
        assert pooled(photos(96, 64, batch=1)).shape[1] == maps[0] // 2


@pytest.mark.data
def test_pretrained_descriptors_of_oblong_images(data_file):
    path = str(data_file("mobilenet_v1_0.75_224_imagenet_notop.weights.h5"))
    model = models.build("gem2023", encoder="mobilenet:0.75", weights=path, pooling="spoc")
    plain = keras.applications.MobileNet(
        alpha=0.75, weights=None, include_top=False, input_shape=(96, 160, 3), pooling="avg"
    )
    plain.load_weights(path)
    images = photos(96, 160)
    scaled = keras.applications.mobilenet.preprocess_input(images.astype("float32"))
    expected = plain.predict_on_batch(scaled)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_on_batch(images), expected, atol=1e-5)


#: Nets that are left out here: the DCNN takes one size, the others are deeper forms of their like.
LARGE = ("dcnn", "resnet101", "resnet152", "vgg19")


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoder",
    sorted(name for name in BACKBONES if not name.startswith(LARGE)),
)
def test_every_backbone_takes_any_size(encoder):
    model = models.build("gem2023", encoder=encoder)
    side = smallest(encoder)
    assert smallest_inside(model) == side
    for height, width in [(side, side), (side + 5, 2 * side)]:
        found = model.predict_on_batch(photos(height, width, batch=1))
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_a_whitening_is_a_fully_connected_layer():
    keras.utils.set_random_seed(0)
    model = models.build("gem2023", encoder="light", dimensions=5, channels=1)
    plain = models.build("gem2023", encoder="light", channels=1)
    plain.set_weights(model.get_weights()[:-2])
    images = photos(40, 56, 1)
    features = plain.predict_on_batch(images).astype("float64")
    random = np.random.default_rng(1)
    projection, mean = random.normal(size=(128, 5)), random.normal(size=128)
    model.get_layer("whiten").set_weights([projection, -mean @ projection])
    expected = (features - mean) @ projection
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_on_batch(images), expected, atol=1e-4)


def test_bits_stand_behind_the_descriptor():
    model = models.build("gem2023", encoder="light", bits=16, per_map=True, p=2.5)
    assert models.feature_layer(model) == "hash"
    assert models.describes(model)
    assert model.predict_on_batch(photos(33, 47)).shape == (2, 16)
    assert models.encoder(model, "latent").output_shape == (None, 128)
    assert model.get_layer("pool").p.shape == (128,)


def test_half_precision_ends_in_float32():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = models.build("gem2023", encoder="light")
        assert model.get_layer("latent").output.dtype == "float32"
        assert model.get_layer("pool").p.dtype == "float32"
        found = model.predict_on_batch(photos(32, 48))
    finally:
        keras.config.set_dtype_policy(policy)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"pooling": "gm"}, "no pooling 'gm'"),
        ({"pooling": "mac", "p": 4.0}, "p and per_map are GeM's"),
        ({"p": float("nan")}, "p is nan"),
        ({"encoder": "dcnn"}, "images of one size only"),
        ({"encoder": "resnet5"}, "Did you mean 'resnet50'"),
        ({"encoder": "mobilenet", "image_size": 16}, "image_size is 16"),
        ({"channels": 2}, "1 (grey) or 3 (RGB)"),
        ({"dimensions": 0}, "dimensions is 0"),
    ],
)
def test_wrong_options_are_sentences(options, sentence):
    with pytest.raises(UsageError) as error:
        models.build("gem2023", **{"encoder": "light", **options})
    assert sentence in str(error.value)


def test_what_takes_a_decoder_says_that_there_is_none():
    model = models.build("gem2023", encoder="light")
    for cut in (models.decoder, models.with_feature):
        with pytest.raises(UsageError, match="gem2023 only describes images"):
            cut(model)
    assert not models.describes(models.build("vinitha2021"))


@pytest.mark.parametrize(
    ("name", "options"), [("gem2023", {"encoder": "light"}), ("vinitha2021", {"image_size": 8})]
)
def test_a_recipe_knows_which_nets_only_describe(name, options):
    recipe = Recipe().override([f"model.name={name}"])
    assert recipe.describes == models.describes(models.build(name, **options))
