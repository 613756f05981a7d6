import keras
import numpy as np
import pytest

from aehash import gradients, losses, models
from aehash.errors import UsageError
from aehash.models.air2023_plan import CONFIGURATIONS, halvings, make_plan

DEPTHS = (10, 20, 40, 60)
#: Shortcuts at depths 10, 20, 40 and 60: every second convolution but the last one, or every
#: second later layer.
SHORTCUTS = {
    "classic": (0, 0, 0, 0),
    "shortcut_symmetric": (2, 4, 9, 14),
    "nopool_shortcut_symmetric": (2, 4, 9, 14),
    "shortcut": (4, 9, 19, 29),
    "nopool_shortcut": (4, 9, 19, 29),
}
TWENTY = [(name, depth) for name in CONFIGURATIONS for depth in DEPTHS]
LOSS = losses.Reconstruction("mse")


def photos(count=3, size=32):
    """Smooth images, as photographs are: upsampled noise."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, size // 4, size // 4, 3))
    return coarse.repeat(4, 1).repeat(4, 2).astype("uint8")


def run(model, *inputs):
    """Run a net once, without the seconds that compiling a deep one takes."""
    given = [np.asarray(each, "float32") for each in inputs]
    outputs = model(given if len(given) > 1 else given[0], training=False)
    return keras.ops.convert_to_numpy(outputs)


def kinds(model):
    """Count convolutions, transposed convolutions, additions, poolings and upsamplings."""
    names = [type(layer).__name__ for layer in model.layers]
    wanted = ("Conv2D", "Conv2DTranspose", "Add", "MaxPooling2D", "UpSampling2D")
    return tuple(names.count(name) for name in wanted)


@pytest.mark.parametrize(("configuration", "depth"), TWENTY)
def test_all_twenty_nets(configuration, depth):
    keras.utils.set_random_seed(0)
    model = models.build("air2023", configuration=configuration, depth=depth, filters=4)
    convolutions, transposed, additions, poolings, upsamplings = kinds(model)
    assert (convolutions, transposed) == (depth // 2, depth // 2)
    assert additions == SHORTCUTS[configuration][DEPTHS.index(depth)]
    pools = 0 if configuration.startswith("nopool") else 2
    own = pools if configuration == "shortcut" else 0  # the first maps, halved for later layers
    assert (poolings, upsamplings) == (pools + own, pools)
    assert model.input_shape == model.output_shape == (None, 32, 32, 3)
    assert models.feature_layer(model) == "latent"
    assert models.encoder(model).output_shape == (None, 128)
    norms = gradients.gradient_norms(model, photos(), LOSS)
    assert next(iter(norms)) == "encoder_conv_1"
    assert list(norms)[-1] == "decoder_image"
    assert len(norms) == depth + 2  # and the two Dense layers
    assert np.isfinite(list(norms.values())).all()
    assert norms["encoder_conv_1"] > 0


@pytest.mark.parametrize(("configuration", "depth"), TWENTY)
def test_the_plans_shortcuts_join_maps_of_the_right_size(configuration, depth):
    plan = make_plan(configuration, depth, 32)
    targets = [target for _, target in plan.shortcuts]
    assert len(plan.shortcuts) == SHORTCUTS[configuration][DEPTHS.index(depth)]
    assert targets == sorted(set(targets)) or configuration.endswith("symmetric")
    assert len(set(targets)) == len(targets)
    for source, target in plan.shortcuts:
        assert 1 <= source < target < depth
        if configuration.endswith("symmetric"):
            assert source + target == depth
            assert plan.level(target) == plan.level(source + 1)
        else:
            assert (source, target % 2) == (1, 1)


@pytest.mark.parametrize(
    ("depth", "size", "pools", "places"),
    [
        (10, 32, None, (2, 3)),
        (20, 32, None, (3, 7)),
        (40, 32, None, (7, 13)),
        (60, 32, None, (10, 20)),
        (40, 64, None, (5, 10, 15)),
        (6, 64, None, (1, 2)),
        (40, 32, 1, (10,)),
        (40, 8, None, (10,)),
    ],
)
def test_poolings_are_evenly_spread(depth, size, pools, places):
    assert make_plan("shortcut", depth, size, pools=pools).pools == places


def test_maps_are_halved_to_7_to_13_pixels():
    assert [halvings(size) for size in (8, 14, 16, 28, 30, 32, 64, 96)] == [0, 1, 1, 2, 1, 2, 3, 3]


@pytest.mark.parametrize(
    "options",
    [
        {"configuration": "classic", "depth": 10},
        {"configuration": "shortcut_symmetric", "depth": 10, "kernel_size": 5},
        {"configuration": "nopool_shortcut_symmetric", "depth": 10, "feature": "pooled"},
        {"configuration": "shortcut", "depth": 20, "bits": 16},
        {"configuration": "shortcut", "depth": 16, "across": False, "shortcut_every": 3},
        {"configuration": "nopool_shortcut", "depth": 6, "image_size": 8, "bits": 8},
        {"configuration": "nopool_shortcut", "depth": 10, "across": False, "latent": 7},
        {"configuration": "shortcut", "depth": 8, "image_size": 64, "channels": 1, "pools": 3},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_saved_and_loaded_nets_are_equal(options, tmp_path):
    model = models.build("air2023", filters=4, **options)
    size, channels = model.input_shape[1], model.input_shape[3]
    images = photos(2, size)[..., :channels]
    outputs = run(model, images)
    assert outputs.shape == images.shape
    assert 0 <= outputs.min() <= outputs.max() <= 1
    features = run(models.encoder(model), images)
    assert features.shape == (2, options.get("bits") or options.get("latent", 128))
    assert models.feature_layer(model) == ("hash" if "bits" in options else "latent")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(run(again, images), outputs)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    given = run(models.with_feature(again), images, features)
    np.testing.assert_allclose(given, outputs, atol=1e-5)


def test_a_shortcut_adds_the_first_maps_before_the_relu():
    """With the kernels of layer 3 at zero, its ReLU gives the first layer's maps themselves."""
    model = models.build("air2023", configuration="nopool_shortcut", depth=6, filters=4)
    third = model.get_layer("encoder_conv_3")
    third.set_weights([np.zeros_like(each) for each in third.get_weights()])
    images = photos()
    first, last = (
        run(models.encoder(model, f"encoder_relu_{number}"), images) for number in (1, 3)
    )
    np.testing.assert_array_equal(first, last)


