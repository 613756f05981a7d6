"""A head on a frozen encoder: whole small runs, stopped anywhere and continued."""

import keras
import numpy as np
import pytest
import stopped_run
from small_run import write_digits

from aehash import registry, training, workflow
from aehash.errors import UsageError
from aehash.recipe_agree import AgreeRecipe

pytestmark = pytest.mark.training

TINY = [
    "data.image_size=8",
    "data.channels=1",
    "model.weights=none",
    "model.options.encoder=light",
    "model.options.dense=16",
    "train.epochs=3",
    "train.batch_size=32",
    "agree.neighbours=5",
    "agree.rounds=2",
    "agree.looks=1",
    "head.views=2",
    "head.drawing=2",
    "agree.entropy=0.99",
]


def recipe(data, *settings):
    return workflow.make_recipe(
        "autohash_backbone", data=str(data), bits=16, settings=[*TINY, *settings]
    )


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("digits") / "digits.npz", 160)


def test_a_run_ends_in_a_net_like_any_other_whose_encoder_is_as_it_was(digits, tmp_path):
    lines, run = [], tmp_path / "run"
    snapshot = workflow.train(recipe(digits), out=run, say=lines.append)
    assert snapshot.info["best_epoch"] == snapshot.info["epochs"] == 5
    said = "\n".join(lines)
    for words in (
        "frozen the encoder",
        "128 images, each as it is and in 2 views",
        "keep   128 of 128 images",
        "graph  2",
        "epoch 5/5",
    ):
        assert words in said
    assert "views  0" not in said
    assert not list(run.glob("features*"))
    history = (run / "history.csv").read_text().splitlines()
    assert len(history) == 6
    assert "reconstruction" not in history[0]
    keras.utils.set_random_seed(snapshot.recipe.train.seed)
    fresh = training.build(snapshot.recipe)
    kept = snapshot.model()
    for name, same in (("light_norm_1", True), ("dense_norm", False)):
        pairs = [model.get_layer(name).get_weights() for model in (fresh, kept)]
        assert all((a == b).all() for a, b in zip(*pairs, strict=True)) == same
    assert workflow.extract(run).splits["test"].rows == 16
    table = workflow.compare_methods([run])
    assert any(row.name.startswith("ITQ of encoder features") for row in table.rows)
    assert list((run / "codes").rglob("code-layer-average"))


@pytest.mark.slow
def test_a_run_stopped_in_any_stage_ends_with_the_same_weights(digits, tmp_path):
    found = stopped_run.digests(
        tmp_path, "autohash_backbone", digits, TINY, last=4, kept="features.npy"
    )
    assert len(set(found)) == 1


def test_what_no_head_can_learn_from_is_refused_before_a_folder_is_made(digits, tmp_path):
    run = tmp_path / "run"
    for settings, sentence in (
        (["model.options.encoder=none"], "--encoder mobilenet"),
        (["agree.kind=off"], r"set agree\.kind=walks"),
        (["head.gib=1e-6"], r"head\.gib allows 1e-06"),
        (["head.frozen=false"], r"agree\.share is 0"),
    ):
        with pytest.raises(UsageError, match=sentence):
            workflow.train(recipe(digits, *settings), out=run)
    assert not run.exists()


def test_without_views_that_change_anything_only_the_images_are_kept(digits, tmp_path):
    made = recipe(digits, "agree.views=own", "head.drawing=0", "train.epochs=1", "agree.looks=0")
    dataset, lines = registry.open_dataset(str(digits)), []
    snapshot = workflow.train(made, out=tmp_path / "run", say=lines.append)
    assert "in 0 views" in "\n".join(lines)
    assert snapshot.info["epochs"] == 1
    images = dataset.read_many(np.arange(2))
    assert snapshot.model()(images).shape == (2, 8, 8, 1)


@pytest.mark.parametrize(
    ("epochs", "rounds", "ends"), [(40, 2, [0, 20, 40]), (1, 2, [0, 1]), (3, 1, [0, 3])]
)
def test_without_a_stage_of_views_the_graphs_share_all_epochs(epochs, rounds, ends):
    assert AgreeRecipe("walks", share=0, rounds=rounds).stages(epochs) == ends
