"""Entries run at their smallest, on tiny files in the real formats."""

import csv
import dataclasses
import json

import landmark_set
import numpy as np
import pytest
from PIL import Image

from aehash.errors import AehashError
from aehash.experiments.akbacak2023_sizes import Size as CodesSize
from aehash.experiments.reproduce import (
    coco,
    measure_air2023,
    measure_akbacak2023,
    measure_gem2023,
    measure_sureshkumar2024,
    measure_vinitha2021,
    paper_numbers,
)
from aehash.experiments.reproduce.run import job_of, reproduce, reproduce_all
from aehash.experiments.sureshkumar2024_sizes import Size as MedicalSize
from aehash.experiments.sureshkumar2024_systems import PAPER
from aehash.experiments.vinitha2021_digits import Size as DigitsSize
from aehash.recipe import TrainRecipe

KINDS = ("cat", "dog", "kite")


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder, and no cache."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("AEHASH_DATA", str(folder))
    monkeypatch.setenv("AEHASH_CACHE", str(tmp_path / "cache"))
    return folder


def write_coco(root):
    """Write COCO's folders and annotations: two training images of three, all test images."""
    generator = np.random.default_rng(0)
    (root / "annotations").mkdir(parents=True)
    for split, count in (("train2017", 30), ("val2017", 6)):
        (root / split).mkdir()
        images, annotations = [], []
        for number in range(count):
            name = f"{number:012d}.jpg"
            shade = generator.integers(0, 255, (1, 1, 3))
            noise = generator.integers(0, 40, (20, 26, 3))
            Image.fromarray(np.clip(shade + noise, 0, 255).astype(np.uint8)).save(
                root / split / name
            )
            images.append({"id": number + 1, "file_name": name, "width": 26, "height": 20})
            if split == "val2017" or number % 3:
                for kind in {number % 3, number % 2, number % 2}:
                    annotations.append({"image_id": number + 1, "category_id": 10 + kind})
        held = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": 10 + kind, "name": name} for kind, name in enumerate(KINDS)],
        }
        (root / "annotations" / f"instances_{split}.json").write_text(json.dumps(held))