def test_inside_shortcuts_leave_the_decoder_the_feature_alone():
    images = photos()
    inside = models.build("air2023", depth=10, filters=4, across=False)
    feature = run(models.encoder(inside), images)
    joined = run(models.decoder(inside), feature)
    np.testing.assert_allclose(joined, run(inside, images), atol=1e-5)
    across = models.build("air2023", depth=10, filters=4)
    with pytest.raises(UsageError, match="across=False"):
        models.decoder(across)


def test_pooled_features_make_small_dense_layers():
    dense, pooled = (
        models.build("air2023", configuration="nopool_shortcut", depth=10, feature=feature)
        for feature in ("dense", "pooled")
    )
    assert dense.get_layer("latent").count_params() == 32 * 32 * 64 * 128 + 128
    assert pooled.get_layer("latent").count_params() == 8 * 8 * 64 * 128 + 128


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"depth": 11}, "depth is 11; it must be even"),
        ({"depth": 0}, "depth is 0; it must be a whole number, 6 or more"),
        ({"depth": -2}, "6 or more"),
        ({"depth": "40"}, "depth is '40'"),
        ({"depth": 40.0}, "depth is 40.0"),
        ({"configuration": "shortcuts"}, "Did you mean 'shortcut'"),
        ({"configuration": 5}, "must be one of classic"),
        ({"filters": 0}, "filters is 0"),
        ({"kernel_size": 0}, "kernel_size is 0"),
        ({"latent": True}, "latent is True"),
        ({"feature": "flat"}, "one of dense, pooled"),
        ({"shortcut_every": 0}, "shortcut_every is 0"),
        ({"image_size": 30, "pools": 2}, "nearest: 28"),
        ({"image_size": 31}, "divisible by 2 and at least 4 pixels, not 31"),
        ({"pools": 0}, "pools is 0"),
        ({"depth": 6, "image_size": 64, "pools": 3}, "room for 2 poolings"),
        ({"configuration": "nopool_shortcut", "pools": 2}, "has no pooling"),
        ({"configuration": "shortcut_symmetric", "across": False}, "take the configuration"),
        ({"weights": "imagenet"}, "no pretrained weights"),
        ({"bits": 7}, "from 8 to 1024"),
        ({"dept": 10}, "Did you mean 'depth'"),
    ],
    ids=str,
)
def test_wrong_options_are_sentences(options, sentence):
    with pytest.raises(UsageError) as error:
        models.build("air2023", **{"depth": 10, **options})
    assert sentence in str(error.value)
