"""An index on disk: what is written, and what happens when it goes wrong."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from aehash.errors import AehashError, UsageError
from aehash.index import HammingIndex


def made(n, start=0, bits=64):
    rng = np.random.default_rng(n + start)
    packed = rng.integers(0, 256, (n, bits // 8), np.uint8)
    return packed, [f"row/{start + number}" for number in range(n)]


@pytest.fixture
def folder(tmp_path):
    packed, keys = made(1000)
    index = HammingIndex.from_codes(packed, 64, keys)
    index.remove(keys[:3])
    index.save(tmp_path / "index")
    return tmp_path / "index"


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def file_of(folder, start):
    return next(path for path in folder.iterdir() if path.name.startswith(start))


def test_adding_writes_only_what_is_new(folder):
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npy")}
    index = HammingIndex.open(folder)
    index.add(*made(10, 1000))
    index.save(folder)
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npy")}
    kept = {name for name in before if not name.startswith("removed")}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    new = set(after) - set(before)
    assert sorted(name.split("-")[0] for name in new) == ["keys", "planes", "removed"]
    again = HammingIndex.open(folder, verify="sha256")
    assert (len(again), again.rows) == (1007, 1010)
    assert again.search(made(10, 1000)[0][4:5], 1).indices.tolist() == [[1004]]
    assert index.search(made(10, 1000)[0][4:5], 1).indices.tolist() == [[1004]]


def test_whoever_has_it_open_keeps_what_was_there(folder):
    reader, writer = HammingIndex.open(folder), HammingIndex.open(folder)
    queries = made(1000)[0][3:20]
    before = reader.search(queries, 5)
    writer.remove([f"row/{number}" for number in range(3, 500)])
    writer.compact()
    writer.save(folder)
    after = reader.search(queries, 5)
    np.testing.assert_array_equal(before.indices, after.indices)
    assert reader.key(999) == "row/999"
    assert len(HammingIndex.open(folder)) == 500
    reader.add(*made(5, 1000))
    with pytest.raises(AehashError, match="was saved by another process since it was opened"):
        reader.save(folder)
    assert len(HammingIndex.open(folder)) == 500
    reader.save(folder.parent / "other")
    assert len(HammingIndex.open(folder.parent / "other", verify="sha256")) == 1002


def test_files_that_went_missing_are_written_again(folder):
    index = HammingIndex.open(folder)
    file_of(folder, "keys").unlink()
    index.save(folder)
    assert len(HammingIndex.open(folder, verify="sha256")) == 997


def test_one_process_saves_at_a_time(folder):
    fcntl = pytest.importorskip("fcntl")
    index = HammingIndex.open(folder)
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AehashError, match="Another process is saving"):
            index.save(folder)
    index.save(folder)


def test_what_stands_in_the_way(folder, tmp_path):
    index = HammingIndex.open(folder)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    (tmp_path / "file").touch()
    for name in ("photos", "file"):
        with pytest.raises(UsageError, match="exists and is not an index"):
            index.save(tmp_path / name)
    with pytest.raises(AehashError, match="could not be saved"):
        index.save(tmp_path / "file" / "below")
    other = HammingIndex.from_codes(*made(4)[:1], 64)
    other.save(folder)
    assert len(HammingIndex.open(folder, verify="sha256")) == 4
    assert len(list(folder.glob("*.npy"))) == 1


KILLED = """
import os, signal, sys
import numpy as np
from aehash import files
from aehash.index import HammingIndex, store

point, folder = sys.argv[1:]
index = HammingIndex.open(folder)
rng = np.random.default_rng(1)
index.add(rng.integers(0, 256, (5000, 8), np.uint8), [f"new/{row}" for row in range(5000)])

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

if point == "between":
    write, calls = store.write_array, []
    def some(path, array):
        calls.append(path)
        return write(path, array) if len(calls) < 2 else die()
    store.write_array = some
elif point == "manifest":
    store.write_json = die
