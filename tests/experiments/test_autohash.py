"""The studies of aehash's own recipe, run small; and that nothing is chosen on test images."""

import json
import re
from pathlib import Path

import pytest
from small_run import write_digits

from aehash.errors import UsageError
from aehash.experiments import autohash_ablation as ablation
from aehash.experiments import autohash_quality as quality
from aehash.experiments.autohash_nets import Nets
from aehash.experiments.autohash_sizes import SIZES, Size
from aehash.experiments.study import Order

RESULTS = Path(__file__).resolve().parents[2] / "experiments" / "results" / "quality"
TINY = Size(
    (16,),
    1,
    ("train.epochs=3", "model.options.dense=16", "model.options.filters=[4,8]"),
)


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    folder = tmp_path_factory.mktemp("autohash")
    return Order(folder, str(write_digits(folder / "digits.npz")), command="as tested")


@pytest.mark.training
def test_what_is_chosen_by_never_sees_the_test_images(order, monkeypatch):
    monkeypatch.setattr(ablation, "CHANGES", {"": ()})
    (path,) = ablation.run(order, TINY)
    result = json.loads(path.read_text())
    assert result["split"] == "val" and result["images"]["val"] == 12
    assert [each["change"] for each in result["nets"]] == [""]
    assert result["image_size"] == 8
    assert not list(order.out.glob("**/codes/*/test"))
    text = ablation.table(result)
    assert "the recipe" in text and "12 validation queries, 96 database items" in text


@pytest.mark.training
def test_quality_asks_the_same_nets_with_the_test_images(order):
    before = {path: path.stat().st_mtime_ns for path in order.out.glob("**/run.json")}
    path, picture = quality.run(order, TINY)
    result = json.loads(path.read_text())
    assert picture.stat().st_size > 10_000
    assert result["split"] == "test" and result["table"]["n_queries"] == 12
    for run, time in before.items():
        assert run.stat().st_mtime_ns == time  # the recipe's own net is not trained again
    assert str(order.out) not in path.read_text() and "digits.npz test" in path.read_text()
    names = [row["name"] for row in result["table"]["methods"]]
    assert "ITQ of pixels" in names and "chance" in names
    text = quality.table(result)
    assert "Against the best baseline and the best of pixels" in text
    assert "12 queries, 96 database items, images of 8 pixels" in text


def test_a_folder_keeps_to_its_settings(order):
    nets = Nets(order, TINY)
    assert [net.name for net in nets.nets({"": (), "x": ("a=1",)}, (16, 32))] == [
        "recipe-16bits-seed0",
        "recipe-32bits-seed0",
        "x-16bits-seed0",
        "x-32bits-seed0",
    ]
    with pytest.raises(UsageError, match="another choice of settings"):
        Nets(order, SIZES["quick"])


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_results_say_what_they_were_judged_on(path):
    """Tables of choices are of validation images; those of test images have no setting changed."""
    text = path.read_text()
    assert not re.search(r"[ (\"]/\w+/", text), "it names a folder of somebody's machine"
    result = json.loads(text)
    assert result["run"]["command"].startswith(f"aehash experiments run {result['study']}")
    if result["study"] == ablation.NAME:
        assert result["split"] == "val"
        return
    assert result["study"] == quality.NAME
    assert result["split"] == "test" and result["settings"] == []
    assert len(result["seeds"]) >= 3
    assert {each["change"] for each in result["nets"]} == {""}
