"""``aehash evaluate --feedback``: what is printed, written and refused."""

import csv
import io
import json
from pathlib import Path

import pytest

from aehash.cli.evaluate_feedback import METHODS
from aehash.cli.main import run
from aehash.feedback import METHODS as KNOWN

BOTH = ["evaluate", "--database", "codes/train", "--queries", "codes/test"]
SMALL = ["--feedback", "2", "--marks", "5", "--feedback-queries", "6"]


def test_the_names_of_the_methods_are_the_librarys():
    assert tuple(KNOWN) == METHODS


def test_the_table_is_on_stdout_and_the_files_are_beside_it(digit_books, capsys):
    assert run([*BOTH, *SMALL, "--out", "out"]) == 0
    captured = capsys.readouterr()
    for words in ("map@all/relevant, the whole list", "residual map@all/relevant", "round 2"):
        assert words in captured.out
    for method in ("none", "pinned", "rocchio", "nearest_positive", "svm"):
        assert f"\n{method} " in captured.out
    assert "svm_rbf" not in captured.out
    assert "6 of 40 queries, drawn with seed 0" in captured.out
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "feedback.png",
        "report-feedback.json",
        "report-feedback.md",
    ]
    assert "see    out/report-feedback.json" in captured.err


def test_other_formats_are_for_programs(digit_books, capsys):
    assert run([*BOTH, *SMALL, "--method", "svm", "--metric", "hamming", "--format", "json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["protocol"]["metric"] == "hamming"
    assert list(found["protocol"]["methods"]) == ["svm"]
    assert "Residual: the marked items are taken out" in captured.err
    assert run([*BOTH, *SMALL, "--method", "none", "--method", "svm", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["method"] for row in rows} == {"none", "svm"}
    assert {row["queries"] for row in rows} == {"6"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--feedback", "0"], "rounds must be at least 1, not 0"),
        (["--feedback", "x"], "'x' is not a valid integer"),
        (["--feedback", "2", "--marks", "0"], "marks must be at least 1, not 0"),
        (["--feedback", "2", "--feedback-queries", "0"], "queries must be at least 1"),
        (["--feedback", "2", "--method", "svn"], "'svn' is not one of"),
        (["--feedback", "2", "--seed", "-1"], "seed must be 0 or more"),
        (["--feedback", "2", "--threads", "0"], "threads must be a whole number"),
        (["--marks", "5"], "--marks goes with --feedback ROUNDS"),
        (["--method", "svm"], "--method goes with --feedback ROUNDS"),
        (["--feedback-queries", "5"], "--feedback-queries goes with --feedback ROUNDS"),
        (["--seed", "5"], "--seed goes with --feedback ROUNDS"),
        (["--feedback", "2", "--radius", "3"], "--radius does not go with --feedback: feedback ra"),
        (["--feedback", "2", "--rerank"], "--rerank does not go with --feedback"),
        (["--feedback", "2", "--protocol", "cifar10-I"], "--protocol does not go with --feedback"),
        (["--feedback", "2", "-k", "5"], "-k does not go with --feedback"),
        (["--feedback", "2", "--per", "relevant"], "--per does not go with --feedback"),
        (["--feedback", "2", "--ties", "database"], "--ties does not go with --feedback"),
        (["--feedback", "2", "--keep-self"], "--keep-self does not go with --feedback"),
        (["--feedback", "2", "--out", "codes/train"], "is a codebook"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_it_is_refused_and_nothing_is_written(digit_books, capsys, options, sentence):
    before = set(digit_books.rglob("*"))
    assert run([*BOTH, *options]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert sentence in " ".join(error.split())
    assert set(digit_books.rglob("*")) == before


@pytest.mark.training
def test_the_latest_codes_get_the_report_beside_their_own(trained, extracted, capsys):
    run_ = str(trained.snapshot.path)
    options = ["--feedback", "1", "--marks", "3", "--feedback-queries", "4", "--method", "svm"]
    assert run(["evaluate", "--run", run_, *options]) == 0
    folder = extracted / "evaluation"
    for name in ("feedback.png", "report-feedback.json", "report-feedback.md"):
        assert (folder / name).is_file()
        (folder / name).unlink()
