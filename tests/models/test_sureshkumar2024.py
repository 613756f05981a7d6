import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash import models, registry
from aehash.errors import UsageError
from aehash.models.blocks import padding
from aehash.optimisers import optimiser
from aehash.recipe import TrainRecipe

#: 64 × 64 grey, two layers of 128: output shapes and parameters, by hand.
LAYERS = [
    ("encoder_conv_1", (32, 32, 128), 9 * 128 + 128),
    ("encoder_relu_1", (32, 32, 128), 0),
    ("encoder_conv_2", (16, 16, 128), 9 * 128 * 128 + 128),
    ("encoder_relu_2", (16, 16, 128), 0),
    ("flatten", (32_768,), 0),
    ("latent", (48,), 32_768 * 48 + 48),
    ("decoder_dense", (32_768,), 48 * 32_768 + 32_768),
    ("decoder_reshape", (16, 16, 128), 0),
    ("decoder_conv_1", (32, 32, 128), 9 * 128 * 128 + 128),
    ("decoder_relu_1", (32, 32, 128), 0),
    ("decoder_conv_2", (64, 64, 128), 9 * 128 * 128 + 128),
    ("decoder_relu_2", (64, 64, 128), 0),
    ("decoder_image", (64, 64, 1), 9 * 128 + 1),
]


def images_for(model, count=3):
    shape = (count, *model.input_shape[1:])
    return np.random.default_rng(0).integers(0, 256, shape).astype("uint8")


def test_its_layers_are_the_papers():
    model = models.build("sureshkumar2024", image_size=64, channels=1)
    table = [
        (layer.name, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in model.layers
        if layer.name not in ("image", "preprocess")
    ]
    assert table == LAYERS
    assert model.count_params() == 3_623_729
    assert models.feature_layer(model) == "latent"
    assert model.get_layer("latent").activation is keras.activations.linear
    assert model.get_layer("decoder_image").activation is keras.activations.sigmoid
    for layer in model.layers:
        if "_conv_" in layer.name:
            found = layer.strides, layer.kernel_size, layer.padding, layer.filters
            assert found == ((2, 2), (3, 3), "same", 128)
        if isinstance(layer, keras.layers.LeakyReLU):
            assert layer.negative_slope == 0.2
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [5, 28, 30, 64, 65])
def test_any_size_comes_back_as_it_was(size, channels, tmp_path):
    options = {"image_size": size, "channels": channels, "filters": [4, 8]}
    model = models.build("sureshkumar2024", **options)
    images = images_for(model)
    outputs = model.predict_on_batch(images)
    assert outputs.shape == images.shape
    assert 0 <= outputs.min() <= outputs.max() <= 1
    features = models.encoder(model).predict_on_batch(images)
    assert features.shape == (3, 48)
    joined = models.decoder(model).predict_on_batch(features)
    np.testing.assert_allclose(joined, outputs, atol=1e-5)
    assert models.padded_size(model) == (None if size % 4 == 0 else size + -size % 4)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again.predict_on_batch(images), outputs)


def test_what_is_padded_is_zeros_on_both_sides():
    model = models.build("sureshkumar2024", image_size=5, filters=[2, 2])
    images = np.full((1, 5, 5, 1), 255, np.uint8)
    padded = models.encoder(model, "encoder_pad").predict_on_batch(images)
    expected = np.zeros((8, 8))
    expected[1:6, 1:6] = 1
    np.testing.assert_array_equal(padded[0, ..., 0], expected)
    whole = models.encoder(model, "decoder_image").predict_on_batch(images)
    np.testing.assert_array_equal(model.predict_on_batch(images), whole[:, 1:6, 1:6])


@given(st.integers(1, 600), st.integers(1, 6))
def test_padding_is_the_least_that_can_be_halved_and_even(size, halvings):
    before, behind = padding(size, halvings)
    assert (size + before + behind) % 2**halvings == 0
    assert 0 <= before + behind < 2**halvings
    assert behind - before in (0, 1)


def test_bits_stand_in_the_latents_place():
    model = models.build("sureshkumar2024", bits=48, image_size=30, filters=[4])
    assert models.feature_layer(model) == "hash"
    assert "latent" not in [layer.name for layer in model.layers]
    features = models.encoder(model).predict_on_batch(images_for(model))
    assert features.shape == (3, 48)
    assert np.abs(features).max() <= 1


