"""Drawn photos of a few scenes, each from several sides, and a recipe that learns them fast."""

import numpy as np
from PIL import Image, ImageDraw

from aehash import workflow

SIDES = [(64, 48), (48, 64), (56, 56)]
SMALL = [
    "data.image_size=64",
    "train.epochs=2",
    "train.batch_size=4",
    "train.learning_rate=0.001",
    "siamese.queries=12",
    "siamese.pool=40",
    "siamese.negatives=3",
    "describe.longest=64",
    "describe.scales=[1]",
]


def scene(random):
    """Give the coloured shapes of a scene: corners within 0 to 1, colour, whether round."""
    return [
        (random.uniform(0, 1, 4), tuple(random.integers(0, 256, 3).tolist()), random.integers(2))
        for _ in range(5)
    ]


def view(shapes, width, height, random):
    """Draw a scene from somewhere, before noise."""
    image = Image.fromarray(random.integers(90, 160, (height, width, 3)).astype("uint8"))
    draw = ImageDraw.Draw(image)
    shift = np.tile(random.uniform(-0.15, 0.15, 2), 2)
    for corners, colour, is_round in shapes:
        (x0, x1), (y0, y1) = (np.sort((corners + shift)[at::2]) for at in (0, 1))
        box = [x0 * width, y0 * height, x1 * width + 2, y1 * height + 2]
        (draw.ellipse if is_round else draw.rectangle)(box, fill=colour)
    return image


def write_clusters(folder, scenes=5, count=20, seed=0):
    """Draw class folders, one a scene."""
    random = np.random.default_rng(seed)
    for number in range(scenes):
        place, shapes = folder / f"scene{number}", scene(random)
        place.mkdir(parents=True)
        for picture in range(count):
            view(shapes, *SIDES[picture % 3], random).save(place / f"{picture}.png")
    return folder


def cluster_recipe(data, *settings, seed=None):
    """Make a recipe of a tiny net without weights."""
    return workflow.make_recipe(
        "gem2023_clusters",
        data=str(data),
        encoder="light",
        weights="none",
        seed=seed,
        settings=[*SMALL, *settings],
    )
