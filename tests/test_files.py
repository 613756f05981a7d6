import json
from pathlib import Path

import pytest

from aehash.errors import AehashError
from aehash.files import atomic_file, atomic_folder, read_json, sha256_file, write_json


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(target) as aside:
        aside.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    target = tmp_path / "codes"
    with atomic_folder(target) as aside:
        (aside / "a").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(target) as aside:
        (aside / "b").write_text("half")
        raise RuntimeError
    assert [path.name for path in target.iterdir()] == ["a"]
    with atomic_folder(target) as aside:
        (aside / "c").write_text("new")
    assert [path.name for path in target.iterdir()] == ["c"]
    assert [path.name for path in tmp_path.iterdir()] == ["codes"]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(tmp_path, monkeypatch):
    target = tmp_path / "codes"
    with atomic_folder(target) as aside:
        (aside / "a").write_text("old")
    rename = Path.replace

    def refuse(path, to):
        if path.suffix == ".tmp":
            raise OSError("refused")
        return rename(path, to)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="refused"), atomic_folder(target) as aside:
        (aside / "b").write_text("new")
    assert [path.name for path in target.iterdir()] == ["a"]
    assert [path.name for path in tmp_path.iterdir()] == ["codes"]


def test_written_files_are_readable_by_others(tmp_path):
    write_json(tmp_path / "a.json", {"x": "ü"})
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert read_json(tmp_path / "a.json") == {"x": "ü"}


def test_nan_is_refused_in_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "sentence"), [("{", "not readable JSON"), (json.dumps([1]), "hold a JSON object")]
)
def test_broken_json_is_a_sentence(tmp_path, text, sentence):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(AehashError, match=sentence):
        read_json(tmp_path / "a.json")


def test_missing_json_is_a_sentence(tmp_path):
    with pytest.raises(AehashError, match="is missing"):
        read_json(tmp_path / "a.json")


def test_sha256_of_a_known_text(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_file(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
