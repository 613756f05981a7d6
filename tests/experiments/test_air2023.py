"""The studies of air2023 at their smallest: what they write, and going on after a stop."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
from PIL import Image

from aehash import registry
from aehash.cli.main import run as command
from aehash.errors import UsageError
from aehash.experiments import air2023_figure3, air2023_figure4, air2023_gradients
from aehash.experiments.air2023_net import CONFIGURATIONS, Net
from aehash.experiments.air2023_nets import MAP, Nets
from aehash.experiments.air2023_sizes import PAPER, SIZES, Size
from aehash.experiments.air2023_summary import chance, relevant_rows, summary
from aehash.experiments.study import Order, Study

TINY = Size(
    filters=2,
    train=dataclasses.replace(PAPER, epochs=2, batch_size=8),
    learn=3,
    held_out=1,
    database=6,
    queries=3,
    feedback_queries=2,
    depths=(6,),
    seeds={6: 1},
    rounds=2,
    marks=4,
    feedback_depth=6,
    gradient_steps=2,
    gradient_depths=(6,),
)


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """Make data of five kinds of 8 × 8 pictures, one test image a near-duplicate."""
    folder = tmp_path_factory.mktemp("studies")
    generator = np.random.default_rng(0)
    coarse = generator.integers(60, 180, (5, 4, 4, 3)).repeat(2, 1).repeat(2, 2)

    def draw(count):
        labels = np.arange(count) % 5
        noise = generator.integers(-50, 50, (count, 8, 8, 3))
        return (coarse[labels] + noise).astype(np.uint8), labels

    train, test = draw(50), draw(20)
    test[0][4] = train[0][7]
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(folder / "data.npz", **dict(zip(names, (*train, *test), strict=True)))
    return Order(folder / "out", data=str(folder / "data.npz"), command="aehash experiments run X")


@pytest.fixture(scope="module")
def figure3(order):
    path, picture = air2023_figure3.run(order, TINY)
    return json.loads(path.read_text()), picture


@pytest.mark.slow
@pytest.mark.training
def test_figure_3_has_a_row_for_each_configuration(figure3, order):
    result, picture = figure3
    assert [row["configuration"] for row in result["rows"]] == list(CONFIGURATIONS)
    for row in result["rows"]:
        low, high = row["all"]["ci95"]
        assert 0 <= low <= row["all"]["mean"] <= high <= 1
        assert row["all"]["queries"] == 15
        assert row["loss_first_pass"] > 0
        assert set(row["feature_use"]) == {"own", "other", "zero"}
    assert result["images"]["learned_from"] == 15
    assert result["images"]["database"] == 30
    twice = result["images"]["queries_with_near_duplicates_in_train"]
    assert twice >= 1
    assert result["rows"][0]["without_duplicates"]["queries"] == 15 - twice
    assert str(order.out.parent) not in json.dumps(result)
    with Image.open(picture) as drawn:
        assert drawn.size[0] > 800
    assert air2023_figure3.table(result).count("\n| ") == 7


@pytest.mark.slow
@pytest.mark.training
def test_what_is_there_is_not_done_again(figure3, order, monkeypatch):
    def never(self, net):
        raise AssertionError(net)

    monkeypatch.setattr(Nets, "_make", never)
    path, _ = air2023_figure3.run(order, TINY)
    assert json.loads(path.read_text())["rows"] == figure3[0]["rows"]


@pytest.mark.slow
@pytest.mark.training
def test_a_stopped_study_does_only_what_is_missing(figure3, order, tmp_path, monkeypatch):
    other = dataclasses.replace(order, out=tmp_path / "out")
    nets = Nets(other, TINY)
    wanted = [Net("classic", 6, 0), Net("shortcut", 6, 0)]
    judge, made = Nets._judge, []

    def stopped(self, net, facts, started):
        if net.configuration == "shortcut" and not made:
            made.append("stopped")
            raise KeyboardInterrupt
        made.append(net.configuration)
        return judge(self, net, facts, started)

    monkeypatch.setattr(Nets, "_judge", stopped)
    with pytest.raises(KeyboardInterrupt):
        nets.make(wanted[1:])
    found = nets.make(wanted)
    assert made == ["stopped", "classic", "shortcut"]
    rows = {row["configuration"]: row["all"]["mean"] for row in figure3[0]["rows"]}
    for each in found:  # equal seeds give equal nets, stopped or not
        assert each.values[MAP].mean() == pytest.approx(rows[each.net.configuration], abs=0.02)


@pytest.mark.slow
@pytest.mark.training
def test_a_folder_of_other_settings_is_refused(figure3, order):
    with pytest.raises(UsageError, match="another choice of filters"):
        Nets(order, dataclasses.replace(TINY, filters=3))
    with pytest.raises(UsageError, match="another choice of images"):
        Nets(order, dataclasses.replace(TINY, learn=2))
    Nets(dataclasses.replace(order, seeds=7), dataclasses.replace(TINY, depths=(8,)))


@pytest.mark.slow
@pytest.mark.training
def test_figure_4_takes_the_nets_of_figure_3(figure3, order, monkeypatch):
    made = []
    make = Nets._make
    monkeypatch.setattr(Nets, "_make", lambda self, net: made.append(net) or make(self, net))
    path, picture = air2023_figure4.run(order, TINY)
    result = json.loads(path.read_text())
    assert [net.configuration for net in made] == ["sscair"]
    methods = dict.fromkeys(row["method"] for row in result["rows"])
    assert list(methods) == [
        name for _, names in air2023_figure4.SYSTEMS.values() for name in names
    ]
    rows = {(row["method"], row["round"]): row for row in result["rows"]}
    assert len(rows) == 7 * 3
    assert rows["AIR, SVM", 0]["map"] == rows["baseline, no feedback", 2]["map"]
    assert (
        rows["AIR, marks pinned only", 2]["residual_map"]
        == (rows["AIR, marks pinned only", 2]["residual_before"])
    )
    assert picture.is_file()
    assert "AIR, Rocchio" in air2023_figure4.table(result)


@pytest.mark.slow
@pytest.mark.training
@pytest.mark.data
def test_figure_4_on_pretrained_features(figure3, order, data_file):
    weights = data_file("mobilenet_v1_0.75_224_imagenet_notop.weights.h5")
    result, _, picture = air2023_figure4.run(dataclasses.replace(order, weights=str(weights)), TINY)
    found = json.loads(result.read_text())["pretrained"]
    assert len(found["rows"]) == 5 * 3
    assert picture.is_file()


@pytest.mark.slow
@pytest.mark.training
def test_gradients_are_measured_at_every_layer(order):
    path, *pictures = air2023_gradients.run(order, TINY)
    result = json.loads(path.read_text())
    assert len(result["trials"]) == 6
    for each in result["trials"]:
        assert len(each["losses"]) == 2
        assert each["at_start"]["encoder_conv_1"] > 0
        assert each["at_start"] != each["later"]
    assert all(picture.is_file() for picture in pictures)
    assert air2023_gradients.table(result).count("plain SGD") == 3


def test_every_size_has_seeds_for_its_depths():
    for name, size in SIZES.items():
        assert set(size.seeds) == set(size.depths), name
        assert size.feedback_depth in size.depths
    assert [SIZES["reduced"].seeds[depth] for depth in (10, 20)] == [3, 3]
    assert SIZES["full"].train == PAPER


def test_chance_is_the_mean_over_all_orders():
    database, queries = np.array([0, 1, 1, 2]), np.array([0, 1, 3])

    def precision(order, label):
        hits = np.flatnonzero(database[list(order)] == label)
        return np.mean([(at + 1) / (place + 1) for at, place in enumerate(hits)])

    orders = list(itertools.permutations(range(4)))
    for label, value in zip((0, 1), chance(4, relevant_rows(database, queries)), strict=False):
        assert value == pytest.approx(np.mean([precision(order, label) for order in orders]))
    assert chance(4, relevant_rows(database, queries))[2] == 0


def test_a_summary_leaves_out_queries_without_a_value():
    nan = np.nan
    found = summary([np.array([0.2, nan, nan]), np.array([0.4, 0.6, nan])])
    assert found["mean"] == pytest.approx((0.3 + 0.6) / 2)
    assert found["seeds"] == [0.2, 0.5]
    assert found["queries"] == 2
    assert summary([np.array([nan])])["mean"] is None


@pytest.mark.parametrize("name", registry.study_names())
def test_studies_say_what_they_are(name):
    study = registry.study(name)
    assert study.about.endswith(".")
    assert study.cost.endswith(".")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["experiments", "run", "air2023_figure5"], "Did you mean 'air2023_figure"),
        (["experiments", "run", "plain"], "aehash train --experiment plain"),
        (["experiments", "run", "air2023_figure3", "--full", "--quick"], "give one of them"),
        (["experiments", "run", "air2023_figure4", "--weights", "no.h5"], "imagenet, or none"),
        (["train", "--experiment", "air2023_figure3"], "aehash experiments run air2023_figure3"),
    ],
)
def test_wrong_use_is_a_sentence(arguments, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command(arguments) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_weights_none_are_no_weights(tmp_path, monkeypatch):
    orders = []
    study = Study("A study.", "Nothing.", "group", lambda order: orders.append(order) or [])
    monkeypatch.setattr(registry, "study", lambda name: study)
    for given in (["none"], [], ["imagenet"]):
        named = ["--weights", *given] if given else []
        assert command(["experiments", "run", "any", "--out", str(tmp_path), *named]) == 0
    assert [order.weights for order in orders] == [None, None, "imagenet"]
    assert "--weights" not in orders[0].command


def test_the_list_names_recipes_and_studies(capsys):
    assert command(["experiments"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in (*registry.experiment_names(), *registry.study_names()))
