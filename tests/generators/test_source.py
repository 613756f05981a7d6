"""Batches: same images for any number of workers, each epoch its own order, none dropped."""

import csv
import threading
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from aehash.errors import AehashError, UsageError
from aehash.generators import (
    ArraySource,
    Augment,
    BatchSource,
    Dataset,
    FileSource,
    H5Source,
    UnreadableImage,
    batches,
    open_dataset,
    prefetch,
    write_skipped,
)

COUNT, SIDE = 23, 8
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 3), dtype=np.uint8)


def as_npz(root: Path) -> Dataset:
    np.savez(root / "a.npz", images=IMAGES)
    return open_dataset(root / "a.npz")


def as_h5(root: Path) -> Dataset:
    with h5py.File(root / "a.h5", "w") as file:
        file["images"] = IMAGES
    return open_dataset(root / "a.h5")


def as_folder(root: Path) -> Dataset:
    (root / "images").mkdir()
    for row, pixels in enumerate(IMAGES):
        Image.fromarray(pixels).save(root / "images" / f"{row:03}.png")
    return open_dataset(root / "images")


MAKERS = {ArraySource: as_npz, H5Source: as_h5, FileSource: as_folder}


@pytest.fixture(params=MAKERS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> type[BatchSource]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def dataset(kind: type[BatchSource], tmp_path: Path) -> Dataset:
    return MAKERS[kind](tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Dataset:
    return as_folder(tmp_path)


def make(dataset: Dataset, **options: object) -> BatchSource:
    defaults = {"image_size": SIDE, "channels": 3, "batch_size": 5}
    return batches(dataset, dataset.rows("all"), **(defaults | options))  # type: ignore[arg-type]


def inputs(source: BatchSource) -> np.ndarray:
    return np.concatenate([source[index][0] for index in range(len(source))])


def test_each_storage_has_its_source(dataset: Dataset, kind: type[BatchSource]) -> None:
    assert type(make(dataset)) is kind


def test_order_targets_and_the_short_last_batch(dataset: Dataset) -> None:
    source = make(dataset)
    assert len(source) == 5
    sizes = []
    for index in range(5):
        x, targets = source[index]
        sizes.append(len(x))
        assert np.array_equal(x, IMAGES[index * 5 : index * 5 + 5])
        assert x.dtype == np.uint8
        assert np.array_equal(targets["reconstruction"], x)
        assert targets["hash"].dtype == np.float32
        assert targets["hash"].tolist() == [[0.0]] * len(x)
    assert sizes == [5, 5, 5, 5, 3]
    with pytest.raises(IndexError):
        source[5]


def test_images_alone(dataset: Dataset) -> None:
    assert np.array_equal(make(dataset, targets=None)[0], IMAGES[:5])


def test_resized_and_grey(dataset: Dataset) -> None:
    assert make(dataset, image_size=12, channels=1)[4][0].shape == (3, 12, 12, 1)
    x, rows = make(dataset, image_size=4).readable(0)
    assert x.shape == (5, 4, 4, 3)
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_shuffled_epochs_hold_every_image_once_in_orders_of_their_own(dataset: Dataset) -> None:
    source = make(dataset, shuffle=True, seed=7)
    seen = []
    for epoch in range(3):
        source.epoch = epoch
        seen.append(inputs(source))
        assert np.array_equal(np.unique(seen[-1], axis=0), np.unique(IMAGES, axis=0))
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[1], seen[2])
    assert np.array_equal(inputs(make(dataset, shuffle=True, seed=7, epoch=2)), seen[2])
    assert not np.array_equal(inputs(make(dataset, shuffle=True, seed=8)), seen[0])


def test_any_storage_gives_the_same_augmented_batches(tmp_path: Path) -> None:
    augment = Augment(flip=True, shift=0.1, rotate=15, noise=0.1)
    found = [
        inputs(make(maker(tmp_path), shuffle=True, seed=1, augment=augment, epoch=4))
        for maker in MAKERS.values()
    ]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_noise_leaves_the_target_clean(dataset: Dataset) -> None:
    x, targets = make(dataset, augment=Augment(noise=0.2))[0]
    assert np.array_equal(targets["reconstruction"], IMAGES[:5])
    assert not np.array_equal(x, IMAGES[:5])


def test_prefetch_keeps_the_order_on_many_threads(dataset: Dataset) -> None:
    source = make(dataset)
    for workers in (1, 4):
        out = list(prefetch(source.readable, len(source), workers))
        assert np.array_equal(np.concatenate([x for x, _ in out]), IMAGES)
        assert np.concatenate([rows for _, rows in out]).tolist() == list(range(COUNT))


class Recorder:
    """A source that notes which epoch each batch was made in, and stands in for the original."""

    def __init__(self, source: BatchSource, monkeypatch: pytest.MonkeyPatch):
        self.made: list[tuple[int, int, bytes]] = []
        original = type(source).__getitem__

        def noted(this: BatchSource, index: int) -> object:
            epoch, batch = this.epoch, original(this, index)
            self.made.append((epoch, index, batch[0].tobytes()))  # type: ignore[union-attr]
            return batch

        monkeypatch.setattr(type(source), "__getitem__", noted)


def fit(source: BatchSource, epochs: int, initial_epoch: int = 0) -> list[np.ndarray]:
    """Train a net whose loss weights give the images it saw away; return its weights."""
    keras.utils.set_random_seed(0)
    image = keras.Input((SIDE, SIDE, 3))
    flat = keras.layers.Flatten()(image)
    code = keras.layers.Dense(1, name="hash")(flat)
    back = keras.layers.Dense(SIDE * SIDE * 3)(code)
    out = keras.layers.Reshape((SIDE, SIDE, 3), name="reconstruction")(back)
    model = keras.Model(image, {"reconstruction": out, "hash": code})
    model.compile(keras.optimizers.SGD(1e-12), loss={"reconstruction": "mse", "hash": "mse"})
    model.fit(
        source,
        initial_epoch=initial_epoch,
        epochs=epochs,
        verbose=0,
        callbacks=[source.epoch_callback()],
    )
    return list(model.get_weights())


@pytest.mark.training
@pytest.mark.parametrize("workers", [1, 2])
def test_keras_trains_each_epoch_on_its_own_batches(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"shuffle": True, "seed": 3, "augment": Augment(flip=True, noise=0.1)}
    dataset = as_npz(tmp_path)
    expected = set()
    for epoch in range(3):
        source = make(dataset, epoch=epoch, **options)
        expected |= {(epoch, i, source[i][0].tobytes()) for i in range(len(source))}
    source = make(dataset, workers=workers, **options)
    recorder = Recorder(source, monkeypatch)
    fit(source, 3)
    assert set(recorder.made) == expected


@pytest.mark.training
def test_weights_do_not_depend_on_workers_and_resume_gets_the_same_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = as_npz(tmp_path)
    options = {"shuffle": True, "seed": 3}
    one = fit(make(dataset, workers=1, **options), 2)
    two = fit(make(dataset, workers=2, **options), 2)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    source = make(dataset, epoch=5, **options)
    recorder = Recorder(source, monkeypatch)
    fit(source, 6, initial_epoch=5)
    assert {epoch for epoch, _, _ in recorder.made} == {5}


def damage(folder: Dataset, *rows: int) -> None:
    for row in rows:
        path = Path(folder.source) / folder.key(row)
        path.write_bytes(path.read_bytes()[:60])


def test_training_replaces_an_unreadable_image_by_the_next(folder: Dataset) -> None:
    damage(folder, 1, 2, COUNT - 1)
    source = make(folder)
    for _ in range(2):
        x = inputs(source)
        assert len(x) == COUNT
        assert np.array_equal(x[1], IMAGES[3])
        assert np.array_equal(x[2], IMAGES[3])
        assert np.array_equal(x[COUNT - 1], IMAGES[0])
        assert [key for key, _ in source.skipped] == ["001.png", "002.png", "022.png"]


def test_extraction_leaves_an_unreadable_image_out(folder: Dataset, tmp_path: Path) -> None:
    damage(folder, 3, *range(10, 15))
    source = make(folder, workers=3)
    out = list(prefetch(source.readable, len(source), 3))
    kept = [row for row in range(COUNT) if row != 3 and not 10 <= row < 15]
    assert np.concatenate([rows for _, rows in out]).tolist() == kept
    assert np.array_equal(np.concatenate([x for x, _ in out]), IMAGES[kept])
    assert out[2][0].shape == (0, SIDE, SIDE, 3)
    write_skipped(tmp_path / "skipped.csv", source.skipped)
    with (tmp_path / "skipped.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["key"] for row in rows] == ["003.png", *(f"0{n}.png" for n in range(10, 15))]
    assert all(row["reason"] for row in rows)


def test_strict_raises(folder: Dataset) -> None:
    damage(folder, 3)
    source = make(folder, strict=True)
    for call in (source.__getitem__, source.readable):
        with pytest.raises(UnreadableImage, match=r"003\.png"):
            call(0)
    assert source[1][0].shape == (5, SIDE, SIDE, 3)


def test_nothing_readable(folder: Dataset) -> None:
    damage(folder, *range(COUNT))
    with pytest.raises(AehashError, match="None of the 23 images"):
        make(folder)[0]


def test_a_vanished_file_counts_as_unreadable(folder: Dataset) -> None:
    (Path(folder.source) / "000.png").unlink()
    source = make(folder)
    assert source.readable(0)[1].tolist() == [1, 2, 3, 4]
    assert source.skipped == [("000.png", "no such file or directory")]


@pytest.mark.parametrize(
    "bad", [{"batch_size": 0}, {"workers": 0}, {"image_size": 0}, {"channels": 2}]
)
def test_arguments_out_of_range(bad: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=next(iter(bad))):
        make(as_npz(tmp_path), **bad)


def test_no_rows(tmp_path: Path) -> None:
    dataset = as_npz(tmp_path)
    with pytest.raises(UsageError, match="no images"):
        batches(dataset, np.array([], np.int64), image_size=SIDE, channels=3)


def test_prefetch_bounds_what_is_in_flight_and_passes_errors_on() -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def work(index: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.002)
        if index == 30:
            raise AehashError("thirty")
        return index

    results = []
    with pytest.raises(AehashError, match="thirty"):
        for result in prefetch(work, 100, 3):
            results.append(result)
            with lock:
                running[0] -= 1
    assert results == list(range(30))
    assert most[0] <= 5


def test_an_array_batch_is_copied_once(tmp_path: Path) -> None:
    source = make(as_npz(tmp_path), shuffle=True, batch_size=COUNT)
    x, targets = source[0]
    assert targets["reconstruction"] is x
    x[:] = 0
    assert np.array_equal(np.unique(inputs(source), axis=0), np.unique(IMAGES, axis=0))


@pytest.mark.data
def test_mnist_batches(data_file: Callable[[str], Path]) -> None:
    data_file("mnist.npz")
    dataset = open_dataset("mnist")
    rows = dataset.training_rows()
    source = batches(dataset, rows, image_size=28, channels=1, shuffle=True)
    start = time.perf_counter()
    for index in range(1000):
        source[index]
    assert time.perf_counter() - start < 1.0
