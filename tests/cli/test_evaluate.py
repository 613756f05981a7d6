"""Options of ``aehash evaluate`` that cannot stand beside each other, or name no folder for it."""

import json

import numpy as np
import pytest

from aehash.cli.main import run
from aehash.codebook import Codebook

BOTH = ["--database", "db", "--queries", "q"]


@pytest.fixture
def books(tmp_path, monkeypatch):
    """A database and queries in the working folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, n in (("db", 20), ("q", 4)):
        features = rng.standard_normal((n, 16)).astype(np.float32)
        Codebook.from_arrays(features=features, labels=rng.integers(0, 3, n)).save(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([*BOTH, "--run", "nope"], "--run nope stands for its own codes and cannot go with"),
        (["--queries", "q", "--run", "nope"], "--run nope stands for its own codes"),
        ([*BOTH, "--out", ""], "--out is empty: name a folder"),
        ([*BOTH, "--out", "q"], "--out q is a codebook"),
        ([*BOTH, "--out", "x/../db/"], "is a codebook"),
        (
            [*BOTH, "--protocol", "akbacak2023", "--metric", "euclidean"],
            "leave it out (--radius none --no-rerank)",
        ),
        (
            [*BOTH, "--protocol", "akbacak2023", "--radius", "none"],
            "leave re-ranking out (--no-rerank)",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_it_is_refused_and_nothing_is_written(books, capsys, options, sentence):
    (books / "x").mkdir()
    before = set(books.rglob("*"))
    assert run(["evaluate", *options]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert sentence in " ".join(error.split())
    assert set(books.rglob("*")) == before


def test_the_remedy_helps(books, capsys):
    options = ["--metric", "euclidean", "--radius", "none", "--no-rerank", "--format", "json"]
    assert run(["evaluate", *BOTH, "--protocol", "akbacak2023", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["protocol"]["metric"] == "euclidean"
    assert len(found["protocol"]["changed"]) == 3


def test_a_folder_of_its_own_is_taken(books):
    (books / "out").mkdir()
    assert run(["evaluate", *BOTH, "--out", "out"]) == 0
    assert (books / "out" / "report.json").is_file()
