"""When a checkpoint is written and a line said, on a net of one weight."""

import keras
import numpy as np
import pytest

from aehash import epochs
from aehash.checkpoint import Checkpoints, Progress
from aehash.epochs import Epochs
from aehash.recipe import TrainRecipe

pytestmark = pytest.mark.training


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a second whenever an epoch begins and ends."""
    ticks = iter(np.arange(0, 10_000, 0.5))
    monkeypatch.setattr(epochs.time, "monotonic", lambda: float(next(ticks)))


def trained(run, count, rate=0.1, **options):
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    net.compile(keras.optimizers.SGD(rate), "mse")
    told, kept = [], []

    class Noted(Checkpoints):
        def save(self, model, progress):
            kept.append(progress.epoch)
            super().save(model, progress)

    train = TrainRecipe(epochs=count)
    loop = Epochs(Progress(), Noted(run), train, list, told.append, **options)
    net.fit(np.ones((4, 1)), np.zeros((4, 1)), epochs=count, verbose=0, callbacks=[loop])
    return kept, told


def test_each_epoch_has_its_checkpoint_and_line(tmp_path):
    kept, told = trained(tmp_path, 3)
    assert kept == [1, 2, 3]
    assert [line.split()[1] for line in told] == ["1/3", "2/3", "3/3"]


def test_checkpoints_keep_their_distance(tmp_path, clock):
    kept, _ = trained(tmp_path, 20, keep="last", every=10.0, end=18)
    assert kept[0] == 1 and kept[-3:] == [18, 19, 20]
    assert 1 < len(kept[:-3]) < 9
    assert Checkpoints(tmp_path).progress().epoch == 20


def test_a_new_best_is_always_kept(tmp_path, clock):
    kept, _ = trained(tmp_path, 5, every=1e9)
    assert kept == [1, 2, 3, 4, 5]  # each is better than the one before
    kept, _ = trained(tmp_path / "worse", 5, rate=2.0, every=1e9)
    assert kept == [1, 5]


def test_of_many_epochs_not_each_has_a_line(tmp_path):
    _, told = trained(tmp_path, 51, keep="last", every=1e9)
    assert 2 <= len(told) < 51
    assert told[0].startswith("epoch  1/51") and told[-1].startswith("epoch 51/51")
