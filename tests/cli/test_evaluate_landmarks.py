"""``aehash evaluate`` by the Oxford and Paris protocols."""

import csv
import io
import json

import numpy as np
import pytest

from aehash.cli.main import run
from aehash.codebook import Codebook

IMAGES = [f"hall_{number:06d}" for number in range(20)]
BOTH = ["--database", "db", "--queries", "q"]
ASKED = ["--protocol", "oxford5k", "--ground-truth", "gt"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Codebooks and a ground truth in the working folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    features = rng.standard_normal((20, 16)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    Codebook.from_arrays(features=features, keys=[f"jpg/{name}.jpg" for name in IMAGES]).save("db")
    Codebook.from_arrays(features=features[:2], keys=IMAGES[:2]).save("q")
    (tmp_path / "gt").mkdir()
    for number in range(2):
        stem = f"gt/hall_{number}"
        good, ok, junk = IMAGES[number::7], IMAGES[number + 2 :: 7], IMAGES[number + 3 :: 7]
        for kind, names in (("good", good), ("ok", ok), ("junk", junk)):
            (tmp_path / f"{stem}_{kind}.txt").write_text("\n".join(names))
        (tmp_path / f"{stem}_query.txt").write_text(f"oxc1_{IMAGES[number]} 1 1 5 5\n")
    return tmp_path


def test_the_table(place, capsys):
    assert run(["evaluate", *ASKED, *BOTH]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "oxford5k: 2 queries, 20 database images, inner product (features)" in text
    for part in ("elapsed", "map/trapezoid", "chance", "junk taken out", "95 % interval"):
        assert part in text
    assert "it has 5,063 database items (all the images), and here are 20" in text
    assert "mp@" not in text


def test_all_forms_have_the_same_numbers(place, capsys):
    def out(form):
        assert run(["evaluate", *ASKED, *BOTH, "--format", form]) == 0
        return capsys.readouterr().out

    found = json.loads(out("json"))
    mean = found["settings"]["good+ok"]["metrics"]["map/trapezoid"]
    assert np.mean(found["settings"]["good+ok"]["per_query"]["map/trapezoid"]) == mean
    (row,) = csv.DictReader(io.StringIO(out("csv")))
    assert float(row["value"]) == mean
    assert (row["ranking"], row["ties"], row["queries"]) == ("inner_product", "expected", "2")
    assert f"| map/trapezoid | {mean:.4f} |" in out("md")


def test_the_report_replaces_another(place, capsys):
    (place / "out").mkdir()
    for name in ("report.json", "confusion.png", "mine.txt"):
        (place / "out" / name).write_text("{}")
    asked = ["evaluate", *ASKED, *BOTH, "--metric", "hamming", "--ties", "database"]
    assert run([*asked, "--out", "out"]) == 0
    found = json.loads((place / "out" / "report.json").read_text())
    assert found["protocol"]["changed"] == [
        "metric=hamming instead of inner_product",
        "ties=database instead of expected",
    ]
    assert "codes" in found
    names = {path.name for path in (place / "out").iterdir()}
    assert names == {"report.json", "report.md", "mine.txt"}
    assert run(["compare", "out", "out"]) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--protocol", "oxford5k"], "needs its ground truth: give --ground-truth with gnd_oxford"),
        (["--protocol", "rparis6k"], "--ground-truth with gnd_rparis6k.mat."),
        (ASKED, "extract the folder of its 5,063 images and that of its 55 queries"),
        ([*ASKED, *BOTH, "-k", "5"], "-k does not go with --protocol oxford5k"),
        ([*ASKED, *BOTH, "--radius", "2"], "--radius does not go with --protocol oxford5k"),
        ([*ASKED, *BOTH, "--keep-self"], "--keep-self does not go with"),
        ([*ASKED, *BOTH, "--ties", "optimistic"], "no ties 'optimistic' of this protocol"),
        ([*ASKED, *BOTH, "--marks", "3"], "--marks goes with --feedback ROUNDS"),
        ([*ASKED, "--run", "x"], "--run does not go with --protocol oxford5k"),
        ([*ASKED, "--feedback", "2"], "--protocol does not go with --feedback"),
        (["--ground-truth", "gt", *BOTH], "--ground-truth goes with --protocol oxford5k, paris6k"),
        (["--metric", "inner_product", *BOTH], "--metric inner_product goes with --protocol"),
        ([*ASKED, "--database", "db", "--queries", "db", "--out", "q"], "--out q is a codebook"),
        (["--protocol", "oxfrod5k", *BOTH], "Did you mean 'oxford5k'"),
        ([*ASKED[:2], "--ground-truth", "db", *BOTH], "db holds no ground truth"),
        (["--protocol", "roxford5k", *ASKED[2:], *BOTH], "needs those of easy and hard"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused(place, capsys, options, sentence):
    before = set(place.rglob("*"))
    assert run(["evaluate", *options]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert sentence in " ".join(error.split())
    assert set(place.rglob("*")) == before


def test_a_missing_image_is_named(place, capsys):
    (place / "gt" / "hall_1_ok.txt").write_text("hall_000002\nhall_999999\n")
    assert run(["evaluate", *ASKED, *BOTH]) == 2
    assert "the first of them hall_999999" in " ".join(capsys.readouterr().err.split())
