"""Each look finds its own leak, and none where there is none."""

import csv
import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from aehash.cli.main import run
from aehash.errors import UsageError
from aehash.metrics.split_identity import split_digest
from aehash.workflow import duplicate_search
from aehash.workflow.data_check import check_data


def picture(seed):
    coarse = np.random.default_rng(seed).integers(40, 200, (8, 8, 3), np.uint8)
    return coarse.repeat(4, 0).repeat(4, 1)


@pytest.fixture
def arrays(tmp_path):
    """Write 30 training and 10 test images, with a copy, a near one and a class of no answer."""

    def write(copy=True, near=True):
        train = [picture(seed) for seed in range(30)]
        test = [picture(seed + 100) for seed in range(10)]
        train[20] = train[21]
        if copy:
            test[3] = train[7]
        if near:
            test[5] = np.clip(train[9] * 0.9 + 20, 0, 255).astype(np.uint8)
        labels = {"y_train": np.arange(30) % 2, "y_test": np.arange(10) % 3}
        np.savez(tmp_path / "set.npz", x_train=np.stack(train), x_test=np.stack(test), **labels)
        return str(tmp_path / "set.npz")

    return write


def looks(found):
    return {each.check: each for each in found.findings}


def test_copies_near_ones_and_classes(arrays, tmp_path):
    found = check_data(arrays(), picture=tmp_path / "worst.png", split_out=tmp_path / "a.split")
    assert found.leaks == ["pixels", "near"]
    by = looks(found)
    assert by["pixels"].facts["first"] == ["test/3"]
    assert by["pixels"].facts["of_another_label"] == 1
    assert by["pixels"].facts["copies_within"] == {"queries": 0, "database": 1}
    assert by["near"].facts["first"] == ["test/5"]
    assert by["classes"].facts["without_answer"] == ["2"]
    assert by["classes"].facts["counts"]["train"] == {"0": 15, "1": 15, "2": 0}
    assert not by["groups"].leak
    with Image.open(found.picture) as drawn:
        assert drawn.width > 150
    assert hashlib.sha256((tmp_path / "a.split").read_bytes()).hexdigest() == found.split
    assert found.split_name is None
    json.dumps(found.as_dict(), allow_nan=False)


def test_nothing_leaks_where_nothing_does(arrays, tmp_path):
    found = check_data(arrays(copy=False, near=False), picture=tmp_path / "none.png")
    assert (found.leaks, found.picture) == ([], None)
    assert not (tmp_path / "none.png").exists()
    every = check_data(arrays(copy=False, near=False), queries="train", database="all")
    assert every.leaks == ["ids", "pixels"]


def test_pictures_that_are_all_alike_are_no_verdict(arrays, monkeypatch):
    found = check_data(arrays(), detail=2, distance=128)
    assert found.leaks == ["pixels"]
    assert "too much alike" in looks(found)["near"].sentence
    monkeypatch.setattr(duplicate_search, "MOST_PAIRS", 10)
    found = check_data(arrays(), detail=2, distance=128)
    assert found.leaks == []
    assert looks(found)["near"].sentence.startswith("cannot be told: ")


@pytest.fixture
def scans(tmp_path):
    """Write 24 scans of 8 patients, whose last one has images on both sides."""
    rows = [("path", "labels", "split", "patient_id")]
    for number in range(24):
        Image.fromarray(picture(number)).save(tmp_path / f"{number}.png")
        split = "test" if number >= 20 else "train"
        rows.append((f"{number}.png", "ab"[number % 2], split, f"p{number // 3}"))
    with (tmp_path / "scans.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "scans.csv"


def test_patients_on_both_sides_are_found_without_being_told_of(scans, capsys, tmp_path):
    found = check_data(str(scans))
    assert found.leaks == ["groups"]
    facts = looks(found)["groups"].facts
    assert facts == {"column": "patient_id", "groups": 8, "on_both_sides": 1, "queries": 1}
    assert run(["data", "check", str(scans), "--json", "--strict"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["leaks"] == ["groups"]
    assert "p6" not in printed.out + printed.err
    assert "leaks by groups" in printed.err
    assert run(["data", "check", str(scans), "--picture", "none"]) == 0
    assert "LEAK: 1 of 8 groups" in capsys.readouterr().out
    with pytest.raises(UsageError, match="no column 'doctor'"):
        check_data(str(scans), group_column="doctor")


def test_a_split_drawn_by_patients_keeps_them_whole(scans):
    bare = scans.with_name("bare.csv")
    lines = [line.split(",") for line in scans.read_text().splitlines()]
    bare.write_text("\n".join(",".join((line[0], line[1], line[3])) for line in lines))
    assert check_data(str(bare), group_column="patient_id").leaks == []
    found = looks(check_data(str(bare)))["groups"]
    assert found.leak
    assert "--group-column patient_id draws" in found.sentence


def test_the_split_is_its_files_whatever_the_order(tmp_path, capsys):
    assert run(["protocols", "split", "retinamnist", "--out", str(tmp_path / "r")]) == 0
    sha = hashlib.sha256((tmp_path / "r").read_bytes()).hexdigest()
    assert sha in capsys.readouterr().out
    keys = np.array([b"b", b"a", b"c"])
    assert split_digest(keys[:2], keys[2:]) == split_digest(keys[:2][::-1], keys[2:])
    assert split_digest(keys[:2], keys[2:]) != split_digest(keys[2:], keys[:2])
    assert run(["protocols", "split", "coco-hashnet", "--out", str(tmp_path / "c")]) == 2
    (tmp_path / "l.txt").write_text("./data/coco/val2014/x.jpg 0 1 0\n")
    lists = ["--list", str(tmp_path / "l.txt"), str(tmp_path / "l.txt")]
    assert run(["protocols", "split", "coco-hashnet", *lists, "--out", str(tmp_path / "c")]) == 1
    assert "are not the split coco-hashnet" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


@pytest.mark.data
def test_hashnets_lists_are_the_named_split(data_file, tmp_path):
    with np.load(data_file("coco_hashnet_protocol.npz")) as lists:
        files = [lists["files_test"].tolist(), lists["files_database"].tolist()]
    for name, listed in zip(("test", "database"), files, strict=True):
        lines = [f"../data/coco/{file} 0 1 0" for file in listed[::-1]]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines))
    lists = ["--list", str(tmp_path / "test.txt"), str(tmp_path / "database.txt")]
    assert run(["protocols", "split", "coco-hashnet", *lists, "--out", str(tmp_path / "c")]) == 0
