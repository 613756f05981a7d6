"""What a released checkpoint says of itself, from plain values: no PyTorch is needed."""

import numpy as np
import pytest

from aehash.errors import AehashError, UsageError
from aehash.released import ARCHITECTURES, read_released

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
LW = {"m": np.full((3, 1), 0.5), "P": np.arange(9.0).reshape(3, 3)}


def checkpoint(tensors=None, **meta):
    """Make what a file of the authors' holds."""
    about = {"architecture": "resnet50", "pooling": "gem", "mean": MEAN, "std": STD, **meta}
    return {"meta": about, "state_dict": {"pool.p": np.array([2.9]), **(tensors or {})}}


def test_a_checkpoint_is_read():
    names = {
        "features.0.weight": "conv1.weight",
        "features.1.running_var": "bn1.running_var",
        "features.4.0.downsample.1.bias": "layer1.0.downsample.1.bias",
        "features.7.2.conv3.weight": "layer4.2.conv3.weight",
    }
    given = {name: np.full(2, place) for place, name in enumerate(names)}
    whiten = {"whiten.weight": np.ones((5, 7)), "whiten.bias": np.ones(5)}
    found = read_released(
        {"epoch": 12, **checkpoint({**given, **whiten}, whitening=True, Lw={"sfm": {"ss": LW}})}
    )
    assert (found.architecture, found.pooling, found.epochs) == ("resnet50", "gem", 12)
    assert {name: int(value[0]) for name, value in found.tensors.items()} == {
        new: place for place, new in enumerate(names.values())
    }
    assert found.p.tolist() == [2.9]
    assert found.dimensions == 5
    assert list(found.whitenings) == ["sfm"]


@pytest.mark.parametrize("prefix", ["", "features.", "module.features."])
@pytest.mark.parametrize(
    ("architecture", "name", "expected"),
    [
        ("resnet101", "5.22.bn2.bias", "layer2.22.bn2.bias"),
        ("vgg16", "28.weight", "features.28.weight"),
    ],
)
def test_features_alone_are_read(prefix, architecture, name, expected):
    found = read_released({f"{prefix}{name}": np.ones(3)}, architecture)
    assert list(found.tensors) == [expected]
    assert (found.pooling, found.p, found.dimensions) == ("gem", None, None)


def test_torchvisions_names_stay():
    given = {"conv1.weight": np.ones(2), "layer1.0.bn1.bias": np.ones(2), "fc.bias": np.ones(2)}
    assert list(read_released(given, "resnet18", "mac").tensors) == list(given)


def test_a_gem_with_a_p_for_each_map():
    content = checkpoint({"pool.p": np.linspace(1, 3, 4)}, pooling="gemmp")
    found = read_released(content)
    assert (found.pooling, found.p.tolist()) == ("gem", np.linspace(1, 3, 4).tolist())


def test_a_whitening_is_the_authors_formula():
    random = np.random.default_rng(0)
    lw = {"m": random.normal(size=(6, 1)), "P": random.normal(size=(6, 6))}
    features = random.normal(size=(9, 6))
    found = read_released(checkpoint(Lw={"sfm": {"ms": lw}}))
    for dimensions in (None, 4):
        expected = lw["P"][:dimensions] @ (features.T - lw["m"])
        expected /= np.linalg.norm(expected, axis=0)
        made = found.whitening("sfm", "ms", dimensions)
        np.testing.assert_allclose(made.apply(features), expected.T, atol=1e-6)
        assert "as released (sfm, several scales)" in made.summary
    with pytest.raises(UsageError, match="Did you mean 'sfm'"):
        found.whitening("sfn", "ms")
    with pytest.raises(UsageError, match=r"is there for \['ms'\]"):
        found.whitening("sfm", "ss")
    with pytest.raises(UsageError, match="6 dimensions, not 7"):
        found.whitening("sfm", "ms", 7)


def test_architectures_are_those_that_can_be_built():
    from aehash.models import torch_layout

    assert set(ARCHITECTURES) == set(torch_layout.ARCHITECTURES)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([1, 2], "holds a list"),
        ({}, "holds nothing"),
        ({"a": "text"}, "'a' is no tensor"),
        ({"state_dict": {3: np.ones(1)}, "meta": {}}, "3 is no tensor"),
        ({"state_dict": {"a": np.ones(1)}, "meta": {}}, "names no architecture"),
        (checkpoint(architecture="densenet121"), "architecture is 'densenet121'; those"),
        (checkpoint(pooling="netvlad"), "pooling is 'netvlad'; those"),
        (checkpoint(regional=True), "regions by themselves"),
        (checkpoint({"lwhiten.weight": np.ones((2, 2))}), "each place of the maps"),
        (checkpoint(mean=[0.5, 0.5, 0.5]), r"a mean of \[0.5, 0.5, 0.5\]"),
        (checkpoint(std="none"), "a std of 'none'"),
        (checkpoint(whitening=True), r"lacks whiten\.weight"),
        (checkpoint({"pool.p": np.array([np.nan])}), r"p must be from 0\.01 to 1000"),
        (checkpoint({"pool.p": np.empty(0)}), r"pool\.p is \[\]"),
        ({**checkpoint(), "state_dict": {"a": np.ones(1)}}, r"lacks pool\.p"),
        (checkpoint(Lw=[1]), "Lw is no table"),
        (checkpoint(Lw={"sfm": {"ss": {"m": 1}}}), "lacks its m or its P"),
        (checkpoint(Lw={"sfm": {"ss": {**LW, "m": np.ones(4)}}}), "m of 4 values"),
        (checkpoint(Lw={"sfm": {"ss": {**LW, "P": np.full((3, 3), np.inf)}}}), "is damaged"),
        (checkpoint(Lw={"sfm": {"ss": {**LW, "P": LW["P"] * 1j}}}), "a complex P"),
        (checkpoint(Lw={"sfm": {"ss": {**LW, "P": np.array([["x"] * 3])}}}), "is damaged"),
    ],
)
def test_what_cannot_be_converted_is_said(content, sentence):
    with pytest.raises(AehashError, match=sentence) as caught:
        read_released(content)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("content", "told", "sentence"),
    [
        ({"conv1.weight": np.ones(1)}, (), "--architecture resnet50"),
        ({"conv1.weight": np.ones(1)}, ("resnet5",), "Did you mean 'resnet50'"),
        ({"conv1.weight": np.ones(1)}, ("resnet50", "gm"), "no pooling 'gm'"),
        (checkpoint(), ("vgg16",), "is resnet50, not vgg16"),
        (checkpoint(), (None, "mac"), "is gem, not mac"),
    ],
)
def test_what_must_be_told_otherwise_is_said(content, told, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_released(content, *told)