def labelled(path, side=16, kinds=3, channels=()):
    """Write an .npz of grey images of some kinds."""
    generator = np.random.default_rng(0)
    coarse = generator.integers(60, 180, (kinds, side // 4, side // 4, *(channels)))
    arrays = {}
    for split, count in (("train", 40 * kinds), ("val", 4 * kinds), ("test", 6 * kinds)):
        labels = np.arange(count) % kinds
        pictures = coarse[labels].repeat(4, 1).repeat(4, 2)
        noise = generator.integers(-50, 50, pictures.shape)
        arrays |= {f"{split}_images": (pictures + noise).astype(np.uint8)}
        arrays |= {f"{split}_labels": labels}
    np.savez(path, **arrays)
    return path


def test_coco_is_read_as_it_is_published(data, tmp_path):
    assert coco.coco_list(tmp_path / "lists") is None
    write_coco(data / "coco2017")
    path = coco.coco_list(tmp_path / "lists")
    rows = list(csv.DictReader(path.open()))
    assert [row["split"] for row in rows].count("train") == 20
    assert [row["split"] for row in rows].count("test") == 6
    first = rows[0]
    assert first["path"].endswith("train2017/000000000001.jpg")
    assert first["labels"] == "dog"
    assert rows[1]["labels"] == "cat|kite"


def test_annotations_that_are_none_are_named(data, tmp_path):
    write_coco(data / "coco2017")
    (data / "coco2017" / "annotations" / "instances_val2017.json").write_text("{}")
    with pytest.raises(AehashError, match=r"instances_val2017.json is not COCO's"):
        coco.coco_list(tmp_path / "lists")


def test_without_files_every_line_says_which(data, tmp_path):
    names = ["akbacak2023/table1", "gem2023/table1"]
    jobs = [job_of(name, tmp_path / "out", "full") for name in names]
    together = reproduce_all(jobs, tmp_path / "out", "aehash reproduce --full X Y")
    text = (tmp_path / "out" / "full" / "report.md").read_text()
    assert text.count("annotations/instances_train2017.json") == 1
    assert text.count("retrievalSfM120k-resnet101-gem*.pth") == 1
    assert text.count("as above") == 11 + 6
    assert together["verdicts"] == {"not comparable": 19}
    assert (jobs[0].out / "report.json").is_file()


def test_an_entry_that_fails_is_named_and_the_others_are_done(data, tmp_path, monkeypatch):
    def fails(job):
        raise AehashError("the disk is full")

    monkeypatch.setattr(measure_gem2023, "table2", fails)
    jobs = [job_of(name, tmp_path, "full") for name in ("gem2023/table2", "gem2023/table1")]
    together = reproduce_all(jobs, tmp_path, "aehash reproduce X Y")
    reasons = [row["reason"] for row in together["entries"][0]["rows"]]
    assert set(reasons) == {"failed: the disk is full"}
    assert len(together["entries"]) == 2


@pytest.mark.slow
@pytest.mark.training
def test_coco_tables_run_where_the_files_are(data, tmp_path, monkeypatch):
    write_coco(data / "coco2017")
    train = TrainRecipe(epochs=1, batch_size=8, learning_rate=1e-3)
    tiny = CodesSize("light", (8,), 16, train, seeds=1)
    monkeypatch.setitem(measure_akbacak2023._SIZES, "fast", tiny)
    report = reproduce(job_of("akbacak2023/table3", tmp_path / "out", "fast"))
    own = [row for row in report["rows"] if row["column"] == "Akbacak 2023"]
    assert [row["measured"]["seeds"] for row in own] == [1] * 3
    assert all(0 <= row["chance"] <= 1 for row in own)
    assert report["facts"]["database"] == 20
    assert "quoted" in report["rows"][0]["reason"]


@pytest.mark.slow
@pytest.mark.training
def test_landmarks_run_where_images_and_nets_are(data, tmp_path):
    place = data / "oxford5k"
    landmark_set.draw(place / "jpg")
    landmark_set.write_texts(place / "gt")
    for name, whiten in (("gem2023-vgg16", False), ("gem2023-vgg16-whitened", True)):
        run = landmark_set.describing_run(tmp_path / name, place / "jpg", whiten=whiten)
        run.rename(data / name)
    report = reproduce(job_of("gem2023/table1", tmp_path / "out", "full"))
    rows = {(row["row"], row["column"]): row for row in report["rows"]}
    for column in ("plain", "whitened"):
        row = rows["VGG16-GeM", column]
        assert 0 < row["measured"]["mean"] <= 1
        assert row["verdict"] != "not comparable"
        assert rows["ResNet101-GeM", column]["measured"] is None
    assert rows["VGG16-GeM", "seconds"]["measured"]["mean"] > 0


@pytest.mark.slow
@pytest.mark.training
def test_the_studies_fill_every_line(data, tmp_path, monkeypatch):
    file = str(labelled(data / "scans.npz"))
    colours = str(labelled(data / "small.npz", channels=(3,)))
    one = dataclasses.replace(PAPER, epochs=1, batch_size=32)
    monkeypatch.setitem(measure_sureshkumar2024._SIZES, "fast", MedicalSize(one, seeds=1, side=16))
    monkeypatch.setitem(
        measure_vinitha2021._SIZES, "fast", DigitsSize(1, learn=10, queries=3, seeds=1)
    )
    quick = dataclasses.replace(
        measure_air2023._SIZES["fast"],
        filters=2,
        depths=(6, 10),
        feedback_depth=10,
        seeds={6: 1, 10: 1},
        rounds=3,
        marks=4,
    )
    monkeypatch.setitem(measure_air2023._SIZES, "fast", quick)
    names = ("table1", "figure7", "figure8", "figure9", "figure11")
    asked = [(f"sureshkumar2024/{name}", file) for name in names]
    asked += [("vinitha2021/figure5", file), ("air2023/figure4", colours)]
    asked += [("air2023/figure3", colours)]
    for name, source in asked:
        job = job_of(name, tmp_path / "out", "fast", data=source)
        report = reproduce(job)
        numbers = paper_numbers(name)
        assert len(report["rows"]) >= len(list(numbers.cells())) + len(numbers.claims)
        missed = [row for row in report["rows"] if row["column"] and row["measured"] is None]
        if name != "air2023/figure3":
            assert not missed, name
        for picture in report["pictures"]:
            assert (job.out / picture).is_file()
        assert str(tmp_path) not in (job.out / "report.md").read_text()


@pytest.mark.training
def test_the_layers_are_those_of_the_paper(tmp_path):
    report = reproduce(job_of("akbacak2023/figure3", tmp_path, "fast"))
    assert report["verdicts"] == {"reproduced": 34}
    assert report["rows"][-1]["measured"]["mean"] == 53_120
