"""Siamese training of a tiny net on drawn photos: whole runs."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from cluster_photos import cluster_recipe, write_clusters

from aehash import workflow
from aehash.checkpoint import Checkpoints
from aehash.files import read_json
from aehash.snapshot import Snapshot

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return write_clusters(tmp_path_factory.mktemp("scenes") / "photos")


@pytest.fixture(scope="module")
def run(scenes, tmp_path_factory):
    lines = []
    folder = tmp_path_factory.mktemp("runs") / "run"
    workflow.train(cluster_recipe(scenes, "train.epochs=3"), out=folder, say=lines.append)
    return folder, lines


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_run_is_a_whole_folder(run):
    folder, lines = run
    assert {path.name for path in folder.iterdir()} == {
        "history.csv",
        "loss.png",
        "model.keras",
        "recipe.json",
        "run.json",
        "split.json",
        "tuples.png",
    }
    rows = history(folder)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    losses = [float(row["val_loss"]) for row in rows]
    assert losses[-1] < losses[0]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert float(rows[-1]["p"]) != 3.0
    info = read_json(folder / "run.json")
    assert info["best_epoch"] == 1 + int(np.argmin(losses))
    assert info["best_loss"] == pytest.approx(min(losses))
    (told,) = [line for line in lines if line.startswith("epoch 2/3")]
    for part in ("  loss 0.", "  validation 0.", "  p ", " left"):
        assert part in told


def test_the_kept_net_describes(run):
    snapshot = Snapshot.load(run[0])
    assert snapshot.model().output_shape == (None, 128)
    kept = history(run[0])[snapshot.info["best_epoch"] - 1]
    p = np.asarray(snapshot.model().get_layer("pool").p)
    assert p[0] == pytest.approx(float(kept["p"]), abs=1e-4)


KILLED = """
import sys
from aehash import backend
backend.configure("tensorflow", 1)
from aehash.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def command(*arguments):
    return [sys.executable, "-c", KILLED, *map(str, arguments)]


def test_a_killed_run_ends_with_the_same_weights(tmp_path, scenes):
    """A real process, killed with SIGKILL between checkpoints, resumed by another process."""
    settings = ["train.epochs=6", "siamese.positives=hardest", "train.schedule=cosine"]
    recipe = cluster_recipe(scenes, "train.decay=0", *settings)
    options = ["--experiment", "gem2023_clusters", "--data", scenes, "--threads", "1"]
    options += ["--encoder", "light", "--weights", "none"]
    plain = ("siamese", "train", "describe", "data")
    for part in plain:
        for name, value in recipe.to_dict()[part].items():
            if name not in ("name", "seed"):
                options += ["--set", f"{part}.{name}={json.dumps(value)}"]
    for number in range(5):
        (scenes / f"scene{number}" / "broken.png").write_text("no picture")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    subprocess.run(
        command("train", "--out", whole, *options), check=True, env=environment, timeout=300
    )
    process = subprocess.Popen(command("train", "--out", broken, *options), env=environment)
    deadline = time.monotonic() + 120
    while not list(broken.glob("checkpoint-00000[2-4]")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (broken / "run.json").exists()
    assert 2 <= read_json(Checkpoints(broken).latest() / "state.json")["epoch"] < 6
    subprocess.run(
        command("train", "--resume", broken, "--threads", "1"),
        check=True,
        env=environment,
        timeout=300,
    )
    runs = [Snapshot.load(path) for path in (whole, broken)]
    assert runs[0].info["weights_digest"] == runs[1].info["weights_digest"]
    assert runs[0].digest == runs[1].digest
    for left, right in zip(history(whole), history(broken), strict=True):
        assert {**left, "seconds": 0} == {**right, "seconds": 0}
    assert (whole / "tuples.png").read_bytes() == (broken / "tuples.png").read_bytes()
    assert runs[0].info["skipped_images"] == runs[1].info["skipped_images"] > 0
