from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.codebook.shards import Shard, write_from_shards
from aehash.errors import AehashError, UsageError

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(10, 13)).astype(np.float32)
KEYS = [f"train/{row}" for row in range(10)]


def shards(*ends: int, labels=None) -> list[Shard]:
    edges = [0, *ends, 10]
    parts = [slice(a, b) for a, b in pairwise(edges)]
    return [
        Shard(FEATURES[part], None if labels is None else labels[part], KEYS[part])
        for part in parts
    ]


@pytest.mark.parametrize("ends", [(), (4,), (0, 4, 4, 9), (10,)])
@pytest.mark.parametrize("labels", [None, np.arange(10) % 4, np.eye(10, 4, dtype=np.uint8)])
def test_shards_join_to_the_codebook_of_the_whole(tmp_path: Path, ends, labels):
    write_from_shards(tmp_path / "book", shards(*ends, labels=labels), split="train")
    loaded = Codebook.load(tmp_path / "book")
    whole = Codebook.from_arrays(features=FEATURES, labels=labels, keys=KEYS)
    for name in ("codes", "features", "labels", "keys"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(whole, name))
    assert loaded.split == "train"
    assert loaded.bits == 13


def test_further_facts_stand_in_the_manifest(tmp_path: Path):
    write_from_shards(tmp_path / "book", shards(4), more={"skipped": 3}, snapshot="abc")
    loaded = Codebook.load(tmp_path / "book")
    assert loaded.manifest["skipped"] == 3
    assert loaded.snapshot == "abc"


def test_keys_may_be_an_array_of_bytes(tmp_path: Path):
    write_from_shards(tmp_path / "book", [Shard(FEATURES, None, np.array(KEYS, np.bytes_))])
    np.testing.assert_array_equal(Codebook.load(tmp_path / "book").keys, np.array(KEYS, np.bytes_))
    empty = np.array([b"a", b""] * 5)
    with pytest.raises(UsageError, match="A key must not be empty"):
        write_from_shards(tmp_path / "other", [Shard(FEATURES, None, empty)])


def _nan() -> list[Shard]:
    bad = FEATURES.copy()
    bad[3, 0] = np.nan
    return [Shard(bad, None, KEYS)]


@pytest.mark.parametrize(
    ("pieces", "error", "message"),
    [
        ([], AehashError, "no row to write"),
        (_nan(), AehashError, "NaN in 1 rows.*row 3"),
        ([Shard(FEATURES, None, KEYS[:9])], UsageError, "10 rows of features and 9 keys"),
        ([Shard(FEATURES, np.arange(3), KEYS)], UsageError, "10 rows of features and 3 labels"),
        ([*shards(), *shards()], UsageError, "'train/0' stands in rows"),
        ([*shards(), Shard(FEATURES[:, :5], None, [*"abcdefghij"])], UsageError, "Shards differ"),
        ([*shards(), Shard(FEATURES, np.arange(10), [*"abcdefghij"])], UsageError, "differ"),
        (iter(shards()), UsageError, "read twice"),
    ],
)
def test_bad_shards_leave_nothing(tmp_path: Path, pieces, error, message):
    with pytest.raises(error, match=message):
        write_from_shards(tmp_path / "book", pieces)
    assert list(tmp_path.iterdir()) == []


def test_shards_that_change_between_the_readings_are_noticed(tmp_path: Path):
    class Changing:
        calls = 0

        def __iter__(self):
            self.calls += 1
            return iter(shards(4)[: 3 - self.calls])

    with pytest.raises(AehashError, match="changed while it was written"):
        write_from_shards(tmp_path / "book", Changing())
    assert list(tmp_path.iterdir()) == []
