"""Each wrong input gives one sentence on stderr, the right exit code, and leaves nothing half."""

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image
from small_run import write_digits

from aehash.checkpoint import Checkpoints
from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.snapshot import Snapshot

pytestmark = pytest.mark.training

SMALL = ["--experiment", "plain", "--bits", "16", "--quiet"]
SMALL += ["--set", "model.options.dense=[16]", "--set", "train.epochs=1"]
ENDLESS = [
    "--experiment",
    "plain",
    "--bits",
    "16",
    "--set",
    "model.options.dense=[16]",
    "--set",
    "train.epochs=5000",
]


@pytest.fixture
def aehash(capsys):
    """Run a command; gives its exit code and what it wrote to stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        error = capsys.readouterr().err
        assert "Traceback" not in error
        return code, error

    return call


@pytest.fixture
def books(extracted, tmp_path):
    """A copy of the codebooks that a test may damage."""
    shutil.copytree(extracted, tmp_path / "books")
    return tmp_path / "books"


def pictures(folder, count):
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(count):
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(
            folder / f"{index:03d}.png"
        )
    return folder


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--bits", "0"], "model.bits is 0; it must be from 8 to 1024"),
        (["train", "--bits", "many"], "not a valid integer"),
        (["train", "--data", "mnits"], "Did you mean 'mnist'"),
        (["train", "--data", "gone/folder"], "gone/folder"),
        (["train", "--experiment", "autohsah"], "Did you mean 'autohash'"),
        (["train", "--set", "train.epoch=3"], "Did you mean 'epochs'"),
        (["train", "--encoder", "resnet50"], "32 pixels and more, not 8"),
        (
            ["train", "--weights", "gone.h5", "--encoder", "mobilenet", "--image-size", "32"],
            "no weights file gone.h5",
        ),
        (["train", "--resume", "gone"], "no run to resume in gone"),
        (["train", "--resume", "gone", "--bits", "8"], "cannot go with --bits"),
        (["extract", "--run", "gone"], "There is no run gone"),
        (["extract"], "start with: aehash train"),
        (["evaluate"], "start with: aehash train"),
        (["evaluate", "--database", "gone"], "both --database and --queries"),
        (["evaluate", "-k", "5,x"], "is not a list of counts"),
        (["evaluate", "-k", "0"], "from 1 on"),
        (["evaluate", "--radius", "-1"], "from 0 on"),
        (["evaluate", "--rerank"], "needs a radius"),
        (["evaluate", "--per", "hit"], "'hit' is not one of"),
        (["search", "gone.jpg"], "start with: aehash train"),
        (["serach"], "No such command 'serach'"),
    ],
    ids=" ".join,
)
def test_wrong_use_exits_with_2(aehash, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    code, error = aehash(*arguments)
    assert sentence in error
    assert code == 2
    assert not list(tmp_path.iterdir())


def test_an_empty_folder(aehash, tmp_path):
    (tmp_path / "photos").mkdir()
    code, error = aehash("train", "--data", tmp_path / "photos", "--runs", tmp_path / "runs")
    assert code == 2
    assert "photos" in error
    assert not (tmp_path / "runs").exists()


def test_one_image(aehash, tmp_path):
    folder = pictures(tmp_path / "photos", 1)
    code, error = aehash("train", "--data", folder, "--runs", tmp_path / "runs")
    assert code == 2
    assert "1 image; training needs at least" in error
    assert not (tmp_path / "runs").exists()


def test_unreadable_images_are_skipped_and_listed_in_training(aehash, tmp_path):
    folder = pictures(tmp_path / "photos", 30)
    (folder / "000.png").write_bytes((folder / "001.png").read_bytes()[:50])
    (folder / "text.jpg").write_text("hello")
    code, error = aehash(
        "train", "--data", folder, "--out", tmp_path / "run", "--image-size", 8, *SMALL
    )
    assert code == 0
    assert "images left out: 2, listed in" in error
    listed = (tmp_path / "run" / "skipped.csv").read_text()
    assert "000.png" in listed
    assert "text.jpg" in listed


def test_strict_training_names_the_unreadable_image(aehash, tmp_path):
    folder = pictures(tmp_path / "photos", 30)
    for index in range(0, 30, 2):
        (folder / f"{index:03d}.png").write_text("hello")
    code, error = aehash(
        "train", "--data", folder, "--out", tmp_path / "run", "--image-size", 8, "--strict", *SMALL
    )
    assert code == 1
    assert ".png" in error


def test_an_image_bomb(aehash, extracted, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.new("L", (20, 20)).save(tmp_path / "bomb.png")
    code, error = aehash("search", tmp_path / "bomb.png", "--codes", extracted)
    assert code == 1
    assert "bomb.png" in error
    assert "limit of 100" in error


def test_unequal_label_counts(aehash, tmp_path):
    np.save(tmp_path / "codes.npy", np.zeros((4, 8), np.uint8))
    np.save(tmp_path / "labels.npy", np.zeros(3, np.int64))
    code, error = aehash(
        "codebook",
        "import",
        "--codes",
        tmp_path / "codes.npy",
        "--labels",
        tmp_path / "labels.npy",
        "--out",
        tmp_path / "book",
    )
    assert code == 2
    assert "4 codes and 3 labels" in error
    assert not (tmp_path / "book").exists()


def test_codes_and_queries_of_different_bits(aehash, books, tmp_path):
    Codebook.from_arrays(np.zeros((3, 24), np.uint8), labels=[0, 1, 2]).save(tmp_path / "other")
    code, error = aehash("evaluate", "--database", books / "train", "--queries", tmp_path / "other")
    assert code == 2
    assert "24" in error
    assert "16" in error


def test_a_codebook_that_does_not_match_its_manifest(aehash, books):
    codes = np.load(books / "train" / "codes.npy")
    codes[0] ^= 1
    np.save(books / "train" / "codes.npy", codes)
    arguments = ["--database", books / "train", "--queries", books / "test"]
    code, error = aehash("evaluate", *arguments)
    assert code == 1
    assert "codes.npy" in error
    whole = (books / "train" / "codes.npy").read_bytes()
    (books / "train" / "codes.npy").write_bytes(whole[:-8])
    code, error = aehash("evaluate", *arguments)
    assert code == 1
    assert "codes.npy" in error


def test_a_pickle_inside_an_npy(aehash, tmp_path):
    np.save(tmp_path / "codes.npy", np.array([{"a": 1}], object), allow_pickle=True)
    code, error = aehash(
        "codebook", "import", "--codes", tmp_path / "codes.npy", "--out", tmp_path / "book"
    )
    assert code in (1, 2)
    assert "pickle" in error
    assert not (tmp_path / "book").exists()


def copy_run(trained, target):
    shutil.copytree(
        trained.snapshot.path, target, ignore=shutil.ignore_patterns("codes", "checkpoint-*")
    )
    return target


def test_a_model_with_a_lambda_is_not_loaded(aehash, trained, tmp_path):
    path = copy_run(trained, tmp_path / "run")
    evil = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Lambda(lambda x: x * 2)])
    evil.save(path / "model.keras")
    code, error = aehash("extract", "--run", path)
    assert code == 1
    assert "lambda" in error
    assert not (path / "codes" / "digits" / "train").exists()


@pytest.mark.parametrize("damage", ["cut", "text", "missing"])
def test_a_damaged_model(aehash, trained, tmp_path, damage):
    path = copy_run(trained, tmp_path / "run")
    model = path / "model.keras"
    if damage == "cut":
        model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])
    elif damage == "text":
        model.write_text("not a model")
    else:
        model.unlink()
    code, error = aehash("extract", "--run", path)
    assert code == 1
    assert "model.keras" in error


def test_a_keras_file_is_a_zip_without_pickles(trained):
    with zipfile.ZipFile(trained.snapshot.path / "model.keras") as archive:
        assert sorted(archive.namelist()) == ["config.json", "metadata.json", "model.weights.h5"]


def test_nan_in_features(aehash, tmp_path):
    features = np.ones((4, 8), np.float32)
    features[2, 3] = np.nan
    np.save(tmp_path / "f.npy", features)
    np.save(tmp_path / "c.npy", np.ones((4, 8), np.uint8))
    code, error = aehash(
        "codebook",
        "import",
        "--codes",
        tmp_path / "c.npy",
        "--features",
        tmp_path / "f.npy",
        "--out",
        tmp_path / "book",
    )
    assert code == 1
    assert "NaN" in error
    assert "2" in error


def test_k_larger_than_the_database_is_cut_and_said(books, capsys):
    arguments = ["--database", str(books / "train"), "--queries", str(books / "test")]
    assert run(["evaluate", *arguments, "-k", "5,1000"]) == 0
    assert "k = 1000 is larger than the database (96 items)" in capsys.readouterr().out


def test_a_file_in_the_place_of_the_run_folder(aehash, trained, tmp_path):
    (tmp_path / "runs").write_text("a file")
    code, error = aehash("train", "--data", trained.data, "--runs", tmp_path / "runs", *SMALL)
    assert code == 1
    assert "runs" in error


@pytest.fixture
def read_only(tmp_path):
    """A folder nobody can write to: root, whom no mode stops, gets a read-only file system."""
    place = tmp_path / "locked"
    place.mkdir(mode=0o555)
    if os.geteuid():
        yield place
        return
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("as root this needs a read-only mount, which is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_read_only_target(aehash, trained, read_only, tmp_path):
    np.save(tmp_path / "c.npy", np.ones((4, 8), np.uint8))
    commands = [
        ["codebook", "import", "--codes", tmp_path / "c.npy", "--out", read_only / "book"],
        ["train", "--data", trained.data, "--runs", read_only / "runs", *SMALL],
        ["extract", "--run", trained.snapshot.path, "--out", read_only / "codes"],
    ]
    for command in commands:
        code, error = aehash(*command)
        assert code == 1
        assert "locked" in error
    assert not list(read_only.iterdir())


@pytest.fixture
def full_disk(tmp_path):
    """A file system of 200 KiB, where the tests may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_in_training(aehash, trained, full_disk):
    code, error = aehash("train", "--data", trained.data, "--runs", full_disk / "runs", *SMALL)
    assert code == 1
    assert "disk is full" in error.lower()
    left = [path for path in full_disk.rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {"recipe.json", "split.json"}


def test_a_full_disk_in_importing(aehash, full_disk, tmp_path):
    np.save(tmp_path / "c.npy", np.ones((40_000, 64), np.uint8))
    code, error = aehash(
        "codebook", "import", "--codes", tmp_path / "c.npy", "--out", full_disk / "book"
    )
    assert code == 1
    assert "full" in error.lower()
    assert not list(full_disk.iterdir())


def test_ctrl_c_keeps_the_checkpoint_and_exits_with_130(tmp_path):
    data = write_digits(tmp_path / "digits.npz")
    out = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "aehash.cli.main", "train", "--data", data, "--out", out, *ENDLESS],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("checkpoint-*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert f"aehash train --resume {out}" in error
    assert Checkpoints(out).latest() is not None


def test_an_unfinished_run_says_how_to_go_on(aehash, trained, tmp_path):
    path = copy_run(trained, tmp_path / "run")
    (path / "run.json").unlink()
    code, error = aehash("extract", "--run", path)
    assert code == 1
    assert f"aehash train --resume {path}" in error


def test_a_finished_run_is_not_trained_again(aehash, trained):
    before = Snapshot.load(trained.snapshot.path).digest
    code, error = aehash("train", "--resume", trained.snapshot.path)
    assert code == 0
    assert "is finished already" in error
    assert Snapshot.load(trained.snapshot.path).digest == before
