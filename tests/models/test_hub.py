"""Backbones of keras-hub by preset, with random weights written to a folder as a preset is."""

import numpy as np
import pytest

from aehash import models
from aehash.errors import AehashError, UsageError
from aehash.snapshot import load_model

keras_hub = pytest.importorskip("keras_hub", reason="keras-hub is not installed (the extra hub)")


@pytest.fixture(scope="module")
def dino(tmp_path_factory):
    folder = tmp_path_factory.mktemp("preset") / "dino"
    net = keras_hub.models.DINOV2Backbone(
        patch_size=14,
        num_layers=1,
        hidden_dim=16,
        num_heads=2,
        intermediate_dim=32,
        layer_scale_init_value=1.0,
        num_register_tokens=2,
        image_shape=(70, 70, 3),
        position_embedding_shape=(70, 70),
    )
    net.save_to_preset(folder)
    converter = keras_hub.layers.DINOV2ImageConverter(
        image_size=(70, 70), scale=[0.5, 0.25, 0.125], offset=[-1.0, 0.0, 1.0]
    )
    converter.save_to_preset(folder)
    return folder, net


def build(folder, **options):
    return models.build("backbone", encoder=f"hub:{folder}", **{"image_size": 70, **options})


def test_features_are_the_mean_of_the_patches_scaled_as_the_preset_says(dino, tmp_path):
    folder, net = dino
    model = build(folder, weights="imagenet")
    images = np.random.default_rng(0).integers(0, 256, (2, 70, 70, 3)).astype("float32")
    tokens = np.asarray(net(images * [0.5, 0.25, 0.125] + [-1.0, 0.0, 1.0]))
    expected = tokens[:, 3:].mean(axis=1)  # behind the class token and two registers
    found = models.encoder(model)(images)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = models.encoder(load_model(tmp_path / "model.keras"))(images)
    np.testing.assert_allclose(again, found, atol=1e-6)


def test_random_weights_other_sizes_and_grey_images(dino):
    model = build(dino[0], image_size=56, channels=1)
    images = np.zeros((1, 56, 56, 1), "float32")
    assert np.asarray(models.encoder(model)(images)).shape == (1, 16)


def test_a_file_of_weights_is_taken(dino, tmp_path):
    folder, net = dino
    net.save_weights(tmp_path / "dino.weights.h5")
    images = np.full((1, 70, 70, 3), 90, "float32")
    one, other = (
        np.asarray(models.encoder(build(folder, weights=weights))(images))
        for weights in ("imagenet", str(tmp_path / "dino.weights.h5"))
    )
    np.testing.assert_array_equal(one, other)


def test_what_cannot_be_built_is_said(dino, tmp_path):
    with pytest.raises(UsageError, match="images of 8×8 pixels"):
        build(dino[0], image_size=8)
    with pytest.raises(UsageError, match="There is no weights file"):
        build(dino[0], weights=str(tmp_path / "none.h5"))
    (tmp_path / "wrong.weights.h5").write_bytes(b"no weights")
    with pytest.raises(AehashError, match="do not fit the preset"):
        build(dino[0], weights=str(tmp_path / "wrong.weights.h5"))
    with pytest.raises((UsageError, AehashError), match="no_such_preset"):
        build("no_such_preset")
