"""The command as a process: it starts, answers, and ends when it is told to."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner
from web_site import Site

from aehash.cli.serve import serve
from aehash.codebook import Codebook
from aehash.errors import UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("serve") / "book"
    Codebook.from_arrays(np.arange(9, dtype=np.uint8)[:, None], bits=8).save(place)
    return place


def started(folder, *more):
    """Start the command, and wait until it says where it is."""
    command = [sys.executable, "-m", "aehash.cli.main", "serve", "--codes", str(folder)]
    process = subprocess.Popen(
        [*command, "--port", "0", *more],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "AEHASH_KERNELS": "numpy"},
    )
    for line in process.stderr:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        if found:
            return process, Site(int(found[1]))
    raise AssertionError(f"it ended with {process.wait()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_it_answers_until_a_signal_ends_it(folder, number):
    process, site = started(folder)
    with process:
        assert site.api("health").json["status"] == "ok"
        assert site.post("search", {"codebook": "book", "row": 3}).status == 200
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(60) == 0
    assert said.rstrip().endswith("Stopped.")
    assert "Traceback" not in said


def test_a_port_in_use_is_said(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = CliRunner().invoke(serve, ["--codes", str(folder), "--port", str(port)])
    assert isinstance(found.exception, UsageError)
    assert f"Port {port} of 127.0.0.1 is in use" in str(found.exception)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--host", "203.0.113.9"], "is no address of this machine"),
        (["--images", "nowhere"], "There is no folder nowhere"),
        (["--token-file", "nowhere"], "cannot be read"),
        (["--codes", "nowhere"], "nowhere holds no codebook"),
    ],
)
def test_what_cannot_be_served_is_said(folder, options, word):
    found = CliRunner().invoke(serve, ["--codes", str(folder), "--port", "0", *options])
    assert isinstance(found.exception, UsageError)
    assert word in str(found.exception)


def test_the_remedy_stands_where_the_extra_is_missing(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "flask", None)
    found = CliRunner().invoke(serve, ["--codes", str(folder)])
    assert isinstance(found.exception, UsageError)
    assert "pip install 'aehash[web]'" in str(found.exception)


def test_a_million_rows_are_open_in_a_moment(tmp_path):
    """The arrays are mapped: what is not searched is not read."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 256, (1_000_000, 16), np.uint8)
    keys = np.char.add(b"photo/", np.arange(1_000_000).astype("S7"))
    Codebook(codes, 128, keys, manifest={"n": len(codes), "bits": 128}).save(tmp_path / "book")
    from aehash.web.shelf import Shelf

    began = time.process_time()
    shelf = Shelf.open([tmp_path / "book"], tmp_path)
    assert time.process_time() - began < 1
    assert len(shelf["book"]) == 1_000_000


def test_help_starts_nothing():
    code = (
        "import sys; from aehash.cli.main import run; code = run(['serve', '--help']); "
        "heavy = {'flask', 'waitress', 'keras', 'tensorflow', 'numba'} & set(sys.modules); "
        "import json; print(json.dumps([code, sorted(heavy)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]
