"""Ground truth files: both forms agree, and what is damaged is refused in a sentence."""

import zipfile

import numpy as np
import pytest
from scipy.io import savemat

from aehash.errors import AehashError, UsageError
from aehash.metrics.landmark_files import (
    check_box,
    image_name,
    read_ground_truth,
    read_mat,
    read_text_files,
)


@pytest.fixture
def real(data_file, tmp_path):
    """The field's own files."""
    with zipfile.ZipFile(data_file("oxford_paris_gt.zip")) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "oxford_paris_gt"


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder", "images"), [("oxford5k", "oxford", 5063), ("paris6k", "paris", 6392)]
)
def test_text_and_mat_say_the_same(real, name, folder, images):
    texts, stored = read_text_files(real / f"{folder}_gt_files"), read_ground_truth(real, name)
    assert texts.queries == stored.queries
    assert (len(texts.queries), texts.images) == (55, None)
    assert len(stored.images) == len(set(stored.images)) == images
    assert set(texts.named) <= set(stored.named) == set(stored.images)
    assert all(each.image in each.lists["relevant"] for each in texts.queries)
    assert not texts.revisited


@pytest.mark.data
def test_oxfords_first_query(real):
    first = read_text_files(real / "oxford_gt_files").queries[0]
    assert (first.image, first.box) == ("all_souls_000013", (136.5, 34.1, 648.5, 955.7))
    assert {kind: len(names) for kind, names in first.lists.items()} == {
        "relevant": 78,
        "junk": 33,
    }


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "images", "no_easy", "no_junk"), [("roxford5k", 4993, 2, 0), ("rparis6k", 6322, 0, 5)]
)
def test_the_revisited_files(real, name, images, no_easy, no_junk):
    truth = read_ground_truth(real / f"gnd_{name}.mat", name)
    assert (len(truth.queries), len(truth.images), truth.revisited) == (70, images, True)
    empty = [sum(not each.lists[kind] for each in truth.queries) for kind in ("easy", "junk")]
    assert empty == [no_easy, no_junk]
    assert not {each.image for each in truth.queries} & set(truth.images)
    assert truth.boxes[0] == (truth.queries[0].image, truth.queries[0].box)


@pytest.mark.data
@pytest.mark.parametrize(
    ("place", "name", "sentence"),
    [
        ("gnd_oxford5k.mat", "roxford5k", "needs those of easy and hard: give gnd_roxford5k.mat."),
        ("gnd_roxford5k.mat", "oxford5k", "needs those of good and ok: give gnd_oxford5k.mat, or"),
        ("oxford_gt_files", "roxford5k", "has lists of good and ok images"),
    ],
)
def test_the_other_kind_is_refused(real, place, name, sentence):
    with pytest.raises(UsageError, match="lists of") as caught:
        read_ground_truth(real / place, name)
    assert sentence in str(caught.value)


def write(folder, name="hall_1", query="oxc1_hall 1 2 30.5 40", good="a\nb\n", ok="b\nc", junk=""):
    for kind, text in (("query", query), ("good", good), ("ok", ok), ("junk", junk)):
        (folder / f"{name}_{kind}.txt").write_text(text)


def test_a_name_on_both_good_and_ok_counts_once(tmp_path):
    write(tmp_path)
    (query,) = read_ground_truth(tmp_path, "oxford5k").queries
    assert (query.image, query.box) == ("hall", (1.0, 2.0, 30.5, 40.0))
    assert query.lists == {"relevant": ("a", "b", "c"), "junk": ()}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"query": "hall 1 2 3"}, "should hold an image and the four numbers of its box"),
        ({"query": "hall 1 2 3 four"}, "not 'hall 1 2 3 four'"),
        ({"query": "hall 1 2 3 nan"}, "not 'hall 1 2 3 nan'"),
        ({"query": ""}, "not ''"),
        ({"junk": "a\n"}, "the image a is on two lists of the query hall"),
    ],
)
def test_damaged_texts(tmp_path, change, sentence):
    write(tmp_path, **change)
    with pytest.raises(AehashError) as caught:
        read_text_files(tmp_path)
    assert sentence in str(caught.value)


