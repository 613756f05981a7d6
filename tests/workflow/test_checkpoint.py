import keras
import pytest

from aehash.checkpoint import Checkpoints, Progress

pytestmark = pytest.mark.training


def _model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    return model


def _leave(run, name):
    (run / name).mkdir()
    (run / name / "state.weights.h5").write_bytes(b"half")


@pytest.mark.parametrize("ending", ["tmp", "old"])
def test_what_a_kill_left_is_swept_away(tmp_path, ending):
    checkpoints = Checkpoints(tmp_path)
    _leave(tmp_path, f".checkpoint-000001.abc123.{ending}")
    (tmp_path / ".other.tmp").mkdir()
    checkpoints.save(_model(), Progress(epoch=1, best_epoch=1, best=0.5))
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint-000001", ".other.tmp"}
    _leave(tmp_path, f".checkpoint-000002.abc123.{ending}")
    assert checkpoints.restore(_model()).epoch == 1
    checkpoints.clear()
    assert [path.name for path in tmp_path.iterdir()] == [".other.tmp"]
