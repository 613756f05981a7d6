import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from small_run import write_digits

from aehash import extraction, models, registry, workflow
from aehash import shards as shards_on_disk
from aehash.bits import pack, threshold, unpack
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.json_index import INDEX, import_index
from aehash.snapshot import Snapshot

pytestmark = pytest.mark.training


def test_codes_are_the_thresholded_outputs_of_the_hash_layer(trained, extracted):
    dataset = workflow.run_dataset(trained.snapshot)
    net = models.encoder(trained.snapshot.model())
    for split, n in (("train", 96), ("val", 12), ("test", 12)):
        book = Codebook.load(extracted / split)
        rows = dataset.rows(split)
        features = net.predict_on_batch(dataset.read_many(rows, 8, 1))
        assert len(book) == n
        np.testing.assert_allclose(book.features, features, atol=1e-5)
        np.testing.assert_array_equal(book.codes, pack(threshold(np.asarray(book.features))))
        np.testing.assert_array_equal(book.labels, dataset.labels[rows])
        assert [book.key(i) for i in range(n)] == [dataset.key(int(row)) for row in rows]
        assert (book.source, book.split) == (dataset.source, split)
        assert book.snapshot == trained.snapshot.digest


@pytest.mark.parametrize(("batch", "shard"), [(7, 20), (96, 96), (200, 5), (1, 1000)])
def test_batches_and_shards_do_not_change_the_codes(trained, extracted, tmp_path, batch, shard):
    dataset = workflow.run_dataset(trained.snapshot)
    result = extraction.extract(
        trained.snapshot, dataset, "train", tmp_path / "codes", batch_size=batch, shard_size=shard
    )
    assert (result.rows, result.skipped, result.reused) == (96, 0, 0)
    one, other = Codebook.load(tmp_path / "codes"), Codebook.load(extracted / "train")
    np.testing.assert_array_equal(one.codes, other.codes)
    np.testing.assert_array_equal(one.keys, other.keys)
    assert [path.name for path in tmp_path.iterdir()] == ["codes"]


def test_finished_shards_are_not_done_again(trained, tmp_path, monkeypatch):
    dataset = workflow.run_dataset(trained.snapshot)
    options = {"batch_size": 16, "shard_size": 32}

    def stop(done, total):
        if done > 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extraction.extract(
            trained.snapshot, dataset, "train", tmp_path / "codes", progress=stop, **options
        )
    assert not (tmp_path / "codes").exists()
    seen = []
    result = extraction.extract(
        trained.snapshot,
        dataset,
        "train",
        tmp_path / "codes",
        progress=lambda done, total: seen.append((done, total)),
        **options,
    )
    assert result.reused == 64
    assert seen == [(80, 96), (96, 96)]
    assert len(Codebook.load(tmp_path / "codes")) == 96


def test_shards_of_another_run_are_not_used(trained, tmp_path):
    dataset = workflow.run_dataset(trained.snapshot)
    out = tmp_path / "codes"
    folder = tmp_path / ".codes.shards"
    folder.mkdir()
    rows = dataset.rows("train")
    shards = shards_on_disk.open_shards(folder, trained.snapshot.digest, dataset, "train", rows, 32)
    shards.path(0).write_bytes(b"of another run")
    job = shards.folder / "job.json"
    job.write_text(job.read_text().replace(trained.snapshot.digest, "0" * 64))
    assert extraction.extract(trained.snapshot, dataset, "train", out, shard_size=32).reused == 0


KILLED = """
import sys, time
from pathlib import Path
from aehash import extraction, workflow
from aehash.snapshot import Snapshot
snapshot = Snapshot.load(Path(sys.argv[1]))
extraction.extract(snapshot, workflow.run_dataset(snapshot), "train", Path(sys.argv[2]),
                   batch_size=8, shard_size=8, progress=lambda done, total: time.sleep(0.4))
"""


def test_a_killed_extraction_continues(trained, extracted, tmp_path):
    out = tmp_path / "codes"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(trained.snapshot.path), str(out)], env=os.environ
    )
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob(".codes.shards/shard-*.npz"))) < 4:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    dataset = workflow.run_dataset(trained.snapshot)
    result = extraction.extract(trained.snapshot, dataset, "train", out, batch_size=8, shard_size=8)
    assert 32 <= result.reused < 96
    one, other = Codebook.load(out), Codebook.load(extracted / "train")
    np.testing.assert_array_equal(one.codes, other.codes)
    np.testing.assert_allclose(one.features, other.features, atol=1e-5)


