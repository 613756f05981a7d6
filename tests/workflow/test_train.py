import csv

import keras
import numpy as np
import pytest
from killed_run import whole_and_killed
from small_run import small_recipe, write_digits

from aehash import autoencoding, models, registry, workflow
from aehash.errors import AehashError, UsageError
from aehash.files import read_json
from aehash.optimisers import optimiser
from aehash.recipe import LossRecipe, TrainRecipe
from aehash.snapshot import Snapshot, latest_run, new_run, weights_digest

pytestmark = pytest.mark.training


def test_a_run_is_a_whole_folder(trained):
    run = trained.snapshot.path
    assert run.name == "0001-plain-digits-16bits"
    names = {path.name for path in run.iterdir() if path.is_file()}
    assert names == {
        "history.csv",
        "loss.png",
        "model.keras",
        "recipe.json",
        "reconstructions.png",
        "run.json",
        "split.json",
    }
    assert not list(run.glob("checkpoint-*"))
    rows = list(csv.DictReader((run / "history.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    losses = [float(row["val_loss"]) for row in rows]
    assert losses[-1] < losses[0]
    info = read_json(run / "run.json")
    assert info["best_epoch"] == 1 + int(np.argmin(losses))
    assert info["weights_digest"] == weights_digest(trained.snapshot.model())
    assert (info["training_images"], info["validation_images"]) == (96, 12)


def test_the_kept_weights_are_the_best_epochs(tmp_path, trained):
    recipe = small_recipe(trained.data, "train.epochs=6", "train.learning_rate=0.05")
    snapshot = workflow.train(recipe, out=tmp_path / "run")
    dataset = workflow.run_dataset(snapshot)
    model = autoencoding.compiled(snapshot.model(), recipe.loss, recipe.train)
    source = registry.batches(
        dataset,
        dataset.rows("val"),
        image_size=8,
        channels=1,
        batch_size=16,
        targets="reconstruction",
    )
    value = model.evaluate(source, verbose=0, return_dict=True)["loss"]
    assert value == pytest.approx(snapshot.info["best_loss"], rel=1e-4)


def test_equal_seeds_give_equal_runs_and_other_seeds_others(tmp_path, trained):
    recipe = small_recipe(trained.data, "train.epochs=1")
    runs = [workflow.train(recipe, out=tmp_path / name) for name in "ab"]
    other = workflow.train(recipe.override(["train.seed=1"]), out=tmp_path / "c")
    first = [run.model().get_weights()[0] for run in (*runs, other)]
    np.testing.assert_allclose(first[0], first[1], atol=1e-5)
    assert not np.allclose(first[0], first[2], atol=1e-3)


def test_early_stopping(tmp_path, trained):
    recipe = small_recipe(
        trained.data, "train.epochs=30", "train.patience=2", "train.learning_rate=1e-30"
    )
    snapshot = workflow.train(recipe, out=tmp_path / "run")
    assert snapshot.info["epochs"] <= snapshot.info["best_epoch"] + 2 < 30


def test_nan_is_a_sentence_and_the_run_stays_unfinished(tmp_path, trained):
    recipe = small_recipe(
        trained.data, "train.optimizer=sgd", "train.learning_rate=1e30", "train.epochs=3"
    )
    with pytest.raises(AehashError, match="Lower the learning rate"):
        workflow.train(recipe, out=tmp_path / "run")
    with pytest.raises(AehashError, match="not finished"):
        Snapshot.load(tmp_path / "run")


@pytest.mark.parametrize(
    "settings",
    [
        ("loss.reconstruction=bce", "loss.balance=code", "train.optimizer=sgd"),
        ("loss.balance=off", "train.decay=0.01", "augment.flip=true", "augment.rotate=10"),
        ("model.name=vinitha2021", 'model.options={"filters": [4]}', "model.bits=none"),
    ],
    ids=["sgd-bce", "augmented", "vinitha"],
)
def test_variants_train(tmp_path, trained, settings):
    recipe = small_recipe(trained.data, "train.epochs=2", *settings)
    snapshot = workflow.train(recipe, out=tmp_path / "run")
    assert snapshot.info["epochs"] == 2
    assert np.isfinite(snapshot.info["best_loss"])


def test_inverse_time_decay_reaches_the_optimiser():
    optimizer = optimiser(TrainRecipe(learning_rate=0.1, decay=1.0))
    optimizer.iterations.assign(4)
    assert float(keras.ops.convert_to_numpy(optimizer.learning_rate)) == pytest.approx(0.02)


def test_mixed_precision_gives_float32_features(tmp_path, trained):
    recipe = small_recipe(trained.data, "train.epochs=1", "train.precision=mixed_bfloat16")
    before = keras.config.dtype_policy().name
    snapshot = workflow.train(recipe, out=tmp_path / "run")
    assert keras.config.dtype_policy().name == before
    model = snapshot.model()
    assert model.get_layer("encoder_dense_1").compute_dtype == "bfloat16"
    assert models.encoder(model).output.dtype == "float32"


def test_the_loss_weights_count():
    model = models.build("vinitha2021", bits=8, image_size=8)
    trainer = autoencoding.compiled(model, LossRecipe(alpha=2.0, beta=0.0), TrainRecipe())
    images = np.zeros((4, 8, 8, 1), np.uint8)
    targets = {"reconstruction": images, "hash": np.zeros((4, 1), np.float32)}
    values = trainer.evaluate(images, targets, verbose=0, return_dict=True)
    assert values["loss"] == pytest.approx(2 * values["hash_loss"])


def test_a_used_folder_is_refused(trained):
    with pytest.raises(UsageError, match="already holds a run"):
        workflow.train(small_recipe(trained.data), out=trained.snapshot.path)


def test_wrong_model_options_leave_no_folder(tmp_path, trained):
    recipe = small_recipe(trained.data, "model.options.encoder=resnet50")
    with pytest.raises(UsageError, match="32 pixels and more"):
        workflow.train(recipe, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_runs_are_numbered(tmp_path, trained):
    recipe = trained.snapshot.recipe
    assert [new_run(tmp_path, recipe).name[:4] for _ in range(3)] == ["0001", "0002", "0003"]
    with pytest.raises(UsageError, match="no finished run"):
        latest_run(tmp_path)


def test_a_killed_run_ends_with_the_same_weights(tmp_path):
    """A real process, killed with SIGKILL between checkpoints, resumed by another process."""
    data = write_digits(tmp_path / "digits.npz")
    settings = ["--experiment", "plain", "--data", data, "--bits", "16", "--threads", "1"]
    schedule = ("train.schedule=cosine", "train.warmup=3", "train.clip_norm=1")
    for setting in ("model.options.dense=[16]", "train.epochs=8", "augment.rotate=10", *schedule):
        settings += ["--set", setting]
    runs = whole_and_killed(tmp_path, settings, 6)
    assert runs[0].info["weights_digest"] == runs[1].info["weights_digest"]
    assert runs[0].digest == runs[1].digest
    assert runs[1].info["epochs"] == 8
    assert not list(runs[1].path.glob("checkpoint-*"))
    assert not list(runs[1].path.glob(".*"))


def test_unreadable_validation_images_do_not_stop_a_training(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for index in range(20):
        pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{index}.png")
    dataset = registry.open_dataset(str(tmp_path / "photos"))
    for row in dataset.rows("val"):
        (tmp_path / "photos" / dataset.key(int(row))).write_text("broken")
    recipe = small_recipe(tmp_path / "photos", "train.epochs=1", "data.image_size=8")
    snapshot = workflow.train(recipe, out=tmp_path / "run")
    assert "val_loss" not in (tmp_path / "run" / "history.csv").read_text()
    assert snapshot.info["epochs"] == 1
    assert snapshot.info["skipped_images"] == len(dataset.rows("val"))
