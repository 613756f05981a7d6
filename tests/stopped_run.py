"""Trainings stopped after each of some epochs and continued, beside one that is left alone."""

import subprocess
import sys

_SCRIPT = """
import sys
from pathlib import Path
import keras
from aehash import backend
backend.configure("tensorflow", 1)
from aehash import workflow
root, experiment, last, kept, data, *settings = sys.argv[1:]
recipe = workflow.make_recipe(experiment, data=data, bits=16, settings=settings)

class Stop(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.last = epoch
    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.last:
            raise KeyboardInterrupt

print(workflow.train(recipe, out=Path(root) / "whole").info["weights_digest"])
for epoch in range(1, int(last) + 1):
    run = Path(root) / f"stopped-{epoch}"
    try:
        workflow.train(recipe, out=run, callbacks=[Stop(epoch)])
    except KeyboardInterrupt:
        assert (run / kept).exists()
        print(workflow.resume(run).info["weights_digest"])
"""


def digests(folder, experiment, data, settings, last, kept="recipe.json"):
    """Train in one go, then once for each epoch that a run is stopped after and continued.

    Args:
        folder: Where the runs are put.
        experiment: Whose recipe, at 16 bits.
        data: What to train on.
        settings: Changes of the recipe.
        last: The last epoch that a run is stopped after.
        kept: A file that a stopped run holds.

    Returns:
        Of the weights of each: 1 + ``last``, all equal where nothing was lost.
    """
    words = [folder, experiment, last, kept, data, *settings]
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [line for line in done.stdout.splitlines() if len(line) == 64]
    assert len(found) == 1 + last
    return found