elif point == "rename":
    from pathlib import Path
    Path.replace = die
index.save(folder)
"""


@pytest.mark.parametrize("point", ["between", "manifest", "rename"])
def test_a_kill_leaves_the_index_as_it_was(folder, point):
    before = snapshot(folder)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, point, str(folder)], timeout=120, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    after = snapshot(folder)
    assert {name: after[name] for name in before} == before
    assert len(after) > len(before)
    index = HammingIndex.open(folder, verify="sha256")
    assert (len(index), index.rows) == (997, 1000)
    index.add(*made(3, 1000))
    index.save(folder)
    assert len(HammingIndex.open(folder, verify="sha256")) == 1000
    assert len(list(folder.iterdir())) == 2 + 2 + 2 + 1


ADDING = """
import sys
import numpy as np
from aehash.index import HammingIndex

rng = np.random.default_rng(1)
for step in range(100_000):
    index = HammingIndex.open(sys.argv[1])
    first = index.rows
    index.add(rng.integers(0, 256, (100, 8), np.uint8), [f"new/{first + n}" for n in range(100)])
    index.save(sys.argv[1])
    print(index.rows, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.013, 0.041])
def test_a_kill_at_any_time_leaves_a_whole_index(folder, delay):
    process = subprocess.Popen(
        [sys.executable, "-c", ADDING, str(folder)], stdout=subprocess.PIPE, text=True
    )
    rows = [int(process.stdout.readline()) for _ in range(3)][-1]
    time.sleep(delay)
    process.kill()
    rest, _ = process.communicate(timeout=60)
    rows = ([rows] + [int(line) for line in rest.split()])[-1]
    index = HammingIndex.open(folder, verify="sha256")
    assert index.rows in (rows, rows + 100)
    index.add(*made(1, 10**9))
    index.save(folder)
    assert HammingIndex.open(folder, verify="sha256").rows == index.rows


FULL = """
import resource, signal, sys
import numpy as np
from aehash.errors import AehashError
from aehash.index import HammingIndex

index = HammingIndex.open(sys.argv[1])
rng = np.random.default_rng(1)
index.add(rng.integers(0, 256, (100_000, 8), np.uint8), [f"new/{row}" for row in range(100_000)])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    index.save(sys.argv[1])
except AehashError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert len(HammingIndex.open(sys.argv[1], verify="sha256")) == 997
if sys.argv[2] == "again":
    index.save(sys.argv[1])
"""


@pytest.mark.parametrize("then", ["give up", "again"])
def test_a_disk_that_is_full_leaves_the_index_as_it_was(folder, then):
    before = snapshot(folder)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), then], timeout=120, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "could not be saved (File too large); what stood there is as it was" in done.stdout
    if then == "give up":
        assert snapshot(folder) == before
    else:
        assert len(HammingIndex.open(folder, verify="sha256")) == 100_997


def test_a_file_cut_short_is_a_sentence(folder):
    planes = file_of(folder, "planes")
    os.truncate(planes, planes.stat().st_size - 8)
    with pytest.raises(AehashError, match=r"planes-.* has \d+ bytes where its manifest says"):
        HammingIndex.open(folder)


def test_a_changed_byte_is_found_by_its_checksum(folder):
    planes = file_of(folder, "planes")
    content = bytearray(planes.read_bytes())
    content[-1] ^= 1
    planes.write_bytes(content)
    HammingIndex.open(folder)
    with pytest.raises(AehashError, match="not the file its manifest describes"):
        HammingIndex.open(folder, verify="sha256")


def test_a_file_that_changes_while_it_is_open_is_a_sentence(folder):
    index = HammingIndex.open(folder)
    planes = file_of(folder, "planes")
    query = np.zeros((1, 8), np.uint8)
    index.search(query)
    os.truncate(planes, 4096)
    for use in (
        lambda: index.search(query),
        lambda: index.within(query),
        lambda: index.remove("row/9"),
        lambda: index.add(*made(1, 5000)),
        lambda: index.compact(),
        lambda: index.save(folder.parent / "other"),
    ):
        with pytest.raises(AehashError, match="was changed while it was open"):
            use()


