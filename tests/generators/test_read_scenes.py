"""Lists of retrieval-SfM as data sets: sides, clusters and pairs, and photos that are missing."""

import json
import pickle

import numpy as np
import pytest
from PIL import Image

from aehash.errors import AehashError, UsageError
from aehash.generators.clusters import cluster_column, clusters_of
from aehash.generators.readers import open_dataset
from aehash.generators.sfm import image_path
from aehash.generators.splits import write_split


def side(first, models, photos=3):
    cids = [f"{first + number:08x}" for number in range(models * photos)]
    return {
        "cids": cids,
        "cluster": [number // photos for number in range(len(cids))],
        "qidxs": [photos * model for model in range(models)] + [0],
        "pidxs": [photos * model + 2 for model in range(models)] + [0],
    }


def written(folder, sides, ending=".pkl"):
    path = folder / f"retrieval-SfM-tiny{ending}"
    data = json.dumps(sides).encode() if ending == ".json" else pickle.dumps(sides, protocol=2)
    path.write_bytes(data)
    for each in sides.values():
        for number, cid in enumerate(each["cids"]):
            photo = folder / "ims" / image_path(cid)
            photo.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((6, 9, 3), number, np.uint8)).save(photo, format="PNG")
    return path


@pytest.mark.parametrize("ending", [".pkl", ".json"])
def test_sides_clusters_and_pairs(tmp_path, ending):
    notes = []
    path = written(tmp_path, {"train": side(0, 3), "val": side(50, 2)}, ending)
    dataset = open_dataset(path, notes=notes.append)
    assert len(dataset) == 15
    assert dataset.rows("train").tolist() == list(range(9))
    assert dataset.rows("val").tolist() == list(range(9, 15))
    assert not len(dataset.rows("test"))
    assert clusters_of(dataset).tolist() == np.repeat(range(5), 3).tolist()
    assert dataset.pairs.tolist() == [[0, 2], [3, 5], [6, 8], [9, 11], [12, 14]]
    assert dataset.key(9) == image_path(f"{50:08x}")
    assert dataset.read(10).shape == (6, 9, 3)
    assert dataset.read(10).max() == 1
    assert any("2 pairs are left out" in note for note in notes)


def test_a_split_file_keeps_pairs_and_clusters(tmp_path):
    path = written(tmp_path, {"train": side(0, 3), "val": side(50, 2)})
    dataset = open_dataset(path)
    write_split(tmp_path / "split.json", dataset)
    again = open_dataset(path, split_file=tmp_path / "split.json")
    assert again.digest() == dataset.digest()
    np.testing.assert_array_equal(again.pairs, dataset.pairs)
    np.testing.assert_array_equal(clusters_of(again), clusters_of(dataset))


def test_one_side_alone_is_split_by_its_models(tmp_path):
    dataset = open_dataset(written(tmp_path, {"train": side(0, 10)}))
    clusters = clusters_of(dataset)
    sides = [set(clusters[dataset.rows(name)].tolist()) for name in ("train", "test")]
    assert all(sides)
    assert not set.intersection(*sides)


def test_what_is_missing_is_a_sentence(tmp_path):
    path = written(tmp_path, {"train": side(0, 3), "val": side(50, 2)})
    (tmp_path / "ims" / image_path(f"{50:08x}")).unlink()
    with pytest.raises(UsageError, match=r"lists 1 of 15 photos that are not in .*ims, the first"):
        open_dataset(path)
    (tmp_path / "ims").rename(tmp_path / "images")
    with pytest.raises(UsageError, match=r"folder .*ims, which is not there: unpack"):
        open_dataset(path)
    (tmp_path / "images").rename(tmp_path / "ims")
    twice = written(tmp_path, {"train": side(0, 3), "val": side(0, 2)})
    with pytest.raises(AehashError, match="6 photos stand in both train and val"):
        open_dataset(twice)
    (tmp_path / "other.json").write_text('{"val": {}}')
    with pytest.raises(AehashError, match="dictionary with train and val"):
        open_dataset(tmp_path / "other.json")
    with pytest.raises(UsageError, match="has no columns"):
        open_dataset(path, group_column="cluster")


def test_a_list_says_whether_it_has_clusters(tmp_path):
    (tmp_path / "a.csv").write_text("\ufeffpath, Cluster\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("path\tcluster\n")
    (tmp_path / "c.csv").write_text("path,label\n")
    (tmp_path / "d.csv").write_bytes(b"\xff\xfe\x00")
    found = [cluster_column(tmp_path / f"{name}") for name in ("a.csv", "b.tsv", "c.csv", "d.csv")]
    assert found == ["cluster", "cluster", None, None]
    assert cluster_column(tmp_path) is cluster_column("digits") is cluster_column("none.csv")
