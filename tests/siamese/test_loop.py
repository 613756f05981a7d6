"""Siamese training of a tiny net on drawn photos: whole runs."""

import csv
import json

import keras
import numpy as np
import pytest
from cluster_photos import cluster_recipe, write_clusters
from killed_run import whole_and_killed

from aehash import workflow
from aehash.errors import AehashError, UsageError
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


@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_weights(tmp_path):
    """A real process, killed with SIGKILL between checkpoints, resumed by another process."""
    scenes = write_clusters(tmp_path / "photos")
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
    runs = whole_and_killed(tmp_path, options, 4)
    assert runs[0].info["weights_digest"] == runs[1].info["weights_digest"]
    assert runs[0].digest == runs[1].digest
    whole, broken = (run.path for run in runs)
    for left, right in zip(history(whole), history(broken), strict=True):
        assert {**left, "seconds": 0} == {**right, "seconds": 0}
    assert (whole / "tuples.png").read_bytes() == (broken / "tuples.png").read_bytes()
    assert runs[0].info["skipped_images"] == runs[1].info["skipped_images"] > 0


def test_a_finished_run_is_that_of_its_best_epoch(run, scenes, tmp_path):
    """One epoch more or less of the same seed starts alike: an epoch hangs on the seed alone."""
    short = workflow.train(cluster_recipe(scenes, "train.epochs=1"), out=tmp_path / "short")
    first, again = history(run[0])[0], history(short.path)[0]
    for name in ("loss", "val_loss", "p"):
        assert float(first[name]) == pytest.approx(float(again[name]), rel=1e-4)


def test_early_stopping(scenes, tmp_path):
    recipe = cluster_recipe(
        scenes, "train.epochs=9", "train.patience=1", "train.learning_rate=1e-30"
    )
    snapshot = workflow.train(recipe, out=tmp_path / "run")
    assert (snapshot.info["best_epoch"], snapshot.info["epochs"]) == (1, 2)


def test_without_validation_the_training_loss_counts(scenes, tmp_path):
    few = tmp_path / "few"
    for number in range(5):
        (few / str(number)).mkdir(parents=True)
        for picture in range(5):
            source = scenes / f"scene{number}" / f"{picture}.png"
            (few / str(number) / source.name).write_bytes(source.read_bytes())
    told = []
    snapshot = workflow.train(
        cluster_recipe(few, "train.epochs=2"), out=tmp_path / "run", say=told.append
    )
    assert sum("there is no validation loss" in line for line in told) == 1
    rows = history(snapshot.path)
    assert "val_loss" not in rows[0]
    assert snapshot.info["best_loss"] == min(float(row["loss"]) for row in rows)
    assert (snapshot.path / "tuples.png").exists()


def test_unreadable_images_may_leave_nothing_to_validate_on(scenes, tmp_path):
    """Of the two images held out that match one is broken, which only the first epoch finds."""
    broken = tmp_path / "broken.png"
    broken.write_text("no picture")
    held_out = {scenes / "scene0" / "0.png": "a,val", scenes / "scene0" / "1.png": "b,val"}
    held_out |= {broken: "a,val", scenes / "scene0" / "2.png": "c,test"}
    for path in sorted(scenes.glob("scene[1-4]/?.png")):
        held_out[path] = f"{path.parent.name},train"
    rows = [f"{path},{rest}" for path, rest in held_out.items()]
    (tmp_path / "list.csv").write_text("\n".join(["path,cluster,split", *rows]))
    told = []
    snapshot = workflow.train(
        cluster_recipe(tmp_path / "list.csv", "train.epochs=2"),
        out=tmp_path / "run",
        say=told.append,
    )
    assert sum("there is no validation loss" in line for line in told) == 1
    assert all("val_loss" not in row for row in history(snapshot.path))
    assert (snapshot.info["epochs"], snapshot.info["skipped_images"]) == (2, 1)
    assert (snapshot.path / "tuples.png").exists()


def test_a_diverging_run_is_a_sentence_and_stays_unfinished(scenes, tmp_path):
    recipe = cluster_recipe(scenes, "train.optimizer=sgd", "train.learning_rate=1e30")
    with pytest.raises(AehashError, match="became nan"):
        workflow.train(recipe, out=tmp_path / "run")
    with pytest.raises(AehashError, match="not finished"):
        Snapshot.load(tmp_path / "run")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["model.bits=64"], "model.bits is 64, and gem2023 learns descriptors"),
        (["train.precision=mixed_float16"], "is not trained in mixed_float16"),
        (["augment.flip=true"], "nothing of `augment` is done"),
        (["siamese.margin=3"], "The margin of the contrastive loss is 3.0"),
        (["siamese.negatives=5"], "set siamese.negatives=4 or fewer"),
    ],
)
def test_wrong_settings_leave_no_folder(scenes, tmp_path, settings, sentence):
    with pytest.raises(UsageError) as error:
        workflow.train(cluster_recipe(scenes, *settings), out=tmp_path / "run")
    assert sentence in str(error.value)
    assert not (tmp_path / "run").exists()


def test_nothing_trained_needs_no_clusters(scenes, tmp_path):
    snapshot = workflow.train(
        cluster_recipe(scenes / "scene0", "train.epochs=0"), out=tmp_path / "run"
    )
    assert snapshot.info["epochs"] == 0
    assert not (tmp_path / "run" / "tuples.png").exists()


def test_a_list_is_grouped_by_its_clusters_and_resumed_so(scenes, tmp_path):
    lines = ["path,cluster"]
    for number, path in enumerate(sorted(scenes.glob("*/*.png"))):
        scene = int(path.parent.name[-1])
        lines.append(f"{path},{scene} {number % 4}")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    recipe = cluster_recipe(tmp_path / "list.csv", "train.epochs=2")

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    told = []
    with pytest.raises(KeyboardInterrupt):
        workflow.train(recipe, out=tmp_path / "run", say=told.append, callbacks=[Stop()])
    assert told[-1] == f"\nStopped. Continue with: aehash train --resume {tmp_path / 'run'}"
    assert read_json(tmp_path / "run" / "recipe.json")["data"]["group_column"] == "cluster"
    told.clear()
    snapshot = workflow.resume(tmp_path / "run", say=told.append)
    assert snapshot.info["epochs"] == 2
    assert any(line.startswith("tuples 16 clusters: 12 an epoch") for line in told)


def test_progress_is_shown_within_an_epoch(scenes, tmp_path, capsys):
    workflow.train(cluster_recipe(scenes, "train.epochs=1"), out=tmp_path / "run", bar=True)
    shown = capsys.readouterr().out
    assert "12/12" in shown
    assert "tuple" in shown
    assert "image" in shown
