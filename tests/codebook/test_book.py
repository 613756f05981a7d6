import errno
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.codebook import files as codebook_files
from aehash.errors import AehashError, UsageError

RNG = np.random.default_rng(0)
BITS = RNG.random((7, 11)) > 0.5
PACKED = np.packbits(BITS, axis=1)


def book() -> Codebook:
    return Codebook.from_arrays(
        features=RNG.normal(size=(7, 11)),
        labels=np.arange(7) % 3,
        keys=[f"ä/{row}.jpg" for row in range(7)],
        classes=["a", "b", "c"],
        source="/data",
        split="test",
    )


@pytest.mark.parametrize(
    ("codes", "bits"),
    [
        (BITS, None),
        (BITS.astype(np.uint8), None),
        (BITS.astype(np.uint8), 11),
        (BITS.astype(np.float64), None),
        (np.where(BITS, 1, -1).astype(np.int8), None),
        (np.where(BITS, 1.0, -1.0), 11),
        (PACKED, 11),
    ],
)
def test_all_forms_of_codes_are_recognised(codes, bits):
    made = Codebook.from_arrays(codes, bits=bits)
    assert made.bits == 11
    np.testing.assert_array_equal(made.codes, PACKED)


@pytest.mark.parametrize(
    ("codes", "bits", "message"),
    [
        (PACKED, None, r"packed codes need their number of bits"),
        (PACKED, 10, r"bits set beyond the first 10"),
        (PACKED, 30, r"have 2 columns, which is not 30 bits"),
        (BITS, 12, r"have 11 columns, which is not 12 bits"),
        (np.array([[-1, 0, 1]]), None, "third symbol"),
        (np.array([[0.5, 1.0]]), None, "hold 0.5"),
        (np.array([[np.nan, 1.0]]), None, "hold nan"),
        (np.zeros(3), None, r"must be \(n, bits\)"),
        (np.zeros((0, 3)), None, r"n and bits above 0"),
        (np.array([["a"]]), None, "must be numbers"),
    ],
)
def test_other_codes_are_refused(codes, bits, message):
    with pytest.raises(UsageError, match=message):
        Codebook.from_arrays(codes, bits=bits)


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ({"labels": [1, 2]}, UsageError, "7 codes and 2 labels"),
        ({"features": np.zeros((6, 2))}, UsageError, "7 codes and 6 features"),
        ({"keys": ["a"]}, UsageError, "7 codes and 1 keys"),
        ({"keys": [*"abcdef", "a"]}, UsageError, "'a' stands in rows 0 and 6"),
        ({"keys": [*"abcdef", ""]}, UsageError, "not empty"),
        ({"labels": np.full(7, 2**63, np.uint64)}, UsageError, "class number 9223372036854775808"),
        ({"labels": np.full((7, 2), 2)}, UsageError, "only 0 and 1"),
        ({"labels": np.arange(7), "classes": ["x"]}, UsageError, "label 6 has no name"),
        ({"features": np.full((7, 2), np.nan)}, AehashError, "NaN in 7 rows.*row 0"),
        ({"features": np.full((7, 2), 1e300)}, AehashError, "row 0 are infinite"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, error, message):
    with pytest.raises(error, match=message):
        Codebook.from_arrays(BITS, **parts)


def test_saving_and_loading_give_the_same(tmp_path: Path):
    made = book()
    made.save(tmp_path / "book")
    for verify in ("sha256", "size"):
        loaded = Codebook.load(tmp_path / "book", verify=verify)
        for name in ("codes", "features", "labels", "keys"):
            array = getattr(loaded, name)
            np.testing.assert_array_equal(array, getattr(made, name))
            assert isinstance(array.base, np.memmap)
            assert not array.flags.writeable
        assert (loaded.bits, loaded.classes) == (11, ["a", "b", "c"])
        assert (loaded.source, loaded.split, len(loaded)) == ("/data", "test", 7)
        assert [loaded.key(row) for row in range(7)] == [f"ä/{row}.jpg" for row in range(7)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book"]


KEY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=50)
@given(st.lists(KEY, min_size=1, max_size=9, unique=True))
def test_any_text_is_a_key(keys):
    made = Codebook.from_arrays(np.ones((len(keys), 3)), keys=keys)
    assert [made.key(row) for row in range(len(keys))] == keys


def test_multi_hot_labels_and_a_column_of_numbers():
    hot = np.eye(7, 3, dtype=bool)
    assert Codebook.from_arrays(BITS, labels=hot).labels.dtype == np.uint8
    column = Codebook.from_arrays(BITS, labels=np.arange(7, dtype=np.uint8)[:, None])
    assert column.labels.shape == (7,)
    assert column.labels.dtype == np.int64


def _truncate(folder: Path):
    path = folder / "codes.npy"
    path.write_bytes(path.read_bytes()[:-1])


def _flip(folder: Path):
    path = folder / "labels.npy"
    data = bytearray(path.read_bytes())
    data[-8] ^= 1
    path.write_bytes(bytes(data))


def _pickle(folder: Path):
    np.save(folder / "codes.npy", np.array([{}], object), allow_pickle=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    path = folder / "codes.npy"
    manifest["files"]["codes.npy"].update(
        bytes=path.stat().st_size, sha256=codebook_files.sha256_file(path)
    )
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _wrong_n(folder: Path):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "n": 8}))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (_truncate, r"codes.npy has 141 bytes where its manifest says 142"),
        (_flip, r"labels.npy is not the file its manifest describes"),
        (_pickle, r"codes.npy is not a plain .npy array"),
        (_wrong_n, r"has 7 codes where its manifest says 8"),
        (lambda folder: (folder / "keys.npy").unlink(), r"keys.npy is missing"),
        (lambda folder: (folder / "manifest.json").unlink(), r"holds no codebook"),
        (lambda folder: (folder / "manifest.json").write_text("{"), r"not readable JSON"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), r"no whole number 'n'"),
    ],
)
def test_a_harmed_codebook_is_not_loaded(tmp_path: Path, harm, message):
    book().save(tmp_path)
    harm(tmp_path)
    with pytest.raises(AehashError, match=message):
        Codebook.load(tmp_path)


def test_a_full_disk_leaves_the_old_codebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    book().save(tmp_path / "book")
    before = (tmp_path / "book" / "manifest.json").read_bytes()

    def full(self, rows):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(codebook_files.NpyWriter, "append", full)
    with pytest.raises(AehashError, match=r"No space left on device.*what was there is as it was"):
        book().save(tmp_path / "book")
    assert (tmp_path / "book" / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["book"]


def test_another_folder_is_not_replaced(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="is not a codebook"):
        book().save(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
