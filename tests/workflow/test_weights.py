"""Weights from elsewhere as a finished run; and PyTorch's own answers, where it is installed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from torch_side import ask_torch, needs_torch

from aehash import models
from aehash.cli.main import run as command
from aehash.descriptors import describe
from aehash.errors import AehashError, UsageError
from aehash.files import sha256_file
from aehash.models.torch_layout import maker
from aehash.released import Released
from aehash.snapshot import Snapshot
from aehash.workflow.weights import convert_weights

PARTS = ("weight", "bias", "running_mean", "running_var")


@pytest.fixture(scope="module")
def released():
    """A ResNet18 with random weights, a fully connected layer and a whitening, without PyTorch."""
    random = np.random.default_rng(0)
    tensors = {}
    for layer in maker("resnet18")(None).layers:
        for part, weight in zip(PARTS, layer.get_weights(), strict=False):
            value = weight.transpose(3, 2, 0, 1) if weight.ndim == 4 else weight
            tensors[f"{layer.name.replace('_', '.')}.{part}"] = value
    whiten = {"whiten.weight": random.normal(size=(6, 512)), "whiten.bias": random.normal(size=6)}
    pair = (random.normal(size=6), random.normal(size=(6, 6)))
    known = {"sfm": {"ss": pair, "ms": pair}}
    return Released("resnet18", "gem", tensors, np.array([2.5]), whiten, known, 30)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"stands in for the file")
    return path


def test_a_run_is_made(released, file, tmp_path):
    said = []
    made = convert_weights(
        file,
        replace(released, tensors={**released.tensors, "fc.bias": np.ones(10)}),
        tmp_path / "runs" / "gem",
        whitening="sfm",
        scale="ss",
        dimensions=4,
        longest=512,
        say=said.append,
    )
    assert made.unknown == ["fc.bias"]
    assert any("fc.bias" in line for line in said)
    snapshot = Snapshot.load(tmp_path / "runs" / "gem")
    recipe = snapshot.recipe
    assert recipe.describes
    assert recipe.model.options == {
        "encoder": "resnet18:torch",
        "pooling": "gem",
        "p": 2.5,
        "dimensions": 6,
    }
    assert (recipe.describe.scales, recipe.describe.longest) == ((1.0,), 512)
    assert (recipe.describe.whitening, recipe.describe.dimensions) == ("learned", 4)
    about = snapshot.info["converted"]
    assert about["sha256"] == sha256_file(file)
    assert about["architecture"] == "resnet18"
    assert about["whitening"] == {"data": "sfm", "scale": "ss"}
    mean, projection = released.whitenings["sfm"]["ss"]
    whitening = snapshot.whitening()
    np.testing.assert_array_equal(whitening.mean, mean)
    np.testing.assert_array_equal(whitening.projection, projection[:4].T)
    model = snapshot.model()
    assert models.describes(model)
    assert model.get_layer("pool").get_weights()[0].tolist() == [2.5]
    kernel, bias = model.get_layer("whiten").get_weights()
    np.testing.assert_allclose(kernel, released.whiten["whiten.weight"].T, rtol=1e-6)
    np.testing.assert_allclose(bias, released.whiten["whiten.bias"], rtol=1e-6)


def test_every_command_that_describes_takes_it(released, file, tmp_path, capsys):
    from PIL import Image

    random = np.random.default_rng(1)
    (tmp_path / "photos").mkdir()
    for name, shape in (("a", (70, 50, 3)), ("b", (40, 66, 3)), ("c", (33, 33, 3))):
        pixels = random.integers(0, 256, shape, np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{name}.png")
    out = tmp_path / "gem"
    convert_weights(file, released, out, whitening="sfm")
    words = ["extract", "--run", str(out), "--split", "all", "--out", str(tmp_path / "books")]
    assert command(words) == 2
    assert "name some with --data" in capsys.readouterr().err
    assert command([*words, "--data", str(tmp_path / "photos")]) == 0
    features = np.load(tmp_path / "books" / "all" / "features.npy")
    assert features.shape == (3, 6)
    manifest = json.loads((tmp_path / "books" / "all" / "manifest.json").read_text())
    assert manifest["snapshot"] == Snapshot.load(out).digest


def test_two_whitenings_are_two_snapshots(released, file, tmp_path):
    plain = convert_weights(file, released, tmp_path / "plain").snapshot
    whitened = convert_weights(file, released, tmp_path / "white", whitening="sfm").snapshot
    assert plain.info["weights_digest"] == whitened.info["weights_digest"]
    assert plain.digest != whitened.digest
    assert plain.whitening() is None


def test_what_cannot_be_converted_leaves_nothing(released, file, tmp_path):
    out = tmp_path / "gem"
    bad = {**released.tensors, "conv1.weight": np.ones((64, 3, 3, 3))}
    with pytest.raises(AehashError, match=r"net\.pth: conv1\.weight is of shape") as caught:
        convert_weights(file, replace(released, tensors=bad), out)
    assert caught.value.exit_code == 1
    with pytest.raises(AehashError, match=r"pool\.p is of shape \(7,\).*\(512,\)"):
        convert_weights(file, replace(released, p=np.ones(7)), out)
    with pytest.raises(UsageError, match="learned on 'sfn'"):
        convert_weights(file, released, out, whitening="sfn")
    with pytest.raises(UsageError, match="name one with --whitening"):
        convert_weights(file, released, out, dimensions=3)
    assert not out.exists()
    out.mkdir()
    with pytest.raises(UsageError, match="exists already"):
        convert_weights(file, released, out)


@pytest.mark.parametrize(
    ("architecture", "pooling", "whiten"),
    [
        ("resnet18", "gem", "whiten"),
        ("alexnet", "mac", "plain"),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in [
                ("resnet50", "gem", "plain"),
                ("resnet50", "gemmp", "whiten"),
                ("resnet101", "gem", "whiten"),
                ("vgg16", "gem", "plain"),
                ("vgg16", "spoc", "plain"),
            ]
        ),
    ],
)
def test_descriptors_are_pytorchs(tmp_path, architecture, pooling, whiten):
    needs_torch()
    path, answered = tmp_path / "net.pth", tmp_path / "answered.npz"
    ask_torch("released", architecture, pooling, whiten, path, answered)
    out = tmp_path / "run"
    words = ["weights", "convert", str(path), "--out", str(out), "--scale", "ss"]
    assert command([*words, "--whitening", "retrieval-SfM-120k"]) == 0
    snapshot = Snapshot.load(out)
    with np.load(answered) as file:
        pictures = [file[f"picture{index}"] for index in range(4)]
        expected = np.concatenate([file[f"answer{index}"] for index in range(4)])
        mean, projection = file["ss_m"], file["ss_P"]
    found = describe(snapshot.model(), pictures, scales=(1.0,), longest=1024)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()
    whitened = projection @ (expected.T - mean)
    whitened /= np.linalg.norm(whitened, axis=0)
    assert np.abs(snapshot.whitening().apply(found) - whitened.T).max() <= 1e-4
