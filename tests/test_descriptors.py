"""Descriptors of images of any size, by a tiny net."""

import keras
import numpy as np
import pytest
from PIL import Image

from aehash import descriptors, models, passes
from aehash.descriptor_net import Net
from aehash.descriptors import SCALES, describe, join
from aehash.errors import AehashError, UsageError
from aehash.registry import open_dataset
from aehash.whitening import learn_whitening, pca_whitening

SIDES = [(40, 60), (60, 40), (40, 60), (33, 47), (128, 64), (60, 40), (20, 20)]


def photos(sides=SIDES, channels=3):
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (*side, channels)).astype("uint8") for side in sides]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return models.build("gem2023", encoder="light")


def alone(model, picture, scales=(1.0,), p=3.0):
    """Describe one picture as one would by hand."""
    parts = []
    for scale in scales:
        size = (int(picture.shape[1] * scale), int(picture.shape[0] * scale))
        scaled = Image.fromarray(picture)
        if scale != 1:
            scaled = scaled.resize(size, Image.Resampling.BILINEAR)
        outputs = model(np.asarray(scaled, "float32")[None], training=False)
        parts.append(keras.ops.convert_to_numpy(outputs)[0].astype("float64"))
    mean = np.mean(np.power(parts, p), axis=0) ** (1 / p)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize("scales", [(1.0,), SCALES])
def test_each_row_is_the_images_own(model, scales):
    images, seen = photos(), []
    found = describe(
        model, images, scales=scales, workers=2, progress=lambda *done: seen.append(done)
    )
    assert found.shape == (7, 128)
    assert found.dtype == np.float32
    for row, image in zip(found, images, strict=True):
        np.testing.assert_allclose(row, alone(model, image, scales), atol=1e-5)
    assert seen[-1] == (7, 7)
    some = describe(model, images, [4, 1, 1], scales=scales)
    np.testing.assert_allclose(some, found[[4, 1, 1]], atol=1e-5)
    assert describe(model, images, []).shape == (0, 128)


def test_long_sides_are_fitted_and_boxes_cut(model):
    images = photos([(128, 64), (40, 60)])
    found = describe(model, images, longest=64, scales=[1], boxes=[None, (5, 0, 45, 40)])
    fitted = np.asarray(Image.fromarray(images[0]).resize((32, 64), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(found[0], alone(model, fitted), atol=1e-5)
    np.testing.assert_allclose(found[1], alone(model, images[1][:, 5:45]), atol=1e-5)


def test_a_folder_of_photographs(model, tmp_path):
    images = photos()
    for number, image in enumerate(images):
        (tmp_path / f"{number % 2}").mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / f"{number % 2}" / f"{number}.png")
    dataset = open_dataset(str(tmp_path))
    order = [int(dataset.key(row).split("/")[-1].removesuffix(".png")) for row in range(7)]
    found = describe(model, dataset, scales=[1])
    np.testing.assert_allclose(found, describe(model, images, order, scales=[1]), atol=1e-5)
    key = dataset.key(2)
    with pytest.raises(UsageError, match=rf"{key}: The box \(0, 0, 900, 9\) does not lie inside"):
        describe(model, dataset, [2], boxes=[(0, 0, 900, 9)])


def test_waiting_pictures_are_bounded(model, monkeypatch):
    images = photos()
    whole = describe(model, images, scales=[1])
    monkeypatch.setattr(passes, "_WAITING", 10_000)
    monkeypatch.setattr(descriptors, "pixels", lambda _: 3000)
    np.testing.assert_allclose(describe(model, images, scales=[1]), whole, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX compiles every shape")
def test_tensorflow_traces_once(model):
    net = Net(model)
    traces = []
    call = type(net._net).call
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(net._net), "call", lambda *a, **k: (traces.append(1), call(*a, **k))[1])
        for height, width in [(40, 40), (40, 48), (48, 40), (33, 90), (90, 33), (41, 77)]:
            for count in (1, 2):
                net.run(np.stack(photos([(height, width)] * count)), ["image"] * count)
    assert len(traces) == 1


def test_scales_are_joined_by_the_learned_p(model):
    images = photos()[:2]
    keras.utils.set_random_seed(1)
    other = models.build("gem2023", encoder="light", p=2.0)
    other.set_weights([*model.get_weights()[:-1], np.array([2.0])])
    found = describe(other, images, scales=SCALES)
    for row, image in zip(found, images, strict=True):
        np.testing.assert_allclose(row, alone(other, image, SCALES, 2.0), atol=1e-5)
    own = models.build("gem2023", encoder="light", per_map=True)
    p = np.linspace(1, 6, 128)
    own.set_weights([*model.get_weights()[:-1], p])
    row = describe(own, images[:1], scales=SCALES)[0]
    np.testing.assert_allclose(row, alone(own, images[0], SCALES, p), atol=1e-5)
    mean = describe(model, images[:1], scales=SCALES, join_p=1)[0]
    np.testing.assert_allclose(mean, alone(model, images[0], SCALES, 1), atol=1e-5)


def test_joining_is_the_power_mean_without_underflow():
    parts = np.array([[[0.0, 0.6, 0.8]], [[0.0, 0.8, 0.6]]])
    np.testing.assert_allclose(join(parts, 1.0), [[0, 0.5**0.5, 0.5**0.5]], rtol=1e-6)
    np.testing.assert_allclose(join(parts * 1e-3, 900.0), [[0, 0.5**0.5, 0.5**0.5]], rtol=1e-6)
    with pytest.raises(UsageError, match="negative values have no power mean"):
        join(-parts, 3.0)


def test_whitened_descriptors_are_joined_by_the_mean():
    keras.utils.set_random_seed(0)
    net = models.build("gem2023", encoder="light", dimensions=8)
    found = describe(net, photos()[:2])
    assert found.min() < 0
    np.testing.assert_allclose(found, describe(net, photos()[:2], join_p=1), atol=1e-6)


@pytest.mark.parametrize("pooling", ["gem", "spoc", "mac", "rmac"])
def test_a_zero_vector_is_a_sentence(pooling):
    net = models.build("gem2023", encoder="light", pooling=pooling)
    for weight in net.get_layer("light_norm_5").weights[:2]:
        weight.assign(np.zeros(weight.shape))
    with pytest.raises(AehashError, match=r"^image 1 gives a zero vector, .* 128 maps"):
        describe(net, photos(), [1], scales=[1])


@pytest.mark.parametrize("pooling", ["gem", "spoc", "mac", "rmac"])
def test_nan_is_a_sentence(pooling):
    net = models.build("gem2023", encoder="light", pooling=pooling)
    net.get_layer("light_norm_5").weights[0].assign(np.full(128, np.nan))
    with pytest.raises(AehashError, match="image 0 gives a descriptor with NaN"):
        describe(net, photos()[:1])


def test_a_picture_too_small_for_the_net_is_a_sentence():
    net = models.build("gem2023", encoder="alexnet")
    assert describe(net, photos([(63, 70)]), scales=[1]).shape == (1, 256)
    with pytest.raises(UsageError, match=r"image 0 has 45×35 pixels .* takes 63 and more"):
        describe(net, photos([(70, 90)]), scales=[1, 0.5])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"scales": []}, "The scales are ()"),
        ({"scales": [1, 0]}, "each above 0"),
        ({"longest": 0}, "longest side is 0"),
        ({"join_p": -1.0}, "join_p is -1.0"),
        ({"boxes": [None]}, "There are 1 boxes for 7 images"),
        ({"boxes": [(50, 0, 61, 9)] * 7}, "image 0: The box (50, 0, 61, 9) does not lie inside"),
    ],
)
def test_wrong_options_are_sentences(model, options, sentence):
    with pytest.raises(UsageError) as error:
        describe(model, photos(), **options)
    assert sentence in str(error.value)