def test_texts_that_are_not_there(tmp_path):
    with pytest.raises(UsageError, match="holds no ground truth: give a file such as"):
        read_ground_truth(tmp_path, "oxford5k")
    write(tmp_path)
    (tmp_path / "hall_1_ok.txt").unlink()
    with pytest.raises(AehashError, match=r"hall_1_ok.txt is missing: each query has four files"):
        read_ground_truth(tmp_path, "oxford5k")


def test_two_queries_on_one_image(tmp_path):
    write(tmp_path)
    write(tmp_path, "hall_2")
    with pytest.raises(AehashError, match="two queries on the image hall"):
        read_text_files(tmp_path)


def stored(path, images=("a", "b"), qidx=(1,), ok=((1,),), junk=((2,),)):
    rows = np.zeros((len(ok), 1), [("ok", object), ("junk", object), ("bbx", object)])
    for row, good, bad in zip(rows[:, 0], ok, junk, strict=True):
        row["ok"], row["junk"], row["bbx"] = np.array([good]), np.array([bad]), np.arange(4.0)
    cells = np.array([[image] for image in images], object)
    savemat(path, {"gnd": rows, "imlist": cells, "qidx": np.array(qidx)})
    return path


def test_a_small_mat(tmp_path):
    truth = read_mat(stored(tmp_path / "x.mat"))
    (query,) = truth.queries
    assert (truth.images, query.image, query.box) == (("a", "b"), "a", (0.0, 1.0, 2.0, 3.0))
    assert query.lists == {"relevant": ("a",), "junk": ("b",)}


@pytest.mark.parametrize(
    "change", [{"ok": ((0,),)}, {"ok": ((3,),)}, {"qidx": (9,)}, {"qidx": (1, 2)}]
)
def test_numbers_beyond_the_list(tmp_path, change):
    with pytest.raises(AehashError, match="cannot be read as the ground truth"):
        read_mat(stored(tmp_path / "x.mat", **change))


@pytest.mark.parametrize("content", [b"", b"no mat", bytes(200), b"MATLAB 5.0 MAT-file" * 9])
def test_what_is_no_mat(tmp_path, content):
    (tmp_path / "x.mat").write_bytes(content)
    with pytest.raises(AehashError, match="cannot be read as the ground truth"):
        read_mat(tmp_path / "x.mat")


def test_a_cut_mat(tmp_path):
    whole = stored(tmp_path / "x.mat").read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "y.mat").write_bytes(whole[:length])
        with pytest.raises(AehashError, match="cannot be read as the ground truth"):
            read_mat(tmp_path / "y.mat")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("all_souls_000013", "all_souls_000013"),
        ("jpg/all_souls_000013.jpg", "all_souls_000013"),
        ("a\\b\\paris_defense_000605.JPG", "paris_defense_000605"),
        ("no.ending", "no.ending"),
    ],
)
def test_names(key, name):
    assert image_name(key) == name


def test_a_box_inside_its_image():
    assert check_box((0, 0, 1024, 768), (1024, 768)) == (0, 0, 1024, 768)


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        ((0, 0, 1025, 768), "(0, 0, 1025, 768) goes beyond its image of 1024 × 768"),
        ((-0.5, 0, 10, 10), "goes beyond"),
        ((0, 0, 10, 768.1), "goes beyond"),
        ((10, 0, 10, 10), "(10, 0, 10, 10) is empty"),
        ((0, 20, 10, 10), "is empty"),
        ((0, 0, float("nan"), 10), "is empty"),
    ],
)
def test_a_box_that_is_not(box, sentence):
    with pytest.raises(UsageError) as caught:
        check_box(box, (1024, 768))
    assert sentence in str(caught.value)
