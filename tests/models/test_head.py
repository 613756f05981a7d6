"""A head on a frozen encoder: parts that add up to the net, and who learns when."""

import keras
import numpy as np
import pytest
from slopes import value

from aehash import losses, models
from aehash.errors import UsageError
from aehash.models.head import backbone, head, head_drawing, head_pairs

BITS, SIDE = 8, 8
IMAGES = np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 1)).astype(np.uint8)


@pytest.fixture
def net():
    return models.build(
        "autohash", bits=BITS, image_size=SIDE, channels=1, encoder="light", dense=16
    )


def weights(model):
    return [each.numpy().copy() for each in model.variables]


def test_backbone_and_head_are_the_encoder(net):
    features = value(backbone(net)(IMAGES))
    assert features.shape == (6, head(net).input_shape[-1])
    np.testing.assert_allclose(
        value(head(net)(features)), value(models.encoder(net)(IMAGES)), atol=1e-5
    )
    before = value(head(net, "dense_relu")(features))
    np.testing.assert_allclose(before, value(models.encoder(net, "dense_relu")(IMAGES)), atol=1e-5)
    drawn = head_drawing(net)
    np.testing.assert_allclose(value(drawn(features)), value(net(IMAGES)), atol=1e-5)


@pytest.mark.parametrize("drawn", [False, True])
def test_pairs_of_features_become_pairs_of_codes(net, drawn):
    features = value(backbone(net)(IMAGES))
    given = {"first": features[:3], "second": features[3:]}
    if drawn:
        given["chance"] = np.full((3, 2, BITS), 0.5, np.float32)
    wrapped = head_pairs(net, drawn=drawn)
    assert set(wrapped.input) == set(given)
    found = wrapped(given, training=False)
    plain = value(head(net)(features))
    pairs = np.stack([plain[:3], plain[3:]], axis=1)
    np.testing.assert_allclose(value(found["features"]), pairs, atol=1e-5)
    np.testing.assert_allclose(value(found["hash"]), pairs.reshape(-1, BITS), atol=1e-5)
    codes = np.where(pairs > 0, 1, -1) if drawn else pairs
    np.testing.assert_allclose(value(found["codes"]), codes, atol=1e-5)


def test_on_pairs_the_head_learns_and_nothing_else(net):
    before = {part.name: weights(part) for part in (backbone(net), models.decoder(net))}
    first = weights(head(net))
    wrapped = head_pairs(net, drawn=False)
    wrapped.compile("sgd", {"codes": losses.Agreement(0.5)})
    features = value(backbone(net)(IMAGES))
    wrapped.train_on_batch(
        {"first": features, "second": features[::-1]}, {"codes": np.zeros((6, 1), np.float32)}
    )
    for part in (backbone(net), models.decoder(net)):
        for old, new in zip(before[part.name], weights(part), strict=True):
            np.testing.assert_array_equal(old, new)
    assert any((old != new).any() for old, new in zip(first, weights(head(net)), strict=True))


def test_in_drawing_the_decoder_learns_and_nothing_else(net):
    encoder, decoder = weights(models.encoder(net)), weights(models.decoder(net))
    wrapped = head_drawing(net)
    wrapped.compile("sgd", losses.Reconstruction("mse"))
    wrapped.train_on_batch(value(backbone(net)(IMAGES)), IMAGES)
    for old, new in zip(encoder, weights(models.encoder(net)), strict=True):
        np.testing.assert_array_equal(old, new)
    changed = zip(decoder, weights(models.decoder(net)), strict=True)
    assert any((old != new).any() for old, new in changed)


def test_nets_without_a_named_encoder_are_refused():
    plain = models.build("autohash", bits=BITS, image_size=SIDE, channels=1)
    with pytest.raises(UsageError, match="--encoder mobilenet"):
        backbone(plain)
    image = keras.Input((SIDE, SIDE, 1))
    other = keras.Model(image, keras.layers.GlobalAveragePooling2D(name="average")(image))
    with pytest.raises(UsageError, match=r"model\.bits"):
        head_pairs(other, drawn=False)