def test_unpacked_codes_are_the_papers_form(trained, tmp_path):
    workflow.extract(trained.snapshot.path, splits=["test"], out=tmp_path, unpacked=True)
    book = Codebook.load(tmp_path / "test")
    plain = np.load(tmp_path / "test" / "codes_unpacked.npy")
    assert plain.shape == (12, 16)
    assert set(np.unique(plain)) <= {0, 1}
    np.testing.assert_array_equal(plain, unpack(book.codes, 16))


def _folder(path, good):
    from PIL import Image

    rng = np.random.default_rng(0)
    path.mkdir()
    for index in range(good):
        pixels = rng.integers(0, 256, (12, 10, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path / f"photo{index}.png")
    (path / "a_text.jpg").write_text("not an image")
    whole = (path / "photo0.png").read_bytes()
    (path / "cut.png").write_bytes(whole[: len(whole) // 2])
    return path


def test_unreadable_images_are_left_out_and_listed(trained, tmp_path):
    data = _folder(tmp_path / "photos", good=5)
    workflow.extract(
        trained.snapshot.path, data=str(data), splits=["all"], out=tmp_path / "codes", batch_size=2
    )
    book = Codebook.load(tmp_path / "codes" / "all")
    assert [book.key(i) for i in range(len(book))] == [f"photo{i}.png" for i in range(5)]
    lines = (tmp_path / "codes" / "all" / "skipped.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["key", "a_text.jpg", "cut.png"]


def test_strict_fails_at_an_unreadable_image(trained, tmp_path):
    data = _folder(tmp_path / "photos", good=5)
    with pytest.raises(AehashError, match=r"a_text\.jpg"):
        workflow.extract(
            trained.snapshot.path, data=str(data), splits=["all"], out=tmp_path / "c", strict=True
        )
    assert not (tmp_path / "c" / "all").exists()


def _extract_killed(trained, dataset, out, after):
    """Extract with two images a shard, stopped once so many images are done."""

    def stop(done, total):
        if done > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extraction.extract(
            trained.snapshot, dataset, "all", out, batch_size=2, shard_size=2, progress=stop
        )


def test_shards_with_skipped_images_are_read_again(trained, tmp_path):
    dataset = registry.open_dataset(str(_folder(tmp_path / "photos", good=5)))
    out = tmp_path / "codes"
    _extract_killed(trained, dataset, out, after=6)
    assert len(list(tmp_path.glob(".codes.shards/shard-*.npz"))) == 3
    again = {"batch_size": 2, "shard_size": 2}
    with pytest.raises(AehashError, match=r"a_text\.jpg"):
        extraction.extract(trained.snapshot, dataset, "all", out, strict=True, **again)
    result = extraction.extract(trained.snapshot, dataset, "all", out, **again)
    assert (result.rows, result.skipped, result.reused) == (5, 2, 4)


def test_shards_of_replaced_images_are_not_used(trained, tmp_path):
    from PIL import Image

    photos = _folder(tmp_path / "photos", good=5)
    dataset = registry.open_dataset(str(photos))
    out, fresh = tmp_path / "codes", tmp_path / "fresh"
    _extract_killed(trained, dataset, out, after=6)
    Image.new("RGB", (12, 10), "white").save(photos / "photo1.png")
    dataset = registry.open_dataset(str(photos))
    result = extraction.extract(trained.snapshot, dataset, "all", out, batch_size=2, shard_size=2)
    assert result.reused == 0
    extraction.extract(trained.snapshot, dataset, "all", fresh, batch_size=2)
    one, other = Codebook.load(out), Codebook.load(fresh)
    np.testing.assert_allclose(one.features, other.features, atol=1e-5)


def test_the_digest_of_the_files_is_of_the_rows_files_alone(tmp_path):
    photos = _folder(tmp_path / "photos", good=4)
    dataset = registry.open_dataset(str(photos))
    names = [dataset.key(row) for row in range(len(dataset))]
    rows = np.array([names.index("photo0.png"), names.index("photo1.png")])
    before = shards_on_disk.files_digest(dataset, rows)
    os.utime(photos / "photo2.png", ns=(0, 1))
    assert shards_on_disk.files_digest(dataset, rows) == before
    os.utime(photos / "photo1.png", ns=(0, 1))
    changed = shards_on_disk.files_digest(dataset, rows)
    (photos / "photo1.png").unlink()
    assert len({before, changed, shards_on_disk.files_digest(dataset, rows)}) == 3


def test_the_digest_of_one_file(tmp_path):
    path = write_digits(tmp_path / "digits.npz")
    dataset = registry.open_dataset(str(path))
    before = shards_on_disk.files_digest(dataset, dataset.rows("train"))
    os.utime(path, ns=(0, 1))
    assert shards_on_disk.files_digest(dataset, dataset.rows("train")) != before
    named = registry.open_dataset("digits")
    assert shards_on_disk.files_digest(named, named.rows("train")) is None


def test_two_extractions_into_one_place_are_kept_apart(trained, tmp_path):
    dataset = workflow.run_dataset(trained.snapshot)
    out = tmp_path / "codes"

    def other(done, total):
        with pytest.raises(AehashError, match="Another extraction into"):
            extraction.extract(trained.snapshot, dataset, "train", out)

    result = extraction.extract(trained.snapshot, dataset, "train", out, progress=other)
    assert result.rows == 96
    assert [path.name for path in tmp_path.iterdir()] == ["codes"]


def test_repaired_images_are_read_after_a_failure(trained, tmp_path):
    from PIL import Image

    data = tmp_path / "photos"
    data.mkdir()
    for name in "abc":
        (data / f"{name}.png").write_text("no")
    options = {"data": str(data), "splits": ["all"], "out": tmp_path / "c"}
    with pytest.raises(AehashError, match="There is no row"):
        workflow.extract(trained.snapshot.path, **options)
    for name in "abc":
        Image.new("RGB", (12, 12), "red").save(data / f"{name}.png")
    assert workflow.extract(trained.snapshot.path, **options).splits["all"].rows == 3


def test_nothing_readable_is_a_sentence(trained, tmp_path):
    data = tmp_path / "photos"
    data.mkdir()
    for name in "ab":
        (data / f"{name}.png").write_text("no")
    with pytest.raises(AehashError, match="skipped"):
        workflow.extract(trained.snapshot.path, data=str(data), splits=["all"], out=tmp_path / "c")


def test_nan_features_are_refused(trained, tmp_path):
    model = trained.snapshot.model()
    weights = model.get_layer("hash").get_weights()
    model.get_layer("hash").set_weights([weights[0] * np.nan, weights[1]])

    class Broken(Snapshot):
        def model(self):
            return model

    broken = Broken(trained.snapshot.path, trained.snapshot.recipe, "x" * 64, {})
    dataset = workflow.run_dataset(trained.snapshot)
    with pytest.raises(AehashError, match="NaN"):
        extraction.extract(broken, dataset, "test", tmp_path / "codes")
    assert not (tmp_path / "codes").exists()


def test_other_data_of_the_users_own(trained, tmp_path):
    data = write_digits(tmp_path / "more.npz", count=30)
    done = workflow.extract(trained.snapshot.path, data=str(data), splits=["all"])
    assert done.folder == trained.snapshot.path / "codes" / "more"
    assert done.splits["all"].rows == 30


def test_a_missing_run_is_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="There is no run"):
        workflow.extract(tmp_path / "gone")
    with pytest.raises(UsageError, match="start with: aehash train"):
        workflow.extract(runs=tmp_path)


def test_the_registry_opens_what_the_run_saw(trained):
    again = workflow.run_dataset(trained.snapshot)
    fresh = registry.open_dataset(str(trained.data))
    for split in ("train", "val", "test"):
        np.testing.assert_array_equal(again.rows(split), fresh.rows(split))
    assert again.digest() == trained.snapshot.info["data_digest"]


def test_an_index_is_written_into_the_codebooks_folder_and_goes_with_it(trained, tmp_path):
    options = {"out": tmp_path / "codes", "splits": ["test"]}
    shown = []
    workflow.extract(
        trained.snapshot.path,
        index=True,
        progress=lambda name: lambda done, total: shown.append((name, done, total)),
        **options,
    )
    written = tmp_path / "codes" / "test" / INDEX
    book = Codebook.load(tmp_path / "codes" / "test")
    made = import_index(written, tmp_path / "made")
    assert dict(made.manifest) == dict(book.manifest)
    assert shown[-1] == (INDEX, 12, 12)
    workflow.extract(trained.snapshot.path, **options)
    assert not written.exists()
