"""``aehash data``: the catalogue, readable by people and by programs."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from aehash.cli.data import data
from aehash.errors import UsageError
from aehash.generators import CATALOGUE
from aehash.generators.catalogue import families


def show(*arguments: str) -> str:
    result = CliRunner().invoke(data, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AEHASH_DATA", str(tmp_path))
    monkeypatch.setenv("AEHASH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_list_names_every_set() -> None:
    lines = show("list").splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == families()
    assert "add the size to the name, as in pathmnist_64" in lines[-1]
    assert max(map(len, lines)) <= 120
    rows = json.loads(show("list", "--format", "json"))
    assert [row["name"] for row in rows] == list(CATALOGUE)
    assert [row["name"] for row in rows if row["at_hand"]] == ["digits"]


def test_list_says_at_which_sizes_a_set_is_at_hand_and_what_is_not_free(empty: Path) -> None:
    for name in ("dermamnist_224.npz", "dermamnist.npz", "mnist.npz"):
        (empty / name).write_bytes(b"")
    rows = {line.split()[0]: line for line in show("list").splitlines()}
    assert "  28, 224  " in rows["dermamnist"]
    assert rows["dermamnist"].endswith("(CC BY-NC 4.0)")
    assert "  yes  " in rows["mnist"]
    assert "  no  " in rows["pathmnist"]


def test_info_of_a_size_in_another_spelling(empty: Path) -> None:
    output = show("info", "ChestMNIST:224")
    assert (
        f"{empty / 'cache' / 'chestmnist_224.npz'} (not there yet; up to 5,626 MB to fetch)"
        in output
    )
    assert "14: atelectasis" in output
    assert "(an image may have several, or none)" in output
    assert "chestmnist (28²), chestmnist_64 (64²), chestmnist_128 (128²), chestmnist_224" in output


def test_info_says_where_the_file_would_be_and_then_is(empty: Path) -> None:
    assert f"{empty / 'cache' / 'mnist.npz'} (not there yet; 11.5 MB" in show("info", "mnist")
    (empty / "mnist.npz").write_bytes(b"")
    row = json.loads(show("info", "mnist", "--format", "json"))
    assert row["path"] == str(empty / "mnist.npz")
    assert row["counts"] == {"train": 60000, "test": 10000}


@pytest.mark.parametrize("name", CATALOGUE)
def test_info_of_every_set(name: str) -> None:
    info = CATALOGUE[name]
    output = show("info", name)
    assert info.licence in output
    assert info.citation in output


def test_a_misspelt_name() -> None:
    with pytest.raises(UsageError, match="Did you mean 'mnist'"):
        show("info", "minst")


def test_duplicates_are_counted_and_written(tmp_path: Path) -> None:
    from aehash.cli.main import run

    images = np.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), np.uint8)
    np.savez(
        tmp_path / "set.npz",
        x_train=images[:20],
        y_train=np.zeros(20, np.int64),
        x_test=images[19:],
        y_test=np.zeros(11, np.int64),
    )
    table = show("duplicates", str(tmp_path / "set.npz"), "--out", str(tmp_path / "pairs.csv"))
    assert "11 images of test, looked for among 20 of train" in table
    assert "exact         1 images    9.09%        1 pairs" in table
    assert (tmp_path / "pairs.csv").read_text().splitlines()[
        1
    ] == "test/0,train/19,exact,0,0.0,False"
    row = json.loads(show("duplicates", str(tmp_path / "set.npz"), "--format", "json"))
    assert row["found"]["exact"] == {"images": 1, "share": 1 / 11, "pairs": 1}
    assert run(["data", "duplicates", "minst"]) == 2
