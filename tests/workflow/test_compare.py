"""Evaluations on disk: kept by query, compared, and refused where they do not belong together."""

import errno
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from aehash import workflow
from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.files import sha256_file
from aehash.metrics import compare, evaluate
from aehash.metrics.protocol import Protocol
from aehash.metrics.protocols import named_protocol
from aehash.plots import figure as plots_figure
from aehash.workflow.saved import load_evaluation


def make_books(folder, bits=16, n=24, source="toy", shuffle=False, relabel=False):
    generator = np.random.default_rng(3)
    places = {}
    for split, count in (("train", 90), ("test", n)):
        codes = generator.random((count, 32)) > 0.5
        labels = generator.integers(0, 3, count)
        keys = [f"{split}/{row}" for row in range(count)]
        if split == "test" and relabel:
            labels = (labels + 1) % 3
        order = np.random.default_rng(1).permutation(count) if shuffle else np.arange(count)
        places[split] = folder / split
        Codebook.from_arrays(
            codes[order, :bits],
            features=codes[order].astype(np.float32),
            labels=labels[order],
            keys=[keys[row] for row in order],
            source=source,
            split=split,
        ).save(places[split])
    return places["train"], places["test"]


@pytest.fixture
def judge(tmp_path):
    def call(name, protocol=None, **how):
        database, queries = make_books(tmp_path / "books" / name, **how)
        out = tmp_path / name
        asked = Protocol() if protocol is None else protocol
        workflow.evaluate_codes(asked, database=database, queries=queries, out=out)
        return out

    return call


@pytest.fixture
def aehash(capsys):
    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return call


def test_values_by_query_come_back(judge, tmp_path):
    folder = judge("a", Protocol(radius=5))
    saved = load_evaluation(folder)
    assert list(saved.scores) == ["Hamming ≤ 5", "Hamming, whole ranking", "Euclidean (features)"]
    books = [Codebook.load(tmp_path / "books" / "a" / split) for split in ("train", "test")]
    fresh = evaluate(*books, radius=5)
    found = saved.ranking()
    assert list(found.per_query) == list(fresh.per_query)
    for name, values in fresh.per_query.items():
        np.testing.assert_allclose(found.per_query[name], values, rtol=1e-6)
    assert list(found.keys) == list(books[1].keys)
    assert saved.ranking("Euclidean (features)").protocol["metric"] == "euclidean"


def test_the_same_data_in_another_order_is_the_same(judge):
    a, b = judge("a"), judge("b", shuffle=True)
    found = workflow.compare_evaluations(a, b).comparison
    assert not any("database" in text for text in found.warnings)
    assert all(each.equal == 1 for each in found.differences)


def test_a_comparison_is_drawn_and_printed(judge, aehash, tmp_path):
    a, b = judge("a", bits=8), judge("b", bits=32)
    picture = tmp_path / "out.png"
    code, out, err = aehash("compare", a, b, "--picture", picture, "--metric", "map@10/min_k")
    assert code == 0
    assert "24 queries" in out
    assert "map@10/min_k" in out
    assert str(picture) in err
    with Image.open(picture) as drawn:
        assert drawn.width > 300
        assert len(np.unique(np.asarray(drawn.convert("L")))) > 10
    code, out, _ = aehash("compare", a, b, "--picture", picture, "--format", "json")
    found = json.loads(out)
    assert found["n_queries"] == 24
    assert [each["metric"] for each in found["differences"]] == [
        f"map@{k}/min_k" for k in (5, 10, 15, 20)
    ]
    for form, start in (("md", "A: "), ("csv", "metric,a,b,difference,ci95_low,ci95_high,better")):
        code, out, _ = aehash("compare", a, b, "--picture", picture, "--format", form)
        assert code == 0
        assert out.startswith(start)


def test_other_protocols_stand_above_the_table(judge, aehash, tmp_path):
    a, b = judge("a"), judge("b", Protocol(radius=5))
    code, out, _ = aehash("compare", a, b, "--picture", tmp_path / "out.png")
    assert code == 0
    assert out.startswith("WARNING: A and B were not judged by the same protocol: radius is none")
    code, out, _ = aehash(
        "compare", a, b, "--picture", tmp_path / "o.png", "--ranking", "Hamming, whole ranking"
    )
    assert code == 0
    assert "same protocol" not in out
    _, out, err = aehash("compare", a, b, "--picture", tmp_path / "o.png", "--format", "csv")
    assert "WARNING: A and B" in err
    assert "WARNING" not in out


@pytest.mark.parametrize(
    ("how", "sentence"),
    [({"n": 20}, "only evaluations of the same"), ({"relabel": True}, "labels")],
)
def test_other_queries_are_refused(judge, aehash, tmp_path, how, sentence):
    a, b = judge("a"), judge("b", **how)
    code, out, err = aehash("compare", a, b, "--picture", tmp_path / "out.png")
    assert code == 2
    assert sentence in err
    assert not out
    assert not (tmp_path / "out.png").exists()


