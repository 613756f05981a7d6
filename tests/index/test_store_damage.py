"""A manifest that was damaged: what it says is refused, and a save over it makes it whole."""

import json

import numpy as np
import pytest

from aehash.errors import AehashError, UsageError
from aehash.index import HammingIndex

CODES = np.random.default_rng(0).integers(0, 256, (600, 8), np.uint8)
KEYS = [f"row/{row}" for row in range(600)]


@pytest.fixture
def folder(tmp_path):
    index = HammingIndex.from_codes(CODES, 64, KEYS, np.arange(600) % 3)
    index.remove("row/5")
    index.save(tmp_path / "index")
    return tmp_path / "index"


def file_entry(manifest, column):
    return manifest["segments"][0]["files"][column]


def swap(manifest, column, other):
    manifest["segments"][0]["files"][column] = file_entry(manifest, other)


DAMAGE = {
    "no segments": lambda m: m.pop("segments"),
    "no files": lambda m: m["segments"][0].update(files=None),
    "segments are text": lambda m: m.update(segments="x"),
    "removed is a list": lambda m: m.update(removed=[1]),
    "removed is text": lambda m: m.update(removed="abc"),
    "removed has another type": lambda m: m["removed"].update(dtype="<i4"),
    "a name is a list": lambda m: file_entry(m, "keys").update(name=["x"]),
    "a name leads out": lambda m: file_entry(m, "keys").update(name=".."),
    "a name twice": lambda m: file_entry(m, "keys").update(name=file_entry(m, "planes")["name"]),
    "a segment twice": lambda m: m.update(segments=m["segments"] * 2, rows=1200, live=1199),
    "keys are labels": lambda m: swap(m, "keys", "labels"),
    "labels are keys": lambda m: swap(m, "labels", "keys"),
    "keys of numbers": lambda m: file_entry(m, "keys").update(dtype="<i8"),
    "labels of floats": lambda m: file_entry(m, "labels").update(dtype="<f8"),
    "other rows": lambda m: m.update(rows=10**9),
    "other live rows": lambda m: m.update(live=3),
    "no removed rows": lambda m: m.update(removed=None),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("known", [False, True])
def test_a_manifest_that_contradicts_itself(folder, damage, known):
    index = HammingIndex.open(folder) if known else HammingIndex.from_codes(CODES, 64, KEYS)
    manifest = json.loads((folder / "manifest.json").read_text())
    DAMAGE[damage](manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(AehashError, match="is not complete, or its parts do not agree"):
        HammingIndex.open(folder)
    index.save(folder)
    again = HammingIndex.open(folder, verify="sha256")
    assert (len(again), again.rows, again.key(7)) == (len(index), 600, "row/7")
    assert again.search(CODES[9:10], 1).indices.tolist() == [[9]]
    assert len(list(folder.glob("*.npy"))) == (4 if known else 2)


@pytest.mark.parametrize("content", [b'{"a":', b"\xff\xfe\x00", b"[1]", b""])
@pytest.mark.parametrize("known", [False, True])
def test_a_manifest_that_cannot_be_read(folder, content, known):
    index = HammingIndex.open(folder) if known else HammingIndex.from_codes(CODES, 64, KEYS)
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(AehashError, match=r"manifest\.json (is not readable|should hold)"):
        HammingIndex.open(folder)
    index.save(folder)
    assert len(HammingIndex.open(folder, verify="sha256")) == len(index)
    assert len(list(folder.glob("*.npy"))) == (4 if known else 2)


def test_an_unreadable_manifest_among_other_files_is_left_alone(folder, tmp_path):
    for place, name in ((folder, "notes.txt"), (tmp_path / "other", "manifest.json")):
        place.mkdir(exist_ok=True)
        (place / name).touch()
        (place / "manifest.json").write_text("{")
        with pytest.raises(UsageError, match="exists and is not an index"):
            HammingIndex(64).save(place)


def test_a_save_that_fails_leaves_the_files_of_a_damaged_index(folder, monkeypatch):
    from aehash.index import store

    def full(path, array):
        raise OSError(28, "No space left on device")

    (folder / "manifest.json").write_text("{")
    before = {path.name for path in folder.iterdir()}
    monkeypatch.setattr(store, "write_array", full)
    with pytest.raises(AehashError, match="No space left on device"):
        HammingIndex.from_codes(CODES, 64).save(folder)
    assert {path.name for path in folder.iterdir()} == before
