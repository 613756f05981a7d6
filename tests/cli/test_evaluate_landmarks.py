"""``aehash evaluate`` by the Oxford and Paris protocols."""

import csv
import io
import json

import numpy as np
import pytest
from landmark_set import Asked, write_mat

from aehash.cli.main import run
from aehash.codebook import Codebook

IMAGES = [f"hall_{number:06d}" for number in range(20)]
BOTH = ["--database", "db", "--queries", "q"]
ASKED = ["--protocol", "oxford5k", "--ground-truth", "gt"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Codebooks and a ground truth in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AEHASH_DATA", "data")
    monkeypatch.setenv("AEHASH_CACHE", "cache")
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
    assert (row["expand"], row["alpha"], row["augment"]) == ("1", "3.0", "1")
    assert f"| map/trapezoid | {mean:.4f} |" in out("md")


def test_expanded_and_plain_stand_in_one_table(place, capsys):
    def out(*options):
        assert run(["evaluate", *ASKED, *BOTH, *options]) == 0
        return capsys.readouterr().out

    plain = json.loads(out("--format", "json"))
    sums = ("--expand", "4", "--augment", "3", "--alpha", "2")
    found = json.loads(out(*sums, "--format", "json"))
    assert found["plain"] == plain["settings"]
    assert found["settings"]["good+ok"]["metrics"] != plain["settings"]["good+ok"]["metrics"]
    assert found["protocol"]["changed"] == [
        "expand=4 instead of 1",
        "alpha=2.0 instead of 3.0",
        "augment=3 instead of 1",
    ]
    text = " ".join(out(*sums).split())
    assert text.count("map/trapezoid") == 2
    assert "3 neighbours to each query and 2 neighbours to each database image, weighted by" in text
    assert "mean over queries, expanded and augmented" in text
    assert "mean over queries, plain" in text
    rows = list(csv.DictReader(io.StringIO(out(*sums, "--format", "csv"))))
    assert [(row["expand"], row["augment"]) for row in rows] == [("4", "3"), ("1", "1")]
    assert "plain" not in plain


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
    assert names == {"report.json", "report.md", "per_query.npz", "mine.txt"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--protocol", "oxford5k"],
            "5,063 of the database and 55 of the queries, which are no part of this project. "
            "Looked in data/oxford5k, cache/oxford5k. Fetch them from https://www.robots",
        ),
        (ASKED, "or name their folder with --images. Or judge codebooks of them, with --database"),
        (["--protocol", "rparis6k"], "Looked in data/rparis6k, data/paris6k, cache/rparis6k, cac"),
        ([*ASKED[:2], *BOTH], "needs its ground truth: give --ground-truth with gnd_oxford5k.mat,"),
        (["--protocol", "rparis6k", *BOTH], "--ground-truth with gnd_rparis6k.mat."),
        ([*ASKED, "--database", "db"], "Give both --database and --queries, or neither"),
        ([*ASKED, *BOTH, "--images", "gt"], "--images does not go with --database and --queries"),
        ([*ASKED, "--images", "none"], "--images none is no folder"),
        ([*ASKED[:2], "--images", "gt"], "There is no finished run of gem2023 under runs"),
        ([*ASKED[:2], "--images", "db"], "is no gnd_oxford5k.mat and are no text files in db"),
        ([*ASKED, *BOTH, "--expand", "0"], "expand must be a count of descriptors from 1 on"),
        ([*ASKED, *BOTH, "--alpha", "2"], "--alpha weights what --expand and --augment sum"),
        ([*ASKED, *BOTH, "--expand", "3", "--alpha", "-1"], "alpha must be a finite number from"),
        ([*ASKED, *BOTH, "--expand", "3", "--metric", "hamming"], "and codes have none"),
        (["--expand", "3", *BOTH], "--expand goes with --protocol oxford5k, paris6k"),
        ([*ASKED, *BOTH, "-k", "5"], "-k does not go with --protocol oxford5k"),
        ([*ASKED, *BOTH, "--radius", "2"], "--radius does not go with --protocol oxford5k"),
        ([*ASKED, *BOTH, "--keep-self"], "--keep-self does not go with"),
        ([*ASKED, *BOTH, "--ties", "optimistic"], "no ties 'optimistic' of this protocol"),
        ([*ASKED, *BOTH, "--marks", "3"], "--marks goes with --feedback ROUNDS"),
        ([*ASKED, "--images", "gt", "--run", "x"], "There is no run x"),
        ([*ASKED, *BOTH, "--run", "x"], "--run x stands for its own codes and cannot go with"),
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


def compared(capsys, *options):
    assert run(["compare", *options, "--picture", "none", "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_two_evaluations_are_compared_query_by_query(place, capsys):
    for out, more in (("a", []), ("b", ["--expand", "4"]), ("c", ["--metric", "hamming"])):
        assert run(["evaluate", *ASKED, *BOTH, "--out", out, *more]) == 0
    capsys.readouterr()
    found = compared(capsys, "a", "b")
    (difference,) = found["differences"]
    values = [
        json.loads((place / out / "report.json").read_text())["settings"]["good+ok"]["per_query"]
        for out in "ab"
    ]
    means = [np.mean(each["map/trapezoid"]) for each in values]
    assert difference["metric"] == "map/trapezoid"
    assert (difference["a"], difference["b"]) == pytest.approx(means, abs=1e-6)
    assert (found["n_queries"], found["warnings"]) == (2, [])
    assert "a (good+ok)" in found["a"]
    codes = compared(capsys, "a", "c")
    assert "c (good+ok, 16 bits)" in codes["b"]
    assert "metric is inner_product in A and hamming in B" in " ".join(codes["warnings"])
    assert run(["compare", "a", "b", "--ranking", "good+ok, plain", "--picture", "none"]) == 2
    assert "a has no ranking 'good+ok, plain'" in capsys.readouterr().err


def test_other_ground_truth_is_not_compared(place, capsys):
    assert run(["evaluate", *ASKED, *BOTH, "--out", "a"]) == 0
    (place / "gt" / "hall_1_ok.txt").write_text("")
    assert run(["evaluate", *ASKED, *BOTH, "--out", "b"]) == 0
    assert run(["compare", "a", "b", "--picture", "none"]) == 2
    assert "the same keys and other labels" in capsys.readouterr().err


def test_queries_without_a_relevant_image_are_compared_by_setting(place, capsys):
    lists = {"good": [], "ok": IMAGES[4:8], "junk": IMAGES[8:9]}
    others = {"good": IMAGES[9:12], "ok": IMAGES[12:14], "junk": []}
    both = [
        Asked("hall_0", IMAGES[0], (0, 0, 5, 5), lists),
        Asked("hall_1", IMAGES[1], (0, 0, 5, 5), others),
    ]
    write_mat(place / "gnd_roxford5k.mat", IMAGES, revisited=True, asked=both)
    asked = ["evaluate", "--protocol", "roxford5k", "--ground-truth", "gnd_roxford5k.mat", *BOTH]
    for out in "ab":
        assert run([*asked, "--out", out]) == 0
    capsys.readouterr()
    counts = {}
    for ranking in ("easy", "medium", "hard"):
        found = compared(capsys, "a", "b", "--ranking", ranking)
        counts[ranking] = found["n_queries"]
        assert found["differences"][0]["equal"] == 1
    assert counts == {"easy": 1, "medium": 2, "hard": 2}
    assert "(medium)" in compared(capsys, "a", "b")["a"]