def test_wrong_arguments_exit_with_2(judge, aehash, tmp_path):
    a = judge("a")
    for arguments, sentence in (
        ([a, tmp_path / "gone"], "no such folder"),
        ([a, tmp_path / "books"], "holds no evaluation"),
        ([a, a, "--metric", "map@10/mink"], "Did you mean 'map@10/min_k'"),
        ([a, a, "--ranking", "Hamming, whole rankin"], "It has: 'Hamming, whole ranking'"),
        ([a], "is not a run's folder"),
    ):
        code, _, err = aehash("compare", *arguments, "--picture", tmp_path / "out.png")
        assert sentence in err
        assert code == 2


def shorten(path):
    report = json.loads((path / "report.json").read_text())
    del report["codes"]
    (path / "report.json").write_text(json.dumps(report))


def test_damaged_evaluations_exit_with_1(judge, aehash, tmp_path):
    a = judge("a")
    for name, harm, sentence in (
        ("missing", lambda path: (path / "per_query.npz").unlink(), "evaluate again"),
        ("torn", lambda path: (path / "per_query.npz").write_bytes(b"PK"), "was not written with"),
        ("text", lambda path: (path / "report.json").write_text("{"), "not readable JSON"),
        ("short", shorten, "cannot be read"),
    ):
        bad = shutil.copytree(a, tmp_path / name)
        harm(bad)
        code, _, err = aehash("compare", a, bad, "--picture", tmp_path / "out.png")
        assert sentence in err
        assert code == 1


def test_values_and_report_of_two_evaluations_do_not_mix(judge):
    a, b = judge("a"), judge("b", bits=8)
    shutil.copy(b / "per_query.npz", a / "per_query.npz")
    with pytest.raises(AehashError, match="was not written with"):
        load_evaluation(a)


def test_a_named_protocol_and_its_changes_are_reported(judge, tmp_path, aehash):
    database, queries = make_books(tmp_path / "named")
    asked = ["evaluate", "--database", database, "--queries", queries, "--out", tmp_path / "out"]
    code, out, _ = aehash(*asked, "--protocol", "trec", "--ties", "database", "--threads", "1")
    assert code == 0
    assert out.startswith("Protocol trec, changed: ties=database instead of expected.\n")
    protocol = json.loads((tmp_path / "out" / "report.json").read_text())["protocol"]
    assert (protocol["name"], protocol["ks"]) == ("trec", ["all"])
    assert protocol["changed"] == ["ties=database instead of expected"]
    code, out, err = aehash(*asked, "--protocol", "akbacak2023", "--format", "json")
    assert code == 0
    assert json.loads(out)["protocol"]["changed"] == []
    assert "it is defined on" in err
    code, _, err = aehash(*asked, "--protocol", "akbcak2023")
    assert code == 2
    assert "Did you mean 'akbacak2023'" in err
    code, out, _ = aehash(*asked, "--protocol", "akbacak2023", "--radius", "none", "--no-rerank")
    assert code == 0
    assert "changed: radius=none instead of 20; rerank=no instead of yes" in " ".join(out.split())
    for options, sentence in (
        (["--radius", "two"], "not a number of bits"),
        (["--out", database / "manifest.json"], "manifest.json is a file"),
        (["--threads", "0"], "from 1 on"),
        (["--threads", "100000"], "leave it out"),
        (["--protocol", "akbacak2023", "--metric", "euclidean"], "needs a radius|does not go"),
    ):
        code, _, err = aehash(*asked, *options)
        assert code == 2
        assert any(part in err for part in sentence.split("|"))


def test_protocols_are_listed_and_shown(aehash):
    code, out, _ = aehash("protocols", "list")
    assert code == 0
    assert "coco-hashnet" in out
    code, out, _ = aehash("protocols", "list", "--format", "json")
    assert {each["name"] for each in json.loads(out)} >= {"trec", "mnist"}
    code, out, _ = aehash("protocols", "show", "coco-hashnet")
    assert "117,218" in out
    assert "pytorch/src/test.py" in out
    code, out, _ = aehash("protocols", "show", "cifar10-I", "--format", "json")
    assert json.loads(out) == named_protocol("cifar10-I").as_dict()
    code, _, err = aehash("protocols", "show", "cifar10-3")
    assert code == 2
    assert "Did you mean" in err


def damage(place, report=None, arrays=None):
    """Change a report and the values beside it so that they still belong together."""
    path = place / "per_query.npz"
    if arrays is not None:
        with np.load(path) as kept:
            found = dict(kept)
        arrays(found)
        np.savez(path, **found)
    found = json.loads((place / "report.json").read_text())
    found["per_query"]["sha256"] = sha256_file(path)
    if report is not None:
        report(found)
    (place / "report.json").write_text(json.dumps(found))


def put_nan(arrays):
    arrays["values_0"][0, 0] = np.nan