def test_an_autoencoder_is_refused():
    with pytest.raises(UsageError, match="vinitha2021 draws images of one size"):
        describe(models.build("vinitha2021"), photos())


def test_images_that_cannot_be_described_are_left_out_where_asked(model, tmp_path):
    images, seen = photos(), []
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    (tmp_path / "0.png").write_bytes(b"no image")
    (tmp_path / "6.png").write_bytes(b"")
    dataset, lost = open_dataset(str(tmp_path)), {}
    found = describe(
        model, dataset, scales=[1], lost=lost, progress=lambda *done: seen.append(done)
    )
    np.testing.assert_allclose(found, describe(model, images[1:6], scales=[1]), atol=1e-5)
    assert {place: key for place, (key, _) in lost.items()} == {0: "0.png", 6: "6.png"}
    assert all(reason for _, reason in lost.values())
    assert seen[-1] == (7, 7)
    with pytest.raises(AehashError, match=r"0\.png is not a readable image"):
        describe(model, dataset, scales=[1])


def test_zero_vectors_and_small_pictures_are_left_out_where_asked():
    net = models.build("gem2023", encoder="alexnet", pooling="mac")
    images = photos([(70, 90), (70, 90), (140, 130)])
    lost = {}
    found = describe(net, images, scales=[1, 0.5], lost=lost)
    assert len(found) == 1
    reason = "45×35 pixels at one of the scales, and the encoder takes 63 and more"
    assert lost == {0: ("image 0", reason), 1: ("image 1", reason)}


def test_a_blank_image_does_not_take_the_others_of_its_pass_along():
    net = models.build("gem2023", encoder="light", pooling="mac")
    for layer in net.layers:
        for weight in layer.weights if layer.name.startswith("light") else ():
            if weight.path.endswith(("bias", "beta", "moving_mean")):
                weight.assign(np.zeros(weight.shape))
    images = [*photos([(40, 40)] * 3), np.zeros((40, 40, 3), "uint8")]
    lost = {}
    found = describe(net, images, [0, 3, 1, 2], scales=[1], lost=lost)
    assert lost == {1: ("image 3", "gives a zero vector")}
    np.testing.assert_allclose(found, describe(net, images[:3], scales=[1]), atol=1e-5)


@pytest.mark.parametrize("kind", ["pca", "learned"])
def test_a_fully_connected_layer_does_what_the_whitening_does(model, kind):
    images = photos([(40, 40 + side % 7) for side in range(60)])
    found = describe(model, images, scales=[1])
    if kind == "pca":
        made = pca_whitening(found)
    else:
        made = learn_whitening(found, np.arange(60).reshape(30, 2))
    net = models.build("gem2023", encoder="light", dimensions=8)
    net.set_weights([*model.get_weights(), *made.as_dense(8)])
    inside = describe(net, images, scales=[1])
    np.testing.assert_allclose(inside, made.apply(found, 8), atol=1e-4)
