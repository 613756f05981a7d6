"""Image folders and lists: labels, splits, order, and what is refused."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aehash.errors import AehashError, UsageError
from aehash.generators import open_dataset


def put(root: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5 + number, 4), (number, 0, 0)).save(root / name)
    return root


def test_class_folders_in_a_stable_order(tmp_path: Path) -> None:
    names = ["b/2.png", "b/10.png", "a/x/deep.PNG", "a/Z.jpg", "a/é.png", ".git/c.png", "a/.h.png"]
    put(tmp_path, *names)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    dataset = open_dataset(tmp_path)
    expected = ["a/Z.jpg", "a/x/deep.PNG", "a/é.png", "b/10.png", "b/2.png"]
    assert [dataset.key(row) for row in range(len(dataset))] == expected
    assert dataset.classes == ("a", "b")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 0, 0, 1, 1]
    assert dataset.image_size is None
    assert dataset.read(4, 8, 3).shape == (8, 8, 3)
    assert dataset.read(4).tolist() == [[[0, 0, 0]] * 5] * 4
    assert dataset.source == str(tmp_path)


def test_a_flat_folder_is_unlabelled(tmp_path: Path) -> None:
    dataset = open_dataset(put(tmp_path, "2.png", "1.png", "4.png", "3.png"))
    assert dataset.labels is None
    assert dataset.keys.tolist() == [b"1.png", b"2.png", b"3.png", b"4.png"]
    assert [len(dataset.rows(name)) for name in ("train", "val", "test")] == [2, 1, 1]
    assert len(dataset.training_rows()) == 2


def test_images_beside_folders_are_unlabelled_and_said(tmp_path: Path) -> None:
    notes: list[str] = []
    dataset = open_dataset(put(tmp_path, "1.png", "a/2.png"), notes=notes.append)
    assert dataset.labels is None
    assert "taken as unlabelled" in notes[0]


def test_split_folders(tmp_path: Path) -> None:
    names = ["train/a/1.png", "train/b/2.png", "valid/a/3.png", "test/b/4.png"]
    dataset = open_dataset(put(tmp_path, *names))
    assert dataset.classes == ("a", "b")
    keys = {name: dataset.keys[dataset.rows(name)].tolist() for name in ("train", "val", "test")}
    assert keys["train"] == [b"train/a/1.png", b"train/b/2.png"]
    assert keys["val"] == [b"valid/a/3.png"]
    assert keys["test"] == [b"test/b/4.png"]


@pytest.mark.parametrize("other", ["val", "valid", "validation"])
def test_split_folders_without_test_are_not_taken_for_classes(other: str, tmp_path: Path) -> None:
    put(tmp_path, "train/a/1.png", "train/b/2.png", f"{other}/a/3.png", f"{other}/b/4.png")
    with pytest.raises(UsageError, match="has train and val images but none for 'test'"):
        open_dataset(tmp_path)


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    put(tmp_path / "real", "1.png")
    put(tmp_path / "set", "b/2.png")
    (tmp_path / "set" / "a").symlink_to(tmp_path / "real")
    (tmp_path / "set" / "b" / "loop").symlink_to(tmp_path / "set")
    notes: list[str] = []
    dataset = open_dataset(tmp_path / "set", notes=notes.append)
    assert dataset.keys.tolist() == [b"a/1.png", b"b/2.png"]
    assert "already read" in notes[0]


@pytest.mark.parametrize("mark", ["recipe.json", "run.json", "manifest.json"])
def test_runs_and_codebooks_are_not_read_as_data_and_it_is_said(mark: str, tmp_path: Path) -> None:
    put(tmp_path, "a/1.png", "b/2.png", "runs/one/loss.png", "runs/one/plots/2.png")
    (tmp_path / "runs" / "one" / mark).write_text("{}")
    notes: list[str] = []
    dataset = open_dataset(tmp_path, notes=notes.append)
    assert dataset.keys.tolist() == [b"a/1.png", b"b/2.png"]
    assert dataset.classes == ("a", "b")
    assert f"1 folder with 2 images passed over, the first '{tmp_path}/runs/one'" in notes[0]


def test_a_folder_named_outright_is_read_whatever_it_holds(tmp_path: Path) -> None:
    put(tmp_path, "1.png")
    (tmp_path / "manifest.json").write_text("{}")
    assert len(open_dataset(tmp_path)) == 1


def test_a_list_inside_a_folder_is_pointed_at(tmp_path: Path) -> None:
    put(tmp_path, "1.png")
    (tmp_path / "labels.csv").write_text("path,labels\n1.png,a\n")
    notes: list[str] = []
    open_dataset(tmp_path, notes=notes.append)
    assert f"open {tmp_path / 'labels.csv'} instead" in notes[0]


def test_a_name_that_is_not_utf8_is_left_out_and_said(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    try:
        (tmp_path / "2.png").rename(tmp_path / os.fsdecode(b"\xff.png"))
    except OSError:
        pytest.skip("this file system refuses such names")
    notes: list[str] = []
    assert open_dataset(tmp_path, notes=notes.append).keys.tolist() == [b"1.png"]
    assert "not UTF-8" in notes[0]


def test_a_path_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "a", "1.png")
    path = tmp_path / os.fsdecode(b"\xff")
    try:
        (tmp_path / "a").rename(path)
    except OSError:
        pytest.skip("this file system refuses such names")
    with pytest.raises(UsageError, match=r"udcff' is not UTF-8.*rename it") as caught:
        open_dataset(path)
    assert str(caught.value).encode()
    with pytest.raises(UsageError, match="no file or folder"):
        open_dataset(path / "gone.npz")


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(UsageError, match="no image files"):
        open_dataset(tmp_path)


def test_one_image_can_be_opened_but_not_trained_on(tmp_path: Path) -> None:
    dataset = open_dataset(put(tmp_path, "a/1.png"))
    assert dataset.rows("all").tolist() == [0]
    with pytest.raises(UsageError, match="has 1 image; training needs at least 4: two to train"):
        dataset.training_rows()
    with pytest.raises(UsageError, match="Did you mean 'test'"):
        dataset.rows("tset")


@pytest.mark.parametrize("count", [2, 3])
def test_two_or_three_images_can_be_opened_but_not_trained_on(count: int, tmp_path: Path) -> None:
    dataset = open_dataset(put(tmp_path, *(f"{number}.png" for number in range(count))))
    assert len(dataset.rows("train")) == count
    with pytest.raises(UsageError, match=f"has {count} images; training needs at least 4"):
        dataset.training_rows()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("minst", "Did you mean 'mnist'"),
        ("no/such", "no file or folder 'no/such'"),
        ("photos.csv", r"no file or folder 'photos\.csv'"),
        (__file__, "not a kind of data"),
    ],
)
def test_what_cannot_be_opened(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        open_dataset(spec)


@pytest.mark.parametrize(("ending", "comma"), [("csv", ","), ("tsv", "\t")])
def test_a_list_with_single_labels_and_splits(ending: str, comma: str, tmp_path: Path) -> None:
    put(tmp_path / "images", "1.png", "2.png", "3.png", "4.png")
    rows = [
        ("path", "split", "label"),
        ("images/3.png", "train", "dog, big" if comma == "\t" else '"dog, big"'),
        (str(tmp_path / "images/1.png"), "Test", "cat"),
        ("images/2.png", "train", "cat"),
        ("images/4.png", "validation", "cat"),
    ]
    path = tmp_path / f"list.{ending}"
    path.write_text("\ufeff" + "\r\n".join(comma.join(row) for row in rows) + "\r\n\r\n", "utf-8")
    dataset = open_dataset(path)
    assert dataset.key(0) == "images/3.png"
    assert dataset.classes == ("cat", "dog, big")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [1, 0, 0, 0]
    splits = {name: dataset.rows(name).tolist() for name in ("train", "val", "test")}
    assert splits == {"train": [0, 2], "val": [3], "test": [1]}
    assert dataset.read(1).shape == (4, 5, 3)


def test_a_list_with_several_labels(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png", "3.png")
    (tmp_path / "l.csv").write_text("path,labels\n1.png,b|a\n2.png,c\n3.png,\n")
    dataset = open_dataset(tmp_path / "l.csv")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert dataset.labels.dtype == np.uint8


@pytest.mark.parametrize("text", ["path\n1.png\n2.png\n", "path,labels\n1.png,\n2.png,\n"])
def test_a_list_without_labels(text: str, tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    (tmp_path / "l.csv").write_text(text)
    assert open_dataset(tmp_path / "l.csv").labels is None


def test_an_unused_column_is_said(tmp_path: Path) -> None:
    put(tmp_path, "1.png")
    (tmp_path / "l.csv").write_text("path,lables\n1.png,a\n")
    notes: list[str] = []
    open_dataset(tmp_path / "l.csv", notes=notes.append)
    assert "'lables' is not used. Did you mean 'labels'?" in notes[0]


def test_a_list_without_column_names_is_not_quoted(tmp_path: Path) -> None:
    put(tmp_path, "1.png")
    (tmp_path / "l.csv").write_text("1.png,Mustermann^Erika\n")
    with pytest.raises(UsageError, match="one of them 'path'") as raised:
        open_dataset(tmp_path / "l.csv")
    assert "mustermann" not in str(raised.value).lower()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("1.png,a\n", "one of them 'path'"),
        ("path,labels\n", "lists no images"),
        ("path\n1.png\n1.png\n", "twice"),
        ("path\n1.png\n./1.png\n", r"lists '\./1\.png' twice"),
        ("path,label,Labels\n1.png,a,b\n", "columns label and Labels, which mean the same"),
        ("path\n1.png\ngone.png\n", r"1 of 2 files that are not there, the first 'gone\.png'"),
        ("path,labels\n1.png,a,b\n", "entry 2: 3 cells under 2"),
        ("path,labels\n1.png,a\n2.png,\n", "no label to image 2"),
        ("path,split\n1.png,train\n2.png,tset\n", "Did you mean 'test'"),
        ("path,split\n1.png,train\n2.png,val\n", "none for 'test'"),
    ],
)
def test_lists_that_do_not_fit(text: str, sentence: str, tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UsageError, match=sentence):
        open_dataset(tmp_path / "l.csv")


def test_a_list_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_bytes(b"path\n\xff\xfe.png\n")
    with pytest.raises(AehashError, match="not readable as a list"):
        open_dataset(tmp_path / "l.csv")


@pytest.mark.data
def test_the_modalities(data_file: Callable[[str], Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(data_file("modalities.zip")) as file:
        file.extractall(tmp_path)
    dataset = open_dataset(tmp_path / "modalities")
    assert dataset.classes == ("ct", "eeg", "mri", "oct", "xray")
    assert dataset.labels is not None
    assert np.bincount(dataset.labels).tolist() == [600, 500, 600, 41, 600]
    tested = np.bincount(dataset.labels[dataset.rows("test")])
    assert tested.tolist() == [60, 50, 60, 4, 60]
    rows = dataset.rows("test")[:20]
    assert dataset.read_many(rows, 32, 1).shape == (20, 32, 32, 1)


@pytest.mark.data
def test_the_photos(data_file: Callable[[str], Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(data_file("coco_photos.zip")) as file:
        file.extractall(tmp_path)
    dataset = open_dataset(tmp_path / "coco_photos" / "labels.csv")
    assert dataset.labels is not None
    assert dataset.labels.shape == (375, len(dataset.classes))
    assert dataset.labels.sum(1).min() >= 1
