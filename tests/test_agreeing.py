"""Codes that agree: whole small runs in two stages, stopped anywhere and continued."""

import numpy as np
import pytest
import stopped_run
from small_run import write_digits

from aehash import models, registry, training, workflow
from aehash.errors import UsageError
from aehash.metrics.code_statistics import entropy
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
    settings += ["agree.growth=2", "agree.steps=50", "agree.entropy=0.99"]
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
    steps = [int(line.split()[2]) for line in lines if line.startswith("walks  of")]
    assert len(steps) == 2
    assert all(1 <= each < 50 for each in steps)
    assert "even   " in said
    dataset = registry.open_dataset(str(digits))
    images = dataset.read_many(dataset.training_rows())
    ones = np.mean(models.encoder(snapshot.model())(images) > 0, axis=0)
    assert entropy(ones).min() > 0.98
    history = (tmp_path / "run" / "history.csv").read_text().splitlines()
    assert history[0].startswith("epoch,seconds,learning_rate")
    assert "codes_loss" in history[0]
    assert len(history) == 4
    found = workflow.extract(tmp_path / "run")
    assert found.splits["test"].rows > 0


@pytest.mark.slow
def test_a_run_stopped_between_stages_or_in_the_second_ends_with_the_same_weights(digits, tmp_path):
    settings = [*TINY, "train.epochs=3", "agree.share=0.34", "agree.rounds=1", "agree.entropy=0.99"]
    found = stopped_run.digests(tmp_path, "autohash", digits, settings, last=2)
    assert len(set(found)) == 1


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
    with pytest.raises(UsageError, match=r"agree\.growth is 0\.5"):
        recipe(digits, "agree.growth=0.5")
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
