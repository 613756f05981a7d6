"""A small Oxford, drawn: landmarks seen at several sizes and turns, with ground truth as the field
writes it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

#: Width and height of an image, by its number within its landmark.
SIZES = ((96, 64), (64, 96), (80, 80), (110, 70), (72, 100), (60, 60))
LANDMARKS = ("arch", "dome", "hall", "spire")
_STRAY = 6


class Asked(NamedTuple):
    """A query: its name, image, box, and what is what to it."""

    name: str
    image: str
    box: tuple[float, float, float, float]
    lists: dict[str, list[str]]


def name_of(landmark: str, number: int) -> str:
    return f"{landmark}_{number:06d}"


def draw(folder: Path) -> list[str]:
    """Draw 24 images of four landmarks and 6 of none; every second landmark's turn by a bit."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    names = []
    for kind, landmark in enumerate((*LANDMARKS, "stray")):
        for number in range(len(SIZES) if landmark != "stray" else _STRAY):
            width, height = SIZES[number % len(SIZES)]
            picture = _stray(rng, width, height) if landmark == "stray" else _seen(kind, number)
            name = name_of(landmark, number)
            picture.save(folder / f"{name}.jpg", quality=92)
            names.append(name)
    return sorted(names)


def _seen(kind: int, number: int) -> Image.Image:
    """Draw a landmark: a pattern and colours of its own, another size, turn and light each."""
    width, height = SIZES[number]
    rng = np.random.default_rng([kind, number])
    y, x = np.mgrid[:height, :width] / 32
    angle = kind * 0.7 + number * 0.06
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    wave = np.sin(along * (4 + 3 * kind)) * (np.sin(across * 3 * kind) if kind else 1)
    colours = np.random.default_rng(kind).uniform(60, 200, 3)
    pixels = colours + 55 * wave[..., None] + rng.normal(0, 6 + 3 * number, (height, width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _stray(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    coarse = rng.uniform(0, 255, (5, 5, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def queries() -> list[Asked]:
    """Ask for the first two landmarks' first image and the others' second, cut to a box."""
    found = []
    for kind, landmark in enumerate(LANDMARKS):
        number = kind // 2
        width, height = SIZES[number]
        box = (4.4, 3.6, width - 10.25, float(height))
        good = [name_of(landmark, each) for each in (number, 2, 3)]
        lists = {"good": good, "ok": [name_of(landmark, 4)], "junk": [name_of(landmark, 5)]}
        found.append(Asked(f"{landmark}_1", name_of(landmark, number), box, lists))
    return found


def write_texts(folder: Path) -> Path:
    """Write the Visual Geometry Group's four text files a query."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in queries():
        for kind, names in each.lists.items():
            (folder / f"{each.name}_{kind}.txt").write_text("\n".join(names) + "\n")
        box = " ".join(f"{edge:g}" for edge in each.box)
        (folder / f"{each.name}_query.txt").write_text(f"oxc1_{each.image} {box}\n")
    return folder


def write_mat(
    path: Path, images: list[str], *, revisited: bool = False, asked: list[Asked] | None = None
) -> Path:
    """Write gnd_NAME.mat as its authors do, numbers from 1.

    In the revisited form the queries' images are not in the database; good ones are easy, ok ones
    and junk are hard and junk.
    """
    from scipy.io import savemat

    asked = queries() if asked is None else asked
    if revisited:
        images = [name for name in images if name not in {each.image for each in asked}]
    number = {name: place for place, name in enumerate(images, 1)}
    rows = []
    for each in asked:
        good, ok, junk = (
            np.array([[number[name] for name in each.lists[kind] if name in number]], float)
            for kind in ("good", "ok", "junk")
        )
        box = np.array([each.box])
        if revisited:
            rows.append({"bbx": box, "easy": good, "hard": ok, "junk": junk})
        else:
            rows.append({"bbx": box, "ok": np.hstack([good, ok]), "junk": junk})
    gnd = np.empty((1, len(rows)), [(name, object) for name in rows[0]])
    for place, row in enumerate(rows):
        gnd[0, place] = tuple(row.values())
    content = {"gnd": gnd, "imlist": _cells(images)}
    if revisited:
        content["qimlist"] = _cells([each.image for each in asked])
    else:
        content["qidx"] = np.array([[number[each.image] for each in asked]], float)
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, content)
    return path


def _cells(names: list[str]) -> np.ndarray:
    cells = np.empty((len(names), 1), object)
    cells[:, 0] = names
    return cells


def describing_run(runs: Path, images: Path, *, whiten: bool = False) -> Path:
    """Make a run of a small gem2023 that is not trained, with a whitening learned on the images."""
    from aehash import workflow
    from aehash.recipe import DataRecipe, ModelRecipe, Recipe, TrainRecipe
    from aehash.recipe_describe import DescribeRecipe

    whitening = {"whitening": "pca", "dimensions": 16, "power": 0.5} if whiten else {}
    recipe = Recipe(
        name="small",
        data=DataRecipe(str(images)),
        model=ModelRecipe("gem2023", None, {"encoder": "light"}),
        train=TrainRecipe(epochs=0),
        describe=DescribeRecipe(longest=80, scales=(1.0, 0.5), **whitening),
    )
    return workflow.train(recipe, runs=runs).path
