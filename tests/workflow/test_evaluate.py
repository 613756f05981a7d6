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
from aehash.report import render, to_json

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
    names = ("database_digest", "database_order", "per_query")
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
