"""The medical studies at their smallest: what they write, and that nothing is done twice."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from aehash.errors import UsageError
from aehash.experiments import (
    sureshkumar2024_accuracy as accuracy,
)
from aehash.experiments import (
    sureshkumar2024_figures as figures,
)
from aehash.experiments import (
    sureshkumar2024_table1 as table1,
)
from aehash.experiments import (
    sureshkumar2024_table2 as table2,
)
from aehash.experiments.net_folder import history, make_missing
from aehash.experiments.study import Order
from aehash.experiments.sureshkumar2024_nets import Nets
from aehash.experiments.sureshkumar2024_rows import over_cuts
from aehash.experiments.sureshkumar2024_sizes import CUTS, SIZES, Size
from aehash.experiments.sureshkumar2024_systems import (
    AUTOENCODER,
    FIRST,
    PAPER,
    Net,
    System,
    pretrained,
    recipe,
)

TINY = Size(dataclasses.replace(PAPER, epochs=2, batch_size=16), seeds=2, side=16)


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """Make grey images of three kinds, 16 pixels wide."""
    folder = tmp_path_factory.mktemp("medical")
    generator = np.random.default_rng(0)
    coarse = generator.integers(60, 180, (3, 4, 4)).repeat(4, 1).repeat(4, 2)

    def draw(count):
        labels = np.arange(count) % 3
        noise = generator.integers(-60, 60, (count, 16, 16))
        return (coarse[labels] + noise).astype(np.uint8), labels

    parts = zip(("train", "val", "test"), map(draw, (120, 30, 24)), strict=True)
    arrays = {
        f"{split}_{what}": part
        for split, pair in parts
        for what, part in zip(("images", "labels"), pair, strict=True)
    }
    np.savez(folder / "scans.npz", **arrays)
    return Order(folder / "out", data=str(folder / "scans.npz"), command="aehash experiments run X")


@pytest.fixture(scope="module")
def first(order):
    (path,) = table1.run(order, TINY)
    return json.loads(path.read_text())


@pytest.mark.training
def test_table_1_has_a_row_for_each_system(first, order):
    assert [row["system"] for row in first["rows"]] == [system.name for system in FIRST]
    assert [row["seeds"] for row in first["rows"]] == [2, 2, 2, 2, 1]
    for row in first["rows"]:
        for k in CUTS:
            found = row["micro"]
            assert 0 <= found[f"precision@{k}"]["mean"] <= 1
            assert found[f"recall@{k}"]["mean"] <= found[f"recall_bound@{k}"]["mean"] + 1e-9
        assert sum(map(sum, row["confusion_first_seed"])) == pytest.approx(24)
    assert first["channels"] == 1
    assert first["chance"]["micro"]["precision@20"]["mean"] == pytest.approx(1 / 3, abs=1e-6)
    assert str(order.out.parent) not in json.dumps(first)
    text = table1.table(first)
    assert text.count("precision@n") == len(FIRST) + 1
    assert text.count("largest recall") == 1
    assert "| *the paper, on its own images* | precision | 0.9784 |" in text


@pytest.mark.training
def test_the_figures_take_the_nets_of_table_1(first, order, monkeypatch):
    def never(self, net):
        raise AssertionError(net)

    monkeypatch.setattr(Nets, "_make", never)
    path, *pictures = figures.run(order, TINY)
    result = json.loads(path.read_text())
    assert len(result["kept"]) == 2
    for values in (*result["loss"].values(), *result["accuracy"].values()):
        assert [len(each) for each in values] == [2, 2]
    for picture in pictures:
        with Image.open(picture) as drawn:
            assert drawn.size[0] > 300
    assert {path.name for path in pictures} == {
        "sureshkumar2024_figures.png",
        "sureshkumar2024_figures_map.png",
        "retrieval.png",
        "confusion.png",
    }
    assert figures.table(result).count("→") == 4 + 2


@pytest.mark.training
def test_table_2_averages_over_the_cuts(first, order, monkeypatch):
    rival = System("light", "light", options={"encoder": "light"}, passes=0.5)
    monkeypatch.setattr(table2, "RIVALS", (rival,))
    (path,) = table2.run(order, dataclasses.replace(TINY, rival_seeds=1))
    result = json.loads(path.read_text())
    assert [row["system"] for row in result["rows"]] == ["autoencoder", "light"]
    assert [row["passes"] for row in result["rows"]] == [2, 1]
    assert result["rows"][0]["micro"] == first["rows"][0]["micro"]
    mean = over_cuts(result["rows"][0], "precision@{}")
    values = [first["rows"][0]["micro"][f"precision@{k}"]["mean"] for k in CUTS]
    assert mean == pytest.approx(sum(values) / 5)
    assert "0.9587" in table2.table(result)


def test_table_2_of_the_paper_is_the_mean_of_its_table_1():
    means = np.mean(list(table1.PAPER.values()), axis=0)
    assert means == pytest.approx(table2.PAPER[AUTOENCODER.title], abs=6e-4)


def test_weights_of_imagenet_are_for_the_nets_of_table_2_too():
    assert pretrained(None) == ()
    assert [system.options["encoder"] for system in pretrained("w.h5")] == ["mobilenet:0.75"]
    encoders = [system.options["encoder"] for system in pretrained("imagenet")]
    assert encoders == ["mobilenet:0.75", "vgg16", "resnet50"]
    for system in (*FIRST, *table2.RIVALS, *pretrained("imagenet")):
        made = recipe(
            Net(system, 0), "digits", train=PAPER, side=28, channels=1, weights="imagenet"
        )
        assert made.model.weights == ("imagenet" if system.pretrained else None)


@pytest.mark.training
def test_a_folder_of_other_settings_is_refused(first, order):
    with pytest.raises(UsageError, match="another choice of train"):
        Nets(order, SIZES["reduced"])


def test_a_pass_that_was_done_again_counts_once(tmp_path):
    lines = [{"epoch": 1, "training": 0.5}, {"epoch": 2, "training": 0.1}]
    lines.append({"epoch": 2, "training": 0.75})
    (tmp_path / accuracy.FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert accuracy.by_pass(tmp_path, 2) == {"training": [0.5, 0.75]}


def test_a_pass_whose_judging_was_cut_off_is_judged_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(accuracy, "_Judge", lambda *_: lambda model: {"training": model})
    (tmp_path / accuracy.FILE).write_text('{"epoch": 1, "training": 0.5}\n{"epoch": 2, "trai')
    after = accuracy.callback(None, 8, 1, tmp_path)
    after.set_model(0.75)
    after.on_epoch_begin(2)
    after.on_epoch_begin(2)
    after.set_model(0.8)
    after.on_epoch_end(2)
    assert accuracy.by_pass(tmp_path, 4) == {"training": [0.5, 0.75, 0.8, None]}
    assert (tmp_path / accuracy.FILE).read_text().count('"epoch": 2, "training"') == 1


def test_only_what_is_missing_is_made():
    made, said = [], []

    def make(name):
        made.append(name)
        return f"{name} done"

    make_missing(["a", "b", "c"], lambda name: name == "b", make, lambda _: 1.0, said.append)
    assert made == ["a", "c"]
    assert said[0] == "1 of 3 nets are there already"
    assert said[-1] == "[2/2] c done"


def test_history_gives_columns(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,loss\n1,0.5\n2,0.25\n")
    assert history(tmp_path) == {"epoch": [1.0, 2.0], "loss": [0.5, 0.25]}