@pytest.mark.parametrize(
    ("report", "arrays", "sentence"),
    [
        (lambda found: found["protocol"].pop("ties"), None, "says nothing of ties"),
        (lambda found: found.update(protocol=5), None, "protocol cannot be 5"),
        (lambda found: found["protocol"].update(database="x"), None, "database cannot be 'x'"),
        (lambda found: found.update(bits=None), None, "whole numbers"),
        (lambda found: found.update(n_database="90"), None, "whole numbers"),
        (lambda found: found["codes"].update(mean_bit_entropy="1"), None, "mean_bit_entropy"),
        (lambda found: found.update(codes=[]), None, "cannot be read"),
        (lambda found: found.pop("also"), None, "it has no 'also'"),
        (lambda found: found.pop("database_digest"), None, "it has no 'database_digest'"),
        (None, lambda found: found.update(rankings=np.array([], str)), "no rankings"),
        (None, lambda found: found.update(values_0=found["values_0"][:3]), "keys"),
        (None, lambda found: found.update(metrics_0=found["metrics_0"][:3]), "for metrics of"),
        (None, put_nan, "not a number"),
    ],
)
def test_reports_that_say_something_else_exit_with_1(judge, aehash, report, arrays, sentence):
    a, bad = judge("a"), judge("bad")
    damage(bad, report, arrays)
    code, out, err = aehash("compare", a, bad, "--picture", "none")
    assert sentence in err
    assert "evaluate again" in err
    assert (code, out) == (1, "")


def test_a_saved_evaluation_goes_with_one_in_memory(judge, tmp_path):
    saved = load_evaluation(judge("a", shuffle=True)).ranking()
    books = make_books(tmp_path / "fresh")
    fresh = evaluate(*map(Codebook.load, books))
    found = compare(saved, fresh)
    assert found.warnings == []
    assert all(each.equal == 1 for each in found.differences)


def test_ties_by_another_database_order_are_said(judge):
    by_row = Protocol(ties="database")
    a, b = judge("a", by_row), judge("b", by_row, shuffle=True)
    (warning,) = workflow.compare_evaluations(a, b).comparison.warnings
    assert "Tied items count in database order" in warning
    assert workflow.compare_evaluations(a, a).comparison.warnings == []


def test_pictures_that_cannot_be_drawn(judge, aehash, tmp_path, monkeypatch):
    a = judge("a")
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    for picture, sentence in (
        ("x.txt", "x.txt must end in one of .png"),
        ("x", "x must end in one of .png"),
        (tmp_path, "is a folder"),
        ("file/x.png", "file is a file"),
    ):
        code, out, err = aehash("compare", a, a, "--picture", picture)
        assert sentence in err
        assert (code, out) == (2, "")
    before = set(tmp_path.iterdir())
    code, out, err = aehash("compare", a, a, "--picture", "none")
    assert (code, err) == (0, "")
    assert "24 queries" in out
    assert set(tmp_path.iterdir()) == before


def test_the_table_stands_where_the_picture_fails(judge, aehash, tmp_path, monkeypatch):
    def refuse(target):
        raise OSError(errno.ENOSPC, "No space left on device", f"{target}.tmp")

    a, picture = judge("a"), tmp_path / "out.png"
    monkeypatch.setattr(plots_figure, "atomic_file", refuse)
    code, out, err = aehash("compare", a, a, "--picture", picture)
    assert code == 1
    assert "24 queries" in out
    assert f"{picture} could not be written (No space left on device)" in err
    assert ".tmp" not in err


def test_a_picture_of_empty_queries_and_of_another_kind(judge, aehash, tmp_path):
    a, b = judge("a", Protocol(radius=2)), judge("b", Protocol(radius=4))
    reports = [json.loads((each / "report.json").read_text()) for each in (a, b)]
    asked = ["--metric", "empty_queries", "--picture", tmp_path / "out.svg", "--format", "json"]
    code, out, _ = aehash("compare", a, b, *asked)
    assert code == 0
    (found,) = json.loads(out)["differences"]
    for side, report in zip("ab", reports, strict=True):
        assert found[side] == report["metrics"]["empty_queries"]
    assert (tmp_path / "out.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("name", ["report.json", "report.md", "per_query.npz"])
def test_folders_in_the_way_are_refused_before_the_work(tmp_path, name):
    database, queries = make_books(tmp_path / "books")
    (tmp_path / "out" / name).mkdir(parents=True)
    with pytest.raises(UsageError, match=f"{name} is a folder"):
        workflow.evaluate_codes(
            Protocol(), database=database, queries=queries, out=tmp_path / "out"
        )
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


@pytest.mark.training
def test_a_run_stands_for_its_latest_evaluation(trained, extracted, tmp_path):
    place = shutil.copytree(trained.snapshot.path, tmp_path / "run")
    with pytest.raises(UsageError, match="aehash evaluate"):
        load_evaluation(place / "codes" / "nothing")
    workflow.evaluate_codes(Protocol(), run=place)
    folder = place / "codes" / extracted.name
    for given in (place, folder, folder / "evaluation", folder / "evaluation" / "report.json"):
        assert load_evaluation(given).folder == folder / "evaluation"
