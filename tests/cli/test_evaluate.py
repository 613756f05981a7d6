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


ALSO = ["--protocol", "sureshkumar2024", "-k", "3,5"]


def test_rows_by_class_are_asked_for_or_come_with_the_protocol(books, capsys):
    def judged(*options):
        assert run(["evaluate", *BOTH, *options, "--format", "json"]) == 0
        return json.loads(capsys.readouterr().out)

    plain, asked = judged("-k", "3,5"), judged("-k", "3,5", "--by-class")
    assert "by_class" not in plain
    assert asked["by_class"]["ks"] == [3, 5]
    assert {name: asked["metrics"][name] for name in plain["metrics"]} == plain["metrics"]
    named, without = judged(*ALSO), judged(*ALSO, "--no-by-class")
    assert {each["class"] for each in named["by_class"]["classes"]} <= {"0", "1", "2"}
    assert "by_class" in named["also"]["Hamming, whole ranking"]
    assert "by_class" not in without
    assert "accuracy@3/majority" not in without["metrics"]


def test_the_confusion_matrix_is_drawn_and_no_old_one_stays(books, capsys):
    def judge(*options):
        assert run(["evaluate", *BOTH, *options, "--out", "out"]) == 0
        return capsys.readouterr()

    picture, other = books / "out" / "confusion.png", books / "out" / "retrieval.png"
    assert "confusion.png" in judge(*ALSO).err
    other.write_bytes(b"of images that are not at hand now")
    assert picture.stat().st_size > 1_000
    assert "by class, first 3" in (books / "out" / "report.md").read_text()
    assert "confusion.png" not in judge("--metric", "euclidean").err
    assert not picture.exists()
    assert not other.exists()


def test_accuracy_is_compared_query_by_query(books, capsys):
    for out, options in (("a", ALSO), ("b", [*ALSO, "--metric", "hamming"]), ("old", [])):
        assert run(["evaluate", *BOTH, *options, "--out", out]) == 0
    assert run(["compare", "a", "b", "--metric", "accuracy@3/majority"]) == 0
    assert "accuracy@3/majority" in capsys.readouterr().out
    assert run(["compare", "a", "old", "--metric", "accuracy@3/majority"]) == 2
    assert "Not both have the metric" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([*BOTH, *ALSO, "--ties", "optimistic"], "leave --by-class out (--no-by-class)"),
        (["--by-class", "--feedback", "2"], "--by-class does not go with --feedback"),
    ],
)
def test_classes_do_not_go_with_everything(books, capsys, options, sentence):
    assert run(["evaluate", *options]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())
