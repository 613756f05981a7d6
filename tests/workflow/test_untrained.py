"""Runs of 0 epochs: what they leave behind, and what the user is told."""

import numpy as np
import pytest
from PIL import Image
from small_run import SMALL, small_recipe, write_digits

from aehash import training, workflow
from aehash.cli.main import run as command
from aehash.codebook import Codebook
from aehash.files import read_json
from aehash.snapshot import Snapshot, weights_digest

pytestmark = pytest.mark.training

BACKBONE = ["model.name=backbone", 'model.options={"encoder": "light"}', "model.bits=none"]


def words(data, out):
    given = ["train", "--experiment", "plain", "--data", str(data), "--out", str(out)]
    given += ["--set", "train.epochs=0"]
    for setting in (*SMALL, *BACKBONE, "loss.balance=off"):
        given += ["--set", setting]
    return given


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("untrained") / "digits.npz")


@pytest.fixture(scope="module")
def untrained(data, tmp_path_factory):
    run = tmp_path_factory.mktemp("untrained") / "run"
    recipe = small_recipe(data, *BACKBONE, "train.epochs=0", "loss.balance=off")
    return workflow.train(recipe, out=run)


def test_the_run_says_that_nothing_was_trained(untrained):
    info = read_json(untrained.path / "run.json")
    assert (info["epochs"], info["best_epoch"], info["best_loss"]) == (0, 0, None)
    assert info["seconds"] == 0
    history = (untrained.path / "history.csv").read_text().splitlines()
    assert history == ["epoch,seconds,learning_rate,loss"]
    assert not (untrained.path / "loss.png").exists()
    assert (untrained.path / "reconstructions.png").exists()


def test_its_weights_are_those_of_the_start_and_of_its_seed(untrained, data, tmp_path):
    fresh = workflow.train(untrained.recipe, out=tmp_path / "same")
    assert fresh.digest == untrained.digest
    other = workflow.train(untrained.recipe.override(["train.seed=1"]), out=tmp_path / "other")
    assert other.info["weights_digest"] != untrained.info["weights_digest"]
    assert weights_digest(untrained.model()) == untrained.info["weights_digest"]


def test_it_is_extracted_and_evaluated_like_any_other(untrained):
    workflow.extract(untrained.path)
    book = Codebook.load(untrained.path / "codes" / "digits" / "train")
    assert book.features.shape == (96, 32)
    assert command(["evaluate", "--run", str(untrained.path)]) == 0


def test_the_command_line_tells_it(data, tmp_path, capfd):
    run = tmp_path / "run"
    assert command(words(data, run)) == 0
    told = capfd.readouterr().err
    assert "done   nothing was trained" in told
    assert "loss.png" not in told
    assert "reconstructions.png" in told


def test_a_run_killed_before_its_end_is_resumed(untrained, data, tmp_path, capfd):
    run = tmp_path / "run"
    assert command(words(data, run)) == 0
    (run / "run.json").unlink()
    (run / "model.keras").unlink()
    assert command(["train", "--resume", str(run)]) == 0
    assert "nothing was trained" in capfd.readouterr().err
    assert Snapshot.load(run).info["weights_digest"] == untrained.info["weights_digest"]
    assert command(["train", "--resume", str(run)]) == 0
    assert "finished already" in capfd.readouterr().err


def test_a_cosine_schedule_of_no_steps_is_no_error(data, tmp_path):
    recipe = small_recipe(data, "train.epochs=0", "train.schedule=cosine", "train.warmup=5")
    assert workflow.train(recipe, out=tmp_path / "run").info["epochs"] == 0


def test_padding_is_said(data, tmp_path):
    said = []
    options = 'model.options={"filters": [2, 2]}'
    settings = ["model.name=sureshkumar2024", options, "data.image_size=10", "train.epochs=0"]
    workflow.train(small_recipe(data, *settings), out=tmp_path / "run", say=said.append)
    assert [line for line in said if "10 pixels" in line and "works at 12" in line]
    said.clear()
    workflow.train(small_recipe(data, "train.epochs=0"), out=tmp_path / "even", say=said.append)
    assert not [line for line in said if "works at" in line]


def test_greys_among_colours_are_read_with_the_channels_asked_for(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for index in range(12):
        shape = (20, 14, 3) if index % 2 else (20, 14)
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{index}.png")
    for channels in (1, 3):
        recipe = workflow.make_recipe(
            "sureshkumar2024_retinamnist",
            data=str(tmp_path / "photos"),
            settings=[
                f"data.channels={channels}",
                "data.image_size=12",
                "model.options.filters=[2]",
                "train.epochs=1",
            ],
        )
        snapshot = workflow.train(recipe, out=tmp_path / f"run{channels}")
        assert training.build(snapshot.recipe).input_shape == (None, 12, 12, channels)
        assert np.isfinite(snapshot.info["best_loss"])


def test_the_medical_recipe_takes_bits(tmp_path, data):
    given = ["train", "--experiment", "sureshkumar2024_retinamnist", "--bits", "48"]
    given += ["--data", str(data), "--image-size", "8", "--set", "train.epochs=1"]
    given += ["--set", "model.options.filters=[2]", "--out", str(tmp_path / "run")]
    assert command(given) == 0
    snapshot = Snapshot.load(tmp_path / "run")
    assert snapshot.recipe.model.bits == 48
    assert snapshot.model().get_layer("hash").output.shape == (None, 48)