@pytest.mark.parametrize("encoder", ["alexnet", "dcnn", "light", "mobilenet:0.25", "vgg16"])
def test_another_encoder_has_the_same_decoder(encoder, tmp_path):
    options = {"image_size": 34, "channels": 1, "filters": [4, 4]}
    own = models.build("sureshkumar2024", **options)
    model = models.build("sureshkumar2024", encoder=encoder, **options)
    shapes = [
        [(layer.name, layer.output.shape) for layer in each.layers if "decoder" in layer.name]
        for each in (own, model)
    ]
    assert shapes[0] == shapes[1]
    pooled = model.get_layer("average")
    assert pooled.output.shape == (None, pooled.input.shape[-1])
    images = images_for(model)
    outputs = model.predict_on_batch(images)
    assert outputs.shape == images.shape
    assert models.encoder(model).predict_on_batch(images).shape == (3, 48)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again.predict_on_batch(images), outputs)


def test_maps_are_averaged_or_flattened_as_asked():
    for encoder in ("strided", "alexnet"):
        flat = models.build("sureshkumar2024", encoder=encoder, image_size=28, pooled=False)
        averaged = models.build("sureshkumar2024", encoder=encoder, image_size=28, pooled=True)
        side = 7 if encoder == "strided" else 2
        filters = 128 if encoder == "strided" else 256
        assert flat.get_layer("flatten").output.shape == (None, side * side * filters)
        assert averaged.get_layer("average").output.shape == (None, filters)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"filters": []}, "filters is empty"),
        ({"filters": [8, 0]}, "each of filters is 0"),
        ({"latent": 0}, "latent is 0"),
        ({"image_size": 3}, "image_size is 3"),
        ({"channels": 2}, "1 (grey) or 3 (RGB)"),
        ({"weights": "imagenet"}, "no pretrained weights"),
        ({"encoder": "alexnet", "weights": "imagenet"}, "no ImageNet weights of alexnet"),
        ({"encoder": "alexnett"}, "Did you mean 'alexnet'"),
        ({"encoder": "alexnet", "image_size": 6}, "7 pixels and more, not 6"),
        ({"encoder": "vgg16", "image_size": 28}, "32 pixels and more, not 28"),
        ({"encoder": "dcnn", "weights": "gone.h5"}, "no weights file gone.h5"),
    ],
)
def test_wrong_options_are_sentences(options, sentence):
    with pytest.raises(UsageError) as error:
        models.build("sureshkumar2024", **options)
    assert sentence in str(error.value)


def test_the_learning_rate_is_that_of_kerass_old_decay():
    """Keras 2's Adam(1e-3, decay=2e-5): before update k (from 0), lr · 1 / (1 + decay · k)."""
    train = registry.experiment("sureshkumar2024_retinamnist").recipe.train
    assert train == TrainRecipe(epochs=50, batch_size=32, learning_rate=1e-3, decay=2e-5)
    made = optimiser(train)
    weights = [keras.Variable(np.zeros(1, "float32"))]
    made.build(weights)
    for step in range(4):
        rate = float(keras.ops.convert_to_numpy(made.learning_rate))
        assert rate == pytest.approx(1e-3 * (1.0 / (1.0 + 2e-5 * step)), rel=1e-6)
        made.apply([keras.ops.ones(1)], weights)
    made.iterations.assign(1_700)  # 50 passes over 1,080 images
    assert float(made.learning_rate) == pytest.approx(1e-3 / 1.034, rel=1e-6)


@pytest.mark.parametrize("encoder", ["dcnn", "alexnet", "vgg16", "resnet50"])
def test_table_2s_recipes_differ_in_the_encoder_only(encoder):
    own = registry.experiment("sureshkumar2024_retinamnist").recipe.to_dict()
    other = registry.experiment(f"sureshkumar2024_{encoder}").recipe.to_dict()
    assert other["model"].pop("options") == {"encoder": encoder}
    assert own["model"].pop("options") == {}
    assert own.pop("name") != other.pop("name")
    if encoder == "vgg16":  # which diverges at the others' learning rate
        assert other["train"].pop("learning_rate") < own["train"].pop("learning_rate")
    assert own == other
