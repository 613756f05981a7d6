"""Small pictures of several sizes, and an untrained net that describes them."""

import numpy as np
import pytest
from PIL import Image

from aehash import workflow

SIDES = [(40, 60), (60, 40), (33, 47), (128, 64), (20, 20)]
SETTINGS = [
    "model.name=gem2023",
    "model.bits=null",
    'model.options={"encoder": "light"}',
    "train.epochs=0",
    "describe.longest=48",
    "describe.scales=[1,0.5]",
]


def write_photos(folder, count=30):
    """Draw pictures of three colours, of several sizes, in a folder a colour."""
    random = np.random.default_rng(0)
    for number in range(count):
        height, width = SIDES[number % len(SIDES)]
        noise = random.normal(0, 50, (height, width, 3))
        colour = np.eye(3)[number % 3] * 150 + 50
        place = folder / "rgb"[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.clip(noise + colour, 0, 255).astype("uint8")
        Image.fromarray(pixels).save(place / f"{number:02d}.png")
    return folder


def describing_run(photos, runs, *settings, say=lambda _: None):
    """Make the snapshot of an untrained net."""
    recipe = workflow.make_recipe("plain", data=str(photos), settings=[*SETTINGS, *settings])
    return workflow.train(recipe, runs=runs, say=say)


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("describing") / "photos")


@pytest.fixture(scope="session")
def described(photos):
    return describing_run(photos, photos.parent / "runs")
