import keras
import numpy as np
import pytest

from aehash import models
from aehash.errors import AehashError, UsageError
from aehash.models.akbacak2023 import first_map
from aehash.models.blocks import CaffePreprocess

#: akbacak2023's Figure 3 (256×256×3, 128 bits): output shapes and parameters, in order.
FIGURE_3 = [
    ((8, 8, 2048), 23_587_712),
    ((131_072,), 0),
    ((2048,), 268_437_504),
    ((256,), 524_544),
    ((128,), 32_896),
    ((256,), 33_024),
    ((16, 16, 1), 0),
    ((16, 16, 1), 10),
    ((32, 32, 1), 0),
    ((32, 32, 8), 80),
    ((64, 64, 8), 0),
    ((64, 64, 16), 1_168),
    ((128, 128, 16), 0),
    ((128, 128, 3), 435),
    ((256, 256, 3), 0),
]

SMALL = [
    ("akbacak2023", {"encoder": "light", "dense": [32], "image_size": 16, "channels": 1}),
    ("akbacak2023", {"encoder": "light", "dense": [], "image_size": 28, "channels": 3}),
    ("akbacak2023", {"encoder": "mobilenet:0.25", "dense": [16], "image_size": 32}),
    ("vinitha2021", {"image_size": 16, "channels": 3}),
    ("vinitha2021", {"image_size": 8, "filters": [4, 8, 8]}),
]


def test_akbacak2023_has_exactly_the_papers_layers():
    model = models.build("akbacak2023", bits=128, image_size=256, weights=None)
    layers = [layer for layer in model.layers if layer.name not in ("image", "preprocess")]
    table = [(tuple(layer.output.shape[1:]), layer.count_params()) for layer in layers]
    assert table == FIGURE_3
    assert model.count_params() == 292_617_373
    assert sum(int(np.prod(w.shape)) for w in model.non_trainable_weights) == 53_120
    assert layers[0].name == "resnet50"
    assert model.get_layer("hash").activation is keras.activations.tanh


@pytest.mark.parametrize(("name", "options"), SMALL)
@pytest.mark.parametrize("bits", [8, 48])
def test_every_builder_on_small_images(name, options, bits, tmp_path):
    model = models.build(name, bits=bits, **options)
    size, channels = model.input_shape[1], model.input_shape[3]
    images = np.random.default_rng(0).integers(0, 256, (3, size, size, channels)).astype("uint8")
    outputs = model.predict_on_batch(images)
    assert outputs.shape == images.shape
    assert outputs.min() >= 0
    assert outputs.max() <= 1
    features = models.encoder(model).predict_on_batch(images)
    assert features.shape == (3, bits)
    assert features.dtype == np.float32
    assert np.abs(features).max() <= 1
    joined = models.decoder(model).predict_on_batch(features)
    np.testing.assert_allclose(joined, outputs, atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again.predict_on_batch(images), outputs)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


def test_vinitha2021_without_bits_has_a_linear_latent():
    model = models.build("vinitha2021")
    assert models.feature_layer(model) == "latent"
    assert models.encoder(model).output_shape == (None, 16)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (8, (8, 0)),
        (16, (16, 0)),
        (28, (14, 1)),
        (32, (16, 1)),
        (64, (16, 2)),
        (96, (12, 3)),
        (128, (16, 3)),
        (224, (14, 4)),
        (256, (16, 4)),
        (512, (32, 4)),
    ],
)
def test_the_decoders_first_map(size, expected):
    assert first_map(size) == expected


@pytest.mark.parametrize("size", [1, 17, 33, 50, 100, 250, 257])
def test_an_unreachable_size_says_which_are(size):
    with pytest.raises(UsageError, match=rf"cannot reach {size} pixels.*multiples of 4 to 64"):
        models.build("akbacak2023", image_size=size, encoder="light")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("akbacak", {}, "Did you mean 'akbacak2023'"),
        ("akbacak2023", {"bit": 8}, "Did you mean 'bits'"),
        ("akbacak2023", {"bits": 7, "encoder": "light", "image_size": 8}, "from 8 to 1024"),
        ("akbacak2023", {"bits": None, "encoder": "light", "image_size": 8}, "give bits"),
        ("akbacak2023", {"encoder": "resnet5", "image_size": 32}, "Did you mean 'resnet50'"),
        ("akbacak2023", {"encoder": "resnet50", "image_size": 28}, "32 pixels and more, not 28"),
        ("akbacak2023", {"encoder": "vgg16:0.5", "image_size": 32}, "one width only"),
        ("akbacak2023", {"encoder": "mobilenet:x", "image_size": 32}, "not a width"),
        ("akbacak2023", {"channels": 4, "image_size": 32}, "1 (grey) or 3 (RGB)"),
        ("akbacak2023", {"encoder": "light", "weights": "imagenet", "image_size": 8}, "no pretr"),
        (
            "akbacak2023",
            {"encoder": "mobilenet", "weights": "gone.h5", "image_size": 32},
            "no weights file gone.h5",
        ),
        ("vinitha2021", {"image_size": 30}, "divisible by 4, not 30"),
        ("vinitha2021", {"weights": "imagenet"}, "no pretrained weights"),
    ],
)
def test_wrong_options_are_sentences(name, options, sentence):
    with pytest.raises(UsageError) as error:
        models.build(name, **options)
    assert sentence in str(error.value)


def test_weights_of_another_net_are_a_sentence(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save_weights(
        tmp_path / "other.weights.h5"
    )
    with pytest.raises(AehashError, match="do not fit the encoder mobilenet"):
        models.build(
            "akbacak2023",
            image_size=32,
            encoder="mobilenet:0.25",
            weights=str(tmp_path / "other.weights.h5"),
        )


def test_cutting_at_an_unknown_layer_names_the_nearest():
    model = models.build("vinitha2021", bits=8, image_size=8)
    with pytest.raises(UsageError, match="Did you mean 'hash'"):
        models.encoder(model, "hashh")
    assert models.encoder(model, "flatten").output_shape == (None, 256)


def test_caffe_preprocessing_equals_kerass_own():
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3)).astype("float32")
    expected = keras.applications.resnet50.preprocess_input(images.copy())
    np.testing.assert_allclose(np.asarray(CaffePreprocess()(images)), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("encoder", "module"), [("mobilenet:0.25", "mobilenet"), ("densenet121", "densenet")]
)
def test_preprocessing_equals_kerass_own(encoder, module):
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    model = models.build("akbacak2023", bits=8, image_size=32, encoder=encoder, dense=[])
    found = models.encoder(model, "preprocess").predict_on_batch(images)
    expected = getattr(keras.applications, module).preprocess_input(images.copy())
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.data
def test_real_pretrained_weights(data_file):
    path = data_file("mobilenet_v1_0.75_224_imagenet_notop.weights.h5")
    options = {"bits": 16, "image_size": 64, "encoder": "mobilenet:0.75", "dense": []}
    model = models.build("akbacak2023", weights=str(path), **options)
    plain = keras.applications.MobileNet(
        alpha=0.75, weights=None, include_top=False, input_shape=(64, 64, 3)
    )
    plain.load_weights(path)
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype("float32")
    expected = plain.predict_on_batch(keras.applications.mobilenet.preprocess_input(images.copy()))
    found = models.encoder(model, "flatten").predict_on_batch(images)
    np.testing.assert_allclose(found, expected.reshape(2, -1), atol=1e-4)
