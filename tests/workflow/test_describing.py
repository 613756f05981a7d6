"""From a snapshot whose net only describes to codebooks."""

import csv
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from aehash import descriptor_net, extraction, models, training, workflow
from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.descriptors import describe
from aehash.errors import AehashError, UsageError
from aehash.files import write_json
from aehash.registry import open_dataset
from aehash.snapshot import MODEL, RUN, Snapshot

pytestmark = pytest.mark.training

SIDES = [(40, 60), (60, 40), (33, 47), (128, 64), (20, 20)]
SETTINGS = [
    "model.name=gem2023",
    "model.bits=null",
    "model.options.encoder=light",
    "train.epochs=0",
    "describe.longest=48",
    "describe.scales=[1,0.5]",
]


def write_photos(folder, count=30):
    """Draw pictures of three colours, of several sizes, in a folder a colour."""
    random = np.random.default_rng(0)
    for number in range(count):
        height, width = SIDES[number % len(SIDES)]
        noise = random.normal(0, 50, (height, width, 3))
        colour = np.eye(3)[number % 3] * 150 + 50
        place = folder / "rgb"[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.clip(noise + colour, 0, 255).astype("uint8")
        Image.fromarray(pixels).save(place / f"{number:02d}.png")
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("describing") / "photos")


@pytest.fixture(scope="session")
def described(photos):
    """A snapshot of an untrained net."""
    recipe = workflow.make_recipe(data=str(photos), settings=SETTINGS)
    dataset = open_dataset(recipe.data.name)
    recipe = replace(recipe, data=replace(recipe.data, channels=3))
    place = photos.parent / "runs" / "0001-gem"
    keras.utils.set_random_seed(0)
    model = models.build("gem2023", encoder="light")
    training.start(recipe, dataset, place)
    model.save(place / MODEL)
    write_json(place / RUN, {"digest": "d" * 64})
    return Snapshot.load(place)


def test_features_are_the_descriptors_of_the_recipes_scales(described, photos):
    lines = []
    made = workflow.extract(described.path, splits=["all"], say=lines.append)
    book = Codebook.load(made.folder / "all")
    dataset = workflow.run_dataset(described)
    own = describe(described.model(), dataset, longest=48, scales=[1, 0.5])
    np.testing.assert_allclose(book.features, own, atol=1e-5)
    assert [book.key(row) for row in range(30)] == [dataset.key(row) for row in range(30)]
    assert book.snapshot == described.digest
    assert book.manifest["longest"] == 48
    assert book.manifest["scales"] == [1, 0.5]
    assert "stages" not in book.manifest
    assert "images longest side 48, scales 1, 0.5" in lines
    assert any("the codes, which are their signs, say nothing" in line for line in lines)


@pytest.mark.parametrize("shard", [7, 1000])
def test_shards_do_not_change_the_features(described, tmp_path, shard):
    dataset, seen = workflow.run_dataset(described), []
    result = extraction.extract(
        described,
        dataset,
        "all",
        tmp_path / "codes",
        shard_size=shard,
        workers=2,
        progress=lambda *done: seen.append(done),
    )
    assert (result.rows, result.skipped, result.reused) == (30, 0, 0)
    assert seen[-1] == (30, 30)
    own = describe(described.model(), dataset, longest=48, scales=[1, 0.5])
    np.testing.assert_allclose(Codebook.load(tmp_path / "codes").features, own, atol=1e-5)


def test_finished_shards_are_not_done_again_and_the_net_is_cut_once(
    described, tmp_path, monkeypatch
):
    dataset, cut = workflow.run_dataset(described), []
    net_init = descriptor_net.Net.__init__
    monkeypatch.setattr(
        descriptor_net.Net,
        "__init__",
        lambda self, model: (cut.append(1), net_init(self, model))[1],
    )

    def stop(done, total):
        if done > 20:
            raise KeyboardInterrupt

    for progress, reused in ((stop, None), (None, 20)):
        arguments = (described, dataset, "all", tmp_path / "codes")
        if reused is None:
            with pytest.raises(KeyboardInterrupt):
                extraction.extract(*arguments, shard_size=10, progress=progress)
        else:
            assert extraction.extract(*arguments, shard_size=10).reused == reused
    assert len(cut) == 2  # one for each model that was loaded, whatever the shards
    other = extraction.extract(*arguments, shard_size=10, scales=[1])
    assert other.reused == 0


def test_unreadable_images_are_left_out_and_listed(described, tmp_path):
    photos = write_photos(tmp_path / "photos", 12)
    (photos / "r" / "03.png").write_bytes(b"no image")
    (photos / "b" / "11.png").unlink()
    (photos / "b" / "11.png").write_bytes(b"")
    dataset = open_dataset(str(photos))
    out = tmp_path / "codes"
    result = extraction.extract(described, dataset, "all", out, shard_size=5)
    assert (result.rows, result.skipped) == (10, 2)
    with (out / "skipped.csv").open(newline="") as file:
        assert [line["key"] for line in csv.DictReader(file)] == ["b/11.png", "r/03.png"]
    book = Codebook.load(out)
    rows = [row for row in range(12) if dataset.key(row) not in ("b/11.png", "r/03.png")]
    assert [book.key(row) for row in range(10)] == [dataset.key(row) for row in rows]
    np.testing.assert_array_equal(book.labels, dataset.labels[rows])
    own = describe(described.model(), dataset, rows, longest=48, scales=[1, 0.5])
    np.testing.assert_allclose(book.features, own, atol=1e-5)
    with pytest.raises(AehashError, match="is not a readable image"):
        extraction.extract(described, dataset, "all", out, strict=True)


def test_other_sizes_are_a_stage_and_have_a_folder_of_their_own(described):
    plain = workflow.extract(described.path, splits=["all"])
    other = workflow.extract(described.path, splits=["all"], longest=32, scales=[1])
    again = workflow.extract(described.path, splits=["all"], longest=48, scales=[1, 0.5])
    assert again.folder == plain.folder != other.folder
    book = Codebook.load(other.folder / "all")
    stage = book.manifest["stages"][0]
    assert {name: stage[name] for name in ("name", "longest", "scales", "of")} == {
        "name": "describe",
        "longest": 32,
        "scales": [1],
        "of": described.digest,
    }
    assert book.snapshot not in (described.digest, stage["digest"])
    dataset = workflow.run_dataset(described)
    own = describe(described.model(), dataset, longest=32, scales=[1])
    np.testing.assert_allclose(book.features, own, atol=1e-5)


def test_wrong_sizes_are_sentences(described, trained, capsys):
    with pytest.raises(UsageError, match=r"describe.longest is 3"):
        workflow.extract(described.path, longest=3)
    with pytest.raises(UsageError, match=r"describe.scales"):
        workflow.extract(described.path, scales=[1, 0])
    with pytest.raises(UsageError, match="takes images of 8×8 pixels only"):
        workflow.extract(trained.snapshot.path, longest=64)
    assert run(["extract", "--scales", "1;2"]) == 2
    assert "with commas between them" in capsys.readouterr().err
