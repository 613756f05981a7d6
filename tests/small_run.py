"""A small net trained once a session on real images, for the stages after training."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from aehash import workflow
from aehash.snapshot import Snapshot

SMALL = ["model.options.dense=[16]", "train.batch_size=16"]


class Trained(NamedTuple):
    root: Path
    data: Path
    snapshot: Snapshot


def write_digits(path, count=120):
    """Write the first digits of scikit-learn as an .npz of our own."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.round(digits.images[:count] * 255 / 16).astype(np.uint8)
    np.savez(path, images=images, labels=digits.target[:count])
    return path


def small_recipe(data, *settings):
    return workflow.make_recipe("plain", data=str(data), bits=16, settings=[*SMALL, *settings])


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    data = write_digits(root / "digits.npz")
    recipe = small_recipe(data, "train.epochs=3")
    snapshot = workflow.train(recipe, runs=root / "runs")
    return Trained(root, data, snapshot)


@pytest.fixture(scope="session")
def extracted(trained):
    workflow.extract(trained.snapshot.path)
    return trained.snapshot.path / "codes" / "digits"
