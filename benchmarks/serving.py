"""The server as clients see it: until its first answer, one by one, and fifty at once."""

import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from aehash import backend, training, workflow
from aehash.codebook import Codebook
from aehash.codebook.files import new_manifest
from aehash.workflow.hasher import Hasher
from aehash.workflow.query import Query
from aehash.workflow.searcher import Searcher
from benchmarks import inputs
from benchmarks.contest import check
from benchmarks.data import MissingError
from benchmarks.pairs import spread
from benchmarks.scale import Scale
from benchmarks.serving_load import load

BITS, K, CLIENTS = 128, 24, 50
PACKAGES = ("aehash", "flask", "waitress", "tensorflow", "keras", "numpy", "pillow")
_SEARCH = "/api/v1/search"
_EDGE = "the-edge-of-a-part"
_FORM = {"Content-Type": f"multipart/form-data; boundary={_EDGE}"}
_WAIT = 600


class Asked(NamedTuple):
    """A request, and what the library itself finds.

    Attributes:
        body: A form with a picture.
        code: The picture's code in hexadecimal.
        rows: What is to be found.
    """

    body: bytes
    code: str
    rows: list[int]


def run(scale: Scale) -> dict[str, Any]:
    """Measure the start, single requests, and many at once; compare every answer."""
    if find_spec("flask") is None:
        raise MissingError("flask is not installed: pip install 'aehash[web]'.")
    backend.configure()
    one_by_one = 30 * scale.pairs
    with tempfile.TemporaryDirectory() as name:
        folder = _codebook(Path(name), scale)
        asked = _requests(folder, 2 * CLIENTS, scale.seed)
        with _server(folder) as (port, opened):
            _until_ready(port)
            _client(port, asked[:10])  # the first ones find nothing warm
            single = _client(port, (asked * one_by_one)[:one_by_one])
            many = _crowd(port, asked, scale.pairs)
            bodies = [each.body for each in asked]
            address = f"http://127.0.0.1:{port}{_SEARCH}"
            loaded = load(address, bodies, _FORM["Content-Type"], CLIENTS, 2 * scale.pairs)
    rows = [
        ("from the command to the first answer", [opened], "< 2 s"),
        (f"{len(single)} uploads one after another, each", single, "≤ 0.060 s"),
        (f"{len(many)} uploads of {CLIENTS} clients at once, each", many, ""),
    ]
    return {
        "about": (
            f"`aehash serve` in a process of its own, with {scale.rows:,} random codes of {BITS} "
            "bits and the default net on 28×28 images. Each client keeps its connection, uploads "
            f"PNGs, and has the {K} nearest, the histogram of all distances and the query's code; "
            "every answer is compared with what the library finds for the same picture, and all "
            "must be equal. Where wrk is installed, it then uploads the same pictures from as many "
            "clients, and no connection and no answer may fail. The clients run on the same cores "
            "as the server."
        ),
        "seed": scale.seed,
        "packages": PACKAGES,
        "times": [
            {"what": what, "seconds": spread(found), "target": target, "all": found}
            for what, found, target in rows
        ]
        + ([] if loaded is None else [loaded]),
    }


def _codebook(root: Path, scale: Scale) -> Path:
    """Write an untrained net, and random codes that say they are its own."""
    dataset = inputs.npz(root / "images.npz", 8, scale.seed)
    recipe = training.resolve(workflow.make_recipe("plain", bits=BITS), dataset)
    snapshot = inputs.untrained(root / "run", recipe)
    codes = np.random.default_rng(scale.seed).integers(
        0, 256, (scale.rows, BITS // 8), dtype=np.uint8
    )
    manifest = new_manifest(scale.rows, BITS, snapshot=snapshot.digest)
    book = Codebook(codes, BITS, np.arange(scale.rows).astype("S"), manifest=manifest)
    folder = snapshot.path / "codes" / "random" / "all"
    book.save(folder)
    return folder


def _requests(folder: Path, count: int, seed: int) -> list[Asked]:
    """Make pictures, and let the library search for each."""
    book = Codebook.load(folder, verify="size")
    hasher, searcher = Hasher(folder, book, folder.parents[3]), Searcher(book)
    hasher.prepare()
    found = []
    for pixels in inputs.noise(count, seed + 1):
        file = io.BytesIO()
        Image.fromarray(pixels[..., 0]).save(file, "PNG")
        image = hasher.read("picture", io.BytesIO(file.getvalue()))
        hashed = hasher.hash("picture", image)
        rows = searcher.find(Query("picture", hashed.code, hashed.feature, None), K)[0]
        found.append(Asked(_form(file.getvalue()), bytes(hashed.code).hex(), rows.tolist()))
    return found


def _form(picture: bytes) -> bytes:
    fields = {"codebook": "random-all", "k": str(K)}
    heads = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    image = 'Content-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    text = "".join(f"--{_EDGE}\r\n{each}" for each in [*heads, image])
    return text.encode() + picture + f"\r\n--{_EDGE}--\r\n".encode()


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, float]]:
    """Run the command; give its port and the seconds to its first answer."""
    command = [sys.executable, "-m", "aehash.cli.main", "serve", "--codes", str(folder)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", "0", "--rate", "0"], stderr=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        port = next(int(each[1]) for each in map(_ADDRESS.search, process.stderr or ()) if each)
        _health(port)
        yield port, time.perf_counter() - began
    finally:
        process.terminate()
        process.communicate()


_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")


def _health(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAIT)
    connection.request("GET", "/api/v1/health")
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return found


def _until_ready(port: int) -> None:
    deadline = time.monotonic() + _WAIT
    while (state := _health(port)["codebooks"][0]["state"]) == "loading":
        check(time.monotonic() < deadline, "That the net is loaded in ten minutes")
        time.sleep(0.2)
    check(state == "ready", "That the net is ready")


def _client(port: int, asked: list[Asked]) -> list[float]:
    """Upload pictures one after the other, and compare each answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAIT)
    times = []
    for each in asked:
        began = time.perf_counter()
        connection.request("POST", _SEARCH, each.body, _FORM)
        reply = connection.getresponse()
        told = json.loads(reply.read())
        times.append(round(time.perf_counter() - began, 5))
        check(reply.status == 200, "The status of an answer")
        check(told["query"]["code"] == each.code, "The code of a picture")
        check([hit["row"] for hit in told["results"]] == each.rows, "What a picture finds")
    connection.close()
    return times


def _crowd(port: int, asked: list[Asked], rounds: int) -> list[float]:
    """Let many clients upload at once, each other pictures than those beside it."""
    times: list[float] = []
    failed: list[BaseException] = []

    def work(number: int) -> None:
        own = [asked[(2 * number + round_) % len(asked)] for round_ in range(2 * rounds)]
        try:
            times.extend(_client(port, own))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return times
