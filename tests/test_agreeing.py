"""Codes that agree: whole small runs in two stages, stopped anywhere and continued."""

import subprocess
import sys

import numpy as np
import pytest
from small_run import write_digits

from aehash import registry, training, workflow
from aehash.errors import UsageError
from aehash.recipe_agree import AgreeRecipe
from aehash.view_plan import DIGITS, SCANS, ViewRecipe

pytestmark = pytest.mark.training

TINY = [
    "model.options.filters=[8, 8]",
    "model.options.dense=16",
    "train.batch_size=32",
    "agree.neighbours=5",
    "agree.steps=3",
]


def recipe(data, *settings, bits=16):
    return workflow.make_recipe(
        "autohash", data=str(data), bits=bits, settings=[*TINY, "train.epochs=3", *settings]
    )


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("digits") / "digits.npz", 160)


def test_a_run_goes_through_both_stages_and_keeps_the_last_weights(digits, tmp_path):
    lines = []
    settings = ["agree.looks=2", "agree.apart=true", "agree.drawn=always"]
    snapshot = workflow.train(recipe(digits, *settings), out=tmp_path / "run", say=lines.append)
    assert snapshot.info["best_epoch"] == snapshot.info["epochs"] == 3
    for number in (1, 2):
        with np.load(tmp_path / "run" / f"graph-{number}.npz") as graph:
            assert len(graph["offsets"]) == snapshot.info["training_images"] + 1
    said = "\n".join(lines)
    for words in (
        "views  1 epochs: two views of each image agree",
        "walks  2 epochs, 2 graphs",
        "graph  2",
    ):
        assert words in said
    history = (tmp_path / "run" / "history.csv").read_text().splitlines()
    assert history[0].startswith("epoch,seconds,learning_rate")
    assert "codes_loss" in history[0]
    assert len(history) == 4
    found = workflow.extract(tmp_path / "run")
    assert found.splits["test"].rows > 0


STOPPED = """
import sys
from pathlib import Path
import keras
from aehash import backend
backend.configure("tensorflow", 1)
from aehash import workflow
data, root, *settings = sys.argv[1:]
recipe = workflow.make_recipe("autohash", data=data, bits=16, settings=settings)

class Stop(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.last = epoch
    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.last:
            raise KeyboardInterrupt

print(workflow.train(recipe, out=Path(root) / "whole").info["weights_digest"])
for epoch in (1, 2):
    run = Path(root) / f"stopped-{epoch}"
    try:
        workflow.train(recipe, out=run, callbacks=[Stop(epoch)])
    except KeyboardInterrupt:
        print(workflow.resume(run).info["weights_digest"])
"""


@pytest.mark.slow
def test_a_run_stopped_between_stages_or_in_the_second_ends_with_the_same_weights(digits, tmp_path):
    settings = [*TINY, "train.epochs=3", "agree.share=0.34", "agree.rounds=1"]
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, digits, tmp_path, *settings],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    digests = [line for line in done.stdout.splitlines() if len(line) == 64]
    assert len(digests) == 3
    assert len(set(digests)) == 1


def test_views_fit_the_data_unless_others_are_asked_for(digits):
    def views(data, *settings):
        made = workflow.make_recipe("autohash", data=str(data), settings=settings)
        return training.resolve(made, registry.open_dataset(str(data)))

    assert views("digits").views == DIGITS
    assert views(digits).views == SCANS
    assert views("digits").agree.views == "own"
    assert views("digits", "views.rotate=5").views == ViewRecipe(rotate=5)
    assert views("digits", "agree.views=own").views == ViewRecipe()
    assert views("digits", "agree.kind=off").views == ViewRecipe()


def test_what_cannot_agree_is_refused_before_a_folder_is_made(digits, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(UsageError, match=r"set agree\.neighbours to less"):
        workflow.train(recipe(digits, "agree.neighbours=500"), out=run)
    with pytest.raises(UsageError, match=r"set model\.bits"):
        workflow.train(recipe(digits, "model.bits=none", "model.name=vinitha2021",
                              "model.options={}"), out=run)  # fmt: skip
    with pytest.raises(UsageError, match="say under views"):
        workflow.train(recipe(digits, "augment.flip=true"), out=run)
    with pytest.raises(UsageError, match="views, walks"):
        recipe(digits, "agree.kind=neighbours")
    assert not run.exists()


@pytest.mark.parametrize(
    ("epochs", "changes", "ends"),
    [
        (10, {}, [4, 7, 10]),
        (10, {"rounds": 1}, [4, 10]),
        (10, {"kind": "views"}, [10]),
        (1, {}, [1]),
        (2, {}, [1, 2]),
        (3, {"share": 0.9}, [2, 3]),
        (5, {"rounds": 9}, [2, 3, 4, 5]),
    ],
)
def test_epochs_are_shared_out_among_the_stages(epochs, changes, ends):
    assert AgreeRecipe(**{"kind": "walks", **changes}).stages(epochs) == ends