def test_a_copy_saved_elsewhere_still_minds_the_files_it_is_read_from(folder, tmp_path):
    index = HammingIndex.open(folder)
    index.save(tmp_path / "copy")
    index.save(tmp_path / "copy")
    query = made(1000)[0][5:6]
    assert index.search(query, 1).indices.tolist() == [[5]]
    os.truncate(file_of(folder, "planes"), 4096)
    for use in (lambda: index.search(query), lambda: index.save(tmp_path / "third")):
        with pytest.raises(AehashError, match=r"index/planes-.* was changed while it was open"):
            use()
    copy = HammingIndex.open(tmp_path / "copy", verify="sha256")
    assert copy.search(query, 1).indices.tolist() == [[5]]


def test_what_is_not_an_index_is_a_sentence(folder, tmp_path):
    with pytest.raises(UsageError, match="no verification 'md5'"):
        HammingIndex.open(folder, verify="md5")
    with pytest.raises(UsageError, match="no verification None"):
        HammingIndex.open(folder, verify=None)
    for place, sentence in ((None, "text or a path, not None"), ("a\0b", "has a NUL")):
        for use in (HammingIndex.open, HammingIndex(64).save):
            with pytest.raises(UsageError, match=sentence):
                use(place)
    with pytest.raises(AehashError, match="holds no index"):
        HammingIndex.open(tmp_path)
    file_of(folder, "keys").unlink()
    with pytest.raises(AehashError, match=r"keys-.* is missing, though the manifest lists it"):
        HammingIndex.open(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for change in (
        {"bits": 0},
        {"bits": "64"},
        {"bits": 128},
        {"segments": [{}]},
        {"segments": None},
        {"version": None},
        {"removed": {"name": "x"}},
        {"removed": {**manifest["removed"], "name": "../x"}},
        {"segments": [{**manifest["segments"][0], "rows": 2000}]},
    ):
        (folder / "manifest.json").write_text(json.dumps({**manifest, **change}))
        with pytest.raises(AehashError, match="is not complete"):
            HammingIndex.open(folder)
    for text, sentence in (
        ('{"n": 3, "bits": 64}', "A codebook is searched by"),
        ("{", "not readable JSON"),
        (json.dumps({**manifest, "lanes": 256}), "lays out 256 codes a block"),
    ):
        (folder / "manifest.json").write_text(text)
        with pytest.raises(AehashError, match=sentence):
            HammingIndex.open(folder)


def test_removed_rows_that_cannot_be_are_a_sentence(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    path = folder / manifest["removed"]["name"]
    for rows in ([0, 1, 1000], [-1, 1, 2], [2, 1, 0]):
        np.save(path, np.array(rows, np.int64))
        with pytest.raises(AehashError, match="not an ascending list"):
            HammingIndex.open(folder)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_hundred_million_rows_open_without_being_read(tmp_path: Path):
    folder, rows = tmp_path / "index", 100_000_000
    HammingIndex.from_codes(made(1)[0], 64).save(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = manifest["segments"][0]["files"]["planes"]
    shape = (-(-rows // 512), 64, 8)
    path = folder / entry["name"]
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<u8", "fortran_order": False, "shape": shape}
        )
        file.truncate(file.tell() + 8 * int(np.prod(shape)))
    if path.stat().st_blocks * 512 > 1 << 20:
        path.unlink()
        pytest.skip("this file system has no sparse files")
    entry |= {"bytes": path.stat().st_size, "shape": list(shape)}
    manifest["segments"][0]["rows"] = manifest["rows"] = manifest["live"] = rows
    (folder / "manifest.json").write_text(json.dumps(manifest))
    before, start = peak(), time.perf_counter()
    index = HammingIndex.open(folder)
    assert time.perf_counter() - start < 1
    assert peak() - before < 50 << 20
    assert len(index) == rows
