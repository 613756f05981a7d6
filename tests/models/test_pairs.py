"""Training on pairs: what goes in and out, shared weights, and going on exactly after a kill."""

import keras
import numpy as np
import pytest
from slopes import value

from aehash import losses, models
from aehash.checkpoint import Checkpoints, Progress
from aehash.errors import UsageError
from aehash.models.pairs import pair_model
from aehash.view_plan import DIGITS, PHOTOS, ViewRecipe, draw, parts

BITS, SIDE = 8, 8


def autoencoder(bits=BITS, channels=1):
    return models.build(
        "akbacak2023", bits=bits, image_size=SIDE, channels=channels, encoder="light", dense=(16,)
    )


def batch(recipe, channels=1, count=6, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (2, count, SIDE, SIDE, channels)).astype(np.uint8)
    return {
        "image": images[0],
        "partner": images[1],
        "first": draw(recipe, count, channels, rng),
        "second": draw(recipe, count, channels, rng),
        "chance": rng.random((count, 2, BITS), dtype=np.float32),
    }


@pytest.mark.parametrize("drawn", [False, True])
def test_without_changes_the_pairs_are_the_images(drawn):
    net, given = autoencoder(), batch(ViewRecipe())
    wrapped = pair_model(net, (), drawn=drawn)
    found = wrapped({name: given[name] for name in wrapped.input}, training=False)
    encoder = models.encoder(net)
    features = np.stack([value(encoder(given[name])) for name in ("image", "partner")], axis=1)
    np.testing.assert_allclose(value(found["features"]), features, atol=1e-5)
    np.testing.assert_allclose(value(found["hash"]), features.reshape(-1, BITS), atol=1e-5)
    codes = np.where(features > 0, 1, -1) if drawn else features
    np.testing.assert_allclose(value(found["codes"]), codes, atol=1e-5)
    decoded = models.decoder(net)(codes[:, 0].astype("float32"))
    np.testing.assert_allclose(value(found["reconstruction"]), value(decoded), atol=1e-5)


def test_bits_are_drawn_in_training_alone():
    given, wrapped = batch(DIGITS), pair_model(autoencoder(), parts(DIGITS), drawn=True)
    other = {**given, "chance": 1 - given["chance"]}
    trained = [value(wrapped(each, training=True)["codes"]) for each in (given, other)]
    assert set(np.unique(trained)) == {-1.0, 1.0}
    assert (trained[0] != trained[1]).any()
    fixed = [value(wrapped(each, training=False)["codes"]) for each in (given, other)]
    np.testing.assert_array_equal(*fixed)


def test_views_change_what_is_seen_of_each():
    wrapped = pair_model(autoencoder(channels=3), parts(PHOTOS), drawn=False, reconstruct=False)
    given = batch(PHOTOS, channels=3)
    assert "chance" not in wrapped.input
    assert "reconstruction" not in wrapped.output
    given["partner"] = given["image"]
    given.pop("chance")
    different = value(wrapped(given)["features"])
    assert np.abs(different[:, 0] - different[:, 1]).max() > 1e-3
    alike = value(wrapped({**given, "second": given["first"]})["features"])
    np.testing.assert_allclose(alike[:, 0], alike[:, 1], atol=1e-6)


class Source(keras.utils.PyDataset):
    """One batch an epoch, drawn by its number."""

    def __init__(self):
        super().__init__()
        self.epoch = 0

    def __len__(self):
        return 1

    def __getitem__(self, index):
        given = batch(DIGITS, seed=self.epoch)
        blank = np.zeros((6, 1), "float32")
        return given, {"codes": blank, "features": blank, "reconstruction": given["image"]}


def trainer(seed=1):
    keras.utils.set_random_seed(seed)
    net = autoencoder()
    wrapped = pair_model(net, parts(DIGITS), drawn=True)
    wrapped.compile(
        optimizer=keras.optimizers.Adam(1e-2),
        loss={
            "codes": losses.Agreement(),
            "features": losses.Bottleneck(),
            "reconstruction": losses.Reconstruction(),
        },
    )
    return net, wrapped


def fit(wrapped, start, stop):
    source = Source()

    class Epoch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            source.epoch = epoch

    source.epoch = start
    history = wrapped.fit(
        source, initial_epoch=start, epochs=stop, shuffle=False, verbose=0, callbacks=[Epoch()]
    )
    return history.history["loss"]


@pytest.mark.slow
@pytest.mark.training
def test_a_run_goes_on_exactly_and_trains_every_part(tmp_path):
    net, wrapped = trainer()
    before = [value(each) for each in net.trainable_weights]
    fit(wrapped, 0, 4)
    whole = [value(each) for each in net.weights]
    for old, new in zip(before, net.trainable_weights, strict=True):
        assert (old != value(new)).any(), new.path
    _, wrapped = trainer()
    fit(wrapped, 0, 2)
    Checkpoints(tmp_path).save(wrapped, Progress(epoch=2, best_epoch=2, best=1.0))
    net, wrapped = trainer(seed=2)
    assert Checkpoints(tmp_path).restore(wrapped).epoch == 2
    fit(wrapped, 2, 4)
    for expected, found in zip(whole, net.weights, strict=True):
        np.testing.assert_allclose(value(found), expected, rtol=1e-5, atol=1e-6)


def test_an_autoencoder_without_bits_is_a_sentence():
    net = models.build("vinitha2021", bits=None, image_size=28, channels=1)
    with pytest.raises(UsageError, match=r"set model\.bits"):
        pair_model(net, (), drawn=False)
