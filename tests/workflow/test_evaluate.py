import json
import shutil

import numpy as np
import pytest
from PIL import Image
from small_run import write_digits

from aehash import workflow
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import evaluate
from aehash.metrics.protocol import Protocol
from aehash.metrics.protocols import named_protocol
from aehash.report import render, to_json
from aehash.workflow.retrieval_picture import drawn_queries

pytestmark = pytest.mark.training


def test_the_latest_codes_are_judged_and_drawn(trained, extracted):
    judged = workflow.evaluate_codes(Protocol(radius=4), run=trained.snapshot.path)
    assert list(judged.evaluations) == [
        "Hamming ≤ 4",
        "Hamming, whole ranking",
        "Euclidean (features)",
    ]
    assert judged.folder == extracted / "evaluation"
    names = {path.name for path in judged.folder.iterdir()}
    assert names == {
        "per_query.npz",
        "precision-recall.png",
        "report.json",
        "report.md",
        "retrieval.png",
    }
    for name in ("precision-recall.png", "retrieval.png"):
        with Image.open(judged.folder / name) as picture:
            assert picture.width > 300
            assert len(np.unique(np.asarray(picture.convert("L")))) > 10
    saved = json.loads((judged.folder / "report.json").read_text())
    names = ("database_digest", "database_order", "per_query", "split")
    digests = {name: saved.pop(name) for name in names}
    assert digests["per_query"]["file"] == "per_query.npz"
    assert saved == json.loads(json.dumps(to_json(judged.evaluations)))
    assert (saved["n_queries"], saved["n_database"], saved["bits"]) == (12, 96, 16)
    assert "map@5/min_k" in saved["metrics"]
    assert list(saved["also"]) == ["Hamming, whole ranking", "Euclidean (features)"]
    assert (judged.folder / "report.md").read_text() == render(judged.evaluations, "md")


def test_real_codes_of_real_digits_beat_chance(trained, extracted):
    books = [Codebook.load(extracted / split) for split in ("train", "test")]
    found = evaluate(*books, ks=(5, "all"))
    low, _ = found.ci95["map@5/min_k"]
    assert low > found.chance["map@5/min_k"]


def test_named_codebooks_write_nothing_unless_asked(extracted, tmp_path):
    names = {"database": extracted / "train", "queries": extracted / "test"}
    before = set(extracted.rglob("*"))
    assert workflow.evaluate_codes(Protocol(), **names).folder is None
    assert set(extracted.rglob("*")) == before
    judged = workflow.evaluate_codes(Protocol(), **names, out=tmp_path / "out")
    assert (judged.folder / "report.json").is_file()


def test_pictures_are_left_out_where_the_images_are_gone(extracted, tmp_path):
    said = []
    for split in ("train", "test"):
        book = Codebook.load(extracted / split)
        Codebook(
            book.codes, book.bits, book.keys, None, book.labels, {**book.manifest, "source": None}
        ).save(tmp_path / split)
    judged = workflow.evaluate_codes(
        Protocol(),
        database=tmp_path / "train",
        queries=tmp_path / "test",
        out=tmp_path / "out",
        say=said.append,
    )
    assert list(judged.evaluations) == ["Hamming, whole ranking"]
    assert any("not at hand" in line for line in said)
    assert not (tmp_path / "out" / "retrieval.png").exists()


def test_one_codebook_alone_is_refused(extracted):
    with pytest.raises(UsageError, match="both --database and --queries"):
        workflow.evaluate_codes(Protocol(), database=extracted / "train")


def test_a_run_without_codes_says_how_to_make_them(tmp_path):
    with pytest.raises(UsageError, match="aehash extract"):
        workflow.evaluate_codes(Protocol(), run=tmp_path)


def test_the_training_images_stay_the_database(trained, extracted, tmp_path):
    run = shutil.copytree(trained.snapshot.path, tmp_path / "run")
    workflow.extract(run, splits=["all"])
    judged = workflow.evaluate_codes(Protocol(), run=run)
    assert next(iter(judged.evaluations.values())).n_database == 96


def test_data_of_the_same_name_gets_a_folder_of_its_own(trained, tmp_path):
    folders = []
    for name in "ab":
        (tmp_path / name).mkdir()
        data = write_digits(tmp_path / name / "photos.npz", count=12)
        folders.append(
            workflow.extract(trained.snapshot.path, data=str(data), splits=["all"]).folder.name
        )
    assert folders == ["photos", "photos-2"]


def test_queries_are_drawn_from_every_class(monkeypatch, trained, extracted, tmp_path):
    lines = []
    monkeypatch.setattr("aehash.plots.montage", lambda path, rows: lines.append(rows))
    books = {"database": extracted / "train", "queries": extracted / "test"}
    workflow.evaluate_codes(Protocol(), **books, out=tmp_path / "a")
    asked = named_protocol("sureshkumar2024").conventions
    workflow.evaluate_codes(asked, name="sureshkumar2024", **books, out=tmp_path / "b")
    plain, medical = lines
    assert {len(row) for row in plain} == {9}
    assert {len(row) for row in medical} == {6}
    queries = Codebook.load(extracted / "test")
    shown = [row[0].text.split()[1] for row in plain]
    assert len(set(shown)) == len(shown) == min(6, len(np.unique(queries.labels)))
    assert all(tile.right is not None for row in medical for tile in row[1:])
    assert (tmp_path / "b" / "confusion.png").is_file()


@pytest.mark.parametrize("classes", [1, 2, 5, 7, 8, 9, 30])
def test_no_query_is_drawn_twice_and_no_class_left_out(classes):
    labels = np.sort(np.arange(60) % classes)
    book = Codebook.from_arrays(np.ones((60, 8)), labels=labels)
    rows = drawn_queries(book)
    assert len(set(rows.tolist())) == len(rows) == (classes if classes in (7, 8) else 6)
    assert len(set(labels[rows].tolist())) == min(classes, len(rows))
    assert [len(drawn_queries(Codebook.from_arrays(np.ones((n, 8))))) for n in (1, 6, 9)] == [
        1,
        6,
        6,
    ]
    one = Codebook.from_arrays(np.ones((2, 8)), labels=[0, 1])
    assert drawn_queries(one).tolist() == [0, 1]
