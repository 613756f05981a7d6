"""The encoders written here: AlexNet, the DCNN; and the features of one as they are."""

import keras
import numpy as np
import pytest

from aehash import models
from aehash.models.alexnet import LocalResponse, alexnet
from aehash.models.dcnn import dcnn

#: Krizhevsky et al., section 3.5, with one tower: the maps and parameters of each layer.
ALEXNET = [
    ("conv_1", (55, 55, 96), 11 * 11 * 3 * 96 + 96),
    ("pool_1", (27, 27, 96), 0),
    ("conv_2", (27, 27, 256), 5 * 5 * 96 * 256 + 256),
    ("pool_2", (13, 13, 256), 0),
    ("conv_3", (13, 13, 384), 3 * 3 * 256 * 384 + 384),
    ("conv_4", (13, 13, 384), 3 * 3 * 384 * 384 + 384),
    ("conv_5", (13, 13, 256), 3 * 3 * 384 * 256 + 256),
    ("pool_5", (6, 6, 256), 0),
]


def test_alexnets_layers_are_the_papers():
    model = alexnet(224)
    table = [
        (layer.name, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in model.layers
        if layer.name.startswith(("conv", "pool"))
    ]
    assert table == ALEXNET
    assert model.count_params() == 3_747_200
    convolutions = [model.get_layer(f"conv_{index}") for index in range(1, 6)]
    assert [layer.kernel_size[0] for layer in convolutions] == [11, 5, 3, 3, 3]
    assert [layer.strides[0] for layer in convolutions] == [4, 1, 1, 1, 1]
    biases = [float(layer.get_weights()[1].mean()) for layer in convolutions]
    assert biases == [0, 1, 0, 1, 1]
    assert convolutions[2].get_weights()[0].std() == pytest.approx(0.01, rel=0.01)


@pytest.mark.parametrize(
    ("size", "sides", "last"),
    [
        (224, [55, 27, 13, 6], "pool_5"),
        (64, [15, 7, 3, 1], "pool_5"),
        (63, [15, 7, 3, 1], "pool_5"),
        (62, [14, 6, 2], "conv_5"),
        (28, [6, 2], "conv_5"),
        (7, [1], "conv_5"),
    ],
)
def test_alexnet_leaves_out_poolings_wider_than_the_maps(size, sides, last):
    model = alexnet(size)
    pooled = [layer.output.shape[1] for layer in model.layers if layer.name.startswith("pool")]
    assert [model.get_layer("conv_1").output.shape[1], *pooled] == sides
    assert model.layers[-1].name == last
    assert model.count_params() == 3_747_200


def test_local_response_is_section_3_3():
    maps = np.random.default_rng(0).normal(0, 60, (2, 3, 3, 7)).astype("float32")
    expected = np.empty_like(maps)
    for index in range(7):
        near = maps[..., max(0, index - 2) : min(6, index + 2) + 1].astype("float64")
        expected[..., index] = maps[..., index] / (2 + 1e-4 * (near**2).sum(-1)) ** 0.75
    np.testing.assert_allclose(np.asarray(LocalResponse()(maps)), expected, rtol=1e-5)


def test_the_dcnn_has_five_convolutions_and_two_dense_layers():
    model = dcnn(64)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == 5
    assert kinds.count("Dense") == 2
    assert model.output_shape == (None, 1, 1, 512)
    convolutions = 896 + 18_496 + 73_856 + 295_168 + 590_080
    dense = (2 * 2 * 256 * 1024 + 1024) + (1024 * 512 + 512)
    assert model.count_params() == convolutions + dense


@pytest.mark.parametrize("name", ["alexnet", "dcnn"])
def test_own_encoders_take_weights_from_a_file(name, tmp_path):
    given = {"alexnet": alexnet, "dcnn": dcnn}[name](28)
    path = tmp_path / "own.weights.h5"
    given.save_weights(path)
    model = models.build("sureshkumar2024", encoder=name, image_size=28, weights=str(path))
    for expected, found in zip(given.weights, model.get_layer(name).weights, strict=True):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_alexnet_sees_centred_pixels_and_grey_three_times():
    model = models.build("sureshkumar2024", encoder="alexnet", image_size=28, channels=1)
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 1)).astype("uint8")
    found = models.encoder(model, "preprocess").predict_on_batch(images)
    np.testing.assert_allclose(found, np.repeat(images, 3, -1) - 127.5)


@pytest.mark.parametrize(
    ("size", "first"), [(8, 4), (28, 7), (64, 8), (128, 8), (224, 7), (225, 8)]
)
def test_a_backbones_features_are_its_averaged_maps(size, first, tmp_path):
    model = models.build("backbone", encoder="dcnn", image_size=size)
    assert models.feature_layer(model) == "latent"
    assert model.get_layer("decoder_reshape").output.shape[1] == first
    assert model.output_shape == (None, size, size, 3)
    if size == 28:
        images = np.random.default_rng(0).integers(0, 256, (2, size, size, 3)).astype("uint8")
        maps = model.get_layer("dcnn").predict_on_batch(images / np.float32(255))
        features = models.encoder(model).predict_on_batch(images)
        np.testing.assert_allclose(features, maps.mean((1, 2)), atol=1e-4)
        outputs = model.predict_on_batch(images)
        model.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
        np.testing.assert_array_equal(again.predict_on_batch(images), outputs)


def test_a_backbone_with_bits_hashes_its_averages():
    model = models.build("backbone", encoder="light", bits=16, image_size=16, channels=1)
    assert models.feature_layer(model) == "hash"
    assert models.encoder(model).output_shape == (None, 16)
    assert models.encoder(model, "latent").output_shape == (None, 64)


@pytest.mark.data
def test_pretrained_features_are_kerass_own(data_file):
    path = data_file("mobilenet_v1_0.75_224_imagenet_notop.weights.h5")
    model = models.build("backbone", image_size=64, weights=str(path))
    plain = keras.applications.MobileNet(
        alpha=0.75, weights=None, include_top=False, input_shape=(64, 64, 3), pooling="avg"
    )
    plain.load_weights(path)
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype("float32")
    expected = plain.predict_on_batch(keras.applications.mobilenet.preprocess_input(images.copy()))
    found = models.encoder(model).predict_on_batch(images)
    assert found.shape == (2, 768)
    np.testing.assert_allclose(found, expected, atol=1e-4)
