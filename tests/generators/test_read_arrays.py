"""Array files: Keras, MedMNIST and plain key names, in .npz and .h5, and what is refused."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from aehash.errors import AehashError, UsageError
from aehash.generators import CATALOGUE, Dataset, open_dataset
from aehash.generators.arrays import levels

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 6, 3), dtype=np.uint8)
LABELS = np.arange(40) % 4


def write_npz(path: Path, arrays: dict[str, Any]) -> Path:
    np.savez(path.with_suffix(".npz"), **arrays)
    return path.with_suffix(".npz")


def write_h5(path: Path, arrays: dict[str, Any]) -> Path:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, values in arrays.items():
            texts = np.asarray(values).dtype.kind == "U"
            file[name] = np.asarray(values).astype(object) if texts else values
    return path.with_suffix(".h5")


Writer = Callable[[Path, dict[str, Any]], Path]
both = pytest.mark.parametrize("write", [write_npz, write_h5], ids=["npz", "h5"])

KERAS = {
    "x_train": IMAGES[:30],
    "y_train": LABELS[:30],
    "x_test": IMAGES[30:],
    "y_test": LABELS[30:],
}
MEDMNIST = {
    "train_images": IMAGES[:20],
    "train_labels": LABELS[:20, None],
    "val_images": IMAGES[20:30],
    "val_labels": LABELS[20:30, None],
    "test_images": IMAGES[30:],
    "test_labels": LABELS[30:, None],
}


def check_pixels(dataset: Dataset, images: np.ndarray = IMAGES) -> None:
    rows = np.array([39, 0, 17, 17, 31])
    assert np.array_equal(dataset.read_many(rows), images[rows])
    assert np.array_equal(dataset.read(25), images[25])
    assert dataset.read_many(rows, 4, 1).shape == (5, 4, 4, 1)


@both
def test_keras_names(write: Writer, tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a", KERAS | {"classes": np.array(list("wxyz"))}))
    check_pixels(dataset)
    assert dataset.classes == ("w", "x", "y", "z")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == LABELS.tolist()
    assert [dataset.key(row) for row in (0, 29, 30)] == ["train/0", "train/29", "test/0"]
    assert dataset.official
    assert len(dataset.rows("train")) == 30
    assert len(dataset.rows("val")) == 3
    assert np.isin(dataset.rows("val"), dataset.rows("train")).all()
    assert len(dataset.training_rows()) == 27
    assert (dataset.image_size, dataset.channels) == (6, 3)
    assert dataset.source == str(tmp_path / f"a{'.npz' if write is write_npz else '.h5'}")


@both
def test_medmnist_names(write: Writer, tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a", MEDMNIST))
    check_pixels(dataset)
    assert dataset.rows("val").tolist() == list(range(20, 30))
    assert np.array_equal(dataset.training_rows(), dataset.rows("train"))
    assert dataset.labels is not None
    assert dataset.labels.shape == (40,)
    assert dataset.keys[25] == b"val/5"


@both
@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y")])
def test_plain_names_are_split_by_the_seed(
    write: Writer, names: tuple[str, str], tmp_path: Path
) -> None:
    path = write(tmp_path / "a", {names[0]: IMAGES, names[1]: LABELS})
    dataset = open_dataset(path, seed=3)
    check_pixels(dataset)
    assert not dataset.official
    assert dataset.keys[25] == b"all/25"
    assert [len(dataset.rows(name)) for name in ("train", "val", "test", "all")] == [32, 4, 4, 40]
    assert open_dataset(path, seed=3).digest() == dataset.digest()
    assert open_dataset(path, seed=4).digest() != dataset.digest()


@both
def test_labels_may_be_absent_multi_hot_named_or_sparse_numbers(
    write: Writer, tmp_path: Path
) -> None:
    unlabelled = open_dataset(write(tmp_path / "a", {"images": IMAGES}))
    assert unlabelled.labels is None
    assert unlabelled.classes == ()
    hot = RNG.integers(0, 2, (40, 5), dtype=np.int64)
    multi = open_dataset(write(tmp_path / "b", {"images": IMAGES, "labels": hot}))
    assert multi.labels is not None
    assert multi.labels.dtype == np.uint8
    assert np.array_equal(multi.labels, hot)
    names = np.array(["cat", "ant"] * 20)
    named = open_dataset(write(tmp_path / "c", {"images": IMAGES, "labels": names}))
    assert named.classes == ("ant", "cat")
    assert named.labels is not None
    assert named.labels[:2].tolist() == [1, 0]
    odd = open_dataset(write(tmp_path / "d", {"images": IMAGES, "labels": LABELS * 10.0}))
    assert odd.classes == ("0", "10", "20", "30")


@both
@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (IMAGES[..., 0], IMAGES[..., :1]),
        (IMAGES.astype(np.int64), IMAGES),
        (IMAGES.astype(np.uint16) * 256 + 255, IMAGES),
        (IMAGES.astype(np.float64) / 255, IMAGES),
        (IMAGES.astype(np.float64) / 255 * (1 + 9e-4 * (IMAGES == 255)), IMAGES),
        (IMAGES.astype(np.float32), IMAGES),
        (IMAGES > 127, (IMAGES > 127).astype(np.uint8) * 255),
        (np.concatenate([IMAGES, np.full((40, 6, 6, 1), 255, np.uint8)], 3), IMAGES),
        (np.concatenate([IMAGES, np.zeros((40, 6, 6, 1), np.uint8)], 3), np.full_like(IMAGES, 255)),
    ],
    ids=["grey", "int", "uint16", "unit", "hair", "float", "bool", "rgba", "clear"],
)
def test_values(write: Writer, images: np.ndarray, expected: np.ndarray, tmp_path: Path) -> None:
    check_pixels(open_dataset(write(tmp_path / "a", {"images": images})), expected)


@both
@pytest.mark.parametrize("kind", [np.float32, np.uint16])
def test_a_dark_split_is_read_on_the_scale_of_the_others(
    write: Writer, kind: type, tmp_path: Path
) -> None:
    scale = 1 if kind is np.float32 else 257
    dark = np.minimum(IMAGES[30:], 1)
    arrays = {"x_train": IMAGES[:30].astype(kind) * scale, "x_test": dark.astype(kind) * scale}
    dataset = open_dataset(write(tmp_path / "a", arrays))
    assert np.array_equal(dataset.read_many(np.arange(40)), np.concatenate([IMAGES[:30], dark]))


@both
@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"pictures": IMAGES}, "holds pictures; images are looked for under"),
        ({"images": IMAGES, "labels": LABELS[:9]}, r"40 images, but labels has the shape \(9,\)"),
        (
            KERAS | {"y_train": LABELS[:29], "y_test": LABELS[29:]},
            r"x_train has 30 images, but y_train has the shape \(29,\)",
        ),
        ({"images": IMAGES, "labels": np.int64(3)}, r"has the shape \(\)"),
        ({"images": np.array([["a"]])}, "images are numbers"),
        ({"images": IMAGES[:0]}, "no images"),
        ({"images": IMAGES[:0] / 2, "labels": LABELS[:0]}, "no images"),
        ({"images": IMAGES.astype(float) - 9}, "real numbers in 0…1 or 0…255"),
        ({"images": np.full((4, 6, 6), np.nan)}, "without NaN"),
        ({"images": np.full((4, 6, 6), 1.5)}, "up to 1.5: too large for 0…1, too small for 0…255"),
        ({"images": np.moveaxis(IMAGES, 3, 1)}, "Channels come last"),
        ({"images": IMAGES[0, 0]}, r"has shape \(6, 3\)"),
        ({"images": IMAGES, "labels": LABELS + 0.5}, "labels are whole numbers or names"),
        ({"images": IMAGES, "labels": LABELS[:, None] + [0, 3]}, "only 0 and 1"),
        ({"images": IMAGES, "labels": LABELS.astype(np.uint64) + 2**63}, r"are below 2\^63"),
        ({"images": IMAGES, "labels": LABELS + 1e30}, r"are below 2\^63"),
        ({"images": IMAGES, "labels": LABELS, "classes": np.array(["a"])}, "1 class names"),
        (KERAS | {"x_test": IMAGES[30:, :5]}, "differ in shape"),
        ({k: v for k, v in KERAS.items() if k != "y_test"}, "labels for some splits but not y_tes"),
        ({"x_train": IMAGES, "x_val": IMAGES}, "none for 'test'"),
    ],
)
def test_what_does_not_fit(
    write: Writer, arrays: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=sentence):
        open_dataset(write(tmp_path / "a", arrays))


@both
@pytest.mark.parametrize("key", ["labels", "classes"])
def test_names_that_are_not_utf8(write: Writer, key: str, tmp_path: Path) -> None:
    arrays = {"images": IMAGES, "labels": LABELS, key: np.array([b"caf\xe9", b"th\xe9"] * 20)}
    with pytest.raises(UsageError, match=rf"{key} holds the name b'caf.xe9', which is not UTF-8"):
        open_dataset(write(tmp_path / "a", arrays))


@pytest.mark.parametrize("key", ["images", "labels", "classes"])
def test_an_empty_h5_data_set(key: str, tmp_path: Path) -> None:
    arrays = {"images": IMAGES, "labels": LABELS, key: h5py.Empty("f")}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, values in arrays.items():
            file[name] = values
    with pytest.raises(UsageError, match=rf"a\.h5: {key} is empty"):
        open_dataset(tmp_path / "a.h5")


def test_a_pickle_in_an_npz_is_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.savez(tmp_path / "a.npz", images=np.array([Trap()], object))
    with pytest.raises(AehashError, match="holds a pickle"):
        open_dataset(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", images=IMAGES, labels=np.array([Trap()] * 40, object))
    with pytest.raises(AehashError, match="holds a pickle"):
        open_dataset(tmp_path / "b.npz")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["a.npz", "a.h5"])
def test_damaged_files(name: str, tmp_path: Path) -> None:
    whole = (write_npz if name == "a.npz" else write_h5)(tmp_path / "a", KERAS).read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2]):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(AehashError, match=r"not a readable"):
            open_dataset(tmp_path / name)


def test_a_bare_array_named_npz(tmp_path: Path) -> None:
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, IMAGES)
    with pytest.raises(AehashError, match="a single array"):
        open_dataset(tmp_path / "a.npz")


def test_one_split_alone_is_split_by_the_seed_and_said(tmp_path: Path) -> None:
    notes: list[str] = []
    path = write_npz(tmp_path / "a", {"x_train": IMAGES, "y_train": LABELS})
    dataset = open_dataset(path, notes=notes.append)
    assert len(dataset.rows("test")) == 4
    assert "only 'train' images" in notes[0]


def test_levels_keep_uint8_as_it_is() -> None:
    assert np.array_equal(levels(np.dtype(np.uint8), 0, 255, "x")(IMAGES), IMAGES)


def test_digits_need_no_file() -> None:
    dataset = open_dataset("digits")
    assert len(dataset) == 1797 == CATALOGUE["digits"].counts["all"]
    assert dataset.read(0).shape == (8, 8, 1)
    assert {len(dataset.rows(name)) for name in ("val", "test")} <= {179, 180}
    assert dataset.read_many(dataset.rows("all")).max() == 255


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist", "retinamnist", "pneumoniamnist"])
def test_real_sets_match_the_catalogue(name: str, data_file: Callable[[str], Path]) -> None:
    info = CATALOGUE[name]
    data_file(info.filename)
    dataset = open_dataset(name)
    given = {split: len(dataset.rows(split)) for split in info.counts}
    assert given == dict(info.counts)
    assert dataset.source == name
    assert (dataset.image_size, dataset.channels) == (info.image_size, info.channels)
    assert dataset.labels is not None
    assert np.array_equal(np.unique(dataset.labels), np.arange(len(info.classes)))


@pytest.mark.data
def test_cifar_subset_has_its_class_names(data_file: Callable[[str], Path]) -> None:
    dataset = open_dataset(data_file("cifar100_20k.npz"))
    assert dataset.classes == CATALOGUE["cifar100"].classes
