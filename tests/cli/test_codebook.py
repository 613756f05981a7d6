import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from aehash.cli.codebook import codebook
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError

RNG = np.random.default_rng(0)
BITS = RNG.random((40, 11)) > 0.5


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    arrays = {
        "codes": np.where(BITS, 1, -1),
        "features": RNG.normal(size=(40, 11)),
        "labels": np.arange(40) % 2,
        "packed": np.packbits(BITS, axis=1),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "keys.txt").write_text("".join(f"dir/{row}.jpg\n" for row in range(40)))
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    found = {path.stem: path for path in tmp_path.iterdir()}
    return {**found, "out": tmp_path / "book"}


def call(*arguments: object) -> str:
    result = CliRunner().invoke(
        codebook, [str(argument) for argument in arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def test_everything_is_imported(files):
    said = call(
        "import", "--codes", files["codes"], "--features", files["features"],
        "--labels", files["labels"], "--keys", files["keys"], "--classes", files["classes"],
        "--source", "mine", "--split", "test", "--out", files["out"],
    )  # fmt: skip
    assert said == f"{files['out']}: 40 codes of 11 bits, with features and labels.\n"
    book = Codebook.load(files["out"])
    np.testing.assert_array_equal(book.codes, np.packbits(BITS, axis=1))
    assert (book.key(39), book.classes) == ("dir/39.jpg", ["cat", "dog"])
    assert (book.source, book.split) == ("mine", "test")


def test_packed_codes_need_their_bits(files):
    call("import", "--codes", files["packed"], "--bits", 11, "--out", files["out"])
    np.testing.assert_array_equal(Codebook.load(files["out"]).codes, np.packbits(BITS, axis=1))
    with pytest.raises(UsageError, match="--bits"):
        call("import", "--codes", files["packed"], "--out", files["out"])


def test_info_as_table_and_json(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("import", "--codes", files["codes"], "--labels", files["labels"], "--out", files["out"])
    table = call("info", files["out"])
    assert "WARNING" not in table
    assert "constant bits" in table
    found = json.loads(call("info", files["out"], "--format", "json"))
    assert (found["codes"], found["bits"], found["constant_bits"]) == (40, 11, 0)
    assert found["distinct"] == len(np.unique(BITS, axis=0))
    assert found["chance_precision"] == pytest.approx(19 / 39)
    assert found["features"] is None
    assert 0 < found["effective_bits"] <= 11
    assert found["findings"] == []


def test_info_draws_a_picture(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("import", "--codes", files["codes"], "--out", files["out"])
    call("info", files["out"], "--format", "json")
    assert not list(tmp_path.glob("*.png"))
    assert call("info", files["out"]).endswith("see    codes.png\n")
    call("info", files["out"], "--format", "json", "--out", "mine.png")
    for name in ("codes.png", "mine.png"):
        with Image.open(tmp_path / name) as picture:
            assert picture.size == (1200, 912)


def test_info_of_one_code_says_no_more_than_it_can(files, tmp_path):
    np.save(tmp_path / "codes.npy", np.ones((1, 8)))
    call("import", "--codes", tmp_path / "codes.npy", "--out", files["out"])
    assert "effective" not in call("info", files["out"], "--out", tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_info_warns_of_a_collapse(files, tmp_path):
    np.save(tmp_path / "codes.npy", np.ones((40, 8)))
    call("import", "--codes", tmp_path / "codes.npy", "--out", files["out"])
    said = call("info", files["out"], "--out", tmp_path / "codes.png")
    assert said.startswith("WARNING: Collapsed codes")
    assert "All 40 images have one and the same code: the encoder has died." in said


def test_bad_files_are_named_and_leave_nothing(files, tmp_path):
    np.save(tmp_path / "pickle.npy", np.array([{}], object), allow_pickle=True)
    np.savez(tmp_path / "archive.npz", a=np.ones(3))
    (tmp_path / "cut.npy").write_bytes(files["codes"].read_bytes()[:-1])
    (tmp_path / "empty.npy").write_bytes(b"")
    for name, message in [
        ("pickle.npy", "not a plain .npy array.*never loaded"),
        ("archive.npz", "archive of arrays"),
        ("cut.npy", "not a plain .npy array"),
        ("empty.npy", "not a plain .npy array"),
        ("none.npy", "is missing"),
    ]:
        with pytest.raises(AehashError, match=message):
            call("import", "--codes", tmp_path / name, "--out", files["out"])
    assert not files["out"].exists()


def test_nothing_heavy_is_imported_by_the_metrics():
    code = (
        "import sys, aehash.report, aehash.codebook.importing, aehash.codebook.shards\n"
        "print({'keras', 'tensorflow', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
