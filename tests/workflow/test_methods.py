"""Nets' codes beside classical ones: small runs, two seeds by two widths."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from small_run import small_recipe, write_digits

from aehash import models, workflow
from aehash.cli.main import run as command
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.hashing import fit_binariser
from aehash.metrics import evaluate
from aehash.metrics.method_table import METRICS
from aehash.report.methods import render_methods
from aehash.snapshot import RUN, Snapshot
from aehash.workflow import method_features, methods
from aehash.workflow.method_results import FOLDER
from aehash.workflow.pixels import pixels_book

pytestmark = pytest.mark.training
KS = ("all", 1000)


@pytest.fixture(scope="session")
def four(tmp_path_factory):
    """Make 2 seeds × 2 widths of nets as they start, of 300 digits: 8-0, 8-1, 16-0 and 16-1."""
    root = tmp_path_factory.mktemp("four")
    data = write_digits(root / "digits.npz", 300)
    recipe = small_recipe(data, "train.epochs=0", "model.options.dense=[24]")
    for bits in (8, 16):
        for seed in (0, 1):
            place = root / "runs" / f"{bits}-{seed}"
            asked = recipe.override([f"model.bits={bits}", f"train.seed={seed}"])
            workflow.train(asked, out=place)
            workflow.extract(place)
    return root / "runs"


def copied(four, place):
    """Copy the four; the data stay where they are."""
    shutil.copytree(four, place)
    return [place / name for name in ("8-0", "8-1", "16-0", "16-1")]


@pytest.fixture
def runs(four, tmp_path):
    """Copies of the four that a test may change."""
    return copied(four, tmp_path / "runs")


@pytest.fixture(scope="session")
def compared(four, tmp_path_factory):
    """Copies of the four that were compared once, which no test changes, and their table."""
    runs = copied(four, tmp_path_factory.mktemp("compared") / "runs")
    return runs, workflow.compare_methods(runs)


def row(table, name):
    return next(each for each in table.rows if each.name.startswith(name))


def test_every_number_is_what_the_parts_say(compared):
    runs, table = compared
    assert [each.name for each in table.rows] == [
        "plain (akbacak2023, light)",
        "ITQ of encoder features", "PCAH of encoder features", "LSH of encoder features",
        "ITQ of pixels", "PCAH of pixels", "LSH of pixels",
        "floats: encoder features", "floats: pixels", "chance",
    ]  # fmt: skip
    assert table.widths == [8, 16]
    assert (table.n_queries, table.n_database, table.n_classes) == (30, 240, 10)
    dataset = workflow.run_dataset(Snapshot.load(runs[0]))
    pixels = [pixels_book(dataset, split) for split in ("train", "test")]
    for bits, pair in ((8, runs[:2]), (16, runs[2:])):
        books = [
            [Codebook.load(run / "codes/digits" / s) for s in ("train", "test")] for run in pair
        ]
        found = [evaluate(*each, ks=KS) for each in books]
        for metric in METRICS:
            cell = row(table, "plain").at(bits, metric)
            means = [each.metrics[metric] for each in found]
            assert cell.mean == pytest.approx(np.mean(means), abs=1e-6)
            assert cell.sd == pytest.approx(np.std(means, ddof=1), abs=1e-6)
            chance = row(table, "chance").at(bits, metric)
            assert chance.mean == pytest.approx(found[0].chance[metric], abs=1e-6)
        figures = row(table, "plain").codes[bits]
        assert figures.distinct == min(each.codes.distinct for each in found)
        itq = [hashed_by("itq", pixels, bits, seed) for seed in (0, 1)]
        means = [evaluate(*each, ks=KS).metrics[METRICS[0]] for each in itq]
        assert row(table, "ITQ of pixels").at(bits, METRICS[0]).mean == pytest.approx(
            np.mean(means), abs=1e-6
        )
    cosine = evaluate(*pixels, ks=KS, metric="cosine").metrics[METRICS[0]]
    assert row(table, "floats: pixels").at(8, METRICS[0]).mean == pytest.approx(cosine, abs=1e-6)
    assert row(table, "PCAH of pixels").at(8, METRICS[0]).seeds == 1
    assert row(table, "PCAH of encoder").at(8, METRICS[0]).seeds == 2
    assert len(table.held) == 4


def hashed_by(method, books, bits, seed):
    stage = fit_binariser(books[0].features, method, bits, seed=seed)
    return [
        Codebook.from_arrays(
            stage.codes(book.features),
            labels=book.labels,
            keys=[book.key(i) for i in range(len(book))],
            source=book.source,
            split=book.split,
        )
        for book in books
    ]


def test_encoder_features_are_what_the_code_layer_takes(runs):
    workflow.compare_methods(runs[2:3], methods=["itq"])
    folder = runs[2] / "codes/digits/code-layer-encoder_dense_1"
    book = Codebook.load(folder / "test")
    snapshot = Snapshot.load(runs[2])
    stage = book.manifest["stages"][0]
    assert (stage["name"], stage["layer"], stage["of"]) == (
        "layer", "encoder_dense_1", snapshot.digest,
    )  # fmt: skip
    assert book.snapshot != snapshot.digest
    net = models.encoder(snapshot.model(), "encoder_dense_1")
    dataset = workflow.run_dataset(snapshot)
    images = dataset.read_many(dataset.rows("test"), 8, 1)
    np.testing.assert_allclose(book.features, np.asarray(net(images)), atol=1e-5)
    codes = Codebook.load(runs[2] / "codes/digits/test")
    np.testing.assert_array_equal(book.keys, codes.keys)
    workflow.evaluate_codes(methods.Protocol(), run=runs[2])  # still finds the codes, not these


def test_another_layer_can_be_named(runs):
    plain = workflow.compare_methods(runs[2:3], methods=["lsh"])
    table = workflow.compare_methods(runs[2:3], methods=["lsh"], layer="flatten")
    assert any("outputs of its layer flatten" in note for note in table.notes)
    assert Codebook.load(runs[2] / "codes/digits/layer-flatten/test").bits > 24
    again = workflow.compare_methods(runs[2:3], methods=["lsh"])
    assert render_methods(again, "json") == render_methods(plain, "json")
    for one, same in (("LSH of encoder", False), ("LSH of pixels", True)):
        cells = [row(each, one).at(16, METRICS[0]) for each in (plain, table)]
        assert (cells[0] == cells[1]) == same
    with pytest.raises(UsageError, match=r"no layer 'flaten'.*'flatten'"):
        workflow.compare_methods(runs[2:3], methods=["lsh"], layer="flaten")
    with pytest.raises(UsageError, match="row of numbers"):
        workflow.compare_methods(runs[2:3], methods=["lsh"], layer="image")


def test_a_net_without_a_code_layer_has_its_own_features(tmp_path):
    data = write_digits(tmp_path / "digits.npz", 100)
    settings = ["model.name=backbone", "model.bits=null", 'model.options={"encoder": "light"}']
    recipe = small_recipe(data).override([*settings, "train.epochs=0", "loss.balance=off"])
    workflow.train(recipe, out=tmp_path / "run")
    workflow.extract(tmp_path / "run")
    table = workflow.compare_methods([tmp_path / "run"], methods=["lsh", "cosine"])
    books = [Codebook.load(tmp_path / "run/codes/digits" / split) for split in ("train", "test")]
    (bits,) = table.widths
    assert bits == books[0].bits
    mean = evaluate(*books, ks=KS, metric="cosine").metrics[METRICS[0]]
    assert row(table, "floats: encoder").at(bits, METRICS[0]).mean == pytest.approx(mean, abs=1e-6)
    assert any("those that its codes are the signs of" in note for note in table.notes)
    assert not list((tmp_path / "run/codes/digits").glob("*layer-*"))


def test_choices_are_made_on_validation_images(runs):
    workflow.compare_methods(runs[:1], methods=["itq"])
    features = runs[0] / "codes/digits/code-layer-encoder_dense_1"
    before = (features / "train/manifest.json").stat().st_mtime_ns
    table = workflow.compare_methods(runs[:1], methods=["itq"], split="val")
    assert (features / "train/manifest.json").stat().st_mtime_ns == before
    assert table.protocol["queries"]["split"] == "val"
    books = [Codebook.load(runs[0] / "codes/digits" / split) for split in ("train", "val")]
    mean = evaluate(*books, ks=KS).metrics[METRICS[0]]
    assert row(table, "plain").at(8, METRICS[0]).mean == pytest.approx(mean, abs=1e-6)


def test_a_second_call_computes_nothing_and_says_the_same(compared, monkeypatch):
    runs, first = compared

    def never(*_, **__):
        raise AssertionError("computed again")

    with monkeypatch.context() as patch:
        patch.setattr(methods, "evaluate", never)
        patch.setattr(method_features, "pixels_book", never)
        patch.setattr(Snapshot, "model", never)
        lines = []
        again = workflow.compare_methods(runs, say=lines.append)
        assert lines == []
        for form in ("table", "md", "csv", "json"):
            assert render_methods(again, form) == render_methods(first, form)
        fewer = workflow.compare_methods(runs[:1], methods=["itq"])
        assert fewer.widths == [8]


def test_damaged_results_are_made_again_and_new_codes_are_judged_anew(runs):
    first = workflow.compare_methods(runs[:1], methods=["lsh"])
    kept = sorted((runs[0] / "codes/digits" / FOLDER).glob("*.npz"))
    assert len(kept) == 4
    for path in kept[:2]:
        path.write_bytes(path.read_bytes()[:50])
    lines = []
    again = workflow.compare_methods(runs[:1], methods=["lsh"], say=lines.append)
    assert len([line for line in lines if " of 2" in line]) == 2
    assert render_methods(again, "json") == render_methods(first, "json")


def test_runs_of_other_recipes_are_rows_of_their_own(runs):
    other = runs[0].with_name("other")
    shutil.copytree(runs[1], other)
    recipe = json.loads((other / "recipe.json").read_text())
    recipe["train"]["epochs"] = 7
    (other / "recipe.json").write_text(json.dumps(recipe))
    table = workflow.compare_methods([runs[0], other], methods=["itq"])
    assert [each.name for each in table.rows if each.kind == "learned"] == [
        "plain (akbacak2023, light), train.epochs=0",
        "plain (akbacak2023, light), train.epochs=7",
    ]
    assert len([each for each in table.rows if each.of != "pixels" and each.kind == "code"]) == 2


def test_baselines_at_further_widths_and_what_cannot_be_made(runs):
    table = workflow.compare_methods(runs, methods=["itq", "sh"], bits=[32])
    assert table.widths == [8, 16, 32]
    assert row(table, "plain").at(32, METRICS[0]) is None
    assert row(table, "ITQ of encoder").at(32, METRICS[0]) is None  # of 24 features
    assert row(table, "SH of encoder").at(32, METRICS[0]).seeds == 2
    assert row(table, "ITQ of pixels").at(32, METRICS[0]).seeds == 2
    assert any("of its runs of 16 bits" in note for note in table.notes)
    assert sum("left out" in note for note in table.notes) == 1
    assert not any(each.kind == "floats" for each in table.rows)


def test_large_images_are_brought_to_32_and_wide_features_left_out(runs, monkeypatch):
    found = method_features.pixel_shape
    run = methods.open_runs(runs[:1])[0]
    assert found(run) == (8, 1)
    monkeypatch.setattr(method_features, "WIDEST", 63)
    assert found(run) == (32, 1)
    monkeypatch.setattr(methods, "WIDEST", 23)
    table = workflow.compare_methods(runs[:1], methods=["itq", "lsh"])
    assert any("32²×1" in note and "(the runs' images: 8)" in note for note in table.notes)
    assert any("covariance of 24 features" in note for note in table.notes)
    assert row(table, "LSH of encoder").at(8, METRICS[0]) is not None


def test_runs_of_other_images_are_refused(runs, tmp_path):
    data = write_digits(tmp_path / "fewer.npz", 100)
    workflow.train(small_recipe(data, "train.epochs=0"), out=tmp_path / "fewer")
    with pytest.raises(UsageError, match="aehash extract"):
        workflow.compare_methods([runs[0], tmp_path / "fewer"])
    workflow.extract(tmp_path / "fewer", splits=("train", "test"))
    with pytest.raises(UsageError, match="same queries and database"):
        workflow.compare_methods([runs[0], tmp_path / "fewer"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"methods": ["itq", "pach"]}, "Did you mean 'pcah'"),
        ({"methods": ["sign"]}, "There is no method 'sign'"),
        ({"threads": 0}, "threads"),
    ],
)
def test_wrong_options_are_refused(runs, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        workflow.compare_methods(runs, **options)


def test_what_is_no_finished_run_is_refused(runs, tmp_path):
    with pytest.raises(UsageError, match="There is no run"):
        workflow.compare_methods([tmp_path / "nowhere"])
    with pytest.raises(UsageError, match=r"0.* are one recipe, 8 bits and seed 0"):
        workflow.compare_methods([runs[0], runs[0]])
    (runs[1] / RUN).unlink()
    with pytest.raises(AehashError, match="--resume"):
        workflow.compare_methods(runs)


def test_codes_of_an_earlier_training_are_refused(runs):
    info = json.loads((runs[0] / RUN).read_text())
    (runs[0] / RUN).write_text(json.dumps({**info, "digest": "0" * 64}))
    with pytest.raises(AehashError, match="make the codes again"):
        workflow.compare_methods(runs)


def call(capsys, *arguments):
    code = command(["compare", *map(str, arguments)])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, printed.out, printed.err


def test_the_command_prints_the_table_and_draws_it(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *runs, "--methods", "itq,lsh")
    assert code == 0
    assert "map@all/relevant" in out and "no upper bound" not in out
    assert "see    methods.png" in err and "21 of 21" in err
    assert Image.open("methods.png").size[0] > 1000
    code, out, _ = call(capsys, runs[0], "--methods", "itq", "--picture", "one.png")
    assert (code, (tmp_path / "one.png").is_file()) == (0, True)
    code, out, _ = call(capsys, *runs[:2], "--baselines", "--methods", "itq", "--format", "json",
                        "--picture", "none")  # fmt: skip
    found = json.loads(out)
    assert (code, found["bits"], found["n_queries"]) == (0, [8], 30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["methods.png", "one.png", "runs"]


def test_the_floats_are_those_that_evaluate_ranks_by_cosine(runs, capsys):
    table = workflow.compare_methods(runs[2:3], methods=["cosine"])
    books = runs[2] / "codes/digits/code-layer-encoder_dense_1"
    where = ["--database", books / "train", "--queries", books / "test", "-k", "1000,all"]
    code = command(["evaluate", *map(str, where), "--metric", "cosine", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["protocol"]["metric"]) == (0, "cosine")
    for metric in METRICS:
        mean = row(table, "floats: encoder").at(16, metric).mean
        assert found["metrics"][metric] == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a", "b", "--methods", "itq"], "--methods is an option of --baselines"),
        (["a", "b", "--bits", "16"], "--bits is an option of --baselines"),
        (["a", "--metric", "map@10/min_k"], "--metric is an option of two evaluations"),
        (["a", "--bits", "16,many"], "not a list of widths"),
        (["a", "--picture", "table.txt"], "must end in one of"),
        (["a"], "There is no run a"),
        ([], "Missing argument"),
    ],
)
def test_wrong_use_of_the_command(tmp_path, capsys, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert not list(tmp_path.iterdir())
