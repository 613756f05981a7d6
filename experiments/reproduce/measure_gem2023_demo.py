"""How gem2023's demo is measured: `aehash serve` is asked for what its four pictures show."""

import io
import re
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from aehash.errors import AehashError
from aehash.experiments.reproduce.data import MissingError, choose, mobilenet
from aehash.experiments.reproduce.entry import Job
from aehash.experiments.reproduce.findings import OURS, Cell, Findings, Measured
from aehash.recipe import DataRecipe, ModelRecipe, Recipe, TrainRecipe
from aehash.recipe_describe import DescribeRecipe

_HOST = "http://127.0.0.1:8000"
_MODELS = ("gem", "mac")
_CROP = "0.1,0.1,0.9,0.9"
_KS = (5, 8)
_WAIT = 120.0
_FIGURES = (
    "Figure 6, main page",
    "Figure 7, cropper with aspect ratios",
    "Figure 8, model and number of images",
    "Figure 9, a query and its ranked images",
)


def demo(job: Job) -> Findings:
    """Measure Figures 6 to 9: the page, the cropper, the choices and the ranked images."""
    wanting = [name for name in ("flask", "waitress", "prometheus_client") if not find_spec(name)]
    if wanting:
        raise MissingError(f"needs {', '.join(wanting)}: pip install 'aehash[web]'")
    choice = choose(job, "", ("caltech_half", "mnist", "digits"))
    weights = mobilenet(job)
    folders = [_codes(job, choice.spec, pooling, weights) for pooling in _MODELS]
    client = _client(job, folders)
    data = _picture(job, choice.spec)
    names = [each["name"] for each in _get(client, "/api/v1/codebooks")["codebooks"]]
    answers = {k: _search(client, names[0], data, k) for k in _KS}
    whole = _search(client, names[1], data, _KS[0], crop=None)
    page = client.get("/", base_url=_HOST).get_data(as_text=True)
    ratios = re.findall(r'name="ratio" value="([^"]+)"', page)
    distances = [each["distance"] for each in answers[_KS[-1]]["results"]]
    shown = (
        'type="file"' in page,
        "free" in ratios and len(ratios) > 1 and len(whole["results"]) == _KS[0],
        len(names) == len(_MODELS) and all(len(answers[k]["results"]) == k for k in _KS),
        distances == sorted(distances),
    )
    picture = _draw(job, client, names[0], data, answers[_KS[-1]])
    cells = {
        (OURS, row, "shown"): Cell(Measured(text="shown" if held else "not shown"), exact=True)
        for row, held in zip(_FIGURES, shown, strict=True)
    }
    facts = {"data": choice.title, "codebooks": names, "aspect ratios": ratios}
    difference = (
        "the two models are "
        + (f"MobileNet 0.75 with {' and '.join(_MODELS)} pooling" if weights else "untrained")
        + ", not VGG16 and ResNet101"
    )
    return Findings(cells, {}, [picture], facts, [difference])


def _codes(job: Job, data: str, pooling: str, weights: str | None) -> Path:
    """Describe some photos with a net as it is."""
    from aehash import workflow

    run = job.work / "demo" / pooling
    recipe = Recipe(
        name=f"demo-{pooling}",
        data=DataRecipe(workflow.common.absolute(data), channels=3),
        model=ModelRecipe(
            "gem2023",
            None,
            {"encoder": "mobilenet:0.75" if weights else "light", "pooling": pooling},
            weights,
        ),
        train=TrainRecipe(epochs=0),
        describe=DescribeRecipe(longest=128, scales=(1.0,)),
    )
    if not (run / "run.json").is_file():
        job.say(f"a net with {pooling} pooling, as it is")
        workflow.train(recipe, out=run)
    codes = run / "codes" / "demo"
    if not (codes / "test").is_dir():
        job.say("describing the test images")
        workflow.extract(run, splits=("test",), out=codes)
    return codes / "test"


def _client(job: Job, folders: list[Path]) -> Any:
    from aehash.web.app import make_app
    from aehash.web.metrics import Metrics
    from aehash.web.shelf import Shelf
    from aehash.web.state import Limits, State

    shelf = Shelf.open(folders, job.work, (), None)
    shelf.start(job.say)
    client = make_app(State(shelf, Limits(seconds=_WAIT), Metrics()), log=job.say).test_client()
    until = time.monotonic() + _WAIT
    while time.monotonic() < until:
        states = [each["model"]["state"] for each in _get(client, "/api/v1/codebooks")["codebooks"]]
        if "loading" not in states:
            break
        time.sleep(0.2)
    return client


def _picture(job: Job, data: str) -> bytes:
    """Give a training image, which no codebook holds, as a file."""
    from PIL import Image

    from aehash import registry

    dataset = registry.open_dataset(data, notes=job.say)
    rows = dataset.rows("train")
    pixels = dataset.read(int(rows[len(rows) // 2]), None, 3)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _get(client: Any, path: str) -> Any:
    return client.get(path, base_url=_HOST).get_json()


def _search(client: Any, book: str, data: bytes, k: int, crop: str | None = _CROP) -> Any:
    fields = {"codebook": book, "metric": "euclidean", "k": str(k)}
    fields |= {} if crop is None else {"crop": crop}
    sent = {**fields, "image": (io.BytesIO(data), "query.png")}
    answer = client.post("/api/v1/search", data=sent, base_url=_HOST).get_json()
    if "results" not in answer:
        raise AehashError(f"The server answered: {answer['error']['message']}")
    return answer


def _draw(job: Job, client: Any, book: str, data: bytes, answer: Any) -> Path:
    """Draw the part of the query that was asked, and what came back."""
    from PIL import Image

    from aehash.plots import Tile, montage

    with Image.open(io.BytesIO(data)) as image:
        left, top, right, bottom = (float(each) for each in _CROP.split(","))
        wide, high = image.size
        part = image.convert("RGB").crop(
            (round(left * wide), round(top * high), round(right * wide), round(bottom * high))
        )
    line = [Tile(np.asarray(part), "query, cropped")]
    for each in answer["results"]:
        path = f"/api/v1/codebooks/{book}/items/{each['row']}/image?size=96"
        sent = client.get(path, base_url=_HOST).get_data()
        with Image.open(io.BytesIO(sent)) as image:
            text = f"{each['rank']}: {each['label']}\n{each['distance']:.3f}"
            line.append(Tile(np.asarray(image.convert("RGB")), text))
    job.out.mkdir(parents=True, exist_ok=True)
    picture = job.out / "demo.png"
    montage(picture, [line])
    return picture
