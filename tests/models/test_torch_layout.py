"""torchvision's backbones in Keras: as many parameters, the same maps with the same weights."""

import keras
import numpy as np
import pytest
from torch_side import ask_torch, needs_torch

from aehash.errors import AehashError, UsageError
from aehash.models.encoders import encode, smallest, smallest_inside
from aehash.models.torch_layout import ARCHITECTURES, maker
from aehash.models.torch_state import put

#: Parameters as torchvision's documentation has them, less those of the classifier.
PARAMETERS = {
    "alexnet": 61_100_840 - 58_631_144,
    "resnet18": 11_689_512 - 513_000,
    "resnet34": 21_797_672 - 513_000,
    "resnet50": 25_557_032 - 2_049_000,
    "resnet101": 44_549_160 - 2_049_000,
    "resnet152": 60_192_808 - 2_049_000,
    "vgg16": 138_357_544 - 123_642_856,
    "vgg19": 143_667_240 - 123_642_856,
}


@pytest.mark.parametrize("name", sorted(set(ARCHITECTURES) - {"resnet101", "resnet152"}))
def test_parameters_are_as_published(name):
    net = maker(name)(None)
    assert sum(int(np.prod(each.shape)) for each in net.trainable_weights) == PARAMETERS[name]


@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "resnet18",
        "resnet50",
        "vgg16",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("resnet34", "resnet101", "resnet152", "vgg19")
        ),
    ],
)
def test_maps_are_torchvisions(name, tmp_path):
    needs_torch()
    answered = tmp_path / "answered.npz"
    ask_torch("maps", name, answered)
    with np.load(answered) as file:
        given = dict(file)
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, encode(inputs, f"{name}:torch"))
    unknown = put(next(each for each in model.layers if isinstance(each, keras.Model)), given)
    assert all(key.startswith(("fc", "classifier", "picture", "answer")) for key in unknown)
    for index in range(4):
        found, expected = (
            model.predict_on_batch(given[f"picture{index}"][None]),
            given[f"answer{index}"],
        )
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


def test_the_3x3_convolution_halves():
    net = maker("resnet50")(None)
    assert net.get_layer("layer2_0_conv1").strides == (1, 1)
    assert net.get_layer("layer2_0_conv2").strides == (2, 2)
    assert net.get_layer("bn1").epsilon == 1e-5
    assert maker("resnet18")(None).get_layer("layer2_0_conv1").strides == (2, 2)


def test_poolings_that_end_a_net_are_left_out_where_maps_are_pooled():
    inputs = keras.Input((None, None, 1))
    grey = np.zeros((1, 64, 96, 1), np.uint8)
    for name, shape in [("alexnet:torch", (3, 5, 256)), ("vgg16:torch", (4, 6, 512))]:
        model = keras.Model(inputs, encode(inputs, name, pooled=False))
        assert model.predict_on_batch(grey).shape[1:] == shape
        assert smallest_inside(model) == smallest(name)


def test_resnets_take_a_single_pixel():
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, encode(inputs, "resnet18:torch"))
    assert smallest_inside(model) == 1
    assert model.predict_on_batch(np.zeros((1, 1, 1, 3), np.uint8)).shape == (1, 1, 1, 512)


@pytest.mark.parametrize("name", ["densenet121:torch", "resnet51:torch"])
def test_others_are_not_known(name):
    with pytest.raises(UsageError, match="There is no encoder"):
        encode(keras.Input((None, None, 3)), name)


def tensors(net):
    """Make a state dict that fits, in PyTorch's orders, without PyTorch."""
    random = np.random.default_rng(0)
    found = {}
    for layer in net.layers:
        parts = ("weight", "bias", "running_mean", "running_var")
        for part, weight in zip(parts, layer.weights, strict=False):
            value = random.random(tuple(weight.shape), np.float32)
            name = f"{layer.name.replace('_', '.')}.{part}"
            found[name] = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value
    return found


def test_a_state_dict_goes_where_its_names_say():
    net = maker("resnet18")(None)
    given = tensors(net)
    given |= {"bn1.num_batches_tracked": np.array(7), "fc.weight": np.ones((1000, 512))}
    assert put(net, given) == ["fc.weight"]
    kernel = net.get_layer("layer1_0_conv2").get_weights()[0]
    np.testing.assert_array_equal(kernel[1, 2, 3, 4], given["layer1.0.conv2.weight"][4, 3, 1, 2])
    norm = net.get_layer("layer4_0_downsample_1").get_weights()
    for value, part in zip(norm, ("weight", "bias", "running_mean", "running_var"), strict=True):
        np.testing.assert_array_equal(value, given[f"layer4.0.downsample.1.{part}"])


def test_what_does_not_fit_is_said():
    net = maker("alexnet")(None)
    good = tensors(net)
    with pytest.raises(AehashError, match=r"lacks 2 of the 10 weights .*features\.3\.weight"):
        put(net, {key: value for key, value in good.items() if not key.startswith("features.3.")})
    wide = np.ones((64, 3, 7, 7))
    with pytest.raises(AehashError, match=r"\(64, 3, 7, 7\), and alexnet wants \(64, 3, 11"):
        put(net, {**good, "features.0.weight": wide})
    with pytest.raises(AehashError, match=r"features\.0\.bias holds NaN"):
        put(net, {**good, "features.0.bias": np.full(64, np.nan)})


def test_pytorchs_files_are_weights(tmp_path, monkeypatch):
    net = maker("resnet18")(None)
    given = tensors(net)
    given["features.0.weight"] = given.pop("conv1.weight")  # as the GeM authors name it
    path = tmp_path / "net.pth"
    monkeypatch.setattr("aehash.torch_file.read_torch", lambda _: given)
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, encode(inputs, "resnet18:torch", str(path)))
    inside = next(each for each in model.layers if isinstance(each, keras.Model))
    np.testing.assert_array_equal(
        inside.get_layer("conv1").get_weights()[0][1, 2, 0, 3],
        given["features.0.weight"][3, 0, 1, 2],
    )
    with pytest.raises(AehashError, match=r"net\.pth do not fit the encoder vgg16:torch: .* lacks"):
        encode(inputs, "vgg16:torch", str(path))
    with pytest.raises(UsageError, match=r"torchvision's \.pth file"):
        encode(inputs, "vgg16:torch", "imagenet")
