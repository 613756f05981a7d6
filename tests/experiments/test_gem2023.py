"""The study of unseen classes at its smallest: what is dealt and written, and done only once."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from aehash.errors import UsageError
from aehash.experiments import gem2023_caltech as study
from aehash.experiments.gem2023_classes import draw_sides
from aehash.experiments.gem2023_judging import CODES, WHITENINGS
from aehash.experiments.gem2023_nets import SYSTEMS, Nets
from aehash.experiments.gem2023_rows import Asked
from aehash.experiments.gem2023_sizes import SIZES
from aehash.experiments.study import Order

TINY = dataclasses.replace(SIZES["quick"], bits=(8,))
CLASSES, EACH = 10, 6


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """Draw photos of ten classes, each a pattern of its own, 32 pixels wide."""
    folder = tmp_path_factory.mktemp("unseen")
    generator = np.random.default_rng(0)
    for number in range(CLASSES):
        pattern = generator.integers(40, 200, (4, 4, 3)).repeat(8, 0).repeat(8, 1)
        place = folder / "photos" / f"class{number}"
        place.mkdir(parents=True)
        for image in range(EACH):
            noise = generator.integers(-40, 40, (32, 32, 3))
            Image.fromarray((pattern + noise).astype(np.uint8)).save(place / f"{image}.png")
    return Order(folder / "out", data=str(folder / "photos"), size="quick", command="aehash x")


@pytest.fixture(scope="module")
def written(order):
    return study.run(order, TINY)


@pytest.mark.training
def test_every_way_is_judged_and_laid_out(written, order):
    path, *drawn = written
    result = json.loads(path.read_text())
    ways = len(WHITENINGS) * len(SYSTEMS) * len(TINY.scales)
    coded = sum(system.codes for system in SYSTEMS) * len(CODES) * len(TINY.bits)
    assert len(result["rows"]) == ways + coded
    for row in result["rows"]:
        low, high = row["queries_ci95"]
        assert 0 < low <= row["queries"] <= high <= 1
    assert result["queries"] == [2 * EACH]
    assert str(order.out.parent) not in json.dumps(result)
    text = study.table(result)
    for system in SYSTEMS:
        assert text.count(f"| {system.title} |") >= len(TINY.scales)
    for picture in drawn:
        with Image.open(picture) as image:
            assert image.size[0] > 300


@pytest.mark.training
def test_nothing_is_done_twice(written, order, monkeypatch):
    def never(self, net):
        raise AssertionError(net)

    monkeypatch.setattr(Nets, "_make", never)
    before = json.loads(written[0].read_text())
    after = json.loads(study.run(order, TINY)[0].read_text())
    assert after == before


@pytest.mark.training
def test_a_folder_of_other_settings_is_refused(written, order):
    with pytest.raises(UsageError, match="another choice of longest"):
        Nets(order, dataclasses.replace(TINY, longest=48))


@pytest.mark.training
def test_seen_classes_have_no_query(written, order):
    nets = Nets(order, TINY)
    (sides,) = nets.sides
    ap = nets.judged(nets.nets()[-1]).values["0/one/plain"]
    assert len(ap) == np.isin(nets.labels, sides.unseen).sum()
    split = json.loads((order.out / "classes-0.json").read_text())["splits"]
    names = {key.split("/")[0] for key in split["train"]}
    assert len(names) == CLASSES - len(sides.unseen)
    assert {key.split("/")[0] for key in split["val"]} < names
    assert not names & {key.split("/")[0] for key in split["test"]}


@pytest.mark.parametrize("classes", [10, 31, 50])
def test_no_class_is_tested_twice_or_chooses_for_a_test(classes):
    sides = draw_sides(classes, 3)
    tested = [each for side in sides for each in side.unseen]
    assert len(set(tested)) == len(tested) == 3 * (classes // 5)
    assert not set(tested) & {each for side in sides for each in side.held_out}
    for side in sides:
        assert set(side.held_out) <= set(side.seen)
        assert set(side.seen) | set(side.unseen) == set(range(classes))
        assert not set(side.seen) & set(side.unseen)
    assert draw_sides(classes, 1) == sides[:1]


def test_too_few_classes_are_refused():
    with pytest.raises(UsageError, match="enough for 3 seeds, not for 4"):
        draw_sides(10, 4)
    with pytest.raises(UsageError, match="enough for 0 seeds"):
        draw_sides(9, 1)


def test_photos_and_weights_are_asked_for(tmp_path):
    with pytest.raises(UsageError, match="--data FOLDER"):
        Nets(Order(tmp_path), TINY)
    with pytest.raises(UsageError, match="--weights imagenet"):
        Nets(Order(tmp_path, data="digits"), SIZES["reduced"])


def test_chance_and_means_by_hand():
    sides = draw_sides(10, 1)
    one, other = sides[0].unseen
    labels = np.array([one, other, other, other, *sides[0].seen])
    asked = Asked(labels, sides)
    found = asked.mean([np.array([0.0, 1.0, 0.5, 0.75])])
    assert found["queries"] == pytest.approx(2.25 / 4)
    assert found["classes"] == pytest.approx(0.375) == found["seeds"][0]
    orders = 1, (1 + 2 / 3) / 2, (1 / 2 + 2 / 3) / 2  # of two relevant images among three
    assert asked.chance()["queries"] == pytest.approx(3 / 4 * np.mean(orders), abs=1e-6)
    difference = asked.difference([np.ones(4)], [np.array([1.0, 0.5, 0.5, 0.5])])
    assert difference["better"] == 1
    assert difference["classes_in_all"] == 2
