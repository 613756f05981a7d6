"""Kernels are compiled once for a machine, and search goes on where they cannot be kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aehash import jit, kernel_cache
from aehash.errors import UsageError

SEARCH = """
import sys
import numpy as np
from aehash.index import HammingIndex
from aehash.index.scan_kernels import kernel_for
codes = np.arange(800, dtype=np.uint8).reshape(100, 8)
found = HammingIndex.from_codes(codes, 64).search(codes[:5], 3)
assert (found.indices[:, 0] == range(5)).all()
stats = kernel_for(64, True).stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def search(folder):
    """Search in a new process; say how many kernels were loaded and how many compiled."""
    done = subprocess.run(
        [sys.executable, "-c", SEARCH],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder), "AEHASH_KERNELS": "numba"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return tuple(map(int, done.stdout.split()))


def test_the_second_process_compiles_nothing(tmp_path):
    assert search(tmp_path) == (0, 1)
    kept = sorted(tmp_path.rglob("*.nbc"))
    assert kept
    assert search(tmp_path) == (1, 0)
    assert sorted(tmp_path.rglob("*.nbc")) == kept


WIDTHS = """
import sys
import numpy as np
from aehash.index import HammingIndex
for bits in map(int, sys.argv[1:]):
    codes = np.random.default_rng(bits).integers(0, 256, (600, bits // 8), np.uint8)
    queries = codes[:4] ^ np.uint8(9)
    truth = [np.bitwise_count(codes ^ query).sum(axis=1, dtype=int).min() for query in queries]
    found = HammingIndex.from_codes(codes, bits).search(queries, 1)
    assert found.distances[:, 0].tolist() == truth, (bits, found.distances[:, 0], truth)
"""


def test_kernels_that_other_processes_compiled_are_not_mistaken_for_each_other(tmp_path):
    for widths in (["64"], ["256"], ["64", "256"], ["256", "64"]):
        done = subprocess.run(
            [sys.executable, "-c", WIDTHS, *widths],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "AEHASH_KERNELS": "numba"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("not a folder")
    done = subprocess.run(
        [sys.executable, "-c", SEARCH.replace("stats = ", "sys.exit()\nstats = ")],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder), "AEHASH_KERNELS": "numba"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_kernels_of_different_making_have_different_files(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_text("1")
    key = ("signature", "target", "closure")

    def path(*variant, key=key):
        kernel_cache._stamps.cache_clear()
        return kernel_cache.KernelFiles(tmp_path, "name", source, variant)._path(key)

    first = path(64)
    assert path(64) == first
    assert path(128) != first
    assert path(64, key=("other", *key[1:])) != first
    (source / "a.py").write_text("12")
    assert path(64) != first


def test_damaged_and_missing_files_are_no_kernels(tmp_path):
    files = kernel_cache.KernelFiles(tmp_path, "name", Path(__file__).parent, ())
    key = ("signature", "target", "closure")
    assert files.load(key) is None
    files.save(key, {"any": "thing"})
    assert files.load(key) == {"any": "thing"}
    files._path(key).write_bytes(b"")
    assert files.load(key) is None
    gone = kernel_cache.KernelFiles(tmp_path / "gone", "name", Path(__file__).parent, ())
    gone.save(key, 1)


def test_who_does_the_work_is_asked_by_name(monkeypatch):
    monkeypatch.setenv(jit.VARIABLE, "numpy")
    assert jit.kernels() == "numpy"
    monkeypatch.setenv(jit.VARIABLE, "cuda")
    with pytest.raises(UsageError, match="numba or numpy"):
        jit.kernels()
