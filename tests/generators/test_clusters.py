"""Clusters of a data set, from a list's column and from class folders."""

import numpy as np
import pytest
from PIL import Image

from aehash.errors import UsageError
from aehash.generators.clusters import clusters_of
from aehash.generators.readers import open_dataset


def pictures(folder, names):
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8, 3), number, np.uint8)).save(path)


def test_a_list_with_a_column_of_clusters(tmp_path):
    names = [f"{number}.png" for number in range(12)]
    pictures(tmp_path, names)
    cells = [f"tower {number // 3}" for number in range(12)]
    lines = ["path,cluster", *(f"{a},{b}" for a, b in zip(names, cells, strict=True))]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    dataset = open_dataset(tmp_path / "list.csv", group_column="cluster")
    clusters = clusters_of(dataset)
    assert clusters.tolist() == np.repeat(range(4), 3).tolist()
    sides = [set(clusters[dataset.rows(split)]) for split in ("train", "test")]
    assert not set.intersection(*sides)


def test_class_folders(tmp_path):
    pictures(tmp_path, [f"{kind}/{number}.png" for kind in "ba" for number in range(4)])
    assert clusters_of(open_dataset(tmp_path)).tolist() == [0] * 4 + [1] * 4


def test_no_clusters_are_a_sentence(tmp_path):
    pictures(tmp_path / "flat", [f"{number}.png" for number in range(6)])
    with pytest.raises(UsageError, match="does not say which images match: give a list"):
        clusters_of(open_dataset(tmp_path / "flat"))
    names = [f"flat/{number}.png" for number in range(6)]
    (tmp_path / "list.csv").write_text("\n".join(["path,labels", *(f"{a},x|y" for a in names)]))
    with pytest.raises(UsageError, match="have several labels each"):
        clusters_of(open_dataset(tmp_path / "list.csv"))
    (tmp_path / "who.csv").write_text(
        "\n".join(["path,cluster,who", *(f"{a},tower,{n}" for n, a in enumerate(names))])
    )
    with pytest.raises(UsageError, match=r"by the column 'who', .* leave out --group-column"):
        clusters_of(open_dataset(tmp_path / "who.csv", group_column="who"))
